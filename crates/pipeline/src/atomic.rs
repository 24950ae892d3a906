//! Files and folders that appear whole or not at all.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Error;

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A name beside `path` that no reader looks at; `.partial` marks what a killed process leaves behind.
fn aside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".{name}.{}-{count}.partial", std::process::id()))
}

/// Writes a file aside, syncs it, renames it into place and syncs the folder, which is made when it is absent.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = folder_of(path);
    create_dir(folder)?;
    let aside = aside(path);
    let written = File::create(&aside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&aside, path)) {
        let _ = fs::remove_file(&aside);
        return Err(Error::io("write", path, error));
    }
    sync_dir(folder)
}

/// As [`write`], but without waiting for the disk: for files that can be derived again.
pub(crate) fn write_derived(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let aside = aside(path);
    fs::write(&aside, bytes)
        .and_then(|()| fs::rename(&aside, path))
        .map_err(|error| {
            let _ = fs::remove_file(&aside);
            Error::io("write", path, error)
        })
}

/// Makes a folder and its parents.
pub(crate) fn create_dir(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|error| Error::io("make the folder", path, error))
}

/// Makes the renames in a folder durable.
pub(crate) fn sync_dir(path: &Path) -> Result<(), Error> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| Error::io("sync the folder", path, error))
}

/// The folder that a path lies in; `.` for a bare name.
fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Moves a finished folder into place: every file in it is synced first. An existing folder is replaced.
pub(crate) fn publish_dir(from: &Path, to: &Path) -> Result<(), Error> {
    if to.exists() {
        remove_dir(to)?;
    }
    publish_new_dir(from, to)
}

/// As [`publish_dir`], but an existing folder that is not empty stays and is an error.
pub(crate) fn publish_new_dir(from: &Path, to: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(from).map_err(|error| Error::io("read the folder", from, error))? {
        let path = entry
            .map_err(|error| Error::io("read the folder", from, error))?
            .path();
        if path.is_file() {
            File::open(&path)
                .and_then(|file| file.sync_all())
                .map_err(|error| Error::io("sync", &path, error))?;
        }
    }
    sync_dir(from)?;
    fs::rename(from, to).map_err(|error| Error::io("move the folder into place at", to, error))?;
    sync_dir(folder_of(to))
}

/// Removes a folder and everything in it, if it is there.
pub(crate) fn remove_dir(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("remove", path, error))
        }
        _ => Ok(()),
    }
}

/// Removes what killed processes left aside in a folder.
pub(crate) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(".partial") && entry.path().is_file() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|error| Error::io("read", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_and_nothing_is_left_aside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/er/file.bin");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_are_swept_and_published_files_stay() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".x.parquet.99-0.partial"), b"half").unwrap();
        write(&dir.path().join("x.parquet"), b"whole").unwrap();
        sweep(dir.path());
        let names: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["x.parquet"]);
    }

    #[test]
    fn a_published_folder_is_replaced_only_on_purpose() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        write(&to.join("x"), b"old").unwrap();
        write(&from.join("x"), b"new").unwrap();
        assert!(publish_new_dir(&from, &to).is_err());
        assert_eq!(read(&to.join("x")).unwrap(), b"old");
        publish_dir(&from, &to).unwrap();
        assert_eq!(read(&to.join("x")).unwrap(), b"new");
        assert_eq!(folder_of(Path::new("bare")), Path::new("."));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), b"").unwrap();
        let error = write(&dir.path().join("file/below/x"), b"").unwrap_err();
        assert!(error.to_string().contains("file/below"), "{error}");
        assert_eq!(error.category().exit_code(), 3);
    }
}
