//! Making HTTP answers, and the one thing that is read of a request's headers.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;

pub type Answer = Response<Full<Bytes>>;

/// JSON has to be declared, as for the interface's own server. It also keeps web pages out: a browser does not send this
/// type to another origin without asking first.
pub fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = value.and_then(|value| value.split(';').next());
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

pub fn detail(code: StatusCode, problem: &str) -> Answer {
    json_of(code, &json!({ "detail": problem }))
}

pub fn json_of(code: StatusCode, value: &impl Serialize) -> Answer {
    // Texts, numbers and lists of them always serialize; what cannot happen gives an empty body rather than a panic.
    let mut answer = text(
        "application/json",
        serde_json::to_string(value).unwrap_or_default(),
    );
    *answer.status_mut() = code;
    answer
}

pub fn text(kind: &'static str, body: String) -> Answer {
    with(
        Response::new(Full::new(Bytes::from(body))),
        CONTENT_TYPE,
        kind,
    )
}

pub fn with(mut answer: Answer, name: HeaderName, value: &'static str) -> Answer {
    answer
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
    answer
}
