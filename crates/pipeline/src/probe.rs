//! What the servers of a model say of themselves.

use caco_client::{Health, ReplicaReport};

use crate::Error;
use crate::config::{Config, Model};
use crate::models::Models;

/// One replica of a server's model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// Its address.
    pub url: String,
    /// What was found, in words.
    pub found: String,
    /// What is wrong with it, and the remedy.
    pub problem: Option<(String, String)>,
}

/// Asks each replica of a model for its models and its health. It costs nothing.
///
/// # Errors
/// When there is no such server, or its settings or the environment lack something.
pub fn probe(config: &Config, name: &str) -> Result<Vec<Replica>, Error> {
    let Some(Model::Server(server)) = config.models.get(name) else {
        return Err(Error::Usage {
            message: format!("`{name}` is no server's model"),
            hint: "name a model of `kind: server`".into(),
        });
    };
    let server = Models::new().server(name, server)?;
    let client = server.client()?;
    let wanted = client.settings().model.clone();
    let reports = server.runtime().block_on(client.models());
    Ok(reports
        .into_iter()
        .map(|report| replica(report, name, &wanted))
        .collect())
}

fn replica(report: ReplicaReport, name: &str, wanted: &str) -> Replica {
    let url = report.url;
    let healthy = match report.health {
        Health::Failed(why) => {
            return Replica {
                found: String::new(),
                problem: Some((
                    why,
                    format!("start the server, or correct `models.{name}.base_url`"),
                )),
                url,
            };
        }
        Health::Ready => "healthy",
        Health::NotOffered => "no health check offered",
    };
    let (found, problem) = match report.models {
        // Not every service has a list; the first call will tell.
        Err(why) => (format!("{healthy}; no list of models ({why})"), None),
        Ok(models) => match models.iter().find(|own| own.id == wanted) {
            Some(own) => {
                let length = own.max_model_len.map_or_else(String::new, |length| {
                    format!(", prompts and replies up to {length} tokens")
                });
                (format!("{healthy}; serves {wanted}{length}"), None)
            }
            None => {
                let names: Vec<&str> = models.iter().map(|own| own.id.as_str()).take(8).collect();
                let problem = format!("it does not serve {wanted}, but {}", names.join(", "));
                let remedy = format!("correct `models.{name}.model`");
                (String::new(), Some((problem, remedy)))
            }
        },
    };
    Replica {
        url,
        found,
        problem,
    }
}
