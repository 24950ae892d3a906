//! One process at a time on a run folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use crate::Error;

/// Holds the run folder until it is dropped or the process dies; the kernel releases the lock of a dead process.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Drop for Lock {
    /// Gives the lock back even where a process that is being started still has a copy of the descriptor: until its `exec` it
    /// would hold the folder.
    fn drop(&mut self) {
        // Where that fails, closing the file does it.
        let _ = self.0.unlock();
    }
}

impl Lock {
    /// Takes the lock of a run folder.
    pub(crate) fn take(dir: &Path) -> Result<Self, Error> {
        let path = dir.join("lock");
        let fail = |error| Error::io("lock", &path, error);
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = file.read_to_string(&mut pid);
                let pid = if pid.trim().is_empty() {
                    "unknown".to_owned()
                } else {
                    pid.trim().to_owned()
                };
                return Err(Error::Locked {
                    path: dir.to_owned(),
                    pid,
                });
            }
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        file.set_len(0).map_err(fail)?;
        file.rewind().map_err(fail)?;
        write!(file, "{}", std::process::id()).map_err(fail)?;
        Ok(Self(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_descriptor_does_not_keep_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        let copy = lock.0.try_clone().unwrap();
        drop(lock);
        Lock::take(dir.path()).unwrap();
        drop(copy);
    }

    #[test]
    fn a_second_taker_is_told_the_owner_and_a_stale_lock_is_free() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("lock"), "999999").unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        let error = Lock::take(dir.path()).unwrap_err();
        assert!(
            error.to_string().contains(&std::process::id().to_string()),
            "{error}"
        );
        drop(lock);
        Lock::take(dir.path()).unwrap();
    }
}
