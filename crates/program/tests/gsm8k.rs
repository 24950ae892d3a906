//! Converts the real GSM8K training solutions and runs every program in one Python child process.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use caco_program::{Rules, calculator, check, facts, quantities};

/// Reads programs as JSON lines and prints the `output` of each as a JSON line; ours, so no sandbox is needed.
const DRIVER: &str = r#"
import contextlib, io, json, sys
for line in sys.stdin:
    scope = {}
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            exec(json.loads(line), scope)
            shown = repr(scope.get("output"))
        except Exception as error:
            shown = "error: " + type(error).__name__
    print(json.dumps(shown))
"#;

fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CACO_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(name);
    path.is_file().then_some(path)
}

#[test]
fn nine_tenths_of_gsm8k_convert_and_give_the_gold_answer() {
    let Some(path) = shared("gsm8k_train.jsonl.gz") else {
        eprintln!(
            "skipped: gsm8k_train.jsonl.gz is not in ../shared/data; set CACO_SHARED_DATA to its folder"
        );
        return;
    };
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let rows: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let field = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();

    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut programs = Vec::new();
    let show = std::env::var("CACO_SHOW").unwrap_or_default();
    for row in &rows {
        let (question, answer) = (field(row, "question"), field(row, "answer"));
        match calculator::convert(&question, &field(row, "solution"), &answer) {
            Ok(program) => {
                check(&facts(&program).unwrap(), &Rules::default())
                    .unwrap_or_else(|v| panic!("{v}\n{program}"));
                programs.push((row, answer, program));
            }
            Err(problem) => {
                if show == problem.reason.as_str() {
                    println!(
                        "--- {}\n{question}\n{}\n#### {answer}\n{problem}",
                        field(row, "id"),
                        field(row, "solution")
                    );
                }
                *reasons.entry(problem.reason.as_str()).or_default() += 1;
            }
        }
    }

    let Ok(mut child) = Command::new("python3")
        .args(["-I", "-c", DRIVER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
    else {
        eprintln!("skipped: python3 cannot be started");
        return;
    };
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = programs
        .iter()
        .map(|(_, _, program)| serde_json::to_string(program).unwrap() + "\n")
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let mut out = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    writer.join().unwrap();
    assert!(child.wait().unwrap().success());

    let outputs: Vec<String> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(outputs.len(), programs.len());
    let (mut equal, mut covered, mut bytes) = (0, 0, 0);
    for ((row, answer, program), output) in programs.iter().zip(&outputs) {
        bytes += program.len();
        let same = quantities::decimal(output)
            .is_some_and(|value| Some(value) == quantities::decimal(answer));
        equal += usize::from(same);
        if !same && show == "wrong" {
            println!(
                "--- {} gave {output}, gold {answer}\n{program}",
                field(row, "id")
            );
        }
        let input: serde_json::Value = program
            .lines()
            .find_map(|line| line.strip_prefix("input = "))
            .map(|dict| serde_json::from_str(dict).unwrap())
            .unwrap();
        match quantities::covers(&field(row, "question"), &input) {
            Ok(()) => covered += 1,
            Err(missing) if show == "uncovered" => {
                println!("--- {} {missing:?}\n{program}", field(row, "id"))
            }
            Err(_) => {}
        }
        if show == "all" {
            println!(
                "--- {}\n{}\n{program}",
                field(row, "id"),
                field(row, "question")
            );
        }
    }
    let share = |n: usize| 100.0 * n as f64 / rows.len() as f64;
    println!(
        "rows {}, converted {} ({:.2} %), output equals gold {} ({:.2} %), question covers the input {} ({:.2} %), mean length {} bytes; not converted: {reasons:?}",
        rows.len(),
        programs.len(),
        share(programs.len()),
        equal,
        share(equal),
        covered,
        share(covered),
        bytes / programs.len().max(1)
    );
    assert_eq!(rows.len(), 7_473);
    assert!(share(equal) >= 95.0);
    assert_eq!(programs.len() + reasons.values().sum::<usize>(), rows.len());
    assert_eq!(covered, programs.len());
}
