//! One forward step over rows that belong to different sequences, with a key-value cache.

use crate::ops::{self, Heads, Rotary};
use crate::simd::{add, exp_sum, max, padded, row_times_matrix, scale, vectorised};
use crate::{Network, Result};
use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, Device, Layout, Tensor, Var};
use std::sync::Arc;

/// A weight matrix stored as (in, out).
struct Dense {
    weights: CpuStorage,
    layout: Layout,
    width: usize,
    out: usize,
}

impl Dense {
    fn new(weights: &Tensor) -> Result<Self> {
        let (out, width) = weights.dims2()?;
        let transposed = weights.to_device(&Device::Cpu)?.t()?.contiguous()?;
        let weights = CpuStorage::F32(ops::with(&transposed, <[f32]>::to_vec)?);
        Ok(Self {
            weights,
            layout: Layout::contiguous((width, out)),
            width,
            out,
        })
    }

    /// x · W for the first `rows` rows of `x`.
    fn apply(&self, x: &Buffer, rows: usize) -> Result<Vec<f32>> {
        let layout = Layout::contiguous((rows, self.width));
        let y = x.0.matmul(
            &self.weights,
            (1, rows, self.out, self.width),
            &layout,
            &self.layout,
        )?;
        match y {
            CpuStorage::F32(y) => Ok(y),
            _ => {
                Err(candle_core::Error::Msg("a product of f32 matrices is f32".to_string()).into())
            }
        }
    }
}

/// A row-major matrix that multiplication can read in place.
struct Buffer(CpuStorage);

impl Buffer {
    fn new() -> Self {
        Self(CpuStorage::F32(Vec::new()))
    }

    /// The first `len` elements.
    fn get(&mut self, len: usize) -> &mut [f32] {
        if !matches!(self.0, CpuStorage::F32(_)) {
            self.0 = CpuStorage::F32(Vec::new());
        }
        match &mut self.0 {
            CpuStorage::F32(values) => {
                if values.len() < len {
                    values.resize(len, 0.0);
                }
                &mut values[..len]
            }
            _ => &mut [],
        }
    }
}

struct Layer {
    attention_norm: Vec<f32>,
    qkv: Dense,
    qkv_bias: Vec<f32>,
    output: Dense,
    mlp_norm: Vec<f32>,
    gate_up: Dense,
    down: Dense,
}

/// The network's weights in decoding order.
pub(super) struct Decoder {
    heads: Heads,
    width: usize,
    intermediate: usize,
    eps: f32,
    context: usize,
    embedding: Vec<f32>,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    head: Dense,
    rotary: Arc<Rotary>,
}

/// A row of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The sequence's place in the cache.
    pub(super) slot: usize,
    /// The token's position in its sequence.
    pub(super) position: usize,
    pub(super) token: u32,
    /// Whether its logits are wanted.
    pub(super) wanted: bool,
}

/// Keys and values of the sequences in flight, and working space.
pub(super) struct Cache {
    /// Positions per sequence, a whole number of lanes.
    capacity: usize,
    slots: usize,
    /// For each layer, slot and key-value head: (dim, capacity).
    keys: Vec<f32>,
    /// For each layer, slot and key-value head: (capacity, padded dim).
    values: Vec<f32>,
    normed: Buffer,
    mixed: Buffer,
    hidden: Buffer,
    x: Vec<f32>,
    scores: Vec<f32>,
    query: Vec<f32>,
    out: Vec<f32>,
}

impl Decoder {
    pub(super) fn new(network: &Network) -> Result<Self> {
        let vector = |tensor: &Tensor| -> Result<Vec<f32>> {
            Ok(ops::with(
                &tensor.to_device(&Device::Cpu)?,
                <[f32]>::to_vec,
            )?)
        };
        let layer = |(index, layer): (usize, &crate::network::Layer)| -> Result<Layer> {
            let dense = |part: &str, var: &Var| {
                let merged = network.merged_parameter(&format!("layers.{index}.{part}"), var)?;
                Dense::new(merged.as_ref().unwrap_or(var))
            };
            Ok(Layer {
                attention_norm: vector(&layer.attention_norm)?,
                qkv: dense("qkv", &layer.qkv)?,
                qkv_bias: match &layer.qkv_bias {
                    Some(bias) => vector(bias)?,
                    None => vec![0.0; network.heads().width()],
                },
                output: dense("output", &layer.output)?,
                mlp_norm: vector(&layer.mlp_norm)?,
                gate_up: dense("gate_up", &layer.gate_up)?,
                down: dense("down", &layer.down)?,
            })
        };
        let config = network.config();
        Ok(Self {
            heads: network.heads(),
            width: config.hidden_size,
            intermediate: config.intermediate_size,
            eps: config.rms_norm_eps as f32,
            context: config.max_position_embeddings,
            embedding: vector(&network.embedding)?,
            layers: (network.layers.iter().enumerate())
                .map(layer)
                .collect::<Result<_>>()?,
            norm: vector(&network.norm)?,
            head: Dense::new(network.head())?,
            rotary: network.rotary().clone(),
        })
    }

