//! `caco tune`: a model from a recipe.

use std::sync::Arc;

use crate::args::{Global, Tune};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::numbers::grouped;
use crate::{output, stop};

/// Trains a model by a recipe.
pub fn tune(global: &Global, args: &Tune) -> Result<Exit> {
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping cleanly; Ctrl-C again stops at once"))?
    };
    let result = caco_pipeline::tune_recipe(&args.recipe, &args.output, &*display, &stop);
    display.close();
    let report = result.map_err(|error| {
        let mut failure = Failure::from(error);
        if failure.exit == Exit::Interrupted {
            failure.hint = Some("the same command goes on from the last checkpoint".into());
        }
        failure
    })?;
    if global.json {
        output::json(&report)?;
        return Ok(Exit::Done);
    }
    output::text(&format!(
        "model       {}\nid          {}\nparameters  {}\nrecords     {} ({} programs, {} structures)\nexamples    {}\n\
         steps       {}{}\n",
        report.dir.display(),
        report.model_id,
        grouped(report.parameters),
        grouped(report.records),
        grouped(report.known_programs),
        grouped(report.known_structures),
        grouped(report.examples),
        grouped(report.steps),
        report.loss.map_or_else(String::new, |loss| format!(", last loss {loss:.3}")),
    ))?;
    Ok(Exit::Done)
}
