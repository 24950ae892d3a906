//! What a script replies.

use serde_json::{Value, json};

/// One reply, or one error of the row's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// What is said.
    pub text: String,
    /// What is thought, in a field of its own.
    pub reasoning: Option<String>,
    /// The `finish_reason`.
    pub finish: String,
    /// Tokens of the prompt. Default: a quarter of its bytes.
    pub prompt_tokens: Option<u32>,
    /// Tokens of the reply. Default: its words.
    pub completion_tokens: Option<u32>,
    /// Status and body of an error in place of the reply.
    pub error: Option<(u16, Value)>,
}

/// How servers say that a prompt is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// vLLM's.
    Vllm,
    /// `OpenAI`'s.
    OpenAi,
    /// llama.cpp's.
    LlamaCpp,
    /// SGLang's.
    Sglang,
}

impl Said {
    /// A reply that ended by itself.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            reasoning: None,
            finish: "stop".to_owned(),
            prompt_tokens: None,
            completion_tokens: None,
            error: None,
        }
    }

    /// The same reply, ended in another way: `length`, `content_filter`, `abort`.
    #[must_use]
    pub fn finished(self, finish: &str) -> Self {
        Self {
            finish: finish.to_owned(),
            ..self
        }
    }

    /// The same reply after some thought.
    #[must_use]
    pub fn reasoned(self, reasoning: &str) -> Self {
        Self {
            reasoning: Some(reasoning.to_owned()),
            ..self
        }
    }

    /// An error in place of a reply.
    pub fn error(status: u16, body: Value) -> Self {
        Self {
            error: Some((status, body)),
            ..Self::text("")
        }
    }

    /// The prompt does not fit.
    pub fn too_long(wording: Wording) -> Self {
        let body = match wording {
            Wording::Vllm => json!({"error": {
                "message": "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4900 in \
                            the messages, 100 in the completion). Please reduce the length of the messages or completion.",
                "type": "BadRequestError", "param": null, "code": 400
            }}),
            Wording::OpenAi => json!({"error": {
                "message": "Your input exceeds the context window of this model. Please adjust your input and try again.",
                "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded"
            }}),
            Wording::LlamaCpp => json!({"error": {
                "code": 400, "message": "the request exceeds the available context size, try increasing it",
                "type": "exceed_context_size_error", "n_prompt_tokens": 5000, "n_ctx": 4096
            }}),
            Wording::Sglang => json!({
                "object": "error", "type": "BadRequestError", "param": null, "code": 400,
                "message": "The input (5000 tokens) is longer than the model's context length (4096 tokens)."
            }),
        };
        Self::error(400, body)
    }

    /// The prompt is kept back by a filter, as Azure says it.
    pub fn filtered() -> Self {
        Self::error(
            400,
            json!({"error": {
                "message": "The response was filtered due to the prompt triggering the content management policy.",
                "type": null, "param": "prompt", "code": "content_filter",
                "innererror": {"code": "ResponsibleAIPolicyViolation"}
            }}),
        )
    }

    pub(crate) fn tokens(&self) -> u32 {
        let words = || u32::try_from(self.text.split_whitespace().count()).unwrap_or(u32::MAX);
        self.completion_tokens.unwrap_or_else(words)
    }
}
