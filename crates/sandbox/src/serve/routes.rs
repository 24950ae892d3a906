//! What each path answers.

use super::answer::{Answer, detail, is_json, json_of, text, with};
use super::fault::Fault;
use super::gate::{Gate, Refusal};
use super::metrics::{Cause, Metrics};
use super::reply::RunResponse;
use super::request::{RunRequest, parse};
use super::{Executor, ServeConfig, WhenFull, config};
use crate::{Limits, Outcome, Program};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{ALLOW, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Method, Request, StatusCode};
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;
use tokio::time::timeout;

/// What all connections share.
pub struct App {
    pub executor: Arc<dyn Executor>,
    pub config: ServeConfig,
    pub gate: Gate,
    pub metrics: Metrics,
}

const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"UTF-8\"><title>Caco sandbox</title></head>\n\
                    <body>\n<h1>Caco sandbox</h1>\n<p>POST <code>/run_code</code> runs a Python program, as SandboxFusion \
                    does. See <code>/health</code> and <code>/metrics</code>.</p>\n</body>\n</html>\n";

impl App {
    /// Answers one request. Dropping the future, as happens when the client hangs up, cancels its program.
    pub async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (get, post) = (Method::GET, Method::POST);
        let path = request.uri().path();
        let allowed = match path {
            "/run_code" => &post,
            "/" | "/v1/ping" | "/health" | "/metrics" => &get,
            _ => return detail(StatusCode::NOT_FOUND, "Not Found"),
        };
        if request.method() != allowed {
            let answer = detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
            let allowed = if *allowed == post { "POST" } else { "GET" };
            return with(answer, ALLOW, allowed);
        }
        match path {
            "/" => text("text/html; charset=utf-8", PAGE.into()),
            "/v1/ping" => json_of(StatusCode::OK, &"pong"),
            "/health" => self.health(),
            _ if !self.may(request.headers()) => {
                self.metrics.rejected(Cause::Unauthorized);
                let answer = detail(StatusCode::UNAUTHORIZED, "Not authenticated");
                with(answer, WWW_AUTHENTICATE, "Bearer")
            }
            "/metrics" => text(
                "text/plain; version=0.0.4; charset=utf-8",
                self.metrics.text(&self.gate),
            ),
            _ => match self.run_code(request).await {
                Ok(answer) | Err(answer) => answer,
            },
        }
    }

    fn may(&self, headers: &HeaderMap) -> bool {
        self.config.token.is_none_or(|token| token.is_in(headers))
    }

    fn health(&self) -> Answer {
        let (code, status) = match self.gate.is_draining() {
            false => (StatusCode::OK, "ready"),
            true => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        };
        let state = json!({
            "status": status,
            "in_flight": self.gate.running(),
            "queued": self.gate.waiting(),
            "in_flight_limit": self.config.in_flight,
            "queue_limit": self.config.queue,
        });
        json_of(code, &state)
    }

    /// An early answer is an error, so that `?` ends the work.
    async fn run_code(&self, request: Request<Incoming>) -> Result<Answer, Answer> {
        if self.gate.is_draining() {
            return Err(self.refuse(Refusal::Draining));
        }
        if !is_json(request.headers()) {
            return Err(self.malformed(&[Fault::no_object()]));
        }
        let body = self.body(request).await?;
        let request = parse(&body).map_err(|faults| self.malformed(&faults))?;
        drop(body);
        let response = match self.unsupported(&request) {
            Some(response) => response,
            None => self.run(request).await?,
        };
        Ok(json_of(StatusCode::OK, &response))
    }

    async fn body(&self, request: Request<Incoming>) -> Result<Bytes, Answer> {
        let most = self.config.body_bytes;
        let too_large = || {
            self.metrics.rejected(Cause::TooLarge);
            let problem = format!("the body has more than {most} bytes");
            detail(StatusCode::PAYLOAD_TOO_LARGE, &problem)
        };
        let body = request.into_body();
        if body.size_hint().lower() > most as u64 {
            return Err(too_large());
        }
        match timeout(self.config.idle(), Limited::new(body, most).collect()).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(_)) => {
                self.metrics.rejected(Cause::Malformed);
                let problem = "the body ended before its announced length";
                Err(detail(StatusCode::BAD_REQUEST, problem))
            }
            Err(_) => {
                self.metrics.rejected(Cause::SlowBody);
                let problem = "the body did not arrive in time";
                Err(detail(StatusCode::REQUEST_TIMEOUT, problem))
            }
        }
    }

    /// What is well formed and not offered here: a sandbox error, as the interface's own server has it.
    fn unsupported(&self, request: &RunRequest) -> Option<RunResponse> {
        let (cause, message) = if request.language != "python" {
            let language = request.language;
            let message = format!(
                "this server runs python only, not {language}: send such programs to another server"
            );
            (Cause::Language, message)
        } else if request.brings_files || request.fetches_files {
            let message = "this server has no file store: send the program without `files` and `fetch_files`, its data in \
                           `stdin` or in the code";
            (Cause::Files, message.to_owned())
        } else {
            return None;
        };
        self.metrics.rejected(cause);
        Some(self.named(RunResponse::unsupported(message)))
    }

    async fn run(&self, request: RunRequest) -> Result<RunResponse, Answer> {
        let limits = self.limits(&request);
        let program = Program::script(request.code, request.stdin);
        let (start, watch) = (Instant::now(), HangUp(Some(&self.metrics)));
        // The executor hears of it when its turn comes, not before.
        let work = async { self.executor.run(program, limits).await };
        let done = self.gate.run(self.config.queue_wait(), work).await;
        watch.over();
        let result = done.map_err(|refusal| self.refuse(refusal))?;
        let seconds = start.elapsed().as_secs_f64();
        let of = |outcome: &Outcome| (Some(outcome.status), outcome.tier);
        let (status, tier) = result.as_ref().map_or((None, None), of);
        self.metrics.ran(status, tier, seconds);
        Ok(self.named(match result {
            Ok(outcome) => RunResponse::of(outcome),
            Err(error) => RunResponse::machine_failure(error.to_string()),
        }))
    }

    /// The interface's `run_timeout` is wall time; CPU time over all threads gets the same limit.
    fn limits(&self, request: &RunRequest) -> Limits {
        let most = self.config.max_run_seconds;
        let seconds = request.run_timeout.clamp(config::MIN_RUN_SECONDS, most);
        let most = self.config.max_memory_mb;
        let memory_mb = match u64::try_from(request.memory_limit_mb) {
            Err(_) | Ok(0) => most,
            Ok(asked) => asked.clamp(config::MIN_MEMORY_MB, most),
        };
        Limits {
            cpu_seconds: seconds,
            wall_seconds: seconds,
            memory_mb,
        }
    }

    fn named(&self, response: RunResponse) -> RunResponse {
        RunResponse {
            executor_pod_name: self.config.pod_name.clone(),
            ..response
        }
    }

    fn malformed(&self, faults: &[Fault]) -> Answer {
        self.metrics.rejected(Cause::Malformed);
        json_of(
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!({ "detail": faults }),
        )
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        let full = match self.config.when_full {
            WhenFull::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            WhenFull::GatewayTimeout => StatusCode::GATEWAY_TIMEOUT,
        };
        let (cause, code, problem) = match refusal {
            Refusal::Full => (Cause::QueueFull, full, "the queue is full"),
            Refusal::Late => (
                Cause::QueueTimeout,
                StatusCode::GATEWAY_TIMEOUT,
                "the program's turn did not come in time",
            ),
            Refusal::Draining => (
                Cause::Draining,
                StatusCode::SERVICE_UNAVAILABLE,
                "the server is shutting down",
            ),
            Refusal::Stopped => (
                Cause::Stopped,
                StatusCode::SERVICE_UNAVAILABLE,
                "the server shut down before the program ended",
            ),
        };
        self.metrics.rejected(cause);
        with(detail(code, problem), RETRY_AFTER, "1")
    }
}

/// Counts a program whose future is dropped before it is over.
struct HangUp<'a>(Option<&'a Metrics>);

impl HangUp<'_> {
    fn over(mut self) {
        self.0 = None;
    }
}

impl Drop for HangUp<'_> {
    fn drop(&mut self) {
        if let Some(metrics) = self.0 {
            metrics.cancelled();
        }
    }
}
