//! The files of benchmarks: JSON Lines, JSON, Parquet, and folders of them.

use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Number, Value};

use crate::Error;
use crate::config::Task;

/// One row of a file, and where it stands: `line 3`, `row 3`, or the name of a file in a folder.
pub(super) struct Record {
    pub(super) place: String,
    pub(super) value: Value,
}

/// The endings with which a benchmark's file is looked for, in this order; at last a folder of that name is, where the name
/// says that it holds a test set.
pub const EXTENSIONS: [&str; 6] = [
    ".jsonl",
    ".jsonl.gz",
    ".jsonl.zst",
    ".json",
    ".parquet",
    ".json.gz",
];

/// Finds the file of a benchmark below a folder of data; see [`Task::files`].
///
/// # Errors
/// Where there is none; the hint lists the names that were looked for.
pub fn find(data: &Path, task: Task) -> Result<PathBuf, Error> {
    for name in task.files() {
        for extension in EXTENSIONS {
            let path = data.join(format!("{name}{extension}"));
            if path.is_file() {
                return Ok(path);
            }
        }
        let folder = data.join(name);
        if name.ends_with("/test") && folder.is_dir() {
            return Ok(folder);
        }
    }
    let names: Vec<String> = task
        .files()
        .iter()
        .map(|name| format!("{name}.jsonl"))
        .collect();
    Err(Error::Data {
        file: data.to_owned(),
        message: format!("no file of {} is here", task.name()),
        hint: format!(
            "put it there as {} (or with {}), or give its path: `--bench {}=PATH`",
            names.join(" or "),
            EXTENSIONS[1..].join(", "),
            task.name()
        ),
    })
}

/// The rows of a file or of the files of a folder.
pub(super) fn records(path: &Path) -> Result<Vec<Record>, Error> {
    let found = if path.is_dir() {
        folder(path)?
    } else {
        file(path)?
    };
    if found.is_empty() {
        return Err(odd(path, "there is no row in it".into()));
    }
    Ok(found)
}

fn odd(path: &Path, message: String) -> Error {
    Error::Data {
        file: path.to_owned(),
        message,
        hint: "give the benchmark's file: JSON Lines, JSON or Parquet, or a folder of such files"
            .into(),
    }
}

/// All files below a folder, in the order of their names. A file with one row lends it its name.
fn folder(path: &Path) -> Result<Vec<Record>, Error> {
    let mut found = Vec::new();
    let mut names = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(next) = folders.pop() {
        let entries =
            std::fs::read_dir(&next).map_err(|error| Error::io("read the folder", &next, error))?;
        for entry in entries.flatten() {
            let own = entry.path();
            if own.is_dir() {
                folders.push(own);
            } else if readable(&own) {
                names.push(own);
            }
        }
    }
    names.sort_by_cached_key(|name| natural(name));
    for own in names {
        let name = own.strip_prefix(path).unwrap_or(&own).display().to_string();
        let records = file(&own)?;
        let alone = records.len() == 1;
        found.extend(records.into_iter().map(|record| Record {
            place: if alone {
                name.clone()
            } else {
                format!("{name}, {}", record.place)
            },
            value: record.value,
        }));
    }
    Ok(found)
}

/// A path with its numbers in their order: `2.json` before `10.json`.
fn natural(path: &Path) -> Vec<(String, u64)> {
    let text = path.to_string_lossy();
    let mut parts = Vec::new();
    let (mut word, mut number) = (String::new(), None::<u64>);
    for c in text.chars() {
        match c.to_digit(10) {
            Some(digit) => {
                number = Some(
                    number
                        .unwrap_or(0)
                        .saturating_mul(10)
                        .saturating_add(u64::from(digit)),
                );
            }
            None => {
                if let Some(number) = number.take() {
                    parts.push((std::mem::take(&mut word), number));
                }
                word.push(c);
            }
        }
    }
    parts.push((word, number.unwrap_or(0)));
    parts
}

fn readable(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.ends_with(".txt") || EXTENSIONS.iter().any(|own| name.ends_with(own))
}

