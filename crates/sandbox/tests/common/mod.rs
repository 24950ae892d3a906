//! What the suites share. Each suite uses a part of it.
#![allow(dead_code, reason = "each suite uses a part of it")]

use caco_sandbox::{Config, Limits, Outcome, Sandbox};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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

/// Number of the user and group without rights that systems have.
pub const NOBODY: u32 = 65_534;

/// This test binary and an interpreter, for a user without rights.
pub struct OrdinaryUser {
    /// The binary, where that user can run it: the folder of the build may be closed to others.
    pub suite: PathBuf,
    python: String,
    _folder: tempfile::TempDir,
}

impl OrdinaryUser {
    /// None, with the reason said, where this process is no root's or no interpreter can be used by others.
    pub fn new() -> Option<Self> {
        if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
            eprintln!("SKIPPED: this is an ordinary user already");
            return None;
        }
        let python = std::env::var("CACO_TEST_PYTHON").unwrap_or("/usr/bin/python3".into());
        let can = Command::new(&python)
            .args(["-c", "import ctypes"])
            .uid(NOBODY)
            .gid(NOBODY)
            .current_dir("/")
            .stderr(Stdio::null())
            .status();
        if !can.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: {python} cannot be used by user {NOBODY}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let open = || std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open()).unwrap();
        let suite = folder.path().join("suite");
        // By a process of its own: a descriptor of ours that is open for writing may live on in whatever another test is
        // starting, and the copy could not be executed while it does.
        let copied = Command::new("cp")
            .arg(std::env::current_exe().unwrap())
            .arg(&suite)
            .status();
        assert!(copied.unwrap().success());
        std::fs::set_permissions(&suite, open()).unwrap();
        Some(Self {
            suite,
            python,
            _folder: folder,
        })
    }

    /// Runs the binary as that user.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.suite);
        command.uid(NOBODY).gid(NOBODY).args(arguments);
        self.surround(&mut command);
        command
    }

    /// The folder and environment of such a run.
    pub fn surround(&self, command: &mut Command) {
        command
            .current_dir("/")
            .env("CACO_TEST_PYTHON", &self.python)
            .env_remove("TMPDIR");
    }
}

/// What a command wrote to its end, on stdout and stderr.
pub fn everything_said(mut command: Command) -> String {
    let output = command.output().unwrap();
    [output.stdout, output.stderr]
        .map(|part| String::from_utf8_lossy(&part).into_owned())
        .concat()
}
