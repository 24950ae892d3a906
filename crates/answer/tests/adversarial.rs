//! Hostile answers: what is long, deep or large is judged all the same, and nothing in an answer is ever run.

use caco_answer::{MAX_BYTES, Outcome, ParseError, Policy, compare, explain, parse, score};

fn judged(a: &str, b: &str) -> Outcome {
    let outcome = compare(a, b, &Policy::benchmark()).outcome;
    assert_eq!(outcome, compare(b, a, &Policy::benchmark()).outcome);
    outcome
}

#[test]
fn depth_is_no_danger() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        (r"\{", r"\}"),
        ("|", "|"),
        (r"\sqrt{", "}"),
        (r"\frac{1}{", "}"),
        ("sin(", ")"),
        ("-", ""),
        ("2^", ""),
        ("not ", ""),
        ("f(", ")"),
        (r"\left(", r"\right)"),
    ] {
        for depth in [10, 59, 60, 61, 500, 2_000, 100_000] {
            let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let outcome = judged(&text, "1");
            // Whatever is too deep is left open; it is never taken for something else.
            if text.len() > MAX_BYTES {
                assert_eq!(outcome, Outcome::Undecided, "{open} {depth}");
                assert_eq!(parse(&text), Err(ParseError::TooLong));
            }
            assert_eq!(judged(&text, &text), Outcome::Equal);
        }
    }
    assert_eq!(
        judged(&format!("{}1{}", "(".repeat(20), ")".repeat(20)), "1"),
        Outcome::Equal
    );
    assert_eq!(
        parse(&format!("{}1{}", "(".repeat(1_000), ")".repeat(1_000))),
        Err(ParseError::TooLarge)
    );
}

#[test]
fn size_is_no_danger() {
    let million = "9".repeat(1_000_000);
    assert_eq!(judged(&million, &million), Outcome::Equal);
    assert_eq!(judged(&million, "9"), Outcome::Undecided);
    let nines = "9".repeat(9_000);
    assert_eq!(judged(&nines, &format!("{nines}.0")), Outcome::Equal);
    assert_eq!(judged(&nines, "9"), Outcome::Different);
    for text in [
        "1+",
        "x*",
        "1,",
        "\\frac12+",
        "(1,2),",
        "\\pm 1,",
        "a",
        "\\\\",
        "_",
        "^",
        "\u{1f600}",
        "\u{0}",
        "é",
        "\"",
        "'",
    ] {
        for count in [1, 7, 400, 3_000, 300_000] {
            let long = format!("{}1", text.repeat(count));
            let _ = judged(&long, "1");
            let _ = judged(&long, &format!("{long}+1"));
            let _ = parse(&long).map(|answer| answer.to_string());
        }
    }
}

#[test]
fn large_numbers_are_exact_or_left_open() {
    assert_eq!(judged("10**10**10", "10**10**10 + 1"), Outcome::Undecided);
    assert_eq!(judged("10^{10^{10}}", "10**10**10"), Outcome::Equal);
    assert_eq!(judged("2004!", "2004 * 2003!"), Outcome::Equal);
    assert_eq!(judged("2004!", "2004! + 1"), Outcome::Different);
    assert_eq!(
        judged("9^{9^{9^{9}}}", "9^{9^{9^{9}}} - 1"),
        Outcome::Undecided
    );
    assert_eq!(judged("(10^6)!", "(10^6)! + 1"), Outcome::Undecided);
    assert_eq!(
        judged(
            "2^{1000}",
            &format!("{}", num_bigint::BigInt::from(2).pow(1_000))
        ),
        Outcome::Equal
    );
    assert_eq!(judged("1e999999", "1"), Outcome::Undecided);
    assert_eq!(judged(r"\frac{1}{10^{200}}", "0"), Outcome::Different);
    assert_eq!(judged("sin(10^{5000})", "0"), Outcome::Undecided);
    assert_eq!(
        judged(r"\sum_{k=1}^{1000000000} k", "1"),
        Outcome::Undecided
    );
}

#[test]
fn verdicts_are_the_same_every_time() {
    let policy = Policy {
        work: 3_000,
        ..Policy::benchmark()
    };
    let pairs = [
        ("(x+y+z)^{12}(x-y)^{12}", "(x-y)^{12}(x+y+z)^{12}+1"),
        (r"\sin x+\cos y", r"\cos y+\sin x+10^{-40}"),
        ("2004!", "2004!+1"),
    ];
    for (a, b) in pairs {
        let first = compare(a, b, &policy);
        for _ in 0..5 {
            assert_eq!(compare(a, b, &policy), first);
        }
    }
}

/// The published grader hands answers to `parse_latex`, `parse_expr` and `latex2sympy`; `parse_expr` evaluates its input as
/// Python. Each of these runs there. Here they are words at most.
#[test]
fn nothing_in_an_answer_is_run() {
    let folder = std::env::temp_dir().join(format!("caco-answer-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mark = folder.join("made");
    let path = mark.display().to_string();
    let attacks = [
        format!("__import__('os').system('touch {path}')"),
        format!("__import__(\"os\").system(\"touch {path}\")"),
        format!("open('{path}', 'w')"),
        format!("open('{path}','w').write('1')"),
        format!("eval(\"__import__('os').system('touch {path}')\")"),
        format!("exec(\"open('{path}', 'w')\")"),
        format!("sympify(\"__import__('os').system('touch {path}')\")"),
        format!("S(\"__import__('os').system('touch {path}')\")"),
        format!("(lambda: __import__('os').system('touch {path}'))()"),
        format!("[__import__('os').system('touch {path}') for x in [1]]"),
        format!("getattr(__import__('os'), 'system')('touch {path}')"),
        format!("().__class__.__base__.__subclasses__()[0]('touch {path}')"),
        format!("1 if __import__('os').system('touch {path}') else 2"),
        format!("Matrix([[__import__('os').system('touch {path}')]])"),
        format!("{{1: __import__('os').system('touch {path}')}}"),
        format!("__import__('subprocess').run(['touch', '{path}'])"),
        format!("f'{{__import__(\"os\").system(\"touch {path}\")}}'"),
        format!("`touch {path}`"),
        format!("$(touch {path})"),
        format!("; touch {path} ;"),
        format!(r"\write18{{touch {path}}}"),
        format!(r"\immediate\write18{{touch {path}}}"),
        format!(r"\input{{|touch {path}}}"),
        format!(r"\text{{__import__('os').system('touch {path}')}}"),
        format!("!!python/object/apply:os.system ['touch {path}']"),
    ];
    for attack in &attacks {
        for policy in [Policy::strict(), Policy::benchmark(), Policy::published()] {
            for gold in ["0", "1", "2", "x", "None", "[0]", "\\text{A}"] {
                let verdict = explain(gold, attack, &policy).verdict;
                assert_ne!(verdict.outcome, Outcome::Equal, "{attack} against {gold}");
                assert_ne!(
                    explain(attack, gold, &policy).verdict.outcome,
                    Outcome::Equal
                );
            }
        }
        let _ = parse(attack).map(|answer| answer.to_string());
        assert_eq!(score(&format!(r"So \boxed{{{attack}}}"), "0"), 0.0);
        assert!(!mark.exists(), "{attack}");
    }
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().count(),
        0,
        "something was created"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}
