//! A file of rows through a function, on all threads, in order.
//!
//! Rows are collected in `OUT.part` and published as `OUT` at the end. A run that was cut short goes on behind the last whole
//! row of that file, once every row that lies there has been made again and found the same: only what the fallback has
//! said is taken over, since all else costs less than reading it. So rows of another input, of other settings or of another
//! version never mix.

use std::cell::RefCell;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use caco_lines::{Fields, Line, Progress, Reader, Writer};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::ahead::Ahead;
use crate::args::RowFiles;
use crate::display::Display;
use crate::failure::{Failure, Result};
use crate::numbers::{bytes, grouped, rate};

/// How many bad rows are named on stderr; all are counted, and each says in the output what is wrong with it.
const NAMED: u64 = 5;

/// Where rows come from and go to, and what watches.
pub struct Job<'a> {
    pub files: &'a RowFiles,
    pub display: &'a Display,
    pub stop: &'a AtomicBool,
    /// What a row is, for people: `pairs`.
    pub unit: &'static str,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Done {
    /// Rows in, which is rows out.
    pub rows: u64,
    /// Rows that an earlier run had done.
    pub resumed: u64,
    /// Rows that were not understood.
    pub bad: u64,
    /// Wall seconds.
    pub seconds: f64,
}

/// A row that is understood, or what is wrong with it.
pub enum Row<T> {
    Good(Fields, T),
    Bad(Fields, String),
}

/// What is done with a batch of rows between reading and writing them.
pub type Work<'a, T> = dyn FnMut(&mut [Row<T>]) -> Result<()> + 'a;

/// Gives a value what the row of an earlier run has at a price; false where that row lacks it.
pub type Restore<'a, T> = dyn Fn(&mut T, &Fields) -> bool + 'a;

/// Takes rows through `read`, `work` and `write`: the first and the last on all threads, a row at a time; `work` gets a
/// batch of them. Rows of an earlier run go through `read` and `restore`, and through `work` to be counted.
pub fn run<T: Send + Sync>(
    job: &Job<'_>,
    read: &(dyn Fn(&Fields) -> std::result::Result<T, String> + Sync),
    restore: &Restore<'_, T>,
    work: &mut Work<'_, T>,
    write: &(dyn Fn(&Fields, &T) -> String + Sync),
) -> Result<Done> {
    let (Some(input), Some(output)) = (&job.files.input, &job.files.output) else {
        return Err(Failure::internal("a job without files"));
    };
    let workers = job.files.workers.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(workers)
        .build()
        .map_err(|error| {
            Failure::environment(format!("cannot start threads: {error}"), "give --workers 1")
        })?;
    let start = Instant::now();
    let mut reader = Reader::open(input).map_err(failure)?;
    let mut writer = Writer::open(output, job.files.force).map_err(failure)?;
    let mut done = resumed(&mut reader, &mut writer, read, restore, work, write)?;
    let progress = reader.progress();
    let lines = Ahead::start(reader)?;
    while let Some(batch) = lines.next(job.stop)? {
        let mut rows: Vec<Row<T>> =
            pool.install(|| batch.par_iter().map(|line| row(line, read)).collect());
        for (line, row) in batch.iter().zip(&rows) {
            if let Row::Bad(_, problem) = row {
                done.bad += 1;
                name_bad(job.display, input, line.number, problem, done.bad);
            }
        }
        work(&mut rows)?;
        let texts: Vec<String> =
            pool.install(|| rows.par_iter().map(|row| written(row, write)).collect());
        for text in texts {
            writer.put(&text).map_err(failure)?;
        }
        if lines.is_waiting() {
            // Perhaps someone waits at the other end too.
            writer.flush().map_err(failure)?;
        }
        done.rows += batch.len() as u64;
        done.seconds = start.elapsed().as_secs_f64();
        show(job, &done, &progress);
    }
    writer.publish().map_err(failure)?;
    done.seconds = start.elapsed().as_secs_f64();
    job.display.close();
    Ok(done)
}

