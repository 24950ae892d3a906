//! `caco answer`, and `sandbox run`.

use super::scene::Scene;

#[test]
fn equal_answers_exit_with_0_and_different_ones_with_1() {
    let scene = Scene::new();
    let shown = scene.run(&["answer", "compare", "1/2", "0.5"]).expect(0);
    assert!(shown.stdout.starts_with("equal"), "{shown}");
    let shown = scene.run(&["answer", "check", "18", "19"]).expect(1);
    assert!(shown.stdout.starts_with("different"), "{shown}");
    let shown = scene
        .run(&["answer", "compare", "-3", "-3.0", "--json"])
        .expect(0);
    assert_eq!(shown.json()["verdict"], "equal");
    assert_eq!(shown.json()["equal"], true);
}

#[test]
fn one_pair_is_explained() {
    insta::assert_snapshot!(
        Scene::new()
            .run(&["answer", "compare", "1,250", "1250"])
            .expect(0)
    );
}

#[test]
fn one_reply_is_explained() {
    let reply = "<think>3?</think>\nShe has 9 * 2 = 18 dollars.\n**Answer:** 18";
    insta::assert_snapshot!(
        Scene::new()
            .run(&["answer", "compare", "--form", "response", "19", reply])
            .expect(1)
    );
}

#[test]
fn an_answer_is_taken_out_of_a_reply() {
    let scene = Scene::new();
    let reply = "She has 9 eggs and sells each for 2 dollars: 9 * 2 = 18. The answer is 18.";
    scene
        .run(&["answer", "check", "--extract", "18", reply])
        .expect(0);
    let shown = scene
        .run(&["answer", "compare", "--form", "response", "18", ""])
        .expect(1);
    assert!(shown.stdout.contains("the reply is empty"), "{shown}");
    let shown = scene.run(&["answer", "extract", reply]).expect(0);
    assert_eq!(shown.stdout, "18\n");
    let shown = scene
        .run(&["answer", "extract", "so \\boxed{1", "--json"])
        .expect(1);
    assert_eq!(shown.json()["missing"], "cut_in_answer");
}

/// Rows of every kind: labelled, with numbers, with fields of our names, blank, and four that are not understood.
const PAIRS: &str = r#"{"id": 1, "gold": "1/2", "pred": "0.5", "equal": true, "note":  1.50}
{"id": 2, "gold": "7", "pred": 8, "equal": true}

{"id": 3, "gold": "3", "pred": null}
not json
{"id": 4, "gold": "3"}
{"id": 5, "gold": [1], "pred": "1"}
["gold", "pred"]
{"id": 6, "gold": "7", "pred": "7", "tier": "core"}
"#;

/// The stderr without the figures of time.
fn steady(shown: &str) -> String {
    let at = shown.find(" in ").unwrap();
    let end = at + shown[at..].find(")").unwrap() + 1;
    format!("{} in [TIME]{}", &shown[..at], &shown[end..])
}

