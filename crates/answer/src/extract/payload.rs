//! From the text behind an announcement to the answer in it.

use super::body::Body;
use super::formulas::{Formula, Formulas};
use super::{Find, How, Piece, announced};

/// The most bytes behind an announcement that are read as its answer.
pub(super) const MAX_PAYLOAD: usize = 4_000;

/// Pairs of marks around a whole answer that are no part of it.
const AROUND: &[(&str, &str)] = &[
    ("**", "**"),
    ("__", "__"),
    ("$$", "$$"),
    ("$", "$"),
    (r"\(", r"\)"),
    (r"\[", r"\]"),
    ("```", "```"),
    ("`", "`"),
    ("\"", "\""),
    ("“", "”"),
    ("*", "*"),
];

/// A text without spaces, emphasis, one pair of formula delimiters and final punctuation.
pub(super) fn trim(text: &str) -> &str {
    let mut text = text.trim();
    for _ in 0..8 {
        let before = text;
        for (open, close) in AROUND {
            if let Some(inner) = text
                .strip_prefix(open)
                .and_then(|text| text.strip_suffix(close))
                && !inner.contains(open)
                && !inner.contains(close)
                && !inner.ends_with('\\')
            {
                text = inner.trim();
            }
        }
        // One half of a pair whose other half stands outside.
        for mark in ["**", "__", "`"] {
            if text.matches(mark).count() == 1 {
                text = text
                    .strip_suffix(mark)
                    .or_else(|| text.strip_prefix(mark))
                    .unwrap_or(text)
                    .trim();
            }
        }
        if !text.ends_with("...") && !text.ends_with("\\.") {
            text = text.trim_end_matches(['.', '。', ',', '，', ';', '；', ':', '：']);
        }
        text = text.trim_start_matches([':', '：']).trim();
        if text == before {
            break;
        }
    }
    text
}

/// The text without emphasis inside it: `**3** apples` is `3 apples`, `x**2` stays.
fn without_emphasis(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("**") {
        let (before, marked) = rest.split_at(at);
        out.push_str(before);
        let inside = marked.get(2..).unwrap_or_default();
        let opens = out
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_ascii_alphanumeric() && c != ')')
            && inside.starts_with(|c: char| !c.is_whitespace());
        match inside.find("**").filter(|_| opens) {
            Some(length) => {
                out.push_str(inside.get(..length).unwrap_or_default());
                rest = inside.get(length + 2..).unwrap_or_default();
            }
            None => {
                out.push_str("**");
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    out
}

/// A part of the reply as an answer, without the emphasis inside it.
pub(super) fn piece(from: &str, how: How) -> Option<Piece<'_>> {
    let from = trim(from);
    let text = if from.contains("**") {
        trim(&without_emphasis(from)).to_owned()
    } else {
        from.to_owned()
    };
    (!text.is_empty()).then_some(Piece { text, how, from })
}

/// What a place that holds nothing but an answer says: where it holds prose after all, the answer that the prose announces.
pub(super) fn stated(text: &str, how: How) -> Find<'_> {
    if trim(text).contains(' ')
        && let Find::Found(piece) = announced::last(&Body::new(text))
    {
        return Find::Found(Piece { how, ..piece });
    }
    piece(text, how).map_or(Find::Nothing, Find::Found)
}

/// The first sentence of a text, without its full stop, and whether the text goes on behind it. A point or a line end
/// inside a formula, and a point between digits or letters, do not end it.
pub(super) fn sentence(text: &str) -> &str {
    let mut formulas = Formulas::new(text);
    let mut next = formulas.next();
    let mut after = 0;
    for (at, c) in text.char_indices() {
        if at < after {
            continue;
        }
        if let Some(formula) = next.filter(|formula| formula.start == at) {
            after = formula.end;
            next = formulas.next();
            continue;
        }
        let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
        let ends = match c {
            '\n' | '。' => true,
            '.' | '!' | '?' => {
                rest.is_empty()
                    || rest.starts_with(|c: char| c.is_whitespace() || "*\"”<".contains(c))
            }
            _ => false,
        };
        if ends && !(c == '!' && rest.starts_with(' ') && !starts_sentence(rest)) {
            // The mark of a factorial belongs to the answer where nothing new starts behind it.
            let keep = if c == '!' && rest.trim().is_empty() {
                1
            } else {
                0
            };
            return text.get(..at + keep).unwrap_or_default();
        }
    }
    text
}

fn starts_sentence(rest: &str) -> bool {
    rest.trim_start().starts_with(char::is_uppercase)
}

