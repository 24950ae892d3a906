//! Duplicates and contaminated rows leave. Rows are judged in the loop's order: earlier rounds, then seeds, then samples
//! by number; of rows that exclude each other the first stays, whatever the shards.

use std::collections::HashMap;
use std::sync::OnceLock;

use caco_curate::{Benchmarks, Candidate, Caps, Curator, Decision};
use caco_record::{Row, Stage};
use serde::Deserialize;

use super::{State, identity};
use crate::config::Benchmark;
use crate::context::Context;
use crate::report::StageReport;
use crate::runner::map::{self, Input, Map};
use crate::shard::{self, Shard};
use crate::{Error, atomic, evaluation};

const VERSION: u32 = 2;

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let earlier: Vec<Shard> = state
        .all(Stage::Curate)
        .filter(|(own, _)| *own < round)
        .map(|(_, shard)| shard.clone())
        .collect();
    let shards = state.get(Stage::Judge, round).to_vec();
    let mut files = Vec::new();
    for benchmark in benchmarks(context) {
        let hash = blake3::hash(&atomic::read(&benchmark.path)?)
            .to_hex()
            .to_string();
        files.push((
            benchmark.title(),
            hash,
            benchmark.format,
            benchmark.limit,
            &benchmark.fields,
        ));
    }
    let settings = &context.config.curate;
    let section = super::json(&(
        settings.max_per_structure,
        settings.ngram,
        files,
        identity(&earlier),
        wanted(context),
    ))?;
    let map = Map {
        stage: Stage::Curate,
        round,
        version: VERSION,
        section,
        unit: "rows",
        width: 1,
    };
    let decided: OnceLock<Rejects> = OnceLock::new();
    let (shards, report) = map::run(context, &map, &chained(&shards), &|mut rows, _| {
        let rejects = match decided.get() {
            Some(rejects) => rejects,
            None => {
                let found = decide(context, &earlier, &shards)?;
                decided.get_or_init(|| found)
            }
        };
        for row in &mut rows {
            match rejects.get(&row.row_id) {
                Some((reason, detail)) => row.reject(Stage::Curate, reason, detail.clone()),
                None => row.keep(Stage::Curate),
            }
        }
        Ok(rows)
    })?;
    state.put(Stage::Curate, round, shards);
    Ok(report)
}

/// Inputs that each stand for themselves and all before them: what becomes of a row depends on no later one, so a run that
/// goes on sampling keeps what it has decided.
fn chained(shards: &[Shard]) -> Vec<Input<'_>> {
    let mut chain = String::new();
    shards
        .iter()
        .map(|own| {
            chain = shard::fingerprint(&["curate", &chain, &own.fingerprint]);
            Input {
                fingerprint: chain.clone(),
                ..Input::of(own)
            }
        })
        .collect()
}

/// How many rows are wanted, and whether seeds count.
fn wanted(context: &Context<'_>) -> Option<(u64, bool)> {
    let target = context.config.target.as_ref()?;
    Some((target.kept, context.config.export.include_seeds))
}

/// Reason and detail of each row that goes, by its id.
type Rejects = HashMap<String, (&'static str, String)>;

/// What curate reads of a row's facts.
#[derive(Default, Deserialize)]
struct Forms {
    normal_form: Option<String>,
    structure: Option<String>,
}

fn forms(row: &Row) -> Forms {
    row.facts
        .as_deref()
        .and_then(|facts| serde_json::from_str(facts).ok())
        .unwrap_or_default()
}

/// The files whose problems must not appear.
fn benchmarks<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a Benchmark> {
    context
        .config
        .evaluate
        .benchmarks
        .iter()
        .chain(&context.config.curate.contamination)
}

/// Judges all rows of a round, shard by shard; only fingerprints and the rejects are held.
fn decide(context: &Context<'_>, earlier: &[Shard], shards: &[Shard]) -> Result<Rejects, Error> {
    let settings = &context.config.curate;
    let words = if settings.ngram == 0 {
        usize::MAX
    } else {
        settings.ngram
    };
    let mut index = Benchmarks::new(words);
    for benchmark in benchmarks(context) {
        for entry in evaluation::load(benchmark)?.entries {
            index.add(&benchmark.title(), &entry.source, &entry.item.question);
        }
    }
    let caps = Caps {
        per_structure: settings.max_per_structure,
        per_seed: 0,
    };
    let mut curator = Curator::new(caps, (!index.is_empty()).then_some(index));
    let wanted = wanted(context);
    let counts = |row: &Row| wanted.is_some_and(|(_, seeds)| seeds || !row.is_seed());
    let mut kept: u64 = 0;
    for shard in earlier {
        for row in shard.kept()? {
            let forms = forms(&row);
            curator.remember(&candidate(&row, &forms));
            kept += u64::from(counts(&row));
        }
    }
    let mut rejects = Rejects::new();
    for shard in shards {
        for row in shard.kept()? {
            if counts(&row) && wanted.is_some_and(|(most, _)| kept >= most) {
                rejects.insert(
                    row.row_id,
                    ("beyond_target", "the target was reached before".into()),
                );
                continue;
            }
            let forms = forms(&row);
            let whole = candidate(&row, &forms);
            let decision = if row.is_seed() {
                // Two given problems may well need the same program; only their texts exclude each other.
                let decision = curator.judge(&Candidate {
                    normal_form: None,
                    structure: None,
                    ..whole
                });
                if decision.is_kept() {
                    curator.remember(&Candidate {
                        problem: None,
                        ..whole
                    });
                }
                decision
            } else {
                curator.judge(&whole)
            };
            match decision {
                Decision::Rejected { reason, detail } => {
                    rejects.insert(row.row_id, (reason.as_str(), detail));
                }
                Decision::Kept => kept += u64::from(counts(&row)),
            }
        }
    }
    Ok(rejects)
}

fn candidate<'a>(row: &'a Row, forms: &'a Forms) -> Candidate<'a> {
    Candidate {
        row_id: &row.row_id,
        problem: row.problem.as_deref(),
        normal_form: forms.normal_form.as_deref(),
        structure: forms.structure.as_deref(),
        seed_id: None,
    }
}
