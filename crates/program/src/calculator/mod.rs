//! Turns the calculator marks of a GSM8K solution into a program of the contract.
//!
//! Each mark `<<48/2=24>>` is a step. A number in it that the question mentions becomes an input, named after the words
//! around it; a number that an earlier step came to becomes that step's name; anything else stays a constant. Where the
//! marks do not reach the answer, plain arithmetic of the text (`8 * 5% = 40%`) is read as well. Only the steps that the
//! answer needs are written.

mod expr;
mod naming;
mod resolve;
mod steps;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use num_rational::BigRational;
use serde::Serialize;

use crate::quantities::{self, Mention, decimal};
use expr::{Expr, Python, Rounding, Source};
use naming::Names;
use resolve::{Policy, Resolver};
use steps::Equation;

/// Longest question or solution that is read, in bytes.
const MAX_TEXT: usize = 20_000;

/// Why a solution could not be turned into a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConvertReason {
    /// The question or the solution is too long.
    TooLong,
    /// The given answer is not a number.
    AnswerNotNumeric,
    /// The solution holds no arithmetic that can be read.
    NoEquation,
    /// No equation comes to the answer (it is solved by algebra or by words).
    AnswerNotReached,
    /// The steps that lead to the answer, computed anew, come to something else.
    ValueDiffers,
    /// No number of the question takes part in the steps.
    #[serde(rename = "no_quantity_used")]
    NoInput,
}

impl ConvertReason {
    /// The stable name, as in rows and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::AnswerNotNumeric => "answer_not_numeric",
            Self::NoEquation => "no_equation",
            Self::AnswerNotReached => "answer_not_reached",
            Self::ValueDiffers => "value_differs",
            Self::NoInput => "no_quantity_used",
        }
    }
}

impl std::fmt::Display for ConvertReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a solution could not be turned into a program, with what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct ConvertProblem {
    /// The reason's stable name.
    pub reason: ConvertReason,
    /// What was found, for people.
    pub detail: String,
}

fn problem(reason: ConvertReason, detail: impl Into<String>) -> ConvertProblem {
    ConvertProblem {
        reason,
        detail: detail.into(),
    }
}

/// Writes the program of a solution with calculator marks.
///
/// The program follows the contract, has at least six code lines, uses every input, and its `output` equals `answer`
/// numerically: the steps are computed here both exactly and as Python's numbers before anything is returned.
///
/// # Errors
/// A [`ConvertProblem`] with its reason; see [`ConvertReason`].
pub fn convert(question: &str, solution: &str, answer: &str) -> Result<String, ConvertProblem> {
    if question.len() > MAX_TEXT || solution.len() > MAX_TEXT {
        return Err(problem(
            ConvertReason::TooLong,
            format!("more than {MAX_TEXT} bytes"),
        ));
    }
    let value =
        decimal(answer.trim().trim_start_matches('$').trim_end_matches('%')).ok_or_else(|| {
            problem(
                ConvertReason::AnswerNotNumeric,
                format!("answer {answer:?}"),
            )
        })?;
    let equations = steps::of(solution);
    if equations.is_empty() {
        return Err(problem(
            ConvertReason::NoEquation,
            "neither a calculator mark nor plain arithmetic",
        ));
    }
    let mentions = quantities::mentions(question);
    let task = Task {
        question,
        mentions: &mentions,
        equations: &equations,
        answer: &value,
    };
    let mut met = problem(
        ConvertReason::AnswerNotReached,
        format!("no equation comes to {}", expr::number(&value)),
    );
    // From the most faithful reading to the least.
    for policy in [Policy::Exact, Policy::AsStated] {
        for target in task.targets() {
            match task.program(policy, target) {
                Ok(program) => return Ok(program),
                Err(worse) => met = worse,
            }
        }
    }
    for policy in [Policy::Exact, Policy::AsStated] {
        if let Some(found) = task.implied(policy) {
            return Ok(found);
        }
    }
    Err(met)
}

struct Task<'a> {
    question: &'a str,
    mentions: &'a [Mention],
    equations: &'a [Equation],
    answer: &'a BigRational,
}

impl<'a> Task<'a> {
    /// Equations that come to the answer, the last first; marks before plain text.
    fn targets(&self) -> Vec<usize> {
        let hits = |mark: bool| {
            self.equations
                .iter()
                .enumerate()
                .rev()
                .filter(move |(_, e)| {
                    e.mark == mark && e.expr.operations() > 0 && e.stated == *self.answer
                })
                .map(|(at, _)| at)
        };
        hits(true).chain(hits(false)).collect()
    }

