//! One more turn for a row that failed: its problem is written again, given the reason, and solved and judged anew.

use std::sync::Arc;

use caco_record::{Fate, Row, Stage};
use serde_json::{Value, json};

use super::votes::Bench;
use super::{Turn, sit};
use crate::Error;
use crate::asking::{self, Asker, Question};
use crate::context::Context;
use crate::generator::{FINISH_LENGTH, Generator};
use crate::prompts::Prompt;
use crate::stages::{json, reverse, solve, unfinished, usable};

/// The places of these two questions among everything that the stage asks for a row; votes come nowhere near.
pub(super) const REVISE: u32 = 1_000_000;
pub(super) const SOLVE: u32 = 1_000_001;

/// The models that write and solve again: those of reverse and solve.
pub(super) struct Revising<'a> {
    context: &'a Context<'a>,
    round: u32,
    writer: Arc<dyn Generator>,
    solver: Arc<dyn Generator>,
}

impl<'a> Revising<'a> {
    /// What is needed, if the configuration wants revisions.
    pub(super) fn open(context: &'a Context<'a>, round: u32) -> Result<Option<Self>, Error> {
        let config = context.config;
        if !config.revise || !config.judge.enabled {
            return Ok(None);
        }
        Ok(Some(Self {
            context,
            round,
            writer: context.models.named(config, &config.reverse.model)?,
            solver: context.models.named(config, &config.solve.model)?,
        }))
    }

    /// Everything that decides a revision.
    pub(super) fn section(&self) -> Result<String, Error> {
        let (config, prompts) = (self.context.config, &self.context.prompts);
        json(&(
            self.writer.id(),
            (&config.reverse.sampling, config.reverse.pairs),
            prompts.text(self.writer.prompts(), Prompt::Revise),
            self.solver.id(),
            &config.solve.sampling,
            prompts.text(self.solver.prompts(), Prompt::Solve),
        ))
    }

    pub(super) fn width(&self) -> usize {
        asking::width(self.context, &*self.writer, 1).max(asking::width(
            self.context,
            &*self.solver,
            1,
        ))
    }

    /// Gives the rejected rows among these their second turn. A row that passes has the new problem and solution; one that
    /// does not stays as it was, with a note of what the revision came to.
    pub(super) fn go(
        &self,
        context: &Context<'_>,
        rows: &mut [Row],
        bench: Option<&Bench<'_>>,
    ) -> Result<(), Error> {
        // A seed's problem is given; it is not ours to change.
        let places: Vec<usize> = (0..rows.len())
            .filter(|place| rows[*place].fate == Fate::Rejected && !rows[*place].is_seed())
            .collect();
        let mut again: Vec<Row> = places.iter().map(|place| rows[*place].clone()).collect();
        self.write(&mut again)?;
        self.solve(&mut again)?;
        let mut open: Vec<&mut Row> = again.iter_mut().filter(|row| row.is_kept()).collect();
        let mut turned: Vec<Row> = open.iter().map(|row| (**row).clone()).collect();
        sit(context, &mut turned, bench, Turn::Second)?;
        for (row, turned) in open.iter_mut().zip(turned) {
            **row = turned;
        }
        for (place, revised) in places.into_iter().zip(again) {
            note(&mut rows[place], revised)?;
        }
        Ok(())
    }

    fn write(&self, rows: &mut [Row]) -> Result<(), Error> {
        let asker = Asker {
            context: self.context,
            stage: Stage::Judge,
            round: self.round,
            model: &*self.writer,
            sampling: &self.context.config.reverse.sampling,
        };
        let questions: Vec<Question> = rows
            .iter()
            .map(|row| {
                let mut parts = reverse::parts(row, self.context.config.reverse.pairs);
                let reason = reason(row);
                parts.problem = row.problem.as_deref();
                parts.reason = Some(&reason);
                let prompts = &self.context.prompts;
                let user = prompts.render(self.writer.prompts(), Prompt::Revise, &parts)?;
                asker.question(&row.row_id, REVISE, &user)
            })
            .collect::<Result<_, Error>>()?;
        for (row, answer) in rows.iter_mut().zip(asker.answers(&questions, &|_, _| {})?) {
            match unfinished(&answer) {
                Some((reason, detail)) => row.reject(Stage::Judge, reason, detail),
                None => {
                    row.problem = Some(answer.text.trim().to_owned());
                    row.keep(Stage::Judge);
                }
            }
        }
        Ok(())
    }

    fn solve(&self, rows: &mut [Row]) -> Result<(), Error> {
        let asker = Asker {
            context: self.context,
            stage: Stage::Judge,
            round: self.round,
            model: &*self.solver,
            sampling: &self.context.config.solve.sampling,
        };
        let mut open: Vec<&mut Row> = rows.iter_mut().filter(|row| row.is_kept()).collect();
        let questions: Vec<Question> = open
            .iter()
            .map(|row| solve::question(&asker, row, SOLVE))
            .collect::<Result<_, _>>()?;
        for (row, answer) in open.iter_mut().zip(asker.answers(&questions, &|_, _| {})?) {
            if answer.finish == FINISH_LENGTH || usable(row, Stage::Judge, &answer) {
                solve::fill(row, &answer)?;
            }
        }
        Ok(())
    }
}

/// Why a row failed, in words for whoever writes its problem again.
fn reason(row: &Row) -> String {
    let detail = row.detail.clone().unwrap_or_default();
    let what = match row.reason.as_deref().unwrap_or_default() {
        "answers_differ" | "answers_undecided" => {
            "whoever solved it came to another answer than the program, so the words say something else than the program or leave something open"
        }
        "no_final_answer" | "truncated" => "whoever tried to solve it came to no answer",
        "quantity_missing" => "it does not state every quantity of the input",
        "judged_unsolvable" => "it cannot be solved as it is stated",
        "judged_wrong" => "the answer was found wrong for the problem as it is stated",
        "judged_inconsistent" => "solving it takes other steps than the program does",
        _ => "it was not accepted",
    };
    if detail.is_empty() {
        what.to_owned()
    } else {
        format!("{what} ({detail})")
    }
}

/// Puts a revised row in the place of the old one when it passed, and notes the other's story with either.
fn note(row: &mut Row, mut revised: Row) -> Result<(), Error> {
    let story = |own: &Row| json!({ "problem": own.problem, "solution": own.solution, "reason": own.reason, "detail": own.detail });
    let tell = |own: &mut Row, key: &str, story: Value| -> Result<(), Error> {
        let mut verdicts: Value = serde_json::from_str(own.verdicts.as_deref().unwrap_or("{}"))
            .unwrap_or_else(|_| json!({}));
        verdicts[key] = story;
        own.verdicts = Some(json(&verdicts)?);
        Ok(())
    };
    if revised.is_kept() {
        tell(&mut revised, "revised_from", story(row))?;
        *row = revised;
        Ok(())
    } else {
        let story = story(&revised);
        tell(row, "revision", story)
    }
}
