use num_bigint::BigInt;
use serde_json::json;

use super::*;

fn q(numerator: i64, denominator: i64) -> BigRational {
    BigRational::new(BigInt::from(numerator), BigInt::from(denominator))
}

fn wholes(text: &str) -> Vec<BigRational> {
    mentions(text)
        .into_iter()
        .filter(|m| !m.part)
        .map(|m| m.value)
        .collect()
}

#[test]
fn digits_in_all_shapes() {
    assert_eq!(
        wholes("$1,250.50 for 3 items, .5 kg on the 20th, 2e3 more"),
        [q(2501, 2), q(3, 1), q(1, 2), q(20, 1), q(2000, 1)]
    );
    assert_eq!(
        wholes("10-5 and -5, at 1,23"),
        [q(10, 1), q(5, 1), q(-5, 1), q(1, 1), q(23, 1)]
    );
    assert_eq!(
        wholes("a 5k race, 3-year-old, B12."),
        [q(5000, 1), q(3, 1), q(12, 1)]
    );
}

#[test]
fn fractions_and_percents() {
    assert_eq!(
        wholes("3/4 of 1 1/2 and ½ or 2½ or \\frac{5}{8}"),
        [q(3, 4), q(3, 2), q(1, 2), q(5, 2), q(5, 8)]
    );
    assert_eq!(wholes("on 3/4/2020"), [q(3, 1), q(4, 1), q(2020, 1)]);
    let percent = &mentions("20% or 30 percent")[..2];
    assert_eq!(
        (percent[0].also.clone(), percent[1].also.clone()),
        (vec![q(1, 5)], vec![q(3, 10)])
    );
}

#[test]
fn words() {
    assert_eq!(
        wholes("twenty-five of three hundred and five"),
        [q(25, 1), q(305, 1)]
    );
    assert_eq!(
        wholes("two thousand, four hundred twelve; a hundred; 5 million"),
        [q(2000, 1), q(412, 1), q(100, 1), q(5_000_000, 1)]
    );
    assert_eq!(wholes("two thousand four hundred twelve"), [q(2412, 1)]);
    assert_eq!(
        wholes("two dozen, half a dozen, a dozen"),
        [q(24, 1), q(6, 1), q(12, 1)]
    );
    assert_eq!(
        wholes("two-thirds, three quarters, a third, one half, twice, triple"),
        [q(2, 3), q(3, 4), q(1, 3), q(1, 2), q(2, 1), q(3, 1)]
    );
    assert_eq!(wholes("threefold minus five"), [q(3, 1), q(-5, 1)]);
    assert!(wholes("someone often attends").is_empty());
}

#[test]
fn spans_point_into_the_text() {
    let text = "é has two dozen eggs";
    let found = mentions(text);
    assert_eq!(&text[found[0].start..found[0].end], "two dozen");
}

#[test]
fn exact_decimals() {
    assert_eq!(decimal("1,000.25"), Some(q(4001, 4)));
    assert_eq!(decimal("-2.5e1"), Some(q(-25, 1)));
    for bad in ["", ".", "1.2.3", "1e999", "one", "--1", &"9".repeat(2_000)] {
        assert_eq!(decimal(bad), None, "{bad}");
    }
}

#[test]
fn a_problem_that_carries_its_numbers() {
    let input = json!({"clips": 48, "share": 2, "rate": 0.2, "name": "Red  apple", "sizes": [3, 4.5], "on": true});
    assert_eq!(
        covers(
            "Natalia sold 48 clips, half of them at 20% off; red apple boxes of three and 4.50.",
            &input
        ),
        Ok(())
    );
    assert_eq!(
        covers("Natalia sold 48 clips; boxes of three.", &input),
        Err(vec![
            "share: 2".into(),
            "rate: 0.2".into(),
            "name: \"Red  apple\"".into(),
            "sizes[1]: 4.5".into()
        ])
    );
}

#[test]
fn numbers_are_counted_as_often_as_they_occur() {
    let twice = json!({"a": 2, "b": 2});
    assert!(covers("He has 2 cats.", &twice).is_err());
    assert!(covers("He has 2 cats and two dogs.", &twice).is_ok());
    assert!(covers("He has 2 cats and twice as many dogs.", &twice).is_ok());
    // The matching moves a number that was placed first: 2 could stand for "half", but 1/2 can stand for nothing else.
    assert!(covers("Half of 2 cats.", &json!({"a": 2, "b": 0.5})).is_ok());
    assert!(
        covers(
            "2 cats, half of them, 50%.",
            &json!({"a": 2, "b": 0.5, "c": 0.5})
        )
        .is_ok()
    );
}

#[test]
fn bare_inputs_and_odd_texts() {
    assert!(covers("nothing", &json!({})).is_ok());
    assert!(covers("nothing", &json!(null)).is_ok());
    assert!(covers("", &json!({"a": 1})).is_err());
    assert!(covers("minus 5 degrees", &json!({"t": -5})).is_ok());
}

