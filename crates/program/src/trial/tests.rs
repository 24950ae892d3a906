use std::cell::RefCell;

use serde_json::{Value as Json, json};

use super::*;

/// Runs a trial of a program whose function is `f` in Rust; `f` sees the typed input and the surroundings.
fn trial(input: &str, body: &str, f: impl Fn(&Json, Surroundings) -> Observed) -> Report {
    let source = format!("input = {input}\n{body}\noutput = f(**input)\nprint(output)\n");
    let typed = Inputs::of(&source, 0, "").unwrap().slot().typed();
    let original = f(&typed, Surroundings::Ordinary);
    let mut trial = Trial::new(&source, original, 3, "row", Settings::default()).unwrap();
    loop {
        let asked = trial.ask();
        if asked.is_empty() {
            return trial.report();
        }
        let told = asked.iter().map(|run| {
            let slot = crate::inputs::Slot::of(&run.program).unwrap();
            f(&slot.typed(), run.surroundings)
        });
        let told = told.collect();
        trial.tell(told);
    }
}

fn answer(output: impl Into<Json>) -> Observed {
    let output = output.into();
    let text = output.to_string();
    Observed {
        ending: Ending::Answer { output, text },
        cpu_ms: 0.1,
    }
}

fn failed() -> Observed {
    Observed {
        ending: Ending::Failed {
            class: "ValueError".into(),
        },
        cpu_ms: 0.1,
    }
}

fn names(report: &Report) -> Vec<String> {
    let shown = |finding: &Finding| match &finding.key {
        Some(key) => format!("{} {key}", finding.fault),
        None => finding.fault.to_string(),
    };
    report.findings.iter().map(shown).collect()
}

const BODY: &str = "def f(a, b):\n    t = a\n    for i in range(b):\n        t += i\n    return t";
const INPUT: &str = "{'a': 40, 'b': 7}";

fn n(input: &Json, key: &str) -> i64 {
    input[key].as_i64().unwrap()
}

#[test]
fn a_sound_program_gets_its_pairs_in_few_runs() {
    let report = trial(INPUT, BODY, |input, _| {
        answer(n(input, "a") + n(input, "b"))
    });
    assert_eq!(names(&report), [""; 0]);
    assert_eq!(report.pairs.len(), 6);
    for pair in &report.pairs {
        assert_eq!(pair.output, n(&pair.input, "a") + n(&pair.input, "b"));
    }
    // One repeat, six pairs, one for each key.
    assert!(report.runs <= 9, "{}", report.runs);
    assert_eq!((report.nearby_failed, report.undecided.len()), (0, 0));
}

#[test]
fn each_fault_has_its_name() {
    let constant = trial(INPUT, BODY, |_, _| answer(42));
    assert_eq!(names(&constant), ["constant"]);
    let ignored = trial(INPUT, BODY, |input, _| answer(n(input, "a") * 2));
    assert_eq!(names(&ignored), ["input_ignored b"]);
    let random = trial(INPUT, BODY, |input, around| match around {
        Surroundings::Ordinary => answer(n(input, "a") * n(input, "b")),
        Surroundings::Shaken(n) => answer(i64::from(n)),
    });
    assert_eq!(names(&random), ["nondeterministic"]);
    let fragile = trial(INPUT, BODY, |input, _| {
        match n(input, "a") == 40 && n(input, "b") == 7 {
            true => answer(47),
            false => failed(),
        }
    });
    assert_eq!(names(&fragile), ["fragile"]);
    let slow = trial(INPUT, BODY, |input, _| Observed {
        cpu_ms: 200.0 * (n(input, "b") as f64).powi(2),
        ..answer(n(input, "a") + n(input, "b"))
    });
    assert_eq!(names(&slow), [""; 0]);
    let slow = trial("{'a': 40, 'b': 20}", BODY, |input, _| Observed {
        cpu_ms: 2f64.powi(n(input, "b") as i32 - 16),
        ..answer(n(input, "a") + n(input, "b"))
    });
    assert_eq!(names(&slow), ["slow_growth"]);
}

