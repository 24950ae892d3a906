//! Final-answer extraction and equivalence; pure, total, no I/O.
//!
//! [`extract`] takes the final answer out of a reply; [`equivalent`] says whether two answers are the same thing, or that
//! it cannot tell. Every function here is total: any text of any length gives a result in bounded time.
//!
//! ```
//! use caco_answer::{Outcome, Policy, equivalent, extract};
//! let found = extract(r"So there are \boxed{1,250} pens.").unwrap();
//! assert_eq!(found.text, "1,250");
//! assert_eq!(equivalent("1250", &found.text, &Policy::benchmark()).outcome, Outcome::Equal);
//! ```

mod clean;
mod compare;
mod complex;
mod eval;
mod extract;
mod lexer;
mod node;
mod parser;
mod value;

pub use compare::equivalent;
pub use extract::{Extracted, How, extract};

use serde::{Deserialize, Serialize};

/// Longest answer that is compared, in bytes; longer ones are [`Outcome::Undecided`] unless they are the same text.
pub const MAX_BYTES: usize = 10_000;

/// Whether two answers are the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// They are.
    Equal,
    /// They are not.
    Different,
    /// It cannot be told: something in them is not understood, or the policy leaves it open.
    Undecided,
}

/// How far the comparison had to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The same text, or the same words whatever their case and spaces.
    Text,
    /// Exact rational arithmetic.
    Exact,
    /// A decimal with the noise of a float against an exact number.
    Float,
    /// Closed forms (roots, π, logarithms) computed in floats and compared to 9 digits.
    Numeric,
    /// Expressions with free names, compared at several points.
    Probe,
    /// Nothing could be compared.
    None,
}

/// The outcome of a comparison, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Equal, different, or undecided.
    pub outcome: Outcome,
    /// The furthest tier that was needed.
    pub tier: Tier,
    /// One short sentence for people.
    pub reason: String,
}

impl Verdict {
    pub(crate) fn new(outcome: Outcome, tier: Tier, reason: impl Into<String>) -> Self {
        Self {
            outcome,
            tier,
            reason: reason.into(),
        }
    }

    /// Whether the outcome is [`Outcome::Equal`].
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.outcome == Outcome::Equal
    }
}

/// What a percent sign on one side only means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Percent {
    /// `20%` is 1/5 and nothing else.
    Value,
    /// `20%` is 20 or 1/5, whichever the other side says.
    Either,
}

/// What counts as the same where convention, not mathematics, decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// A percent sign on one side only. Default (benchmark): either.
    pub percent: Percent,
    /// Whether currency signs and words after a number on one side only are left out (`5 meters` is 5).
    /// Different units on both sides are never the same. Default: true.
    pub strip_units: bool,
    /// Whether `x = 5` is 5 where the left side is one name. Default: true.
    pub strip_assignment: bool,
    /// Whether a list or set of one element is that element. Default: true.
    pub unwrap_single: bool,
    /// Fewest significant digits of a decimal (six of them behind the point) that make it a float, which then equals any
    /// exact number within a relative 1e-9 or less than one unit of its last digit. Every other decimal is taken for exact: 0.33 is
    /// not 1/3. 0 turns float tolerance off. Default: 9.
    pub float_digits: u32,
}

impl Policy {
    /// Mathematics only: units, percent signs and names have to be the same.
    #[must_use]
    pub const fn strict() -> Self {
        Self {
            percent: Percent::Value,
            strip_units: false,
            strip_assignment: false,
            unwrap_single: false,
            float_digits: 9,
        }
    }

    /// What the common benchmarks count as correct.
    #[must_use]
    pub const fn benchmark() -> Self {
        Self {
            percent: Percent::Either,
            strip_units: true,
            strip_assignment: true,
            unwrap_single: true,
            float_digits: 9,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::benchmark()
    }
}
