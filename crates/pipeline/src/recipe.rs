//! Training a model from a recipe: the base model that comes with the program, or one of your own of its kind.

mod data;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use caco_model::{Model, Precision};
use caco_record::Stage;
use serde::{Deserialize, Serialize};

use crate::config::{Architecture, Training};
use crate::learn::{self, Lesson};
use crate::prompts::Prompts;
use crate::{Error, Event, Observer, atomic};

/// How a model is made: tokenizer, shape, data, tasks and training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The name in events. Default `base`.
    #[serde(default = "name")]
    pub name: String,
    /// Of weights, order and the choice of tasks. Default 0.
    #[serde(default)]
    pub seed: u64,
    /// `scratch`, or the folder of a model to go on from. Default `scratch`.
    #[serde(default = "scratch")]
    pub init: String,
    /// The model's shape and vocabulary when `init` is `scratch`.
    #[serde(default)]
    pub architecture: Architecture,
    /// Records from which the tokenizer learns; the first ones of the data. Default 20000.
    #[serde(default = "tokenizer_records")]
    pub tokenizer_records: usize,
    /// What to learn from. Required.
    pub data: Vec<Data>,
    /// How often each record is used for each task.
    #[serde(default)]
    pub tasks: Tasks,
    /// The training run.
    #[serde(default)]
    pub training: Training,
    /// How the weights are stored. Default `f16`.
    #[serde(default)]
    pub precision: StoredAs,
}

/// One source of records with problem, program, solution and answer: exactly one of the keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Data {
    /// The generator of grade-school problems.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradeschool: Option<Gradeschool>,
    /// Bare arithmetic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drill: Option<Drill>,
    /// JSON lines, plain or `.gz`, with `problem`, `program`, `solution`, `answer`; relative to the recipe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jsonl: Option<PathBuf>,
}

/// Records of the generator of grade-school problems.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gradeschool {
    /// Which compositions. Default `base`.
    #[serde(default)]
    pub split: GradeschoolSplit,
    /// The generator's seed. Default 0.
    #[serde(default)]
    pub seed: u64,
    /// How many records, from index 0. Required.
    pub count: u64,
    /// Largest quantity of a story, 60 to 199. Default 60.
    #[serde(default = "largest")]
    pub largest: i64,
}

/// Bare arithmetic in the forms of the solutions; only the results count in the loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// The generator's seed. Default 0.
    #[serde(default)]
    pub seed: u64,
    /// How many examples. Required.
    pub count: u64,
    /// Equations in one example. Default 32.
    #[serde(default = "equations")]
    pub equations: u64,
    /// Largest quantity, 60 to 199. Default 60.
    #[serde(default = "largest")]
    pub largest: i64,
}

/// The generator's splits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GradeschoolSplit {
    /// Shapes for base models.
    #[default]
    Base,
    /// Shapes for base models, of three and four steps.
    BaseLong,
    /// Shapes for seeds.
    Seeds,
    /// Shapes for benchmarks.
    HeldOut,
}

/// Mean examples per record for each task; fractions are a seeded choice of records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tasks {
    /// The program alone, as a user message. Default 1.
    pub program: f64,
    /// Problem to program. Default 1.
    pub unify: f64,
    /// Program and answer to problem. Default 1.
    pub reverse: f64,
    /// Problem to solution. Default 1.
    pub solve: f64,
}

impl Default for Tasks {
    fn default() -> Self {
        Self {
            program: 1.0,
            unify: 1.0,
            reverse: 1.0,
            solve: 1.0,
        }
    }
}

/// How weights are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredAs {
    /// Two bytes a weight.
    #[default]
    F16,
    /// Four bytes a weight.
    F32,
}

/// What a recipe made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecipeReport {
    /// The model folder.
    pub dir: PathBuf,
    /// The model's id.
    pub model_id: String,
    /// Records read.
    pub records: u64,
    /// Training examples made of them.
    pub examples: u64,
    /// Distinct normal forms of the records' programs.
    pub known_programs: u64,
    /// Distinct structures of the records' programs.
    pub known_structures: u64,
    /// Weights of the model.
    pub parameters: u64,
    /// Optimiser steps.
    pub steps: u64,
    /// Mean loss per trained token of the last steps, in nats; none when training had already finished.
    pub loss: Option<f32>,
}

fn largest() -> i64 {
    caco_gradeschool::BOUNDS.0
}

fn equations() -> u64 {
    32
}

fn name() -> String {
    "base".into()
}

fn scratch() -> String {
    "scratch".into()
}

fn tokenizer_records() -> usize {
    20_000
}

