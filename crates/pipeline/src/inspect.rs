//! The whole ancestry of one row.

use std::path::Path;

use caco_record::{Row, Stage};
use serde::Serialize;

use crate::index::Index;
use crate::{Error, calls, shard};

/// Everything that a run knows of one row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ancestry {
    /// The row as the last stage left it: program, execution, problem, solution, verdicts.
    pub row: Row,
    /// What each stage decided, in the order of the loop.
    pub steps: Vec<AncestryStep>,
    /// What models were asked for this row and what they replied, in the order of the loop.
    pub calls: Vec<AncestryCall>,
    /// The row that this row was made from, where the run holds it.
    pub parent: Option<Row>,
}

/// One stage's decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AncestryStep {
    /// The stage.
    pub stage: Stage,
    /// The round.
    pub round: u32,
    /// `kept`, `rejected` or `quarantined`.
    pub fate: String,
    /// The named reason, when the row is not kept.
    pub reason: Option<String>,
    /// Words beside it.
    pub detail: Option<String>,
    /// The shard, relative to the run folder.
    pub shard: String,
}

/// One call of a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AncestryCall {
    /// The stage that asked.
    pub stage: Stage,
    /// The round.
    pub round: u32,
    /// Which of several samples, from 0.
    pub index: u32,
    /// The model's id.
    pub model: String,
    /// The sampling parameters as JSON.
    pub params: String,
    /// The full prompt.
    pub prompt: String,
    /// The reply.
    pub reply: String,
    /// Why the reply ended: `stop`, `length` or `prompt_too_long`.
    pub finish: String,
    /// Tokens of the reply.
    pub completion_tokens: u32,
}

/// Finds the row whose id begins with `prefix` (or whose seed id is exactly that) and everything about it.
///
/// # Errors
/// When the folder holds no run, no row or several rows match, or a file cannot be read.
pub fn inspect(run: &Path, prefix: &str) -> Result<Ancestry, Error> {
    if !run.join("config.yaml").is_file() {
        return Err(Error::NoRun {
            path: run.to_owned(),
        });
    }
    let index = Index::load(run);
    let mut found: Vec<(Stage, u32, String, Row)> = Vec::new();
    for entry in &index.stages {
        for name in &entry.shards {
            let path = run.join(name);
            if !path.is_file() {
                continue;
            }
            for row in shard::read_rows(&path)? {
                if (!prefix.is_empty() && row.row_id.starts_with(prefix))
                    || row.seed_id.as_deref() == Some(prefix)
                {
                    found.push((entry.stage, entry.round, name.clone(), row));
                }
            }
        }
    }
    let Some((_, _, _, last)) = found.last() else {
        return Err(Error::Row {
            message: format!("no row of {} begins with `{prefix}`", run.display()),
        });
    };
    let row = last.clone();
    let mut ids: Vec<&str> = found
        .iter()
        .map(|(_, _, _, row)| row.row_id.as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > 1 {
        let shown: Vec<&str> = ids.iter().take(5).copied().collect();
        let message = format!(
            "{} rows match `{prefix}`: {}; give more characters",
            ids.len(),
            shown.join(", ")
        );
        return Err(Error::Row { message });
    }
    let steps = found
        .iter()
        .map(|(stage, round, shard, row)| AncestryStep {
            stage: *stage,
            round: *round,
            fate: row.fate.as_str().to_owned(),
            reason: row.reason.clone(),
            detail: row.detail.clone(),
            shard: shard.clone(),
        })
        .collect();
    let calls = calls_of(run, &index, &row)?;
    let parent = match row.parent_id.as_deref() {
        Some(id) if id != row.row_id => parent(run, &index, id)?,
        _ => None,
    };
    Ok(Ancestry {
        row,
        steps,
        calls,
        parent,
    })
}

/// The newest state of a row by its full id.
fn parent(run: &Path, index: &Index, id: &str) -> Result<Option<Row>, Error> {
    let mut found = None;
    for path in index
        .stages
        .iter()
        .flat_map(|entry| &entry.shards)
        .map(|name| run.join(name))
    {
        if path.is_file() {
            found = shard::read_rows(&path)?
                .into_iter()
                .find(|row| row.row_id == id)
                .or(found);
        }
    }
    Ok(found)
}

/// The calls for a row; sampled rows are in the ledger under their place, since they have no id before the reply.
fn calls_of(run: &Path, index: &Index, row: &Row) -> Result<Vec<AncestryCall>, Error> {
    let mut found = Vec::new();
    for entry in &index.stages {
        let mut paths: Vec<_> =
            match std::fs::read_dir(calls::folder(run, entry.stage, entry.round)) {
                Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
                Err(_) => continue,
            };
        paths.retain(|path| {
            path.extension()
                .is_some_and(|extension| extension == "parquet")
        });
        paths.sort();
        for path in paths {
            for call in calls::read(&path)? {
                let place = entry.stage == Stage::Sample
                    && row.seed_id.as_deref() == Some(call.row_id.as_str());
                if call.row_id == row.row_id || place {
                    found.push(AncestryCall {
                        stage: entry.stage,
                        round: entry.round,
                        index: call.index,
                        model: call.model,
                        params: call.params,
                        prompt: call.prompt,
                        reply: call.answer.text,
                        finish: call.answer.finish,
                        completion_tokens: call.answer.completion_tokens,
                    });
                }
            }
        }
    }
    Ok(found)
}
