//! Shards: a few hundred rows in one Parquet file that is published whole, named by what it depends on.
//!
//! The file name is `NNNNN-<fingerprint>.parquet`; the fingerprint covers the stage's code version, its section of the
//! configuration, the input shard, the model and the run's seed. A published file is the only sign that work is done.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::{Array as _, RecordBatch, StringArray};
use caco_record::{Fate, Row, Stage};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use serde::{Deserialize, Serialize};

use crate::report::StageReport;
use crate::{Error, atomic};

/// The key of the counts in a shard's file metadata.
const COUNTS_KEY: &str = "caco.counts";

/// How the rows of a shard fared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) kept: u64,
    pub(crate) rejected: u64,
    pub(crate) quarantined: u64,
    pub(crate) reasons: BTreeMap<String, u64>,
}

impl Counts {
    pub(crate) fn of(rows: &[Row]) -> Self {
        let mut counts = Self::default();
        for row in rows {
            match row.fate {
                Fate::Kept => counts.kept += 1,
                Fate::Rejected => counts.rejected += 1,
                Fate::Quarantined => counts.quarantined += 1,
            }
            if row.fate != Fate::Kept {
                *counts
                    .reasons
                    .entry(row.reason.clone().unwrap_or_else(|| "unnamed".into()))
                    .or_default() += 1;
            }
        }
        counts
    }

    pub(crate) fn rows(&self) -> u64 {
        self.kept + self.rejected + self.quarantined
    }

    /// Adds a shard's rows to its stage's report.
    pub(crate) fn add_to(&self, report: &mut StageReport) {
        report.rows_in += self.rows();
        report.kept += self.kept;
        report.rejected += self.rejected;
        report.quarantined += self.quarantined;
        for (reason, count) in &self.reasons {
            *report.reasons.entry(reason.clone()).or_default() += count;
        }
    }
}

/// A published shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    pub(crate) path: PathBuf,
    /// 16 hexadecimal characters.
    pub(crate) fingerprint: String,
    pub(crate) counts: Counts,
}

impl Shard {
    /// All rows of the shard.
    pub(crate) fn rows(&self) -> Result<Vec<Row>, Error> {
        read_rows(&self.path)
    }

    /// The rows that go on.
    pub(crate) fn kept(&self) -> Result<Vec<Row>, Error> {
        let mut rows = self.rows()?;
        rows.retain(Row::is_kept);
        Ok(rows)
    }
}

/// The folder of one stage's shards in one round.
pub(crate) fn folder(run: &Path, stage: Stage, round: u32) -> PathBuf {
    run.join("shards").join(format!("r{round}-{stage}"))
}

/// The file of one shard.
pub(crate) fn path(
    run: &Path,
    stage: Stage,
    round: u32,
    index: usize,
    fingerprint: &str,
) -> PathBuf {
    folder(run, stage, round).join(format!("{index:05}-{fingerprint}.parquet"))
}

/// Hashes what a file depends on to 16 hexadecimal characters.
pub(crate) fn fingerprint(parts: &[&str]) -> String {
    caco_record::row_id(parts).chars().take(16).collect()
}

/// The published shard at this place, if there is one.
pub(crate) fn find(path: &Path, fingerprint: &str) -> Result<Option<Shard>, Error> {
    if !path.is_file() {
        return Ok(None);
    }
    let counts = read_counts(path)?;
    Ok(Some(Shard {
        path: path.to_owned(),
        fingerprint: fingerprint.to_owned(),
        counts,
    }))
}

/// Publishes rows.
pub(crate) fn publish(path: &Path, fingerprint: &str, rows: &[Row]) -> Result<Shard, Error> {
    let counts = Counts::of(rows);
    let json =
        serde_json::to_string(&counts).map_err(|error| Error::Internal(error.to_string()))?;
    let batch = caco_record::to_batch(rows).map_err(|error| Error::Internal(error.to_string()))?;
    let bytes = encode(&[batch], vec![KeyValue::new(COUNTS_KEY.to_owned(), json)])?;
    atomic::write(path, &bytes)?;
    Ok(Shard {
        path: path.to_owned(),
        fingerprint: fingerprint.to_owned(),
        counts,
    })
}

/// Parquet bytes of batches that share a schema; the same batches always give the same bytes.
pub(crate) fn encode(batches: &[RecordBatch], metadata: Vec<KeyValue>) -> Result<Vec<u8>, Error> {
    let properties = properties(metadata)?.build();
    let first = batches
        .first()
        .ok_or_else(|| Error::Internal("a file without a batch".into()))?;
    let fail =
        |error: parquet::errors::ParquetError| Error::Internal(format!("writing Parquet: {error}"));
    let mut bytes = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut bytes, first.schema(), Some(properties)).map_err(fail)?;
    for batch in batches {
        writer.write(batch).map_err(fail)?;
    }
    writer.close().map_err(fail)?;
    Ok(bytes)
}

