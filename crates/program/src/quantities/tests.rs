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
