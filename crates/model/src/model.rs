//! A model directory: weights, tokenizer and chat template.

mod adapter;

use crate::{
    Message, ModelConfig, Network, Precision, Result, Tokenizer, chat, files, gguf, ops, weights,
};
use candle_core::Device;
use serde_json::{Value, json};
use std::path::Path;

/// A language model that can be trained, sampled, saved and loaded.
pub struct Model {
    network: Network,
    tokenizer: Tokenizer,
    /// `config.json` and `generation_config.json` as they were loaded; none for a new model.
    origin: Option<Origin>,
}

/// Files of the folder that a model came from, which a save writes again.
struct Origin {
    config: Value,
    generation: Option<Value>,
}

impl Model {
    /// A model with random weights, the same for the same seed. `config.vocab_size` is raised to the tokenizer's size
    /// where it is smaller.
    ///
    /// # Errors
    /// When the configuration is not valid.
    pub fn new(mut config: ModelConfig, tokenizer: Tokenizer, seed: u64) -> Result<Self> {
        config.vocab_size = config.vocab_size.max(tokenizer.vocab_size());
        Ok(Self {
            network: Network::new(config, seed, &Device::Cpu)?,
            tokenizer,
            origin: None,
        })
    }

    /// Loads a model directory in the Hugging Face form (Qwen2 or Llama layout; one file of weights or shards; f32, f16
    /// or bf16) onto the device of [`default_device`].
    ///
    /// # Errors
    /// Names the file or tensor that is missing, damaged or does not fit.
    pub fn load(dir: &Path) -> Result<Self> {
        Self::load_on(dir, &default_device()?)
    }

