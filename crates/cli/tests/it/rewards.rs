//! The reward function that goes with verl's format, beside the answer engine.

use std::process::Command;

use caco_answer::{Outcome, Policy, compare, score_with};
use serde_json::{Value, json};

use super::scene::{Scene, project};

const HARNESS: &str = r#"
import json, sys
sys.path.insert(0, sys.argv[1])
import caco_reward
for line in sys.stdin:
    row = json.loads(line)
    if "pairs" in row:
        print(json.dumps([caco_reward.same(gold, pred) for gold, pred in row["pairs"]]))
    else:
        golds, replies = zip(*row["replies"])
        print(json.dumps(caco_reward.compute_score_batched([""] * len(golds), replies, golds, caco=row.get("caco"))))
"#;

/// What Python makes of one question.
fn python(scene: &Scene, question: &Value) -> Vec<Value> {
    scene.write("question.jsonl", &format!("{question}\n"));
    let python = std::env::var_os("CACO_PYTHON").unwrap_or_else(|| "python3".into());
    let output = Command::new(python)
        .args(["-c", HARNESS])
        .arg(project("crates/pipeline/src/export"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("CACO_REWARD_COMMAND")
        .stdin(std::fs::File::open(scene.path().join("question.jsonl")).unwrap())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Answers of ordinary kinds, as replies and programs write them.
const ORDINARY: [(&str, &str, bool); 44] = [
    ("72", "72", true),
    ("72", "72.0", true),
    ("72", "73", false),
    ("-5", "−5", true),
    ("1234", "1,234", true),
    ("1,234,567", "1234567", true),
    ("0.5", "1/2", true),
    ("1/2", "\\frac{1}{2}", true),
    ("0.5", "\\dfrac12", true),
    ("1/3", "0.3333333333333333", true),
    ("1/3", "0.33", false),
    ("7/2", "3 1/2", true),
    ("7/2", "3\\frac{1}{2}", true),
    ("3.5", "3½", true),
    ("18", "$18", true),
    ("18", "18 dollars", true),
    ("18", "\\$18.00", true),
    ("18", "18 \\text{ apples}", true),
    ("50", "50%", true),
    ("0.5", "50\\%", true),
    ("1e-05", "0.00001", true),
    ("3.2e5", "320000", true),
    ("2**10", "1024", true),
    ("2^{10}", "1024", true),
    ("sqrt(12)", "2\\sqrt{3}", true),
    ("2*sqrt(3)", "3.4641016151377544", true),
    ("\\sqrt{2}", "1.41", false),
    ("pi/4", "\\frac{\\pi}{4}", true),
    ("2*pi", "6", false),
    ("(1, 2)", "(1,2)", true),
    ("(1, 2)", "(2, 1)", false),
    ("1, 2, 3", "3, 2, 1", true),
    ("[1, 2]", "1 and 2", true),
    ("{1, 2}", "\\{2, 1\\}", true),
    ("[1, 2]", "[1, 2, 3]", false),
    ("Fraction(3, 7)", "\\frac{3}{7}", true),
    ("x = 5", "5", true),
    ("5", "x=6", false),
    ("True", "yes", true),
    ("No", "yes", false),
    ("(B)", "B", true),
    ("A", "B", false),
    ("Monday", "\\text{Monday}", true),
    (
        "100000000000000000000000001",
        "100000000000000000000000002",
        false,
    ),
];

#[test]
fn ordinary_answers_are_decided_as_the_engine_does() {
    let scene = Scene::new();
    let pairs: Vec<(&str, &str)> = ORDINARY
        .iter()
        .map(|(gold, pred, _)| (*gold, *pred))
        .collect();
    let found = python(&scene, &json!({"pairs": pairs}));
    for ((gold, pred, equal), found) in ORDINARY.iter().zip(&found) {
        let engine = compare(gold, pred, &Policy::benchmark()).outcome == Outcome::Equal;
        assert_eq!(engine, *equal, "the engine on `{gold}` and `{pred}`");
        assert_eq!(
            *found == true,
            *equal,
            "the reward on `{gold}` and `{pred}`: {found}"
        );
    }
}

/// Every vector of the engine under the policy `benchmark`.
fn vectors() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(project("crates/answer/tests/conformance")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        if text.starts_with("policy ") {
            continue;
        }
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((gold, pred)) = line
                .split_once(' ')
                .and_then(|(_, pair)| pair.split_once(" ||| "))
            {
                found.push((gold.to_owned(), pred.to_owned()));
            }
        }
    }
    assert!(found.len() > 1000, "{}", found.len());
    found
}

#[test]
fn nothing_is_rewarded_that_the_engine_does_not_find_equal() {
    let scene = Scene::new();
    let pairs = vectors();
    let found = python(&scene, &json!({"pairs": pairs}));
    let (mut equal, mut rewarded) = (0, 0);
    for ((gold, pred), found) in pairs.iter().zip(&found) {
        let engine = compare(gold, pred, &Policy::benchmark());
        equal += u32::from(engine.outcome == Outcome::Equal);
        if *found == true {
            rewarded += 1;
            assert_eq!(
                engine.outcome,
                Outcome::Equal,
                "`{gold}` and `{pred}`: {}",
                engine.reason
            );
        }
    }
    eprintln!("{rewarded} of {equal} equal pairs are rewarded");
    // Most of what the engine decides beyond that needs algebra, which the function leaves alone.
    assert!(rewarded * 4 > equal, "{rewarded} of {equal}");
}

/// Replies as models write them, with the reference.
const REPLIES: [(&str, &str); 12] = [
    ("18", "She makes 9 * 2 = 18 dollars. The answer is 18."),
    ("18", "<think>17? no</think>So \\boxed{18}."),
    ("18", "<think>The answer is 18"),
    ("18", "The answer is 18. Wait, the answer is 19."),
    ("\\frac{1}{2}", "Thus $x = \\boxed{\\frac{1}{2}}$."),
    ("7", "<answer>7</answer>"),
    ("7", "3 + 4 = 7\n#### 7"),
    ("7", "It is 3 + 4 = 7"),
    ("7", ""),
    (
        "7",
        "Traceback (most recent call last):\n  File \"x\", line 7",
    ),
    ("(1, 2)", "The solution is \\boxed{(1,2)}."),
    ("1234", "**Answer:** 1,234"),
];

#[test]
fn whole_replies_are_scored_as_the_engine_does_and_by_it_where_it_is_named() {
    let scene = Scene::new();
    let engine: Vec<bool> = REPLIES
        .iter()
        .map(|(gold, reply)| score_with(reply, gold, &Policy::benchmark()) > 0.0)
        .collect();
    assert!(engine.contains(&true) && engine.contains(&false));
    let alone = python(&scene, &json!({"replies": REPLIES}));
    let asked = python(
        &scene,
        &json!({"replies": REPLIES, "caco": env!("CARGO_BIN_EXE_caco")}),
    );
    for (place, (gold, reply)) in REPLIES.iter().enumerate() {
        assert_eq!(
            alone[place] == 1.0,
            engine[place],
            "alone: `{gold}`, `{reply}`"
        );
        assert_eq!(
            asked[place] == 1.0,
            engine[place],
            "asked: `{gold}`, `{reply}`"
        );
    }
    // What it cannot decide alone.
    let hard = json!([
        ["\\binom{10}{3}", "So it is \\boxed{120}."],
        ["0xFF", "The answer is 255."]
    ]);
    assert_eq!(python(&scene, &json!({"replies": hard})), [0.0, 0.0]);
    let asked = json!({"replies": hard, "caco": env!("CARGO_BIN_EXE_caco")});
    assert_eq!(python(&scene, &asked), [1.0, 1.0]);
    // A command that is not there leaves it alone again.
    let missing = json!({"replies": REPLIES, "caco": "no-such-caco"});
    assert_eq!(python(&scene, &missing), alone);
}

#[test]
fn hostile_texts_cost_little_and_are_worth_nothing() {
    let scene = Scene::new();
    let long = |text: &str, times: usize| text.repeat(times);
    let texts = [
        long("(", 900),
        long("-", 900),
        format!("9{}", "**9".repeat(100)),
        "9**9**9**9".into(),
        "10**100000000".into(),
        "1e999999999".into(),
        "__import__('os').system('true')".into(),
        long("\\frac{1}{", 90),
        long("\\boxed{", 20_000),
        long("the answer is ", 20_000),
        long("<think>", 20_000),
        long("<answer>", 20_000),
        format!("1{}", ",2".repeat(490)),
        "\u{0}\u{202e}½½½".into(),
        "{".repeat(400) + &"}".repeat(400),
    ];
    let replies: Vec<(&str, &String)> = texts.iter().map(|text| ("7", text)).collect();
    let found = python(&scene, &json!({"replies": replies}));
    assert!(found.iter().all(|score| *score == 0.0), "{found:?}");
    let pairs: Vec<(&String, &str)> = texts.iter().map(|text| (text, "7")).collect();
    let found = python(&scene, &json!({"pairs": pairs}));
    assert!(found.iter().all(|same| *same != true), "{found:?}");
}
