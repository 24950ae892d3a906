//! Pairs that the comparison leaves undecided, settled in the sandbox.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test suite")]
#![cfg(target_os = "linux")]

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use caco_answer::Outcome::{self, Different, Equal, Undecided};
use caco_pipeline::{Error, Fallback, Pair, Referee};
use caco_sandbox::{Config, Limits, Sandbox};

fn sandbox(python: PathBuf, fallback: Fallback) -> Sandbox {
    let defaults = Config::default();
    let mut preload_heavy = defaults.preload_heavy.clone();
    preload_heavy.extend(fallback.preload());
    Sandbox::start(Config {
        python,
        workers: 2,
        limits: Limits {
            cpu_seconds: 5.0,
            wall_seconds: 20.0,
            memory_mb: 512,
        },
        preload_heavy,
        ..defaults
    })
    .unwrap()
}

fn never() -> AtomicBool {
    AtomicBool::new(false)
}

fn bare<'a>(gold: &'a str, pred: &'a str) -> Pair<'a> {
    Pair {
        gold,
        pred,
        gold_parsed: None,
        pred_parsed: None,
    }
}

/// The referee on a Python that has the package, or `None` with a message.
fn referee(python: PathBuf, fallback: Fallback) -> Option<Referee> {
    match Referee::new(sandbox(python, fallback), fallback, &never()) {
        Ok(referee) => Some(referee),
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    }
}

fn check(referee: &Referee, table: &[(&str, &str, Outcome)]) {
    let pairs: Vec<Pair<'_>> = table
        .iter()
        .map(|(gold, pred, _)| bare(gold, pred))
        .collect();
    let rulings = referee.settle(&pairs, &never()).unwrap();
    assert_eq!(rulings.len(), table.len());
    for ((gold, pred, outcome), ruling) in table.iter().zip(&rulings) {
        assert_eq!(ruling.outcome, *outcome, "{gold} | {pred} | {ruling:?}");
    }
}

#[test]
fn sympy_settles_what_it_can_parse() {
    let Some(referee) = referee("python3".into(), Fallback::Sympy) else {
        return;
    };
    check(
        &referee,
        &[
            ("sqrt(3 + 2*sqrt(2))", "1 + sqrt(2)", Equal),
            ("sin(x)**2 + cos(x)**2", "1", Equal),
            ("(x+1)^2", "x^2 + 2x + 1", Equal),
            ("sqrt(x**2)", "x", Different),
            ("1/3", "0.333", Different),
            ("Sum(k, (k, 1, 10))", "55", Equal),
            ("(1, 2)", "(1, 3)", Different),
            ("{1, 2}", "{2, 1}", Equal),
            ("Interval(0, 1)", "(0 <= x) & (x <= 1)", Equal),
            ("Interval(0, 1)", "Interval.open(0, 1)", Different),
            (
                "[0, 1) ∪ (2, oo)",
                "Union(Interval.Ropen(0, 1), Interval.open(2, oo))",
                Equal,
            ),
            ("integral(x, (x, 0, 1))", "1/2", Equal),
            ("sum(1/k^2, k, 1, oo)", "pi^2/6", Equal),
            ("zeta(2)", "pi^2/7", Different),
            ("x = 2*y", "2*x = 4*y", Equal),
            ("Matrix([[1, 2]])", "Matrix([[1, 2]])", Equal),
            ("\\frac{1}{2}", "1/2", Undecided),
            ("a \" quote \\ and\nlines", "1", Undecided),
            ("\u{0} \u{7f} \u{2028} \u{1f600}", "1", Undecided),
        ],
    );
}

#[test]
fn answers_are_never_evaluated_and_cannot_hold_up_the_rest() {
    let Some(referee) = referee("python3".into(), Fallback::Sympy) else {
        return;
    };
    let marker = tempfile::tempdir().unwrap();
    let file = marker.path().join("made");
    let attacks = [
        format!("__import__('os').system('touch {}')", file.display()),
        format!("(lambda: open({:?}, 'w'))()", file.display()),
        format!("[open({:?}, 'w') for x in [1]]", file.display()),
        format!("\"])\nopen({:?}, 'w')\n#", file.display()),
        "globals()['output']".into(),
        "().__class__.__bases__".into(),
        "sqrt.__globals__".into(),
        "f'{1}'".into(),
        "(x := 1)".into(),
        "exec('1')".into(),
        "input".into(),
    ];
    let mut pairs: Vec<Pair<'_>> = attacks.iter().map(|attack| bare("1", attack)).collect();
    pairs.push(bare("1", "10**10**10"));
    pairs.push(bare("sqrt(4)", "2"));
    let rulings = referee.settle(&pairs, &never()).unwrap();
    for (pair, ruling) in pairs.iter().zip(&rulings).take(attacks.len()) {
        assert_ne!(ruling.outcome, Equal, "{} {ruling:?}", pair.pred);
    }
    assert_ne!(rulings[attacks.len()].outcome, Equal);
    assert_eq!(rulings[attacks.len() + 1].outcome, Equal);
    assert!(!file.exists());
}

#[test]
fn a_missing_package_is_named_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new("python3")
        .args([
            "-c",
            "import importlib.util; print(importlib.util.find_spec('math_verify') is None)",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    if String::from_utf8_lossy(&output.stdout).trim() != "True" {
        eprintln!("skipped: python3 has math_verify");
        return;
    }
    let error = Referee::new(
        sandbox("python3".into(), Fallback::MathVerify),
        Fallback::MathVerify,
        &never(),
    )
    .unwrap_err();
    let Error::Python { message, hint } = &error else {
        panic!("{error}");
    };
    assert!(message.contains("`math_verify`"), "{message}");
    assert!(
        hint.contains("math-verify==") && hint.contains("execute.python"),
        "{hint}"
    );
}

#[test]
fn math_verify_settles_latex() {
    let Some(python) = std::env::var_os("CACO_TEST_MATH_VERIFY_PYTHON") else {
        eprintln!("skipped: set CACO_TEST_MATH_VERIFY_PYTHON to a Python that has math-verify");
        return;
    };
    let referee = referee(python.into(), Fallback::MathVerify).unwrap();
    check(
        &referee,
        &[
            ("\\frac{1}{2}", "0.5", Equal),
            ("\\sqrt{2}", "\\sqrt{3}", Different),
            ("\\{1, 2\\}", "\\{2, 1\\}", Equal),
        ],
    );
}
