//! The columns of the views.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields};

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, true)
}

/// Text columns.
pub(super) fn texts(names: &[&str]) -> Fields {
    names.iter().map(|name| text(name)).collect()
}

/// A list of objects with these texts.
pub(crate) fn list(name: &str, parts: &[&str]) -> Field {
    let item = Field::new("item", DataType::Struct(texts(parts)), true);
    Field::new(name, DataType::List(Arc::new(item)), true)
}

fn object(name: &str, parts: Vec<Field>) -> Field {
    Field::new(name, DataType::Struct(parts.into()), true)
}

pub(super) fn messages() -> Fields {
    vec![list("messages", &["role", "content"])].into()
}

pub(super) fn conversations() -> Fields {
    vec![list("conversations", &["from", "value"])].into()
}

/// What a row says of itself beside the task, in views that have a place for that.
const LINEAGE: [&str; 6] = [
    "row_id",
    "origin",
    "seed_source",
    "domain",
    "licence",
    "tests",
];

fn lineage() -> impl Iterator<Item = Field> {
    LINEAGE.into_iter().map(text)
}

pub(super) fn verl() -> Fields {
    let extra = [Field::new("index", DataType::Int64, true), text("split")];
    vec![
        text("data_source"),
        list("prompt", &["role", "content"]),
        text("ability"),
        object("reward_model", vec![text("style"), text("ground_truth")]),
        object("extra_info", extra.into_iter().chain(lineage()).collect()),
    ]
    .into()
}

pub(super) fn genesys() -> Fields {
    texts(&[
        "problem_id",
        "source",
        "task_type",
        "in_source_id",
        "prompt",
        "gold_standard_solution",
        "verification_info",
        "metadata",
    ])
}

pub(super) fn reasoning_gym() -> Fields {
    let place = [
        text("source_dataset"),
        Field::new("source_index", DataType::Int64, true),
    ];
    vec![
        text("question"),
        text("answer"),
        object("metadata", place.into_iter().chain(lineage()).collect()),
    ]
    .into()
}
