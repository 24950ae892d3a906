//! Tuning a model on packed examples.
//!
//! The result is a function of the model, the examples and the configuration alone: a step is divided into
//! `workers · accumulation` parts by configuration, each part runs on one thread, and gradients are added in the order
//! of the parts. Training that was interrupted continues from its last checkpoint to the same bits.

mod checkpoint;
mod config;
mod data;
mod optimizer;
mod step;

pub use config::TrainConfig;
pub use data::{Example, Part, Sequence};

use crate::{Error, Model, Result};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// What happened in one step.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TrainEvent {
    /// Steps finished, counted from 1.
    pub step: u64,
    /// Steps in all.
    pub steps: u64,
    /// Mean negative log-likelihood of the step's counted tokens, in nats.
    pub loss: f32,
    /// Learning rate of the step.
    pub lr: f32,
    /// Norm of the gradient before clipping.
    pub grad_norm: f32,
    /// Input tokens seen so far, before an interruption included.
    pub tokens: u64,
    /// Input tokens per second since this call began.
    pub tokens_per_second: f32,
}

/// The result of a training run. Counts are of examples and tokens, not of visits, unless said.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct TrainReport {
    /// Steps done.
    pub steps: u64,
    /// Examples trained on.
    pub examples: u64,
    /// Examples left out because they are longer than `sequence_length`.
    pub dropped_too_long: u64,
    /// Examples left out because no token of them counts in the loss.
    pub dropped_without_loss: u64,
    /// Input tokens seen, visits counted.
    pub tokens: u64,
    /// Loss of the first step; none when nothing was left to do.
    pub first_loss: Option<f32>,
    /// Mean loss of the last 20 steps (or fewer) of this call; none when nothing was left to do.
    pub last_loss: Option<f32>,
    /// The step this call continued from; 0 for a fresh start.
    pub resumed_from: u64,
}

/// One step of a training run, as it will be taken.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Step {
    /// Learning rate.
    pub lr: f32,
    /// The sequences of the step.
    pub sequences: Vec<Sequence>,
}

impl Step {
    /// Input tokens of the step.
    #[must_use]
    pub fn tokens(&self) -> usize {
        let inputs = |sequence: &Sequence| sequence.tokens.len() - 1;
        self.sequences.iter().map(inputs).sum()
    }
}

/// The steps that [`train`] takes with these arguments, for a look at them or for another trainer. They are all in memory.
///
/// # Errors
/// When no example can be used, or a setting is out of range.
pub fn plan(model: &Model, examples: &[Example], config: &TrainConfig) -> Result<Vec<Step>> {
    config.check(model.network().config().max_position_embeddings)?;
    let data = data::Data::new(model.tokenizer(), examples, config)?;
    let plan = data.plan(config);
    let steps = plan.len() as u64;
    let sequence = |index: &u32| data.sequences[*index as usize].clone();
    Ok((1..)
        .zip(&plan)
        .map(|(step, batch)| Step {
            lr: config.rate(step, steps),
            sequences: batch.iter().map(sequence).collect(),
        })
        .collect())
}

/// Tunes `model` in place. With [`TrainConfig::lora`] a fresh adapter is trained, which stays apart from the weights
/// ([`Model::merge_adapter`]); an adapter that the model had before becomes part of the weights first.
///
/// With a `checkpoint_dir`, a checkpoint is written there every `checkpoint_every` steps and at the end, and a run that
/// finds one continues from it; `model` must then be the model that the interrupted run started from.
///
/// # Errors
/// When no example can be used, a setting is out of range, the checkpoint is foreign or damaged, the loss is not finite,
/// or `stop` was set ([`Error::Stopped`]; a checkpoint of the last finished step is written first).
pub fn train(
    model: &mut Model,
    examples: &[Example],
    config: &TrainConfig,
    checkpoint_dir: Option<&Path>,
    observer: &dyn Fn(&TrainEvent),
    stop: &AtomicBool,
) -> Result<TrainReport> {
    config.check(model.network().config().max_position_embeddings)?;
    let data = data::Data::new(model.tokenizer(), examples, config)?;
    let plan = data.plan(config);
    let steps = plan.len() as u64;
    model.merge_adapter()?;
    let fingerprint = checkpoint::Fingerprint::new(model, &data, config)?;
    if let Some(lora) = &config.lora {
        model.lay_adapter(lora, config.seed)?;
    }
    let network = model.network();
    let mut optimizer = optimizer::Optimizer::new(network, config)?;
    let last = config.until.map_or(steps, |until| until.min(steps));
    let mut report = TrainReport {
        steps: last,
        examples: data.sequences.len() as u64,
        dropped_too_long: data.too_long,
        dropped_without_loss: data.without_loss,
        ..TrainReport::default()
    };
    let mut done = 0;
    if let Some(dir) = checkpoint_dir
        && let Some(state) = checkpoint::load(dir, &fingerprint, network, &mut optimizer)?
    {
        (done, report.tokens, report.resumed_from) = (state.step, state.tokens, state.step);
    }
    let workers = step::Workers::new(config)?;
    let save = |step: u64, tokens: u64, optimizer: &optimizer::Optimizer| match checkpoint_dir {
        Some(dir) => checkpoint::save(dir, &fingerprint, step, tokens, network, optimizer),
        None => Ok(()),
    };
    let (began, tokens_before) = (Instant::now(), report.tokens);
    let mut recent = std::collections::VecDeque::new();
    for (index, batch) in plan
        .iter()
        .enumerate()
        .take(last as usize)
        .skip(done as usize)
    {
        if stop.load(Ordering::Relaxed) {
            save(index as u64, report.tokens, &optimizer)?;
            return Err(Error::Stopped);
        }
        let step = index as u64 + 1;
        let parts = data.parts(batch, config.workers * config.accumulation);
        let (loss, gradients) = workers.run(network, &parts, step)?;
        let lr = config.rate(step, steps);
        let grad_norm = optimizer.step(network, &gradients, lr, step, &workers)?;
        for (what, value) in [("loss", loss), ("gradient norm", grad_norm)] {
            if !value.is_finite() {
                return Err(Error::NotFinite { step, what });
            }
        }
        report.tokens += parts
            .iter()
            .map(|part| part.tokens.len() as u64)
            .sum::<u64>();
        report.first_loss.get_or_insert(loss);
        recent.push_back(loss);
        if recent.len() > 20 {
            recent.pop_front();
        }
        let seconds = began.elapsed().as_secs_f32().max(1e-6);
        observer(&TrainEvent {
            step,
            steps,
            loss,
            lr,
            grad_norm,
            tokens: report.tokens,
            tokens_per_second: (report.tokens - tokens_before) as f32 / seconds,
        });
        if step == steps
            || (config.checkpoint_every > 0 && step.is_multiple_of(config.checkpoint_every))
        {
            save(step, report.tokens, &optimizer)?;
        }
    }
    if !recent.is_empty() {
        report.last_loss = Some(recent.iter().sum::<f32>() / recent.len() as f32);
    }
    Ok(report)
}
