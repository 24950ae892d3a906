//! Real programs that language models wrote, against what another interpreter made of them.
//!
//! Needs the shared data folder and a Python with sympy, numpy and networkx, named by `CACO_TEST_SCIENCE_PYTHON`; `.ci/run` makes one.
//! `CACO_TEST_ALL_PROGRAMS=1` runs all 5,238 instead of every eighth.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test suite"
)]
#![cfg(target_os = "linux")]

mod common;

use caco_sandbox::{Config, Error, Limits, Outcome, Program, Sandbox, Status, Tier, Via};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

fn program(row: &Value) -> Program {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let via = match row["via"].as_str().unwrap() {
        "stdout" => Via::Stdout,
        "ans" => Via::Ans,
        "solution()" => Via::Solution,
        "cells" => {
            let cells = row["cells"].as_array().unwrap();
            return Program::cells(
                cells
                    .iter()
                    .map(|cell| cell.as_str().unwrap().to_owned())
                    .collect(),
            );
        }
        other => panic!("{other}"),
    };
    Program {
        code: text("code"),
        via,
        ..Program::default()
    }
}

/// Whether the value is the recorded one.
fn same_value(row: &Value, outcome: &Outcome) -> bool {
    let told = match &outcome.cells {
        Some(cells) => serde_json::json!(cells),
        None => serde_json::json!(outcome.output_text),
    };
    let recorded = &row["ref_value"];
    let trimmed = |value: &Value| {
        value
            .as_str()
            .map(|text| text.trim_matches('\n').to_owned())
    };
    told == *recorded || (row["via"] == "stdout" && trimmed(&told) == trimmed(recorded))
}

#[test]
fn real_programs_give_what_they_gave_elsewhere() {
    let folder = std::env::var_os("CACO_SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("programs_dev.jsonl.gz");
    let (Ok(file), Some(python)) = (
        std::fs::File::open(&path),
        std::env::var_os("CACO_TEST_SCIENCE_PYTHON"),
    ) else {
        eprintln!(
            "SKIPPED: needs {} and CACO_TEST_SCIENCE_PYTHON",
            path.display()
        );
        return;
    };
    let step = if std::env::var_os("CACO_TEST_ALL_PROGRAMS").is_some() {
        1
    } else {
        8
    };
    let rows: Vec<Value> = BufReader::new(flate2::read::MultiGzDecoder::new(file))
        .lines()
        .step_by(step)
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    let sandbox = Sandbox::start(Config {
        python: python.into(),
        workers: 2,
        ..Config::default()
    })
    .unwrap();
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut programs = rows.iter().map(|row| Ok::<_, Error>(program(row)));
    sandbox
        .stream(
            &mut programs,
            &Limits::default(),
            &AtomicBool::new(false),
            &mut |outcome| {
                outcomes.push(outcome.clone());
                Ok(())
            },
        )
        .unwrap();
    let (mut status, mut stable, mut value) = (0, 0, 0);
    for (row, outcome) in rows.iter().zip(&outcomes) {
        let class = match outcome.status {
            Status::Ok => "ok",
            Status::Timeout => "timeout",
            _ => "error",
        };
        let same = class == row["ref_status"];
        status += usize::from(same);
        if !same {
            eprintln!(
                "{} {}: {class} instead of {} ({:?} {:?})",
                row["id"],
                row["via"],
                row["ref_status"],
                outcome.error_class,
                outcome.error_message
            );
        }
        assert!(
            row["ref_status"] != "error" || class != "ok",
            "a wrong ok: {row} {outcome:?}"
        );
        if row["ref_status"] == "ok" && row["ref_stable"] == true {
            stable += 1;
            let right = class == "ok" && same_value(row, outcome);
            value += usize::from(right);
            if !right {
                eprintln!(
                    "{} {}: {:?} {:?} instead of {}",
                    row["id"], row["via"], outcome.output_text, outcome.cells, row["ref_value"]
                );
            }
        }
    }
    let shared = outcomes
        .iter()
        .filter(|outcome| outcome.tier == Some(Tier::Batch))
        .count();
    eprintln!(
        "{} programs, {shared} in the batch tier: status {status}, value {value} of {stable} stable; {:?}",
        rows.len(),
        sandbox.statistics()
    );
    assert!(
        status as f64 >= 0.995 * rows.len() as f64,
        "{status} of {}",
        rows.len()
    );
    assert!(
        value as f64 >= 0.995 * f64::from(stable),
        "{value} of {stable}"
    );
    assert_eq!(sandbox.statistics().disagreed, 0);
}
