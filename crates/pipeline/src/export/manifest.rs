//! `manifest.json`: versions and hashes of everything that went in and came out.

use std::collections::BTreeMap;

use caco_record::Stage;
use serde::Serialize;
use serde_json::Value;

use super::File;
use crate::config::CONFIG_VERSION;
use crate::context::Context;
use crate::stages::State;
use crate::{Error, atomic, models, shard};

/// What the card and the manifest say of a run's ingredients.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Facts {
    /// Seed and benchmark files: path and BLAKE3.
    pub(crate) inputs: BTreeMap<String, String>,
    /// Names of the configuration and of this run's own models, with their ids.
    pub(crate) models: BTreeMap<String, String>,
    /// Prompt files with the BLAKE3 of their text.
    pub(crate) prompts: BTreeMap<String, String>,
    /// The packages that programs could import.
    pub(crate) packages: Vec<String>,
    /// The interpreter that ran the programs.
    pub(crate) interpreter: Option<String>,
    /// The protection that was in force while they ran.
    pub(crate) protection: Option<String>,
}

/// Collects the ingredients.
pub(super) fn facts(context: &Context<'_>, state: &State) -> Result<Facts, Error> {
    let config = context.config;
    let mut inputs = BTreeMap::new();
    let files = config.seeds.iter().map(|seed| &seed.path);
    let benchmarks = config
        .evaluate
        .benchmarks
        .iter()
        .chain(&config.curate.contamination);
    for path in files.chain(benchmarks.map(|benchmark| &benchmark.path)) {
        let hash = blake3::hash(&atomic::read(path)?).to_hex().to_string();
        inputs.insert(path.display().to_string(), hash);
    }
    let mut ids = BTreeMap::new();
    for name in models::used(config) {
        ids.insert(
            name.to_owned(),
            context.models.untouched(context, name)?.id().to_owned(),
        );
    }
    for (round, folder) in &state.generators {
        let base = &config.tune.model.0;
        let model = context.models.trained(context, "codegen", base, folder)?;
        ids.insert(format!("codegen of round {round}"), model.id().to_owned());
    }
    let prompts = context.prompts.all();
    let prompts = prompts.map(|(name, text)| {
        (
            name.to_owned(),
            blake3::hash(text.as_bytes()).to_hex().to_string(),
        )
    });
    let execution = ran(state)?;
    let text = |key: &str| {
        execution
            .as_ref()
            .and_then(|value| value[key].as_str())
            .map(str::to_owned)
    };
    Ok(Facts {
        inputs,
        models: ids,
        prompts: prompts.collect(),
        packages: config.execute.python.clone(),
        interpreter: text("interpreter"),
        protection: text("protection"),
    })
}

/// The execution of the first row that ran.
fn ran(state: &State) -> Result<Option<Value>, Error> {
    let shards = state.all(Stage::Execute).chain(state.all(Stage::Unify));
    for (_, shard) in shards {
        let rows = shard.rows()?;
        if let Some(text) = rows.iter().find_map(|row| row.execution.as_deref()) {
            return Ok(serde_json::from_str(text).ok());
        }
    }
    Ok(None)
}

#[derive(Serialize)]
struct Manifest<'a> {
    caco: &'static str,
    formats: BTreeMap<&'static str, String>,
    name: &'a str,
    seed: u64,
    /// Hash of the settings that decide the data; paths of folders do not count.
    config: String,
    #[serde(flatten)]
    facts: &'a Facts,
    files: Vec<File>,
}

/// Writes the manifest.
pub(super) fn write(context: &Context<'_>, facts: &Facts, files: Vec<File>) -> Result<(), Error> {
    let mut settings = context.config.clone();
    settings.output = std::path::PathBuf::new();
    settings.cache = std::path::PathBuf::new();
    let manifest = Manifest {
        caco: env!("CARGO_PKG_VERSION"),
        formats: BTreeMap::from([
            ("config", CONFIG_VERSION.to_string()),
            ("record", caco_record::FORMAT_VERSION.to_string()),
            ("data", super::table::VERSION.to_owned()),
            ("calls", caco_ledger::VERSION.to_owned()),
        ]),
        name: &context.config.name,
        seed: context.config.seed,
        config: shard::fingerprint(&[&settings.to_yaml()?]),
        facts,
        files,
    };
    let text =
        serde_json::to_vec_pretty(&manifest).map_err(|error| Error::Internal(error.to_string()))?;
    atomic::write(&context.dir.join(super::MANIFEST), &text)
}
