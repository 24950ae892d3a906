//! What can be wrong with configurations, seeds, models and folders: a clear error and exit code each.

use super::scene::{Scene, project, tiny};

const SEEDS: &str = "{\"problem\": \"What is 1 + 1?\", \"answer\": \"2\"}\n";

fn check(config: &str, args: &[&str]) -> super::scene::Shown {
    let scene = Scene::new();
    scene.write("caco.yaml", config);
    scene.write("seeds.jsonl", SEEDS);
    scene.run(args)
}

#[test]
fn an_unknown_key_names_file_line_path_and_the_nearest_key() {
    let config = "seeds:\n  - path: seeds.jsonl\nsample:\n  cuont: 10\n";
    insta::assert_snapshot!(check(config, &["validate", "caco.yaml"]));
}

#[test]
fn an_unknown_key_of_an_override() {
    let config = "seeds:\n  - path: seeds.jsonl\n";
    insta::assert_snapshot!(check(
        config,
        &["validate", "caco.yaml", "--set", "judge.polcy=strict"]
    ));
}

#[test]
fn a_wrong_value() {
    let config = "seeds:\n  - path: seeds.jsonl\nsample:\n  count: many\n";
    insta::assert_snapshot!(check(config, &["validate", "caco.yaml"]));
}

#[test]
fn broken_yaml() {
    let shown = check("seeds: [\n", &["validate", "caco.yaml"]).expect(2);
    assert!(shown.stderr.contains("caco.yaml:"), "{shown}");
    assert!(shown.stderr.contains("not valid YAML"), "{shown}");
}

#[test]
fn a_missing_configuration() {
    insta::assert_snapshot!(Scene::new().run(&["run", "none.yaml"]));
}

#[test]
fn an_error_as_json() {
    let shown = Scene::new().run(&["run", "none.yaml", "--json"]).expect(2);
    let value = shown.json();
    assert_eq!(value["exit_code"], 2);
    assert!(
        value["error"].as_str().unwrap().contains("none.yaml"),
        "{shown}"
    );
    assert!(
        value["hint"].as_str().unwrap().contains("caco init"),
        "{shown}"
    );
}

#[test]
fn a_valid_configuration() {
    let scene = Scene::new();
    scene.write("caco.yaml", "seeds:\n  - path: seeds.jsonl\n");
    scene.write("seeds.jsonl", SEEDS);
    insta::assert_snapshot!(scene.run(&["validate", "caco.yaml"]));
    let shown = scene
        .run(&[
            "validate",
            "caco.yaml",
            "--json",
            "--seed",
            "5",
            "--set",
            "sample.count=9",
        ])
        .expect(0);
    assert_eq!(
        (&shown.json()["seed"], &shown.json()["sample"]["count"]),
        (&5.into(), &9.into())
    );
}

#[test]
fn a_missing_seed_file() {
    insta::assert_snapshot!(check(
        "seeds:\n  - path: none.jsonl\n",
        &["validate", "caco.yaml"]
    ));
}

/// Runs the tiny configuration over a seed file of this content.
fn seeds(content: &[u8]) -> super::scene::Shown {
    let scene = Scene::new();
    scene.write("caco.yaml", &tiny());
    std::fs::write(scene.path().join("seeds.jsonl"), content).unwrap();
    scene.run(&[
        "run",
        "caco.yaml",
        "-o",
        "run",
        "-q",
        "--set",
        "seeds.0.path=seeds.jsonl",
    ])
}

#[test]
fn a_run_over_a_missing_seed_file() {
    let scene = Scene::new();
    scene.write("caco.yaml", &tiny());
    let shown = scene
        .run(&[
            "run",
            "caco.yaml",
            "-o",
            "run",
            "-q",
            "--set",
            "seeds.0.path=none.jsonl",
        ])
        .expect(2);
    assert!(shown.stderr.contains("none.jsonl"), "{shown}");
}

#[test]
fn an_empty_seed_file() {
    let shown = seeds(b"").expect(2);
    assert!(shown.stderr.contains("[DIR]/seeds.jsonl"), "{shown}");
    assert!(shown.stderr.contains(" hint:"), "{shown}");
}

#[test]
fn a_seed_file_of_broken_lines() {
    let shown = seeds(b"{\"problem\": \n\xff\xfe\n[1]\n").expect(4);
    assert!(shown.stderr.contains("import"), "{shown}");
}

