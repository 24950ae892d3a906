use proptest::prelude::*;
use ruff_python_parser::parse_expression;

use super::*;

fn reading(text: &str) -> Result<Value, String> {
    read(parse_expression(text).unwrap().expr(), text)
}

#[test]
fn plain_expressions_are_read_and_others_say_why_not() {
    for (text, typed) in [
        ("-3", "-3"),
        ("10**9 + 7", "1000000007"),
        ("-7 // 2", "-4"),
        ("1 / 4", "0.25"),
        ("0xff", "255"),
        (
            "123456789012345678901",
            r#"{"$int":"123456789012345678901"}"#,
        ),
        ("'a' \"b\"", "\"ab\""),
        ("(1, [True, None])", r#"{"$tuple":[1,[true,null]]}"#),
        ("{2: 'x'}", r#"{"$dict":[[2,"x"]]}"#),
        ("Fraction('3/6')", r#"{"$type":"Fraction","text":"1/2"}"#),
        (
            "decimal.Decimal('1.50')",
            r#"{"$type":"Decimal","text":"1.50"}"#,
        ),
        (
            "datetime.date(2024, 2, 9)",
            r#"{"$type":"date","text":"2024-02-09"}"#,
        ),
        ("{3, 1}", r#"{"$set":[1,3]}"#),
    ] {
        let value = reading(text).unwrap();
        assert_eq!(value.typed().to_string(), typed, "{text}");
        assert_eq!(reading(&value.python()).unwrap(), value, "{text}");
    }
    assert_eq!(reading("[1, f(2)]").unwrap_err(), "`f(2)` is computed");
    assert!(reading("10 ** 10 ** 10").is_err());
    assert!(reading("1 / 0").is_err());
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(|v| Value::Int(v.into())),
        any::<f64>()
            .prop_filter("comparable", |v| !v.is_nan())
            .prop_map(Value::Float),
        any::<String>().prop_map(Value::Text),
        (any::<i32>(), 1u32..9999).prop_map(|(a, b)| Value::Fraction(
            BigRational::new(a.into(), b.into()),
            "Fraction".into()
        )),
        (any::<i64>(), 0u32..5).prop_map(|(v, p)| Value::Decimal(v.into(), p, "Decimal".into())),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Tuple),
            prop::collection::vec((any::<String>().prop_map(Value::Text), inner), 0..5).prop_map(
                |mut items| {
                    items.sort_by_key(|(key, _)| key.python());
                    items.dedup_by_key(|(key, _)| key.python());
                    Value::Dict(items)
                }
            ),
        ]
    })
}

proptest! {
    #[test]
    fn values_come_back_from_typed_json(value in values()) {
        prop_assert_eq!(Value::from_typed(&value.typed()).unwrap(), value);
    }

    #[test]
    fn values_come_back_from_source(value in values()) {
        let text = value.python();
        let back = match parse_expression(&text) {
            Ok(parsed) => read(parsed.expr(), &text),
            Err(error) => Err(error.to_string()),
        };
        // A float without a literal is a call, which is not read.
        if !text.contains("float(") {
            prop_assert_eq!(back.unwrap(), value, "{}", text);
        }
    }
}
