//! The trace of a run: which numbers the names of a program take, line by line.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The tracer, with a place for the program's text.
const TRACER: &str = include_str!("tracer.py");

/// A name takes numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Line of the program, from 1, that is reached with these numbers.
    pub line: u32,
    /// The name; a function's name and `()` for what it returns.
    pub name: String,
    /// The numbers that its value holds, as Python writes them; at most 60.
    pub numbers: Vec<String>,
}

/// The trace of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trace {
    /// In the order of the run; at most about 4,000.
    pub events: Vec<Event>,
    /// Whether a bound was reached (200,000 lines, 4,000 events), so that what came after is missing.
    pub cut: bool,
    /// The class of the exception that ended the program, if one did.
    pub failed: Option<String>,
}

impl Trace {
    /// Reads the output of a [`tracing_program`].
    ///
    /// # Errors
    /// What is not in its form, in words.
    pub fn from_typed(output: &Json) -> Result<Self, String> {
        let wrong = |what: &str| format!("the output of the tracing program has no {what}");
        let events = output.get("events").and_then(Json::as_array);
        let events = events.ok_or_else(|| wrong("list `events`"))?;
        let read = |event: &Json| -> Option<Event> {
            let [line, name, numbers] = event.as_array()?.as_slice() else {
                return None;
            };
            let numbers = numbers.as_array()?.iter();
            Some(Event {
                line: u32::try_from(line.as_u64()?).ok()?,
                name: name.as_str()?.to_owned(),
                numbers: numbers
                    .map(|n| Some(n.as_str()?.to_owned()))
                    .collect::<Option<_>>()?,
            })
        };
        Ok(Self {
            events: events
                .iter()
                .map(|event| {
                    read(event).ok_or_else(|| wrong("event in its form: [line, name, [numbers]]"))
                })
                .collect::<Result<_, _>>()?,
            cut: output
                .get("cut")
                .and_then(Json::as_bool)
                .ok_or_else(|| wrong("truth `cut`"))?,
            failed: output
                .get("failed")
                .and_then(Json::as_str)
                .map(str::to_owned),
        })
    }
}

/// A program whose `output` is the trace of `source`, to be read by [`Trace::from_typed`]. It runs about a hundred times as long
/// as `source`, and not longer than 200,000 lines of it; then the rest runs untraced.
#[must_use]
pub fn tracing_program(source: &str) -> String {
    let literal = crate::Value::from(source).python();
    TRACER.replacen("__SOURCE__", &literal, 1)
}
