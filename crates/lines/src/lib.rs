//! Files of JSON Lines, plain, gzip or zstd: rows in, rows out, in the same order.
//!
//! A [`Reader`] recognises compression by the first bytes; a [`Writer`] collects lines in `OUT.part` and publishes them as
//! `OUT` at the end, compressed where the name ends in `.gz` or `.zst`; `-` is stdin and stdout. [`Fields`] are a row whose
//! values keep their own text, so that what a command does not set comes out as it came in.
//!
//! ```
//! use caco_lines::{Fields, Reader, Writer};
//! # let folder = tempfile::tempdir().unwrap();
//! # let (input, output) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl.gz"));
//! std::fs::write(&input, "{\"id\": 1.50, \"old\": true}\n").unwrap();
//! let mut reader = Reader::open(&input).unwrap();
//! let mut writer = Writer::open(&output, false).unwrap();
//! writer.restart().unwrap();
//! while let Some(line) = reader.line().unwrap() {
//!     let fields = Fields::parse(&line.text).unwrap();
//!     writer.put(&fields.with(&["old"], &[("new", 2.into())])).unwrap();
//! }
//! writer.publish().unwrap();
//! let line = Reader::open(&output).unwrap().line().unwrap().unwrap();
//! assert_eq!(line.text, br#"{"id": 1.50, "new": 2}"#);
//! ```

mod fields;
mod reader;
mod writer;

pub use fields::Fields;
pub use reader::{Line, Progress, Reader};
pub use writer::Writer;

use std::path::Path;

/// A file that cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What went wrong, with the file.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; {}", self.message, self.hint)
    }
}

impl std::error::Error for Error {}

/// What the functions of this crate return.
pub type Result<T> = std::result::Result<T, Error>;

fn failed<'a>(action: &'a str, path: &'a Path) -> impl Fn(std::io::Error) -> Error + 'a {
    move |error| Error {
        message: format!("{action} {}: {error}", path.display()),
        hint: "check the path, the permissions and the disk".into(),
    }
}
