//! One row of a file of programs. Its fields keep their own text, so that what is not ours comes out as it came in.

use crate::{Outcome, Program, Tier, Via};
use caco_lines::Fields;
use serde::Serialize;
use serde_json::json;

/// Fields that an outcome sets.
const OURS: [&str; 13] = [
    "status",
    "output",
    "output_text",
    "input",
    "stdout",
    "stderr",
    "error",
    "exit_code",
    "wall_ms",
    "cpu_ms",
    "peak_kb",
    "tier",
    "isolation",
];

pub struct Row {
    fields: Fields,
    program: Option<Program>,
    problem: Option<String>,
}

impl Row {
    /// Reads a line; `number` is its number in the file, from 1.
    pub fn parse(line: &[u8], number: u64) -> Self {
        match Fields::parse(line) {
            Err(error) => Self {
                fields: Fields::of("line", &json!(number)),
                program: None,
                problem: Some(format!("line {number} is no JSON object: {error}")),
            },
            Ok(fields) => {
                let (program, problem) = match program(&fields) {
                    Ok(program) => (Some(program), None),
                    Err(problem) => (None, Some(format!("line {number}: {problem}"))),
                };
                Self {
                    fields,
                    program,
                    problem,
                }
            }
        }
    }

    /// Its program, once, if it can be understood.
    pub fn take_program(&mut self) -> Option<Program> {
        self.program.take()
    }

    /// Why it cannot be understood.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether another row tells of the same program: every field that an outcome does not set is the same.
    pub fn is_same_as(&self, done: &Self) -> bool {
        self.fields.others(&OURS).eq(done.fields.others(&OURS))
    }

    /// The row with what came of it, as a line of JSON. An input `input` field that is no outcome's is replaced, as all of
    /// the fields that outcomes set.
    pub fn with(&self, outcome: &Outcome) -> String {
        let error = outcome
            .error_class
            .as_ref()
            .or(outcome.error_message.as_ref());
        let error = error.map(|_| Failure {
            class: outcome.error_class.as_deref(),
            message: outcome.error_message.as_deref(),
            line: outcome.error_line,
        });
        let tier = outcome.tier.map(|tier| match tier {
            Tier::Batch => "batch",
            Tier::Own => "own",
        });
        let round = |ms: f64| (ms * 1000.0).round() / 1000.0;
        let mut line = Line(Vec::with_capacity(1024));
        for (name, value) in self.fields.others(&OURS) {
            line.name(name);
            line.0.extend_from_slice(value.as_bytes());
        }
        line.add("status", outcome.status.as_str());
        line.add("input", &outcome.input);
        line.add("output", &outcome.output);
        match &outcome.cells {
            Some(cells) => line.add("output_text", cells),
            None => line.add("output_text", &outcome.output_text),
        }
        line.add("stdout", &outcome.stdout);
        line.add("stderr", &outcome.stderr);
        line.add("error", &error);
        line.add("exit_code", &outcome.exit_code);
        line.add("wall_ms", &round(outcome.wall_ms));
        line.add("cpu_ms", &round(outcome.cpu_ms));
        line.add("peak_kb", &outcome.peak_kb);
        line.add("tier", &tier);
        line.add("isolation", outcome.isolation.as_str());
        line.end()
    }
}

#[derive(Serialize)]
struct Failure<'a> {
    class: Option<&'a str>,
    message: Option<&'a str>,
    line: Option<u32>,
}

/// A line of JSON as it is written: from values to text at once, since each program has one.
struct Line(Vec<u8>);

impl Line {
    fn name(&mut self, name: &str) {
        self.0.extend_from_slice(match self.0.is_empty() {
            true => b"{",
            false => b", ",
        });
        self.value(name);
        self.0.extend_from_slice(b": ");
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        // Memory takes all that is written, and none of our types refuses.
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    fn add<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.name(name);
        self.value(value);
    }

    fn end(mut self) -> String {
        self.0.push(b'}');
        String::from_utf8(self.0).unwrap_or_default()
    }
}

/// The program of a row's fields.
fn program(fields: &Fields) -> Result<Program, String> {
    let text = |name: &str| -> Result<Option<String>, String> {
        match fields.get(name) {
            None | Some("null") => Ok(None),
            Some(value) => serde_json::from_str(value)
                .map(Some)
                .map_err(|_| format!("`{name}` is no text")),
        }
    };
    let via = match text("via")?.as_deref() {
        None | Some("contract") => Via::Contract,
        Some("stdout") => Via::Stdout,
        Some("ans") => Via::Ans,
        Some("solution()" | "solution") => Via::Solution,
        Some("cells") => Via::Cells,
        Some(other) => {
            return Err(format!(
                "`via` is {other:?}; it is one of contract, stdout, ans, solution(), cells"
            ));
        }
    };
    let stdin = text("stdin")?.unwrap_or_default();
    if via == Via::Cells {
        let cells: Vec<String> = match fields.get("cells") {
            None => return Err("there is no `cells`".into()),
            Some(value) => {
                serde_json::from_str(value).map_err(|_| "`cells` is no list of texts")?
            }
        };
        return Ok(Program {
            cells,
            via,
            stdin,
            ..Program::default()
        });
    }
    let code = text("code")?.ok_or("there is no `code`")?;
    Ok(Program {
        code,
        via,
        stdin,
        ..Program::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Status;

    #[test]
    fn other_fields_keep_their_text_and_order() {
        let mut row = Row::parse(br#"{"id":  "a", "big": 123456789012345678901234567890.50, "status": "old", "code": "x"}"#, 1);
        assert_eq!(row.take_program().map(|p| p.code), Some("x".into()));
        let line = row.with(&Outcome::bare(Status::Ok, None, None));
        assert!(line.starts_with(r#"{"id": "a", "big": 123456789012345678901234567890.50, "code": "x", "status": "ok", "#), "{line}");
        assert_eq!(line.matches("\"status\"").count(), 1);
        let again = Row::parse(line.as_bytes(), 1);
        assert!(row.is_same_as(&again));
        assert!(!Row::parse(br#"{"id": "b", "code": "x"}"#, 1).is_same_as(&again));
    }

    #[test]
    fn rows_that_are_not_understood_say_why() {
        for (line, word) in [
            (&br#"["#[..], "line 7 is no JSON object"),
            (br#"{"id": 1}"#, "no `code`"),
            (br#"{"code": 3}"#, "`code` is no text"),
            (br#"{"code": "x", "via": "magic"}"#, "one of contract"),
            (br#"{"via": "cells", "cells": "x"}"#, "no list"),
        ] {
            let mut row = Row::parse(line, 7);
            assert!(row.take_program().is_none());
            let problem = row.problem().unwrap_or_default();
            assert!(
                problem.contains(word) && problem.contains("line 7"),
                "{problem}"
            );
        }
    }
}
