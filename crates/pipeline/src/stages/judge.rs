//! The words against the program: the same final answer, every quantity of the input in the problem, and, where a judge is
//! configured, its verdicts. A row that fails may get one more turn. What has passed may be looked at further: whether the
//! solution's numbers come from the program's run, whether the problem told with other quantities has the answers that the
//! program gives for them, and how often the solver comes to the answer.

mod counterfactual;
mod difficulty;
mod grounded;
mod revise;
mod solver;
mod votes;

use caco_answer::{Outcome as Equality, Policy};
use caco_record::{Row, Stage};
use serde_json::{Value, json};

use self::revise::Revising;
use self::solver::Solver;
use self::votes::Bench;
use super::agreement::{self, Agreement};
use super::{State, inputs};
use crate::Error;
use crate::config::Judge;
use crate::context::Context;
use crate::generator::FINISH_LENGTH;
use crate::report::StageReport;
use crate::runner::map::{self, Map};

const VERSION: u32 = 4;

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let settings = &context.config.judge;
    let bench = Bench::open(context, round)?;
    let revising = Revising::open(context, round)?;
    let retold = Some(&settings.counterfactual).filter(|own| own.pairs > 0 && settings.enabled);
    let measured = Some(&settings.difficulty).filter(|own| own.samples > 0);
    // Opened only where it is asked again.
    let solver = if retold.is_some() || measured.is_some() {
        Some(Solver::open(context, round)?)
    } else {
        None
    };
    let retold = retold.zip(solver.as_ref());
    let measured = measured.zip(solver.as_ref());
    let sampling = &context.config.solve.sampling;
    let policies: Vec<_> = context
        .config
        .domains
        .iter()
        .filter_map(|(name, domain)| Some((name, domain.policy?)))
        .collect();
    let map = Map {
        stage: Stage::Judge,
        round,
        version: VERSION,
        section: super::json(&(
            (settings.enabled, settings.coverage),
            (settings.policy, policies),
            agreement::section(context.config)?,
            bench.as_ref().map(Bench::section).transpose()?,
            revising.as_ref().map(Revising::section).transpose()?,
            grounded::section(context.config)?,
            retold
                .map(|(own, solver)| counterfactual::section(own, sampling, solver))
                .transpose()?,
            measured
                .map(|(own, solver)| difficulty::section(own, solver))
                .transpose()?,
        ))?,
        unit: "rows",
        width: [
            bench.as_ref().map(Bench::width),
            revising.as_ref().map(Revising::width),
            retold.map(|(own, solver)| solver.width(own.pairs)),
            measured.map(|(own, solver)| solver.width(own.samples as usize)),
        ]
        .into_iter()
        .flatten()
        .max()
        .unwrap_or(1),
        fences: Vec::new(),
    };
    let shards = state.get(Stage::Solve, round).to_vec();
    let (shards, report) = map::run(context, &map, &inputs(&shards), &|mut rows, progress| {
        let tell = |share: usize| progress.part(share, 8, 0);
        sit(context, &mut rows, bench.as_ref(), Turn::First)?;
        tell(4);
        if let Some(revising) = &revising {
            revising.go(context, &mut rows, bench.as_ref())?;
        }
        if settings.enabled {
            grounded::go(context, &mut rows)?;
        }
        tell(5);
        if let Some((own, solver)) = retold {
            counterfactual::go(own, sampling, solver, &mut rows)?;
        }
        tell(6);
        if let Some((own, solver)) = measured {
            difficulty::go(own, solver, &mut rows)?;
        }
        for row in &mut rows {
            passed(row)?;
        }
        tell(8);
        Ok(rows)
    })?;
    state.put(Stage::Judge, round, shards);
    Ok(report)
}

/// Which of a row's two chances this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    First,
    /// After a revision.
    Second,
}

/// Judges rows: what needs no model first, and the judge only on what has passed that.
fn sit(
    context: &Context<'_>,
    rows: &mut [Row],
    bench: Option<&Bench<'_>>,
    turn: Turn,
) -> Result<(), Error> {
    let settings = &context.config.judge;
    let agreements = agreements(context, rows)?;
    for (row, agreement) in rows.iter_mut().zip(agreements) {
        judge(row, agreement, settings)?;
    }
    match bench.filter(|_| settings.enabled) {
        Some(bench) => bench.vote(rows, turn),
        None => Ok(()),
    }
}

/// Compares what the words answer with what the program answers; none for rows whose words answer nothing.
fn agreements(context: &Context<'_>, rows: &[Row]) -> Result<Vec<Option<Agreement>>, Error> {
    let policies: Vec<Policy> = rows
        .iter()
        .map(|row| context.config.policy(row.domain.as_deref()).policy())
        .collect();
    let pairs: Vec<(&str, &str, &Policy)> = rows
        .iter()
        .zip(&policies)
        .filter_map(|(row, policy)| {
            Some((
                row.answer.as_deref().unwrap_or_default(),
                row.final_answer.as_deref()?,
                policy,
            ))
        })
        .collect();
    let mut agreements = agreement::compare_each(context, &pairs)?.into_iter();
    Ok(rows
        .iter()
        .map(|row| row.final_answer.as_ref().and_then(|_| agreements.next()))
        .collect())
}

