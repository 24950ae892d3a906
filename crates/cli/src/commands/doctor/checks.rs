//! The checks, in the order in which a run needs them.

mod machine;
mod python;

use std::path::Path;

use caco_model::Model;
use caco_pipeline::Config;
use caco_pipeline::config::{self, BUILTIN};

use super::Check;
use crate::numbers::{bytes, grouped};

/// Everything, in order.
pub fn all(config: &Config, fix: bool, say: &dyn Fn(&str)) -> Vec<Check> {
    let cache = cache(&config.cache);
    let writable = cache.ok;
    let mut checks = vec![
        machine::cores(),
        machine::memory(),
        machine::disk(&config.cache),
        cache,
    ];
    checks.extend(python::all(config, fix && writable, say));
    for (name, model) in &config.models {
        match model {
            config::Model::Embedded { path } => checks.push(load(name, path, config)),
            config::Model::Server(_) => checks.extend(servers(config, name)),
            config::Model::Weights { path, .. } => checks.push(weights(name, path)),
        }
    }
    if config.trainer.kind.is_outside() || config.serve.is_some() {
        checks.push(training(config));
    }
    checks.push(gpu());
    checks
}

/// Whether the cache folder can be made and written.
fn cache(folder: &Path) -> Check {
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    let tried = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&probe, b"caco"))
        .and_then(|()| std::fs::remove_file(&probe));
    match tried {
        Ok(()) => Check::good("cache", format!("{} is writable", folder.display())),
        Err(error) => Check::failed(
            "cache",
            format!("{}: {error}", folder.display()),
            "make it writable, or set XDG_CACHE_HOME (or `cache:` in the configuration) to another folder",
        ),
    }
}

/// Whether a model loads.
fn load(name: &str, path: &str, config: &Config) -> Check {
    let folder = if path == BUILTIN {
        caco_pipeline::unpack_builtin(&config.cache)
    } else {
        Ok(Path::new(path).to_path_buf())
    };
    let loaded = match &folder {
        Ok(folder) => Model::load(folder).map_err(|error| (error.to_string(), None)),
        Err(error) => Err((error.to_string(), error.hint())),
    };
    match loaded {
        Ok(model) => {
            let weights: usize = model
                .network()
                .parameters()
                .iter()
                .map(|(_, tensor)| tensor.elem_count())
                .sum();
            let place = if path == BUILTIN { "built in" } else { path };
            Check::good(
                "model",
                format!(
                    "`{name}` loads ({place}): {} weights",
                    grouped(weights as u64)
                ),
            )
        }
        Err((message, hint)) => {
            let remedy =
                hint.unwrap_or_else(|| format!("correct `models.{name}.path`, or write `builtin`"));
            Check::failed("model", format!("`{name}`: {message}"), remedy)
        }
    }
}

/// Whether weights for a trainer are a folder, or have to be a name on the Hub.
fn weights(name: &str, path: &str) -> Check {
    let folder = Path::new(path);
    if folder.is_dir() && !folder.join("config.json").is_file() {
        let problem = format!("`{name}`: {path} has no config.json");
        return Check::failed("weights", problem, format!("correct `models.{name}.path`"));
    }
    let what = if folder.is_dir() {
        "a folder"
    } else {
        "no folder here: a name on the Hub, which trainer and server look up"
    };
    Check::good("weights", format!("`{name}`: {path} is {what}"))
}

/// Whether the outside trainer and the server of its checkpoints can be started.
fn training(config: &Config) -> Check {
    match caco_pipeline::look_at_trainer(config) {
        Ok(()) => {
            let trainer = config.trainer.kind.as_str();
            let served = if config.serve.is_some() {
                ", and so is the server"
            } else {
                ""
            };
            Check::good("trainer", format!("{trainer} is there{served}"))
        }
        Err(error) => {
            let remedy = error.hint().unwrap_or_default();
            Check::failed("trainer", error.to_string(), remedy)
        }
    }
}

/// What the servers of a model say of themselves, one check for each replica.
fn servers(config: &Config, name: &str) -> Vec<Check> {
    let replicas = match caco_pipeline::probe(config, name) {
        Ok(replicas) => replicas,
        Err(error) => {
            let remedy = error.hint().unwrap_or_default();
            return vec![Check::failed(
                "server",
                format!("`{name}`: {error}"),
                remedy,
            )];
        }
    };
    replicas
        .into_iter()
        .map(|replica| {
            let at = format!("`{name}` at {}", replica.url);
            match replica.problem {
                None => Check::good("server", format!("{at}: {}", replica.found)),
                Some((problem, remedy)) => {
                    Check::failed("server", format!("{at}: {problem}"), remedy)
                }
            }
        })
        .collect()
}

/// Which device the embedded model uses. A GPU is never needed.
fn gpu() -> Check {
    Check::good(
        "gpu",
        "none is needed: this build runs the embedded model on the processor",
    )
}

fn size(value: u64) -> String {
    bytes(value)
}
