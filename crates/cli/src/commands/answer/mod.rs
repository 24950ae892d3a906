//! `caco answer`: answers compared, and taken out of replies.

mod ahead;
mod bulk;
mod one;
mod policy;
mod rows;
mod verdict;

use crate::args::{AnswerCompare, AnswerExtract, Global};
use crate::exit::Exit;
use crate::failure::Result;

/// Says whether answers are the same, and why.
pub fn compare(global: &Global, args: &AnswerCompare) -> Result<Exit> {
    let policy = policy::load(&args.policy, &args.sets)?;
    match (&args.gold, &args.pred) {
        (Some(gold), Some(pred)) => one::compare(global, args, &policy, gold, pred),
        _ => bulk::compare(global, args, &policy),
    }
}

/// Takes final answers out of replies.
pub fn extract(global: &Global, args: &AnswerExtract) -> Result<Exit> {
    match &args.reply {
        Some(reply) => one::extract(global, reply),
        None => bulk::extract(global, args),
    }
}
