//! The byte-level BPE tokenizer and the files it lives in.

mod bytes;
mod learn;

pub(crate) use learn::PIECES;

use crate::{Error, Result, chat, files};
use serde_json::{Value, json};
use std::path::Path;

/// Ends a document; also the padding token.
pub const END_OF_TEXT: &str = "<|endoftext|>";
/// Opens a chat message.
pub const MESSAGE_START: &str = "<|im_start|>";
/// Closes a chat message; sampling stops here.
pub const MESSAGE_END: &str = "<|im_end|>";
/// The special tokens, in the order of their ids in a tokenizer trained here.
pub const SPECIALS: [&str; 3] = [END_OF_TEXT, MESSAGE_START, MESSAGE_END];

/// A byte-level BPE tokenizer with the ChatML markers as special tokens.
///
/// Text and markup are encoded by different functions, so that user content that happens to spell a marker never turns
/// into one.
#[derive(Clone)]
pub struct Tokenizer {
    /// Treats markers as plain text.
    text: tokenizers::Tokenizer,
    /// Recognises markers.
    markup: tokenizers::Tokenizer,
    /// The bytes of each token, indexed by id.
    bytes: Vec<Vec<u8>>,
    template: String,
    end_of_text: u32,
    message_end: u32,
}

impl Tokenizer {
    /// Learns a tokenizer of at most `vocab_size` tokens from texts.
    ///
    /// Each integer from 10 to 199 is one token where it stands as its own run of digits; no other multi-digit token
    /// exists. The smallest size is 449 (3 special tokens, 256 bytes, 190 numbers); a small corpus may use fewer tokens
    /// than asked for.
    ///
    /// # Errors
    /// When `vocab_size` is below 449.
    pub fn train<S: AsRef<str> + Send>(
        texts: impl Iterator<Item = S> + Send,
        vocab_size: usize,
    ) -> Result<Self> {
        Self::from_json(&learn::learn(texts, vocab_size)?, chat::CHATML)
    }

    /// Loads `tokenizer.json` and, where present, the chat template of `tokenizer_config.json` from a model directory.
    ///
    /// # Errors
    /// When a file is missing or damaged, the tokenizer is not byte-level, or a ChatML marker is missing.
    pub fn load(dir: &Path) -> Result<Self> {
        let path = dir.join("tokenizer.json");
        let json: Value = files::read_json(&path)?;
        let config_path = dir.join("tokenizer_config.json");
        let jinja_path = dir.join("chat_template.jinja");
        let mut template = chat::CHATML.to_string();
        if jinja_path.is_file() {
            template = String::from_utf8_lossy(&files::read(&jinja_path)?).into_owned();
        } else if config_path.is_file() {
            let config: Value = files::read_json(&config_path)?;
            if let Some(text) = config["chat_template"].as_str() {
                template = text.to_string();
            }
        }
        Self::from_json(&json, &template).map_err(|e| match e {
            Error::Tokenizer(message) => Error::Tokenizer(format!("{}: {message}", path.display())),
            other => other,
        })
    }

    fn from_json(json: &Value, template: &str) -> Result<Self> {
        let raw = serde_json::to_vec(json).map_err(|e| Error::Tokenizer(e.to_string()))?;
        let parse =
            || tokenizers::Tokenizer::from_bytes(&raw).map_err(|e| Error::Tokenizer(e.to_string()));
        let (mut text, markup) = (parse()?, parse()?);
        text.set_encode_special_tokens(true);
        let id = |marker: &str| {
            markup.token_to_id(marker).ok_or_else(|| {
                Error::Tokenizer(format!(
                    "the token `{marker}` is missing; use a tokenizer with the ChatML markers"
                ))
            })
        };
        let (end_of_text, message_end) = (id(END_OF_TEXT)?, id(MESSAGE_END)?);
        let bytes = bytes::table(&markup)?;
        Ok(Self {
            text,
            markup,
            bytes,
            template: template.to_string(),
            end_of_text,
            message_end,
        })
    }

    /// Writes `tokenizer.json` and `tokenizer_config.json` into `dir`, which must exist. `context` is the longest
    /// sequence of the model in tokens.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, dir: &Path, context: usize) -> Result<()> {
        files::write(&dir.join("tokenizer.json"), &self.to_bytes()?)?;
        files::write_json(
            &dir.join("tokenizer_config.json"),
            &json!({
                "tokenizer_class": "PreTrainedTokenizerFast",
                "bos_token": null,
                "eos_token": MESSAGE_END,
                "pad_token": END_OF_TEXT,
                "unk_token": null,
                "model_max_length": context,
                "clean_up_tokenization_spaces": false,
                "chat_template": self.template,
            }),
        )
    }

    /// The content of `tokenizer.json`.
    ///
    /// # Errors
    /// When the tokenizer cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let text = self
            .markup
            .to_string(true)
            .map_err(|e| Error::Tokenizer(e.to_string()))?;
        Ok(text.into_bytes())
    }

    /// Token ids of plain text; markers in it are ordinary characters.
    ///
    /// # Errors
    /// When the tokenizer's regular expression gives up on the text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        encode(&self.text, text)
    }

    /// Token ids of markup; `<|im_start|>`, `<|im_end|>` and `<|endoftext|>` in it become special tokens.
    ///
    /// # Errors
    /// When the tokenizer's regular expression gives up on the text.
    pub fn encode_template(&self, text: &str) -> Result<Vec<u32>> {
        encode(&self.markup, text)
    }

    /// The text of token ids; special tokens appear as they are spelt, bytes that are not UTF-8 as U+FFFD.
    #[must_use]
    pub fn decode(&self, ids: &[u32]) -> String {
        let bytes: Vec<u8> = ids
            .iter()
            .flat_map(|&id| self.token_bytes(id))
            .copied()
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The bytes of one token; none for an id outside the vocabulary.
    #[must_use]
    pub fn token_bytes(&self, id: u32) -> &[u8] {
        self.bytes.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// One more than the largest token id.
    #[must_use]
    pub fn vocab_size(&self) -> usize {
        self.bytes.len()
    }

    /// The id of `<|im_end|>`, which ends a reply.
    #[must_use]
    pub fn message_end(&self) -> u32 {
        self.message_end
    }

    /// The id of `<|endoftext|>`, which pads and also ends a reply.
    #[must_use]
    pub fn end_of_text(&self) -> u32 {
        self.end_of_text
    }

    /// The Jinja chat template.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }
}

fn encode(tokenizer: &tokenizers::Tokenizer, text: &str) -> Result<Vec<u32>> {
    let encoding = tokenizer
        .encode_fast(text, false)
        .map_err(|e| Error::Tokenizer(e.to_string()))?;
    Ok(encoding.get_ids().to_vec())
}

#[cfg(test)]
mod tests;
