//! The solver, asked again about rows that passed: under other quantities, or several times.

use std::sync::Arc;

use caco_answer::{Outcome, Policy};
use caco_record::{Row, Stage};

use crate::Error;
use crate::asking::{self, Asker, Question};
use crate::config::Sampling;
use crate::context::Context;
use crate::generator::Generator;
use crate::prompts::Prompt;
use crate::stages::{agreement, json, solve, unfinished};

/// The model of solve.
pub(super) struct Solver<'a> {
    context: &'a Context<'a>,
    round: u32,
    model: Arc<dyn Generator>,
}

/// A problem to solve again.
pub(super) struct Again<'a> {
    /// The row; its problem is what is asked.
    pub(super) row: &'a Row,
    /// The question's place among everything that the stage asks for the row.
    pub(super) place: u32,
    /// The program's answer.
    pub(super) expected: &'a str,
}

/// What the words came to.
pub(super) struct Found {
    /// The final answer, or the reason for which there is none, with its detail.
    pub(super) text: Result<String, (String, String)>,
    /// Whether it is the program's.
    pub(super) agrees: bool,
}

impl Found {
    /// The detail of a reply that never came, which says nothing about the row.
    pub(super) fn missing(&self) -> Option<&str> {
        match &self.text {
            Err((reason, detail)) if reason == "no_reply" => Some(detail),
            _ => None,
        }
    }
}

impl<'a> Solver<'a> {
    pub(super) fn open(context: &'a Context<'a>, round: u32) -> Result<Self, Error> {
        let config = context.config;
        Ok(Self {
            context,
            round,
            model: context.models.named(config, &config.solve.model)?,
        })
    }

    /// Everything that decides its replies beside how they are drawn.
    pub(super) fn section(&self) -> Result<String, Error> {
        let text = self
            .context
            .prompts
            .text(self.model.prompts(), Prompt::Solve);
        json(&(self.model.id(), text))
    }

    pub(super) fn width(&self, questions_per_row: usize) -> usize {
        asking::width(self.context, &*self.model, questions_per_row)
    }

    /// Solves all of them and compares by the policy of each row's domain; in their order.
    pub(super) fn solve(
        &self,
        all: &[Again<'_>],
        sampling: &Sampling,
    ) -> Result<Vec<Found>, Error> {
        let asker = Asker {
            context: self.context,
            stage: Stage::Judge,
            round: self.round,
            model: &*self.model,
            sampling,
        };
        let questions: Vec<Question> = all
            .iter()
            .map(|own| solve::question(&asker, own.row, own.place))
            .collect::<Result<_, _>>()?;
        let replies: Vec<Result<String, (String, String)>> = asker
            .answers(&questions, &|_, _| {})?
            .iter()
            .map(|answer| match unfinished(answer) {
                // A reply that was cut may have announced its answer before.
                Some(("truncated", _)) | None => caco_answer::extract(&answer.text)
                    .map(|found| found.text)
                    .ok_or_else(|| ("no_final_answer".into(), "no final answer".into())),
                Some((reason, detail)) => Err((reason.to_owned(), detail)),
            })
            .collect();
        let policies: Vec<Policy> = all
            .iter()
            .map(|own| {
                let domain = own.row.domain.as_deref();
                self.context.config.policy(domain).policy()
            })
            .collect();
        let compared: Vec<(&str, &str, &Policy)> = all
            .iter()
            .zip(&replies)
            .zip(&policies)
            .filter_map(|((own, reply), policy)| {
                Some((own.expected, reply.as_deref().ok()?, policy))
            })
            .collect();
        let mut agreements = agreement::compare_each(self.context, &compared)?.into_iter();
        Ok(replies
            .into_iter()
            .map(|text| Found {
                agrees: text.is_ok()
                    && agreements
                        .next()
                        .is_some_and(|agreement| agreement.outcome == Outcome::Equal),
                text,
            })
            .collect())
    }
}
