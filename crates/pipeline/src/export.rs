//! The data set's files, the ledger of rejects, the card and the manifest.

mod aside;
mod columns;
mod convert;
pub(crate) mod front;
mod manifest;
mod rejects;
mod sink;
mod sort;
mod table;
mod tally;
pub(crate) mod views;
mod write;

use std::path::{Path, PathBuf};

use caco_record::{Row, Stage};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::sort::Sorter;
use self::write::Plan;
use crate::context::Context;
use crate::report::{RunReport, StageReport};
use crate::shard::Shard;
use crate::stages::State;
use crate::variety::{self, Variety};
use crate::{Error, Event, atomic, card};

pub use convert::{Conversion, Converted, convert};
pub use manifest::{Package, package};
pub use sink::FileSize;
pub use tally::{Screened, Tally, Votes};
pub use views::{FileKind, Needs, UnknownView, View};
pub use write::Written;

/// The file whose presence says that a run is complete.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The data set's card.
pub(crate) const CARD: &str = "README.md";
/// The reward function that goes with [`View::Verl`].
const REWARD: &str = "caco_reward.py";
/// LLaMA-Factory's description of the views that it reads.
const DATASET_INFO: &str = "dataset_info.json";

/// What export wrote.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exported {
    pub(crate) rows: u64,
    /// The complete one first.
    pub(crate) views: Vec<Written>,
    /// What goes with the views.
    pub(crate) companions: Vec<File>,
    /// What the checks said of the exported rows.
    pub(crate) tally: Tally,
    /// How varied and how hard they are.
    pub(crate) variety: Variety,
}

/// One written file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Relative to the folder of the run or export.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// BLAKE3, 64 hexadecimal characters.
    pub blake3: String,
}

impl File {
    /// Writes a file below a folder and notes what was written.
    fn write(root: &Path, path: String, bytes: &[u8]) -> Result<Self, Error> {
        atomic::write(&root.join(&path), bytes)?;
        Ok(Self {
            path,
            bytes: bytes.len() as u64,
            blake3: blake3::hash(bytes).to_hex().to_string(),
        })
    }
}

/// Rows as a data set in a folder.
#[derive(Clone, Copy, Debug)]
pub struct DataSet<'a> {
    /// The folder that holds the views' folders, and temporary files while it is written.
    pub into: &'a Path,
    /// Its name, which views for reinforcement learning state as their source.
    pub name: &'a str,
    /// The views.
    pub views: &'a [View],
    /// Whether solutions are this set's own; without that, views do not show them as such.
    pub words: bool,
    /// How large a file may become.
    pub size: FileSize,
}

impl DataSet<'_> {
    /// Writes rows that come in portions of any size and order, sorted by their ids: what the files hold does not depend on the
    /// portions. As many portions as there are threads are in memory at once, and a bounded part of the rows; the rest waits on
    /// the disk. `total` is about how many rows there are. `wanted` says which rows belong to the set; `told` hears how many are
    /// written, and may end the work.
    ///
    /// # Errors
    /// Those of the portions and of `told`; [`Error::Usage`] where a view shows what a row has not; those of the disk.
    pub fn write<P: Fn() -> Result<Vec<Row>, Error> + Sync>(
        &self,
        total: u64,
        portions: &[P],
        mut wanted: impl FnMut(&Row) -> bool,
        told: &dyn Fn(u64) -> Result<(), Error>,
    ) -> Result<(Vec<Written>, Tally), Error> {
        let mut sorter = Sorter::new(self.into, total);
        for some in portions.chunks(rayon::current_num_threads().max(1)) {
            let read: Vec<Result<Vec<Row>, Error>> =
                some.par_iter().map(|portion| portion()).collect();
            for rows in read {
                for row in rows?.iter().filter(|row| wanted(row)) {
                    sorter.push(row)?;
                }
            }
        }
        Plan {
            root: self.into,
            set: self.name,
            views: self.views,
            words: self.words,
            size: self.size,
        }
        .write(sorter.sorted(), told)
    }
}

