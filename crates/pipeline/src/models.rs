//! Finding and loading models: the built-in base, folders, and what this run trained.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use caco_model::Model;
use caco_record::Stage;
use tokio::runtime::Runtime;

use crate::config::training::prompts_of;
use crate::config::{self, BUILTIN, Config, NONE, TuneInit, UnifyMethod};
use crate::context::Context;
use crate::generator::{Embedded, Generator};
use crate::learn::model_error;
use crate::server::Server;
use crate::serving::{Checkpoint, Served};
use crate::trainer::{self, CLOSE_USER};
use crate::{Error, atomic, builtin};

/// Sorted little-endian fingerprints of the normal forms of a model's training programs.
pub(crate) const KNOWN_PROGRAMS: &str = "known_programs.u64";
/// The same of their structures.
pub(crate) const KNOWN_STRUCTURES: &str = "known_structures.u64";

/// Unpacks the built-in base model below the cache folder, once for each content, and returns its folder.
///
/// # Errors
/// When this build carries no base model, or the cache folder cannot be written.
pub fn unpack_builtin(cache: &Path) -> Result<PathBuf, Error> {
    let files = builtin::files();
    if files.is_empty() {
        return Err(Error::Model {
            name: BUILTIN.into(),
            message: "this build carries no base model: models/base was absent when it was built".into(),
            hint: "build one with `caco tune RECIPE -o models/base` and build again, or name a model folder".into(),
        });
    }
    let mut hasher = blake3::Hasher::new();
    for (name, bytes) in files {
        hasher
            .update(name.as_bytes())
            .update(&(bytes.len() as u64).to_le_bytes())
            .update(bytes);
    }
    let hash = hasher.finalize().to_hex();
    let folder = cache.join("models").join(format!("base-{}", &hash[..16]));
    let whole = |(name, bytes): &(&str, &[u8])| {
        folder
            .join(name)
            .metadata()
            .is_ok_and(|metadata| metadata.len() == bytes.len() as u64)
    };
    if files.iter().all(whole) {
        return Ok(folder);
    }
    atomic::create_dir(&cache.join("models"))?;
    let aside = tempfile::Builder::new()
        .prefix(".base-")
        .tempdir_in(cache.join("models"))
        .map_err(|error| Error::io("make a folder in", &cache.join("models"), error))?;
    for (name, bytes) in files {
        atomic::write(&aside.path().join(name), bytes)?;
    }
    if folder.exists() && !files.iter().all(whole) {
        atomic::remove_dir(&folder)?;
    }
    // Another process may have been quicker; its folder has the same content and may be in use, so it stays.
    match atomic::publish_new_dir(aside.path(), &folder) {
        Err(_) if files.iter().all(whole) => {}
        other => other?,
    }
    Ok(folder)
}

/// How many known programs and structures a model folder lists; zero when it lists none.
///
/// # Errors
/// When a list cannot be read.
pub fn known_counts(folder: &Path) -> Result<(u64, u64), Error> {
    let known = Known::load(folder)?;
    Ok((known.programs.len() as u64, known.structures.len() as u64))
}

/// What a model was trained on, as sorted fingerprints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) programs: Vec<u64>,
    pub(crate) structures: Vec<u64>,
}

impl Known {
    /// The lists of a model folder; empty when it has none.
    pub(crate) fn load(folder: &Path) -> Result<Self, Error> {
        Ok(Self {
            programs: list(&folder.join(KNOWN_PROGRAMS))?,
            structures: list(&folder.join(KNOWN_STRUCTURES))?,
        })
    }

    /// Adds fingerprints and keeps the lists sorted and distinct.
    pub(crate) fn add(
        &mut self,
        programs: impl IntoIterator<Item = u64>,
        structures: impl IntoIterator<Item = u64>,
    ) {
        self.programs.extend(programs);
        self.structures.extend(structures);
        for list in [&mut self.programs, &mut self.structures] {
            list.sort_unstable();
            list.dedup();
        }
    }

    /// Names exactly these lists.
    pub(crate) fn id(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for list in [&self.programs, &self.structures] {
            hasher.update(&(list.len() as u64).to_le_bytes());
            for value in list {
                hasher.update(&value.to_le_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }
}

fn list(path: &Path) -> Result<Vec<u64>, Error> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let bytes = atomic::read(path)?;
    let (chunks, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(crate::shard::damaged(
            path,
            &"its length is not a multiple of 8",
        ));
    }
    let mut values: Vec<u64> = chunks
        .iter()
        .map(|chunk| u64::from_le_bytes(*chunk))
        .collect();
    values.sort_unstable();
    Ok(values)
}

/// A variable of the environment, or of the file `.env` in the current folder; the environment goes first.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().or_else(|| {
        let mut pairs = dotenvy::from_filename_iter(".env").ok()?.flatten();
        pairs.find(|(own, _)| own == name).map(|(_, value)| value)
    })
}

