//! From YAML text and overrides to a checked [`Config`].

use std::path::{Path, PathBuf};

use caco_record::Stage;
use serde::de::DeserializeOwned;
use serde_norway::Value;

use super::text::line_of;
use super::{AUTO, BUILTIN, Config, Model, NONE, PromptSet, check, stem};
use crate::Error;

pub(super) fn load(path: &Path, sets: &[String]) -> Result<Config, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::Config {
            file: path.to_owned(),
            line: None,
            path: String::new(),
            message: "there is no such file".into(),
            hint: Some("`caco init` writes a commented configuration".into()),
        },
        _ => Error::io("read", path, error),
    })?;
    let here = current_dir()?;
    let full = here.join(path);
    let base = full.parent().unwrap_or(&here).to_owned();
    parse(&text, path, &base, sets)
}

pub(super) fn parse(
    text: &str,
    file: &Path,
    base: &Path,
    sets: &[String],
) -> Result<Config, Error> {
    let mut tree = tree(text, file)?;
    let mut overridden = Vec::new();
    for set in sets {
        overridden.push(apply(&mut tree, set)?);
    }
    inherit(&mut tree);
    let mut config: Config = read(tree, text, file, &overridden)?;
    resolve(&mut config, file, base)?;
    check::check(&config, &|path, message, hint| {
        blame(text, file, &overridden, path, message, hint)
    })?;
    Ok(config)
}

/// Gives the rules of a domain what they leave to `execute.rules`.
fn inherit(tree: &mut Value) {
    let Some(rules) = tree
        .get("execute")
        .and_then(|execute| execute.get("rules"))
        .filter(|rules| rules.is_mapping())
        .cloned()
    else {
        return;
    };
    let domains = tree.get_mut("domains").and_then(Value::as_mapping_mut);
    for settings in domains.into_iter().flat_map(|domains| domains.values_mut()) {
        if let Some(own) = settings.get_mut("rules") {
            under(own, &rules);
        }
    }
}

/// Adds the keys of `base` that `own` has not.
fn under(own: &mut Value, base: &Value) {
    if let (Value::Mapping(own), Value::Mapping(base)) = (own, base) {
        for (key, value) in base {
            match own.get_mut(key) {
                Some(own) => under(own, value),
                None => {
                    own.insert(key.clone(), value.clone());
                }
            }
        }
    }
}

/// The untyped tree of a text; an empty text is an empty mapping.
pub(super) fn tree(text: &str, file: &Path) -> Result<Value, Error> {
    let tree: Value = serde_norway::from_str(text).map_err(|error| Error::Config {
        file: file.to_owned(),
        line: error.location().map(|location| location.line()),
        path: String::new(),
        message: format!("not valid YAML: {error}"),
        hint: None,
    })?;
    Ok(if tree.is_null() {
        Value::Mapping(serde_norway::Mapping::new())
    } else {
        tree
    })
}

/// The typed form of a tree; `overridden` are the paths that came from overrides.
pub(super) fn read<T: DeserializeOwned>(
    tree: Value,
    text: &str,
    file: &Path,
    overridden: &[String],
) -> Result<T, Error> {
    serde_path_to_error::deserialize(tree).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        let (path, message, hint) = explain(path, error.inner().to_string());
        blame(text, file, overridden, &path, message, hint)
    })
}

/// An error at a path: in the override that set it, else at its line of the file.
fn blame(
    text: &str,
    file: &Path,
    overridden: &[String],
    path: &str,
    message: String,
    hint: Option<String>,
) -> Error {
    let set = overridden.iter().any(|set| set == path);
    Error::Config {
        file: if set { "--set".into() } else { file.to_owned() },
        line: if set { None } else { line_of(text, path) },
        path: path.to_owned(),
        message,
        hint,
    }
}

