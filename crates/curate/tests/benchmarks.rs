//! Finds the known overlaps between the seed sets and the benchmarks of the shared data.

#![expect(clippy::unwrap_used, reason = "helpers of a test fail it by panicking")]

use std::io::Read as _;
use std::path::PathBuf;

use caco_curate::{Benchmarks, Match};

fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CACO_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(name);
    path.is_file().then_some(path)
}

fn problems(name: &str, field: &str) -> Option<Vec<(String, String)>> {
    let bytes = std::fs::read(shared(name)?).unwrap();
    let mut text = String::new();
    match name.ends_with(".gz") {
        true => flate2::read::MultiGzDecoder::new(bytes.as_slice())
            .read_to_string(&mut text)
            .unwrap(),
        false => bytes.as_slice().read_to_string(&mut text).unwrap(),
    };
    let row = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        (
            row["id"].as_str().unwrap().to_owned(),
            row[field].as_str().unwrap().to_owned(),
        )
    };
    Some(text.lines().map(row).collect())
}

/// Seeds that a benchmark holds: as a whole, and by a run of `words` words (wholes that are long enough included).
fn overlaps(
    seeds: &[(String, String)],
    benchmark: &str,
    items: &[(String, String)],
    words: usize,
) -> (usize, usize) {
    let mut index = Benchmarks::new(words);
    items
        .iter()
        .for_each(|(id, problem)| index.add(benchmark, id, problem));
    assert_eq!(index.len(), items.len());
    let found: Vec<_> = seeds
        .iter()
        .filter_map(|(_, problem)| index.find(problem).map(|e| (problem, e)))
        .collect();
    let wholes = found.iter().filter(|(_, e)| e.how == Match::Exact).count();
    let runs = found
        .iter()
        .filter(|(problem, e)| e.how == Match::Ngram || caco_curate::words(problem).len() >= words)
        .count();
    (wholes, runs)
}

#[test]
fn known_overlaps_are_found() {
    let (Some(gsm), Some(math), Some(gsm_test), Some(math_test)) = (
        problems("gsm8k_train.jsonl.gz", "question"),
        problems("math_train.jsonl.gz", "problem"),
        problems("gsm8k_test.jsonl", "question"),
        problems("math500_test.jsonl", "problem"),
    ) else {
        eprintln!(
            "skipped: the seed and benchmark files are not in ../shared/data; set CACO_SHARED_DATA to their folder"
        );
        return;
    };
    assert_eq!(overlaps(&gsm, "gsm8k", &gsm_test, 13), (0, 4));
    assert_eq!(overlaps(&gsm, "gsm8k", &gsm_test, 10), (0, 11));
    assert_eq!(overlaps(&math, "math500", &math_test, 13), (1, 172));
    assert_eq!(overlaps(&math, "math500", &math_test, 8), (1, 913));
}
