//! Techniques by which a program may try to get out, to stay, to forge, to starve others or to spoil the next program: one
//! row each, in `containment/`. Each row runs at every level of isolation that the machine offers; after each, ordinary
//! programs run in the same pool and must give what they give in a fresh one, and no process and no file may be left.
//!
//! `cargo test -p caco-sandbox --test containment -- --nocapture` shows what was passed over and what is known not to hold.
#![cfg(target_os = "linux")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test suite"
)]

mod common;

#[path = "containment/case.rs"]
mod case;
#[path = "containment/files.rs"]
mod files;
#[path = "containment/forging.rs"]
mod forging;
#[path = "containment/interpreter.rs"]
mod interpreter;
#[path = "containment/kernel.rs"]
mod kernel;
#[path = "containment/network.rs"]
mod network;
#[path = "containment/persistence.rs"]
mod persistence;
#[path = "containment/processes.rs"]
mod processes;
#[path = "containment/resources.rs"]
mod resources;
#[path = "containment/runner.rs"]
mod runner;
#[path = "containment/surroundings.rs"]
mod surroundings;

use case::Case;
use runner::{Control, ONLY_MODES, Runner};
use std::collections::HashSet;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

const ORDINARY: Control = Control {
    program: common::CONTROL,
    answer: "42",
    module: None,
};

fn groups() -> [(&'static str, &'static [Case]); 9] {
    [
        ("interpreter", interpreter::CASES),
        ("forging", forging::CASES),
        ("processes", processes::CASES),
        ("resources", resources::CASES),
        ("files", files::CASES),
        ("network", network::CASES),
        ("kernel", kernel::CASES),
        ("persistence", persistence::CASES),
        ("numeric persistence", persistence::NUMERIC_CASES),
    ]
}

#[test]
fn the_tables_are_large_and_their_names_unique() {
    let mut names = HashSet::new();
    for (group, cases) in groups() {
        eprintln!("{group}: {} techniques", cases.len());
        for case in cases {
            assert!(names.insert(case.name), "{} is there twice", case.name);
        }
    }
    eprintln!("{} techniques", names.len());
    assert!(names.len() >= 80);
}

#[test]
fn at_level_strict_no_case_falls_back_to_what_holds_without_layers() {
    for case in groups().iter().flat_map(|(_, cases)| cases.iter()) {
        assert!(case.is_decided_at_strict(), "{}", case.name);
    }
}

/// Number of the user and group without rights that systems have.
const NOBODY: u32 = 65_534;

/// The groups in which the user matters, once more, in a process of an ordinary user: without the rights to write a control
/// group or to make namespaces but for those of users, and with files that belong to another.
#[test]
fn as_an_ordinary_user() {
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        eprintln!("SKIPPED: this is an ordinary user already");
        return;
    }
    let python = std::env::var("CACO_TEST_PYTHON").unwrap_or("/usr/bin/python3".into());
    let as_nobody = |program: &std::path::Path| {
        let mut command = Command::new(program);
        command.uid(NOBODY).gid(NOBODY).current_dir("/");
        command
    };
    let can = as_nobody(python.as_ref())
        .args(["-c", "import ctypes"])
        .stderr(Stdio::null())
        .status();
    if !can.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: {python} cannot be used by user {NOBODY}");
        return;
    }
    // The folder of the build may be closed to others.
    let folder = tempfile::tempdir().unwrap();
    let open = || std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open()).unwrap();
    let suite = folder.path().join("suite");
    std::fs::copy(std::env::current_exe().unwrap(), &suite).unwrap();
    std::fs::set_permissions(&suite, open()).unwrap();
    let groups = [
        "forging_the_result",
        "making_and_hurting_processes",
        "using_up_what_there_is",
        "reading_and_leaving_files",
        "talking_to_others",
        "asking_the_kernel",
    ];
    let output = as_nobody(&suite)
        .args(["--exact", "--nocapture"])
        .args(groups)
        .env("CACO_TEST_PYTHON", &python)
        .env(ONLY_MODES, "best,none")
        .env_remove("TMPDIR")
        .output()
        .unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        text.contains(&format!("test result: ok. {} passed", groups.len())),
        "{text}"
    );
}

#[test]
fn reaching_into_the_interpreter() {
    Runner::new(interpreter::CASES, &[ORDINARY]).run();
}

#[test]
fn forging_the_result() {
    Runner::new(forging::CASES, &[ORDINARY]).run();
}

#[test]
fn making_and_hurting_processes() {
    Runner::new(processes::CASES, &[ORDINARY]).run();
}

#[test]
fn using_up_what_there_is() {
    Runner::new(resources::CASES, &[ORDINARY]).run();
}

#[test]
fn reading_and_leaving_files() {
    Runner::new(files::CASES, &[ORDINARY]).run();
}

#[test]
fn talking_to_others() {
    Runner::new(network::CASES, &[ORDINARY]).run();
}

#[test]
fn asking_the_kernel() {
    Runner::new(kernel::CASES, &[ORDINARY]).run();
}

#[test]
fn spoiling_the_next_program() {
    Runner::new(persistence::CASES, &persistence::CONTROLS)
        .also_in(runner::COMPARED)
        .run();
}

#[test]
fn spoiling_the_next_program_that_computes_with_packages() {
    Runner::new(persistence::NUMERIC_CASES, &persistence::NUMERIC_CONTROLS)
        .also_in(runner::COMPARED)
        .run();
}
