//! The gated activation of the feed-forward layer.

use super::{slice, with};
use crate::simd::{sigmoid, vectorised};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

/// `(rows, 2f) → (rows, f)`: silu of the first half times the second half.
pub struct SwiGlu;

/// Writes silu(gate) · up for each row of `(rows, 2f)`.
pub(crate) fn gate(x: &[f32], half: usize, y: &mut [f32]) {
    vectorised(
        #[inline(always)]
        || {
            for (x, y) in x.chunks_exact(2 * half).zip(y.chunks_exact_mut(half)) {
                let (gate, up) = x.split_at(half);
                for i in 0..half {
                    y[i] = gate[i] * sigmoid(gate[i]) * up[i];
                }
            }
        },
    );
}

fn backward(x: &[f32], g: &[f32], half: usize) -> Vec<f32> {
    let mut dx = vec![0.0; x.len()];
    vectorised(
        #[inline(always)]
        || {
            let rows = x
                .chunks_exact(2 * half)
                .zip(g.chunks_exact(half))
                .zip(dx.chunks_exact_mut(2 * half));
            for ((x, g), dx) in rows {
                let (gate, up) = x.split_at(half);
                let (d_gate, d_up) = dx.split_at_mut(half);
                for i in 0..half {
                    let s = sigmoid(gate[i]);
                    d_up[i] = g[i] * gate[i] * s;
                    d_gate[i] = g[i] * up[i] * s * (1.0 + gate[i] * (1.0 - s));
                }
            }
        },
    );
    dx
}

impl CustomOp1 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = layout.shape().dims2()?;
        let mut y = vec![0.0; rows * width / 2];
        gate(slice(x, layout)?, width / 2, &mut y);
        Ok((CpuStorage::F32(y), (rows, width / 2).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, g: &Tensor) -> Result<Option<Tensor>> {
        let (_, width) = x.dims2()?;
        let dx = with(x, |xs| with(g, |gs| backward(xs, gs, width / 2)))??;
        Tensor::from_vec(dx, x.shape(), x.device()).map(Some)
    }
}
