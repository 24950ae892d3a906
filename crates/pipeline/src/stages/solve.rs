//! A problem is solved in words. The program and its answer are not shown: only the problem enters the prompt.

use caco_record::{Row, Stage};

use super::{State, inputs};
use crate::Error;
use crate::asking::{self, Asker, Question};
use crate::context::Context;
use crate::generator::{Answer, FINISH_LENGTH};
use crate::prompts::{Parts, Prompt};
use crate::report::StageReport;
use crate::runner::map::{self, Map};

const VERSION: u32 = 3;

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let settings = &context.config.solve;
    let model = context.models.named(context.config, &settings.model)?;
    let text = context.prompts.text(model.prompts(), Prompt::Solve);
    let section = super::json(&(model.id(), &settings.sampling, text))?;
    let map = Map {
        stage: Stage::Solve,
        round,
        version: VERSION,
        section,
        unit: "problems",
        width: asking::width(context, &*model, 1),
        fences: Vec::new(),
    };
    let asker = Asker {
        context,
        stage: Stage::Solve,
        round,
        model: &*model,
        sampling: &settings.sampling,
    };
    let shards = state.solve_input(round);
    let (shards, report) = map::run(context, &map, &inputs(&shards), &|mut rows, progress| {
        let questions: Vec<Question> = rows
            .iter()
            .map(|row| question(&asker, row, 0))
            .collect::<Result<_, _>>()?;
        let all = questions.len();
        let answers =
            asker.answers(&questions, &|done, tokens| progress.part(done, all, tokens))?;
        for (row, answer) in rows.iter_mut().zip(answers) {
            // A reply that was cut is still a row for judge, which names it.
            if answer.finish == FINISH_LENGTH {
                row.keep(Stage::Solve);
            } else {
                super::usable(row, Stage::Solve, &answer);
            }
            fill(row, &answer)?;
        }
        Ok(rows)
    })?;
    state.put(Stage::Solve, round, shards);
    Ok(report)
}

/// The question for a row's solution.
pub(super) fn question(asker: &Asker<'_>, row: &Row, index: u32) -> Result<Question, Error> {
    let parts = Parts {
        problem: row.problem.as_deref(),
        domain: row.domain.as_deref(),
        ..Parts::default()
    };
    let prompts = &asker.context.prompts;
    let user = prompts.render(asker.model.prompts(), Prompt::Solve, &parts)?;
    asker.question(&row.row_id, index, &user)
}

/// Writes what the words say into their row.
pub(super) fn fill(row: &mut Row, answer: &Answer) -> Result<(), Error> {
    // The text of a call without a reply is a message, and no solution.
    if let Some(("refused" | "no_reply", _)) = super::unfinished(answer) {
        return Ok(());
    }
    row.solution = Some(answer.text.trim().to_owned());
    row.final_answer = caco_answer::extract(&answer.text).map(|found| found.text);
    let verdicts = serde_json::json!({ "finish": answer.finish });
    row.verdicts = Some(super::json(&verdicts)?);
    Ok(())
}
