//! A few rows through every stage, shown whole, without training.

use std::sync::atomic::AtomicBool;

use caco_record::{Row, Stage};
use serde::Serialize;

use crate::context::Context;
use crate::inspect::{AncestryCall, calls_of};
use crate::report::StageReport;
use crate::{Config, Error, Observer, atomic, runner};

/// One row and what models were asked for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PreviewRow {
    /// The row.
    #[serde(flatten)]
    pub row: Row,
    /// Rendered prompts and raw replies, in the order of the loop.
    pub calls: Vec<AncestryCall>,
}

/// What a preview found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preview {
    /// The rows as the last stage that saw them left them: seeds first, then samples.
    pub rows: Vec<PreviewRow>,
    /// What each stage did.
    pub stages: Vec<StageReport>,
}

/// Takes the first `n` problems of each seed file and `n` samples through every stage up to curate, in a temporary
/// folder. Nothing is trained: the base model writes the samples in the place of the tuned one (a generator from scratch
/// cannot be previewed, so its samples are left out).
///
/// # Errors
/// As [`crate::Run::execute`], except that a stage may keep nothing.
pub fn preview(
    config: &Config,
    n: usize,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<Preview, Error> {
    let mut config = config.clone();
    let temporary = tempfile::tempdir()
        .map_err(|error| Error::io("make a folder in", &std::env::temp_dir(), error))?;
    config.output = temporary.path().join("preview");
    config.rounds = 1;
    config.sample.count = n.max(1) as u64;
    config.target = None;
    for seed in &mut config.seeds {
        seed.limit = Some(seed.limit.map_or(n, |limit| limit.min(n)).max(1));
    }
    config.train.students.clear();
    config
        .stages
        .skip
        .extend([Stage::Export, Stage::Train, Stage::Evaluate]);
    atomic::create_dir(&config.output)?;
    let mut context = Context::new(&config, &config.output, observer, stop)?;
    context.preview = true;
    let (state, report) = runner::work(&context, Some(Stage::Curate))?;
    let mut rows: Vec<Row> = Vec::new();
    for (_, _, shard) in state.every() {
        for row in shard.rows()? {
            match rows.iter_mut().find(|seen| seen.row_id == row.row_id) {
                Some(seen) if row.stage >= seen.stage => *seen = row,
                Some(_) => {}
                None => rows.push(row),
            }
        }
    }
    rows.sort_by_key(|row| !row.is_seed());
    context.ledger.flush()?;
    let rows = rows.into_iter().map(|row| {
        let calls = calls_of(&config.output, &row)?;
        Ok(PreviewRow { row, calls })
    });
    Ok(Preview {
        rows: rows.collect::<Result<_, Error>>()?,
        stages: report.stages,
    })
}
