//! Sampled programs meet the rules and run in the sandbox; each is told apart as new or known.

use std::collections::BTreeMap;

use caco_record::Stage;

use super::trials::{self, Subject, Tried};
use super::{State, assess, inputs};
use crate::Error;
use crate::config::TuneInit;
use crate::context::Context;
use crate::models::{Known, Models};
use crate::report::StageReport;
use crate::runner::map::{self, Map};

const VERSION: u32 = 4;

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let known = known(context, state)?;
    let section = super::json(&(
        assess::section(context.config)?,
        &context.config.execute.inputs,
        known.id(),
    ))?;
    let map = Map {
        stage: Stage::Execute,
        round,
        version: VERSION,
        section,
        unit: "programs",
        width: 1,
        fences: Vec::new(),
    };
    let shards = state.get(Stage::Sample, round).to_vec();
    let (shards, report) = map::run(context, &map, &inputs(&shards), &|mut rows, progress| {
        let programs: Vec<(String, Option<String>)> = rows
            .iter()
            .map(|row| (row.program.clone().unwrap_or_default(), row.domain.clone()))
            .collect();
        let programs: Vec<assess::Proposed<'_>> = programs
            .iter()
            .map(|(program, domain)| (program.as_str(), domain.as_deref()))
            .collect();
        let all = programs.len();
        let settings = &context.config.execute.inputs;
        // Trials are the second half of the work.
        let parts = if settings.pairs > 0 { 2 * all } else { all };
        let assessed = assess::assess(context, &programs, &|done| progress.part(done, parts, 0))?;
        let mut tried = tried(context, &programs, &assessed, &|done| {
            progress.part(all + done, parts, 0);
        })?;
        for (place, (row, found)) in rows.iter_mut().zip(assessed).enumerate() {
            let new = found.facts.as_ref().map(|forms| {
                let program = known.programs.binary_search(&forms.normal).is_err();
                (
                    program,
                    known.structures.binary_search(&forms.structure).is_err(),
                )
            });
            if let Some(forms) = &found.facts {
                row.facts = Some(assess::recorded(forms, new)?);
            }
            if let Some(outcome) = &found.outcome {
                row.execution = Some(assess::execution(outcome, tried.get(&place))?);
            }
            match (found.failed, &found.outcome, &found.facts) {
                (Some((reason, detail)), _, _) => row.reject(Stage::Execute, &reason, detail),
                (None, Some(outcome), Some(forms)) => {
                    let tried = tried.remove(&place);
                    assess::fill(row, outcome, forms, new, tried.as_ref())?;
                    match tried
                        .as_ref()
                        .and_then(|tried| tried.against(&settings.reject))
                    {
                        None => row.keep(Stage::Execute),
                        Some((reason, detail)) => row.reject(Stage::Execute, reason, detail),
                    }
                }
                _ => row.quarantine(Stage::Execute, "not_run", None),
            }
        }
        Ok(rows)
    })?;
    state.put(Stage::Execute, round, shards);
    Ok(report)
}

/// What many inputs show of the programs that passed, by their places.
fn tried(
    context: &Context<'_>,
    programs: &[assess::Proposed<'_>],
    assessed: &[assess::Assessed],
    progress: &dyn Fn(usize),
) -> Result<BTreeMap<usize, Tried>, Error> {
    if context.config.execute.inputs.pairs == 0 {
        return Ok(BTreeMap::new());
    }
    let mut places = Vec::new();
    let mut subjects = Vec::new();
    for (place, ((program, _), found)) in programs.iter().zip(assessed).enumerate() {
        if let (None, Some(outcome)) = (&found.failed, &found.outcome) {
            places.push(place);
            subjects.push(Subject { program, outcome });
        }
    }
    let resting = programs.len() - subjects.len();
    let tried = trials::try_all(
        context,
        &subjects,
        &context.config.execute.inputs.reject,
        &|done| progress(resting + done),
    )?;
    Ok(places.into_iter().zip(tried).collect())
}

/// Fingerprints of everything that the generator may have learnt by heart: the base's training set and this run's seeds.
fn known(context: &Context<'_>, state: &State) -> Result<Known, Error> {
    let tuned = context.config.runs(Stage::Tune);
    let mut known = match context.config.tune.init {
        // A model from elsewhere does not say what it has learnt.
        _ if !tuned => Known::default(),
        TuneInit::Scratch => Known::default(),
        TuneInit::Base => Known::load(&Models::folder(
            context.config,
            &context.config.tune.model.0,
        )?)?,
    };
    let seeds = state.get(Stage::Unify, 0);
    for shard in seeds {
        let rows = shard.kept()?;
        let programs: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.program.as_deref())
            .collect();
        let print = |form: fn(&str) -> Result<String, caco_program::SyntaxProblem>| -> Vec<u64> {
            programs
                .iter()
                .filter_map(|program| form(program).ok())
                .map(|text| caco_program::fingerprint(&text))
                .collect()
        };
        known.add(
            print(caco_program::normal_form),
            print(caco_program::structure),
        );
    }
    Ok(known)
}
