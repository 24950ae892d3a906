//! What is wrong with a request, as `FastAPI` tells it.

use serde::Serialize;
use serde_json::{Value, json};

/// One thing wrong with a request, as `FastAPI` tells it. `input` repeats the value where that is short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fault {
    #[serde(rename = "type")]
    kind: &'static str,
    loc: Vec<Value>,
    msg: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ctx: Option<Value>,
}

impl Fault {
    pub fn new(kind: &'static str, path: &[&str], msg: impl Into<String>) -> Self {
        let loc = std::iter::once("body").chain(path.iter().copied());
        Self {
            kind,
            loc: loc.map(Value::from).collect(),
            msg: msg.into(),
            input: None,
            ctx: None,
        }
    }

    pub fn with_input(mut self, input: &Value) -> Self {
        let short = serde_json::to_string(input).is_ok_and(|text| text.len() <= 200);
        self.input = short.then(|| input.clone());
        self
    }

    /// The body is no JSON object, or is not declared to be one.
    pub fn no_object() -> Self {
        let msg = "Input should be a valid dictionary or object to extract fields from";
        Self::new("model_attributes_type", &[], msg)
    }

    /// The body is no JSON.
    pub fn no_json(body: &[u8], error: &serde_json::Error) -> Self {
        let lines = body.split_inclusive(|byte| *byte == b'\n');
        let before: usize = lines
            .take(error.line().saturating_sub(1))
            .map(<[u8]>::len)
            .sum();
        let mut fault = Self::new("json_invalid", &[], "JSON decode error");
        // The column counts from 1, except at the end of the text.
        let place = before + error.column() - usize::from(!error.is_eof() && error.column() > 0);
        fault.loc.push(place.into());
        fault.input = Some(json!({}));
        fault.ctx = Some(json!({ "error": error.to_string() }));
        fault
    }

    /// The same at a place within a list.
    pub fn at(mut self, place: usize) -> Self {
        self.loc.push(place.into());
        self
    }

    /// The same with what was expected.
    pub fn expecting(mut self, expected: &str) -> Self {
        self.ctx = Some(json!({ "expected": expected }));
        self
    }
}
