//! Where a program's text holds its input, and how other values are written there.

use std::ops::Range;

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;
use serde_json::Value as Json;

use crate::facts::binding;
use crate::names;
use crate::parse::{SyntaxProblem, module};
use crate::value::{self, Value};

/// Why a program's input cannot be replaced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotMutable {
    /// The text is no Python.
    #[error("{0}")]
    Syntax(#[from] SyntaxProblem),
    /// There is no module-level dict named `input` with keys that are words.
    #[error("no module-level dict literal is bound to `input`")]
    NoDict,
    /// `input` is bound again, so that its first value is not what the program computes with.
    #[error("`input` is bound {0} times")]
    BoundAgain(usize),
    /// The dict takes in another one, or has a key that is no text, or one twice.
    #[error("line {line}: {what}")]
    Keys {
        /// Line of the dict, from 1.
        line: usize,
        /// What is in the way.
        what: String,
    },
    /// No key has a plain value; each is named with what is in the way.
    #[error("no value is plain: {0}")]
    Computed(String),
    /// A value that was to be written does not belong there.
    #[error("`{key}`: {what}")]
    Write {
        /// The key.
        key: String,
        /// What is in the way.
        what: String,
    },
}

/// One key of `input`.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Its value, or what keeps it from being plain.
    pub value: Result<Value, String>,
    range: Range<usize>,
}

/// The place of a program's input in its text.
///
/// Only the values are replaced, each where it stands, so whatever the program does with the dict (`f(**input)`,
/// `input["k"]`) is left as it is. A value is plain if it can be read without running anything: literals, arithmetic of
/// integers, `Fraction(1, 3)`, `Decimal("1.5")`, `date(2024, 5, 1)`. Keys with other values keep them.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    source: String,
    entries: Vec<Entry>,
}

impl Slot {
    /// Finds the input of `source`.
    ///
    /// # Errors
    /// [`NotMutable`], where no value can be replaced.
    pub fn of(source: &str) -> Result<Self, NotMutable> {
        let parsed = module(source)?;
        let body = &parsed.syntax().body;
        let bound = bindings_of_input(body);
        if bound != 1 {
            return Err(match bound {
                0 => NotMutable::NoDict,
                more => NotMutable::BoundAgain(more),
            });
        }
        let dict = body
            .iter()
            .filter_map(binding)
            .find(|(name, _)| *name == "input")
            .map(|(_, value)| value)
            .ok_or(NotMutable::NoDict)?;
        let entries = entries(dict, source)?;
        if entries.is_empty() {
            return Err(NotMutable::NoDict);
        }
        if entries.iter().all(|entry| entry.value.is_err()) {
            let why: Vec<String> = entries
                .iter()
                .filter_map(|entry| Some(format!("{}: {}", entry.key, entry.value.as_ref().err()?)))
                .collect();
            return Err(NotMutable::Computed(why.join("; ")));
        }
        Ok(Self {
            source: source.to_owned(),
            entries,
        })
    }

    /// The program's text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The keys in source order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The text of a value as it is written.
    pub(crate) fn text(&self, entry: &Entry) -> &str {
        self.source.get(entry.range.clone()).unwrap_or_default()
    }

    /// The plain values, by key, in source order.
    pub fn plain(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries
            .iter()
            .filter_map(|entry| Some((entry.key.as_str(), entry.value.as_ref().ok()?)))
    }

    /// The plain values as the sandbox would report the dict.
    #[must_use]
    pub fn typed(&self) -> Json {
        let fields = self
            .plain()
            .map(|(key, value)| (key.to_owned(), value.typed()));
        Json::Object(fields.collect())
    }

    /// The program with `changes` in place of the values of their keys.
    ///
    /// # Errors
    /// [`NotMutable::Write`] for a key that is not there or whose value is computed.
    pub fn write<'v>(
        &self,
        changes: impl IntoIterator<Item = (&'v str, &'v Value)>,
    ) -> Result<String, NotMutable> {
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for (key, value) in changes {
            let entry = self.entries.iter().find(|entry| entry.key == key);
            let refuse = |what: &str| NotMutable::Write {
                key: key.to_owned(),
                what: what.to_owned(),
            };
            let entry = entry.ok_or_else(|| refuse("the program's input has no such key"))?;
            match &entry.value {
                Err(why) => return Err(refuse(why)),
                // The text of what does not change stays as it is written.
                Ok(old) if old == value => {}
                Ok(old) => edits.push((entry.range.clone(), with_class(value, old).python())),
            }
        }
        Ok(crate::edit::apply(&self.source, edits))
    }

    /// The program with the values of a typed JSON object (as outcomes and rows hold it) in place of its own. Keys that
    /// are computed are passed over.
    ///
    /// # Errors
    /// [`NotMutable::Write`] for a key that is not there, and for a value that has no literal.
    pub fn write_typed(&self, input: &Json) -> Result<String, NotMutable> {
        let mut changes = Vec::new();
        for (key, json) in input.as_object().into_iter().flatten() {
            let entry = self.entries.iter().find(|entry| entry.key == *key);
            if entry.is_some_and(|entry| entry.value.is_err()) {
                continue;
            }
            let value = Value::from_typed(json).map_err(|what| NotMutable::Write {
                key: key.clone(),
                what,
            })?;
            changes.push((key.as_str(), value));
        }
        self.write(changes.iter().map(|(key, value)| (*key, value)))
    }
}

