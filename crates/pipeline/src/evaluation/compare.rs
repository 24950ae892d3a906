//! Two evaluations on the same items.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use caco_evaluation::metrics::{Estimate, Paired, paired, paired_means};
use caco_record::derive_seed;
use serde::{Deserialize, Serialize};

use super::results::{ItemResult, ModelName, Results, TaskResult, read_items};
use crate::Error;
use crate::stages::json;

/// Two evaluations, benchmark by benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The first model.
    pub a: ModelName,
    /// The second.
    pub b: ModelName,
    /// One entry for each benchmark.
    pub tasks: Vec<TaskComparison>,
    /// What differs beside the models, in words.
    pub notes: Vec<String>,
}

/// Two evaluations on one benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskComparison {
    /// The benchmark.
    pub name: String,
    /// Items.
    pub items: u64,
    /// pass@1 of the first.
    pub a: Estimate,
    /// pass@1 of the second.
    pub b: Estimate,
    /// The second's pass@1 less the first's, paired by item.
    pub difference: Estimate,
    /// What the pairs are made of: `reply` where there is one to each item, else `majority`, or `first_reply` where replies are
    /// code.
    pub paired_by: String,
    /// Items by who solves them, with McNemar's test.
    pub pairs: Paired,
}

/// One side's items of one benchmark.
struct Side {
    ids: Vec<String>,
    /// pass@1 of each.
    share: Vec<f64>,
    majority: Vec<Option<bool>>,
    first: Vec<bool>,
    samples: usize,
}

/// Compares two evaluations, each a folder with `results.json`; `only` names the benchmarks, all where it is empty.
///
/// # Errors
/// Where a folder has no results, or the two are not about the same items.
pub fn compare(a: &Path, b: &Path, only: &[String]) -> Result<Comparison, Error> {
    let (first, second) = (Results::load(a)?, Results::load(b)?);
    let names = names(&first, &second, only)?;
    let mut tasks = Vec::new();
    let mut notes = Vec::new();
    if first.sampling != second.sampling {
        notes.push(format!(
            "replies were drawn differently: {} and {}",
            json(&first.sampling)?,
            json(&second.sampling)?
        ));
    }
    for name in names {
        let find = |results: &Results| {
            let mut tasks = results.tasks.iter();
            tasks.find(|task| task.name == name).cloned()
        };
        let (Some(one), Some(two)) = (find(&first), find(&second)) else {
            continue;
        };
        notes.extend(differences(&one, &two));
        let (left, right) = (side(a, &name)?, side(b, &name)?);
        same_items(&name, &left, &right)?;
        tasks.push(task(&one, &two, &left, &right)?);
    }
    Ok(Comparison {
        a: first.model,
        b: second.model,
        tasks,
        notes,
    })
}

/// The benchmarks to compare: those asked for, or all of both.
fn names(a: &Results, b: &Results, only: &[String]) -> Result<Vec<String>, Error> {
    let of = |results: &Results| -> Vec<String> {
        results.tasks.iter().map(|task| task.name.clone()).collect()
    };
    let (a, b) = (of(a), of(b));
    let wanted = if only.is_empty() {
        a.iter()
            .chain(b.iter().filter(|name| !a.contains(name)))
            .cloned()
            .collect()
    } else {
        only.to_vec()
    };
    for name in &wanted {
        for (own, which) in [(&a, "first"), (&b, "second")] {
            if !own.contains(name) {
                let both: Vec<&str> = a
                    .iter()
                    .filter(|name| b.contains(name))
                    .map(String::as_str)
                    .collect();
                let hint = if both.is_empty() {
                    "the two have no benchmark in common; measure both on the same".into()
                } else {
                    format!("compare what both have: `--bench {}`", both.join(","))
                };
                return Err(Error::Usage {
                    message: format!("the {which} evaluation has no results of {name}"),
                    hint,
                });
            }
        }
    }
    Ok(wanted)
}

