//! Root-mean-square normalisation.

use super::{slice, with};
use crate::simd::{dot, vectorised};
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

/// `x / sqrt(mean(x²) + eps) · w` over the last dimension; holds eps.
pub struct RmsNorm(pub f32);

/// One over the root mean square of a row.
#[inline(always)]
fn inverse_rms(x: &[f32], eps: f32) -> f32 {
    1.0 / (dot(x, x) / x.len() as f32 + eps).sqrt()
}

/// Normalises each row of `x` into `y`.
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

fn backward(x: &[f32], w: &[f32], g: &[f32], eps: f32) -> (Vec<f32>, Vec<f32>) {
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

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, w) = (slice(x, xl)?, slice(w, wl)?);
        let mut y = vec![0.0; x.len()];
        normalise(x, w, self.0, &mut y);
        Ok((CpuStorage::F32(y), xl.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        g: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (dx, dw) = with(x, |xs| {
            with(w, |ws| with(g, |gs| backward(xs, ws, gs, self.0)))
        })???;
        let dx = Tensor::from_vec(dx, x.shape(), x.device())?;
        Ok((Some(dx), Some(Tensor::from_vec(dw, w.shape(), w.device())?)))
    }
}
