//! What a run reports: one line for each stage, the targets, the students' scores.

use std::collections::BTreeMap;
use std::path::PathBuf;

use caco_evaluation::Task;
use caco_evaluation::metrics::Metrics;
use caco_record::{Row, Stage};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::mechanisms::{self, Mechanism};
use crate::stages::State;
use crate::variety::Marks;
use crate::{Error, Spent};

/// What one stage did with its rows in one round. Always `in = kept + rejected + quarantined`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    /// The stage.
    pub name: Stage,
    /// The round, from 1; 0 for import and unify.
    pub round: u32,
    /// Rows that came in.
    #[serde(rename = "in")]
    pub rows_in: u64,
    /// Rows that go on. For evaluate: problems solved.
    pub kept: u64,
    /// Rows that failed a named check.
    pub rejected: u64,
    /// Rows that could not be judged.
    pub quarantined: u64,
    /// How many rows left for which reason.
    pub reasons: BTreeMap<String, u64>,
    /// Wall seconds spent on the stage, over all resumptions.
    pub seconds: f64,
}

impl StageReport {
    /// A report of nothing yet.
    #[must_use]
    pub fn new(name: Stage, round: u32) -> Self {
        Self {
            name,
            round,
            rows_in: 0,
            kept: 0,
            rejected: 0,
            quarantined: 0,
            reasons: BTreeMap::new(),
            seconds: 0.0,
        }
    }

    /// Checks that no row was lost.
    ///
    /// # Errors
    /// An internal error with the figures when the sums differ.
    pub fn check(&self) -> Result<(), Error> {
        let out = self.kept + self.rejected + self.quarantined;
        let reasons: u64 = self.reasons.values().sum();
        if self.rows_in == out && reasons == self.rejected + self.quarantined {
            return Ok(());
        }
        Err(Error::Internal(format!(
            "{} (round {}): {} rows in, but {} kept + {} rejected + {} quarantined = {out}, and the reasons name {reasons}",
            self.name, self.round, self.rows_in, self.kept, self.rejected, self.quarantined
        )))
    }
}

/// A share with its numerator and denominator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
}

impl Share {
    /// The share between 0 and 1; `None` when there is nothing to share.
    #[must_use]
    pub fn ratio(self) -> Option<f64> {
        (self.of > 0).then(|| self.count as f64 / self.of as f64)
    }
}

/// How the sampled programs fared, over all rounds, each share of its own whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targets {
    /// Samples whose program parses, of all samples.
    pub parses: Share,
    /// Samples that pass execution and rules, of all samples.
    pub passes: Share,
    /// Passing samples with a normal form outside the seeds' programs and the base's training set, of those passing.
    pub new: Share,
    /// Passing samples with a structure outside of both, of those passing.
    pub new_structure: Share,
    /// New samples that came through judge, of the new ones.
    pub new_judged: Share,
    /// New samples that came through curate as well, of the new ones.
    pub new_curated: Share,
}

/// An accuracy with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Right replies; with one reply to each problem, problems solved.
    pub correct: u64,
    /// Replies.
    pub total: u64,
    /// The share solved (pass@1); for several training seeds the mean of their shares.
    pub mean: f64,
    /// The interval's lower end: Wilson where each problem counts 0 or 1, else a bootstrap over problems and training seeds.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// One model's scores on one benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudentScore {
    /// `before` for the untouched base, else the student's name.
    pub student: String,
    /// Rows that it learnt from; 0 for the base.
    pub rows: u64,
    /// The score of each training seed, in the order of `train.seeds`.
    pub by_seed: Vec<Score>,
    /// The score over all training seeds.
    pub overall: Score,
    /// pass@k and the majority vote over all training seeds, where there are several replies to each problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
}

/// All models on one benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchmarkScore {
    /// The benchmark's name.
    pub benchmark: String,
    /// Which of the known benchmarks it is; none for plain problems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// Replies to each problem.
    #[serde(default = "one")]
    pub samples: u32,
    /// The base first, then the students in the order of the configuration.
    pub students: Vec<StudentScore>,
}

fn one() -> u32 {
    1
}

/// How a configured target ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetReport {
    /// Rows that were wanted.
    pub wanted: u64,
    /// Rows that there are.
    pub kept: u64,
    /// Programs sampled for them in the last round.
    pub samples: u64,
    /// What ended it.
    pub end: TargetEnd,
}

