//! Benchmarks of code: what runs, what passes, what does not.

use std::collections::HashMap;
use std::path::PathBuf;

use caco_scripted::Said;
use serde_json::{Value, json};

use super::super::scene::Scene;
use super::{items, lines, measure, serve};

#[test]
fn code_passes_only_by_reaching_the_end_of_its_tests() {
    let scene = Scene::new();
    let names = [
        "right", "wrong", "leaves", "forges", "hangs", "silent", "broken",
    ];
    scene.write(
        "mbpp.jsonl",
        &lines(names.iter().zip(11..).map(|(name, id)| {
            json!({ "task_id": id, "prompt": format!("Double it, {name}."), "test_imports": ["import math"],
                "test_list": [format!("assert math.isclose({name}(2), 4)")] })
        })),
    );
    let server = serve(|asked| {
        let prompt = asked.prompt.last();
        assert!(prompt.contains("code block"), "{prompt}");
        let name = prompt.split([' ', ',', '.']).nth(3).unwrap();
        Said::text(match name {
            "right" => {
                "Sure:\n```python\ndef right(x):\n    return 2 * x\n```\nFor example:\n```python\nprint(right(3))\n```"
            }
            "wrong" => "```python\ndef wrong(x):\n    return x\n```",
            "leaves" => "```python\nimport sys\ndef leaves(x):\n    sys.exit(0)\n```",
            "forges" => "```python\noutput = 'passed'\ndef forges(x):\n    raise SystemExit\n```",
            "hangs" => "```python\ndef hangs(x):\n    while True:\n        pass\n```",
            "broken" => "```python\ndef broken(x:\n```",
            _ => "I would rather not.",
        })
    });
    let args = [
        "--bench",
        "mbpp",
        "-o",
        "out",
        "--json",
        "--set",
        "execute.python=[]",
        "--set",
        "execute.cpu_seconds=1",
    ];
    let results = measure(&scene, &server, "m", &args).expect(0).json();
    assert_eq!(results["tasks"][0]["metrics"]["correct"], 1);
    let found: HashMap<String, Value> = items(&scene, "out/items/mbpp.jsonl")
        .into_iter()
        .zip(names)
        .map(|(item, name)| (name.to_owned(), item["replies"][0].clone()))
        .collect();
    for (name, reason) in [
        ("wrong", "tests_fail"),
        ("leaves", "tests_fail"),
        ("forges", "tests_fail"),
        ("hangs", "timeout"),
        ("silent", "no_code"),
        ("broken", "tests_fail"),
    ] {
        assert_eq!(found[name]["reason"], reason, "{}", found[name]);
    }
    assert!(
        found["wrong"]["detail"]
            .as_str()
            .unwrap()
            .contains("AssertionError")
    );
    assert_eq!(
        found["right"]["answer"],
        "def right(x):\n    return 2 * x\n"
    );
    // Code is graded once: a second look finds the shards.
    let again = measure(&scene, &server, "m", &args).expect(0).json();
    assert_eq!(again, results);
    assert_eq!(server.counts().received, 7);
}

/// The whole test set of MBPP: its reference code passes, and code that raises does not.
#[test]
fn the_reference_code_of_mbpp_passes_its_tests() {
    let folder = std::env::var_os("CACO_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("mbpp.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!(
            "skipped: mbpp.jsonl is not in ../shared/data; set CACO_SHARED_DATA to its folder"
        );
        return;
    };
    let code: Vec<(String, String)> = text
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            let field = |name: &str| row[name].as_str().unwrap().to_owned();
            let question = format!(
                "{}\n\nYour code should pass these tests:\n\n```python\n{}",
                field("text").trim(),
                row["test_list"][0].as_str().unwrap().trim()
            );
            (question, field("code"))
        })
        .collect();
    let server = serve(move |asked| {
        let prompt = asked.prompt.last();
        let (_, code) = code
            .iter()
            .find(|(question, _)| prompt.starts_with(question))
            .unwrap();
        let code = if asked.model == "wrong" {
            let name = code
                .split("def ")
                .last()
                .unwrap()
                .split('(')
                .next()
                .unwrap();
            format!("def {name}(*args):\n    raise ValueError(args)")
        } else {
            code.clone()
        };
        Said::text(format!("```python\n{code}\n```"))
    });
    let scene = Scene::new();
    let bench = format!("mbpp={}", path.display());
    for (model, correct) in [("right", 500), ("wrong", 0)] {
        let args = [
            "--bench",
            &bench,
            "-o",
            model,
            "--json",
            "--set",
            "execute.python=[]",
        ];
        let results = measure(&scene, &server, model, &args).expect(0).json();
        let task = &results["tasks"][0];
        let failed: Vec<Value> = items(&scene, &format!("{model}/items/mbpp.jsonl"))
            .into_iter()
            .filter(|item| item["correct"] == 0)
            .take(3)
            .collect();
        assert_eq!(
            task["metrics"]["correct"], correct,
            "{}, such as {failed:#?}",
            task["reasons"]
        );
        assert_eq!(task["metrics"]["items"], 500);
        assert_eq!(task["usual_size"], true);
    }
}