/// Writes `data/` and the folders of the views that are configured. Rows are sorted by id, so the files do not depend on
/// shards; no more of them than a few shards and buckets are in memory.
pub(crate) fn data(
    context: &Context<'_>,
    state: &State,
    report: &mut StageReport,
) -> Result<Exported, Error> {
    let settings = &context.config.export;
    let shards = state.finished();
    let portions: Vec<_> = shards
        .iter()
        .map(|shard| {
            || -> Result<Vec<Row>, Error> {
                context.check_stop()?;
                shard.kept()
            }
        })
        .collect();
    let mut views = vec![View::Parquet];
    views.extend(
        settings
            .formats
            .iter()
            .filter(|view| **view != View::Parquet),
    );
    let set = DataSet {
        into: context.dir,
        name: &context.config.name,
        views: &views,
        words: context.config.runs(Stage::Solve),
        size: settings.file_size(),
    };
    let total = shards.iter().map(|shard| shard.counts.kept).sum();
    let round = report.round;
    let (written, tally) = set.write(
        total,
        &portions,
        |row| {
            report.rows_in += 1;
            let wanted = settings.include_seeds || !row.is_seed();
            if wanted {
                report.kept += 1;
            } else {
                report.rejected += 1;
                *report.reasons.entry("seed_left_out".into()).or_default() += 1;
            }
            wanted
        },
        &|rows| {
            context.observer.event(&Event::Progress {
                stage: Stage::Export,
                round,
                done: rows,
                total,
                kept: rows,
                tokens: 0,
                unit: "rows",
            });
            context.check_stop()
        },
    )?;
    aside::remove_views(context.dir, &views)?;
    let kept = |row: &Row| settings.include_seeds || !row.is_seed();
    let mut variety = variety::of(shards.iter().copied(), kept)?;
    if let Some(spread) = &settings.spread {
        variety.spread = variety::apart(context, spread, round, shards.iter().copied(), kept)?;
    }
    Ok(Exported {
        rows: report.kept,
        views: written,
        companions: aside::write_companions(context.dir, &context.config.name, &views)?,
        tally,
        variety,
    })
}

/// Writes `rejected/`: every dropped row, with stage, reason and detail, one file for each stage and round.
pub(crate) fn rejected(context: &Context<'_>, state: &State) -> Result<Vec<File>, Error> {
    let mut groups: Vec<((Stage, u32), Vec<&Shard>)> = Vec::new();
    for (round, stage, shard) in state.every() {
        let nothing = shard.counts.kept == shard.counts.rows();
        if stage == Stage::Evaluate || !context.config.runs(stage) || nothing {
            continue;
        }
        match groups.iter_mut().find(|(key, _)| *key == (stage, round)) {
            Some((_, shards)) => shards.push(shard),
            None => groups.push(((stage, round), vec![shard])),
        }
    }
    let mut files = Vec::new();
    for ((stage, round), shards) in groups {
        let path = format!("rejected/{stage}-r{round}.parquet");
        files.push(rejects::write(context.dir, path, &shards)?);
    }
    aside::remove_others(context.dir, "rejected", &files)?;
    Ok(files)
}

/// Writes the card and, last of all, the manifest, whose presence says that the run is complete.
pub(crate) fn finish(
    context: &Context<'_>,
    state: &State,
    report: &RunReport,
) -> Result<(), Error> {
    let mut files = Vec::new();
    if let Some(exported) = &state.exported {
        let views = exported.views.iter().flat_map(|view| &view.files);
        files.extend(views.chain(&exported.companions).cloned());
    }
    files.extend(rejected(context, state)?);
    let facts = manifest::facts(context, state)?;
    let card = card::text(context, state, report, &facts)?;
    files.push(File::write(context.dir, CARD.into(), card.as_bytes())?);
    manifest::write(context, &facts, files)
}

/// The folder of the data set.
pub(crate) fn folder(run: &Path) -> PathBuf {
    run.join("data")
}

pub(crate) use manifest::Facts;
