//! The entries of the library: comparing, explaining, scoring.

use super::compare::equivalent;
use super::extract::extract;
use super::reading::parse;
use super::{Explained, Policy, Verdict};

/// Whether `pred` is the same answer as `gold`.
///
/// Total, deterministic and bounded; symmetric but for [`super::Rounding::Reference`].
#[must_use]
pub fn compare(gold: &str, pred: &str, policy: &Policy) -> Verdict {
    equivalent(gold, pred, policy)
}

/// [`compare`], with what was read on either side: slower, for people.
#[must_use]
pub fn explain(gold: &str, pred: &str, policy: &Policy) -> Explained {
    Explained {
        verdict: compare(gold, pred, policy),
        gold_parsed: parse(gold).ok().map(|answer| answer.to_string()),
        pred_parsed: parse(pred).ok().map(|answer| answer.to_string()),
    }
}

/// The reward of a reply under [`Policy::benchmark`]: 1 where the final answer that is found in it equals `gold`, else 0.
#[must_use]
pub fn score(answer: &str, gold: &str) -> f64 {
    score_with(answer, gold, &Policy::benchmark())
}

/// The reward of a reply: 1 where the final answer that is found in it equals `gold`, else 0 (also where it has none, and
/// where it cannot be told).
#[must_use]
pub fn score_with(answer: &str, gold: &str, policy: &Policy) -> f64 {
    let equal = extract(answer).is_some_and(|found| compare(gold, &found.text, policy).is_equal());
    f64::from(u8::from(equal))
}
