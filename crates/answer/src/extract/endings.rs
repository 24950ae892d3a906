//! What is read off the end of a reply that announces no answer.

use super::body::Body;
use super::formulas::{Formula, Formulas};
use super::payload::{self, settle, trim};
use super::{How, Missing, Piece};

/// The longest line that is taken for an answer as a whole, in bytes.
const MAX_WHOLE: usize = 300;
/// Words after which a sentence goes on, in lower case.
const DANGLING: &[&str] = &[
    "the",
    "a",
    "an",
    "is",
    "are",
    "was",
    "of",
    "to",
    "and",
    "or",
    "so",
    "by",
    "with",
    "for",
    "we",
    "in",
    "that",
    "then",
    "therefore",
    "thus",
    "hence",
    "equals",
    "than",
    "from",
    "at",
    "as",
    "which",
    "because",
    "if",
    "when",
    "this",
    "these",
    "its",
    "be",
    "will",
    "have",
    "has",
    "let",
    "where",
    "between",
    "into",
    "their",
    "our",
    "his",
    "her",
];

/// The answer at a reply's end.
pub(super) fn read<'a>(body: &Body<'a>) -> Result<Piece<'a>, Missing> {
    let text = body.text.trim_end();
    if is_traceback(body) {
        return Err(Missing::Traceback);
    }
    let mut formulas = Formulas::new(text);
    let last = formulas.by_ref().last();
    if formulas.is_cut() || ends_open(text) {
        return Err(Missing::CutInText);
    }
    let line = text.rsplit('\n').next().unwrap_or_default();
    choice(line)
        .or_else(|| whole(text))
        .or_else(|| bold(line))
        .or_else(|| last.and_then(|last| formula(text, &last)))
        .or_else(|| payload::piece(numbers(text).last()?, How::LastNumber))
        .ok_or(Missing::Nothing)
}

/// Whether a text is the account of a Python program that failed: it says so, or its last line names an exception.
fn is_traceback(body: &Body<'_>) -> bool {
    let line = body.text.trim_end().rsplit('\n').next().unwrap_or_default();
    let name = line.trim().split(':').next().unwrap_or_default();
    let is_exception = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))
        && ["Error", "Exception", "Interrupt", "Iteration"]
            .iter()
            .any(|end| name.ends_with(end));
    is_exception || body.lower.contains("traceback (most recent call last)")
}

/// Whether a text ends where it cannot: behind an operator, a comma, a colon, a word such as "the", in a block of code.
fn ends_open(text: &str) -> bool {
    let bare = text.trim_end_matches(['*', '_', '`', ' ']);
    let emphasised = bare.len() < text.len();
    if !emphasised
        && text.ends_with([
            '=', '+', '-', '/', '(', '[', '{', '\\', '^', '<', ',', ':', '&', '×', '÷',
        ])
    {
        return true;
    }
    let word = bare
        .rsplit(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let alone = bare.len() == word.len();
    let fences = text
        .lines()
        .filter(|line| line.trim_start().starts_with("```"))
        .count();
    !alone && !emphasised && DANGLING.contains(&word.as_str()) || fences % 2 == 1
}

/// A last line that is a choice letter and nothing else.
fn choice(line: &str) -> Option<Piece<'_>> {
    let bare = trim(line);
    let letter = bare.trim_matches(['(', ')', '[', ']', '.', ' ']);
    let is_letter = letter.len() == 1 && letter.bytes().all(|byte| (b'A'..=b'J').contains(&byte));
    is_letter
        .then(|| payload::piece(bare, How::Choice))
        .flatten()
}

/// A reply of one line without prose.
fn whole(text: &str) -> Option<Piece<'_>> {
    let text = text.trim();
    if text.len() > MAX_WHOLE || text.contains('\n') {
        return None;
    }
    let words = text
        .split_whitespace()
        .filter(|word| {
            word.len() >= 2
                && word.chars().all(char::is_alphabetic)
                && !["and", "or"].contains(word)
        })
        .count();
    let single = !text.contains(char::is_whitespace);
    let has_value = text.contains(|c: char| c.is_ascii_digit() || "\\=<>^(".contains(c));
    let is_cjk = text.chars().any(|c| c > '\u{2fff}' && c.is_alphabetic());
    (!is_cjk && (single || words == 0 && has_value))
        .then(|| payload::piece(text, How::Whole))
        .flatten()
}