#[test]
fn a_file_of_pairs_is_compared_in_order_and_nothing_is_lost() {
    let scene = Scene::new();
    scene.write("pairs.jsonl", PAIRS);
    let mut shown = scene
        .run(&[
            "answer",
            "compare",
            "--in",
            "pairs.jsonl",
            "--out",
            "verdicts.jsonl",
            "--no-progress",
        ])
        .expect(0);
    assert_eq!(shown.stdout, "");
    shown.stdout = std::fs::read_to_string(scene.path().join("verdicts.jsonl")).unwrap();
    shown.stderr = steady(&shown.stderr);
    insta::assert_snapshot!(shown);
    let again = scene
        .run(&[
            "answer",
            "compare",
            "--in",
            "pairs.jsonl",
            "--out",
            "verdicts.jsonl",
        ])
        .expect(2);
    assert!(again.stderr.contains("--force"), "{again}");
    // Its own output as input: the fields that it set are set anew, the labels stay.
    scene
        .run(&[
            "answer",
            "compare",
            "--in",
            "verdicts.jsonl",
            "--out",
            "again.jsonl",
            "-q",
        ])
        .expect(0);
    let lines = |name: &str| -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(scene.path().join(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let (first, second) = (lines("verdicts.jsonl"), lines("again.jsonl"));
    assert_eq!(first.len(), second.len());
    for (first, second) in first
        .iter()
        .zip(&second)
        .filter(|(row, _)| row["verdict"] != "bad_row")
    {
        for field in [
            "id",
            "equal",
            "verdict",
            "given_equal",
            "given_tier",
            "note",
        ] {
            assert_eq!(first[field], second[field], "{field}");
        }
    }
}

#[test]
fn replies_are_read_from_and_written_to_compressed_files() {
    let scene = Scene::new();
    let rows = r#"{"id": 1, "gold": "12", "pred": "So \\boxed{12} it is."}
{"id": 2, "gold": "12", "pred": "So \\boxed{12"}
{"id": 3, "gold": "12", "pred": "That makes 13 eggs."}
"#;
    scene.write("replies.jsonl", rows);
    let shown = scene
        .run(&[
            "answer",
            "extract",
            "--in",
            "replies.jsonl",
            "--out",
            "found.jsonl.gz",
            "--json",
            "-q",
        ])
        .expect(0);
    let report = shown.json();
    assert_eq!(
        (&report["rows"], &report["bad_rows"]),
        (&3.into(), &0.into())
    );
    assert_eq!(
        report["how"],
        serde_json::json!({"boxed": 1, "last_number": 1})
    );
    assert_eq!(report["missing"], serde_json::json!({"cut_in_answer": 1}));
    let packed = std::fs::read(scene.path().join("found.jsonl.gz")).unwrap();
    assert!(packed.starts_with(&[0x1f, 0x8b]));
    let mut shown = scene
        .run(&[
            "answer",
            "compare",
            "--in",
            "found.jsonl.gz",
            "--out",
            "-",
            "--form",
            "response",
            "--no-progress",
        ])
        .expect(0);
    shown.stderr = steady(&shown.stderr);
    insta::assert_snapshot!(shown);
}

#[test]
fn many_rows_keep_their_order_over_threads() {
    let scene = Scene::new();
    let rows: String = (0..20_000)
        .map(|i| {
            format!(
                "{{\"id\": {i}, \"gold\": \"{i}\", \"pred\": \"{}\"}}\n",
                i + i % 3
            )
        })
        .collect();
    scene.write("pairs.jsonl", &rows);
    let mut outputs = Vec::new();
    for workers in ["1", "4"] {
        let name = format!("out-{workers}.jsonl.zst");
        scene
            .run(&[
                "answer",
                "compare",
                "--in",
                "pairs.jsonl",
                "--out",
                &name,
                "--workers",
                workers,
                "-q",
            ])
            .expect(0);
        let shown = scene
            .run(&["answer", "compare", "--in", &name, "--out", "-", "-q"])
            .expect(0);
        outputs.push(shown.stdout);
    }
    assert_eq!(outputs[0], outputs[1]);
    for (i, line) in outputs[0].lines().enumerate() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&row["id"], &row["equal"]),
            (&i.into(), &(i % 3 == 0).into())
        );
    }
    assert_eq!(outputs[0].lines().count(), 20_000);
}

