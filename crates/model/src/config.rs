//! The shape of a model, as `config.json` states it.

mod rope;

pub use rope::RopeScaling;

use crate::{Error, Result, files};
use serde_json::{Value, json};
use std::path::Path;

/// The shape of a decoder in the Qwen2 layout.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// Rows of the embedding; at least the tokenizer's size.
    pub vocab_size: usize,
    /// Width of the residual stream; a multiple of twice `num_attention_heads`.
    pub hidden_size: usize,
    /// Width of the feed-forward layer.
    pub intermediate_size: usize,
    /// Number of decoder layers.
    pub num_hidden_layers: usize,
    /// Number of query heads.
    pub num_attention_heads: usize,
    /// Number of key-value heads; divides `num_attention_heads`.
    pub num_key_value_heads: usize,
    /// Longest sequence in tokens.
    pub max_position_embeddings: usize,
    /// Added to the mean square in RMSNorm. Default 1e-6.
    pub rms_norm_eps: f64,
    /// Base of the rotary angles. Default 10000.
    pub rope_theta: f64,
    /// Whether the output layer is the embedding. Default true.
    pub tie_word_embeddings: bool,
    /// Width of one head, even; `None` divides `hidden_size` by the number of query heads. Default none.
    pub head_dim: Option<usize>,
    /// Whether queries, keys and values have biases, as in Qwen2 and not in Llama. Default true.
    pub attention_bias: bool,
    /// How the rotary angles are stretched for a context longer than the one trained on. Default none.
    pub rope_scaling: Option<RopeScaling>,
}

impl ModelConfig {
    /// A small model of given width, depth and context: heads of 32, feed-forward 2.75 times the width rounded up to a
    /// multiple of 32, tied embeddings.
    #[must_use]
    pub fn small(vocab_size: usize, hidden_size: usize, layers: usize, context: usize) -> Self {
        let heads = (hidden_size / 32).max(1);
        Self {
            vocab_size,
            hidden_size,
            intermediate_size: (hidden_size * 11 / 4).div_ceil(32) * 32,
            num_hidden_layers: layers,
            num_attention_heads: heads,
            num_key_value_heads: heads,
            max_position_embeddings: context,
            rms_norm_eps: 1e-6,
            rope_theta: 10_000.0,
            tie_word_embeddings: true,
            head_dim: None,
            attention_bias: true,
            rope_scaling: None,
        }
    }

    /// Width of one head.
    #[must_use]
    pub fn head_dim(&self) -> usize {
        self.head_dim
            .unwrap_or(self.hidden_size / self.num_attention_heads.max(1))
    }

    /// Width of the concatenated queries, which is that of the mixed values, too.
    #[must_use]
    pub fn query_width(&self) -> usize {
        self.num_attention_heads * self.head_dim()
    }

    /// Width of the concatenated queries, keys and values.
    #[must_use]
    pub fn qkv_width(&self) -> usize {
        (self.num_attention_heads + 2 * self.num_key_value_heads) * self.head_dim()
    }

