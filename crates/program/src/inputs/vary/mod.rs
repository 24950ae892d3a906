//! Another value of the same kind: near the original, or further away, and in its apparent domain.

mod dates;
mod lists;
mod numbers;
mod odd;
mod texts;

pub(crate) use lists::keeps_its_length;
pub(crate) use odd::{Around, odd};

use num_bigint::BigInt;

use crate::chance::Chance;
use crate::value::Value;

/// How far a variant goes from its original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// By about a quarter, or a few units; one element of a list.
    Near,
    /// Up to ten times as much, towards constants of the program, all elements of a list.
    Far,
    /// Larger in every respect, by this many quarters.
    Larger(u8),
}

/// What is known of the place of a value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Site<'a> {
    /// The nearest name: the key of the value, or of what holds it.
    pub(crate) name: &'a str,
    /// Constants that the program compares it with.
    pub(crate) landmarks: &'a [Value],
    /// Alternatives of the program and its input.
    pub(crate) families: &'a [Vec<Value>],
    /// Least and greatest number allowed, both included.
    pub(crate) bounds: Option<(BigInt, BigInt)>,
    /// Whether a list keeps its length.
    pub(crate) fixed_length: bool,
}

/// A value of the same kind as `value` but different from it. `None` where there is none: `None`, an empty dict, a number
/// whose bounds leave nothing else.
pub(crate) fn vary(
    value: &Value,
    site: &Site<'_>,
    reach: Reach,
    chance: &mut Chance,
) -> Option<Value> {
    // A few tries: a draw may come back to where it started.
    (0..8)
        .filter_map(|_| once(value, site, reach, chance))
        .find(|new| new != value)
}

/// Whether `value` may stand where `old` stands. For numbers and texts; lists and others have shapes to keep.
pub(crate) fn fits(value: &Value, old: &Value, site: &Site<'_>) -> bool {
    match (value, old) {
        (Value::Int(new), Value::Int(old)) => numbers::fits(new, old, site),
        (Value::Float(new), Value::Float(old)) => {
            (*old < 1.0) == (*new < 1.0) && (*old > 0.0) == (*new > 0.0)
        }
        (Value::Text(new), Value::Text(old)) => {
            let word = |text: &str| text.chars().all(char::is_alphabetic);
            let of_family = site
                .families
                .iter()
                .any(|family| family.contains(&Value::from(old.as_str())));
            word(new) && word(old) && !of_family && site.landmarks.is_empty()
        }
        _ => false,
    }
}

fn once(value: &Value, site: &Site<'_>, reach: Reach, chance: &mut Chance) -> Option<Value> {
    if let Some(other) = alternative(value, site, reach, chance) {
        return Some(other);
    }
    match value {
        Value::None => None,
        Value::Bool(value) => (!matches!(reach, Reach::Larger(_))).then_some(Value::Bool(!value)),
        Value::Int(value) => numbers::int(value, site, reach, chance).map(Value::Int),
        Value::Float(value) => numbers::float(*value, site, reach, chance).map(Value::Float),
        Value::Fraction(value, class) => {
            numbers::fraction(value, reach, chance).map(|v| Value::Fraction(v, class.clone()))
        }
        Value::Decimal(digits, places, class) => {
            numbers::scaled(digits, *places, site, reach, chance)
                .map(|digits| Value::Decimal(digits, *places, class.clone()))
        }
        Value::Date(year, month, day, class) => {
            let (year, month, day) = dates::moved((*year, *month, *day), reach, chance)?;
            Some(Value::Date(year, month, day, class.clone()))
        }
        Value::Text(text) => texts::text(text, site, reach, chance).map(Value::Text),
        Value::List(items) => lists::list(items, site, reach, chance).map(Value::List),
        // The length of a tuple is its type.
        Value::Tuple(items) => {
            let site = Site {
                fixed_length: true,
                ..site.clone()
            };
            lists::list(items, &site, reach, chance).map(Value::Tuple)
        }
        Value::Set(items) => lists::list(items, site, reach, chance).map(Value::Set),
        Value::Dict(items) => lists::dict(items, site, reach, chance).map(Value::Dict),
    }
}

/// Another of the constants that the program or its input has as alternatives to `value`; for texts and integers.
fn alternative(value: &Value, site: &Site<'_>, reach: Reach, chance: &mut Chance) -> Option<Value> {
    if matches!(reach, Reach::Larger(_)) || !matches!(value, Value::Text(_) | Value::Int(_)) {
        return None;
    }
    // A text that is one of a few is nothing else; an integer may be.
    let likely = matches!(value, Value::Text(_)) || chance.one_in(1, 2);
    let mut choices: Vec<&Value> = Vec::new();
    for family in site.families {
        if family.contains(value) {
            choices.extend(family.iter());
        }
    }
    if matches!(value, Value::Text(_)) {
        choices.extend(
            site.landmarks
                .iter()
                .filter(|c| matches!(c, Value::Text(_))),
        );
    }
    choices.retain(|choice| {
        *choice != value && std::mem::discriminant(*choice) == std::mem::discriminant(value)
    });
    if choices.is_empty() || !likely {
        return None;
    }
    let chosen = (*chance.pick(&choices)?).clone();
    match (&chosen, &site.bounds) {
        (Value::Int(number), Some((low, high))) if number < low || number > high => None,
        _ => Some(chosen),
    }
}
