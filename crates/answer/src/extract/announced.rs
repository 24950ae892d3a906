//! Answers that a sentence announces: "the answer is …", "Answer: …", "… is the answer".

use super::body::Body;
use super::formulas::{Formula, Formulas};
use super::payload::{self, MAX_PAYLOAD, sentence, settle};
use super::{Find, How};

/// What the text behind an announcing word has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    /// Anything.
    Any,
    /// A number or a formula: the word has other uses.
    Value,
    /// A choice letter.
    Letter,
}

/// Words that announce an answer, in lower case.
const WORDS: &[(&str, Wants)] = &[
    ("answer", Wants::Any),
    ("answers", Wants::Any),
    ("ans", Wants::Any),
    ("a", Wants::Any),
    ("final result", Wants::Any),
    ("solution", Wants::Value),
    ("solutions", Wants::Value),
    ("solution set", Wants::Value),
    ("option", Wants::Letter),
    ("choice", Wants::Letter),
    ("réponse", Wants::Any),
    ("respuesta", Wants::Any),
    ("resposta", Wants::Any),
    ("risposta", Wants::Any),
    ("antwort", Wants::Any),
    ("ответ", Wants::Any),
    ("Ответ", Wants::Any),
    ("答案", Wants::Any),
];
/// What links the word with the answer, in lower case.
const LINKS: &[&str] = &[
    ":",
    "：",
    "=",
    " is",
    " are",
    " would be",
    " should be",
    " will be",
    " must be",
    " est",
    " es",
    " ist",
    " è",
    " é",
    "是",
    "为",
];
/// The most bytes between the word and the link: "the answer to the second question in simplest form is".
const MAX_BETWEEN: usize = 80;
/// How many announcements are tried, from the last; one that announces nothing ("the answer is correct") is passed.
const MAX_TRIES: usize = 24;
/// First words of what is no answer, in lower case.
const JUDGEMENTS: &[&str] = &[
    "correct",
    "incorrect",
    "wrong",
    "right",
    "reasonable",
    "valid",
    "consistent",
    "unclear",
    "unique",
    "below",
    "above",
    "as",
    "in",
    "to",
    "not",
    "whether",
    "if",
    "what",
    "how",
    "different",
    "the same",
    "here",
    "there",
    "required",
    "expected",
    "supposed",
    "known",
    "at",
];

/// The last announced answer; cut where the reply ends right behind an announcement.
pub(super) fn last<'a>(body: &Body<'a>) -> Find<'a> {
    let lower = body.lower.as_str();
    let mut places: Vec<(usize, usize, Wants)> = Vec::new();
    for (word, wants) in WORDS {
        let found = lower
            .rmatch_indices(word)
            .filter(|(at, _)| stands_alone(lower, *at, word))
            .take(MAX_TRIES);
        places.extend(found.map(|(at, _)| (at, at + word.len(), *wants)));
    }
    places.sort_unstable_by_key(|place| std::cmp::Reverse((place.0, place.1)));
    for (index, (start, end, wants)) in places.into_iter().take(MAX_TRIES).enumerate() {
        match at(body, start, end, wants) {
            Find::Nothing => {}
            // Only the end of the reply can be cut.
            Find::Cut if index > 0 => {}
            found => return found,
        }
    }
    Find::Nothing
}

/// Whether a word is no part of a longer one. The one letter `a` has to start a line and to have its colon.
fn stands_alone(lower: &str, at: usize, word: &str) -> bool {
    let before = lower.get(..at).and_then(|text| text.chars().next_back());
    let rest = lower.get(at + word.len()..).unwrap_or_default();
    let behind = rest.chars().next();
    if word == "a" {
        let starts_line = before.is_none_or(|c| c == '\n');
        return starts_line && rest.trim_start_matches(' ').starts_with(':');
    }
    if !word.is_ascii() {
        return true;
    }
    before.is_none_or(|c| !c.is_alphanumeric() && c != '<' && c != '/' && c != '\\')
        && behind.is_none_or(|c| !c.is_ascii_alphanumeric())
}

/// The answer that the word between `start` and `end` announces.
fn at<'a>(body: &Body<'a>, start: usize, end: usize, wants: Wants) -> Find<'a> {
    if let Some(found) = before_is(body, start, end, wants) {
        return found;
    }
    let Some(behind) = link(body, start, end) else {
        return Find::Nothing;
    };
    let rest = body.text.get(behind..).unwrap_or_default();
    let rest = without_closers(rest);
    if rest.trim().is_empty() {
        return if wants == Wants::Any {
            Find::Cut
        } else {
            Find::Nothing
        };
    }
    let mut length = rest.len().min(MAX_PAYLOAD);
    while !rest.is_char_boundary(length) {
        length -= 1;
    }
    let rest = rest.get(..length).unwrap_or_default();
    let stated = sentence(rest);
    // A formula that is open where the reply ends.
    if stated.len() == rest.len() && length < MAX_PAYLOAD && is_open(stated) {
        return Find::Cut;
    }
    let answer = settle(stated);
    if !is_answer(answer, wants) {
        return Find::Nothing;
    }
    payload::piece(answer, How::Phrase).map_or(Find::Nothing, Find::Found)
}

