//! Compares two answers.

mod sequences;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed as _, Zero as _};

use super::complex::Complex;
use super::eval::{exact, float};
use super::node::Node;
use super::value::{Answer, Kind, Value, fold, read};
use sequences::sequences;

use super::{MAX_BYTES, Outcome, Percent, Policy, Tier, Verdict};

/// Points at which expressions with free names are compared, and how many of them have to be defined.
const POINTS: u32 = 8;
const DEFINED: usize = 4;
/// Relative difference below which two floats are the same closed form.
const CLOSE: f64 = 1e-10;

/// Whether `candidate` is the same answer as `reference`.
///
/// Total and bounded: texts beyond [`MAX_BYTES`] are only compared as texts. The relation is symmetric. `Undecided` is
/// said where something is not understood or the policy leaves it open; it is never said of two plain numbers.
#[must_use]
pub fn equivalent(reference: &str, candidate: &str, policy: &Policy) -> Verdict {
    if reference.trim().is_empty() || candidate.trim().is_empty() {
        return Verdict::new(Outcome::Undecided, Tier::None, "an answer is empty");
    }
    if fold(reference) == fold(candidate) && reference.trim() == candidate.trim() {
        return Verdict::new(Outcome::Equal, Tier::Text, "the same text");
    }
    if reference.len() > MAX_BYTES || candidate.len() > MAX_BYTES {
        return Verdict::new(
            Outcome::Undecided,
            Tier::None,
            format!("an answer is longer than {MAX_BYTES} bytes"),
        );
    }
    let (a, b) = (read(reference, policy), read(candidate, policy));
    if let Some(verdict) = left_sides(&a, &b, policy) {
        return verdict;
    }
    if let Some(verdict) = units(&a, &b, policy) {
        return verdict;
    }
    if a.percent != b.percent {
        return percent(&a, &b, policy);
    }
    values(&a.value, &b.value, policy)
}

/// `x = 5` against `5`, or against `y = 5`.
fn left_sides(a: &Answer, b: &Answer, policy: &Policy) -> Option<Verdict> {
    match (&a.name, &b.name) {
        (Some(x), Some(y)) if x != y => Some(Verdict::new(
            Outcome::Undecided,
            Tier::None,
            format!("values of different names, {x} and {y}"),
        )),
        (Some(_), None) | (None, Some(_)) if !policy.strip_assignment => Some(Verdict::new(
            Outcome::Undecided,
            Tier::None,
            "one side is an equation",
        )),
        _ => None,
    }
}

fn units(a: &Answer, b: &Answer, policy: &Policy) -> Option<Verdict> {
    match (&a.unit, &b.unit) {
        (Some(x), Some(y)) if same_unit(x, y) => None,
        (Some(x), Some(y)) => Some(match values(&a.value, &b.value, policy).outcome {
            Outcome::Equal => Verdict::new(
                Outcome::Undecided,
                Tier::None,
                format!("units {x:?} and {y:?}"),
            ),
            other => Verdict::new(other, Tier::Exact, "numbers and units differ"),
        }),
        (Some(unit), None) | (None, Some(unit)) if !policy.strip_units => Some(Verdict::new(
            Outcome::Undecided,
            Tier::None,
            format!("unit {unit:?} on one side only"),
        )),
        _ => None,
    }
}

/// The same unit but for a plural.
fn same_unit(a: &str, b: &str) -> bool {
    let singular = |unit: &str| unit.trim_end_matches('.').trim_end_matches('s').to_owned();
    singular(a) == singular(b)
}

fn percent(a: &Answer, b: &Answer, policy: &Policy) -> Verdict {
    let hundredth = |value: &Value| match value {
        Value::Expression(node) => Value::Expression(Node::Divide(
            Box::new(node.clone()),
            Box::new(Node::integer(100)),
        )),
        other => other.clone(),
    };
    let as_value = if a.percent {
        values(&hundredth(&a.value), &b.value, policy)
    } else {
        values(&a.value, &hundredth(&b.value), policy)
    };
    if as_value.is_equal() || policy.percent == Percent::Value {
        return as_value;
    }
    let plain = values(&a.value, &b.value, policy);
    if plain.is_equal() { plain } else { as_value }
}

fn values(a: &Value, b: &Value, policy: &Policy) -> Verdict {
    match (a, b) {
        (Value::Expression(a), Value::Expression(b)) => expressions(a, b, policy),
        (Value::Truth(a), Value::Truth(b)) => decided(a == b, Tier::Text, "truth values"),
        (Value::Text(a), Value::Text(b)) => texts(a, b),
        (Value::Sequence(k, a), Value::Sequence(l, b)) => sequences(*k, a, *l, b, policy),
        (Value::Sequence(kind, items), other) | (other, Value::Sequence(kind, items)) => {
            match (items.as_slice(), other) {
                ([only], _) if policy.unwrap_single && *kind != Kind::Matrix => {
                    values(only, other, policy)
                }
                (_, Value::Expression(_)) if items.len() != 1 => Verdict::new(
                    Outcome::Different,
                    Tier::Exact,
                    format!("{} values against one", items.len()),
                ),
                _ => Verdict::new(
                    Outcome::Undecided,
                    Tier::None,
                    "a sequence against something else",
                ),
            }
        }
        (Value::Text(text), other) | (other, Value::Text(text)) => words_against(text, other),
        (Value::Truth(_), Value::Expression(_)) | (Value::Expression(_), Value::Truth(_)) => {
            Verdict::new(
                Outcome::Different,
                Tier::Text,
                "a truth value against a number",
            )
        }
    }
}

