//! Sample logs of lm-evaluation-harness.

use caco_scripted::Said;
use serde_json::{Value, json};

use super::super::scene::Scene;
use super::{additions, items, lines, measure, number, serve};

/// A log of two filters over GSM8K's shape: replies, what the filters took, what the harness says.
fn log(replies: &[(&str, &str, f64, &str, f64)]) -> String {
    let docs = additions(replies.len());
    let docs: Vec<Value> = docs
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut rows = Vec::new();
    for filter in ["strict-match", "flexible-extract"] {
        for (id, (reply, strict, strictly, flexible, flexibly)) in replies.iter().enumerate() {
            let (taken, score) = match filter {
                "strict-match" => (strict, strictly),
                _ => (flexible, flexibly),
            };
            rows.push(json!({
                "doc_id": id, "doc": docs[id], "target": docs[id]["answer"],
                "arguments": { "gen_args_0": { "arg_0": "Question: ..." } },
                "resps": [[reply]], "filtered_resps": [taken], "filter": filter,
                "metrics": ["exact_match"], "exact_match": score,
            }));
        }
    }
    lines(rows)
}

#[test]
fn a_log_is_graded_anew_beside_the_scores_it_came_with() {
    let scene = Scene::new();
    let text = log(&[
        ("So it is 1.\n#### 1", "1", 1.0, "1", 1.0),
        (r"It is $\boxed{2.0}$.", "[invalid]", 0.0, "2.0", 0.0),
        ("It is 7.\n#### 7", "7", 0.0, "7", 0.0),
        ("It is 4 apples, not 3.", "[invalid]", 0.0, "3", 0.0),
    ]);
    let name = "some__model/samples_gsm8k_cot_2025-01-01T10-00-00.123456.jsonl";
    scene.write(name, &text);
    let results = scene
        .run(&["evaluate", "rescore", name, "-o", "out", "--json"])
        .expect(0)
        .json();
    let task = &results["tasks"][0];
    assert_eq!(results["model"]["name"], "some__model");
    assert_eq!(task["name"], "gsm8k");
    assert_eq!(task["metrics"]["correct"], 2, "{task}");
    let strict = &task["given"]["exact_match,strict-match"];
    assert_eq!(
        strict,
        &json!({ "items": 4, "mean": 0.25, "agree": 3, "only_theirs": 0, "only_ours": 1 })
    );
    let own = items(&scene, "out/items/gsm8k.jsonl");
    assert_eq!(own[1]["given"]["exact_match,flexible-extract"], 0.0);
    assert_eq!(own[1]["replies"][0]["answer"], "2.0");
    let shown = scene
        .run(&["evaluate", "rescore", name, "-o", "out"])
        .expect(0);
    assert!(
        shown
            .stdout
            .contains("exact_match,strict-match of the log is 25.0 %; ours agrees on 3 of 4"),
        "{shown}"
    );
    // What a filter took out is graded instead.
    let args = [
        "evaluate",
        "rescore",
        name,
        "-o",
        "strict",
        "--filter",
        "strict-match",
        "--json",
    ];
    let results = scene.run(&args).expect(0).json();
    assert_eq!(results["tasks"][0]["metrics"]["correct"], 1);
    let shown = scene
        .run(&["evaluate", "rescore", name, "-o", "x", "--filter", "none"])
        .expect(2);
    assert!(
        shown.stderr.contains("strict-match, flexible-extract"),
        "{shown}"
    );
    // The same problems asked by ourselves are the same items.
    scene.write("gsm8k.jsonl", &additions(4));
    let server = serve(|asked| Said::text(format!("It is {}.", number(asked) + 1)));
    measure(&scene, &server, "m", &["--bench", "gsm8k", "-o", "asked"]).expect(0);
    let found = scene
        .run(&["evaluate", "compare", "out", "asked", "--json"])
        .expect(0)
        .json();
    assert_eq!(found["tasks"][0]["pairs"]["only_b"], 2);
    assert_eq!(found["notes"].as_array().unwrap().len(), 2);
}

#[test]
fn logs_that_cannot_be_graded_are_refused() {
    let scene = Scene::new();
    let good = log(&[("1", "1", 1.0, "1", 1.0)]);
    scene.write("samples_mmlu.jsonl", &good);
    scene.write("log.jsonl", &good);
    scene.write(
        "samples_gsm8k.jsonl",
        "{\"doc_id\": 0, \"doc\": {\"question\": \"q\", \"answer\": \"1\"}, \"resps\": [[[-1.0, true]]]}\n",
    );
    scene.write(
        "samples_svamp.jsonl",
        "{\"doc_id\": 0, \"doc\": {\"question\": \"q\", \"answer\": \"1\"}, \"resps\": [[\"x\"]]}\n",
    );
    for (args, words) in [
        (&["samples_mmlu.jsonl"][..], "`mmlu`, which is not known"),
        (&["log.jsonl"], "--task"),
        (&["samples_gsm8k.jsonl"], "line 1: `resps` holds no texts"),
        (&["samples_svamp.jsonl"], "line 1: `doc`: `Body` or"),
        (&["log.jsonl", "--task", "gsm9k"], "no benchmark `gsm9k`"),
    ] {
        let shown = scene
            .run(&[&["evaluate", "rescore", "-o", "out"], args].concat())
            .expect(2);
        assert!(shown.stderr.contains(words), "{args:?}: {shown}");
    }
    scene
        .run(&[
            "evaluate",
            "rescore",
            "log.jsonl",
            "--task",
            "gsm8k",
            "-o",
            "out",
        ])
        .expect(0);
}