fn file(path: &Path) -> Result<Vec<Record>, Error> {
    let name = path.to_string_lossy();
    if name.ends_with(".parquet") {
        return parquet(path);
    }
    let lines = lines(path)?;
    if name.ends_with(".txt") {
        return pairs(path, &lines);
    }
    if (name.contains(".json") && !name.contains(".jsonl"))
        || lines.first().is_some_and(|(_, line)| line.starts_with('['))
    {
        let text: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
        match serde_json::from_str::<Value>(&text.join("\n")) {
            Ok(value) => return Ok(json(value)),
            // JSON Lines under another name.
            Err(_) if lines.len() > 1 && lines[0].1.ends_with('}') => {}
            Err(error) => return Err(odd(path, format!("not JSON: {error}"))),
        }
    }
    lines
        .into_iter()
        .map(|(number, line)| {
            let value = serde_json::from_str(&line)
                .map_err(|error| odd(path, format!("line {number}: not JSON: {error}")))?;
            Ok(Record {
                place: format!("line {number}"),
                value,
            })
        })
        .collect()
}

fn lines(path: &Path) -> Result<Vec<(u64, String)>, Error> {
    let broken = |error: caco_lines::Error| Error::Data {
        file: path.to_owned(),
        message: error.message,
        hint: error.hint,
    };
    if !path.exists() {
        return Err(odd(path, "there is no such file".into()));
    }
    let mut reader = caco_lines::Reader::open(path).map_err(broken)?;
    let mut lines = Vec::new();
    while let Some(line) = reader.line().map_err(broken)? {
        let text = String::from_utf8(line.text)
            .map_err(|_| odd(path, format!("line {}: it is not UTF-8", line.number)))?;
        let text = text.trim_start_matches('\u{feff}').to_owned();
        if !text.is_empty() {
            lines.push((line.number, text));
        }
    }
    Ok(lines)
}

/// A list of rows, an object that holds one list of rows, or one row.
fn json(value: Value) -> Vec<Record> {
    let rows = match value {
        Value::Array(rows) => rows,
        Value::Object(object) if object.len() == 1 => match object.into_iter().next() {
            Some((_, Value::Array(rows))) => rows,
            Some((key, value)) => vec![Value::Object(Map::from_iter([(key, value)]))],
            None => Vec::new(),
        },
        other => vec![other],
    };
    let places = (1..).map(|number: u64| format!("row {number}"));
    rows.into_iter()
        .zip(places)
        .map(|(value, place)| Record { place, value })
        .collect()
}

/// Question and answer on lines in turn, as `DeepMind` Mathematics publishes them.
fn pairs(path: &Path, lines: &[(u64, String)]) -> Result<Vec<Record>, Error> {
    lines
        .chunks(2)
        .map(|pair| match pair {
            [(number, question), (_, answer)] => Ok(Record {
                place: format!("line {number}"),
                value: serde_json::json!({ "question": question, "answer": answer }),
            }),
            _ => Err(odd(
                path,
                "questions and answers do not come in turn: the last question has no answer".into(),
            )),
        })
        .collect()
}

fn parquet(path: &Path) -> Result<Vec<Record>, Error> {
    let broken =
        |error: parquet::errors::ParquetError| odd(path, format!("not readable Parquet: {error}"));
    let file = File::open(path).map_err(|error| Error::io("read", path, error))?;
    let reader = SerializedFileReader::new(file).map_err(broken)?;
    let rows = reader.get_row_iter(None).map_err(broken)?;
    let mut found = Vec::new();
    for (number, row) in rows.enumerate() {
        let row = row.map_err(broken)?;
        found.push(Record {
            place: format!("row {}", number + 1),
            value: object(&row),
        });
    }
    Ok(found)
}

fn object(row: &parquet::record::Row) -> Value {
    let fields = row.get_column_iter();
    Value::Object(
        fields
            .map(|(name, field)| (name.clone(), value(field)))
            .collect(),
    )
}

