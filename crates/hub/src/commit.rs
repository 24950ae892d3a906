//! Commits: lines of JSON with what is added and deleted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use crate::api::{Mode, quoted};
use crate::local::Local;
use crate::session::Session;
use crate::{Error, Repository};

/// One change.
pub(crate) enum Operation<'a> {
    Add(&'a Local, Mode),
    Delete(&'a str),
}

/// The body of a commit.
pub(crate) fn lines(summary: &str, operations: &[Operation<'_>]) -> Result<String, Error> {
    let mut out =
        json!({"key": "header", "value": {"summary": summary, "description": ""}}).to_string();
    out.push('\n');
    for operation in operations {
        let line = match operation {
            Operation::Add(file, Mode::Lfs) => json!({"key": "lfsFile", "value": {
                "path": file.name, "algo": "sha256", "oid": file.sha256, "size": file.size,
            }}),
            Operation::Add(file, Mode::Regular) => {
                let content =
                    std::fs::read(&file.path).map_err(|error| Error::io(&file.path, error))?;
                json!({"key": "file", "value": {
                    "path": file.name, "encoding": "base64", "content": BASE64.encode(content),
                }})
            }
            Operation::Delete(path) => json!({"key": "deletedFile", "value": {"path": path}}),
        };
        out.push_str(&line.to_string());
        out.push('\n');
    }
    Ok(out)
}

/// Sends a commit once. Whether it took place is not known where the answer is lost, so it is not for [`Session::send`] to try
/// again.
pub(crate) async fn send(
    session: &Session<'_>,
    repository: &Repository,
    revision: &str,
    body: &str,
) -> Result<String, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        commit_oid: String,
    }
    let path = format!("/api/datasets/{repository}/commit/{}", quoted(revision));
    let request = || {
        let request = session.hub(Method::POST, &path);
        Ok(request
            .header("content-type", "application/x-ndjson")
            .body(body.to_owned()))
    };
    let answer = session.attempt("commit", 1, &[], request).await?;
    let answer: Answer = session.json("commit", answer).await?;
    Ok(answer.commit_oid)
}
