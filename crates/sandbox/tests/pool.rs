//! The pool: order, duplicates, stopping, dying interpreters, and nothing left behind.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test suite")]
#![cfg(target_os = "linux")]

mod common;

use caco_sandbox::{Config, Error, Isolation, Limits, Sandbox, Status, Tier, TierChoice};
use common::{config, marked, processes_with, run_in};
use std::cell::RefCell;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn order_is_kept_over_workers_and_duplicates_run_once() {
    let sandbox = Sandbox::start(Config {
        workers: 3,
        ..config()
    })
    .unwrap();
    let texts: Vec<String> = (0..60).map(|i| format!("output = {}\n", i % 20)).collect();
    let programs: Vec<&str> = texts.iter().map(String::as_str).collect();
    let seen = RefCell::new(Vec::new());
    let outcomes = sandbox
        .run(
            &programs,
            &|done| seen.borrow_mut().push(done),
            &AtomicBool::new(false),
        )
        .unwrap();
    let got: Vec<String> = outcomes
        .iter()
        .filter_map(|o| o.output_text.clone())
        .collect();
    let expected: Vec<String> = (0..60).map(|i| (i % 20).to_string()).collect();
    assert_eq!(got, expected);
    assert_eq!(seen.into_inner(), (1..=60).collect::<Vec<usize>>());
    assert_eq!(outcomes[0], outcomes[20], "one run, times included");
    assert!(run_in(&sandbox, &[]).is_empty());
}

#[test]
fn a_stop_flag_kills_what_runs_and_the_pool_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (config, mark) = marked(folder.path());
    let sandbox = Sandbox::start(Config {
        workers: 2,
        limits: Limits {
            cpu_seconds: 3600.0,
            wall_seconds: 3600.0,
            ..Limits::default()
        },
        ..config
    })
    .unwrap();
    let stop = AtomicBool::new(false);
    let forever = [
        "output = 1",
        "while True: pass",
        "import time\ntime.sleep(3600)\n",
    ];
    let result = sandbox.run(&forever, &|_| stop.store(true, Ordering::Relaxed), &stop);
    assert!(matches!(result, Err(Error::Interrupted)), "{result:?}");
    assert_eq!(
        run_in(&sandbox, &["output = 2"])[0].output_text.as_deref(),
        Some("2")
    );
    drop(sandbox);
    assert_eq!(processes_with(&mark), Vec::<u32>::new());
}

#[test]
fn interpreters_killed_at_random_are_replaced_and_no_program_suffers() {
    let folder = tempfile::tempdir().unwrap();
    let (config, mark) = marked(folder.path());
    let sandbox = Sandbox::start(Config {
        workers: 2,
        ..config
    })
    .unwrap();
    let texts: Vec<String> = (0..120)
        .map(|i| format!("output = sum(range({i}))\n"))
        .collect();
    let programs: Vec<&str> = texts.iter().map(String::as_str).collect();
    let kill = |done: usize| {
        if done.is_multiple_of(15) {
            let alive = processes_with(&mark);
            if let Some(pid) = alive.get(done % alive.len().max(1)) {
                let _ = Command::new("kill")
                    .args(["-9", &pid.to_string()])
                    .stderr(Stdio::null())
                    .status();
            }
        }
    };
    let outcomes = sandbox
        .run(&programs, &kill, &AtomicBool::new(false))
        .unwrap();
    for (i, outcome) in outcomes.iter().enumerate() {
        // The child itself may be the one that was hit.
        if outcome.error_class.as_deref() != Some("SIGKILL") {
            assert_eq!(
                outcome.output_text,
                Some((0..i).sum::<usize>().to_string()),
                "{outcome:?}"
            );
        }
    }
    drop(sandbox);
    assert_eq!(processes_with(&mark), Vec::<u32>::new());
}

