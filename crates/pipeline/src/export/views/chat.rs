//! Conversations.

use serde_json::{Value, json};

use super::{Item, Lacking};

pub(super) fn messages(item: &Item<'_>) -> Result<Value, Lacking> {
    Ok(json!({"messages": [
        {"role": "user", "content": item.problem()?},
        {"role": "assistant", "content": item.solution()?},
    ]}))
}

pub(super) fn sharegpt(item: &Item<'_>) -> Result<Value, Lacking> {
    Ok(json!({"conversations": [
        {"from": "human", "value": item.problem()?},
        {"from": "gpt", "value": item.solution()?},
    ]}))
}

pub(super) fn tool(item: &Item<'_>) -> Result<Value, Lacking> {
    let program = item.program()?.trim_end();
    Ok(json!({"messages": [
        {"role": "user", "content": item.problem()?},
        {"role": "assistant", "content": format!("```python\n{program}\n```")},
        {"role": "tool", "content": item.answer()?},
        {"role": "assistant", "content": item.solution()?},
    ]}))
}
