//! How far a run is, from its published shards.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::index::Index;
use crate::mechanisms::{self, Mechanism};
use crate::report::StageReport;
use crate::{Error, Spent, asking, shard};

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatusReport {
    /// The run folder.
    pub dir: PathBuf,
    /// Whether every stage has finished.
    pub finished: bool,
    /// The stages that have begun, in the order of the loop.
    pub stages: Vec<StatusStage>,
    /// How many rows each mechanism has removed so far, of those that removed any.
    pub removed: BTreeMap<Mechanism, u64>,
    /// What calls of servers have come to so far, over all resumptions.
    pub spent: Spent,
    /// Calls that were under way when the run's processes were killed, or are so now: at most so many are paid for twice.
    pub cut_off: u64,
}

/// How far a stage is: the figures of what it has published.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatusStage {
    /// The stage's name.
    pub name: String,
    /// The round, from 1; 0 for import and unify.
    pub round: u32,
    /// Rows judged so far.
    #[serde(rename = "in")]
    pub rows_in: u64,
    /// Rows that go on.
    pub kept: u64,
    /// Rows that failed a named check.
    pub rejected: u64,
    /// Rows that could not be judged.
    pub quarantined: u64,
    /// How many rows left for which reason.
    pub reasons: BTreeMap<String, u64>,
    /// Wall seconds spent, over all resumptions.
    pub seconds: f64,
    /// Whether the stage has finished.
    pub finished: bool,
}

/// Reads how far a run is. Only the shards' footers are read, so it is quick, also while the run works.
///
/// # Errors
/// When the folder holds no run or a shard cannot be read.
pub fn status(run: &Path) -> Result<StatusReport, Error> {
    if !run.join("config.yaml").is_file() {
        return Err(Error::NoRun {
            path: run.to_owned(),
        });
    }
    let index = Index::load(run);
    let mut stages = Vec::new();
    let mut sums = Vec::new();
    for entry in &index.stages {
        let mut sum = StageReport::new(entry.stage, entry.round);
        match &entry.report {
            Some(report) => sum = report.clone(),
            None => {
                for path in entry
                    .shards
                    .iter()
                    .map(|path| run.join(path))
                    .filter(|path| path.is_file())
                {
                    shard::read_counts(&path)?.add_to(&mut sum);
                }
            }
        }
        sums.push(sum.clone());
        stages.push(StatusStage {
            name: entry.stage.as_str().to_owned(),
            round: entry.round,
            rows_in: sum.rows_in,
            kept: sum.kept,
            rejected: sum.rejected,
            quarantined: sum.quarantined,
            reasons: sum.reasons,
            seconds: entry.seconds,
            finished: entry.report.is_some(),
        });
    }
    let (mut spent, mut cut_off) = (Spent::default(), 0);
    if let Some(ledger) = caco_ledger::Ledger::read(&asking::folder(run))? {
        spent = ledger.totals()?.into();
        cut_off = ledger.cut_off_in_all()?;
    }
    Ok(StatusReport {
        spent,
        cut_off,
        removed: mechanisms::removed(&sums),
        dir: run.to_owned(),
        finished: run.join(crate::export::MANIFEST).is_file(),
        stages,
    })
}
