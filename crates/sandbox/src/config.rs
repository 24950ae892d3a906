//! Settings of a pool.

use crate::{Environment, Error, Isolation, Level, Limits, Result};
use std::path::PathBuf;

/// Which tier runs programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TierChoice {
    /// The batch tier where a program's text allows it, a child of its own otherwise.
    #[default]
    Auto,
    /// A child for each program.
    Own,
    /// The batch tier whatever the text: for tests of what happens when the gate is wrong.
    Batch,
}

/// Settings of a [`Sandbox`](crate::Sandbox). The defaults are the published limits where there are any.
#[derive(Debug, Clone)]
pub struct Config {
    /// The interpreter: a path or a name on `PATH`. Default: `python3`.
    pub python: PathBuf,
    /// A folder of packages to add to the interpreter's own. Default: none.
    pub site: Option<PathBuf>,
    /// How many programs run at once, from 1. Default: the machine's cores.
    pub workers: usize,
    /// What each program may use, where [`Sandbox::submit`](crate::Sandbox::submit) does not say otherwise.
    pub limits: Limits,
    /// CPU seconds of a first pass: a program that is cut off there runs again, with its whole limit, when nothing else
    /// waits, so that hangs do not hold up the others. Above 0. Default: 1.
    pub first_pass_seconds: f64,
    /// How many bytes a program may print, on each of stdout and stderr, before it is killed. Default: 65,536.
    pub output_bytes: usize,
    /// How many characters the wire form of `input` and of `output` may have. Default: 65,536.
    pub max_answer_bytes: usize,
    /// Modules that every interpreter has imported before the first program. Missing ones are skipped.
    pub preload: Vec<String>,
    /// Modules that a second kind of interpreter has imported as well; it starts when a program first imports one of them.
    /// Missing ones are skipped. Default: numpy, sympy, networkx.
    pub preload_heavy: Vec<String>,
    /// What protection is asked for. Default: [`Isolation::Best`].
    pub isolation: Isolation,
    /// Below this level the pool does not start. Default: [`Level::Limits`], so that it always does.
    pub floor: Level,
    /// A cgroup v2 folder that may be written: each interpreter process has a group of its own below it, through which its whole
    /// tree is killed, and its memory and processes bounded where the controllers are there. Default: below the group of
    /// this process where that may be written, else none.
    pub cgroup: Option<PathBuf>,
    /// The one instant that programs see as the present, in seconds since 1970-01-01T00:00:00Z, from 0 to 253,402,300,799:
    /// `time` and `datetime` show it, moved on by a microsecond at each reading and by as much as a program sleeps. What
    /// files and the kernel show of the time is not changed. Default: none, the machine's clock.
    pub frozen_clock: Option<f64>,
    /// The seed of Python's hashes (`PYTHONHASHSEED`), on which the order of sets of texts depends. Default: 0.
    pub hash_seed: u32,
    /// Where the global random streams of `random`, numpy and sympy start in every program. Default: 0.
    pub random_seed: u32,
    /// How many bytes of stdout and of stderr an outcome keeps: the last ones. Default: 4,096.
    pub keep_bytes: usize,
    /// Which tier runs programs. Default: [`TierChoice::Auto`].
    pub tier: TierChoice,
    /// Whether the batch tier finds what a program has changed by CPython's own counters, where it has them (up to 3.11).
    /// Without, contents are compared, which is slower and finds the same. Default: true.
    pub count_changes: bool,
    /// After how many programs a child of the batch tier is replaced, from 1. Default: 4,096.
    pub renew_after: usize,
    /// The share of programs of the batch tier that run a second time, in a child of their own; where the two answers
    /// differ, their whole batch is run anew. From 0 to 1; which ones is a function of their text. Default: 1/2048.
    pub audit_share: f64,
    /// Where the programs' empty working folders are made. Default: the system's temporary folder.
    pub scratch: Option<PathBuf>,
}

const LIGHT: &str = "math cmath itertools fractions collections datetime random re heapq functools operator bisect string json \
                     typing dataclasses decimal statistics calendar copy time enum abc numbers textwrap";

impl Default for Config {
    fn default() -> Self {
        let words = |text: &str| text.split_whitespace().map(String::from).collect();
        Self {
            python: PathBuf::from("python3"),
            site: None,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            limits: Limits::default(),
            first_pass_seconds: 1.0,
            output_bytes: 65_536,
            max_answer_bytes: 65_536,
            preload: words(LIGHT),
            preload_heavy: words("numpy sympy networkx"),
            isolation: Isolation::Best,
            floor: Level::Limits,
            cgroup: None,
            frozen_clock: None,
            hash_seed: 0,
            random_seed: 0,
            keep_bytes: 4096,
            tier: TierChoice::Auto,
            count_changes: true,
            renew_after: 4096,
            audit_share: 1.0 / 2048.0,
            scratch: None,
        }
    }
}

impl Config {
    /// The defaults, with the interpreter and packages of `environment`.
    pub fn for_environment(environment: &Environment) -> Self {
        Self {
            python: environment.python.clone(),
            site: environment.site.clone(),
            ..Self::default()
        }
    }

    /// Errors with the setting's name and its allowed range.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |key, problem: &str| {
            Err(Error::Setting {
                key,
                problem: problem.into(),
            })
        };
        if self.workers == 0 || self.workers > 1024 {
            return wrong("workers", "must be from 1 to 1024");
        }
        self.limits.check()?;
        if !(self.first_pass_seconds > 0.0 && self.first_pass_seconds <= 86_400.0) {
            return wrong("first_pass_seconds", "must be above 0 and at most 86400");
        }
        if !(0.0..=1.0).contains(&self.audit_share) {
            return wrong("audit_share", "must be from 0 to 1");
        }
        if let Some(seconds) = self.frozen_clock
            && !(0.0..=253_402_300_799.0).contains(&seconds)
        {
            return wrong("frozen_clock", "must be from 0 to 253402300799");
        }
        if self.renew_after == 0 {
            return wrong("renew_after", "must be at least 1");
        }
        if !(1..=1 << 24).contains(&self.max_answer_bytes)
            || !(1..=1 << 28).contains(&self.output_bytes)
        {
            return wrong(
                "output_bytes",
                "must be from 1 to 268435456 (max_answer_bytes: to 16777216)",
            );
        }
        Ok(())
    }
}
