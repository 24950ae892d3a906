//! Reading what servers say when they do not reply: the shapes of `OpenAI`, vLLM, SGLang, llama.cpp, TGI and FastAPI.

use crate::Finish;
use crate::failure::{Class, Trouble};
use serde_json::Value;

/// What an error body comes to.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The outcome of the row's own request.
    Outcome(Finish),
    Trouble(Trouble),
}

/// The longest message that is kept of a server's, in bytes.
const LONGEST_MESSAGE: usize = 2000;

/// Reads a body that came with a status other than success.
pub(crate) fn read(status: u16, body: &[u8]) -> Refusal {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let said = parsed.as_ref().map(Said::of).unwrap_or_default();
    let message = match said.message.as_str() {
        "" => plain(body),
        text => cut(text).to_owned(),
    };
    let lower = message.to_ascii_lowercase();
    let kinds = [said.code.as_str(), said.kind.as_str(), said.inner.as_str()];
    let named = |names: &[&str]| kinds.iter().any(|kind| names.contains(kind));
    if matches!(status, 400 | 413 | 422) {
        if named(&["context_length_exceeded", "exceed_context_size_error"]) || says_too_long(&lower)
        {
            return Refusal::Outcome(Finish::ContextOverflow);
        }
        if named(&[
            "content_filter",
            "content_policy_violation",
            "ResponsibleAIPolicyViolation",
        ]) || lower.contains("content management policy")
        {
            return Refusal::Outcome(Finish::ContentFilter);
        }
    }
    let no_credit = [
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
    ];
    let class = match status {
        402 => Class::Quota,
        429 if named(&no_credit) || lower.contains("exceeded your current quota") => Class::Quota,
        429 => Class::RateLimit,
        401 | 403 => Class::Auth,
        408 | 504 => Class::Timeout,
        300..=399 | 404 | 405 | 410 | 501 => Class::NotFound,
        409 | 425 | 500.. => Class::Overload,
        _ => Class::InvalidRequest,
    };
    let words = if message.is_empty() {
        "no message".to_owned()
    } else {
        message
    };
    let mut trouble = Trouble::new(class, format!("status {status}: {words}"));
    trouble.crowded |= matches!(status, 503 | 529);
    Refusal::Trouble(trouble)
}

/// The status that an error inside a successful answer stands for: gateways put one there when their own server failed.
pub(crate) fn status_inside(error: &Value) -> u16 {
    let code = error.get("code").and_then(Value::as_u64);
    let code = code.and_then(|code| u16::try_from(code).ok());
    code.filter(|code| (400..600).contains(code)).unwrap_or(502)
}

/// The wordings of a prompt that does not fit, in lower case.
fn says_too_long(message: &str) -> bool {
    const WORDINGS: [&str; 13] = [
        "maximum context length",
        "model's context length",
        "context length exceeded",
        "context size",
        "context window",
        "maximum model length",
        "max_model_len",
        "maximum allowed length",
        "maximum input length",
        "prompt is too long",
        "input is too long",
        "prompt too long",
        "`inputs` tokens + `max_new_tokens` must be",
    ];
    WORDINGS.iter().any(|wording| message.contains(wording))
}

/// The parts of an error that matter.
#[derive(Default)]
struct Said {
    message: String,
    kind: String,
    code: String,
    inner: String,
}

impl Said {
    fn of(body: &Value) -> Self {
        // Gemini's compatible interface puts the object into a list.
        let body = match body {
            Value::Array(list) => list.first().unwrap_or(body),
            other => other,
        };
        let error = match body.get("error") {
            Some(Value::String(message)) => {
                return Self {
                    message: message.clone(),
                    ..Self::default()
                };
            }
            Some(error @ Value::Object(_)) => error,
            _ => body,
        };
        let text = |value: &Value, key: &str| match value.get(key) {
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        };
        let message = match error.get("message").or(error.get("detail")) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        let inner = error.get("innererror").map(|inner| text(inner, "code"));
        Self {
            message,
            kind: text(error, "type"),
            code: text(error, "code"),
            inner: inner.unwrap_or_default(),
        }
    }
}

/// A body that is no JSON, on one line.
fn plain(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * LONGEST_MESSAGE)]);
    let words: Vec<&str> = text.split_whitespace().collect();
    cut(&words.join(" ")).to_owned()
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_MESSAGE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
