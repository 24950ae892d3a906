//! Writing the body of a request.

use crate::{Endpoint, Input, MaxTokensField, Message, Request, Settings};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

/// Which endpoint a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    Chat,
    Completions,
    Embeddings,
}

impl Path {
    pub fn of(settings: &Settings, request: &Request) -> Self {
        match (&request.input, settings.endpoint) {
            (Input::Embed(_), _) => Self::Embeddings,
            (Input::Chat(_), Endpoint::Chat) => Self::Chat,
            _ => Self::Completions,
        }
    }

    /// The path from the server's root, as batch files have it.
    pub fn batch_path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Completions => "/v1/completions",
            Self::Embeddings => "/v1/embeddings",
        }
    }
}

/// The body of a request; serializes to the JSON object that is sent.
pub(crate) struct Body<'a> {
    pub settings: &'a Settings,
    pub request: &'a Request,
}

impl Body<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512 + self.prompt_chars());
        // Writing to memory cannot fail, and every part is a text, a number or a value of JSON.
        let _ = serde_json::to_writer(&mut bytes, self);
        bytes
    }

    /// The length of the question, for the estimate of its tokens.
    pub fn prompt_chars(&self) -> usize {
        match &self.request.input {
            Input::Chat(messages) => messages.iter().map(|message| message.content.len()).sum(),
            Input::Raw(text) | Input::Embed(text) => text.len(),
        }
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (settings, request) = (self.settings, self.request);
        let params = &request.params;
        let path = Path::of(settings, request);
        let mut fields = Fields {
            map: serializer.serialize_map(None)?,
            settings,
        };
        fields.map.serialize_entry("model", &settings.model)?;
        match (&request.input, path) {
            (Input::Chat(messages), Path::Chat) => {
                fields.map.serialize_entry("messages", messages)?
            }
            (Input::Chat(messages), _) => {
                fields.map.serialize_entry("prompt", &joined(messages))?
            }
            (Input::Raw(text), _) => fields.map.serialize_entry("prompt", text)?,
            (Input::Embed(text), _) => {
                fields.map.serialize_entry("input", text)?;
                fields.add("encoding_format", Some("float"))?;
                for (key, value) in &settings.extra_body {
                    fields.map.serialize_entry(key, value)?;
                }
                return fields.map.end();
            }
        }
        fields.add("temperature", Some(&params.temperature))?;
        fields.add("top_p", Some(&params.top_p))?;
        fields.add("top_k", params.top_k.as_ref())?;
        fields.add("min_p", params.min_p.as_ref())?;
        let longest = match path {
            Path::Chat => settings.max_tokens_field,
            Path::Completions | Path::Embeddings => MaxTokensField::MaxTokens,
        };
        fields.add(longest.as_str(), Some(&params.max_tokens))?;
        fields.add("stop", (!params.stop.is_empty()).then_some(&params.stop))?;
        fields.add("n", (params.n > 1).then_some(&params.n))?;
        let seed = request.seed.filter(|_| settings.send_seed);
        fields.add("seed", seed.map(|seed| seed & (u64::MAX >> 1)).as_ref())?;
        match (settings.logprobs, path) {
            (false, _) | (true, Path::Embeddings) => {}
            (true, Path::Chat) => fields.add("logprobs", Some(&true))?,
            // With 0, the chosen token alone, llama.cpp sends none.
            (true, Path::Completions) => fields.add("logprobs", Some(&1))?,
        }
        let format = params.response_format.as_ref();
        fields.add(
            "response_format",
            format.filter(|_| settings.structured_output),
        )?;
        fields.add("stream", Some(&false))?;
        for (key, value) in &settings.extra_body {
            if *value != Value::Null || !is_ours(key) {
                fields.map.serialize_entry(key, value)?;
            }
        }
        fields.map.end()
    }
}

/// Fields that a null in `extra_body` leaves out; a null elsewhere is sent.
fn is_ours(key: &str) -> bool {
    const OURS: [&str; 8] = [
        "temperature",
        "top_p",
        "top_k",
        "min_p",
        "max_tokens",
        "max_completion_tokens",
        "stop",
        "response_format",
    ];
    OURS.contains(&key)
}

/// Writes the fields that `extra_body` does not have.
struct Fields<'a, M> {
    map: M,
    settings: &'a Settings,
}

impl<M: SerializeMap> Fields<'_, M> {
    fn add<T: Serialize + ?Sized>(&mut self, key: &str, value: Option<&T>) -> Result<(), M::Error> {
        match value {
            Some(value) if !self.settings.extra_body.contains_key(key) => {
                self.map.serialize_entry(key, value)
            }
            _ => Ok(()),
        }
    }
}

fn joined(messages: &[Message]) -> String {
    let mut text = String::new();
    for message in messages {
        text.push_str(message.role.as_str());
        text.push_str(": ");
        text.push_str(&message.content);
        text.push_str("\n\n");
    }
    text.push_str("assistant:");
    text
}
