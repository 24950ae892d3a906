//! Replies against what is known to be right.

use caco_answer::{How, Outcome as Equality, Policy};
use caco_evaluation::{Check, Item, Kind, reply};
use caco_sandbox::Outcome;
use serde_json::Value;

use crate::Error;
use crate::config::Config;
use crate::context::Context;
use crate::generator::{Answer, FINISH_LENGTH, FINISH_NO_REPLY};
use crate::stages::{agreement, assess, json, unfinished};

/// The version of grading, beside that of [`caco_evaluation::VERSION`]: a new one grades anew.
const VERSION: u32 = 1;

/// What became of one reply.
#[derive(Clone, Debug, Default)]
pub(super) struct Graded {
    /// The final answer, or the code.
    pub(super) answer: Option<String>,
    /// Where a final answer was found.
    pub(super) how: Option<How>,
    /// Why it is not right: reason and detail; none where it is.
    pub(super) wrong: Option<(String, String)>,
    /// Whether it says nothing of the model, since no reply came.
    pub(super) lost: bool,
    /// What decided, for a final answer.
    pub(super) tier: Option<&'static str>,
    /// How the code ran, as a row records it.
    pub(super) execution: Option<String>,
}

/// The settings that decide a grade, for fingerprints.
pub(super) fn section(config: &Config, kind: Kind) -> Result<String, Error> {
    let execute = match kind {
        Kind::Words => String::new(),
        Kind::Code => assess::section(config)?,
    };
    json(&(
        VERSION,
        caco_evaluation::VERSION,
        agreement::section(config)?,
        execute,
    ))
}

/// Grades replies, each to the item beside it; code is run in the sandbox.
pub(super) fn grade(
    context: &Context<'_>,
    pairs: &[(&Item, &Answer)],
) -> Result<Vec<Graded>, Error> {
    let mut graded: Vec<Graded> = pairs
        .iter()
        .map(|(item, reply)| read(item, reply))
        .collect();
    words(context, pairs, &mut graded)?;
    code(context, pairs, &mut graded)?;
    // A reply that was cut and would be right is; what is wrong with another is that it was cut.
    for ((item, reply), own) in pairs.iter().zip(&mut graded) {
        let cut = reply.finish == FINISH_LENGTH && own.wrong.is_some();
        let coded = matches!(item.check, Check::Tests(_));
        if cut && (own.answer.is_none() || coded) {
            own.wrong = unfinished(reply).map(|(reason, detail)| (reason.to_owned(), detail));
        }
    }
    Ok(graded)
}

/// Takes answer or code out of a reply.
fn read(item: &Item, said: &Answer) -> Graded {
    let cut = said.finish == FINISH_LENGTH;
    if let Some((reason, detail)) = unfinished(said).filter(|_| !cut) {
        return Graded {
            wrong: Some((reason.to_owned(), detail)),
            lost: said.finish == FINISH_NO_REPLY,
            ..Graded::default()
        };
    }
    match &item.check {
        Check::Answer { .. } => match reply::answer(&said.text, cut) {
            Ok(found) => Graded {
                answer: Some(found.text),
                how: Some(found.how),
                ..Graded::default()
            },
            Err(missing) => Graded {
                wrong: Some(("no_final_answer".into(), missing.reason().to_owned())),
                ..Graded::default()
            },
        },
        Check::Tests(tests) => match tests.code(&said.text) {
            Some(code) => Graded {
                answer: Some(code),
                ..Graded::default()
            },
            None => Graded {
                wrong: Some(("no_code".into(), "the reply holds no Python code".into())),
                ..Graded::default()
            },
        },
    }
}

/// Compares final answers with their references.
fn words(
    context: &Context<'_>,
    pairs: &[(&Item, &Answer)],
    graded: &mut [Graded],
) -> Result<(), Error> {
    let asked: Vec<(usize, &str, String, &Policy)> = pairs
        .iter()
        .zip(graded.iter())
        .enumerate()
        .filter_map(|(place, ((item, _), own))| match &item.check {
            Check::Answer { text, policy } => {
                Some((place, text.as_str(), own.answer.clone()?, policy))
            }
            Check::Tests(_) => None,
        })
        .collect();
    let compared: Vec<(&str, &str, &Policy)> = asked
        .iter()
        .map(|(_, gold, found, policy)| (*gold, found.as_str(), *policy))
        .collect();
    let agreements = agreement::compare_each(context, &compared)?;
    for ((place, gold, found, _), agreement) in asked.iter().zip(agreements) {
        let own = &mut graded[*place];
        own.tier = Some(agreement.tier);
        own.wrong = match agreement.outcome {
            Equality::Equal => None,
            Equality::Different => Some((
                "wrong_answer".into(),
                format!("answered {found}; the benchmark says {gold}"),
            )),
            Equality::Undecided => Some((
                "answers_undecided".into(),
                format!(
                    "answered {found}; the benchmark says {gold}; {}",
                    agreement.reason
                ),
            )),
        };
    }
    Ok(())
}

/// Runs code with its tests.
fn code(
    context: &Context<'_>,
    pairs: &[(&Item, &Answer)],
    graded: &mut [Graded],
) -> Result<(), Error> {
    let mut asked: Vec<(usize, String, String)> = Vec::new();
    for (place, ((item, _), own)) in pairs.iter().zip(graded.iter()).enumerate() {
        if let (Check::Tests(tests), Some(code)) = (&item.check, &own.answer) {
            // What no reply can know.
            let hash = blake3::hash(format!("{}\n{code}", item.id).as_bytes());
            let passed = format!("passed {}", &hash.to_hex()[..16]);
            asked.push((place, tests.program(code, &passed), passed));
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    let programs: Vec<&str> = asked
        .iter()
        .map(|(_, program, _)| program.as_str())
        .collect();
    let outcomes = context.executor()?.run(&programs, &|_| {}, context.stop)?;
    if outcomes.len() != asked.len() {
        return Err(Error::Internal(format!(
            "{} outcomes of {} programs",
            outcomes.len(),
            asked.len()
        )));
    }
    for ((place, _, passed), outcome) in asked.iter().zip(outcomes) {
        let own = &mut graded[*place];
        own.wrong = verdict(&outcome, passed);
        own.execution = Some(assess::execution(&outcome, None)?);
    }
    Ok(())
}

/// Why code has not passed its tests, if it has not.
fn verdict(outcome: &Outcome, passed: &str) -> Option<(String, String)> {
    match assess::stopped(outcome) {
        // An exception is how a test fails; what else ends a program has a reason of its own.
        Some((reason, detail)) if reason == "error" => Some(("tests_fail".into(), detail)),
        Some(stopped) => Some(stopped),
        None if outcome.output.as_ref() == Some(&Value::String(passed.to_owned())) => None,
        None => Some((
            "tests_fail".into(),
            "the program ended before its last test".into(),
        )),
    }
}
