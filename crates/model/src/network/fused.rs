//! The network on the processor: both passes over slices, without a recorded graph.

use super::dropout::Dropout;
use super::lora::Site;
use super::{Layer, Network, Packed, Pass};
use crate::matrix::Matrix;
use crate::ops::{self, Attended, Attention};
use crate::simd::add;
use crate::{Error, Result};
use candle_core::{Tensor, TensorId, Var};
use std::collections::HashMap;

/// Logits computed at a time, to bound memory: vocabularies of real models are large.
const LOGITS: usize = 1 << 25;

/// Sums of gradients by parameter.
#[derive(Default)]
pub(crate) struct Sink(HashMap<TensorId, Vec<f32>>);

impl Sink {
    /// Adds a term.
    pub(super) fn add(&mut self, var: &Var, term: Vec<f32>) {
        let sum = self.0.entry(var.as_tensor().id()).or_default();
        if sum.is_empty() {
            *sum = term;
        } else {
            add(sum, &term);
        }
    }

    /// The sum so far, zeros at first.
    fn sum(&mut self, var: &Var) -> &mut [f32] {
        let sum = self.0.entry(var.as_tensor().id()).or_default();
        sum.resize(var.elem_count(), 0.0);
        sum
    }

    /// The gradients of the parameters given, in order.
    pub(super) fn take(mut self, parameters: &[(String, &Var)]) -> Result<Vec<Tensor>> {
        parameters
            .iter()
            .map(|(name, var)| {
                let sum = self
                    .0
                    .remove(&var.as_tensor().id())
                    .ok_or_else(|| Error::NoGradient(name.clone()))?;
                Ok(Tensor::from_vec(sum, var.shape(), var.device())?)
            })
            .collect()
    }
}

/// What a layer's backward pass needs of its forward pass.
struct Kept {
    x: Vec<f32>,
    normed: Matrix,
    attended: Attended,
    mixed: Matrix,
    middle: Vec<f32>,
    normed_middle: Matrix,
    gate_up: Matrix,
    hidden: Matrix,
}

/// One pass over packed sequences.
pub(super) struct Fused<'n> {
    pub(super) network: &'n Network,
    pub(super) packed: &'n Packed,
    pub(super) pass: Pass,
}

