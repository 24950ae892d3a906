//! The configuration: one typed tree, read from YAML with dotted overrides.

mod check;
mod load;
mod models;
mod results;
mod sections;
mod text;
mod trainer;
pub(crate) mod training;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use caco_record::Stage;
use serde::{Deserialize, Serialize};

pub use models::*;
pub use results::*;
pub use sections::*;
pub use trainer::*;

use crate::Error;

/// The version of the configuration format that this program reads.
pub const CONFIG_VERSION: u32 = 1;

/// Everything that a run depends on besides the seed files' content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The format version, always 1. Default 1.
    #[serde(default = "version")]
    pub version: u32,
    /// The run's name. Default: the configuration file's stem.
    #[serde(default)]
    pub name: String,
    /// The seed of every random choice. Default 0.
    #[serde(default)]
    pub seed: u64,
    /// Rounds of the loop, at least 1; the kept programs of a round join the seeds of the next. Default 1.
    #[serde(default = "one")]
    pub rounds: u32,
    /// The run folder. Default `runs/<name>` under the current folder.
    #[serde(default)]
    pub output: PathBuf,
    /// Rows in one shard: the unit of progress that a kill can cost. It never changes the data set. Default 256.
    #[serde(default = "shard_rows")]
    pub shard_rows: usize,
    /// A folder whose files replace the built-in prompts of the same names. Default: built-in.
    #[serde(default)]
    pub prompts: Option<PathBuf>,
    /// The folder for things that runs share: the Python environment, the unpacked base model.
    /// Default `$XDG_CACHE_HOME/caco` or `~/.cache/caco`.
    #[serde(default)]
    pub cache: PathBuf,
    /// Exactly how many rows are wanted. Default: as many as come through from `sample.count` programs.
    #[serde(default)]
    pub target: Option<Target>,
    /// What calls of servers may come to. Default: no bound.
    #[serde(default)]
    pub budget: Budget,
    /// Whether a rejected row gets one more turn: its problem is written again, given the reason, and solved and judged
    /// anew. Default false.
    #[serde(default)]
    pub revise: bool,
    /// Which stages run.
    #[serde(default)]
    pub stages: Stages,
    /// The seed files. Required, at least one.
    pub seeds: Vec<Seed>,
    /// What differs for the rows of a domain, by the domain as seeds state it. Default none.
    #[serde(default)]
    pub domains: BTreeMap<String, Domain>,
    /// The models that stages name. `base` is the built-in one unless it is defined here.
    #[serde(default)]
    pub models: BTreeMap<String, Model>,
    /// Problem to seed program.
    #[serde(default)]
    pub unify: Unify,
    /// Who trains the generator and the students.
    #[serde(default)]
    pub trainer: Trainer,
    /// The server that is started on a trained checkpoint. Default: none; checkpoints are sampled inside this program.
    #[serde(default)]
    pub serve: Option<Serve>,
    /// Seed programs to generator.
    #[serde(default)]
    pub tune: Tune,
    /// Generator to programs.
    #[serde(default)]
    pub sample: Sample,
    /// Program to outcome.
    #[serde(default)]
    pub execute: Execute,
    /// Program to problem.
    #[serde(default)]
    pub reverse: Reverse,
    /// Problem to solution.
    #[serde(default)]
    pub solve: Solve,
    /// How answers are compared.
    #[serde(default)]
    pub answer: Answer,
    /// Solution against program.
    #[serde(default)]
    pub judge: Judge,
    /// Duplicates and contamination.
    #[serde(default)]
    pub curate: Curate,
    /// The data set's files.
    #[serde(default)]
    pub export: Export,
    /// The students.
    #[serde(default)]
    pub train: Train,
    /// The benchmarks.
    #[serde(default)]
    pub evaluate: Evaluate,
}

fn version() -> u32 {
    CONFIG_VERSION
}

fn one() -> u32 {
    1
}

fn shard_rows() -> usize {
    256
}

impl Config {
    /// Reads a configuration file, applies overrides of the form `a.b=value` (values are YAML scalars, list items are
    /// numbers from 0), fills in what depends on the place, and checks it.
    ///
    /// Relative paths in the file are relative to the file's folder, those in overrides to the current folder.
    ///
    /// # Errors
    /// [`Error::Config`] with file, line, dotted path and, for an unknown key, the nearest known one.
    pub fn load(path: &Path, sets: &[String]) -> Result<Self, Error> {
        load::load(path, sets)
    }

    /// As [`Config::load`], for a text that is not (or not yet) a file; `file` is its name in messages, and relative
    /// paths are relative to `base`.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, file: &Path, base: &Path, sets: &[String]) -> Result<Self, Error> {
        load::parse(text, file, base, sets)
    }

    /// The resolved configuration as YAML, as `RUN/config.yaml` holds it.
    ///
    /// # Errors
    /// An internal error when it cannot be written as YAML.
    pub fn to_yaml(&self) -> Result<String, Error> {
        serde_norway::to_string(self)
            .map_err(|error| Error::Internal(format!("the configuration as YAML: {error}")))
    }

    /// The rules for programs of a domain.
    #[must_use]
    pub fn rules(&self, domain: Option<&str>) -> &caco_program::Rules {
        self.domain(domain)
            .and_then(|domain| domain.rules.as_ref())
            .unwrap_or(&self.execute.rules)
    }

    /// How the answers of a domain are compared by judge.
    #[must_use]
    pub fn policy(&self, domain: Option<&str>) -> JudgePolicy {
        self.domain(domain)
            .and_then(|domain| domain.policy)
            .unwrap_or(self.judge.policy)
    }

    fn domain(&self, domain: Option<&str>) -> Option<&Domain> {
        self.domains.get(domain?)
    }

    /// How the programs of seeds are tried on other inputs: as those of samples, but for what rejects them.
    pub(crate) fn unify_inputs(&self) -> Inputs {
        let own = self.unify.reject.clone();
        let reject = own.unwrap_or_else(|| self.execute.inputs.reject.clone());
        Inputs {
            reject,
            ..self.execute.inputs.clone()
        }
    }

    /// Whether a stage runs: not in `stages.skip`, and for train and evaluate with something to do.
    #[must_use]
    pub fn runs(&self, stage: Stage) -> bool {
        let listed = !self.stages.skip.contains(&stage);
        match stage {
            Stage::Train => listed && !self.train.students.is_empty(),
            Stage::Evaluate => listed && !self.evaluate.benchmarks.is_empty(),
            _ => listed,
        }
    }
}

/// Reads YAML of any shape with the same messages as a configuration.
pub(crate) fn read_yaml<T: serde::de::DeserializeOwned>(
    text: &str,
    file: &Path,
) -> Result<T, Error> {
    load::read(load::tree(text, file)?, text, file, &[])
}

/// A file's name without folders and extensions: `gsm8k_train` of `data/gsm8k_train.jsonl.gz`.
pub(crate) fn stem(path: &Path) -> String {
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.')
        .map_or(name, |(stem, _)| stem)
        .to_owned()
}

#[cfg(test)]
mod tests;