/// Words that come before an answer and are no part of it, in lower case.
const FILLERS: &[&str] = &[
    "given by",
    "equal to",
    "found to be",
    "approximately",
    "about",
    "roughly",
    "exactly",
    "simply",
    "just",
    "therefore",
    "thus",
    "hence",
    "then",
    "indeed",
    "clearly",
    "actually",
    "also",
    "still",
    "that",
    "option",
    "choice",
    "letter",
    "now",
    "is",
];
/// Beginnings of a clause that says why.
const REASONS: &[&str] = &[
    " because ",
    " since ",
    ", which ",
    ", so ",
    ", as ",
    " (since ",
    " (because ",
    " (as ",
    ", where ",
];
/// Words in which a whole sentence is a value and must not be cut down to a number, in lower case.
const WHOLE: &[&str] = &[
    "all",
    "no",
    "none",
    "any",
    "every",
    "except",
    "between",
    "multiple",
    "multiples",
    "least",
    "most",
    "greater",
    "less",
    "infinitely",
    "both",
    "either",
    "neither",
    "undefined",
];

/// The answer in the sentence that announces it.
pub(super) fn settle(sentence: &str) -> &str {
    let text = without_reason(without_fillers(trim(sentence)));
    if let Some(letter) = letter_of(text) {
        return letter;
    }
    if !is_sentence(text) {
        return text;
    }
    if let Some(behind) = behind_copula(text) {
        return behind;
    }
    let lower = text.to_ascii_lowercase();
    if lower.split_whitespace().any(|word| WHOLE.contains(&word)) {
        return text;
    }
    let formulas: Vec<Formula> = Formulas::new(text).collect();
    match formulas.last() {
        Some(last) => trim(text.get(last.start..last.end).unwrap_or(text)),
        None => super::endings::numbers(text).next().unwrap_or(text),
    }
}

fn without_fillers(text: &str) -> &str {
    let mut text = text;
    for _ in 0..4 {
        let filler = FILLERS.iter().find_map(|filler| {
            let head = text.get(..filler.len())?;
            let rest = text.get(filler.len()..)?;
            (head.eq_ignore_ascii_case(filler) && rest.starts_with([' ', ':', ','])).then_some(rest)
        });
        match filler.map(|rest| trim(rest.trim_start_matches([' ', ':', ',']))) {
            Some(rest) if !rest.is_empty() => text = rest,
            _ => break,
        }
    }
    text
}

fn without_reason(text: &str) -> &str {
    let end = REASONS
        .iter()
        .filter_map(|reason| text.find(reason))
        .filter(|at| *at > 0)
        .min();
    end.and_then(|end| text.get(..end)).map_or(text, trim)
}

/// The choice letter that starts a text which goes on in words: `C because …`, but not `(C) Cecile`, `A and B`.
fn letter_of(text: &str) -> Option<&str> {
    let mut words = text.split(' ');
    let letter = words.next()?.trim_end_matches([',', ':']);
    let next = words.next()?;
    let is_letter = letter.len() == 1 && letter.bytes().all(|byte| (b'A'..=b'J').contains(&byte));
    let is_word = next.len() >= 2
        && next.chars().all(char::is_alphabetic)
        && !["and", "or", "to", "is", "et", "und"].contains(&next);
    let is_unit = next.chars().all(char::is_uppercase);
    (is_letter && is_word && !is_unit).then_some(letter)
}

/// Whether a text is a sentence about the answer: it starts with a word and has at least four outside its formulas.
fn is_sentence(text: &str) -> bool {
    let starts = text.split_whitespace().next().is_some_and(|word| {
        word.chars()
            .all(|c| c.is_alphabetic() || c == '\'' || c == ',')
    });
    let mut words = 0;
    let mut at = 0;
    let mut count = |part: Option<&str>| {
        words += part
            .unwrap_or_default()
            .split_whitespace()
            .filter(|word| word.chars().next().is_some_and(char::is_alphabetic))
            .count();
    };
    for formula in Formulas::new(text) {
        count(text.get(at..formula.start));
        at = formula.end;
    }
    count(text.get(at..));
    starts && words >= if at > 0 { 2 } else { 4 }
}

/// What stands behind the last verb that equates.
fn behind_copula(text: &str) -> Option<&str> {
    let (at, length) = [
        " is ",
        " are ",
        " equals ",
        " will be ",
        " would be ",
        " = ",
    ]
    .iter()
    .filter_map(|verb| text.rfind(verb).map(|at| (at, verb.len())))
    .max()?;
    let behind = without_fillers(trim(text.get(at + length..)?));
    let states = behind.contains(|c: char| c.is_ascii_digit() || matches!(c, '\\' | '$'))
        || behind.split_whitespace().count() <= 4;
    (states && !behind.is_empty()).then_some(behind)
}
