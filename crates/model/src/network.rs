//! The decoder's parameters and its two forward passes.

use crate::ops::{Attention, CrossEntropy, Heads, Linear, RmsNorm, Rotary, SwiGlu};
use crate::{Error, ModelConfig, Result};
use candle_core::{D, DType, Device, Tensor, Var};
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
    /// (qkv width).
    pub qkv_bias: Var,
    /// (hidden, hidden).
    pub output: Var,
    /// Scale of the norm before the feed-forward layer.
    pub mlp_norm: Var,
    /// (2 · intermediate, hidden): gate rows, then up rows.
    pub gate_up: Var,
    /// (hidden, intermediate).
    pub down: Var,
}

/// Attention over the packed rows of one call: rows of queries, keys and values to rows of mixed values.
type Attend<'a> = dyn Fn(&Tensor) -> Result<Tensor> + 'a;

/// A decoder in the Qwen2 layout with f32 parameters.
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
                qkv_bias: var(name("qkv_bias"), &[w])?,
                output: var(name("output"), &[d, d])?,
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
        ));
        Ok(Self {
            config,
            embedding,
            layers,
            norm,
            head,
            rotary,
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
    #[must_use]
    pub fn heads(&self) -> Heads {
        Heads {
            query: self.config.num_attention_heads,
            key_value: self.config.num_key_value_heads,
            dim: self.config.head_dim(),
        }
    }

    /// All parameters with their names, always in the same order.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, &Var)> {
        let mut all = vec![("embedding".to_string(), &self.embedding)];
        for (i, layer) in self.layers.iter().enumerate() {
            let parts = [
                ("attention_norm", &layer.attention_norm),
                ("qkv", &layer.qkv),
                ("qkv_bias", &layer.qkv_bias),
                ("output", &layer.output),
                ("mlp_norm", &layer.mlp_norm),
                ("gate_up", &layer.gate_up),
                ("down", &layer.down),
            ];
            all.extend(parts.map(|(part, var)| (format!("layers.{i}.{part}"), var)));
        }
        all.push(("norm".to_string(), &self.norm));
        all.extend(self.head.as_ref().map(|head| ("head".to_string(), head)));
        all
    }

    /// Number of trainable values.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        self.parameters()
            .iter()
            .map(|(_, var)| var.elem_count())
            .sum()
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
        self.linear(&self.hidden(packed, path)?, self.head(), path)
    }

    /// The sum of the negative log-likelihoods of the packed targets divided by `normaliser`, in nats; a scalar that
    /// can be differentiated.
    ///
    /// # Errors
    /// As [`Network::logits`].
    pub fn loss(&self, packed: &Packed, normaliser: usize, path: Path) -> Result<Tensor> {
        let mut hidden = self.hidden(packed, path)?;
        if packed.rows.len() < packed.tokens.len() {
            let rows = Tensor::from_slice(&packed.rows, packed.rows.len(), hidden.device())?;
            hidden = hidden.index_select(&rows, 0)?;
        }
        let logits = self.linear(&hidden, self.head(), path)?;
        match path {
            Path::Fused => {
                Ok(logits.apply_op1(CrossEntropy::new(packed.targets.clone(), normaliser))?)
            }
            Path::Composed => {
                let targets =
                    Tensor::from_slice(&packed.targets, packed.targets.len(), logits.device())?;
                let share = packed.targets.len() as f64 / normaliser.max(1) as f64;
                Ok((candle_nn::loss::cross_entropy(&logits, &targets)? * share)?)
            }
        }
    }

    fn hidden(&self, packed: &Packed, path: Path) -> Result<Tensor> {
        self.check(packed)?;
        let device = self.embedding.device();
        let ids = Tensor::from_slice(&packed.tokens, packed.tokens.len(), device)?;
        let attend: Box<Attend<'_>> = match path {
            Path::Fused => {
                let ends: Arc<[usize]> = packed.ends.as_slice().into();
                Box::new(move |qkv| {
                    Ok(qkv.apply_op1(Attention::new(
                        self.heads(),
                        self.rotary.clone(),
                        ends.clone(),
                    ))?)
                })
            }
            Path::Composed => {
                let plan = ComposedAttention::new(self, packed, device)?;
                Box::new(move |qkv| plan.attend(qkv))
            }
        };
        let mut x = self.embedding.embedding(&ids)?;
        for layer in &self.layers {
            let h = self.normalise(&x, &layer.attention_norm, path)?;
            let qkv = self
                .linear(&h, &layer.qkv, path)?
                .broadcast_add(&layer.qkv_bias)?;
            x = (x + self.linear(&attend(&qkv)?, &layer.output, path)?)?;
            let h = self.normalise(&x, &layer.mlp_norm, path)?;
            let gate_up = self.linear(&h, &layer.gate_up, path)?;
            let h = match path {
                Path::Fused => gate_up.apply_op1(SwiGlu)?,
                Path::Composed => {
                    let f = self.config.intermediate_size;
                    (gate_up.narrow(1, 0, f)?.silu()? * gate_up.narrow(1, f, f)?)?
                }
            };
            x = (x + self.linear(&h, &layer.down, path)?)?;
        }
        self.normalise(&x, &self.norm, path)
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
        if start != packed.tokens.len()
            || packed
                .tokens
                .iter()
                .any(|&t| t as usize >= self.config.vocab_size)
        {
            return Err(Error::config(
                "sequence",
                "a token is outside the vocabulary or outside every sequence",
            ));
        }
        Ok(())
    }

    fn linear(&self, x: &Tensor, w: &Var, path: Path) -> Result<Tensor> {
        Ok(match path {
            Path::Fused => x.apply_op2(w, Linear)?,
            Path::Composed => x.matmul(&w.t()?)?,
        })
    }

    fn normalise(&self, x: &Tensor, w: &Var, path: Path) -> Result<Tensor> {
        let eps = self.config.rms_norm_eps as f32;
        Ok(match path {
            Path::Fused => x.apply_op2(w, RmsNorm(eps))?,
            Path::Composed => candle_nn::ops::rms_norm_slow(x, w, eps)?,
        })
    }
}