#[test]
fn a_row_that_waits_in_a_pipe_is_answered_at_once() {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::process::Stdio;
    let scene = Scene::new();
    let mut child = scene
        .caco(&["answer", "compare", "--in", "-", "--out", "-", "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut rows = child.stdin.take().unwrap();
    let mut verdicts = BufReader::new(child.stdout.take().unwrap());
    for i in 0..5 {
        // The next row is written only when the verdict of this one has come.
        writeln!(rows, "{{\"id\": {i}, \"gold\": \"{i}\", \"pred\": \"2\"}}").unwrap();
        rows.flush().unwrap();
        let mut line = String::new();
        verdicts.read_line(&mut line).unwrap();
        let row: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&row["id"], &row["equal"]), (&i.into(), &(i == 2).into()));
    }
    drop(rows);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_policy_comes_from_a_preset_a_file_or_single_fields() {
    let scene = Scene::new();
    scene.write("policy.yaml", "preset: benchmark\n");
    let pair = ["50", "50 %"];
    let compare = |options: &[&str]| scene.run(&[&["answer", "compare"], options, &pair].concat());
    compare(&[]).expect(1);
    compare(&["--policy", "benchmark"]).expect(0);
    compare(&["--policy", "policy.yaml"]).expect(0);
    compare(&["--set", "percent=either"]).expect(0);
    insta::assert_snapshot!(compare(&["--set", "percnt=either"]).expect(2));
    insta::assert_snapshot!(compare(&["--policy", "lenient"]).expect(2));
}

#[test]
fn the_command_line_says_what_goes_together() {
    let scene = Scene::new();
    for args in [
        &["answer", "compare"][..],
        &["answer", "compare", "1"],
        &["answer", "compare", "--in", "x"],
        &["answer", "compare", "1", "2", "--in", "x", "--out", "y"],
        &["answer", "extract", "--out", "y"],
    ] {
        scene.run(args).expect(2);
    }
    let shown = scene
        .run(&["answer", "compare", "--in", "none.jsonl", "--out", "y"])
        .expect(2);
    assert!(shown.stderr.contains("none.jsonl"), "{shown}");
}

/// Whether python3 can import a module.
fn has(module: &str) -> bool {
    let status = std::process::Command::new("python3")
        .args(["-c", &format!("import {module}")])
        .stderr(std::process::Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn undecided_pairs_go_to_the_fallback_and_are_counted() {
    if !has("sympy") {
        eprintln!("skipped: python3 has no sympy");
        return;
    }
    let scene = Scene::new();
    // What no rule of ours decides: an integral.
    let rows = r#"{"gold": "Integral(x, (x, 0, 1))", "pred": "1/2"}
{"gold": "Integral(x, (x, 0, 1))", "pred": "1/3"}
{"gold": "1", "pred": "1"}
"#;
    scene.write("pairs.jsonl", rows);
    let args = ["answer", "compare", "--in", "pairs.jsonl", "--out"];
    let plain = scene.run(&[&args[..], &["-", "-q"]].concat()).expect(0);
    let undecided = plain.stdout.matches("\"verdict\": \"undecided\"").count() as u64;
    assert_eq!(undecided, 2, "{plain}");
    let shown = scene
        .run(
            &[
                &args[..],
                &[
                    "out.jsonl",
                    "--json",
                    "-q",
                    "--fallback",
                    "sympy",
                    "--python",
                    "python3",
                ],
            ]
            .concat(),
        )
        .expect(0);
    let report = shown.json();
    assert_eq!(
        report["fallback"],
        serde_json::json!({"different": 1, "equal": 1}),
        "{shown}"
    );
    assert_eq!(report["tiers"]["fallback"], 2);
    assert_eq!(
        report["verdicts"],
        serde_json::json!({"different": 1, "equal": 2})
    );
    let text = std::fs::read_to_string(scene.path().join("out.jsonl")).unwrap();
    assert_eq!(text.matches("\"tier\": \"fallback\"").count(), 2, "{text}");
}

#[test]
fn a_fallback_without_its_package_says_what_to_install() {
    if has("math_verify") {
        eprintln!("skipped: python3 has math_verify");
        return;
    }
    let scene = Scene::new();
    let shown = scene
        .run(&[
            "answer",
            "compare",
            "Integral(x, (x, 0, 1))",
            "1/2",
            "--fallback",
            "math-verify",
            "--python",
            "python3",
        ])
        .expect(3);
    assert!(shown.stderr.contains("math-verify=="), "{shown}");
}

#[test]
fn a_killed_run_leaves_no_half_file_and_goes_on() {
    use std::io::Write as _;
    use std::process::Stdio;
    let scene = Scene::new();
    let rows: String = (0..200)
        .map(|i| {
            format!(
                "{{\"id\": {i}, \"gold\": \"{i}\", \"pred\": \"{}/2\"}}\n",
                i + 100
            )
        })
        .collect();
    scene.write("pairs.jsonl", &rows);
    let (out, part) = (
        scene.path().join("out.jsonl"),
        scene.path().join("out.jsonl.part"),
    );
    let mut child = scene
        .caco(&["answer", "compare", "--in", "-", "--out", "out.jsonl", "-q"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let half = rows
        .lines()
        .take(90)
        .fold(String::new(), |all, row| all + row + "\n");
    pipe.write_all(half.as_bytes()).unwrap();
    pipe.flush().unwrap();
    // Rows that wait for no more of the input are handed to the system at once.
    while std::fs::read_to_string(&part).map_or(0, |text| text.lines().count()) < 90 {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!out.exists());
    // A row that was cut in the middle is made again.
    let text = std::fs::read_to_string(&part).unwrap();
    std::fs::write(&part, &text[..text.len() - 20]).unwrap();

    let args = ["answer", "compare", "--in", "pairs.jsonl", "--out"];
    // Other settings would mix with what lies there.
    let other = [&args[..], &["out.jsonl", "-q", "--form", "response"]].concat();
    let shown = scene.run(&other).expect(2);
    assert!(shown.stderr.contains("other settings"), "{shown}");
    assert!(!out.exists());

    let shown = scene
        .run(&[&args[..], &["out.jsonl", "-q", "--json"]].concat())
        .expect(0);
    let report = shown.json();
    assert_eq!(
        (&report["rows"], &report["resumed"]),
        (&200.into(), &89.into())
    );
    assert_eq!(
        report["verdicts"],
        serde_json::json!({"different": 199, "equal": 1})
    );
    assert!(!part.exists());
    let whole = scene.run(&[&args[..], &["-", "-q"]].concat()).expect(0);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), whole.stdout);
}

#[test]
fn what_the_fallback_said_is_taken_over() {
    if !has("sympy") {
        eprintln!("skipped: python3 has no sympy");
        return;
    }
    let scene = Scene::new();
    let row = r#"{"gold": "Integral(x, (x, 0, 1))", "pred": "1/2"}"#;
    scene.write("pairs.jsonl", &format!("{row}\n{row}\n"));
    let args = [
        "answer",
        "compare",
        "--in",
        "pairs.jsonl",
        "--out",
        "out.jsonl",
        "--fallback",
        "sympy",
    ];
    let args = [&args[..], &["--python", "python3", "--json", "-q"]].concat();
    scene.run(&args).expect(0);
    let (out, part) = (
        scene.path().join("out.jsonl"),
        scene.path().join("out.jsonl.part"),
    );
    // The first row as an earlier run has left it, with a reason that only the file can give.
    let text = std::fs::read_to_string(&out).unwrap();
    let first =
        text.lines()
            .next()
            .unwrap()
            .replacen("\"reason\": \"", "\"reason\": \"before: ", 1);
    std::fs::remove_file(&out).unwrap();
    std::fs::write(&part, format!("{first}\n")).unwrap();
    let report = scene.run(&args).expect(0).json();
    assert_eq!(report["resumed"], 1);
    assert_eq!(report["fallback"], serde_json::json!({"equal": 2}));
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.starts_with(&first), "{text}");
    assert_eq!(text.matches("before: ").count(), 1);
}

#[test]
fn math_verify_does_not_refuse_what_it_misreads() {
    if !has("math_verify") {
        eprintln!("skipped: python3 has no math_verify");
        return;
    }
    let scene = Scene::new();
    let rows = r#"{"gold": "\\int_0^1 x dx", "pred": "1/2"}
{"gold": "\\int_0^1 x dx", "pred": "1/3"}
{"gold": "Integral(x, (x, 0, 1))", "pred": "1/2"}
"#;
    scene.write("pairs.jsonl", rows);
    let args = [
        "answer",
        "compare",
        "--in",
        "pairs.jsonl",
        "--out",
        "out.jsonl",
    ];
    let fallback = ["--fallback", "math-verify", "--python", "python3"];
    let shown = scene
        .run(&[&args[..], &fallback, &["--json", "-q"]].concat())
        .expect(0);
    assert_eq!(
        shown.json()["fallback"],
        serde_json::json!({"different": 1, "equal": 1, "undecided": 1})
    );
}

const PROGRAM: &str = "input = {'a': 2, 'b': 40}\ndef add(a, b):\n    return a + b\noutput = add(**input)\nprint(output)\n";

#[test]
fn a_program_s_outcome_is_json() {
    let scene = Scene::new();
    scene.write("program.py", PROGRAM);
    let shown = scene
        .run(&[
            "sandbox",
            "run",
            "program.py",
            "--json",
            "--python",
            "python3",
        ])
        .expect(0);
    let value = shown.json();
    assert_eq!(value["status"], "ok");
    assert_eq!(value["output"], 42);
    assert_eq!(value["input"]["b"], 40);
    assert!(
        value["protection"].as_str().unwrap().contains("rlimits"),
        "{shown}"
    );
}

#[test]
fn a_failing_program_exits_with_1_and_names_the_line() {
    let scene = Scene::new();
    scene.write("program.py", "x = 1\ny = x / 0\n");
    let shown = scene
        .run(&[
            "sandbox",
            "run",
            "program.py",
            "--json",
            "--python",
            "python3",
        ])
        .expect(1);
    let value = shown.json();
    assert_eq!(
        (&value["status"], &value["error_line"]),
        (&"error".into(), &2.into()),
        "{shown}"
    );
    assert_eq!(value["error_class"], "ZeroDivisionError");
}

#[test]
fn a_missing_program_and_a_missing_python() {
    let scene = Scene::new();
    let shown = scene
        .run(&["sandbox", "run", "none.py", "--python", "python3"])
        .expect(2);
    assert!(shown.stderr.contains("none.py"), "{shown}");
    scene.write("program.py", PROGRAM);
    let shown = scene
        .run(&["sandbox", "run", "program.py", "--python", "no-such-python"])
        .expect(3);
    assert!(shown.stderr.contains("no-such-python"), "{shown}");
}