/// Loads models once and keeps them.
pub(crate) struct Models {
    loaded: Mutex<BTreeMap<String, Arc<dyn Generator>>>,
    runtime: Mutex<Option<Arc<Runtime>>>,
    /// Speaks for every model under test.
    #[cfg(test)]
    stand_in: Option<Arc<dyn Generator>>,
}

impl Models {
    pub(crate) fn new() -> Self {
        Self {
            loaded: Mutex::new(BTreeMap::new()),
            runtime: Mutex::new(None),
            #[cfg(test)]
            stand_in: None,
        }
    }

    /// The folder of a model of the configuration.
    pub(crate) fn folder(config: &Config, name: &str) -> Result<PathBuf, Error> {
        match config.models.get(name) {
            Some(config::Model::Embedded { path }) if path == BUILTIN => {
                unpack_builtin(&config.cache)
            }
            Some(config::Model::Embedded { path }) => Ok(PathBuf::from(path)),
            Some(config::Model::Server(_)) => Err(Error::Model {
                name: name.to_owned(),
                message: "a server's model has no folder here".into(),
                hint: "name a model of `kind: embedded`".into(),
            }),
            Some(config::Model::Weights { path, .. }) if Path::new(path).is_dir() => {
                Ok(PathBuf::from(path))
            }
            Some(config::Model::Weights { path, .. }) => Err(Error::Model {
                name: name.to_owned(),
                message: format!("`{path}` is no folder here, and nothing is downloaded"),
                hint: "name a folder, or set `serve` so that a server loads it".into(),
            }),
            None => Err(Error::Internal(format!(
                "model `{name}` passed the check but is not defined"
            ))),
        }
    }

    /// A model of the configuration, ready to be asked.
    pub(crate) fn named(&self, config: &Config, name: &str) -> Result<Arc<dyn Generator>, Error> {
        let key = format!("name:{name}");
        if let Some(found) = self.get(&key) {
            return Ok(found);
        }
        let loaded = match config.models.get(name) {
            Some(config::Model::Server(server)) => Arc::new(self.server(name, server)?),
            _ => load(name, &Self::folder(config, name)?)?,
        };
        Ok(self.put(key, loaded))
    }

    /// A model that servers answer for.
    pub(crate) fn server(&self, name: &str, server: &config::Server) -> Result<Server, Error> {
        Ok(Server::new(name, server, self.runtime()?))
    }

    fn runtime(&self) -> Result<Arc<Runtime>, Error> {
        let mut held = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match &*held {
            Some(runtime) => Arc::clone(runtime),
            None => {
                // It drives the connections; the stages' own threads do the rest.
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(2)
                    .thread_name("caco-calls")
                    .enable_all()
                    .build()
                    .map_err(|error| Error::io("start threads for", Path::new("calls"), error))?;
                Arc::clone(held.insert(Arc::new(runtime)))
            }
        })
    }

    /// A model that this run trained from `base`: behind a server of its own where the configuration has one, else inside this
    /// process.
    pub(crate) fn trained(
        &self,
        context: &Context<'_>,
        name: &str,
        base: &str,
        folder: &Path,
    ) -> Result<Arc<dyn Generator>, Error> {
        let key = format!("folder:{}", folder.display());
        if let Some(found) = self.get(&key) {
            return Ok(found);
        }
        let config = context.config;
        let prompts = prompts_of(config, base);
        let open_user = config.trainer.open_user.as_ref();
        let Some(serve) = &config.serve else {
            let model = Embedded::new(name, open(name, folder)?)?;
            let model = model.taught_with(prompts, open_user.cloned());
            return Ok(self.put(key, Arc::new(model)));
        };
        let id = if folder.is_dir() {
            trainer::identity_of(folder)?
        } else {
            folder.display().to_string()
        };
        let checkpoint = Checkpoint {
            name,
            folder: &folder.to_string_lossy(),
            id: &id,
            prompts,
            open_user,
            close_user: config.trainer.close_user.as_deref().unwrap_or(CLOSE_USER),
        };
        let short = folder.file_name().unwrap_or_default().to_string_lossy();
        let log = context
            .dir
            .join("models")
            .join(format!("{short}.server.log"));
        let served = Served::new(&checkpoint, serve, log, self.runtime()?);
        Ok(self.put(key, Arc::new(served)))
    }

    /// The untouched model that students start from.
    pub(crate) fn untouched(
        &self,
        context: &Context<'_>,
        name: &str,
    ) -> Result<Arc<dyn Generator>, Error> {
        match context.config.models.get(name) {
            Some(config::Model::Weights { path, .. }) => {
                self.trained(context, name, name, Path::new(path))
            }
            _ => self.named(context.config, name),
        }
    }

    /// Has every model let go of what it holds for being asked.
    pub(crate) fn rest(&self) {
        let loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.values().for_each(|model| model.rest());
    }

    /// Lets a generator speak for every model.
    #[cfg(test)]
    pub(crate) fn replace(&mut self, generator: Arc<dyn Generator>) {
        self.stand_in = Some(generator);
    }

    fn get(&self, key: &str) -> Option<Arc<dyn Generator>> {
        #[cfg(test)]
        if self.stand_in.is_some() {
            return self.stand_in.clone();
        }
        self.loaded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    fn put(&self, key: String, generator: Arc<dyn Generator>) -> Arc<dyn Generator> {
        self.loaded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, Arc::clone(&generator));
        generator
    }
}

