//! What an answer is: an expression, a truth value, a sequence, or words.

use super::Policy;
use super::clean::clean;
use super::node::Node;
use super::parser::parse;

/// Most elements of a sequence that are compared, and deepest nesting.
const MAX_ELEMENTS: usize = 200;
const MAX_DEPTH: usize = 8;

/// How a sequence is bracketed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `1, 2` without brackets: unordered.
    Bare,
    /// `(1, 2)`: a point, a tuple or an open interval.
    Round,
    /// `[1, 2]`: a list or a closed interval.
    Square,
    /// `{1, 2}`: unordered, each once.
    Set,
    /// `[1, 2)` or `(1, 2]`.
    HalfOpen {
        closed_left: bool,
    },
    Matrix,
    /// Parts joined by ∪: unordered.
    Union,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Expression(Node),
    Truth(bool),
    Sequence(Kind, Vec<Self>),
    /// Words, or mathematics that is not understood, folded: lower case, single spaces.
    Text(String),
}

/// An answer as it is read, and what the policy left out of it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) value: Value,
    /// Units or currency behind a number, in lower case.
    pub(crate) unit: Option<String>,
    pub(crate) percent: bool,
    /// The name of a left side.
    pub(crate) name: Option<String>,
}

/// Reads an answer.
pub(crate) fn read(text: &str, policy: &Policy) -> Answer {
    let mut text = clean(text);
    let mut name = None;
    if let Some((left, right)) = assignment(&text) {
        name = Some(left.to_owned());
        text = right.to_owned();
    }
    let (text, percent) = match text
        .strip_suffix('%')
        .or_else(|| text.strip_suffix("percent"))
    {
        Some(number) if parse(&thousands(number)).is_some() => (number.trim().to_owned(), true),
        _ => (text, false),
    };
    if let Some((number, unit)) = with_short_unit(&text) {
        return Answer {
            value: number,
            unit: Some(unit),
            percent,
            name,
        };
    }
    let value = value(&text, 0);
    let mut answer = Answer {
        value,
        unit: None,
        percent,
        name,
    };
    if let Value::Text(_) = answer.value
        && let Some((number, unit)) = with_unit(&text)
    {
        answer.value = number;
        answer.unit = Some(unit);
    }
    if policy.unwrap_single
        && let Value::Sequence(Kind::Round | Kind::Square | Kind::Set, items) = &answer.value
        && let [only] = items.as_slice()
    {
        answer.value = only.clone();
    }
    answer
}

/// `x = 5`, `y \in …` where the left side is one name: the name and the right side.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let (left, right) = text.split_once('=').or_else(|| text.split_once('∈'))?;
    let left = left.trim();
    let one = left
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '{' | '}' | '(' | ')'))
        && left.starts_with(char::is_alphabetic)
        && left.len() <= 12;
    let clear = !right.contains(['=', '<', '>', '∈', '≠'])
        && !left.ends_with(['<', '>', '!'])
        && !right.trim().is_empty();
    (one && clear).then_some((left, right.trim()))
}

/// Thousands separators taken out where they stand in groups of three.
pub(crate) fn thousands(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut out = String::with_capacity(text.len());
    let mut run = 0usize;
    let mut grouped = false;
    for (at, c) in text.char_indices() {
        if c == ','
            && (1..=3).contains(&run)
            && (run == 3 || !grouped)
            && digit(at + 1)
            && digit(at + 2)
            && digit(at + 3)
            && !digit(at + 4)
        {
            grouped = true;
            run = 0;
            continue;
        }
        match c.is_ascii_digit() {
            true => run += 1,
            false => {
                run = if c == '.' { 9 } else { 0 };
                grouped = false;
            }
        }
        out.push(c);
    }
    out
}

/// `5 m`, where a lone letter apart from a number is a unit rather than a name.
fn with_short_unit(text: &str) -> Option<(Value, String)> {
    let (number, unit) = text.trim().rsplit_once(' ')?;
    let known = matches!(unit, "m" | "g" | "s" | "h" | "l" | "L");
    let plain = number
        .trim()
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '/'));
    (known && plain)
        .then(|| parse(&thousands(number)))?
        .map(|node| (Value::Expression(node), fold(unit)))
}

