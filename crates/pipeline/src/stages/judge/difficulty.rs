//! How hard a problem is to its solver: of so many further solutions, how many come to the program's answer.

use std::sync::Arc;

use caco_answer::{Outcome, Policy};
use caco_record::{Row, Stage};
use serde_json::json;

use super::told;
use crate::Error;
use crate::asking::{self, Asker, Question};
use crate::context::Context;
use crate::generator::Generator;
use crate::prompts::Prompt;
use crate::stages::{agreement, json, solve, unfinished};

/// The first place of these questions among everything that the stage asks for a row.
const FIRST: u32 = 3_000_000;

/// The solver, which is asked several times.
pub(super) struct Measuring<'a> {
    context: &'a Context<'a>,
    round: u32,
    solver: Arc<dyn Generator>,
}

impl<'a> Measuring<'a> {
    /// The measurement, if the configuration wants it.
    pub(super) fn open(context: &'a Context<'a>, round: u32) -> Result<Option<Self>, Error> {
        let config = context.config;
        if config.judge.difficulty.samples == 0 {
            return Ok(None);
        }
        Ok(Some(Self {
            context,
            round,
            solver: context.models.named(config, &config.solve.model)?,
        }))
    }

    /// Everything that decides a pass rate.
    pub(super) fn section(&self) -> Result<String, Error> {
        json(&(
            &self.context.config.judge.difficulty,
            self.solver.id(),
            self.context
                .prompts
                .text(self.solver.prompts(), Prompt::Solve),
        ))
    }

    pub(super) fn width(&self) -> usize {
        let samples = self.context.config.judge.difficulty.samples as usize;
        asking::width(self.context, &*self.solver, samples)
    }

    /// Measures the rows that are still kept. Replies that never come do not count.
    pub(super) fn go(&self, rows: &mut [Row]) -> Result<(), Error> {
        let settings = &self.context.config.judge.difficulty;
        let asker = Asker {
            context: self.context,
            stage: Stage::Judge,
            round: self.round,
            model: &*self.solver,
            sampling: &settings.sampling,
        };
        let mut open: Vec<&mut Row> = rows.iter_mut().filter(|row| row.is_kept()).collect();
        let mut questions: Vec<Question> = Vec::new();
        for row in &open {
            for sample in 0..settings.samples {
                questions.push(solve::question(&asker, row, FIRST + sample)?);
            }
        }
        let answers = asker.answers(&questions, &|_, _| {})?;
        let samples = settings.samples as usize;
        for (row, answers) in open.iter_mut().zip(answers.chunks(samples.max(1))) {
            let policy = self.context.config.policy(row.domain.as_deref()).policy();
            let gold = row.answer.clone().unwrap_or_default();
            let replies: Vec<Option<String>> = answers
                .iter()
                .filter(|answer| !matches!(unfinished(answer), Some(("no_reply" | "refused", _))))
                .map(|answer| caco_answer::extract(&answer.text).map(|found| found.text))
                .collect();
            let pairs: Vec<(&str, &str, &Policy)> = replies
                .iter()
                .flatten()
                .map(|reply| (gold.as_str(), reply.as_str(), &policy))
                .collect();
            let passed = agreement::compare_each(self.context, &pairs)?
                .iter()
                .filter(|agreement| agreement.outcome == Outcome::Equal)
                .count();
            told(
                row,
                "difficulty",
                json!({ "samples": replies.len(), "passed": passed }),
            )?;
        }
        Ok(())
    }
}
