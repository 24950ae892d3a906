//! The network from stock tensor operations: for any device, and what the fused passes are tested against.

use super::lora::Site;
use super::{Layer, Network, Packed, Pass};
use crate::ops::Heads;
use crate::{Error, Result};
use candle_core::backend::BackendStorage;
use candle_core::{
    CpuStorage, CudaStorage, CustomOp2, D, Device, Layout, Shape, Tensor, TensorId, Var,
};
use std::collections::HashMap;

/// One pass over packed sequences.
pub(super) struct Composed<'n> {
    network: &'n Network,
    packed: &'n Packed,
    pass: Pass,
    attention: ComposedAttention,
}

impl<'n> Composed<'n> {
    pub(super) fn new(network: &'n Network, packed: &'n Packed, pass: Pass) -> Result<Self> {
        Ok(Self {
            network,
            packed,
            pass,
            attention: ComposedAttention::new(network, packed)?,
        })
    }

    /// Logits of every row.
    pub(super) fn logits(&self) -> Result<Tensor> {
        let mut x = self.embed()?.detach();
        for layer in 0..self.network.layers.len() {
            x = self.layer(layer, &x)?.detach();
        }
        self.product(
            &self.normalise(&x, &self.network.norm)?,
            self.network.head(),
        )
    }

    /// The loss, and the gradient of every trained parameter.
    pub(super) fn gradients(&self, normaliser: usize) -> Result<(f32, Vec<Tensor>)> {
        if self.pass.checkpointing {
            return self.gradients_by_layer(normaliser);
        }
        let mut x = self.embed()?;
        for layer in 0..self.network.layers.len() {
            x = self.layer(layer, &x)?;
        }
        let loss = self.loss(&x, normaliser)?;
        let mut store = loss.backward()?;
        let take = |(name, var): (String, &Var)| store.remove(var).ok_or(Error::NoGradient(name));
        let parameters = self.network.trained();
        let gradients = parameters.into_iter().map(take).collect::<Result<_>>()?;
        Ok((loss.to_scalar()?, gradients))
    }

    /// The same with the graph of one layer at a time: each layer is computed once without a graph and once more, with
    /// one, when its gradient is due.
    fn gradients_by_layer(&self, normaliser: usize) -> Result<(f32, Vec<Tensor>)> {
        let mut inputs = vec![self.embed()?.detach()];
        for layer in 0..self.network.layers.len() {
            let y = inputs.last().map(|x| self.layer(layer, x)).transpose()?;
            inputs.extend(y.map(|y| y.detach()));
        }
        let mut sums: HashMap<TensorId, Tensor> = HashMap::new();
        let parameters = self.network.trained();
        let mut back = |output: Tensor, input: Option<&Var>| -> Result<Option<Tensor>> {
            let mut store = output.backward()?;
            for (_, var) in &parameters {
                let Some(gradient) = store.remove(var) else {
                    continue;
                };
                let sum = match sums.remove(&var.as_tensor().id()) {
                    Some(sum) => (sum + gradient)?,
                    None => gradient,
                };
                sums.insert(var.as_tensor().id(), sum);
            }
            Ok(input.and_then(|input| store.remove(input)))
        };
        let cut = || Error::NoGradient("a layer's input".to_string());
        let last = Var::from_tensor(&inputs.pop().ok_or_else(cut)?)?;
        let loss = self.loss(&last, normaliser)?;
        let value = loss.to_scalar()?;
        let mut g = back(loss, Some(&last))?.ok_or_else(cut)?;
        for layer in (0..self.network.layers.len()).rev() {
            let x = Var::from_tensor(&inputs.pop().ok_or_else(cut)?)?;
            let y = self.layer(layer, &x)?;
            // The gradient of this sum by y is g.
            g = back((y * g.detach())?.sum_all()?, Some(&x))?.ok_or_else(cut)?;
        }
        if self.network.adapter.is_none() {
            back((self.embed()? * g.detach())?.sum_all()?, None)?;
        }
        let take = |(name, var): (String, &Var)| {
            sums.remove(&var.as_tensor().id())
                .ok_or(Error::NoGradient(name))
        };
        let gradients = self.network.trained().into_iter().map(take);
        Ok((value, gradients.collect::<Result<_>>()?))
    }