#[test]
fn settings_out_of_range_are_named() {
    for (config, key) in [
        (
            Config {
                workers: 0,
                ..config()
            },
            "workers",
        ),
        (
            Config {
                limits: Limits {
                    cpu_seconds: f64::NAN,
                    ..Limits::default()
                },
                ..config()
            },
            "cpu_seconds",
        ),
        (
            Config {
                limits: Limits {
                    wall_seconds: -1.0,
                    ..Limits::default()
                },
                ..config()
            },
            "wall_seconds",
        ),
        (
            Config {
                limits: Limits {
                    memory_mb: 1,
                    ..Limits::default()
                },
                ..config()
            },
            "memory_mb",
        ),
    ] {
        let text = Sandbox::start(config).unwrap_err().to_string();
        assert!(text.contains(key), "{text}");
    }
    let text = Sandbox::start(Config {
        python: "/no/such/python".into(),
        ..config()
    })
    .unwrap_err()
    .to_string();
    assert!(
        text.contains("/no/such/python: not found") && text.contains("apt install"),
        "{text}"
    );
}

/// Not a test: the supervisor that the next test kills. It runs until it is killed.
#[test]
#[ignore = "started by the test below"]
fn supervisor_to_be_killed() {
    let Some(folder) = std::env::var_os("SANDBOX_TEST_FOLDER") else {
        return;
    };
    let (config, _) = marked(folder.as_ref());
    let isolate = std::env::var_os("SANDBOX_TEST_BARE").is_none();
    let sandbox = Sandbox::start(Config {
        isolation: if isolate {
            Isolation::Best
        } else {
            Isolation::None
        },
        workers: 2,
        limits: Limits {
            cpu_seconds: 3600.0,
            wall_seconds: 3600.0,
            ..Limits::default()
        },
        ..config
    })
    .unwrap();
    let survivor = "import os, time\ntry:\n    if os.fork() == 0:\n        os.setsid()\nexcept OSError: pass\nwhile True: time.sleep(1)\n";
    let programs = ["output = 1", survivor, "while True: pass", "output = 4"];
    let say = |done| println!("\nsettled {done}");
    let _ = sandbox.run(&programs, &say, &AtomicBool::new(false));
}

