//! What each path of a Hub answers.

use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::{Method, Request};
use serde_json::{Value, json};

use super::state::{Branch, HubFault, HubFile, Inner, State, sha256};
use crate::answer::{Answer, json_of, with};
use crate::routes::Closed;

struct Asked {
    method: Method,
    path: String,
    query: String,
    token: Option<String>,
    body: Bytes,
}

pub(super) async fn answer(state: &State, request: Request<Incoming>) -> Result<Answer, Closed> {
    let (parts, mut body) = request.into_parts();
    let line = format!("{} {}", parts.method, parts.uri.path());
    let fault = {
        let mut inner = state.inner();
        inner.lines.push(line.clone());
        inner.fault(&line)
    };
    match fault {
        Some(HubFault::Hold) => {
            state.held.send_modify(|held| *held += 1);
            std::future::pending::<()>().await;
        }
        Some(HubFault::Cut) => {
            let _ = body.frame().await;
            return Err(Closed);
        }
        _ => {}
    }
    let token = parts.headers.get(AUTHORIZATION);
    let asked = Asked {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        token: token
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        body: body.collect().await.map_err(|_| Closed)?.to_bytes(),
    };
    if let Some(HubFault::Status(status)) = fault {
        let answer = json_of(status, &json!({"error": "as asked for"}));
        return Ok(with(answer, "retry-after", HeaderValue::from(0)));
    }
    let answer = route(state, &asked);
    match fault {
        Some(HubFault::Lost) => Err(Closed),
        _ => Ok(answer),
    }
}

fn error(status: u16, message: &str) -> Answer {
    json_of(status, &json!({"error": message}))
}

fn route(state: &State, asked: &Asked) -> Answer {
    if asked.path.starts_with("/storage/") {
        return store(state, asked);
    }
    if let Some(sha) = asked.path.strip_prefix("/complete/") {
        return complete(state, asked, sha);
    }
    let wanted = format!("Bearer {}", state.options.token);
    match &asked.token {
        Some(token) if *token == wanted => {}
        // The real Hub does not repeat the token; a proxy in front of it might.
        Some(token) => {
            return error(
                401,
                &format!("Invalid credentials in Authorization header: {token}"),
            );
        }
        None => return error(401, "Invalid username or password."),
    }
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let mut inner = state.inner();
    if asked.path == "/api/repos/create" {
        return create(&mut inner, &body);
    }
    if let Some(rest) = asked.path.strip_prefix("/datasets/") {
        return match rest.split_once(".git/info/lfs/") {
            Some((repository, "objects/batch")) => batch(state, &inner, repository, &body),
            Some((_, "verify")) => verify(&inner, &body),
            _ => error(404, "no such page"),
        };
    }
    let Some(rest) = asked.path.strip_prefix("/api/datasets/") else {
        return error(404, "no such page");
    };
    let mut names = rest.splitn(5, '/');
    let mut name = || names.next().unwrap_or_default().replace("%2F", "/");
    let repository = format!("{}/{}", name(), name());
    let (what, revision, more) = (name(), name(), name());
    let Some(found) = inner.repositories.get_mut(&repository) else {
        return error(404, "Repository not found");
    };
    if what.is_empty() {
        return json_of(
            200,
            &json!({"id": repository, "private": found.private, "sha": head(found.branches.get("main"))}),
        );
    }
    if what == "branch" {
        let main = found.branches.get("main").cloned().unwrap_or_default();
        if found.branches.contains_key(&revision) {
            return error(409, "Reference already exists");
        }
        found.branches.insert(revision, main);
        return json_of(200, &json!({}));
    }
    let private = found.private;
    let Some(branch) = found.branches.get_mut(&revision) else {
        return error(404, "Invalid rev id");
    };
    match (&asked.method, what.as_str()) {
        (&Method::GET, "revision") => json_of(
            200,
            &json!({"id": repository, "private": private, "sha": head(Some(branch))}),
        ),
        (&Method::POST, "preupload") => preupload(state, branch, &body),
        (&Method::GET, "tree") => tree(state, asked, branch, &more),
        (&Method::POST, "commit") => {
            let objects = inner.objects.clone();
            let Some(branch) = inner
                .repositories
                .get_mut(&repository)
                .and_then(|own| own.branches.get_mut(&revision))
            else {
                return error(404, "Invalid rev id");
            };
            commit(branch, &objects, &asked.body)
        }
        _ => error(404, "no such page"),
    }
}

fn head(branch: Option<&Branch>) -> String {
    format!("{:040x}", branch.map_or(0, |branch| branch.commits))
}

fn create(inner: &mut Inner, body: &Value) -> Answer {
    let text = |key: &str| body[key].as_str().unwrap_or_default();
    if text("type") != "dataset" {
        return error(400, "only data sets here");
    }
    let repository = format!("{}/{}", text("organization"), text("name"));
    if inner.repositories.contains_key(&repository) {
        return error(409, "You already created this dataset repo");
    }
    inner.make(&repository, body["private"] == true);
    json_of(200, &json!({"url": repository}))
}

fn preupload(state: &State, branch: &Branch, body: &Value) -> Answer {
    let files = body["files"].as_array().cloned().unwrap_or_default();
    let told: Vec<Value> = files
        .iter()
        .map(|file| {
            let path = file["path"].as_str().unwrap_or_default();
            let large = file["size"].as_u64() > Some(state.options.lfs_above);
            let mode = if large || path.ends_with(".parquet") {
                "lfs"
            } else {
                "regular"
            };
            let oid = branch.files.get(path).map(HubFile::oid);
            json!({"path": path, "uploadMode": mode, "shouldIgnore": false, "oid": oid})
        })
        .collect();
    json_of(200, &json!({"files": told}))
}

