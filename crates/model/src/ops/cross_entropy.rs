//! Cross-entropy with its gradient from one pass over the logits.

use super::{slice, take, with};
use crate::simd::{exp_sum, max, scale, vectorised};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use std::sync::Mutex;

/// `(rows, vocabulary)` logits and one target per row → the sum of `-ln p(target)` divided by `normaliser`, in nats.
pub struct CrossEntropy {
    targets: Vec<u32>,
    normaliser: f32,
    gradient: Mutex<Vec<f32>>,
}

impl CrossEntropy {
    /// `targets` holds a token id for each row; `normaliser` is the number of targets of the whole step.
    #[must_use]
    pub fn new(targets: Vec<u32>, normaliser: usize) -> Self {
        Self {
            targets,
            normaliser: normaliser.max(1) as f32,
            gradient: Mutex::default(),
        }
    }

    fn forward(&self, logits: &[f32], vocab: usize) -> (f64, Vec<f32>) {
        let mut gradient = logits.to_vec();
        let mut loss = 0.0;
        vectorised(
            #[inline(always)]
            || {
                let rows = gradient
                    .chunks_exact_mut(vocab)
                    .zip(logits.chunks_exact(vocab))
                    .zip(&self.targets);
                for ((g, logits), &target) in rows {
                    let top = max(logits);
                    let sum = exp_sum(g, top, 1.0);
                    loss += f64::from(sum.ln() + top - logits[target as usize]);
                    scale(g, 1.0 / (sum * self.normaliser));
                    g[target as usize] -= 1.0 / self.normaliser;
                }
            },
        );
        (loss / f64::from(self.normaliser), gradient)
    }
}

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, vocab) = layout.shape().dims2()?;
        if rows != self.targets.len() || self.targets.iter().any(|&t| t as usize >= vocab) {
            candle_core::bail!(
                "cross-entropy: {} targets for logits of {rows} x {vocab}",
                self.targets.len()
            );
        }
        let (loss, gradient) = self.forward(slice(logits, layout)?, vocab);
        *self
            .gradient
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = gradient;
        Ok((CpuStorage::F32(vec![loss as f32]), Shape::from(())))
    }

    fn bwd(&self, logits: &Tensor, _: &Tensor, g: &Tensor) -> Result<Option<Tensor>> {
        let mut gradient = take(&self.gradient);
        let factor = with(g, |g| g.first().copied().unwrap_or(1.0))?;
        if factor != 1.0 {
            scale(&mut gradient, factor);
        }
        Tensor::from_vec(gradient, logits.shape(), logits.device()).map(Some)
    }
}
