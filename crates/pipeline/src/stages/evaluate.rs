//! The untouched base and every student solve the held-out problems.

use std::sync::Arc;

use caco_answer::{Outcome as Equality, Policy};
use caco_record::{ORIGIN_SEED, Row, Stage};

use super::{State, agreement};
use crate::asking::{self, Asker, Question};
use crate::config::{Benchmark, SeedFormat};
use crate::context::Context;
use crate::generator::Generator;
use crate::prompts::Prompt;
use crate::report::{BenchmarkScore, Score, StageReport, StudentScore};
use crate::runner::map::{self, Input, Map, Progress};
use crate::shard::Shard;
use crate::{Error, seeds, shard, stats};

const VERSION: u32 = 3;
/// The name of the untouched base in reports.
const BEFORE: &str = "before";

/// One model to measure.
struct Subject {
    student: String,
    rows: u64,
    model: Arc<dyn Generator>,
}

/// A run of problems of one benchmark.
struct Chunk {
    benchmark: usize,
    rows: Vec<Row>,
}

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let settings = &context.config.evaluate;
    let subjects = subjects(context, state)?;
    let chunks = chunks(context)?;
    let mut inputs = Vec::new();
    for subject in &subjects {
        for chunk in &chunks {
            let texts: Vec<String> = chunk.rows.iter().map(|row| row.row_id.clone()).collect();
            let mut parts = vec!["evaluate", subject.model.id()];
            parts.extend(texts.iter().map(String::as_str));
            inputs.push(Input {
                fingerprint: shard::fingerprint(&parts),
                rows: chunk.rows.len() as u64,
                load: Box::new(|| Ok(chunk.rows.clone())),
            });
        }
    }
    let texts: Vec<&str> = subjects
        .iter()
        .map(|subject| context.prompts.text(subject.model.prompts(), Prompt::Solve))
        .collect();
    let agreement = agreement::section(context.config)?;
    let section = super::json(&(&settings.sampling, texts, agreement))?;
    let map = Map {
        stage: Stage::Evaluate,
        round,
        version: VERSION,
        section,
        unit: "problems",
        width: subjects
            .iter()
            .map(|subject| asking::width(context, &*subject.model, 1))
            .max()
            .unwrap_or(1),
        fences: (1..subjects.len()).map(|who| who * chunks.len()).collect(),
    };
    let (shards, report) = map::run(context, &map, &inputs, &|rows, progress| {
        let subject = &subjects[progress.number / chunks.len().max(1)];
        solve(context, round, subject, rows, progress)
    })?;
    state.scores = scores(context, &subjects, &chunks, &shards)?;
    state.put(Stage::Evaluate, round, shards);
    Ok(report)
}

fn subjects(context: &Context<'_>, state: &State) -> Result<Vec<Subject>, Error> {
    let base = &context.config.train.model;
    let model = context.models.untouched(context, base)?;
    let mut subjects = vec![Subject {
        student: BEFORE.into(),
        rows: 0,
        model,
    }];
    for trained in &state.students {
        let model = context
            .models
            .trained(context, &trained.student, base, &trained.folder)?;
        subjects.push(Subject {
            student: trained.student.clone(),
            rows: trained.rows,
            model,
        });
    }
    Ok(subjects)
}

fn chunks(context: &Context<'_>) -> Result<Vec<Chunk>, Error> {
    let mut chunks = Vec::new();
    for (benchmark, settings) in context.config.evaluate.benchmarks.iter().enumerate() {
        let rows = problems(settings)?;
        chunks.extend(rows.chunks(context.config.shard_rows).map(|rows| Chunk {
            benchmark,
            rows: rows.to_vec(),
        }));
    }
    Ok(chunks)
}

/// The problems of a benchmark. A malformed line stops the run: a benchmark must be whole.
pub(crate) fn problems(benchmark: &Benchmark) -> Result<Vec<Row>, Error> {
    let title = benchmark.title();
    let mut lines = seeds::lines(&benchmark.path)?;
    lines.truncate(benchmark.limit.unwrap_or(usize::MAX));
    lines
        .iter()
        .map(|(number, line)| {
            // Benchmarks need no solution, so the plain format reads GSM8K files that keep it apart.
            let parsed = seeds::parse(line, benchmark.format, &benchmark.fields)
                .or_else(|_| seeds::parse(line, SeedFormat::Problems, &benchmark.fields));
            let problem = parsed.map_err(|problem| Error::Data {
                file: benchmark.path.clone(),
                message: format!("line {number}: {problem}"),
                hint: "each line of a benchmark is a JSON object with a problem and its answer"
                    .into(),
            })?;
            let id = caco_record::row_id(&[
                "benchmark",
                &title,
                &number.to_string(),
                &problem.problem,
                &problem.answer,
            ]);
            let mut row = Row::new(id, ORIGIN_SEED, 0, Stage::Evaluate);
            row.seed_id = Some(problem.id.unwrap_or_else(|| format!("{title}/{number}")));
            row.source = Some(title.clone());
            row.problem = Some(problem.problem);
            row.reference = Some(problem.answer);
            Ok(row)
        })
        .collect()
}

