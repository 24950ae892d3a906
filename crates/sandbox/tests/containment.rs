//! Techniques by which a program may try to get out, to stay, to forge, to starve others or to spoil the next program: one
//! row each, in `containment/`. Each row runs at every level of isolation that the machine offers; after each, ordinary
//! programs run in the same pool and must give what they give in a fresh one, and no process and no file may be left.
//!
//! `cargo test -p caco-sandbox --test containment -- --nocapture` shows what was passed over.
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

/// The groups in which the user matters, once more, in a process of an ordinary user: without the rights to write a control
/// group or to make namespaces but for those of users, and with files that belong to another.
#[test]
fn as_an_ordinary_user() {
    let Some(user) = common::OrdinaryUser::new() else {
        return;
    };
    let groups = [
        "forging_the_result",
        "making_and_hurting_processes",
        "using_up_what_there_is",
        "reading_and_leaving_files",
        "talking_to_others",
        "asking_the_kernel",
    ];
    let mut command = user.command(&["--exact", "--nocapture"]);
    command.args(groups).env(ONLY_MODES, "best,none");
    let text = common::everything_said(command);
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
