//! From settings and environment to what the calls need: addresses, headers and the HTTP client.

use crate::check::{check_url, is_variable};
use crate::secret::{Scrubber, Secret};
use crate::{Settings, Wrong};
use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use std::net::IpAddr;
use std::time::Duration;

/// Looks a variable up in the environment.
pub(crate) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The addresses of one replica.
#[derive(Debug)]
pub(crate) struct Address {
    /// As the user wrote it, without a slash at its end.
    pub base: String,
    pub chat: Url,
    pub completions: Url,
    pub embeddings: Url,
    pub models: Url,
    /// Beside the version, not below it.
    pub health: Url,
}

impl Address {
    fn is_loopback(&self) -> bool {
        let host = self.chat.host_str().unwrap_or_default();
        let address = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

pub(crate) fn addresses(settings: &Settings, env: Env<'_>) -> Result<Vec<Address>, Wrong> {
    let listed = settings.base_url.iter().enumerate();
    let mut urls: Vec<(String, String)> = listed
        .map(|(index, url)| (format!("base_url[{index}]"), url.clone()))
        .collect();
    if urls.is_empty() {
        let found = env("OPENAI_BASE_URL").filter(|url| !url.trim().is_empty());
        let url = found.ok_or_else(|| {
            let hint =
                "write the server's address, as http://localhost:8000/v1, or set OPENAI_BASE_URL";
            Wrong::new("base_url", "is missing", hint)
        })?;
        urls.push(("OPENAI_BASE_URL".to_owned(), url));
    }
    urls.iter().map(|(key, url)| address(key, url)).collect()
}

fn address(key: &str, url: &str) -> Result<Address, Wrong> {
    check_url(key, url)?;
    let base = url.trim().trim_end_matches('/').to_owned();
    let root = base.strip_suffix("/v1").unwrap_or(&base);
    Ok(Address {
        chat: check_url(key, &format!("{base}/chat/completions"))?,
        completions: check_url(key, &format!("{base}/completions"))?,
        embeddings: check_url(key, &format!("{base}/embeddings"))?,
        models: check_url(key, &format!("{base}/models"))?,
        health: check_url(key, &format!("{root}/health"))?,
        base,
    })
}

/// The headers of every request, and the secrets that are in them.
pub(crate) fn headers(settings: &Settings, env: Env<'_>) -> Result<(HeaderMap, Scrubber), Wrong> {
    let mut secrets = Scrubber::default();
    let mut headers = HeaderMap::new();
    let json = HeaderValue::from_static("application/json");
    headers.insert(CONTENT_TYPE, json.clone());
    headers.insert(ACCEPT, json);
    if let Some((source, key)) = key(settings, env)? {
        let value = format!("Bearer {}", key.expose());
        let hint = "check what it holds: a key is one line of ASCII";
        headers.insert(AUTHORIZATION, value_of(&source, &value, hint, true)?);
        secrets.add(key);
    }
    for (name, template) in &settings.headers {
        let path = format!("headers.{name}");
        let (value, inserted) = expand(&path, template, env)?;
        let hint = "check what its variables hold: a header is one line of ASCII";
        let value = value_of(&path, &value, hint, !inserted.is_empty())?;
        inserted.into_iter().for_each(|secret| secrets.add(secret));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
            Wrong::new(
                &path,
                "is not the name of a header",
                "use letters, digits and `-`",
            )
        })?;
        headers.insert(name, value);
    }
    Ok((headers, secrets))
}

fn value_of(key: &str, value: &str, hint: &str, secret: bool) -> Result<HeaderValue, Wrong> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| Wrong::new(key, "cannot be the value of a header", hint))?;
    value.set_sensitive(secret);
    Ok(value)
}

/// The key, and the name of its variable.
fn key(settings: &Settings, env: Env<'_>) -> Result<Option<(String, Secret)>, Wrong> {
    let set = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    let Some(name) = &settings.api_key_env else {
        let found = set("OPENAI_API_KEY");
        return Ok(found.map(|value| ("OPENAI_API_KEY".to_owned(), Secret::new(&value))));
    };
    match set(name) {
        Some(value) => Ok(Some((name.clone(), Secret::new(&value)))),
        None => {
            let message = format!("names {name}, which the environment does not have");
            let hint = format!("set {name} to the key, or take this setting out");
            Err(Wrong::new("api_key_env", message, hint))
        }
    }
}

/// Puts variables into a header's value; returns them, too.
fn expand(key: &str, template: &str, env: Env<'_>) -> Result<(String, Vec<Secret>), Wrong> {
    let (mut value, mut inserted, mut rest) = (String::new(), Vec::new(), template);
    while let Some(at) = rest.find("${") {
        value.push_str(&rest[..at]);
        let name = rest[at + 2..].split('}').next().unwrap_or_default();
        let closed = rest.len() > at + 2 + name.len();
        if !closed || !is_variable(name) {
            let hint = "write it as ${NAME}";
            return Err(Wrong::new(
                key,
                "has a `${` without a variable's name and `}`",
                hint,
            ));
        }
        let found = env(name).ok_or_else(|| {
            let message = format!("names {name}, which the environment does not have");
            Wrong::new(key, message, format!("set {name}, or take this header out"))
        })?;
        let secret = Secret::new(&found);
        value.push_str(secret.expose());
        inserted.push(secret);
        rest = &rest[at + 3 + name.len()..];
    }
    value.push_str(rest);
    Ok((value, inserted))
}

/// Keep-alive of uvicorn, under vLLM and SGLang, ends after 5 s: a connection that is idle for longer may be closed under
/// the next request.
const POOL_IDLE: Duration = Duration::from_secs(4);

pub(crate) fn http(
    settings: &Settings,
    addresses: &[Address],
    headers: HeaderMap,
    env: Env<'_>,
) -> Result<reqwest::Client, Wrong> {
    let builder = reqwest::Client::builder()
        .default_headers(headers)
        .user_agent(concat!("caco/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs_f64(settings.connect_seconds))
        .pool_idle_timeout(POOL_IDLE)
        .tcp_nodelay(true)
        // A question that was sent elsewhere by a redirect would be a GET, or take the key to another server.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .http1_only()
        // Attempts are counted, paced and routed here.
        .retry(reqwest::retry::never());
    // A proxy would not reach this machine's own servers.
    let builder = match addresses.iter().all(Address::is_loopback) {
        true => builder.no_proxy(),
        false => builder,
    };
    let fail = |error: reqwest::Error| {
        let hint = "install the system's CA certificates (`ca-certificates`), or set SSL_CERT_FILE";
        Wrong::new(
            "base_url",
            format!("the HTTP client cannot be made: {error}"),
            hint,
        )
    };
    if needs_tls(addresses, env) {
        // Fails where one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        return builder.tls_backend_rustls().build().map_err(fail);
    }
    // Plain HTTP works in containers without certificates, and starts without reading them.
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Wrong::new("base_url", error.to_string(), "use another address"))?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    builder.tls_backend_preconfigured(tls).build().map_err(fail)
}

fn needs_tls(addresses: &[Address], env: Env<'_>) -> bool {
    let by_proxy = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        .iter()
        .any(|name| env(name).is_some_and(|proxy| proxy.starts_with("https:")));
    by_proxy
        || addresses
            .iter()
            .any(|address| address.chat.scheme() == "https")
}
