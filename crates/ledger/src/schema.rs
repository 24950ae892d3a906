//! The tables, for this program and for anyone else's tools.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use crate::Error;

/// The version of the ledger's format.
pub const VERSION: &str = "2";

/// Keys are 16-byte blobs. Prompts and settings are kept apart, since one prompt may be sampled a million times; the same
/// prompt may stand in `prompts` more than once.
const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE prompts (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE settings (id INTEGER PRIMARY KEY, model TEXT NOT NULL, params TEXT NOT NULL, UNIQUE (model, params));
CREATE TABLE calls (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL UNIQUE,
  stage TEXT NOT NULL, round INTEGER NOT NULL, row_id TEXT NOT NULL, sample INTEGER NOT NULL,
  setting INTEGER NOT NULL REFERENCES settings (id), prompt INTEGER NOT NULL REFERENCES prompts (id),
  seed INTEGER NOT NULL, paid INTEGER NOT NULL,
  reply TEXT NOT NULL, reasoning TEXT, finish TEXT NOT NULL,
  prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
  logprob REAL, attempts INTEGER NOT NULL, cost REAL, at REAL NOT NULL
);
CREATE TABLE exported (
  key BLOB PRIMARY KEY,
  stage TEXT NOT NULL, round INTEGER NOT NULL, row_id TEXT NOT NULL, sample INTEGER NOT NULL,
  setting INTEGER NOT NULL REFERENCES settings (id), prompt INTEGER NOT NULL REFERENCES prompts (id),
  seed INTEGER NOT NULL
);
CREATE VIEW replies AS
  SELECT lower(hex(calls.key)) AS key, stage, round, row_id, sample, model, params, prompts.text AS prompt, seed,
    reply, reasoning, finish, prompt_tokens, completion_tokens, logprob, attempts, cost, paid,
    datetime(at, 'unixepoch') AS at
  FROM calls JOIN settings ON settings.id = calls.setting JOIN prompts ON prompts.id = calls.prompt;
";

/// Opens the database for writing and makes the tables when it is new.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    let fail = |error: &rusqlite::Error| Error::sqlite(path, error);
    let mut connection = Connection::open(path).map_err(|error| fail(&error))?;
    // A reply is on the disk when its transaction returns; memory for the index of keys keeps a million calls quick.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; \
             PRAGMA busy_timeout = 10000; PRAGMA journal_size_limit = 67108864;",
        )
        .map_err(|error| fail(&error))?;
    let transaction = connection.transaction().map_err(|error| fail(&error))?;
    let fresh: bool = transaction
        .query_row(
            "SELECT count(*) = 0 FROM sqlite_schema WHERE name = 'meta'",
            [],
            |row| row.get(0),
        )
        .map_err(|error| fail(&error))?;
    if fresh {
        transaction
            .execute_batch(TABLES)
            .and_then(|()| {
                transaction.execute("INSERT INTO meta VALUES ('version', ?1)", [VERSION])
            })
            .map_err(|error| fail(&error))?;
    }
    transaction.commit().map_err(|error| fail(&error))?;
    check(&connection, path)?;
    Ok(connection)
}

/// Opens the database for reading only.
pub(crate) fn open_to_read(path: &Path) -> Result<Connection, Error> {
    use rusqlite::OpenFlags;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)
        .and_then(|connection| {
            connection.execute_batch("PRAGMA busy_timeout = 10000;")?;
            Ok(connection)
        })
        .map_err(|error| Error::sqlite(path, &error))?;
    check(&connection, path)?;
    Ok(connection)
}

fn check(connection: &Connection, path: &Path) -> Result<(), Error> {
    let found: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE name = 'version'", [], |row| {
            row.get(0)
        })
        .optional()
        .map_err(|error| Error::sqlite(path, &error))?;
    match found {
        Some(found) if found == VERSION => Ok(()),
        found => Err(Error::Version {
            path: path.to_owned(),
            found: found.unwrap_or_else(|| "none".into()),
        }),
    }
}
