//! Answers in vLLM's shape.

use crate::asked::{Asked, Prompt, Script};
use crate::body::Sent;
use crate::said::Said;
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Value, json};

pub(crate) type Answer = Response<Sent>;

/// The log probability of each token of a reply.
const LOGPROB: f64 = -0.5;

pub(crate) fn completion(asked: &Asked, said: &[Said], id: &str) -> Value {
    let chat = matches!(asked.prompt, Prompt::Chat(_));
    let logprobs = !matches!(
        asked.body.get("logprobs"),
        None | Some(Value::Null | Value::Bool(false))
    );
    let choices = said.iter().enumerate().map(|(index, said)| {
        let tokens = said.tokens() as usize;
        if chat {
            let content: Vec<Value> = (0..tokens)
                .map(|_| json!({"token": "t", "logprob": LOGPROB, "bytes": [116], "top_logprobs": []}))
                .collect();
            json!({
                "index": index,
                "message": {
                    "role": "assistant", "content": said.text, "refusal": null, "tool_calls": [],
                    "reasoning_content": said.reasoning
                },
                "logprobs": logprobs.then(|| json!({"content": content})),
                "finish_reason": said.finish,
                "stop_reason": null
            })
        } else {
            let each = vec![LOGPROB; tokens];
            json!({
                "index": index,
                "text": said.text,
                "logprobs": logprobs.then(|| json!({"tokens": vec!["t"; tokens], "token_logprobs": each})),
                "finish_reason": said.finish,
                "stop_reason": null,
                "prompt_logprobs": null
            })
        }
    });
    let choices: Vec<Value> = choices.collect();
    let prompt = said.first().and_then(|said| said.prompt_tokens);
    let prompt = prompt.unwrap_or_else(|| asked.prompt.tokens());
    let completion: u32 = said.iter().map(Said::tokens).sum();
    json!({
        "id": if chat { format!("chatcmpl-{id}") } else { format!("cmpl-{id}") },
        "object": if chat { "chat.completion" } else { "text_completion" },
        "created": 1_700_000_000,
        "model": asked.model,
        "choices": choices,
        "usage": {
            "prompt_tokens": prompt,
            "total_tokens": prompt + completion,
            "completion_tokens": completion,
            "prompt_tokens_details": null
        }
    })
}

/// An error in vLLM's shape.
pub(crate) fn error(status: u16, kind: &str, message: &str) -> Answer {
    let body = json!({"error": {"message": message, "type": kind, "param": null, "code": status}});
    json_of(status, &body)
}

pub(crate) fn json_of(status: u16, value: &Value) -> Answer {
    text(status, "application/json", value.to_string())
}

pub(crate) fn text(status: u16, kind: &'static str, body: String) -> Answer {
    let mut answer = Response::new(Sent::whole(Bytes::from(body)));
    // Every status here is one of HTTP; another one would be a 200, and a failing test.
    if let Ok(status) = status.try_into() {
        *answer.status_mut() = status;
    }
    with(answer, "content-type", HeaderValue::from_static(kind))
}

pub(crate) fn with(mut answer: Answer, name: &'static str, value: HeaderValue) -> Answer {
    let name = match name {
        "content-type" => CONTENT_TYPE,
        other => HeaderName::from_static(other),
    };
    answer.headers_mut().insert(name, value);
    answer
}

/// What a request would be answered, without a server: status and body. For lines of batch files.
pub fn answer(script: &dyn Script, path: &str, body: &Value) -> (u16, Value) {
    let Some(asked) = Asked::read(path, None, body.clone()) else {
        return (
            400,
            json!({"error": {"message": "the body has no model or no prompt"}}),
        );
    };
    let said: Vec<Said> = (0..asked.choices())
        .map(|choice| {
            script.reply(&Asked {
                choice,
                ..asked.clone()
            })
        })
        .collect();
    match said.iter().find_map(|said| said.error.clone()) {
        Some(error) => error,
        None => (200, completion(&asked, &said, "batch")),
    }
}
