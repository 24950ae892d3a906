//! `caco evaluate`: a model on benchmarks; two evaluations side by side; replies of others graded anew.

mod settings;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use caco_pipeline::config::Task;
use caco_pipeline::{Evaluation, Event, Observer as _, Rescoring, Results, Stage};

use crate::args::{EvaluateCompare, EvaluateModel, EvaluateRescore, Global};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::paint::Paint;
use crate::{output, report, stop};

/// Measures a model.
pub fn evaluate(global: &Global, args: &EvaluateModel) -> Result<Exit> {
    let settings = settings::of(global, args)?;
    let (display, stop) = watched(global)?;
    let evaluation = Evaluation {
        config: &settings.config,
        model: &settings.key,
        label: &settings.label,
        dir: &settings.dir,
        ks: (!args.k.is_empty()).then_some(args.k.as_slice()),
    };
    let result =
        caco_pipeline::evaluate(&evaluation, &|event: &Event| shown(&display, event), &stop);
    display.close();
    let results = result.map_err(stopped)?;
    show(global, &results, &settings.dir)
}

/// Grades the replies of logs.
pub fn rescore(global: &Global, args: &EvaluateRescore) -> Result<Exit> {
    let task = args.task.as_deref().map(named).transpose()?;
    let config = settings::defaults(global, &args.sets)?;
    let label = match (&args.model, args.files.first()) {
        (Some(model), _) => model.clone(),
        (None, first) => first
            .and_then(|file| std::path::absolute(file).ok())
            .and_then(|file| Some(file.parent()?.file_name()?.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "unnamed".into()),
    };
    let (display, stop) = watched(global)?;
    let rescoring = Rescoring {
        config: &config,
        task,
        files: &args.files,
        filter: args.filter.as_deref(),
        label: &label,
        dir: &args.output,
        ks: (!args.k.is_empty()).then_some(args.k.as_slice()),
    };
    let result = caco_pipeline::rescore(&rescoring, &|event: &Event| shown(&display, event), &stop);
    display.close();
    show(global, &result.map_err(stopped)?, &args.output)
}

/// Compares two evaluations.
pub fn compare(global: &Global, args: &EvaluateCompare) -> Result<Exit> {
    let comparison = caco_pipeline::compare(&args.a, &args.b, &args.bench)?;
    if global.json {
        output::json(&comparison)?;
    } else {
        let names = (args.a.as_path(), args.b.as_path());
        let text = report::evaluation::comparison(&comparison, names, Paint::for_stdout());
        output::text(&text)?;
    }
    Ok(Exit::Done)
}

fn watched(global: &Global) -> Result<(Arc<Display>, Arc<AtomicBool>)> {
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping; the same command goes on"))?
    };
    Ok((display, stop))
}

fn shown(display: &Display, event: &Event) {
    match event {
        Event::StageStarted {
            stage: Stage::Evaluate,
            ..
        }
        | Event::Progress {
            stage: Stage::Evaluate,
            ..
        }
        | Event::Calls { .. }
        | Event::Message { .. }
        | Event::Warning { .. } => display.event(event),
        _ => {}
    }
}

fn stopped(error: caco_pipeline::Error) -> Failure {
    let failure = Failure::from(error);
    if failure.exit != Exit::Interrupted {
        return failure;
    }
    Failure {
        message: "stopped".into(),
        hint: Some("the same command goes on, and asks nothing twice".into()),
        ..failure
    }
}

fn show(global: &Global, results: &Results, dir: &Path) -> Result<Exit> {
    if global.json {
        output::json(results)?;
    } else {
        output::text(&report::evaluation::results(
            results,
            dir,
            Paint::for_stdout(),
        ))?;
    }
    Ok(Exit::Done)
}

/// The benchmark of a name.
fn named(name: &str) -> Result<Task> {
    Task::from_name(name).ok_or_else(|| {
        Failure::usage(
            format!("there is no benchmark `{name}`"),
            format!("known are {}; or `problems=FILE`", Task::names()),
        )
    })
}
