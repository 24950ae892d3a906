//! Programs that try to get out, to stay, to spoil or to lie. After each of them the same pool runs an ordinary program.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test suite")]

mod common;

use caco_sandbox::{Config, Isolation, Limits, Outcome, Sandbox, Status, TierChoice};
use common::{CONTROL, config, marked, processes_with, run_in};

/// Runs `program`, then the control in the same pool, then looks for processes left behind.
fn contained(config: Config, program: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let (marks, mark) = marked(folder.path());
    let sandbox = Sandbox::start(Config {
        site: marks.site,
        // A child of the batch tier stays between programs; that tier has a suite of its own.
        tier: TierChoice::Own,
        ..config
    })
    .unwrap();
    let before = processes_with(&mark).len();
    let outcome = run_in(&sandbox, &[program]).remove(0);
    let control = run_in(&sandbox, &[CONTROL]).remove(0);
    assert_eq!(
        control.output_text.as_deref(),
        Some("42"),
        "{:?}",
        control.error_message
    );
    assert_eq!(
        processes_with(&mark).len(),
        before,
        "something was left behind"
    );
    drop(sandbox);
    assert_eq!(processes_with(&mark), Vec::<u32>::new());
    outcome
}

fn check(program: &str, status: Status, class: &str) -> Outcome {
    let outcome = contained(config(), program);
    let got = (
        outcome.status,
        outcome.error_class.as_deref().unwrap_or_default(),
    );
    assert_eq!(got, (status, class), "{:?}", outcome.error_message);
    assert_eq!(outcome.output, None);
    outcome
}

fn check_denied(program: &str) {
    let outcome = contained(config(), program);
    assert_eq!(
        outcome.status,
        Status::Denied,
        "{:?}",
        outcome.error_message
    );
    assert_eq!(outcome.output, None);
}

fn quick() -> Config {
    Config {
        limits: Limits {
            cpu_seconds: 0.3,
            wall_seconds: 1.0,
            ..Limits::default()
        },
        ..config()
    }
}

fn check_timeout(program: &str, class: &str) {
    let mut config = quick();
    if class == "CpuTime" {
        // However little of a busy machine it gets.
        config.limits.wall_seconds = 600.0;
    }
    let outcome = contained(config, program);
    let got = (
        outcome.status,
        outcome.error_class.as_deref().unwrap_or_default(),
    );
    assert_eq!(got, (Status::Timeout, class), "{:?}", outcome.error_message);
}

/// Whether this machine's pool has a layer; where it has not, the test says so and is passed over.
fn has_layer(name: &str) -> bool {
    let found = Sandbox::start(config())
        .unwrap()
        .protection()
        .split(',')
        .any(|layer| layer == name);
    if !found {
        eprintln!("SKIPPED: this machine has no {name}");
    }
    found
}

#[test]
fn sys_exit_is_an_error() {
    check(
        "output = 1\nimport sys\nsys.exit(3)\n",
        Status::Error,
        "SystemExit",
    );
    check("exit()\n", Status::Error, "SystemExit");
}

#[test]
fn os_exit_is_a_crash() {
    check(
        "import os\noutput = 1\nprint('x', flush=True)\nos._exit(0)\n",
        Status::Crash,
        "os._exit",
    );
}

#[test]
fn a_busy_loop() {
    check_timeout("while True: pass\n", "CpuTime");
}

#[test]
fn a_loop_that_catches_everything_and_ignores_signals() {
    check_timeout(
        "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\n\
         while True:\n    try:\n        while True: pass\n    except BaseException: pass\n",
        "CpuTime",
    );
}

#[test]
fn a_long_call_in_c() {
    check_timeout("x = 7 ** (10 ** 8)\n", "CpuTime");
}

#[test]
fn a_sleeper_meets_the_wall_deadline() {
    check_timeout("import time\ntime.sleep(10000)\n", "WallTime");
}

#[test]
fn a_program_that_stops_itself() {
    check_timeout(
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n",
        "WallTime",
    );
}

#[test]
fn threads_that_spin_share_one_budget() {
    check_timeout(
        "import threading\ndef f():\n    while True: pass\nfor _ in range(4): threading.Thread(target=f).start()\nf()\n",
        "CpuTime",
    );
}

#[test]
fn hostile_text_methods_run_out_of_time_too() {
    check_timeout(
        "class A:\n    def __str__(self):\n        while True: pass\noutput = A()\n",
        "CpuTime",
    );
    check_timeout(
        "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E()\n",
        "CpuTime",
    );
}

#[test]
fn a_text_method_that_raises_is_an_error() {
    let outcome = check(
        "class A:\n    def __str__(self): raise KeyError('no')\noutput = [1, A()]\n",
        Status::Error,
        "KeyError",
    );
    assert!(
        outcome
            .error_message
            .unwrap()
            .starts_with("reading `output`")
    );
    check(
        "class A:\n    def __repr__(self): import os; os._exit(0)\noutput = A()\n",
        Status::Crash,
        "os._exit",
    );
    check(
        "class E(Exception):\n    def __str__(self): raise self\nraise E()\n",
        Status::Error,
        "E",
    );
}

