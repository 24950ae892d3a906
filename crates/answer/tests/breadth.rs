//! How much of what benchmarks and programs really write is understood.

#![allow(
    clippy::unwrap_used,
    reason = "a test may fail by a panic, in its helpers too"
)]

use std::io::Read as _;
use std::path::PathBuf;

use caco_answer::{Policy, compare, parse};

fn rows(name: &str) -> Option<Vec<serde_json::Value>> {
    let folder = std::env::var_os("CACO_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let Ok(bytes) = std::fs::read(folder.join(name)) else {
        eprintln!("skipped: {name} is not in ../shared/data; set CACO_SHARED_DATA to its folder");
        return None;
    };
    let mut text = String::new();
    if name.ends_with(".gz") {
        flate2::read::GzDecoder::new(bytes.as_slice())
            .read_to_string(&mut text)
            .unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

/// Counts the texts that are understood; each must also equal itself, and itself in dollars.
fn understood(name: &str, fields: &[&str], share: f64) {
    let Some(rows) = rows(name) else { return };
    let show = std::env::var("CACO_SHOW").is_ok();
    let (mut all, mut read) = (0u32, 0u32);
    for row in &rows {
        for field in fields {
            let Some(text) = row[*field]
                .as_str()
                .filter(|t| !t.trim().is_empty() && t.len() < 300)
            else {
                continue;
            };
            all += 1;
            match parse(text) {
                Ok(answer) => {
                    read += 1;
                    let policy = Policy::strict();
                    let dressed = format!("$ {} $", text.trim());
                    if !text.contains('$') {
                        assert!(
                            compare(text, &dressed, &policy).is_equal(),
                            "{text:?} in dollars"
                        );
                    }
                    if show {
                        println!("{name} {field} ok {text:?} -> {answer}");
                    }
                }
                Err(error) if show => println!("{name} {field} FAILED {text:?}: {error}"),
                Err(_) => {}
            }
        }
    }
    println!("{name}: {read} of {all} texts are understood");
    assert!(f64::from(read) >= share * f64::from(all), "{read} of {all}");
}

#[test]
fn answers_of_the_training_problems() {
    understood("math_train.jsonl.gz", &["answer"], 0.98);
}

#[test]
fn answers_of_the_benchmark() {
    understood("math500_test.jsonl", &["answer"], 0.98);
}

#[test]
fn answers_of_the_grade_school_problems() {
    understood("gsm8k_train.jsonl.gz", &["answer"], 0.999);
}

#[test]
fn what_programs_print() {
    understood(
        "programs_dev.jsonl.gz",
        &["gold", "expected", "ref_value"],
        0.9,
    );
}
