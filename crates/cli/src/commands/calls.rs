//! `caco calls`: calls that somebody else makes.

use std::sync::Arc;

use caco_pipeline::{CallsImported, Run};
use serde_json::json;

use crate::args::{self, Configured, Global};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::numbers::grouped;
use crate::report::friendly;
use crate::{output, stop};

/// Writes what the next stage would ask.
pub fn export(global: &Global, args: &args::CallsExport) -> Result<Exit> {
    let run = if args.run.is_dir() {
        if !args.sets.is_empty() {
            return Err(Failure::usage(
                "a run folder has its configuration: it takes no --set",
                "name the configuration instead of the folder to go on with changed settings",
            ));
        }
        Run::open(&args.run)?
    } else {
        let configured = Configured {
            config: args.run.clone(),
            sets: args.sets.clone(),
        };
        Run::create(super::load(global, &configured)?)?
    };
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping"))?
    };
    let result = caco_pipeline::export_calls(&run, &args.output, &*display, &stop);
    display.close();
    let exported = result?;
    let dir = friendly(run.dir());
    if global.json {
        output::json(&json!({ "run": run.dir(), "exported": exported }))?;
    } else if let (Some(file), Some(stage)) = (&exported.file, exported.stage) {
        output::text(&format!(
            "{} calls of {stage} (round {}) written to {}\nnext: bring the results with `caco calls import {dir} RESULTS`\n",
            grouped(exported.calls),
            exported.round,
            friendly(file),
        ))?;
    } else {
        output::text(&format!(
            "no stage waits for replies; `caco resume {dir}` finishes the run\n"
        ))?;
    }
    Ok(Exit::Done)
}

/// Takes results in.
pub fn import(global: &Global, args: &args::CallsImport) -> Result<Exit> {
    let run = Run::open(&args.run)?;
    let report = caco_pipeline::import_calls(&run, &args.file)?;
    if global.json {
        output::json(&report)?;
    } else {
        output::text(&words(&report))?;
        if !global.quiet {
            let dir = friendly(run.dir());
            eprintln!(
                "next: `caco calls export {dir} -o FILE` for the next stage's calls, or `caco resume {dir}`"
            );
        }
    }
    let taken = report.imported + report.known == report.lines;
    Ok(if taken {
        Exit::Done
    } else {
        Exit::CheckedFalse
    })
}

fn words(report: &CallsImported) -> String {
    let mut text = format!(
        "{} lines: {} imported",
        grouped(report.lines),
        grouped(report.imported)
    );
    for (count, what) in [
        (report.known, "known before"),
        (report.failed, "failed"),
        (report.unknown, "unknown"),
        (report.malformed, "malformed"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {} {what}", grouped(count)));
        }
    }
    text.push('\n');
    for (problem, (count, line)) in &report.problems {
        text.push_str(&format!(
            "  {} times, first in line {line}: {problem}\n",
            grouped(*count)
        ));
    }
    text
}
