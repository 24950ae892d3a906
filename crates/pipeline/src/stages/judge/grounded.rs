//! The numbers of a solution against the program's run: each has to come from its line-by-line trace, from the input, or from
//! plain arithmetic on them.

use caco_program::grounding::{Trace, ground, tracing_program};
use caco_record::{Row, Stage};
use caco_sandbox::Status;
use serde_json::{Value, json};

use super::told;
use crate::Error;
use crate::config::{Config, TraceMode};
use crate::context::Context;
use crate::stages::assess;

/// How many numbers from nowhere a row records.
const SHOWN: usize = 20;

/// Everything that decides this check; nothing where it is off.
pub(super) fn section(config: &Config) -> Result<Option<String>, Error> {
    let trace = &config.judge.trace;
    if trace.mode == TraceMode::Off {
        return Ok(None);
    }
    crate::stages::json(&(trace, assess::section(config)?)).map(Some)
}

/// Traces the programs of the rows that are still kept, and looks for the numbers of their solutions.
pub(super) fn go(context: &Context<'_>, rows: &mut [Row]) -> Result<(), Error> {
    let settings = &context.config.judge.trace;
    if settings.mode == TraceMode::Off {
        return Ok(());
    }
    let mut open: Vec<&mut Row> = rows
        .iter_mut()
        .filter(|row| row.is_kept() && row.program.is_some() && row.solution.is_some())
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let programs: Vec<String> = open
        .iter()
        .map(|row| tracing_program(row.program.as_deref().unwrap_or_default()))
        .collect();
    let programs: Vec<&str> = programs.iter().map(String::as_str).collect();
    let outcomes = context.executor()?.run(&programs, &|_| {}, context.stop)?;
    for (row, outcome) in open.iter_mut().zip(&outcomes) {
        let trace = match (&outcome.output, outcome.status) {
            (Some(output), Status::Ok) => Trace::from_typed(output),
            (_, status) => Err(format!("the traced run ended as {}", status.as_str())),
        };
        // A program that runs, but not under a tracer, is not the solution's fault.
        let trace = match trace {
            Ok(trace) => match trace.failed {
                None => trace,
                Some(why) => {
                    told(row, "trace", json!({ "failed": why }))?;
                    continue;
                }
            },
            Err(why) => {
                told(row, "trace", json!({ "failed": why }))?;
                continue;
            }
        };
        let input: Value =
            serde_json::from_str(row.input.as_deref().unwrap_or("null")).unwrap_or(Value::Null);
        let grounding = ground(row.solution.as_deref().unwrap_or_default(), &trace, &input);
        let from_nowhere: Vec<String> = grounding
            .ungrounded()
            .map(|number| number.text.clone())
            .collect();
        told(
            row,
            "trace",
            json!({
                "numbers": grounding.numbers.len(),
                "ungrounded": from_nowhere.iter().take(SHOWN).collect::<Vec<_>>(),
                "score": grounding.score, "cut": trace.cut,
            }),
        )?;
        // A run that was cut may have made the number later.
        let low = grounding.score < settings.floor && !trace.cut;
        if low && settings.mode == TraceMode::Block {
            let detail = format!(
                "{} of {} numbers come from the program's run; not {}",
                grounding.numbers.len() - from_nowhere.len(),
                grounding.numbers.len(),
                from_nowhere[..from_nowhere.len().min(5)].join(", ")
            );
            row.reject(Stage::Judge, "ungrounded_number", detail);
        }
    }
    Ok(())
}
