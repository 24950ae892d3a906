//! `caco sandbox`: one program, or a file of them.

pub mod serve;

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use caco_sandbox::{
    Config, Isolation, Level, Limits, Outcome, Program, Sandbox, Status, Via, bulk, environment,
};

use crate::args::{FloorName, Global, IsolationName, SandboxExec, SandboxRun, SandboxSettings};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::numbers::{bytes, grouped, percent, rate};
use crate::{output, stop};

/// Runs a program and says what happened.
pub fn run(global: &Global, args: &SandboxRun) -> Result<Exit> {
    let via = via(&args.via)?;
    let program = Program {
        code: read(&args.file)?,
        via,
        ..Program::default()
    };
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping"))?
    };
    let config = config(&args.settings, Some(1), &display)?;
    let limits = config.limits;
    let sandbox = Sandbox::start(config).map_err(failure)?;
    let mut outcomes = Vec::new();
    let mut programs = std::iter::once(Ok::<_, caco_sandbox::Error>(program));
    sandbox
        .stream(&mut programs, &limits, &stop, &mut |outcome| {
            outcomes.push(outcome.clone());
            Ok(())
        })
        .map_err(failure)?;
    let outcome = outcomes
        .first()
        .ok_or_else(|| Failure::internal("the sandbox returned no outcome"))?;
    if global.json {
        output::json(outcome)?;
    } else {
        output::text(&account(outcome))?;
    }
    Ok(if outcome.status == Status::Ok {
        Exit::Done
    } else {
        Exit::CheckedFalse
    })
}

/// Runs a file of programs.
pub fn exec(global: &Global, args: &SandboxExec) -> Result<Exit> {
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping; the same command goes on"))?
    };
    let config = config(&args.settings, args.workers, &display)?;
    let limits = config.limits;
    let sandbox = Sandbox::start(config).map_err(failure)?;
    display.say(&format!(
        "python: {}; protection: {}",
        sandbox.interpreter(),
        sandbox.protection()
    ));
    let files = bulk::Files {
        input: args.input.clone(),
        output: args.output.clone(),
        force: args.force,
    };
    let start = std::time::Instant::now();
    let mut first = None;
    let summary = bulk::execute(&sandbox, &files, &limits, &stop, &mut |progress| {
        let before = *first.get_or_insert(progress.rows.saturating_sub(1));
        display.counted(|| {
            let seconds = start.elapsed().as_secs_f64().max(1e-9);
            let done = progress.rows - before;
            let (read, total) = progress.bytes;
            let left = if total > 0 {
                format!(", {} of {} read", bytes(read), bytes(total))
            } else {
                String::new()
            };
            let speed = rate(done as f64 / seconds);
            format!(
                "{} programs, {speed}/s, ok {}{left}",
                grouped(progress.rows),
                percent(progress.ok, done)
            )
        });
    })
    .map_err(failure)?;
    display.close();
    let statistics = sandbox.statistics();
    let seconds = start.elapsed().as_secs_f64();
    let report = serde_json::json!({
        "rows": summary.rows, "resumed": summary.resumed, "bad_rows": summary.bad_rows, "statuses": summary.statuses,
        "seconds": (seconds * 1000.0).round() / 1000.0, "tiers": statistics,
        "interpreter": sandbox.interpreter(), "protection": sandbox.protection(),
    });
    if global.json && args.output != Path::new("-") {
        output::json(&report)?;
    }
    let by_status: Vec<String> = summary
        .statuses
        .iter()
        .map(|(status, count)| format!("{status} {}", grouped(*count)))
        .collect();
    let mut words = format!(
        "{} programs in {seconds:.1} s: {}; batch tier {}, own {}",
        grouped(summary.rows),
        by_status.join(", "),
        grouped(statistics.batch as u64),
        grouped(statistics.own as u64)
    );
    if summary.resumed > 0 {
        words.push_str(&format!("; {} were done before", grouped(summary.resumed)));
    }
    if summary.bad_rows > 0 {
        words.push_str(&format!(
            "; {} rows were not understood (error class BadRow)",
            grouped(summary.bad_rows)
        ));
    }
    display.say(&words);
    Ok(Exit::Done)
}

