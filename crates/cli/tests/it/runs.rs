//! A finished run and what can be asked about it.

use super::exports::exported;
use super::scene::{contents, finished};

/// The stages that a run of two rounds reports, in order.
const STAGES: [&str; 20] = [
    "import", "unify", "tune", "sample", "execute", "reverse", "solve", "judge", "curate", "tune",
    "sample", "execute", "reverse", "solve", "judge", "curate", "export", "train", "evaluate", "",
];

#[test]
fn the_funnel_adds_up_in_words_and_in_json() {
    let (scene, shown) = finished();
    assert!(
        shown
            .stdout
            .contains("in = kept + rejected + quarantined at every stage"),
        "{shown}"
    );
    let status = scene.run(&["status", "run", "--json"]).expect(0).json();
    assert_eq!(status["finished"], true);
    let stages = status["stages"].as_array().unwrap();
    let names: Vec<&str> = stages
        .iter()
        .map(|stage| stage["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        STAGES
            .into_iter()
            .filter(|name| !name.is_empty())
            .collect::<Vec<_>>()
    );
    for stage in stages {
        let figure = |name: &str| {
            stage[name]
                .as_u64()
                .unwrap_or_else(|| panic!("no `{name}` in {stage}"))
        };
        assert_eq!(
            figure("in"),
            figure("kept") + figure("rejected") + figure("quarantined"),
            "{stage}"
        );
        assert!(stage["seconds"].as_f64().unwrap() >= 0.0, "{stage}");
    }
}

#[test]
fn the_report_names_targets_scores_data_and_what_to_do_next() {
    let (_, shown) = finished();
    for part in [
        "target",
        "parse of the samples",
        "come through judge of the new ones",
        "95 % interval",
        "before",
        "seeds",
        "loop",
        "data set",
        "caco status",
        "caco inspect",
    ] {
        assert!(shown.stdout.contains(part), "`{part}` is missing: {shown}");
    }
    for part in ["starting tiny", "done import", "done evaluate"] {
        assert!(shown.stderr.contains(part), "`{part}` is missing: {shown}");
    }
}

#[test]
fn status_in_words() {
    let (scene, _) = finished();
    let shown = scene.run(&["status", "run"]).expect(0);
    assert!(shown.stdout.contains("finished"), "{shown}");
    assert!(
        shown
            .stdout
            .contains("in = kept + rejected + quarantined at every stage"),
        "{shown}"
    );
    assert!(shown.stdout.contains("95 % interval"), "{shown}");
}

#[test]
fn inspect_shows_the_whole_ancestry_of_a_row() {
    let (scene, _) = finished();
    let rows = exported("jsonl");
    let row = rows
        .iter()
        .find(|row| row["origin"] == "sample")
        .expect("no sampled row was kept");
    let id = row["row_id"].as_str().unwrap();
    let shown = scene.run(&["inspect", "run", id]).expect(0);
    for part in [
        "sample",
        "execute",
        "reverse",
        "solve",
        "judge",
        row["answer"].as_str().unwrap(),
    ] {
        assert!(shown.stdout.contains(part), "`{part}` is missing: {shown}");
    }
    let short = scene
        .run(&["inspect", "run", &id[..12], "--json"])
        .expect(0);
    assert!(short.stdout.contains(id), "{short}");
}

#[test]
fn inspect_of_an_unknown_row() {
    let (scene, _) = finished();
    insta::assert_snapshot!(scene.run(&["inspect", "run", "zzzz"]));
}

#[test]
fn a_run_with_json_prints_only_json() {
    // A copy, since others look at the shared run while this one writes.
    let scene = super::scene::Scene::new();
    scene.write("tiny.yaml", &super::scene::tiny());
    for (path, bytes) in contents(&finished().0.path().join("run")) {
        let target = scene.path().join("run").join(path);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, bytes).unwrap();
    }
    let shown = scene
        .run(&["run", "tiny.yaml", "-o", "run", "--json", "-q"])
        .expect(0);
    assert_eq!(shown.stderr, "");
    assert!(shown.json()["stages"].is_array());
}

#[test]
fn the_students_and_the_generator_are_model_folders() {
    let (scene, _) = finished();
    let models = scene.path().join("run/models");
    let folders: Vec<_> = contents(&models)
        .into_iter()
        .filter(|(path, _)| path.ends_with("model.safetensors"))
        .map(|(path, _)| path.parent().unwrap().to_owned())
        .collect();
    assert!(
        folders.len() >= 4,
        "two generators and two students are expected: {folders:?}"
    );
    let model = models.join(&folders[0]);
    let benchmark = super::scene::project("examples/quickstart-held-out.jsonl");
    let bench = format!("problems={}", benchmark.display());
    let args = [
        "evaluate",
        "--model",
        model.to_str().unwrap(),
        "--bench",
        &bench,
        "-o",
        "measured",
        "--limit",
        "3",
        "--json",
        "-q",
    ];
    let measured = scene.run(&args).expect(0).json();
    assert_eq!(measured["tasks"][0]["metrics"]["replies"], 3);
}

#[test]
fn preview_shows_rows_whole_and_leaves_nothing_behind() {
    let scene = super::scene::Scene::new();
    scene.write("tiny.yaml", &super::scene::tiny());
    let shown = scene
        .run(&["preview", "tiny.yaml", "-n", "2", "--json", "-q"])
        .expect(0);
    let rows = shown.json()["rows"].as_array().unwrap().clone();
    let of = |origin: &str| rows.iter().filter(|row| row["origin"] == origin).count();
    assert_eq!((of("seed"), of("sample")), (2, 2), "{shown}");
    let words = scene
        .run(&["preview", "tiny.yaml", "-n", "1", "-q"])
        .expect(0);
    for part in [
        "row ",
        "(seed, round 0)",
        "(sample, round 1)",
        "problem",
        "program",
    ] {
        assert!(words.stdout.contains(part), "`{part}` is missing: {words}");
    }
    let left: Vec<_> = std::fs::read_dir(scene.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["tiny.yaml"]);
}
