//! The published files, where they are: whoever answers with the reference is right everywhere, whoever answers something
//! else is right nowhere.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test suite")]

use std::path::PathBuf;

use caco_answer::compare;
use caco_evaluation::{Check, Items, Read, Task, reply};
use serde_json::Value;

fn rows(name: &str) -> Option<Vec<Value>> {
    let folder = std::env::var_os("CACO_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(name);
    if !path.is_file() {
        eprintln!("skipped: {name} is not in ../shared/data; set CACO_SHARED_DATA to its folder");
        return None;
    }
    let text = std::fs::read_to_string(path).unwrap();
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

/// What a good and a bad solver say to a row.
type Solver = fn(&Value) -> (String, String);

fn check(task: Task, file: &str, size: usize, solver: Solver) {
    let Some(rows) = rows(file) else { return };
    let mut items = Items::of(task.name());
    let mut ids = std::collections::BTreeSet::new();
    let (mut right, mut wrong) = (0, 0);
    let mut misjudged = Vec::new();
    for row in &rows {
        let Read::Item(draft) = task.read(row).unwrap() else {
            panic!("left out: {row}")
        };
        let item = items.add(draft);
        assert!(ids.insert(item.id.clone()), "{}", item.id);
        let Check::Answer { text, policy } = &item.check else {
            panic!("no answer: {row}")
        };
        let (good, bad) = solver(row);
        let judge = |said: &str| {
            reply::answer(said, false)
                .is_ok_and(|found| compare(text, &found.text, policy).is_equal())
        };
        right += usize::from(judge(&good));
        wrong += usize::from(judge(&bad));
        if !judge(&good) || judge(&bad) {
            misjudged.push(format!("{text}: {good:?} or {bad:?}"));
        }
    }
    assert_eq!(rows.len(), size);
    assert_eq!((right, wrong), (size, 0), "{misjudged:#?}");
}

#[test]
fn gsm8k() {
    check(Task::Gsm8k, "gsm8k_test.jsonl", 1319, |row| {
        let answer = row["answer"].as_str().unwrap();
        let number: i64 = answer.replace(',', "").parse().unwrap();
        let solution = row["solution"].as_str().unwrap();
        (
            format!("{solution}\n#### {answer}"),
            format!(r"{solution} So it is \boxed{{{}}}.", number + 1),
        )
    });
}

#[test]
fn math500() {
    check(Task::Math500, "math500_test.jsonl", 500, |row| {
        let answer = row["answer"].as_str().unwrap();
        (
            format!(r"After all that, $\boxed{{{answer}}}$ is what remains."),
            r"After all that, \boxed{987654321} is what remains.".to_owned(),
        )
    });
}

#[test]
fn math500_by_its_own_solutions() {
    let Some(rows) = rows("math500_test.jsonl") else {
        return;
    };
    let mut wrong = Vec::new();
    for row in &rows {
        let Read::Item(draft) = Task::Math500.read(row).unwrap() else {
            panic!("left out: {row}")
        };
        let Check::Answer { text, policy } = &draft.check else {
            panic!("no answer: {row}")
        };
        let found = reply::answer(row["solution"].as_str().unwrap(), false).unwrap();
        if !compare(text, &found.text, policy).is_equal() {
            wrong.push(draft.source_id.unwrap());
        }
    }
    // It gives the same value twice, in a box for each way to write it.
    assert_eq!(wrong, ["math/test/number_theory/459"]);
}

#[test]
fn svamp() {
    check(Task::Svamp, "svamp.jsonl", 1000, |row| {
        let answer = row["answer"].as_f64().unwrap();
        (
            format!("We compute. The answer is {answer}."),
            format!("We compute. The answer is {}.", answer + 1.0),
        )
    });
}

#[test]
fn mbpp_reads_whole_and_keeps_its_test_set() {
    let Some(rows) = rows("mbpp.jsonl") else {
        return;
    };
    let (mut items, mut left_out, mut unnamed) = (0, 0, 0);
    for row in &rows {
        match Task::Mbpp.read(row).unwrap() {
            Read::LeftOut(_) => left_out += 1,
            Read::Item(draft) => {
                items += 1;
                let Check::Tests(tests) = draft.check else {
                    panic!("no tests: {row}")
                };
                // The reference defines what we think is tested.
                let code = row["code"].as_str().unwrap();
                let fenced = format!(
                    "Here it is:\n```python\n{code}\n```\nand its use:\n```python\nprint(1)\n```"
                );
                let found = tests.code(&fenced).unwrap();
                if found.trim() != code.replace('\r', "").trim() {
                    unnamed += 1;
                    eprintln!("{:?} in {code}", tests.name);
                }
            }
        }
    }
    assert_eq!((items, left_out), (500, 474));
    assert_eq!(unnamed, 0);
}