#[test]
fn a_killed_supervisor_leaves_nothing_running() {
    for bare in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let (_, mark) = marked(folder.path());
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "supervisor_to_be_killed",
            "--ignored",
            "--nocapture",
        ]);
        command
            .env("SANDBOX_TEST_FOLDER", folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if bare {
            command.env("SANDBOX_TEST_BARE", "1");
        }
        let mut supervisor = command.spawn().unwrap();
        let lines = BufReader::new(supervisor.stdout.take().unwrap()).lines();
        let settled = lines
            .map_while(Result::ok)
            .find(|line| line.starts_with("settled"));
        assert!(
            settled.is_some(),
            "the supervisor did not come to run programs"
        );
        assert!(!processes_with(&mark).is_empty());
        supervisor.kill().unwrap();
        supervisor.wait().unwrap();
        // Each process goes once it sees its socket end: wait for that, for as long as it takes.
        while !processes_with(&mark).is_empty() {
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_hundred_mixed_programs_leave_neither_descriptors_nor_files() {
    let folder = tempfile::tempdir().unwrap();
    let (config, mark) = marked(folder.path());
    let sandbox = Sandbox::start(Config {
        workers: 2,
        limits: Limits {
            cpu_seconds: 0.2,
            ..Limits::default()
        },
        ..config
    })
    .unwrap();
    let mix = [
        "output = {i}",
        "import os; os._exit({i})",
        "1/0 # {i}",
        "print('x' * 70000) # {i}",
        "while True: x = {i}",
    ];
    let texts: Vec<String> = (0..100)
        .map(|i| mix[if i % 20 == 4 { 4 } else { i % 4 }].replace("{i}", &i.to_string()))
        .collect();
    let programs: Vec<&str> = texts.iter().map(String::as_str).collect();
    run_in(&sandbox, &programs[..8]);
    let outcomes = run_in(&sandbox, &programs);
    for (i, outcome) in outcomes
        .iter()
        .enumerate()
        .filter(|(i, _)| i % 4 == 0 && i % 20 != 4)
    {
        assert_eq!(
            (outcome.status, outcome.output_text.clone()),
            (Status::Ok, Some(i.to_string())),
            "{outcome:?}"
        );
    }
    let pipes = || {
        let entries = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        entries
            .filter(|e| {
                std::fs::read_link(e.path()).is_ok_and(|p| p.to_string_lossy().starts_with("pipe:"))
            })
            .count()
    };
    drop(sandbox);
    assert_eq!(processes_with(&mark), Vec::<u32>::new());
    assert_eq!(
        std::fs::read_dir(folder.path().join("scratch"))
            .unwrap()
            .count(),
        0
    );
    // Other tests of this process may hold pipes of their own; a leak would be hundreds.
    assert!(pipes() < 60, "{} pipes are open", pipes());
}

/// What the gate would turn down, in the batch tier all the same.
fn past_the_gate(audit_share: f64) -> Sandbox {
    Sandbox::start(Config {
        tier: TierChoice::Batch,
        audit_share,
        ..config()
    })
    .unwrap()
}

#[test]
fn what_a_program_leaves_changed_is_seen_and_its_answers_are_withheld() {
    let sandbox = past_the_gate(0.0);
    let read = "import math\noutput = math.floor(math.pi * 100)\n";
    let programs = [
        "import math\nmath.pi = 3\noutput = 1\n",
        read,
        "output = 7\n",
    ];
    let outcomes = run_in(&sandbox, &programs);
    let texts: Vec<_> = outcomes.iter().map(|o| o.output_text.as_deref()).collect();
    assert_eq!(texts, [Some("1"), Some("314"), Some("7")]);
    assert_eq!(outcomes[0].tier, Some(Tier::Own));
    assert!(sandbox.statistics().withheld > 0);
}

/// All tests of this file once more, as on interpreters that do not count the changes of dictionaries.
#[test]
fn the_pool_where_contents_are_compared() {
    if std::env::var_os("CACO_TEST_COMPARE").is_some() {
        return;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env("CACO_TEST_COMPARE", "1");
    let text = common::everything_said(command);
    assert!(text.contains("test result: ok."), "{text}");
    assert!(!text.contains(" 0 passed"), "{text}");
}

#[test]
fn an_audit_that_disagrees_gives_the_answers_to_children_of_their_own() {
    // Its answer tells which tier it ran in, so that the two can never agree.
    let odd = "import sys\noutput = type(sys.stdin).__name__\n";
    let sandbox = past_the_gate(1.0);
    let outcomes = run_in(&sandbox, &[odd, "output = 7\n"]);
    assert_eq!(outcomes[0].output_text.as_deref(), Some("TextIOWrapper"));
    assert_eq!(outcomes[0].tier, Some(Tier::Own));
    assert_eq!(outcomes[1].output_text.as_deref(), Some("7"));
    assert_eq!(sandbox.statistics().disagreed, 1);
    assert_eq!(
        run_in(&past_the_gate(0.0), &[odd])[0]
            .output_text
            .as_deref(),
        Some("StringIO"),
        "nothing to disagree about"
    );
}

#[test]
fn a_child_of_the_batch_tier_outlives_programs_that_have_one_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let (config, mark) = marked(folder.path());
    let limits = Limits {
        cpu_seconds: 0.3,
        ..config.limits
    };
    let sandbox = Sandbox::start(Config { limits, ..config }).unwrap();
    let apart =
        sandbox.protection().contains("seccomp") && !sandbox.protection().contains("cgroup_memory");
    let shared = |answer: &str| {
        let outcome = run_in(&sandbox, &[&format!("output = {answer}\n")]).remove(0);
        assert_eq!(
            (outcome.tier, outcome.output_text.as_deref()),
            (Some(Tier::Batch), Some(answer))
        );
        let mut alive = processes_with(&mark);
        alive.sort_unstable();
        alive
    };
    let before = shared("1");
    // An end, two deaths, and a deadline.
    for (own, status) in [
        ("import os\noutput = len(os.listdir('.'))\n", Status::Ok),
        ("import os\nos._exit(3)\n", Status::Crash),
        ("import ctypes\nctypes.string_at(0)\n", Status::Crash),
        ("import os\nwhile os: pass\n", Status::Timeout),
    ] {
        let outcome = run_in(&sandbox, &[own]).remove(0);
        assert_eq!((outcome.status, outcome.tier), (status, Some(Tier::Own)));
    }
    let after = shared("2");
    assert!(!apart || after == before, "{before:?} {after:?}");
    drop(sandbox);
    assert_eq!(processes_with(&mark), Vec::<u32>::new());
}
