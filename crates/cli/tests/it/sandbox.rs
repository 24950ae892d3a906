//! `caco sandbox`: whole commands, and what a kill leaves.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

fn caco(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_caco"));
    command
        .current_dir(folder)
        .args(["--no-progress", "sandbox"])
        .stderr(Stdio::null());
    command
}

fn exec(folder: &Path, python: &str) -> Command {
    let mut command = caco(folder);
    command.args([
        "exec",
        "--in",
        "in.jsonl",
        "--out",
        "out.jsonl",
        "--workers",
        "2",
    ]);
    command.args(["--python", python, "--json"]);
    command
}

/// Processes whose command line holds `mark`.
fn processes_with(mark: &str) -> usize {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines
        .filter(|line| String::from_utf8_lossy(line).contains(mark))
        .count()
}

/// An interpreter under a name of its own, so that its processes can be told from others.
fn named_python(folder: &Path) -> String {
    let output = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .unwrap();
    let real = String::from_utf8(output.stdout).unwrap();
    let path = folder.join("python-of-this-test");
    std::os::unix::fs::symlink(real.trim(), &path).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn killed_at_random_moments_exec_goes_on_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let python = named_python(folder);
    let programs: String = (0..4000)
        .map(|i| {
            let code = match i % 40 {
                7 => format!("import os\\nos._exit({})", i % 100),
                _ => format!("input = {{'n': {i}}}\\noutput = sum(range(input['n']))"),
            };
            format!("{{\"id\": {i}, \"code\": \"{code}\"}}\n")
        })
        .collect();
    std::fs::write(folder.join("in.jsonl"), programs).unwrap();
    let part = folder.join("out.jsonl.part");
    let length = || std::fs::metadata(&part).map_or(0, |about| about.len());
    for _ in 0..5 {
        let before = length();
        let mut child = exec(folder, &python).stdout(Stdio::null()).spawn().unwrap();
        while length() <= before && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // Each process goes once it sees its socket end: wait for that, for as long as it takes.
        while processes_with("python-of-this-test") > 0 {
            std::thread::yield_now();
        }
        if folder.join("out.jsonl").exists() {
            break;
        }
    }
    if !folder.join("out.jsonl").exists() {
        let output = exec(folder, &python).output().unwrap();
        assert!(output.status.success());
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(summary["rows"], 4000);
        assert!(summary["resumed"].as_u64().unwrap() > 0, "{summary}");
    }
    let text = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
    let rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 4000);
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(row["id"], i);
        match i % 40 {
            7 => assert_eq!(
                (&row["status"], &row["exit_code"]),
                (&"crash".into(), &(i % 100).into())
            ),
            _ => assert_eq!(row["output"], (0..i).sum::<usize>(), "{row}"),
        }
    }
}

#[test]
fn one_program_and_its_account() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("good.py"),
        "input = {'a': 2}\noutput = input['a'] * 21\nprint(output)\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("bad.py"), "x = 1\ny = x / 0\n").unwrap();
    let run = |file: &str, more: &[&str]| {
        let output = caco(folder.path())
            .args(["run", file, "--python", "python3"])
            .args(more)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (code, text) = run("good.py", &[]);
    assert_eq!(code, Some(0));
    assert!(
        text.starts_with("status      ok\nanswer      42\ninput       {\"a\":2}\nstdout      42\n"),
        "{text}"
    );
    let (code, text) = run("bad.py", &[]);
    assert_eq!(code, Some(1));
    assert!(
        text.contains("error       ZeroDivisionError: division by zero (line 2)"),
        "{text}"
    );
    let (code, text) = run("good.py", &["--json"]);
    let outcome: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &outcome["output"]), (Some(0), &42.into()));
    let (code, _) = run("good.py", &["--via", "magic"]);
    assert_eq!(code, Some(2));
    let (code, _) = run("missing.py", &[]);
    assert_eq!(code, Some(2));
}