/// `value` with its classes named as `old` names them: `fractions.Fraction` where the program imports the module.
fn with_class(value: &Value, old: &Value) -> Value {
    match (value, old) {
        (Value::Fraction(value, _), Value::Fraction(_, class)) => {
            Value::Fraction(value.clone(), class.clone())
        }
        (Value::Decimal(digits, places, _), Value::Decimal(_, _, class)) => {
            Value::Decimal(digits.clone(), *places, class.clone())
        }
        (Value::Date(year, month, day, _), Value::Date(.., class)) => {
            Value::Date(*year, *month, *day, class.clone())
        }
        (Value::List(items), Value::List(old)) => Value::List(with_class_of_first(items, old)),
        (Value::Tuple(items), Value::Tuple(old)) => Value::Tuple(with_class_of_first(items, old)),
        (Value::Set(items), Value::Set(old)) => Value::Set(with_class_of_first(items, old)),
        (Value::Dict(items), Value::Dict(old)) => Value::Dict(
            items
                .iter()
                .enumerate()
                .map(|(at, (key, value))| {
                    let old = old.get(at).or(old.first());
                    (
                        key.clone(),
                        old.map_or_else(|| value.clone(), |(_, old)| with_class(value, old)),
                    )
                })
                .collect(),
        ),
        _ => value.clone(),
    }
}

fn with_class_of_first(items: &[Value], old: &[Value]) -> Vec<Value> {
    items
        .iter()
        .enumerate()
        .map(|(at, item)| {
            old.get(at)
                .or(old.first())
                .map_or_else(|| item.clone(), |old| with_class(item, old))
        })
        .collect()
}

/// How often module-level code binds the name: assignments anywhere in it, `for`, `with`, `import`, `def`.
fn bindings_of_input(body: &[Stmt]) -> usize {
    body.iter()
        .filter(|stmt| {
            let bound = names::of_body(std::slice::from_ref(*stmt));
            bound.names.contains("input") || bound.imports.contains_key("input")
        })
        .count()
}

fn entries(dict: &Expr, source: &str) -> Result<Vec<Entry>, NotMutable> {
    let line = crate::parse::line_of(source, dict.start().to_usize());
    let refuse = |what: String| NotMutable::Keys { line, what };
    let entry = |key: &str, value: &Expr| Entry {
        key: key.to_owned(),
        value: value::read(value, source),
        range: value.start().to_usize()..value.end().to_usize(),
    };
    let mut found: Vec<Entry> = Vec::new();
    let mut add = |new: Entry| match found.iter().any(|entry| entry.key == new.key) {
        true => Err(refuse(format!("the key `{}` is there twice", new.key))),
        false => {
            found.push(new);
            Ok(())
        }
    };
    match dict {
        Expr::Dict(dict) => {
            for item in &dict.items {
                match &item.key {
                    Some(Expr::StringLiteral(key)) => add(entry(key.value.to_str(), &item.value))?,
                    Some(_) => return Err(refuse("a key of the dict is no text".into())),
                    None => return Err(refuse("the dict takes in another one".into())),
                }
            }
        }
        Expr::Call(call) if matches!(call.func.as_ref(), Expr::Name(name) if name.id == "dict") => {
            if !call.arguments.args.is_empty() {
                return Err(refuse("the dict takes in another one".into()));
            }
            for keyword in &call.arguments.keywords {
                match &keyword.arg {
                    Some(key) => add(entry(key.as_str(), &keyword.value))?,
                    None => return Err(refuse("the dict takes in another one".into())),
                }
            }
        }
        _ => return Err(NotMutable::NoDict),
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "import fractions\ninput = {'a': 1_000,\n  \"b\": [1, (2), 3],  # comment\n  'c': fractions.Fraction(1, 3), 'd': f()}\noutput = input['a']\n";

    #[test]
    fn values_are_replaced_where_they_stand() {
        let slot = Slot::of(PROGRAM).unwrap();
        let typed = serde_json::json!({"a": 5, "b": [7], "c": {"$type": "Fraction", "text": "2/5"}, "d": 0});
        assert_eq!(
            slot.write_typed(&typed).unwrap(),
            "import fractions\ninput = {'a': 5,\n  \"b\": [7],  # comment\n  'c': fractions.Fraction(2, 5), 'd': f()}\noutput = input['a']\n"
        );
        assert_eq!(slot.write_typed(&slot.typed()).unwrap(), PROGRAM);
        assert_eq!(
            slot.entries()[3].value.as_ref().unwrap_err(),
            "`f()` is computed"
        );
        assert_eq!(
            slot.write([("d", &Value::from(1))])
                .unwrap_err()
                .to_string(),
            "`d`: `f()` is computed"
        );
    }

    #[test]
    fn what_is_no_plain_literal_says_why() {
        for (source, why) in [
            ("x = 1", "no module-level dict literal is bound to `input`"),
            (
                "input = [1]",
                "no module-level dict literal is bound to `input`",
            ),
            (
                "input = {}",
                "no module-level dict literal is bound to `input`",
            ),
            (
                "input = {'a': 1}\ninput = {'a': 2}",
                "`input` is bound 2 times",
            ),
            (
                "input = {'a': 1}\nfor input in []: pass",
                "`input` is bound 2 times",
            ),
            (
                "x = 1\ninput = {**d}",
                "line 2: the dict takes in another one",
            ),
            (
                "input = {'a': 1, 'a': 2}",
                "line 1: the key `a` is there twice",
            ),
            ("input = {1: 1}", "line 1: a key of the dict is no text"),
            (
                "input = {'a': g(), 'b': h}",
                "no value is plain: a: `g()` is computed; b: `h` is computed",
            ),
            ("input = {", "line 1: "),
        ] {
            let said = Slot::of(source).unwrap_err().to_string();
            assert!(said.starts_with(why), "{source}: {said}");
        }
        assert!(Slot::of("input = dict(a=1)").is_ok());
    }
}
