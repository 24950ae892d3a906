//! What happened to one program.

use crate::Level;
use caco_program::trial::{Ending, Observed};
use serde::{Deserialize, Deserializer, Serialize};

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It ran to its end and its answer was read.
    Ok,
    /// It ended with an exception (`sys.exit` is one), or the text is no Python.
    Error,
    /// It was killed at its CPU or wall deadline.
    Timeout,
    /// It asked for more memory than allowed.
    Memory,
    /// It printed too much, or its `input` or `output` is too large.
    OutputLimit,
    /// The sandbox refused an operation and the program ended with that exception.
    Denied,
    /// Its process died: a signal, `os._exit`, or a spoilt result channel.
    Crash,
    /// It needs what is not there: a module that is not installed, or more program text than allowed.
    Unsupported,
}

impl Status {
    /// The stable name used in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Timeout => "timeout",
            Self::Memory => "memory",
            Self::OutputLimit => "output_limit",
            Self::Denied => "denied",
            Self::Crash => "crash",
            Self::Unsupported => "unsupported",
        }
    }
}

/// Which kind of child ran a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// One that runs many programs, one after another.
    Batch,
    /// One of its own.
    Own,
}

/// Where the answer was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputSource {
    /// The global `output`, or what [`Via`](crate::Via) names instead.
    Variable,
    /// There was no `output`: the last non-empty line of stdout.
    Stdout,
    /// Neither, or the program did not end well.
    None,
}

/// What happened to one program.
///
/// `input` and `output` are JSON; what JSON lacks is tagged: `{"$int": "digits"}` beyond 64 bits, `{"$float": "nan"}` (also
/// `inf`, `-inf`), `{"$tuple": [..]}`, `{"$set": [..]}`, `{"$frozenset": [..]}`, `{"$dict": [[key, value], ..]}` where keys are
/// no plain strings, `{"$type": "numpy.ndarray", "dtype": .., "shape": [..], "value": ..}`, `{"$type": "sympy.Rational", "text":
/// str(value), "srepr": ..}` for sympy's objects (`srepr` rebuilds them, assumptions included), and `{"$type": name, "text":
/// str(value)}` for everything else (`Fraction`, `Decimal`, `complex`, `numpy.float64`, ..).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// The exception's class, the signal's name (`SIGSEGV`), `os._exit`, `ForgedResult`, `CpuTime` or `WallTime`.
    pub error_class: Option<String>,
    /// The exception's message or what happened, at most 500 characters.
    pub error_message: Option<String>,
    /// The line of the program, from 1.
    pub error_line: Option<u32>,
    /// The global `input` as it was at the end, where the program defines it. In JSON, `null` is a value of its own: without
    /// one, the field is not there.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub input: Option<serde_json::Value>,
    /// The result: the global `output`, or what [`Via`](crate::Via) names instead. In JSON likewise.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub output: Option<serde_json::Value>,
    /// Canonical text of the answer: `str(output)`, or the last non-empty line of stdout where there is no `output`.
    pub output_text: Option<String>,
    /// Where `output_text` comes from.
    pub output_source: OutputSource,
    /// The texts of the cells, one each, for [`Via::Cells`](crate::Via::Cells): empty where a cell gave no value or failed.
    pub cells: Option<Vec<String>>,
    /// The exit code that the program asked for with `sys.exit`.
    pub exit_code: Option<i32>,
    /// The last [`keep_bytes`](crate::Config::keep_bytes) of stdout, invalid UTF-8 replaced.
    pub stdout: String,
    /// The same of stderr, with the traceback of an exception.
    pub stderr: String,
    /// Which tier ran it; none where it was not run.
    pub tier: Option<Tier>,
    /// The level that `protection` comes to.
    pub isolation: Level,
    /// The layers that were in force, comma-separated, such as `userns,pidns,netns,no_new_privs,rlimits`. Empty: the
    /// program was not run.
    pub protection: String,
    /// Interpreter and package versions, such as `cpython 3.11.7, numpy 2.4.0, sympy 1.14.0`.
    pub interpreter: String,
    /// CPU time in milliseconds: read from outside, the fork and the end of the child included; in the batch tier as the
    /// child itself reads it, for this program alone.
    pub cpu_ms: f64,
    /// Wall time in milliseconds, likewise.
    pub wall_ms: f64,
    /// Largest resident memory in KiB, with the warm interpreter's own pages; in the batch tier that of its child so far.
    pub peak_kb: u64,
}