/// `5 meters`, `5 cm^2`, `12 dollars`: the number and the unit.
fn with_unit(text: &str) -> Option<(Value, String)> {
    let at = text.char_indices().find(|(at, c)| {
        c.is_alphabetic()
            && *at > 0
            && text.get(..*at).is_some_and(|before| {
                before
                    .trim_end()
                    .ends_with(|b: char| b.is_ascii_digit() || matches!(b, ')' | '}'))
            })
    });
    let (at, _) = at?;
    let (number, unit) = text.split_at(at);
    let number = parse(&thousands(number))?;
    let unit = fold(unit);
    let words = unit.chars().all(|c| {
        c.is_alphabetic()
            || c.is_ascii_digit()
            || matches!(c, ' ' | '.' | '/' | '^' | '-' | '\'' | '{' | '}')
    });
    (words && unit.split(' ').count() <= 6).then_some((Value::Expression(number), unit))
}

pub(crate) fn fold(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

fn value(text: &str, depth: usize) -> Value {
    let text = text.trim();
    if depth > MAX_DEPTH {
        return Value::Text(fold(text));
    }
    match text {
        "True" | "true" | "TRUE" => return Value::Truth(true),
        "False" | "false" | "FALSE" => return Value::Truth(false),
        _ => {}
    }
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote))
            && !inner.contains(quote)
        {
            return Value::Text(fold(inner));
        }
    }
    if let Some(found) = sympy(text, depth) {
        return found;
    }
    let joined: Vec<&str> = split(text, &['∪']);
    if joined.len() > 1 {
        return Value::Sequence(Kind::Union, elements(&joined, depth));
    }
    if let Some((kind, inside)) = bracketed(text) {
        let items = split(inside, &[',', ';']);
        let single = items.len() == 1 && kind == Kind::Round;
        if !single {
            let items: Vec<&str> = items
                .into_iter()
                .filter(|item| !item.trim().is_empty())
                .collect();
            return Value::Sequence(kind, elements(&items, depth));
        }
        if parse(&thousands(text)).is_none() {
            return value(inside, depth + 1);
        }
    }
    if let Some(node) = parse(&thousands(text)) {
        return Value::Expression(node);
    }
    if text.contains('±') {
        let both: Vec<Value> = ["+", "-"]
            .iter()
            .map(|sign| value(&text.replace('±', sign), depth + 1))
            .collect();
        return Value::Sequence(Kind::Bare, both);
    }
    let listed = split(text, &[',', ';']);
    let listed: Vec<&str> = listed
        .iter()
        .flat_map(|item| words_between(item))
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .collect();
    if listed.len() > 1 {
        let items = elements(&listed, depth);
        let understood = items.iter().all(|item| !matches!(item, Value::Text(_)))
            || items
                .iter()
                .all(|item| matches!(item, Value::Text(t) if t.split(' ').count() <= 3));
        if understood {
            let flat = items.into_iter().flat_map(|item| match item {
                Value::Sequence(Kind::Bare, inner) => inner,
                other => vec![other],
            });
            return Value::Sequence(Kind::Bare, flat.collect());
        }
    }
    Value::Text(fold(text))
}

/// `3 and 4`, `x or y` at the top level.
fn words_between(text: &str) -> Vec<&str> {
    text.split(" and ")
        .flat_map(|part| part.split(" or "))
        .flat_map(|part| match part.split_once(")or(") {
            // (11,7)or(7,11)
            Some((left, _)) => {
                let cut = left.len() + 1;
                vec![
                    part.get(..cut).unwrap_or_default(),
                    part.get(cut + 2..).unwrap_or_default(),
                ]
            }
            None => vec![part.strip_prefix("and ").unwrap_or(part)],
        })
        .collect()
}

fn elements(items: &[&str], depth: usize) -> Vec<Value> {
    items
        .iter()
        .take(MAX_ELEMENTS + 1)
        .map(|item| {
            let item = assignment(item).map_or(*item, |(_, right)| right);
            value(item, depth + 1)
        })
        .collect()
}

