//! What can go wrong with a ledger.

use std::path::PathBuf;

/// Why the ledger could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file operation failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The database file is not a database, or parts of it are.
    #[error("{} is damaged: {message}", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        message: String,
    },
    /// The database was written by another version of this format.
    #[error("{} has format {found}; this program reads format {}", path.display(), crate::VERSION)]
    Version {
        /// The database.
        path: PathBuf,
        /// The format that it names.
        found: String,
    },
    /// The disk is full.
    #[error("the disk is full: cannot write {}", path.display())]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// SQLite refused something else.
    #[error("{}: {message}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        message: String,
    },
}

impl Error {
    /// Sorts SQLite's errors by what helps against them.
    pub(crate) fn sqlite(path: &std::path::Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        let message = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Damaged { path, message }
            }
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            _ => Self::Database { path, message },
        }
    }
}
