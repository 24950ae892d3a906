//! Settings of a pool.

use crate::{Environment, Error, Result};
use std::path::PathBuf;

/// Settings of a [`Sandbox`](crate::Sandbox). The defaults are the published limits where there are any.
#[derive(Debug, Clone)]
pub struct Config {
    /// The interpreter: a path or a name on `PATH`. Default: `python3`.
    pub python: PathBuf,
    /// A folder of packages to add to the interpreter's own. Default: none.
    pub site: Option<PathBuf>,
    /// How many programs run at once, from 1. Default: the machine's cores.
    pub workers: usize,
    /// CPU time of a program in seconds, over all its threads, read from outside of it. Default: 10.
    pub cpu_seconds: f64,
    /// Wall time of a program in seconds, the looser cap (for programs that sleep). Default: 20.
    pub wall_seconds: f64,
    /// Address space of a program in MiB. Default: 1024.
    pub memory_mb: u64,
    /// How many bytes a program may print, on each of stdout and stderr, before it is killed. Default: 65,536.
    pub output_bytes: usize,
    /// How many characters the wire form of `input` and of `output` may have. Default: 65,536.
    pub max_answer_bytes: usize,
    /// Modules that every interpreter has imported before the first program. Missing ones are skipped.
    pub preload: Vec<String>,
    /// Modules that a second kind of interpreter has imported as well. It starts when a program first names one of
    /// [`heavy_words`](Self::heavy_words). Default: numpy, sympy.
    pub preload_heavy: Vec<String>,
    /// A program whose text contains one of these words runs in the second kind. A wrong guess costs only time.
    pub heavy_words: Vec<String>,
    /// Whether to use namespaces, Landlock and seccomp where the machine has them. Default: true. Limits, no-new-privileges
    /// and the kill of the process tree are always on.
    pub isolate: bool,
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
            cpu_seconds: 10.0,
            wall_seconds: 20.0,
            memory_mb: 1024,
            output_bytes: 65_536,
            max_answer_bytes: 65_536,
            preload: words(LIGHT),
            preload_heavy: words("numpy sympy"),
            heavy_words: words("numpy sympy scipy mpmath pandas networkx"),
            isolate: true,
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
        let seconds = |x: f64| x > 0.0 && x <= 86_400.0;
        if self.workers == 0 || self.workers > 1024 {
            return wrong("workers", "must be from 1 to 1024");
        }
        if !seconds(self.cpu_seconds) {
            return wrong("cpu_seconds", "must be above 0 and at most 86400");
        }
        if !seconds(self.wall_seconds) {
            return wrong("wall_seconds", "must be above 0 and at most 86400");
        }
        if !(64..=1 << 20).contains(&self.memory_mb) {
            return wrong("memory_mb", "must be from 64 to 1048576");
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
