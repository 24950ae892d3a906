//! One worker: a thread with an interpreter of each kind, which takes jobs until the pool closes.

use crate::alone::{Attempt, attempt};
use crate::batch::{Batch, Fate, Live};
use crate::isolation::missing;
use crate::queue::{Job, Lane, Queue};
use crate::zygote::Zygote;
use crate::{Config, Error, Isolation, Level, Limits, Outcome, Program, Result, Status, sys};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What all workers of a pool share.
pub struct Shared {
    pub config: Config,
    pub python: PathBuf,
    pub queue: Queue,
    /// Set when the pool is dropped: everything that runs is killed.
    pub closing: AtomicBool,
    /// Programs that run or wait.
    pub open: AtomicUsize,
    pub counts: Counts,
}

/// What a pool has done so far.
#[derive(Debug, Default)]
pub struct Counts {
    pub batch: AtomicUsize,
    pub own: AtomicUsize,
    pub withheld: AtomicUsize,
    pub audited: AtomicUsize,
    pub disagreed: AtomicUsize,
}

fn add(counter: &AtomicUsize, n: usize) {
    counter.fetch_add(n, Ordering::Relaxed);
}

/// An interpreter and the child of the batch tier that it may have.
pub struct Host {
    zygote: Zygote,
    live: Option<Live>,
}

impl Host {
    pub fn protection(&self) -> &str {
        &self.zygote.protection
    }

    pub fn interpreter(&self) -> &str {
        &self.zygote.interpreter
    }
}

/// Takes jobs until the queue closes.
pub fn work(shared: &Shared, light: Option<Host>) {
    let mut worker = Worker {
        shared,
        hosts: [light, None],
        last: None,
    };
    while let Some(jobs) = shared.queue.pop(worker.last, shared.config.workers) {
        let jobs: Vec<Job> = jobs
            .into_iter()
            .filter_map(|job| {
                if job.is_cancelled() {
                    worker.answer(job, Err(Error::Interrupted));
                    return None;
                }
                Some(job)
            })
            .collect();
        match jobs.first().map(|job| job.lane) {
            Some(Lane::Batch) => worker.batch(jobs),
            Some(_) => jobs.into_iter().for_each(|job| worker.alone(job)),
            None => {}
        }
    }
}

struct Worker<'a> {
    shared: &'a Shared,
    hosts: [Option<Host>; 2],
    /// The kind of the child that ran last.
    last: Option<bool>,
}

