//! What each path answers, and what goes wrong with it.

use crate::answer::{Answer, completion, error, json_of, text, with};
use crate::asked::{Asked, Script};
use crate::body::Sent;
use crate::counts::Ledger;
use crate::faults::{Fault, Faults};
use crate::said::Said;
use crate::server::Options;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::{Method, Request};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What all connections share.
pub(crate) struct App {
    pub script: Arc<dyn Script>,
    pub faults: Faults,
    pub options: Options,
    pub ledger: Mutex<Ledger>,
    /// What every question meets, while it is set.
    pub always: Mutex<Option<Fault>>,
    /// What the next questions meet, one each.
    pub next: Mutex<VecDeque<Fault>>,
    /// Replies wait while it is shut.
    pub open: watch::Sender<bool>,
    /// Changes with the counts.
    pub changed: watch::Sender<()>,
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
pub(crate) struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed without an answer")
    }
}

impl std::error::Error for Closed {}

impl App {
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the test asked for, ahead of what is drawn.
    fn ordered(&self) -> Option<Fault> {
        let always = *self.always.lock().unwrap_or_else(PoisonError::into_inner);
        let next = || {
            self.next
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front()
        };
        always.or_else(next)
    }

    pub async fn answer(&self, request: Request<Incoming>) -> Result<Answer, Closed> {
        let path = request.uri().path().to_owned();
        match (request.method(), path.as_str()) {
            (&Method::GET, "/health") => Ok(text(200, "text/plain", String::new())),
            (&Method::GET, "/v1/models") => Ok(self.models()),
            (&Method::GET, "/stats") => Ok(json_of(200, &json!(self.ledger().counts))),
            (&Method::POST, "/v1/chat/completions" | "/v1/completions") => {
                self.complete(&path, request).await
            }
            (&Method::POST, "/v1/embeddings") => self.embed(request).await,
            _ => Ok(json_of(404, &json!({"detail": "Not Found"}))),
        }
    }

    async fn embed(&self, request: Request<Incoming>) -> Result<Answer, Closed> {
        let body = request.into_body().collect().await;
        let body = body.map_err(|_| Closed)?.to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let Some(text) = body["input"].as_str() else {
            return Ok(error(400, "BadRequestError", "the body has no input"));
        };
        let often = |letter: char| {
            text.chars()
                .filter(|c| c.eq_ignore_ascii_case(&letter))
                .count()
        };
        let vector: Vec<usize> = ('a'..='z').map(often).collect();
        Ok(json_of(
            200,
            &json!({
                "object": "list", "model": body["model"],
                "data": [{"object": "embedding", "index": 0, "embedding": vector}],
                "usage": {"prompt_tokens": text.split_whitespace().count(), "total_tokens": text.split_whitespace().count()},
            }),
        ))
    }

    fn models(&self) -> Answer {
        let model = |id: &String| {
            json!({"id": id, "object": "model", "created": 1_700_000_000, "owned_by": "scripted",
                   "max_model_len": self.options.max_model_len})
        };
        let models: Vec<Value> = self.options.models.iter().map(model).collect();
        json_of(200, &json!({"object": "list", "data": models}))
    }

