//! From the command line to a configuration with nothing but an evaluation in it.

use std::path::{Path, PathBuf};

use caco_pipeline::config::BUILTIN;
use caco_pipeline::{Config, Stage, find_benchmark};
use serde_json::{Value, json};

use super::named;
use crate::args::{EvaluateModel, Global};
use crate::failure::{Failure, Result};

/// What `caco evaluate` was asked for.
pub struct Settings {
    pub config: Config,
    /// The model's name in the configuration.
    pub key: String,
    /// Its name to people.
    pub label: String,
    pub dir: PathBuf,
}

/// The model's name in a configuration that is made here, for `--set models.model.KEY=VALUE`.
const KEY: &str = "model";
/// The name of plain problems in `--bench`.
const PROBLEMS: &str = "problems";

pub fn of(global: &Global, args: &EvaluateModel) -> Result<Settings> {
    let name = args.model.clone().ok_or_else(|| {
        Failure::usage(
            "no model is named",
            "give `--model builtin`, `--model FOLDER`, or `--model NAME --base-url URL`",
        )
    })?;
    if args.bench.is_empty() {
        return Err(Failure::usage(
            "no benchmark is named",
            "give `--bench gsm8k,math500` with `--data DIR`, or `--bench gsm8k=FILE`; plain problems are `problems=FILE`",
        ));
    }
    if args.samples > 1 && args.config.is_none() && args.temperature.unwrap_or(0.0) == 0.0 {
        return Err(Failure::usage(
            "at temperature 0 all replies to a problem are the same",
            "give --samples a --temperature, for example 0.7",
        ));
    }
    if let Some(k) = args.k.iter().find(|k| **k > args.samples) {
        return Err(Failure::usage(
            format!("pass@{k} cannot be told from {} replies", args.samples),
            "raise --samples, or lower --k",
        ));
    }
    let benchmarks = args
        .bench
        .iter()
        .map(|bench| benchmark(bench, args))
        .collect::<Result<Vec<Value>>>()?;
    let mut sets = vec![
        format!("evaluate.benchmarks={}", Value::from(benchmarks)),
        // The evaluation is all that happens.
        format!("stages.skip={}", json!(all_but_evaluate())),
        "train.students=[]".to_owned(),
        "target=null".to_owned(),
        "revise=false".to_owned(),
        "judge.model=none".to_owned(),
    ];
    for (key, value) in [
        ("temperature", args.temperature.map(|own| own.to_string())),
        ("top_p", args.top_p.map(|own| own.to_string())),
        ("top_k", args.top_k.map(|own| own.to_string())),
        ("max_tokens", args.max_tokens.map(|own| own.to_string())),
    ] {
        sets.extend(value.map(|value| format!("evaluate.sampling.{key}={value}")));
    }
    let key = match &args.config {
        Some(_) => name.clone(),
        None => KEY.to_owned(),
    };
    sets.push(format!("train.model={}", json!(key)));
    sets.extend(global.seed.map(|seed| format!("seed={seed}")));
    sets.extend(args.sets.iter().cloned());
    let config = match &args.config {
        Some(path) => Config::load(path, &sets)?,
        None => parse(&json!({ &key: model(&name, args)? }), &sets)?,
    };
    let dir = match &args.output {
        Some(dir) => dir.clone(),
        None => Path::new("evaluations").join(plain(&name)),
    };
    Ok(Settings {
        config,
        key,
        label: name,
        dir: absolute(&dir)?,
    })
}

/// The settings where no model is asked.
pub fn defaults(global: &Global, sets: &[String]) -> Result<Config> {
    let mut all: Vec<String> = global
        .seed
        .map(|seed| format!("seed={seed}"))
        .into_iter()
        .collect();
    all.extend(sets.iter().cloned());
    parse(&json!({}), &all)
}

/// A configuration of its defaults and these models.
fn parse(models: &Value, sets: &[String]) -> Result<Config> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::file("find", Path::new("the current folder"), &error))?;
    // JSON is YAML. No seed file is read.
    let text = json!({ "name": "evaluate", "seeds": [{ "path": "none" }], "models": models });
    Ok(Config::parse(
        &text.to_string(),
        Path::new("evaluate"),
        &here,
        sets,
    )?)
}

fn all_but_evaluate() -> Vec<Stage> {
    Stage::ALL
        .into_iter()
        .filter(|stage| !matches!(stage, Stage::Import | Stage::Evaluate))
        .collect()
}

/// One entry of `evaluate.benchmarks`.
fn benchmark(bench: &str, args: &EvaluateModel) -> Result<Value> {
    let (name, path) = match bench.split_once('=') {
        Some((name, path)) => (name, Some(Path::new(path))),
        None => (bench, None),
    };
    let task = (name != PROBLEMS).then(|| named(name)).transpose()?;
    let path = match (path, task) {
        (Some(path), _) => absolute(path)?,
        (None, Some(task)) => absolute(&find_benchmark(&args.data, task)?)?,
        (None, None) => {
            return Err(Failure::usage(
                "`--bench problems` names no file",
                "give `--bench problems=FILE`: JSON lines with `problem` and `answer`",
            ));
        }
    };
    let template = args.template.as_deref().map(absolute).transpose()?;
    Ok(json!({
        "task": task,
        "path": path,
        "limit": args.limit,
        "samples": args.samples,
        "template": template,
    }))
}

/// One entry of `models`.
fn model(name: &str, args: &EvaluateModel) -> Result<Value> {
    let folder = Path::new(name);
    if args.base_url.is_empty() && name == BUILTIN {
        return Ok(json!({ "kind": "embedded", "path": BUILTIN }));
    }
    if args.base_url.is_empty() && folder.is_dir() {
        return Ok(json!({ "kind": "embedded", "path": absolute(folder)? }));
    }
    let mut server = json!({ "kind": "server", "model": name });
    if args.base_url.is_empty() {
        if std::env::var_os("OPENAI_BASE_URL").is_none() && !Path::new(".env").is_file() {
            return Err(Failure::usage(
                format!("there is no model folder {name}"),
                "give a folder or `builtin`, or `--base-url URL` (or OPENAI_BASE_URL) for a server's model",
            ));
        }
    } else {
        server["base_url"] = json!(args.base_url);
    }
    Ok(server)
}

/// A name that a folder can have.
fn plain(name: &str) -> String {
    let name = name.trim_matches('/');
    let text: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let text = text.trim_start_matches(['.', '_']);
    if text.is_empty() {
        "model".into()
    } else {
        text.to_owned()
    }
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| Failure::file("find", path, &error))
}
