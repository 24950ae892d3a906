//! Large files by the Git LFS protocol: the batch question, then a basic upload or one in parts.
//! <https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md>, and the Hub's multipart extension as in
//! `huggingface_hub/lfs.py`.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::{Body, Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::body::Part;
use crate::local::Local;
use crate::session::{Session, Told};
use crate::{Error, Repository};

/// Files in one question.
const FILES_AT_ONCE: usize = 256;
/// Files that are uploaded at the same time.
const UPLOADS: usize = 4;
/// How often a file's address may have expired before it was used.
const ADDRESSES: u32 = 4;
const LFS_JSON: &str = "application/vnd.git-lfs+json";

#[derive(Deserialize)]
struct Batch {
    objects: Vec<Object>,
}

#[derive(Clone, Debug, Deserialize)]
struct Object {
    oid: String,
    /// Absent where the Hub has the content already.
    actions: Option<Actions>,
    error: Option<Refusal>,
}

#[derive(Clone, Debug, Deserialize)]
struct Refusal {
    message: String,
    #[serde(default)]
    code: u16,
}

#[derive(Clone, Debug, Deserialize)]
struct Actions {
    upload: Option<Action>,
    verify: Option<Action>,
}

#[derive(Clone, Debug, Deserialize)]
struct Action {
    href: String,
    #[serde(default)]
    header: BTreeMap<String, Value>,
}

/// Uploads what the Hub does not have.
pub(crate) async fn upload(
    session: &Session<'_>,
    repository: &Repository,
    revision: &str,
    files: &[&Local],
) -> Result<(), Error> {
    let mut waiting = Vec::new();
    for some in files.chunks(FILES_AT_ONCE) {
        let mut objects = batch(session, repository, revision, some).await?;
        for file in some {
            let object = objects.remove(&file.sha256);
            waiting.push((*file, object.ok_or_else(|| missing(file))?));
        }
    }
    stream::iter(waiting.into_iter().map(Ok::<_, Error>))
        .map(|pair| async {
            let (file, object) = pair?;
            one(session, repository, revision, file, object).await
        })
        .buffer_unordered(UPLOADS)
        .try_collect::<()>()
        .await
}

fn missing(file: &Local) -> Error {
    Error::Malformed {
        action: "ask where large files go".into(),
        message: format!("nothing is said of {}", file.name),
    }
}

/// Uploads one file. An address that has expired meanwhile is asked for again.
async fn one(
    session: &Session<'_>,
    repository: &Repository,
    revision: &str,
    file: &Local,
    mut object: Object,
) -> Result<(), Error> {
    let mut addresses = 1;
    let before = loop {
        let Some(actions) = &object.actions else {
            break addresses == 1;
        };
        let Some(action) = &actions.upload else {
            break addresses == 1;
        };
        match sent(session, file, action).await {
            Ok(()) => {
                if let Some(verify) = &actions.verify {
                    let body = json!({"oid": file.sha256, "size": file.size}).to_string();
                    let request = || {
                        let request = session.given(Method::POST, &verify.href, true);
                        Ok(headers(request, &verify.header)
                            .header("content-type", LFS_JSON)
                            .header("accept", LFS_JSON)
                            .body(body.clone()))
                    };
                    session
                        .send(&format!("verify {}", file.name), &[], request)
                        .await?;
                }
                break false;
            }
            Err(
                Error::Forbidden { .. } | Error::Token { .. } | Error::Refused { status: 400, .. },
            ) if addresses < ADDRESSES => {
                addresses += 1;
                object = batch(session, repository, revision, &[file])
                    .await?
                    .remove(&file.sha256)
                    .ok_or_else(|| missing(file))?;
            }
            Err(error) => return Err(error),
        }
    };
    (session.told)(Told::Uploaded {
        name: file.name.clone(),
        bytes: file.size,
        before,
    });
    Ok(())
}