/// Passes over the rows that an earlier run has done.
fn resumed<T>(
    reader: &mut Reader,
    writer: &mut Writer,
    read: &dyn Fn(&Fields) -> std::result::Result<T, String>,
    restore: &Restore<'_, T>,
    work: &mut Work<'_, T>,
    write: &dyn Fn(&Fields, &T) -> String,
) -> Result<Done> {
    let state = RefCell::new((work, Done::default(), Ok(()), 0));
    let rows = writer.resume(reader, &|text, old| {
        let mut state = state.borrow_mut();
        let (work, done, result, number) = &mut *state;
        *number += 1;
        let line = Line {
            number: *number,
            text: text.to_vec(),
        };
        let mut row = row(&line, read);
        let complete = match (&mut row, Fields::parse(old)) {
            (Row::Good(_, value), Ok(old)) => restore(value, &old),
            (Row::Bad(..), Ok(_)) => true,
            (_, Err(_)) => false,
        };
        let same = complete && written(&row, write).as_bytes() == old;
        if same {
            done.bad += u64::from(matches!(row, Row::Bad(..)));
            *result = work(std::slice::from_mut(&mut row));
        }
        same && result.is_ok()
    });
    let (_, mut done, result, _) = state.into_inner();
    result?;
    done.rows = rows.map_err(|error| {
        let hint = format!(
            "{}; it may be of other settings or another version",
            error.hint
        );
        Failure::usage(error.message, hint)
    })?;
    done.resumed = done.rows;
    Ok(done)
}

/// The line of a row.
fn written<T>(row: &Row<T>, write: &dyn Fn(&Fields, &T) -> String) -> String {
    match row {
        Row::Good(fields, value) => write(fields, value),
        Row::Bad(fields, problem) => bad(fields, problem),
    }
}

/// Fields of a verdict that a row may have as its own: labels, for one.
const ASIDE: [&str; 4] = ["equal", "verdict", "reason", "tier"];

/// Whether a row has been through `answer compare` before.
pub fn is_judged(fields: &Fields) -> bool {
    fields.get("verdict").is_some() && fields.get("reason").is_some()
}

/// Makes room for the fields that a command sets: what a row has under their names of an earlier run is dropped, its own
/// `equal`, `verdict`, `reason` and `tier` are kept as `given_NAME`.
pub fn set_aside(fields: &mut Fields, ours: &[&str]) {
    let judged = is_judged(fields);
    fields.0.retain_mut(|(name, _)| {
        if !ours.contains(&name.as_str()) {
            return true;
        }
        let own = !judged && ASIDE.contains(&name.as_str());
        if own {
            *name = format!("given_{name}");
        }
        own
    });
}

/// The text of a field: a string, or a number or truth value as it is written; `None` for null.
pub fn text(
    fields: &Fields,
    name: &str,
    option: &str,
) -> std::result::Result<Option<String>, String> {
    let Some(value) = fields.get(name) else {
        return Err(format!(
            "there is no `{name}`; name the field with {option}"
        ));
    };
    match value.as_bytes().first() {
        Some(b'"') => serde_json::from_str(value)
            .map(Some)
            .map_err(|error| format!("`{name}` is no text: {error}")),
        Some(b'n') => Ok(None),
        Some(b'[' | b'{') => Err(format!("`{name}` is no text: write it as one string")),
        _ => Ok(Some(value.to_owned())),
    }
}

/// A file that cannot be used, as a failure.
pub fn failure(error: caco_lines::Error) -> Failure {
    Failure::usage(error.message, error.hint)
}

fn row<T>(line: &Line, read: &dyn Fn(&Fields) -> std::result::Result<T, String>) -> Row<T> {
    match Fields::parse(&line.text) {
        Err(error) => Row::Bad(
            Fields::of("line", &json!(line.number)),
            format!("no JSON object: {error}"),
        ),
        Ok(fields) => match read(&fields) {
            Ok(value) => Row::Good(fields, value),
            Err(problem) => Row::Bad(fields, problem),
        },
    }
}

fn bad(fields: &Fields, problem: &str) -> String {
    let mut fields = fields.clone();
    set_aside(&mut fields, &["equal", "verdict", "reason"]);
    let added: [(&str, Value); 3] = [
        ("equal", json!(false)),
        ("verdict", json!("bad_row")),
        ("reason", json!(problem)),
    ];
    fields.with(&[], &added)
}

fn name_bad(display: &Display, input: &Path, number: u64, problem: &str, count: u64) {
    if count <= NAMED {
        display.warn(&format!("{}:{number}: {problem}", input.display()));
    } else if count == NAMED + 1 {
        display.warn("more rows are not understood; the output says for each what is wrong");
    }
}

fn show(job: &Job<'_>, done: &Done, progress: &Progress) {
    job.display.counted(|| {
        let speed = rate(done.rows as f64 / done.seconds.max(1e-9));
        let (read, total) = progress.bytes();
        let left = if total > 0 {
            format!(", {} of {} read", bytes(read), bytes(total))
        } else {
            String::new()
        };
        format!("{} {}, {speed}/s{left}", grouped(done.rows), job.unit)
    });
}