/// Asks one model and grades its replies: kept is solved.
fn solve(
    context: &Context<'_>,
    round: u32,
    subject: &Subject,
    mut rows: Vec<Row>,
    progress: &Progress<'_>,
) -> Result<Vec<Row>, Error> {
    let asker = Asker {
        context,
        stage: Stage::Evaluate,
        round,
        model: &*subject.model,
        sampling: &context.config.evaluate.sampling,
    };
    let questions: Vec<Question> = rows
        .iter()
        .map(|row| super::solve::question(&asker, row, 0))
        .collect::<Result<_, _>>()?;
    let all = questions.len();
    let answers = asker.answers(&questions, &|done, tokens| progress.part(done, all, tokens))?;
    let found: Vec<Option<String>> = answers
        .iter()
        .map(|answer| caco_answer::extract(&answer.text).map(|found| found.text))
        .collect();
    let pairs: Vec<(&str, &str)> = rows
        .iter()
        .zip(&found)
        .filter_map(|(row, found)| {
            let reference = row.reference.as_deref().unwrap_or_default();
            found.as_deref().map(|found| (reference, found))
        })
        .collect();
    let mut agreements = agreement::compare(context, &pairs, &Policy::benchmark())?.into_iter();
    for ((row, answer), found) in rows.iter_mut().zip(answers).zip(found) {
        row.parent_id = Some(subject.model.id().to_owned());
        row.solution = Some(answer.text.trim().to_owned());
        let agreement = found.as_ref().and_then(|_| agreements.next());
        row.final_answer = found;
        match (&row.final_answer, super::unfinished(&answer)) {
            (_, Some((reason, detail))) => row.reject(Stage::Evaluate, reason, detail),
            (None, None) => row.reject(Stage::Evaluate, "no_final_answer", None),
            (Some(found), None) => {
                if agreement.is_some_and(|agreement| agreement.outcome == Equality::Equal) {
                    row.keep(Stage::Evaluate);
                } else {
                    let reference = row.reference.as_deref().unwrap_or_default();
                    let detail = format!("answered {found}; the benchmark says {reference}");
                    row.reject(Stage::Evaluate, "wrong_answer", detail);
                }
            }
        }
    }
    Ok(rows)
}

/// Scores from the graded shards, which lie subject by subject, each in the order of the chunks.
fn scores(
    context: &Context<'_>,
    subjects: &[Subject],
    chunks: &[Chunk],
    shards: &[Shard],
) -> Result<Vec<BenchmarkScore>, Error> {
    let mut scores = Vec::new();
    for (number, benchmark) in context.config.evaluate.benchmarks.iter().enumerate() {
        let mut students: Vec<(String, u64, Vec<Vec<bool>>)> = Vec::new();
        for (who, subject) in subjects.iter().enumerate() {
            let mut outcomes = Vec::new();
            for (chunk, shard) in chunks.iter().zip(&shards[who * chunks.len()..]) {
                if chunk.benchmark == number {
                    outcomes.extend(shard.rows()?.iter().map(Row::is_kept));
                }
            }
            match students
                .iter_mut()
                .find(|(name, _, _)| *name == subject.student)
            {
                Some((_, _, all)) => all.push(outcomes),
                None => students.push((subject.student.clone(), subject.rows, vec![outcomes])),
            }
        }
        let students = students
            .into_iter()
            .map(|(student, rows, outcomes)| {
                let by_seed: Vec<Score> =
                    outcomes.iter().map(|outcomes| single(outcomes)).collect();
                let overall = match by_seed.as_slice() {
                    [only] => *only,
                    _ => {
                        let (mean, low, high) = stats::bootstrap(&outcomes, context.config.seed);
                        let correct = by_seed.iter().map(|score| score.correct).sum();
                        Score {
                            correct,
                            total: by_seed.iter().map(|score| score.total).sum(),
                            mean,
                            low,
                            high,
                        }
                    }
                };
                StudentScore {
                    student,
                    rows,
                    by_seed,
                    overall,
                }
            })
            .collect();
        scores.push(BenchmarkScore {
            benchmark: benchmark.title(),
            students,
        });
    }
    Ok(scores)
}

fn single(outcomes: &[bool]) -> Score {
    let (correct, total) = (
        outcomes.iter().filter(|solved| **solved).count() as u64,
        outcomes.len() as u64,
    );
    let (low, high) = stats::wilson(correct, total);
    Score {
        correct,
        total,
        mean: correct as f64 / total.max(1) as f64,
        low,
        high,
    }
}