#[test]
fn a_key_that_matters_now_and_then_is_not_ignored() {
    let least = trial("{'a': 40, 'b': 700}", BODY, |input, _| {
        answer(n(input, "a").min(n(input, "b")))
    });
    assert_eq!(names(&least), [""; 0]);
    let threshold = trial(
        "{'a': 40, 'b': 3}",
        "def f(a, b):\n    if a > 5000:\n        return a - b\n    return a",
        |input, _| {
            let (a, b) = (n(input, "a"), n(input, "b"));
            answer(if a > 5000 { a - b } else { a })
        },
    );
    assert_eq!(names(&threshold), [""; 0]);
    let rounded = trial(INPUT, BODY, |input, _| {
        answer(n(input, "a") + n(input, "b") / 100)
    });
    assert_eq!(names(&rounded), [""; 0]);
    let prime = trial("{'a': 221, 'b': 3}", BODY, |input, _| {
        let a = n(input, "a");
        answer((2..a).all(|d| a % d != 0) && n(input, "b") % 3 == 0)
    });
    assert_eq!(names(&prime), [""; 0]);
}

#[test]
fn what_cannot_be_told_is_not_said() {
    let asked = RefCell::new(0);
    let report = trial(INPUT, BODY, |input, _| {
        *asked.borrow_mut() += 1;
        match n(input, "b") == 7 {
            true => answer(n(input, "a")),
            false => Observed {
                ending: Ending::NotRun,
                cpu_ms: 0.0,
            },
        }
    });
    assert_eq!(names(&report), [""; 0]);
    assert_eq!(report.undecided, ["b"]);
    let lines = trial(INPUT, BODY, |input, _| {
        answer(json!([n(input, "a"), n(input, "b") as f64]))
    });
    assert_eq!(names(&lines), [""; 0]);
}

#[test]
fn fails_below_the_threshold_are_not_fragile() {
    let report = trial(INPUT, BODY, |input, _| match n(input, "a") % 5 == 0 {
        true => answer(n(input, "a") + n(input, "b")),
        false if n(input, "a") % 2 == 0 => answer(n(input, "a") - n(input, "b")),
        false => failed(),
    });
    assert_eq!(names(&report), [""; 0]);
    assert!(report.nearby >= 6);
}

/// What a predicate asks for is seldom met by chance: inputs of special form turn it.
#[test]
fn a_predicate_is_turned_by_what_it_asks_for() {
    let ints = |input: &Json, key: &str| -> Vec<i64> {
        let items = input[key].as_array().unwrap();
        items.iter().map(|item| item.as_i64().unwrap()).collect()
    };
    let body = "def f(a):\n    return a == sorted(a)";
    let sorted = |input: &Json, _| answer(ints(input, "a").is_sorted());
    assert_eq!(
        names(&trial("{'a': [2, 9, 4, 7, 5]}", body, sorted)),
        [""; 0]
    );
    assert_eq!(
        names(&trial("{'a': [2, 4, 5, 7, 9]}", body, sorted)),
        [""; 0]
    );
    let report = trial("{'a': [2, 9, 4, 7, 5]}", body, sorted);
    let turned = report.pairs.iter().filter(|pair| pair.output == true);
    assert_eq!((turned.count(), report.pairs.len()), (1, 6));
    let part = trial(
        "{'a': [3, 8, 5, 1], 'b': [7, 2]}",
        "def f(a, b):\n    return any(a[i:i + len(b)] == b for i in range(len(a)))",
        |input, _| {
            let (a, b) = (ints(input, "a"), ints(input, "b"));
            answer(b.is_empty() || a.windows(b.len()).any(|part| part == b))
        },
    );
    assert_eq!(names(&part), [""; 0]);
    let pattern = trial(
        "{'a': 'plain'}",
        "def f(a):\n    import re\n    return bool(re.fullmatch('x[0-9]{2}-y', a))",
        |input, _| {
            let text = input["a"].as_str().unwrap();
            let digits = text.strip_prefix('x').and_then(|t| t.strip_suffix("-y"));
            answer(digits.is_some_and(|d| d.len() == 2 && d.bytes().all(|b| b.is_ascii_digit())))
        },
    );
    assert_eq!(names(&pattern), [""; 0]);
}

#[test]
fn a_verdict_that_nothing_turns_is_constant() {
    assert_eq!(
        names(&trial(INPUT, BODY, |_, _| answer(true))),
        ["constant"]
    );
    let report = trial("{'a': [2, 9, 4], 'b': 'text'}", BODY, |_, _| answer("yes"));
    assert_eq!(names(&report), ["constant"]);
    let one = trial(INPUT, BODY, |input, _| answer(n(input, "a") % 2 == 0));
    assert_eq!(names(&one), ["input_ignored b"]);
}
