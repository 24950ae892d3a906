//! The gated activation of the feed-forward layer.

use crate::simd::{sigmoid, vectorised};

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

/// The gradient of the input of [`gate`] from that of its output.
pub(crate) fn gate_back(x: &[f32], g: &[f32], half: usize) -> Vec<f32> {
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
