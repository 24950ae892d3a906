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
use row::Row;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// What a kill can cost: outcomes are handed to the system after so many bytes, or after so long.
const FLUSH_BYTES: usize = 1 << 18;
const FLUSH_AFTER: Duration = Duration::from_secs(1);

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
    let mut input = Input::open(&files.input)?;
    let mut sink = Sink::open(files)?;
    let resumed = sink.skip(&mut input)?;
    let mut work = Work {
        waiting: Rc::default(),
        summary: Summary {
            rows: resumed,
            resumed,
            ..Summary::default()
        },
        ok: 0,
        sink,
        read: Rc::clone(&input.read),
        total: input.total,
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
    work.sink.publish()?;
    Ok(work.summary)
}

/// Rows that wait for their outcomes, and what has been done.
struct Work<'a> {
    waiting: Rc<RefCell<VecDeque<Row>>>,
    summary: Summary,
    ok: u64,
    sink: Sink,
    read: Rc<Cell<u64>>,
    total: u64,
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
        self.sink.put(&row.with(outcome))?;
        (self.progress)(Progress {
            rows: self.summary.rows,
            bytes: (self.read.get(), self.total),
            ok: self.ok,
        });
        Ok(())
    }
}

/// The programs of the rows, while the rows themselves wait for their outcomes.
struct RowPrograms<'a> {
    input: &'a mut Input,
    waiting: Rc<RefCell<VecDeque<Row>>>,
}

impl Iterator for RowPrograms<'_> {
    type Item = Result<Program>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.input.row() {
                Err(error) => return Some(Err(error)),
                Ok(None) => return None,
                Ok(Some(row)) => {
                    let program = row.program();
                    self.waiting.borrow_mut().push_back(row);
                    if let Some(program) = program {
                        return Some(Ok(program));
                    }
                }
            }
        }
    }
}

/// Counts what is read through it.
struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count.set(self.count.get() + n as u64);
        Ok(n)
    }
}

struct Input {
    path: PathBuf,
    lines: Box<dyn BufRead>,
    number: u64,
    read: Rc<Cell<u64>>,
    total: u64,
}

impl Input {
    fn open(path: &Path) -> Result<Self> {
        let failed = bulk("cannot read", path);
        let read: Rc<Cell<u64>> = Rc::default();
        let (raw, total): (Box<dyn Read>, u64) = if path == Path::new("-") {
            (Box::new(io::stdin()), 0)
        } else {
            let file = File::open(path).map_err(&failed)?;
            let total = file.metadata().map_or(0, |about| about.len());
            (Box::new(file), total)
        };
        let counted = Counted {
            inner: raw,
            count: Rc::clone(&read),
        };
        let mut buffered = BufReader::with_capacity(1 << 16, counted);
        let head = buffered.fill_buf().map_err(&failed)?;
        let lines: Box<dyn BufRead> = if head.starts_with(&[0x1f, 0x8b]) {
            Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(
                buffered,
            )))
        } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            let decoder = zstd::stream::read::Decoder::with_buffer(buffered).map_err(&failed)?;
            Box::new(BufReader::new(decoder))
        } else {
            Box::new(buffered)
        };
        Ok(Self {
            path: path.into(),
            lines,
            number: 0,
            read,
            total,
        })
    }

    /// The next row that is not blank.
    fn row(&mut self) -> Result<Option<Row>> {
        loop {
            let mut line = Vec::new();
            let n = self
                .lines
                .read_until(b'\n', &mut line)
                .map_err(bulk("cannot read", &self.path))?;
            if n == 0 {
                return Ok(None);
            }
            self.number += 1;
            if !line.trim_ascii().is_empty() {
                return Ok(Some(Row::parse(line.trim_ascii(), self.number)));
            }
        }
    }
}

/// Where the outcomes go: a file beside the output that becomes the output at the end, or stdout.
struct Sink {
    output: PathBuf,
    part: Option<PathBuf>,
    writer: BufWriter<Box<dyn Write>>,
    since_flush: usize,
    flushed: Instant,
    old: Option<BufReader<File>>,
}

