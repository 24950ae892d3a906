//! One answer as it is read.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::MAX_BYTES;
use super::calendar;
use super::described::described;
use super::lexer::Dialect;
use super::node::Node;
use super::parser::{self, Parsed, folded};
use super::settle::settled;
use super::show::Shown;

/// An answer that was understood; prints in a plain notation that does not depend on how it was written.
///
/// ```
/// assert_eq!(caco_answer::parse(r"\frac{\sqrt{3}}{2}").unwrap().to_string(), "sqrt(3)/2");
/// assert_eq!(caco_answer::parse("Interval.Ropen(0, oo)").unwrap().to_string(), "[0, oo)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub(crate) node: Node,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Shown(&self.node))
    }
}

/// Why a text is not understood as an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParseError {
    /// There is nothing but space.
    Empty,
    /// It is longer than [`MAX_BYTES`].
    TooLong,
    /// It is nested too deeply, or has too many parts.
    TooLarge,
    /// It is neither mathematics nor words that are understood.
    NotUnderstood,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the answer is empty"),
            Self::TooLong => write!(f, "the answer is longer than {MAX_BYTES} bytes"),
            Self::TooLarge => f.write_str("the answer is nested too deeply or has too many parts"),
            Self::NotUnderstood => f.write_str("the answer is not understood"),
        }
    }
}

impl std::error::Error for ParseError {}

/// Reads one answer, LaTeX or what a program printed.
///
/// # Errors
/// Where the text is empty, longer than [`MAX_BYTES`], nested too deeply, or mathematics that is not understood. Words are
/// an answer. Never panics.
pub fn parse(text: &str) -> Result<Answer, ParseError> {
    match text.trim().len() {
        0 => return Err(ParseError::Empty),
        n if n > MAX_BYTES => return Err(ParseError::TooLong),
        _ => {}
    }
    let reading = read(text, true);
    match (reading.parsed, reading.too_large) {
        (true, _) => Ok(Answer { node: reading.node }),
        (_, true) => Err(ParseError::TooLarge),
        _ => match &reading.node {
            Node::Words(words)
                if words.chars().all(|c| {
                    !matches!(c, '\\' | '^' | '{' | '}' | '=' | '*' | '_' | '[' | ']')
                }) =>
            {
                Ok(Answer { node: reading.node })
            }
            _ => Err(ParseError::NotUnderstood),
        },
    }
}

/// What was read of a text.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) node: Node,
    /// Whether it was understood; else the node is the text as words.
    pub(crate) parsed: bool,
    pub(crate) too_large: bool,
    /// Whether commas between digits were taken for thousands separators.
    pub(crate) joined: bool,
    /// Whether letters were taken for units that may be names.
    pub(crate) units: bool,
}

/// Reads a text of at most [`MAX_BYTES`]; `join` says whether `1,234` is one number.
pub(crate) fn read(text: &str, join: bool) -> Reading {
    read_with(text, join, true)
}

/// [`read`], where `units` says whether letters behind a number and a space are units.
pub(crate) fn read_with(text: &str, join: bool, units: bool) -> Reading {
    let text = stripped(text);
    match described(text) {
        Some(node) => Reading {
            node: settled(node),
            parsed: true,
            too_large: false,
            joined: false,
            units: false,
        },
        None => read_notation(text, join, units),
    }
}

/// [`read_with`] without descriptions in words.
pub(crate) fn read_notation(text: &str, join: bool, units: bool) -> Reading {
    let text = stripped(text);
    let found = |node: Node, joined: bool| Reading {
        node: settled(node),
        parsed: true,
        too_large: false,
        joined,
        units: false,
    };
    if let Some(node) = calendar::date(text)
        .or_else(|| calendar::clock(text))
        .or_else(|| based(text))
    {
        return found(node, false);
    }
    if units
        && !text.contains('\\')
        && text.contains(' ')
        && let Some(node) = quantity(text)
    {
        return Reading {
            units: true,
            ..found(node, false)
        };
    }
    let mut too_large = false;
    for dialect in dialects(text) {
        match parser::parse(text, *dialect, join, 0) {
            (Parsed::Node(node), _) if !text.contains('\\') && is_prose(&node, false) => {
                return found(Node::Words(folded(text).into()), false);
            }
            (Parsed::Node(node), joined) => return found(node, joined),
            (Parsed::TooLarge, _) => too_large = true,
            (Parsed::Failed, _) => {}
        }
    }
    Reading {
        node: Node::Words(folded(text).into()),
        parsed: false,
        too_large,
        joined: false,
        units: false,
    }
}

