//! One exchange with a server: sending, reading a bounded body, and telling apart what can go wrong on the way.

use crate::failure::{Class, Trouble};
use reqwest::header::HeaderMap;
use std::error::Error as _;
use std::time::Duration;
use tokio::time::timeout;

/// The longest body that is read, in bytes.
const LONGEST_BODY: usize = 64 << 20;

/// An answer, whatever its status.
pub(crate) struct Exchanged {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Sends a request and reads the answer, within `deadline`.
pub(crate) async fn exchange(
    request: reqwest::RequestBuilder,
    deadline: Duration,
) -> Result<Exchanged, Trouble> {
    let exchanged = timeout(deadline, async {
        let mut response = request.send().await.map_err(trouble)?;
        let (status, headers) = (
            response.status().as_u16(),
            std::mem::take(response.headers_mut()),
        );
        let expected = response.content_length().unwrap_or(0).min(1 << 20);
        let mut body = Vec::with_capacity(expected as usize);
        while let Some(chunk) = response.chunk().await.map_err(trouble)? {
            if body.len() + chunk.len() > LONGEST_BODY {
                let message = format!("the answer is longer than {} MiB", LONGEST_BODY >> 20);
                return Err(Trouble::new(Class::Malformed, message));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Exchanged {
            status,
            headers,
            body,
        })
    });
    exchanged.await.unwrap_or_else(|_| {
        let message = format!("no reply within {} s", deadline.as_secs_f64());
        Err(Trouble::new(Class::Timeout, message))
    })
}

fn trouble(error: reqwest::Error) -> Trouble {
    let class = if error.is_builder() {
        Class::InvalidRequest
    } else {
        // Also where a connection was not made in time: nobody worked for it.
        Class::Connection
    };
    let error = error.without_url();
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.ends_with(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        cause = error.source();
    }
    Trouble::new(class, message)
}
