//! A verified program and its output become a problem in words.

use caco_record::{Row, Stage};

use super::{State, inputs};
use crate::Error;
use crate::asking::{self, Asker, Question};
use crate::context::Context;
use crate::prompts::{Parts, Prompt};
use crate::report::StageReport;
use crate::runner::map::{self, Map};

const VERSION: u32 = 3;

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let settings = &context.config.reverse;
    let model = context.models.named(context.config, &settings.model)?;
    let text = context.prompts.text(model.prompts(), Prompt::Reverse);
    let section = super::json(&(model.id(), &settings.sampling, text, settings.pairs))?;
    let map = Map {
        stage: Stage::Reverse,
        round,
        version: VERSION,
        section,
        unit: "problems",
        width: asking::width(context, &*model, 1),
        fences: Vec::new(),
    };
    let asker = Asker {
        context,
        stage: Stage::Reverse,
        round,
        model: &*model,
        sampling: &settings.sampling,
    };
    let shards = state.get(Stage::Execute, round).to_vec();
    let (shards, report) = map::run(context, &map, &inputs(&shards), &|mut rows, progress| {
        let questions: Vec<Question> = rows
            .iter()
            .map(|row| {
                let user = context.prompts.render(
                    model.prompts(),
                    Prompt::Reverse,
                    &parts(row, settings.pairs),
                )?;
                asker.question(&row.row_id, 0, &user)
            })
            .collect::<Result<_, Error>>()?;
        let all = questions.len();
        let answers =
            asker.answers(&questions, &|done, tokens| progress.part(done, all, tokens))?;
        for (row, answer) in rows.iter_mut().zip(answers) {
            if super::usable(row, Stage::Reverse, &answer) {
                row.problem = Some(answer.text.trim().to_owned());
            }
        }
        Ok(rows)
    })?;
    state.put(Stage::Reverse, round, shards);
    Ok(report)
}

/// What the prompts that turn a program into a problem may show of a row, with so many of its further inputs and outputs.
pub(super) fn parts(row: &Row, pairs: usize) -> Parts<'_> {
    let further = super::pairs(row);
    Parts {
        program: row.program.as_deref(),
        input: row.input.as_deref(),
        answer: row.answer.as_deref(),
        domain: row.domain.as_deref(),
        pairs: further
            .into_iter()
            .take(pairs)
            .map(|pair| (pair.input.to_string(), pair.text))
            .collect(),
        ..Parts::default()
    }
}
