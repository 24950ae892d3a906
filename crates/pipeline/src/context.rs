//! What every stage may use: configuration, folder, models, prompts, the sandbox, the log, the stop flag.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use caco_record::Stage;
use caco_sandbox::{Outcome, Sandbox};

use crate::asking::{self, Ledger, Mode, Purse};
use crate::index::Index;
use crate::models::Models;
use crate::prompts::Prompts;
use crate::referee;
use crate::{Config, Error, Event, Observer};

/// Runs untrusted programs; the sandbox, or a stand-in under test.
pub(crate) trait Executor: Send + Sync {
    /// Outcomes in the order given.
    fn run(
        &self,
        programs: &[&str],
        progress: &dyn Fn(usize),
        stop: &AtomicBool,
    ) -> Result<Vec<Outcome>, Error>;
}

impl Executor for Sandbox {
    fn run(
        &self,
        programs: &[&str],
        progress: &dyn Fn(usize),
        stop: &AtomicBool,
    ) -> Result<Vec<Outcome>, Error> {
        Self::run(self, programs, progress, stop).map_err(python_error)
    }
}

/// Maps the sandbox's errors, setting a stop apart.
pub(crate) fn python_error(error: caco_sandbox::Error) -> Error {
    match error {
        caco_sandbox::Error::Interrupted => Error::Interrupted,
        caco_sandbox::Error::Folder {
            action: _,
            path,
            source,
        } => Error::io("use", &path, source),
        other => Error::Python {
            message: other.to_string(),
            hint:
                "`caco doctor` says what this machine lacks; `execute.python: []` needs no packages"
                    .into(),
        },
    }
}

/// The tools of one run in this process.
pub(crate) struct Context<'a> {
    pub(crate) config: &'a Config,
    pub(crate) dir: &'a Path,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) stop: &'a AtomicBool,
    pub(crate) models: Models,
    pub(crate) prompts: Prompts,
    pub(crate) ledger: Ledger,
    /// What becomes of questions that the ledger cannot answer.
    pub(crate) mode: Mode,
    pub(crate) purse: Purse,
    /// A shard has failed, and the run with it: nothing more is to be asked.
    pub(crate) failed: AtomicBool,
    /// Nothing is trained and a stage may keep nothing.
    pub(crate) preview: bool,
    /// An outside trainer is prepared, not started.
    pub(crate) dry_run: bool,
    executor: Mutex<Option<Arc<dyn Executor>>>,
    /// Sandboxes in which programs see another hash seed, other random streams and another time.
    shaken: Mutex<BTreeMap<u8, Arc<dyn Executor>>>,
    index: Mutex<Index>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        config: &'a Config,
        dir: &'a Path,
        observer: &'a dyn Observer,
        stop: &'a AtomicBool,
    ) -> Result<Self, Error> {
        let ledger = caco_ledger::Ledger::open(&asking::folder(dir))?;
        Self::over(config, dir, ledger, observer, stop)
    }

    /// As [`Context::new`], over a ledger that is open already.
    pub(crate) fn over(
        config: &'a Config,
        dir: &'a Path,
        ledger: caco_ledger::Ledger,
        observer: &'a dyn Observer,
        stop: &'a AtomicBool,
    ) -> Result<Self, Error> {
        let prompts = Prompts::of(config)?;
        let purse = Purse::new(&config.budget, ledger.totals()?);
        Ok(Self {
            config,
            dir,
            observer,
            stop,
            models: Models::new(),
            prompts,
            ledger: Arc::new(ledger),
            mode: Mode::Ask,
            purse,
            failed: AtomicBool::new(false),
            preview: false,
            dry_run: false,
            executor: Mutex::new(None),
            shaken: Mutex::new(BTreeMap::new()),
            index: Mutex::new(Index::load(dir)),
        })
    }

    /// Ends the work when the user asked for it.
    pub(crate) fn check_stop(&self) -> Result<(), Error> {
        if self.stop.load(Ordering::Relaxed) {
            Err(Error::Interrupted)
        } else {
            Ok(())
        }
    }

    pub(crate) fn message(&self, text: impl Into<String>) {
        self.observer.event(&Event::Message { text: text.into() });
    }

    pub(crate) fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A random seed for one row of one stage.
    pub(crate) fn seed(&self, stage: Stage, row_id: &str, index: u64) -> u64 {
        caco_record::derive_seed(self.config.seed, stage.as_str(), row_id, index)
    }

    /// The sandbox, with its Python environment prepared and its workers started on first use.
    pub(crate) fn executor(&self) -> Result<Arc<dyn Executor>, Error> {
        let mut held = self.executor.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(executor) = &*held {
            return Ok(Arc::clone(executor));
        }
        let settings = &self.config.execute;
        let requirements: Vec<&str> = settings.python.iter().map(String::as_str).collect();
        let say = |line: &str| self.message(line);
        let environment =
            caco_sandbox::environment::ensure(&self.config.cache, &requirements, &say)
                .map_err(python_error)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let fallback = self.config.answer.fallback;
        let mut preload_heavy = caco_sandbox::Config::default().preload_heavy;
        preload_heavy.extend(fallback.preload());
        let config = caco_sandbox::Config {
            preload_heavy,
            workers: settings.workers.unwrap_or(cores.min(8)),
            limits: self.limits(),
            ..caco_sandbox::Config::for_environment(&environment)
        };
        let sandbox = Sandbox::start(config).map_err(python_error)?;
        self.message(format!(
            "python: {}; protection: {}",
            sandbox.interpreter(),
            sandbox.protection()
        ));
        referee::probe(&sandbox, fallback, self.stop)?;
        let executor: Arc<dyn Executor> = Arc::new(sandbox);
        *held = Some(Arc::clone(&executor));
        Ok(executor)
    }

    /// A sandbox with the surroundings of this number, so that a program which depends on them gives itself away.
    pub(crate) fn shaken(&self, number: u8) -> Result<Arc<dyn Executor>, Error> {
        let mut held = self.shaken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(executor) = held.get(&number) {
            return Ok(Arc::clone(executor));
        }
        let requirements: Vec<&str> = self
            .config
            .execute
            .python
            .iter()
            .map(String::as_str)
            .collect();
        let say = |line: &str| self.message(line);
        let environment =
            caco_sandbox::environment::ensure(&self.config.cache, &requirements, &say)
                .map_err(python_error)?;
        let shake = u32::from(number) + 1;
        let config = caco_sandbox::Config {
            workers: 1,
            limits: self.limits(),
            hash_seed: shake,
            random_seed: shake,
            // Some years, days, hours and minutes from the beginning of 2024; the last has the machine's clock, where time
            // passes.
            frozen_clock: (number < 3).then(|| 1_704_067_200.0 + 41_234_567.0 * f64::from(shake)),
            ..caco_sandbox::Config::for_environment(&environment)
        };
        let executor: Arc<dyn Executor> = Arc::new(Sandbox::start(config).map_err(python_error)?);
        held.insert(number, Arc::clone(&executor));
        Ok(executor)
    }

    fn limits(&self) -> caco_sandbox::Limits {
        let settings = &self.config.execute;
        caco_sandbox::Limits {
            cpu_seconds: settings.cpu_seconds,
            wall_seconds: settings.wall_seconds,
            memory_mb: settings.memory_mb,
        }
    }
}
