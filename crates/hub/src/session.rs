//! Requests: who is told the token, what is tried again, and what an answer means.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use crate::{Error, Settings};

/// The longest wait between two attempts that is our own choice.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The longest wait that a server may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(600);
/// How much of a server's words a message holds.
const LONGEST_WORDS: usize = 400;

/// What a push tells while it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A file is hashed.
    Hashed {
        /// Its path in the repository.
        name: String,
    },
    /// What there is to do is known.
    Planned {
        /// Files to upload or to put into the commit.
        files: usize,
        /// Their bytes.
        bytes: u64,
        /// Files that the repository has as they are.
        unchanged: usize,
    },
    /// A large file is on the Hub.
    Uploaded {
        /// Its path in the repository.
        name: String,
        /// Its size.
        bytes: u64,
        /// Whether it was there already.
        before: bool,
    },
    /// A request is made again after a wait.
    Again {
        /// What is being done.
        action: String,
        /// The number of the next attempt.
        attempt: u32,
        /// What the last one met.
        reason: String,
        /// How long it waits.
        wait: Duration,
    },
    /// A commit was made.
    Committed {
        /// Its hash.
        commit: String,
    },
}

/// A Hub, as one user.
pub(crate) struct Session<'a> {
    pub settings: &'a Settings,
    pub stop: &'a Arc<AtomicBool>,
    pub told: &'a (dyn Fn(Told) + Sync),
    client: Client,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        settings: &'a Settings,
        stop: &'a Arc<AtomicBool>,
        told: &'a (dyn Fn(Told) + Sync),
    ) -> Result<Self, Error> {
        // Fails where one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .user_agent(concat!("caco/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(20))
            // Without an answer and without a byte moving for so long, a connection is given up.
            .read_timeout(Duration::from_secs(300))
            .tcp_nodelay(true)
            .http1_only()
            .referer(false)
            .retry(reqwest::retry::never());
        let builder = match Url::parse(&settings.endpoint) {
            // A proxy would not reach this machine's own servers, and they need no certificates.
            Ok(url) if url.scheme() == "http" => builder.no_proxy(),
            _ => builder,
        };
        let client = if settings.endpoint.starts_with("http://") {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let tls = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(|error| Error::Client(error.to_string()))?
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth();
            builder.tls_backend_preconfigured(tls).build()
        } else {
            builder.tls_backend_rustls().build()
        };
        Ok(Self {
            settings,
            stop,
            told,
            client: client.map_err(|error| Error::Client(error.to_string()))?,
        })
    }

    pub(crate) fn check_stop(&self) -> Result<(), Error> {
        if self.stop.load(Ordering::Relaxed) {
            Err(Error::Stopped)
        } else {
            Ok(())
        }
    }

    /// A request to the Hub itself, with the token.
    pub(crate) fn hub(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .client
            .request(method, format!("{}{path}", self.settings.endpoint));
        match &self.settings.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// A request to an address that the Hub has given, without the token unless it is the Hub's own.
    pub(crate) fn given(&self, method: Method, href: &str, ours: bool) -> RequestBuilder {
        let href = self.rebased(href);
        let own = format!("{}/", self.settings.endpoint);
        let request = self.client.request(method, &href);
        match &self.settings.token {
            Some(token) if ours && href.starts_with(&own) => request.bearer_auth(token),
            _ => request,
        }
    }

    /// A mirror hands on addresses of the Hub that it mirrors.
    fn rebased(&self, href: &str) -> String {
        match href.strip_prefix("https://huggingface.co/") {
            Some(rest) => format!("{}/{rest}", self.settings.endpoint),
            None => href.to_owned(),
        }
    }

    /// Sends a request, again where another attempt can succeed. Every status that is neither good nor one of `taken` is an
    /// error.
    pub(crate) async fn send(
        &self,
        action: &str,
        taken: &[u16],
        request: impl Fn() -> Result<RequestBuilder, Error>,
    ) -> Result<Response, Error> {
        self.attempt(action, self.settings.attempts, taken, request)
            .await
    }

    /// As [`Session::send`], with so many attempts.
    pub(crate) async fn attempt(
        &self,
        action: &str,
        attempts: u32,
        taken: &[u16],
        request: impl Fn() -> Result<RequestBuilder, Error>,
    ) -> Result<Response, Error> {
        let mut attempt = 1;
        loop {
            self.check_stop()?;
            let (reason, asked) = match request()?.send().await {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                Ok(answer) if taken.contains(&answer.status().as_u16()) => return Ok(answer),
                Ok(answer) if passes(answer.status()) => {
                    let asked = wait_asked(answer.headers());
                    (format!("status {}", answer.status().as_u16()), asked)
                }
                Ok(answer) => return Err(self.refusal(action, answer).await),
                Err(error) if error.is_builder() => {
                    return Err(Error::Malformed {
                        action: action.to_owned(),
                        message: self.scrub(&deepest(&error)),
                    });
                }
                Err(error) => (self.scrub(&deepest(&error)), None),
            };
            self.check_stop()?;
            if attempt >= attempts {
                return Err(Error::Unreachable {
                    action: action.to_owned(),
                    attempts: attempt,
                    message: reason,
                });
            }
            attempt += 1;
            self.pause(action, attempt, reason, asked).await;
        }
    }

    /// Waits before an attempt.
    pub(crate) async fn pause(
        &self,
        action: &str,
        attempt: u32,
        reason: String,
        asked: Option<Duration>,
    ) {
        let doubled = 2u32.saturating_pow(attempt.saturating_sub(2));
        let own = self.settings.first_wait.saturating_mul(doubled);
        let wait = asked.unwrap_or_else(|| own.min(LONGEST_WAIT));
        (self.told)(Told::Again {
            action: action.to_owned(),
            attempt,
            reason,
            wait,
        });
        // Ctrl-C does not wait for the end of it.
        let until = tokio::time::Instant::now() + wait;
        while tokio::time::Instant::now() < until && !self.stop.load(Ordering::Relaxed) {
            let slice = Duration::from_millis(100);
            let next = (tokio::time::Instant::now() + slice).min(until);
            tokio::time::sleep_until(next).await;
        }
    }

    /// Reads an answer's JSON.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        action: &str,
        answer: Response,
    ) -> Result<T, Error> {
        let malformed = |message: String| Error::Malformed {
            action: action.to_owned(),
            message,
        };
        let bytes = answer
            .bytes()
            .await
            .map_err(|error| malformed(self.scrub(&deepest(&error))))?;
        serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))
    }

    async fn refusal(&self, action: &str, answer: Response) -> Error {
        let status = answer.status();
        let header = answer.headers().get("x-error-message").cloned();
        let text = answer.text().await.unwrap_or_default();
        let told: Option<serde_json::Value> = serde_json::from_str(&text).ok();
        let words = header
            .as_ref()
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
            .or_else(|| Some(told?["error"].as_str()?.to_owned()))
            .unwrap_or(text);
        let words: String = self
            .scrub(words.trim())
            .chars()
            .take(LONGEST_WORDS)
            .collect();
        let message = if words.is_empty() {
            format!("status {}", status.as_u16())
        } else {
            words
        };
        let action = action.to_owned();
        match status {
            StatusCode::UNAUTHORIZED => Error::Token {
                endpoint: self.settings.endpoint.clone(),
                message,
            },
            StatusCode::FORBIDDEN => Error::Forbidden { action, message },
            _ => Error::Refused {
                action,
                status: status.as_u16(),
                message,
            },
        }
    }

    /// A text without the token, whoever wrote it there.
    fn scrub(&self, text: &str) -> String {
        match &self.settings.token {
            Some(token) if token.len() >= 4 => text.replace(token.as_str(), "[secret]"),
            _ => text.to_owned(),
        }
    }
}

