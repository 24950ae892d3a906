//! What is asked.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The question.
    pub input: Input,
    /// How the reply is drawn.
    pub params: Params,
    /// Sent without its highest bit, as a number from 0 to 2^63 - 1, which vLLM and `OpenAI` take. Some servers read 32
    /// bits of it: give them seeds below 2^32.
    pub seed: Option<u64>,
}

/// The question of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Messages, to which the server applies the model's chat template.
    Chat(Vec<Message>),
    /// Text that the model continues as it is.
    Raw(String),
    /// Text of which the server gives the embedding; the reply's text is the vector as a JSON list. No parameter is sent.
    Embed(String),
}

/// One message of a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// Who speaks in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions for the whole chat.
    System,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The name in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// How a reply is drawn. All that is set is sent, so that no server's own defaults decide: llama.cpp's are a `top_k` of 40
/// and a `min_p` of 0.05 (and a repeat penalty of 1.1 in older ones), vLLM's those in the model's `generation_config.json`.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    /// 0 takes the likeliest token each time.
    pub temperature: f64,
    /// The share of probability that is drawn from, above 0 up to 1.
    pub top_p: f64,
    /// How many of the likeliest tokens are drawn from. `None` is not sent, for servers that refuse the field.
    pub top_k: Option<u32>,
    /// Tokens below this share of the likeliest one's probability are not drawn. `None` is not sent, as above.
    pub min_p: Option<f64>,
    /// The longest reply, in tokens.
    pub max_tokens: u32,
    /// Texts that end the reply. None of them is sent where this is empty.
    pub stop: Vec<String>,
    /// How many replies to draw in one request; 1 or more, and sent where it is more. A server may send fewer.
    pub n: u32,
    /// The shape of the reply, as `{"type": "json_schema", ...}`. Sent where the settings have `structured_output`.
    pub response_format: Option<Value>,
}

impl Default for Params {
    /// The model's own distribution, cut after 1,024 tokens.
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_p: 1.0,
            top_k: None,
            min_p: None,
            max_tokens: 1024,
            stop: Vec::new(),
            n: 1,
            response_format: None,
        }
    }
}
