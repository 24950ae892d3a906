//! Rotary positions and causal attention over packed sequences.

use crate::RopeScaling;
use crate::simd::{dot, exp_sum, max, padded, row_times_matrix, scale, vectorised};
use std::ops::Range;

/// How the columns of the concatenated queries, keys and values are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heads {
    /// Number of query heads.
    pub(crate) query: usize,
    /// Number of key-value heads; divides `query`.
    pub(crate) key_value: usize,
    /// Width of one head; even.
    pub(crate) dim: usize,
}

impl Heads {
    /// Width of a row of queries, keys and values.
    pub(crate) fn width(&self) -> usize {
        (self.query + 2 * self.key_value) * self.dim
    }

    /// Columns of query head `h`.
    pub(crate) fn q(&self, h: usize) -> Range<usize> {
        h * self.dim..(h + 1) * self.dim
    }

    /// Columns of key head `h`.
    pub(crate) fn k(&self, h: usize) -> Range<usize> {
        self.q(self.query + h)
    }

    /// Columns of value head `h`.
    pub(crate) fn v(&self, h: usize) -> Range<usize> {
        self.q(self.query + self.key_value + h)
    }

    /// Query heads that read key-value head `h`.
    pub(crate) fn group(&self, h: usize) -> Range<usize> {
        let size = self.query / self.key_value;
        h * size..(h + 1) * size
    }
}

/// Cosines and sines of the rotary angles.
#[derive(Debug)]
pub(crate) struct Rotary {
    half: usize,
    /// For each position: `half` cosines, then `half` sines.
    table: Vec<f32>,
}

impl Rotary {
    /// Tables for positions `0..context` and heads of width `dim`.
    pub(crate) fn new(
        context: usize,
        dim: usize,
        theta: f64,
        scaling: Option<&RopeScaling>,
    ) -> Self {
        let half = dim / 2;
        // How many positions make one radian.
        let slowness: Vec<f64> = (0..half)
            .map(|i| theta.powf(2.0 * i as f64 / dim as f64))
            .map(|positions| scaling.map_or(positions, |s| s.stretch(positions)))
            .collect();
        let mut table = Vec::with_capacity(context * dim);
        for position in 0..context {
            let angles = || slowness.iter().map(|slow| position as f64 / slow);
            table.extend(angles().map(|angle| angle.cos() as f32));
            table.extend(angles().map(|angle| angle.sin() as f32));
        }
        Self { half, table }
    }

    /// Cosines and sines of one position.
    pub(crate) fn at(&self, position: usize) -> (&[f32], &[f32]) {
        self.table[position * 2 * self.half..][..2 * self.half].split_at(self.half)
    }

    /// Rotates one head in place; `direction` is 1 to rotate and -1 to undo it.
    #[inline(always)]
    pub(crate) fn rotate(&self, head: &mut [f32], position: usize, direction: f32) {
        let (cos, sin) = self.at(position);
        let (a, b) = head.split_at_mut(self.half);
        for i in 0..self.half {
            let (x, y, s) = (a[i], b[i], sin[i] * direction);
            a[i] = x * cos[i] - y * s;
            b[i] = y * cos[i] + x * s;
        }
    }
}

/// `(rows, heads.width()) → (rows, query · dim)`: rotates queries and keys, then attends within each segment.
pub(crate) struct Attention<'a> {
    pub(crate) heads: Heads,
    pub(crate) rotary: &'a Rotary,
    /// Ends of the segments in rows, ascending; the first starts at row 0, the last ends with the rows. Positions start
    /// at 0 in every segment.
    pub(crate) ends: &'a [usize],
}

/// What the forward pass keeps for the backward pass.
pub(crate) struct Attended {
    /// The input with rotated queries and keys.
    rotated: Vec<f32>,
    /// For each segment and query head: length × padded length, zero above the diagonal.
    probabilities: Vec<f32>,
}

