//! Many programs over a few warm interpreters.

use crate::memory::{Memory, Place};
use crate::queue::{Job, Lane, Reply};
use crate::running::Running;
use crate::worker::{self, Shared};
use crate::{
    Config, Error, Limits, Outcome, Program, Result, Status, TierChoice, Via, environment, group,
};
use caco_program::routing::{self, Uses};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// Programs with more text than this are not run.
const MAX_PROGRAM: usize = 1 << 20;
/// Nor those with more to read from stdin.
const MAX_STDIN: usize = 16 << 20;
/// How many programs are handed out before the first of them is settled, for each worker.
const WINDOW: usize = 512;
/// How often a stop flag is looked at.
const TICK: Duration = Duration::from_millis(50);

/// A pool of warm interpreters. Dropping it ends every process that it started.
pub struct Sandbox {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    protection: String,
    interpreter: String,
}

/// What a pool has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Statistics {
    /// Programs answered by the batch tier.
    pub batch: usize,
    /// Programs answered by a child of their own.
    pub own: usize,
    /// Answers of the batch tier that were withheld; those programs ran in a child of their own.
    pub withheld: usize,
    /// Answers of the batch tier that were checked against a child of their own.
    pub audited: usize,
    /// Audits that did not agree.
    pub disagreed: usize,
}

