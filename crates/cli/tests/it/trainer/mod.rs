//! Runs in which an outside program trains and a server that is started for it serves what was trained.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use caco_scripted::{Asked, Faults, Options, Said, Server};
use serde_json::Value;

use super::resume::kill_group;
use super::scene::{Scene, Shown, contents, project};
use super::server::script;

const TRAIN: &str = include_str!("train.py");
const SERVE: &str = include_str!("serve.py");

struct Stage {
    scene: Scene,
    server: Server,
}

/// A closed loop: programs by a teacher, a generator and two students by the trainer, both served, benchmark included.
fn stage(options: &str, die_after: u32) -> Stage {
    let server = Server::with(
        std::sync::Arc::new(script::reply as fn(&Asked) -> Said),
        Faults::none(),
        Options {
            models: vec![script::MODEL.to_owned()],
            ..Options::default()
        },
    )
    .unwrap();
    let scene = Scene::new();
    scene.write("train.py", TRAIN);
    scene.write("serve.py", SERVE);
    scene.write("seeds.jsonl", &script::seeds(24));
    let held_out: String = script::seeds(30)
        .lines()
        .skip(24)
        .map(|line| format!("{line}\n"))
        .collect();
    scene.write("held-out.jsonl", &held_out);
    let (url, model) = (server.url(), script::MODEL);
    let (dir, base) = (scene.path().display(), project("models/base"));
    let base = base.display();
    scene.write(
        "loop.yaml",
        &format!(
            "name: loop
seed: 5
shard_rows: 16
seeds: [{{path: seeds.jsonl, licence: CC0-1.0}}]
models:
  teacher: {{kind: server, base_url: {url}, model: {model}, max_in_flight: 32}}
  small: {{kind: weights, path: {base}}}
unify: {{model: teacher, samples: 2}}
trainer:
  kind: command
  command: [python3, {dir}/train.py, '{{settings}}', '{{resume}}']
  tune: {{options: {{starts: {dir}/starts.jsonl {options}}}}}
  train: {{options: {{starts: {dir}/starts.jsonl {options}}}}}
serve:
  kind: command
  command: [python3, {dir}/serve.py, '{{model}}', '{{name}}', '{{port}}', '{url}', '{model}', {dir}/served.jsonl, '{die_after}']
  start_seconds: 60
tune: {{model: small}}
sample: {{count: 48}}
execute: {{python: [], workers: 2}}
reverse: {{model: teacher}}
solve: {{model: teacher}}
train: {{model: small, students: [{{name: seeds, data: seeds}}, {{name: loop, data: kept}}]}}
curate: {{leaks: published}}
evaluate: {{benchmarks: [{{path: held-out.jsonl}}]}}
"
        ),
    );
    Stage { scene, server }
}

impl Stage {
    fn caco(&self, args: &[&str]) -> Shown {
        self.scene.run(&[args, &["--no-progress"]].concat())
    }

    fn lines(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.scene.path().join(name)).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn results(&self) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
        let all = contents(&self.scene.path().join("run/data"));
        assert!(!all.is_empty());
        all.into_iter().collect()
    }
}

/// Waits for what another process does; nothing is asserted of how long it takes.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "{what} never came"
        );
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

