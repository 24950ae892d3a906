//! Other data that a run's rows must not repeat: run folders, data sets, files of rows.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::{Array as _, RecordBatch, StringArray};
use caco_curate::Curator;
use caco_lines::Reader;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use super::forms::Forms;
use crate::{Error, shard};

/// What a problem may be called, best first.
const PROBLEM: [&str; 4] = ["problem", "question", "instruction", "prompt"];
const PROGRAM: &str = "program";
const ROW_ID: &str = "row_id";

/// The files of each path, in order: of a run its data set, of a folder its files of rows, also one folder deeper.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_file() {
            files.push(path.clone());
            continue;
        }
        let data = path.join("data");
        let folder = if data.is_dir() { &data } else { path };
        let mut found = listed(folder)?;
        if found.is_empty() {
            for own in folders(folder)? {
                found.extend(listed(&own)?);
            }
        }
        if found.is_empty() {
            return Err(Error::Data {
                file: path.clone(),
                message: "there are no rows to compare with: no .parquet and no .jsonl file".into(),
                hint: "name a run folder, a folder of such files, or a file in `curate.against`"
                    .into(),
            });
        }
        files.extend(found);
    }
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let read = std::fs::read_dir(folder).map_err(|error| Error::io("read", folder, error))?;
    let mut paths: Vec<PathBuf> = read.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = entries(folder)?;
    paths.retain(|path| path.is_dir());
    Ok(paths)
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = entries(folder)?;
    paths.retain(|path| {
        let name = path.to_string_lossy();
        let wanted = [".parquet", ".jsonl", ".jsonl.gz", ".jsonl.zst"];
        path.is_file() && wanted.iter().any(|end| name.ends_with(end))
    });
    Ok(paths)
}

/// Names the content of the other data.
pub(super) fn identities(paths: &[PathBuf]) -> Result<Vec<String>, Error> {
    files(paths)?
        .iter()
        .map(|path| {
            let failed = |error| Error::io("read", path, error);
            let mut hasher = blake3::Hasher::new();
            hasher
                .update_reader(File::open(path).map_err(failed)?)
                .map_err(failed)?;
            Ok(hasher.finalize().to_hex().to_string())
        })
        .collect()
}

/// Has the curator take note of all rows of the other data.
pub(super) fn remember(paths: &[PathBuf], texts: bool, curator: &mut Curator) -> Result<(), Error> {
    for path in files(paths)? {
        let mut rows = 0u64;
        let mut take = |row_id: Option<&str>, problem: Option<&str>, program: Option<&str>| {
            rows += 1;
            let place = format!(
                "{}:{rows}",
                path.file_name().unwrap_or_default().to_string_lossy()
            );
            let forms = program
                .map(|program| Forms::of_program(program, texts))
                .unwrap_or_default();
            curator.remember(&forms.known(row_id.unwrap_or(&place), problem));
            problem.is_some() || program.is_some()
        };
        if path
            .extension()
            .is_some_and(|extension| extension == "parquet")
        {
            parquet_rows(&path, &mut take)?;
        } else {
            json_rows(&path, &mut take)?;
        }
    }
    Ok(())
}

/// Takes a row by its id, problem and program; false when it has neither of the last two.
type Take<'a> = dyn FnMut(Option<&str>, Option<&str>, Option<&str>) -> bool + 'a;

fn json_rows(path: &Path, take: &mut Take<'_>) -> Result<(), Error> {
    let broken = |message: String| Error::Data {
        file: path.to_owned(),
        message,
        hint: format!(
            "each line is a JSON object with one of {}, or `{PROGRAM}`",
            PROBLEM.join(", ")
        ),
    };
    let mut reader = Reader::open(path).map_err(|error| broken(error.to_string()))?;
    while let Some(line) = reader.line().map_err(|error| broken(error.to_string()))? {
        let number = line.number;
        let row: Value = serde_json::from_slice(&line.text)
            .map_err(|error| broken(format!("line {number}: {error}")))?;
        let text = |key: &str| row[key].as_str();
        let problem = PROBLEM.iter().find_map(|key| text(key));
        if !take(text(ROW_ID), problem, text(PROGRAM)) {
            return Err(broken(format!(
                "line {number}: neither a problem nor a program"
            )));
        }
    }
    Ok(())
}

fn parquet_rows(path: &Path, take: &mut Take<'_>) -> Result<(), Error> {
    let open = File::open(path).map_err(|error| Error::io("read", path, error))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(open)
        .map_err(|error| shard::damaged(path, &error))?;
    let names: Vec<String> = builder
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    let has = |name: &str| names.iter().any(|own| own == name);
    let problem = PROBLEM.iter().find(|name| has(name)).copied();
    if problem.is_none() && !has(PROGRAM) {
        return Err(Error::Data {
            file: path.to_owned(),
            message: format!("it has the columns {}", names.join(", ")),
            hint: format!("one of {}, or `{PROGRAM}`, is compared", PROBLEM.join(", ")),
        });
    }
    let wanted: Vec<&str> = [Some(ROW_ID), problem, Some(PROGRAM)]
        .into_iter()
        .flatten()
        .filter(|name| has(name))
        .collect();
    let mask = ProjectionMask::columns(builder.parquet_schema(), wanted.iter().copied());
    let batches = builder
        .with_projection(mask)
        .build()
        .map_err(|error| shard::damaged(path, &error))?;
    for batch in batches {
        let batch = batch.map_err(|error| shard::damaged(path, &error))?;
        let column = |name: &str| texts(&batch, name);
        let (ids, problems, programs) = (column(ROW_ID), problem.and_then(column), column(PROGRAM));
        for row in 0..batch.num_rows() {
            let cell = |column: Option<&'_ StringArray>| -> Option<String> {
                column
                    .filter(|column| column.is_valid(row))
                    .map(|column| column.value(row).to_owned())
            };
            let (id, problem, program) = (cell(ids), cell(problems), cell(programs));
            take(id.as_deref(), problem.as_deref(), program.as_deref());
        }
    }
    Ok(())
}

fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a StringArray> {
    batch
        .column_by_name(name)?
        .as_any()
        .downcast_ref::<StringArray>()
}
