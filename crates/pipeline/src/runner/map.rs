//! Stages that work shard by shard: what is published is taken, the rest is done and published.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use caco_record::{Row, Stage};

use crate::context::Context;
use crate::report::StageReport;
use crate::shard::{self, Shard};
use crate::{Error, Event};

/// What one output shard is made from.
pub(crate) struct Input<'a> {
    /// Names the content.
    pub(crate) fingerprint: String,
    /// How many rows there are.
    pub(crate) rows: u64,
    /// Reads or makes them.
    pub(crate) load: Box<dyn Fn() -> Result<Vec<Row>, Error> + Sync + 'a>,
}

impl<'a> Input<'a> {
    /// The kept rows of a published shard.
    pub(crate) fn of(shard: &'a Shard) -> Self {
        Self {
            fingerprint: shard.fingerprint.clone(),
            rows: shard.counts.kept,
            load: Box::new(|| shard.kept()),
        }
    }
}

/// One stage of one round, as a function of input rows.
pub(crate) struct Map {
    pub(crate) stage: Stage,
    pub(crate) round: u32,
    /// Raised when the stage's code changes what it makes.
    pub(crate) version: u32,
    /// Everything else that the rows depend on: settings, prompts, model ids.
    pub(crate) section: String,
    /// What progress counts.
    pub(crate) unit: &'static str,
    /// Shards under work at the same time, at least 1. It changes nothing but the time taken: 1 where a shard keeps the
    /// machine busy by itself, more where it waits for servers.
    pub(crate) width: usize,
    /// Numbers of shards before which all earlier ones are done and the models have let go of what they held: where another
    /// model is asked, so that no two servers of ours need the machine at once. Ascending.
    pub(crate) fences: Vec<usize>,
}

/// What the shards of a stage share while they are worked on.
struct Shared<'a> {
    context: &'a Context<'a>,
    map: &'a Map,
    total: u64,
    done: AtomicU64,
    kept: AtomicU64,
    tokens: AtomicU64,
}

impl Shared<'_> {
    fn tell(&self) {
        self.context.observer.event(&Event::Progress {
            stage: self.map.stage,
            round: self.map.round,
            done: self.done.load(Ordering::Relaxed),
            total: self.total,
            kept: self.kept.load(Ordering::Relaxed),
            tokens: self.tokens.load(Ordering::Relaxed),
            unit: self.map.unit,
        });
    }
}

/// Where a stage is within one of its shards; the stage's function reports through it.
pub(crate) struct Progress<'a> {
    shared: &'a Shared<'a>,
    rows: u64,
    /// What this shard has added to the shared counts so far.
    done: AtomicU64,
    tokens: AtomicU64,
    /// The number of the shard.
    pub(crate) number: usize,
}

impl Progress<'_> {
    /// `done` of `all` parts of this shard's work are done, with `tokens` written for it so far.
    pub(crate) fn part(&self, done: usize, all: usize, tokens: usize) {
        let share = (self.rows as f64 * done as f64 / all.max(1) as f64) as u64;
        raise(&self.done, &self.shared.done, share.min(self.rows));
        raise(&self.tokens, &self.shared.tokens, tokens as u64);
        self.shared.tell();
    }

    /// The shard is published: exactly its rows are done.
    fn finish(&self) {
        let before = self.done.swap(self.rows, Ordering::Relaxed);
        let more = self.rows.saturating_sub(before);
        self.shared.done.fetch_add(more, Ordering::Relaxed);
        self.shared.tell();
    }
}

/// Raises an own count to `value` and a shared one by as much; counts never go back.
fn raise(own: &AtomicU64, shared: &AtomicU64, value: u64) {
    let before = own.fetch_max(value, Ordering::Relaxed);
    shared.fetch_add(value.saturating_sub(before), Ordering::Relaxed);
}

/// The function of a stage: all its input rows, each with a fate.
pub(crate) type Work<'a> = dyn Fn(Vec<Row>, &Progress<'_>) -> Result<Vec<Row>, Error> + Sync + 'a;

