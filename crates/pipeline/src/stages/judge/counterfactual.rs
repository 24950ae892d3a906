//! A problem that passed is told with the quantities of another input of its program, and solved again. A solver that came to
//! the first answer by luck, and words that leave out a rule which the first input does not need, do not come to the second.

use caco_program::quantities::{decimal, substitute};
use caco_record::{Row, Stage};
use serde_json::{Value, json};

use super::solver::{Again, Found, Solver};
use super::told;
use crate::Error;
use crate::config::{Counterfactual, Sampling};
use crate::stages::{json, pairs};

/// The first place of these questions among everything that the stage asks for a row.
const FIRST: u32 = 2_000_000;

/// A row's problem with other quantities.
struct Told {
    /// The row with that problem.
    row: Row,
    /// What the program gives for them.
    expected: String,
}

/// Everything that decides this check.
pub(super) fn section(
    settings: &Counterfactual,
    sampling: &Sampling,
    solver: &Solver<'_>,
) -> Result<String, Error> {
    json(&(settings, sampling, solver.section()?))
}

/// Checks the rows that are still kept.
pub(super) fn go(
    settings: &Counterfactual,
    sampling: &Sampling,
    solver: &Solver<'_>,
    rows: &mut [Row],
) -> Result<(), Error> {
    // By the row's position in the shard: its problem told with other quantities.
    let mut all: Vec<(usize, Vec<Told>)> = Vec::new();
    for (place, row) in rows.iter_mut().enumerate() {
        // A seed's problem and answer are given.
        if !row.is_kept() || row.is_seed() {
            continue;
        }
        let (problems, why) = tell(row, settings.pairs);
        if problems.is_empty() {
            told(row, "counterfactual", json!({ "asked": 0, "untold": why }))?;
            if settings.required {
                row.reject(Stage::Judge, "counterfactual_untold", why);
            }
            continue;
        }
        let retold = problems.into_iter().map(|(problem, expected)| {
            let mut row = row.clone();
            row.problem = Some(problem);
            Told { row, expected }
        });
        all.push((place, retold.collect()));
    }
    let asked: Vec<Again<'_>> = all
        .iter()
        .flat_map(|(_, retold)| (FIRST..).zip(retold))
        .map(|(place, own)| Again {
            row: &own.row,
            place,
            expected: &own.expected,
        })
        .collect();
    let mut found = solver.solve(&asked, sampling)?.into_iter();
    for (place, retold) in &all {
        let cases: Vec<(&Told, Found)> = retold.iter().zip(&mut found).collect();
        settle(&mut rows[*place], &cases, settings.share)?;
    }
    Ok(())
}

/// The row's problem with other quantities, at most so many times, each with the program's answer; and why not, where none
/// can be told. Inputs with another answer come first: the same answer shows little.
fn tell(row: &Row, most: usize) -> (Vec<(String, String)>, String) {
    let mut why = "the program was tried on no other input".to_owned();
    let problem = row.problem.as_deref().unwrap_or_default();
    let input: Value =
        serde_json::from_str(row.input.as_deref().unwrap_or("null")).unwrap_or(Value::Null);
    let own = row.answer.as_deref().and_then(decimal);
    let mut pairs = pairs(row);
    // Quantities that give less than nothing, or a half of what comes whole, are none that the words were written for.
    pairs.retain(|pair| match (&own, decimal(&pair.text)) {
        (Some(own), Some(other)) => {
            let less = |answer: &str| answer.trim_start().starts_with('-');
            (less(row.answer.as_deref().unwrap_or_default()) || !less(&pair.text))
                && (!own.is_integer() || other.is_integer())
        }
        _ => true,
    });
    pairs.sort_by_key(|pair| Some(pair.text.as_str()) == row.answer.as_deref());
    let mut all: Vec<(String, String)> = Vec::new();
    for pair in pairs {
        if all.len() == most {
            break;
        }
        match substitute(problem, &input, &pair.input) {
            Ok(text) if text == problem => why = "another input changes no word".to_owned(),
            Ok(text) => all.push((text, pair.text)),
            Err(reason) => why = reason.to_string(),
        }
    }
    (all, why)
}

