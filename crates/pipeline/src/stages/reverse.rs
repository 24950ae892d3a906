//! A verified program and its output become a problem in words.

use caco_record::Stage;

use super::{State, inputs};
use crate::calls::{self, Place, Question};
use crate::context::Context;
use crate::generator::Ask;
use crate::prompts::{Parts, Prompt};
use crate::report::StageReport;
use crate::runner::map::{self, Map};
use crate::{Error, shard};

const VERSION: u32 = 1;

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let settings = &context.config.reverse;
    let model = context.models.named(context.config, &settings.model)?;
    let text = context.prompts.text(Prompt::Reverse);
    let section = super::json(&(model.id(), &settings.sampling, text))?;
    let map = Map {
        stage: Stage::Reverse,
        round,
        version: VERSION,
        section,
        unit: "problems",
    };
    let shards = state.get(Stage::Execute, round).to_vec();
    let (shards, report) = map::run(context, &map, &inputs(&shards), &|mut rows, progress| {
        let mut questions = Vec::new();
        for row in &rows {
            let parts = Parts {
                program: row.program.as_deref(),
                answer: row.answer.as_deref(),
                ..Parts::default()
            };
            let prompt = model.chat(&context.prompts.render(Prompt::Reverse, parts)?)?;
            let seed = context.seed(Stage::Reverse, &row.row_id, 0);
            questions.push(Question {
                row_id: row.row_id.clone(),
                index: 0,
                ask: Ask { prompt, seed },
            });
        }
        let run_seed = context.config.seed.to_string();
        let depends = shard::fingerprint(&[progress.input, &run_seed, text]);
        let place = Place {
            stage: Stage::Reverse,
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
            row.problem = Some(answer.text.trim().to_owned());
            match super::unfinished(&answer) {
                Some((reason, detail)) => row.reject(Stage::Reverse, reason, detail),
                None => row.keep(Stage::Reverse),
            }
        }
        Ok(rows)
    })?;
    state.put(Stage::Reverse, round, shards);
    Ok(report)
}
