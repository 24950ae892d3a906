//! Whether answers agree: the comparison, and what the configured fallback says of the pairs that it leaves undecided.

use std::borrow::Cow;

use caco_answer::{Explained, Outcome, Policy};

use crate::Error;
use crate::config::Config;
use crate::context::Context;
use crate::referee::{self, Fallback, Pair};

/// The version of the comparison: a new one redoes what depends on it.
pub(crate) const VERSION: u32 = 2;

/// Whether two answers agree, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agreement {
    pub(crate) outcome: Outcome,
    /// The tier of the comparison, or `fallback`.
    pub(crate) tier: &'static str,
    pub(crate) reason: Cow<'static, str>,
}

/// The parts of the settings that decide an agreement beside the policy, for fingerprints.
pub(crate) fn section(config: &Config) -> Result<String, Error> {
    let fallback = config.answer.fallback;
    let execute = match fallback {
        Fallback::None => String::new(),
        _ => super::assess::section(config)?,
    };
    super::json(&(VERSION, fallback, execute))
}

/// Compares pairs of a reference and a candidate; agreements come in the order of the pairs.
pub(crate) fn compare(
    context: &Context<'_>,
    pairs: &[(&str, &str)],
    policy: &Policy,
) -> Result<Vec<Agreement>, Error> {
    let pairs: Vec<(&str, &str, &Policy)> = pairs
        .iter()
        .map(|(gold, pred)| (*gold, *pred, policy))
        .collect();
    compare_each(context, &pairs)
}

/// As [`compare`], each pair by a policy of its own.
pub(crate) fn compare_each(
    context: &Context<'_>,
    pairs: &[(&str, &str, &Policy)],
) -> Result<Vec<Agreement>, Error> {
    let mut agreements: Vec<Agreement> = pairs
        .iter()
        .map(|(gold, pred, policy)| {
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
        .map(|at| caco_answer::explain(pairs[*at].0, pairs[*at].1, pairs[*at].2))
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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::Quiet;

    fn config(cache: &Path, sets: &[&str]) -> Config {
        let text = format!(
            "name: agreement\ncache: {}\nseeds: [{{path: none}}]\nexecute: {{python: [], workers: 1}}\n",
            cache.display()
        );
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        Config::parse(&text, Path::new("agreement.yaml"), cache, &sets).unwrap()
    }

    #[test]
    fn undecided_pairs_are_settled_where_a_fallback_is_configured() {
        let folder = tempfile::tempdir().unwrap();
        let stop = AtomicBool::new(false);
        let pairs = [
            ("Integral(x, (x, 0, 1))", "1/2"),
            ("1/2", "0.5"),
            ("Integral(x, (x, 0, 1))", "1/3"),
        ];
        let compared = |config: &Config| {
            let context = Context::new(config, folder.path(), &Quiet, &stop).unwrap();
            compare(&context, &pairs, &Policy::strict())
        };
        let plain = config(folder.path(), &[]);
        let outcomes = |agreements: &[Agreement]| -> Vec<Outcome> {
            agreements
                .iter()
                .map(|agreement| agreement.outcome)
                .collect()
        };
        let agreements = compared(&plain).unwrap();
        assert_eq!(
            outcomes(&agreements),
            [Outcome::Undecided, Outcome::Equal, Outcome::Undecided]
        );
        let settled = config(folder.path(), &["answer.fallback=sympy"]);
        assert_ne!(section(&plain).unwrap(), section(&settled).unwrap());
        match compared(&settled) {
            Err(Error::Python { message, .. }) if message.contains("needs the Python package") => {
                eprintln!("skipped: {message}");
            }
            agreements => {
                let agreements = agreements.unwrap();
                assert_eq!(
                    outcomes(&agreements),
                    [Outcome::Equal, Outcome::Equal, Outcome::Different]
                );
                assert_eq!(agreements[0].tier, "fallback");
                assert!(
                    agreements[0].reason.starts_with("sympy: "),
                    "{}",
                    agreements[0].reason
                );
                assert_eq!(agreements[1].tier, "exact");
            }
        }
    }
}
