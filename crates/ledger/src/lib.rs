//! The call ledger: what was asked of models and what they replied, each reply durable before anyone uses it.
//!
//! A ledger is a folder with one SQLite database, `ledger.sqlite`, in write-ahead mode: one thread writes, in groups
//! that are synced to the disk before their callers hear of it; any number of threads read. The database is plain
//! SQLite, so `sqlite3`, pandas or DuckDB read it, also while a run works; the view `replies` shows everything in words.
//! Beside it `sent.log` holds the keys of the calls that have been sent since the ledger was opened: after a kill, those
//! of them without a reply are what may be paid for twice, and [`Ledger::cut_off`] counts them.
//!
//! ```
//! use caco_ledger::{Call, Key, Ledger, Reply};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let ledger = Ledger::open(folder.path())?;
//! let key = Key::of(&["model", "chat", "{}", "How many?", "0"]);
//! assert_eq!(ledger.find(&[key])?, [None]);
//! ledger.sent(key)?;
//! let reply = Reply { text: "Seven.".into(), finish: "stop".into(), ..Reply::default() };
//! let call = Call { key, prompt: "How many?".into(), reply: reply.clone(), ..Call::default() };
//! ledger.append(call, Box::new(|| {}))?;
//! ledger.flush()?;
//! assert_eq!(ledger.find(&[key])?, [Some(reply)]);
//! # Ok::<(), caco_ledger::Error>(())
//! ```

mod call;
mod error;
mod key;
mod ledger;
mod read;
mod schema;
mod sent;
mod writer;

pub use call::{Call, Reply, Totals};
pub use error::Error;
pub use key::Key;
pub use ledger::Ledger;
pub use schema::VERSION;
pub use writer::Then;
