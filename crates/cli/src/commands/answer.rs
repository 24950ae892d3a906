//! `caco answer check`: two answers, compared as the judge compares them.

use caco_answer::{Outcome, Policy};
use serde_json::json;

use crate::args::{AnswerCheck, Global, PolicyName};
use crate::exit::Exit;
use crate::failure::Result;
use crate::output;

/// Says whether two answers are the same, and why.
pub fn check(global: &Global, args: &AnswerCheck) -> Result<Exit> {
    let policy = match args.policy {
        PolicyName::Strict => Policy::strict(),
        PolicyName::Benchmark => Policy::benchmark(),
    };
    let candidate = if args.extract {
        match caco_answer::extract(&args.candidate) {
            Some(found) => found.text,
            None => return different(global, "no final answer was found in B"),
        }
    } else {
        args.candidate.clone()
    };
    let verdict = caco_answer::compare(&args.reference, &candidate, &policy);
    if global.json {
        output::json(&json!({
            "outcome": verdict.outcome, "tier": verdict.tier, "reason": verdict.reason,
            "reference": args.reference, "candidate": candidate,
        }))?;
    } else {
        let outcome = match verdict.outcome {
            Outcome::Equal => "equal",
            Outcome::Different => "different",
            Outcome::Undecided => "undecided",
        };
        output::text(&format!("{outcome}: {}\n", verdict.reason))?;
    }
    Ok(if verdict.is_equal() {
        Exit::Done
    } else {
        Exit::CheckedFalse
    })
}

fn different(global: &Global, reason: &str) -> Result<Exit> {
    if global.json {
        output::json(&json!({ "outcome": "different", "reason": reason }))?;
    } else {
        output::text(&format!("different: {reason}\n"))?;
    }
    Ok(Exit::CheckedFalse)
}
