//! How a model is reached: plain data, for a configuration file.

use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How one model is reached. Every field has a default but [`model`](Self::model). Secrets are not among them: they stay
/// in the environment, and the settings hold the names of their variables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The servers' addresses up to and with the version, as `http://host:8000/v1`: one, or several replicas that serve
    /// the same model. A single text is as good as a list. Default: none, for what `OPENAI_BASE_URL` says.
    #[serde(deserialize_with = "one_or_several")]
    pub base_url: Vec<String>,
    /// The model as the server names it. Required.
    pub model: String,
    /// The name of the environment variable with the key, never the key. Default: `OPENAI_API_KEY`, where it is set.
    pub api_key_env: Option<String>,
    /// Further headers of each request. `${NAME}` in a value stands for the environment variable. Default: none.
    pub headers: BTreeMap<String, String>,
    /// Where a chat question goes. Default `chat`.
    pub endpoint: Endpoint,
    /// The most calls at a time, for each replica: the adaptive limit goes up to it. 1 or more; default 64.
    pub max_in_flight: usize,
    /// How long one attempt may take until its reply is read, in seconds. Default 600.
    pub deadline_seconds: f64,
    /// How long a connection may take to be made, in seconds. Default 10.
    pub connect_seconds: f64,
    /// The most attempts for one call, where another one can succeed. 1 or more; default 20.
    pub attempts: u32,
    /// The model is given up, and the run with it, after so many seconds in which calls were tried and none succeeded.
    /// Also the longest wait that a server may ask for. Default 600.
    pub give_up_seconds: f64,
    /// The most requests per minute, over all replicas. Default: as many as the servers take.
    pub requests_per_minute: Option<u32>,
    /// The most tokens per minute, prompts and replies together, over all replicas. Default: as many as the servers take.
    pub tokens_per_minute: Option<u64>,
    /// What tokens cost. Default: unknown.
    pub price: Option<Price>,
    /// Goes into the body of each request as it is, for what a server takes beyond the common fields: `top_k`,
    /// `repetition_penalty`, `chat_template_kwargs`. A null leaves out a field that would be sent, as the `temperature`
    /// that some models refuse. Default: empty.
    pub extra_body: Map<String, Value>,
    /// Whether the seed of a request is sent. Default true.
    pub send_seed: bool,
    /// Whether the log probability of each reply is asked for. Default false.
    pub logprobs: bool,
    /// Whether `response_format` is sent where a request has one. Default false.
    pub structured_output: bool,
    /// What the server calls the longest reply. Default `max_tokens`.
    pub max_tokens_field: MaxTokensField,
    /// Takes no value: reading one is an error that says where a key belongs.
    #[doc(hidden)]
    #[serde(skip_serializing)]
    pub api_key: NoKey,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: Vec::new(),
            model: String::new(),
            api_key_env: None,
            headers: BTreeMap::new(),
            endpoint: Endpoint::Chat,
            max_in_flight: 64,
            deadline_seconds: 600.0,
            connect_seconds: 10.0,
            attempts: 20,
            give_up_seconds: 600.0,
            requests_per_minute: None,
            tokens_per_minute: None,
            price: None,
            extra_body: Map::new(),
            send_seed: true,
            logprobs: false,
            structured_output: false,
            max_tokens_field: MaxTokensField::MaxTokens,
            api_key: NoKey,
        }
    }
}

impl Settings {
    /// What decides a reply, as one line of JSON: the model, the endpoint, `extra_body`, and what else the server is asked
    /// for. Addresses, limits, prices, headers and keys are not in it, so that a recorded reply outlives a move to another
    /// machine.
    pub fn identity(&self) -> String {
        let extra = sorted(&Value::Object(self.extra_body.clone()));
        json!({
            "model": self.model,
            "endpoint": self.endpoint,
            "extra_body": extra,
            "send_seed": self.send_seed,
            "logprobs": self.logprobs,
            "structured_output": self.structured_output,
        })
        .to_string()
    }
}

/// Which of the two endpoints a chat question uses. Raw text always goes to `/completions`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `/chat/completions`: the server applies the model's chat template.
    #[default]
    Chat,
    /// `/completions`, for servers without the other one: the messages are joined as `role: content` paragraphs.
    Completions,
}

/// The field that bounds the length of a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokensField {
    /// What vLLM, SGLang and llama.cpp take.
    #[default]
    MaxTokens,
    /// What `OpenAI`'s reasoning models take instead. Raw text keeps `max_tokens`.
    MaxCompletionTokens,
}

impl MaxTokensField {
    /// The name of the field.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

/// What a million tokens cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// A million prompt tokens. Required.
    pub input: f64,
    /// A million tokens of replies. Required.
    pub output: f64,
    /// A million prompt tokens that the server had in its cache. Default: as `input`.
    #[serde(default)]
    pub cached_input: Option<f64>,
    /// What the prices are in. Default `USD`.
    #[serde(default = "usd")]
    pub currency: String,
}

impl Price {
    /// What so many tokens cost. `cached` of the `prompt` tokens came from the server's cache.
    pub fn of(&self, prompt: u64, cached: u64, completion: u64) -> f64 {
        let cached = cached.min(prompt);
        let million = |tokens: u64, price: f64| tokens as f64 * price / 1e6;
        million(prompt - cached, self.input)
            + million(cached, self.cached_input.unwrap_or(self.input))
            + million(completion, self.output)
    }
}

/// The place of a key that must not be there.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoKey;

impl<'de> Deserialize<'de> for NoKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer)?;
        Err(D::Error::custom(
            "a key does not belong into a file; write the name of its environment variable: `api_key_env: OPENAI_API_KEY`",
        ))
    }
}

fn usd() -> String {
    "USD".to_owned()
}

fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an address or a list of addresses")]
    enum Either {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::One(url) => vec![url],
        Either::Several(urls) => urls,
    })
}

/// The same value with the keys of every object in order, so that the order in a file decides nothing.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: BTreeMap<_, _> = map
                .iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            let entries = ordered.into_iter().map(|(key, value)| (key.clone(), value));
            Value::Object(entries.collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
