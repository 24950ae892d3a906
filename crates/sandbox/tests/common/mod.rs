//! What the suites share. Each suite uses a part of it.
#![allow(dead_code, reason = "each suite uses a part of it")]

use caco_sandbox::{Config, Limits, Outcome, Sandbox};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// The defaults with the interpreter that CACO_TEST_PYTHON names, if it does. With CACO_TEST_COMPARE, as on interpreters that
/// do not count the changes of dictionaries.
pub fn defaults() -> Config {
    let config = Config::default();
    Config {
        python: std::env::var_os("CACO_TEST_PYTHON").map_or(config.python, Into::into),
        count_changes: std::env::var_os("CACO_TEST_COMPARE").is_none(),
        ..config
    }
}

/// Small limits, one worker.
pub fn config() -> Config {
    Config {
        workers: 1,
        limits: Limits {
            cpu_seconds: 5.0,
            ..Limits::default()
        },
        ..defaults()
    }
}

/// [`config`] with these CPU and wall seconds.
pub fn seconds(cpu_seconds: f64, wall_seconds: f64) -> Config {
    Config {
        limits: Limits {
            cpu_seconds,
            wall_seconds,
            ..Limits::default()
        },
        ..config()
    }
}

pub fn run_in(sandbox: &Sandbox, programs: &[&str]) -> Vec<Outcome> {
    sandbox
        .run(programs, &|_| {}, &AtomicBool::new(false))
        .unwrap()
}

pub fn run_with(config: Config, program: &str) -> Outcome {
    run_in(&Sandbox::start(config).unwrap(), &[program]).remove(0)
}

pub fn run(program: &str) -> Outcome {
    run_with(config(), program)
}

/// An ordinary program and the text of its answer: the control that must pass whatever ran before.
pub const CONTROL: &str = "input = {'a': 6, 'b': 7}\n\ndef solve(a, b):\n    return a * b\n\noutput = solve(**input)\nprint(output)\n";

/// Numbers of all processes whose command line contains `mark` (forked children share their parent's).
pub fn processes_with(mark: &str) -> Vec<u32> {
    let own = std::process::id();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers =
        entries.filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
    let has_mark = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(mark)
    };
    numbers.filter(|pid| *pid != own).filter(has_mark).collect()
}

/// A site folder whose path marks the processes of one test.
pub fn marked(folder: &Path) -> (Config, String) {
    let site = folder.join("packages");
    std::fs::create_dir_all(&site).unwrap();
    let mark = site.to_string_lossy().into_owned();
    (
        Config {
            site: Some(site),
            scratch: Some(folder.join("scratch")),
            ..config()
        },
        mark,
    )
}
