//! Answers between marks that a prompt asks for: `<answer>…</answer>`, `#### 42`, `"answer": 42`.

use super::body::Body;
use super::payload::{self, trim};
use super::{Find, How, Piece};

/// Tags around an answer, in lower case.
const TAGS: &[(&str, &str)] = &[
    ("<answer>", "</answer>"),
    ("<final_answer>", "</final_answer>"),
    ("<finalanswer>", "</finalanswer>"),
    ("[answer]", "[/answer]"),
    ("<|begin_of_solution|>", "<|end_of_solution|>"),
];

/// The inside of the last answer tag; cut where the last one is not closed.
pub(super) fn tag<'a>(body: &Body<'a>) -> Find<'a> {
    let lower = body.lower.as_str();
    let mut best: Option<(usize, Find<'a>)> = None;
    for (open, close) in TAGS {
        let Some(opened) = lower.rfind(open) else {
            continue;
        };
        let inside = opened + open.len();
        let found = match lower.get(inside..).and_then(|rest| rest.find(close)) {
            Some(length) => {
                let text = body.text.get(inside..inside + length).unwrap_or_default();
                payload::stated(text, How::Tag)
            }
            None => Find::Cut,
        };
        if best.as_ref().is_none_or(|(at, _)| *at < opened) {
            best = Some((opened, found));
        }
    }
    best.map_or(Find::Nothing, |(_, found)| found)
}

/// What stands behind the last `####`: on the reply's last line, or anywhere if it looks like a value. Other lines with four
/// hashes are headings.
pub(super) fn hashes<'a>(body: &Body<'a>) -> Find<'a> {
    let mut lines = body
        .text
        .lines()
        .rev()
        .filter(|line| !line.trim().is_empty());
    let mut is_last = true;
    let mut found = None;
    for line in &mut lines {
        let marked = line
            .find("####")
            .filter(|at| !line.get(..*at).is_some_and(|before| before.ends_with('#')))
            .and_then(|at| line.get(at + 4..))
            .filter(|rest| !rest.starts_with('#'));
        if let Some(rest) = marked {
            let rest = trim(rest);
            let announces = rest.to_ascii_lowercase().contains("answer");
            if !announces && (is_value(rest) || is_last && !rest.is_empty()) {
                found = Some(rest);
                break;
            }
        }
        is_last = false;
    }
    found.map_or(Find::Nothing, |rest| Find::of(rest, How::Hashes))
}

/// Whether a line is a value and not a heading: `42`, `-3/4 km`, `$12`, `\frac{1}{2}`, but not `2. Compute` or `Step 2`.
fn is_value(text: &str) -> bool {
    let bare = text.trim_start_matches(['-', '+', '$', '£', '€', '(', '[', '\\', '.', '−']);
    let signed = bare.len() < text.len();
    let Some(first) = bare.chars().next() else {
        return false;
    };
    let digits = bare.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return signed && first.is_ascii_alphabetic();
    }
    let rest = bare.get(digits..).unwrap_or_default();
    let is_numbering = [". ", ") ", ": "].iter().any(|mark| rest.starts_with(mark));
    let words = rest
        .split_whitespace()
        .filter(|word| word.chars().all(char::is_alphabetic))
        .count();
    !is_numbering && words <= 3
}

/// Keys of an answer in something like JSON, in lower case.
const KEYS: &[&str] = &["answer", "final_answer", "final answer", "finalanswer"];

/// The value of the last key `answer`.
pub(super) fn json<'a>(body: &Body<'a>) -> Find<'a> {
    let lower = body.lower.as_str();
    let last = ['"', '\'']
        .iter()
        .flat_map(|quote| KEYS.iter().map(move |key| format!("{quote}{key}{quote}")))
        .filter_map(|key| last_key(lower, &key))
        .max();
    let Some(value) = last.and_then(|at| body.text.get(at..)) else {
        return Find::Nothing;
    };
    let value = value.trim_start();
    match value.chars().next() {
        None => Find::Cut,
        Some(quote @ ('"' | '\'')) => quoted(value, quote),
        Some(_) => literal(value),
    }
}

/// Where the value behind the last such key starts.
fn last_key(lower: &str, key: &str) -> Option<usize> {
    let at = lower.rfind(key)? + key.len();
    let rest = lower.get(at..)?;
    let value = rest.trim_start().strip_prefix(':')?;
    Some(lower.len() - value.len())
}

/// A JSON string, with LaTeX that was not escaped left as it is.
fn quoted(value: &str, quote: char) -> Find<'_> {
    let mut text = String::new();
    let mut characters = value.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            _ if c == quote => {
                let from = value.get(1..at).unwrap_or_default();
                let text = trim(&text).to_owned();
                return if text.is_empty() {
                    Find::Nothing
                } else {
                    Find::Found(Piece {
                        text,
                        how: How::Json,
                        from,
                    })
                };
            }
            '\\' => {
                let next = characters.peek().map(|(_, next)| *next);
                let after = value
                    .get(at + 1..)
                    .and_then(|rest| rest.chars().nth(1))
                    .unwrap_or(' ');
                match next {
                    Some(plain @ ('"' | '\'' | '\\' | '/')) => {
                        text.push(plain);
                        characters.next();
                    }
                    Some('n' | 't' | 'r') if !after.is_ascii_alphabetic() => {
                        text.push(' ');
                        characters.next();
                    }
                    Some('u') => match unicode(value.get(at + 2..at + 6)) {
                        Some(c) => {
                            text.push(c);
                            for _ in 0..5 {
                                characters.next();
                            }
                        }
                        None => text.push('\\'),
                    },
                    _ => text.push('\\'),
                }
            }
            _ => text.push(c),
        }
    }
    Find::Cut
}

fn unicode(digits: Option<&str>) -> Option<char> {
    u32::from_str_radix(digits?, 16)
        .ok()
        .and_then(char::from_u32)
}

/// A number, a list, an object, a word: up to the comma, the line's end or the bracket that ends it.
fn literal(value: &str) -> Find<'_> {
    let mut depth = 0usize;
    for (at, c) in value.char_indices() {
        let ends = match c {
            '[' | '{' | '(' => {
                depth += 1;
                false
            }
            ']' | '}' | ')' => match depth.checked_sub(1) {
                Some(less) => {
                    depth = less;
                    false
                }
                None => true,
            },
            ',' => depth == 0,
            '\n' => depth == 0,
            _ => false,
        };
        if ends {
            return Find::of(value.get(..at).unwrap_or_default(), How::Json);
        }
    }
    if depth > 0 {
        return Find::Cut;
    }
    Find::of(value, How::Json)
}
