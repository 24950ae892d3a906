//! The client against a scripted server on the loopback.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test suite"
)]

#[path = "suite/common.rs"]
mod common;
#[path = "suite/failures.rs"]
mod failures;
#[path = "suite/flow.rs"]
mod flow;
#[path = "suite/replicas.rs"]
mod replicas;
#[path = "suite/replies.rs"]
mod replies;
#[path = "suite/requests.rs"]
mod requests;
#[path = "suite/secrets.rs"]
mod secrets;
#[path = "suite/settings.rs"]
mod settings;
#[path = "suite/storm.rs"]
mod storm;
#[path = "suite/thoughts.rs"]
mod thoughts;
