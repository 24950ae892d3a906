//! What a request asks.

use crate::Said;
use serde_json::Value;

/// Decides what is replied.
pub trait Script: Send + Sync + 'static {
    /// The reply to a question; called once for each of the `n` choices. The same question gets the same reply, or else
    /// a test's outcome depends on the order of its requests.
    fn reply(&self, asked: &Asked) -> Said;
}

impl<F: Fn(&Asked) -> Said + Send + Sync + 'static> Script for F {
    fn reply(&self, asked: &Asked) -> Said {
        self(asked)
    }
}

/// One question.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The path of the request.
    pub path: String,
    /// The model that is asked for.
    pub model: String,
    /// The question.
    pub prompt: Prompt,
    /// The seed, where one is sent.
    pub seed: Option<u64>,
    /// Which of the `n` choices this is, from 0.
    pub choice: usize,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The whole body, with the sampling fields.
    pub body: Value,
}

/// The question of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Messages, as pairs of role and content.
    Chat(Vec<(String, String)>),
    /// Raw text.
    Raw(String),
}

impl Prompt {
    /// The last message, or the raw text.
    pub fn last(&self) -> &str {
        match self {
            Self::Chat(messages) => messages.last().map_or("", |(_, content)| content),
            Self::Raw(text) => text,
        }
    }

    /// About how many tokens it has: four bytes each.
    pub fn tokens(&self) -> u32 {
        let bytes: usize = match self {
            Self::Chat(messages) => messages.iter().map(|(_, content)| content.len()).sum(),
            Self::Raw(text) => text.len(),
        };
        u32::try_from(bytes / 4 + 1).unwrap_or(u32::MAX)
    }
}

impl Asked {
    /// Reads a body; none where it has no model or no question.
    pub(crate) fn read(path: &str, authorization: Option<String>, body: Value) -> Option<Self> {
        let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
        let prompt = match body.get("messages") {
            Some(messages) => {
                let pair =
                    |message: &Value| Some((text(message, "role")?, text(message, "content")?));
                Prompt::Chat(
                    messages
                        .as_array()?
                        .iter()
                        .map(pair)
                        .collect::<Option<_>>()?,
                )
            }
            None => Prompt::Raw(text(&body, "prompt")?),
        };
        Some(Self {
            path: path.to_owned(),
            model: text(&body, "model")?,
            prompt,
            seed: body.get("seed").and_then(Value::as_u64),
            choice: 0,
            authorization,
            body,
        })
    }

    /// How many choices are asked for.
    pub(crate) fn choices(&self) -> usize {
        let n = self.body.get("n").and_then(Value::as_u64);
        n.map_or(1, |n| usize::try_from(n.clamp(1, 128)).unwrap_or(1))
    }
}