fn value(field: &Field) -> Value {
    let real = |value: f64| Number::from_f64(value).map_or(Value::Null, Value::Number);
    match field {
        Field::Bool(value) => Value::Bool(*value),
        Field::Byte(value) => (*value).into(),
        Field::Short(value) => (*value).into(),
        Field::Int(value) => (*value).into(),
        Field::Long(value) => (*value).into(),
        Field::UByte(value) => (*value).into(),
        Field::UShort(value) => (*value).into(),
        Field::UInt(value) => (*value).into(),
        Field::ULong(value) => (*value).into(),
        Field::Float(value) => real(f64::from(*value)),
        Field::Double(value) => real(*value),
        Field::Str(text) => Value::String(text.clone()),
        Field::Group(row) => object(row),
        Field::ListInternal(list) => list.elements().iter().map(value).collect(),
        // Bytes of pictures, dates: nothing that a benchmark's fields are read from.
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Vec<(String, Value)> {
        records(path)
            .unwrap()
            .into_iter()
            .map(|record| (record.place, record.value))
            .collect()
    }

    #[test]
    fn every_shape_of_file_gives_the_same_rows() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        };
        let rows = [serde_json::json!({ "a": 1 }), serde_json::json!({ "a": 2 })];
        for (name, text, first) in [
            ("a.jsonl", "{\"a\": 1}\n\n{\"a\": 2}\n", "line 1"),
            ("b.json", "[\n {\"a\": 1},\n {\"a\": 2}\n]", "row 1"),
            ("c.json", "{\"a\": 1}\n{\"a\": 2}\n", "line 1"),
            (
                "d.json",
                "{\"examples\": [{\"a\": 1}, {\"a\": 2}]}",
                "row 1",
            ),
            ("e.jsonl", "[{\"a\": 1}, {\"a\": 2}]", "row 1"),
        ] {
            let found = read(&write(name, text));
            assert_eq!(found[0].0, first, "{name}");
            let values: Vec<Value> = found.into_iter().map(|(_, value)| value).collect();
            assert_eq!(values, rows, "{name}");
        }
        write("math/algebra/10.json", "{\n \"a\": 2\n}");
        write("math/algebra/2.json", "{\n \"a\": 1\n}");
        write("math/README.md", "words");
        let found = read(&dir.path().join("math"));
        assert_eq!(found[0].0, "algebra/2.json");
        assert_eq!(found[1], ("algebra/10.json".to_owned(), rows[1].clone()));
        let found = read(&write("x.txt", "What?\n3\nAnd?\n4\n"));
        assert_eq!(
            found[1],
            (
                "line 3".to_owned(),
                serde_json::json!({ "question": "And?", "answer": "4" })
            )
        );
    }

    #[test]
    fn parquet_files_are_read_as_the_hub_has_them() {
        use std::sync::Arc;

        use arrow_array::builder::{ListBuilder, StringBuilder};
        use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test.parquet");
        let mut list = ListBuilder::new(StringBuilder::new());
        list.append_value([Some("x"), Some("y")]);
        list.append_null();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("task_id", Arc::new(Int64Array::from(vec![11, 12]))),
            ("text", Arc::new(StringArray::from(vec![Some("t"), None]))),
            ("test_list", Arc::new(list.finish())),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns
                .into_iter()
                .map(|(name, column)| (name, column, true)),
        )
        .unwrap();
        let properties = parquet::file::properties::WriterProperties::builder()
            .set_compression(parquet::basic::Compression::SNAPPY)
            .build();
        let mut writer = parquet::arrow::ArrowWriter::try_new(
            File::create(&path).unwrap(),
            batch.schema(),
            Some(properties),
        )
        .unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        assert_eq!(
            read(&path),
            [
                (
                    "row 1".to_owned(),
                    serde_json::json!({ "task_id": 11, "text": "t", "test_list": ["x", "y"] })
                ),
                (
                    "row 2".to_owned(),
                    serde_json::json!({ "task_id": 12, "text": null, "test_list": null })
                )
            ]
        );
        std::fs::write(&path, b"PAR1").unwrap();
        assert!(records(&path).is_err());
    }

    #[test]
    fn broken_files_name_the_place_and_files_are_found_by_their_usual_names() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gsm8k_test.jsonl");
        let error = records(&path).err().unwrap().to_string();
        assert!(error.contains("no such file"), "{error}");
        std::fs::write(&path, "{\"a\": 1}\n{\"a\"\n").unwrap();
        let error = records(&path).err().unwrap().to_string();
        assert!(
            error.contains("gsm8k_test.jsonl: line 2: not JSON"),
            "{error}"
        );
        std::fs::write(&path, "\n").unwrap();
        assert!(records(&path).is_err());
        assert_eq!(find(dir.path(), Task::Gsm8k).unwrap(), path);
        let error = find(dir.path(), Task::Svamp).unwrap_err();
        assert!(error.hint().unwrap().contains("svamp.jsonl"));
        let folder = dir.path().join("MATH/test");
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(find(dir.path(), Task::Math).unwrap(), folder);
    }
}
