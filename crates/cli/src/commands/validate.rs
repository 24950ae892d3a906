//! `caco validate`: everything about a configuration that can be checked without running it.

use std::fs::File;
use std::path::Path;

use caco_pipeline::Config;
use caco_pipeline::config::{BUILTIN, Model};

use crate::args::{Configured, Global};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::numbers::grouped;
use crate::output;

/// Checks a configuration and the files that it names.
pub fn validate(global: &Global, args: &Configured) -> Result<Exit> {
    let config = super::load(global, args)?;
    files(&config)?;
    if global.json {
        output::json(&config)?;
    } else {
        output::text(&summary(&config, &args.config))?;
    }
    Ok(Exit::Done)
}

/// Checks that every file and folder is there and can be read.
fn files(config: &Config) -> Result<()> {
    for (index, seed) in config.seeds.iter().enumerate() {
        readable(&seed.path, &format!("seeds.{index}.path"))?;
    }
    for (list, benchmarks) in [
        ("evaluate.benchmarks", &config.evaluate.benchmarks),
        ("curate.contamination", &config.curate.contamination),
    ] {
        for (index, benchmark) in benchmarks.iter().enumerate() {
            // Published files may come as a folder of them.
            if benchmark.task.is_none() || !benchmark.path.is_dir() {
                readable(&benchmark.path, &format!("{list}.{index}.path"))?;
            }
            if let Some(template) = &benchmark.template {
                readable(template, &format!("{list}.{index}.template"))?;
            }
        }
    }
    for (name, model) in &config.models {
        let Model::Embedded { path } = model else {
            continue;
        };
        let file = Path::new(path).join("config.json");
        if path != BUILTIN && !file.is_file() {
            return Err(Failure {
                exit: Exit::Model,
                message: format!(
                    "model `{name}`: {path} is not a model folder: it has no config.json"
                ),
                hint: Some(format!("correct `models.{name}.path`, or write `builtin`")),
            });
        }
    }
    Ok(())
}

fn readable(path: &Path, key: &str) -> Result<()> {
    let file = File::open(path).and_then(|file| file.metadata());
    let wrong = |message: String| {
        Failure::usage(
            message,
            format!("correct `{key}`, or override it with --set {key}=FILE"),
        )
    };
    match file {
        Ok(metadata) if metadata.is_dir() => {
            Err(wrong(format!("{key}: {} is a folder", path.display())))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(wrong(format!(
            "{key}: cannot read {}: {error}",
            path.display()
        ))),
    }
}

fn summary(config: &Config, file: &Path) -> String {
    let stages: Vec<&str> = caco_pipeline::Stage::ALL
        .into_iter()
        .filter(|stage| config.runs(*stage))
        .map(|stage| stage.as_str())
        .collect();
    format!(
        "{} is valid\n  run       {} into {}\n  stages    {}\n  rounds    {}, {} programs sampled in each\n",
        file.display(),
        config.name,
        config.output.display(),
        stages.join(", "),
        config.rounds,
        grouped(config.sample.count),
    )
}
