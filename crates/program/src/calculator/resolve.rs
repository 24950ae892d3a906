//! Links the numbers of each equation with the question's numbers and with earlier steps.

use std::collections::BTreeSet;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{ToPrimitive as _, Zero as _};

use super::expr::{self, Expr, Op, Rounding, Source};
use super::steps::Equation;
use crate::quantities::Mention;

/// How results that the solution rounds are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// Keep the exact value; round up or down only where the solution visibly does.
    Exact,
    /// Round every result as the solution does.
    AsStated,
}

/// A step of the program.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) expr: Expr,
    /// Index of the equation that it comes from.
    pub(super) equation: usize,
    /// The value that the program computes.
    pub(super) value: BigRational,
    /// The value that the solution states, by which later equations refer to it.
    stated: BigRational,
    used: bool,
}

/// The steps that lead to `target`, with numbers resolved.
pub(super) struct Resolver<'a> {
    question: &'a str,
    mentions: &'a [Mention],
    pub(super) steps: Vec<Step>,
    taken: BTreeSet<usize>,
    policy: Policy,
}

/// Numbers that are facts of the world rather than results that somebody forgot to mark.
const FACTS: &[u32] = &[
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 20, 24, 25, 28, 30, 31, 36, 50, 52, 60, 90, 100, 180,
    360, 365, 1000, 3600,
];

impl<'a> Resolver<'a> {
    pub(super) fn new(question: &'a str, mentions: &'a [Mention], policy: Policy) -> Self {
        Self {
            question,
            mentions,
            steps: Vec::new(),
            taken: BTreeSet::new(),
            policy,
        }
    }

    /// Appends the step of an equation; equations without arithmetic make none.
    pub(super) fn add(&mut self, index: usize, equation: &Equation) {
        if equation.expr.operations() == 0 || self.steps.iter().any(|s| self.repeats(s, equation)) {
            return;
        }
        let mut resolved = equation.expr.clone();
        resolved.map_numbers(&mut |value| self.source(value));
        self.push(resolved, index, &equation.stated, equation.decimals);
    }

    /// A mark that only repeats the text equation beside it.
    fn repeats(&self, step: &Step, equation: &Equation) -> bool {
        let same = step.stated == equation.stated && !equation.mark;
        same && equation
            .expr
            .exact(&|_| None)
            .is_some_and(|v| v == step.value)
    }

    fn push(&mut self, mut resolved: Expr, equation: usize, stated: &BigRational, decimals: u32) {
        let Some(mut value) = self.exact(&resolved) else {
            return;
        };
        if value != *stated
            && let Some((adjusted, new)) = self.adjusted(&resolved, &value, stated, decimals)
        {
            resolved = adjusted;
            value = new;
        }
        self.steps.push(Step {
            expr: resolved,
            equation,
            value,
            stated: stated.clone(),
            used: false,
        });
    }

    /// Appends a step that no equation states, named after `equation`.
    pub(super) fn push_plain(&mut self, resolved: Expr, equation: usize) {
        if let Some(value) = self.exact(&resolved) {
            self.push(resolved, equation, &value, 0);
        }
    }

    /// The expression with the rounding or scaling that leads from its value to the stated one.
    fn adjusted(
        &self,
        resolved: &Expr,
        value: &BigRational,
        stated: &BigRational,
        decimals: u32,
    ) -> Option<(Expr, BigRational)> {
        let rounded = expr::round(value, decimals) == *stated;
        let wrap = |how| {
            Some((
                Expr::Rounded(how, Box::new(resolved.clone())),
                stated.clone(),
            ))
        };
        if rounded {
            return match self.policy {
                Policy::AsStated => wrap(Rounding::Digits(decimals)),
                Policy::Exact => None,
            };
        }
        if value.ceil() == *stated {
            return wrap(Rounding::Up);
        }
        if value.floor() == *stated {
            return wrap(Rounding::Down);
        }
        let hundred = BigRational::from_integer(100.into());
        for (op, scaled) in [(Op::Mul, value * &hundred), (Op::Div, value / &hundred)] {
            if scaled == *stated {
                return Some((
                    Expr::Binary(
                        op,
                        Box::new(resolved.clone()),
                        Box::new(Expr::Number(hundred)),
                    ),
                    scaled,
                ));
            }
        }
        None
    }

