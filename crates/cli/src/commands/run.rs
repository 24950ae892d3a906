//! `caco run` and `caco resume`: the whole loop with a live display and a report at the end.

use std::sync::Arc;

use caco_pipeline::{Prepared, Run as PipelineRun};

use crate::args::{self, Global};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::paint::Paint;
use crate::report::{self, Roles};
use crate::{output, stop};

/// Prints the command of a trainer that was prepared.
fn ready(global: &Global, run: &PipelineRun, prepared: Option<&Prepared>) -> Result<Exit> {
    let Some(prepared) = prepared else {
        return Err(Failure::usage(
            format!(
                "{} has no outside training left to do",
                report::friendly(run.dir())
            ),
            "`trainer.kind` names an outside trainer; a run that is complete trains nothing more",
        ));
    };
    if global.json {
        output::json(&serde_json::json!({
            "folder": prepared.folder, "command": prepared.command,
        }))?;
    } else {
        output::text(&format!("{}\n", prepared.command))?;
    }
    Ok(Exit::Done)
}

/// Runs a configuration, or goes on with it.
pub fn run(global: &Global, args: &args::Run) -> Result<Exit> {
    let mut config = super::load(global, &args.configured)?;
    if let Some(output) = &args.output {
        config.output =
            std::path::absolute(output).map_err(|error| Failure::file("find", output, &error))?;
    }
    execute(global, &PipelineRun::create(config)?, args.dry_run)
}

/// Goes on with the run in a folder.
pub fn resume(global: &Global, args: &args::Resume) -> Result<Exit> {
    if global.seed.is_some() {
        return Err(Failure::usage(
            "a run keeps its seed: `resume` takes no --seed",
            "start another run with `caco run`",
        ));
    }
    execute(global, &PipelineRun::open(&args.folder.run)?, args.dry_run)
}

fn execute(global: &Global, run: &PipelineRun, dry_run: bool) -> Result<Exit> {
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping cleanly; Ctrl-C again stops at once"))?
    };
    let result = if dry_run {
        match run.prepare(&*display, &stop) {
            Ok(prepared) => {
                display.close();
                return ready(global, run, prepared.as_ref());
            }
            Err(error) => Err(error),
        }
    } else {
        run.execute(&*display, &stop)
    };
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
