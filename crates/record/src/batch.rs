//! The Arrow form of rows: one column per field, in a schema that carries its format version.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, UInt32Array};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use crate::{Fate, Row, Stage};

/// The schema metadata key that holds the format version.
pub const FORMAT_KEY: &str = "caco.record.version";
/// The version of the row format that this crate writes; it reads every version up to it.
pub const FORMAT_VERSION: u32 = 1;

/// Why rows could not be turned to or from Arrow.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The batch lacks a column, or the column has another type.
    #[error(
        "column `{column}` is missing or is not {expected}; was the file written by this program?"
    )]
    Column {
        /// The column's name.
        column: &'static str,
        /// The expected type in words.
        expected: &'static str,
    },
    /// A cell holds a value that has no meaning.
    #[error("row {row}, column `{column}`: `{value}` has no meaning here")]
    Cell {
        /// The row's position in the batch, from 0.
        row: usize,
        /// The column's name.
        column: &'static str,
        /// The offending value.
        value: String,
    },
    /// The file was written by a newer version.
    #[error(
        "row format {found} is newer than {supported}, the newest this version of caco reads; upgrade caco"
    )]
    Version {
        /// The version found in the metadata.
        found: String,
        /// The newest supported version.
        supported: u32,
    },
    /// Bytes that should hold packed rows do not.
    #[error("the bytes do not hold whole rows")]
    Packed,
    /// Arrow refused the columns.
    #[error("the columns do not form a batch")]
    Arrow(#[from] ArrowError),
}

type Get = fn(&Row) -> Option<&str>;
type Set = fn(&mut Row, Option<String>);

macro_rules! optional_columns {
    ($($name:ident),* $(,)?) => {
        &[$((stringify!($name), |row: &Row| row.$name.as_deref(), |row: &mut Row, value| row.$name = value)),*]
    };
}

/// The optional text columns, after the required ones; the order is the order on disk.
pub(crate) const OPTIONAL: &[(&str, Get, Set)] = optional_columns![
    parent_id,
    seed_id,
    reason,
    detail,
    source,
    licence,
    domain,
    problem,
    reference,
    reference_solution,
    answer,
    program,
    input,
    output,
    solution,
    final_answer,
    pairs,
    facts,
    execution,
    verdicts,
    ancestry,
];

/// The Arrow schema of rows, with [`FORMAT_KEY`] in its metadata.
#[must_use]
pub fn schema() -> SchemaRef {
    let mut fields = vec![
        Field::new("row_id", DataType::Utf8, false),
        Field::new("origin", DataType::Utf8, false),
        Field::new("round", DataType::UInt32, false),
        Field::new("fate", DataType::Utf8, false),
        Field::new("stage", DataType::Utf8, false),
    ];
    fields.extend(
        OPTIONAL
            .iter()
            .map(|(name, _, _)| Field::new(*name, DataType::Utf8, true)),
    );
    let metadata = HashMap::from([(FORMAT_KEY.to_owned(), FORMAT_VERSION.to_string())]);
    Arc::new(Schema::new_with_metadata(fields, metadata))
}

