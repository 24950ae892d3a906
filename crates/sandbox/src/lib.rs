//! Runs untrusted Python in child processes and reports what happened.
//!
//! A [`Sandbox`] keeps warm CPython interpreters ("zygotes") and forks one child for each program. The child enters every
//! layer of isolation that the machine offers, runs the program, and sends the contract's `input` and `output` back over
//! a pipe made for it alone. Whatever the program does, its whole process tree is killed afterwards, and the
//! [`Outcome`] says what happened and which protection was in force.
//!
//! Promised: a program cannot change the outcome of another, cannot outlive its own run, and cannot hold the pool for
//! longer than its deadline. Not promised: a program can always lie about its own answer, since the interpreter that
//! computes it is the one that reports it.
//!
//! This is the one crate of the project with `unsafe` code, all of it in `sys.rs`.

mod config;
pub mod environment;
mod error;
mod outcome;
mod pool;
mod run;
mod sys;
mod zygote;

pub use config::Config;
pub use environment::Environment;
pub use error::Error;
pub use outcome::{Outcome, OutputSource, Status};
pub use pool::Sandbox;

/// What the functions of this crate return.
pub type Result<T> = std::result::Result<T, Error>;
