//! New programs are written, each from its number and the run's seed: by the tuned generator, unprompted, or by a model that
//! is shown seed programs.

use std::collections::BTreeMap;

use caco_record::{ORIGIN_SAMPLE, Row, Stage};
use rand::SeedableRng as _;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use super::State;
use crate::asking::{self, Asker, Question};
use crate::config::SampleMethod;
use crate::context::Context;
use crate::generator::{Ask, Form};
use crate::prompts::{Parts, Prompt};
use crate::report::StageReport;
use crate::runner::map::{self, Input, Map};
use crate::{Error, shard};

const VERSION: u32 = 2;

/// Seed programs from which examples are drawn, at most.
const EXAMPLES: usize = 10_000;

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let settings = &context.config.sample;
    let model = match (&settings.model, state.generators.get(&round)) {
        (Some(name), _) => context.models.named(context.config, name)?,
        (None, Some(folder)) => {
            let name = format!("codegen of round {round}");
            let base = &context.config.tune.model.0;
            context.models.trained(context, &name, base, folder)?
        }
        (None, None) => return Ok(StageReport::new(Stage::Sample, round)),
    };
    let size = context.config.shard_rows as u64;
    let count = state.helping.unwrap_or(settings.count);
    let starts: Vec<u64> = (0..count).step_by(context.config.shard_rows).collect();
    let inputs: Vec<Input<'_>> = starts
        .iter()
        .map(|start| {
            let end = (start + size).min(count);
            Input {
                fingerprint: shard::fingerprint(&[
                    "sample",
                    &round.to_string(),
                    &start.to_string(),
                    &end.to_string(),
                ]),
                rows: end - start,
                load: Box::new(move || {
                    Ok((*start..end).map(|index| blank(round, index)).collect())
                }),
            }
        })
        .collect();
    let (text, pool) = match settings.method {
        SampleMethod::Open => (String::new(), Vec::new()),
        SampleMethod::Chat => (
            context
                .prompts
                .text(model.prompts(), Prompt::Sample)
                .to_owned(),
            pool(state, round)?,
        ),
    };
    let open = model.open_user();
    let section = super::json(&(
        model.id(),
        &settings.sampling,
        settings.method,
        settings.examples,
        (&open, text),
        caco_record::row_id(&pool.iter().map(String::as_str).collect::<Vec<_>>()),
    ))?;
    let map = Map {
        stage: Stage::Sample,
        round,
        version: VERSION,
        section,
        unit: "programs",
        width: asking::width(context, &*model, 1),
        fences: Vec::new(),
    };
    let asker = Asker {
        context,
        stage: Stage::Sample,
        round,
        model: &*model,
        sampling: &settings.sampling,
    };
    let question = |row: &Row| -> Result<Question, Error> {
        let place = row.seed_id.clone().unwrap_or_default();
        if settings.method == SampleMethod::Open {
            let seed = context.seed(Stage::Sample, &place, 0);
            let ask = Ask {
                form: Form::Raw,
                prompt: open.clone(),
                seed,
            };
            return Ok(Question {
                row_id: place,
                index: 0,
                ask,
            });
        }
        let parts = Parts {
            examples: draw(context, &place, &pool, settings.examples),
            ..Parts::default()
        };
        let user = context
            .prompts
            .render(model.prompts(), Prompt::Sample, &parts)?;
        asker.question(&place, 0, &user)
    };
    let (shards, report) = map::run(context, &map, &inputs, &|mut rows, progress| {
        let questions: Vec<Question> = rows.iter().map(question).collect::<Result<_, _>>()?;
        let all = questions.len();
        let answers =
            asker.answers(&questions, &|done, tokens| progress.part(done, all, tokens))?;
        for (row, answer) in rows.iter_mut().zip(answers) {
            // The text of a call without a reply is a message, and no program.
            let program = match super::unfinished(&answer) {
                Some(("refused" | "no_reply", _)) => String::new(),
                _ => caco_program::extract_code(&answer.text).trim().to_owned(),
            };
            let place = row.seed_id.clone().unwrap_or_default();
            row.row_id = caco_record::row_id(&["sample", &place, &program]);
            row.parent_id = Some(model.id().to_owned());
            row.program = Some(program);
            super::usable(row, Stage::Sample, &answer);
        }
        Ok(rows)
    })?;
    state.put(Stage::Sample, round, shards);
    Ok(report)
}

/// A row that waits for its program; the number of the sample is its place in the run.
fn blank(round: u32, index: u64) -> Row {
    let mut row = Row::new(String::new(), ORIGIN_SAMPLE, round, Stage::Sample);
    row.seed_id = Some(format!("r{round}/{index}"));
    row.source = Some("caco".into());
    row
}

/// The programs to draw examples from: the seeds' and those of earlier rounds. Of very many, those with the smallest ids,
/// which is as good as drawn.
fn pool(state: &State, round: u32) -> Result<Vec<String>, Error> {
    let seeds = state.get(Stage::Unify, 0).iter();
    let earlier = state.all(Stage::Curate);
    let earlier = earlier
        .filter(|(own, _)| *own < round)
        .map(|(_, shard)| shard);
    let mut pool: BTreeMap<String, String> = BTreeMap::new();
    for shard in seeds.chain(earlier) {
        for row in shard.kept()? {
            pool.insert(row.row_id, row.program.unwrap_or_default());
            if pool.len() > EXAMPLES {
                pool.pop_last();
            }
        }
    }
    Ok(pool.into_values().collect())
}

/// The examples of one sample, drawn by its place.
fn draw<'a>(context: &Context<'_>, place: &str, pool: &'a [String], count: usize) -> Vec<&'a str> {
    let mut random = ChaCha8Rng::seed_from_u64(context.seed(Stage::Sample, place, 1));
    let count = count.min(pool.len());
    let drawn = index::sample(&mut random, pool.len(), count);
    drawn.iter().map(|place| pool[place].as_str()).collect()
}
