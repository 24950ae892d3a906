//! Lines in.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Result, failed};

/// A line that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u64,
    /// Its bytes, without the line end and spaces around it.
    pub text: Vec<u8>,
}

/// How far a reader is, also from another thread.
#[derive(Debug, Clone)]
pub struct Progress {
    read: Arc<AtomicU64>,
    total: u64,
}

impl Progress {
    /// Bytes of the file read so far, and in all; 0 in all where that is unknown.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        (self.read.load(Ordering::Relaxed), self.total)
    }
}

/// Counts what is read through it.
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Reads lines; gzip and zstd are recognised by their first bytes.
pub struct Reader {
    path: PathBuf,
    lines: Box<dyn BufRead + Send>,
    number: u64,
    progress: Progress,
}

impl Reader {
    /// Opens a file, or stdin for `-`.
    ///
    /// # Errors
    /// Where it cannot be opened or read.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = failed("cannot read", path);
        let read: Arc<AtomicU64> = Arc::default();
        let (raw, total): (Box<dyn Read + Send>, u64) = if path == Path::new("-") {
            (Box::new(io::stdin()), 0)
        } else {
            let file = File::open(path).map_err(&failed)?;
            let total = file.metadata().map_or(0, |about| about.len());
            (Box::new(file), total)
        };
        let counted = Counted {
            inner: raw,
            count: Arc::clone(&read),
        };
        let mut buffered = BufReader::with_capacity(1 << 16, counted);
        let head = buffered.fill_buf().map_err(&failed)?;
        let lines: Box<dyn BufRead + Send> = if head.starts_with(&[0x1f, 0x8b]) {
            Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(
                buffered,
            )))
        } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            let decoder = zstd::stream::read::Decoder::with_buffer(buffered).map_err(&failed)?;
            Box::new(BufReader::new(decoder))
        } else {
            Box::new(buffered)
        };
        Ok(Self {
            path: path.into(),
            lines,
            number: 0,
            progress: Progress { read, total },
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How far it is; stays true while lines are read.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// The next line that is not blank.
    ///
    /// # Errors
    /// Where the file cannot be read on.
    pub fn line(&mut self) -> Result<Option<Line>> {
        loop {
            let mut text = Vec::new();
            let n = self
                .lines
                .read_until(b'\n', &mut text)
                .map_err(failed("cannot read", &self.path))?;
            if n == 0 {
                return Ok(None);
            }
            self.number += 1;
            let trimmed = text.trim_ascii();
            if !trimmed.is_empty() {
                let text = if trimmed.len() == text.len() {
                    text
                } else {
                    trimmed.to_vec()
                };
                return Ok(Some(Line {
                    number: self.number,
                    text,
                }));
            }
        }
    }
}