    async fn complete(&self, path: &str, request: Request<Incoming>) -> Result<Answer, Closed> {
        let authorization = request.headers().get(AUTHORIZATION);
        let authorization = authorization
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let body = request
            .into_body()
            .collect()
            .await
            .map_err(|_| Closed)?
            .to_bytes();
        let hash = blake3::hash(&body);
        let attempt = self.ledger().received(hash);
        let ordered = self.ordered();
        // Also where the client hangs up: then this future is dropped.
        let _answering = Answering(self);
        self.changed.send_replace(());
        let mut open = self.open.subscribe();
        // Its sender lives as long as this.
        let _ = open.wait_for(|open| *open).await;
        if !self.options.latency.is_zero() {
            tokio::time::sleep(self.options.latency).await;
        }
        let fault = ordered.or_else(|| self.faults.of(&body, attempt));
        if let Some(fault) = fault {
            self.ledger().fault(fault);
        }
        let key = authorization.clone().unwrap_or_default();
        let reply = || {
            let body = serde_json::from_slice(&body).unwrap_or_default();
            let asked = Asked::read(path, authorization, body);
            asked.map_or_else(
                || error(400, "BadRequestError", "the body has no model or no prompt"),
                |asked| self.reply(asked, hash),
            )
        };
        let bad = |status, message: &str| Ok(error(status, "ServerError", message));
        match fault {
            None => {
                let answer = reply();
                self.ledger().completed(hash);
                Ok(answer)
            }
            Some(Fault::Slow) => {
                let late = 1 + u64::from(hash.as_bytes()[0] % 5);
                tokio::time::sleep(Duration::from_millis(late)).await;
                let answer = reply();
                self.ledger().completed(hash);
                Ok(answer)
            }
            Some(Fault::Dropped) => Err(Closed),
            Some(Fault::Half) => {
                let (parts, body) = reply().into_parts();
                let whole = body.collect().await.map_err(|_| Closed)?.to_bytes();
                Ok(Answer::from_parts(parts, Sent::half(whole)))
            }
            Some(Fault::RateLimit) => Ok(retry_after(0)),
            Some(Fault::RetryAfter(seconds)) => Ok(retry_after(seconds)),
            Some(Fault::RateLimitHeaders) => {
                let answer = error(429, "RateLimitError", "Rate limit reached for requests");
                let zero = HeaderValue::from_static("0");
                let answer = with(answer, "x-ratelimit-remaining-requests", zero);
                Ok(with(answer, "x-ratelimit-reset-requests", HeaderValue::from_static("1ms")))
            }
            Some(Fault::Unavailable) => bad(503, "Loading model"),
            Some(Fault::Internal) => bad(500, "EngineCore encountered an issue"),
            Some(Fault::Overloaded) => bad(529, "Overloaded"),
            Some(Fault::RequestTimeout) => bad(408, "Request timed out"),
            Some(Fault::GatewayTimeout) => bad(504, "upstream request timeout"),
            Some(Fault::Html) => Ok(text(
                502,
                "text/html",
                "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>nginx</body>\n</html>\n".to_owned(),
            )),
            Some(Fault::NotJson) => Ok(text(200, "application/json", "{\"choices\": [{\"mess".to_owned())),
            Some(Fault::NoChoices) => Ok(json_of(200, &json!({}))),
            Some(Fault::Unauthorized) => {
                let message = format!("Incorrect API key provided: {key}.");
                Ok(error(401, "invalid_request_error", &message))
            }
            Some(Fault::NoModel) => Ok(error(404, "NotFoundError", "The model does not exist.")),
            Some(Fault::NoCredit) => Ok(json_of(
                429,
                &json!({"error": {
                    "message": "You exceeded your current quota, please check your plan and billing details.",
                    "type": "insufficient_quota", "param": null, "code": "insufficient_quota"
                }}),
            )),
            Some(Fault::BadParameter) => {
                Ok(error(400, "BadRequestError", "Unsupported parameter: 'min_p'"))
            }
        }
    }

    fn reply(&self, mut asked: Asked, hash: blake3::Hash) -> Answer {
        let mut said: Vec<Said> = Vec::new();
        for choice in 0..asked.choices() {
            asked.choice = choice;
            said.push(self.script.reply(&asked));
        }
        match said.iter().find_map(|said| said.error.as_ref()) {
            Some((status, body)) => json_of(*status, body),
            None => json_of(200, &completion(&asked, &said, &hash.to_hex()[..32])),
        }
    }
}

fn retry_after(seconds: u32) -> Answer {
    let answer = error(429, "RateLimitError", "Too many requests");
    with(answer, "retry-after", HeaderValue::from(seconds))
}

/// One question that is being answered.
struct Answering<'a>(&'a App);

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.0.ledger().counts.in_flight -= 1;
        self.0.changed.send_replace(());
    }
}
