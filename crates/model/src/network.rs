//! The decoder's parameters, its passes and an adapter over it.

mod composed;
mod dropout;
mod fused;
mod lora;

pub(crate) use dropout::Dropout;
pub(crate) use lora::Adapter;
pub use lora::{Lora, Module};

use crate::ops::{Heads, Rotary};
use crate::{Error, ModelConfig, Result};
use candle_core::{DType, Device, Tensor, Var};
use composed::Composed;
use fused::Fused;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Which operations compute the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Fused operations on slices; processor only.
    Fused,
    /// Stock tensor operations; any device, and the reference that the fused ones are tested against.
    Composed,
}

/// Sequences laid end to end; attention never crosses from one to another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Packed {
    /// Input token ids of all sequences.
    pub tokens: Vec<u32>,
    /// Where each sequence ends in `tokens`, ascending.
    pub ends: Vec<usize>,
    /// Rows whose next token counts in the loss, ascending.
    pub rows: Vec<u32>,
    /// The next token of each such row.
    pub targets: Vec<u32>,
}

/// One decoder layer. Queries, keys and values share one matrix, as do gate and up.
pub struct Layer {
    /// Scale of the norm before attention.
    pub attention_norm: Var,
    /// (qkv width, hidden).
    pub qkv: Var,
    /// (qkv width), where the layout has biases.
    pub qkv_bias: Option<Var>,
    /// (hidden, query width).
    pub output: Var,
    /// Scale of the norm before the feed-forward layer.
    pub mlp_norm: Var,
    /// (2 · intermediate, hidden): gate rows, then up rows.
    pub gate_up: Var,
    /// (hidden, intermediate).
    pub down: Var,
}

/// How gradients are computed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pass {
    /// Keep only the input of each layer, and compute the layer again when its gradient is due.
    pub(crate) checkpointing: bool,
    /// What an adapter leaves out; none outside training.
    pub(crate) dropout: Option<Dropout>,
}

/// A decoder in the Qwen2 or Llama layout with f32 parameters.
pub struct Network {
    config: ModelConfig,
    /// (vocabulary, hidden).
    pub embedding: Var,
    /// The decoder layers, first to last.
    pub layers: Vec<Layer>,
    /// Scale of the last norm.
    pub norm: Var,
    /// (vocabulary, hidden) when the output layer is not the embedding.
    pub head: Option<Var>,
    rotary: Arc<Rotary>,
    adapter: Option<Adapter>,
}

