//! Files of programs: order, fields, compression, bad rows, resuming.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test suite")]
#![cfg(target_os = "linux")]

mod common;

use caco_sandbox::bulk::{Files, Summary, execute};
use caco_sandbox::{Config, Error, Limits, Sandbox};
use common::config;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

fn files(folder: &Path, input: &str, output: &str) -> Files {
    Files {
        input: folder.join(input),
        output: folder.join(output),
        force: false,
    }
}

fn sandbox() -> Sandbox {
    Sandbox::start(Config {
        workers: 2,
        ..config()
    })
    .unwrap()
}

fn run(files: &Files) -> Result<Summary, Error> {
    execute(
        &sandbox(),
        files,
        &Limits::default(),
        &AtomicBool::new(false),
        &mut |_| {},
    )
}

fn rows(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const MIXED: &str = r#"{"id": 1, "code": "input = {'a': 2}\noutput = input['a'] + 40\nprint(output)", "note": "kept"}
{"id": 2, "via": "stdout", "code": "print(input() * 2)", "stdin": "ab"}

{"id": 3, "via": "ans", "code": "ans = [1, 2]"}
not json
{"id": 4, "via": "solution()", "code": "def solution():\n    return 1/3"}
{"id": 5, "via": "cells", "cells": ["x = 3", "x * 2", "y", "'z'"]}
{"id": 6, "code": 7}
{"id": 7, "code": "import os\nos._exit(3)"}
{"id": 8, "via": "ans", "code": "x = 1"}
{"id": 9, "via": "cells", "cells": ["1/0"]}
"#;

#[test]
fn every_row_comes_out_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.jsonl"), MIXED).unwrap();
    let summary = run(&files(folder.path(), "in.jsonl", "out.jsonl")).unwrap();
    assert_eq!(
        (summary.rows, summary.bad_rows, summary.resumed),
        (10, 2, 0)
    );
    assert_eq!(summary.statuses.values().sum::<u64>(), 10);
    let text = std::fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
    let told: Vec<Value> = rows(&text)
        .iter()
        .map(|row| {
            json!([
                row["id"],
                row["status"],
                row["output_text"],
                row["error"]["class"]
            ])
        })
        .collect();
    assert_eq!(
        Value::Array(told),
        json!([
            [1, "ok", "42", null],
            [2, "ok", "abab", null],
            [3, "ok", "[1, 2]", null],
            [null, "unsupported", null, "BadRow"],
            [4, "ok", "0.3333333333333333", null],
            [5, "ok", ["", "6", "", "'z'"], null],
            [6, "unsupported", null, "BadRow"],
            [7, "crash", null, "os._exit"],
            [8, "error", null, "NoAnswer"],
            [9, "error", [""], "ZeroDivisionError"],
        ])
    );
    assert!(text.starts_with(r#"{"id": 1, "code": "#) && text.contains(r#""note": "kept""#));
    assert!(!folder.path().join("out.jsonl.part").exists());
    let again = run(&files(folder.path(), "in.jsonl", "out.jsonl")).unwrap_err();
    assert!(again.to_string().contains("--force"), "{again}");
}

#[test]
fn compressed_files_are_read_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(MIXED.as_bytes()).unwrap();
    std::fs::write(folder.path().join("in.gz"), gz.finish().unwrap()).unwrap();
    std::fs::write(
        folder.path().join("in.zst"),
        zstd::encode_all(MIXED.as_bytes(), 1).unwrap(),
    )
    .unwrap();
    run(&files(folder.path(), "in.gz", "out.jsonl.zst")).unwrap();
    run(&files(folder.path(), "in.zst", "out.jsonl.gz")).unwrap();
    let zst = zstd::decode_all(std::fs::File::open(folder.path().join("out.jsonl.zst")).unwrap())
        .unwrap();
    let mut gz = String::new();
    let file = std::fs::File::open(folder.path().join("out.jsonl.gz")).unwrap();
    flate2::read::MultiGzDecoder::new(file)
        .read_to_string(&mut gz)
        .unwrap();
    let answers = |text: &str| -> Vec<Value> {
        rows(text)
            .iter()
            .map(|row| row["output_text"].clone())
            .collect()
    };
    assert_eq!(answers(&gz).len(), 10);
    assert_eq!(answers(&gz), answers(std::str::from_utf8(&zst).unwrap()));
}

#[test]
fn what_was_cut_short_goes_on_behind_the_last_whole_row() {
    let folder = tempfile::tempdir().unwrap();
    let programs: String = (0..400)
        .map(|i| format!("{{\"id\": {i}, \"code\": \"output = {i} * {i}\"}}\n"))
        .collect();
    std::fs::write(folder.path().join("in.jsonl"), &programs).unwrap();
    let files = files(folder.path(), "in.jsonl", "out.jsonl");
    let stop = AtomicBool::new(false);
    let cut = execute(
        &sandbox(),
        &files,
        &Limits::default(),
        &stop,
        &mut |progress| {
            stop.store(progress.rows >= 100, Ordering::Relaxed);
        },
    );
    assert!(matches!(cut, Err(Error::Interrupted)), "{cut:?}");
    let part = folder.path().join("out.jsonl.part");
    let kept = std::fs::read_to_string(&part).unwrap();
    assert!(kept.lines().count() >= 100);
    // A torn row, as a kill in the middle of a write leaves it.
    std::fs::write(&part, &kept[..kept.len() - 5]).unwrap();
    let summary = run(&files).unwrap();
    assert_eq!(summary.resumed as usize, kept.lines().count() - 1);
    assert_eq!(summary.rows, 400);
    let text = std::fs::read_to_string(&files.output).unwrap();
    for (i, row) in rows(&text).iter().enumerate() {
        assert_eq!((&row["id"], &row["output"]), (&json!(i), &json!(i * i)));
    }
}

#[test]
fn collected_outcomes_of_another_input_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("in.jsonl"),
        "{\"id\": 1, \"code\": \"output = 1\"}\n",
    )
    .unwrap();
    std::fs::write(
        folder.path().join("out.jsonl.part"),
        "{\"id\": 2, \"code\": \"output = 1\", \"status\": \"ok\"}\n",
    )
    .unwrap();
    let error = run(&files(folder.path(), "in.jsonl", "out.jsonl"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("row 1 of") && error.contains("remove"),
        "{error}"
    );
    let error = run(&files(folder.path(), "none.jsonl", "out2.jsonl"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("cannot read") && error.contains("none.jsonl"),
        "{error}"
    );
}
