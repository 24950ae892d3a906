//! The program contract: parsing, rules, normal form, static facts; pure, no I/O.
//!
//! A program of the contract binds every quantity of its problem in a module-level dict named `input`, computes with
//! functions, binds the result to `output` and prints it:
//!
//! ```python
//! input = {"clips_april": 48, "share": 2}
//!
//! def solve(clips_april, share):
//!     clips_may = clips_april / share
//!     total = clips_april + clips_may
//!     return total
//!
//! output = solve(**input)
//! print(output)
//! ```
//!
//! Nothing here runs a program, touches a file or asks a model: every function is a total function of text.

pub mod calculator;
mod canonical;
mod chance;
mod dataflow;
mod edit;
mod extract;
mod facts;
mod fingerprint;
pub mod grounding;
mod guard;
pub mod inputs;
mod names;
pub mod offspring;
mod parse;
mod profile;
pub mod quantities;
pub mod routing;
mod rules;
pub mod trial;
mod value;

pub use canonical::{normal_form, structure};
pub use dataflow::keys_that_reach_output;
pub use extract::extract_code;
pub use facts::{Facts, facts};
pub use fingerprint::fingerprint;
pub use guard::{MAX_INDENTS, MAX_NESTING, MAX_SOURCE_BYTES};
pub use parse::SyntaxProblem;
pub use profile::{HardCoded, Profile, hard_coded, profile};
pub use rules::{Ours, Published, Reason, Rules, Violation, check, check_answer};
pub use value::Value;