/// Records what became of a row's problems, and rejects it where too few answers agree.
fn settle(row: &mut Row, cases: &[(&Told, Found)], share: f64) -> Result<(), Error> {
    let agreed = cases.iter().filter(|(_, found)| found.agrees).count();
    let shown: Vec<Value> = cases
        .iter()
        .map(|(told, found)| {
            json!({
                "problem": told.row.problem, "program": told.expected, "agrees": found.agrees,
                "words": found.text.as_ref().ok(), "reason": found.text.as_ref().err().map(|(reason, _)| reason),
            })
        })
        .collect();
    let enough = agreed as f64 >= share * cases.len() as f64;
    told(
        row,
        "counterfactual",
        json!({ "asked": cases.len(), "agreed": agreed, "cases": shown }),
    )?;
    if enough {
        return Ok(());
    }
    let failed = cases.iter().find(|(_, found)| !found.agrees);
    let Some((told, found)) = failed else {
        return Ok(());
    };
    // What never came says nothing about the row.
    if let Some(detail) = cases.iter().find_map(|(_, found)| found.missing()) {
        row.quarantine(Stage::Judge, "no_reply", detail.to_owned());
        return Ok(());
    }
    let words = match &found.text {
        Ok(text) => text.clone(),
        Err((_, detail)) => detail.clone(),
    };
    let detail = format!(
        "told with other quantities, {agreed} of {} agree: the program answers {}, the words {words}: {}",
        cases.len(),
        told.expected,
        told.row.problem.as_deref().unwrap_or_default()
    );
    row.reject(Stage::Judge, "counterfactual_differs", detail);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use caco_record::ORIGIN_SAMPLE;

    fn row() -> Row {
        let mut row = Row::new("id".into(), ORIGIN_SAMPLE, 1, Stage::Judge);
        row.problem = Some("Ann has 3 bags of 4 pens. How many pens?".into());
        row.input = Some(r#"{"a": 3, "b": 4}"#.into());
        row.answer = Some("12".into());
        row
    }

    #[test]
    fn inputs_with_another_answer_are_told_first() {
        let mut row = row();
        row.pairs = Some(
            r#"[{"input": {"a": 4, "b": 3}, "output": 12, "text": "12"},
                {"input": {"a": 5, "b": 7}, "output": 35, "text": "35"}]"#
                .into(),
        );
        let (told, _) = tell(&row, 1);
        assert_eq!(
            told,
            [(
                "Ann has 5 bags of 7 pens. How many pens?".into(),
                "35".into()
            )]
        );
        assert_eq!(tell(&row, 5).0.len(), 2);
        row.problem = Some("Ann has 3 bags of 4 pens, 3 of them blue.".into());
        let (told, why) = tell(&row, 5);
        assert!(told.is_empty() && why.contains("stands 2 times"), "{why}");
        row.pairs = None;
        assert!(tell(&row, 5).1.contains("no other input"));
    }

    #[test]
    fn quantities_that_leave_less_than_nothing_are_not_told() {
        let mut row = row();
        row.pairs = Some(
            r#"[{"input": {"a": 5, "b": 7}, "output": -2, "text": "-2"},
                {"input": {"a": 6, "b": 8}, "output": 1.5, "text": "1.5"}]"#
                .into(),
        );
        assert!(tell(&row, 5).0.is_empty());
        row.answer = Some("-1.5".into());
        assert_eq!(tell(&row, 5).0.len(), 2);
    }

    #[test]
    fn too_few_agreeing_answers_reject_and_a_lost_reply_sets_aside() {
        let mut other = row();
        other.problem = Some("How many?".into());
        let told = Told {
            row: other,
            expected: "35".into(),
        };
        let case = |text: Result<&str, &str>, agrees| {
            let text = text
                .map(str::to_owned)
                .map_err(|r| (r.to_owned(), "why".to_owned()));
            (&told, Found { text, agrees })
        };
        for (cases, share, reason) in [
            (vec![case(Ok("35"), true)], 1.0, None),
            (
                vec![case(Ok("35"), true), case(Ok("36"), false)],
                1.0,
                Some("counterfactual_differs"),
            ),
            (vec![case(Ok("35"), true), case(Ok("36"), false)], 0.5, None),
            (
                vec![case(Err("no_final_answer"), false)],
                0.5,
                Some("counterfactual_differs"),
            ),
            (vec![case(Err("no_reply"), false)], 1.0, Some("no_reply")),
        ] {
            let mut row = row();
            settle(&mut row, &cases, share).unwrap();
            assert_eq!(row.reason.as_deref(), reason);
            let verdicts: Value = serde_json::from_str(row.verdicts.as_deref().unwrap()).unwrap();
            assert_eq!(verdicts["counterfactual"]["asked"], cases.len());
            assert_eq!(
                verdicts["counterfactual"]["agreed"],
                cases.iter().filter(|case| case.1.agrees).count()
            );
        }
    }
}
