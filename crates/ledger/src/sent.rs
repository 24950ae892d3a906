//! `sent.log`: the keys of the calls that are under way. A killed process leaves it behind.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::{Error, Key};

const FILE: &str = "sent.log";

/// Appends a line for each call that is sent. Nothing is synced: what a process has written survives its death, and
/// only a dead machine loses the count.
pub(crate) struct Sent {
    path: PathBuf,
    file: Mutex<File>,
}

/// The keys that an earlier process had sent. The last line may be torn.
pub(crate) fn left(folder: &Path) -> Result<Vec<Key>, Error> {
    let path = folder.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let mut left: Vec<Key> = Vec::new();
            for line in text.lines() {
                match line.strip_prefix('-') {
                    None => left.extend(line.parse::<Key>()),
                    Some(gone) => {
                        let gone = gone.parse::<Key>().ok();
                        if let Some(place) = left.iter().rposition(|key| Some(*key) == gone) {
                            left.swap_remove(place);
                        }
                    }
                }
            }
            Ok(left)
        }
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(Error::Io {
            action: "read",
            path,
            source,
        }),
    }
}

impl Sent {
    /// Begins a new list.
    pub(crate) fn begin(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE);
        let file = File::create(&path).map_err(|source| Error::Io {
            action: "write",
            path: path.clone(),
            source,
        })?;
        Ok(Self {
            path,
            file: Mutex::new(file),
        })
    }

    pub(crate) fn add(&self, key: Key) -> Result<(), Error> {
        self.write(&format!("{key}\n"))
    }

    /// Takes back a call that ended without a reply.
    pub(crate) fn take_back(&self, key: Key) -> Result<(), Error> {
        self.write(&format!("-{key}\n"))
    }

    fn write(&self, line: &str) -> Result<(), Error> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes()).map_err(|source| Error::Io {
            action: "write",
            path: self.path.clone(),
            source,
        })
    }
}
