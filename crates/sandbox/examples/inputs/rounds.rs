//! Runs programs and trials in pools with different surroundings.

use crate::Failure;
use crate::set::Case;
use caco_program::trial::{Ending, Observed, Settings, Surroundings, Trial};
use caco_program::{Ours, Rules};
use caco_sandbox::{Config, Error, Limits, Outcome, Program, Sandbox, environment};
use serde_json::Value;
use std::sync::atomic::AtomicBool;

/// A program and what it gives on its own input.
pub struct Ready {
    pub case: Case,
    pub output: Option<Value>,
    original: Observed,
}

/// A program and what its trial found.
pub struct Done {
    pub case: Case,
    pub findings: Vec<String>,
    pub published: Option<String>,
    pub unmutable: Option<String>,
    pub undecided: usize,
    pub runs: usize,
}

/// The ordinary surroundings, and four others.
pub struct Pools {
    ordinary: Sandbox,
    shaken: Vec<Sandbox>,
}

impl Pools {
    pub fn start() -> Result<Self, Failure> {
        let python = match std::env::var_os("CACO_PYTHON") {
            Some(path) => path.into(),
            None => environment::find()?.executable,
        };
        let config = |shake: u32| Config {
            python: python.clone(),
            workers: if shake == 0 { 2 } else { 1 },
            hash_seed: shake,
            random_seed: shake,
            first_pass_seconds: 2.0,
            // 2024-01-01 in ordinary surroundings; else some years, days, hours and minutes away, and once the machine's own.
            frozen_clock: (shake < 4).then(|| 1_704_067_200.0 + 41_234_567.0 * f64::from(shake)),
            ..Config::default()
        };
        let shaken = (1..=4).map(|shake| Sandbox::start(config(shake)));
        Ok(Self {
            ordinary: Sandbox::start(config(0))?,
            shaken: shaken.collect::<Result<_, _>>()?,
        })
    }

    fn run(
        &self,
        surroundings: Surroundings,
        programs: Vec<String>,
        limits: Limits,
    ) -> Result<Vec<Outcome>, Error> {
        let pool = match surroundings {
            Surroundings::Ordinary => &self.ordinary,
            Surroundings::Shaken(n) => &self.shaken[usize::from(n) % self.shaken.len()],
        };
        let mut outcomes = Vec::with_capacity(programs.len());
        let mut programs = programs
            .into_iter()
            .map(|text| Ok::<_, Error>(Program::contract(text)));
        pool.stream(
            &mut programs,
            &limits,
            &AtomicBool::new(false),
            &mut |outcome| {
                outcomes.push(outcome.clone());
                Ok(())
            },
        )?;
        Ok(outcomes)
    }

    /// Runs programs on their own inputs; those that give no answer are left out, and counted.
    pub fn originals(&self, cases: Vec<Case>) -> Result<Vec<Ready>, Failure> {
        let programs = cases.iter().map(|case| case.program.clone()).collect();
        let outcomes = self.run(Surroundings::Ordinary, programs, Limits::default())?;
        let mut ready = Vec::new();
        let mut left_out = std::collections::BTreeMap::<String, usize>::new();
        for (case, outcome) in cases.into_iter().zip(outcomes) {
            let original = Observed::from(&outcome);
            match &original.ending {
                Ending::Answer { output, .. } if !output.is_null() => ready.push(Ready {
                    output: Some(output.clone()),
                    case,
                    original,
                }),
                other => {
                    if case.source == "written" {
                        eprintln!(
                            "{}: {other:?} {:?}\n{}",
                            case.name, outcome.error_message, case.program
                        );
                    }
                    *left_out
                        .entry(format!("{} {:?}", case.source, case.label))
                        .or_default() += 1;
                }
            }
        }
        eprintln!(
            "{} programs run; left out, since they give no answer: {left_out:?}",
            ready.len()
        );
        Ok(ready)
    }

    /// All trials, round by round.
    pub fn trials(&self, ready: Vec<Ready>) -> Result<Vec<Done>, Failure> {
        let limits = Limits {
            cpu_seconds: 1.5,
            ..Limits::default()
        };
        let mut open: Vec<(Ready, Result<Trial, String>)> = Vec::new();
        for (at, item) in ready.into_iter().enumerate() {
            let row = format!("{at}");
            let trial = Trial::new(
                &item.case.program,
                item.original.clone(),
                1,
                &row,
                Settings::default(),
            );
            open.push((item, trial.map_err(|e| e.to_string())));
        }
        for round in 1.. {
            let mut asked: Vec<(usize, usize, Surroundings, String)> = Vec::new();
            for (at, (_, trial)) in open.iter_mut().enumerate() {
                if let Ok(trial) = trial {
                    let runs = trial.ask().into_iter().enumerate();
                    asked.extend(runs.map(|(n, run)| (at, n, run.surroundings, run.program)));
                }
            }
            if asked.is_empty() {
                break;
            }
            eprintln!("round {round}: {} runs", asked.len());
            let mut told: Vec<Vec<Observed>> = vec![Vec::new(); open.len()];
            let mut outcomes: Vec<(usize, usize, Observed)> = Vec::new();
            asked.sort_by_key(|(_, _, surroundings, _)| *surroundings);
            for group in asked.chunk_by(|a, b| a.2 == b.2) {
                let programs = group
                    .iter()
                    .map(|(_, _, _, program)| program.clone())
                    .collect();
                let results = self.run(group[0].2, programs, limits)?;
                let placed = group.iter().zip(results);
                outcomes.extend(
                    placed.map(|((at, n, _, _), outcome)| (*at, *n, Observed::from(&outcome))),
                );
            }
            outcomes.sort_by_key(|(at, n, _)| (*at, *n));
            for (at, _, observed) in outcomes {
                told[at].push(observed);
            }
            for ((_, trial), told) in open.iter_mut().zip(told) {
                if let Ok(trial) = trial
                    && !told.is_empty()
                {
                    trial.tell(told);
                }
            }
        }
        Ok(open
            .into_iter()
            .map(|(ready, trial)| done(ready, trial))
            .collect())
    }
}

fn done(ready: Ready, trial: Result<Trial, String>) -> Done {
    let rules = Rules {
        ours: Ours {
            max_answer_chars: 0,
            output_printed: false,
            output_computed: false,
        },
        ..Rules::default()
    };
    let published = match caco_program::facts(&ready.case.program) {
        Ok(facts) => caco_program::check(&facts, &rules)
            .err()
            .map(|violation| violation.reason.to_string()),
        Err(problem) => Some(problem.to_string()),
    };
    let report = trial.as_ref().map(Trial::report);
    let findings = report
        .iter()
        .flat_map(|report| &report.findings)
        .map(|finding| {
            format!(
                "{} {} {}",
                finding.fault,
                finding.key.as_deref().unwrap_or_default(),
                finding.detail
            )
        });
    Done {
        findings: findings.collect(),
        published,
        undecided: report.as_ref().map_or(0, |report| report.undecided.len()),
        runs: report.as_ref().map_or(0, |report| report.runs),
        unmutable: trial.err(),
        case: ready.case,
    }
}
