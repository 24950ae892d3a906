//! AdamW over all parameters of a network.

use super::TrainConfig;
use crate::ops::{AdamW, Moments};
use crate::simd::{dot, vectorised};
use crate::{Network, Result, ops};
use candle_core::Tensor;
use std::sync::Mutex;

/// Moments of every parameter, in the network's parameter order.
pub(super) struct Optimizer {
    pub(super) moments: Vec<Mutex<Moments>>,
    weight_decay: f32,
    betas: (f32, f32),
    clip: f32,
}

impl Optimizer {
    pub(super) fn new(network: &Network, config: &TrainConfig) -> Self {
        let zeros =
            |(_, var): (String, &candle_core::Var)| Mutex::new(Moments::zeros(var.elem_count()));
        Self {
            moments: network.parameters().into_iter().map(zeros).collect(),
            weight_decay: config.weight_decay,
            betas: config.betas,
            clip: config.clip,
        }
    }

    /// Updates every parameter and gives the norm of the whole gradient before clipping. A gradient that is not finite
    /// changes nothing.
    pub(super) fn step(
        &self,
        network: &Network,
        gradients: &[Tensor],
        lr: f32,
        step: u64,
    ) -> Result<f32> {
        let mut square = 0.0;
        for gradient in gradients {
            square += ops::with(gradient, sum_of_squares)?;
        }
        let norm = square.sqrt() as f32;
        if !norm.is_finite() {
            return Ok(norm);
        }
        let scale = if self.clip > 0.0 && norm > self.clip {
            self.clip / norm
        } else {
            1.0
        };
        for (((_, var), gradient), moments) in network
            .parameters()
            .into_iter()
            .zip(gradients)
            .zip(&self.moments)
        {
            let weight_decay = if var.rank() == 2 {
                self.weight_decay
            } else {
                0.0
            };
            let update = AdamW {
                moments,
                learning_rate: lr,
                weight_decay,
                betas: self.betas,
                step,
                scale,
            };
            var.inplace_op2(&gradient.contiguous()?, &update)?;
        }
        Ok(norm)
    }
}

fn sum_of_squares(values: &[f32]) -> f64 {
    vectorised(
        #[inline(always)]
        || {
            values
                .chunks(4096)
                .map(|chunk| f64::from(dot(chunk, chunk)))
                .sum()
        },
    )
}
