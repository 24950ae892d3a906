//! Whole-command tests: the built `caco` is run as a user runs it, and what it prints, writes and returns is looked at.

mod answers;
mod datasets;
mod documents;
mod environment;
mod errors;
mod help;
mod resume;
mod runs;
mod scene;
