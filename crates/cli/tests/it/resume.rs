//! Killed, stopped and resumed runs give the data set of an undisturbed one, byte for byte.

use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use super::scene::{Scene, contents, finished, tiny};

/// How many times a run is killed with `kill -9`.
const KILLS: usize = 10;

/// Waits until `lines` more lines than `before` are in a file. False when the process ended first.
pub fn wait_for_lines(child: &mut Child, file: &Path, before: usize, lines: usize) -> bool {
    loop {
        if count_lines(file) >= before + lines {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        // Only spares the processor; the moment is defined by the lines.
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

fn count_lines(file: &Path) -> usize {
    std::fs::read(file).map_or(0, |bytes| {
        bytes.iter().filter(|byte| **byte == b'\n').count()
    })
}

/// Sends a signal with the system's `kill`; a target that is gone is fine.
fn signal(name: &str, target: &str) {
    Command::new("kill")
        .args([&format!("-{name}"), "--", target])
        .output()
        .unwrap();
}

/// `kill -9` of the process and all of its group.
pub fn kill_group(child: &mut Child) {
    signal("KILL", &format!("-{}", child.id()));
    child.wait().unwrap();
}

/// A small generator of seeded numbers (splitmix64).
pub struct Draw(pub u64);

impl Draw {
    pub fn up_to(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize + 1
    }
}

/// What must be the same: the data set with its views, the ledger of dropped rows, and the card.
fn results(run: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for folder in ["data", "messages", "verl", "rejected"] {
        let own = contents(&run.join(folder)).into_iter();
        all.extend(own.map(|(path, bytes)| (Path::new(folder).join(path), bytes)));
    }
    for file in ["README.md", "caco_reward.py", "dataset_info.json"] {
        all.push((file.into(), std::fs::read(run.join(file)).unwrap()));
    }
    all
}

#[track_caller]
fn assert_same(run: &Path) {
    let expected = results(&finished().0.path().join("run"));
    let found = results(run);
    let names = |files: &[(std::path::PathBuf, Vec<u8>)]| {
        files.iter().map(|file| file.0.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&found), names(&expected));
    for (expected, found) in expected.iter().zip(&found) {
        assert!(expected.1 == found.1, "{} differs", expected.0.display());
    }
}

#[test]
fn killed_at_random_moments_and_resumed_it_ends_with_the_same_bytes() {
    let lines = count_lines(&finished().0.path().join("run/events.jsonl"));
    assert!(
        lines > 30,
        "a run of only {lines} events has no moments to choose from"
    );
    let mut draw = Draw(20);
    let (mut kills, mut runs) = (0, 0);
    while kills < KILLS {
        let scene = Scene::new();
        scene.write("tiny.yaml", &tiny());
        let (run, events) = (
            scene.path().join("run"),
            scene.path().join("run/events.jsonl"),
        );
        runs += 1;
        // Each start is killed after a number of its own events, until one gets to the end.
        loop {
            let before = count_lines(&events);
            let verb: &[&str] = if run.join("config.yaml").is_file() {
                &["resume", "run"]
            } else {
                &["run", "tiny.yaml", "-o", "run"]
            };
            let mut child = scene.start(&[verb, &["--no-progress"]].concat());
            let moment = draw.up_to(lines);
            if kills < KILLS && wait_for_lines(&mut child, &events, before, moment) {
                kill_group(&mut child);
                kills += 1;
                continue;
            }
            let status = child.wait().unwrap();
            let log = std::fs::read_to_string(scene.path().join("stderr.log")).unwrap();
            assert!(status.success(), "after {kills} kills: {status}\n{log}");
            break;
        }
        assert_same(&run);
    }
    eprintln!("{kills} kills in {runs} runs");
}

#[test]
fn ctrl_c_stops_cleanly_and_resume_goes_on() {
    let scene = Scene::new();
    scene.write("tiny.yaml", &tiny());
    let events = scene.path().join("run/events.jsonl");
    let lines = count_lines(&finished().0.path().join("run/events.jsonl"));
    let mut child = scene.start(&["run", "tiny.yaml", "-o", "run", "--no-progress"]);
    assert!(
        wait_for_lines(&mut child, &events, 0, lines / 3),
        "the run ended before it could be stopped"
    );
    signal("INT", &child.id().to_string());
    let status = child.wait().unwrap();
    let log = std::fs::read_to_string(scene.path().join("stderr.log")).unwrap();
    assert_eq!(status.code(), Some(130), "{log}");
    assert!(log.contains("stopping cleanly"), "{log}");
    assert!(log.contains("caco resume"), "{log}");
    assert!(
        !scene.path().join("run/manifest.json").exists(),
        "a stopped run claims to be finished"
    );
    let shown = scene.run(&["resume", "run", "--no-progress"]).expect(0);
    assert!(shown.stderr.contains("going on with"), "{shown}");
    assert_same(&scene.path().join("run"));
}

#[test]
fn the_same_command_goes_on_too_and_a_finished_run_does_nothing_again() {
    let scene = Scene::new();
    scene.write("tiny.yaml", &tiny());
    let events = scene.path().join("run/events.jsonl");
    let mut child = scene.start(&["run", "tiny.yaml", "-o", "run", "--no-progress"]);
    assert!(
        wait_for_lines(&mut child, &events, 0, 12),
        "the run ended before it could be killed"
    );
    kill_group(&mut child);
    scene
        .run(&["run", "tiny.yaml", "-o", "run", "-q"])
        .expect(0);
    assert_same(&scene.path().join("run"));
    let shards = contents(&scene.path().join("run/shards"));
    scene
        .run(&["run", "tiny.yaml", "-o", "run", "-q"])
        .expect(0);
    assert_same(&scene.path().join("run"));
    assert!(
        shards == contents(&scene.path().join("run/shards")),
        "published shards changed"
    );
}
