//! Training by a program that is started for it: what it reads is written for it, its log is followed, and its checkpoint
//! becomes a model folder of the run.

mod checkpoint;
mod follow;
mod formats;
mod process;

use std::path::{Path, PathBuf};

use caco_record::Stage;
use serde_json::{Value, json};

use crate::config::{self, Config, Course, Model, TrainerKind};
use crate::context::Context;
use crate::{Error, Event, atomic, shard};

pub(crate) use checkpoint::identity_of;
pub(crate) use formats::{CLOSE_USER, Lines, fill};
pub(crate) use process::{last_lines, stop_group};

const VERSION: &str = "1";

/// One model to train.
pub(crate) struct Job<'a> {
    /// The model's name in events, messages and folders.
    pub(crate) name: String,
    pub(crate) stage: Stage,
    pub(crate) round: u32,
    /// The key of `models` to start from.
    pub(crate) base: &'a str,
    pub(crate) course: &'a Course,
    pub(crate) seed: u64,
    /// What decides the result besides: data and prompts.
    pub(crate) identity: Vec<String>,
}

/// The command that would have been started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The folder that everything was written into.
    pub folder: PathBuf,
    /// The command, to be started there, as text for a shell.
    pub command: String,
}

/// The folder of the trained model, which is trained unless it is there. `lines` writes the examples.
pub(crate) fn model(
    context: &Context<'_>,
    job: &Job<'_>,
    lines: &mut dyn FnMut(&mut Lines) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let trainer = &context.config.trainer;
    let base = Base::of(context.config, job.base)?;
    let seed = job.seed.to_string();
    let mut parts = vec![job.stage.as_str(), "outside", VERSION, &base.id, &seed];
    let decides = super::stages::json(&(
        trainer.kind,
        job.course,
        trainer.precision,
        &trainer.template,
        (&trainer.open_user, &trainer.close_user),
        &trainer.command,
    ))?;
    parts.push(&decides);
    parts.extend(job.identity.iter().map(String::as_str));
    let folder =
        context
            .dir
            .join("models")
            .join(format!("{}-{}", job.name, shard::fingerprint(&parts)));
    if folder.is_dir() {
        return Ok(folder);
    }
    let mut partial = folder.as_os_str().to_owned();
    partial.push(".partial");
    let work = Work::new(PathBuf::from(partial));
    let command = prepare(context, job, &base, &work, lines)?;
    if !work.trained()? {
        if context.dry_run {
            let prepared = Prepared {
                folder: work.root.clone(),
                command: formats::for_a_shell(&command, &trainer.env, &work.root),
            };
            return Err(Error::Prepared(prepared));
        }
        context.check_stop()?;
        process::train(context, job, &work, &command)?;
    }
    let close = trainer.close_user.as_deref().unwrap_or(CLOSE_USER);
    let end = (job.stage == Stage::Tune).then_some(close);
    let examples = work.examples()?;
    let learnt = checkpoint::publish(&job.name, &work, &folder, end)?;
    let steps = learnt
        .steps
        .map_or_else(String::new, |steps| format!(" in {steps} steps"));
    let loss = learnt
        .loss
        .map_or_else(String::new, |loss| format!(", loss {loss:.3}"));
    context.message(format!(
        "{} (round {}): {} learnt {} examples{steps}{loss}",
        job.stage, job.round, job.name, examples
    ));
    Ok(folder)
}

/// Writes the data, the trainer's configuration and the command. What an interrupted training has written stays.
fn prepare(
    context: &Context<'_>,
    job: &Job<'_>,
    base: &Base,
    work: &Work,
    lines: &mut dyn FnMut(&mut Lines) -> Result<(), Error>,
) -> Result<Vec<String>, Error> {
    atomic::create_dir(&work.data())?;
    if !work.ready().is_file() {
        let mut out = Lines::create(&work.data().join("train.jsonl"), context.config)?;
        lines(&mut out)?;
        let examples = out.finish()?;
        let ready = json!({ "examples": examples });
        atomic::write(&work.ready(), ready.to_string().as_bytes())?;
    }
    let plan = formats::Plan {
        config: context.config,
        stage: job.stage,
        course: job.course,
        seed: job.seed % (1 << 31),
        base,
        work,
    };
    plan.write()
}

