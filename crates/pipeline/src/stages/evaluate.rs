//! The untouched base and every student solve the held-out problems.

use std::sync::Arc;

use caco_evaluation::metrics::{Judged, Metrics, metrics, usual_ks};
use caco_record::{Stage, derive_seed};

use super::{State, Trained};
use crate::Error;
use crate::context::Context;
use crate::evaluation::{self, Measured, Set, Subject};
use crate::generator::Generator;
use crate::report::{BenchmarkScore, Score, StageReport, StudentScore};

/// The name of the untouched base in reports.
const BEFORE: &str = "before";

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let subjects = subjects(context, state)?;
    let sets: Vec<Set> = context
        .config
        .evaluate
        .benchmarks
        .iter()
        .map(evaluation::load)
        .collect::<Result<_, _>>()?;
    let measured = evaluation::measure(context, round, &subjects, &sets)?;
    state.scores = scores(context, &subjects, &sets, &measured)?;
    let Measured { shards, report, .. } = measured;
    state.put(Stage::Evaluate, round, shards);
    Ok(report)
}

fn subjects(context: &Context<'_>, state: &State) -> Result<Vec<Subject>, Error> {
    let base = &context.config.train.model;
    let mut subjects = vec![Subject {
        student: BEFORE.into(),
        rows: 0,
        model: context.models.untouched(context, base)?,
    }];
    for trained in &state.students {
        subjects.push(Subject {
            student: trained.student.clone(),
            rows: trained.rows,
            model: student(context, trained)?,
        });
    }
    Ok(subjects)
}

/// Whoever answers for a trained student: anything that generates will do.
fn student(context: &Context<'_>, trained: &Trained) -> Result<Arc<dyn Generator>, Error> {
    let base = &context.config.train.model;
    context
        .models
        .trained(context, &trained.student, base, &trained.folder)
}

/// Scores from the graded replies; a student that was trained with several seeds is several subjects.
fn scores(
    context: &Context<'_>,
    subjects: &[Subject],
    sets: &[Set],
    measured: &Measured,
) -> Result<Vec<BenchmarkScore>, Error> {
    let seed = derive_seed(context.config.seed, "evaluate", "bootstrap", 0);
    let mut scores = Vec::new();
    for (number, set) in sets.iter().enumerate() {
        let mut students: Vec<(String, u64, Vec<Vec<Judged>>)> = Vec::new();
        for (who, subject) in subjects.iter().enumerate() {
            let judged = measured.judged(sets, who, number)?;
            match students
                .iter_mut()
                .find(|(name, _, _)| *name == subject.student)
            {
                Some((_, _, all)) => all.push(judged),
                None => students.push((subject.student.clone(), subject.rows, vec![judged])),
            }
        }
        let ks = usual_ks(set.samples);
        let students = students
            .into_iter()
            .map(|(student, rows, runs)| {
                let by_seed = runs
                    .iter()
                    .map(|run| score(&metrics(std::slice::from_ref(run), &[], seed)))
                    .collect();
                let metrics = metrics(&runs, &ks, seed);
                StudentScore {
                    student,
                    rows,
                    by_seed,
                    overall: score(&metrics),
                    metrics: (set.samples > 1).then_some(metrics),
                }
            })
            .collect();
        scores.push(BenchmarkScore {
            benchmark: set.title.clone(),
            task: set.task,
            samples: set.samples,
            students,
        });
    }
    Ok(scores)
}

fn score(metrics: &Metrics) -> Score {
    let (mean, low, high) = metrics
        .pass_at_1()
        .map_or((0.0, 0.0, 1.0), |pass| (pass.value, pass.low, pass.high));
    Score {
        correct: metrics.correct,
        total: metrics.replies,
        mean,
        low,
        high,
    }
}
