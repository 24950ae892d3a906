//! Root-mean-square normalisation.

use crate::simd::{dot, vectorised};

/// One over the root mean square of a row.
#[inline(always)]
fn inverse_rms(x: &[f32], eps: f32) -> f32 {
    1.0 / (dot(x, x) / x.len() as f32 + eps).sqrt()
}

/// `x / sqrt(mean(x²) + eps) · w` for each row of `x`, written to `y`.
pub(crate) fn normalise(x: &[f32], w: &[f32], eps: f32, y: &mut [f32]) {
    let width = w.len();
    vectorised(
        #[inline(always)]
        || {
            for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
                let r = inverse_rms(x, eps);
                for ((y, x), w) in y.iter_mut().zip(x).zip(w) {
                    *y = x * r * w;
                }
            }
        },
    );
}

/// The gradients of `x` and `w` from that of the output.
pub(crate) fn normalise_back(x: &[f32], w: &[f32], g: &[f32], eps: f32) -> (Vec<f32>, Vec<f32>) {
    let width = w.len();
    let (mut dx, mut dw, mut gw) = (vec![0.0; x.len()], vec![0.0; width], vec![0.0; width]);
    vectorised(
        #[inline(always)]
        || {
            let rows = x
                .chunks_exact(width)
                .zip(g.chunks_exact(width))
                .zip(dx.chunks_exact_mut(width));
            for ((x, g), dx) in rows {
                let r = inverse_rms(x, eps);
                for i in 0..width {
                    gw[i] = g[i] * w[i];
                    dw[i] += g[i] * x[i] * r;
                }
                let c = dot(&gw, x) * r * r * r / width as f32;
                for i in 0..width {
                    dx[i] = gw[i] * r - x[i] * c;
                }
            }
        },
    );
    (dx, dw)
}