/// One batch with the rows in the order given.
///
/// # Errors
/// When Arrow refuses the columns, which no rows of this type should cause.
pub fn to_batch(rows: &[Row]) -> Result<RecordBatch, RecordError> {
    let required = |get: fn(&Row) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(get)))
    };
    let mut columns: Vec<ArrayRef> = vec![
        required(|row| &row.row_id),
        required(|row| &row.origin),
        Arc::new(UInt32Array::from_iter_values(
            rows.iter().map(|row| row.round),
        )),
        required(|row| row.fate.as_str()),
        required(|row| row.stage.as_str()),
    ];
    for (_, get, _) in OPTIONAL {
        let mut builder = StringBuilder::new();
        for row in rows {
            builder.append_option(get(row));
        }
        columns.push(Arc::new(builder.finish()));
    }
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// The rows of one batch, in its order. Unknown columns are ignored, absent optional columns read as `None`.
///
/// # Errors
/// When a required column is absent or of another type, a fate or stage has no meaning, or the format is newer.
pub fn from_batch(batch: &RecordBatch) -> Result<Vec<Row>, RecordError> {
    if let Some(found) = batch.schema().metadata().get(FORMAT_KEY)
        && !found
            .parse::<u32>()
            .is_ok_and(|version| version <= FORMAT_VERSION)
    {
        return Err(RecordError::Version {
            found: found.clone(),
            supported: FORMAT_VERSION,
        });
    }
    let text = |column: &'static str| -> Result<&StringArray, RecordError> {
        batch
            .column_by_name(column)
            .and_then(|array| array.as_any().downcast_ref())
            .ok_or(RecordError::Column {
                column,
                expected: "text",
            })
    };
    let (ids, origins, fates, stages) = (
        text("row_id")?,
        text("origin")?,
        text("fate")?,
        text("stage")?,
    );
    let rounds: &UInt32Array = batch
        .column_by_name("round")
        .and_then(|array| array.as_any().downcast_ref())
        .ok_or(RecordError::Column {
            column: "round",
            expected: "an unsigned 32-bit number",
        })?;
    let mut rows = Vec::with_capacity(batch.num_rows());
    for index in 0..batch.num_rows() {
        let cell = |column, value: &str| RecordError::Cell {
            row: index,
            column,
            value: value.to_owned(),
        };
        let stage: Stage = stages
            .value(index)
            .parse()
            .map_err(|_| cell("stage", stages.value(index)))?;
        let fate =
            Fate::from_name(fates.value(index)).ok_or_else(|| cell("fate", fates.value(index)))?;
        let mut row = Row::new(
            ids.value(index).to_owned(),
            origins.value(index),
            rounds.value(index),
            stage,
        );
        row.fate = fate;
        rows.push(row);
    }
    for (name, _, set) in OPTIONAL {
        if batch.column_by_name(name).is_none() {
            continue;
        }
        let values = text(name)?;
        for (index, row) in rows.iter_mut().enumerate() {
            set(
                row,
                values
                    .is_valid(index)
                    .then(|| values.value(index).to_owned()),
            );
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ORIGIN_SAMPLE, ORIGIN_SEED};

    fn rows() -> Vec<Row> {
        let mut first = Row::new("a".repeat(32), ORIGIN_SEED, 0, Stage::Import);
        first.problem = Some("How many? ½ – ok".into());
        first.verdicts = Some("{}".into());
        let mut second = Row::new("b".repeat(32), ORIGIN_SAMPLE, 3, Stage::Sample);
        second.reject(Stage::Execute, "timeout", "after 10 s".to_owned());
        second.program = Some(String::new());
        vec![first, second]
    }

    #[test]
    fn rows_round_trip() {
        let rows = rows();
        assert_eq!(from_batch(&to_batch(&rows).unwrap()).unwrap(), rows);
        assert!(from_batch(&to_batch(&[]).unwrap()).unwrap().is_empty());
    }

    #[test]
    fn a_newer_format_is_refused() {
        let batch = to_batch(&rows()).unwrap();
        let metadata = HashMap::from([(FORMAT_KEY.to_owned(), "2".to_owned())]);
        let newer = Arc::new(Schema::new_with_metadata(
            batch.schema().fields().clone(),
            metadata,
        ));
        let batch = RecordBatch::try_new(newer, batch.columns().to_vec()).unwrap();
        assert!(matches!(
            from_batch(&batch),
            Err(RecordError::Version { .. })
        ));
    }

    #[test]
    fn a_missing_required_column_is_named_and_an_optional_one_is_none() {
        let batch = to_batch(&rows()).unwrap();
        let mut cut = batch.clone();
        let position = batch.schema().index_of("problem").unwrap();
        cut.remove_column(position);
        assert!(from_batch(&cut).unwrap()[0].problem.is_none());
        let mut cut = batch;
        cut.remove_column(0);
        assert!(
            from_batch(&cut)
                .unwrap_err()
                .to_string()
                .contains("`row_id`")
        );
    }
}
