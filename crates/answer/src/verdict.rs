//! What a comparison says.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Whether two answers are the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// They are.
    Equal,
    /// They are not.
    Different,
    /// It cannot be told: something in them is not understood, the work budget is spent, or the policy leaves it open.
    Undecided,
}

impl Outcome {
    /// The name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Different => "different",
            Self::Undecided => "undecided",
        }
    }
}

/// How far the comparison had to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The same text, or words.
    Text,
    /// Exact rational arithmetic.
    Exact,
    /// A decimal within the tolerance of the policy: the noise of a float, a rounded value, a relative tolerance.
    Float,
    /// Canonical forms: expanded polynomials, roots, logarithms and angles brought to one form.
    Canonical,
    /// Values in high precision with a bound on their error, at several points where there are free names.
    Numeric,
    /// Nothing could be compared.
    None,
}

impl Tier {
    /// The name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Exact => "exact",
            Self::Float => "float",
            Self::Canonical => "canonical",
            Self::Numeric => "numeric",
            Self::None => "none",
        }
    }
}

/// The outcome of a comparison, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Equal, different, or undecided.
    pub outcome: Outcome,
    /// The furthest tier that was needed.
    pub tier: Tier,
    /// One short sentence for people.
    pub reason: Cow<'static, str>,
}

impl Verdict {
    pub(crate) fn new(outcome: Outcome, tier: Tier, reason: impl Into<Cow<'static, str>>) -> Self {
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

/// A verdict with what was read on either side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The reference as it was read, in plain notation; `None` where it was not understood as more than text.
    pub gold_parsed: Option<String>,
    /// The candidate as it was read.
    pub pred_parsed: Option<String>,
}
