//! Whether answers agree: the comparison, and what the configured fallback says of the pairs that it leaves undecided.

use std::borrow::Cow;

use caco_answer::{Explained, Outcome, Policy};

use crate::Error;
use crate::config::Config;
use crate::context::Context;
use crate::referee::{self, Fallback, Pair};

/// The version of the comparison: a new one redoes what depends on it.
pub(super) const VERSION: u32 = 2;

/// Whether two answers agree, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Agreement {
    pub(super) outcome: Outcome,
    /// The tier of the comparison, or `fallback`.
    pub(super) tier: &'static str,
    pub(super) reason: Cow<'static, str>,
}

/// The parts of the settings that decide an agreement beside the policy, for fingerprints.
pub(super) fn section(config: &Config) -> Result<String, Error> {
    let fallback = config.answer.fallback;
    let execute = match fallback {
        Fallback::None => String::new(),
        _ => super::assess::section(&config.execute)?,
    };
    super::json(&(VERSION, fallback, execute))
}

/// Compares pairs of a reference and a candidate; agreements come in the order of the pairs.
pub(super) fn compare(
    context: &Context<'_>,
    pairs: &[(&str, &str)],
    policy: &Policy,
) -> Result<Vec<Agreement>, Error> {
    let mut agreements: Vec<Agreement> = pairs
        .iter()
        .map(|(gold, pred)| {
            let verdict = caco_answer::compare(gold, pred, policy);
            Agreement {
                outcome: verdict.outcome,
                tier: verdict.tier.as_str(),
                reason: verdict.reason,
            }
        })
        .collect();
    let fallback = context.config.answer.fallback;
    let open: Vec<usize> = (0..agreements.len())
        .filter(|at| agreements[*at].outcome == Outcome::Undecided)
        .collect();
    if fallback == Fallback::None || open.is_empty() {
        return Ok(agreements);
    }
    let explained: Vec<Explained> = open
        .iter()
        .map(|at| caco_answer::explain(pairs[*at].0, pairs[*at].1, policy))
        .collect();
    let asked: Vec<Pair<'_>> = open
        .iter()
        .zip(&explained)
        .map(|(at, explained)| Pair::new(pairs[*at].0, pairs[*at].1, explained))
        .collect();
    let executor = context.executor()?;
    let rulings = referee::settle(&*executor, fallback, &asked, context.stop)?;
    for (at, ruling) in open.into_iter().zip(rulings) {
        agreements[at] = Agreement {
            outcome: ruling.outcome,
            tier: referee::TIER,
            reason: ruling.reason.into(),
        };
    }
    Ok(agreements)
}