/// Whether words stand in arithmetic: the text is a sentence or a title.
fn is_prose(node: &Node, inside: bool) -> bool {
    match node {
        Node::Words(_) => inside,
        Node::Add(_) | Node::Mul(_) | Node::Power(_) | Node::Ratio(_) | Node::PlusMinus(..) => node
            .children()
            .into_iter()
            .any(|child| is_prose(child, true)),
        _ => node
            .children()
            .into_iter()
            .any(|child| is_prose(child, inside)),
    }
}

/// Symbols of units that are too short to be words, in the physicist's and the kitchen's hand.
const SYMBOLS: &[&str] = &[
    "m", "s", "g", "h", "L", "l", "J", "N", "C", "V", "K", "A", "W", "T", "F", "H", "Pa", "kPa",
    "MPa", "kJ", "MJ", "mol", "cm", "km", "mm", "nm", "pm", "kg", "mg", "Hz", "kHz", "MHz", "GHz",
    "eV", "keV", "MeV", "Torr", "atm", "bar", "rad", "min", "hr", "ft", "in", "mi", "lb", "oz",
    "mL", "ml", "amu", "u", "ms", "ns", "us", "mA", "mV", "kV", "kW", "MW", "ohm", "M", "mM",
    "cal", "kcal", "sr", "Wb", "S", "yr", "d", "dB", "mT", "mN", "kN", "fm", "dm", "mmHg", "mph",
    "sec",
];

/// `13 m/s`, `41.4 J/(mol*K)`: a number without names, a space, and symbols of units to the end.
fn quantity(text: &str) -> Option<Node> {
    let (at, _) = text.char_indices().find(|(at, c)| {
        *c == ' '
            && text.get(at + 1..).is_some_and(|rest| {
                rest.starts_with(|c: char| c.is_ascii_alphabetic()) && is_symbols(rest)
            })
    })?;
    let value = read(text.get(..at)?, true);
    let number = value.parsed
        && value.node.is_scalar()
        && !value
            .node
            .any(&|n| matches!(n, Node::Symbol(_) | Node::Call(..)));
    number.then(|| {
        Node::Quantity(
            Box::new(value.node),
            parser::unit(text.get(at..).unwrap_or_default()).into(),
        )
    })
}

fn is_symbols(text: &str) -> bool {
    text.len() < 30
        && text.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'/' | b'^' | b'*' | b'(' | b')' | b' ' | b'-')
        })
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .split(|c: char| !c.is_ascii_alphabetic())
            .filter(|run| !run.is_empty())
            .all(|run| SYMBOLS.contains(&run))
}

/// The dialects in which a text is tried, the likeliest first.
fn dialects(text: &str) -> &'static [Dialect] {
    if text.contains('\\') || text.contains("^{") || text.contains("_{") {
        return &[Dialect::Latex];
    }
    match is_code(text) {
        true => &[Dialect::Code, Dialect::Plain],
        false => &[Dialect::Plain, Dialect::Code],
    }
}

