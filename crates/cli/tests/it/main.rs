//! Whole-command tests: the built `caco` is run as a user runs it, and what it prints, writes and returns is looked at.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails by panicking"
)]

mod answers;
mod beyond;
mod consumers;
mod datasets;
mod documents;
mod environment;
mod errors;
mod evaluate;
mod exports;
mod help;
mod inputs;
mod pushes;
mod resume;
mod rewards;
mod runs;
mod sandbox;
mod scene;
mod server;
mod trainer;
mod tune;
