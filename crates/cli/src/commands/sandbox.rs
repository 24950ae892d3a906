//! `caco sandbox run`: one program, and its outcome as JSON.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use caco_sandbox::{Config, Sandbox, Status, environment};

use crate::args::{Global, SandboxRun};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::{output, stop};

/// Runs a program and prints what happened.
pub fn run(global: &Global, args: &SandboxRun) -> Result<Exit> {
    let program = read(&args.file)?;
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping"))?
    };
    let base = match &args.python {
        Some(python) => Config {
            python: python.clone(),
            ..Config::default()
        },
        None => {
            let defaults = super::defaults()?;
            let packages: Vec<&str> = defaults.execute.python.iter().map(String::as_str).collect();
            let ready = environment::ensure(&defaults.cache, &packages, &|line| display.say(line))
                .map_err(failure)?;
            Config::for_environment(&ready)
        }
    };
    let config = Config {
        workers: 1,
        cpu_seconds: args.cpu_seconds,
        wall_seconds: args.wall_seconds,
        memory_mb: args.memory_mb,
        ..base
    };
    let outcomes = Sandbox::start(config)
        .and_then(|sandbox| sandbox.run(&[&program], &|_| {}, &stop))
        .map_err(failure)?;
    let outcome = outcomes
        .first()
        .ok_or_else(|| Failure::internal("the sandbox returned no outcome"))?;
    output::json(outcome)?;
    Ok(if outcome.status == Status::Ok {
        Exit::Done
    } else {
        Exit::CheckedFalse
    })
}

fn read(file: &Path) -> Result<String> {
    let failed = |error: std::io::Error| Failure::file("read", file, &error);
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .lock()
            .read_to_string(&mut text)
            .map_err(failed)?;
        return Ok(text);
    }
    std::fs::read_to_string(file).map_err(failed)
}

/// A sandbox error as a failure; its own words carry the remedy.
pub fn failure(error: caco_sandbox::Error) -> Failure {
    let exit = match error {
        caco_sandbox::Error::Interrupted => Exit::Interrupted,
        caco_sandbox::Error::Setting { .. } => Exit::Usage,
        _ => Exit::Environment,
    };
    Failure {
        exit,
        message: error.to_string(),
        hint: None,
    }
}
