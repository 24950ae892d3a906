//! Whole-file reading and atomic writing.

use crate::{Error, Result};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(Error::io(path))
}

/// Reads and parses a JSON file.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_slice(&read(path)?).map_err(Error::json(path))
}

/// Writes a file so that a reader sees the old or the new content, never a part: write aside, sync, rename.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    write_with(path, |file| {
        file.write_all(content).map_err(Error::io(path))
    })
}

/// As [`write`], with the content written by a function.
pub(crate) fn write_with(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<File>) -> Result<()>,
) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    let aside = Path::new(&name);
    let mut file = BufWriter::new(File::create(aside).map_err(Error::io(aside))?);
    content(&mut file)?;
    file.flush()
        .and_then(|()| file.get_ref().sync_all())
        .map_err(Error::io(aside))?;
    std::fs::rename(aside, path).map_err(Error::io(path))
}

/// Writes a value as indented JSON with a final newline.
pub(crate) fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value).map_err(Error::json(path))?;
    text.push('\n');
    write(path, text.as_bytes())
}

/// Creates a directory and its parents.
pub(crate) fn create_dir(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(Error::io(path))
}