    /// A parameter of the network; without gradient where an adapter is trained.
    fn weights(&self, var: &Var) -> Tensor {
        match self.network.adapter {
            Some(_) => var.as_detached_tensor(),
            None => var.as_tensor().clone(),
        }
    }

    fn embed(&self) -> Result<Tensor> {
        let table = self.weights(&self.network.embedding);
        let tokens = &self.packed.tokens;
        let ids = Tensor::from_slice(tokens, tokens.len(), table.device())?;
        Ok(table.embedding(&ids)?)
    }

    fn layer(&self, index: usize, x: &Tensor) -> Result<Tensor> {
        let layer = &self.network.layers[index];
        let h = self.normalise(x, &layer.attention_norm)?;
        let mut qkv = self.project(index, Site::Qkv, &h)?;
        if let Some(bias) = &layer.qkv_bias {
            qkv = qkv.broadcast_add(&self.weights(bias))?;
        }
        let mixed = self.attention.attend(&qkv)?;
        let x = (x + self.project(index, Site::Output, &mixed)?)?;
        let h = self.normalise(&x, &layer.mlp_norm)?;
        let gate_up = self.project(index, Site::GateUp, &h)?;
        let f = self.network.config.intermediate_size;
        let h = (gate_up.narrow(1, 0, f)?.silu()? * gate_up.narrow(1, f, f)?)?;
        Ok((x + self.project(index, Site::Down, &h)?)?)
    }

    fn loss(&self, x: &Tensor, normaliser: usize) -> Result<Tensor> {
        let packed = self.packed;
        let select = |values: &[u32]| Tensor::from_slice(values, values.len(), x.device());
        let mut x = x.clone();
        if packed.rows.len() < packed.tokens.len() {
            x = x.index_select(&select(&packed.rows)?, 0)?;
        }
        let h = self.normalise(&x, &self.network.norm)?;
        let logits = self.product(&h, self.network.head())?;
        let share = packed.targets.len() as f64 / normaliser.max(1) as f64;
        let loss = candle_nn::loss::cross_entropy(&logits, &select(&packed.targets)?)?;
        Ok((loss * share)?)
    }

    fn project(&self, index: usize, site: Site, x: &Tensor) -> Result<Tensor> {
        let layer: &Layer = &self.network.layers[index];
        let weights = match site {
            Site::Qkv => &layer.qkv,
            Site::Output => &layer.output,
            Site::GateUp => &layer.gate_up,
            Site::Down => &layer.down,
        };
        let y = self.product(x, weights)?;
        let Some(adapter) = &self.network.adapter else {
            return Ok(y);
        };
        let (width, _) = weights.dims2()?;
        let dropout = self.pass.dropout.as_ref();
        Ok(match adapter.delta((index, site), x, width, dropout)? {
            Some(delta) => (y + delta)?,
            None => y,
        })
    }

    fn product(&self, x: &Tensor, weights: &Var) -> Result<Tensor> {
        Ok(match self.network.adapter {
            Some(_) => x.apply_op2(&weights.as_detached_tensor(), Frozen)?,
            None => x.matmul(&weights.t()?)?,
        })
    }

    fn normalise(&self, x: &Tensor, w: &Var) -> Result<Tensor> {
        let eps = self.network.config.rms_norm_eps as f32;
        Ok(candle_nn::ops::rms_norm_slow(x, &self.weights(w), eps)?)
    }
}

/// x · Wᵀ for a W that is not trained: stock products compute its gradient all the same.
struct Frozen;

impl Frozen {
    fn product<S: BackendStorage>(
        x: &S,
        xl: &Layout,
        w: &S,
        wl: &Layout,
    ) -> candle_core::Result<(S, Shape)> {
        let ((rows, width), (out, _)) = (xl.shape().dims2()?, wl.shape().dims2()?);
        let y = x.matmul(w, (1, rows, out, width), xl, &wl.transpose(0, 1)?)?;
        Ok((y, (rows, out).into()))
    }
}

