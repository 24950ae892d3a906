//! Takes the final answer out of a reply.

use serde::{Deserialize, Serialize};

/// Where an answer was found, from the surest place to the last resort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The last `\boxed{…}` (or `\fbox{…}`).
    Boxed,
    /// The last `<answer>…</answer>`.
    Tag,
    /// After the last `####`.
    Hashes,
    /// After the last of "the answer is", "final answer", "answer:" and the like.
    Phrase,
    /// The last number of the reply: a guess, to be told apart from an answer that was given as one.
    LastNumber,
}

/// A final answer and where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extracted {
    /// The answer's text, trimmed, without the marks around it.
    pub text: String,
    /// Where it was found.
    pub how: How,
}

/// Phrases that announce an answer, in lower case.
const PHRASES: &[&str] = &[
    "answer is",
    "answer are",
    "answer:",
    "answer :",
    "answer =",
    "answer to the problem is",
    "\na:",
    "\na :",
];
/// The part of a reply, in bytes from its end, that is read.
const MAX_TAIL: usize = 100_000;

/// The final answer of a reply, or `None` where it has none, not even a number.
///
/// A box wins over an `<answer>` tag, a tag over `####`, that over a phrase, and a phrase over the last number; within a
/// kind the last one counts.
#[must_use]
pub fn extract(reply: &str) -> Option<Extracted> {
    let mut from = reply.len().saturating_sub(MAX_TAIL);
    while !reply.is_char_boundary(from) {
        from += 1;
    }
    let reply = reply.get(from..).unwrap_or_default();
    let found = |text: Option<String>, how| {
        text.map(|t| trim(&t))
            .filter(|t| !t.is_empty())
            .map(|text| Extracted { text, how })
    };
    found(boxed(reply), How::Boxed)
        .or_else(|| found(tag(reply), How::Tag))
        .or_else(|| found(hashes(reply), How::Hashes))
        .or_else(|| found(phrase(reply), How::Phrase))
        .or_else(|| found(last_number(reply), How::LastNumber))
}

/// The inside of the last box; boxes inside it are opened too.
fn boxed(reply: &str) -> Option<String> {
    // The last box that is not inside another: the starts are tried from the first, and a box inside an open one is passed.
    let mut last = None;
    let mut at = 0;
    while let Some((start, length)) = next_box(reply, at) {
        let open = start + length;
        match closing(reply, open) {
            Some(close) => {
                last = reply.get(open..close);
                at = close;
            }
            None => at = open,
        }
    }
    let mut inside = last?;
    for _ in 0..8 {
        let Some((start, length)) = next_box(inside, 0) else {
            break;
        };
        let whole = inside.get(..start).is_some_and(|b| b.trim().is_empty());
        match (whole, closing(inside, start + length)) {
            (true, Some(close)) => inside = inside.get(start + length..close)?,
            _ => break,
        }
    }
    Some(inside.to_owned())
}

fn next_box(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    [r"\boxed{", r"\fbox{", r"\boxed {"]
        .iter()
        .filter_map(|mark| rest.find(mark).map(|at| (from + at, mark.len())))
        .min()
}

/// Where the brace that was opened before `from` closes.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut depth = 1usize;
    let mut escaped = false;
    for (at, c) in text.get(from..)?.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(from + at);
                }
            }
            _ => {}
        }
    }
    None
}

fn tag(reply: &str) -> Option<String> {
    let start = reply.rfind("<answer>")? + "<answer>".len();
    let rest = reply.get(start..)?;
    Some(
        rest.get(..rest.find("</answer>").unwrap_or(rest.len()))?
            .to_owned(),
    )
}

fn hashes(reply: &str) -> Option<String> {
    let start = reply.rfind("####")? + 4;
    reply
        .get(start..)?
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .map(str::to_owned)
}

