//! The documents say what the program does.

use super::scene::{Scene, finished, project};

/// The dotted keys of a tree, with list items left out.
fn keys(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
    if let serde_json::Value::Object(map) = value {
        for (key, value) in map {
            keys(
                value,
                &if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                },
                found,
            );
        }
    } else {
        found.push(path.to_owned());
    }
}

#[test]
fn every_configuration_key_is_documented() {
    let scene = Scene::new();
    scene.write(
        "caco.yaml",
        "seeds:\n  - path: seeds.jsonl\nbudget: {calls: 1}\ntarget: {kept: 1}\nserve: {kind: vllm}\n\
         models:\n  teacher: {kind: server, model: m, base_url: http://127.0.0.1:1/v1}\n",
    );
    scene.write(
        "seeds.jsonl",
        "{\"problem\": \"1 + 1?\", \"answer\": \"2\"}\n",
    );
    let shown = scene.run(&["validate", "caco.yaml", "--json"]).expect(0);
    let mut found = Vec::new();
    keys(&shown.json(), "", &mut found);
    assert!(found.len() > 60, "{found:?}");
    let document = std::fs::read_to_string(project("docs/CONFIG.md")).unwrap();
    for key in found {
        // Shared sections (`sampling`, `training`) have a table of their own; others are named below their heading.
        let parts: Vec<&str> = key.split('.').collect();
        let named = (0..parts.len())
            .any(|from| document.contains(&format!("| `{}` |", parts[from..].join("."))));
        assert!(named, "docs/CONFIG.md does not document `{key}`");
    }
}

#[test]
fn every_reason_of_a_run_is_documented() {
    let document = std::fs::read_to_string(project("docs/REASONS.md")).unwrap();
    let status = finished()
        .0
        .run(&["status", "run", "--json"])
        .expect(0)
        .json();
    let mut seen = 0;
    for stage in status["stages"].as_array().unwrap() {
        for reason in stage["reasons"].as_object().unwrap().keys() {
            assert!(
                document.contains(&format!("`{reason}`")),
                "docs/REASONS.md does not name `{reason}`"
            );
            seen += 1;
        }
    }
    assert!(seen > 0, "a run without a dropped row tests nothing");
}

const MARK: &str = "<!-- The rest is what the commands print with --help; CACO_UPDATE_DOCS=1 cargo test writes it. -->\n";

#[test]
fn the_command_reference_is_what_the_commands_print() {
    let scene = Scene::new();
    let path = project("docs/CLI.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (head, _) = document
        .split_once(MARK)
        .expect("docs/CLI.md has lost its mark");
    let mut expected = format!("{head}{MARK}");
    for command in [
        &[][..],
        &["init"],
        &["doctor"],
        &["validate"],
        &["preview"],
        &["run"],
        &["resume"],
        &["status"],
        &["inspect"],
        &["replay"],
        &["ablate"],
        &["calls", "export"],
        &["calls", "import"],
        &["export"],
        &["push"],
        &["tune"],
        &["evaluate"],
        &["evaluate", "compare"],
        &["evaluate", "rescore"],
        &["sandbox", "run"],
        &["sandbox", "exec"],
        &["sandbox", "serve"],
        &["answer", "compare"],
        &["answer", "extract"],
    ] {
        let shown = scene.run(&[command, &["--help"]].concat()).expect(0);
        // Exit codes and global options are the same everywhere and stand above.
        let text = shown
            .stdout
            .split("\nExit codes:")
            .next()
            .unwrap_or_default();
        let text = if command.is_empty() {
            text
        } else {
            text.split("\nGlobal options:").next().unwrap_or_default()
        };
        let title = [&["caco"], command].concat().join(" ");
        expected.push_str(&format!(
            "\n## {title}\n\n```text\n{}\n```\n",
            text.trim_end()
        ));
    }
    if std::env::var_os("CACO_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let current = std::fs::read_to_string(&path).unwrap();
    assert!(
        current == expected,
        "docs/CLI.md differs from --help: run CACO_UPDATE_DOCS=1 cargo test -p caco-cli documents"
    );
}