impl Attention<'_> {
    /// The mixed values of each row, and what the backward pass needs.
    pub(crate) fn forward(&self, qkv: Vec<f32>) -> (Vec<f32>, Attended) {
        vectorised(
            #[inline(always)]
            || self.attend(qkv),
        )
    }

    /// The gradient of the input from that of the output.
    pub(crate) fn backward(&self, saved: &Attended, gradient: &[f32]) -> Vec<f32> {
        vectorised(
            #[inline(always)]
            || self.attend_back(saved, gradient),
        )
    }

    fn segments(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(self.ends.iter().copied())
            .map(|(from, to)| from..to)
    }

    #[inline(always)]
    fn rotate_all(&self, rows: &mut [f32], direction: f32) {
        let (width, dim) = (self.heads.width(), self.heads.dim);
        let rotated = (self.heads.query + self.heads.key_value) * dim;
        for segment in self.segments() {
            let rows = rows[segment.start * width..segment.end * width].chunks_exact_mut(width);
            for (position, row) in rows.enumerate() {
                for head in row[..rotated].chunks_exact_mut(dim) {
                    self.rotary.rotate(head, position, direction);
                }
            }
        }
    }

    #[inline(always)]
    fn attend(&self, mut rotated: Vec<f32>) -> (Vec<f32>, Attended) {
        let Heads {
            query,
            key_value,
            dim,
        } = self.heads;
        let (wide, factor) = (padded(dim), 1.0 / (dim as f32).sqrt());
        self.rotate_all(&mut rotated, 1.0);
        let total: usize = self.segments().map(|s| s.len() * padded(s.len())).sum();
        let mut probabilities = vec![0.0; total * query];
        let mut y = vec![0.0; rotated.len() / self.heads.width() * query * dim];
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        let (mut q, mut out) = (vec![0.0; dim], vec![0.0; wide]);
        let mut rest = probabilities.as_mut_slice();
        for segment in self.segments() {
            let (len, stride) = (segment.len(), padded(segment.len()));
            let rows = Rows {
                data: &rotated,
                width: self.heads.width(),
                segment: segment.clone(),
            };
            for kv in 0..key_value {
                rows.columns(self.heads.k(kv), stride, &mut keys);
                rows.padded(self.heads.v(kv), wide, 1.0, &mut values);
                for head in self.heads.group(kv) {
                    let (now, later) = std::mem::take(&mut rest).split_at_mut(len * stride);
                    rest = later;
                    for (i, p) in now.chunks_exact_mut(stride).enumerate() {
                        for (q, x) in q.iter_mut().zip(&rows.row(i)[self.heads.q(head)]) {
                            *q = x * factor;
                        }
                        row_times_matrix(&q, &keys, stride, &mut p[..padded(i + 1)]);
                        p[i + 1..].fill(0.0);
                        let p = &mut p[..=i];
                        let top = max(p);
                        let sum = exp_sum(p, top, 1.0);
                        scale(p, 1.0 / sum);
                        row_times_matrix(p, &values, wide, &mut out);
                        y[(segment.start + i) * query * dim..][self.heads.q(head)]
                            .copy_from_slice(&out[..dim]);
                    }
                }
            }
        }
        (
            y,
            Attended {
                rotated,
                probabilities,
            },
        )
    }

    #[inline(always)]
    fn attend_back(&self, saved: &Attended, gradient: &[f32]) -> Vec<f32> {
        let Heads {
            query,
            key_value,
            dim,
        } = self.heads;
        let (width, wide, factor) = (self.heads.width(), padded(dim), 1.0 / (dim as f32).sqrt());
        let mut dx = vec![0.0; saved.rotated.len()];
        let (mut keys, mut values, mut queries, mut outs) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut dk, mut dv, mut ds) = (Vec::new(), Vec::new(), Vec::new());
        let mut dq = vec![0.0; wide];
        let mut rest = saved.probabilities.as_slice();
        for segment in self.segments() {
            let (len, stride) = (segment.len(), padded(segment.len()));
            let rows = Rows {
                data: &saved.rotated,
                width,
                segment: segment.clone(),
            };
            let grads = Rows {
                data: gradient,
                width: query * dim,
                segment: segment.clone(),
            };
            ds.clear();
            ds.resize(stride, 0.0);
            for kv in 0..key_value {
                rows.padded(self.heads.k(kv), wide, factor, &mut keys);
                rows.columns(self.heads.v(kv), stride, &mut values);
                for buffer in [&mut dk, &mut dv] {
                    buffer.clear();
                    buffer.resize(len * wide, 0.0);
                }
                for head in self.heads.group(kv) {
                    let (now, later) = rest.split_at(len * stride);
                    rest = later;
                    rows.padded(self.heads.q(head), wide, factor, &mut queries);
                    grads.padded(self.heads.q(head), wide, 1.0, &mut outs);
                    for (i, p) in now.chunks_exact(stride).enumerate() {
                        let (q, out) = (&queries[i * wide..][..wide], &outs[i * wide..][..wide]);
                        row_times_matrix(&out[..dim], &values, stride, &mut ds[..padded(i + 1)]);
                        let (p, ds) = (&p[..=i], &mut ds[..=i]);
                        let mean = dot(p, ds);
                        for (ds, p) in ds.iter_mut().zip(p) {
                            *ds = p * (*ds - mean);
                        }
                        row_times_matrix(ds, &keys, wide, &mut dq);
                        let at = (segment.start + i) * width;
                        dx[at..][self.heads.q(head)].copy_from_slice(&dq[..dim]);
                        add_outer(&mut dk, ds, q);
                        add_outer(&mut dv, p, out);
                    }
                }
                for i in 0..len {
                    let row = &mut dx[(segment.start + i) * width..][..width];
                    row[self.heads.k(kv)].copy_from_slice(&dk[i * wide..][..dim]);
                    row[self.heads.v(kv)].copy_from_slice(&dv[i * wide..][..dim]);
                }
            }
        }
        self.rotate_all(&mut dx, -1.0);
        dx
    }
}

/// rows[t] += weights[t] · row for each weight.
#[inline(always)]
fn add_outer(rows: &mut [f32], weights: &[f32], row: &[f32]) {
    for (sum, weight) in rows.chunks_exact_mut(row.len()).zip(weights) {
        for (sum, x) in sum.iter_mut().zip(row) {
            *sum = weight.mul_add(*x, *sum);
        }
    }
}

/// One segment of a row-major matrix.
struct Rows<'a> {
    data: &'a [f32],
    width: usize,
    segment: Range<usize>,
}

impl Rows<'_> {
    #[inline(always)]
    fn row(&self, i: usize) -> &[f32] {
        &self.data[(self.segment.start + i) * self.width..][..self.width]
    }

    /// Copies some columns transposed: one padded row per column.
    #[inline(always)]
    fn columns(&self, columns: Range<usize>, stride: usize, out: &mut Vec<f32>) {
        out.clear();
        out.resize(columns.len() * stride, 0.0);
        for i in 0..self.segment.len() {
            for (j, x) in self.row(i)[columns.clone()].iter().enumerate() {
                out[j * stride + i] = *x;
            }
        }
    }

    /// Copies some columns times a factor, each row padded with zeros to `wide`.
    #[inline(always)]
    fn padded(&self, columns: Range<usize>, wide: usize, factor: f32, out: &mut Vec<f32>) {
        out.clear();
        out.resize(self.segment.len() * wide, 0.0);
        for (i, out) in out.chunks_exact_mut(wide).enumerate() {
            for (out, x) in out.iter_mut().zip(&self.row(i)[columns.clone()]) {
                *out = x * factor;
            }
        }
    }
}
