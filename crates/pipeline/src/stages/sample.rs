//! The tuned generator writes new programs, unprompted: each from its number and the run's seed alone.

use caco_record::{ORIGIN_SAMPLE, Row, Stage};

use super::State;
use crate::calls::{self, Place, Question};
use crate::context::Context;
use crate::generator::Ask;
use crate::report::StageReport;
use crate::runner::map::{self, Input, Map};
use crate::{Error, shard};

const VERSION: u32 = 1;

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let settings = &context.config.sample;
    let Some(folder) = state.generators.get(&round) else {
        return Ok(StageReport::new(Stage::Sample, round));
    };
    let model = context
        .models
        .folder_model(&format!("codegen of round {round}"), folder)?;
    let size = context.config.shard_rows as u64;
    let starts: Vec<u64> = (0..settings.count)
        .step_by(context.config.shard_rows)
        .collect();
    let inputs: Vec<Input<'_>> = starts
        .iter()
        .map(|start| {
            let end = (start + size).min(settings.count);
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
    let map = Map {
        stage: Stage::Sample,
        round,
        version: VERSION,
        section: super::json(&(model.id(), &settings.sampling))?,
        unit: "programs",
    };
    let (shards, report) = map::run(context, &map, &inputs, &|mut rows, progress| {
        let mut questions = Vec::new();
        for row in &rows {
            let place = row.seed_id.clone().unwrap_or_default();
            let ask = Ask {
                prompt: model.open_user(),
                seed: context.seed(Stage::Sample, &place, 0),
            };
            questions.push(Question {
                row_id: place,
                index: 0,
                ask,
            });
        }
        let run_seed = context.config.seed.to_string();
        let depends = shard::fingerprint(&[progress.input, &run_seed]);
        let place = Place {
            stage: Stage::Sample,
            round,
            number: progress.number,
            depends: &depends,
        };
        let all = questions.len();
        let hear = |done: usize, tokens: usize| progress.part(done, all, tokens);
        let answers = calls::answers(
            context,
            &place,
            &*model,
            &settings.sampling,
            &questions,
            &hear,
        )?;
        progress.add_tokens(
            answers
                .iter()
                .map(|answer| u64::from(answer.completion_tokens))
                .sum(),
        );
        for (row, answer) in rows.iter_mut().zip(answers) {
            let program = caco_program::extract_code(&answer.text).trim().to_owned();
            let place = row.seed_id.clone().unwrap_or_default();
            row.row_id = caco_record::row_id(&["sample", &place, &program]);
            row.parent_id = Some(model.id().to_owned());
            row.program = Some(program);
            if let Some((reason, detail)) = super::unfinished(&answer) {
                row.reject(Stage::Sample, reason, detail);
            }
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
