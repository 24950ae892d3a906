//! The columns of the data set, as people who train on it expect them.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder, StructBuilder};
use arrow_array::{Array as _, ArrayRef, RecordBatch, StringArray, UInt32Array};
use arrow_schema::{DataType, Field, Fields, Schema};
use caco_record::{Row, Stage};
use serde_json::{Map, Value, json};

use super::views;
use crate::Error;

/// The version of these columns.
pub(super) const VERSION: &str = "1";

/// Further inputs and outputs of the program.
const PAIRS: &str = "program_pairs";

type Get = fn(&Row) -> Option<&str>;

/// Text columns in their order; `words` columns are null unless the solution was written and checked by this run.
const TEXTS: [(&str, bool, Get); 21] = [
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
    (PAIRS, false, |row| row.pairs.as_deref()),
    ("source", false, |row| row.source.as_deref()),
    ("licence", false, |row| row.licence.as_deref()),
    ("domain", false, |row| row.domain.as_deref()),
    ("facts", false, |row| row.facts.as_deref()),
    ("execution", false, |row| row.execution.as_deref()),
    ("verdicts", false, |row| row.verdicts.as_deref()),
    ("ancestry", false, |row| row.ancestry.as_deref()),
];

/// The columns in their order.
pub(super) fn fields() -> Fields {
    let mut fields = Vec::new();
    for (name, _, _) in TEXTS {
        fields.push(Field::new(name, DataType::Utf8, true));
        match name {
            "origin" => fields.push(Field::new("round", DataType::UInt32, false)),
            "program" => fields.push(views::list("messages", &["role", "content"])),
            _ => {}
        }
    }
    fields.into()
}

/// One row as a JSON object with the same columns.
pub(super) fn json(row: &Row, words: bool) -> Value {
    let mut object = Map::new();
    for (name, needs_words, get) in TEXTS {
        let text = get(row).filter(|_| words || !needs_words);
        object.insert(name.to_owned(), text.into());
        if name == "origin" {
            object.insert("round".to_owned(), row.round.into());
        }
        if name == "program" {
            let pair = row.problem.as_deref().zip(row.solution.as_deref());
            let messages = pair.filter(|_| words).map_or(Value::Null, |pair| {
                json!([
                    {"role": "user", "content": pair.0},
                    {"role": "assistant", "content": pair.1},
                ])
            });
            object.insert("messages".to_owned(), messages);
        }
    }
    Value::Object(object)
}

/// Rows from a batch of such columns. What was not exported (a seed's reference, say) is absent.
pub(super) fn rows(batch: &RecordBatch) -> Result<Vec<Row>, String> {
    let text = |name: &str| -> Result<&StringArray, String> {
        let column = batch.column_by_name(name);
        column
            .and_then(|column| column.as_any().downcast_ref())
            .ok_or_else(|| format!("it has no column `{name}` of texts"))
    };
    let required = |name: &str, index: usize| -> Result<String, String> {
        let column = text(name)?;
        if column.is_null(index) {
            return Err(format!("row {} has no `{name}`", index + 1));
        }
        Ok(column.value(index).to_owned())
    };
    let rounds: &UInt32Array = batch
        .column_by_name("round")
        .and_then(|column| column.as_any().downcast_ref())
        .ok_or("it has no column `round` of numbers")?;
    let mut rows = Vec::with_capacity(batch.num_rows());
    for index in 0..batch.num_rows() {
        let origin = required("origin", index)?;
        let id = required("row_id", index)?;
        rows.push(Row::new(id, &origin, rounds.value(index), Stage::Export));
    }
    for (name, set) in SETS {
        // Data sets of earlier versions have no pairs.
        let column = match text(name) {
            Err(_) if name == PAIRS && batch.column_by_name(name).is_none() => continue,
            column => column?,
        };
        for (index, row) in rows.iter_mut().enumerate() {
            let value = (!column.is_null(index)).then(|| column.value(index).to_owned());
            set(row, value);
        }
    }
    Ok(rows)
}

type Set = fn(&mut Row, Option<String>);

/// Where the columns that hold something of their own go.
const SETS: [(&str, Set); 16] = [
    (PAIRS, |row, value| row.pairs = value),
    ("parent_id", |row, value| row.parent_id = value),
    ("seed_id", |row, value| row.seed_id = value),
    ("problem", |row, value| row.problem = value),
    ("solution", |row, value| row.solution = value),
    ("answer", |row, value| row.answer = value),
    ("program", |row, value| row.program = value),
    ("program_input", |row, value| row.input = value),
    ("program_output", |row, value| row.output = value),
    ("source", |row, value| row.source = value),
    ("licence", |row, value| row.licence = value),
    ("domain", |row, value| row.domain = value),
    ("facts", |row, value| row.facts = value),
    ("execution", |row, value| row.execution = value),
    ("verdicts", |row, value| row.verdicts = value),
    ("ancestry", |row, value| row.ancestry = value),
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

    #[test]
    fn batches_json_and_rows_agree() {
        let row = views::tests::row();
        for words in [true, false] {
            let one = batch(std::slice::from_ref(&row), words).unwrap();
            assert_eq!(one.schema().fields(), &fields());
            let other = crate::export::columns::batch(&fields(), &[json(&row, words)]).unwrap();
            assert_eq!(one.columns(), other.columns());
            let read = rows(&one).unwrap();
            assert_eq!(
                read,
                [Row {
                    stage: Stage::Export,
                    ..row.clone()
                }]
            );
        }
    }
}
