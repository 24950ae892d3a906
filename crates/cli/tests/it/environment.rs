//! What the machine may lack: `doctor`, and a full disk.

use std::process::Command;

use super::scene::{Scene, tiny};

#[test]
fn doctor_looks_at_everything_and_says_what_to_do() {
    let scene = Scene::new();
    scene.write("tiny.yaml", &tiny());
    let shown = scene.run(&["doctor", "tiny.yaml", "--json"]).expect(0);
    let report = shown.json();
    let checks = report["checks"].as_array().unwrap();
    let names: Vec<&str> = checks
        .iter()
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "cores",
            "memory",
            "disk",
            "cache",
            "python",
            "pip",
            "environment",
            "sandbox",
            "model",
            "gpu"
        ]
    );
    for check in checks {
        assert!(check["ok"] == true, "{check}");
        assert!(
            check["level"] == "ok" || check["remedy"].is_string(),
            "{check}"
        );
    }
}

#[test]
fn doctor_without_python_says_what_to_install() {
    let scene = Scene::new();
    scene.write("tiny.yaml", &tiny());
    let output = scene
        .caco(&["doctor", "tiny.yaml", "--json"])
        .env("CACO_PYTHON", "/nowhere/python3")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let python = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["name"] == "python")
        .unwrap();
    assert_eq!(python["level"], "failed");
    assert!(
        python["remedy"].as_str().unwrap().contains("install"),
        "{python}"
    );
}

#[test]
fn doctor_with_a_cache_folder_that_cannot_be_made() {
    let scene = Scene::new();
    scene.write("tiny.yaml", &tiny());
    let taken = scene.write("taken", "");
    let output = scene
        .caco(&["doctor", "tiny.yaml"])
        .env("XDG_CACHE_HOME", taken)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("missing  cache"), "{text}");
    assert!(text.contains("XDG_CACHE_HOME"), "{text}");
}

#[test]
fn a_run_without_python_is_an_environment_error() {
    let scene = Scene::new();
    scene.write("tiny.yaml", &tiny());
    let output = scene
        .caco(&["run", "tiny.yaml", "-o", "run", "-q"])
        .env("CACO_PYTHON", "/nowhere/python3")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("/nowhere/python3"), "{text}");
}

/// A file system of a few hundred KiB, unmounted on drop.
struct Disk(std::path::PathBuf);

impl Disk {
    /// `None` where this user may not mount one.
    fn of(kib: u32, at: std::path::PathBuf) -> Option<Self> {
        std::fs::create_dir_all(&at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kib}k"), "caco-test"])
            .arg(&at)
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self(at))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

#[test]
fn a_full_disk_is_said_and_after_some_room_is_made_the_run_goes_on() {
    let scene = Scene::new();
    scene.write("tiny.yaml", &tiny());
    let Some(disk) = Disk::of(256, scene.path().join("disk")) else {
        eprintln!("skipped: this user may not mount a small tmpfs");
        return;
    };
    let shown = scene
        .run(&["run", "tiny.yaml", "-o", "disk/run", "-q"])
        .expect(3);
    assert!(shown.stderr.contains("the disk is full"), "{shown}");
    assert!(shown.stderr.contains("caco resume"), "{shown}");
    let grown = Command::new("mount")
        .args(["-o", "remount,size=512m"])
        .arg(&disk.0)
        .status()
        .unwrap();
    assert!(grown.success());
    scene.run(&["resume", "disk/run", "-q"]).expect(0);
}
