//! Does a problem carry every quantity of a program's input?

use num_rational::BigRational;
use serde_json::Value;

use super::{decimal, mentions};

/// Most quantities that are matched; an input of more is data, and only its first this many values are looked at.
const MAX_QUANTITIES: usize = 2_000;

/// Checks that each number of `input` occurs in `problem` as often as it occurs in the input, each occurrence for one
/// number, in digits or words; and that each string of `input` occurs too, whatever its case.
///
/// `input` is a JSON object (or any JSON value); lists and objects in it are walked, booleans and nulls ask for nothing.
///
/// # Errors
/// What is missing, as `path: value`, in the order of the input.
pub fn covers(problem: &str, input: &Value) -> Result<(), Vec<String>> {
    let mut needed = Needed::default();
    needed.walk(input, "");
    let slots: Vec<Vec<BigRational>> = mentions(problem)
        .into_iter()
        .map(|mention| std::iter::once(mention.value).chain(mention.also).collect())
        .collect();

    let mut taken: Vec<Option<usize>> = vec![None; slots.len()];
    let mut missing: Vec<(usize, String)> = Vec::new();
    for (index, (order, path, value)) in needed.numbers.iter().enumerate() {
        let mut tried = vec![false; slots.len()];
        if !place(index, &needed.numbers, &slots, &mut taken, &mut tried) {
            missing.push((*order, format!("{path}: {}", shown(value))));
        }
    }
    let folded = fold(problem);
    for (order, path, text) in &needed.strings {
        if !folded.contains(&fold(text)) {
            missing.push((*order, format!("{path}: {text:?}")));
        }
    }
    missing.sort();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(missing.into_iter().map(|(_, text)| text).collect()),
    }
}

/// Finds a mention for number `index`, moving others where that helps (one augmenting path of a bipartite matching).
fn place(
    index: usize,
    numbers: &[(usize, String, BigRational)],
    slots: &[Vec<BigRational>],
    taken: &mut [Option<usize>],
    tried: &mut [bool],
) -> bool {
    // An explicit stack: each entry is a number that looks for a slot, and the slot through which it was pushed out.
    let mut reached_from: Vec<(usize, Option<usize>)> = vec![(index, None)];
    let mut came: Vec<Option<usize>> = vec![None; slots.len()];
    let mut at = 0;
    while let Some(&(number, _)) = reached_from.get(at) {
        let Some((_, _, wanted)) = numbers.get(number) else {
            return false;
        };
        for (slot, values) in slots.iter().enumerate() {
            if tried.get(slot).copied().unwrap_or(true) || !values.contains(wanted) {
                continue;
            }
            if let Some(mark) = tried.get_mut(slot) {
                *mark = true;
            }
            if let Some(from) = came.get_mut(slot) {
                *from = Some(at);
            }
            match taken.get(slot).copied().flatten() {
                Some(owner) => reached_from.push((owner, Some(slot))),
                None => {
                    // Walk back, handing each number on the way the slot that it found.
                    let (mut slot, mut entry) = (slot, at);
                    loop {
                        let Some(&(number, pushed_from)) = reached_from.get(entry) else {
                            return true;
                        };
                        if let Some(place) = taken.get_mut(slot) {
                            *place = Some(number);
                        }
                        let Some(previous) = pushed_from else {
                            return true;
                        };
                        slot = previous;
                        entry = came.get(previous).copied().flatten().unwrap_or(0);
                    }
                }
            }
        }
        at += 1;
    }
    false
}

#[derive(Default)]
struct Needed {
    numbers: Vec<(usize, String, BigRational)>,
    strings: Vec<(usize, String, String)>,
}

impl Needed {
    fn walk(&mut self, value: &Value, path: &str) {
        let order = self.numbers.len() + self.strings.len();
        if order >= MAX_QUANTITIES {
            return;
        }
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => self
                .numbers
                .extend(decimal(&number.to_string()).map(|n| (order, path.to_owned(), n))),
            Value::String(text) => match decimal(text) {
                Some(number) => self.numbers.push((order, path.to_owned(), number)),
                None if text.trim().is_empty() => {}
                None => self.strings.push((order, path.to_owned(), text.clone())),
            },
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.walk(item, &format!("{path}[{at}]"));
                }
            }
            Value::Object(items) => {
                for (key, item) in items {
                    let inner = if path.is_empty() {
                        key.clone()
                    } else {
                        format!("{path}.{key}")
                    };
                    self.walk(item, &inner);
                }
            }
        }
    }
}

fn fold(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || c == '_' || c == '-')
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

fn shown(value: &BigRational) -> String {
    use num_traits::ToPrimitive as _;
    match value.is_integer() {
        true => value.to_integer().to_string(),
        false => value
            .to_f64()
            .map_or_else(|| value.to_string(), |float| float.to_string()),
    }
}
