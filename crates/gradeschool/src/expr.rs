//! Arithmetic expressions of the program steps: evaluation, and rendering with values in place of names.
//!
//! Grammar: `+ - * // %`, parentheses, integers, names, and `sum`, `max`, `min`, `len`, `middle` of one list name.

use std::collections::BTreeMap;

/// A quantity of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Int(i64),
    /// A list of whole numbers.
    List(Vec<i64>),
}

/// Named quantities.
pub type Values = BTreeMap<String, Value>;

/// The value of `text`, or `None` where a name is missing, a divisor is zero, or the text is not of the grammar.
pub fn eval(text: &str, values: &Values) -> Option<i64> {
    let tokens = tokens(text);
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        values,
    };
    let value = parser.sum()?;
    (parser.at == tokens.len()).then_some(value)
}

/// `text` with each name replaced by its value, `//` and `%` written as `/`: what the solution shows.
pub fn shown(text: &str, values: &Values) -> String {
    let mut out = String::new();
    for token in tokens(text) {
        let piece = match values.get(token) {
            Some(Value::Int(n)) => n.to_string(),
            Some(Value::List(xs)) => xs.iter().map(i64::to_string).collect::<Vec<_>>().join(", "),
            None if token == "//" || token == "%" => "/".to_owned(),
            None => token.to_owned(),
        };
        let tight = out.is_empty()
            || out.ends_with('(')
            || piece == ")"
            || (piece == "(" && ends_in_word(&out));
        if !tight {
            out.push(' ');
        }
        out.push_str(&piece);
    }
    out
}

/// `text` with names numbered in order of first appearance in `order` and integers masked: the shape of a step.
pub fn shape(text: &str, order: &mut Vec<String>) -> String {
    let mut out = String::new();
    for token in tokens(text) {
        if token.starts_with(|c: char| c.is_ascii_digit()) {
            out.push('c');
        } else if is_name(token) && !FUNCTIONS.contains(&token) {
            let index = order.iter().position(|n| n == token).unwrap_or_else(|| {
                order.push(token.to_owned());
                order.len() - 1
            });
            out.push_str(&format!("v{index}"));
        } else {
            out.push_str(token);
        }
    }
    out
}

const FUNCTIONS: &[&str] = &["sum", "max", "min", "len", "middle"];

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

fn ends_in_word(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_alphabetic())
}

fn tokens(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let start = at;
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if bytes[at] == b' ' {
            at += 1;
            continue;
        }
        if word(bytes[at]) {
            while at < bytes.len() && word(bytes[at]) {
                at += 1;
            }
        } else if text[at..].starts_with("//") {
            at += 2;
        } else {
            at += 1;
        }
        out.push(&text[start..at]);
    }
    out
}

struct Parser<'a> {
    tokens: &'a [&'a str],
    at: usize,
    values: &'a Values,
}

impl Parser<'_> {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).copied().unwrap_or("")
    }

    fn eat(&mut self, token: &str) -> bool {
        let hit = self.peek() == token;
        self.at += usize::from(hit);
        hit
    }

    fn sum(&mut self) -> Option<i64> {
        let mut value = self.product()?;
        loop {
            if self.eat("+") {
                value += self.product()?;
            } else if self.eat("-") {
                value -= self.product()?;
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self) -> Option<i64> {
        let mut value = self.atom()?;
        loop {
            if self.eat("*") {
                value *= self.atom()?;
            } else if self.eat("//") {
                let by = self.atom()?;
                value = (by != 0).then(|| value.div_euclid(by))?;
            } else if self.eat("%") {
                let by = self.atom()?;
                value = (by != 0).then(|| value.rem_euclid(by))?;
            } else {
                return Some(value);
            }
        }
    }

    fn atom(&mut self) -> Option<i64> {
        if self.eat("(") {
            let value = self.sum()?;
            return self.eat(")").then_some(value);
        }
        let token = *self.tokens.get(self.at)?;
        self.at += 1;
        if FUNCTIONS.contains(&token) {
            return self.call(token);
        }
        if let Ok(n) = token.parse() {
            return Some(n);
        }
        match self.values.get(token)? {
            Value::Int(n) => Some(*n),
            Value::List(_) => None,
        }
    }

    fn call(&mut self, function: &str) -> Option<i64> {
        if !self.eat("(") {
            return None;
        }
        let Value::List(xs) = self.values.get(*self.tokens.get(self.at)?)? else {
            return None;
        };
        self.at += 1;
        if !self.eat(")") {
            return None;
        }
        match function {
            "sum" => Some(xs.iter().sum()),
            "max" => xs.iter().max().copied(),
            "min" => xs.iter().min().copied(),
            "len" => i64::try_from(xs.len()).ok(),
            _ => {
                let mut sorted = xs.clone();
                sorted.sort_unstable();
                sorted.get(sorted.len() / 2).copied()
            }
        }
    }
}
