//! The AdamW update, in place.

use super::slice;
use crate::simd::{add, vectorised};
use candle_core::{CpuStorage, InplaceOp2, Layout, Result};
use std::sync::{Mutex, PoisonError};

/// Running means of the gradient and of its square, one value per parameter element.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Moments {
    /// Mean of the gradient.
    pub(crate) first: Vec<f32>,
    /// Mean of the squared gradient.
    pub(crate) second: Vec<f32>,
}

impl Moments {
    /// Zeros for a parameter of `len` elements.
    pub(crate) fn zeros(len: usize) -> Self {
        Self {
            first: vec![0.0; len],
            second: vec![0.0; len],
        }
    }
}

/// One AdamW step of a parameter by its gradient, with decoupled weight decay.
pub(crate) struct AdamW<'a> {
    /// The parameter's moments, updated in place.
    pub(crate) moments: &'a Mutex<Moments>,
    /// Learning rate of this step.
    pub(crate) learning_rate: f32,
    /// Decay per unit of learning rate.
    pub(crate) weight_decay: f32,
    /// Decay of the two means.
    pub(crate) betas: (f32, f32),
    /// Number of this step, counted from 1.
    pub(crate) step: u64,
    /// Factor on the gradient, from clipping.
    pub(crate) scale: f32,
}

/// Adds the second tensor to the first, in place.
pub(crate) struct AddAssign;

impl InplaceOp2 for AddAssign {
    fn name(&self) -> &'static str {
        "add-assign"
    }

    fn cpu_fwd(
        &self,
        sum: &mut CpuStorage,
        sl: &Layout,
        term: &CpuStorage,
        tl: &Layout,
    ) -> Result<()> {
        let term = slice(term, tl)?;
        let (CpuStorage::F32(sum), Some((from, to))) = (sum, sl.contiguous_offsets()) else {
            candle_core::bail!("sums need contiguous f32 tensors");
        };
        add(&mut sum[from..to], term);
        Ok(())
    }
}

impl InplaceOp2 for AdamW<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(
        &self,
        weights: &mut CpuStorage,
        wl: &Layout,
        gradient: &CpuStorage,
        gl: &Layout,
    ) -> Result<()> {
        let gradient = slice(gradient, gl)?;
        let (CpuStorage::F32(weights), Some((from, to))) = (weights, wl.contiguous_offsets())
        else {
            candle_core::bail!("adamw needs contiguous f32 parameters");
        };
        let weights = &mut weights[from..to];
        let mut guard = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
        let Moments { first, second } = &mut *guard;
        let (b1, b2) = self.betas;
        let steps = self.step as f64;
        let c1 = (1.0 / (1.0 - f64::from(b1).powf(steps))) as f32;
        let c2 = (1.0 / (1.0 - f64::from(b2).powf(steps))) as f32;
        let (lr, decay, factor) = (self.learning_rate, self.weight_decay, self.scale);
        vectorised(
            #[inline(always)]
            || {
                let rows = weights
                    .iter_mut()
                    .zip(gradient)
                    .zip(first.iter_mut().zip(second.iter_mut()));
                for ((w, g), (m, v)) in rows {
                    let g = g * factor;
                    *m = b1 * *m + (1.0 - b1) * g;
                    *v = b2 * *v + (1.0 - b2) * g * g;
                    *w -= lr * (*m * c1 / ((*v * c2).sqrt() + 1e-8) + decay * *w);
                }
            },
        );
        Ok(())
    }
}
