//! `caco evaluate`: a model on a benchmark file, as the evaluate stage does it.

use std::path::Path;
use std::sync::Arc;

use caco_pipeline::config::BUILTIN;
use caco_pipeline::{Config, Event, Observer, Run, Score, Stage};
use serde_json::json;

use crate::args::{self, Global};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::numbers::grouped;
use crate::{output, stop};

/// Measures a model on a file of problems.
pub fn evaluate(global: &Global, args: &args::Evaluate) -> Result<Exit> {
    let folder = tempfile::tempdir().map_err(|error| {
        Failure::environment(
            format!("cannot make a temporary folder: {error}"),
            "set TMPDIR",
        )
    })?;
    let config = config(global, args, folder.path())?;
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping"))?
    };
    // Only the evaluation itself is worth a look; the rest of this run is a formality.
    let watch = |event: &Event| match event {
        Event::StageStarted {
            stage: Stage::Evaluate,
            ..
        }
        | Event::Progress {
            stage: Stage::Evaluate,
            ..
        }
        | Event::Warning { .. } => display.event(event),
        _ => {}
    };
    let result = Run::create(config).and_then(|run| run.execute(&watch, &stop));
    display.close();
    let report = result.map_err(|error| {
        let mut failure = Failure::from(error);
        if failure.exit == Exit::Interrupted {
            failure = Failure {
                exit: Exit::Interrupted,
                message: "stopped".into(),
                hint: None,
            };
        }
        failure
    })?;
    let score = report
        .scores
        .first()
        .and_then(|benchmark| benchmark.students.first())
        .map(|student| student.overall)
        .ok_or_else(|| Failure::internal("the evaluation gave no score"))?;
    show(global, args, score)?;
    Ok(Exit::Done)
}

/// A run with nothing but the evaluation of an untouched model.
fn config(global: &Global, args: &args::Evaluate, folder: &Path) -> Result<Config> {
    let absolute = |path: &Path| {
        std::path::absolute(path).map_err(|error| Failure::file("find", path, &error))
    };
    let benchmark = absolute(&args.benchmark)?;
    let model = if args.model == BUILTIN {
        args.model.clone().into()
    } else {
        absolute(Path::new(&args.model))?
    };
    let skipped: Vec<Stage> = Stage::ALL
        .into_iter()
        .filter(|stage| !matches!(stage, Stage::Import | Stage::Evaluate))
        .collect();
    // JSON is YAML.
    let text = json!({
        "name": "evaluate",
        "seed": global.seed.unwrap_or(0),
        "output": folder.join("run"),
        "seeds": [{ "path": benchmark }],
        "models": { "base": { "kind": "embedded", "path": model } },
        "stages": { "skip": skipped },
        "execute": { "python": [] },
        "evaluate": { "benchmarks": [{ "path": benchmark, "limit": args.limit }] },
    });
    Ok(Config::parse(
        &text.to_string(),
        Path::new("evaluate"),
        folder,
        &[],
    )?)
}

fn show(global: &Global, args: &args::Evaluate, score: Score) -> Result<()> {
    if global.json {
        return output::json(&score);
    }
    output::text(&format!(
        "{} on {}: {}/{} solved, {:.1} % (95 % interval {:.1} - {:.1} %)\n",
        args.model,
        args.benchmark.display(),
        grouped(score.correct),
        grouped(score.total),
        100.0 * score.mean,
        100.0 * score.low,
        100.0 * score.high,
    ))
}
