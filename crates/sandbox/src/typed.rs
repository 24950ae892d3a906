//! The typed JSON of `input` and `output`, as [`Outcome`](crate::Outcome) describes it. A child that was reached into can
//! send anything; what is not in this form is taken for a forged result, so that every reader of outcomes can rely on it.

use serde_json::{Map, Value};

/// Levels of nesting. Readers of JSON commonly stop at 128, and an outcome and its row are around the value.
pub const MAX_DEPTH: usize = 120;

/// Whether a value is in the documented form.
pub fn is_typed(value: &Value) -> bool {
    within(value, MAX_DEPTH)
}

fn within(value: &Value, levels: usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(values) => levels > 0 && all(values, levels - 1),
        Value::Object(fields) => {
            levels > 0
                && if fields.keys().any(|key| key.starts_with('$')) {
                    is_tagged(fields, levels - 1)
                } else {
                    fields.values().all(|value| within(value, levels - 1))
                }
        }
    }
}

fn all(values: &[Value], levels: usize) -> bool {
    values.iter().all(|value| within(value, levels))
}

/// One of the forms for what JSON lacks: a tag, and with it nothing that does not belong to it.
fn is_tagged(fields: &Map<String, Value>, levels: usize) -> bool {
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    let field = |name: &str| fields.get(name).unwrap_or(&Value::Null);
    let values = |name| field(name).as_array().filter(|_| levels > 0);
    match names.as_slice() {
        ["$int"] => field("$int").as_str().is_some_and(|text| {
            let digits = text.strip_prefix('-').unwrap_or(text);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }),
        ["$float"] => matches!(field("$float").as_str(), Some("nan" | "inf" | "-inf")),
        [tag @ ("$tuple" | "$set" | "$frozenset")] => {
            values(tag).is_some_and(|values| all(values, levels - 1))
        }
        ["$dict"] => values("$dict").is_some_and(|pairs| {
            pairs.iter().all(|pair| {
                let pair = pair.as_array().filter(|_| levels > 1);
                pair.is_some_and(|pair| pair.len() == 2 && all(pair, levels - 2))
            })
        }),
        ["$type", "dtype", "shape", "value"] => {
            field("$type") == "numpy.ndarray"
                && field("dtype").is_string()
                && values("shape").is_some_and(|shape| shape.iter().all(Value::is_u64))
                && within(field("value"), levels)
        }
        ["$type", "text"] | ["$type", "text", "srepr"] => fields.values().all(Value::is_string),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> bool {
        is_typed(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn every_documented_form_is_taken() {
        for text in [
            "null",
            "[1, -2.5, true, \"x\", [], {}]",
            r#"{"a": 1, "b": {"$int": "-123456789012345678901234567890"}}"#,
            r#"[{"$float": "nan"}, {"$float": "-inf"}]"#,
            r#"{"$tuple": [1, {"$set": [2]}, {"$frozenset": []}]}"#,
            r#"{"$dict": [[1, 2], [{"$tuple": [1, 2]}, "x"]]}"#,
            r#"{"$type": "numpy.ndarray", "dtype": "int64", "shape": [2, 1], "value": [[1], [2]]}"#,
            r#"{"$type": "numpy.ndarray", "dtype": "float64", "shape": [], "value": 1.5}"#,
            r#"{"$type": "Fraction", "text": "1/2"}"#,
            r#"{"$type": "sympy.Symbol", "text": "x", "srepr": "Symbol('x')"}"#,
        ] {
            assert!(typed(text), "{text}");
        }
    }

    #[test]
    fn tags_that_are_not_ours_and_tags_with_other_contents_are_not() {
        for text in [
            r#"{"$new": 1}"#,
            r#"{"a": 1, "$int": "1"}"#,
            r#"{"$int": 1}"#,
            r#"{"$int": "1.5"}"#,
            r#"{"$int": "-"}"#,
            r#"{"$float": "1.5"}"#,
            r#"{"$tuple": 1}"#,
            r#"{"$set": [{"$new": 1}]}"#,
            r#"{"$dict": [[1]]}"#,
            r#"{"$dict": [[1, {"$int": 3}]]}"#,
            r#"{"$dict": [1]}"#,
            r#"{"$type": "x", "text": 1}"#,
            r#"{"$type": "x"}"#,
            r#"{"$type": "x", "text": "y", "other": "z"}"#,
            r#"{"$type": "numpy.ndarray", "dtype": "int64", "shape": [-1], "value": []}"#,
            r#"{"$type": "other", "dtype": "int64", "shape": [1], "value": [1]}"#,
        ] {
            assert!(!typed(text), "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded_in_levels_of_json() {
        let nested = |open: &str, close: &str, count: usize| {
            typed(&format!("{}1{}", open.repeat(count), close.repeat(count)))
        };
        assert!(nested("[", "]", MAX_DEPTH));
        assert!(!nested("[", "]", MAX_DEPTH + 1));
        assert!(nested(r#"{"$tuple":["#, "]}", MAX_DEPTH / 2));
        assert!(!nested(r#"{"$tuple":["#, "]}", MAX_DEPTH / 2 + 1));
        assert!(nested(r#"{"$dict":[[1,"#, "]]}", MAX_DEPTH / 3));
        assert!(!nested(r#"{"$dict":[[1,"#, "]]}", MAX_DEPTH / 3 + 1));
    }

    /// The reader of JSON gives this key a meaning of its own, by which a text becomes a value with a depth of its own.
    #[test]
    fn a_value_within_a_text_is_not_deeper_than_others() {
        let inner = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let inside = serde_json::json!({"$serde_json::private::RawValue": inner}).to_string();
        let text = format!("{}{inside}{}", "[".repeat(100), "]".repeat(100));
        assert!(!serde_json::from_str(&text).is_ok_and(|value| is_typed(&value)));
    }
}
