//! What the servers say about themselves.

use crate::exchange::exchange;
use crate::failure::{Class, Trouble};
use crate::refusal::{self, Refusal};
use crate::{Client, reply};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What one replica says about itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReplicaReport {
    /// Its address.
    pub url: String,
    /// The models that it lists at `/models`, or why there is no list.
    pub models: Result<Vec<ServedModel>, String>,
    /// What it says at `/health`.
    pub health: Health,
}

/// A model in a server's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedModel {
    /// What `model` in the settings has to be.
    pub id: String,
    /// The longest prompt and reply together, in tokens, where the server says it (vLLM and SGLang do).
    #[serde(default)]
    pub max_model_len: Option<u64>,
}

/// What a server says at `/health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It is ready.
    Ready,
    /// It has no such address, as services on the internet have none.
    NotOffered,
    /// It is not ready, or not there.
    Failed(String),
}

/// How long a server may take to say something about itself.
const PATIENCE: Duration = Duration::from_secs(10);

impl Client {
    /// Asks each replica, one after the other, for its models and its health. Counts as no call, and needs no slot.
    pub async fn models(&self) -> Vec<ReplicaReport> {
        let mut reports = Vec::new();
        for (index, address) in self.0.addresses.iter().enumerate() {
            reports.push(ReplicaReport {
                url: address.base.clone(),
                models: self
                    .models_of(index)
                    .await
                    .map_err(|trouble| trouble.message),
                health: self.health_of(index).await,
            });
        }
        reports
    }

    pub(crate) async fn models_of(&self, replica: usize) -> Result<Vec<ServedModel>, Trouble> {
        #[derive(Deserialize)]
        struct List {
            data: Vec<ServedModel>,
        }
        let url = self.0.addresses[replica].models.clone();
        let exchanged = exchange(self.0.http.get(url), PATIENCE).await;
        let listed = exchanged.and_then(|answer| match answer.status {
            200..=299 => serde_json::from_slice::<List>(&answer.body).map_err(|error| {
                Trouble::new(
                    Class::Malformed,
                    format!("the answer is not a list of models: {error}"),
                )
            }),
            status => match refusal::read(status, &answer.body) {
                Refusal::Trouble(trouble) => Err(trouble),
                Refusal::Outcome(finish) => Err(Trouble::new(Class::Malformed, finish.as_str())),
            },
        });
        match listed {
            Ok(list) => {
                let clean = |model: ServedModel| ServedModel {
                    id: self.0.secrets.message(&model.id),
                    ..model
                };
                Ok(list.data.into_iter().map(clean).collect())
            }
            Err(trouble) => Err(reply::scrubbed(trouble, &self.0.secrets)),
        }
    }

    /// Whether something answers with a status of success at an address, such as the health of a server that is starting.
    /// No key is sent.
    pub async fn answers(&self, url: &str) -> bool {
        let Ok(request) = self.0.http.get(url).build() else {
            return false;
        };
        let request = reqwest::RequestBuilder::from_parts(self.0.http.clone(), request);
        exchange(request, PATIENCE)
            .await
            .is_ok_and(|answer| (200..=299).contains(&answer.status))
    }

    async fn health_of(&self, replica: usize) -> Health {
        let url = self.0.addresses[replica].health.clone();
        match exchange(self.0.http.get(url), PATIENCE).await {
            Ok(answer) => match answer.status {
                200..=299 => Health::Ready,
                404 | 405 | 401 | 403 => Health::NotOffered,
                status => Health::Failed(format!("status {status}")),
            },
            Err(trouble) => Health::Failed(self.0.secrets.message(&trouble.message)),
        }
    }
}
