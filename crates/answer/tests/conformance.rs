//! The conformance suite: what is equal, what is different and what is left open, by kind.
//!
//! Each file in `tests/conformance` is a group. A line is a mark, a reference and a candidate with `|||` between them:
//! `=` equal, `≠` different, `?` undecided, `!` either of the last two. `policy` in a line of its own sets the policy of the
//! group (benchmark where none is said), `#` begins a comment. Each line is read in both directions.

use std::path::Path;

use caco_answer::{Outcome, Policy, compare};

#[test]
fn every_vector_holds_in_both_directions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let (mut all, mut wrong) = (0, Vec::new());
    for file in files {
        let group = file.file_stem().unwrap().to_string_lossy().into_owned();
        let mut policy = Policy::benchmark();
        let (mut count, mut held) = (0, 0);
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_prefix("policy ") {
                policy = match name {
                    "strict" => Policy::strict(),
                    "published" => Policy::published(),
                    other => panic!("{group}: no policy {other}"),
                };
                continue;
            }
            let (mark, pair) = line.split_once(' ').unwrap();
            let (gold, pred) = pair
                .split_once(" ||| ")
                .unwrap_or_else(|| panic!("{group}: {line}"));
            count += 1;
            let (there, back) = (compare(gold, pred, &policy), compare(pred, gold, &policy));
            let right = there.outcome == back.outcome
                && match mark {
                    "=" => there.outcome == Outcome::Equal,
                    "≠" => there.outcome == Outcome::Different,
                    "?" => there.outcome == Outcome::Undecided,
                    "!" => there.outcome != Outcome::Equal,
                    other => panic!("{group}: no mark {other}"),
                };
            held += u32::from(right);
            if !right {
                wrong.push(format!("{group}: {line}\n    {there:?}\n    {back:?}"));
            }
            for text in [gold, pred] {
                assert_eq!(
                    compare(text, text, &policy).outcome,
                    Outcome::Equal,
                    "{text}"
                );
            }
        }
        println!("{group}: {held} of {count}");
        all += count;
    }
    assert!(
        wrong.is_empty(),
        "{} of {all}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(all >= 400, "{all} vectors");
}