fn decided(same: bool, tier: Tier, what: &str) -> Verdict {
    match same {
        true => Verdict::new(Outcome::Equal, tier, format!("the same {what}")),
        false => Verdict::new(Outcome::Different, tier, format!("different {what}")),
    }
}

fn is_words(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_alphabetic() || matches!(c, ' ' | '\'' | '-' | '.' | ','))
        && text.chars().any(char::is_alphabetic)
}

fn texts(a: &str, b: &str) -> Verdict {
    let bare = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\''))
            .collect()
    };
    if bare(a) == bare(b) {
        return Verdict::new(Outcome::Equal, Tier::Text, "the same words");
    }
    match is_words(a) && is_words(b) {
        true => Verdict::new(Outcome::Different, Tier::Text, "different words"),
        false => Verdict::new(
            Outcome::Undecided,
            Tier::None,
            "mathematics that is not understood",
        ),
    }
}

fn words_against(text: &str, other: &Value) -> Verdict {
    let number = matches!(other, Value::Expression(node) if exact(node).is_some());
    match is_words(text) && number {
        true => Verdict::new(Outcome::Different, Tier::Text, "words against a number"),
        false => Verdict::new(
            Outcome::Undecided,
            Tier::None,
            "words against something else",
        ),
    }
}

fn expressions(a: &Node, b: &Node, policy: &Policy) -> Verdict {
    if a == b {
        return Verdict::new(Outcome::Equal, Tier::Text, "the same expression");
    }
    let floats = a.has_float(policy.float_digits) || b.has_float(policy.float_digits);
    if let (Some(x), Some(y)) = (exact(a), exact(b)) {
        if x == y {
            return Verdict::new(Outcome::Equal, Tier::Exact, "the same number");
        }
        if floats && near(&x, &y, a, b) {
            return Verdict::new(
                Outcome::Equal,
                Tier::Float,
                "the same number but for a float's noise",
            );
        }
        return Verdict::new(Outcome::Different, Tier::Exact, "different numbers");
    }
    probe(a, b, floats)
}

/// Whether two exact values differ by no more than a float's noise, or by less than one unit of the last digit of the float.
fn near(x: &BigRational, y: &BigRational, a: &Node, b: &Node) -> bool {
    let difference = (x - y).abs();
    let billion = BigRational::from_integer(BigInt::from(1_000_000_000u64));
    let relative = &difference * billion <= x.abs().max(y.abs());
    let unit = [a, b].iter().any(|node| match node {
        Node::Number {
            decimals, digits, ..
        } if *digits >= 9 && *decimals >= 6 => {
            difference.clone()
                * BigRational::from_integer(BigInt::from(10).pow((*decimals).min(400)))
                < BigRational::from_integer(1.into())
        }
        _ => false,
    });
    relative || (unit && !x.is_zero() && !y.is_zero())
}

fn close(x: Complex, y: Complex, within: f64) -> bool {
    let size = x.abs().max(y.abs());
    x.add(y.neg()).abs() <= within * size.max(1e-30) || (x.abs() < 1e-12 && y.abs() < 1e-12)
}

/// Compares values in floats: one point where nothing is free, several where names are.
fn probe(a: &Node, b: &Node, floats: bool) -> Verdict {
    let mut names = BTreeSet::new();
    a.names(&mut names);
    b.names(&mut names);
    let within = if floats { 1e-9 } else { CLOSE };
    if names.is_empty() {
        return match (float(a, &|_| 0.0), float(b, &|_| 0.0)) {
            (Some(x), Some(y)) => decided(
                close(x, y, within),
                if floats { Tier::Float } else { Tier::Numeric },
                "closed form",
            ),
            _ => infinities(a, b),
        };
    }
    let mut defined = 0;
    for point in 0..POINTS {
        let at = |name: &str| coordinate(name, point);
        match (float(a, &at), float(b, &at)) {
            (Some(x), Some(y)) if close(x, y, 1e-9) => defined += 1,
            (Some(_), Some(_)) => {
                return Verdict::new(
                    Outcome::Different,
                    Tier::Numeric,
                    "expressions that differ at a point",
                );
            }
            _ => {}
        }
    }
    match defined >= DEFINED {
        true => Verdict::new(
            Outcome::Equal,
            Tier::Numeric,
            "expressions that agree at every point tried",
        ),
        false => Verdict::new(
            Outcome::Undecided,
            Tier::None,
            "expressions that are undefined where they were tried",
        ),
    }
}

fn infinities(a: &Node, b: &Node) -> Verdict {
    let endless = |node: &Node| match node {
        Node::Infinity => Some(true),
        Node::Negative(inner) if **inner == Node::Infinity => Some(false),
        _ => None,
    };
    match (endless(a), endless(b)) {
        (Some(x), Some(y)) => decided(x == y, Tier::Exact, "infinity"),
        (Some(_), None) | (None, Some(_)) => {
            Verdict::new(Outcome::Different, Tier::Exact, "infinity against a number")
        }
        _ => Verdict::new(
            Outcome::Undecided,
            Tier::None,
            "a value that cannot be computed",
        ),
    }
}

/// A value for a name at a point: the same in every process, between 0.5 and 2.5, never a round number.
fn coordinate(name: &str, point: u32) -> f64 {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325 ^ (u64::from(point) << 32);
    for byte in name.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    state ^= state >> 29;
    state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state ^= state >> 32;
    let unit = f64::from(u32::try_from(state & 0xffff_ffff).unwrap_or(7)) / f64::from(u32::MAX);
    0.5 + 2.0 * unit
}
