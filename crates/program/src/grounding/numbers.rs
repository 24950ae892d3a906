//! Exact numbers of texts and values.

use std::collections::BTreeSet;

use num_rational::BigRational;
use serde_json::Value as Json;

use crate::quantities::{decimal, in_text};

/// `12`, `-0.5`, `1e-07` or `1/3`, exactly.
pub(super) fn read(text: &str) -> Option<BigRational> {
    match text.split_once('/') {
        Some((above, below)) => {
            let below = decimal(below)?;
            (below != BigRational::from_integer(0.into())).then_some(decimal(above)? / below)
        }
        None => decimal(text),
    }
}

/// All numbers in a value of typed JSON; texts give those that they mention.
pub(super) fn of_json(json: &Json, found: &mut BTreeSet<BigRational>) {
    match json {
        Json::Number(number) => found.extend(decimal(&number.to_string())),
        Json::String(text) => found.extend(in_text(text)),
        Json::Array(items) => items.iter().for_each(|item| of_json(item, found)),
        Json::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("$type" | "dtype" | "shape" | "srepr", _) => {}
                    ("$int", Json::String(text)) => found.extend(decimal(text)),
                    ("text", Json::String(text)) => found.extend(read(text)),
                    _ => of_json(value, found),
                }
            }
        }
        Json::Null | Json::Bool(_) => {}
    }
}

/// Whether the number from `start` to `end` numbers something: an item of a list at the start of a line (`1.`, `2)`), a step,
/// a part, a case, or an ordinal.
pub(super) fn is_label(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    let number = text.get(start..end).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let opens = line
        .trim_matches([' ', '\t', '*', '#', '(', '-', '>'])
        .is_empty();
    let marked = after.starts_with(')')
        || after.starts_with(". ")
        || after.starts_with(".\n")
        || after.starts_with(':')
        || after.starts_with(".*");
    let whole = number.bytes().all(|b| b.is_ascii_digit()) && number.len() <= 2;
    if whole && opens && marked {
        return true;
    }
    let word = line
        .trim_end_matches([' ', '\u{a0}', '#', '*'])
        .rsplit(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or_default()
        .to_lowercase();
    if whole
        && matches!(
            word.as_str(),
            "step"
                | "part"
                | "case"
                | "equation"
                | "section"
                | "figure"
                | "problem"
                | "question"
                | "method"
                | "stage"
        )
    {
        return true;
    }
    let lower = number.to_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let ending = lower.get(digits.len()..).unwrap_or_default();
    (!digits.is_empty() && matches!(ending, "st" | "nd" | "rd" | "th"))
        || matches!(
            lower.as_str(),
            "first"
                | "second"
                | "third"
                | "fourth"
                | "fifth"
                | "sixth"
                | "seventh"
                | "eighth"
                | "ninth"
                | "tenth"
                | "one"
                | "zero"
        )
}