/// Runs a stage over its inputs. Returns its shards, one for each input, and what it did.
pub(crate) fn run(
    context: &Context<'_>,
    map: &Map,
    inputs: &[Input<'_>],
    work: &Work<'_>,
) -> Result<(Vec<Shard>, StageReport), Error> {
    let shared = Shared {
        context,
        map,
        total: inputs.iter().map(|input| input.rows).sum(),
        done: AtomicU64::new(0),
        kept: AtomicU64::new(0),
        tokens: AtomicU64::new(0),
    };
    context.observer.event(&Event::StageStarted {
        stage: map.stage,
        round: map.round,
        total: shared.total,
    });
    context.index().entry(map.stage, map.round).shards.clear();
    let results = all(&shared, inputs, work);
    let mut report = StageReport::new(map.stage, map.round);
    let mut shards: Vec<Shard> = Vec::new();
    let mut failure: Option<Error> = None;
    for result in results.into_iter().flatten() {
        match result {
            Ok(shard) => {
                shard.counts.add_to(&mut report);
                shards.push(shard);
            }
            Err(error) => {
                failure = Some(match failure {
                    None => error,
                    Some(first) => first.or(error),
                });
            }
        }
    }
    record(context, map, &shards)?;
    match failure {
        Some(error) => Err(error),
        None => Ok((shards, report)),
    }
}

/// Works on all inputs, so many at a time as the stage wants, in their order. After a failure no further one is begun,
/// except where the failure is that replies are awaited: then every shard has to say what it awaits.
fn all(
    shared: &Shared<'_>,
    inputs: &[Input<'_>],
    work: &Work<'_>,
) -> Vec<Option<Result<Shard, Error>>> {
    let results: Mutex<Vec<Option<Result<Shard, Error>>>> =
        Mutex::new(inputs.iter().map(|_| None).collect());
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let saved = Mutex::new(Instant::now());
    let worker = |end: usize| {
        while !failed.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(input) = inputs.get(number).filter(|_| number < end) else {
                break;
            };
            let result = one(shared, number, input, work);
            match &result {
                Err(Error::Awaiting { .. }) => {}
                Err(_) => {
                    failed.store(true, Ordering::Relaxed);
                    shared.context.failed.store(true, Ordering::Relaxed);
                }
                Ok(shard) => note(shared, shard, &saved),
            }
            results.lock().unwrap_or_else(PoisonError::into_inner)[number] = Some(result);
        }
    };
    let mut start = 0;
    for end in shared.map.fences.iter().copied().chain([inputs.len()]) {
        let end = end.min(inputs.len());
        let width = shared.map.width.clamp(1, end.saturating_sub(start).max(1));
        next.store(start, Ordering::Relaxed);
        if width == 1 {
            worker(end);
        } else {
            std::thread::scope(|scope| {
                for _ in 0..width {
                    scope.spawn(|| worker(end));
                }
            });
        }
        shared.context.models.rest();
        start = end;
    }
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn one(
    shared: &Shared<'_>,
    number: usize,
    input: &Input<'_>,
    work: &Work<'_>,
) -> Result<Shard, Error> {
    let (context, map) = (shared.context, shared.map);
    let seed = context.config.seed.to_string();
    let version = map.version.to_string();
    let parts = [
        "shard",
        map.stage.as_str(),
        &version,
        &seed,
        &map.section,
        &input.fingerprint,
    ];
    let fingerprint = shard::fingerprint(&parts);
    let path = shard::path(context.dir, map.stage, map.round, number, &fingerprint);
    let progress = Progress {
        shared,
        rows: input.rows,
        done: AtomicU64::new(0),
        tokens: AtomicU64::new(0),
        number,
    };
    let published = match shard::find(&path, &fingerprint)? {
        Some(shard) => shard,
        None => {
            context.check_stop()?;
            let rows = (input.load)()?;
            let given = rows.len();
            let rows = work(rows, &progress)?;
            if rows.len() != given || given as u64 != input.rows {
                return Err(Error::Internal(format!(
                    "{} (round {}): {given} rows in, {} rows out",
                    map.stage,
                    map.round,
                    rows.len()
                )));
            }
            shard::publish(&path, &fingerprint, &rows)?
        }
    };
    shared
        .kept
        .fetch_add(published.counts.kept, Ordering::Relaxed);
    progress.finish();
    Ok(published)
}

/// How often the list of shards is written while a stage works.
const NOTE_EVERY: Duration = Duration::from_millis(500);

/// Adds a shard to the index, for `status` while the stage works. The index is derived, so a failure to write it waits
/// for the end of the stage.
fn note(shared: &Shared<'_>, shard: &Shard, saved: &Mutex<Instant>) {
    let mut index = shared.context.index();
    let entry = index.entry(shared.map.stage, shared.map.round);
    entry.shards.push(name(shared.context, shard));
    let mut saved = saved.lock().unwrap_or_else(PoisonError::into_inner);
    if saved.elapsed() >= NOTE_EVERY {
        *saved = Instant::now();
        index.sort();
        let _ = index.save(shared.context.dir);
    }
}

/// Writes the stage's shards into the index, in their order.
fn record(context: &Context<'_>, map: &Map, shards: &[Shard]) -> Result<(), Error> {
    let mut index = context.index();
    index.entry(map.stage, map.round).shards =
        shards.iter().map(|shard| name(context, shard)).collect();
    index.sort();
    index.save(context.dir)
}

fn name(context: &Context<'_>, shard: &Shard) -> String {
    let path = shard.path.strip_prefix(context.dir);
    path.unwrap_or(&shard.path).to_string_lossy().into_owned()
}