impl Network {
    /// A network with random weights: normal, 1/√hidden wide, and narrower by √(2 · layers) where a layer writes to the
    /// residual stream. The same seed gives the same weights.
    ///
    /// # Errors
    /// When the configuration is not valid.
    pub fn new(config: ModelConfig, seed: u64, device: &Device) -> Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let wide = 1.0 / (config.hidden_size as f64).sqrt();
        let narrow = wide / (2.0 * config.num_hidden_layers as f64).sqrt();
        Self::build(config, device, |name, shape| {
            let len = shape.iter().product();
            let values = match shape {
                [_] if name.ends_with("bias") => vec![0.0; len],
                [_] => vec![1.0; len],
                _ if name.ends_with("output") || name.ends_with("down") => {
                    normal(&mut rng, len, narrow)
                }
                _ => normal(&mut rng, len, wide),
            };
            Ok(Tensor::from_vec(values, shape, device)?)
        })
    }

    /// Builds a network from a source of tensors by parameter name and shape.
    pub(crate) fn build(
        config: ModelConfig,
        device: &Device,
        mut source: impl FnMut(&str, &[usize]) -> Result<Tensor>,
    ) -> Result<Self> {
        config.check()?;
        let (d, f, v, w) = (
            config.hidden_size,
            config.intermediate_size,
            config.vocab_size,
            config.qkv_width(),
        );
        let mut var = |name: String, shape: &[usize]| -> Result<Var> {
            let tensor = source(&name, shape)?
                .to_dtype(DType::F32)?
                .to_device(device)?
                .contiguous()?;
            Ok(Var::from_tensor(&tensor)?)
        };
        let embedding = var("embedding".to_string(), &[v, d])?;
        let mut layers = Vec::new();
        for i in 0..config.num_hidden_layers {
            let name = |part: &str| format!("layers.{i}.{part}");
            layers.push(Layer {
                attention_norm: var(name("attention_norm"), &[d])?,
                qkv: var(name("qkv"), &[w, d])?,
                qkv_bias: if config.attention_bias {
                    Some(var(name("qkv_bias"), &[w])?)
                } else {
                    None
                },
                output: var(name("output"), &[d, config.query_width()])?,
                mlp_norm: var(name("mlp_norm"), &[d])?,
                gate_up: var(name("gate_up"), &[2 * f, d])?,
                down: var(name("down"), &[d, f])?,
            });
        }
        let norm = var("norm".to_string(), &[d])?;
        let head = if config.tie_word_embeddings {
            None
        } else {
            Some(var("head".to_string(), &[v, d])?)
        };
        let rotary = Arc::new(Rotary::new(
            config.max_position_embeddings,
            config.head_dim(),
            config.rope_theta,
            config.rope_scaling.as_ref(),
        ));
        Ok(Self {
            config,
            embedding,
            layers,
            norm,
            head,
            rotary,
            adapter: None,
        })
    }

    /// The network's shape.
    #[must_use]
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The rotary tables.
    pub(crate) fn rotary(&self) -> &Arc<Rotary> {
        &self.rotary
    }

    /// How the query, key and value columns are divided.
    pub(crate) fn heads(&self) -> Heads {
        Heads {
            query: self.config.num_attention_heads,
            key_value: self.config.num_key_value_heads,
            dim: self.config.head_dim(),
        }
    }

    /// The adapter over the network.
    pub(crate) fn adapter(&self) -> Option<&Adapter> {
        self.adapter.as_ref()
    }

    /// Lays an adapter over the network, or takes it off.
    pub(crate) fn set_adapter(&mut self, adapter: Option<Adapter>) {
        self.adapter = adapter;
    }

    /// What training changes: the adapter's parameters where there is one, else all.
    pub(crate) fn trained(&self) -> Vec<(String, &Var)> {
        match &self.adapter {
            Some(adapter) => adapter.parameters(),
            None => self.parameters(),
        }
    }

    /// Rows of a parameter, which are the published weight named, with the adapter added in.
    pub(crate) fn merged(&self, published: &str, rows: Tensor) -> Result<Tensor> {
        let delta = match &self.adapter {
            Some(adapter) => adapter.weight(published)?,
            None => None,
        };
        Ok(match delta {
            Some(delta) => (rows + delta)?,
            None => rows,
        })
    }

    /// A parameter with the adapter added in; none where no adapter is over it.
    pub(crate) fn merged_parameter(&self, name: &str, var: &Var) -> Result<Option<Tensor>> {
        let (mut at, mut blocks, mut changed) = (0, Vec::new(), false);
        for (published, rows) in crate::weights::parts(name, &self.config) {
            let part = var.as_detached_tensor().narrow(0, at, rows)?;
            changed |= self.merges(&published);
            blocks.push(self.merged(&published, part)?);
            at += rows;
        }
        Ok(if changed {
            Some(Tensor::cat(&blocks, 0)?)
        } else {
            None
        })
    }

    fn merges(&self, published: &str) -> bool {
        let adapter = self.adapter.as_ref();
        adapter.is_some_and(|adapter| adapter.pair(published).is_some())
    }

    /// Makes the adapter part of the parameters and takes it off.
    pub(crate) fn merge(&mut self) -> Result<()> {
        for (name, var) in self.parameters() {
            if let Some(merged) = self.merged_parameter(&name, var)? {
                var.set(&merged)?;
            }
        }
        self.adapter = None;
        Ok(())
    }

    /// All parameters of the network itself with their names, always in the same order.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, &Var)> {
        let mut all = vec![("embedding".to_string(), &self.embedding)];
        for (i, layer) in self.layers.iter().enumerate() {
            let parts = [
                ("attention_norm", Some(&layer.attention_norm)),
                ("qkv", Some(&layer.qkv)),
                ("qkv_bias", layer.qkv_bias.as_ref()),
                ("output", Some(&layer.output)),
                ("mlp_norm", Some(&layer.mlp_norm)),
                ("gate_up", Some(&layer.gate_up)),
                ("down", Some(&layer.down)),
            ];
            let there = parts
                .into_iter()
                .filter_map(|(part, var)| Some((part, var?)));
            all.extend(there.map(|(part, var)| (format!("layers.{i}.{part}"), var)));
        }
        all.push(("norm".to_string(), &self.norm));
        all.extend(self.head.as_ref().map(|head| ("head".to_string(), head)));
        all
    }

    /// Number of values of the network itself.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        count(&self.parameters())
    }

    /// Number of values that training changes: those of the adapter where there is one.
    #[must_use]
    pub fn trained_count(&self) -> usize {
        count(&self.trained())
    }

    /// The output layer's weights: (vocabulary, hidden).
    pub(crate) fn head(&self) -> &Var {
        self.head.as_ref().unwrap_or(&self.embedding)
    }

    /// Logits of every row: (rows, vocabulary).
    ///
    /// # Errors
    /// When a sequence is longer than the context or a token is outside the vocabulary.
    pub fn logits(&self, packed: &Packed, path: Path) -> Result<Tensor> {
        self.check(packed)?;
        let (network, pass) = (self, Pass::default());
        match path {
            Path::Fused => Fused {
                network,
                packed,
                pass,
            }
            .logits(),
            Path::Composed => Composed::new(network, packed, pass)?.logits(),
        }
    }

    /// The sum of the negative log-likelihoods of the packed targets divided by `normaliser`, in nats, and its gradient
    /// by every trained parameter, in their order.
    pub(crate) fn gradients(
        &self,
        packed: &Packed,
        normaliser: usize,
        path: Path,
        pass: Pass,
    ) -> Result<(f32, Vec<Tensor>)> {
        self.check(packed)?;
        match path {
            Path::Fused => {
                let fused = Fused {
                    network: self,
                    packed,
                    pass,
                };
                let mut sink = fused::Sink::default();
                let loss = fused.gradients(normaliser, &mut sink)?;
                Ok((loss, sink.take(&self.trained())?))
            }
            Path::Composed => Composed::new(self, packed, pass)?.gradients(normaliser),
        }
    }

    fn check(&self, packed: &Packed) -> Result<()> {
        let mut start = 0;
        for &end in &packed.ends {
            let len = end.saturating_sub(start);
            if len == 0 || len > self.config.max_position_embeddings {
                let context = self.config.max_position_embeddings;
                return Err(Error::config(
                    "sequence",
                    format!("{len} tokens; a sequence has 1 to {context}"),
                ));
            }
            start = end;
        }
        let outside = |tokens: &[u32]| tokens.iter().any(|&t| t as usize >= self.config.vocab_size);
        let rows = packed.tokens.len();
        if packed.rows.len() != packed.targets.len()
            || packed.rows.iter().any(|&row| row as usize >= rows)
        {
            return Err(Error::config(
                "sequence",
                "each target needs a row of its own",
            ));
        }
        if start != rows || outside(&packed.tokens) || outside(&packed.targets) {
            return Err(Error::config(
                "sequence",
                "a token is outside the vocabulary or outside every sequence",
            ));
        }
        Ok(())
    }
}

fn count(parameters: &[(String, &Var)]) -> usize {
    parameters.iter().map(|(_, var)| var.elem_count()).sum()
}

/// Normal values by the Box-Muller transform.
fn normal(rng: &mut ChaCha8Rng, len: usize, deviation: f64) -> Vec<f32> {
    (0..len)
        .map(|_| {
            let (u, v): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
            ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos() * deviation) as f32
        })
        .collect()
}

#[cfg(test)]
mod tests;
