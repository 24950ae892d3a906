//! A problem told again with other quantities in the places of its own.

use std::collections::BTreeMap;
use std::ops::Range;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One as _, Signed as _, Zero as _};
use serde_json::Value;

use super::words::{cardinal, scale};
use super::{Mention, decimal, mentions, number_length};

/// Why a problem cannot be told with other quantities.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTold {
    /// The inputs are not of one shape: a list of another length, an absent key, another kind of value.
    #[error("`{path}` has another shape in the other input")]
    Shape {
        /// Where, as `prices[2]`.
        path: String,
    },
    /// The problem does not name a quantity exactly as often as the input has it, so its places are not known.
    #[error("{value} stands {found} times in the problem and {expected} times in the input")]
    Places {
        /// The quantity's value, or text.
        value: String,
        /// How often the problem has it.
        found: usize,
        /// How often the input has it.
        expected: usize,
    },
    /// Quantities of one value become different ones, and which place is whose is not known.
    #[error("several quantities are {value} and would become different ones")]
    Ambiguous {
        /// The value that they share.
        value: String,
    },
    /// A place says its quantity in a way that another value cannot take: `half`, `twice`, `first`.
    #[error("`{text}` cannot say {value}")]
    Wording {
        /// The words of the problem.
        text: String,
        /// The value to be said.
        value: String,
    },
}

/// One quantity and what it becomes.
struct Change<T> {
    old: T,
    new: T,
}

/// Tells `problem`, which is about the quantities of `input`, about those of `other` instead: each number, in digits or in
/// words, and each text of the input is replaced where it stands. Both inputs are the sandbox's typed JSON, as in
/// [`trial::Pair`](crate::trial::Pair).
///
/// It is done only where there is no doubt which words belong to which quantity: every value that changes must stand in the
/// problem exactly as often as in the input.
///
/// ```
/// use serde_json::json;
///
/// let problem = "Ann has three boxes with 12 pens each. How many pens?";
/// let told = caco_program::quantities::substitute(
///     problem,
///     &json!({"boxes": 3, "each": 12}),
///     &json!({"boxes": 5, "each": 9}),
/// );
/// assert_eq!(told.unwrap(), "Ann has 5 boxes with 9 pens each. How many pens?");
/// ```
///
/// # Errors
/// [`NotTold`] where a place is not certain, or its wording cannot take the new value.
pub fn substitute(problem: &str, input: &Value, other: &Value) -> Result<String, NotTold> {
    let mut changes = Changes::default();
    changes.walk(input, other, "")?;
    let found: Vec<Mention> = mentions(problem);
    let mut edits: BTreeMap<(usize, usize), String> = BTreeMap::new();
    for (old, new, expected) in changes.numbers()? {
        let places: Vec<&Mention> = found
            .iter()
            .filter(|mention| mention.value == old || mention.also.contains(&old))
            .collect();
        let places = innermost(&places);
        if places.len() != expected {
            return Err(NotTold::Places {
                value: text_of(&old),
                found: places.len(),
                expected,
            });
        }
        for mention in places {
            let wording = || NotTold::Wording {
                text: problem
                    .get(mention.start..mention.end)
                    .unwrap_or_default()
                    .to_owned(),
                value: text_of(&new),
            };
            let text = problem
                .get(mention.start..mention.end)
                .and_then(|text| reworded(text, mention, &old, &new))
                .ok_or_else(wording)?;
            if edits.insert((mention.start, mention.end), text).is_some() {
                return Err(wording());
            }
        }
    }
    for (old, new, expected) in changes.texts()? {
        let places = occurrences(problem, &old);
        if places.len() != expected {
            return Err(NotTold::Places {
                value: format!("{old:?}"),
                found: places.len(),
                expected,
            });
        }
        for place in places {
            edits.insert((place.start, place.end), new.clone());
        }
    }
    let mut told = String::with_capacity(problem.len());
    let mut at = 0;
    for ((start, end), text) in edits {
        if start < at {
            return Err(NotTold::Wording {
                text: problem.get(start..end).unwrap_or_default().to_owned(),
                value: text,
            });
        }
        told.push_str(problem.get(at..start).unwrap_or_default());
        told.push_str(&text);
        at = end;
    }
    told.push_str(problem.get(at..).unwrap_or_default());
    Ok(told)
}

