//! What `benches/model/compare.py` measures of our side; each command prints one JSON object.
//!
//! ```text
//! model_speed make FOLDER LIKE WIDTH LAYERS VOCABULARY      a random model with the tokenizer of the folder LIKE
//! model_speed plan FOLDER RECORDS CONFIG OUT                the steps of training, for the other side
//! model_speed train FOLDER RECORDS CONFIG                   trains and says how fast
//! model_speed sample FOLDER RECORDS COUNT TOKENS BATCH THREADS   answers problems and says how fast
//! ```
//!
//! RECORDS are JSON lines with `problem` and `solution`; CONFIG is a JSON object with keys of `training`.

use caco_model::train::{Example, Step, TrainConfig, TrainEvent, plan, train};
use caco_model::{Message, Model, ModelConfig, Precision, Request, Sampler, Sampling, Tokenizer};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// The allocator of the `caco` command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

/// Steps before the clock starts.
const WARM: u64 = 5;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["make", folder, like, width, layers, vocabulary] => {
            let config =
                ModelConfig::small(vocabulary.parse()?, width.parse()?, layers.parse()?, 512);
            let model = Model::new(config, Tokenizer::load(Path::new(like))?, 1)?;
            model.save(Path::new(folder), Precision::F32)?;
            json!({ "parameters": model.network().parameter_count() })
        }
        ["plan", folder, records, config, out] => {
            let model = Model::load(Path::new(folder))?;
            let steps = plan(&model, &examples(records)?, &serde_json::from_str(config)?)?;
            let tokens: usize = steps.iter().map(Step::tokens).sum();
            let sequences: usize = steps.iter().map(|step| step.sequences.len()).sum();
            std::fs::write(out, serde_json::to_vec(&steps)?)?;
            json!({ "steps": steps.len(), "sequences": sequences, "tokens": tokens })
        }
        ["train", folder, records, config] => {
            let mut model = Model::load(Path::new(folder))?;
            timed_training(
                &mut model,
                &examples(records)?,
                &serde_json::from_str(config)?,
            )?
        }
        ["sample", folder, records, count, tokens, batch, threads] => {
            let model = Model::load(Path::new(folder))?;
            let sampling = Sampling {
                max_tokens: tokens.parse()?,
                batch: batch.parse()?,
                threads: threads.parse()?,
                ..Sampling::default()
            };
            timed_sampling(&model, records, count.parse()?, &sampling)?
        }
        _ => return Err("give make, plan, train or sample; the source says how".into()),
    };
    println!("{result}");
    Ok(())
}

fn records(path: &str) -> Result<Vec<Value>, Failure> {
    let text = std::fs::read_to_string(path)?;
    Ok(text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

fn text(record: &Value, key: &str) -> Result<String, Failure> {
    let text = record[key].as_str();
    Ok(text
        .ok_or_else(|| format!("a record has no `{key}`"))?
        .to_string())
}

fn examples(path: &str) -> Result<Vec<Example>, Failure> {
    records(path)?
        .iter()
        .map(|record| {
            Ok(Example::prompt_and_reply(
                text(record, "problem")?,
                text(record, "solution")?,
            ))
        })
        .collect()
}

/// Of a step: seconds, CPU-seconds, tokens so far, loss.
type Seen = (f64, Option<f64>, u64, f32);

fn timed_training(
    model: &mut Model,
    examples: &[Example],
    config: &TrainConfig,
) -> Result<Value, Failure> {
    let began = Instant::now();
    let seen: Mutex<Vec<Seen>> = Mutex::new(Vec::new());
    let observe = |event: &TrainEvent| {
        if let Ok(mut seen) = seen.lock() {
            let seconds = began.elapsed().as_secs_f64();
            seen.push((seconds, cpu_seconds(), event.tokens, event.loss));
        }
    };
    train(
        model,
        examples,
        config,
        None,
        &observe,
        &AtomicBool::new(false),
    )?;
    let seen = seen.into_inner()?;
    let (Some(first), Some(last)) = (seen.get(WARM as usize - 1), seen.last()) else {
        return Err(format!("give more than {WARM} steps").into());
    };
    let tokens = (last.2 - first.2) as f64;
    Ok(json!({
        "tokens_per_second": tokens / (last.0 - first.0),
        "tokens_per_cpu_second": last.1.zip(first.1).map(|(last, first)| tokens / (last - first)),
        "losses": seen.iter().map(|event| event.3).collect::<Vec<_>>(),
        "trained": model.network().trained_count(),
        "peak_mib": peak_mib(),
    }))
}

fn timed_sampling(
    model: &Model,
    path: &str,
    count: usize,
    sampling: &Sampling,
) -> Result<Value, Failure> {
    let requests: Vec<Request> = records(path)?
        .iter()
        .take(count)
        .zip(0..)
        .map(|(record, seed)| {
            let prompt = model.render_chat(&[Message::user(text(record, "problem")?)], true)?;
            Ok(Request { prompt, seed })
        })
        .collect::<Result<_, Failure>>()?;
    let (began, began_cpu) = (Instant::now(), cpu_seconds());
    let sampler = Sampler::new(model)?;
    let replies = sampler.generate(&requests, sampling, &|_, _| {}, &AtomicBool::new(false))?;
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds().zip(began_cpu));
    let tokens: usize = replies.iter().map(|reply| reply.completion_tokens).sum();
    Ok(json!({
        "tokens_per_second": tokens as f64 / seconds,
        "tokens_per_cpu_second": cpu.map(|(end, start)| tokens as f64 / (end - start)),
        "tokens": tokens,
        "replies": replies.len(),
        "peak_mib": peak_mib(),
    }))
}

/// CPU time of all threads of this process, ended ones included; none where the system does not say.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // After the name in brackets; user and system time are the 12th and 13th field, in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |i: usize| fields.get(i)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

/// The most memory that this process has had, in MiB; none where the system does not say.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}