/// The weights that a training starts from.
pub(crate) struct Base {
    /// A folder, or a name on the Hub.
    pub(crate) path: String,
    pub(crate) revision: Option<String>,
    /// Names its content.
    pub(crate) id: String,
}

impl Base {
    fn of(config: &Config, name: &str) -> Result<Self, Error> {
        let (path, revision) = match config.models.get(name) {
            Some(Model::Weights { path, revision, .. }) => (path.clone(), revision.clone()),
            _ => {
                let folder = crate::models::Models::folder(config, name)?;
                (folder.to_string_lossy().into_owned(), None)
            }
        };
        let folder = Path::new(&path);
        let id = if folder.is_dir() {
            identity_of(folder)?
        } else {
            format!("hub:{path}@{}", revision.as_deref().unwrap_or("main"))
        };
        Ok(Self { path, revision, id })
    }
}

/// The folder in which a trainer works; it lies beside the model folder that comes of it.
pub(crate) struct Work {
    pub(crate) root: PathBuf,
}

impl Work {
    fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// What the trainer reads.
    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Where the trainer puts its checkpoints and, at the end, the model.
    pub(crate) fn output(&self) -> PathBuf {
        self.root.join("output")
    }

    /// Everything that the trainer prints.
    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("trainer.log")
    }

    /// Says that the data is whole.
    fn ready(&self) -> PathBuf {
        self.root.join("data.json")
    }

    fn examples(&self) -> Result<u64, Error> {
        let bytes = atomic::read(&self.ready())?;
        let ready: Value = serde_json::from_slice(&bytes)
            .map_err(|error| shard::damaged(&self.ready(), &error))?;
        Ok(ready["examples"].as_u64().unwrap_or_default())
    }

    /// Whether a whole model lies in the output: where we started the trainer it must also have ended well.
    fn trained(&self) -> Result<bool, Error> {
        Ok(process::ended(self).is_none_or(|code| code == 0)
            && !process::is_running(self)?
            && checkpoint::is_model(&self.output()))
    }
}

/// Finds out, before any work is done, whether the trainer and the server can be started at all.
///
/// # Errors
/// [`Error::Python`] with what is missing and how to get it.
pub fn look(config: &Config) -> Result<(), Error> {
    let trainer = &config.trainer;
    let trains = config.runs(Stage::Tune) || config.runs(Stage::Train);
    if trainer.kind.is_outside() && trains {
        let module = match trainer.kind {
            TrainerKind::Llamafactory => Some(("llamafactory", "llamafactory")),
            TrainerKind::Trl => Some(("trl", "trl")),
            TrainerKind::Axolotl => Some(("axolotl", "axolotl")),
            TrainerKind::Command | TrainerKind::Embedded => None,
        };
        let name = trainer.kind.as_str();
        match module {
            Some((module, package)) => process::has_module(&trainer.python, module, || {
                format!(
                    "set `trainer.python` to the Python that has it, or `{} -m pip install {package}`",
                    trainer.python
                )
            })?,
            None => process::is_program(trainer.command.first(), name, "trainer.command")?,
        }
    }
    if let Some(serve) = &config.serve
        && trains
    {
        let module = match serve.kind {
            config::ServeKind::Vllm => Some("vllm"),
            config::ServeKind::Sglang => Some("sglang"),
            config::ServeKind::Command => None,
        };
        match module {
            Some(module) => process::has_module(&serve.python, module, || {
                format!(
                    "set `serve.python` to the Python that has it, or `{} -m pip install {module}`",
                    serve.python
                )
            })?,
            None => process::is_program(serve.command.first(), "the server", "serve.command")?,
        }
    }
    Ok(())
}

/// Tells of one step of an outside trainer.
fn tell(context: &Context<'_>, job: &Job<'_>, step: &follow::Step, tokens_per_second: f32) {
    context.observer.event(&Event::Training {
        stage: job.stage,
        round: job.round,
        model: job.name.clone(),
        step: step.step,
        steps: step.steps,
        loss: step.loss,
        lr: step.lr,
        tokens: step.tokens,
        tokens_per_second,
    });
}