    /// The longest sequence in tokens.
    pub(super) fn context(&self) -> usize {
        self.context
    }

    /// Number of logits of a row.
    pub(super) fn vocab(&self) -> usize {
        self.head.out
    }

    /// A cache for `slots` sequences of up to `length` tokens.
    pub(super) fn cache(&self, slots: usize, length: usize) -> Cache {
        let capacity = padded(length);
        let each = self.layers.len() * slots * self.heads.key_value * capacity;
        Cache {
            capacity,
            slots,
            keys: vec![0.0; each * self.heads.dim],
            values: vec![0.0; each * padded(self.heads.dim)],
            normed: Buffer::new(),
            mixed: Buffer::new(),
            hidden: Buffer::new(),
            x: Vec::new(),
            scores: vec![0.0; capacity],
            query: vec![0.0; self.heads.dim],
            out: vec![0.0; padded(self.heads.dim)],
        }
    }

    /// Runs rows through the network and gives the logits of the wanted ones, in order. Rows of one sequence must come
    /// in order of position, and all earlier positions must have been run.
    pub(super) fn step(&self, cache: &mut Cache, rows: &[Row]) -> Result<Vec<f32>> {
        let (n, d) = (rows.len(), self.width);
        cache.x.clear();
        for row in rows {
            cache
                .x
                .extend_from_slice(&self.embedding[row.token as usize * d..][..d]);
        }
        for (index, layer) in self.layers.iter().enumerate() {
            ops::normalise(
                &cache.x,
                &layer.attention_norm,
                self.eps,
                cache.normed.get(n * d),
            );
            let mut qkv = layer.qkv.apply(&cache.normed, n)?;
            vectorised(
                #[inline(always)]
                || self.attend(cache, index, rows, &mut qkv, &layer.qkv_bias),
            );
            add(&mut cache.x, &layer.output.apply(&cache.mixed, n)?);
            ops::normalise(&cache.x, &layer.mlp_norm, self.eps, cache.normed.get(n * d));
            let gate_up = layer.gate_up.apply(&cache.normed, n)?;
            ops::gate(
                &gate_up,
                self.intermediate,
                cache.hidden.get(n * self.intermediate),
            );
            add(&mut cache.x, &layer.down.apply(&cache.hidden, n)?);
        }
        let wanted = rows.iter().filter(|row| row.wanted).count();
        let normed = cache.normed.get(wanted * d).chunks_exact_mut(d);
        for ((_, x), y) in rows
            .iter()
            .zip(cache.x.chunks_exact(d))
            .filter(|(row, _)| row.wanted)
            .zip(normed)
        {
            ops::normalise(x, &self.norm, self.eps, y);
        }
        if wanted == 0 {
            Ok(Vec::new())
        } else {
            self.head.apply(&cache.normed, wanted)
        }
    }

    /// Attention of one layer: stores the rows' keys and values, then mixes values into `cache.mixed`.
    #[inline(always)]
    fn attend(&self, cache: &mut Cache, layer: usize, rows: &[Row], qkv: &mut [f32], bias: &[f32]) {
        let Heads {
            query,
            key_value,
            dim,
        } = self.heads;
        let (wide, factor) = (padded(dim), 1.0 / (dim as f32).sqrt());
        let capacity = cache.capacity;
        let mixed = cache.mixed.get(rows.len() * query * dim);
        let lines = qkv
            .chunks_exact_mut(self.heads.width())
            .zip(mixed.chunks_exact_mut(query * dim));
        for (row, (line, mixed)) in rows.iter().zip(lines) {
            add(line, bias);
            for head in line[..(query + key_value) * dim].chunks_exact_mut(dim) {
                self.rotary.rotate(head, row.position, 1.0);
            }
            for kv in 0..key_value {
                let place = ((layer * cache.slots + row.slot) * key_value + kv) * capacity;
                let keys = &mut cache.keys[place * dim..][..capacity * dim];
                let values = &mut cache.values[place * wide..][..capacity * wide];
                for (keys, k) in keys.chunks_exact_mut(capacity).zip(&line[self.heads.k(kv)]) {
                    keys[row.position] = *k;
                }
                values[row.position * wide..][..dim].copy_from_slice(&line[self.heads.v(kv)]);
                for head in self.heads.group(kv) {
                    for (q, x) in cache.query.iter_mut().zip(&line[self.heads.q(head)]) {
                        *q = x * factor;
                    }
                    let seen = row.position + 1;
                    row_times_matrix(
                        &cache.query,
                        keys,
                        capacity,
                        &mut cache.scores[..padded(seen)],
                    );
                    let scores = &mut cache.scores[..seen];
                    let top = max(scores);
                    let sum = exp_sum(scores, top, 1.0);
                    scale(scores, 1.0 / sum);
                    row_times_matrix(scores, values, wide, &mut cache.out);
                    mixed[self.heads.q(head)].copy_from_slice(&cache.out[..dim]);
                }
            }
        }
    }
}