/// Whether a text without backslashes is program text: it has `**`, a class that is called, or statements joined by signs.
fn is_code(text: &str) -> bool {
    if text.contains("**")
        || text.contains("Interval.")
        || text.contains(" & ")
        || text.contains(") | (")
        || text.contains(" | (")
        || text.contains(") | ")
    {
        return true;
    }
    let bytes = text.as_bytes();
    text.match_indices('(').any(|(at, _)| {
        let before = bytes.get(..at).unwrap_or_default();
        let length = before
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
            .count();
        let name = before.get(at - length..).unwrap_or_default();
        length > 1
            && name.first().is_some_and(u8::is_ascii_uppercase)
            && name.iter().any(u8::is_ascii_lowercase)
    })
}

/// A text without the dressing around the whole of it: spaces, dollars, emphasis, a final point, boxes, `\text{…}`.
pub(crate) fn stripped(text: &str) -> &str {
    let mut text = text.trim();
    for _ in 0..12 {
        let before = text;
        text = text.trim();
        for (open, close) in [
            ("$$", "$$"),
            ("$", "$"),
            (r"\(", r"\)"),
            (r"\[", r"\]"),
            ("**", "**"),
            ("`", "`"),
        ] {
            if let Some(inner) = text.strip_prefix(open).and_then(|t| t.strip_suffix(close))
                && !inner.is_empty()
                && !inner.contains(open)
            {
                text = inner.trim();
            }
        }
        for command in [
            r"\boxed",
            r"\fbox",
            r"\text",
            r"\textbf",
            r"\textit",
            r"\textrm",
            r"\mathrm",
            r"\mathbf",
            r"\mbox",
            r"\bf",
            r"\displaystyle",
            r"\mathit",
            r"\emph",
            r"\bold",
            r"\mathsf",
            r"\texttt",
        ] {
            if let Some(rest) = text.strip_prefix(command)
                && let Some(inner) = wrapped(rest.trim_start())
            {
                text = inner.trim();
            }
        }
        text = text
            .strip_prefix(r"\displaystyle")
            .filter(|t| !t.starts_with(|c: char| c.is_ascii_alphabetic()))
            .unwrap_or(text)
            .trim();
        text = text.trim_end_matches([';', ':']).trim_end();
        text = text.strip_suffix(r"\\").unwrap_or(text).trim_end();
        text = text.strip_suffix(r"\").unwrap_or(text).trim_end();
        text = match text.strip_suffix(['.', ',']) {
            Some(rest) if !rest.is_empty() && !text.ends_with("..") => rest.trim_end(),
            _ => text,
        };
        for lead in ["=", r"\approx", "≈", ":"] {
            if let Some(rest) = text.strip_prefix(lead)
                && !rest.starts_with('=')
                && !rest.is_empty()
            {
                text = rest.trim_start();
            }
        }
        if text == before {
            break;
        }
    }
    text
}

/// The inside of braces that hold the whole text.
fn wrapped(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut depth = 0i32;
    let mut escaped = false;
    for c in inner.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    Some(inner)
}

/// Digits that may be letters, with their base: `2F_{16}`, `0xff`.
fn based(text: &str) -> Option<Node> {
    let (digits, base) = if let Some(hex) = text.strip_prefix("0x") {
        (hex, 16)
    } else if let Some(bits) = text.strip_prefix("0b") {
        (bits, 2)
    } else {
        let (digits, base) = text.split_once('_')?;
        let base = base
            .trim()
            .trim_start_matches('{')
            .trim_end_matches('}')
            .trim_matches(['(', ')']);
        (digits.trim(), base.parse::<u32>().ok()?)
    };
    let plain = digits.bytes().all(|b| {
        b.is_ascii_digit()
            || b.is_ascii_uppercase()
            || text.starts_with('0') && b.is_ascii_hexdigit()
    });
    // Letters alone are a numeral where there are several and they are digits of the base.
    let hex =
        digits.len() > 1 && base > 10 && digits.chars().all(|c| c.is_digit(base.clamp(2, 36)));
    let numeral = digits.len() < 200
        && (digits.bytes().any(|b| b.is_ascii_digit()) || hex)
        && (2..=36).contains(&base);
    (plain && numeral && !digits.is_empty())
        .then(|| Node::Based(digits.to_uppercase().into(), base))
}