/// Adds the unknown key to the path and the nearest known one as the hint.
fn explain(path: String, message: String) -> (String, String, Option<String>) {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if message.starts_with("unknown field") || message.starts_with("unknown variant") {
        let unknown = quoted.first().copied().unwrap_or_default();
        let known = quoted.get(1..).unwrap_or_default();
        let nearest = known
            .iter()
            .map(|candidate| (strsim::damerau_levenshtein(unknown, candidate), *candidate))
            .min()
            .filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 2));
        let hint = match nearest {
            Some((_, nearest)) => format!("did you mean `{nearest}`?"),
            None => format!("known here: {}", known.join(", ")),
        };
        if message.starts_with("unknown variant") {
            return (
                path,
                format!("`{unknown}` is not one of {}", known.join(", ")),
                Some(hint),
            );
        }
        let full = if path.is_empty() || path.rsplit('.').next() == Some(unknown) {
            if path.is_empty() {
                unknown.to_owned()
            } else {
                path
            }
        } else {
            format!("{path}.{unknown}")
        };
        return (full, "unknown key".into(), Some(hint));
    }
    if let Some((what, remedy)) = message.split_once("; write the name of its environment variable")
    {
        let hint = format!("write the name of its environment variable{remedy}");
        return (format!("{path}.api_key"), what.to_owned(), Some(hint));
    }
    if message.starts_with("missing field") {
        let missing = quoted.first().copied().unwrap_or_default();
        let hint = format!("add `{missing}:`");
        let full = if path.is_empty() {
            missing.to_owned()
        } else {
            format!("{path}.{missing}")
        };
        return (full, "this key is required".into(), Some(hint));
    }
    let message = message
        .strip_prefix(&format!("{path}: "))
        .map_or(message.clone(), str::to_owned);
    (path, message, None)
}

/// Keys whose relative values in an override are relative to the current folder.
const PATH_KEYS: [&str; 5] = ["path", "output", "prompts", "cache", "template"];

/// Puts one `a.b.0.c=value` into the tree and returns the path in the form that errors use.
fn apply(tree: &mut Value, set: &str) -> Result<String, Error> {
    let fail = |path: &str, message: String| Error::Config {
        file: "--set".into(),
        line: None,
        path: path.to_owned(),
        message,
        hint: Some("write `--set stage.key=value`, for example `--set sample.count=100`".into()),
    };
    let (path, text) = set
        .split_once('=')
        .ok_or_else(|| fail("", format!("`{set}` has no `=`")))?;
    let mut value: Value = serde_norway::from_str(text)
        .map_err(|error| fail(path, format!("`{text}` is not a YAML value: {error}")))?;
    let keys: Vec<&str> = path.split('.').collect();
    if let (Some(last), Value::String(text)) = (keys.last(), &value)
        && PATH_KEYS.contains(last)
        && text != BUILTIN
    {
        value = Value::String(current_dir()?.join(text).to_string_lossy().into_owned());
    }
    let mut node = tree;
    let mut shown = String::new();
    for key in &keys {
        if key.is_empty() {
            return Err(fail(path, "an empty key".into()));
        }
        if node.is_null() {
            *node = Value::Mapping(serde_norway::Mapping::new());
        }
        node = match node {
            Value::Sequence(items) => {
                let count = items.len();
                let item = key
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get_mut(index));
                shown.push_str(&format!("[{key}]"));
                item.ok_or_else(|| {
                    fail(
                        path,
                        format!("`{key}` is not an item of a list of {count} (numbers from 0)"),
                    )
                })?
            }
            Value::Mapping(map) => {
                if !shown.is_empty() {
                    shown.push('.');
                }
                shown.push_str(key);
                map.entry(Value::String((*key).to_owned()))
                    .or_insert(Value::Null)
            }
            _ => {
                return Err(fail(
                    path,
                    format!("there is nothing below the value before `{key}`"),
                ));
            }
        };
    }
    *node = value;
    Ok(shown)
}

