//! The OpenAI batch format: questions that somebody else is to ask, one JSON object on each line.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use caco_ledger::Key;
use serde::Serialize;

use crate::Error;
use crate::config::Sampling;
use crate::generator::{Ask, Generator};

/// A file of questions under way; it appears under its name when it is complete.
pub(crate) struct Batch {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    file: tempfile::NamedTempFile,
    written: HashSet<Key>,
    /// The model and the address of the file: a batch service takes one of each.
    of: Option<(String, &'static str)>,
}

#[derive(Serialize)]
struct Line<'a> {
    custom_id: String,
    method: &'a str,
    url: &'a str,
    body: serde_json::Value,
}

impl Batch {
    pub(crate) fn begin(path: &Path) -> Result<Self, Error> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let file = tempfile::Builder::new()
            .prefix(".calls-")
            .tempfile_in(folder)
            .map_err(|error| Error::io("write in", folder, error))?;
        let state = State {
            file,
            written: HashSet::new(),
            of: None,
        };
        Ok(Self {
            path: path.to_owned(),
            state: Mutex::new(state),
        })
    }

    /// Adds a question, once. Tells whether it is in the file: one of another model than the first waits for the next file.
    pub(crate) fn write(
        &self,
        model: &dyn Generator,
        ask: &Ask,
        sampling: &Sampling,
        key: Key,
    ) -> Result<bool, Error> {
        let (url, body) = model.body(ask, sampling)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let of = state.of.get_or_insert_with(|| (model.id().to_owned(), url));
        if *of != (model.id().to_owned(), url) {
            return Ok(false);
        }
        if !state.written.insert(key) {
            return Ok(true);
        }
        let line = Line {
            custom_id: key.to_string(),
            method: "POST",
            url,
            body,
        };
        let mut text =
            serde_json::to_vec(&line).map_err(|error| Error::Internal(error.to_string()))?;
        text.push(b'\n');
        state
            .file
            .write_all(&text)
            .map_err(|error| Error::io("write", &self.path, error))?;
        Ok(true)
    }

    /// Publishes the file and tells how many questions it holds.
    pub(crate) fn finish(self) -> Result<u64, Error> {
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        state
            .file
            .as_file()
            .sync_all()
            .map_err(|error| Error::io("write", &self.path, error))?;
        state
            .file
            .persist(&self.path)
            .map_err(|error| Error::io("write", &self.path, error.error))?;
        Ok(state.written.len() as u64)
    }
}