impl Worker<'_> {
    fn answer(&self, job: Job, outcome: Result<Outcome>) {
        self.shared.open.fetch_sub(1, Ordering::Relaxed);
        (job.reply)(outcome);
    }

    fn host(&mut self, heavy: bool) -> Result<&mut Host> {
        let slot = &mut self.hosts[usize::from(heavy)];
        match slot {
            Some(host) => Ok(host),
            None => Ok(slot.insert(new_host(self.shared, heavy)?)),
        }
    }

    fn alone(&mut self, job: Job) {
        let first_pass = self.shared.config.first_pass_seconds;
        let mut limits = job.limits;
        if job.lane == Lane::Own {
            limits.cpu_seconds = limits.cpu_seconds.min(first_pass);
        }
        let stop = || self.shared.closing.load(Ordering::Relaxed) || job.is_cancelled();
        let outcome = run_alone(
            self.shared,
            &mut self.hosts[usize::from(job.heavy)],
            &job.program,
            &limits,
            job.heavy,
            &stop,
        );
        match outcome {
            Ok(outcome)
                if outcome.error_class.as_deref() == Some("CpuTime")
                    && outcome.status == Status::Timeout
                    && limits.cpu_seconds < job.limits.cpu_seconds =>
            {
                self.shared.queue.push(job.in_lane(Lane::Second));
            }
            Ok(outcome) => {
                add(&self.shared.counts.own, 1);
                self.answer(job, Ok(outcome));
            }
            Err(error) => self.answer(job, Err(error)),
        }
    }

    /// Hands jobs of one kind and limits to the batch child, and answers those that it vouches for.
    fn batch(&mut self, jobs: Vec<Job>) {
        let Some(first) = jobs.first() else {
            return;
        };
        let (heavy, limits) = (first.heavy, first.limits);
        self.last = Some(heavy);
        let batch = match self.run_batch(&jobs, heavy, &limits) {
            Ok(batch) => batch,
            Err(error) => {
                // One job carries the news; the others meet the same machine again.
                let mut jobs = jobs.into_iter();
                if let Some(job) = jobs.next() {
                    self.answer(job, Err(error));
                }
                jobs.for_each(|job| self.shared.queue.push_front(job));
                return;
            }
        };
        let trusted = self.audit(&jobs, &batch, heavy, &limits);
        let untouched = |fate: &Fate| matches!(fate, Fate::Untouched);
        // A batch that was refused or lost before anything ran would come back for ever.
        let stuck =
            batch.fates.iter().all(untouched) && !self.shared.closing.load(Ordering::Relaxed);
        let Batch { fates, .. } = batch;
        let mut back = Vec::new();
        for (job, fate) in jobs.into_iter().zip(fates) {
            match fate {
                Fate::Done(outcome) if trusted => {
                    add(&self.shared.counts.batch, 1);
                    self.answer(job, Ok(*outcome));
                }
                Fate::Untouched if !stuck => back.push(job),
                Fate::Done(_) | Fate::Own | Fate::Untouched => {
                    add(&self.shared.counts.withheld, 1);
                    self.shared.queue.push(job.in_lane(Lane::Own));
                }
            }
        }
        back.into_iter()
            .rev()
            .for_each(|job| self.shared.queue.push_front(job));
    }

    fn run_batch(&mut self, jobs: &[Job], heavy: bool, limits: &Limits) -> Result<Batch> {
        let shared = self.shared;
        let host = self.host(heavy)?;
        let live = match host.live.take() {
            Some(live) if live.limits == *limits && !live.is_spent(&shared.config) => Ok(live),
            Some(live) => {
                if live.retire(&mut host.zygote) {
                    Live::start(&mut host.zygote, &shared.config, limits)?
                } else {
                    Err("the interpreter process fell silent".into())
                }
            }
            None => Live::start(&mut host.zygote, &shared.config, limits)?,
        };
        let Ok(live) = live else {
            self.hosts[usize::from(heavy)] = None;
            let fates = jobs.iter().map(|_| Fate::Own).collect();
            return Ok(Batch {
                fates,
                live: None,
                lost: true,
                refused: None,
            });
        };
        let programs: Vec<_> = jobs.iter().map(|job| (&*job.program, job.uses)).collect();
        let stop = || shared.closing.load(Ordering::Relaxed) || jobs.iter().any(Job::is_cancelled);
        let mut batch = live.run(&mut host.zygote, &shared.config, &programs, &stop)?;
        for fate in &mut batch.fates {
            if let Fate::Done(outcome) = fate {
                stamp(outcome, &host.zygote);
            }
        }
        host.live = batch.live.take();
        if batch.lost || batch.refused.is_some() {
            self.hosts[usize::from(heavy)] = None;
        }
        Ok(batch)
    }

    /// Ends the batch child, if there is one.
    fn retire(&mut self, heavy: bool) {
        let slot = &mut self.hosts[usize::from(heavy)];
        if let Some(host) = slot
            && let Some(live) = host.live.take()
            && !live.retire(&mut host.zygote)
        {
            *slot = None;
        }
    }

    /// Runs the programs of a batch that their text chooses once more, each in a child of its own: whether they agree.
    fn audit(&mut self, jobs: &[Job], batch: &Batch, heavy: bool, limits: &Limits) -> bool {
        for (job, fate) in jobs.iter().zip(&batch.fates) {
            let Fate::Done(outcome) = fate else {
                continue;
            };
            if !is_audited(&job.program, self.shared.config.audit_share) {
                continue;
            }
            let stop = || self.shared.closing.load(Ordering::Relaxed) || job.is_cancelled();
            let again = run_alone(
                self.shared,
                &mut self.hosts[usize::from(heavy)],
                &job.program,
                limits,
                heavy,
                &stop,
            );
            add(&self.shared.counts.audited, 1);
            match again {
                Ok(again) if again.agrees_with(outcome) => {}
                // What the machine could not repeat is no disagreement.
                Err(_) => {}
                Ok(_) => {
                    add(&self.shared.counts.disagreed, 1);
                    self.retire(heavy);
                    return false;
                }
            }
        }
        true
    }
}

/// Whether a program is among those that run twice: a function of its text.
fn is_audited(program: &Program, share: f64) -> bool {
    let [a, b, c, d, ..] = program.key();
    f64::from(u32::from_le_bytes([a, b, c, d])) < share * f64::from(u32::MAX) || share >= 1.0
}