/// Of mentions within each other the smaller: in `half a dozen` the 12 is the dozen's.
fn innermost<'a>(places: &[&'a Mention]) -> Vec<&'a Mention> {
    let within = |inner: &Mention, outer: &Mention| {
        inner.start >= outer.start && inner.end <= outer.end && inner != outer
    };
    places
        .iter()
        .filter(|outer| !places.iter().any(|inner| within(inner, outer)))
        .copied()
        .collect()
}

#[derive(Default)]
struct Changes {
    numbers: Vec<Change<BigRational>>,
    texts: Vec<Change<String>>,
}

impl Changes {
    fn walk(&mut self, old: &Value, new: &Value, path: &str) -> Result<(), NotTold> {
        let shape = || NotTold::Shape {
            path: if path.is_empty() { "input" } else { path }.to_owned(),
        };
        match (old, new) {
            (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
                for (at, (old, new)) in old.iter().zip(new).enumerate() {
                    self.walk(old, new, &format!("{path}[{at}]"))?;
                }
                Ok(())
            }
            (Value::Object(old), Value::Object(new)) if old.len() == new.len() => {
                for (key, old) in old {
                    let inner = if path.is_empty() {
                        key.clone()
                    } else {
                        format!("{path}.{key}")
                    };
                    match (key.as_str(), new.get(key)) {
                        // The tags of typed values, which are no quantities.
                        ("$type", Some(new)) if old == new => {}
                        (_, Some(new)) => self.walk(old, new, &inner)?,
                        (_, None) => return Err(NotTold::Shape { path: inner }),
                    }
                }
                Ok(())
            }
            _ => match (number(old), number(new), old.as_str(), new.as_str()) {
                (Some(old), Some(new), _, _) => {
                    self.numbers.push(Change { old, new });
                    Ok(())
                }
                (None, None, Some(old), Some(new)) => {
                    self.texts.push(Change {
                        old: old.to_owned(),
                        new: new.to_owned(),
                    });
                    Ok(())
                }
                _ if old == new => Ok(()),
                _ => Err(shape()),
            },
        }
    }

    /// The values that change: what each becomes, and how many quantities have it.
    fn numbers(&self) -> Result<Vec<(BigRational, BigRational, usize)>, NotTold> {
        let mut groups: BTreeMap<BigRational, Vec<&BigRational>> = BTreeMap::new();
        for change in &self.numbers {
            groups
                .entry(change.old.clone())
                .or_default()
                .push(&change.new);
        }
        let mut all = Vec::new();
        for (old, new) in groups {
            let Some(first) = new.first() else { continue };
            if new.iter().any(|other| other != first) {
                return Err(NotTold::Ambiguous {
                    value: text_of(&old),
                });
            }
            if **first != old {
                all.push((old, (*first).clone(), new.len()));
            }
        }
        Ok(all)
    }

    fn texts(&self) -> Result<Vec<(String, String, usize)>, NotTold> {
        let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for change in &self.texts {
            groups.entry(&change.old).or_default().push(&change.new);
        }
        let mut all = Vec::new();
        for (old, new) in groups {
            let Some(first) = new.first() else { continue };
            if new.iter().any(|other| other != first) {
                return Err(NotTold::Ambiguous {
                    value: format!("{old:?}"),
                });
            }
            if *first != old {
                all.push((old.to_owned(), (*first).to_owned(), new.len()));
            }
        }
        Ok(all)
    }
}

