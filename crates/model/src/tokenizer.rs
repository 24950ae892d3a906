//! The byte-level BPE tokenizer and the files it lives in.

mod bytes;
mod learn;

pub(crate) use learn::PIECES;

use crate::chat::Format;
use crate::{Error, Result, chat, files};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Ends a document; also the padding token.
pub const END_OF_TEXT: &str = "<|endoftext|>";
/// Opens a chat message.
pub const MESSAGE_START: &str = "<|im_start|>";
/// Closes a chat message; sampling stops here.
pub const MESSAGE_END: &str = "<|im_end|>";
/// The special tokens, in the order of their ids in a tokenizer trained here.
pub const SPECIALS: [&str; 3] = [END_OF_TEXT, MESSAGE_START, MESSAGE_END];

/// Special tokens by their spelling and by the names that chat templates use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    /// All of them.
    pub(crate) specials: Vec<String>,
    /// Those that `tokenizer_config.json` names, such as `bos_token`.
    pub(crate) named: BTreeMap<String, String>,
}

/// Files beside the weights that a loaded tokenizer came in and that a save writes again.
const FILES: [&str; 4] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
];

/// A byte-level BPE tokenizer with a chat template whose marks are special tokens.
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
    format: Format,
    marks: Marks,
    end_of_text: u32,
    message_end: u32,
    /// Tokens that end a reply.
    ends: Vec<u32>,
    /// The files it was loaded from, by name.
    files: Vec<(&'static str, Arc<[u8]>)>,
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
        let json = learn::learn(texts, vocab_size)?;
        let raw = serde_json::to_vec(&json).map_err(|e| Error::Tokenizer(e.to_string()))?;
        Self::from_parts(&raw, &Value::Null, None)
    }

    /// Loads a tokenizer from a model directory: `tokenizer.json`, and where present `tokenizer_config.json` and
    /// `chat_template.jinja`. Without a chat template it is taken to write ChatML.
    ///
    /// # Errors
    /// When a file is missing or damaged, the tokenizer is not byte-level, or the chat template cannot be taken apart into
    /// messages that special tokens end.
    pub fn load(dir: &Path) -> Result<Self> {
        let mut found = Vec::new();
        for name in FILES {
            let path = dir.join(name);
            if name == FILES[0] || path.is_file() {
                found.push((name, Arc::<[u8]>::from(files::read(&path)?)));
            }
        }
        let file = |name: &str| {
            found
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, raw)| &**raw)
        };
        let parse = |name: &str| match file(name) {
            Some(raw) => serde_json::from_slice(raw).map_err(Error::json(dir.join(name))),
            None => Ok(Value::Null),
        };
        let jinja = file(FILES[3]).map(|raw| String::from_utf8_lossy(raw).into_owned());
        let raw = file(FILES[0]).unwrap_or_default();
        let mut tokenizer =
            Self::from_parts(raw, &parse(FILES[1])?, jinja).map_err(|e| match e {
                Error::Tokenizer(message) => {
                    Error::Tokenizer(format!("{}: {message}", dir.join(FILES[0]).display()))
                }
                other => other,
            })?;
        tokenizer.files = found;
        Ok(tokenizer)
    }

    /// A tokenizer from the content of `tokenizer.json`, of `tokenizer_config.json` and of `chat_template.jinja`.
    fn from_parts(raw: &[u8], config: &Value, jinja: Option<String>) -> Result<Self> {
        let markup =
            tokenizers::Tokenizer::from_bytes(raw).map_err(|e| Error::Tokenizer(e.to_string()))?;
        let mut text = markup.clone();
        text.set_encode_special_tokens(true);
        let added = markup.get_added_tokens_decoder();
        let mut specials: Vec<(u32, String)> = added
            .into_iter()
            .filter(|(_, token)| token.special)
            .map(|(id, token)| (id, token.content))
            .collect();
        specials.sort_unstable();
        let marks = Marks {
            specials: specials.into_iter().map(|(_, token)| token).collect(),
            named: named_tokens(config),
        };
        let template = jinja
            .or_else(|| template_of(config))
            .unwrap_or_else(|| chat::CHATML.to_string());
        let format = Format::of(&template, &marks)?;
        let id = |marker: &str| markup.token_to_id(marker);
        let message_end = id(format.end()).ok_or_else(|| {
            let message =
                "which ends a reply, is missing; use a tokenizer with the template's tokens";
            Error::Tokenizer(format!("the token `{}`, {message}", format.end()))
        })?;
        let named = |name: &str| marks.named.get(name).and_then(|token| id(token));
        let end_of_text = id(END_OF_TEXT)
            .or_else(|| named("pad_token"))
            .or_else(|| named("eos_token"))
            .unwrap_or(message_end);
        let mut ends = vec![message_end, end_of_text];
        ends.extend(named("eos_token"));
        let bytes = bytes::table(&markup)?;
        Self {
            text,
            markup,
            bytes,
            template,
            format,
            marks,
            end_of_text,
            message_end,
            ends: Vec::new(),
            files: Vec::new(),
        }
        .with_ends(ends)
    }

    /// The same, with further tokens that end a reply.
    pub(crate) fn with_ends(mut self, ends: Vec<u32>) -> Result<Self> {
        if let Some(outside) = ends.iter().find(|&&id| id as usize >= self.vocab_size()) {
            return Err(Error::Tokenizer(format!(
                "eos_token_id names {outside}, which is no token of {}",
                self.vocab_size()
            )));
        }
        self.ends.extend(ends);
        self.ends.sort_unstable();
        self.ends.dedup();
        Ok(self)
    }

    /// Writes `tokenizer.json` and `tokenizer_config.json` into `dir`, which must exist; a loaded tokenizer's files as they
    /// were. `context` is the longest sequence of the model in tokens.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, dir: &Path, context: usize) -> Result<()> {
        if !self.files.is_empty() {
            return self
                .files
                .iter()
                .try_for_each(|(name, raw)| files::write(&dir.join(name), raw));
        }
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

    /// Token ids of markup; special tokens that are spelt out in it become such.
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

    /// The id of the token that ends a message of the model: `<|im_end|>`, or what the chat template has instead.
    #[must_use]
    pub fn message_end(&self) -> u32 {
        self.message_end
    }

    /// The id of `<|endoftext|>`, or what the tokenizer has instead; it pads and also ends a reply.
    #[must_use]
    pub fn end_of_text(&self) -> u32 {
        self.end_of_text
    }

    /// Whether a token ends a reply.
    #[must_use]
    pub fn is_end(&self, id: u32) -> bool {
        self.ends.contains(&id)
    }

    /// The chat template taken apart.
    pub(crate) fn format(&self) -> &Format {
        &self.format
    }

    /// The special tokens.
    pub(crate) fn marks(&self) -> &Marks {
        &self.marks
    }

    /// The Jinja chat template.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }
}

/// The special tokens that a `tokenizer_config.json` names.
fn named_tokens(config: &Value) -> BTreeMap<String, String> {
    let fields = config.as_object().into_iter().flatten();
    fields
        .filter(|(name, _)| name.ends_with("_token"))
        .filter_map(|(name, value)| {
            let text = value.as_str().or_else(|| value["content"].as_str())?;
            Some((name.clone(), text.to_string()))
        })
        .collect()
}

/// The chat template of a `tokenizer_config.json`; the one named `default` where there are several.
fn template_of(config: &Value) -> Option<String> {
    let template = &config["chat_template"];
    let several = template.as_array().into_iter().flatten();
    let default = several
        .filter(|entry| entry["name"] == "default")
        .find_map(|entry| entry["template"].as_str());
    template.as_str().or(default).map(str::to_string)
}

fn encode(tokenizer: &tokenizers::Tokenizer, text: &str) -> Result<Vec<u32>> {
    let encoding = tokenizer
        .encode_fast(text, false)
        .map_err(|e| Error::Tokenizer(e.to_string()))?;
    Ok(encoding.get_ids().to_vec())
}

#[cfg(test)]
mod tests;
