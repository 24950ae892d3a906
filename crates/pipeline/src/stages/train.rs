//! The data set trains students: the same base, the same number of steps, other rows.

use std::collections::BTreeMap;

use caco_record::{Row, Stage};

use super::{State, Trained, tune};
use crate::config::training::prompts_of;
use crate::config::{PromptSet, Rows, Student, StudentData};
use crate::context::Context;
use crate::learn::{self, Example, Lesson};
use crate::models::{self, Models};
use crate::prompts::{Parts, Prompt};
use crate::report::StageReport;
use crate::shard::Shard;
use crate::trainer::{self, Job};
use crate::{Error, Event, shard};

const VERSION: &str = "1";

/// One student's rows, in the order of their ids, with a name for exactly these rows.
struct Lot {
    rows: Vec<Row>,
    identity: String,
}

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let settings = &context.config.train;
    if context.config.trainer.kind.is_outside() {
        return outside(context, round, state);
    }
    let mut report = StageReport::new(Stage::Train, round);
    let folder = Models::folder(context.config, &settings.model)?;
    let base_id = context
        .models
        .named(context.config, &settings.model)?
        .id()
        .to_owned();
    let pool = Pool::read(state)?;
    let mut lots: BTreeMap<&str, (Lot, Vec<Example>)> = BTreeMap::new();
    for student in &settings.students {
        let lot = pool.lot(context, student);
        report.rows_in += lot.rows.len() as u64;
        report.kept += lot.rows.len() as u64;
        let examples = lot
            .rows
            .iter()
            .map(|row| example(context, row))
            .collect::<Result<_, _>>()?;
        lots.insert(&student.name, (lot, examples));
    }
    let mut training = settings.training.clone();
    if training.steps.is_none() {
        let model = models::open(&settings.model, &folder)?;
        for (_, examples) in lots.values() {
            let steps = learn::steps_for(&model, examples, &training)?;
            training.steps = training.steps.max(Some(steps));
        }
    }
    let total =
        training.steps.unwrap_or(1) * (settings.students.len() * settings.seeds.len()) as u64;
    context.observer.event(&Event::StageStarted {
        stage: Stage::Train,
        round,
        total,
    });
    state.students.clear();
    for student in &settings.students {
        let Some((lot, examples)) = lots.get(student.name.as_str()) else {
            continue;
        };
        if examples.is_empty() {
            left_out(context, student);
            continue;
        }
        for seed in &settings.seeds {
            let name = format!("student-{}-s{seed}", student.name);
            let parts = [
                "train",
                VERSION,
                &base_id,
                &super::json(&training)?,
                context.prompts.text(PromptSet::Embedded, Prompt::Solve),
                &lot.identity,
                &seed.to_string(),
                &context.config.seed.to_string(),
            ];
            let target = context
                .dir
                .join("models")
                .join(format!("{name}-{}", shard::fingerprint(&parts)));
            if !target.is_dir() {
                let lesson = Lesson {
                    model: models::open(&settings.model, &folder)?,
                    name: &name,
                    examples,
                    training: &training,
                    seed: context.seed(Stage::Train, "order", *seed),
                    checkpoint: None,
                    stage: Stage::Train,
                    round,
                    observer: context.observer,
                    stop: context.stop,
                };
                tune::into_folder(context, lesson, &target)?;
            }
            state.students.push(Trained {
                student: student.name.clone(),
                rows: lot.rows.len() as u64,
                folder: target,
            });
        }
    }
    Ok(report)
}

/// Has an outside trainer do it.
fn outside(context: &Context<'_>, round: u32, state: &mut State) -> Result<StageReport, Error> {
    let settings = &context.config.train;
    let mut report = StageReport::new(Stage::Train, round);
    let pool = Pool::read(state)?;
    let set = prompts_of(context.config, &settings.model);
    state.students.clear();
    for student in &settings.students {
        let lot = pool.lot(context, student);
        report.rows_in += lot.rows.len() as u64;
        report.kept += lot.rows.len() as u64;
        if lot.rows.is_empty() {
            left_out(context, student);
            continue;
        }
        for seed in &settings.seeds {
            let prompt = context.prompts.text(set, Prompt::Solve).to_owned();
            let job = Job {
                name: format!("student-{}-s{seed}", student.name),
                stage: Stage::Train,
                round,
                base: &settings.model,
                course: &context.config.trainer.train,
                seed: context.seed(Stage::Train, "order", *seed),
                identity: vec![lot.identity.clone(), prompt],
            };
            let folder = trainer::model(context, &job, &mut |lines| {
                lot.rows.iter().try_for_each(|row| {
                    let prompt = prompt_of(context, set, row)?;
                    lines.turn(&prompt, row.solution.as_deref().unwrap_or_default())
                })
            })?;
            state.students.push(Trained {
                student: student.name.clone(),
                rows: lot.rows.len() as u64,
                folder,
            });
        }
    }
    Ok(report)
}

