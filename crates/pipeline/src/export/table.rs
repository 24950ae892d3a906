//! The columns of the data set, as people who train on it expect them.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder, StructBuilder};
use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt32Array};
use arrow_schema::{DataType, Field, Fields, Schema};
use caco_record::Row;

use crate::Error;

/// The version of these columns.
pub(super) const VERSION: &str = "1";

type Get = fn(&Row) -> Option<&str>;

/// Text columns in their order; `words` columns are null unless the solution was written and checked by this run.
const TEXTS: [(&str, bool, Get); 19] = [
    ("row_id", false, |row| Some(&row.row_id)),
    ("parent_id", false, |row| row.parent_id.as_deref()),
    ("seed_id", false, |row| row.seed_id.as_deref()),
    ("origin", false, |row| Some(&row.origin)),
    ("problem", false, |row| row.problem.as_deref()),
    ("solution", false, |row| row.solution.as_deref()),
    ("answer", false, |row| row.answer.as_deref()),
    ("program", false, |row| row.program.as_deref()),
    ("instruction", true, |row| row.problem.as_deref()),
    ("output", true, |row| row.solution.as_deref()),
    ("code", false, |row| row.program.as_deref()),
    ("program_input", false, |row| row.input.as_deref()),
    ("program_output", false, |row| row.output.as_deref()),
    ("source", false, |row| row.source.as_deref()),
    ("licence", false, |row| row.licence.as_deref()),
    ("domain", false, |row| row.domain.as_deref()),
    ("facts", false, |row| row.facts.as_deref()),
    ("execution", false, |row| row.execution.as_deref()),
    ("verdicts", false, |row| row.verdicts.as_deref()),
];

/// One batch of exported rows. `words`: whether solutions are this run's own.
pub(super) fn batch(rows: &[Row], words: bool) -> Result<RecordBatch, Error> {
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (name, needs_words, get) in TEXTS {
        let values: StringArray = rows
            .iter()
            .map(|row| get(row).filter(|_| words || !needs_words))
            .collect();
        fields.push(Field::new(name, DataType::Utf8, true));
        columns.push(Arc::new(values));
        if name == "origin" {
            fields.push(Field::new("round", DataType::UInt32, false));
            columns.push(Arc::new(UInt32Array::from_iter_values(
                rows.iter().map(|row| row.round),
            )));
        }
        if name == "program" {
            let (field, column) = messages(rows, words);
            fields.push(field);
            columns.push(column);
        }
    }
    let metadata =
        std::collections::HashMap::from([("caco.data.version".to_owned(), VERSION.to_owned())]);
    let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
    RecordBatch::try_new(schema, columns).map_err(|error| Error::Internal(error.to_string()))
}

/// `messages`: a list of `{role, content}`, user then assistant; null where there are no checked words.
fn messages(rows: &[Row], words: bool) -> (Field, ArrayRef) {
    let parts = Fields::from(vec![
        Field::new("role", DataType::Utf8, true),
        Field::new("content", DataType::Utf8, true),
    ]);
    let mut list = ListBuilder::new(StructBuilder::from_fields(parts, rows.len() * 2));
    for row in rows {
        let pair = row
            .problem
            .as_deref()
            .zip(row.solution.as_deref())
            .filter(|_| words);
        if let Some((problem, solution)) = pair {
            for (role, content) in [("user", problem), ("assistant", solution)] {
                let message = list.values();
                for (place, text) in [(0, role), (1, content)] {
                    if let Some(builder) = message.field_builder::<StringBuilder>(place) {
                        builder.append_value(text);
                    }
                }
                message.append(true);
            }
        }
        list.append(pair.is_some());
    }
    let array = list.finish();
    (
        Field::new(
            "messages",
            arrow_array::Array::data_type(&array).clone(),
            true,
        ),
        Arc::new(array),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Array, ListArray};
    use caco_record::{ORIGIN_SAMPLE, Stage};

    #[test]
    fn messages_hold_the_pair_and_are_null_without_words() {
        let mut row = Row::new("a".repeat(32), ORIGIN_SAMPLE, 1, Stage::Curate);
        row.problem = Some("How?".into());
        row.solution = Some("So. The answer is 1.".into());
        let rows = [
            row.clone(),
            Row {
                solution: None,
                ..row
            },
        ];
        let with = batch(&rows, true).unwrap();
        let list: &ListArray = with
            .column_by_name("messages")
            .unwrap()
            .as_any()
            .downcast_ref()
            .unwrap();
        assert_eq!((list.value_length(0), list.is_null(1)), (2, true));
        let without = batch(&rows, false).unwrap();
        assert_eq!(without.column_by_name("messages").unwrap().null_count(), 2);
        assert_eq!(
            without.column_by_name("instruction").unwrap().null_count(),
            2
        );
        assert_eq!(without.column_by_name("problem").unwrap().null_count(), 0);
        assert_eq!(with.schema(), batch(&[], true).unwrap().schema());
    }
}
