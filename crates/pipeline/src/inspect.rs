//! The whole ancestry of one row.

use std::path::Path;

use caco_record::{Row, Stage};
use serde::Serialize;

use crate::index::Index;
use crate::{Error, asking, shard};

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
    /// What the model thought before it, where a server sets that apart.
    pub reasoning: Option<String>,
    /// Why the reply ended, such as `stop`, `length` or `prompt_too_long`.
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
    let calls = calls_of(run, &row)?;
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

/// The calls for a row; sampled rows are in the ledger under their place, since they have no id before the reply. Calls of
/// an earlier configuration are among them.
pub(crate) fn calls_of(run: &Path, row: &Row) -> Result<Vec<AncestryCall>, Error> {
    let Some(ledger) = caco_ledger::Ledger::read(&asking::folder(run))? else {
        return Ok(Vec::new());
    };
    let mut calls = ledger.of_row(&row.row_id)?;
    if let Some(place) = row.seed_id.as_deref().filter(|_| !row.is_seed()) {
        calls.extend(ledger.of_row(place)?);
    }
    let mut found: Vec<AncestryCall> = calls
        .into_iter()
        .filter_map(|call| {
            Some(AncestryCall {
                stage: call.stage.parse().ok()?,
                round: call.round,
                index: call.sample,
                model: call.model,
                params: call.params,
                prompt: call.prompt,
                reply: call.reply.text,
                reasoning: call.reply.reasoning,
                finish: call.reply.finish,
                completion_tokens: call.reply.completion_tokens,
            })
        })
        .collect();
    found.sort_by_key(|call| (call.round, call.stage, call.index));
    Ok(found)
}