/// What ended the sampling for a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetEnd {
    /// All rows are there.
    Kept,
    /// The bound on samples.
    Samples,
    /// The bound on time.
    Seconds,
}

/// What a whole run did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// The run's name.
    pub name: String,
    /// The run folder.
    pub dir: PathBuf,
    /// One report for each stage and round, in the order of the loop.
    pub stages: Vec<StageReport>,
    /// How the sampled programs fared.
    pub targets: Targets,
    /// How the target ended; none where none is configured.
    #[serde(default)]
    pub target: Option<TargetReport>,
    /// What calls of servers have come to, over all resumptions.
    #[serde(default)]
    pub spent: Spent,
    /// Calls that were under way when this run's processes were killed: at most so many were paid for twice.
    #[serde(default)]
    pub cut_off: u64,
    /// Rows in the exported data set.
    pub exported: u64,
    /// The folder of the exported data set.
    pub data: Option<PathBuf>,
    /// How many rows each mechanism has removed, of those that removed any.
    #[serde(default)]
    pub removed: BTreeMap<Mechanism, u64>,
    /// What mechanisms that also mark have said of the exported rows.
    #[serde(default)]
    pub marks: Marks,
    /// The students' scores; empty when nothing was evaluated.
    pub scores: Vec<BenchmarkScore>,
    /// Wall seconds, over all resumptions.
    pub seconds: f64,
}

/// The report of everything that this run's stages left.
pub(crate) fn whole(context: &Context<'_>, state: &State) -> Result<RunReport, Error> {
    Ok(RunReport {
        name: context.config.name.clone(),
        dir: context.dir.to_owned(),
        stages: state.reports.clone(),
        targets: targets(context, state)?,
        target: state.target.clone(),
        spent: context.ledger.totals()?.into(),
        cut_off: context.ledger.cut_off_in_all()?,
        exported: state.exported.as_ref().map_or(0, |exported| exported.rows),
        data: state
            .exported
            .as_ref()
            .map(|_| crate::export::folder(context.dir)),
        removed: mechanisms::removed(&state.reports),
        marks: state
            .exported
            .as_ref()
            .map(|exported| exported.variety.marks.clone())
            .unwrap_or_default(),
        scores: state.scores.clone(),
        seconds: state.reports.iter().map(|report| report.seconds).sum(),
    })
}

/// What targets need of a row's facts.
#[derive(Deserialize)]
struct New {
    is_new: Option<bool>,
    is_new_structure: Option<bool>,
}

fn targets(context: &Context<'_>, state: &State) -> Result<Targets, Error> {
    let mut targets = Targets::default();
    let new = |row: &Row| {
        row.facts
            .as_deref()
            .and_then(|facts| serde_json::from_str::<New>(facts).ok())
    };
    let sampled: u64 = state
        .all(Stage::Sample)
        .map(|(_, shard)| shard.counts.rows())
        .sum();
    targets.parses.of = sampled;
    targets.passes.of = sampled;
    for (_, shard) in state.all(Stage::Execute) {
        for row in shard.rows()? {
            let facts = new(&row);
            targets.parses.count += u64::from(facts.is_some());
            if let Some(facts) = facts.filter(|_| row.is_kept()) {
                targets.passes.count += 1;
                targets.new.count += u64::from(facts.is_new == Some(true));
                targets.new_structure.count += u64::from(facts.is_new_structure == Some(true));
            }
        }
    }
    targets.new.of = targets.passes.count;
    targets.new_structure.of = targets.passes.count;
    for (stage, share) in [
        (Stage::Judge, &mut targets.new_judged),
        (Stage::Curate, &mut targets.new_curated),
    ] {
        if !context.config.runs(stage) {
            continue;
        }
        share.of = targets.new.count;
        for (_, shard) in state.all(stage) {
            let came = shard.kept()?.into_iter().filter(|row| !row.is_seed());
            share.count += came
                .filter(|row| new(row).is_some_and(|facts| facts.is_new == Some(true)))
                .count() as u64;
        }
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_row_is_an_internal_error() {
        let mut report = StageReport::new(Stage::Judge, 1);
        report.rows_in = 3;
        report.kept = 2;
        assert!(matches!(report.check(), Err(Error::Internal(_))));
        report.rejected = 1;
        report.reasons.insert("answers_differ".into(), 1);
        assert!(report.check().is_ok());
    }
}
