//! Final-answer extraction and equivalence; pure, total, no I/O.
//!
//! [`extract`] takes the final answer out of a reply; [`compare`] says whether two answers are the same thing, or that
//! it cannot tell. Every function here is total: any text of any length gives a result in bounded time.
//!
//! ```
//! use caco_answer::{Outcome, Policy, compare, extract};
//! let found = extract(r"So there are \boxed{1,250} pens.").unwrap();
//! assert_eq!(found.text, "1,250");
//! assert_eq!(compare("1250", &found.text, &Policy::benchmark()).outcome, Outcome::Equal);
//! ```

mod ball;
mod calendar;
mod canon;
mod choice;
mod compare;
mod described;
mod extract;
mod fast;
mod judge;
mod lexer;
mod matrices;
mod node;
mod parser;
mod policy;
mod rational;
mod reading;
mod settle;
mod show;
mod verdict;
mod vocabulary;
mod work;

pub use extract::{Extracted, How, Missing, extract, final_answer};
pub use judge::{compare, explain, score, score_with};
pub use policy::{Percent, Policy, Rounding};
pub use reading::{Answer, ParseError, parse};
pub use verdict::{Explained, Outcome, Tier, Verdict};

/// Longest answer that is compared, in bytes; longer ones are [`Outcome::Undecided`] unless they are the same text.
pub const MAX_BYTES: usize = 10_000;
