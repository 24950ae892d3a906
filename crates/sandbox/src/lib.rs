//! Runs untrusted Python in child processes and reports what happened.
//!
//! A [`Sandbox`] keeps warm CPython interpreters ("zygotes") and forks children that enter every layer of isolation that
//! the machine offers. A program whose text shows that it leaves an interpreter as it found it runs after others in one
//! child (the *batch* tier); every other program has a child of its own. Results come back over a pipe made for the child,
//! each tied to its program by a nonce. Whatever a program does, its whole process tree is killed afterwards, and the
//! [`Outcome`] says what happened, in which tier, and which protection was in force.
//!
//! [`Sandbox::run`] takes a slice, [`Sandbox::stream`] an iterator of any length, and [`Sandbox::submit`] one program, whose
//! outcome can be awaited.
//!
//! ```no_run
//! use caco_sandbox::{Config, Sandbox};
//! use std::sync::atomic::AtomicBool;
//!
//! let sandbox = Sandbox::start(Config::default())?;
//! let outcomes = sandbox.run(&["output = 6 * 7"], &|_| {}, &AtomicBool::new(false))?;
//! assert_eq!(outcomes[0].output_text.as_deref(), Some("42"));
//! # Ok::<(), caco_sandbox::Error>(())
//! ```
//!
//! Promised: a program cannot change the outcome of another, cannot outlive its own run, and cannot hold the pool for
//! longer than its deadline. Not promised: a program can always lie about its own answer, since the interpreter that
//! computes it is the one that reports it.
//!
//! With the feature `serve` there is also a server, module `serve`, through which trainers run programs over HTTP.
//!
//! This is the one crate of the project with `unsafe` code, all of it in `sys.rs`.

mod alone;
mod batch;
pub mod bulk;
mod capture;
mod config;
pub mod environment;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod group;
mod isolation;
mod memory;
mod outcome;
mod pipes;
mod pool;
mod program;
mod queue;
mod remains;
mod running;
#[cfg(feature = "serve")]
pub mod serve;
mod sys;
mod typed;
mod wire;
mod worker;
mod zygote;

pub use config::{Config, TierChoice};
pub use environment::Environment;
pub use error::Error;
pub use isolation::{Isolation, Level, STRICT};
pub use outcome::{Outcome, OutputSource, Status, Tier};
pub use pool::{Sandbox, Statistics};
pub use program::{Limits, Program, Via};
pub use running::Running;

/// What the functions of this crate return.
pub type Result<T> = std::result::Result<T, Error>;
