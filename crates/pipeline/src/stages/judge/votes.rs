//! What a model says of a row: is the problem solvable, is the answer right, do the steps follow the program?

use std::sync::Arc;

use caco_record::{Row, Stage};
use serde_json::{Value, json};

use super::Turn;
use crate::Error;
use crate::asking::{self, Asker, Question};
use crate::config::{Check, NONE};
use crate::context::Context;
use crate::generator::{Answer, Form, Generator};
use crate::prompts::{Parts, Prompt};

/// The judge and what it is asked.
pub(super) struct Bench<'a> {
    context: &'a Context<'a>,
    round: u32,
    model: Arc<dyn Generator>,
}

/// What one vote says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Vote {
    Yes,
    No(String),
    /// The reply is no verdict.
    Unclear(String),
    /// There is no reply.
    Missing(String),
}

impl<'a> Bench<'a> {
    /// The configured judge, if there is one.
    pub(super) fn open(context: &'a Context<'a>, round: u32) -> Result<Option<Self>, Error> {
        let settings = &context.config.judge;
        if settings.model == NONE || settings.checks.is_empty() || !settings.enabled {
            return Ok(None);
        }
        Ok(Some(Self {
            context,
            round,
            model: context.models.named(context.config, &settings.model)?,
        }))
    }

    /// Everything that decides a verdict.
    pub(super) fn section(&self) -> Result<String, Error> {
        let settings = &self.context.config.judge;
        let texts: Vec<&str> = settings
            .checks
            .iter()
            .map(|check| {
                self.context
                    .prompts
                    .text(self.model.prompts(), prompt(*check))
            })
            .collect();
        crate::stages::json(&(
            self.model.id(),
            &settings.checks,
            settings.votes,
            &settings.sampling,
            texts,
        ))
    }

    pub(super) fn width(&self) -> usize {
        let votes = self.context.config.judge.votes as usize;
        asking::width(self.context, &*self.model, votes)
    }

    /// Asks about the rows that are still kept, question by question: a row that fails one is spared the next.
    pub(super) fn vote(&self, rows: &mut [Row], turn: Turn) -> Result<(), Error> {
        for check in &self.context.config.judge.checks {
            let mut open: Vec<&mut Row> = rows.iter_mut().filter(|row| row.is_kept()).collect();
            let votes = self.votes(&open, *check, turn)?;
            for (row, votes) in open.iter_mut().zip(votes) {
                settle(row, *check, &votes)?;
            }
        }
        Ok(())
    }

    fn votes(&self, rows: &[&mut Row], check: Check, turn: Turn) -> Result<Vec<Vec<Vote>>, Error> {
        let settings = &self.context.config.judge;
        let asker = Asker {
            context: self.context,
            stage: Stage::Judge,
            round: self.round,
            model: &*self.model,
            sampling: &settings.sampling,
        };
        let mut questions: Vec<Question> = Vec::new();
        for row in rows {
            let parts = Parts {
                problem: row.problem.as_deref(),
                solution: row.solution.as_deref(),
                program: row.program.as_deref(),
                answer: row.answer.as_deref(),
                domain: row.domain.as_deref(),
                ..Parts::default()
            };
            let prompts = &self.context.prompts;
            let user = prompts.render(self.model.prompts(), prompt(check), &parts)?;
            for vote in 0..settings.votes {
                let mut question = asker.question(&row.row_id, place(check, turn, vote), &user)?;
                if question.ask.form == Form::Chat {
                    question.ask.form = Form::Verdict;
                }
                questions.push(question);
            }
        }
        let answers = asker.answers(&questions, &|_, _| {})?;
        let votes: Vec<Vote> = answers.iter().map(read).collect();
        Ok(votes
            .chunks(settings.votes.max(1) as usize)
            .map(<[Vote]>::to_vec)
            .collect())
    }
}

fn prompt(check: Check) -> Prompt {
    match check {
        Check::Solvable => Prompt::JudgeSolvable,
        Check::Answer => Prompt::JudgeAnswer,
        Check::Steps => Prompt::JudgeSteps,
    }
}

/// The number of a vote among everything that the stage asks for a row; more votes do not move those that were cast.
fn place(check: Check, turn: Turn, vote: u32) -> u32 {
    let checks = Check::ALL.len() as u32;
    let check = Check::ALL
        .iter()
        .position(|own| *own == check)
        .unwrap_or_default() as u32;
    (vote * 2 + u32::from(turn == Turn::Second)) * checks + check
}

/// Reads a verdict: the last JSON object with a `verdict`, else the last word of the kind `verdict: yes`.
fn read(answer: &Answer) -> Vote {
    if let Some((reason, detail)) = crate::stages::unfinished(answer) {
        if reason == "no_reply" {
            return Vote::Missing(detail);
        }
        return Vote::Unclear(format!("{reason}: {detail}"));
    }
    let text = answer.text.trim();
    let of = |verdict: &str, reason: String| match verdict.trim().to_lowercase().as_str() {
        "yes" | "true" => Some(Vote::Yes),
        "no" | "false" => Some(Vote::No(reason)),
        _ => None,
    };
    let objects = text.rmatch_indices('{').filter_map(|(start, _)| {
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        values.next()?.ok()
    });
    for object in objects {
        let verdict = match &object["verdict"] {
            Value::String(word) => word.clone(),
            Value::Bool(value) => value.to_string(),
            _ => continue,
        };
        let reason = object["reason"].as_str().unwrap_or_default().to_owned();
        if let Some(vote) = of(&verdict, reason) {
            return vote;
        }
    }
    let lower = text.to_lowercase();
    let word = lower
        .rfind("verdict")
        .map(|at| &lower[at + "verdict".len()..]);
    let word = word.map(|rest| rest.trim_start_matches(|c: char| !c.is_alphanumeric()));
    let word: Option<String> =
        word.map(|rest| rest.chars().take_while(char::is_ascii_alphabetic).collect());
    word.and_then(|word| of(&word, text.to_owned()))
        .unwrap_or_else(|| Vote::Unclear(format!("no verdict in: {}", beginning(text))))
}

