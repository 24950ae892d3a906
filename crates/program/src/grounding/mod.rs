//! Whether the numbers of a solution in words come from the program's run, its input, or plain arithmetic on them.
//!
//! [`tracing_program`] wraps a program in one that runs it line by line and answers with the numbers that its names take.
//! The sandbox runs it as any other program; [`Trace::from_typed`] reads its output; [`ground`] looks for each number of the
//! solution in the trace, in the input, and among what one operation on two such numbers gives.

mod numbers;
#[cfg(test)]
mod tests;
mod trace;

use std::collections::BTreeSet;

use num_rational::BigRational;
use num_traits::{Signed, Zero};
use serde::Serialize;
use serde_json::Value as Json;

use crate::quantities::{Mention, mentions};
pub use trace::{Event, Trace, tracing_program};

/// Most different numbers of a trace and an input that are worked with; the first of them.
const MAX_KNOWN: usize = 600;
/// What units and percentages bring along.
const CONSTANTS: &[i64] = &[1, 2, 7, 10, 12, 24, 52, 60, 100, 365, 1000];

/// Where a number of a solution comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It is a value of the input.
    Input,
    /// A name of the program takes it.
    Trace,
    /// It is such a number rounded to the places that are shown, or as a percentage.
    Rounded,
    /// One operation on two numbers of input, trace and usual units gives it.
    Derived,
    /// None of these.
    Ungrounded,
}

/// A number of a solution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grounded {
    /// As it is written.
    pub text: String,
    /// First byte, and the byte after the last.
    pub range: (usize, usize),
    /// Where it comes from.
    pub origin: Origin,
}

/// How well a solution is grounded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Grounding {
    /// The numbers that were looked at, in order; numbers of lists and steps, and ordinals, are left out.
    pub numbers: Vec<Grounded>,
    /// Share of them that are grounded, from 0 to 1; 1 where there are none.
    pub score: f64,
}

impl Grounding {
    /// The numbers that come from nowhere.
    pub fn ungrounded(&self) -> impl Iterator<Item = &Grounded> {
        self.numbers
            .iter()
            .filter(|number| number.origin == Origin::Ungrounded)
    }
}

/// Looks for the numbers of `solution` in `trace` and `input` (the sandbox's typed JSON).
#[must_use]
pub fn ground(solution: &str, trace: &Trace, input: &Json) -> Grounding {
    let mut given = BTreeSet::new();
    numbers::of_json(input, &mut given);
    let run: BTreeSet<BigRational> = trace
        .events
        .iter()
        .flat_map(|event| &event.numbers)
        .filter_map(|text| numbers::read(text))
        .take(8 * MAX_KNOWN)
        .collect();
    // In the order of the run, so that what is left out of a long one is its end.
    let mut known: Vec<BigRational> = given.iter().cloned().collect();
    for text in trace.events.iter().flat_map(|event| &event.numbers) {
        if known.len() >= MAX_KNOWN {
            break;
        }
        if let Some(value) = numbers::read(text)
            && !known.contains(&value)
        {
            known.push(value);
        }
    }
    for constant in CONSTANTS {
        known.push(BigRational::from_integer((*constant).into()));
    }
    let all: BTreeSet<BigRational> = known.iter().cloned().collect();
    let origin_of = |mention: &Mention| -> Origin {
        let text = solution.get(mention.start..mention.end).unwrap_or_default();
        let readings: Vec<BigRational> = std::iter::once(&mention.value)
            .chain(&mention.also)
            .flat_map(|value| [-value.clone(), value.clone()])
            .collect();
        let places = text.split_once('.').map_or(0, |(_, fraction)| {
            fraction.chars().take_while(char::is_ascii_digit).count()
        });
        if readings.iter().any(|value| given.contains(value)) {
            Origin::Input
        } else if readings.iter().any(|value| run.contains(value)) {
            Origin::Trace
        } else if readings.iter().any(|value| rounded(value, places, &known)) {
            Origin::Rounded
        } else if readings.iter().any(|value| derived(value, &known, &all)) {
            Origin::Derived
        } else {
            Origin::Ungrounded
        }
    };
    let mut found: Vec<Grounded> = Vec::new();
    let mut covered = 0;
    let mentioned = mentions(solution);
    for (at, mention) in mentioned.iter().enumerate() {
        let text = solution.get(mention.start..mention.end).unwrap_or_default();
        // A part of a compound is told by its whole.
        if mention.part
            || mention.start < covered
            || numbers::is_label(solution, mention.start, mention.end)
        {
            continue;
        }
        covered = mention.end;
        let mut origin = origin_of(mention);
        if origin == Origin::Ungrounded && text.contains('/') {
            // `51 / 8` may be a step, and no fraction.
            let mut parts = mentioned
                .iter()
                .skip(at + 1)
                .take_while(|part| part.part)
                .peekable();
            if parts.peek().is_some() && parts.all(|part| origin_of(part) != Origin::Ungrounded) {
                origin = Origin::Derived;
            }
        }
        found.push(Grounded {
            text: text.to_owned(),
            range: (mention.start, mention.end),
            origin,
        });
    }
    let grounded = found
        .iter()
        .filter(|n| n.origin != Origin::Ungrounded)
        .count();
    Grounding {
        score: match found.len() {
            0 => 1.0,
            all => grounded as f64 / all as f64,
        },
        numbers: found,
    }
}

/// Whether a number, or its hundredth or hundredfold, is one of `known` rounded to `places`.
fn rounded(value: &BigRational, places: usize, known: &[BigRational]) -> bool {
    let hundred = BigRational::from_integer(100.into());
    let ten = num_bigint::BigInt::from(10);
    let scale = ten.pow(u32::try_from(places).unwrap_or(0).min(30));
    let half = BigRational::new(1.into(), &scale * 2);
    // A word such as "half" has no places to be rounded to.
    let has_places = (value * BigRational::from_integer(scale)).is_integer();
    known.iter().any(|other| {
        let percent = other * &hundred == *value || value * &hundred == *other;
        let near = |other: &BigRational| (other - value).abs() <= half;
        percent || (has_places && !other.is_integer() && (near(other) || near(&(other * &hundred))))
    })
}

/// Whether one operation on two of `known` gives the number.
fn derived(value: &BigRational, known: &[BigRational], all: &BTreeSet<BigRational>) -> bool {
    known.iter().any(|a| {
        all.contains(&(value - a))
            || all.contains(&(a - value))
            || (!a.is_zero() && all.contains(&(value / a)))
            || all.contains(&(value * a))
            || (!value.is_zero() && all.contains(&(a / value)))
    })
}
