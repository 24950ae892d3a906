use serde_json::json;

use super::*;

fn trace(numbers: &[&str]) -> Trace {
    let events = numbers.iter().map(|number| Event {
        line: 1,
        name: "x".into(),
        numbers: vec![(*number).to_owned()],
    });
    Trace {
        events: events.collect(),
        ..Trace::default()
    }
}

fn origins(solution: &str, numbers: &[&str], input: Json) -> Vec<(String, Origin)> {
    let found = ground(solution, &trace(numbers), &input);
    found
        .numbers
        .into_iter()
        .map(|n| (n.text, n.origin))
        .collect()
}

#[test]
fn each_number_has_its_origin() {
    let found = origins(
        "1. First, 48 clips in April.\n2) Step 3: half of 48 is 24, and 48 + 24 = 72.\nThat is 16.7% of 431, or 917 in the 2nd year.",
        &["24", "72", "0.16667"],
        json!({"clips": 48, "total": 431}),
    );
    let expected = [
        ("48", Origin::Input),
        ("half", Origin::Derived),
        ("48", Origin::Input),
        ("24", Origin::Trace),
        ("48", Origin::Input),
        ("24", Origin::Trace),
        ("72", Origin::Trace),
        ("16.7%", Origin::Rounded),
        ("431", Origin::Input),
        ("917", Origin::Ungrounded),
    ];
    let expected: Vec<(String, Origin)> = expected
        .iter()
        .map(|(t, o)| ((*t).to_owned(), *o))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_division_is_told_by_what_it_divides() {
    let input = || json!({"money": 2, "price": 8});
    let solution = "With the money it is 49 + 2 = 51, and 51 / 8 buys 6.";
    let found = ground(solution, &trace(&["49", "6"]), &input());
    assert_eq!(found.score, 1.0, "{found:?}");
    let found = ground("So 913 / 8 buys 6.", &trace(&["49", "6"]), &input());
    assert_eq!(found.ungrounded().count(), 1, "{found:?}");
}

#[test]
fn the_score_is_the_share_and_positions_are_bytes() {
    let solution = "Wir zählen 48 und 9173.";
    let grounding = ground(solution, &trace(&[]), &json!({"a": 48}));
    assert_eq!(grounding.score, 0.5);
    let loose: Vec<&Grounded> = grounding.ungrounded().collect();
    assert_eq!(loose.len(), 1);
    assert_eq!(&solution[loose[0].range.0..loose[0].range.1], "9173");
    assert_eq!(ground("No numbers.", &trace(&[]), &json!({})).score, 1.0);
}

#[test]
fn one_operation_is_enough_and_two_are_not() {
    let input = json!({"a": 137, "b": 5003});
    for (text, origin) in [
        ("5140", Origin::Derived),
        ("4866", Origin::Derived),
        ("685411", Origin::Derived),
        ("13700", Origin::Rounded),
        ("137.5", Origin::Ungrounded),
        ("690414", Origin::Ungrounded),
    ] {
        assert_eq!(origins(text, &[], input.clone())[0].1, origin, "{text}");
    }
}

#[test]
fn traces_are_read_and_others_refused() {
    let output = json!({"events": [[3, "x", ["1", "2.5"]]], "cut": false, "failed": null});
    let trace = Trace::from_typed(&output).unwrap();
    assert_eq!(trace.events[0].numbers, ["1", "2.5"]);
    for output in [
        json!(1),
        json!({"events": [[3, "x"]], "cut": false}),
        json!({"events": []}),
    ] {
        assert!(Trace::from_typed(&output).is_err());
    }
}

#[test]
fn the_tracing_program_is_python_with_the_program_inside() {
    let text = tracing_program("x = 'a\\n\"b\"'\n");
    assert!(crate::facts(&text).is_ok());
    assert!(text.contains(r#"SOURCE = "x = 'a\\n\"b\"'\n""#), "{text}");
}
