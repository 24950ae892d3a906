//! The parts of an answer's JSON that are read, for both endpoints.

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

#[derive(Deserialize)]
pub struct Answer {
    pub model: Option<String>,
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// Embeddings, in the place of choices.
    #[serde(default)]
    pub data: Vec<Embedding>,
    pub usage: Option<Usage>,
    pub error: Option<Value>,
}

#[derive(Deserialize)]
pub struct Embedding {
    pub embedding: Vec<f32>,
}

#[derive(Deserialize)]
pub struct Choice {
    pub message: Option<Message>,
    pub text: Option<Text>,
    pub finish_reason: Option<String>,
    pub logprobs: Option<Logprobs>,
}

#[derive(Deserialize)]
pub struct Message {
    pub content: Option<Text>,
    /// What vLLM (until 0.11), SGLang, llama.cpp and `DeepSeek` call it.
    pub reasoning_content: Option<Text>,
    /// What newer vLLM and `OpenRouter` call it.
    pub reasoning: Option<Text>,
}

#[derive(Default, Deserialize)]
pub struct Usage {
    #[serde(default)]
    pub prompt_tokens: u32,
    #[serde(default, deserialize_with = "null_is_zero")]
    pub completion_tokens: u32,
    pub prompt_tokens_details: Option<PromptTokens>,
}

#[derive(Default, Deserialize)]
pub struct PromptTokens {
    #[serde(default, deserialize_with = "null_is_zero")]
    pub cached_tokens: u32,
}

fn null_is_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Log probabilities: `content` in chats, `token_logprobs` otherwise.
#[derive(Deserialize)]
pub struct Logprobs {
    content: Option<Vec<TokenLogprob>>,
    token_logprobs: Option<Vec<Option<f64>>>,
}

#[derive(Deserialize)]
struct TokenLogprob {
    logprob: f64,
}

impl Logprobs {
    pub fn sum(&self) -> Option<f32> {
        let of_chat = self.content.as_ref();
        let of_chat = of_chat.map(|tokens| tokens.iter().map(|token| token.logprob).sum::<f64>());
        let of_text = || {
            let tokens = self.token_logprobs.as_ref()?;
            Some(tokens.iter().flatten().sum::<f64>())
        };
        of_chat.or_else(of_text).map(|sum| sum as f32)
    }
}

/// A text, or a list of parts of which those of text count.
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of parts")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Text, E> {
        Ok(Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Text, A::Error> {
        #[derive(Deserialize)]
        struct Part {
            #[serde(default)]
            text: String,
        }
        let mut whole = String::new();
        while let Some(part) = parts.next_element::<Part>()? {
            whole.push_str(&part.text);
        }
        Ok(Text(whole))
    }
}
