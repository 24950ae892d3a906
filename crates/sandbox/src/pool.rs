//! Many programs over a few warm interpreters.

use crate::run::{Attempt, attempt};
use crate::zygote::Zygote;
use crate::{Config, Error, Outcome, Result, Status, environment};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

/// A pool of warm interpreters. Dropping it ends every process that it started.
#[derive(Debug)]
pub struct Sandbox {
    config: Config,
    python: PathBuf,
    slots: Vec<Mutex<Slot>>,
}

/// What one worker holds: an interpreter of each kind, started when first needed.
#[derive(Debug, Default)]
struct Slot {
    light: Option<Zygote>,
    heavy: Option<Zygote>,
}

impl Sandbox {
    /// Finds the interpreter and starts the first worker, with a test program run through it; the others start when they
    /// are first needed.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting out of range, [`Error::NoPython`] where the interpreter cannot be used, and
    /// [`Error::Start`] where it does not come up.
    pub fn start(config: Config) -> Result<Self> {
        config.check()?;
        let python = environment::probe(&config.python)?.executable;
        let slots = (0..config.workers).map(|_| Mutex::default()).collect();
        let sandbox = Self {
            config,
            python,
            slots,
        };
        let first = sandbox.new_zygote(false)?;
        if let Some(slot) = sandbox.slots.first() {
            slot.lock().unwrap_or_else(PoisonError::into_inner).light = Some(first);
        }
        Ok(sandbox)
    }

    /// The layers in force for ordinary programs, as in [`Outcome::protection`]; empty while no worker is up.
    pub fn protection(&self) -> String {
        self.first(|zygote| zygote.protection.clone())
    }

    /// The interpreter of ordinary programs, as in [`Outcome::interpreter`]; empty while no worker is up.
    pub fn interpreter(&self) -> String {
        self.first(|zygote| zygote.interpreter.clone())
    }

    fn first(&self, of: impl Fn(&Zygote) -> String) -> String {
        let held = self.slots.iter().find_map(|slot| {
            let slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            slot.light.as_ref().map(&of)
        });
        held.unwrap_or_default()
    }

    /// Runs programs on all workers and returns their outcomes in the order given. A text that occurs more than once runs
    /// once. `progress` is called on this thread with the number of programs settled so far.
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
        let mut index_of: HashMap<&str, usize> = HashMap::new();
        let mut unique: Vec<(&str, usize)> = Vec::new();
        let place: Vec<usize> = programs
            .iter()
            .map(|&program| {
                let i = *index_of.entry(program).or_insert_with(|| {
                    unique.push((program, 0));
                    unique.len() - 1
                });
                if let Some(entry) = unique.get_mut(i) {
                    entry.1 += 1;
                }
                i
            })
            .collect();
        let outcomes = self.run_unique(&unique, progress, stop)?;
        Ok(place
            .into_iter()
            .filter_map(|i| outcomes.get(i).cloned())
            .collect())
    }

    fn run_unique(
        &self,
        programs: &[(&str, usize)],
        progress: &dyn Fn(usize),
        stop: &AtomicBool,
    ) -> Result<Vec<Outcome>> {
        let (next, abort) = (AtomicUsize::new(0), AtomicBool::new(false));
        let halted = || stop.load(Ordering::Relaxed) || abort.load(Ordering::Relaxed);
        let (sender, receiver) = mpsc::channel();
        let mut outcomes: Vec<Option<Outcome>> = vec![None; programs.len()];
        let mut failure = None;
        std::thread::scope(|scope| {
            for slot in self.slots.iter().take(programs.len()) {
                let (sender, next, halted) = (sender.clone(), &next, &halted);
                scope.spawn(move || {
                    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
                    while !halted() {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        let Some((program, _)) = programs.get(i) else {
                            break;
                        };
                        let outcome = self.run_one(&mut slot, program, halted);
                        if sender.send((i, outcome)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let mut done = 0;
            for (i, outcome) in receiver {
                match outcome {
                    Ok(outcome) => {
                        if let (Some(place), Some((_, times))) =
                            (outcomes.get_mut(i), programs.get(i))
                        {
                            *place = Some(outcome);
                            done += times;
                        }
                        progress(done);
                    }
                    Err(error) => {
                        abort.store(true, Ordering::Relaxed);
                        // Workers halted by the first failure report an interruption: the first one counts.
                        failure.get_or_insert(error);
                    }
                }
            }
        });
        match failure {
            Some(error) => Err(error),
            None => outcomes
                .into_iter()
                .collect::<Option<Vec<_>>>()
                .ok_or(Error::Interrupted),
        }
    }

    /// One program, with a second try where the interpreter process was lost, since that may be another's fault.
    fn run_one(&self, slot: &mut Slot, program: &str, stop: &dyn Fn() -> bool) -> Result<Outcome> {
        let heavy = self
            .config
            .heavy_words
            .iter()
            .any(|word| program.contains(word.as_str()));
        let held = if heavy {
            &mut slot.heavy
        } else {
            &mut slot.light
        };
        let mut lost = String::new();
        for _ in 0..2 {
            if stop() {
                return Err(Error::Interrupted);
            }
            let mut zygote = match held.take() {
                Some(zygote) => zygote,
                None => self.new_zygote(heavy)?,
            };
            match attempt(&mut zygote, &self.config, program, stop)? {
                Attempt::Done(outcome) => {
                    *held = Some(zygote);
                    return Ok(*outcome);
                }
                Attempt::Stopped => {
                    *held = Some(zygote);
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

    /// A new interpreter that has run a test program. Where it does not come up with every layer that the probes promise,
    /// it runs with limits alone, and says so in each outcome.
    fn new_zygote(&self, heavy: bool) -> Result<Zygote> {
        let mut preload = self.config.preload.clone();
        if heavy {
            preload.extend_from_slice(&self.config.preload_heavy);
        }
        let start = |isolate| {
            let mut zygote = Zygote::start(&self.python, &self.config, &preload, isolate)?;
            let failed = |detail: String| {
                Err(Error::Start {
                    python: self.python.clone(),
                    detail,
                })
            };
            match attempt(&mut zygote, &self.config, "output = 6 * 7", &|| false)? {
                Attempt::Done(outcome) if outcome.output_text.as_deref() == Some("42") => {
                    Ok(zygote)
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
        match start(self.config.isolate) {
            Err(Error::Start { .. }) if self.config.isolate => start(false),
            other => other,
        }
    }
}
