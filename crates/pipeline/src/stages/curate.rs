//! Duplicates and contaminated rows leave. Rows are judged in the loop's order: earlier rounds, then seeds, then samples
//! by number; of rows that exclude each other the first stays, whatever the shards.

mod against;
mod forms;

use std::collections::HashMap;
use std::sync::OnceLock;

use caco_curate::{Benchmarks, Candidate, Caps, Curator, Decision, NearRule, Rules};
use caco_record::{Row, Stage};

use self::forms::{Forms, prepare};
use super::{State, identity};
use crate::config::{Benchmark, Leaks};
use crate::context::Context;
use crate::report::StageReport;
use crate::runner::map::{self, Input, Map};
use crate::shard::{self, Shard};
use crate::{Error, atomic, evaluation};

const VERSION: u32 = 5;

/// The files of the other data that rows are compared with; an error where there are none.
pub(crate) use against::files as other_data;

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
        (
            settings.exact,
            settings.max_per_structure,
            settings.max_per_seed,
        ),
        (settings.ngram, settings.leaks),
        &settings.near,
        files,
        against::identities(&settings.against)?,
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
        fences: Vec::new(),
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

/// The files whose problems must not appear.
fn benchmarks<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a Benchmark> {
    context
        .config
        .evaluate
        .benchmarks
        .iter()
        .chain(&context.config.curate.contamination)
}

/// The benchmarks' problems, to be looked up in.
fn index(context: &Context<'_>) -> Result<Benchmarks, Error> {
    let settings = &context.config.curate;
    let words = if settings.ngram == 0 {
        usize::MAX
    } else {
        settings.ngram
    };
    let mut rules = match settings.leaks {
        Leaks::Published => Rules::published(words),
        Leaks::Thorough | Leaks::Off => Rules::default(),
    };
    if settings.leaks == Leaks::Thorough {
        let mut long = rules.long;
        if let Some(long) = &mut long {
            long.words = words;
        }
        rules.long = long;
    }
    let mut index = Benchmarks::with_rules(rules);
    if settings.leaks == Leaks::Off {
        return Ok(index);
    }
    for benchmark in benchmarks(context) {
        for entry in evaluation::load(benchmark)?.entries {
            index.add(&benchmark.title(), &entry.source, &entry.item.question);
        }
    }
    Ok(index)
}

/// The rule for a threshold of the configuration; 0 looks for no near duplicates.
fn rule(threshold: f64, default: NearRule) -> Result<Option<NearRule>, Error> {
    if threshold == 0.0 {
        return Ok(None);
    }
    NearRule::new(threshold, default.shingle())
        .map(Some)
        .map_err(|error| Error::Internal(format!("a threshold that passed the check: {error}")))
}

/// Judges all rows of a round, shard by shard; only fingerprints, sketches and the rejects are held.
fn decide(context: &Context<'_>, earlier: &[Shard], shards: &[Shard]) -> Result<Rejects, Error> {
    let settings = &context.config.curate;
    let index = index(context)?;
    let caps = Caps {
        per_structure: settings.max_per_structure,
        per_seed: settings.max_per_seed,
    };
    let mut curator = Curator::new(caps, (!index.is_empty()).then_some(index)).with_near(
        rule(settings.near.problems, NearRule::PROBLEMS)?,
        rule(settings.near.programs, NearRule::PROGRAMS)?,
    );
    if !settings.exact {
        curator = curator.without_exact();
    }
    let texts = settings.near.programs > 0.0;
    against::remember(&settings.against, texts, &mut curator)?;
    let wanted = wanted(context);
    let counts = |row: &Row| wanted.is_some_and(|(_, seeds)| seeds || !row.is_seed());
    let mut kept: u64 = 0;
    for shard in earlier {
        for row in shard.kept()? {
            curator.remember(&Forms::of(&row, texts).candidate(&row));
            kept += u64::from(counts(&row));
        }
    }
    let mut rejects = Rejects::new();
    for shard in shards {
        context.check_stop()?;
        let rows = shard.kept()?;
        let prepared = prepare(&curator.preparer(), &rows, texts);
        for (row, prepared) in rows.iter().zip(prepared) {
            if counts(row) && wanted.is_some_and(|(most, _)| kept >= most) {
                rejects.insert(
                    row.row_id.clone(),
                    ("beyond_target", "the target was reached before".into()),
                );
                continue;
            }
            let decision = curator.judge_prepared(&row.row_id, &prepared);
            if decision.is_kept() && row.is_seed() {
                // Its program excludes others, though others did not exclude it.
                let whole = Forms::of(row, texts);
                curator.remember(&Candidate {
                    problem: None,
                    ..whole.candidate(row)
                });
            }
            match decision {
                Decision::Rejected { reason, evidence } => {
                    rejects.insert(row.row_id.clone(), (reason.as_str(), evidence.to_string()));
                }
                Decision::Kept => kept += u64::from(counts(row)),
            }
        }
    }
    Ok(rejects)
}