/// A value that is there, be it `null`.
fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<serde_json::Value>, D::Error> {
    serde_json::Value::deserialize(deserializer).map(Some)
}

impl Outcome {
    /// Whether both tell the same of a program: status, exception, input, answer and what was printed. Times, memory and the
    /// tier may differ, and so may addresses in texts.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        let told = |outcome: &Self| {
            let texts = (
                outcome.output_text.clone(),
                outcome.cells.clone(),
                outcome.stdout.clone(),
            );
            let values = (outcome.input.clone(), outcome.output.clone());
            (
                outcome.status,
                outcome.error_class.clone(),
                outcome.error_line,
                texts,
                values,
            )
        };
        told(self) == told(other)
    }

    /// An outcome that has only a status and a reason yet.
    pub fn bare(status: Status, class: Option<&str>, message: Option<String>) -> Self {
        Self {
            status,
            error_class: class.map(String::from),
            error_message: message,
            error_line: None,
            input: None,
            output: None,
            output_text: None,
            output_source: OutputSource::None,
            cells: None,
            exit_code: None,
            stdout: String::new(),
            stderr: String::new(),
            tier: None,
            isolation: Level::Limits,
            protection: String::new(),
            interpreter: String::new(),
            cpu_ms: 0.0,
            wall_ms: 0.0,
            peak_kb: 0,
        }
    }
}

/// What a trial on many inputs sees of an outcome: only what the program bound to `output` is an answer, and a limit that was met
/// says nothing of the rest.
impl From<&Outcome> for Observed {
    fn from(outcome: &Outcome) -> Self {
        let ending = match (outcome.status, &outcome.output, outcome.output_source) {
            (Status::Ok, Some(output), OutputSource::Variable) => Ending::Answer {
                output: output.clone(),
                text: outcome.output_text.clone().unwrap_or_default(),
            },
            (Status::Timeout | Status::Memory | Status::OutputLimit, _, _) => Ending::CutOff,
            (Status::Unsupported, _, _) => Ending::NotRun,
            _ => Ending::Failed {
                class: outcome.error_class.clone().unwrap_or_default(),
            },
        };
        Self {
            ending,
            cpu_ms: outcome.cpu_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_comes_back_from_its_json_and_none_is_an_answer() {
        for output in [None, Some(serde_json::Value::Null), Some(1.into())] {
            let outcome = Outcome {
                input: output.clone(),
                output,
                ..Outcome::bare(Status::Ok, None, None)
            };
            let text = serde_json::to_string(&outcome).unwrap();
            assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), outcome);
        }
    }

    #[test]
    fn a_trial_takes_the_variable_alone_for_an_answer() {
        let ending = |outcome: &Outcome| Observed::from(outcome).ending;
        let mut outcome = Outcome {
            output: Some(7.into()),
            output_text: Some("7".into()),
            output_source: OutputSource::Variable,
            ..Outcome::bare(Status::Ok, None, None)
        };
        let answer = Ending::Answer {
            output: 7.into(),
            text: "7".into(),
        };
        assert_eq!(ending(&outcome), answer);
        outcome.output_source = OutputSource::Stdout;
        assert!(matches!(ending(&outcome), Ending::Failed { .. }));
        outcome.status = Status::Timeout;
        assert_eq!(ending(&outcome), Ending::CutOff);
        outcome.status = Status::Unsupported;
        assert_eq!(ending(&outcome), Ending::NotRun);
    }
}