impl Sandbox {
    /// Finds the interpreter and starts the first worker, with a test program run through it; interpreters of the others
    /// start when they are first needed.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting out of range, [`Error::NoPython`] where the interpreter cannot be used,
    /// [`Error::Start`] where it does not come up, and [`Error::Isolation`] where the machine offers less protection than
    /// the settings ask for.
    pub fn start(config: Config) -> Result<Self> {
        config.check()?;
        group::sweep(&config);
        let python = environment::probe(&config.python)?.executable;
        let workers = config.workers;
        let shared = Arc::new(Shared {
            config,
            python,
            queue: Default::default(),
            closing: AtomicBool::new(false),
            open: Default::default(),
            counts: Default::default(),
        });
        let first = worker::new_host(&shared, false)?;
        let mut sandbox = Self {
            protection: first.protection().to_owned(),
            interpreter: first.interpreter().to_owned(),
            shared,
            threads: Vec::new(),
        };
        let mut first = Some(first);
        for number in 0..workers {
            let thread = worker::spawn(&sandbox.shared, number, first.take())?;
            sandbox.threads.push(thread);
        }
        Ok(sandbox)
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// The layers in force for ordinary programs, as in [`Outcome::protection`].
    pub fn protection(&self) -> String {
        self.protection.clone()
    }

    /// The interpreter of ordinary programs, as in [`Outcome::interpreter`].
    pub fn interpreter(&self) -> String {
        self.interpreter.clone()
    }

    /// Programs that run or wait.
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::Relaxed)
    }

    /// Programs that wait.
    pub fn queued(&self) -> usize {
        self.shared.queue.len()
    }

    /// What the pool has done so far.
    pub fn statistics(&self) -> Statistics {
        let counts = &self.shared.counts;
        let read = |counter: &std::sync::atomic::AtomicUsize| counter.load(Ordering::Relaxed);
        Statistics {
            batch: read(&counts.batch),
            own: read(&counts.own),
            withheld: read(&counts.withheld),
            audited: read(&counts.audited),
            disagreed: read(&counts.disagreed),
        }
    }

    /// Hands a program to the pool. The outcome can be awaited on any executor; dropping it cancels the program.
    ///
    /// ```no_run
    /// # async fn example() -> caco_sandbox::Result<()> {
    /// use caco_sandbox::{Config, Limits, Program, Sandbox};
    /// let sandbox = Sandbox::start(Config::default())?;
    /// let limits = Limits { cpu_seconds: 2.0, ..Limits::default() };
    /// let outcome = sandbox.submit(Program::contract("output = 6 * 7"), limits)?.await?;
    /// assert_eq!(outcome.output_text.as_deref(), Some("42"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] where the limits are out of range. The future ends with a failure of the machine, or with
    /// [`Error::Interrupted`] where the pool is dropped first; what a program does is never an error.
    pub fn submit(&self, program: Program, limits: Limits) -> Result<Running> {
        limits.check()?;
        let (promise, running, cancelled) = Running::new();
        self.enqueue(
            Arc::new(program),
            limits,
            cancelled,
            Box::new(|outcome| promise.keep(outcome)),
        );
        Ok(running)
    }

    fn enqueue(
        &self,
        program: Arc<Program>,
        limits: Limits,
        cancelled: Arc<AtomicBool>,
        reply: Reply,
    ) {
        let (text, stdin) = (program.text_size(), program.stdin.len());
        if text > MAX_PROGRAM || stdin > MAX_STDIN {
            let message = format!(
                "the program has {text} bytes and {stdin} on its stdin; at most {MAX_PROGRAM} and {MAX_STDIN} are taken"
            );
            return reply(Ok(Outcome::bare(Status::Unsupported, None, Some(message))));
        }
        let (lane, uses, heavy) = self.route(&program);
        self.shared.open.fetch_add(1, Ordering::Relaxed);
        self.shared.queue.push(Job::new(
            program,
            limits,
            (uses, heavy),
            lane,
            cancelled,
            reply,
        ));
    }

    fn route(&self, program: &Program) -> (Lane, Uses, bool) {
        let texts: Vec<&String> = match program.via {
            Via::Cells => program.cells.iter().collect(),
            _ => vec![&program.code],
        };
        let (mut own, mut uses) = (false, Uses::default());
        for text in texts {
            let route = routing::route(text);
            own |= route.own.is_some();
            uses = uses.and(route.uses);
        }
        let heavy = uses.numpy || uses.sympy;
        let lane = match self.shared.config.tier {
            TierChoice::Auto if own => Lane::Own,
            TierChoice::Own => Lane::Own,
            TierChoice::Auto | TierChoice::Batch => Lane::Batch,
        };
        if self.shared.config.tier == TierChoice::Batch {
            uses = Uses {
                random: true,
                decimal: true,
                numpy: heavy,
                sympy: heavy,
            };
        }
        (lane, uses, heavy)
    }

    /// Runs programs of the contract on all workers and returns their outcomes in the order given. A text that occurs more
    /// than once runs once. `progress` is called on this thread with the number of programs settled so far.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once `stop` is set and the running programs are dead; else failures of the machine. What a
    /// program does is never an error.
    pub fn run(
        &self,
        programs: &[&str],
        progress: &dyn Fn(usize),
        stop: &AtomicBool,
    ) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::with_capacity(programs.len());
        let mut items = programs
            .iter()
            .map(|text| Ok::<_, Error>(Program::contract(*text)));
        self.stream(
            &mut items,
            &self.shared.config.limits,
            stop,
            &mut |outcome| {
                outcomes.push(outcome.clone());
                progress(outcomes.len());
                Ok(())
            },
        )?;
        Ok(outcomes)
    }

    /// Runs programs as they come and hands their outcomes to `each` in the same order, on this thread. Bounded: at most
    /// 512 programs for each worker are taken before the first of them is settled. A program that occurs more than once
    /// runs once, as far as the last 65,536 different ones are concerned.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once `stop` is set and the running programs are dead, failures of the machine, and what
    /// `programs` and `each` return.
    pub fn stream<E: From<Error>>(
        &self,
        programs: &mut dyn Iterator<Item = std::result::Result<Program, E>>,
        limits: &Limits,
        stop: &AtomicBool,
        each: &mut dyn FnMut(&Outcome) -> std::result::Result<(), E>,
    ) -> std::result::Result<usize, E> {
        limits.check()?;
        let cancelled: Arc<AtomicBool> = Arc::default();
        let result = self.stream_until(programs, limits, (stop, &cancelled), each);
        if result.is_err() {
            cancelled.store(true, Ordering::Relaxed);
        }
        result
    }

    fn stream_until<E: From<Error>>(
        &self,
        programs: &mut dyn Iterator<Item = std::result::Result<Program, E>>,
        limits: &Limits,
        (stop, cancelled): (&AtomicBool, &Arc<AtomicBool>),
        each: &mut dyn FnMut(&Outcome) -> std::result::Result<(), E>,
    ) -> std::result::Result<usize, E> {
        let (sender, receiver) = mpsc::channel::<()>();
        let mut memory = Memory::default();
        let mut window: VecDeque<Place> = VecDeque::new();
        let most = WINDOW * self.shared.config.workers;
        let (mut settled, mut ended) = (0, false);
        loop {
            while !ended && window.len() < most {
                match programs.next() {
                    None => ended = true,
                    Some(program) => {
                        let program = program?;
                        let key = program.key();
                        if let Some(known) = memory.get(&key) {
                            window.push_back(known);
                            continue;
                        }
                        let place = Place::default();
                        memory.put(key, place.clone());
                        window.push_back(place.clone());
                        let sender = sender.clone();
                        let reply: Reply = Box::new(move |outcome| {
                            place.settle(outcome);
                            // The receiver is gone only where the stream has failed already.
                            let _ = sender.send(());
                        });
                        self.enqueue(Arc::new(program), *limits, Arc::clone(cancelled), reply);
                    }
                }
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
            while let Some(front) = window.front() {
                match front.hand_out(&mut *each)? {
                    None => break,
                    Some(said) => said?,
                }
                window.pop_front();
                settled += 1;
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
            if window.is_empty() && ended {
                return Ok(settled);
            }
            if stop.load(Ordering::Relaxed) {
                cancelled.store(true, Ordering::Relaxed);
                // Until what runs is dead.
                while window.iter().any(Place::is_empty) {
                    let _ = receiver.recv_timeout(TICK);
                }
                return Err(Error::Interrupted.into());
            }
            let _ = receiver.recv_timeout(TICK);
            while receiver.try_recv().is_ok() {}
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::Relaxed);
        self.shared.queue.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("config", &self.shared.config)
            .finish_non_exhaustive()
    }
}