/// Fills in names, folders and the base model, and makes paths absolute.
fn resolve(config: &mut Config, file: &Path, base: &Path) -> Result<(), Error> {
    let here = current_dir()?;
    if config.name.is_empty() {
        config.name = stem(file);
    }
    let absolute = |path: &mut PathBuf| *path = clean(&base.join(&path));
    if config.output.as_os_str().is_empty() {
        config.output = clean(&here.join("runs").join(&config.name));
    } else {
        absolute(&mut config.output);
    }
    if config.cache.as_os_str().is_empty() {
        config.cache = default_cache(&here);
    } else {
        absolute(&mut config.cache);
    }
    config.prompts.iter_mut().for_each(absolute);
    config
        .domains
        .values_mut()
        .filter_map(|domain| domain.prompts.as_mut())
        .for_each(absolute);
    config
        .seeds
        .iter_mut()
        .for_each(|seed| absolute(&mut seed.path));
    let benchmarks = config
        .evaluate
        .benchmarks
        .iter_mut()
        .chain(&mut config.curate.contamination);
    benchmarks.for_each(|benchmark| {
        absolute(&mut benchmark.path);
        if let Some(template) = &mut benchmark.template {
            absolute(template);
        }
    });
    config.curate.against.iter_mut().for_each(absolute);
    config
        .models
        .entry("base".into())
        .or_insert_with(|| Model::Embedded {
            path: BUILTIN.into(),
        });
    for model in config.models.values_mut() {
        let full = |path: &str| clean(&base.join(path));
        match model {
            Model::Embedded { path } if path != BUILTIN => {
                *path = full(path).to_string_lossy().into_owned();
            }
            // What is no folder here is a name on the Hub.
            Model::Weights { path, .. } if full(path).is_dir() => {
                *path = full(path).to_string_lossy().into_owned();
            }
            _ => {}
        }
    }
    let program = |python: &mut String| {
        if python.contains('/') {
            *python = clean(&base.join(&*python)).to_string_lossy().into_owned();
        }
    };
    program(&mut config.trainer.python);
    if let Some(serve) = &mut config.serve {
        program(&mut serve.python);
    }
    let trainer = &mut config.trainer;
    for (course, epochs, cutoff) in [(&mut trainer.tune, 1, 2048), (&mut trainer.train, 3, 4096)] {
        course.epochs.get_or_insert(epochs);
        course.cutoff.get_or_insert(cutoff);
    }
    // Nobody would ask a tuned model.
    if config.sample.model.is_some() && config.runs(Stage::Tune) {
        config.stages.skip.push(Stage::Tune);
    }
    judge(config);
    lengths(config);
    Ok(())
}

/// Chooses the judge where the configuration leaves that open.
fn judge(config: &mut Config) {
    if config.judge.model != AUTO {
        return;
    }
    let server = |name: &String| match config.models.get(name) {
        Some(Model::Server(server)) => Some(server),
        _ => None,
    };
    let solver = server(&config.solve.model);
    let other = solver.and_then(|solver| {
        let mut names = config.models.keys();
        // A tuned program writer is no judge.
        names.find(|name| {
            config.sample.model.as_ref() != Some(name)
                && server(name).is_some_and(|own| {
                    own.family() != solver.family() && own.prompts == PromptSet::General
                })
        })
    });
    let own = solver
        .filter(|solver| solver.prompts == PromptSet::General)
        .map(|_| &config.solve.model);
    let chosen = other.or(own).cloned();
    config.judge.model = chosen.unwrap_or_else(|| NONE.to_owned());
}

/// Fills in how long replies may be, which depends on who writes them.
fn lengths(config: &mut Config) {
    let long_winded = |name: &str| {
        matches!(
            config.models.get(name),
            Some(Model::Server(_) | Model::Weights { .. })
        )
    };
    let length = |name: &str, long: usize| if long_winded(name) { long } else { 256 };
    let (unify, reverse, solve) = (
        length(&config.unify.model, 2048),
        length(&config.reverse.model, 1024),
        length(&config.solve.model, 2048),
    );
    let writer = config.sample.model.as_deref();
    let sample = length(writer.unwrap_or(&config.tune.model.0), 1024);
    let judge = length(&config.judge.model, 1024);
    let evaluate = length(&config.train.model, 2048);
    for (sampling, length) in [
        (&mut config.unify.sampling, unify),
        (&mut config.sample.sampling, sample),
        (&mut config.reverse.sampling, reverse),
        (&mut config.solve.sampling, solve),
        (&mut config.judge.sampling, judge),
        (&mut config.judge.difficulty.sampling, solve),
        (&mut config.evaluate.sampling, evaluate),
    ] {
        sampling.max_tokens.get_or_insert(length);
    }
}

fn default_cache(here: &Path) -> PathBuf {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("XDG_CACHE_HOME")
        .map(|cache| cache.join("caco"))
        .or_else(|| set("HOME").map(|home| home.join(".cache/caco")))
        .unwrap_or_else(|| here.join(".caco-cache"))
}

fn current_dir() -> Result<PathBuf, Error> {
    std::env::current_dir()
        .map_err(|error| Error::io("find", Path::new("the current folder"), error))
}

/// Removes `.` and resolves `..` by name, so that written paths read well.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
