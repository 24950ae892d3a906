//! A folder with a ledger in it.

use std::path::{Path, PathBuf};

use crate::read::Readers;
use crate::sent::{self, Sent};
use crate::writer::{Then, Writer};
use crate::{Call, Error, Key, Reply, Totals, schema};

const FILE: &str = "ledger.sqlite";

/// An open ledger. It may be shared between threads; one process at a time may hold it open to write.
pub struct Ledger {
    path: PathBuf,
    readers: Readers,
    /// None when it was opened only to read.
    writing: Option<(Writer, Sent)>,
    cut_off: u64,
}

impl Ledger {
    /// Opens the ledger of a folder, or begins one.
    ///
    /// # Errors
    /// When the folder or the database cannot be made, read or written, or is damaged, or has another format.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|source| Error::Io {
            action: "make the folder",
            path: folder.to_owned(),
            source,
        })?;
        let path = folder.join(FILE);
        let connection = schema::open(&path)?;
        let readers = Readers::new(&path);
        let mut cut_off = 0;
        for key in sent::left(folder)? {
            cut_off += u64::from(!readers.holds(key)?);
        }
        let total = cut_off + before(&readers)?;
        connection
            .execute(
                "INSERT OR REPLACE INTO meta VALUES ('cut_off', ?1)",
                [total.to_string()],
            )
            .map_err(|error| Error::sqlite(&path, &error))?;
        // The list is emptied after its count is safe: a kill in between counts calls twice rather than never.
        let sent = Sent::begin(folder)?;
        let totals = readers.totals()?;
        let writer = Writer::start(connection, &path, totals)?;
        Ok(Self {
            path,
            readers,
            writing: Some((writer, sent)),
            cut_off,
        })
    }

    /// Opens the ledger of a folder to read it, also while another process writes; `None` when there is none.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let readers = Readers::new(&path);
        let mut cut_off = 0;
        for key in sent::left(folder)? {
            cut_off += u64::from(!readers.holds(key)?);
        }
        Ok(Some(Self {
            path,
            readers,
            writing: None,
            cut_off,
        }))
    }

    /// The database.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The replies to these calls, where there are any, in the order of the keys.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn find(&self, keys: &[Key]) -> Result<Vec<Option<Reply>>, Error> {
        self.readers.find(keys)
    }

    /// Notes that a call is about to be sent.
    ///
    /// # Errors
    /// When the list cannot be written, or the ledger is open only to read.
    pub fn sent(&self, key: Key) -> Result<(), Error> {
        self.writing()?.1.add(key)
    }

    /// Notes that a call that was sent has ended without a reply, and will get none.
    ///
    /// # Errors
    /// As [`Ledger::sent`].
    pub fn gone(&self, key: Key) -> Result<(), Error> {
        self.writing()?.1.take_back(key)
    }

    /// Whether a model has replied to any call.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn has_replies(&self, model: &str) -> Result<bool, Error> {
        self.readers.has_replies(model)
    }

    /// Brings a call with its reply; `then` runs, on the ledger's thread, once it is durable. Waits when very many are
    /// waiting for the disk. A call whose key is there already changes nothing.
    ///
    /// # Errors
    /// When an earlier call could not be written, or the ledger is open only to read.
    pub fn append(&self, call: Call, then: Then) -> Result<(), Error> {
        self.writing()?.0.append(call, then)
    }

    /// Notes a call that somebody else is to make, so that its reply can be brought by its key alone.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn note_exported(&self, call: Call) -> Result<(), Error> {
        self.writing()?.0.note_exported(call)
    }

    /// A call that was noted so; its reply is empty.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn exported(&self, key: Key) -> Result<Option<Call>, Error> {
        self.readers.exported(key)
    }

    /// Waits until everything that was brought is durable.
    ///
    /// # Errors
    /// When something could not be written.
    pub fn flush(&self) -> Result<(), Error> {
        self.writing()?.0.flush()
    }

    /// What the paid calls come to.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn totals(&self) -> Result<Totals, Error> {
        match &self.writing {
            Some((writer, _)) => Ok(writer.totals()),
            None => self.readers.totals(),
        }
    }

    /// How many calls the process that last held this ledger had sent without a reply: they may be paid for twice.
    #[must_use]
    pub fn cut_off(&self) -> u64 {
        self.cut_off
    }

    /// The same over all processes that ever held it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn cut_off_in_all(&self) -> Result<u64, Error> {
        let open = if self.writing.is_some() {
            0
        } else {
            self.cut_off
        };
        Ok(before(&self.readers)? + open)
    }

    /// Everything that was asked for a row, in the order in which the replies came. Reads the whole table.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn of_row(&self, row_id: &str) -> Result<Vec<Call>, Error> {
        self.readers.of_row(row_id)
    }

    fn writing(&self) -> Result<&(Writer, Sent), Error> {
        self.writing.as_ref().ok_or_else(|| Error::Database {
            path: self.path.clone(),
            message: "the ledger is open only to read".into(),
        })
    }
}

fn before(readers: &Readers) -> Result<u64, Error> {
    let text = readers.meta("cut_off")?;
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
}