fn left_out(context: &Context<'_>, student: &Student) {
    let text = format!(
        "student `{}` has no rows to learn from and is left out",
        student.name
    );
    context.observer.event(&Event::Warning { text });
}

/// The prompt with which a student is taught, and asked later on.
fn prompt_of(context: &Context<'_>, set: PromptSet, row: &Row) -> Result<String, Error> {
    let parts = Parts {
        problem: row.problem.as_deref(),
        ..Parts::default()
    };
    context.prompts.render(set, Prompt::Solve, &parts)
}

fn example(context: &Context<'_>, row: &Row) -> Result<Example, Error> {
    let prompt = prompt_of(context, PromptSet::Embedded, row)?;
    Ok(learn::chat_example(
        &prompt,
        row.solution.as_deref().unwrap_or_default(),
    ))
}

/// The rows that students choose from, each list sorted by id.
struct Pool {
    seeds: Vec<Row>,
    sampled: Vec<Row>,
    unjudged_seeds: Vec<Row>,
    unjudged_sampled: Vec<Row>,
}

impl Pool {
    fn read(state: &State) -> Result<Self, Error> {
        let (seeds, sampled) = split(state.finished())?;
        let solved = state.all(Stage::Solve).map(|(_, shard)| shard).collect();
        let (unjudged_seeds, unjudged_sampled) = split(solved)?;
        Ok(Self {
            seeds,
            sampled,
            unjudged_seeds,
            unjudged_sampled,
        })
    }

    fn lot(&self, context: &Context<'_>, student: &Student) -> Lot {
        let mut rows = match student.data {
            StudentData::Seeds => self.seeds.clone(),
            StudentData::Kept => self.seeds.iter().chain(&self.sampled).cloned().collect(),
            StudentData::Unverified => {
                let chosen = choose(
                    context,
                    "unverified",
                    &self.unjudged_sampled,
                    self.sampled.len(),
                );
                self.unjudged_seeds.iter().cloned().chain(chosen).collect()
            }
        };
        if let Rows::AtMost(most) = student.rows {
            rows = choose(context, "rows", &rows, most);
        }
        rows.sort_by(|one, other| one.row_id.cmp(&other.row_id));
        let mut hasher = blake3::Hasher::new();
        for row in &rows {
            for text in [
                Some(&row.row_id),
                row.problem.as_ref(),
                row.solution.as_ref(),
            ]
            .into_iter()
            .flatten()
            {
                hasher
                    .update(&(text.len() as u64).to_le_bytes())
                    .update(text.as_bytes());
            }
        }
        Lot {
            rows,
            identity: hasher.finalize().to_hex().to_string(),
        }
    }
}

/// Kept rows with a problem and a solution, apart by origin and sorted by id.
fn split(shards: Vec<&Shard>) -> Result<(Vec<Row>, Vec<Row>), Error> {
    let (mut seeds, mut sampled) = (Vec::new(), Vec::new());
    for shard in shards {
        for row in shard.kept()? {
            if row.problem.is_some() && row.solution.as_ref().is_some_and(|text| !text.is_empty()) {
                if row.is_seed() {
                    seeds.push(row)
                } else {
                    sampled.push(row)
                }
            }
        }
    }
    for rows in [&mut seeds, &mut sampled] {
        rows.sort_by(|one, other| one.row_id.cmp(&other.row_id));
    }
    Ok((seeds, sampled))
}

/// A seeded choice that does not depend on the order of the rows.
fn choose(context: &Context<'_>, what: &str, rows: &[Row], most: usize) -> Vec<Row> {
    let mut ranked: Vec<(u64, &Row)> = rows
        .iter()
        .map(|row| {
            (
                context.seed(Stage::Train, &format!("{what} {}", row.row_id), 0),
                row,
            )
        })
        .collect();
    ranked.sort_by(|one, other| (one.0, &one.1.row_id).cmp(&(other.0, &other.1.row_id)));
    ranked
        .into_iter()
        .take(most)
        .map(|(_, row)| row.clone())
        .collect()
}
