//! The local runner: the table of stages, round by round, with everything that happens in the log.

mod log;
pub(crate) mod map;
mod target;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use caco_record::Stage;

use crate::asking::Mode;
use crate::context::Context;
use crate::report::{RunReport, StageReport};
use crate::stages::{self, State};
use crate::{
    Config, Error, Event, Observer, atomic, evaluation, export, models, report, seeds, trainer,
};

/// Does everything that is not published yet; see [`crate::Run::execute`].
pub(crate) fn execute(
    config: &Config,
    dir: &Path,
    observer: &dyn Observer,
    stop: &AtomicBool,
    last: Option<Stage>,
    dry_run: bool,
) -> Result<RunReport, Error> {
    let log = log::Log::open(dir, observer)?;
    let mut context = Context::new(config, dir, &log, stop)?;
    context.dry_run = dry_run;
    let result = work(&context, last);
    if let Some(error) = log.failure() {
        return Err(error);
    }
    result.map(|(_, report)| report)
}

/// Looks at everything that a run will read (seed files, benchmarks, prompts, model folders) before it does any work, so
/// that a missing file is not found hours later.
///
/// # Errors
/// The first file or folder that is missing, empty or not what it should be, with the remedy.
pub fn preflight(config: &Config) -> Result<(), Error> {
    for seed in &config.seeds {
        seeds::lines(&seed.path)?;
    }
    for benchmark in config
        .evaluate
        .benchmarks
        .iter()
        .chain(&config.curate.contamination)
    {
        evaluation::load(benchmark)?;
    }
    stages::other_data(&config.curate.against)?;
    crate::prompts::Prompts::of(config)?;
    for name in models::used(config) {
        models::look(config, name)?;
    }
    trainer::look(config)
}

/// The loop itself, with the tools given.
pub(crate) fn work(
    context: &Context<'_>,
    last: Option<Stage>,
) -> Result<(State, RunReport), Error> {
    let config = context.config;
    let resumed = !context.index().stages.is_empty();
    context.observer.event(&Event::RunStarted {
        name: config.name.clone(),
        dir: context.dir.to_owned(),
        resumed,
    });
    if !context.preview && matches!(context.mode, Mode::Ask) {
        preflight(config)?;
    }
    let cut_off = context.ledger.cut_off();
    if cut_off > 0 && matches!(context.mode, Mode::Ask) {
        context.message(format!(
            "{cut_off} calls were under way when this run was last cut off; they are asked again"
        ));
    }
    if last.is_none() {
        // The manifest says that a run is complete, so it goes until it is written again.
        let _ = std::fs::remove_file(context.dir.join(export::MANIFEST));
    }
    sweep(context.dir);
    forget_reports(context);
    let mut state = State::default();
    for round in 0..=config.rounds {
        // What earlier rounds have brought may be enough.
        let met = round > 1 && target::met(context, &state)?;
        if met && round == config.rounds {
            target::reach(context, round, &mut state, &mut one)?;
        }
        for spec in &stages::TABLE {
            if met && spec.stage >= Stage::Tune && spec.stage <= Stage::Curate {
                continue;
            }
            if spec.in_round(round, config.rounds) && last.is_none_or(|last| spec.stage <= last) {
                if spec.stage == Stage::Sample && round == config.rounds {
                    state.helping = target::first(config);
                }
                one(context, spec, round, &mut state)?;
                if spec.stage == Stage::Curate && round == config.rounds {
                    target::reach(context, round, &mut state, &mut one)?;
                }
            }
        }
    }
    let report = report::whole(context, &state)?;
    if last.is_none() {
        export::finish(context, &state, &report)?;
    }
    context.observer.event(&Event::RunFinished {
        report: Box::new(report.clone()),
    });
    Ok((state, report))
}

/// Lets a rebuilt run take the helpings that the run took.
pub(crate) use target::copy as copy_helpings;

/// Runs one stage of one round, or passes its rows on when it is skipped.
fn one(
    context: &Context<'_>,
    spec: &stages::Spec,
    round: u32,
    state: &mut State,
) -> Result<(), Error> {
    let stage = spec.stage;
    if !context.config.runs(stage) {
        state.skip(stage, round);
        let mut index = context.index();
        index
            .stages
            .retain(|entry| (entry.stage, entry.round) != (stage, round));
        return Ok(());
    }
    context.check_stop()?;
    let began = Instant::now();
    let result = (spec.run)(context, round, state);
    context.models.rest();
    let seconds = {
        let mut index = context.index();
        let entry = index.entry(stage, round);
        entry.seconds += began.elapsed().as_secs_f64();
        let seconds = entry.seconds;
        index.sort();
        index.save(context.dir)?;
        seconds
    };
    let mut report: StageReport = result?;
    report.check()?;
    report.seconds = seconds;
    {
        let mut index = context.index();
        index.entry(stage, round).report = Some(report.clone());
        index.save(context.dir)?;
    }
    context.observer.event(&Event::StageFinished {
        report: report.clone(),
    });
    let needed = !matches!(
        stage,
        Stage::Train | Stage::Evaluate | Stage::Export | Stage::Curate
    );
    // With a target, a helping that comes to nothing is followed by another.
    let goes_on = context.config.target.is_some()
        && round == context.config.rounds
        && stage >= Stage::Sample
        && stage <= Stage::Judge;
    if needed && report.kept == 0 && !context.preview && !goes_on {
        return Err(nothing_left(report));
    }
    // A stage that goes on with more rows reports on all of them.
    let before = state
        .reports
        .iter_mut()
        .find(|own| (own.name, own.round) == (stage, round));
    match before {
        Some(before) => *before = report,
        None => state.reports.push(report),
    }
    Ok(())
}

fn nothing_left(report: StageReport) -> Error {
    let mut reasons: Vec<(&String, &u64)> = report.reasons.iter().collect();
    reasons.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
    let words: Vec<String> = reasons
        .iter()
        .take(4)
        .map(|(name, count)| format!("{name}: {count}"))
        .collect();
    Error::NothingLeft {
        stage: report.name,
        round: report.round,
        rows: report.rows_in,
        reasons: words.join(", "),
    }
}

/// A run that begins anew has no finished stages until it has looked at each; old seconds are kept.
fn forget_reports(context: &Context<'_>) {
    let mut index = context.index();
    for entry in &mut index.stages {
        entry.report = None;
    }
}

/// Removes what killed processes left aside.
fn sweep(dir: &Path) {
    atomic::sweep(dir);
    let views = crate::View::ALL.map(crate::View::folder);
    for parent in views.into_iter().chain(["shards", "calls", "rejected"]) {
        let Ok(entries) = std::fs::read_dir(dir.join(parent)) else {
            continue;
        };
        atomic::sweep(&dir.join(parent));
        entries
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .for_each(|entry| atomic::sweep(&entry.path()));
    }
}

#[cfg(test)]
mod tests;
