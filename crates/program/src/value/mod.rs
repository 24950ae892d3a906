//! A Python value of the kinds that inputs are made of: read from source text, written as source text, and in the typed
//! JSON of the sandbox's outcomes.

mod json;
mod read;

use std::fmt::Write as _;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};

pub(crate) use read::{folded, read};

/// Deepest nesting of a value that is read or written.
pub(crate) const MAX_DEPTH: usize = 40;

/// A value of Python.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// An `int` of any size.
    Int(BigInt),
    /// A `float`.
    Float(f64),
    /// A `str`.
    Text(String),
    /// A `list`.
    List(Vec<Value>),
    /// A `tuple`.
    Tuple(Vec<Value>),
    /// A `set`, in the order in which it is written.
    Set(Vec<Value>),
    /// A `dict`, in order.
    Dict(Vec<(Value, Value)>),
    /// A `fractions.Fraction`, and the expression that names the class.
    Fraction(BigRational, String),
    /// A `decimal.Decimal`: its digits as a number, how many of them stand behind the point, and the expression that
    /// names the class.
    Decimal(BigInt, u32, String),
    /// A `datetime.date`: year, month, day, and the expression that names the class.
    Date(i32, u8, u8, String),
}

impl Value {
    /// The value as Python source text.
    #[must_use]
    pub fn python(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::None => out.push_str("None"),
            Self::Bool(true) => out.push_str("True"),
            Self::Bool(false) => out.push_str("False"),
            Self::Int(value) => {
                let _ = write!(out, "{value}");
            }
            Self::Float(value) => out.push_str(&float_text(*value)),
            // Every escape of JSON means the same in Python.
            Self::Text(text) => out.push_str(&serde_json::Value::from(text.as_str()).to_string()),
            Self::List(items) => series(out, "[", items, "]"),
            Self::Tuple(items) if items.len() == 1 => series(out, "(", items, ",)"),
            Self::Tuple(items) => series(out, "(", items, ")"),
            Self::Set(items) if items.is_empty() => out.push_str("set()"),
            Self::Set(items) => series(out, "{", items, "}"),
            Self::Dict(items) => {
                out.push('{');
                for (at, (key, value)) in items.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    key.write(out);
                    out.push_str(": ");
                    value.write(out);
                }
                out.push('}');
            }
            Self::Fraction(value, class) => {
                let _ = write!(out, "{class}({}, {})", value.numer(), value.denom());
            }
            Self::Decimal(digits, places, class) => {
                let _ = write!(out, "{class}(\"{}\")", decimal_text(digits, *places));
            }
            Self::Date(year, month, day, class) => {
                let _ = write!(out, "{class}({year}, {month}, {day})");
            }
        }
    }

    /// The number that it is, as nearly as a float can tell; booleans and infinities are none.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => value.to_f64().filter(|v| v.is_finite()),
            Self::Float(value) => Some(*value).filter(|v| v.is_finite()),
            Self::Fraction(value, _) => value.to_f64(),
            Self::Decimal(digits, places, _) => {
                Some(digits.to_f64()? / 10f64.powi(i32::try_from(*places).ok()?))
            }
            _ => None,
        }
    }

    /// The items of a list, tuple or set.
    pub(crate) fn items(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => Some(items),
            _ => None,
        }
    }

    /// What Python's `len` gives.
    pub(crate) fn length(&self) -> Option<usize> {
        match self {
            Self::Text(text) => Some(text.chars().count()),
            Self::Dict(items) => Some(items.len()),
            _ => self.items().map(<[Value]>::len),
        }
    }

    /// What Python's `bool` gives.
    pub(crate) fn truth(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => !value.is_zero(),
            Self::Float(value) => *value != 0.0,
            Self::Fraction(value, _) => !value.is_zero(),
            Self::Decimal(digits, ..) => !digits.is_zero(),
            Self::Date(..) => true,
            _ => self.length() != Some(0),
        }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

fn series(out: &mut String, open: &str, items: &[Value], close: &str) {
    out.push_str(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        item.write(out);
    }
    out.push_str(close);
}

/// A float as Python writes it; what has no literal is made by `float`.
fn float_text(value: f64) -> String {
    match value.is_finite() {
        true => format!("{value:?}"),
        false if value.is_nan() => "float(\"nan\")".into(),
        false if value > 0.0 => "float(\"inf\")".into(),
        false => "float(\"-inf\")".into(),
    }
}

/// Digits with `places` of them behind the point, as `str` of a Decimal shows them.
pub(crate) fn decimal_text(digits: &BigInt, places: u32) -> String {
    let places = places as usize;
    let sign = if digits.sign() == num_bigint::Sign::Minus {
        "-"
    } else {
        ""
    };
    let text = digits.magnitude().to_string();
    let text = format!("{text:0>width$}", width = places + 1);
    match text.split_at_checked(text.len() - places) {
        Some((whole, fraction)) if places > 0 => format!("{sign}{whole}.{fraction}"),
        _ => format!("{sign}{text}"),
    }
}

#[cfg(test)]
mod tests;
