//! Near duplicates: texts whose sets of shingles are alike.
//!
//! The similarity of two texts is the Jaccard index of their sets of shingles (runs of tokens; Broder, "On the resemblance
//! and containment of documents", 1997). MinHash bands find candidates; each candidate is then compared set against set,
//! so that nothing less alike than the threshold is ever found, whatever the bands say. The bands miss at most 2 % of the
//! pairs exactly at the threshold, and fewer the more alike a pair is.

mod bands;
mod index;
mod sketch;

use serde::{Deserialize, Serialize};

pub use index::{Near, NearIndex};
pub(crate) use sketch::Scratch;
pub use sketch::{Sketch, Sketcher};

pub use crate::tokens::Tokens;

/// When two texts are near duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct NearRule {
    threshold: f64,
    shingle: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    threshold: f64,
    shingle: usize,
}

impl TryFrom<Unchecked> for NearRule {
    type Error = OutOfRange;

    fn try_from(rule: Unchecked) -> Result<Self, OutOfRange> {
        Self::new(rule.threshold, rule.shingle)
    }
}

/// A setting is outside its range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OutOfRange {
    /// A threshold is not from 0.5 to 1.
    Threshold(f64),
    /// A shingle is not of 1 to 32 tokens.
    Shingle(usize),
}

impl std::fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Threshold(value) => write!(f, "the threshold {value} is not between 0.5 and 1"),
            Self::Shingle(value) => {
                write!(f, "a shingle of {value} tokens is not between 1 and 32")
            }
        }
    }
}

impl std::error::Error for OutOfRange {}

impl NearRule {
    /// For problems: at least 0.8 of the runs of 3 words shared. Of 45 words one may be another, or a few added at an end;
    /// a problem with four other numbers is at 0.56 and stays.
    pub const PROBLEMS: Self = Self {
        threshold: 0.8,
        shingle: 3,
    };

    /// For normal forms of programs: at least 0.9 of the runs of 5 tokens shared. Programs share much of their frame, and
    /// one operator makes another program, so the threshold is higher than for problems.
    pub const PROGRAMS: Self = Self {
        threshold: 0.9,
        shingle: 5,
    };

    /// Texts that share at least `threshold` (0.5 to 1) of their runs of `shingle` tokens (1 to 32).
    ///
    /// Lower thresholds take more time: at 0.5 a band is two values, and many texts share two values by chance.
    ///
    /// # Errors
    /// [`OutOfRange`] for values outside these ranges.
    pub fn new(threshold: f64, shingle: usize) -> Result<Self, OutOfRange> {
        if !(0.5..=1.0).contains(&threshold) {
            return Err(OutOfRange::Threshold(threshold));
        }
        if !(1..=32).contains(&shingle) {
            return Err(OutOfRange::Shingle(shingle));
        }
        Ok(Self { threshold, shingle })
    }

    /// The least similarity of near duplicates.
    #[must_use]
    pub const fn threshold(self) -> f64 {
        self.threshold
    }

    /// Tokens in a shingle.
    #[must_use]
    pub const fn shingle(self) -> usize {
        self.shingle
    }
}
