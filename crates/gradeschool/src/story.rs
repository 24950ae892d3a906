//! A story under construction: its quantities, steps and sentences.

use crate::expr::{self, Value, Values};
use crate::words::Person;

/// What a running quantity counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Things that the person of the story has.
    Things,
    /// Things that another person has; the person's own count is the quantity before.
    Other,
    /// Dollars.
    Money,
    /// Nothing can follow.
    Closed,
}

pub(crate) struct Story {
    pub person: Person,
    pub other: Person,
    pub thing: String,
    pub values: Values,
    /// Inputs in order of statement.
    pub inputs: Vec<String>,
    /// (result, expression) in order.
    pub steps: Vec<(String, String)>,
    pub says: Vec<String>,
    pub asks: Vec<String>,
    pub works: Vec<String>,
    pub current: String,
    pub previous: String,
    pub kind: Kind,
    /// Largest value that any quantity may take.
    pub largest: i64,
}

impl Story {
    /// Adds an input; `None` where the name is taken.
    pub fn input(&mut self, name: &str, value: Value) -> Option<()> {
        if self.values.contains_key(name) {
            return None;
        }
        self.values.insert(name.to_owned(), value);
        self.inputs.push(name.to_owned());
        Some(())
    }

    /// Adds a step and its sentence; `None` where the name is taken or the value leaves 1 to `largest`.
    pub fn step(&mut self, result: &str, expression: &str, works: &str) -> Option<()> {
        let value = expr::eval(expression, &self.values)?;
        if !(1..=self.largest).contains(&value) || self.values.contains_key(result) {
            return None;
        }
        let shown = self.shown(expression);
        let sentence = self
            .fill(works)
            .replace("{e}", &shown)
            .replace("{v}", &value.to_string());
        self.works.push(capitalised(&sentence));
        self.values.insert(result.to_owned(), Value::Int(value));
        self.steps.push((result.to_owned(), expression.to_owned()));
        self.previous = std::mem::replace(&mut self.current, result.to_owned());
        Some(())
    }

    fn shown(&self, expression: &str) -> String {
        let text = expr::shown(expression, &self.values);
        match expression.split_once('(') {
            // A sum of a list is shown as a sum; other functions only name the list.
            Some(("sum", rest)) => match self.values.get(rest.trim_end_matches(')')) {
                Some(Value::List(xs)) => xs
                    .iter()
                    .map(i64::to_string)
                    .collect::<Vec<_>>()
                    .join(" + "),
                _ => text,
            },
            Some(_) => text
                .replace("max(", "")
                .replace("min(", "")
                .replace(')', ""),
            None => text,
        }
    }

    /// A name of the program: only the counted thing is filled in.
    pub fn fill_names(&self, text: &str) -> String {
        text.replace("{i}", &self.thing)
    }

    /// `text` with people, things and quantities in place.
    pub fn fill(&self, text: &str) -> String {
        let mut out = text
            .replace("{i}", &self.thing)
            .replace("{N}", self.person.name)
            .replace("{O}", self.other.name)
            .replace("{S}", self.person.she)
            .replace("{s}", self.person.she)
            .replace("{H}", self.person.her);
        for (name, value) in &self.values {
            let mark = format!("{{{name}}}");
            if out.contains(&mark) {
                out = out.replace(&mark, &listed(value));
            }
        }
        out
    }
}

fn listed(value: &Value) -> String {
    match value {
        Value::Int(n) => n.to_string(),
        Value::List(xs) => match xs.split_last() {
            Some((last, rest)) if !rest.is_empty() => {
                format!(
                    "{} and {last}",
                    rest.iter()
                        .map(i64::to_string)
                        .collect::<Vec<_>>()
                        .join(", ")
                )
            }
            _ => xs.iter().map(i64::to_string).collect(),
        },
    }
}

/// `text` with the first letter of each sentence in upper case.
pub(crate) fn capitalised(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut start = true;
    for c in text.chars() {
        if start && c.is_alphanumeric() {
            out.extend(c.to_uppercase());
            start = false;
        } else {
            out.push(c);
        }
        if matches!(c, '.' | '?') {
            start = true;
        }
    }
    out
}
