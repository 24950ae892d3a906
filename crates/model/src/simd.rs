//! Arithmetic on slices that the compiler can vectorise, with one order of additions for every machine.

/// Lanes of a partial sum. All reductions use them, whatever the machine's vector width, so that sums are the same
/// everywhere.
pub(crate) const LANES: usize = 16;

/// Rounds up to a whole number of lanes.
pub(crate) fn padded(n: usize) -> usize {
    n.div_ceil(LANES) * LANES
}

/// Runs `f` compiled for the best vector instructions of this machine. Functions that `f` calls must be
/// `#[inline(always)]` to profit.
#[inline(always)]
pub(crate) fn vectorised<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}

/// e^x for x in about -87 to 88, clamped outside; relative error about 1e-7.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let n = x.mul_add(std::f32::consts::LOG2_E, SHIFT) - SHIFT;
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let mut p = 1.388_888_9e-3_f32;
    for c in [8.333_334e-3, 4.166_666_8e-2, 1.666_666_6e-1, 0.5, 1.0, 1.0] {
        p = p.mul_add(r, c);
    }
    p * f32::from_bits(((n as i32 + 127) << 23) as u32)
}

/// 1 / (1 + e^-x).
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn fold(lanes: [f32; LANES]) -> f32 {
    let mut lanes = lanes;
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// Sum of products of two slices of one length.
#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (a_whole, a_rest) = a.as_chunks::<LANES>();
    let (b_whole, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_whole.iter().zip(b_whole) {
        for i in 0..LANES {
            lanes[i] = a[i].mul_add(b[i], lanes[i]);
        }
    }
    for (i, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        lanes[i] = a.mul_add(*b, lanes[i]);
    }
    fold(lanes)
}

/// Largest value of a slice; the lowest finite number when empty.
#[inline(always)]
pub(crate) fn max(values: &[f32]) -> f32 {
    let mut lanes = [f32::MIN; LANES];
    let (whole, rest) = values.as_chunks::<LANES>();
    for chunk in whole {
        for i in 0..LANES {
            lanes[i] = lanes[i].max(chunk[i]);
        }
    }
    rest.iter().chain(&lanes).fold(f32::MIN, |a, b| a.max(*b))
}

/// Replaces each value by e^((value - shift) * scale) and gives their sum.
#[inline(always)]
pub(crate) fn exp_sum(values: &mut [f32], shift: f32, scale: f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (whole, rest) = values.as_chunks_mut::<LANES>();
    for chunk in whole {
        for i in 0..LANES {
            chunk[i] = exp((chunk[i] - shift) * scale);
            lanes[i] += chunk[i];
        }
    }
    for (i, value) in rest.iter_mut().enumerate() {
        *value = exp((*value - shift) * scale);
        lanes[i] += *value;
    }
    fold(lanes)
}

/// values *= factor.
#[inline(always)]
pub(crate) fn scale(values: &mut [f32], factor: f32) {
    for value in values {
        *value *= factor;
    }
}

/// sum += term, element by element.
#[inline(always)]
pub(crate) fn add(sum: &mut [f32], term: &[f32]) {
    for (sum, term) in sum.iter_mut().zip(term) {
        *sum += term;
    }
}

/// out = a · B, where row k of B starts at `b[k * stride]`. `out` has a whole number of lanes, as has every row of B.
#[inline(always)]
pub(crate) fn row_times_matrix(a: &[f32], b: &[f32], stride: usize, out: &mut [f32]) {
    const WIDE: usize = 4 * LANES;
    let (wide, narrow) = out.as_chunks_mut::<WIDE>();
    let done = wide.len() * WIDE;
    for (block, out) in wide.iter_mut().enumerate() {
        block_sum::<WIDE>(a, b, stride, block * WIDE, out);
    }
    let (pairs, singles) = narrow.as_chunks_mut::<{ 2 * LANES }>();
    let single_at = done + pairs.len() * 2 * LANES;
    for (block, out) in pairs.iter_mut().enumerate() {
        block_sum::<{ 2 * LANES }>(a, b, stride, done + block * 2 * LANES, out);
    }
    for (block, out) in singles.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        block_sum::<LANES>(a, b, stride, single_at + block * LANES, out);
    }
}

#[inline(always)]
fn block_sum<const N: usize>(a: &[f32], b: &[f32], stride: usize, at: usize, out: &mut [f32; N]) {
    let mut sum = [0.0_f32; N];
    for (a, row) in a.iter().zip(b.chunks(stride)) {
        let Some(row) = row.get(at..at + N) else {
            continue;
        };
        for i in 0..N {
            sum[i] = a.mul_add(row[i], sum[i]);
        }
    }
    *out = sum;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_close() {
        for i in -8000..8000 {
            let x = i as f32 * 0.01;
            let want = f64::from(x).exp();
            assert!(((f64::from(exp(x)) - want) / want).abs() < 3e-7, "{x}");
        }
        assert!(exp(-1000.0) < 1e-37 && exp(f32::MIN) < 1e-37);
    }

    #[test]
    fn sums_match_plain_loops() {
        for n in [0, 1, 15, 16, 17, 112, 200] {
            let a: Vec<f32> = (0..n).map(|i| (i as f32 * 0.7).sin()).collect();
            let want: f64 = a.iter().map(|v| f64::from(*v) * f64::from(*v)).sum();
            assert!((f64::from(dot(&a, &a)) - want).abs() < 1e-4);
            assert_eq!(max(&a), a.iter().copied().fold(f32::MIN, f32::max));
        }
        let (rows, width) = (5, 112);
        let a: Vec<f32> = (0..rows).map(|i| i as f32 - 1.5).collect();
        let b: Vec<f32> = (0..rows * width).map(|i| (i as f32).cos()).collect();
        let mut out = vec![0.0; width];
        vectorised(|| row_times_matrix(&a, &b, width, &mut out));
        for (j, got) in out.iter().enumerate() {
            let want: f32 = (0..rows).map(|k| a[k] * b[k * width + j]).sum();
            assert!((got - want).abs() < 1e-5);
        }
    }
}
