//! Tasks with a reference answer, for reinforcement learning with verifiable rewards.

use serde_json::{Map, Value, json};

use super::{Item, Lacking};
use crate::stages::pairs;

/// The ability of rows whose domain is not stated.
const ABILITY: &str = "math";
/// Of GENESYS' task types, the one whose verifier compares final answers with `verification_info.ground_truth`.
const TASK_TYPE: &str = "verifiable_math";

/// As verl's preprocessing scripts write them.
pub(super) fn verl(item: &Item<'_>) -> Result<Value, Lacking> {
    let mut extra = json!({"index": item.index, "split": "train"});
    lineage(item, &mut extra);
    Ok(json!({
        "data_source": item.set,
        "prompt": [{"role": "user", "content": item.problem()?}],
        "ability": item.row.domain.as_deref().unwrap_or(ABILITY),
        "reward_model": {"style": "rule", "ground_truth": item.answer()?},
        "extra_info": extra,
    }))
}

/// `verification_info` and `metadata` are texts of objects of texts: GENESYS reads them as Python literals, others as JSON,
/// and these are both.
pub(super) fn genesys(item: &Item<'_>) -> Result<Value, Lacking> {
    let mut metadata = json!({});
    lineage(item, &mut metadata);
    if let Value::Object(metadata) = &mut metadata {
        metadata.retain(|_, value| !value.is_null());
    }
    Ok(json!({
        "problem_id": item.row.row_id,
        "source": item.set,
        "task_type": TASK_TYPE,
        "in_source_id": item.row.seed_id,
        "prompt": item.problem()?,
        "gold_standard_solution": item.row.solution.as_deref().filter(|_| item.words),
        "verification_info": json!({"ground_truth": item.answer()?}).to_string(),
        "metadata": metadata.to_string(),
    }))
}

pub(super) fn reasoning_gym(item: &Item<'_>) -> Result<Value, Lacking> {
    let mut metadata = json!({"source_dataset": item.set, "source_index": item.index});
    lineage(item, &mut metadata);
    Ok(json!({
        "question": item.problem()?,
        "answer": item.answer()?,
        "metadata": metadata,
    }))
}

/// The program's further inputs and outputs in the form of test cases, as a text of JSON: `inputs` and `outputs`, which go
/// together by their places. Null where none were tried.
fn tests(item: &Item<'_>) -> Value {
    let pairs = pairs(item.row);
    if pairs.is_empty() {
        return Value::Null;
    }
    let inputs: Vec<&Value> = pairs.iter().map(|pair| &pair.input).collect();
    let outputs: Vec<&str> = pairs.iter().map(|pair| pair.text.as_str()).collect();
    json!({ "inputs": inputs, "outputs": outputs })
        .to_string()
        .into()
}

fn lineage(item: &Item<'_>, into: &mut Value) {
    let row = item.row;
    let told = Map::from_iter([
        ("row_id".to_owned(), json!(row.row_id)),
        ("origin".to_owned(), json!(row.origin)),
        ("seed_source".to_owned(), json!(row.source)),
        ("domain".to_owned(), json!(row.domain)),
        ("licence".to_owned(), json!(row.licence)),
        ("tests".to_owned(), tests(item)),
    ]);
    if let Value::Object(into) = into {
        into.extend(told);
    }
}