/// The models of the configuration that its stages refer to.
pub(crate) fn used(config: &Config) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    let uses = [
        (
            config.runs(Stage::Unify) && config.unify.method == UnifyMethod::Model,
            config.unify.model.as_str(),
        ),
        (
            config.runs(Stage::Tune) && config.tune.init == TuneInit::Base,
            config.tune.model.0.as_str(),
        ),
        (config.runs(Stage::Reverse), config.reverse.model.as_str()),
        (
            config.export.spread.is_some(),
            config
                .export
                .spread
                .as_ref()
                .map_or("", |spread| spread.model.as_str()),
        ),
        (config.runs(Stage::Solve), config.solve.model.as_str()),
        (
            config.runs(Stage::Sample) && config.sample.model.is_some(),
            config.sample.model.as_deref().unwrap_or_default(),
        ),
        (
            config.runs(Stage::Judge)
                && config.judge.enabled
                && !config.judge.checks.is_empty()
                && config.judge.model != NONE,
            config.judge.model.as_str(),
        ),
        (
            config.runs(Stage::Train)
                || config.runs(Stage::Evaluate) && !config.evaluate.benchmarks.is_empty(),
            config.train.model.as_str(),
        ),
    ];
    for (used, name) in uses {
        if used && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Checks that a model's folder has what loading it needs, or that a server's settings and environment do, without loading
/// or asking.
pub(crate) fn look(config: &Config, name: &str) -> Result<(), Error> {
    if let Some(config::Model::Server(server)) = config.models.get(name) {
        return Models::new().server(name, server)?.client().map(|_| ());
    }
    if let Some(config::Model::Weights { path, .. }) = config.models.get(name)
        && !Path::new(path).is_dir()
    {
        // A name on the Hub, which the trainer and the server look up.
        return Ok(());
    }
    let folder = Models::folder(config, name)?;
    let wrong = |message: String| Error::Model {
        name: name.to_owned(),
        message,
        hint: folder_hint(name),
    };
    if !folder.is_dir() {
        return Err(wrong(format!("{} is not a folder", folder.display())));
    }
    let sharded = folder.join("model.safetensors.index.json").is_file();
    match ["config.json", "tokenizer.json", "model.safetensors"]
        .iter()
        .filter(|file| !(sharded && **file == "model.safetensors"))
        .find(|file| !folder.join(file).is_file())
    {
        Some(file) => Err(wrong(format!("{} has no {file}", folder.display()))),
        None => Ok(()),
    }
}

fn folder_hint(name: &str) -> String {
    format!(
        "correct `models.{name}.path`: a folder with config.json, tokenizer.json and model.safetensors, or `builtin`"
    )
}

fn load(name: &str, folder: &Path) -> Result<Arc<dyn Generator>, Error> {
    Ok(Arc::new(Embedded::new(name, open(name, folder)?)?))
}

/// Opens a model folder for training or sampling.
pub(crate) fn open(name: &str, folder: &Path) -> Result<Model, Error> {
    if !folder.is_dir() {
        return Err(Error::Model {
            name: name.to_owned(),
            message: format!("{} is not a folder", folder.display()),
            hint: folder_hint(name),
        });
    }
    Model::load(folder).map_err(|error| model_error(name, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_lists_read_back_sorted_and_a_cut_one_is_damaged() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Known::load(dir.path()).unwrap(), Known::default());
        let bytes: Vec<u8> = [7u64, 3]
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        std::fs::write(dir.path().join(KNOWN_PROGRAMS), &bytes).unwrap();
        let mut known = Known::load(dir.path()).unwrap();
        assert_eq!(known.programs, [3, 7]);
        let before = known.id();
        known.add([3, 9], [1]);
        assert_eq!(
            (known.programs.clone(), known.structures.clone()),
            (vec![3, 7, 9], vec![1])
        );
        assert_ne!(known.id(), before);
        std::fs::write(dir.path().join(KNOWN_PROGRAMS), &bytes[..9]).unwrap();
        assert!(Known::load(dir.path()).is_err());
    }

    #[test]
    fn a_wrong_folder_is_a_model_error_with_a_remedy() {
        let dir = tempfile::tempdir().unwrap();
        for folder in [dir.path().join("none"), dir.path().to_owned()] {
            let error = open("big", &folder).err().unwrap();
            assert_eq!(error.category().exit_code(), 4, "{error}");
            assert!(error.to_string().contains("`big`"), "{error}");
            assert!(error.hint().is_some());
        }
    }
}
