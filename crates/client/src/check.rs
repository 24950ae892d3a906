//! What settings must hold, and what they must not: keys.

use crate::Settings;
use serde_json::Value;

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}; {hint}")]
pub struct Wrong {
    /// The path of the setting, as `base_url[1]`.
    pub key: String,
    /// What is wrong with it. Never repeats what may be a key.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Wrong {
    pub(crate) fn new(key: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            message: message.into(),
            hint: hint.into(),
        }
    }
}

/// How the keys of known services begin.
const KEY_PREFIXES: [&str; 12] = [
    "sk-", "sk_", "hf_", "gsk_", "pk-", "xai-", "nvapi-", "AIza", "ghp_", "csk-", "r8_", "Bearer ",
];

/// Fields that the client writes itself, or whose other values it could not read the replies to.
const OWN_FIELDS: [&str; 7] = [
    "model", "messages", "prompt", "seed", "stream", "n", "logprobs",
];

/// Fields that a request brings: `extra_body` may leave them out and not change them.
const REQUEST_FIELDS: [&str; 5] = [
    "temperature",
    "top_p",
    "max_tokens",
    "max_completion_tokens",
    "stop",
];

impl Settings {
    /// Checks what the types cannot: ranges, addresses, and that no secret is written down.
    ///
    /// # Errors
    /// The first setting that cannot be used, with the remedy.
    pub fn check(&self) -> Result<(), Wrong> {
        if self.model.trim().is_empty() {
            return Err(Wrong::new(
                "model",
                "is required",
                "write the name that the server gives the model; `GET /v1/models` lists them",
            ));
        }
        for (index, url) in self.base_url.iter().enumerate() {
            check_url(&format!("base_url[{index}]"), url)?;
        }
        if let Some(name) = &self.api_key_env {
            check_variable("api_key_env", name)?;
        }
        for (name, value) in &self.headers {
            check_header(name, value)?;
        }
        self.check_ranges()?;
        self.check_extra_body()
    }

    fn check_ranges(&self) -> Result<(), Wrong> {
        let at_least_one = |key, number: u64| match number {
            0 => Err(Wrong::new(key, "is 0", "write 1 or more")),
            _ => Ok(()),
        };
        at_least_one("max_in_flight", self.max_in_flight as u64)?;
        at_least_one("attempts", self.attempts.into())?;
        at_least_one(
            "requests_per_minute",
            self.requests_per_minute.unwrap_or(1).into(),
        )?;
        at_least_one("tokens_per_minute", self.tokens_per_minute.unwrap_or(1))?;
        for (key, seconds) in [
            ("deadline_seconds", self.deadline_seconds),
            ("connect_seconds", self.connect_seconds),
            ("give_up_seconds", self.give_up_seconds),
        ] {
            // A month: also keeps the sums of instants far from their ends.
            if !(seconds > 0.0 && seconds <= 2_592_000.0) {
                let message = format!("is {seconds}");
                return Err(Wrong::new(
                    key,
                    message,
                    "write seconds above 0, at most a month",
                ));
            }
        }
        let Some(price) = &self.price else {
            return Ok(());
        };
        for (key, amount) in [
            ("price.input", price.input),
            ("price.output", price.output),
            ("price.cached_input", price.cached_input.unwrap_or(0.0)),
        ] {
            if !(amount.is_finite() && amount >= 0.0) {
                let message = format!("is {amount}");
                return Err(Wrong::new(key, message, "write what a million tokens cost"));
            }
        }
        Ok(())
    }

    fn check_extra_body(&self) -> Result<(), Wrong> {
        for (key, value) in &self.extra_body {
            let path = format!("extra_body.{key}");
            if OWN_FIELDS.contains(&key.as_str()) {
                let hint =
                    "leave it out; the client writes it from its own settings and the request";
                return Err(Wrong::new(&path, "cannot be set here", hint));
            }
            if REQUEST_FIELDS.contains(&key.as_str()) && *value != Value::Null {
                let hint = "set it where the stage sets its sampling; null here leaves it out of the request";
                return Err(Wrong::new(&path, "comes with each request", hint));
            }
        }
        Ok(())
    }
}

pub(crate) fn check_url(key: &str, url: &str) -> Result<reqwest::Url, Wrong> {
    const EXAMPLE: &str = "write it as http://host:8000/v1";
    let Ok(parsed) = reqwest::Url::parse(url.trim()) else {
        return Err(Wrong::new(key, "is not an address", EXAMPLE));
    };
    if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
        return Err(Wrong::new(key, "is not an http or https address", EXAMPLE));
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        let hint = "take them out; put the key into an environment variable and its name into `api_key_env`";
        return Err(Wrong::new(key, "holds a user name or password", hint));
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(Wrong::new(
            key,
            "goes on after its path (`?` or `#`)",
            EXAMPLE,
        ));
    }
    Ok(parsed)
}

/// Refuses what is not the name of a variable, without repeating it.
fn check_variable(key: &str, name: &str) -> Result<(), Wrong> {
    let hint =
        "put the key into an environment variable and write its name here, as OPENAI_API_KEY";
    if looks_like_key(name) {
        return Err(Wrong::new(key, "holds a key", hint));
    }
    if is_variable(name) {
        return Ok(());
    }
    Err(Wrong::new(
        key,
        "is not the name of an environment variable",
        hint,
    ))
}

pub(crate) fn is_variable(name: &str) -> bool {
    let first = name.bytes().next();
    first.is_some_and(|byte| !byte.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn check_header(name: &str, value: &str) -> Result<(), Wrong> {
    let key = format!("headers.{name}");
    if reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(Wrong::new(
            &key,
            "is not the name of a header",
            "use letters, digits and `-`",
        ));
    }
    let lower = name.to_ascii_lowercase();
    let secret = [
        "authorization",
        "api-key",
        "apikey",
        "token",
        "secret",
        "cookie",
    ];
    let names_secret = secret.iter().any(|word| lower.contains(word));
    if looks_like_key(value) || (names_secret && !value.contains("${")) {
        let hint = "put the secret into an environment variable and write its name: `Authorization: Bearer ${NAME}`";
        return Err(Wrong::new(&key, "holds a secret", hint));
    }
    Ok(())
}

fn looks_like_key(value: &str) -> bool {
    let value = value.trim();
    let bare = match value.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("bearer ") => value[7..].trim(),
        _ => value,
    };
    if bare.starts_with("${") {
        return false;
    }
    bare.len() != value.len() || KEY_PREFIXES.iter().any(|prefix| bare.starts_with(prefix))
}
