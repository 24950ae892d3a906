//! Programs that passed run again on other inputs and in other surroundings: what depends on nothing, fails nearby or answers
//! differently another time is found out, and each gives further pairs of input and output.

use std::collections::BTreeMap;

use caco_program::trial::{Ending, Fault, Finding, Observed, Pair, Surroundings, Trial};
use caco_sandbox::Outcome;
use serde::Serialize;

use crate::Error;
use crate::context::Context;

/// A program that gave an answer.
pub(super) struct Subject<'a> {
    pub(super) program: &'a str,
    pub(super) outcome: &'a Outcome,
}

/// What many inputs showed of one program. Nothing in it depends on the machine's speed, but for a finding of exploding time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Tried {
    findings: Vec<Finding>,
    /// Runs on nearby inputs, and how many of them failed.
    nearby: usize,
    nearby_failed: usize,
    /// Keys whose effect could not be told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    undecided: Vec<String>,
    /// Why the input cannot be varied at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_varied: Option<String>,
    #[serde(skip)]
    pub(super) pairs: Vec<Pair>,
}

impl Tried {
    /// The first finding for which the configuration rejects a row: the reason, and the evidence with the key that it is about.
    pub(super) fn against(&self, reject: &[Fault]) -> Option<(&'static str, String)> {
        let wanted = |finding: &&Finding| reject.contains(&finding.fault);
        let finding = self.findings.iter().find(wanted)?;
        let detail = match &finding.key {
            Some(key) => format!("`{key}`: {}", finding.detail),
            None => finding.detail.clone(),
        };
        Some((finding.fault.as_str(), detail))
    }
}

/// Tries all programs as `execute.inputs` says, for a stage that rejects for some findings: round by round, so that one call of
/// the sandbox runs what all of them ask for.
pub(super) fn try_all(
    context: &Context<'_>,
    subjects: &[Subject<'_>],
    reject: &[Fault],
    progress: &dyn Fn(usize),
) -> Result<Vec<Tried>, Error> {
    let settings = &context.config.execute.inputs;
    let mut trials: Vec<Result<Trial, String>> = subjects
        .iter()
        .map(|subject| {
            let original = Observed::from(subject.outcome);
            Trial::new(
                subject.program,
                original,
                context.config.seed,
                // The same program is tried on the same inputs, whoever wrote it.
                subject.program,
                settings.trial(reject),
            )
            .map_err(|why| why.to_string())
        })
        .collect();
    loop {
        let mut asked: BTreeMap<Surroundings, Vec<(usize, usize, String)>> = BTreeMap::new();
        let mut counts = vec![0; trials.len()];
        for (at, trial) in trials.iter_mut().enumerate() {
            let Ok(trial) = trial else { continue };
            for (n, run) in trial.ask().into_iter().enumerate() {
                counts[at] += 1;
                asked
                    .entry(run.surroundings)
                    .or_default()
                    .push((at, n, run.program));
            }
        }
        let open = counts.iter().filter(|count| **count > 0).count();
        progress(trials.len() - open);
        if open == 0 {
            break;
        }
        let unknown = Observed {
            ending: Ending::NotRun,
            cpu_ms: 0.0,
        };
        let mut told: Vec<Vec<Observed>> = counts
            .iter()
            .map(|count| vec![unknown.clone(); *count])
            .collect();
        for (surroundings, runs) in asked {
            let executor = match surroundings {
                Surroundings::Ordinary => context.executor()?,
                Surroundings::Shaken(number) => context.shaken(number)?,
            };
            let programs: Vec<&str> = runs
                .iter()
                .map(|(_, _, program)| program.as_str())
                .collect();
            let outcomes = executor.run(&programs, &|_| {}, context.stop)?;
            for ((at, n, _), outcome) in runs.iter().zip(&outcomes) {
                told[*at][*n] = Observed::from(outcome);
            }
        }
        for (trial, told) in trials.iter_mut().zip(told) {
            if let (Ok(trial), false) = (trial, told.is_empty()) {
                trial.tell(told);
            }
        }
    }
    Ok(trials.iter().map(tried).collect())
}

fn tried(trial: &Result<Trial, String>) -> Tried {
    match trial {
        Ok(trial) => {
            let report = trial.report();
            Tried {
                findings: report.findings,
                nearby: report.nearby,
                nearby_failed: report.nearby_failed,
                undecided: report.undecided,
                not_varied: None,
                pairs: report.pairs,
            }
        }
        Err(why) => Tried {
            not_varied: Some(why.clone()),
            ..Tried::default()
        },
    }
}