fn tree(state: &State, asked: &Asked, branch: &Branch, folder: &str) -> Answer {
    let start = format!("{folder}/");
    let files: Vec<&String> = branch
        .files
        .keys()
        .filter(|path| path.starts_with(&start))
        .collect();
    if files.is_empty() {
        return error(404, "Entry not found");
    }
    let from: usize = asked
        .query
        .strip_prefix("cursor=")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let page = files.iter().skip(from).take(state.options.page);
    let listed: Vec<Value> = page
        .map(|path| json!({"type": "file", "path": path}))
        .collect();
    let answer = json_of(200, &json!(listed));
    let next = from + state.options.page;
    if next >= files.len() {
        return answer;
    }
    let link = format!("<{}{}?cursor={next}>; rel=\"next\"", state.url, asked.path);
    match HeaderValue::from_str(&link) {
        Ok(link) => with(answer, "link", link),
        Err(_) => error(500, "a link that is no header"),
    }
}

fn batch(state: &State, inner: &Inner, repository: &str, body: &Value) -> Answer {
    let objects = body["objects"].as_array().cloned().unwrap_or_default();
    let told: Vec<Value> = objects
        .iter()
        .map(|object| {
            let (oid, size) = (object["oid"].as_str().unwrap_or_default(), object["size"].as_u64().unwrap_or(0));
            if inner.objects.contains_key(oid) {
                return json!({"oid": oid, "size": size});
            }
            let upload = match state.options.part.filter(|part| size > *part) {
                None => json!({"href": format!("{}/storage/{oid}", state.url)}),
                Some(part) => {
                    let mut header = json!({"chunk_size": part.to_string()});
                    for number in 1..=size.div_ceil(part) {
                        header[format!("{number:05}")] = format!("{}/storage/{oid}/{number}", state.url).into();
                    }
                    json!({"href": format!("{}/complete/{oid}", state.url), "header": header})
                }
            };
            let verify = format!("{}/datasets/{repository}.git/info/lfs/verify", state.url);
            json!({"oid": oid, "size": size, "actions": {"upload": upload, "verify": {"href": verify}}})
        })
        .collect();
    json_of(200, &json!({"transfer": "basic", "objects": told}))
}

fn store(state: &State, asked: &Asked) -> Answer {
    if asked.token.is_some() {
        return error(400, "Only one auth mechanism allowed");
    }
    let rest = asked.path.trim_start_matches("/storage/");
    let mut inner = state.inner();
    match rest.split_once('/') {
        None if sha256(&asked.body) == rest => {
            inner.objects.insert(rest.to_owned(), asked.body.clone());
            json_of(200, &json!({}))
        }
        None => error(400, "the content is not what its name says"),
        Some((sha, number)) => {
            let number = number.parse().unwrap_or(0);
            inner
                .parts
                .insert((sha.to_owned(), number), asked.body.clone());
            with(json_of(200, &json!({})), "etag", HeaderValue::from(number))
        }
    }
}

fn complete(state: &State, asked: &Asked, sha: &str) -> Answer {
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let mut inner = state.inner();
    let mut whole = Vec::new();
    for (place, part) in body["parts"].as_array().into_iter().flatten().enumerate() {
        let number = place as u64 + 1;
        let known = inner.parts.get(&(sha.to_owned(), number));
        if part["partNumber"] != number
            || part["etag"].as_str() != Some(number.to_string().as_str())
            || known.is_none()
        {
            return error(400, "not the parts that were uploaded");
        }
        whole.extend(known.into_iter().flatten());
    }
    if sha256(&whole) != sha || body["oid"] != sha {
        return error(400, "the content is not what its name says");
    }
    inner.objects.insert(sha.to_owned(), whole.into());
    json_of(200, &json!({}))
}

fn verify(inner: &Inner, body: &Value) -> Answer {
    let stored = inner.objects.get(body["oid"].as_str().unwrap_or_default());
    match stored {
        Some(stored) if body["size"] == stored.len() as u64 => json_of(200, &json!({})),
        _ => error(404, "no such object"),
    }
}

fn commit(
    branch: &mut Branch,
    objects: &std::collections::BTreeMap<String, Bytes>,
    body: &[u8],
) -> Answer {
    let mut files = branch.files.clone();
    for (place, line) in body
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .enumerate()
    {
        let line: Value = serde_json::from_slice(line).unwrap_or_default();
        let (value, path) = (
            &line["value"],
            line["value"]["path"].as_str().unwrap_or_default(),
        );
        match line["key"].as_str() {
            Some("header") if place == 0 && value["summary"].is_string() => {}
            Some("file") => {
                use base64::Engine as _;
                let content = base64::engine::general_purpose::STANDARD
                    .decode(value["content"].as_str().unwrap_or_default());
                let Ok(content) = content else {
                    return error(400, "not base64");
                };
                files.insert(
                    path.to_owned(),
                    HubFile {
                        content: content.into(),
                        lfs: false,
                    },
                );
            }
            Some("lfsFile") => {
                let stored = objects.get(value["oid"].as_str().unwrap_or_default());
                let Some(content) = stored.filter(|stored| value["size"] == stored.len() as u64)
                else {
                    return error(422, "an LFS pointer to an object that does not exist");
                };
                files.insert(
                    path.to_owned(),
                    HubFile {
                        content: content.clone(),
                        lfs: true,
                    },
                );
            }
            Some("deletedFile") => {
                if files.remove(path).is_none() {
                    return error(404, "A file with this name doesn't exist");
                }
            }
            _ => return error(400, "a line that is not understood"),
        }
    }
    branch.files = files;
    branch.commits += 1;
    json_of(
        200,
        &json!({"success": true, "commitOid": head(Some(branch)), "commitUrl": "", "pullRequestUrl": null}),
    )
}
