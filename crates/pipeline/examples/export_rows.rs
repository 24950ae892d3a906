//! Measures the export of many rows: time, peak memory and disk. See benches/export/README.md.
//!
//! `export_rows make FOLDER ROWS [SHARD_ROWS]` writes rows of the grade-school generator into shards as a run has them;
//! `export_rows write FOLDER VIEWS [FILE_MB]` writes them as a data set into `FOLDER/out`.

use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use caco_gradeschool::Split;
use caco_pipeline::{DataSet, FileSize, Row, Stage, View};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["make", folder, rows] => make(Path::new(folder), rows.parse()?, 256),
        ["make", folder, rows, shard] => make(Path::new(folder), rows.parse()?, shard.parse()?),
        ["write", folder, views] => write(Path::new(folder), views, 256),
        ["write", folder, views, size] => write(Path::new(folder), views, size.parse()?),
        _ => Err(
            "usage: export_rows make FOLDER ROWS [SHARD_ROWS] | write FOLDER VIEWS [FILE_MB]"
                .into(),
        ),
    }
}

/// A row as curate leaves it, with columns of the size that a run's have.
fn row(number: u64) -> Row {
    let made = caco_gradeschool::generate(Split::HeldOut, 7, number, 199);
    let id = caco_record::row_id(&["bench", &number.to_string()]);
    let mut row = Row::new(id, "sample", 1, Stage::Curate);
    row.parent_id = Some(format!("codegen@{:016x}", 7));
    row.seed_id = Some(format!("r1/{number}"));
    row.problem = Some(made.problem);
    row.solution = Some(made.solution);
    row.final_answer = Some(made.answer.clone());
    row.output = Some(made.answer.clone());
    row.answer = Some(made.answer);
    row.program = Some(made.program);
    row.input = Some(format!(
        "{{\"first\": {}, \"second\": {}}}",
        number % 97,
        number % 89
    ));
    row.facts = Some(format!(
        "{{\"program\":{{\"lines\":9,\"imports\":[],\"inputs\":[\"first\",\"second\"],\"loops\":0}},\"normal_form\":\"{:016x}\",\"structure\":\"{:016x}\",\"is_new\":true,\"is_new_structure\":false}}",
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        number % 4093
    ));
    row.execution = Some(
        "{\"status\":\"ok\",\"protection\":\"namespaces, seccomp, limits\",\"interpreter\":\"CPython 3.11.7\"}".into(),
    );
    row.verdicts = Some("{\"finish\":\"stop\",\"answer\":{\"outcome\":\"equal\",\"tier\":\"exact\",\"reason\":\"the same number\"},\"coverage\":{\"covered\":true,\"missing\":[]},\"passed\":true}".into());
    row
}

fn make(folder: &Path, rows: u64, shard: u64) -> Result<()> {
    let shards = folder.join("shards");
    std::fs::create_dir_all(&shards)?;
    (0..rows.div_ceil(shard))
        .into_par_iter()
        .try_for_each(|number| -> Result<()> {
            let end = ((number + 1) * shard).min(rows);
            let rows: Vec<Row> = (number * shard..end).map(row).collect();
            let batch = caco_record::to_batch(&rows)?;
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
                .build();
            let file = File::create(shards.join(format!("{number:06}.parquet")))?;
            let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties))?;
            writer.write(&batch)?;
            writer.close()?;
            Ok(())
        })
}

fn write(folder: &Path, views: &str, megabytes: u64) -> Result<()> {
    let mut shards: Vec<PathBuf> = std::fs::read_dir(folder.join("shards"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    shards.sort();
    let out = folder.join("out");
    std::fs::create_dir_all(&out)?;
    let views: Vec<View> = views
        .split(',')
        .map(|name| {
            name.parse()
                .map_err(|error: caco_pipeline::UnknownView| error.to_string())
        })
        .collect::<std::result::Result<_, _>>()?;
    let read = |path: &Path| -> Result<Vec<Row>> {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?.build()?;
        let mut rows = Vec::new();
        for batch in reader {
            rows.extend(caco_record::from_batch(&batch?)?);
        }
        Ok(rows)
    };
    let first = shards.first().ok_or("no shards: make some first")?;
    let total = read(first)?.len() as u64 * shards.len() as u64;
    let portions: Vec<_> = shards
        .iter()
        .map(|path| {
            move || {
                read(path).map_err(|error| caco_pipeline::Error::Usage {
                    message: error.to_string(),
                    hint: "make the shards again".into(),
                })
            }
        })
        .collect();
    let set = DataSet {
        into: &out,
        name: "bench",
        views: &views,
        words: true,
        size: FileSize {
            bytes: megabytes * 1_000_000,
            rows: None,
        },
    };
    let began = Instant::now();
    let (written, tally) = set.write(total, &portions, |_| true, &|_| Ok(()))?;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{} rows in {seconds:.0} s: {:.0} rows/s; peak memory {}",
        tally.rows,
        tally.rows as f64 / seconds,
        peak()
    );
    for view in written {
        let bytes: u64 = view.files.iter().map(|file| file.bytes).sum();
        let largest = view.files.iter().map(|file| file.bytes).max().unwrap_or(0);
        println!(
            "{}: {} files, {:.0} MB, the largest {:.0} MB",
            view.view,
            view.files.len(),
            bytes as f64 / 1e6,
            largest as f64 / 1e6
        );
    }
    Ok(())
}

/// The most memory that the process has had, as the kernel says.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.map_or("unknown", |line| line.trim_start_matches("VmHWM:").trim())
        .to_owned()
}
