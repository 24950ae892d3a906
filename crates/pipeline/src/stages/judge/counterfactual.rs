//! A problem that passed is told with the quantities of another input of its program, and solved again. A solver that came to
//! the first answer by luck, and words that leave out a rule which the first input does not need, do not come to the second.

use std::sync::Arc;

use caco_answer::{Outcome, Policy};
use caco_program::quantities::{decimal, substitute};
use caco_record::{Row, Stage};
use serde_json::{Value, json};

use super::told;
use crate::Error;
use crate::asking::{self, Asker, Question};
use crate::context::Context;
use crate::generator::Generator;
use crate::prompts::Prompt;
use crate::stages::{agreement, json, pairs, solve, unfinished};

/// The first place of these questions among everything that the stage asks for a row.
const FIRST: u32 = 2_000_000;

/// The solver, which is asked again.
pub(super) struct Retelling<'a> {
    context: &'a Context<'a>,
    round: u32,
    solver: Arc<dyn Generator>,
}

/// A row's problem with other quantities.
struct Told {
    /// The row's position in the shard.
    place: usize,
    problem: String,
    /// What the program gives for them.
    expected: String,
}

impl<'a> Retelling<'a> {
    /// The check, if the configuration wants it.
    pub(super) fn open(context: &'a Context<'a>, round: u32) -> Result<Option<Self>, Error> {
        let config = context.config;
        if config.judge.counterfactual.pairs == 0 || !config.judge.enabled {
            return Ok(None);
        }
        Ok(Some(Self {
            context,
            round,
            solver: context.models.named(config, &config.solve.model)?,
        }))
    }

    /// Everything that decides this check.
    pub(super) fn section(&self) -> Result<String, Error> {
        let (config, prompts) = (self.context.config, &self.context.prompts);
        json(&(
            &config.judge.counterfactual,
            self.solver.id(),
            &config.solve.sampling,
            prompts.text(self.solver.prompts(), Prompt::Solve),
        ))
    }

    pub(super) fn width(&self) -> usize {
        let pairs = self.context.config.judge.counterfactual.pairs;
        asking::width(self.context, &*self.solver, pairs)
    }

    /// Checks the rows that are still kept.
    pub(super) fn go(&self, rows: &mut [Row]) -> Result<(), Error> {
        let settings = &self.context.config.judge.counterfactual;
        let mut all: Vec<Told> = Vec::new();
        let mut untold: Vec<(usize, String)> = Vec::new();
        for (place, row) in rows.iter().enumerate().filter(|(_, row)| row.is_kept()) {
            // A seed's program was not tried on other inputs.
            if row.is_seed() {
                continue;
            }
            match tell(row, settings.pairs) {
                (told, _) if !told.is_empty() => {
                    all.extend(told.into_iter().map(|(problem, expected)| Told {
                        place,
                        problem,
                        expected,
                    }));
                }
                (_, why) => untold.push((place, why)),
            }
        }
        for (place, why) in untold {
            let row = &mut rows[place];
            told(row, "counterfactual", json!({ "asked": 0, "untold": why }))?;
            if settings.required {
                row.reject(Stage::Judge, "counterfactual_untold", why);
            }
        }
        let found = self.solve(rows, &all)?;
        let mut cases = all.into_iter().zip(found).peekable();
        while let Some((first, _)) = cases.peek() {
            let place = first.place;
            let mut own = Vec::new();
            while let Some(case) = cases.next_if(|(told, _)| told.place == place) {
                own.push(case);
            }
            settle(&mut rows[place], &own, settings.share)?;
        }
        Ok(())
    }