    fn exact(&self, expr: &Expr) -> Option<BigRational> {
        expr.exact(&|source| self.value(source))
    }

    /// The value behind a source.
    pub(super) fn value(&self, source: Source) -> Option<BigRational> {
        match source {
            Source::Input(at) => self.mentions.get(at).map(|m| m.value.clone()),
            Source::Step(at) => self.steps.get(at).map(|s| s.value.clone()),
        }
    }

    /// What a number of an equation stands for; `None` leaves it as a constant.
    fn source(&mut self, value: &BigRational) -> Option<Expr> {
        if let Some(at) = self
            .steps
            .iter()
            .rposition(|s| !s.used && s.stated == *value)
        {
            return Some(self.step(at));
        }
        if let Some(found) = self.input(value) {
            return Some(found);
        }
        if let Some(at) = self
            .steps
            .iter()
            .rposition(|s| s.stated == *value || s.value == *value)
        {
            return Some(self.step(at));
        }
        if let Some(found) = self.rounded_step(value) {
            return Some(found);
        }
        // A share or a fact is no result.
        let fact = value
            .to_integer()
            .to_u32()
            .is_none_or(|v| FACTS.contains(&v));
        if !value.is_integer() || fact {
            return None;
        }
        self.implied(value)
    }

    fn step(&mut self, at: usize) -> Expr {
        if let Some(step) = self.steps.get_mut(at) {
            step.used = true;
        }
        Expr::Name(Source::Step(at))
    }

    /// The question's number of this value: one that is not taken yet, or else the first.
    fn input(&mut self, value: &BigRational) -> Option<Expr> {
        let fits = |m: &Mention| {
            is_input(self.question, m)
                && (m.value == *value || is_percent(self.question, m) && m.also.contains(value))
        };
        let candidates: Vec<usize> = self
            .mentions
            .iter()
            .enumerate()
            .filter(|(_, m)| fits(m))
            .map(|(at, _)| at)
            .collect();
        let at = candidates
            .iter()
            .find(|at| !self.taken.contains(at))
            .or(candidates.first())
            .copied()?;
        self.taken.insert(at);
        let name = Expr::Name(Source::Input(at));
        let whole = self.mentions.get(at).is_some_and(|m| m.value == *value);
        Some(match whole {
            true => name,
            false => Expr::Binary(
                Op::Div,
                Box::new(name),
                Box::new(Expr::Number(BigRational::from_integer(100.into()))),
            ),
        })
    }

    /// A whole number that is an earlier broken result, rounded up or down in words.
    fn rounded_step(&mut self, value: &BigRational) -> Option<Expr> {
        if !value.is_integer() {
            return None;
        }
        let at = self.steps.iter().rposition(|s| {
            !s.value.is_integer() && (s.value.ceil() == *value || s.value.floor() == *value)
        })?;
        let how = match self.steps.get(at).map(|s| s.value.ceil() == *value) {
            Some(true) => Rounding::Up,
            _ => Rounding::Down,
        };
        Some(Expr::Rounded(how, Box::new(self.step(at))))
    }

