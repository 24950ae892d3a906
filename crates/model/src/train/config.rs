//! Settings of a training run.

use crate::{Error, Lora, Result};
use serde::{Deserialize, Serialize};

/// How to train. All of it is part of the result: another value gives another model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Passes over the examples; used when `steps` is not set. Default 1.
    pub epochs: u64,
    /// Number of optimiser steps; overrides `epochs`. Default none.
    pub steps: Option<u64>,
    /// Stop after this step although the schedule is longer, as the first part of a curriculum does. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// Input tokens of one step, at least; a step ends with the example that reaches it. Default 2048.
    pub tokens_per_step: usize,
    /// Longest example in input tokens; longer ones are left out and counted. Default 512.
    pub sequence_length: usize,
    /// Highest learning rate. Default 2e-3.
    pub lr: f32,
    /// Last learning rate as a share of the highest, 0 to 1. Default 0.1.
    pub min_lr_ratio: f32,
    /// Share of the steps in which the rate rises from 0, 0 to 1. Default 0.03.
    pub warmup_ratio: f32,
    /// Decoupled weight decay of matrices. Default 0.01.
    pub weight_decay: f32,
    /// Decay of the running means of the gradient and its square. Default (0.9, 0.95).
    pub betas: (f32, f32),
    /// Largest norm of the gradient; 0 turns clipping off. Default 1.
    pub clip: f32,
    /// Parts that one worker computes in turn in a step, to bound memory. Default 1.
    pub accumulation: usize,
    /// Parts of a step computed side by side, one thread each. Default 2.
    pub workers: usize,
    /// Keep only each layer's input for the backward pass and compute the layer again: about a third more work, much less
    /// memory, the same bits. Default false.
    pub gradient_checkpointing: bool,
    /// Train an adapter over the frozen model instead of the model. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lora: Option<Lora>,
    /// Seed of the data order, of a fresh adapter and of dropout.
    pub seed: u64,
    /// Steps between checkpoints; 0 writes only the last. Default 200.
    pub checkpoint_every: u64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            epochs: 1,
            steps: None,
            until: None,
            tokens_per_step: 2048,
            sequence_length: 512,
            lr: 2e-3,
            min_lr_ratio: 0.1,
            warmup_ratio: 0.03,
            weight_decay: 0.01,
            betas: (0.9, 0.95),
            clip: 1.0,
            accumulation: 1,
            workers: 2,
            gradient_checkpointing: false,
            lora: None,
            seed: 0,
            checkpoint_every: 200,
        }
    }
}

impl TrainConfig {
    /// Checks each setting's range; `context` is the model's longest sequence.
    ///
    /// # Errors
    /// Names the first setting that is out of range.
    pub fn check(&self, context: usize) -> Result<()> {
        let share = |value: f32| (0.0..=1.0).contains(&value);
        let beta = |value: f32| (0.0..1.0).contains(&value);
        let rules = [
            (
                "epochs",
                self.steps.is_some() || self.epochs > 0,
                "must be at least 1".to_string(),
            ),
            (
                "steps",
                self.steps != Some(0),
                "must be at least 1".to_string(),
            ),
            (
                "tokens_per_step",
                self.tokens_per_step > 0,
                "must be at least 1".to_string(),
            ),
            (
                "sequence_length",
                (1..=context).contains(&self.sequence_length),
                format!("must be 1 to {context}, the model's context"),
            ),
            (
                "lr",
                self.lr.is_finite() && self.lr > 0.0,
                "must be above 0".to_string(),
            ),
            (
                "min_lr_ratio",
                share(self.min_lr_ratio),
                "must be 0 to 1".to_string(),
            ),
            (
                "warmup_ratio",
                share(self.warmup_ratio),
                "must be 0 to 1".to_string(),
            ),
            (
                "weight_decay",
                self.weight_decay >= 0.0,
                "must be at least 0".to_string(),
            ),
            (
                "betas",
                beta(self.betas.0) && beta(self.betas.1),
                "must be at least 0 and below 1".to_string(),
            ),
            ("clip", self.clip >= 0.0, "must be at least 0".to_string()),
            (
                "accumulation",
                self.accumulation > 0,
                "must be at least 1".to_string(),
            ),
            (
                "workers",
                self.workers > 0,
                "must be at least 1".to_string(),
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((name, _, message)) => Err(Error::config(name, message)),
            None => self.lora.as_ref().map_or(Ok(()), Lora::check),
        }
    }

    /// The learning rate of step `step` of `steps` (counted from 1): a linear rise, then half a cosine.
    #[must_use]
    pub fn rate(&self, step: u64, steps: u64) -> f32 {
        // The small step back keeps the rounding of the f32 share from adding a step.
        let warmup = (f64::from(self.warmup_ratio) * steps as f64 - 1e-4)
            .ceil()
            .max(0.0);
        let (at, steps) = (step as f64, steps as f64);
        if at <= warmup {
            return (f64::from(self.lr) * at / warmup) as f32;
        }
        let progress = ((at - warmup) / (steps - warmup).max(1.0)).min(1.0);
        let low = f64::from(self.min_lr_ratio);
        let share = low + (1.0 - low) * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        (f64::from(self.lr) * share) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_then_falls() {
        let config = TrainConfig {
            warmup_ratio: 0.1,
            ..TrainConfig::default()
        };
        let rates: Vec<f32> = (1..=100).map(|step| config.rate(step, 100)).collect();
        assert!((rates[0] - config.lr * 0.1).abs() < 1e-9);
        assert!((rates[9] - config.lr).abs() < 1e-9);
        assert!((rates[99] - config.lr * config.min_lr_ratio).abs() < 1e-9);
        assert!(rates[9..].is_sorted_by(|a, b| a >= b));
        assert!(
            TrainConfig {
                warmup_ratio: 0.0,
                ..config
            }
            .rate(1, 1)
                > 0.0
        );
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let config = TrainConfig {
            sequence_length: 600,
            ..TrainConfig::default()
        };
        assert!(
            config
                .check(512)
                .unwrap_err()
                .to_string()
                .starts_with("sequence_length")
        );
        assert!(
            TrainConfig {
                lr: f32::NAN,
                ..TrainConfig::default()
            }
            .check(512)
            .is_err()
        );
    }
}