    /// What the words come to, told by told.
    fn solve(&self, rows: &[Row], all: &[Told]) -> Result<Vec<Found>, Error> {
        let asker = Asker {
            context: self.context,
            stage: Stage::Judge,
            round: self.round,
            model: &*self.solver,
            sampling: &self.context.config.solve.sampling,
        };
        let mut questions: Vec<Question> = Vec::with_capacity(all.len());
        let mut number = 0;
        for (at, own) in all.iter().enumerate() {
            number = match at.checked_sub(1).and_then(|before| all.get(before)) {
                Some(before) if before.place == own.place => number + 1,
                _ => 0,
            };
            let mut row = rows[own.place].clone();
            row.problem = Some(own.problem.clone());
            questions.push(solve::question(&asker, &row, FIRST + number)?);
        }
        let answers = asker.answers(&questions, &|_, _| {})?;
        let replies: Vec<Result<String, (&str, String)>> = answers
            .iter()
            .map(|answer| match unfinished(answer) {
                Some(("truncated", _)) | None => caco_answer::extract(&answer.text)
                    .map(|found| found.text)
                    .ok_or(("no_final_answer", "no final answer".to_owned())),
                Some(why) => Err(why),
            })
            .collect();
        let policies: Vec<Policy> = all
            .iter()
            .map(|own| {
                let domain = rows[own.place].domain.as_deref();
                self.context.config.policy(domain).policy()
            })
            .collect();
        let compared: Vec<(&str, &str, &Policy)> = all
            .iter()
            .zip(&replies)
            .zip(&policies)
            .filter_map(|((own, reply), policy)| {
                Some((own.expected.as_str(), reply.as_deref().ok()?, policy))
            })
            .collect();
        let mut agreements = agreement::compare_each(self.context, &compared)?.into_iter();
        Ok(replies
            .iter()
            .map(|reply| match reply {
                Ok(text) => Found {
                    agrees: agreements
                        .next()
                        .is_some_and(|agreement| agreement.outcome == Outcome::Equal),
                    text: Ok(text.clone()),
                },
                Err((reason, detail)) => Found {
                    agrees: false,
                    text: Err(((*reason).to_owned(), detail.clone())),
                },
            })
            .collect())
    }
}

/// What the words came to: an answer, or the reason for which there is none, with its detail.
struct Found {
    text: Result<String, (String, String)>,
    agrees: bool,
}

/// The row's problem with other quantities, at most so many times, each with the program's answer; and why not, where none
/// can be told. Inputs with another answer come first: the same answer shows little.
fn tell(row: &Row, most: usize) -> (Vec<(String, String)>, String) {
    let mut why = "the program was tried on no other input".to_owned();
    let problem = row.problem.as_deref().unwrap_or_default();
    let input: Value =
        serde_json::from_str(row.input.as_deref().unwrap_or("null")).unwrap_or(Value::Null);
    let own = row.answer.as_deref().and_then(decimal);
    let mut pairs = pairs(row);
    // Quantities that give less than nothing, or a half of what comes whole, are none that the words were written for.
    pairs.retain(|pair| match (&own, decimal(&pair.text)) {
        (Some(own), Some(other)) => {
            let less = |answer: &str| answer.trim_start().starts_with('-');
            (less(row.answer.as_deref().unwrap_or_default()) || !less(&pair.text))
                && (!own.is_integer() || other.is_integer())
        }
        _ => true,
    });
    pairs.sort_by_key(|pair| Some(pair.text.as_str()) == row.answer.as_deref());
    let mut all: Vec<(String, String)> = Vec::new();
    for pair in pairs {
        if all.len() == most {
            break;
        }
        match substitute(problem, &input, &pair.input) {
            Ok(text) if text == problem => why = "another input changes no word".to_owned(),
            Ok(text) => all.push((text, pair.text)),
            Err(reason) => why = reason.to_string(),
        }
    }
    (all, why)
}

