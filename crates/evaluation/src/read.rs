//! Rows of the published files.

mod arithmetic;
mod mathematics;
mod programming;

use std::collections::BTreeMap;

use caco_answer::{How, Policy};
use serde_json::Value;

use crate::fields::{Fields, Odd};
use crate::item::{Check, Draft, Read};
use crate::task::Task;

impl Task {
    /// Reads one row of the benchmark's file, under the field names that its published files have.
    ///
    /// # Errors
    /// [`Odd`] where a field is missing or is not what it should be.
    pub fn read(self, row: &Value) -> Result<Read, Odd> {
        let fields = Fields::of(row)?;
        match self {
            Self::Gsm8k => arithmetic::gsm8k(fields),
            Self::Svamp => arithmetic::svamp(fields),
            Self::Asdiv => arithmetic::asdiv(fields),
            Self::Mawps => arithmetic::mawps(fields),
            Self::Math | Self::Math500 => mathematics::math(fields),
            Self::CollegeMath => mathematics::college(fields),
            Self::DeepmindMathematics => mathematics::deepmind(fields),
            Self::OlympiadBench => mathematics::olympiad(fields),
            Self::TheoremQa => mathematics::theorem(fields),
            Self::Aime => mathematics::aime(fields),
            Self::Mbpp => programming::mbpp(fields),
            Self::HumanEval => programming::humaneval(fields),
        }
    }
}

/// The names under which files keep an id of their own.
const IDS: [&str; 7] = [
    "id",
    "ID",
    "unique_id",
    "task_id",
    "question_id",
    "problem_id",
    "idx",
];

/// A problem whose answer is compared.
fn problem(
    fields: Fields<'_>,
    question: String,
    text: String,
    policy: Policy,
    groups: &[(&str, &[&'static str])],
) -> Result<Read, Odd> {
    draft(fields, question, Check::Answer { text, policy }, groups)
}

fn draft(
    fields: Fields<'_>,
    question: String,
    check: Check,
    groups: &[(&str, &[&'static str])],
) -> Result<Read, Odd> {
    let mut found = BTreeMap::new();
    for (name, keys) in groups {
        // A group is a courtesy: what cannot be one is none.
        if let Ok(Some(value)) = fields.text(keys) {
            found.insert((*name).to_owned(), value);
        }
    }
    Ok(Read::Item(Box::new(Draft {
        source_id: fields.text(&IDS).unwrap_or_default(),
        question,
        check,
        groups: found,
    })))
}

/// The answer of its own field, else what the solution puts in a box.
fn answer_or_box(
    fields: Fields<'_>,
    answer: &[&'static str],
    solution: &[&'static str],
) -> Result<String, Odd> {
    if let Some(answer) = fields.text(answer)? {
        return Ok(answer);
    }
    let Some(solution_text) = fields.text(solution)? else {
        return Err(fields.missing(answer));
    };
    match caco_answer::final_answer(&solution_text) {
        Ok(found) if found.how == How::Boxed => Ok(found.text),
        _ => Err(Odd::new(
            format!(
                "there is no `{}`, and `{}` has no \\boxed{{}}",
                answer.join("` or `"),
                solution.join("` or `")
            ),
            format!("add the final answer as `{}`", answer[0]),
        )),
    }
}

/// A formula without the dollars around it.
fn undollared(text: &str) -> &str {
    let inner = text
        .strip_prefix('$')
        .and_then(|text| text.strip_suffix('$'))
        .map(|text| text.trim_matches('$').trim());
    match inner {
        // `$1$ and $2$` keeps its own.
        Some(inner) if !inner.contains('$') && !inner.is_empty() => inner,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dollars_around_the_whole_are_taken_off() {
        for (text, expected) in [
            ("$x^2$", "x^2"),
            ("$$5$$", "5"),
            ("$1$ and $2$", "$1$ and $2$"),
            ("$12", "$12"),
            ("$", "$"),
        ] {
            assert_eq!(undollared(text), expected);
        }
    }
}