#[test]
fn the_loop_closes_through_an_outside_trainer_and_a_server_on_its_checkpoints() {
    let stage = stage("", 0);
    let report = stage
        .caco(&["run", "loop.yaml", "-o", "run", "--json"])
        .expect(0)
        .json();
    let starts = stage.lines("starts.jsonl");
    let stages: Vec<&str> = starts
        .iter()
        .map(|start| start["stage"].as_str().unwrap())
        .collect();
    assert_eq!(stages, ["tune", "train", "train"]);
    assert!(
        starts
            .iter()
            .all(|start| start["examples"].as_u64().unwrap() > 5),
        "{starts:?}"
    );
    // The generator, the untouched base and both students, each served once, and none of them left.
    let served = stage.lines("served.jsonl");
    let names: Vec<&str> = served
        .iter()
        .map(|start| start["model"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(
        names[0].starts_with("r1-codegen-") && names[1] == "base",
        "{names:?}"
    );
    assert!(
        names[2].starts_with("student-seeds-") && names[3].starts_with("student-loop-"),
        "{names:?}"
    );
    for start in &served {
        let port = u16::try_from(start["port"].as_u64().unwrap()).unwrap();
        assert!(
            TcpStream::connect(("127.0.0.1", port)).is_err(),
            "{start} is still there"
        );
    }
    let scores = report["scores"][0]["students"].as_array().unwrap();
    let students: Vec<&str> = scores
        .iter()
        .map(|score| score["student"].as_str().unwrap())
        .collect();
    assert_eq!(students, ["before", "seeds", "loop"]);
    assert!(
        scores
            .iter()
            .all(|score| score["overall"]["correct"].as_u64().unwrap() > 0),
        "{scores:?}"
    );
    // Each step of the trainer is an event.
    let events = stage.lines("run/events.jsonl");
    let steps = events
        .iter()
        .filter(|event| event["event"] == "training" && event["stage"] == "tune");
    let steps: Vec<u64> = steps.map(|event| event["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, [1, 2, 3, 4, 5, 6]);
    // The model folder holds the model and the story of its training, and nothing else.
    let models = stage.scene.path().join("run/models");
    let codegen = std::fs::read_dir(&models).unwrap().flatten().find(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("r1-codegen-") && entry.path().is_dir()
    });
    let codegen = codegen.unwrap().path();
    for (name, there) in [
        ("model.safetensors", true),
        ("caco.json", true),
        ("training/trainer.log", true),
        ("training/settings.json", true),
        ("training_args.bin", false),
        ("checkpoint-3", false),
    ] {
        assert_eq!(codegen.join(name).exists(), there, "{name}");
    }
    // The same command again finds everything done, and starts nothing.
    let before = (stage.results(), stage.server.counts().received);
    stage.caco(&["run", "loop.yaml", "-o", "run"]).expect(0);
    assert_eq!(stage.lines("starts.jsonl").len(), 3);
    assert_eq!(stage.lines("served.jsonl").len(), 4);
    assert_eq!((stage.results(), stage.server.counts().received), before);
    let replayed = stage.caco(&["replay", "run", "--json"]).expect(0).json();
    assert_eq!(replayed["different"], serde_json::json!([]));
}

#[test]
fn a_trainer_that_crashes_goes_on_from_its_newest_checkpoint() {
    let stage = stage(", crash: tune", 0);
    let shown = stage
        .caco(&[
            "run",
            "loop.yaml",
            "-o",
            "run",
            "--set",
            "stages.skip=[train, evaluate]",
        ])
        .expect(0);
    assert!(
        shown
            .stderr
            .contains("ended with exit code 1 and is started again"),
        "{shown}"
    );
    let starts = stage.lines("starts.jsonl");
    assert_eq!(starts.len(), 2);
    assert_eq!(starts[0]["resume"], "");
    assert!(
        starts[1]["resume"]
            .as_str()
            .unwrap()
            .ends_with("checkpoint-3"),
        "{starts:?}"
    );
}

#[test]
fn a_trainer_that_never_works_stops_the_run_with_its_last_lines() {
    let stage = stage(", broken: true", 0);
    let args = [
        "run",
        "loop.yaml",
        "-o",
        "run",
        "--set",
        "trainer.restarts=1",
    ];
    let shown = stage.caco(&args).expect(4);
    assert!(shown.stderr.contains("ended with exit code 3"), "{shown}");
    assert!(
        shown.stderr.contains("Traceback: it never works"),
        "{shown}"
    );
    assert!(shown.stderr.contains("trainer.log"), "{shown}");
    assert_eq!(stage.lines("starts.jsonl").len(), 2);
}

#[test]
fn training_goes_on_without_us_and_is_taken_up_again() {
    let dir = tempfile::tempdir().unwrap();
    let gate = dir.path().join("gate");
    assert!(
        Command::new("mkfifo")
            .arg(&gate)
            .status()
            .unwrap()
            .success()
    );
    let stage = stage(&format!(", gate: {}", gate.display()), 0);
    let skip = "stages.skip=[train, evaluate]";
    let args = [
        "run",
        "loop.yaml",
        "-o",
        "run",
        "--no-progress",
        "--set",
        skip,
    ];
    let mut child = stage.scene.start(&args);
    until("the checkpoint", || {
        let log = std::fs::read_dir(stage.scene.path().join("run/models"))
            .into_iter()
            .flatten()
            .flatten();
        log.into_iter()
            .any(|entry| entry.path().join("output/checkpoint-3").is_dir())
    });
    kill_group(&mut child);
    let mut again = stage.scene.start(&["resume", "run", "--no-progress"]);
    until("the trainer that is followed", || {
        let log = std::fs::read_to_string(stage.scene.path().join("stderr.log")).unwrap();
        log.contains("is still at work and is followed")
    });
    std::fs::write(&gate, "go\n").unwrap();
    let log = || std::fs::read_to_string(stage.scene.path().join("stderr.log")).unwrap();
    assert!(again.wait().unwrap().success(), "{}", log());
    assert_eq!(stage.lines("starts.jsonl").len(), 1);
    assert!(!stage.results().is_empty());
}

#[test]
fn a_dry_run_prints_the_command_and_what_it_makes_is_taken_up() {
    let stage = stage("", 0);
    let skip = "stages.skip=[train, evaluate]";
    let args = ["run", "loop.yaml", "-o", "run", "--set", skip];
    let shown = stage.caco(&[&args[..], &["--dry-run"]].concat()).expect(0);
    assert!(stage.lines("starts.jsonl").is_empty());
    let command = shown
        .stdout
        .trim()
        .replace("[DIR]", &stage.scene.path().to_string_lossy());
    let status = Command::new("sh").args(["-c", &command]).status().unwrap();
    assert!(status.success(), "{shown}");
    stage.caco(&args).expect(0);
    assert_eq!(stage.lines("starts.jsonl").len(), 1);
    // Nothing is left to train.
    let shown = stage.caco(&[&args[..], &["--dry-run"]].concat()).expect(2);
    assert!(shown.stderr.contains("no outside training left"), "{shown}");
}

#[test]
fn a_server_that_dies_is_started_again_and_nothing_changes() {
    let skip = "stages.skip=[train, evaluate]";
    let args = ["run", "loop.yaml", "-o", "run", "--set", skip];
    let calm = stage("", 0);
    calm.caco(&args).expect(0);
    let shaken = stage("", 20);
    shaken.caco(&args).expect(0);
    assert_eq!(shaken.lines("served.jsonl").len(), 2);
    assert_eq!(calm.results(), shaken.results());
}

#[test]
fn a_server_does_not_outlive_a_run_that_is_killed() {
    let stage = stage("", 0);
    let mut child = stage
        .scene
        .start(&["run", "loop.yaml", "-o", "run", "--no-progress"]);
    until("the server", || !stage.lines("served.jsonl").is_empty());
    // The process alone: a group's signal would reach nothing of the server, which has a group of its own.
    child.kill().unwrap();
    child.wait().unwrap();
    let start = &stage.lines("served.jsonl")[0];
    let process = PathBuf::from(format!("/proc/{}", start["pid"]));
    until("the end of the server", || !process.exists());
}

#[test]
fn settings_that_cannot_work_are_refused_before_anything_is_done() {
    let stage = stage("", 0);
    for (sets, code, said) in [
        (
            vec![
                "trainer.kind=trl",
                "trainer.command=[]",
                "trainer.python=/no/python",
            ],
            3,
            "/no/python cannot be started",
        ),
        (
            vec!["trainer.kind=trl", "trainer.command=[]", "trainer.gpus=3"],
            2,
            "128 is no multiple of 24",
        ),
        (
            vec!["trainer.kind=trl"],
            2,
            "only `kind: command` starts it",
        ),
        (
            vec!["trainer.command=[no-such-program]"],
            3,
            "`no-such-program`, is not there",
        ),
        (
            vec!["trainer.kind=embedded"],
            2,
            "`small` is weights for an outside trainer",
        ),
        (
            vec!["tune.training.epochs=3"],
            2,
            "settings of the embedded trainer",
        ),
        (
            vec!["trainer.nodes=2"],
            2,
            "several machines have to know where they meet",
        ),
        (vec!["solve.model=small"], 2, "this stage does not ask"),
        (
            vec!["serve.client.base_url=http://h/v1"],
            2,
            "take `base_url` and `model` out",
        ),
        (vec!["serve.kind=vllm"], 2, "only `kind: command` starts it"),
        (vec!["trainer.tune.lr=0"], 2, "must be above 0"),
        (vec!["trainer.tune.lerning=0"], 2, "unknown key"),
    ] {
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
        let shown = stage
            .caco(&[&["run", "loop.yaml", "-o", "run"], &sets[..]].concat())
            .expect(code);
        assert!(shown.stderr.contains(said), "{said}: {shown}");
    }
    assert!(stage.lines("starts.jsonl").is_empty());
    assert_eq!(stage.server.counts().received, 0);
}
