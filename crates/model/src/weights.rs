//! Weights in safetensors files under the names that Hugging Face tools use.

use crate::{Error, ModelConfig, Network, Result, files};
use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensors;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

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

    fn dtype(self) -> DType {
        match self {
            Precision::F32 => DType::F32,
            Precision::F16 => DType::F16,
            Precision::BF16 => DType::BF16,
        }
    }
}

/// The published tensors that make up one of our parameters, stacked by rows, with their numbers of rows.
fn parts(name: &str, config: &ModelConfig) -> Vec<(String, usize)> {
    let (d, f, v) = (
        config.hidden_size,
        config.intermediate_size,
        config.vocab_size,
    );
    let (q, kv) = (d, config.num_key_value_heads * config.head_dim());
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

fn output_bias(layer: usize) -> String {
    format!("model.layers.{layer}.self_attn.o_proj.bias")
}

/// Writes tensors with the metadata that PyTorch readers expect; names are ordered, so equal tensors give equal bytes.
pub(crate) fn write(path: &Path, tensors: &BTreeMap<String, Tensor>) -> Result<()> {
    let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
    let bytes = safetensors::serialize(tensors, Some(metadata)).map_err(|e| Error::Weights {
        path: path.to_path_buf(),
        message: e.to_string(),
    })?;
    files::write(path, &bytes)
}

/// The tensors of a network under their published names, each with its own storage.
pub(crate) fn published(network: &Network) -> Result<BTreeMap<String, Tensor>> {
    let mut tensors = BTreeMap::new();
    for (name, var) in network.parameters() {
        let mut at = 0;
        for (published, rows) in parts(&name, network.config()) {
            // A view of the parameter would be written whole: take a copy of just these rows.
            tensors.insert(published, var.narrow(0, at, rows)?.force_contiguous()?);
            at += rows;
        }
    }
    Ok(tensors)
}

/// Writes a network as `model.safetensors`.
pub(crate) fn save(network: &Network, path: &Path, precision: Precision) -> Result<()> {
    let mut tensors = published(network)?;
    for tensor in tensors.values_mut() {
        *tensor = tensor
            .to_dtype(precision.dtype())?
            .to_device(&Device::Cpu)?;
    }
    // The Llama layout has a bias after attention, too; ours is the layout of Qwen2, without one.
    let config = network.config();
    for layer in 0..config.num_hidden_layers {
        let zeros = Tensor::zeros(config.hidden_size, precision.dtype(), &Device::Cpu)?;
        tensors.insert(output_bias(layer), zeros);
    }
    write(path, &tensors)
}

/// The weight files of a model directory: one file, or the shards of an index.
fn locate(dir: &Path) -> Result<Vec<PathBuf>> {
    let single = dir.join("model.safetensors");
    if single.is_file() {
        return Ok(vec![single]);
    }
    let index = dir.join("model.safetensors.index.json");
    if !index.is_file() {
        let missing = std::io::Error::new(
            std::io::ErrorKind::NotFound,
            "no model.safetensors and no model.safetensors.index.json here; give the directory of a saved model",
        );
        return Err(Error::io(dir)(missing));
    }
    let json: serde_json::Value = files::read_json(&index)?;
    let map = json["weight_map"]
        .as_object()
        .ok_or_else(|| Error::config(index.display().to_string(), "`weight_map` is missing"))?;
    let mut shards: Vec<PathBuf> = map
        .values()
        .filter_map(|v| v.as_str())
        .map(|v| dir.join(v))
        .collect();
    shards.sort();
    shards.dedup();
    Ok(shards)
}

/// Reads all tensors of a file as they are stored.
pub(crate) fn read(path: &Path) -> Result<HashMap<String, Tensor>> {
    let bytes = files::read(path)?;
    let damaged = |message: String| Error::Weights {
        path: path.to_path_buf(),
        message,
    };
    // Checked apart, so that a damaged header is told from an unsupported tensor.
    SafeTensors::deserialize(&bytes).map_err(|e| damaged(e.to_string()))?;
    candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).map_err(|e| damaged(e.to_string()))
}

/// Loads a network from a model directory; f32, f16 and bf16 weights, one file or shards.
pub(crate) fn load(config: ModelConfig, dir: &Path, device: &Device) -> Result<Network> {
    let mut found: HashMap<String, (PathBuf, Tensor)> = HashMap::new();
    for path in locate(dir)? {
        found.extend(
            read(&path)?
                .into_iter()
                .map(|(name, tensor)| (name, (path.clone(), tensor))),
        );
    }
    let shape_of = config.clone();
    for layer in 0..config.num_hidden_layers {
        if let Some((path, bias)) = found.remove(&output_bias(layer)) {
            let largest = bias.to_dtype(DType::F32)?.abs()?.max_all()?;
            if largest.to_scalar::<f32>()? != 0.0 {
                let message = "is not zero; a bias after attention cannot be computed";
                return Err(Error::tensor(path, &output_bias(layer), message));
            }
        }
    }
    // A Llama without attention biases is one whose biases are zero.
    let biased = found.keys().any(|name| name.ends_with("q_proj.bias"));
    Network::build(config, device, |name, shape| {
        if name.ends_with("qkv_bias") && !biased {
            return Ok(Tensor::zeros(shape, DType::F32, &Device::Cpu)?);
        }
        let mut stack = Vec::new();
        for (published, rows) in parts(name, &shape_of) {
            let (path, tensor) = found.remove(&published).ok_or_else(|| {
                Error::tensor(
                    dir,
                    &published,
                    "missing; the weights do not fit config.json",
                )
            })?;
            let want = [&[rows], &shape[1..]].concat();
            if tensor.dims() != want {
                let message = format!(
                    "has shape {:?}, config.json asks for {want:?}",
                    tensor.dims()
                );
                return Err(Error::tensor(path, &published, message));
            }
            if !matches!(tensor.dtype(), DType::F32 | DType::F16 | DType::BF16) {
                let message = format!(
                    "has type {:?}; f32, f16 and bf16 can be read",
                    tensor.dtype()
                );
                return Err(Error::tensor(path, &published, message));
            }
            stack.push(tensor.to_dtype(DType::F32)?);
        }
        Ok(Tensor::cat(&stack, 0)?)
    })
}