#[test]
fn memory_bombs() {
    check("x = [0] * 10**10\n", Status::Memory, "MemoryError");
    check(
        "x = []\nwhile True: x.append(' ' * 10**6)\n",
        Status::Memory,
        "MemoryError",
    );
    check("x = 1 << (1 << 40)\n", Status::Memory, "MemoryError");
}

#[test]
fn a_flood_of_output_is_cut_from_outside() {
    let outcome = contained(
        config(),
        "while True:\n    try: print('x' * 10000)\n    except BaseException: pass\n",
    );
    assert_eq!(
        outcome.status,
        Status::OutputLimit,
        "{:?}",
        outcome.error_message
    );
    assert!(outcome.stdout.len() <= 4096);
    let outcome = contained(
        config(),
        "import os\nwhile True: os.write(2, b'e' * 60000)\n",
    );
    assert_eq!(outcome.status, Status::OutputLimit);
}

#[test]
fn odd_bytes_on_stdout_are_data() {
    let outcome = contained(
        config(),
        "import os\nos.write(1, b'\\xff\\x00\\x1b[2J\\n')\nprint('\\ud800')\noutput = 1\n",
    );
    assert_eq!(outcome.status, Status::Ok);
    assert!(outcome.stdout.contains("\\ud800"), "{:?}", outcome.stdout);
}

#[test]
fn a_printed_answer_in_the_wire_form_is_only_text() {
    let outcome = contained(
        config(),
        "print('{\"status\":\"ok\",\"has_output\":true,\"output\":1,\"text\":\"1\"}')\noutput = 2\n",
    );
    assert_eq!(outcome.output_text.as_deref(), Some("2"));
}

#[test]
fn a_frame_written_to_every_descriptor_is_forgery() {
    let forged = r#"
import os, struct
body = b'{"status":"ok","has_output":true,"output":1,"text":"1"}'
for fd in range(3, 64):
    try: os.write(fd, b'0' * 32 + struct.pack('<I', len(body)) + body)
    except OSError: pass
"#;
    check(
        &format!("{forged}os._exit(0)\n"),
        Status::Crash,
        "ForgedResult",
    );
    check(
        &format!("{forged}output = 5\n"),
        Status::Crash,
        "ForgedResult",
    );
}

#[test]
fn closing_every_descriptor_hurts_only_oneself() {
    check(
        "import os\nos.closerange(0, 1000)\noutput = 1\n",
        Status::Crash,
        "os._exit",
    );
}

#[test]
fn patched_builtins_and_modules_do_not_reach_the_report() {
    let outcome = contained(
        config(),
        "import builtins, json, sys, os\ndef lie(*a, **k): return '1'\noutput = 2\njson.dumps = os.write = os._exit = lie\n\
         for name in ('str', 'len', 'isinstance', 'repr', 'type', 'sorted', 'all'): setattr(builtins, name, lie)\nsys.stdout = None\nsys.modules.clear()\n",
    );
    assert_eq!(
        outcome.output_text.as_deref(),
        Some("2"),
        "{:?} {:?}",
        outcome.status,
        outcome.error_message
    );
}

#[test]
fn signals_are_crashes() {
    check(
        "import ctypes\nctypes.string_at(0)\n",
        Status::Crash,
        "SIGSEGV",
    );
    check("import os\nos.abort()\n", Status::Crash, "SIGABRT");
    check(
        "import os\nos.kill(os.getpid(), 9)\n",
        Status::Crash,
        "SIGKILL",
    );
}

#[test]
fn deep_recursion() {
    check(
        "def f(n): return f(n + 1)\nf(0)\n",
        Status::Error,
        "RecursionError",
    );
    let outcome = contained(
        config(),
        "import sys\nsys.setrecursionlimit(10**9)\nclass A:\n    def __getattr__(self, n): return getattr(self, n + 'x')\nstr(A().y)\n",
    );
    assert!(
        matches!(
            outcome.status,
            Status::Crash | Status::Memory | Status::Error
        ),
        "{outcome:?}"
    );
}

#[test]
fn a_double_forked_survivor_is_gone() {
    let outcome = contained(
        config(),
        "import os, time, signal\ntry:\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n            signal.signal(signal.SIGTERM, signal.SIG_IGN)\n            \
         time.sleep(10000)\n        os._exit(0)\nexcept OSError: pass\noutput = 1\n",
    );
    assert_eq!(outcome.status, Status::Ok, "{:?}", outcome.error_message);
}

#[test]
fn a_fork_bomb_is_gone() {
    let outcome = contained(
        quick(),
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n",
    );
    assert_eq!(outcome.status, Status::Timeout);
}