    /// As [`Model::load`], onto a given device.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn load_on(dir: &Path, device: &Device) -> Result<Self> {
        let path = dir.join("config.json");
        let json: Value = files::read_json(&path)?;
        let config = ModelConfig::from_json(&json, &path)?;
        let generation_path = dir.join("generation_config.json");
        let generation = match generation_path.is_file() {
            true => Some(files::read_json(&generation_path)?),
            false => None,
        };
        let tokenizer = Tokenizer::load(dir)?;
        if tokenizer.vocab_size() > config.vocab_size {
            let message = format!(
                "vocab_size is {} but tokenizer.json has {} tokens",
                config.vocab_size,
                tokenizer.vocab_size()
            );
            return Err(crate::Error::config(path.display().to_string(), message));
        }
        let network = weights::load(config, dir, device)?;
        let mut ends = end_tokens(generation.as_ref());
        if ends.is_empty() {
            ends = end_tokens(Some(&json));
        }
        Ok(Self {
            network,
            tokenizer: tokenizer.with_ends(ends)?,
            origin: Some(Origin {
                config: json,
                generation,
            }),
        })
    }

    /// Writes `config.json`, `generation_config.json`, `model.safetensors` (shards and their index above 5 GB) and the
    /// tokenizer's files into `dir`, creating it; those that the model was loaded with stay as they were, save for the
    /// weights' type. Each file appears whole or not at all.
    ///
    /// An adapter is added into the weights, and written beside them in the folder `adapter`
    /// ([`Model::save_adapter`]).
    ///
    /// # Errors
    /// Names the file that could not be written.
    pub fn save(&self, dir: &Path, precision: Precision) -> Result<()> {
        self.save_in_shards(dir, precision, weights::SHARD_BYTES)
    }

    pub(crate) fn save_in_shards(
        &self,
        dir: &Path,
        precision: Precision,
        shard_bytes: usize,
    ) -> Result<()> {
        files::create_dir(dir)?;
        let (end, pad) = (self.tokenizer.message_end(), self.tokenizer.end_of_text());
        let shape = self.network.config();
        let (config, generation) = match &self.origin {
            Some(origin) => (
                with_dtype(&origin.config, precision),
                origin.generation.clone(),
            ),
            None => (
                shape.to_json(precision.as_str(), end, pad),
                Some(json!({ "eos_token_id": [end, pad], "pad_token_id": pad, "do_sample": true })),
            ),
        };
        let output_bias = config["model_type"] == "llama" && shape.attention_bias;
        weights::save(&self.network, dir, precision, output_bias, shard_bytes)?;
        self.tokenizer.save(dir, shape.max_position_embeddings)?;
        if let Some(generation) = generation {
            files::write_json(&dir.join("generation_config.json"), &generation)?;
        }
        if self.network.adapter().is_some() {
            self.save_adapter(&dir.join("adapter"))?;
        }
        files::write_json(&dir.join("config.json"), &config)
    }

    /// Writes the whole model as one GGUF file, which llama.cpp and the programs built on it can serve. The file appears
    /// whole or not at all.
    ///
    /// Norms and biases are f32 in any precision. llama.cpp tokenises as we do, save for text that a tokenizer with a
    /// normaliser would change first (Qwen2.5's composes accents).
    ///
    /// # Errors
    /// When llama.cpp has no name for the tokenizer's way to cut text, or the file cannot be written.
    pub fn save_gguf(&self, path: &Path, precision: Precision) -> Result<()> {
        gguf::save(&self.network, &self.tokenizer, path, precision)
    }

    /// A name for exactly these weights, this shape and this tokenizer: 32 hexadecimal characters of BLAKE3.
    ///
    /// # Errors
    /// When the weights cannot be read back from the device.
    pub fn id(&self) -> Result<String> {
        let mut hash = blake3::Hasher::new();
        hash.update(b"caco-model 1\0");
        hash.update(
            self.network
                .config()
                .to_json("float32", 0, 0)
                .to_string()
                .as_bytes(),
        );
        hash.update(&self.tokenizer.to_bytes()?);
        hash.update(self.tokenizer.template().as_bytes());
        let adapter = self.network.adapter().map(|adapter| {
            hash.update(&adapter.settings.scale().to_le_bytes());
            adapter.parameters()
        });
        for (name, var) in self
            .network
            .parameters()
            .into_iter()
            .chain(adapter.into_iter().flatten())
        {
            hash.update(name.as_bytes());
            let tensor = var.to_device(&Device::Cpu)?;
            ops::with(&tensor, |values| {
                let mut bytes = Vec::new();
                for values in values.chunks(1 << 14) {
                    bytes.clear();
                    bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
                    hash.update(&bytes);
                }
            })?;
        }
        Ok(hash.finalize().to_hex()[..32].to_string())
    }

    /// The weights.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The tokenizer.
    #[must_use]
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Renders messages with this model's chat template.
    ///
    /// # Errors
    /// When the template is not valid or refuses the messages.
    pub fn render_chat(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        chat::render_with(&self.tokenizer, messages, add_generation_prompt)
    }

    /// The prompt from which the model writes a whole user message by itself, in its own chat format.
    #[must_use]
    pub fn open_user_prompt(&self) -> String {
        self.tokenizer.format().open_user()
    }
}

/// Where [`Model::load`] puts a model: the first NVIDIA GPU in a build with the feature `cuda`, where there is one; else
/// the processor.
///
/// # Errors
/// When the GPU cannot be used.
pub fn default_device() -> Result<Device> {
    Ok(Device::cuda_if_available(0)?)
}

/// The ids that `eos_token_id` lists: one, several or none.
fn end_tokens(json: Option<&Value>) -> Vec<u32> {
    let Some(ids) = json.map(|json| &json["eos_token_id"]) else {
        return Vec::new();
    };
    let one = std::slice::from_ref(ids);
    ids.as_array()
        .map_or(one, Vec::as_slice)
        .iter()
        .filter_map(|id| id.as_u64().and_then(|id| u32::try_from(id).ok()))
        .collect()
}

/// A `config.json` with another type of weights, under the name that it uses (`dtype` from `transformers` 5 on).
fn with_dtype(config: &Value, precision: Precision) -> Value {
    let mut config = config.clone();
    let key = if config["dtype"].is_string() {
        "dtype"
    } else {
        "torch_dtype"
    };
    if let Some(fields) = config.as_object_mut() {
        fields.insert(key.to_string(), json!(precision.as_str()));
    }
    config
}
