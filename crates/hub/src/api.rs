//! The Hub's own questions: repositories, branches, what is there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use crate::local::Local;
use crate::session::Session;
use crate::{Error, Repository};

/// Files in one question, as `huggingface_hub` asks.
const FILES_AT_ONCE: usize = 256;

/// What the Hub says of a repository.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Info {
    #[serde(default)]
    pub private: bool,
    /// The newest commit.
    pub sha: Option<String>,
}

/// How a file goes to the Hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Inside the commit.
    Regular,
    /// By itself, by the LFS protocol.
    Lfs,
}

/// What the Hub says of a file before it is sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Before {
    pub path: String,
    pub upload_mode: Mode,
    #[serde(default)]
    pub should_ignore: bool,
    /// The name of the content that it has under this path.
    pub oid: Option<String>,
}

/// A name in an address.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The repository, where it is there and the token may see it.
pub(crate) async fn info(
    session: &Session<'_>,
    repository: &Repository,
    revision: Option<&str>,
) -> Result<Option<Info>, Error> {
    let action = format!("look at {repository}");
    let path = match revision {
        Some(revision) => format!("/api/datasets/{repository}/revision/{}", quoted(revision)),
        None => format!("/api/datasets/{repository}"),
    };
    let answer = session
        .send(&action, &[404], || Ok(session.hub(Method::GET, &path)))
        .await?;
    if answer.status().as_u16() == 404 {
        return Ok(None);
    }
    Ok(Some(session.json(&action, answer).await?))
}

/// Makes the repository.
pub(crate) async fn create(
    session: &Session<'_>,
    repository: &Repository,
    private: bool,
) -> Result<(), Error> {
    let body = json!({
        "type": "dataset", "name": repository.name, "organization": repository.owner, "private": private,
    });
    // 409: another push has made it meanwhile, or an attempt whose answer was lost.
    let request = || {
        Ok(session
            .hub(Method::POST, "/api/repos/create")
            .body(body.to_string())
            .header("content-type", "application/json"))
    };
    let action = format!("make the repository {repository}");
    session.send(&action, &[409], request).await?;
    Ok(())
}

/// Makes a branch from the main one.
pub(crate) async fn branch(
    session: &Session<'_>,
    repository: &Repository,
    revision: &str,
) -> Result<(), Error> {
    let path = format!("/api/datasets/{repository}/branch/{}", quoted(revision));
    let request = || {
        Ok(session
            .hub(Method::POST, &path)
            .body("{}")
            .header("content-type", "application/json"))
    };
    let action = format!("make the branch {revision}");
    session.send(&action, &[409], request).await?;
    Ok(())
}

/// Asks how each file goes to the Hub, and what it has under its path.
pub(crate) async fn before(
    session: &Session<'_>,
    repository: &Repository,
    revision: &str,
    files: &[Local],
) -> Result<Vec<Before>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        files: Vec<Before>,
    }
    let action = "ask what is there";
    let path = format!("/api/datasets/{repository}/preupload/{}", quoted(revision));
    let mut all = Vec::with_capacity(files.len());
    for some in files.chunks(FILES_AT_ONCE) {
        let listed: Vec<serde_json::Value> = some
            .iter()
            .map(|file| {
                json!({"path": file.name, "size": file.size, "sample": BASE64.encode(&file.sample)})
            })
            .collect();
        let body = json!({"files": listed}).to_string();
        let request = || {
            Ok(session
                .hub(Method::POST, &path)
                .body(body.clone())
                .header("content-type", "application/json"))
        };
        let answer = session.send(action, &[], request).await?;
        let mut answer: Answer = session.json(action, answer).await?;
        for file in some {
            let place = answer.files.iter().position(|told| told.path == file.name);
            let told = place.map(|place| answer.files.swap_remove(place));
            let mut told = told.ok_or_else(|| Error::Malformed {
                action: action.into(),
                message: format!("nothing is said of {}", file.name),
            })?;
            if file.size == 0 {
                // Storage takes no empty object.
                told.upload_mode = Mode::Regular;
            }
            all.push(told);
        }
    }
    Ok(all)
}

/// The files directly in a folder of the repository.
pub(crate) async fn listing(
    session: &Session<'_>,
    repository: &Repository,
    revision: &str,
    folder: &str,
) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Entry {
        #[serde(rename = "type")]
        kind: String,
        path: String,
    }
    let action = format!("list {folder}");
    let mut path = format!(
        "/api/datasets/{repository}/tree/{}/{}",
        quoted(revision),
        quoted(folder)
    );
    let mut found = Vec::new();
    loop {
        let answer = session
            .send(&action, &[404], || Ok(session.hub(Method::GET, &path)))
            .await?;
        if answer.status().as_u16() == 404 {
            return Ok(found);
        }
        let next = next_page(&answer);
        let entries: Vec<Entry> = session.json(&action, answer).await?;
        found.extend(
            entries
                .into_iter()
                .filter(|entry| entry.kind == "file")
                .map(|entry| entry.path),
        );
        match next {
            Some(next) => path = next,
            None => return Ok(found),
        }
    }
}

/// The path and query of the next page, from the `Link` header (RFC 8288).
fn next_page(answer: &reqwest::Response) -> Option<String> {
    let link = answer.headers().get("link")?.to_str().ok()?;
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let address = next.split_once('<')?.1.split_once('>')?.0;
    let url = answer.url().join(address).ok()?;
    let query = url.query().map(|query| format!("?{query}"));
    Some(format!("{}{}", url.path(), query.unwrap_or_default()))
}
