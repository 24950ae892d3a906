//! `caco tune`: a model from a recipe.

use std::sync::Arc;

use crate::args::{Global, Tune};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::numbers::grouped;
use crate::{output, report, stop};

/// Trains a model by a recipe.
pub fn tune(global: &Global, args: &Tune) -> Result<Exit> {
    if global.seed.is_some() {
        return Err(Failure::usage(
            "a recipe holds its own seed: `tune` takes no --seed",
            "change `seed` in the recipe",
        ));
    }
    let out = std::path::absolute(&args.output)
        .map_err(|error| Failure::file("find", &args.output, &error))?;
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping cleanly; Ctrl-C again stops at once"))?
    };
    let result = caco_pipeline::tune_recipe(&args.recipe, &out, &*display, &stop);
    display.close();
    let made = result.map_err(|error| {
        let mut failure = Failure::from(error);
        if failure.exit == Exit::Interrupted {
            failure.hint = Some("the same command goes on from the last checkpoint".into());
        }
        failure
    })?;
    if global.json {
        output::json(&made)?;
        return Ok(Exit::Done);
    }
    output::text(&format!(
        "model       {}\nid          {}\nparameters  {}\nrecords     {} ({} programs, {} structures)\nexamples    {}\n\
         steps       {}{}\n",
        report::friendly(&made.dir),
        made.model_id,
        grouped(made.parameters),
        grouped(made.records),
        grouped(made.known_programs),
        grouped(made.known_structures),
        grouped(made.examples),
        grouped(made.steps),
        made.loss
            .map_or_else(String::new, |loss| format!(", last loss {loss:.3}")),
    ))?;
    Ok(Exit::Done)
}