    /// Checks that the numbers fit together.
    ///
    /// # Errors
    /// Names the first setting that does not.
    pub fn check(&self) -> Result<()> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("intermediate_size", self.intermediate_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("num_key_value_heads", self.num_key_value_heads),
            ("max_position_embeddings", self.max_position_embeddings),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(Error::config(*name, "must be at least 1"));
        }
        match self.head_dim {
            Some(dim) if dim == 0 || !dim.is_multiple_of(2) => {
                return Err(Error::config("head_dim", "must be even and at least 2"));
            }
            None if !self
                .hidden_size
                .is_multiple_of(2 * self.num_attention_heads) =>
            {
                return Err(Error::config(
                    "hidden_size",
                    "must be a multiple of twice num_attention_heads",
                ));
            }
            _ => {}
        }
        if !self
            .num_attention_heads
            .is_multiple_of(self.num_key_value_heads)
        {
            return Err(Error::config(
                "num_key_value_heads",
                "must divide num_attention_heads",
            ));
        }
        if !(self.rms_norm_eps > 0.0 && self.rope_theta > 0.0) {
            return Err(Error::config("rms_norm_eps, rope_theta", "must be above 0"));
        }
        Ok(())
    }

    /// Reads `config.json`.
    ///
    /// # Errors
    /// When the file is missing, a field is missing, or it describes another layout than Qwen2 or Llama.
    pub fn load(path: &Path) -> Result<Self> {
        Self::from_json(&files::read_json(path)?, path)
    }

    /// Reads the content of `config.json`, in the form of `transformers` 4 or 5; `path` names it in errors.
    ///
    /// # Errors
    /// As [`ModelConfig::load`].
    pub(crate) fn from_json(json: &Value, path: &Path) -> Result<Self> {
        let wrong = |message: String| Error::config(path.display().to_string(), message);
        check_layout(json).map_err(wrong)?;
        let size = |key: &str| {
            json[key]
                .as_u64()
                .map(|n| n as usize)
                .ok_or_else(|| wrong(format!("`{key}` must be a whole number")))
        };
        let optional = |key: &str| match &json[key] {
            Value::Null => Ok(None),
            _ => size(key).map(Some),
        };
        let (heads, hidden_size) = (size("num_attention_heads")?, size("hidden_size")?);
        let theta = json["rope_theta"]
            .as_f64()
            .or_else(|| json["rope_parameters"]["rope_theta"].as_f64());
        let config = Self {
            vocab_size: size("vocab_size")?,
            hidden_size,
            intermediate_size: size("intermediate_size")?,
            num_hidden_layers: size("num_hidden_layers")?,
            num_attention_heads: heads,
            num_key_value_heads: optional("num_key_value_heads")?.unwrap_or(heads),
            max_position_embeddings: size("max_position_embeddings")?,
            rms_norm_eps: json["rms_norm_eps"].as_f64().unwrap_or(1e-6),
            rope_theta: theta.unwrap_or(10_000.0),
            tie_word_embeddings: json["tie_word_embeddings"].as_bool().unwrap_or(false),
            head_dim: optional("head_dim")?.filter(|dim| dim * heads != hidden_size),
            attention_bias: json["model_type"] == "qwen2" || json["attention_bias"] == true,
            rope_scaling: RopeScaling::from_json(json).map_err(wrong)?,
        };
        config.check().map_err(|e| wrong(e.to_string()))?;
        Ok(config)
    }

    /// The content of `config.json`, as a Llama, with attention biases where there are any: for a Qwen2, `transformers` 5
    /// puts its own pre-tokenizer in the place of ours and takes numbers apart.
    ///
    /// `dtype` is the weights' type, `end` and `pad` are token ids.
    #[must_use]
    pub fn to_json(&self, dtype: &str, end: u32, pad: u32) -> Value {
        let mut json = json!({
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "attention_bias": self.attention_bias,
            "attention_dropout": 0.0,
            "mlp_bias": false,
            "head_dim": self.head_dim(),
            "bos_token_id": null,
            "eos_token_id": end,
            "pad_token_id": pad,
            "hidden_act": "silu",
            "hidden_size": self.hidden_size,
            "initializer_range": 0.02,
            "intermediate_size": self.intermediate_size,
            "max_position_embeddings": self.max_position_embeddings,
            "num_attention_heads": self.num_attention_heads,
            "num_hidden_layers": self.num_hidden_layers,
            "num_key_value_heads": self.num_key_value_heads,
            "rms_norm_eps": self.rms_norm_eps,
            "rope_theta": self.rope_theta,
            "tie_word_embeddings": self.tie_word_embeddings,
            "torch_dtype": dtype,
            "use_cache": true,
            "vocab_size": self.vocab_size,
        });
        if let (Some(scaling), Some(fields)) = (&self.rope_scaling, json.as_object_mut()) {
            fields.insert("rope_scaling".to_string(), scaling.to_json());
        }
        json
    }
}

/// Says what of a configuration cannot be computed here.
fn check_layout(json: &Value) -> Result<(), String> {
    let model = &json["model_type"];
    if model != "qwen2" && model != "llama" {
        return Err(format!(
            "model_type is {model}, only \"qwen2\" and \"llama\" can be loaded"
        ));
    }
    if json["mlp_bias"] == true {
        return Err(
            "mlp_bias is true, only feed-forward layers without biases can be computed".to_string(),
        );
    }
    let act = &json["hidden_act"];
    if !act.is_null() && act != "silu" {
        return Err(format!(
            "hidden_act is {act}, only \"silu\" can be computed"
        ));
    }
    let windowed = json["layer_types"]
        .as_array()
        .is_some_and(|types| types.iter().any(|kind| kind != "full_attention"));
    if json["use_sliding_window"] == true || windowed {
        return Err(
            "it asks for a sliding window, only full attention can be computed".to_string(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
