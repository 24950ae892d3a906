//! The typed JSON of the sandbox: what JSON lacks is an object with a tag.

use num_bigint::BigInt;
use num_traits::ToPrimitive;
use serde_json::{Map, Value as Json, json};

use super::read::{digits, ratio};
use super::{MAX_DEPTH, Value, decimal_text};

impl Value {
    /// The value in the typed JSON that the sandbox reports it in.
    #[must_use]
    pub fn typed(&self) -> Json {
        let all = |items: &[Value]| items.iter().map(Value::typed).collect::<Vec<Json>>();
        let made = |name: &str, text: String| json!({"$type": name, "text": text});
        match self {
            Self::None => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) => match value.to_i64() {
                Some(small) => Json::from(small),
                None => json!({"$int": value.to_string()}),
            },
            Self::Float(value) => match serde_json::Number::from_f64(*value) {
                Some(number) => Json::Number(number),
                None if value.is_nan() => json!({"$float": "nan"}),
                None if *value > 0.0 => json!({"$float": "inf"}),
                None => json!({"$float": "-inf"}),
            },
            Self::Text(text) => Json::from(text.as_str()),
            Self::List(items) => Json::Array(all(items)),
            Self::Tuple(items) => json!({"$tuple": all(items)}),
            Self::Set(items) => {
                let mut items = all(items);
                items.sort_by_key(Json::to_string);
                json!({"$set": items})
            }
            Self::Dict(items) => {
                let plain: Option<Map<String, Json>> = items
                    .iter()
                    .map(|(key, value)| match key {
                        Self::Text(key) if !key.starts_with('$') => {
                            Some((key.clone(), value.typed()))
                        }
                        _ => None,
                    })
                    .collect();
                match plain {
                    Some(fields) => Json::Object(fields),
                    None => {
                        let pairs: Vec<Json> = items
                            .iter()
                            .map(|(key, value)| json!([key.typed(), value.typed()]))
                            .collect();
                        json!({ "$dict": pairs })
                    }
                }
            }
            Self::Fraction(value, _) if value.is_integer() => {
                made("Fraction", value.numer().to_string())
            }
            Self::Fraction(value, _) => {
                made("Fraction", format!("{}/{}", value.numer(), value.denom()))
            }
            Self::Decimal(digits, places, _) => made("Decimal", decimal_text(digits, *places)),
            Self::Date(year, month, day, _) => {
                made("date", format!("{year:04}-{month:02}-{day:02}"))
            }
        }
    }

    /// Reads typed JSON. Classes are named as they are by `from fractions import Fraction` and the like.
    ///
    /// # Errors
    /// What cannot be written as a literal: objects of other classes, and nesting deeper than 40.
    pub fn from_typed(json: &Json) -> Result<Self, String> {
        from(json, 0)
    }
}

fn from(json: &Json, depth: usize) -> Result<Value, String> {
    if depth > MAX_DEPTH {
        return Err(format!("nested deeper than {MAX_DEPTH}"));
    }
    let all = |items: &[Json]| -> Result<Vec<Value>, String> {
        items.iter().map(|item| from(item, depth + 1)).collect()
    };
    let other = || {
        let text: String = json.to_string().chars().take(60).collect();
        Err(format!("{text} has no literal"))
    };
    Ok(match json {
        Json::Null => Value::None,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), _, _) => Value::from(value),
            (_, Some(value), _) => Value::Int(value.into()),
            (_, _, Some(value)) => Value::Float(value),
            _ => return other(),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::List(all(items)?),
        Json::Object(fields) => {
            let tag = fields
                .iter()
                .find(|(key, _)| key.starts_with('$'))
                .map(|(key, value)| (key.as_str(), value));
            match tag {
                None => Value::Dict(
                    fields
                        .iter()
                        .map(|(key, value)| {
                            Ok((Value::from(key.as_str()), from(value, depth + 1)?))
                        })
                        .collect::<Result<_, String>>()?,
                ),
                Some(("$int", Json::String(text))) => match text.parse::<BigInt>() {
                    Ok(value) => Value::Int(value),
                    Err(_) => return other(),
                },
                Some(("$float", Json::String(text))) => Value::Float(match text.as_str() {
                    "nan" => f64::NAN,
                    "inf" => f64::INFINITY,
                    "-inf" => f64::NEG_INFINITY,
                    _ => return other(),
                }),
                Some(("$tuple", Json::Array(items))) => Value::Tuple(all(items)?),
                Some(("$set", Json::Array(items))) => Value::Set(all(items)?),
                Some(("$dict", Json::Array(pairs))) => Value::Dict(
                    pairs
                        .iter()
                        .map(|pair| match pair.as_array().map(Vec::as_slice) {
                            Some([key, value]) => {
                                Ok((from(key, depth + 1)?, from(value, depth + 1)?))
                            }
                            _ => Err("a pair of a dict is not two values".to_owned()),
                        })
                        .collect::<Result<_, String>>()?,
                ),
                Some(("$type", Json::String(class))) => {
                    let text = fields.get("text").and_then(Json::as_str);
                    match text.and_then(|text| instance(class, text)) {
                        Some(value) => value,
                        None => return other(),
                    }
                }
                Some(_) => return other(),
            }
        }
    })
}

fn instance(class: &str, text: &str) -> Option<Value> {
    match class {
        "Fraction" => Some(Value::Fraction(ratio(text)?, class.to_owned())),
        "Decimal" => {
            let (digits, places) = digits(text)?;
            Some(Value::Decimal(digits, places, class.to_owned()))
        }
        "date" => {
            let mut parts = text.splitn(3, '-');
            let year = parts.next()?.parse().ok()?;
            let month = parts.next()?.parse().ok()?;
            Some(Value::Date(
                year,
                month,
                parts.next()?.parse().ok()?,
                class.to_owned(),
            ))
        }
        _ => None,
    }
}