/// Attention from stock operations: one block-diagonal causal mask over all rows.
struct ComposedAttention {
    heads: Heads,
    mask: Tensor,
    cos: Tensor,
    sin: Tensor,
}

impl ComposedAttention {
    fn new(network: &Network, packed: &Packed, device: &Device) -> Result<Self> {
        let rows = packed.tokens.len();
        let half = network.heads().dim / 2;
        let (mut cos, mut sin) = (
            Vec::with_capacity(rows * half),
            Vec::with_capacity(rows * half),
        );
        let mut mask = vec![f32::NEG_INFINITY; rows * rows];
        let mut start = 0;
        for &end in &packed.ends {
            for row in start..end {
                let (c, s) = network.rotary.at(row - start);
                cos.extend_from_slice(c);
                sin.extend_from_slice(s);
                mask[row * rows + start..=row * rows + row].fill(0.0);
            }
            start = end;
        }
        Ok(Self {
            heads: network.heads(),
            mask: Tensor::from_vec(mask, (1, rows, rows), device)?,
            cos: Tensor::from_vec(cos, (rows, half), device)?,
            sin: Tensor::from_vec(sin, (rows, half), device)?,
        })
    }

    fn attend(&self, qkv: &Tensor) -> Result<Tensor> {
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
        let rotate = |x: Tensor| candle_nn::rotary_emb::rope_slow(&x, &self.cos, &self.sin);
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
        let scores =
            (q.matmul(&k.t()?)? * (1.0 / (dim as f64).sqrt()))?.broadcast_add(&self.mask)?;
        let mixed = candle_nn::ops::softmax(&scores, D::Minus1)?.matmul(&v)?;
        Ok(mixed
            .transpose(0, 1)?
            .contiguous()?
            .reshape((rows, query * dim))?)
    }
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
