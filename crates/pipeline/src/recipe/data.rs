//! The records of a recipe and the examples made of them.

use std::sync::atomic::{AtomicBool, Ordering};

use caco_gradeschool::Split;
use caco_record::derive_seed;
use rayon::prelude::*;
use serde::Deserialize;

use super::{GradeschoolSplit, Recipe};
use crate::config::PromptSet;
use crate::learn::{self, Example};
use crate::prompts::{Parts, Prompt, Prompts};
use crate::{Error, seeds};

/// One record with everything that the tasks need.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Record {
    pub(super) problem: String,
    pub(super) program: String,
    pub(super) solution: String,
    pub(super) answer: String,
}

/// The training set with the fingerprints of its programs, sorted and distinct.
pub(super) struct Set {
    pub(super) lessons: Vec<Example>,
    pub(super) programs: Vec<u64>,
    pub(super) structures: Vec<u64>,
}

/// Records in all.
pub(super) fn count(recipe: &Recipe) -> Result<u64, Error> {
    let mut total = 0;
    for data in &recipe.data {
        total += data.gradeschool.as_ref().map_or(0, |source| source.count);
        total += data.drill.as_ref().map_or(0, |source| source.count);
        if let Some(path) = &data.jsonl {
            total += seeds::lines(path)?.len() as u64;
        }
    }
    Ok(total)
}

/// Calls `visit` with every record in order until it returns false.
pub(super) fn each(
    recipe: &Recipe,
    visit: &mut dyn FnMut(Record) -> Result<bool, Error>,
) -> Result<(), Error> {
    for data in &recipe.data {
        if let Some(source) = &data.gradeschool {
            let split = match source.split {
                GradeschoolSplit::Base => Split::Base,
                GradeschoolSplit::BaseLong => Split::BaseLong,
                GradeschoolSplit::Seeds => Split::Seeds,
                GradeschoolSplit::HeldOut => Split::HeldOut,
            };
            for index in 0..source.count {
                let made = caco_gradeschool::generate(split, source.seed, index, source.largest);
                let record = Record {
                    problem: made.problem,
                    program: made.program,
                    solution: made.solution,
                    answer: made.answer,
                };
                if !visit(record)? {
                    return Ok(());
                }
            }
        }
        if let Some(path) = &data.jsonl {
            for (number, line) in seeds::lines(path)? {
                let record: Record = serde_json::from_str(&line).map_err(|error| Error::Data {
                    file: path.clone(),
                    message: format!("line {number}: {error}"),
                    hint: "each line is an object with the texts problem, program, solution and answer".into(),
                })?;
                if !visit(record)? {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Records that are turned into examples at a time.
const CHUNK: usize = 4096;

/// All examples of all tasks, in the order of the records.
pub(super) fn lessons(recipe: &Recipe, prompts: &Prompts, stop: &AtomicBool) -> Result<Set, Error> {
    let mut set = Set {
        lessons: Vec::new(),
        programs: Vec::new(),
        structures: Vec::new(),
    };
    let mut chunk: Vec<Record> = Vec::with_capacity(CHUNK);
    let mut done = 0u64;
    let mut flush = |chunk: &mut Vec<Record>| -> Result<(), Error> {
        let made: Vec<_> = chunk
            .par_iter()
            .enumerate()
            .map(|(offset, record)| one(recipe, prompts, done + offset as u64, record))
            .collect::<Result<_, _>>()?;
        done += chunk.len() as u64;
        chunk.clear();
        for (examples, program, structure) in made {
            set.lessons.extend(examples);
            set.programs.extend(program);
            set.structures.extend(structure);
        }
        for known in [&mut set.programs, &mut set.structures] {
            known.sort_unstable();
            known.dedup();
        }
        Ok(())
    };
    each(recipe, &mut |record| {
        chunk.push(record);
        if chunk.len() == CHUNK {
            flush(&mut chunk)?;
        }
        if stop.load(Ordering::Relaxed) {
            Err(Error::Interrupted)
        } else {
            Ok(true)
        }
    })?;
    flush(&mut chunk)?;
    set.lessons.shrink_to_fit();
    Ok(set)
}

/// The arithmetic exercises of the recipe.
pub(super) fn drills(recipe: &Recipe) -> Vec<Example> {
    let mut examples = Vec::new();
    for drill in recipe.data.iter().filter_map(|data| data.drill.as_ref()) {
        for index in 0..drill.count {
            let first = index * drill.equations;
            let numbers = first..first + drill.equations;
            let exercises = numbers.map(|n| caco_gradeschool::drill(drill.seed, n, drill.largest));
            examples.push(learn::drill_example(exercises));
        }
    }
    examples
}

type Made = (Vec<Example>, Option<u64>, Option<u64>);

fn one(recipe: &Recipe, prompts: &Prompts, index: u64, record: &Record) -> Result<Made, Error> {
    let parts = Parts {
        problem: Some(&record.problem),
        program: Some(&record.program),
        answer: Some(&record.answer),
        ..Parts::default()
    };
    let mut examples = Vec::new();
    let times = |task: &str, weight: f64| -> usize {
        let draw = derive_seed(recipe.seed, task, "recipe", index) as f64 / u64::MAX as f64;
        weight.floor() as usize + usize::from(draw < weight.fract())
    };
    for _ in 0..times("program", recipe.tasks.program) {
        examples.push(learn::program_example(&record.program));
    }
    let chats = [
        ("unify", recipe.tasks.unify, Prompt::Unify, &record.program),
        (
            "reverse",
            recipe.tasks.reverse,
            Prompt::Reverse,
            &record.problem,
        ),
        ("solve", recipe.tasks.solve, Prompt::Solve, &record.solution),
    ];
    for (task, weight, prompt, reply) in chats {
        let times = times(task, weight);
        if times > 0 {
            let example =
                learn::chat_example(&prompts.render(PromptSet::Embedded, prompt, &parts)?, reply);
            examples.extend(std::iter::repeat_n(example, times));
        }
    }
    let program = caco_program::normal_form(&record.program)
        .ok()
        .map(|text| caco_program::fingerprint(&text));
    let structure = caco_program::structure(&record.program)
        .ok()
        .map(|text| caco_program::fingerprint(&text));
    Ok((examples, program, structure))
}
