//! A model directory: weights, tokenizer and chat template.

use crate::{
    Message, ModelConfig, Network, Precision, Result, Tokenizer, chat, files, gguf, ops, weights,
};
use candle_core::Device;
use serde_json::json;
use std::path::Path;

/// A language model that can be trained, sampled, saved and loaded.
pub struct Model {
    network: Network,
    tokenizer: Tokenizer,
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
        })
    }

    /// Loads a model directory in the Hugging Face form (Qwen2 layout) onto the processor.
    ///
    /// # Errors
    /// Names the file or tensor that is missing, damaged or does not fit.
    pub fn load(dir: &Path) -> Result<Self> {
        Self::load_on(dir, &Device::Cpu)
    }

    /// As [`Model::load`], onto a given device.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn load_on(dir: &Path, device: &Device) -> Result<Self> {
        let config = ModelConfig::load(&dir.join("config.json"))?;
        let tokenizer = Tokenizer::load(dir)?;
        if tokenizer.vocab_size() > config.vocab_size {
            let message = format!(
                "vocab_size is {} but tokenizer.json has {} tokens",
                config.vocab_size,
                tokenizer.vocab_size()
            );
            return Err(crate::Error::config(
                dir.join("config.json").display().to_string(),
                message,
            ));
        }
        Ok(Self {
            network: weights::load(config, dir, device)?,
            tokenizer,
        })
    }

    /// Writes `config.json`, `generation_config.json`, `model.safetensors`, `tokenizer.json` and
    /// `tokenizer_config.json` into `dir`, creating it. Each file appears whole or not at all.
    ///
    /// # Errors
    /// Names the file that could not be written.
    pub fn save(&self, dir: &Path, precision: Precision) -> Result<()> {
        files::create_dir(dir)?;
        let (end, pad) = (self.tokenizer.message_end(), self.tokenizer.end_of_text());
        let config = self.network.config();
        weights::save(&self.network, &dir.join("model.safetensors"), precision)?;
        self.tokenizer.save(dir, config.max_position_embeddings)?;
        files::write_json(
            &dir.join("generation_config.json"),
            &json!({ "eos_token_id": [end, pad], "pad_token_id": pad, "do_sample": true }),
        )?;
        files::write_json(
            &dir.join("config.json"),
            &config.to_json(precision.as_str(), end, pad),
        )
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
        for (name, var) in self.network.parameters() {
            hash.update(name.as_bytes());
            let tensor = var.to_device(&Device::Cpu)?;
            let bytes: Vec<u8> = ops::with(&tensor, |values| {
                values.iter().flat_map(|v| v.to_le_bytes()).collect()
            })?;
            hash.update(&bytes);
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
}
