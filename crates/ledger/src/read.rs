//! Questions to the database.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{Call, Error, Key, Reply, Totals, schema};

/// Connections that read; each thread takes one and puts it back.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

const REPLY: &str =
    "reply, reasoning, finish, prompt_tokens, completion_tokens, logprob, attempts, cost";
const QUESTION: &str = "key, stage, round, row_id, sample, model, params, prompts.text, seed";

impl Readers {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            idle: Mutex::new(Vec::new()),
        }
    }

    fn with<T>(&self, ask: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let connection = match taken {
            Some(connection) => connection,
            None => schema::open_to_read(&self.path)?,
        };
        let answer = ask(&connection).map_err(|error| Error::sqlite(&self.path, &error))?;
        idle().push(connection);
        Ok(answer)
    }

    pub(crate) fn find(&self, keys: &[Key]) -> Result<Vec<Option<Reply>>, Error> {
        self.with(|connection| {
            // One transaction for all: one lock, and no page is read twice.
            let reading = connection.unchecked_transaction()?;
            let text = format!("SELECT {REPLY} FROM calls WHERE key = ?1");
            let mut find = reading.prepare_cached(&text)?;
            keys.iter()
                .map(|key| {
                    find.query_row([key.as_bytes().as_slice()], |row| reply(row, 0))
                        .optional()
                })
                .collect()
        })
    }

    pub(crate) fn holds(&self, key: Key) -> Result<bool, Error> {
        self.with(|connection| {
            connection
                .prepare_cached("SELECT 1 FROM calls WHERE key = ?1")?
                .exists([key.as_bytes().as_slice()])
        })
    }

    pub(crate) fn has_replies(&self, model: &str) -> Result<bool, Error> {
        // A setting is written in the transaction of its first reply, or of a call that was exported.
        self.with(|connection| {
            connection
                .prepare_cached(
                    "SELECT 1 FROM calls WHERE paid AND setting IN (SELECT id FROM settings WHERE model = ?1) \
                     ORDER BY id DESC LIMIT 1",
                )?
                .exists([model])
        })
    }

    pub(crate) fn of_row(&self, row_id: &str) -> Result<Vec<Call>, Error> {
        self.with(|connection| {
            let text = format!(
                "SELECT {QUESTION}, {REPLY}, paid FROM calls JOIN settings ON settings.id = setting \
                 JOIN prompts ON prompts.id = prompt WHERE row_id = ?1 ORDER BY calls.id"
            );
            let mut find = connection.prepare(&text)?;
            let calls = find.query_map([row_id], |row| {
                Ok(Call {
                    reply: reply(row, 9)?,
                    paid: row.get(17)?,
                    ..question(row)?
                })
            })?;
            calls.collect()
        })
    }

    pub(crate) fn exported(&self, key: Key) -> Result<Option<Call>, Error> {
        self.with(|connection| {
            let text = format!(
                "SELECT {QUESTION} FROM exported JOIN settings ON settings.id = setting \
                 JOIN prompts ON prompts.id = prompt WHERE key = ?1"
            );
            let mut find = connection.prepare_cached(&text)?;
            find.query_row([key.as_bytes().as_slice()], question)
                .optional()
        })
    }

    pub(crate) fn totals(&self) -> Result<Totals, Error> {
        self.with(|connection| {
            connection.query_row(
                "SELECT count(*), total(prompt_tokens), total(completion_tokens), total(cost), \
                 total(cost IS NULL) FROM calls WHERE paid",
                [],
                |row| {
                    Ok(Totals {
                        calls: row.get::<_, i64>(0)?.cast_unsigned(),
                        prompt_tokens: row.get::<_, f64>(1)? as u64,
                        completion_tokens: row.get::<_, f64>(2)? as u64,
                        cost: row.get(3)?,
                        unpriced: row.get::<_, f64>(4)? as u64,
                    })
                },
            )
        })
    }

    pub(crate) fn meta(&self, name: &str) -> Result<Option<String>, Error> {
        self.with(|connection| {
            connection
                .query_row(
                    "SELECT value FROM meta WHERE name = ?1",
                    params![name],
                    |row| row.get(0),
                )
                .optional()
        })
    }
}

fn reply(row: &Row<'_>, first: usize) -> rusqlite::Result<Reply> {
    Ok(Reply {
        text: row.get(first)?,
        reasoning: row.get(first + 1)?,
        finish: row.get(first + 2)?,
        prompt_tokens: row.get(first + 3)?,
        completion_tokens: row.get(first + 4)?,
        logprob: row.get(first + 5)?,
        attempts: row.get(first + 6)?,
        cost: row.get(first + 7)?,
    })
}

fn question(row: &Row<'_>) -> rusqlite::Result<Call> {
    Ok(Call {
        key: Key::from_bytes(row.get(0)?),
        stage: row.get(1)?,
        round: row.get(2)?,
        row_id: row.get(3)?,
        sample: row.get(4)?,
        model: row.get(5)?,
        params: row.get(6)?,
        prompt: row.get(7)?,
        seed: row.get::<_, i64>(8)?.cast_unsigned(),
        ..Call::default()
    })
}