impl CustomOp2 for Frozen {
    fn name(&self) -> &'static str {
        "frozen-linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        Self::product(x, xl, w, wl)
    }

    fn cuda_fwd(
        &self,
        x: &CudaStorage,
        xl: &Layout,
        w: &CudaStorage,
        wl: &Layout,
    ) -> candle_core::Result<(CudaStorage, Shape)> {
        Self::product(x, xl, w, wl)
    }

    fn bwd(
        &self,
        _: &Tensor,
        w: &Tensor,
        _: &Tensor,
        g: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>)> {
        Ok((Some(g.matmul(w)?), None))
    }
}

/// Attention from stock operations, one sequence after the other.
struct ComposedAttention {
    heads: Heads,
    ends: Vec<usize>,
    /// Causal mask of the longest sequence; that of a shorter one is its corner.
    mask: Tensor,
    /// By position.
    cos: Tensor,
    sin: Tensor,
}

impl ComposedAttention {
    fn new(network: &Network, packed: &Packed) -> Result<Self> {
        let device: &Device = network.embedding.device();
        let starts = std::iter::once(&0).chain(&packed.ends);
        let lengths = packed
            .ends
            .iter()
            .zip(starts)
            .map(|(end, start)| end - start);
        let longest = lengths.max().unwrap_or(0);
        let half = network.heads().dim / 2;
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        let mut mask = vec![f32::NEG_INFINITY; longest * longest];
        for position in 0..longest {
            let (c, s) = network.rotary.at(position);
            cos.extend_from_slice(c);
            sin.extend_from_slice(s);
            mask[position * longest..=position * longest + position].fill(0.0);
        }
        Ok(Self {
            heads: network.heads(),
            ends: packed.ends.clone(),
            mask: Tensor::from_vec(mask, (longest, longest), device)?,
            cos: Tensor::from_vec(cos, (longest, half), device)?,
            sin: Tensor::from_vec(sin, (longest, half), device)?,
        })
    }

    fn attend(&self, qkv: &Tensor) -> Result<Tensor> {
        let (mut start, mut mixed) = (0, Vec::with_capacity(self.ends.len()));
        for &end in &self.ends {
            mixed.push(self.attend_one(&qkv.narrow(0, start, end - start)?)?);
            start = end;
        }
        Ok(Tensor::cat(&mixed, 0)?)
    }

    fn attend_one(&self, qkv: &Tensor) -> Result<Tensor> {
        let (rows, _) = qkv.dims2()?;
        let Heads {
            query,
            key_value,
            dim,
        } = self.heads;
        let part = |from: usize, count: usize| -> Result<Tensor> {
            let part = qkv
                .narrow(1, from * dim, count * dim)?
                .reshape((1, rows, count, dim))?;
            Ok(part.transpose(1, 2)?.contiguous()?)
        };
        let (cos, sin) = (self.cos.narrow(0, 0, rows)?, self.sin.narrow(0, 0, rows)?);
        let rotate = |x: Tensor| candle_nn::rotary_emb::rope_slow(&x, &cos, &sin);
        let repeat = |x: Tensor| -> Result<Tensor> {
            let groups = (1, key_value, query / key_value, rows, dim);
            Ok(x.unsqueeze(2)?
                .broadcast_as(groups)?
                .contiguous()?
                .reshape((query, rows, dim))?)
        };
        let q = rotate(part(0, query)?)?.squeeze(0)?;
        let k = repeat(rotate(part(query, key_value)?)?)?;
        let v = repeat(part(query + key_value, key_value)?)?;
        let mask = self.mask.narrow(0, 0, rows)?.narrow(1, 0, rows)?;
        let scores = (q.matmul(&k.t()?)? * (1.0 / (dim as f64).sqrt()))?.broadcast_add(&mask)?;
        let mixed = candle_nn::ops::softmax(&scores, D::Minus1)?.matmul(&v)?;
        Ok(mixed
            .transpose(0, 1)?
            .contiguous()?
            .reshape((rows, query * dim))?)
    }
}