fn beginning(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Counts the votes on one question. More than half of the clear ones decide; a tie is a no.
fn settle(row: &mut Row, check: Check, votes: &[Vote]) -> Result<(), Error> {
    let yes = votes.iter().filter(|vote| **vote == Vote::Yes).count();
    let reasons: Vec<&str> = votes
        .iter()
        .filter_map(|vote| match vote {
            Vote::No(reason) => Some(reason.as_str()),
            _ => None,
        })
        .collect();
    let unclear = votes.len() - yes - reasons.len();
    let mut verdicts: Value =
        serde_json::from_str(row.verdicts.as_deref().unwrap_or("{}")).unwrap_or_else(|_| json!({}));
    verdicts["judge"][check.as_str()] = json!({
        "yes": yes, "no": reasons.len(), "unclear": unclear, "reasons": reasons,
    });
    let passed = yes > reasons.len();
    if !passed {
        verdicts["passed"] = json!(false);
    }
    row.verdicts = Some(crate::stages::json(&verdicts)?);
    if passed {
        return Ok(());
    }
    let missing = votes.iter().find_map(|vote| match vote {
        Vote::Missing(what) => Some(what.clone()),
        _ => None,
    });
    if let (true, Some(what)) = (reasons.is_empty(), missing) {
        row.quarantine(Stage::Judge, "no_reply", what);
        return Ok(());
    }
    let unreadable = votes.iter().find_map(|vote| match vote {
        Vote::Unclear(what) => Some(what.clone()),
        _ => None,
    });
    match (reasons.first(), unreadable) {
        (None, what) => row.reject(Stage::Judge, "judge_unclear", what.unwrap_or_default()),
        (Some(reason), _) => {
            let name = match check {
                Check::Solvable => "judged_unsolvable",
                Check::Answer => "judged_wrong",
                Check::Steps => "judged_inconsistent",
            };
            row.reject(Stage::Judge, name, (*reason).to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use caco_record::ORIGIN_SAMPLE;

    fn said(text: &str) -> Vote {
        read(&Answer {
            text: text.into(),
            finish: "stop".into(),
            ..Answer::default()
        })
    }

    #[test]
    fn verdicts_are_read_in_the_ways_in_which_models_write_them() {
        for yes in [
            r#"{"reason": "all is stated", "verdict": "yes"}"#,
            "```json\n{\"reason\": \"fine {really}\", \"verdict\": \"YES\"}\n```",
            "Let me see. {\"x\": 1} So: {\"reason\": \"a \\\"b\\\"\", \"verdict\": true} Done.",
            "I first thought {\"verdict\": \"no\"}, but no: {\"verdict\": \"yes\"}",
            "The total is right.\n**Verdict:** yes.",
        ] {
            assert_eq!(said(yes), Vote::Yes, "{yes}");
        }
        assert_eq!(
            said(r#"{"verdict": "no", "reason": "n is missing"}"#),
            Vote::No("n is missing".into())
        );
        assert!(matches!(said("verdict - No"), Vote::No(_)));
        for unclear in [
            "",
            "Perhaps.",
            "{\"verdict\": \"maybe\"}",
            "yes",
            "{\"verdict\": ",
            "verdict: nonsense",
        ] {
            assert!(matches!(said(unclear), Vote::Unclear(_)), "{unclear}");
        }
    }

    #[test]
    fn most_clear_votes_decide_and_a_tie_is_a_no() {
        let no = || Vote::No("n is missing".into());
        let unclear = || Vote::Unclear("no verdict".into());
        for (votes, reason) in [
            (vec![Vote::Yes], None),
            (vec![Vote::Yes, no(), Vote::Yes], None),
            (vec![Vote::Yes, unclear(), unclear()], None),
            (vec![Vote::Yes, no()], Some("judged_wrong")),
            (vec![no(), unclear()], Some("judged_wrong")),
            (vec![unclear(), unclear()], Some("judge_unclear")),
            (
                vec![unclear(), Vote::Missing("after 20".into())],
                Some("no_reply"),
            ),
            (
                vec![no(), Vote::Missing("after 20".into())],
                Some("judged_wrong"),
            ),
        ] {
            let mut row = Row::new("id".into(), ORIGIN_SAMPLE, 1, Stage::Solve);
            row.verdicts = Some(r#"{"passed": true}"#.into());
            settle(&mut row, Check::Answer, &votes).unwrap();
            assert_eq!(row.reason.as_deref(), reason, "{votes:?}");
            let verdicts: Value = serde_json::from_str(row.verdicts.as_deref().unwrap()).unwrap();
            assert_eq!(verdicts["passed"], reason.is_none());
            let counted = &verdicts["judge"]["answer"];
            let sum: u64 = ["yes", "no", "unclear"]
                .iter()
                .map(|key| counted[key].as_u64().unwrap())
                .sum();
            assert_eq!(sum, votes.len() as u64);
        }
    }

    #[test]
    fn every_vote_has_its_own_place_and_more_votes_move_none() {
        let mut seen = std::collections::BTreeSet::new();
        for check in Check::ALL {
            for turn in [Turn::First, Turn::Second] {
                for vote in 0..5 {
                    assert!(seen.insert(place(check, turn, vote)));
                }
            }
        }
        assert!(!seen.contains(&super::super::revise::REVISE));
        assert!(!seen.contains(&super::super::revise::SOLVE));
    }
}
