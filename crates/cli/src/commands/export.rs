//! `caco export`: a run's data set in the shape that a trainer reads.

mod columns;

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value, json};

use crate::args::{self, Format, Global};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::numbers::grouped;
use crate::output;

/// Writes the data set of a finished run into a folder.
pub fn export(global: &Global, args: &args::Export) -> Result<Exit> {
    let files = data_files(&args.run)?;
    make_empty(&args.output)?;
    let mut rows = 0;
    let written = if args.format == Format::Parquet {
        let mut written = Vec::new();
        for file in &files {
            rows += read(file)?
                .metadata()
                .file_metadata()
                .num_rows()
                .unsigned_abs();
            let target = args.output.join(file.file_name().unwrap_or_default());
            fs::copy(file, &target).map_err(|error| Failure::file("write", &target, &error))?;
            written.push(target);
        }
        written
    } else {
        let target = args.output.join("train.jsonl");
        rows = lines(&files, args.format, &target)?;
        let mut written = vec![target];
        if let Some(info) = dataset_info(args.format, &args.run) {
            let target = args.output.join("dataset_info.json");
            fs::write(&target, info).map_err(|error| Failure::file("write", &target, &error))?;
            written.push(target);
        }
        written
    };
    if global.json {
        output::json(&serde_json::json!({ "rows": rows, "files": written }))?;
    } else {
        let names: Vec<String> = written
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        output::text(&format!("{} rows\n{}\n", grouped(rows), names.join("\n")))?;
    }
    Ok(Exit::Done)
}

/// LLaMA-Factory's description of the file, where the format is one of its own.
fn dataset_info(format: Format, run: &Path) -> Option<String> {
    let columns = match format {
        Format::Alpaca => json!({
            "file_name": "train.jsonl",
            "columns": {"prompt": "instruction", "query": "input", "response": "output"},
        }),
        Format::Sharegpt => json!({
            "file_name": "train.jsonl", "formatting": "sharegpt",
            "columns": {"messages": "conversations"},
        }),
        _ => return None,
    };
    let full = run.canonicalize().unwrap_or_else(|_| run.to_owned());
    let name = full
        .file_name()
        .map_or("caco".into(), |name| name.to_string_lossy());
    let info = json!({ name.into_owned(): columns });
    Some(format!("{info:#}\n"))
}

/// The Parquet files of a run's data set, in order.
fn data_files(run: &Path) -> Result<Vec<PathBuf>> {
    // Says what is wrong when this is no run folder.
    caco_pipeline::status(run)?;
    let folder = run.join("data");
    let listed = fs::read_dir(&folder).map(|entries| {
        entries
            .flatten()
            .map(|entry| entry.path())
            .collect::<Vec<_>>()
    });
    let mut files = listed.unwrap_or_default();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "parquet")
    });
    files.sort();
    if files.is_empty() {
        return Err(Failure::usage(
            format!("{} has no data set yet", run.display()),
            format!("`caco resume {}` finishes the run", run.display()),
        ));
    }
    Ok(files)
}

/// Makes the folder; one with something in it is refused.
fn make_empty(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| Failure::file("make", folder, &error))?;
    let mut entries =
        fs::read_dir(folder).map_err(|error| Failure::file("read", folder, &error))?;
    if entries.next().is_some() {
        return Err(Failure::usage(
            format!("{} is not empty", folder.display()),
            "choose another folder with `-o DIR`",
        ));
    }
    Ok(())
}

fn read(file: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>> {
    let open = File::open(file).map_err(|error| Failure::file("read", file, &error))?;
    ParquetRecordBatchReaderBuilder::try_new(open).map_err(|error| damaged(file, &error))
}

fn damaged(file: &Path, error: &dyn std::fmt::Display) -> Failure {
    let hint = "delete the file; `caco resume RUN` makes it again";
    Failure::environment(format!("{} is damaged: {error}", file.display()), hint)
}

/// Writes one JSON line for each row; a file that could not be finished is not left behind under its name.
fn lines(files: &[PathBuf], format: Format, target: &Path) -> Result<u64> {
    let partial = target.with_extension("partial");
    let failed = |error: std::io::Error| Failure::file("write", &partial, &error);
    let mut out = BufWriter::new(File::create(&partial).map_err(failed)?);
    let mut rows = 0;
    for file in files {
        let batches = read(file)?.build().map_err(|error| damaged(file, &error))?;
        for batch in batches {
            let batch = batch.map_err(|error| damaged(file, &error))?;
            for index in 0..batch.num_rows() {
                let row = columns::row(&batch, index).map_err(|error| damaged(file, &error))?;
                let wordless = row.get("instruction").is_none_or(Value::is_null);
                if wordless && !matches!(format, Format::Program | Format::Jsonl | Format::Parquet)
                {
                    return Err(Failure::usage(
                        "the data set has programs alone, and no problems in words",
                        "export it with `--format program`, `jsonl` or `parquet`",
                    ));
                }
                let row = shape(row, format).map_err(|error| damaged(file, &error))?;
                serde_json::to_writer(&mut out, &row).map_err(|error| failed(error.into()))?;
                out.write_all(b"\n").map_err(failed)?;
                rows += 1;
            }
        }
    }
    out.into_inner()
        .map_err(|error| failed(error.into_error()))?
        .sync_all()
        .map_err(failed)?;
    fs::rename(&partial, target).map_err(|error| Failure::file("write", target, &error))?;
    Ok(rows)
}

/// The columns that a format has.
fn shape(mut row: Map<String, Value>, format: Format) -> std::result::Result<Value, String> {
    let mut take = |name: &str| {
        row.remove(name)
            .ok_or_else(|| format!("it has no column `{name}`"))
    };
    let shaped: Vec<(&str, Value)> = match format {
        Format::Messages => vec![("messages", take("messages")?)],
        Format::Alpaca => {
            vec![
                ("instruction", take("instruction")?),
                ("input", Value::String(String::new())),
                ("output", take("output")?),
            ]
        }
        Format::Sharegpt => vec![(
            "conversations",
            json!([
                {"from": "human", "value": take("instruction")?},
                {"from": "gpt", "value": take("output")?},
            ]),
        )],
        Format::PromptCompletion => vec![
            ("prompt", take("instruction")?),
            ("completion", take("output")?),
        ],
        Format::Tool => {
            let (program, answer) = (take("program")?, take("answer")?);
            let code = program.as_str().unwrap_or_default().trim_end();
            vec![(
                "messages",
                json!([
                    {"role": "user", "content": take("instruction")?},
                    {"role": "assistant", "content": format!("```python\n{code}\n```")},
                    {"role": "tool", "content": answer},
                    {"role": "assistant", "content": take("output")?},
                ]),
            )]
        }
        Format::Program => vec![("text", take("program")?)],
        Format::Jsonl | Format::Parquet => return Ok(Value::Object(row)),
    };
    Ok(Value::Object(
        shaped
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    ))
}