fn phrase(reply: &str) -> Option<String> {
    let lower = reply.to_ascii_lowercase();
    let (at, length) = PHRASES
        .iter()
        .filter_map(|phrase| lower.rfind(phrase).map(|at| (at, phrase.len())))
        .max_by_key(|(at, length)| at + length)?;
    let rest = reply
        .get(at + length..)?
        .trim_start_matches([':', ' ', '*', '=', '\t']);
    let line = rest.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line = line.trim_start_matches("**").trim_start_matches(':').trim();
    Some(sentence(line).to_owned())
}

/// The first sentence of a line; a point between digits does not end it.
fn sentence(line: &str) -> &str {
    let end = line
        .match_indices(". ")
        .map(|(at, _)| at)
        .next()
        .unwrap_or(line.len());
    line.get(..end).unwrap_or(line)
}

fn last_number(reply: &str) -> Option<String> {
    let bytes = reply.as_bytes();
    let end = bytes.iter().rposition(u8::is_ascii_digit)? + 1;
    let mut start = end;
    while let Some(before) = start.checked_sub(1).and_then(|at| bytes.get(at)) {
        let inside = before.is_ascii_digit()
            || matches!(before, b'.' | b',' | b'/')
                && start
                    .checked_sub(2)
                    .and_then(|at| bytes.get(at))
                    .is_some_and(u8::is_ascii_digit);
        if !inside {
            break;
        }
        start -= 1;
    }
    if start > 0 && bytes.get(start - 1) == Some(&b'.') {
        start -= 1;
    }
    let minus = start > 0
        && bytes.get(start - 1) == Some(&b'-')
        && start
            .checked_sub(2)
            .and_then(|at| bytes.get(at))
            .is_none_or(|b| !b.is_ascii_alphanumeric());
    let start = start - usize::from(minus);
    let mut text = reply.get(start..end)?.to_owned();
    if reply
        .get(end..)
        .is_some_and(|rest| rest.starts_with('%') || rest.starts_with("\\%"))
    {
        text.push('%');
    }
    Some(text)
}

/// Trims spaces, emphasis, one pair of dollars and a final point.
fn trim(text: &str) -> String {
    let mut text = text.trim();
    for _ in 0..4 {
        let before = text;
        text = text.trim().trim_matches('*').trim();
        text = text.strip_suffix('.').unwrap_or(text);
        for (open, close) in [("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]")] {
            if let Some(inner) = text.strip_prefix(open).and_then(|t| t.strip_suffix(close))
                && !inner.is_empty()
                && !inner.contains('$')
            {
                text = inner;
            }
        }
        if text == before {
            break;
        }
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(reply: &str) -> (String, How) {
        let found = extract(reply).unwrap();
        (found.text, found.how)
    }

    #[test]
    fn each_place_is_found() {
        assert_eq!(
            found(r"First \boxed{3}, then \boxed{\frac{1}{2}}."),
            (r"\frac{1}{2}".into(), How::Boxed)
        );
        assert_eq!(found(r"$\boxed{\boxed{4}}$"), ("4".into(), How::Boxed));
        assert_eq!(found("<answer> 12 </answer>"), ("12".into(), How::Tag));
        assert_eq!(found("so 5.\n#### 1,042"), ("1,042".into(), How::Hashes));
        assert_eq!(
            found("Thus the answer is 3.5 meters. Done."),
            ("3.5 meters".into(), How::Phrase)
        );
        assert_eq!(
            found("**Final Answer:** $x = 7$."),
            ("x = 7".into(), How::Phrase)
        );
        assert_eq!(found("He has 3.\nA: 33"), ("33".into(), How::Phrase));
        assert_eq!(
            found("It comes to -1,250.5 in all."),
            ("-1,250.5".into(), How::LastNumber)
        );
        assert_eq!(found("about 20% off"), ("20%".into(), How::LastNumber));
    }

    #[test]
    fn surer_places_win() {
        assert_eq!(found(r"\boxed{5} so the answer is 6 #### 7").0, "5");
        assert_eq!(found("The answer is 6. The answer is 7. Then 9").0, "7");
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(extract(""), None);
        assert_eq!(extract("I cannot tell."), None);
        assert_eq!(extract(r"\boxed{"), None);
        assert_eq!(extract(r"\boxed{} 4").unwrap().how, How::LastNumber);
    }
}