/// A number, or a text that is nothing but one: `12`, `"1.5"`, `"3/4"`.
fn number(value: &Value) -> Option<BigRational> {
    match value {
        Value::Number(number) => decimal(&number.to_string()),
        Value::String(text) => match text.split_once('/') {
            Some((above, below)) => {
                let below = decimal(below).filter(|below| !below.is_zero())?;
                Some(decimal(above)? / below)
            }
            None => decimal(text),
        },
        _ => None,
    }
}

/// The words of a mention with `new` in the place of `old`.
fn reworded(text: &str, mention: &Mention, old: &BigRational, new: &BigRational) -> Option<String> {
    if let Some(length) = number_length(text) {
        let (digits, rest) = text.split_at_checked(length)?;
        if rest.contains(|c: char| c.is_ascii_digit() || c.is_numeric()) {
            // 3/4, 1 1/2, 2½: told anew as a whole.
            return (mention.value == *old && !new.is_negative()).then(|| text_of(new));
        }
        let shown = decimal(digits).filter(|shown| !shown.is_zero())?;
        if old.is_zero() {
            return None;
        }
        // 0.2 as `20 %`, 5,000,000 as `5 million`, -3 behind its sign.
        let written = new * shown / old;
        if written.is_negative() {
            return None;
        }
        let places = digits
            .split_once('.')
            .map_or(0, |(_, fraction)| fraction.len());
        let number = terminating(&written, places)?;
        let ordinal = matches!(rest, "st" | "nd" | "rd" | "th");
        let rest = if ordinal {
            ordinal_suffix(&written)?
        } else {
            rest
        };
        return Some(format!("{number}{rest}"));
    }
    // `three`, `twenty-five`, `three hundred and five`, `two dozen`.
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
    let spelt = |word: &str| {
        word.is_empty() || word == "and" || cardinal(word).is_some() || scale(word).is_some()
    };
    let lower = text.to_lowercase();
    let first = cardinal(lower.split(|c: char| !c.is_ascii_alphabetic()).next()?);
    let whole = mention.value == *old && mention.also.is_empty();
    (whole
        && first.is_some()
        && words.all(|word| spelt(&word.to_lowercase()))
        && new.is_integer()
        && !new.is_negative())
    .then(|| new.to_integer().to_string())
}

fn ordinal_suffix(value: &BigRational) -> Option<&'static str> {
    let value = value.is_integer().then(|| value.to_integer())?;
    let last = |modulus: i32| u32::try_from(&value % BigInt::from(modulus)).ok();
    Some(match (last(10)?, last(100)?) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    })
}

/// The number in decimal digits with at least so many places; none where its digits do not end.
fn terminating(value: &BigRational, places: usize) -> Option<String> {
    /// No quantity of a problem has more.
    const MOST: usize = 30;
    let ten = BigInt::from(10);
    let mut shifted = value.clone();
    let mut shown = 0;
    while !shifted.is_integer() || shown < places {
        if shown == MOST {
            return None;
        }
        shifted *= &ten;
        shown += 1;
    }
    let digits = shifted.to_integer().to_string();
    if shown == 0 {
        return Some(digits);
    }
    let digits = format!("{digits:0>width$}", width = shown + 1);
    let (whole, fraction) = digits.split_at_checked(digits.len() - shown)?;
    Some(format!("{whole}.{fraction}"))
}

fn text_of(value: &BigRational) -> String {
    if value.denom().is_one() {
        return value.numer().to_string();
    }
    let sign = if value.is_negative() { "-" } else { "" };
    match terminating(&value.abs(), 0) {
        Some(text) => format!("{sign}{text}"),
        None => format!("{}/{}", value.numer(), value.denom()),
    }
}

/// Where a text stands as whole words.
fn occurrences(problem: &str, text: &str) -> Vec<Range<usize>> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let before = |at: usize| problem.get(..at).and_then(|text| text.chars().next_back());
    let after = |at: usize| problem.get(at..).and_then(|text| text.chars().next());
    problem
        .match_indices(text)
        .map(|(at, _)| at..at + text.len())
        .filter(|place| !word(before(place.start)) && !word(after(place.end)))
        .collect()
}
