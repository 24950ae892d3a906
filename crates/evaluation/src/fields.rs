//! Fields of a row by the names that files give them.

use serde_json::{Map, Value};

/// What is wrong with a row: the key, the fault and the remedy. Whoever knows the file adds it and the line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Odd {
    /// What is wrong, with the key.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Odd {
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

/// One row.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(crate) fn of(row: &'a Value) -> Result<Self, Odd> {
        row.as_object().map(Self).ok_or_else(|| {
            Odd::new(
                "the row is not a JSON object",
                "each row is an object with the fields of the published file",
            )
        })
    }

    /// The first of these fields that holds something, with its name.
    pub(crate) fn value(self, names: &[&'static str]) -> Option<(&'static str, &'a Value)> {
        names.iter().find_map(|name| match self.0.get(*name) {
            None | Some(Value::Null) => None,
            Some(value) => Some((*name, value)),
        })
    }

    /// A text, number or truth value, trimmed; none where it is absent or blank.
    pub(crate) fn text(self, names: &[&'static str]) -> Result<Option<String>, Odd> {
        let Some((name, value)) = self.value(names) else {
            return Ok(None);
        };
        let text = scalar(value).ok_or_else(|| {
            Odd::new(
                format!("`{name}` is neither a text nor a number"),
                format!("write `{name}` as a text"),
            )
        })?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// As [`Fields::text`], for what must be there.
    pub(crate) fn need(self, names: &[&'static str]) -> Result<String, Odd> {
        self.text(names)?.ok_or_else(|| self.missing(names))
    }

    /// The error for what must be there and is not.
    pub(crate) fn missing(self, names: &[&'static str]) -> Odd {
        let wanted = names.join("` or `");
        if let Some((name, _)) = self.value(names) {
            return Odd::new(
                format!("`{name}` is empty"),
                "complete the row, or take it out",
            );
        }
        let mut there: Vec<&str> = self.0.keys().map(String::as_str).take(12).collect();
        there.sort_unstable();
        Odd::new(
            format!("`{wanted}` is missing"),
            format!(
                "the row has {}; name the task that the file belongs to, or rename its fields",
                if there.is_empty() {
                    "no fields".to_owned()
                } else {
                    format!("`{}`", there.join("`, `"))
                }
            ),
        )
    }

    /// A list of texts; a single text is a list of one, and none is an empty list.
    pub(crate) fn list(self, names: &[&'static str]) -> Result<Vec<String>, Odd> {
        match self.value(names) {
            None => Ok(Vec::new()),
            Some((name, Value::Array(items))) => items
                .iter()
                .map(|item| {
                    scalar(item).ok_or_else(|| {
                        Odd::new(
                            format!("`{name}` holds something that is neither a text nor a number"),
                            format!("write `{name}` as a list of texts"),
                        )
                    })
                })
                .collect(),
            Some(_) => Ok(self.text(names)?.into_iter().collect()),
        }
    }

    /// A truth value; false where it is absent.
    pub(crate) fn flag(self, names: &[&'static str]) -> bool {
        match self.value(names) {
            Some((_, Value::Bool(flag))) => *flag,
            Some((_, Value::String(text))) => text.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Bool(true) => Some("True".into()),
        Value::Bool(false) => Some("False".into()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_is_named_with_what_is_there() {
        let row = json!({ "prompt": "x", "answer": null, "tests": [1, {}], "blank": " " });
        let fields = Fields::of(&row).unwrap();
        let odd = fields.need(&["question", "Question"]).unwrap_err();
        assert_eq!(odd.message, "`question` or `Question` is missing");
        assert!(odd.hint.contains("`answer`, `blank`, `prompt`, `tests`"));
        assert!(fields.need(&["answer"]).is_err());
        assert_eq!(
            fields.need(&["blank"]).unwrap_err().message,
            "`blank` is empty"
        );
        assert!(fields.list(&["tests"]).is_err());
        assert!(fields.text(&["tests"]).is_err());
        assert_eq!(fields.list(&["prompt"]).unwrap(), ["x"]);
        assert!(Fields::of(&json!([1])).is_err());
    }
}
