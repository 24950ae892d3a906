//! The models that stages name: embedded ones and those of servers.

use caco_client::Settings;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// A language model that stages refer to by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Model {
    /// A model that runs inside this process, from a Hugging Face folder.
    Embedded {
        /// `builtin` for the base model that comes with the program, or a folder. Default `builtin`.
        #[serde(default = "builtin")]
        path: String,
    },
    /// A model behind an OpenAI-compatible server.
    Server(Box<Server>),
    /// Weights that only an outside trainer and the server of `serve` load.
    Weights {
        /// A folder, or a name on the Hugging Face Hub. Required.
        path: String,
        /// The revision on the Hub. Default: its main branch.
        #[serde(default)]
        revision: Option<String>,
        /// Which prompts students of it learn from and are asked with. Default `general`.
        #[serde(default)]
        prompts: PromptSet,
    },
}

impl Model {
    /// Which of the built-in prompts the model understands.
    #[must_use]
    pub fn prompts(&self) -> PromptSet {
        match self {
            Self::Embedded { .. } => PromptSet::Embedded,
            Self::Server(server) => server.prompts,
            Self::Weights { prompts, .. } => *prompts,
        }
    }
}

/// The path that names the built-in base model.
pub const BUILTIN: &str = "builtin";

fn builtin() -> String {
    BUILTIN.to_owned()
}

/// Which of the built-in prompts a model understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptSet {
    /// Full instructions, for models that follow them.
    #[default]
    General,
    /// The few words that the built-in base model was trained on.
    Embedded,
}

/// A model behind one or several servers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Server {
    /// Which prompts it understands. Default `general`; `embedded` for a server of the built-in base model.
    pub prompts: PromptSet,
    /// Whose family the model is, such as `qwen`; judges of another family than the solver's are preferred. Default: the
    /// letters with which the last part of the model's name begins.
    pub family: Option<String>,
    /// The text after which the model writes a user's message by itself, for `sample.method: open`. Default: an open user
    /// turn in ChatML.
    pub open_user: Option<String>,
    /// Samples of the same prompt drawn in one request (`n`): the prompt is paid for once, and the seed is that of the first.
    /// Default 1: each sample is a request with a seed of its own.
    pub samples_per_call: u32,
    /// How it is reached and asked.
    #[serde(flatten)]
    pub settings: Settings,
}

impl Server {
    /// The family that is stated, or that the name suggests.
    #[must_use]
    pub fn family(&self) -> String {
        let stated = self.family.clone().unwrap_or_else(|| {
            let last = self.settings.model.rsplit('/').next().unwrap_or_default();
            last.chars().take_while(char::is_ascii_alphabetic).collect()
        });
        stated.to_lowercase()
    }
}

impl<'de> Deserialize<'de> for Server {
    /// Takes its own keys out and leaves the rest, and the refusal of unknown keys, to the client's settings.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut map = Map::deserialize(deserializer)?;
        let mut take = |key: &str| map.remove(key).unwrap_or(Value::Null);
        let prompts = match take("prompts") {
            Value::Null => PromptSet::default(),
            value => serde_json::from_value(value).map_err(D::Error::custom)?,
        };
        let family = serde_json::from_value(take("family")).map_err(D::Error::custom)?;
        let open_user = serde_json::from_value(take("open_user")).map_err(D::Error::custom)?;
        let samples_per_call = match take("samples_per_call") {
            Value::Null => 1,
            value => serde_json::from_value(value).map_err(D::Error::custom)?,
        };
        let settings = Settings::deserialize(Value::Object(map)).map_err(D::Error::custom)?;
        Ok(Self {
            prompts,
            family,
            open_user,
            samples_per_call,
            settings,
        })
    }
}
