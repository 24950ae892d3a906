//! Many inputs for one program: which runs tell the most, and what their outcomes say.
//!
//! A [`Trial`] is a conversation. [`ask`](Trial::ask) gives programs to run (the same program, with other inputs or in other
//! surroundings), [`tell`](Trial::tell) takes what happened, in the same order; when nothing more is asked,
//! [`report`](Trial::report) has the findings and the input/output pairs. Nothing is run here.
//!
//! ```
//! use caco_program::trial::{Ending, Observed, Settings, Trial};
//!
//! # fn run(program: &str) -> Observed { Observed { ending: Ending::Failed { class: String::new() }, cpu_ms: 1.0 } }
//! let source = "input = {'a': 6, 'b': 7}\n\ndef f(a, b):\n    return a * b\n\noutput = f(**input)\nprint(output)\n";
//! let original = Observed { ending: Ending::Answer { output: 42.into(), text: "42".into() }, cpu_ms: 0.1 };
//! let mut trial = Trial::new(source, original, 7, "row id", Settings::default())?;
//! loop {
//!     let asked = trial.ask();
//!     if asked.is_empty() {
//!         break;
//!     }
//!     trial.tell(asked.iter().map(|run| run_it(run)).collect());
//! }
//! let report = trial.report();
//! # fn run_it(run: &caco_program::trial::Run) -> Observed { run_one(&run.program) }
//! # fn run_one(program: &str) -> Observed { run(program) }
//! # let _ = report;
//! # Ok::<(), caco_program::inputs::NotMutable>(())
//! ```
//!
//! The first round costs about as many runs as the input has keys, and the pairs that are wanted. Only what they leave open
//! is asked further: a key that has not shown its effect is tried with larger changes, with the constants that the program
//! compares it with, and in other contexts (all other keys changed as well), since the least of three prices or a threshold
//! that is not reached has no effect in one context and every effect in another.

mod findings;
mod observed;
mod rounds;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::inputs::{Choice, Inputs, NotMutable};
use crate::profile::{Profile, profile};
pub use findings::{Fault, Finding};
pub use observed::{Ending, Observed};

/// What is asked for and which thresholds decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How many input/output pairs are wanted beside the program's own. Default 6.
    pub pairs: usize,
    /// In how many runs that give an answer a key must have been changed without effect before it is said to be ignored, and
    /// how many other inputs must give the same output before that is said to be constant; four times as many where the
    /// output can only be few things (truths, texts, the smallest numbers). Default 16.
    pub attempts: usize,
    /// In how many different contexts (values of the other keys), the program's own input among them. A key of few values may
    /// do with half the runs in twice the contexts. Default 4.
    pub contexts: usize,
    /// Share of nearby inputs on which a program may fail. From 0 to 1; default 0.5.
    pub fragile_share: f64,
    /// Whether a program that fails on more is tried no further: it saves two thirds of its runs, and other faults of it stay
    /// unknown. Default true.
    pub stop_at_fragile: bool,
    /// From how many times the CPU time of the program's own input on the time explodes. Default 10.
    pub growth_ratio: f64,
    /// Below this CPU time, in milliseconds, nothing is slow. Default 1000.
    pub growth_floor_ms: f64,
    /// Most keys that are looked at one by one; in source order. Default 32.
    pub keys: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pairs: 6,
            attempts: 16,
            contexts: 4,
            fragile_share: 0.5,
            stop_at_fragile: true,
            growth_ratio: 10.0,
            growth_floor_ms: 1_000.0,
            keys: 32,
        }
    }
}

/// Where a program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surroundings {
    /// As every other program: one hash seed, random streams from one start, one clock.
    Ordinary,
    /// With another hash seed (`PYTHONHASHSEED`), another start of the random streams and another instant; different for
    /// each number, from 0 to 3; 3 has the machine's clock, where time passes.
    Shaken(u8),
}

/// A program to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its text.
    pub program: String,
    /// Where it runs.
    pub surroundings: Surroundings,
}

/// An input and what the program gives for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The input in the sandbox's typed JSON; keys with computed values are left out.
    pub input: Json,
    /// The output, likewise.
    pub output: Json,
    /// The text of the output.
    pub text: String,
}

/// What a trial came to. All of it but the count of runs is the same on every machine as long as the outcomes are.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// What is wrong with the program; empty for a sound one.
    pub findings: Vec<Finding>,
    /// Input/output pairs near the program's own, all keys changed together, different from each other. Where all of these have
    /// the program's own output, one further away that has another takes the last place.
    pub pairs: Vec<Pair>,
    /// Runs that were made.
    pub runs: usize,
    /// Runs on nearby inputs.
    pub nearby: usize,
    /// Those of them that failed.
    pub nearby_failed: usize,
    /// Keys whose effect could not be told: too few of their variants gave an answer, or they have none.
    pub undecided: Vec<String>,
}

/// A trial of one program.
#[derive(Debug, Clone)]
pub struct Trial {
    inputs: Inputs,
    profile: Profile,
    settings: Settings,
    original: Observed,
    records: Vec<Record>,
    /// Records before this one have been observed.
    told: usize,
    round: u32,
}

/// One run.
#[derive(Debug, Clone)]
struct Record {
    choice: Choice,
    role: Role,
    surroundings: Surroundings,
    observed: Option<Observed>,
}

/// Why a run is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// An earlier record's input (or the original's) in other surroundings.
    Repeat(Option<usize>),
    /// All keys changed, near the original.
    Joint,
    /// All keys changed, far from the original: a context for single changes.
    Context,
    /// One key changed against a record's input, or the original's; nearby or not.
    Single {
        key: usize,
        against: Option<usize>,
        near: bool,
    },
    /// Larger by so many quarters.
    Growth(u8),
}

impl Trial {
    /// A trial of `source`, which gave `original` on its own input. Variants are drawn from `seed` (the run's) and `row`
    /// (the row's identity).
    ///
    /// # Errors
    /// [`NotMutable`] where no value of the input can be replaced.
    pub fn new(
        source: &str,
        original: Observed,
        seed: u64,
        row: &str,
        settings: Settings,
    ) -> Result<Self, NotMutable> {
        Ok(Self {
            inputs: Inputs::of(source, seed, row)?,
            profile: profile(source)?,
            settings,
            original,
            records: Vec::new(),
            told: 0,
            round: 0,
        })
    }

    /// The next programs to run; empty when the trial is over, and while outcomes are owed.
    pub fn ask(&mut self) -> Vec<Run> {
        while self.told == self.records.len() && self.round < rounds::MOST {
            self.plan();
            self.round += 1;
        }
        let owed = self.records.get(self.told..).unwrap_or_default();
        owed.iter()
            .map(|record| Run {
                // A choice made from this input can be written into it.
                program: self.inputs.program(&record.choice).unwrap_or_default(),
                surroundings: record.surroundings,
            })
            .collect()
    }

    /// What happened to the programs that were asked for, in the same order. What is missing counts as not run.
    pub fn tell(&mut self, observed: Vec<Observed>) {
        let mut observed = observed.into_iter();
        let owed = self.records.get_mut(self.told..).unwrap_or_default();
        for record in owed {
            record.observed = Some(observed.next().unwrap_or(Observed {
                ending: Ending::NotRun,
                cpu_ms: 0.0,
            }));
        }
        self.told = self.records.len();
    }

    /// The input that the trial varies.
    #[must_use]
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// What the program is made of.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// What a record's changes are changes of.
    fn base(&self, against: Option<usize>) -> Option<&Observed> {
        match against {
            None => Some(&self.original),
            Some(at) => self.records.get(at)?.observed.as_ref(),
        }
    }
}