/// Whether another attempt may meet something else.
fn passes(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

/// The wait that an answer asks for: `Retry-After` in seconds, or the reset of the Hub's `RateLimit` header where nothing
/// remains (`"api";r=0;t=55`, draft-ietf-httpapi-ratelimit-headers).
fn wait_asked(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let seconds = match text(RETRY_AFTER.as_str()) {
        Some(value) => value.trim().parse::<f64>().ok(),
        None => {
            let value = |key: &str| -> Option<f64> {
                text("ratelimit")?
                    .split([';', ','])
                    .find_map(|part| part.trim().strip_prefix(key)?.parse().ok())
            };
            value("t=").filter(|_| value("r=") == Some(0.0))
        }
    };
    let seconds = seconds.filter(|seconds| *seconds >= 0.0)?;
    Some(Duration::from_secs_f64(
        seconds.min(LONGEST_ASKED.as_secs_f64()),
    ))
}

/// What lies under an error of the HTTP client, without the address, which may hold a signature.
fn deepest(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    if std::ptr::addr_eq(inner, error) {
        let what = if error.is_timeout() {
            "no answer in time"
        } else {
            "the request failed"
        };
        return what.to_owned();
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    #[test]
    fn waits_that_are_asked_for() {
        let wait = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
            wait_asked(&headers)
        };
        assert_eq!(wait("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("retry-after", "soon"), None);
        assert_eq!(wait("retry-after", "-1"), None);
        assert_eq!(wait("retry-after", "1e9"), Some(LONGEST_ASKED));
        assert_eq!(
            wait("ratelimit", "\"api\";r=0;t=55"),
            Some(Duration::from_secs(55))
        );
        assert_eq!(wait("ratelimit", "\"api\";r=3;t=55"), None);
    }
}