/// Records what became of a row's problems, and rejects it where too few answers agree.
fn settle(row: &mut Row, cases: &[(Told, Found)], share: f64) -> Result<(), Error> {
    let agreed = cases.iter().filter(|(_, found)| found.agrees).count();
    let shown: Vec<Value> = cases
        .iter()
        .map(|(told, found)| {
            json!({
                "problem": told.problem, "program": told.expected, "agrees": found.agrees,
                "words": found.text.as_ref().ok(), "reason": found.text.as_ref().err().map(|(reason, _)| reason),
            })
        })
        .collect();
    let enough = agreed as f64 >= share * cases.len() as f64;
    told(
        row,
        "counterfactual",
        json!({ "asked": cases.len(), "agreed": agreed, "cases": shown }),
    )?;
    if enough {
        return Ok(());
    }
    let failed = cases.iter().find(|(_, found)| !found.agrees);
    let Some((told, found)) = failed else {
        return Ok(());
    };
    // What never came says nothing about the row.
    let missing = cases.iter().find_map(|(_, found)| match &found.text {
        Err((reason, detail)) if reason == "no_reply" => Some(detail.clone()),
        _ => None,
    });
    if let Some(detail) = missing {
        row.quarantine(Stage::Judge, "no_reply", detail);
        return Ok(());
    }
    let words = match &found.text {
        Ok(text) => text.clone(),
        Err((_, detail)) => detail.clone(),
    };
    let detail = format!(
        "told with other quantities, {agreed} of {} agree: the program answers {}, the words {words}: {}",
        cases.len(),
        told.expected,
        told.problem
    );
    row.reject(Stage::Judge, "counterfactual_differs", detail);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use caco_record::ORIGIN_SAMPLE;

    fn row() -> Row {
        let mut row = Row::new("id".into(), ORIGIN_SAMPLE, 1, Stage::Judge);
        row.problem = Some("Ann has 3 bags of 4 pens. How many pens?".into());
        row.input = Some(r#"{"a": 3, "b": 4}"#.into());
        row.answer = Some("12".into());
        row
    }

    #[test]
    fn inputs_with_another_answer_are_told_first() {
        let mut row = row();
        row.pairs = Some(
            r#"[{"input": {"a": 4, "b": 3}, "output": 12, "text": "12"},
                {"input": {"a": 5, "b": 7}, "output": 35, "text": "35"}]"#
                .into(),
        );
        let (told, _) = tell(&row, 1);
        assert_eq!(
            told,
            [(
                "Ann has 5 bags of 7 pens. How many pens?".into(),
                "35".into()
            )]
        );
        assert_eq!(tell(&row, 5).0.len(), 2);
        row.problem = Some("Ann has 3 bags of 4 pens, 3 of them blue.".into());
        let (told, why) = tell(&row, 5);
        assert!(told.is_empty() && why.contains("stands 2 times"), "{why}");
        row.pairs = None;
        assert!(tell(&row, 5).1.contains("no other input"));
    }

    #[test]
    fn quantities_that_leave_less_than_nothing_are_not_told() {
        let mut row = row();
        row.pairs = Some(
            r#"[{"input": {"a": 5, "b": 7}, "output": -2, "text": "-2"},
                {"input": {"a": 6, "b": 8}, "output": 1.5, "text": "1.5"}]"#
                .into(),
        );
        assert!(tell(&row, 5).0.is_empty());
        row.answer = Some("-1.5".into());
        assert_eq!(tell(&row, 5).0.len(), 2);
    }

    #[test]
    fn too_few_agreeing_answers_reject_and_a_lost_reply_sets_aside() {
        let case = |place, text: Result<&str, &str>, agrees| {
            let told = Told {
                place,
                problem: "How many?".into(),
                expected: "35".into(),
            };
            let text = text
                .map(str::to_owned)
                .map_err(|r| (r.to_owned(), "why".to_owned()));
            (told, Found { text, agrees })
        };
        for (cases, share, reason) in [
            (vec![case(0, Ok("35"), true)], 1.0, None),
            (
                vec![case(0, Ok("35"), true), case(0, Ok("36"), false)],
                1.0,
                Some("counterfactual_differs"),
            ),
            (
                vec![case(0, Ok("35"), true), case(0, Ok("36"), false)],
                0.5,
                None,
            ),
            (
                vec![case(0, Err("no_final_answer"), false)],
                0.5,
                Some("counterfactual_differs"),
            ),
            (vec![case(0, Err("no_reply"), false)], 1.0, Some("no_reply")),
        ] {
            let mut row = row();
            settle(&mut row, &cases, share).unwrap();
            assert_eq!(row.reason.as_deref(), reason);
            let verdicts: Value = serde_json::from_str(row.verdicts.as_deref().unwrap()).unwrap();
            assert_eq!(verdicts["counterfactual"]["asked"], cases.len());
            assert_eq!(
                verdicts["counterfactual"]["agreed"],
                cases.iter().filter(|case| case.1.agrees).count()
            );
        }
    }
}
