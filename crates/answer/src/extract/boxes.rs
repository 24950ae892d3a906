//! Answers in `\boxed{…}`.

use super::body::Body;
use super::payload::trim;
use super::{Find, How, Piece};

/// Names of the commands that draw a box.
const NAMES: &[&str] = &["boxed", "fbox", "framebox"];
/// What may stand between boxes that are one list, besides spaces and punctuation: words and commands, in lower case.
const JOINING: &[&str] = &[
    "and", "or", "text", "quad", "qquad", "mbox", "textrm", "mathrm", "et", "und", "y", "o", "和",
    "或",
];
/// The most bytes between two boxes of one list.
const MAX_JOIN: usize = 60;

/// A box: where its command starts, and its inside.
#[derive(Clone, Copy)]
struct Found {
    start: usize,
    open: usize,
    close: usize,
    /// The byte behind the box.
    end: usize,
    /// Whether its backslash is written twice, as in text that was escaped once more.
    doubled: bool,
}

/// The last box, with those that it forms a list with; [`Find::Cut`] where the last one does not close.
pub(super) fn last<'a>(body: &Body<'a>) -> Find<'a> {
    let (boxes, unclosed) = all(body);
    let Some(last) = boxes.last() else {
        return if unclosed.is_some() {
            Find::Cut
        } else {
            Find::Nothing
        };
    };
    if unclosed.is_some_and(|start| start > last.start) {
        return Find::Cut;
    }
    // Empty boxes are names of the command, not answers.
    let filled: Vec<Found> = boxes
        .iter()
        .filter(|found| !opened(inside(body.text, found), found.doubled).is_empty())
        .copied()
        .collect();
    let mut first = filled.len();
    while first > 0 {
        let joined = match (filled.get(first - 1), filled.get(first)) {
            (Some(one), Some(next)) => {
                joins(body.text.get(one.end..next.start).unwrap_or_default())
            }
            (Some(_), None) => true,
            _ => false,
        };
        if !joined {
            break;
        }
        first -= 1;
    }
    let group = filled.get(first..).unwrap_or_default();
    let (Some(from), Some(to)) = (group.first(), group.last()) else {
        return Find::Nothing;
    };
    let mut texts: Vec<String> = Vec::new();
    for (index, found) in group.iter().enumerate() {
        let text = opened(inside(body.text, found), found.doubled);
        let before = match index.checked_sub(1).and_then(|before| group.get(before)) {
            Some(before) => body.text.get(before.end..found.start),
            None => body.text.get(..found.start),
        };
        let text = match before.and_then(name_before).filter(|_| group.len() > 1) {
            Some(name) => format!("{name} = {text}"),
            None => text,
        };
        if !texts.contains(&text) {
            texts.push(text);
        }
        if texts.len() > MAX_LIST {
            break;
        }
    }
    Find::Found(Piece {
        text: texts.join(", "),
        how: How::Boxed,
        from: match group.len() {
            1 => trim(inside(body.text, from)),
            _ => body.text.get(from.start..to.end).unwrap_or_default(),
        },
    })
}

/// The most boxes that are read as one list.
const MAX_LIST: usize = 64;

fn inside<'a>(text: &'a str, found: &Found) -> &'a str {
    text.get(found.open..found.close).unwrap_or_default()
}

/// All boxes that are not inside another one, in order, and where the last one starts that does not close.
fn all(body: &Body<'_>) -> (Vec<Found>, Option<usize>) {
    let bytes = body.text.as_bytes();
    let mut boxes: Vec<Found> = Vec::new();
    // For each open brace the box that it opens, if it opens one.
    let mut open: Vec<Option<Found>> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if matches!(bytes.get(at + 1), Some(b'{' | b'}')) => at += 2,
            b'{' => {
                open.push(None);
                at += 1;
            }
            b'}' => {
                if let Some(Some(mut found)) = open.pop() {
                    found.close = at;
                    found.end = at + 1;
                    while boxes.last().is_some_and(|inner| inner.start > found.start) {
                        boxes.pop();
                    }
                    boxes.push(found);
                }
                at += 1;
            }
            b'b' | b'f' | b'o' => match command(body, at) {
                Some((found, true)) => {
                    at = found.open;
                    open.push(Some(found));
                }
                Some((found, false)) => {
                    at = found.end;
                    boxes.push(found);
                }
                None => at += 1,
            },
            _ => at += 1,
        }
    }
    let unclosed = open.iter().rev().flatten().next().map(|found| found.start);
    (boxes, unclosed)
}