/// Where the content of files goes, by their hashes.
async fn batch(
    session: &Session<'_>,
    repository: &Repository,
    revision: &str,
    files: &[&Local],
) -> Result<BTreeMap<String, Object>, Error> {
    let objects: Vec<Value> = files
        .iter()
        .map(|file| json!({"oid": file.sha256, "size": file.size}))
        .collect();
    let body = json!({
        "operation": "upload", "transfers": ["basic", "multipart"], "hash_algo": "sha256",
        "ref": {"name": revision}, "objects": objects,
    })
    .to_string();
    let path = format!("/datasets/{repository}.git/info/lfs/objects/batch");
    let action = "ask where large files go";
    let request = || {
        let request = session.hub(Method::POST, &path);
        Ok(request
            .header("content-type", LFS_JSON)
            .header("accept", LFS_JSON)
            .body(body.clone()))
    };
    let answer = session.send(action, &[], request).await?;
    let batch: Batch = session.json(action, answer).await?;
    let mut found = BTreeMap::new();
    for object in batch.objects {
        if let Some(refusal) = object.error {
            let file = files.iter().find(|file| file.sha256 == object.oid);
            return Err(Error::Refused {
                action: format!("take {}", file.map_or("a file", |file| file.name.as_str())),
                status: refusal.code,
                message: refusal.message,
            });
        }
        // The same content under two paths is one object.
        found.insert(object.oid.clone(), object);
    }
    for file in files {
        if !found.contains_key(&file.sha256) {
            return Err(missing(file));
        }
    }
    Ok(found)
}

/// Sends a file's content to where the Hub wants it.
async fn sent(session: &Session<'_>, file: &Local, action: &Action) -> Result<(), Error> {
    let name = format!("upload {}", file.name);
    let Some(size) = action.header.get("chunk_size") else {
        let request = || {
            let request = session.given(Method::PUT, &action.href, false);
            put(
                session,
                headers(request, &action.header),
                file,
                0,
                file.size,
            )
        };
        session.send(&name, &[], request).await?;
        return Ok(());
    };
    let malformed = |message: &str| Error::Malformed {
        action: name.clone(),
        message: message.into(),
    };
    let size = match size {
        Value::String(text) => text.parse::<u64>().ok(),
        other => other.as_u64(),
    };
    let size = size
        .filter(|size| *size > 0)
        .ok_or_else(|| malformed("its chunk_size is no number of bytes"))?;
    let mut addresses: Vec<(u64, &str)> = action
        .header
        .iter()
        .filter_map(|(key, value)| Some((key.parse::<u64>().ok()?, value.as_str()?)))
        .collect();
    addresses.sort_unstable();
    if addresses.len() as u64 != file.size.div_ceil(size) {
        return Err(malformed("it has not one address for each part"));
    }
    let mut parts = Vec::with_capacity(addresses.len());
    for (place, (_, address)) in addresses.into_iter().enumerate() {
        let start = place as u64 * size;
        let length = size.min(file.size - start);
        let request = || {
            let request = session.given(Method::PUT, address, false);
            put(session, request, file, start, length)
        };
        let answer = session.send(&name, &[], request).await?;
        let tag = answer
            .headers()
            .get("etag")
            .and_then(|tag| tag.to_str().ok());
        let tag = tag.filter(|tag| !tag.is_empty());
        let tag = tag.ok_or_else(|| malformed("a part has no etag"))?;
        parts.push(json!({"partNumber": place + 1, "etag": tag}));
    }
    let body = json!({"oid": file.sha256, "parts": parts}).to_string();
    let request = || {
        let request = session.given(Method::POST, &action.href, true);
        Ok(request
            .header("content-type", LFS_JSON)
            .header("accept", LFS_JSON)
            .body(body.clone()))
    };
    session.send(&name, &[], request).await?;
    Ok(())
}

fn put(
    session: &Session<'_>,
    request: RequestBuilder,
    file: &Local,
    start: u64,
    length: u64,
) -> Result<RequestBuilder, Error> {
    let part = Part::open(&file.path, start, length, session.stop);
    let part = part.map_err(|error| Error::io(&file.path, error))?;
    Ok(request
        .header("content-length", length)
        .body(Body::wrap(part)))
}

/// The headers that the Hub wants with an address.
fn headers(mut request: RequestBuilder, wanted: &BTreeMap<String, Value>) -> RequestBuilder {
    for (name, value) in wanted {
        if let Some(value) = value.as_str() {
            request = request.header(name, value);
        }
    }
    request
}