fn stamp(outcome: &mut Outcome, zygote: &Zygote) {
    outcome.protection.clone_from(&zygote.protection);
    outcome.isolation = zygote.level;
    outcome.interpreter.clone_from(&zygote.interpreter);
}

/// One program in a child of its own, with a second try where the interpreter process was lost, since that may be another's
/// fault.
fn run_alone(
    shared: &Shared,
    slot: &mut Option<Host>,
    program: &Program,
    limits: &Limits,
    heavy: bool,
    stop: &dyn Fn() -> bool,
) -> Result<Outcome> {
    let mut lost = String::new();
    for _ in 0..2 {
        if stop() {
            return Err(Error::Interrupted);
        }
        let mut host = match slot.take() {
            Some(host) => host,
            None => new_host(shared, heavy)?,
        };
        if !host.zygote.beside
            && let Some(live) = host.live.take()
            && !live.retire(&mut host.zygote)
        {
            continue;
        }
        let attempt = attempt(&mut host.zygote, &shared.config, program, limits, stop)?;
        if std::mem::take(&mut host.zygote.batch_ended) {
            host.live = None;
        }
        match attempt {
            Attempt::Done(mut outcome) => {
                stamp(&mut outcome, &host.zygote);
                *slot = Some(host);
                return Ok(*outcome);
            }
            Attempt::Stopped => {
                *slot = Some(host);
                return Err(Error::Interrupted);
            }
            // The zygote is dropped, and with it all that it left.
            Attempt::Lost(why) | Attempt::Refused(why) => lost = why,
        }
    }
    // Both attempts had a zygote that passed its own test program, so the cause is this one.
    Ok(Outcome::bare(
        Status::Crash,
        Some("InterpreterLost"),
        Some(lost),
    ))
}

/// A new interpreter that has run a test program. Where it does not come up with every layer that the probes promise, it
/// runs with limits alone, if the settings allow that, and says so in each outcome.
pub fn new_host(shared: &Shared, heavy: bool) -> Result<Host> {
    let config = &shared.config;
    let mut preload = config.preload.clone();
    if heavy {
        preload.extend_from_slice(&config.preload_heavy);
    }
    let failed = |detail: String| {
        Err(Error::Start {
            python: shared.python.clone(),
            detail,
        })
    };
    let start = |isolate| {
        let mut zygote = Zygote::start(&shared.python, config, &preload, isolate)?;
        let test = Program::contract("output = 6 * 7");
        match attempt(&mut zygote, config, &test, &Limits::default(), &|| false)? {
            Attempt::Done(outcome) if outcome.output_text.as_deref() == Some("42") => {
                Ok(Host { zygote, live: None })
            }
            Attempt::Done(outcome) => failed(format!(
                "its test program ended with {}: {}",
                outcome.status.as_str(),
                outcome.error_message.unwrap_or_default()
            )),
            Attempt::Lost(why) | Attempt::Refused(why) => {
                failed(format!("its test program did not run: {why}"))
            }
            Attempt::Stopped => Err(Error::Interrupted),
        }
    };
    // Once more, since somebody may have killed the first.
    let start_or_again = |isolate| match start(isolate) {
        Err(Error::Start { .. }) => start(isolate),
        other => other,
    };
    let host = match config.isolation {
        Isolation::None => start_or_again(false),
        Isolation::Strict => start_or_again(true),
        Isolation::Best => match start_or_again(true) {
            Err(Error::Start { .. }) => start(false),
            other => other,
        },
    }?;
    let floor = match config.isolation {
        Isolation::Strict => Level::Strict,
        _ => config.floor,
    };
    if host.zygote.level < floor {
        return Err(Error::Isolation {
            wanted: floor,
            reached: host.zygote.level,
            missing: missing(&host.zygote.protection).join(", "),
        });
    }
    Ok(host)
}

/// A thread of the pool.
pub fn spawn(
    shared: &Arc<Shared>,
    number: usize,
    light: Option<Host>,
) -> Result<std::thread::JoinHandle<()>> {
    let shared = Arc::clone(shared);
    std::thread::Builder::new()
        .name(format!("sandbox-{number}"))
        .spawn(move || {
            sys::block_sigpipe();
            work(&shared, light);
        })
        .map_err(Error::system("start a thread"))
}