impl Recipe {
    /// Reads a recipe; paths in it become absolute.
    ///
    /// # Errors
    /// [`Error::Config`] with the place and the nearest known key.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
        let mut recipe: Self = crate::config::read_yaml(&text, path)?;
        let fail = |key: String, message: &str| Error::Config {
            file: path.to_owned(),
            line: None,
            path: key,
            message: message.to_owned(),
            hint: None,
        };
        if recipe.data.is_empty() {
            return Err(fail("data".into(), "at least one source is required"));
        }
        let two_or_none = |data: &Data| {
            [
                data.gradeschool.is_some(),
                data.drill.is_some(),
                data.jsonl.is_some(),
            ]
            .iter()
            .filter(|given| **given)
            .count()
                != 1
        };
        if let Some(place) = recipe.data.iter().position(two_or_none) {
            return Err(fail(
                format!("data[{place}]"),
                "give one of `gradeschool`, `drill` and `jsonl`",
            ));
        }
        let base = std::fs::canonicalize(path).map_err(|error| Error::io("find", path, error))?;
        let base = base.parent().unwrap_or(Path::new("."));
        for data in &mut recipe.data {
            if let Some(path) = &mut data.jsonl {
                *path = base.join(&path);
            }
        }
        if recipe.init != "scratch" {
            recipe.init = base.join(&recipe.init).to_string_lossy().into_owned();
        }
        Ok(recipe)
    }
}

/// Trains the model of a recipe into `out`, a new Hugging Face folder. A stopped training goes on from its last
/// checkpoint, which is kept in `<out>.partial`, to the same weights.
///
/// # Errors
/// When the recipe or its data is wrong, `out` cannot be written, training fails, or `stop` is set.
pub fn tune_recipe(
    path: &Path,
    out: &Path,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<RecipeReport, Error> {
    let recipe = Recipe::load(path)?;
    let tell = |text: String| observer.event(&Event::Message { text });
    let total = data::count(&recipe)?;
    observer.event(&Event::StageStarted {
        stage: Stage::Tune,
        round: 0,
        total,
    });
    let partial = PathBuf::from(format!("{}.partial", out.display()));
    atomic::create_dir(&partial)?;
    tell(format!(
        "{total} records; the model goes to {}",
        out.display()
    ));
    let model = start(&recipe)?;
    tell(format!(
        "{} weights, {} tokens",
        parameters(&model),
        model.tokenizer().vocab_size()
    ));
    let prompts = Prompts::load(None)?;
    let mut set = data::lessons(&recipe, &prompts, stop)?;
    set.lessons.extend(data::drills(&recipe));
    if recipe.init != "scratch" {
        // What the earlier part of a curriculum was trained on is not new either.
        let mut known = crate::models::Known::load(Path::new(&recipe.init))?;
        known.add(set.programs, set.structures);
        (set.programs, set.structures) = (known.programs, known.structures);
    }
    tell(format!(
        "{} examples; {} distinct programs of {} structures",
        set.lessons.len(),
        set.programs.len(),
        set.structures.len()
    ));
    let (model, learnt) = learn::train(Lesson {
        model,
        name: &recipe.name,
        examples: &set.lessons,
        training: &recipe.training,
        seed: recipe.seed,
        checkpoint: Some(&partial.join("training")),
        stage: Stage::Tune,
        round: 0,
        observer,
        stop,
    })?;
    let files = partial.join("model");
    atomic::remove_dir(&files)?;
    let precision = match recipe.precision {
        StoredAs::F16 => Precision::F16,
        StoredAs::F32 => Precision::F32,
    };
    model
        .save(&files, precision)
        .map_err(|error| learn::model_error(&recipe.name, error))?;
    write_known(&files.join(crate::models::KNOWN_PROGRAMS), &set.programs)?;
    write_known(
        &files.join(crate::models::KNOWN_STRUCTURES),
        &set.structures,
    )?;
    let text = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    atomic::write(&files.join("recipe.yaml"), &text)?;
    // The stored weights may be rounded, so the id is that of the folder as it is read back.
    let stored = Model::load(&files).map_err(|error| learn::model_error(&recipe.name, error))?;
    let model_id = stored
        .id()
        .map_err(|error| learn::model_error(&recipe.name, error))?;
    let report = RecipeReport {
        dir: out.to_owned(),
        model_id,
        records: total,
        examples: learnt.examples,
        known_programs: set.programs.len() as u64,
        known_structures: set.structures.len() as u64,
        parameters: parameters(&stored),
        steps: learnt.steps,
        loss: learnt.loss,
    };
    if let Some(parent) = out.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        atomic::create_dir(parent)?;
    }
    atomic::publish_dir(&files, out)?;
    atomic::remove_dir(&partial)?;
    Ok(report)
}

fn start(recipe: &Recipe) -> Result<Model, Error> {
    if recipe.init != "scratch" {
        return Model::load(Path::new(&recipe.init))
            .map_err(|error| learn::model_error(&recipe.init, error));
    }
    let mut texts = Vec::new();
    data::each(recipe, &mut |record| {
        texts.extend([record.problem, record.program, record.solution]);
        Ok(texts.len() < recipe.tokenizer_records * 3)
    })?;
    learn::fresh_model(&recipe.architecture, texts, recipe.seed)
}

fn parameters(model: &Model) -> u64 {
    model
        .network()
        .parameters()
        .iter()
        .map(|(_, tensor)| tensor.elem_count() as u64)
        .sum()
}

fn write_known(path: &Path, fingerprints: &[u64]) -> Result<(), Error> {
    let bytes: Vec<u8> = fingerprints
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    atomic::write(path, &bytes)
}