/// How every Parquet file of this program is written.
pub(crate) fn properties(metadata: Vec<KeyValue>) -> Result<WriterPropertiesBuilder, Error> {
    let level = ZstdLevel::try_new(3).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_key_value_metadata(Some(metadata)))
}

/// One text column of a shard, without reading the others.
pub(crate) fn texts(path: &Path, column: &str) -> Result<Vec<Option<String>>, Error> {
    let builder = open(path)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), [column]);
    let reader = builder.with_projection(mask).build();
    let mut values = Vec::new();
    for batch in reader.map_err(|error| damaged(path, &error))? {
        let batch = batch.map_err(|error| damaged(path, &error))?;
        let texts = batch
            .column_by_name(column)
            .and_then(|own| own.as_any().downcast_ref::<StringArray>())
            .ok_or_else(|| damaged(path, &format!("it has no column `{column}` of texts")))?;
        values.extend(texts.iter().map(|text| text.map(str::to_owned)));
    }
    Ok(values)
}

/// The batches of a Parquet file.
pub(crate) fn decode(path: &Path) -> Result<Vec<RecordBatch>, Error> {
    let reader = open(path)?.build().map_err(|error| damaged(path, &error))?;
    reader
        .collect::<Result<_, _>>()
        .map_err(|error| damaged(path, &error))
}

pub(crate) fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<std::fs::File>, Error> {
    let file = std::fs::File::open(path).map_err(|error| Error::io("read", path, error))?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(path, &error))
}

pub(crate) fn read_rows(path: &Path) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for batch in decode(path)? {
        rows.extend(caco_record::from_batch(&batch).map_err(|error| damaged(path, &error))?);
    }
    Ok(rows)
}

/// The counts in a shard's footer; the rows are not read.
pub(crate) fn read_counts(path: &Path) -> Result<Counts, Error> {
    let builder = open(path)?;
    let metadata = builder.metadata().file_metadata().key_value_metadata();
    let value = metadata
        .and_then(|pairs| pairs.iter().find(|pair| pair.key == COUNTS_KEY))
        .and_then(|pair| pair.value.as_deref())
        .ok_or_else(|| damaged(path, &"its footer has no counts"))?;
    serde_json::from_str(value).map_err(|error| damaged(path, &error))
}

pub(crate) fn damaged(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::Damaged {
        path: path.to_owned(),
        message: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use caco_record::ORIGIN_SAMPLE;

    fn rows() -> Vec<Row> {
        let row = |n: u32| {
            Row::new(
                caco_record::row_id(&[&n.to_string()]),
                ORIGIN_SAMPLE,
                1,
                Stage::Sample,
            )
        };
        let mut rows: Vec<Row> = (0..5).map(row).collect();
        rows[1].reject(Stage::Execute, "timeout", None);
        rows[2].reject(Stage::Execute, "timeout", None);
        rows[3].quarantine(Stage::Import, "malformed_line", "line 4".to_owned());
        rows
    }

    #[test]
    fn published_rows_and_counts_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = path(dir.path(), Stage::Execute, 1, 3, "0123456789abcdef");
        assert!(find(&path, "0123456789abcdef").unwrap().is_none());
        let shard = publish(&path, "0123456789abcdef", &rows()).unwrap();
        assert_eq!(find(&path, "0123456789abcdef").unwrap().unwrap(), shard);
        assert_eq!(shard.rows().unwrap(), rows());
        assert_eq!(shard.kept().unwrap().len(), 2);
        assert_eq!(
            (
                shard.counts.rejected,
                shard.counts.quarantined,
                shard.counts.reasons["timeout"]
            ),
            (2, 1, 2)
        );
        assert!(path.ends_with("shards/r1-execute/00003-0123456789abcdef.parquet"));
    }

    #[test]
    fn the_same_rows_give_the_same_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (
            dir.path().join("one.parquet"),
            dir.path().join("two.parquet"),
        );
        publish(&one, "f", &rows()).unwrap();
        publish(&two, "f", &rows()).unwrap();
        assert_eq!(std::fs::read(one).unwrap(), std::fs::read(two).unwrap());
    }

    /// Written by version 0.1.0; `CACO_WRITE_FIXTURES=1` writes it again while the format is not released.
    #[test]
    fn a_shard_of_the_first_format_stays_readable() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/shard-v1.parquet");
        if std::env::var_os("CACO_WRITE_FIXTURES").is_some() {
            publish(&path, "f", &rows()).unwrap();
        }
        assert_eq!(read_rows(&path).unwrap(), rows());
        assert_eq!(read_counts(&path).unwrap(), Counts::of(&rows()));
    }

    #[test]
    fn a_damaged_shard_is_named_with_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.parquet");
        publish(&path, "f", &rows()).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let error = find(&path, "f").unwrap_err();
        assert!(
            error.to_string().contains("x.parquet is damaged"),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("resume"));
    }
}
