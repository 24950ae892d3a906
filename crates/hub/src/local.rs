//! Files of this machine, and what the Hub wants to know of them.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use ring::digest;

use crate::Error;

/// Bytes of a file's start that the Hub looks at to tell text from data.
const SAMPLE: usize = 512;

/// A file to upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Where it lies.
    pub path: PathBuf,
    /// Its path in the repository.
    pub name: String,
    /// Its BLAKE3 when it was written; a file with another one is refused.
    pub blake3: Option<String>,
}

/// A file with its hashes.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    pub path: PathBuf,
    pub name: String,
    pub size: u64,
    pub sample: Vec<u8>,
    /// The name of a large file's content.
    pub sha256: String,
    /// The name that Git gives a small file's content: SHA-1 of a header and the bytes.
    pub blob: String,
}

impl Local {
    /// Reads a file once.
    pub(crate) fn read(upload: &Upload, stop: &AtomicBool) -> Result<Self, Error> {
        let failed = |error| Error::io(&upload.path, error);
        let mut file = File::open(&upload.path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let mut sha256 = digest::Context::new(&digest::SHA256);
        let mut blob = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
        blob.update(format!("blob {size}\0").as_bytes());
        let mut own = blake3::Hasher::new();
        let (mut sample, mut buffer, mut read) = (Vec::new(), vec![0; 1 << 18], 0);
        loop {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            let bytes = match file.read(&mut buffer).map_err(failed)? {
                0 => break,
                length => &buffer[..length],
            };
            sample.extend(bytes.iter().take(SAMPLE - sample.len()));
            sha256.update(bytes);
            blob.update(bytes);
            own.update(bytes);
            read += bytes.len() as u64;
        }
        let changed = upload
            .blake3
            .as_ref()
            .is_some_and(|known| *known != own.finalize().to_hex().as_str());
        if changed || read != size {
            return Err(Error::Changed {
                path: upload.path.clone(),
            });
        }
        Ok(Self {
            path: upload.path.clone(),
            name: upload.name.clone(),
            size,
            sample,
            sha256: hex(sha256.finish().as_ref()),
            blob: hex(blob.finish().as_ref()),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_git_and_lfs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "hello\n").unwrap();
        let mut upload = Upload {
            path,
            name: "a.txt".into(),
            blake3: Some(blake3::hash(b"hello\n").to_hex().to_string()),
        };
        let run = AtomicBool::new(false);
        let local = Local::read(&upload, &run).unwrap();
        // `git hash-object` and `sha256sum` of the same text.
        assert_eq!(local.blob, "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(
            local.sha256,
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        );
        assert_eq!((local.size, local.sample.as_slice()), (6, &b"hello\n"[..]));
        upload.blake3 = Some("0".repeat(64));
        assert!(matches!(
            Local::read(&upload, &run),
            Err(Error::Changed { .. })
        ));
        let stopped = AtomicBool::new(true);
        assert!(matches!(
            Local::read(&upload, &stopped),
            Err(Error::Stopped)
        ));
    }
}