/// Where the text starts that is linked to the word.
fn link(body: &Body<'_>, start: usize, end: usize) -> Option<usize> {
    let rest = body.lower.get(end..)?;
    let marks = rest.len()
        - rest
            .trim_start_matches(['*', '_', '"', '”', ')', ']', '`'])
            .len();
    let next = rest.get(marks..)?;
    let heads_line = body
        .lower
        .get(..start)?
        .rsplit('\n')
        .next()?
        .split(|c: char| c.is_whitespace() || "#*_>-".contains(c))
        .all(|word| {
            matches!(
                word,
                "" | "the" | "final" | "my" | "our" | "correct" | "short"
            )
        });
    let line = next.trim_start_matches(' ');
    if heads_line {
        // A heading: the answer is below.
        if line.starts_with('\n') {
            return Some(end + marks);
        }
        // "Answer \( (9+1) \)"
        if line.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '\\' | '$' | '-')) {
            return Some(end + marks);
        }
    }
    let mut window = next.len().min(MAX_BETWEEN);
    while !next.is_char_boundary(window) {
        window -= 1;
    }
    let window = next.get(..window)?;
    let window = window.split(['\n', '.', '?', '!']).next()?;
    let (at, length) = LINKS
        .iter()
        .filter_map(|link| {
            let at = window.find(link)?;
            let behind = next.get(at + link.len()..)?.chars().next();
            let is_word = link.ends_with(|c: char| c.is_alphabetic() && c.len_utf8() < 3);
            let whole = !is_word || behind.is_none_or(|c| !c.is_alphanumeric());
            whole.then_some((at, link.len()))
        })
        .min_by_key(|(at, length)| (*at, std::cmp::Reverse(*length)))?;
    Some(end + marks + at + length)
}

/// The text without what closes the announcement: colons, emphasis that ends, line ends, quote marks of the margin.
fn without_closers(text: &str) -> &str {
    let mut text = text;
    loop {
        let before = text;
        text = text.trim_start_matches([' ', '\t', '\n', '\r', ':', '：', '>']);
        for mark in ["**", "__", "*", "_"] {
            if let Some(rest) = text.strip_prefix(mark)
                && (rest.is_empty() || rest.starts_with([' ', '\n', ':']))
            {
                text = rest;
            }
        }
        if text == before {
            return text;
        }
    }
}

/// Whether a text ends inside a formula or braces.
fn is_open(text: &str) -> bool {
    let mut formulas = Formulas::new(text);
    let _ = formulas.by_ref().last();
    let mut depth = 0i64;
    let mut escaped = false;
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    formulas.is_cut() || depth > 0
}

fn is_answer(text: &str, wants: Wants) -> bool {
    let lower = text.to_ascii_lowercase();
    let judges = JUDGEMENTS.iter().any(|word| {
        lower.strip_prefix(word).is_some_and(|rest| {
            !rest.starts_with(|c: char| c.is_alphanumeric() || "=(+-*/^_<>".contains(c))
        })
    });
    match wants {
        Wants::Any => !text.is_empty() && !judges,
        Wants::Value => {
            text.contains(|c: char| c.is_ascii_digit() || matches!(c, '\\' | '$' | '=' | '<' | '>'))
                && !judges
        }
        Wants::Letter => is_letter(text),
    }
}

/// A choice letter, alone or in front of its text.
fn is_letter(text: &str) -> bool {
    let bare = text.trim_start_matches(['(', '[', '*']);
    let mut characters = bare.chars();
    characters.next().is_some_and(|c| ('A'..='J').contains(&c))
        && characters.next().is_none_or(|c| ").]:*".contains(c))
}

/// The answer in front of "is the answer", where the word ends its sentence; `None` where it is not said that way.
fn before_is<'a>(body: &Body<'a>, start: usize, end: usize, wants: Wants) -> Option<Find<'a>> {
    let behind = body.lower.get(end..)?;
    let ends = behind
        .trim_start_matches(['*', ' '])
        .chars()
        .next()
        .is_none_or(|c| matches!(c, '.' | '\n' | ',' | '!' | ';'));
    if !ends {
        return None;
    }
    let mut before = body.text.get(..start)?.trim_end_matches([' ', '*']);
    for _ in 0..4 {
        let word = before.rsplit(' ').next()?;
        let lower = word.to_ascii_lowercase();
        let rest = before.get(..before.len() - word.len())?;
        before = rest.trim_end_matches([' ', '*']);
        match lower.as_str() {
            "is" | "are" => return Some(last_value(before, wants)),
            "the" | "final" | "correct" | "right" | "our" | "my" | "required" | "best" => {}
            _ => return None,
        }
    }
    None
}

/// The value at a text's end: a formula, a choice letter, or the last number of the sentence.
fn last_value(text: &str, wants: Wants) -> Find<'_> {
    let mut from = text.len().saturating_sub(MAX_PAYLOAD);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let line = text.get(from..).unwrap_or_default().rsplit('\n').next();
    let line = line.unwrap_or_default();
    let found = |text| payload::piece(text, How::Phrase).map_or(Find::Nothing, Find::Found);
    let last: Option<Formula> = Formulas::new(line).last();
    if let Some(formula) = last.filter(|formula| formula.end == line.len()) {
        return found(line.get(formula.start..).unwrap_or_default());
    }
    let word = line.rsplit(' ').next().unwrap_or_default();
    if is_letter(word) {
        return found(word);
    }
    if wants == Wants::Letter {
        return Find::Nothing;
    }
    match super::endings::numbers(line).last() {
        Some(number) => found(number),
        None => Find::Nothing,
    }
}
