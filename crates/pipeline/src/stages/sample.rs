//! New programs are written, each from its number and the run's seed: by the tuned generator, unprompted, or by a model that
//! is shown seed programs. A share of them may be made of known programs instead.

mod pool;

use caco_record::{ORIGIN_SAMPLE, Row, Stage};

use self::pool::Pool;
use super::State;
use crate::asking::{self, Asker, Question};
use crate::config::SampleMethod;
use crate::context::Context;
use crate::generator::{Ask, Form};
use crate::learn;
use crate::prompts::{Parts, Prompt};
use crate::report::StageReport;
use crate::runner::map::{self, Input, Map};
use crate::{Error, shard};

const VERSION: u32 = 3;

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
    let text = match settings.method {
        SampleMethod::Open => String::new(),
        SampleMethod::Chat => context
            .prompts
            .text(model.prompts(), Prompt::Sample)
            .to_owned(),
    };
    let pool = Pool::of(state, round, settings.weighting)?;
    let drawn = settings.method == SampleMethod::Chat || settings.mutate.share > 0.0;
    let open = model.open_user();
    let section = super::json(&(
        model.id(),
        &settings.sampling,
        settings.method,
        settings.examples,
        (&open, text),
        &settings.mutate,
        // What nothing is drawn from decides nothing but the domains.
        drawn.then(|| pool.id()),
        pool.domains(),
    ))?;
    // Only what was tuned on these programs has learnt to tell their domains.
    let several = pool.domains().len() > 1;
    let knows_domains = !several || settings.model.is_none() && !context.preview;
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
    let question = |row: &mut Row| -> Result<Question, Error> {
        let place = row.seed_id.clone().unwrap_or_default();
        if settings.method == SampleMethod::Open {
            let seed = context.seed(Stage::Sample, &place, 0);
            let domain = pool.domain(context, &place).filter(|_| knows_domains);
            let line = (several && knows_domains).then(|| learn::domain_line(domain));
            let ask = Ask {
                form: Form::Raw,
                prompt: format!("{open}{}", line.unwrap_or_default()),
                seed,
            };
            row.domain = domain.map(str::to_owned);
            return Ok(Question {
                row_id: place,
                index: 0,
                ask,
            });
        }
        let (examples, domain) = pool.examples(context, &place, settings.examples);
        row.domain = domain.map(str::to_owned);
        let parts = Parts {
            examples,
            domain: row.domain.as_deref(),
            ..Parts::default()
        };
        let user = context
            .prompts
            .render(model.prompts(), Prompt::Sample, &parts)?;
        asker.question(&place, 0, &user)
    };
    let (shards, report) = map::run(context, &map, &inputs, &|mut rows, progress| {
        let mut written: Vec<&mut Row> = Vec::new();
        for row in &mut rows {
            let place = row.seed_id.clone().unwrap_or_default();
            match pool.offspring(context, &place, &settings.mutate) {
                Some((program, ancestry, domain)) => {
                    row.row_id = caco_record::row_id(&["sample", &place, &program]);
                    row.parent_id = ancestry.parents.first().cloned();
                    row.program = Some(program);
                    row.ancestry = Some(super::json(&ancestry)?);
                    row.domain = domain.map(str::to_owned);
                    row.keep(Stage::Sample);
                }
                None => written.push(row),
            }
        }
        let questions: Vec<Question> = written
            .iter_mut()
            .map(|row| question(row))
            .collect::<Result<_, _>>()?;
        let all = questions.len();
        let answers =
            asker.answers(&questions, &|done, tokens| progress.part(done, all, tokens))?;
        for (row, answer) in written.iter_mut().zip(answers) {
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