    /// A number that nobody states: the sum, product, difference or quotient of two known ones, one of them a step.
    fn implied(&mut self, value: &BigRational) -> Option<Expr> {
        let steps: Vec<Source> = (0..self.steps.len()).rev().map(Source::Step).collect();
        let inputs = self
            .mentions
            .iter()
            .enumerate()
            .filter(|(_, m)| is_input(self.question, m))
            .map(|(at, _)| Source::Input(at));
        let known: Vec<Source> = steps.iter().copied().chain(inputs).take(40).collect();
        for op in [Op::Add, Op::Sub, Op::Mul, Op::Div] {
            for &left in &known {
                for &right in &known {
                    let linked =
                        matches!(left, Source::Step(_)) || matches!(right, Source::Step(_));
                    if left == right || !linked {
                        continue;
                    }
                    let candidate =
                        Expr::Binary(op, Box::new(Expr::Name(left)), Box::new(Expr::Name(right)));
                    let trivial = self
                        .value(right)
                        .is_none_or(|v| v.is_zero() || v == BigRational::from_integer(1.into()));
                    if !trivial && self.exact(&candidate).as_ref() == Some(value) {
                        for source in [left, right] {
                            match source {
                                Source::Step(at) => drop(self.step(at)),
                                Source::Input(at) => drop(self.taken.insert(at)),
                            }
                        }
                        return Some(candidate);
                    }
                }
            }
        }
        None
    }

    /// The answer as one more operation on the last step and a known number, where no equation states it.
    pub(super) fn implied_answer(&mut self, answer: &BigRational) -> Option<Expr> {
        let last = self.steps.len().checked_sub(1)?;
        let value = self.value(Source::Step(last))?;
        let name = || Box::new(Expr::Name(Source::Step(last)));
        if !value.is_integer() && (value.ceil() == *answer || value.floor() == *answer) {
            let how = if value.ceil() == *answer {
                Rounding::Up
            } else {
                Rounding::Down
            };
            return Some(Expr::Rounded(how, name()));
        }
        for scale in [100u32, 60] {
            let scale = BigRational::from_integer(BigInt::from(scale));
            if &value * &scale == *answer {
                return Some(Expr::Binary(Op::Mul, name(), Box::new(Expr::Number(scale))));
            }
        }
        None
    }

    /// The steps that the last one needs, in order, itself last.
    pub(super) fn needed(&self) -> Vec<usize> {
        let mut needed = BTreeSet::new();
        let mut open: Vec<usize> = self.steps.len().checked_sub(1).into_iter().collect();
        while let Some(at) = open.pop() {
            if needed.insert(at)
                && let Some(step) = self.steps.get(at)
            {
                step.expr.each_name(&mut |source| {
                    if let Source::Step(before) = source {
                        open.push(before);
                    }
                });
            }
        }
        needed.into_iter().collect()
    }
}

/// Whether a mention is a quantity of its own (digits or a cardinal), not a way to say half, twice or first.
fn is_input(question: &str, mention: &Mention) -> bool {
    let text = question.get(mention.start..mention.end).unwrap_or_default();
    let ordinal = ["st", "nd", "rd", "th"]
        .iter()
        .any(|end| text.len() > end.len() && text.ends_with(end));
    let digits = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let cardinal = || {
        let last = text
            .rsplit(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let relation = [
            "half", "halves", "third", "thirds", "quarter", "quarters", "fourth", "fourths",
            "once", "twice", "thrice", "single", "double", "triple", "first", "second", "both",
            "pair", "couple", "none", "one",
        ];
        !(relation.contains(&last.as_str())
            || last.ends_with("th")
            || last.ends_with("ths")
            || last.ends_with("ed")
            || last.ends_with("fold")
            || last.ends_with("ing"))
    };
    let one_of = mention.part && mention.value == BigRational::from_integer(1.into());
    !one_of
        && mention.value > BigRational::zero()
        && expr::number(&mention.value).bytes().all(|b| b != b'/')
        && !(digits && ordinal)
        && (digits || cardinal())
}

fn is_percent(question: &str, mention: &Mention) -> bool {
    let text = question.get(mention.start..mention.end).unwrap_or_default();
    let after = question.get(mention.end..).unwrap_or_default().trim_start();
    text.ends_with('%') || after.starts_with("percent") || after.starts_with("per cent")
}
