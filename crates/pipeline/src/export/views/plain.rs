//! Flat columns.

use serde_json::{Value, json};

use super::{Item, Lacking};

pub(super) fn alpaca(item: &Item<'_>) -> Result<Value, Lacking> {
    Ok(json!({"instruction": item.problem()?, "input": "", "output": item.solution()?}))
}

pub(super) fn prompt_completion(item: &Item<'_>) -> Result<Value, Lacking> {
    Ok(json!({"prompt": item.problem()?, "completion": item.solution()?}))
}

pub(super) fn program(item: &Item<'_>) -> Result<Value, Lacking> {
    Ok(json!({"text": item.program()?}))
}
