//! Weights in safetensors files under the names that Hugging Face tools use.

mod output_bias;
mod reader;
mod writer;

pub(crate) use reader::Reader;
pub(crate) use writer::{Entry, write};

use crate::{Error, ModelConfig, Network, Result};
use candle_core::{Device, Tensor};
use std::path::Path;

/// Weights in one file.
const SINGLE: &str = "model.safetensors";
/// Which shard holds which tensor.
const INDEX: &str = "model.safetensors.index.json";
/// The largest file of weights in bytes, as `transformers` cuts them; larger models are saved in shards.
pub(crate) const SHARD_BYTES: usize = 5_000_000_000;

/// Number format of saved weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats: what training uses.
    #[default]
    F32,
    /// 16-bit IEEE floats.
    F16,
    /// 16-bit brain floats.
    BF16,
}

impl Precision {
    /// The name in `config.json`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Precision::F32 => "float32",
            Precision::F16 => "float16",
            Precision::BF16 => "bfloat16",
        }
    }

    /// The name in a safetensors header.
    fn tag(self) -> &'static str {
        match self {
            Precision::F32 => "F32",
            Precision::F16 => "F16",
            Precision::BF16 => "BF16",
        }
    }

    /// Bytes of one value.
    fn bytes(self) -> usize {
        match self {
            Precision::F32 => 4,
            Precision::F16 | Precision::BF16 => 2,
        }
    }
}

/// The published tensors that make up one of our parameters, stacked by rows, with their numbers of rows.
pub(crate) fn parts(name: &str, config: &ModelConfig) -> Vec<(String, usize)> {
    let (d, f, v) = (
        config.hidden_size,
        config.intermediate_size,
        config.vocab_size,
    );
    let (q, kv) = (
        config.query_width(),
        config.num_key_value_heads * config.head_dim(),
    );
    match name {
        "embedding" => return vec![("model.embed_tokens.weight".to_string(), v)],
        "norm" => return vec![("model.norm.weight".to_string(), d)],
        "head" => return vec![("lm_head.weight".to_string(), v)],
        _ => {}
    }
    let (layer, part) = name.rsplit_once('.').unwrap_or(("", name));
    let list: &[(&str, usize)] = match part {
        "attention_norm" => &[("input_layernorm.weight", d)],
        "qkv" => &[
            ("self_attn.q_proj.weight", q),
            ("self_attn.k_proj.weight", kv),
            ("self_attn.v_proj.weight", kv),
        ],
        "qkv_bias" => &[
            ("self_attn.q_proj.bias", q),
            ("self_attn.k_proj.bias", kv),
            ("self_attn.v_proj.bias", kv),
        ],
        "output" => &[("self_attn.o_proj.weight", d)],
        "mlp_norm" => &[("post_attention_layernorm.weight", d)],
        "gate_up" => &[("mlp.gate_proj.weight", f), ("mlp.up_proj.weight", f)],
        _ => &[("mlp.down_proj.weight", d)],
    };
    list.iter()
        .map(|(part, rows)| (format!("model.{layer}.{part}"), *rows))
        .collect()
}

/// The tensors of a network under their published names; a LoRA adapter is added in. Each is made when it is asked for.
pub(crate) fn published(network: &Network) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    for (name, var) in network.parameters() {
        let mut at = 0;
        for (published, rows) in parts(&name, network.config()) {
            let mut shape = var.dims().to_vec();
            shape[0] = rows;
            let from = at;
            at += rows;
            let module = published.clone();
            entries.push(Entry {
                name: published,
                shape,
                // A view of the parameter would be written whole: take a copy of just these rows.
                make: Box::new(move || {
                    let rows = var.narrow(0, from, rows)?.force_contiguous()?;
                    network.merged(&module, rows)
                }),
            });
        }
    }
    entries
}

/// Writes a network into a model directory. `output_bias` adds zeros for the bias after attention that a Llama with
/// attention biases has: ours is the layout of Qwen2, without one.
pub(crate) fn save(
    network: &Network,
    dir: &Path,
    precision: Precision,
    output_bias: bool,
    shard_bytes: usize,
) -> Result<()> {
    let mut entries = published(network);
    let config = network.config();
    if output_bias {
        for layer in 0..config.num_hidden_layers {
            entries.push(Entry {
                name: output_bias_name(layer),
                shape: vec![config.hidden_size],
                make: Box::new(move || {
                    let zeros = vec![0_f32; config.hidden_size];
                    Ok(Tensor::from_vec(zeros, config.hidden_size, &Device::Cpu)?)
                }),
            });
        }
    }
    writer::write_model(dir, entries, precision, shard_bytes)
}

/// Loads a network from a model directory; f32, f16 and bf16 weights, one file or shards. One tensor at a time is read
/// and made f32, so the memory needed is that of the network and of its largest tensor.
pub(crate) fn load(config: ModelConfig, dir: &Path, device: &Device) -> Result<Network> {
    let mut reader = Reader::open_model(dir)?;
    let moved = output_bias::moved(&mut reader, &config)?;
    let shape_of = config.clone();
    // A Llama may say that it has attention biases and have none; the other way round they would be lost.
    let bias = reader.names().find(|name| name.ends_with("q_proj.bias"));
    if let Some(name) = bias.filter(|_| !config.attention_bias) {
        let message = "is there although config.json has no attention_bias; correct config.json";
        return Err(Error::tensor(reader.path(name), name, message));
    }
    let biased = bias.is_some();
    Network::build(config, device, |name, shape| {
        let mut values = Vec::with_capacity(shape.iter().product());
        if name.ends_with("qkv_bias") && !biased {
            values.resize(shape.iter().product(), 0.0);
        } else {
            for (published, rows) in parts(name, &shape_of) {
                if !reader.has(&published) {
                    let message = "missing; the weights do not fit config.json";
                    return Err(Error::tensor(dir, &published, message));
                }
                let want = [&[rows], &shape[1..]].concat();
                reader.append(&published, &want, &mut values)?;
            }
        }
        if let Some(bias) = moved.get(name) {
            // The values come last.
            let start = values.len() - bias.len();
            for (value, more) in values[start..].iter_mut().zip(bias) {
                *value += more;
            }
        }
        Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
    })
}

fn output_bias_name(layer: usize) -> String {
    format!("model.layers.{layer}.self_attn.o_proj.bias")
}

#[cfg(test)]
mod tests;