/// Adds what a check found to a row's verdicts.
fn told(row: &mut Row, check: &str, found: Value) -> Result<(), Error> {
    let mut verdicts = verdicts(row);
    verdicts[check] = found;
    row.verdicts = Some(super::json(&verdicts)?);
    Ok(())
}

fn verdicts(row: &Row) -> Value {
    serde_json::from_str(row.verdicts.as_deref().unwrap_or("{}")).unwrap_or_else(|_| json!({}))
}

/// Whether a row passed is what became of it in the end: what looks further comes after the first verdicts.
fn passed(row: &mut Row) -> Result<(), Error> {
    let mut verdicts = verdicts(row);
    if !row.is_kept() && verdicts["passed"] == true {
        verdicts["passed"] = json!(false);
        row.verdicts = Some(super::json(&verdicts)?);
    }
    Ok(())
}

/// Records every verdict and gives the row its fate by the first that fails.
fn judge(row: &mut Row, agreement: Option<Agreement>, settings: &Judge) -> Result<(), Error> {
    let mut verdicts = verdicts(row);
    let cut = verdicts["finish"] == FINISH_LENGTH;
    let answer = row.answer.clone().unwrap_or_default();
    let mut failures: Vec<(&str, String)> = Vec::new();
    if cut {
        failures.push((
            "truncated",
            "the solution was cut at its token limit".into(),
        ));
    }
    match (&row.final_answer, agreement) {
        (Some(found), Some(agreement)) => {
            let shown = format!("the program answers {answer}, the words {found}");
            match agreement.outcome {
                Equality::Equal => {}
                Equality::Different => failures.push(("answers_differ", shown)),
                Equality::Undecided => failures.push(("answers_undecided", shown)),
            }
            verdicts["answer"] = json!({
                "outcome": agreement.outcome, "tier": agreement.tier, "reason": agreement.reason,
            });
        }
        _ => {
            verdicts["answer"] = json!({ "outcome": "absent" });
            failures.push((
                "no_final_answer",
                "the solution states no final answer".into(),
            ));
        }
    }
    let input: Value =
        serde_json::from_str(row.input.as_deref().unwrap_or("null")).unwrap_or(Value::Null);
    let missing =
        caco_program::quantities::covers(row.problem.as_deref().unwrap_or_default(), &input).err();
    verdicts["coverage"] =
        json!({ "covered": missing.is_none(), "missing": missing.clone().unwrap_or_default() });
    if let Some(missing) = missing.filter(|_| settings.coverage) {
        failures.push((
            "quantity_missing",
            format!("not in the problem: {}", missing.join(", ")),
        ));
    }
    verdicts["passed"] = json!(failures.is_empty());
    row.verdicts = Some(super::json(&verdicts)?);
    match failures.into_iter().next() {
        Some((reason, detail)) if settings.enabled => row.reject(Stage::Judge, reason, detail),
        _ => row.keep(Stage::Judge),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use caco_record::ORIGIN_SAMPLE;

    fn check(problem: &str, solution: &str, settings: &Judge, reason: Option<&str>) -> Value {
        let mut row = Row::new("id".into(), ORIGIN_SAMPLE, 1, Stage::Solve);
        row.problem = Some(problem.into());
        row.solution = Some(solution.into());
        row.final_answer = caco_answer::extract(solution).map(|found| found.text);
        row.answer = Some("7".into());
        row.input = Some(r#"{"a": 3, "b": 4}"#.into());
        let agreement = row.final_answer.as_deref().map(|found| {
            let verdict = caco_answer::compare("7", found, &settings.policy.policy());
            Agreement {
                outcome: verdict.outcome,
                tier: verdict.tier.as_str(),
                reason: verdict.reason,
            }
        });
        judge(&mut row, agreement, settings).unwrap();
        assert_eq!(row.reason.as_deref(), reason, "{problem} {solution}");
        serde_json::from_str(row.verdicts.as_deref().unwrap()).unwrap()
    }

    #[test]
    fn both_verdicts_are_recorded_and_the_first_failure_names_the_row() {
        let strict = Judge::default();
        let good = "Ann has 3 pens and buys 4 pens. How many pens?";
        let lost = "Ann has 3 pens and buys some. How many pens?";
        let verdicts = check(good, "3 + 4 = 7. The answer is 7.", &strict, None);
        assert_eq!(
            (
                &verdicts["answer"]["outcome"],
                &verdicts["coverage"]["covered"]
            ),
            (&json!("equal"), &json!(true))
        );
        let verdicts = check(lost, "The answer is 7.", &strict, Some("quantity_missing"));
        assert_eq!(verdicts["answer"]["outcome"], "equal");
        let verdicts = check(lost, "The answer is 8.", &strict, Some("answers_differ"));
        assert_eq!(verdicts["coverage"]["covered"], false);
        check(
            lost,
            "The answer is 7.",
            &Judge {
                coverage: false,
                ..Judge::default()
            },
            None,
        );
        let verdicts = check(
            lost,
            "The answer is 8.",
            &Judge {
                enabled: false,
                ..Judge::default()
            },
            None,
        );
        assert_eq!(verdicts["passed"], false);
    }
}
