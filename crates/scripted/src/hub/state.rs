//! What a Hub holds.

use std::collections::BTreeMap;
use std::sync::Mutex;

use hyper::body::Bytes;
use ring::digest;
use tokio::sync::watch;

/// What a Hub is apart from its content.
#[derive(Clone, Debug)]
pub struct HubOptions {
    /// The token that it accepts. Default `hf_token`.
    pub token: String,
    /// Larger files, and all Parquet, go by LFS. Default 1000 bytes.
    pub lfs_above: u64,
    /// Objects above so many bytes are uploaded in parts of that size. Default: none.
    pub part: Option<u64>,
    /// Files on one page of a listing. Default 2.
    pub page: usize,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            token: "hf_token".into(),
            lfs_above: 1000,
            part: None,
            page: 2,
        }
    }
}

/// Something that goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HubFault {
    /// This status, with `Retry-After: 0`.
    Status(u16),
    /// The connection is closed when the first bytes of the request's body are there.
    Cut,
    /// The request is carried out, and the connection closed without an answer.
    Lost,
    /// The request is never answered.
    Hold,
}

/// A file of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubFile {
    /// Its content.
    pub content: Bytes,
    /// Whether it came by LFS.
    pub lfs: bool,
}

impl HubFile {
    /// The name of its content: SHA-256 by LFS, else Git's.
    pub(super) fn oid(&self) -> String {
        if self.lfs {
            return sha256(&self.content);
        }
        let mut whole = format!("blob {}\0", self.content.len()).into_bytes();
        whole.extend_from_slice(&self.content);
        hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &whole).as_ref())
    }
}

pub(super) fn sha256(content: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, content).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Clone, Default)]
pub(super) struct Branch {
    pub files: BTreeMap<String, HubFile>,
    pub commits: usize,
}

pub(super) struct Repository {
    pub private: bool,
    pub branches: BTreeMap<String, Branch>,
}

#[derive(Default)]
pub(super) struct Inner {
    pub repositories: BTreeMap<String, Repository>,
    /// Stored objects by their hashes.
    pub objects: BTreeMap<String, Bytes>,
    /// Parts of objects that are not complete.
    pub parts: BTreeMap<(String, u64), Bytes>,
    pub faults: Vec<(String, HubFault)>,
    pub lines: Vec<String>,
}

impl Inner {
    pub(super) fn make(&mut self, repository: &str, private: bool) {
        let main = Branch {
            commits: 1,
            ..Branch::default()
        };
        let made = Repository {
            private,
            branches: BTreeMap::from([("main".to_owned(), main)]),
        };
        self.repositories.insert(repository.to_owned(), made);
    }

    /// Takes the first fault that is meant for a request.
    pub(super) fn fault(&mut self, line: &str) -> Option<HubFault> {
        let place = self
            .faults
            .iter()
            .position(|(part, _)| line.contains(part.as_str()))?;
        Some(self.faults.remove(place).1)
    }
}

pub(super) struct State {
    pub url: String,
    pub options: HubOptions,
    pub inner: Mutex<Inner>,
    /// Requests that are never answered.
    pub held: watch::Sender<usize>,
}
