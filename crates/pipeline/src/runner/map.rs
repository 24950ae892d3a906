//! Stages that work shard by shard: what is published is taken, the rest is done and published.

use std::sync::atomic::{AtomicU64, Ordering};

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
    pub(crate) load: Box<dyn Fn() -> Result<Vec<Row>, Error> + 'a>,
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
}

/// Where a stage is within its shards; the stage's function reports through it.
pub(crate) struct Progress<'a> {
    context: &'a Context<'a>,
    map: &'a Map,
    total: u64,
    before: u64,
    rows: u64,
    kept: u64,
    tokens: &'a AtomicU64,
    /// The number of the shard.
    pub(crate) number: usize,
    /// The fingerprint of the input.
    pub(crate) input: &'a str,
}

impl Progress<'_> {
    /// `done` of `all` parts of this shard's work are done, with `tokens` written for it so far.
    pub(crate) fn part(&self, done: usize, all: usize, tokens: usize) {
        let share = (self.rows as f64 * done as f64 / all.max(1) as f64) as u64;
        self.tell(self.before + share.min(self.rows), tokens as u64);
    }

    fn tell(&self, done: u64, tokens: u64) {
        self.context.observer.event(&Event::Progress {
            stage: self.map.stage,
            round: self.map.round,
            done,
            total: self.total,
            kept: self.kept,
            tokens: self.tokens.load(Ordering::Relaxed) + tokens,
            unit: self.map.unit,
        });
    }

    /// Adds the tokens of a finished shard.
    pub(crate) fn add_tokens(&self, tokens: u64) {
        self.tokens.fetch_add(tokens, Ordering::Relaxed);
    }
}

/// The function of a stage: all its input rows, each with a fate.
pub(crate) type Work<'a> = dyn Fn(Vec<Row>, &Progress<'_>) -> Result<Vec<Row>, Error> + 'a;

/// Runs a stage over its inputs. Returns its shards, one for each input, and what it did.
pub(crate) fn run(
    context: &Context<'_>,
    map: &Map,
    inputs: &[Input<'_>],
    work: &Work<'_>,
) -> Result<(Vec<Shard>, StageReport), Error> {
    let total = inputs.iter().map(|input| input.rows).sum();
    let mut report = StageReport::new(map.stage, map.round);
    context.observer.event(&Event::StageStarted {
        stage: map.stage,
        round: map.round,
        total,
    });
    let mut shards: Vec<Shard> = Vec::new();
    let seed = context.config.seed.to_string();
    let version = map.version.to_string();
    let tokens = AtomicU64::new(0);
    context.index().entry(map.stage, map.round).shards.clear();
    for (number, input) in inputs.iter().enumerate() {
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
            context,
            map,
            total,
            before: report.rows_in,
            rows: input.rows,
            kept: report.kept,
            tokens: &tokens,
            number,
            input: &input.fingerprint,
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
        published.counts.add_to(&mut report);
        record(context, map, &published)?;
        shards.push(published);
        context.observer.event(&Event::Progress {
            stage: map.stage,
            round: map.round,
            done: report.rows_in,
            total,
            kept: report.kept,
            tokens: tokens.load(Ordering::Relaxed),
            unit: map.unit,
        });
    }
    Ok((shards, report))
}

/// Notes a shard in the index.
fn record(context: &Context<'_>, map: &Map, shard: &Shard) -> Result<(), Error> {
    let name = shard
        .path
        .strip_prefix(context.dir)
        .unwrap_or(&shard.path)
        .to_string_lossy()
        .into_owned();
    let mut index = context.index();
    index.entry(map.stage, map.round).shards.push(name);
    index.sort();
    index.save(context.dir)
}