/// Splits at the top level of all brackets.
fn split<'a>(text: &'a str, at: &[char]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0usize, 0i32);
    // Thousands separators are no commas of a list.
    let plain = text.char_indices().collect::<Vec<_>>();
    for (index, c) in plain {
        match c {
            '(' | '[' | '{' | '⦃' => depth += 1,
            ')' | ']' | '}' | '⦄' => depth -= 1,
            _ if depth == 0 && at.contains(&c) => {
                parts.push(text.get(start..index).unwrap_or_default());
                start = index + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// The kind of the brackets around the whole text, and what is inside them.
fn bracketed(text: &str) -> Option<(Kind, &str)> {
    let open = text.chars().next()?;
    let close = text.chars().next_back()?;
    let kind = match (open, close) {
        ('(', ')') => Kind::Round,
        ('[', ']') => Kind::Square,
        ('⦃', '⦄') => Kind::Set,
        ('[', ')') => Kind::HalfOpen { closed_left: true },
        ('(', ']') => Kind::HalfOpen { closed_left: false },
        _ => return None,
    };
    let inside = text.get(open.len_utf8()..text.len().checked_sub(close.len_utf8())?)?;
    // ( … ) ( … ) is not one pair.
    let mut depth = 0i32;
    for c in inside.chars() {
        match c {
            '(' | '[' | '⦃' => depth += 1,
            ')' | ']' | '⦄' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    (depth == 0).then_some((kind, inside))
}

/// `Matrix([[…]])`, `Interval.open(0, 1)`, `Union(…)`, `FiniteSet(…)`.
fn sympy(text: &str, depth: usize) -> Option<Value> {
    let (head, rest) = text.split_once('(')?;
    let inside = rest.strip_suffix(')')?;
    let kind = match head {
        "Matrix" | "ImmutableMatrix" | "ImmutableDenseMatrix" => {
            return match value(inside, depth + 1) {
                Value::Sequence(_, rows) => Some(Value::Sequence(
                    Kind::Matrix,
                    rows.into_iter().map(row).collect(),
                )),
                _ => None,
            };
        }
        "Interval.open" => Kind::Round,
        "Interval" => Kind::Square,
        "Interval.Lopen" => Kind::HalfOpen { closed_left: false },
        "Interval.Ropen" => Kind::HalfOpen { closed_left: true },
        "Union" => Kind::Union,
        "FiniteSet" | "set" => Kind::Set,
        "Tuple" | "tuple" | "Point" | "Point2D" | "Point3D" => Kind::Round,
        "Rational" | "Fraction" => {
            let (above, below) = inside.split_once(',')?;
            return parse(&format!("({above})/({below})")).map(Value::Expression);
        }
        _ => return None,
    };
    let mut items = elements(&split(inside, &[',']), depth);
    // An end at infinity is open, whatever the constructor says.
    if let (Kind::Square | Kind::HalfOpen { .. }, [low, high]) = (kind, items.as_slice()) {
        let endless = |v: &Value| {
            matches!(v, Value::Expression(Node::Infinity))
                || matches!(v, Value::Expression(Node::Negative(n)) if **n == Node::Infinity)
        };
        let closed_left = kind == Kind::Square || kind == Kind::HalfOpen { closed_left: true };
        let closed_right = kind == Kind::Square || kind == Kind::HalfOpen { closed_left: false };
        let kind = match (closed_left && !endless(low), closed_right && !endless(high)) {
            (true, true) => Kind::Square,
            (false, false) => Kind::Round,
            (closed_left, _) => Kind::HalfOpen { closed_left },
        };
        return Some(Value::Sequence(kind, items));
    }
    items.truncate(MAX_ELEMENTS + 1);
    Some(Value::Sequence(kind, items))
}

/// Rows of a matrix are ordered; a column given as plain elements is a row of one each.
fn row(value: Value) -> Value {
    match value {
        Value::Sequence(_, items) => Value::Sequence(Kind::Matrix, items),
        single => Value::Sequence(Kind::Matrix, vec![single]),
    }
}
