//! Settles what the comparison of answers leaves undecided, by a computer algebra system in the sandbox.
//!
//! Each pair is one run of a fixed Python program in a child process with the sandbox's limits. The answers reach it as
//! string literals and are parsed there, never evaluated: `sympy.py` builds sympy's objects from a syntax tree, node by
//! listed node; `math_verify.py` hands them to math-verify. What fails or takes too long stays undecided.

use std::sync::atomic::AtomicBool;

use caco_answer::{Explained, Outcome};
use caco_sandbox::{Sandbox, Status};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::context::Executor;

/// What settles undecided pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// Nothing: undecided pairs stay undecided.
    #[default]
    None,
    /// sympy, which the private environment has.
    Sympy,
    /// math-verify with its parser of LaTeX; the package has to be installed.
    #[serde(alias = "math-verify")]
    MathVerify,
}

impl Fallback {
    /// The name, as in configurations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sympy => "sympy",
            Self::MathVerify => "math_verify",
        }
    }

    /// The module that it needs, and the package to install for it.
    const fn module(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::None => None,
            Self::Sympy => Some(("sympy", "sympy")),
            Self::MathVerify => Some(("math_verify", MATH_VERIFY_PACKAGE)),
        }
    }

    /// The modules that an interpreter for it should have imported before the first pair.
    #[must_use]
    pub fn preload(self) -> Vec<String> {
        self.module()
            .iter()
            .map(|(module, _)| (*module).to_owned())
            .collect()
    }
}

/// The tier of what a referee settles, beside those of [`caco_answer::Tier`].
pub const TIER: &str = "fallback";

/// The package behind [`Fallback::MathVerify`], as a pip requirement.
pub const MATH_VERIFY_PACKAGE: &str = "math-verify==0.9.0";

/// A pair of answers, and how each was read (see [`Explained`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The reference.
    pub gold: &'a str,
    /// The candidate.
    pub pred: &'a str,
    /// The reference in plain notation, where it was understood.
    pub gold_parsed: Option<&'a str>,
    /// The candidate in plain notation, where it was understood.
    pub pred_parsed: Option<&'a str>,
}

impl<'a> Pair<'a> {
    /// A pair with what an explained comparison says of it.
    #[must_use]
    pub fn new(gold: &'a str, pred: &'a str, explained: &'a Explained) -> Self {
        Self {
            gold,
            pred,
            gold_parsed: explained.gold_parsed.as_deref(),
            pred_parsed: explained.pred_parsed.as_deref(),
        }
    }
}

/// What the referee says of a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ruling {
    /// Equal, different, or still undecided.
    pub outcome: Outcome,
    /// One short sentence for people, with the name of what settled it.
    pub reason: String,
}

/// A sandbox with a computer algebra system that settles pairs.
#[derive(Debug)]
pub struct Referee {
    sandbox: Sandbox,
    fallback: Fallback,
}

impl Referee {
    /// Takes a sandbox and sees that its interpreter has the package.
    ///
    /// # Errors
    /// [`Error::Python`] where the package is missing, with what to do about it; failures of the sandbox.
    pub fn new(sandbox: Sandbox, fallback: Fallback, stop: &AtomicBool) -> Result<Self, Error> {
        probe(&sandbox, fallback, stop)?;
        Ok(Self { sandbox, fallback })
    }

    /// Settles pairs, on all workers of the sandbox; rulings come in the order of the pairs.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once `stop` is set; failures of the machine. What an answer does is never an error.
    pub fn settle(&self, pairs: &[Pair<'_>], stop: &AtomicBool) -> Result<Vec<Ruling>, Error> {
        settle(&self.sandbox, self.fallback, pairs, stop)
    }
}

/// Sees that an interpreter has the package that a fallback needs.
pub(crate) fn probe(
    executor: &dyn Executor,
    fallback: Fallback,
    stop: &AtomicBool,
) -> Result<(), Error> {
    let Some((module, package)) = fallback.module() else {
        return Ok(());
    };
    let program = format!("import sympy\nimport {module}\ninput = {{}}\noutput = 1\n");
    let outcomes = executor.run(&[&program], &|_| {}, stop)?;
    match outcomes.first() {
        Some(outcome) if outcome.status == Status::Ok => Ok(()),
        outcome => Err(Error::Python {
            message: format!(
                "the fallback {} needs the Python package `{module}`, which cannot be imported{}",
                fallback.as_str(),
                outcome
                    .and_then(|outcome| outcome.error_message.as_deref())
                    .map_or_else(String::new, |message| format!(" ({message})"))
            ),
            hint: format!(
                "add {package} to `execute.python`, or install it for the Python that --python names, or use another fallback"
            ),
        }),
    }
}

/// Settles pairs on an executor.
pub(crate) fn settle(
    executor: &dyn Executor,
    fallback: Fallback,
    pairs: &[Pair<'_>],
    stop: &AtomicBool,
) -> Result<Vec<Ruling>, Error> {
    if fallback == Fallback::None || pairs.is_empty() {
        return Ok(Vec::new());
    }
    let programs = pairs
        .iter()
        .map(|pair| program(fallback, pair))
        .collect::<Result<Vec<String>, Error>>()?;
    let programs: Vec<&str> = programs.iter().map(String::as_str).collect();
    let outcomes = executor.run(&programs, &|_| {}, stop)?;
    Ok(outcomes
        .iter()
        .map(|outcome| ruling(fallback, outcome))
        .collect())
}

/// The program for one pair: the answers as string literals in front of the fixed text.
fn program(fallback: Fallback, pair: &Pair<'_>) -> Result<String, Error> {
    // A string of JSON without escaped surrogates, which serde_json does not write, is a literal of Python too.
    let literal = |text: Option<&str>| {
        serde_json::to_string(text.unwrap_or_default())
            .map_err(|error| Error::Internal(format!("an answer as a literal: {error}")))
    };
    let text = match fallback {
        Fallback::MathVerify => include_str!("referee/math_verify.py"),
        Fallback::Sympy | Fallback::None => include_str!("referee/sympy.py"),
    };
    Ok(format!(
        "input = {{\"gold\": [{}, {}], \"pred\": [{}, {}]}}\n{text}",
        literal(Some(pair.gold))?,
        literal(pair.gold_parsed)?,
        literal(Some(pair.pred))?,
        literal(pair.pred_parsed)?
    ))
}

/// What the outcome of a program says.
fn ruling(fallback: Fallback, outcome: &caco_sandbox::Outcome) -> Ruling {
    let said: Option<(String, String)> = outcome
        .output
        .as_ref()
        .filter(|_| outcome.status == Status::Ok)
        .and_then(|output| serde_json::from_value(output.clone()).ok());
    let (outcome, reason) = match said {
        Some((verdict, reason)) => {
            let outcome = match verdict.as_str() {
                "equal" => Outcome::Equal,
                "different" => Outcome::Different,
                _ => Outcome::Undecided,
            };
            (outcome, reason)
        }
        None => {
            let class = outcome.error_class.as_deref().unwrap_or("no result");
            let reason = match outcome.status {
                Status::Timeout => "it takes too long".to_owned(),
                Status::Memory => "it takes too much memory".to_owned(),
                _ => format!("it fails ({class})"),
            };
            (Outcome::Undecided, reason)
        }
    };
    let reason = format!("{}: {reason}", fallback.as_str());
    Ruling { outcome, reason }
}
