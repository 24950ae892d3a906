//! A model as one GGUF file, which llama.cpp and the programs built on it serve.
//!
//! The format is described in ggml's `docs/gguf.md`; the metadata keys and tensor names are those that llama.cpp reads for
//! its `qwen2` architecture, which is our layout without further change: halves rotated, biases on queries, keys and
//! values only.

mod vocabulary;

use crate::{Error, ModelConfig, Network, Precision, Result, Tokenizer, files, weights};
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};
use std::path::Path;

/// Writes a network and its tokenizer.
pub(crate) fn save(
    network: &Network,
    tokenizer: &Tokenizer,
    path: &Path,
    precision: Precision,
) -> Result<()> {
    let mut metadata = shape(network.config(), precision)?;
    metadata.extend(vocabulary::metadata(
        tokenizer,
        network.config().vocab_size,
    )?);
    let tensors = tensors(network, precision)?;
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor))
        .collect();
    files::write_with(path, |file| {
        Ok(gguf_file::write(file, &metadata, &tensors)?)
    })
}

/// A size or an id as the format stores it.
fn number(what: &str, value: usize) -> Result<Value> {
    u32::try_from(value)
        .map(Value::U32)
        .map_err(|_| Error::config(what, format!("{value} does not fit the file's 32 bits")))
}

/// What llama.cpp has to know about the network; the file type is llama.cpp's number of the weights' format.
fn shape(config: &ModelConfig, precision: Precision) -> Result<Vec<(&'static str, Value)>> {
    if config.rope_scaling.is_some() {
        let message =
            "stretched rotary angles cannot be written here; use llama.cpp's own converter";
        return Err(Error::config("rope_scaling", message));
    }
    let sizes = [
        ("qwen2.block_count", config.num_hidden_layers),
        ("qwen2.context_length", config.max_position_embeddings),
        ("qwen2.embedding_length", config.hidden_size),
        ("qwen2.feed_forward_length", config.intermediate_size),
        ("qwen2.attention.head_count", config.num_attention_heads),
        ("qwen2.attention.head_count_kv", config.num_key_value_heads),
        ("qwen2.attention.key_length", config.head_dim()),
        ("qwen2.attention.value_length", config.head_dim()),
        ("qwen2.rope.dimension_count", config.head_dim()),
        ("qwen2.vocab_size", config.vocab_size),
    ];
    let file_type = match precision {
        Precision::F32 => 0,
        Precision::F16 => 1,
        Precision::BF16 => 32,
    };
    let mut metadata = vec![
        ("general.architecture", Value::String("qwen2".to_string())),
        ("general.file_type", Value::U32(file_type)),
        (
            "qwen2.attention.layer_norm_rms_epsilon",
            Value::F32(config.rms_norm_eps as f32),
        ),
        ("qwen2.rope.freq_base", Value::F32(config.rope_theta as f32)),
    ];
    for (key, size) in sizes {
        metadata.push((key, number(key, size)?));
    }
    Ok(metadata)
}

fn tensors(network: &Network, precision: Precision) -> Result<Vec<(String, QTensor)>> {
    let mut tensors = Vec::new();
    for entry in weights::published(network) {
        tensors.push((name(&entry.name), stored(&(entry.make)()?, precision)?));
    }
    // llama.cpp's qwen2 architecture has biases.
    let config = network.config();
    if !config.attention_bias {
        let kv = config.num_key_value_heads * config.head_dim();
        for layer in 0..config.num_hidden_layers {
            for (part, width) in [("q", config.query_width()), ("k", kv), ("v", kv)] {
                let zeros = Tensor::zeros(width, DType::F32, &Device::Cpu)?;
                let name = format!("blk.{layer}.attn_{part}.bias");
                tensors.push((name, stored(&zeros, precision)?));
            }
        }
    }
    Ok(tensors)
}

/// Matrices are stored as asked; llama.cpp adds and multiplies vectors (norms and biases) as f32 only.
fn stored(tensor: &Tensor, precision: Precision) -> Result<QTensor> {
    let dtype = match precision {
        _ if tensor.rank() == 1 => GgmlDType::F32,
        Precision::F32 => GgmlDType::F32,
        Precision::F16 => GgmlDType::F16,
        Precision::BF16 => GgmlDType::BF16,
    };
    Ok(QTensor::quantize(&tensor.to_device(&Device::Cpu)?, dtype)?)
}

/// A tensor's name in the file, from its name in safetensors files.
fn name(published: &str) -> String {
    let parts = [
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("lm_head", "output"),
        ("model.layers.", "blk."),
        ("input_layernorm", "attn_norm"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("post_attention_layernorm", "ffn_norm"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ];
    parts
        .iter()
        .fold(published.to_string(), |name, (theirs, ours)| {
            name.replace(theirs, ours)
        })
}

#[cfg(test)]
mod tests;
