//! Scores the comparison on the labelled answer pairs of the shared data.

use std::collections::BTreeMap;
use std::path::PathBuf;

use caco_answer::{Outcome, Policy, compare, extract};
use proptest::prelude::*;

fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CACO_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(name);
    path.is_file().then_some(path)
}

#[derive(Default)]
struct Score {
    rows: usize,
    right: usize,
    false_accepts: usize,
    false_rejects: usize,
}

#[test]
fn core_cases_of_the_answer_set() {
    let Some(path) = shared("answer_equivalence_dev.jsonl") else {
        eprintln!(
            "skipped: answer_equivalence_dev.jsonl is not in ../shared/data; set CACO_SHARED_DATA to its folder"
        );
        return;
    };
    let show = std::env::var("CACO_SHOW").unwrap_or_default();
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| row[name].as_str().unwrap();
        let candidate = match field("form") {
            "response" => extract(field("pred"))
                .map(|found| found.text)
                .unwrap_or_default(),
            _ => field("pred").to_owned(),
        };
        let verdict = compare(field("gold"), &candidate, &Policy::benchmark());
        let (said, is) = (
            verdict.outcome == Outcome::Equal,
            row["equal"].as_bool().unwrap(),
        );
        let core = field("tier") == "core";
        for key in [
            field("tier").to_owned(),
            format!("{}/{}", field("tier"), field("form")),
            format!("{}/{}/{}", field("tier"), field("form"), field("syntax")),
        ] {
            let score = scores.entry(key).or_default();
            score.rows += 1;
            score.right += usize::from(said == is);
            score.false_accepts += usize::from(said && !is);
            score.false_rejects += usize::from(!said && is);
        }
        if said != is && (core && (show == "wrong" || said && !is) || show == "all") {
            println!(
                "{} {} {:?} | {:?} | label {is}: {verdict:?}",
                field("form"),
                field("kind"),
                field("gold"),
                candidate
            );
        }
    }
    for (key, s) in &scores {
        println!(
            "{key}: {} of {} right ({:.1} %), {} false accepts, {} false rejects",
            s.right,
            s.rows,
            100.0 * s.right as f64 / s.rows as f64,
            s.false_accepts,
            s.false_rejects
        );
    }
    let bare = &scores["core/bare"];
    assert_eq!(bare.false_accepts, 0, "false accepts of bare answers");
    assert!(
        bare.false_rejects <= 8,
        "{} false rejects of bare answers",
        bare.false_rejects
    );
    let core = &scores["core"];
    assert!(
        core.false_accepts <= 1,
        "{} false accepts",
        core.false_accepts
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn total_and_symmetric(a in "[-0-9a-z.,/%(){}\\[\\]\\\\ ^*$=]{0,30}", b in "[-0-9a-z.,/%(){}\\[\\]\\\\ ^*$=]{0,30}") {
        for policy in [Policy::strict(), Policy::benchmark()] {
            prop_assert_eq!(compare(&a, &b, &policy).outcome, compare(&b, &a, &policy).outcome);
            if !a.trim().is_empty() {
                prop_assert_eq!(compare(&a, &a, &policy).outcome, Outcome::Equal);
            }
        }
        let _ = extract(&a);
    }

    #[test]
    fn any_text_is_judged(a in ".{0,60}", b in ".{0,60}") {
        let _ = (compare(&a, &b, &Policy::default()), extract(&a));
    }

    #[test]
    fn numbers_are_compared_exactly(a in -100_000i64..100_000, b in -100_000i64..100_000, below in 1i64..1_000) {
        let same = compare(&format!("{a}/{below}"), &format!("\\frac{{{b}}}{{{below}}}"), &Policy::strict()).outcome;
        prop_assert_eq!(same, if a == b { Outcome::Equal } else { Outcome::Different });
    }
}