impl Fused<'_> {
    /// Logits of every row.
    pub(super) fn logits(&self) -> Result<Tensor> {
        let mut x = self.embed()?;
        for layer in 0..self.network.layers.len() {
            x = self.forward(layer, x)?.0;
        }
        let h = self.normalise(&x, &self.network.norm)?;
        let logits = h.times_transposed(self.network.head())?;
        let shape = (logits.rows, logits.columns);
        let device = self.network.embedding.device();
        Ok(Tensor::from_vec(logits.into_values(), shape, device)?)
    }

    /// The loss, and the gradients added to the sink.
    pub(super) fn gradients(&self, normaliser: usize, sink: &mut Sink) -> Result<f32> {
        let mut x = self.embed()?;
        let (mut inputs, mut kept) = (Vec::new(), Vec::new());
        for layer in 0..self.network.layers.len() {
            if self.pass.checkpointing {
                inputs.push(x.clone());
                x = self.forward(layer, x)?.0;
            } else {
                let (y, saved) = self.forward(layer, x)?;
                kept.push(saved);
                x = y;
            }
        }
        let (loss, mut g) = self.head(&x, normaliser, sink)?;
        drop(x);
        for layer in (0..self.network.layers.len()).rev() {
            let saved = match (kept.pop(), inputs.pop()) {
                (Some(saved), _) => saved,
                (None, Some(input)) => self.forward(layer, input)?.1,
                (None, None) => return Err(Error::NoGradient(format!("layers.{layer}"))),
            };
            g = self.backward(layer, &saved, g, sink)?;
        }
        if self.full() {
            let width = self.network.config.hidden_size;
            let sums = sink.sum(&self.network.embedding);
            for (&token, g) in self.packed.tokens.iter().zip(g.chunks_exact(width)) {
                add(&mut sums[token as usize * width..][..width], g);
            }
        }
        Ok(loss)
    }

    /// Whether the network itself is trained, not an adapter over it.
    fn full(&self) -> bool {
        self.network.adapter.is_none()
    }

    fn dropout(&self) -> Option<&Dropout> {
        self.pass.dropout.as_ref()
    }

    fn embed(&self) -> Result<Vec<f32>> {
        let width = self.network.config.hidden_size;
        Ok(ops::with(&self.network.embedding, |table| {
            let mut x = Vec::with_capacity(self.packed.tokens.len() * width);
            for &token in &self.packed.tokens {
                x.extend_from_slice(&table[token as usize * width..][..width]);
            }
            x
        })?)
    }

    fn normalise(&self, x: &[f32], w: &Var) -> Result<Matrix> {
        let mut y = vec![0.0; x.len()];
        let eps = self.network.config.rms_norm_eps as f32;
        ops::with(w, |w| ops::normalise(x, w, eps, &mut y))?;
        Ok(Matrix::new(y, self.network.config.hidden_size))
    }

    /// The gradient of a norm's input; that of its scale goes to the sink.
    fn normalise_back(&self, x: &[f32], w: &Var, g: &[f32], sink: &mut Sink) -> Result<Vec<f32>> {
        let eps = self.network.config.rms_norm_eps as f32;
        let (dx, dw) = ops::with(w, |w| ops::normalise_back(x, w, g, eps))?;
        if self.full() {
            sink.add(w, dw);
        }
        Ok(dx)
    }

    fn weights<'l>(&self, layer: &'l Layer, site: Site) -> &'l Var {
        match site {
            Site::Qkv => &layer.qkv,
            Site::Output => &layer.output,
            Site::GateUp => &layer.gate_up,
            Site::Down => &layer.down,
        }
    }

    /// A product of a layer, adapter included.
    fn project(&self, index: usize, site: Site, x: &Matrix) -> Result<Matrix> {
        let weights = self.weights(&self.network.layers[index], site);
        let mut y = x.times_transposed(weights)?;
        if let Some(adapter) = &self.network.adapter {
            adapter.add((index, site), x, &mut y, self.dropout())?;
        }
        Ok(y)
    }

    /// The gradient of a product's input; those of its weights go to the sink.
    fn project_back(
        &self,
        index: usize,
        site: Site,
        x: &Matrix,
        g: &Matrix,
        sink: &mut Sink,
    ) -> Result<Matrix> {
        let weights = self.weights(&self.network.layers[index], site);
        let mut dx = g.times(weights)?;
        match &self.network.adapter {
            Some(adapter) => adapter.back((index, site), x, g, &mut dx, self.dropout(), sink)?,
            None => sink.add(weights, g.transposed_times(x)?.into_values()),
        }
        Ok(dx)
    }

    fn attention(&self) -> Attention<'_> {
        Attention {
            heads: self.network.heads(),
            rotary: &self.network.rotary,
            ends: &self.packed.ends,
        }
    }

    fn forward(&self, index: usize, x: Vec<f32>) -> Result<(Vec<f32>, Kept)> {
        let layer = &self.network.layers[index];
        let normed = self.normalise(&x, &layer.attention_norm)?;
        let mut qkv = self.project(index, Site::Qkv, &normed)?;
        if let Some(bias) = &layer.qkv_bias {
            let width = qkv.columns;
            ops::with(bias, |bias| {
                for row in qkv.values_mut().chunks_exact_mut(width) {
                    add(row, bias);
                }
            })?;
        }
        let (mixed, attended) = self.attention().forward(qkv.into_values());
        let mixed = Matrix::new(mixed, self.network.config.query_width());
        let mut middle = self.project(index, Site::Output, &mixed)?.into_values();
        add(&mut middle, &x);
        let normed_middle = self.normalise(&middle, &layer.mlp_norm)?;
        let gate_up = self.project(index, Site::GateUp, &normed_middle)?;
        let half = self.network.config.intermediate_size;
        let mut hidden = vec![0.0; gate_up.rows * half];
        ops::gate(gate_up.values(), half, &mut hidden);
        let hidden = Matrix::new(hidden, half);
        let mut y = self.project(index, Site::Down, &hidden)?.into_values();
        add(&mut y, &middle);
        let kept = Kept {
            x,
            normed,
            attended,
            mixed,
            middle,
            normed_middle,
            gate_up,
            hidden,
        };
        Ok((y, kept))
    }

    /// The gradient of a layer's input from that of its output.
    fn backward(
        &self,
        index: usize,
        kept: &Kept,
        g: Vec<f32>,
        sink: &mut Sink,
    ) -> Result<Vec<f32>> {
        let layer = &self.network.layers[index];
        let (width, half) = (
            self.network.config.hidden_size,
            self.network.config.intermediate_size,
        );
        let g = Matrix::new(g, width);
        let d_hidden = self.project_back(index, Site::Down, &kept.hidden, &g, sink)?;
        let d_gate_up = ops::gate_back(kept.gate_up.values(), d_hidden.values(), half);
        let d_gate_up = Matrix::new(d_gate_up, 2 * half);
        let d_normed =
            self.project_back(index, Site::GateUp, &kept.normed_middle, &d_gate_up, sink)?;
        let mut middle =
            self.normalise_back(&kept.middle, &layer.mlp_norm, d_normed.values(), sink)?;
        add(&mut middle, g.values());
        let middle = Matrix::new(middle, width);
        let d_mixed = self.project_back(index, Site::Output, &kept.mixed, &middle, sink)?;
        let d_qkv = self.attention().backward(&kept.attended, d_mixed.values());
        let d_qkv = Matrix::new(d_qkv, self.network.heads().width());
        if let Some(bias) = layer.qkv_bias.as_ref().filter(|_| self.full()) {
            let mut sum = vec![0.0; d_qkv.columns];
            for row in 0..d_qkv.rows {
                add(&mut sum, d_qkv.row(row));
            }
            sink.add(bias, sum);
        }
        let d_normed = self.project_back(index, Site::Qkv, &kept.normed, &d_qkv, sink)?;
        let mut dx =
            self.normalise_back(&kept.x, &layer.attention_norm, d_normed.values(), sink)?;
        add(&mut dx, middle.values());
        Ok(dx)
    }

    /// The loss, and the gradient of the last layer's output.
    fn head(&self, x: &[f32], normaliser: usize, sink: &mut Sink) -> Result<(f32, Vec<f32>)> {
        let (network, packed) = (self.network, self.packed);
        let (width, vocab) = (network.config.hidden_size, network.config.vocab_size);
        let mut loss = 0.0;
        let mut dx = vec![0.0; x.len()];
        let at_once = (LOGITS / vocab).max(1);
        let parts = packed
            .rows
            .chunks(at_once)
            .zip(packed.targets.chunks(at_once));
        for (rows, targets) in parts {
            let mut learnt = Vec::with_capacity(rows.len() * width);
            for &row in rows {
                learnt.extend_from_slice(&x[row as usize * width..][..width]);
            }
            let h = self.normalise(&learnt, &network.norm)?;
            let mut logits = h.times_transposed(network.head())?;
            loss += ops::cross_entropy(logits.values_mut(), vocab, targets, normaliser);
            let dh = logits.times(network.head())?;
            if self.full() {
                sink.add(network.head(), logits.transposed_times(&h)?.into_values());
            }
            let d_learnt = self.normalise_back(&learnt, &network.norm, dh.values(), sink)?;
            for (&row, d) in rows.iter().zip(d_learnt.chunks_exact(width)) {
                dx[row as usize * width..][..width].copy_from_slice(d);
            }
        }
        Ok((loss as f32, dx))
    }
}
