//! The HTTP server over real connections, with an executor that does what the tests say.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test suite"
)]

#[path = "serve/client.rs"]
mod client;
#[path = "serve/fake.rs"]
mod fake;
#[path = "serve/flow.rs"]
mod flow;
#[path = "serve/guards.rs"]
mod guards;
#[path = "serve/schema.rs"]
mod schema;