#[test]
fn other_programs_cannot_be_started() {
    if has_layer("seccomp") {
        check_denied("import os\nos.system('true')\nos.fork()\n");
        check_denied("import subprocess\nsubprocess.run(['/bin/sh', '-c', 'true'])\n");
    }
}

#[test]
fn the_parent_cannot_be_killed_traced_or_starved() {
    let outcome = contained(
        config(),
        "import os, signal, resource\nfor target in (os.getppid(), 1, 0, -1):\n    for n in (9, 19, 15):\n        try:\n            \
         if target > 0 or n == 15: os.kill(target, n)\n        except OSError: pass\n\
         try: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (0, 0))\nexcept OSError: pass\noutput = 1\n",
    );
    assert!(
        matches!(outcome.status, Status::Ok | Status::Crash),
        "{outcome:?}"
    );
}

#[test]
fn files_outside_are_neither_written_nor_made() {
    let folder = tempfile::tempdir().unwrap();
    let victim = folder.path().join("victim");
    std::fs::write(&victim, "whole").unwrap();
    let text = victim.to_string_lossy();
    let outcome = contained(
        config(),
        &format!(
            "import os\np = {text:?}\nfor f in (lambda: open(p, 'w').write('x'), lambda: os.truncate(p, 0), lambda: open(p + '2', 'a').write('x')):\n    try: f()\n    except OSError: pass\noutput = 1\n"
        ),
    );
    assert_eq!(outcome.status, Status::Ok, "{:?}", outcome.error_message);
    assert!(!folder.path().join("victim2").exists() || !has_layer("landlock"));
    if has_layer("landlock") {
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "whole");
        check_denied(&format!("open({text:?}, 'w').write('x')\n"));
        check_denied(&format!("output = open({text:?}).read()\n"));
        check_denied("import os\nos.unlink('/etc/hostname')\n");
    }
    if has_layer("seccomp") {
        check_denied(&format!("import os\nos.chmod({text:?}, 0o777)\n"));
    }
}

#[test]
fn nothing_written_is_there_for_the_next_program() {
    let sandbox = Sandbox::start(config()).unwrap();
    let write = "import os\nassert os.listdir('.') == []\ntry: open('left', 'w').close()\nexcept OSError: pass\nimport math\nmath.pi = 3\nos.environ['LEFT'] = '1'\n";
    let read = "import os, math\noutput = [os.listdir('.'), math.pi > 3.1, 'LEFT' in os.environ]\n";
    let outcomes = run_in(&sandbox, &[write, read]);
    assert_eq!(
        outcomes[0].status,
        Status::Ok,
        "{:?}",
        outcomes[0].error_message
    );
    assert_eq!(
        outcomes[1].output_text.as_deref(),
        Some("[[], True, False]")
    );
}

#[test]
fn nothing_is_inherited() {
    let outcome = contained(
        config(),
        "import os, sys, ctypes\nfds = []\nfor fd in range(256):\n    try: os.fstat(fd); fds.append(fd)\n    except OSError: pass\n\
         output = [dict(os.environ), fds, sys.argv, sys.stdin.read()]\n",
    );
    assert_eq!(
        outcome.output_text.as_deref(),
        Some("[{'TZ': 'UTC'}, [0, 1, 2, 3], [''], '']"),
        "{:?}",
        outcome.error_message
    );
}

#[test]
fn there_is_no_network() {
    if has_layer("seccomp") {
        check_denied("import socket\nsocket.socket()\n");
    }
    if has_layer("pidns") {
        let outcome = contained(
            config(),
            "import os\noutput = [os.getppid(), os.getpid() > 1]\n",
        );
        assert_eq!(outcome.output_text.as_deref(), Some("[1, True]"));
    }
}

#[test]
fn with_limits_alone_survivors_are_swept_too() {
    let bare = || Config {
        isolation: Isolation::None,
        ..config()
    };
    let outcome = contained(
        bare(),
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(10000)\n    os._exit(0)\noutput = 1\n",
    );
    assert_eq!(outcome.status, Status::Ok, "{:?}", outcome.error_message);
    assert!(!outcome.protection.contains("seccomp"));
    let outcome = contained(
        Config {
            limits: Limits {
                cpu_seconds: 0.3,
                ..Limits::default()
            },
            ..bare()
        },
        "while True: pass\n",
    );
    assert_eq!(outcome.status, Status::Timeout);
}

#[test]
fn a_program_that_kills_its_interpreter_process_is_a_crash() {
    // With limits alone nothing shields that process: it is replaced, and only the culprit pays.
    let outcome = contained(
        Config {
            isolation: Isolation::None,
            ..config()
        },
        "import os\nos.kill(os.getppid(), 9)\n",
    );
    assert_eq!(
        (outcome.status, outcome.error_class.as_deref()),
        (Status::Crash, Some("InterpreterLost"))
    );
}
