//! The data set's files, the ledger of rejects, the card and the manifest.

mod manifest;
mod table;

use std::path::{Path, PathBuf};

use caco_record::{Row, Stage};
use serde::Serialize;

use crate::context::Context;
use crate::report::{RunReport, StageReport};
use crate::shard::Shard;
use crate::stages::State;
use crate::{Error, atomic, card, shard};

/// The file whose presence says that a run is complete.
pub(crate) const MANIFEST: &str = "manifest.json";

/// What export wrote.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exported {
    pub(crate) rows: u64,
    pub(crate) files: Vec<File>,
}

/// One written file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct File {
    /// Relative to the run folder.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    /// BLAKE3, 64 hexadecimal characters.
    pub(crate) blake3: String,
}

impl File {
    /// Writes a file of the run folder and notes what was written.
    fn write(run: &Path, path: String, bytes: &[u8]) -> Result<Self, Error> {
        atomic::write(&run.join(&path), bytes)?;
        Ok(Self {
            path,
            bytes: bytes.len() as u64,
            blake3: blake3::hash(bytes).to_hex().to_string(),
        })
    }
}

/// Writes `data/`. Rows are sorted by id, so the files do not depend on shards.
pub(crate) fn data(
    context: &Context<'_>,
    state: &State,
    report: &mut StageReport,
) -> Result<Exported, Error> {
    let settings = &context.config.export;
    let shards = state.finished();
    let wanted = |row: &Row| settings.include_seeds || !row.is_seed();
    let mut ids = Vec::new();
    for shard in &shards {
        for row in shard.kept()? {
            report.rows_in += 1;
            if wanted(&row) {
                ids.push(row.row_id);
            } else {
                report.rejected += 1;
                *report.reasons.entry("seed_left_out".into()).or_default() += 1;
            }
        }
    }
    report.kept = ids.len() as u64;
    ids.sort_unstable();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Error::Internal(
            "two exported rows have the same row_id".into(),
        ));
    }
    let count = ids.len().div_ceil(settings.rows_per_file).max(1);
    let mut files = Vec::new();
    for (number, part) in ids.chunks(settings.rows_per_file).enumerate() {
        let (Some(first), Some(last)) = (part.first(), part.last()) else {
            continue;
        };
        let mut rows = Vec::with_capacity(part.len());
        for shard in &shards {
            rows.extend(
                shard
                    .kept()?
                    .into_iter()
                    .filter(|row| wanted(row) && row.row_id >= *first && row.row_id <= *last),
            );
        }
        rows.sort_by(|one, other| one.row_id.cmp(&other.row_id));
        files.push(write_part(context, number, count, &rows)?);
    }
    if files.is_empty() {
        files.push(write_part(context, 0, 1, &[])?);
    }
    remove_others(context.dir, "data", &files)?;
    Ok(Exported {
        rows: ids.len() as u64,
        files,
    })
}

fn write_part(
    context: &Context<'_>,
    number: usize,
    count: usize,
    rows: &[Row],
) -> Result<File, Error> {
    let words = context.config.runs(Stage::Solve);
    let bytes = shard::encode(&[table::batch(rows, words)?], Vec::new())?;
    File::write(
        context.dir,
        format!("data/train-{number:05}-of-{count:05}.parquet"),
        &bytes,
    )
}

/// Writes `rejected/`: every dropped row, with stage, reason and detail, one file for each stage and round.
pub(crate) fn rejected(context: &Context<'_>, state: &State) -> Result<Vec<File>, Error> {
    let mut groups: Vec<((Stage, u32), Vec<&Shard>)> = Vec::new();
    for (round, stage, shard) in state.every() {
        if stage == Stage::Evaluate || !context.config.runs(stage) {
            continue;
        }
        match groups.iter_mut().find(|(key, _)| *key == (stage, round)) {
            Some((_, shards)) => shards.push(shard),
            None => groups.push(((stage, round), vec![shard])),
        }
    }
    let mut files = Vec::new();
    for ((stage, round), shards) in groups {
        let mut batches = Vec::new();
        for shard in shards {
            if shard.counts.kept == shard.counts.rows() {
                continue;
            }
            let rows: Vec<Row> = shard
                .rows()?
                .into_iter()
                .filter(|row| !row.is_kept())
                .collect();
            batches.push(
                caco_record::to_batch(&rows).map_err(|error| Error::Internal(error.to_string()))?,
            );
        }
        if !batches.is_empty() {
            let bytes = shard::encode(&batches, Vec::new())?;
            files.push(File::write(
                context.dir,
                format!("rejected/{stage}-r{round}.parquet"),
                &bytes,
            )?);
        }
    }
    remove_others(context.dir, "rejected", &files)?;
    Ok(files)
}

/// Removes what an earlier configuration wrote into a folder.
fn remove_others(run: &Path, folder: &str, files: &[File]) -> Result<(), Error> {
    let Ok(entries) = std::fs::read_dir(run.join(folder)) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if name.ends_with(".parquet") && !files.iter().any(|file| file.path == name) {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
        }
    }
    Ok(())
}

/// Writes the card and, last of all, the manifest, whose presence says that the run is complete.
pub(crate) fn finish(
    context: &Context<'_>,
    state: &State,
    report: &RunReport,
) -> Result<(), Error> {
    let mut files = state
        .exported
        .as_ref()
        .map_or_else(Vec::new, |exported| exported.files.clone());
    files.extend(rejected(context, state)?);
    let facts = manifest::facts(context, state)?;
    let card = card::text(context, state, report, &facts)?;
    files.push(File::write(
        context.dir,
        "README.md".into(),
        card.as_bytes(),
    )?);
    manifest::write(context, &facts, files)
}

/// The folder of the data set.
pub(crate) fn folder(run: &Path) -> PathBuf {
    run.join("data")
}

pub(crate) use manifest::Facts;
