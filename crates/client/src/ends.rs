//! The failures that end a call for good, with their remedies.

use crate::failure::{Class, Trouble};
use crate::{Client, Failure};
use std::time::Duration;

impl Client {
    /// What a failure that no further attempt can mend comes to.
    pub(crate) async fn final_failure(&self, replica: usize, trouble: Trouble) -> Failure {
        let hint = match trouble.class {
            Class::Auth => self.key_hint(),
            Class::Quota => "add credit to the account, or use a key of another one".to_owned(),
            Class::NotFound => self.models_hint(replica).await,
            _ => {
                let refused = match self.0.judge_refusal().await {
                    Ok(()) => {
                        return Failure::Refused {
                            message: trouble.message,
                        };
                    }
                    Err(Some(failure)) => return failure,
                    Err(None) => request_hint(&trouble.message),
                };
                refused.to_owned()
            }
        };
        self.fatal(trouble.class, trouble.message, hint)
    }

    pub(crate) fn give_up(&self, trouble: Trouble, failing: Duration) -> Failure {
        let urls: Vec<&str> = self
            .0
            .addresses
            .iter()
            .map(|address| address.base.as_str())
            .collect();
        let message = format!(
            "no call succeeded for {:.0} s at {}; the last failure: {}",
            failing.as_secs_f64(),
            urls.join(", "),
            trouble.message
        );
        let hint = match trouble.class {
            Class::Connection => "start the server, or correct `base_url`",
            Class::RateLimit => {
                "lower `max_in_flight`, or set `requests_per_minute` and `tokens_per_minute`"
            }
            Class::Timeout => {
                "raise `deadline_seconds`, or lower `max_in_flight` or the longest reply"
            }
            _ => "look into the server's log",
        };
        self.fatal(
            trouble.class,
            message,
            format!("{hint}; then resume the run"),
        )
    }

    fn fatal(&self, class: Class, message: String, hint: String) -> Failure {
        let message = format!("model {}: {message}", self.0.name);
        self.end(Failure::Fatal {
            class,
            message,
            hint,
        })
    }

    fn key_hint(&self) -> String {
        match &self.0.settings.api_key_env {
            Some(name) => format!("check the key in {name}"),
            None => "set OPENAI_API_KEY to the key, or name another variable in `api_key_env`"
                .to_owned(),
        }
    }

    async fn models_hint(&self, replica: usize) -> String {
        let model = &self.0.settings.model;
        match self.models_of(replica).await {
            Ok(models) if models.iter().any(|served| served.id == *model) => {
                "the server has the model: check the path of `base_url`, and `endpoint`".to_owned()
            }
            Ok(models) if models.is_empty() => {
                "the server lists no models: load one, or correct `base_url`".to_owned()
            }
            Ok(models) => {
                let ids: Vec<&str> = models
                    .iter()
                    .take(20)
                    .map(|served| served.id.as_str())
                    .collect();
                format!("set `model` to one that the server has: {}", ids.join(", "))
            }
            Err(_) => "correct `base_url`, which usually ends in /v1, or `model`".to_owned(),
        }
    }
}

fn request_hint(message: &str) -> &'static str {
    if message.contains("max_completion_tokens") {
        return "set `max_tokens_field: max_completion_tokens`";
    }
    "the server refused every request: change the settings that it names; a null in `extra_body` leaves a field out"
}
