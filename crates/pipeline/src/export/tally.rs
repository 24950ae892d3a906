//! What the checks said, counted: over the rows that judge saw, and over those that are exported.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Check;
use crate::shard::{self, Shard};
use crate::{Error, config::Config};

/// Counts of verdicts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Rows.
    pub rows: u64,
    /// Rows that no check has judged, since judging was left out.
    pub unchecked: u64,
    /// Rows that every check let pass.
    pub passed: u64,
    /// Rows that a check found wanting, and that are here because judging was switched off.
    pub failed: u64,
    /// How the solution's answer compares with the program's: `equal`, `different`, `undecided`, `absent`.
    pub answers: BTreeMap<String, u64>,
    /// How far the comparison had to go for the equal ones: `text`, `exact`, ... `fallback`.
    pub tiers: BTreeMap<String, u64>,
    /// Rows whose problem carries every quantity of the program's input.
    pub covered: u64,
    /// Rows whose problem lacks one.
    pub uncovered: u64,
    /// By question to the judge: yes and no.
    pub judge: BTreeMap<String, Votes>,
    /// Rows that passed after their problem was written again.
    pub revised: u64,
}

/// How a question to the judge was decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Votes {
    /// More than half of the clear votes said yes.
    pub yes: u64,
    /// They did not.
    pub no: u64,
}

impl Tally {
    /// Counts one row by its `verdicts` column.
    pub(crate) fn add(&mut self, verdicts: Option<&str>) {
        self.rows += 1;
        let verdicts: Value = verdicts
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or(Value::Null);
        match verdicts["passed"].as_bool() {
            Some(true) => self.passed += 1,
            Some(false) => self.failed += 1,
            None => self.unchecked += 1,
        }
        if let Some(outcome) = verdicts["answer"]["outcome"].as_str() {
            *self.answers.entry(outcome.to_owned()).or_default() += 1;
            if let (Some(tier), "equal") = (verdicts["answer"]["tier"].as_str(), outcome) {
                *self.tiers.entry(tier.to_owned()).or_default() += 1;
            }
        }
        match verdicts["coverage"]["covered"].as_bool() {
            Some(true) => self.covered += 1,
            Some(false) => self.uncovered += 1,
            None => {}
        }
        for check in Check::ALL {
            let votes = &verdicts["judge"][check.as_str()];
            if let (Some(yes), Some(no)) = (votes["yes"].as_u64(), votes["no"].as_u64()) {
                let votes = self.judge.entry(check.as_str().to_owned()).or_default();
                if yes > no {
                    votes.yes += 1;
                } else {
                    votes.no += 1;
                }
            }
        }
        self.revised += u64::from(!verdicts["revised_from"].is_null());
    }

    fn join(mut self, other: Self) -> Self {
        self.rows += other.rows;
        self.unchecked += other.unchecked;
        self.passed += other.passed;
        self.failed += other.failed;
        self.covered += other.covered;
        self.uncovered += other.uncovered;
        self.revised += other.revised;
        for (name, count) in other.answers {
            *self.answers.entry(name).or_default() += count;
        }
        for (name, count) in other.tiers {
            *self.tiers.entry(name).or_default() += count;
        }
        for (name, count) in other.judge {
            let own = self.judge.entry(name).or_default();
            own.yes += count.yes;
            own.no += count.no;
        }
        self
    }

    /// Counts the rows of shards, of which only the verdicts are read.
    pub(crate) fn of<'a>(shards: impl Iterator<Item = &'a Shard>) -> Result<Self, Error> {
        let shards: Vec<&Shard> = shards.collect();
        shards
            .into_par_iter()
            .map(|shard| {
                let mut tally = Self::default();
                for verdicts in shard::texts(&shard.path, "verdicts")? {
                    tally.add(verdicts.as_deref());
                }
                Ok(tally)
            })
            .try_reduce(Self::default, |one, other| Ok(one.join(other)))
    }

    /// How many rows the comparison of answers saw.
    pub(crate) fn compared(&self) -> u64 {
        self.answers.values().sum()
    }

    /// Rows whose answers are equal.
    pub(crate) fn agreeing(&self) -> u64 {
        self.answers.get("equal").copied().unwrap_or(0)
    }
}

/// A benchmark that no exported problem may repeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screened {
    /// Its name.
    pub benchmark: String,
    /// The file's name, without folders.
    pub file: String,
    /// Rows that were dropped because of it.
    pub dropped: u64,
}

/// The benchmarks that curate compared with, and what that found.
pub(crate) fn screened<'a>(
    config: &Config,
    curated: impl Iterator<Item = &'a Shard>,
) -> Result<Vec<Screened>, Error> {
    let benchmarks = config
        .evaluate
        .benchmarks
        .iter()
        .chain(&config.curate.contamination);
    let mut found: Vec<Screened> = benchmarks
        .map(|benchmark| Screened {
            benchmark: benchmark.title(),
            file: benchmark
                .path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            dropped: 0,
        })
        .collect();
    let reason = caco_curate::Reason::Contaminated.as_str();
    for shard in curated.filter(|shard| shard.counts.reasons.contains_key(reason)) {
        let reasons = shard::texts(&shard.path, "reason")?;
        let details = shard::texts(&shard.path, "detail")?;
        for (_, detail) in reasons
            .iter()
            .zip(&details)
            .filter(|(own, _)| own.as_deref() == Some(reason))
        {
            let detail = detail.as_deref().unwrap_or_default();
            // The longest name that fits: one may begin like another.
            let named = found
                .iter_mut()
                .filter(|own| {
                    detail
                        .strip_prefix(&own.benchmark)
                        .is_some_and(|rest| rest.starts_with(" item "))
                })
                .max_by_key(|own| own.benchmark.len());
            if let Some(named) = named {
                named.dropped += 1;
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_counted_by_what_they_say() {
        let mut tally = Tally::default();
        for verdicts in [
            Some(
                r#"{"answer":{"outcome":"equal","tier":"exact"},"coverage":{"covered":true},"passed":true,
                    "judge":{"steps":{"yes":2,"no":1,"unclear":0}},"revised_from":{}}"#,
            ),
            Some(
                r#"{"answer":{"outcome":"different","tier":"exact"},"coverage":{"covered":false},"passed":false,
                    "judge":{"steps":{"yes":1,"no":1,"unclear":0}}}"#,
            ),
            None,
        ] {
            tally.add(verdicts);
        }
        assert_eq!(
            (tally.rows, tally.passed, tally.failed, tally.unchecked),
            (3, 1, 1, 1)
        );
        assert_eq!((tally.agreeing(), tally.compared()), (1, 2));
        assert_eq!(tally.tiers, BTreeMap::from([("exact".to_owned(), 1)]));
        assert_eq!((tally.covered, tally.uncovered, tally.revised), (1, 1, 1));
        assert_eq!(tally.judge["steps"], Votes { yes: 1, no: 1 });
        let twice = tally.clone().join(tally.clone());
        assert_eq!((twice.rows, twice.agreeing()), (6, 2));
        assert_eq!(twice.judge["steps"], Votes { yes: 2, no: 2 });
    }
}
