//! New programs out of known ones: an operation changed, constants moved, a step added, two programs joined.
//!
//! What comes out is source text that parses, keeps the contract and, mostly, runs: operands are looked at before an
//! operator is changed, a step fits the type of the output it works on, and a program is joined to another only where the
//! output of the first can stand for an input of the second. Whether it does run, and whether it means anything, the
//! stages after tell, as of every sampled program.

mod change;
mod join;
mod names;
mod step;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::chance::Chance;
use crate::parse::module;

/// How a program was made of others. The snake_case name is stable: it is written into rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// One operator, or one function, became another of its kind.
    ChangeOperation,
    /// Constants of the code, or where it has none the values of the input, became others nearby.
    PerturbConstants,
    /// A step was added that works on the result, with an input of its own.
    Deepen,
    /// The output of one program became an input of another.
    Compose,
}

impl Operator {
    /// All of them, in a fixed order.
    pub const ALL: [Self; 4] = [
        Self::ChangeOperation,
        Self::PerturbConstants,
        Self::Deepen,
        Self::Compose,
    ];

    /// The stable name, as in rows and configurations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChangeOperation => "change_operation",
            Self::PerturbConstants => "perturb_constants",
            Self::Deepen => "deepen",
            Self::Compose => "compose",
        }
    }
}

/// A program that others are made of.
#[derive(Debug, Clone, Copy)]
pub struct Parent<'a> {
    /// Its identity, for the ancestry.
    pub id: &'a str,
    /// Its text.
    pub source: &'a str,
    /// Its output in the sandbox's typed JSON.
    pub output: &'a Json,
}

/// Where a program comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ancestry {
    /// The identities of its parents, in the order in which they take part.
    pub parents: Vec<String>,
    /// How it was made.
    pub operator: Operator,
    /// The seed of the choices.
    pub seed: u64,
    /// What was done, for people.
    pub detail: String,
}

/// A new program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offspring {
    /// Its text.
    pub program: String,
    /// Where it comes from.
    pub ancestry: Ancestry,
}

/// Why nothing was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operator}: {why}", operator = operator.as_str())]
pub struct NotApplicable {
    /// What was tried.
    pub operator: Operator,
    /// What is in the way.
    pub why: String,
}

/// Applies `operator` to the first of `parents`; [`Operator::Compose`] takes the second as well. Choices are drawn from
/// `seed` and the parents' identities, so equal arguments give equal programs on every machine.
///
/// # Errors
/// [`NotApplicable`] where the programs offer no place for it.
pub fn offspring(
    parents: &[Parent<'_>],
    operator: Operator,
    seed: u64,
) -> Result<Offspring, NotApplicable> {
    let refuse = |why: &str| NotApplicable {
        operator,
        why: why.to_owned(),
    };
    let first = parents.first().ok_or_else(|| refuse("no parent"))?;
    let ids: Vec<String> = parents
        .iter()
        .take(if operator == Operator::Compose { 2 } else { 1 })
        .map(|parent| parent.id.to_owned())
        .collect();
    let mut chance = Chance::new(seed, &ids.join("\n"), operator.as_str(), 0);
    let made = match operator {
        Operator::ChangeOperation => change::operation(first, &mut chance),
        Operator::PerturbConstants => change::perturb(first, &mut chance),
        Operator::Deepen => step::add(first, &mut chance),
        Operator::Compose => match parents.get(1) {
            Some(second) => join::join(first, second, &mut chance),
            None => Err("a second parent is needed".into()),
        },
    };
    let (program, detail) = made.map_err(|why| refuse(&why))?;
    // Whatever the edits were, what comes out is a program.
    module(&program)
        .map_err(|problem| refuse(&format!("the new text does not parse: {problem}")))?;
    if program == first.source {
        return Err(refuse("nothing changed"));
    }
    Ok(Offspring {
        program,
        ancestry: Ancestry {
            parents: ids,
            operator,
            seed,
            detail,
        },
    })
}

/// A text and what was done to it, or what is in the way.
pub(crate) type Made = Result<(String, String), String>;
