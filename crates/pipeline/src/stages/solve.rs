//! A problem is solved in words. The program and its answer are not shown: only the problem enters the prompt.

use caco_record::Stage;

use super::{State, inputs};
use crate::calls::{self, Place, Question};
use crate::context::Context;
use crate::generator::{Ask, FINISH_LENGTH};
use crate::prompts::{Parts, Prompt};
use crate::report::StageReport;
use crate::runner::map::{self, Map};
use crate::{Error, shard};

const VERSION: u32 = 2;

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let settings = &context.config.solve;
    let model = context.models.named(context.config, &settings.model)?;
    let text = context.prompts.text(Prompt::Solve);
    let section = super::json(&(model.id(), &settings.sampling, text))?;
    let map = Map {
        stage: Stage::Solve,
        round,
        version: VERSION,
        section,
        unit: "problems",
    };
    let shards = state.solve_input(round);
    let (shards, report) = map::run(context, &map, &inputs(&shards), &|mut rows, progress| {
        let mut questions = Vec::new();
        for row in &rows {
            let parts = Parts {
                problem: row.problem.as_deref(),
                ..Parts::default()
            };
            let prompt = model.chat(&context.prompts.render(Prompt::Solve, parts)?)?;
            let seed = context.seed(Stage::Solve, &row.row_id, 0);
            questions.push(Question {
                row_id: row.row_id.clone(),
                index: 0,
                ask: Ask { prompt, seed },
            });
        }
        let run_seed = context.config.seed.to_string();
        let depends = shard::fingerprint(&[progress.input, &run_seed, text]);
        let place = Place {
            stage: Stage::Solve,
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
            row.solution = Some(answer.text.trim().to_owned());
            row.final_answer = caco_answer::extract(&answer.text).map(|found| found.text);
            row.verdicts = Some(super::json(
                &serde_json::json!({ "finish": answer.finish }),
            )?);
            // A reply that was cut is still a row for judge, which names it.
            match super::unfinished(&answer) {
                Some((reason, detail)) if answer.finish != FINISH_LENGTH => {
                    row.reject(Stage::Solve, reason, detail)
                }
                _ => row.keep(Stage::Solve),
            }
        }
        Ok(rows)
    })?;
    state.put(Stage::Solve, round, shards);
    Ok(report)
}