/// What else than the model differs between two results of a benchmark.
fn differences(a: &TaskResult, b: &TaskResult) -> Vec<String> {
    let template = |task: &TaskResult| {
        task.template.as_ref().map_or_else(
            || "none".to_owned(),
            |(file, hash)| format!("{file} ({hash})"),
        )
    };
    [
        ("templates", template(a), template(b)),
        (
            "numbers of replies to an item",
            a.metrics.samples.to_string(),
            b.metrics.samples.to_string(),
        ),
        (
            "versions of grading",
            a.grading.to_string(),
            b.grading.to_string(),
        ),
    ]
    .into_iter()
    .filter(|(_, one, two)| one != two)
    .map(|(what, one, two)| format!("{}: {what} differ: {one} and {two}", a.name))
    .collect()
}

fn side(dir: &Path, name: &str) -> Result<Side, Error> {
    let mut side = Side {
        ids: Vec::new(),
        share: Vec::new(),
        majority: Vec::new(),
        first: Vec::new(),
        samples: 0,
    };
    read_items(dir, name, &mut |item: ItemResult| {
        let replies = item.replies.len().max(1);
        side.samples = side.samples.max(replies);
        side.share.push(item.correct as f64 / replies as f64);
        side.majority.push(item.majority.map(|vote| vote.correct));
        side.first
            .push(item.replies.first().is_some_and(|reply| reply.correct));
        side.ids.push(item.id);
    })?;
    Ok(side)
}

/// Pairs exist only between the same items; their order does not matter.
fn same_items(name: &str, a: &Side, b: &Side) -> Result<(), Error> {
    let (left, right): (BTreeSet<&String>, BTreeSet<&String>) =
        (a.ids.iter().collect(), b.ids.iter().collect());
    if left == right {
        return Ok(());
    }
    let only = |one: &BTreeSet<&String>, other: &BTreeSet<&String>| one.difference(other).count();
    let example = left.symmetric_difference(&right).next();
    Err(Error::Usage {
        message: format!(
            "{name}: the two evaluations are not about the same items: {} are only in the first, {} only in the second, such as {}",
            only(&left, &right),
            only(&right, &left),
            example.map_or("", |id| id.as_str())
        ),
        hint: "measure both on the same file with the same `--limit`".into(),
    })
}

fn task(one: &TaskResult, two: &TaskResult, a: &Side, b: &Side) -> Result<TaskComparison, Error> {
    // The second's items in the order of the first.
    let places: BTreeMap<&String, usize> = b.ids.iter().zip(0..).collect();
    let order: Vec<usize> = a
        .ids
        .iter()
        .filter_map(|id| places.get(id).copied())
        .collect();
    let pick = |values: &[f64]| -> Vec<f64> { order.iter().map(|at| values[*at]).collect() };
    let single = a.samples == 1 && b.samples == 1;
    let voted = |side: &Side| -> Option<Vec<bool>> {
        // One reply is its own majority.
        if side.samples == 1 {
            return Some(side.first.clone());
        }
        side.majority.iter().copied().collect()
    };
    let (paired_by, left, right) = match (voted(a), voted(b)) {
        _ if single => ("reply", a.first.clone(), b.first.clone()),
        (Some(left), Some(right)) => ("majority", left, right),
        _ => ("first_reply", a.first.clone(), b.first.clone()),
    };
    let right: Vec<bool> = order.iter().map(|at| right[*at]).collect();
    let pairs = paired(&left, &right);
    let difference = if single {
        pairs.difference
    } else {
        let seed = derive_seed(0, "evaluate", "compare", 0);
        paired_means(&a.share, &pick(&b.share), seed)
    };
    let pass = |task: &TaskResult| {
        task.metrics
            .pass_at_1()
            .ok_or_else(|| Error::Internal(format!("{} has no pass@1", task.name)))
    };
    Ok(TaskComparison {
        name: one.name.clone(),
        items: a.ids.len() as u64,
        a: pass(one)?,
        b: pass(two)?,
        difference,
        paired_by: paired_by.to_owned(),
        pairs,
    })
}
