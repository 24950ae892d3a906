//! `caco export`: the data set in other shapes.

use std::path::Path;

use serde_json::Value;

use super::scene::{Scene, contents, finished};

/// Every format, in the order of the help text.
pub const FORMATS: &str = "parquet,messages,alpaca,sharegpt,prompt-completion,openai,verl,genesys,reasoning-gym,tool,program,jsonl";

/// The rows of an export of one format, as JSON.
pub fn exported(format: &str) -> Vec<Value> {
    let (scene, _) = finished();
    let out = tempfile::tempdir_in(scene.path()).unwrap();
    let out = out.path().to_string_lossy().into_owned();
    scene
        .run(&["export", "run", "--format", format, "-o", &out])
        .expect(0);
    let mut rows = Vec::new();
    for (path, bytes) in contents(&Path::new(&out).join(format)) {
        assert!(
            path.to_string_lossy().starts_with("train-"),
            "{}",
            path.display()
        );
        let text = String::from_utf8(bytes).unwrap();
        rows.extend(
            text.lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap()),
        );
    }
    assert!(!rows.is_empty());
    rows
}

#[test]
fn lines_for_those_who_read_no_parquet() {
    let rows = exported("jsonl");
    let lines = exported("openai");
    assert_eq!(lines.len(), rows.len());
    for (line, row) in lines.iter().zip(&rows) {
        let expected = serde_json::json!({"messages": [
            {"role": "user", "content": row["problem"]}, {"role": "assistant", "content": row["solution"]},
        ]});
        assert_eq!(line, &expected);
        assert_eq!(row["messages"], expected["messages"]);
    }
}

#[test]
fn several_formats_are_one_repository() {
    let (scene, _) = finished();
    let out = tempfile::tempdir_in(scene.path()).unwrap();
    let out = out.path().to_string_lossy().into_owned();
    let shown = scene
        .run(&[
            "export",
            "run",
            "--format",
            "verl,parquet,alpaca",
            "-o",
            &out,
            "--json",
        ])
        .expect(0)
        .json();
    let folder = Path::new(&out);
    let card = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let at = |text: &str| {
        card.find(text)
            .unwrap_or_else(|| panic!("no `{text}` in {card}"))
    };
    // The one named first loads without a name.
    assert!(at("config_name: verl\n  default: true") < at("config_name: default"));
    for part in [
        "path: verl/train-*.parquet",
        "path: data/train-*.parquet",
        "path: alpaca/train-*.parquet",
        "## Funnel",
        "## Verification",
        "answer of the words against the program's | equal",
        "## Contamination",
        "| held_out |",
        "## Models",
        "## Prompts",
        "| `verl` |",
    ] {
        at(part);
    }
    let info = std::fs::read(folder.join("dataset_info.json")).unwrap();
    let info: Value = serde_json::from_slice(&info).unwrap();
    assert_eq!(info["tiny_alpaca"]["file_name"], "alpaca");
    let reward = std::fs::read_to_string(folder.join("caco_reward.py")).unwrap();
    assert!(reward.contains("def compute_score("));
    let mut names: Vec<String> = contents(folder)
        .into_iter()
        .map(|(path, _)| path.to_string_lossy().into_owned())
        .collect();
    let told = shown["files"].as_array().unwrap().iter();
    let mut told: Vec<String> = told.map(|name| name.as_str().unwrap().to_owned()).collect();
    names.sort();
    told.sort();
    assert_eq!(names, told);
}

#[test]
fn both_ways_to_export_write_the_same_bytes() {
    let (scene, _) = finished();
    let out = tempfile::tempdir_in(scene.path()).unwrap();
    let out = out.path().to_string_lossy().into_owned();
    scene
        .run(&[
            "export",
            "run",
            "--format",
            "parquet,messages,verl",
            "-o",
            &out,
        ])
        .expect(0);
    for folder in ["data", "messages", "verl"] {
        let ours = contents(&scene.path().join("run").join(folder));
        assert!(ours.len() > 1, "{folder} is not cut at 20 rows");
        assert!(
            contents(&Path::new(&out).join(folder)) == ours,
            "{folder} differs"
        );
    }
    for file in ["README.md", "caco_reward.py", "dataset_info.json"] {
        let read = |folder: &Path| std::fs::read_to_string(folder.join(file)).unwrap();
        assert_eq!(
            read(Path::new(&out)),
            read(&scene.path().join("run")),
            "{file}"
        );
    }
}

#[test]
fn an_export_never_overwrites_and_names_its_mistakes() {
    let (scene, _) = finished();
    let out = tempfile::tempdir_in(scene.path()).unwrap();
    std::fs::write(out.path().join("mine"), "x").unwrap();
    let place = out.path().to_string_lossy().into_owned();
    let shown = scene.run(&["export", "run", "-o", &place]).expect(2);
    assert!(shown.stderr.contains("not empty"), "{shown}");
    let shown = scene
        .run(&["export", "run", "--format", "alpaca,alpaca", "-o", "twice"])
        .expect(2);
    assert!(shown.stderr.contains("named twice"), "{shown}");
    let shown = scene
        .run(&["export", "run", "--format", "mesages", "-o", "unknown"])
        .expect(2);
    assert!(shown.stderr.contains("messages"), "{shown}");
    let shown = scene.run(&["export", ".", "-o", "none"]).expect(2);
    assert!(shown.stderr.contains("not a run folder"), "{shown}");
    assert!(!scene.path().join("twice").exists() && !scene.path().join("none").exists());
}

#[test]
fn formats_that_need_words_are_refused_where_there_are_none() {
    let scene = Scene::new();
    let shown = scene.write("caco.yaml", "seeds:\n  - path: seeds.jsonl\n");
    assert!(shown.is_file());
    scene.write(
        "seeds.jsonl",
        "{\"problem\": \"1 + 1?\", \"answer\": \"2\"}\n",
    );
    let sets = [
        "--set",
        "stages.skip=[reverse, solve, judge, train, evaluate]",
        "--set",
        "export.formats=[program, verl]",
    ];
    let shown = scene
        .run(&[&["validate", "caco.yaml"], &sets[..]].concat())
        .expect(2);
    assert!(
        shown
            .stderr
            .contains("export.formats[1]: `verl` shows what reverse writes"),
        "{shown}"
    );
}
