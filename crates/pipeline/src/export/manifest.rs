//! `manifest.json`: versions and hashes of everything that went in and came out.

use std::collections::BTreeMap;
use std::path::Path;

use caco_record::Stage;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::views::View;
use super::write::Written;
use super::{CARD, DATASET_INFO, File, REWARD, Tally, tally};
use crate::config::CONFIG_VERSION;
use crate::context::Context;
use crate::stages::State;
use crate::variety::{self, Variety};
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
    /// What the checks said of every row that judge saw; none where judge was left out.
    pub(crate) judged: Option<Tally>,
    /// What they said of the exported rows.
    pub(crate) verification: Tally,
    /// The benchmarks that problems were compared with; none where curate was left out.
    pub(crate) contamination: Option<Vec<tally::Screened>>,
    /// How varied and how hard the exported rows are.
    pub(crate) variety: Variety,
    /// Whether solutions in words are among what was checked.
    pub(crate) words: bool,
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
        judged: if config.runs(Stage::Judge) {
            Some(Tally::of(state.all(Stage::Judge).map(|(_, shard)| shard))?)
        } else {
            None
        },
        verification: state
            .exported
            .as_ref()
            .map_or_else(Tally::default, |exported| exported.tally.clone()),
        contamination: if config.runs(Stage::Curate) {
            let shards = state.all(Stage::Curate).map(|(_, shard)| shard);
            Some(tally::screened(config, shards)?)
        } else {
            None
        },
        variety: state
            .exported
            .as_ref()
            .map_or_else(variety::none, |exported| exported.variety.clone()),
        words: config.runs(Stage::Solve),
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

/// The manifest of an export: what `caco push` needs to know of a folder. A run's manifest has the same keys among others.
#[derive(Serialize)]
struct Exported<'a> {
    caco: &'static str,
    name: &'a str,
    words: bool,
    verification: &'a Tally,
    views: Vec<Listed>,
    files: Vec<File>,
}

#[derive(Serialize)]
struct Listed {
    view: View,
    rows: u64,
}

/// Writes the manifest of an export.
pub(super) fn write_package(
    root: &Path,
    name: &str,
    words: bool,
    views: &[Written],
    verification: &Tally,
    files: Vec<File>,
) -> Result<(), Error> {
    let views = views.iter().map(|written| Listed {
        view: written.view,
        rows: written.rows,
    });
    let manifest = Exported {
        caco: env!("CARGO_PKG_VERSION"),
        name,
        words,
        verification,
        views: views.collect(),
        files,
    };
    let text =
        serde_json::to_vec_pretty(&manifest).map_err(|error| Error::Internal(error.to_string()))?;
    atomic::write(&root.join(super::MANIFEST), &text)
}

/// A data set that is ready to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The card, the files of the views and what goes with them; nothing else of a run.
    pub files: Vec<File>,
    /// Folders of which the files above are all shards: others of such names there are of an earlier export.
    pub folders: Vec<&'static str>,
    /// Rows that a check found wanting.
    pub failed: u64,
    /// Rows with solutions that no check has looked at.
    pub unchecked: u64,
}

/// What of a run or an export belongs into a repository.
///
/// # Errors
/// [`Error::Usage`] where the folder is neither a finished run nor an export.
pub fn package(root: &Path) -> Result<Package, Error> {
    #[derive(Deserialize)]
    struct Read {
        name: String,
        #[serde(default)]
        words: bool,
        #[serde(default)]
        verification: Tally,
        files: Vec<File>,
    }
    let path = root.join(super::MANIFEST);
    let text = std::fs::read(&path).map_err(|_| {
        let unfinished = root.join(crate::run::CONFIG_FILE).is_file();
        Error::Usage {
            message: if unfinished {
                format!("the run in {} is not finished", root.display())
            } else {
                format!(
                    "{} is neither a run nor an export: it has no manifest.json",
                    root.display()
                )
            },
            hint: if unfinished {
                format!("`caco resume {}` finishes it", root.display())
            } else {
                "name a run folder, or a folder that `caco export` wrote".into()
            },
        }
    })?;
    let read: Read = serde_json::from_slice(&text).map_err(|error| Error::Damaged {
        path: path.clone(),
        message: error.to_string(),
    })?;
    let belongs = |file: &File| {
        let top = file.path.split_once('/').map(|(folder, _)| folder);
        match top {
            Some(folder) => View::ALL.into_iter().any(|view| view.folder() == folder),
            None => [CARD, REWARD, DATASET_INFO].contains(&file.path.as_str()),
        }
    };
    let files: Vec<File> = read.files.into_iter().filter(belongs).collect();
    let within = |view: &View| {
        let start = format!("{}/", view.folder());
        files.iter().any(|file| file.path.starts_with(&start))
    };
    let folders = View::ALL.into_iter().filter(within).map(View::folder);
    Ok(Package {
        name: read.name,
        folders: folders.collect(),
        failed: read.verification.failed,
        unchecked: if read.words {
            read.verification.unchecked
        } else {
            0
        },
        files,
    })
}
