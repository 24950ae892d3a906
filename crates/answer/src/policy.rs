//! What counts as the same where convention, not mathematics, decides.

use serde::{Deserialize, Serialize};

/// What a percent sign means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Percent {
    /// `20%` is 1/5 and nothing else.
    Value,
    /// `20%` is 20 or 1/5, whichever the other side says; two plain numbers are never a hundredfold apart.
    Either,
    /// As [`Percent::Either`], and any number also equals a hundredth of it and a hundred times it, percent sign or not:
    /// what the published grader does.
    Hundredfold,
}

/// When a rounded decimal counts as the exact value that it was rounded from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Never: 0.33 is not 1/3, and 1.41 is not 1.414.
    Never,
    /// A decimal reference stands for everything that rounds to its last digit: against the reference 1.41, 1.414 is equal.
    /// The one rule that is not symmetric.
    Reference,
    /// A decimal on either side stands for everything that rounds to its last digit.
    Either,
}

/// What counts as the same answer where convention, not mathematics, decides.
///
/// Start from a preset and change single fields; every field has a default (that of [`Policy::strict`]), so a policy in a
/// file names only what it changes.
///
/// ```
/// use caco_answer::{Policy, Rounding, compare};
/// let rounded = Policy { rounding: Rounding::Either, ..Policy::benchmark() };
/// assert!(compare(r"\sqrt{2}", "1.4142", &rounded).is_equal());
/// assert!(!compare(r"\sqrt{2}", "1.4142", &Policy::benchmark()).is_equal());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// What a percent sign means. Default: its value.
    pub percent: Percent,
    /// Whether currency signs, degree signs and unit words on one side only are left out (`5 meters` is 5). Different units
    /// on both sides are never the same. Default: false.
    pub strip_units: bool,
    /// Whether `x = 5` is 5 where the left side is one name. Default: true.
    pub strip_assignment: bool,
    /// Whether names may be dropped altogether: `x = 1, y = 2` is `(1, 2)`, `{x: 1, y: 2}` is `1, 2`, and `f(x) = 2x` is
    /// `y = 2x`. Default: false.
    pub drop_names: bool,
    /// Whether a list or set of one element is that element. Default: false.
    pub unwrap_single: bool,
    /// Whether a set, a list or a column vector on one side and a tuple on the other are the same if their elements are,
    /// in the order written. Default: false.
    pub loose_brackets: bool,
    /// Whether answers in words are compared without regard to case (`White` is `white`). Default: false.
    pub ignore_case: bool,
    /// Whether a choice letter equals the letter with its brackets or text (`(B)`, `B.`, `\text{B) } 12` are `B`).
    /// Default: true.
    pub choice_letters: bool,
    /// Whether `3 \pmod 7` equals 3 where the other side has no modulus. Two with moduli are compared as residue classes.
    /// Default: false.
    pub drop_modulus: bool,
    /// Whether the suffix of a number in another base may be missing on one side (`1101_2` is `1101`). With a suffix on both
    /// sides the values are compared. Default: false.
    pub drop_base: bool,
    /// Whether of `a = b ≈ c` the last exact part counts as the answer. Default: false.
    pub drop_approximation: bool,
    /// Whether a comma may be the decimal point where the text has no other reading as a number (`1000,99`).
    /// Default: false.
    pub decimal_comma: bool,
    /// When a rounded decimal counts as the exact value. Default: never.
    pub rounding: Rounding,
    /// Fewest significant digits that a decimal must have for [`Policy::rounding`] to apply. Default: 4.
    pub rounding_digits: u32,
    /// Fewest significant digits of a decimal (six of them behind the point) that make it a float, which then equals any
    /// exact number within a relative 1e-9 or less than one unit of its last digit. Every other decimal is taken for exact:
    /// 0.33 is not 1/3. 0 turns float tolerance off. Default: 9.
    pub float_digits: u32,
    /// Relative difference up to which any two numbers are the same, from 0 to 1. Default: 0.
    pub tolerance: f64,
    /// Elementary steps that one comparison may take before it is undecided; a step is about 20 ns of one core. Default:
    /// 150,000, at most 1,000,000.
    pub work: u32,
}

/// Steps of [`Policy::work`] by default.
pub(crate) const DEFAULT_WORK: u32 = 150_000;

impl Policy {
    /// Mathematics only: units, percent signs, brackets and rounding have to be the same. The default.
    #[must_use]
    pub const fn strict() -> Self {
        Self {
            percent: Percent::Value,
            strip_units: false,
            strip_assignment: true,
            drop_names: false,
            unwrap_single: false,
            loose_brackets: false,
            ignore_case: false,
            choice_letters: true,
            drop_modulus: false,
            drop_base: false,
            drop_approximation: false,
            decimal_comma: false,
            rounding: Rounding::Never,
            rounding_digits: 4,
            float_digits: 9,
            tolerance: 0.0,
            work: DEFAULT_WORK,
        }
    }

    /// What the common benchmarks count as correct: units, names and brackets around one value may be missing; a rounded
    /// value still is not the exact one.
    #[must_use]
    pub const fn benchmark() -> Self {
        Self {
            percent: Percent::Either,
            strip_units: true,
            drop_names: true,
            unwrap_single: true,
            loose_brackets: true,
            ignore_case: true,
            drop_modulus: true,
            drop_base: true,
            drop_approximation: true,
            decimal_comma: true,
            ..Self::strict()
        }
    }

    /// The leniencies of the published pipeline's grader, for comparison runs: numbers within a relative 1e-4, and a
    /// hundredth or a hundredfold, are accepted. Use it to see what they cost, not to judge.
    #[must_use]
    pub const fn published() -> Self {
        Self {
            percent: Percent::Hundredfold,
            tolerance: 1e-4,
            ..Self::benchmark()
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::strict()
    }
}
