//! The one thread that writes: calls come through a channel and are committed in groups.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, params};

use crate::{Call, Error, Totals};

/// What to do once a call is durable; dropped without being run when it could not be written.
pub type Then = Box<dyn FnOnce() + Send>;

/// Calls that may wait for the disk before whoever brings more has to wait too.
const WAITING: usize = 4096;
/// Calls in one transaction at most.
const GROUP: usize = 1024;
/// Prompts whose row is remembered, so that a repeated one is stored once.
const PROMPTS: usize = 4096;

enum Order {
    Reply(Box<Call>, Then),
    Exported(Box<Call>),
    Flush(SyncSender<()>),
}

/// The way to the writing thread.
pub(crate) struct Writer {
    orders: Option<SyncSender<Order>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

/// What the thread tells of itself.
struct Shared {
    path: PathBuf,
    totals: Mutex<Totals>,
    failure: Mutex<Option<Arc<Error>>>,
}

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        path: &Path,
        totals: Totals,
    ) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            path: path.to_owned(),
            totals: Mutex::new(totals),
            failure: Mutex::new(None),
        });
        let (orders, queue) = sync_channel(WAITING);
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("caco-ledger".into())
            .spawn(move || work(connection, &queue, &own))
            .map_err(|source| Error::Io {
                action: "start a thread for",
                path: path.to_owned(),
                source,
            })?;
        Ok(Self {
            orders: Some(orders),
            thread: Some(thread),
            shared,
        })
    }

    pub(crate) fn append(&self, call: Call, then: Then) -> Result<(), Error> {
        self.order(Order::Reply(Box::new(call), then))
    }

    pub(crate) fn note_exported(&self, call: Call) -> Result<(), Error> {
        self.order(Order::Exported(Box::new(call)))
    }

    /// Waits until everything that was brought so far is durable.
    pub(crate) fn flush(&self) -> Result<(), Error> {
        let (done, heard) = sync_channel(1);
        self.order(Order::Flush(done))?;
        if heard.recv().is_ok() {
            return self.failure();
        }
        self.failure()?;
        Err(Error::Database {
            path: self.shared.path.clone(),
            message: "the writing thread has ended".into(),
        })
    }

    pub(crate) fn totals(&self) -> Totals {
        *self
            .shared
            .totals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn order(&self, order: Order) -> Result<(), Error> {
        self.failure()?;
        let sent = self.orders.as_ref().map(|orders| orders.send(order));
        match sent {
            Some(Ok(())) => Ok(()),
            _ => Err(self.failure().err().unwrap_or_else(|| Error::Database {
                path: self.shared.path.clone(),
                message: "the writing thread has ended".into(),
            })),
        }
    }

    fn failure(&self) -> Result<(), Error> {
        let failure = self
            .shared
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match failure.as_deref() {
            None => Ok(()),
            Some(Error::DiskFull { path }) => Err(Error::DiskFull { path: path.clone() }),
            Some(other) => Err(Error::Database {
                path: self.shared.path.clone(),
                message: other.to_string(),
            }),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(mut connection: Connection, queue: &Receiver<Order>, shared: &Shared) {
    let mut prompts = HashMap::new();
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        let written = write(&mut connection, &group, &mut prompts);
        match written {
            Ok(added) => {
                let mut totals = shared.totals.lock().unwrap_or_else(PoisonError::into_inner);
                totals.calls += added.calls;
                totals.prompt_tokens += added.prompt_tokens;
                totals.completion_tokens += added.completion_tokens;
                totals.cost += added.cost;
                totals.unpriced += added.unpriced;
                drop(totals);
                for order in group {
                    match order {
                        Order::Reply(_, then) => then(),
                        Order::Exported(_) => {}
                        Order::Flush(done) => drop(done.send(())),
                    }
                }
            }
            Err(error) => {
                let mut failure = shared
                    .failure
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                *failure = Some(Arc::new(Error::sqlite(&shared.path, &error)));
                return;
            }
        }
    }
    // A short file for whoever looks next; the content is safe either way.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);");
}

/// Writes one group in one transaction and tells what its paid calls come to.
fn write(
    connection: &mut Connection,
    group: &[Order],
    prompts: &mut HashMap<blake3::Hash, i64>,
) -> rusqlite::Result<Totals> {
    let mut added = Totals::default();
    if group.iter().all(|order| matches!(order, Order::Flush(_))) {
        return Ok(added);
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |age| age.as_secs_f64());
    let mut fresh: HashMap<blake3::Hash, i64> = HashMap::new();
    let transaction = connection.transaction()?;
    for order in group {
        let (call, reply) = match order {
            Order::Reply(call, _) => (call, true),
            Order::Exported(call) => (call, false),
            Order::Flush(_) => continue,
        };
        let setting = setting(&transaction, call)?;
        let hash = blake3::hash(call.prompt.as_bytes());
        let prompt = match prompts.get(&hash).or_else(|| fresh.get(&hash)) {
            Some(id) => *id,
            None => {
                let mut insert =
                    transaction.prepare_cached("INSERT INTO prompts (text) VALUES (?1)")?;
                let id = insert.insert(params![call.prompt])?;
                fresh.insert(hash, id);
                id
            }
        };
        let (key, seed) = (call.key.as_bytes().as_slice(), call.seed.cast_signed());
        if !reply {
            transaction
                .prepare_cached(
                    "INSERT OR IGNORE INTO exported VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    key,
                    call.stage,
                    call.round,
                    call.row_id,
                    call.sample,
                    setting,
                    prompt,
                    seed
                ])?;
            continue;
        }
        let done = &call.reply;
        let new = transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO calls (key, stage, round, row_id, sample, setting, prompt, seed, paid, reply, \
                 reasoning, finish, prompt_tokens, completion_tokens, logprob, attempts, cost, at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
            )?
            .execute(params![
                key,
                call.stage,
                call.round,
                call.row_id,
                call.sample,
                setting,
                prompt,
                seed,
                call.paid,
                done.text,
                done.reasoning,
                done.finish,
                done.prompt_tokens,
                done.completion_tokens,
                done.logprob,
                done.attempts,
                done.cost,
                now
            ])?;
        if call.paid && new == 1 {
            added.calls += 1;
            added.prompt_tokens += u64::from(done.prompt_tokens);
            added.completion_tokens += u64::from(done.completion_tokens);
            added.cost += done.cost.unwrap_or(0.0);
            added.unpriced += u64::from(done.cost.is_none());
        }
    }
    transaction.commit()?;
    // Rows of a transaction that failed must not be remembered.
    if prompts.len() + fresh.len() > PROMPTS {
        prompts.clear();
    }
    prompts.extend(fresh);
    Ok(added)
}

fn setting(connection: &Connection, call: &Call) -> rusqlite::Result<i64> {
    let find = "SELECT id FROM settings WHERE model = ?1 AND params = ?2";
    let mut find = connection.prepare_cached(find)?;
    let mut rows = find.query(params![call.model, call.params])?;
    if let Some(row) = rows.next()? {
        return row.get(0);
    }
    connection
        .prepare_cached("INSERT INTO settings (model, params) VALUES (?1, ?2)")?
        .insert(params![call.model, call.params])
}
