//! What happened to one run, as far as a trial looks at it.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// How a run ended, and its CPU time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// How it ended.
    pub ending: Ending,
    /// CPU time in milliseconds.
    pub cpu_ms: f64,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// With an answer: the output in the sandbox's typed JSON, and its text.
    Answer {
        /// Typed JSON.
        output: Json,
        /// Its text.
        text: String,
    },
    /// With an exception, or without an answer.
    Failed {
        /// The exception's class.
        class: String,
    },
    /// Stopped at a limit of time or memory.
    CutOff,
    /// The machine did not run it, or may not: nothing is known.
    NotRun,
}

impl Observed {
    pub(super) fn answer(&self) -> Option<&Json> {
        match &self.ending {
            Ending::Answer { output, .. } => Some(output),
            _ => None,
        }
    }

    /// A failure, or `None` for an answer where there was one on the program's own input.
    pub(super) fn failed(&self, original: &Self) -> bool {
        match &self.ending {
            Ending::Failed { .. } => true,
            Ending::Answer { output, .. } => {
                output.is_null() && original.answer().is_some_and(|answer| !answer.is_null())
            }
            Ending::CutOff | Ending::NotRun => false,
        }
    }

    /// Whether two runs say the same; `None` where either says nothing.
    pub(super) fn same(&self, other: &Self) -> Option<bool> {
        match (&self.ending, &other.ending) {
            (Ending::Answer { output: a, .. }, Ending::Answer { output: b, .. }) => {
                Some(alike(a, b))
            }
            (Ending::Failed { class: a }, Ending::Failed { class: b }) => Some(a == b),
            (Ending::Answer { .. }, Ending::Failed { .. })
            | (Ending::Failed { .. }, Ending::Answer { .. }) => Some(false),
            _ => None,
        }
    }

    /// A short text of the ending, for evidence.
    pub(super) fn shown(&self) -> String {
        match &self.ending {
            Ending::Answer { text, .. } => text.chars().take(60).collect(),
            Ending::Failed { class } => class.clone(),
            Ending::CutOff => "cut off".into(),
            Ending::NotRun => "not run".into(),
        }
    }
}

/// Equal, where floats may differ in their last digits: sums of floats depend on their order.
fn alike(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(x), Json::Number(y)) => {
            x == y
                || match (x.is_f64() || y.is_f64(), x.as_f64(), y.as_f64()) {
                    (true, Some(x), Some(y)) => (x - y).abs() <= 1e-12 * x.abs().max(y.abs()),
                    _ => false,
                }
        }
        (Json::Array(x), Json::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| alike(x, y))
        }
        (Json::Object(x), Json::Object(y)) => {
            x.len() == y.len()
                && x.iter()
                    .all(|(key, x)| y.get(key).is_some_and(|y| alike(x, y)))
        }
        _ => a == b,
    }
}