#[test]
fn a_seed_file_that_is_no_gzip() {
    let scene = Scene::new();
    scene.write("caco.yaml", &tiny());
    scene.write("seeds.jsonl.gz", SEEDS);
    let shown = scene
        .run(&[
            "run",
            "caco.yaml",
            "-o",
            "run",
            "-q",
            "--set",
            "seeds.0.path=seeds.jsonl.gz",
        ])
        .expect(2);
    assert!(shown.stderr.contains("seeds.jsonl.gz"), "{shown}");
}

#[test]
fn a_model_folder_without_a_model() {
    let scene = Scene::new();
    scene.write("caco.yaml", &tiny());
    scene.write("wrong/readme.txt", "nothing here");
    let args = |verb| {
        [
            verb,
            "caco.yaml",
            "--set",
            "models.base.path=wrong",
            "--set",
            "models.base.kind=embedded",
        ]
    };
    insta::assert_snapshot!(scene.run(&args("validate")));
    let shown = scene
        .run(&[&args("run")[..], &["-o", "run", "-q"]].concat())
        .expect(4);
    assert!(shown.stderr.contains("wrong"), "{shown}");
}

#[test]
fn a_model_folder_with_damaged_weights() {
    let scene = Scene::new();
    scene.write("caco.yaml", &tiny());
    let model = scene.path().join("model");
    std::fs::create_dir(&model).unwrap();
    for entry in std::fs::read_dir(project("models/base")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, model.join(path.file_name().unwrap())).unwrap();
        }
    }
    let weights = model.join("model.safetensors");
    let bytes = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    let shown = scene
        .run(&[
            "run",
            "caco.yaml",
            "-o",
            "run",
            "-q",
            "--set",
            "models.base.kind=embedded",
            "--set",
            "models.base.path=model",
        ])
        .expect(4);
    assert!(shown.stderr.contains("model.safetensors"), "{shown}");
}

#[test]
fn folders_that_hold_no_run() {
    let scene = Scene::new();
    std::fs::create_dir(scene.path().join("empty")).unwrap();
    for args in [
        &["status", "empty"][..],
        &["resume", "empty"],
        &["inspect", "empty", "abc"],
        &["status", "none"],
    ] {
        let shown = scene.run(args).expect(2);
        assert!(
            shown.stderr.contains("is not a run folder"),
            "{args:?}: {shown}"
        );
    }
}

#[test]
fn a_run_folder_that_cannot_be_made() {
    let scene = Scene::new();
    scene.write("caco.yaml", &tiny());
    // A file in the way stops even root, whom permissions do not.
    scene.write("taken", "");
    let shown = scene
        .run(&["run", "caco.yaml", "-o", "taken/run", "-q"])
        .expect(3);
    assert!(shown.stderr.contains("[DIR]/taken/run"), "{shown}");
    assert!(shown.stderr.contains(" hint:"), "{shown}");
}

#[test]
fn a_read_only_folder() {
    // /proc is writable for nobody, not even for root.
    let scene = Scene::new();
    scene.write("caco.yaml", &tiny());
    if !std::path::Path::new("/proc/self").exists() {
        eprintln!("skipped: there is no /proc here");
        return;
    }
    let shown = scene
        .run(&["run", "caco.yaml", "-o", "/proc/caco", "-q"])
        .expect(3);
    assert!(shown.stderr.contains("/proc/caco"), "{shown}");
}

#[test]
fn init_does_not_overwrite() {
    let scene = Scene::new();
    let shown = scene.run(&["init", "new"]).expect(0);
    assert!(shown.stdout.contains("new/caco.yaml"), "{shown}");
    scene.run(&["validate", "new/caco.yaml"]).expect(0);
    scene.write("new/seeds.jsonl", "mine");
    insta::assert_snapshot!(scene.run(&["init", "new"]));
    assert_eq!(
        std::fs::read_to_string(scene.path().join("new/seeds.jsonl")).unwrap(),
        "mine"
    );
    scene.run(&["init", "new", "--force"]).expect(0);
    assert_ne!(
        std::fs::read_to_string(scene.path().join("new/seeds.jsonl")).unwrap(),
        "mine"
    );
}

#[test]
fn the_same_folder_cannot_be_used_twice_at_once() {
    let scene = Scene::new();
    scene.write("tiny.yaml", &tiny());
    let mut first = scene.start(&["run", "tiny.yaml", "-o", "run", "--no-progress"]);
    super::resume::wait_for_lines(&mut first, &scene.path().join("run/events.jsonl"), 0, 2);
    let shown = scene.run(&["run", "tiny.yaml", "-o", "run", "-q"]);
    super::resume::kill_group(&mut first);
    let shown = shown.expect(3);
    assert!(
        shown
            .stderr
            .contains(&format!("in use by process {}", first.id())),
        "{shown}"
    );
}
