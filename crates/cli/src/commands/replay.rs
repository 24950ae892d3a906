//! `caco replay`: a run's data set rebuilt from its ledger.

use std::sync::Arc;

use caco_pipeline::Run;

use crate::args::{self, Global};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::numbers::grouped;
use crate::report::friendly;
use crate::{output, stop};

/// Rebuilds and compares.
pub fn replay(global: &Global, args: &args::Replay) -> Result<Exit> {
    let run = Run::open(&args.run)?;
    let temporary = match &args.output {
        Some(output) => {
            let taken = std::fs::read_dir(output).is_ok_and(|mut own| own.next().is_some());
            if taken {
                return Err(Failure::usage(
                    format!("{} is not empty", output.display()),
                    "name a folder that is missing or empty",
                ));
            }
            None
        }
        None => Some(tempfile::tempdir().map_err(|error| {
            Failure::environment(
                format!("cannot make a temporary folder: {error}"),
                "set TMPDIR",
            )
        })?),
    };
    let into = match (&args.output, &temporary) {
        (Some(output), _) => {
            std::path::absolute(output).map_err(|error| Failure::file("find", output, &error))?
        }
        (None, Some(temporary)) => temporary.path().join("replay"),
        (None, None) => return Err(Failure::internal("nowhere to rebuild the run")),
    };
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping"))?
    };
    let result = caco_pipeline::replay(&run, &into, &*display, &stop);
    display.close();
    let replayed = result?;
    if global.json {
        output::json(&replayed)?;
    } else {
        let mut text = format!(
            "{} rows rebuilt from the ledger; {} files are the same, byte for byte",
            grouped(replayed.rows),
            grouped(replayed.same)
        );
        match replayed.different.len() {
            0 => text.push('\n'),
            count => text.push_str(&format!(
                ", {count} differ: {}\n",
                replayed.different.join(", ")
            )),
        }
        if temporary.is_none() {
            text.push_str(&format!(
                "the rebuilt run is in {}\n",
                friendly(&replayed.dir)
            ));
        }
        output::text(&text)?;
    }
    Ok(if replayed.different.is_empty() {
        Exit::Done
    } else {
        Exit::CheckedFalse
    })
}