    /// The steps up to `last`.
    fn resolve(&self, policy: Policy, last: usize) -> Resolver<'a> {
        let mut resolver = Resolver::new(self.question, self.mentions, policy);
        for (at, equation) in self.equations.iter().enumerate().take(last + 1) {
            resolver.add(at, equation);
        }
        resolver
    }

    fn program(&self, policy: Policy, target: usize) -> Result<String, ConvertProblem> {
        self.write(self.resolve(policy, target))
    }

    /// The program whose answer is one operation beyond the last equation.
    fn implied(&self, policy: Policy) -> Option<String> {
        for last in (0..self.equations.len()).rev().take(2) {
            let mut resolver = self.resolve(policy, last);
            if let Some(answer) = resolver.implied_answer(self.answer) {
                resolver.push_plain(answer, last);
                if let Ok(program) = self.write(resolver) {
                    return Some(program);
                }
            }
        }
        None
    }

    fn write(&self, mut resolver: Resolver<'a>) -> Result<String, ConvertProblem> {
        let needed = resolver.needed();
        let Some((&last, before)) = needed.split_last() else {
            return Err(problem(ConvertReason::NoEquation, "no step"));
        };
        let reached = resolver.steps.get(last).map(|s| s.value.clone());
        if reached.as_ref() != Some(self.answer) {
            let shown = reached.map_or_else(|| "nothing".to_owned(), |v| expr::number(&v));
            return Err(problem(
                ConvertReason::ValueDiffers,
                format!(
                    "the steps come to {shown}, the answer is {}",
                    expr::number(self.answer)
                ),
            ));
        }
        if self
            .python(&resolver, &needed)
            .and_then(|v| v.exact())
            .as_ref()
            != Some(self.answer)
        {
            // Floats leave a trace (0.1 * 3): round where the answer ends.
            let digits = expr::number(self.answer)
                .split_once('.')
                .map_or(0, |(_, d)| d.len());
            if let (Some(step), Ok(digits)) = (resolver.steps.get_mut(last), u32::try_from(digits))
            {
                step.expr = Expr::Rounded(Rounding::Digits(digits), Box::new(step.expr.clone()));
            }
        }
        let inputs = self.inputs(&resolver, &needed);
        if inputs.is_empty() {
            return Err(problem(
                ConvertReason::NoInput,
                "no number of the question takes part in the steps",
            ));
        }
        Ok(self.print(&resolver, before, last, &inputs))
    }

    fn python(&self, resolver: &Resolver<'_>, needed: &[usize]) -> Option<Python> {
        let mut values: BTreeMap<usize, Python> = BTreeMap::new();
        let mut last = None;
        for at in needed {
            let value = resolver
                .steps
                .get(*at)?
                .expr
                .python(&|source| match source {
                    Source::Input(at) => self.mentions.get(at).and_then(|m| Python::of(&m.value)),
                    Source::Step(at) => values.get(&at).cloned(),
                })?;
            values.insert(*at, value.clone());
            last = Some(value);
        }
        last
    }

    /// Names of the inputs that the steps use, by mention, in order of the question.
    fn inputs(&self, resolver: &Resolver<'_>, needed: &[usize]) -> BTreeMap<usize, String> {
        let mut used = BTreeMap::new();
        for step in needed.iter().filter_map(|at| resolver.steps.get(*at)) {
            step.expr.each_name(&mut |source| {
                if let Source::Input(at) = source {
                    used.insert(at, String::new());
                }
            });
        }
        used
    }

    fn print(
        &self,
        resolver: &Resolver<'_>,
        before: &[usize],
        last: usize,
        inputs: &BTreeMap<usize, String>,
    ) -> String {
        let mut names = Names::default();
        let mut inputs = inputs.clone();
        for (at, name) in &mut inputs {
            if let Some(mention) = self.mentions.get(*at) {
                let text = |from: usize, to: usize| self.question.get(from..to).unwrap_or_default();
                let candidates = naming::of_input(
                    text(0, mention.start),
                    text(mention.start, mention.end),
                    text(mention.end, self.question.len()),
                );
                *name = names.choose(&candidates, "quantity");
            }
        }
        let mut named: BTreeMap<usize, String> = BTreeMap::new();
        let mut name_step = |at: usize| {
            let equation = resolver
                .steps
                .get(at)
                .and_then(|s| self.equations.get(s.equation));
            let candidates = equation
                .map(|e| naming::of_step(&e.before, &e.after))
                .unwrap_or_default();
            let name = names.choose(&candidates, "result");
            named.insert(at, name);
        };
        before.iter().for_each(|at| name_step(*at));
        // A single step gets a name too, so that the program has six code lines.
        if before.is_empty() {
            name_step(last);
        }
        let spelt = |source: Source| match source {
            Source::Input(at) => inputs.get(&at).cloned().unwrap_or_default(),
            Source::Step(at) => named.get(&at).cloned().unwrap_or_default(),
        };
        let line = |at: usize| {
            resolver
                .steps
                .get(at)
                .map(|s| s.expr.print(&spelt))
                .unwrap_or_default()
        };

        let mut body = String::new();
        for at in named.keys() {
            let _ = writeln!(body, "    {} = {}", spelt(Source::Step(*at)), line(*at));
        }
        let result = if named.contains_key(&last) {
            spelt(Source::Step(last))
        } else {
            line(last)
        };
        let _ = writeln!(body, "    return {result}");

        let keys: Vec<String> = inputs
            .iter()
            .map(|(at, name)| {
                format!(
                    "\"{name}\": {}",
                    self.mentions
                        .get(*at)
                        .map(|m| expr::number(&m.value))
                        .unwrap_or_default()
                )
            })
            .collect();
        let parameters: Vec<&str> = inputs.values().map(String::as_str).collect();
        let import = if body.contains("math.") {
            "import math\n\n"
        } else {
            ""
        };
        format!(
            "{import}input = {{{}}}\n\ndef solve({}):\n{body}\noutput = solve(**input)\nprint(output)\n",
            keys.join(", "),
            parameters.join(", ")
        )
    }
}

#[cfg(test)]
mod tests;
