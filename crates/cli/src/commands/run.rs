//! `caco run` and `caco resume`: the whole loop with a live display and a report at the end.

use std::sync::Arc;

use caco_pipeline::Run as PipelineRun;

use crate::args::{self, Global};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::paint::Paint;
use crate::report::{self, Roles};
use crate::{output, stop};

/// Runs a configuration, or goes on with it.
pub fn run(global: &Global, args: &args::Run) -> Result<Exit> {
    let mut config = super::load(global, &args.configured)?;
    if let Some(output) = &args.output {
        config.output =
            std::path::absolute(output).map_err(|error| Failure::file("find", output, &error))?;
    }
    execute(global, &PipelineRun::create(config)?)
}

/// Goes on with the run in a folder.
pub fn resume(global: &Global, args: &args::RunFolder) -> Result<Exit> {
    if global.seed.is_some() {
        return Err(Failure::usage(
            "a run keeps its seed: `resume` takes no --seed",
            "start another run with `caco run`",
        ));
    }
    execute(global, &PipelineRun::open(&args.run)?)
}

fn execute(global: &Global, run: &PipelineRun) -> Result<Exit> {
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping cleanly; Ctrl-C again stops at once"))?
    };
    let result = run.execute(&*display, &stop);
    display.close();
    match result {
        Ok(report) => {
            if global.json {
                output::json(&report)?;
            } else {
                let roles = Roles::of(run.config());
                output::text(&report::finished(&report, &roles, Paint::for_stdout()))?;
            }
            Ok(Exit::Done)
        }
        Err(error) => {
            let mut failure = Failure::from(error);
            if failure.exit == Exit::Interrupted {
                failure.hint = Some(format!(
                    "`caco resume {}` goes on from here",
                    report::friendly(run.dir())
                ));
            }
            Err(failure)
        }
    }
}