proptest::proptest! {
    #[test]
    fn digits_of_any_number_are_found(values in proptest::collection::vec(0u32..1_000_000, 1..8)) {
        let text = values.iter().map(|v| format!("{v} things")).collect::<Vec<_>>().join(" and ");
        let input = serde_json::Value::from(values.clone());
        proptest::prop_assert_eq!(covers(&text, &input), Ok(()));
        let fewer = values[1..].iter().map(|v| format!("{v} things")).collect::<Vec<_>>().join(" and ");
        proptest::prop_assert!(covers(&fewer, &input).is_err());
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in ".{0,80}") {
        let _ = mentions(&text);
    }
}

#[test]
fn a_problem_is_told_with_other_quantities() {
    use serde_json::json;
    let told = |problem: &str, old: serde_json::Value, new: serde_json::Value| {
        substitute(problem, &old, &new).map_err(|why| why.to_string())
    };
    for (problem, old, new, expected) in [
        (
            "Ann has three boxes with 12 pens each and pays $1.50.",
            json!({"a": 3, "b": 12, "c": 1.5}),
            json!({"a": 25, "b": 7, "c": 2.25}),
            "Ann has 25 boxes with 7 pens each and pays $2.25.",
        ),
        (
            "A shirt of $40 is 20% off.",
            json!({"price": 40, "off": 0.2}),
            json!({"price": 45, "off": 0.35}),
            "A shirt of $45 is 35% off.",
        ),
        (
            "The 21st of 5 million stars at -3 degrees.",
            json!({"a": 21, "b": 5_000_000, "c": -3}),
            json!({"a": 32, "b": 7_500_000, "c": -8}),
            "The 32nd of 7.5 million stars at -8 degrees.",
        ),
        (
            "He eats 3/4 of 8 pies, then she eats eight.",
            json!({"share": {"$type": "Fraction", "text": "3/4"}, "pies": [8, 8]}),
            json!({"share": {"$type": "Fraction", "text": "5/6"}, "pies": [9, 9]}),
            "He eats 5/6 of 9 pies, then she eats 9.",
        ),
        (
            "How often is 'a' in the word banana?",
            json!({"letter": "a", "word": "banana"}),
            json!({"letter": "n", "word": "nannies"}),
            "How often is 'n' in the word nannies?",
        ),
        (
            "A price of $2.50 rises by 10.",
            json!({"a": 2.5, "b": 10}),
            json!({"a": 4, "b": 10}),
            "A price of $4.00 rises by 10.",
        ),
    ] {
        assert_eq!(
            told(problem, old, new).as_deref(),
            Ok(expected),
            "{problem}"
        );
    }
    for (problem, old, new, why) in [
        (
            "2 boys share 2 pies.",
            json!({"a": 2, "b": 2}),
            json!({"a": 3, "b": 4}),
            "would become different",
        ),
        (
            "5 boys share 5 pies.",
            json!({"boys": 5}),
            json!({"boys": 3}),
            "stands 2 times",
        ),
        (
            "Some boys.",
            json!({"boys": 5}),
            json!({"boys": 3}),
            "stands 0 times",
        ),
        (
            "Half of them go.",
            json!({"share": 0.5}),
            json!({"share": 0.3}),
            "cannot say",
        ),
        (
            "A pack costs twice as much.",
            json!({"times": 2}),
            json!({"times": 3}),
            "cannot say",
        ),
        (
            "Add 1, 2 and 3.",
            json!({"list": [1, 2, 3]}),
            json!({"list": [1, 2]}),
            "`list` has another shape",
        ),
        (
            "It falls by 5 from 9.",
            json!({"a": 5, "b": 9}),
            json!({"a": -5, "b": 9}),
            "cannot say",
        ),
        (
            "A share of 0.25 of it.",
            json!({"a": 0.25}),
            json!({"a": {"$type": "Fraction", "text": "1/3"}}),
            "another shape",
        ),
        (
            "20 of them are 20% more.",
            json!({"count": 20, "more": 0.2}),
            json!({"count": 30, "more": 0.2}),
            "stands 2 times",
        ),
    ] {
        let said = told(problem, old, new).unwrap_err();
        assert!(said.contains(why), "{problem}: {said}");
    }
}

proptest::proptest! {
    /// What is told anew carries the new quantities, and going back gives the first problem.
    #[test]
    fn a_substitution_covers_the_new_input_and_can_be_undone(
        values in proptest::collection::btree_set(2u32..5_000, 2..6),
        shift in 1u32..5_000,
    ) {
        use serde_json::{Map, Value, json};
        let input = |values: &[u32]| Value::Object(
            values.iter().enumerate().map(|(at, value)| (format!("k{at}"), json!(value))).collect::<Map<_, _>>(),
        );
        let old: Vec<u32> = values.into_iter().collect();
        let new: Vec<u32> = old.iter().map(|value| value + shift).collect();
        let text: Vec<String> = old.iter().map(|value| format!("a heap of {value} stones")).collect();
        let problem = format!("There are {}.", text.join(", "));
        let told = substitute(&problem, &input(&old), &input(&new)).unwrap();
        proptest::prop_assert!(covers(&told, &input(&new)).is_ok(), "{told}");
        let back = substitute(&told, &input(&new), &input(&old)).unwrap();
        proptest::prop_assert_eq!(back, problem);
    }
}
