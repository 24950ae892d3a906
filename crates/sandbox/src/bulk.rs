//! Files of programs in, files of outcomes out: JSON Lines, plain, gzip or zstd, in the same order, resumable.
//!
//! A row is an object with `code` (or `cells`, a list of texts), and optionally `via` (`contract`, `stdout`, `ans`,
//! `solution()`, `cells`) and `stdin`; every other field is kept as it is written. Added are `status`, `output` (typed
//! JSON), `output_text` (its canonical text; a list for `cells`), `input`, `stdout`, `stderr`, `error` (`class`, `message`,
//! `line`, or null), `wall_ms`, `cpu_ms`, `peak_kb`, `tier` and `isolation`. A row that cannot be understood gets the status
//! `unsupported` and an error of class `BadRow`: as many rows come out as go in.
//!
//! Outcomes are collected in `OUT.part` and published as `OUT` at the end; a run that was cut short goes on behind the last
//! whole row of that file.

mod row;

use crate::{Error, Limits, Outcome, Program, Result, Sandbox, Status};
use caco_lines::{Reader, Writer};
use row::Row;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;

/// What to run and where the outcomes go; `-` is stdin and stdout.
#[derive(Debug, Clone)]
pub struct Files {
    /// JSON Lines; gzip and zstd are recognised by their first bytes.
    pub input: PathBuf,
    /// JSON Lines; compressed where the name ends in `.gz` or `.zst`.
    pub output: PathBuf,
    /// Whether an output that is there already is replaced.
    pub force: bool,
}

/// How far the work is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Rows with an outcome, those of an earlier run included.
    pub rows: u64,
    /// Bytes of the input file read so far, and in all; 0 in all where that is unknown.
    pub bytes: (u64, u64),
    /// Rows with status `ok`.
    pub ok: u64,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Rows in, which is rows out.
    pub rows: u64,
    /// Rows that an earlier run had done.
    pub resumed: u64,
    /// Rows by status, in this run.
    pub statuses: BTreeMap<String, u64>,
    /// Rows that could not be understood, in this run.
    pub bad_rows: u64,
}

/// Runs all programs of a file.
///
/// # Errors
/// [`Error::Bulk`] where files cannot be read or written, or the collected outcomes belong to another input;
/// [`Error::Interrupted`] once `stop` is set, after which the same call goes on; failures of the machine.
pub fn execute(
    sandbox: &Sandbox,
    files: &Files,
    limits: &Limits,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Summary> {
    let mut input = Reader::open(&files.input)?;
    let mut writer = Writer::open(&files.output, files.force)?;
    let resumed = writer.resume(&mut input, &|line, done| {
        Row::parse(line, 0).is_same_as(&Row::parse(done, 0))
    })?;
    let mut work = Work {
        waiting: Rc::default(),
        summary: Summary {
            rows: resumed,
            resumed,
            ..Summary::default()
        },
        ok: 0,
        writer,
        read: input.progress(),
        progress,
    };
    let mut programs = RowPrograms {
        input: &mut input,
        waiting: Rc::clone(&work.waiting),
    };
    sandbox.stream::<Error>(
        &mut programs,
        limits,
        stop,
        &mut |outcome| match work.next_good()? {
            Some(row) => work.put(&row, outcome),
            None => Ok(()),
        },
    )?;
    work.next_good()?;
    work.writer.publish()?;
    Ok(work.summary)
}

/// Rows that wait for their outcomes, and what has been done.
struct Work<'a> {
    waiting: Rc<RefCell<VecDeque<Row>>>,
    summary: Summary,
    ok: u64,
    writer: Writer,
    read: caco_lines::Progress,
    progress: &'a mut dyn FnMut(Progress),
}

impl Work<'_> {
    /// The first row that has a program; those before it, which have none, are written.
    fn next_good(&mut self) -> Result<Option<Row>> {
        loop {
            let row = self.waiting.borrow_mut().pop_front();
            let Some(row) = row else {
                return Ok(None);
            };
            let Some(problem) = row.problem() else {
                return Ok(Some(row));
            };
            self.summary.bad_rows += 1;
            let outcome = Outcome::bare(Status::Unsupported, Some("BadRow"), Some(problem.into()));
            self.put(&row, &outcome)?;
        }
    }

    fn put(&mut self, row: &Row, outcome: &Outcome) -> Result<()> {
        self.summary.rows += 1;
        let status = outcome.status.as_str().into();
        *self.summary.statuses.entry(status).or_default() += 1;
        self.ok += u64::from(outcome.status == Status::Ok);
        self.writer.put(&row.with(outcome))?;
        (self.progress)(Progress {
            rows: self.summary.rows,
            bytes: self.read.bytes(),
            ok: self.ok,
        });
        Ok(())
    }
}

/// The programs of the rows, while the rows themselves wait for their outcomes.
struct RowPrograms<'a> {
    input: &'a mut Reader,
    waiting: Rc<RefCell<VecDeque<Row>>>,
}

impl Iterator for RowPrograms<'_> {
    type Item = Result<Program>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.input.line() {
                Err(error) => return Some(Err(error.into())),
                Ok(None) => return None,
                Ok(Some(line)) => {
                    let mut row = Row::parse(&line.text, line.number);
                    let program = row.take_program();
                    self.waiting.borrow_mut().push_back(row);
                    if let Some(program) = program {
                        return Some(Ok(program));
                    }
                }
            }
        }
    }
}