/// The last emphasis of a line, where no number follows it.
fn bold(line: &str) -> Option<Piece<'_>> {
    let close = line.rfind("**")?;
    let inside = line.get(..close)?;
    let open = inside.rfind("**")?;
    let text = inside.get(open + 2..)?;
    let behind = line.get(close + 2..)?;
    let is_heading = text.trim_end().ends_with(':') || open == 0 && !behind.trim().is_empty();
    if is_heading
        || text.is_empty()
        || text.starts_with(char::is_whitespace)
        || line.get(..open)?.matches("**").count() % 2 == 1
        || numbers(behind).next().is_some()
        || Formulas::new(behind).next().is_some()
    {
        return None;
    }
    let answer = settle(text);
    // A number with a word is the number here: nobody asked for the word.
    let mut found = numbers(answer);
    let number = found.next().filter(|_| found.next().is_none());
    let number = number.filter(|number| {
        let rest = answer.replacen(number, "", 1);
        rest.chars()
            .all(|c| c.is_alphabetic() || c.is_whitespace() || "*$€£.".contains(c))
    });
    payload::piece(number.unwrap_or(answer), How::Bold)
}

/// The last formula, where no number follows it; of a chain of equations what the last one gives.
fn formula<'a>(text: &'a str, last: &Formula) -> Option<Piece<'a>> {
    let behind = text.get(last.end..)?;
    if numbers(behind).next().is_some() {
        return None;
    }
    let inside = text.get(last.inside.0..last.inside.1)?;
    let from = trim(result(inside));
    let mut found = payload::piece(from, How::Formula)?;
    let suffix = behind.trim_start().to_ascii_lowercase();
    if suffix.starts_with(['%'])
        || suffix.starts_with("\\%")
        || suffix.starts_with("percent")
        || suffix.starts_with("pct")
    {
        found.text.push('%');
    }
    Some(found)
}

/// What is right of the last equals sign, unless the only one has a lone name or a function at its left.
fn result(formula: &str) -> &str {
    let bytes = formula.as_bytes();
    let mut signs = formula.match_indices('=').map(|(at, _)| at).filter(|at| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let behind = bytes.get(at + 1);
        !before.is_some_and(|byte| b"<>!:=".contains(byte)) && behind != Some(&b'=')
    });
    let Some(first) = signs.next() else {
        return formula;
    };
    let last = signs.next_back().unwrap_or(first);
    let left = formula.get(..first).unwrap_or_default().trim();
    let is_name = last == first
        && left.len() <= 12
        && left.starts_with(|c: char| c.is_alphabetic() || c == '\\' || c == '(')
        && !left.contains(['+', '*', '/', '^', ' ']);
    if is_name {
        return formula;
    }
    let right = formula.get(last + 1..).unwrap_or_default();
    // The rest of an environment is no part of the result.
    let right = right.split("\\end{").next().unwrap_or_default();
    right.trim().trim_end_matches("\\\\").trim()
}

/// The numbers of a text, with sign, decimals, thousands, exponent, a fraction or ratio, and a percent sign. Digits that
/// belong to a name (`x2`) are none.
pub(super) fn numbers(text: &str) -> Numbers<'_> {
    Numbers { text, at: 0 }
}

/// See [`numbers`].
pub(super) struct Numbers<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Numbers<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        loop {
            let mut start = self.at + bytes.get(self.at..)?.iter().position(u8::is_ascii_digit)?;
            let mut end = start;
            loop {
                let byte = bytes.get(end);
                let goes_on = match byte {
                    Some(b'0'..=b'9') => true,
                    Some(b'.' | b',' | b'/' | b':') => digit(end + 1) && end > start,
                    Some(b'e' | b'E') => {
                        let signed = matches!(bytes.get(end + 1), Some(b'-' | b'+'));
                        let exponent = end + 1 + usize::from(signed);
                        if digit(exponent) {
                            end = exponent;
                        }
                        digit(exponent)
                    }
                    _ => false,
                };
                if !goes_on {
                    break;
                }
                end += 1;
            }
            self.at = end;
            // A name or a command's argument.
            let before = start.checked_sub(1).and_then(|at| bytes.get(at));
            if before.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
                continue;
            }
            if before == Some(&b'.') {
                start -= 1;
            }
            let head = self.text.get(..start)?;
            let money = head.strip_suffix('$').unwrap_or(head);
            for minus in ["-", "−"] {
                let signed = money.strip_suffix(minus);
                let stands_apart = signed.is_some_and(|before| {
                    before
                        .trim_end_matches('$')
                        .chars()
                        .next_back()
                        .is_none_or(|c| !c.is_alphanumeric() && c != ')' && c != '}')
                });
                if let Some(before) = signed.filter(|_| stands_apart) {
                    start = before.len();
                }
            }
            let rest = self.text.get(end..)?;
            let percent = [
                ("%", 1),
                ("\\%", 2),
                (" %", 2),
                (" \\%", 3),
                (" percent", 8),
            ]
            .iter()
            .find(|(mark, _)| rest.starts_with(mark));
            if let Some((_, length)) = percent {
                end += length;
            }
            self.at = end;
            return self.text.get(start..end);
        }
    }
}