/// The box command whose name starts at a place; `true` where a brace follows, whose end is still to be found.
fn command(body: &Body<'_>, at: usize) -> Option<(Found, bool)> {
    let bytes = body.text.as_bytes();
    let rest = body.text.get(at..)?;
    // A program that read `\b` as an escape leaves a backspace for the backslash and the b.
    let eaten = rest.starts_with("oxed{") && at > 0 && bytes.get(at - 1) == Some(&8);
    let name = if eaten {
        "oxed"
    } else {
        NAMES.iter().find(|name| rest.starts_with(**name))?
    };
    let slashes = bytes
        .get(..at)?
        .iter()
        .rev()
        .take(4)
        .take_while(|byte| **byte == b'\\')
        .count();
    if slashes == 0 && !eaten && at > 0 && bytes.get(at - 1).is_some_and(u8::is_ascii_alphanumeric)
    {
        return None;
    }
    let behind = at + name.len();
    let spaces = bytes
        .get(behind..)?
        .iter()
        .take_while(|byte| **byte == b' ')
        .count();
    let open = behind + spaces;
    let mut found = Found {
        start: at - slashes.min(at) - usize::from(eaten),
        open: open + 1,
        close: 0,
        end: 0,
        doubled: slashes == 2,
    };
    if bytes.get(open) == Some(&b'{') {
        // Without its backslash only the form with the brace right behind it is a box.
        return (slashes > 0 || eaten || spaces == 0).then_some((found, true));
    }
    if slashes == 0 || spaces == 0 {
        return None;
    }
    // `\boxed 5`: up to the end of the formula.
    let rest = body.text.get(open..)?;
    let length = rest
        .char_indices()
        .take(MAX_JOIN)
        .find(|(_, c)| matches!(c, '$' | '\n' | ' ' | '}') || *c == '\\')
        .map_or_else(|| rest.len().min(MAX_JOIN), |(end, _)| end);
    if length == 0 || !rest.is_char_boundary(length) {
        return None;
    }
    found.open = open;
    found.close = open + length;
    found.end = found.close;
    Some((found, false))
}

/// What is in a box, without boxes inside it and without braces around it.
fn opened(inside: &str, doubled: bool) -> String {
    let mut text = if doubled {
        inside.replace("\\\\", "\\")
    } else {
        inside.to_owned()
    };
    for name in NAMES {
        let mark = format!("\\{name}");
        if text.contains(&mark) {
            text = text.replace(&mark, "");
        }
    }
    let mut text = trim(&text);
    while let Some(inner) = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .filter(|inner| !inner.contains(['{', '}']))
    {
        text = trim(inner);
    }
    text.to_owned()
}

/// Whether the text between two boxes makes them one list: separators, words such as "and", and perhaps a name with `=`.
fn joins(between: &str) -> bool {
    if between.len() > MAX_JOIN || between.contains("\n\n") {
        return false;
    }
    let between = match name_before(between) {
        Some(name) => between
            .rfind(name)
            .and_then(|at| between.get(..at))
            .unwrap_or_default(),
        None => between,
    };
    between
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .all(|word| JOINING.contains(&word))
        && between
            .chars()
            .all(|c| c.is_alphabetic() || c.is_whitespace() || "$,;&\\()[]{}、，；".contains(c))
}

/// The name in `name = ` at a text's end.
fn name_before(text: &str) -> Option<&str> {
    let text = text.trim_end().strip_suffix('=')?.trim_end();
    let start = text
        .char_indices()
        .rev()
        .take(24)
        .take_while(|(_, c)| c.is_alphanumeric() || matches!(c, '_' | '{' | '}'))
        .last()?
        .0;
    text.get(start..)
        .filter(|name| name.starts_with(char::is_alphabetic))
}