fn via(name: &str) -> Result<Via> {
    match name {
        "contract" => Ok(Via::Contract),
        "stdout" => Ok(Via::Stdout),
        "ans" => Ok(Via::Ans),
        "solution()" | "solution" => Ok(Via::Solution),
        _ => Err(Failure::usage(
            format!("--via {name}: there is no such way for a result to leave a program"),
            "give contract, stdout, ans or solution()",
        )),
    }
}

/// The pool's settings, with the private environment prepared where no Python is named.
pub fn config(
    settings: &SandboxSettings,
    workers: Option<usize>,
    display: &Display,
) -> Result<Config> {
    config_with(
        settings,
        workers,
        &super::defaults()?.execute.python,
        display,
    )
}

/// As [`config`], with the packages that the private environment is to have.
pub fn config_with(
    settings: &SandboxSettings,
    workers: Option<usize>,
    packages: &[String],
    display: &Display,
) -> Result<Config> {
    let base = match &settings.python {
        Some(python) => Config {
            python: python.clone(),
            ..Config::default()
        },
        None => {
            let defaults = super::defaults()?;
            let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
            let ready = environment::ensure(&defaults.cache, &packages, &|line| display.say(line))
                .map_err(failure)?;
            Config::for_environment(&ready)
        }
    };
    let limits = Limits {
        cpu_seconds: settings.timeout,
        wall_seconds: settings.wall_seconds.unwrap_or(settings.timeout * 2.0),
        memory_mb: settings.memory,
    };
    Ok(Config {
        workers: workers.unwrap_or(base.workers),
        limits,
        isolation: match settings.isolation {
            IsolationName::Strict => Isolation::Strict,
            IsolationName::Best => Isolation::Best,
            IsolationName::None => Isolation::None,
        },
        floor: match settings.floor {
            FloorName::Limits => Level::Limits,
            FloorName::Partial => Level::Partial,
            FloorName::Strict => Level::Strict,
        },
        cgroup: settings.cgroup.clone(),
        frozen_clock: settings.frozen_clock,
        ..base
    })
}

/// What happened, in words.
fn account(outcome: &Outcome) -> String {
    let mut text = format!("status      {}\n", outcome.status.as_str());
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let value = value.trim_end().replace('\n', "\n            ");
            text.push_str(&format!("{name:<12}{value}\n"));
        }
    };
    line("answer", outcome.output_text.as_deref().unwrap_or_default());
    if let Some(input) = &outcome.input {
        line("input", &input.to_string());
    }
    let mut error = outcome.error_class.clone().unwrap_or_default();
    if let Some(message) = &outcome.error_message {
        error.push_str(if error.is_empty() { "" } else { ": " });
        error.push_str(message);
    }
    if let Some(number) = outcome.error_line {
        error.push_str(&format!(" (line {number})"));
    }
    line("error", &error);
    line("stdout", &outcome.stdout);
    line("stderr", &outcome.stderr);
    let tier = outcome.tier.map_or("none", |tier| match tier {
        caco_sandbox::Tier::Batch => "batch",
        caco_sandbox::Tier::Own => "own",
    });
    line(
        "cost",
        &format!(
            "{:.1} ms CPU, {:.1} ms wall, {} peak, tier {tier}",
            outcome.cpu_ms,
            outcome.wall_ms,
            bytes(outcome.peak_kb * 1024)
        ),
    );
    line(
        "isolation",
        &format!("{} ({})", outcome.isolation.as_str(), outcome.protection),
    );
    line("python", &outcome.interpreter);
    text
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
        caco_sandbox::Error::Setting { .. }
        | caco_sandbox::Error::Bulk { .. }
        | caco_sandbox::Error::Exposed { .. } => Exit::Usage,
        _ => Exit::Environment,
    };
    let (message, hint) = match error {
        caco_sandbox::Error::Bulk { message, hint } => (message, Some(hint)),
        other => (other.to_string(), None),
    };
    Failure {
        exit,
        message,
        hint,
    }
}
