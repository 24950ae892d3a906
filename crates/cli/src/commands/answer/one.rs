//! One pair or one reply from the command line, with an explanation.

use caco_answer::{Outcome, Policy, final_answer};
use serde_json::{Map, Value};

use super::verdict::{Judged, Settings, referee, taken_fields};
use crate::args::{AnswerCompare, Global};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::Result;
use crate::{output, stop};

/// Compares one pair.
pub fn compare(
    global: &Global,
    args: &AnswerCompare,
    policy: &Policy,
    gold: &str,
    pred: &str,
) -> Result<Exit> {
    let mut judged = Settings::new(args, policy).judge(gold.to_owned(), Some(pred.to_owned()));
    if let Some(pair) = judged.open() {
        let display = Display::new(global);
        let stop = stop::install(|| {})?;
        let ruling = match referee(args, &display, &stop)? {
            Some(referee) => referee.settle(&[pair], &stop)?.pop(),
            None => None,
        };
        if let Some(ruling) = ruling {
            judged.settle(ruling);
        }
    }
    if global.json {
        let fields = judged.fields().into_iter();
        let object: Map<String, Value> = fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        output::json(&object)?;
    } else {
        output::text(&account(&judged, gold, pred, &args.policy))?;
    }
    Ok(if judged.outcome() == Outcome::Equal {
        Exit::Done
    } else {
        Exit::CheckedFalse
    })
}

/// Takes the answer out of one reply.
pub fn extract(global: &Global, reply: &str) -> Result<Exit> {
    let taken = final_answer(reply);
    if global.json {
        let fields = taken_fields(&taken).into_iter();
        let object: Map<String, Value> = fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        output::json(&object)?;
    } else {
        let text = match &taken {
            Ok(found) => format!("{}\n", found.text),
            Err(missing) => format!("no answer: {}\n", missing.reason()),
        };
        output::text(&text)?;
    }
    Ok(if taken.is_ok() {
        Exit::Done
    } else {
        Exit::CheckedFalse
    })
}

/// The verdict in words: the outcome and its reason, then what was read on either side.
fn account(judged: &Judged, gold: &str, pred: &str, policy: &str) -> String {
    let mut text = format!("{}: {}\n", judged.outcome().as_str(), judged.reason());
    let mut line = |name: &str, value: &str| {
        let value = value.trim_end().replace('\n', "\n            ");
        text.push_str(&format!("{name:<12}{value}\n"));
    };
    let (gold_parsed, pred_parsed) = judged.parsed();
    let unread = "text only";
    line("gold", gold);
    if judged.gold != gold {
        line("  taken", &judged.gold);
    }
    line("  read as", gold_parsed.unwrap_or(unread));
    line("pred", pred);
    match judged.taken() {
        Some(Ok(found)) => line(
            "  taken",
            &format!("{} ({})", found.text, found.how.as_str()),
        ),
        Some(Err(missing)) => line("  taken", &format!("nothing ({})", missing.as_str())),
        None => {}
    }
    line("  read as", pred_parsed.unwrap_or(unread));
    line("tier", judged.tier());
    line("policy", policy);
    text
}