impl Sink {
    fn open(files: &Files) -> Result<Self> {
        let output = files.output.clone();
        if output == Path::new("-") {
            return Ok(Self {
                output,
                part: None,
                writer: BufWriter::new(Box::new(io::stdout())),
                since_flush: 0,
                flushed: Instant::now(),
                old: None,
            });
        }
        if output.exists() && !files.force {
            return Err(Error::Bulk {
                message: format!("{} is there already", output.display()),
                hint: "give another --out, or --force to replace it".into(),
            });
        }
        let mut name = output.as_os_str().to_owned();
        name.push(".part");
        let part = PathBuf::from(name);
        let shown = part.clone();
        let failed = bulk("cannot write", &shown);
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&part)
            .map_err(&failed)?;
        let whole = whole_lines(&mut file).map_err(&failed)?;
        file.set_len(whole).map_err(&failed)?;
        let old = (whole > 0)
            .then(|| File::open(&part))
            .transpose()
            .map_err(&failed)?;
        Ok(Self {
            output,
            part: Some(part),
            writer: BufWriter::new(Box::new(file)),
            since_flush: 0,
            flushed: Instant::now(),
            old: old.map(BufReader::new),
        })
    }

    /// Passes over the rows that have an outcome already: how many.
    fn skip(&mut self, input: &mut Input) -> Result<u64> {
        let Some(old) = self.old.take() else {
            return Ok(0);
        };
        let part = self.part.clone().unwrap_or_default();
        let mut count = 0;
        for line in old.split(b'\n') {
            let line = line.map_err(bulk("cannot read", &part))?;
            let done = Row::parse(&line, count + 1);
            match input.row()? {
                Some(row) if row.is_same_as(&done) => count += 1,
                _ => {
                    return Err(Error::Bulk {
                        message: format!(
                            "row {} of {} is not of {}",
                            count + 1,
                            part.display(),
                            input.path.display()
                        ),
                        hint: format!("remove {}, or give another --out", part.display()),
                    });
                }
            }
        }
        Ok(count)
    }

    fn put(&mut self, line: &str) -> Result<()> {
        let target = self.part.clone().unwrap_or_else(|| self.output.clone());
        let failed = bulk("cannot write", &target);
        self.writer.write_all(line.as_bytes()).map_err(&failed)?;
        self.writer.write_all(b"\n").map_err(&failed)?;
        self.since_flush += line.len();
        if self.since_flush > FLUSH_BYTES || self.flushed.elapsed() > FLUSH_AFTER {
            self.since_flush = 0;
            self.flushed = Instant::now();
            self.writer.flush().map_err(&failed)?;
        }
        Ok(())
    }

    /// Makes the collected outcomes the output.
    fn publish(mut self) -> Result<()> {
        let Some(part) = self.part.clone() else {
            return self
                .writer
                .flush()
                .map_err(bulk("cannot write", &self.output));
        };
        self.writer.flush().map_err(bulk("cannot write", &part))?;
        let suffix = self.output.extension().and_then(|suffix| suffix.to_str());
        let source = File::open(&part).map_err(bulk("cannot read", &part))?;
        source.sync_all().map_err(bulk("cannot write", &part))?;
        if !matches!(suffix, Some("gz" | "zst")) {
            return fs::rename(&part, &self.output).map_err(bulk("cannot write", &self.output));
        }
        let failed = bulk("cannot write", &self.output);
        let folder = match self.output.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let packed = tempfile::NamedTempFile::new_in(folder).map_err(&failed)?;
        let mut reader = BufReader::new(source);
        if suffix == Some("gz") {
            let mut encoder =
                flate2::write::GzEncoder::new(packed.as_file(), flate2::Compression::default());
            io::copy(&mut reader, &mut encoder).map_err(&failed)?;
            encoder.finish().map_err(&failed)?;
        } else {
            zstd::stream::copy_encode(&mut reader, packed.as_file(), 3).map_err(&failed)?;
        }
        packed.as_file().sync_all().map_err(&failed)?;
        packed
            .persist(&self.output)
            .map_err(|error| failed(error.error))?;
        fs::remove_file(&part).map_err(bulk("cannot remove", &part))
    }
}

impl Drop for Sink {
    /// What came so far stays for the next run.
    fn drop(&mut self) {
        let _ = self.writer.flush();
    }
}

/// The length of a file up to and with its last line end.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut chunk = [0; 8192];
    while end > 0 {
        let start = end.saturating_sub(chunk.len() as u64);
        let part = chunk.get_mut(..(end - start) as usize).unwrap_or_default();
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        if let Some(at) = part.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

fn bulk<'a>(action: &'a str, path: &'a Path) -> impl Fn(io::Error) -> Error + 'a {
    move |error| Error::Bulk {
        message: format!("{action} {}: {error}", path.display()),
        hint: "check the path, the permissions and the disk".into(),
    }
}
