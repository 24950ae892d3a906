//! The Hub, the token and the repository.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

use crate::Error;

/// Looks a variable up in the environment.
type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The Hub that everybody means.
const ENDPOINT: &str = "https://huggingface.co";

/// Where to push, and as whom.
#[derive(Clone)]
pub struct Settings {
    /// The Hub's address without a slash at its end.
    pub endpoint: String,
    /// The token.
    pub(crate) token: Option<String>,
    /// Nothing may be asked.
    pub offline: bool,
    /// The wait before the second attempt; it doubles with each one, up to a minute.
    pub first_wait: Duration,
    /// Attempts for each request, where another one can succeed.
    pub attempts: u32,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "secret"))
            .field("offline", &self.offline)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Settings by the variables that `huggingface_hub` reads: `HF_ENDPOINT`, `HF_TOKEN` (or `HUGGING_FACE_HUB_TOKEN`, or the
    /// file at `HF_TOKEN_PATH`, by default `HF_HOME/token`), `HF_HUB_OFFLINE`.
    ///
    /// # Errors
    /// [`Error::Setting`] where one cannot be used.
    pub fn from_env(env: Env<'_>) -> Result<Self, Error> {
        let set = |name: &str| {
            env(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let endpoint = set("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned());
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        let usable = Url::parse(&endpoint)
            .is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
        if !usable {
            return Err(Error::Setting {
                what: "HF_ENDPOINT".into(),
                message: format!("`{endpoint}` is not an address as {ENDPOINT}"),
            });
        }
        let token = set("HF_TOKEN").or_else(|| set("HUGGING_FACE_HUB_TOKEN"));
        let token = token.or_else(|| {
            let text = std::fs::read_to_string(token_file(&set)?).ok()?;
            Some(text.trim().to_owned()).filter(|token| !token.is_empty())
        });
        if token
            .as_ref()
            .is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return Err(Error::Setting {
                what: "HF_TOKEN".into(),
                message: "it is not one line of ASCII".into(),
            });
        }
        let offline = set("HF_HUB_OFFLINE").or_else(|| set("TRANSFORMERS_OFFLINE"));
        Ok(Self {
            endpoint,
            token,
            offline: offline.is_some_and(|value| {
                ["1", "ON", "YES", "TRUE"].contains(&value.to_uppercase().as_str())
            }),
            first_wait: Duration::from_secs(1),
            attempts: 8,
        })
    }
}

fn token_file(set: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if let Some(path) = set("HF_TOKEN_PATH") {
        return Some(path.into());
    }
    let home = match set("HF_HOME") {
        Some(home) => PathBuf::from(home),
        None => match set("XDG_CACHE_HOME") {
            Some(cache) => PathBuf::from(cache).join("huggingface"),
            None => PathBuf::from(set("HOME")?).join(".cache/huggingface"),
        },
    };
    Some(home.join("token"))
}

/// The name of a dataset repository, `ORG/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    pub(crate) owner: String,
    pub(crate) name: String,
}

impl std::str::FromStr for Repository {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |message: &str| Error::Setting {
            what: format!("the repository `{text}`"),
            message: message.into(),
        };
        let (owner, name) = text
            .split_once('/')
            .ok_or_else(|| wrong("write it as ORG/NAME"))?;
        for part in [owner, name] {
            let plain = part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            let odd = part.contains("--")
                || part.contains("..")
                || part.starts_with(['-', '.'])
                || part.ends_with(['-', '.'])
                || part.ends_with(".git");
            if part.is_empty() || part.len() > 96 || !plain || odd {
                return Err(wrong(
                    "use letters, digits, `-`, `_` and `.`, at most 96, with no `-` or `.` at an end and no two in a row",
                ));
            }
        }
        Ok(Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl std::fmt::Display for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Settings, Error> {
        Settings::from_env(&|name| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_variables_of_huggingface_hub_count() {
        let plain = settings(&[]).unwrap();
        assert_eq!((plain.endpoint.as_str(), plain.token), (ENDPOINT, None));
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("token"), "hf_file\n").unwrap();
        let home = home.path().to_str().unwrap();
        let token = |variables: &[(&str, &str)]| settings(variables).unwrap().token;
        assert_eq!(token(&[("HF_HOME", home)]).unwrap(), "hf_file");
        assert_eq!(
            token(&[("HF_HOME", home), ("HF_TOKEN", " hf_env\n")]).unwrap(),
            "hf_env"
        );
        let path = format!("{home}/token");
        assert_eq!(token(&[("HF_TOKEN_PATH", &path)]).unwrap(), "hf_file");
        let other = settings(&[
            ("HF_ENDPOINT", "http://127.0.0.1:9/"),
            ("HF_HUB_OFFLINE", "yes"),
        ])
        .unwrap();
        assert_eq!(
            (other.endpoint.as_str(), other.offline),
            ("http://127.0.0.1:9", true)
        );
        assert!(!settings(&[("HF_HUB_OFFLINE", "0")]).unwrap().offline);
        assert!(settings(&[("HF_ENDPOINT", "hub")]).is_err());
        assert!(settings(&[("HF_TOKEN", "a b")]).is_err());
    }

    #[test]
    fn settings_do_not_show_the_token() {
        let settings = settings(&[("HF_TOKEN", "hf_secret")]).unwrap();
        assert!(!format!("{settings:?}").contains("hf_secret"));
    }

    #[test]
    fn names_of_repositories() {
        let name: Repository = "my-org/set_1.0".parse().unwrap();
        assert_eq!(name.to_string(), "my-org/set_1.0");
        for wrong in [
            "set", "a/b/c", "/b", "a/", "a/b--c", "a/-b", "a/b.git", "a/b c", "../b",
        ] {
            assert!(wrong.parse::<Repository>().is_err(), "{wrong}");
        }
    }
}
