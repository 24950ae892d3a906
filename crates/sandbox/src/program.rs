//! What is asked of a sandbox: a program, how its result leaves it, and its limits.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How the result leaves a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Via {
    /// The program contract: a global dict `input`, and the result in the global `output`; where there is no `output`, the
    /// last non-empty line that it prints.
    #[default]
    #[serde(rename = "contract")]
    Contract,
    /// What it prints. A `sys.exit(0)` is a good end.
    #[serde(rename = "stdout")]
    Stdout,
    /// The global `ans`; `None` is no answer, and has no text.
    #[serde(rename = "ans")]
    Ans,
    /// What the function `solution()` returns; `None` is no answer, and has no text.
    #[serde(rename = "solution()")]
    Solution,
    /// Notebook cells, run one after another in one namespace; each gives the `repr` of its last expression, if that is not
    /// `None`. An exception ends its cell, not the program; the status is that of the last cell.
    #[serde(rename = "cells")]
    Cells,
}

impl Via {
    /// The name used in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::Stdout => "stdout",
            Self::Ans => "ans",
            Self::Solution => "solution()",
            Self::Cells => "cells",
        }
    }

    pub(crate) fn number(self) -> u16 {
        match self {
            Self::Contract => 0,
            Self::Stdout => 1,
            Self::Ans => 2,
            Self::Solution => 3,
            Self::Cells => 4,
        }
    }
}

/// A program to run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Program {
    /// Its text; empty for [`Via::Cells`].
    pub code: String,
    /// The texts of its cells, for [`Via::Cells`].
    pub cells: Vec<String>,
    /// How its result leaves it.
    pub via: Via,
    /// What it reads from stdin.
    pub stdin: String,
}

impl Program {
    /// A program of the contract.
    pub fn contract(code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            ..Self::default()
        }
    }

    /// A script, whose result is what it prints.
    pub fn script(code: impl Into<String>, stdin: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            stdin: stdin.into(),
            via: Via::Stdout,
            ..Self::default()
        }
    }

    /// Notebook cells.
    pub fn cells(cells: Vec<String>) -> Self {
        Self {
            cells,
            via: Via::Cells,
            ..Self::default()
        }
    }

    /// What goes over the pipe as the program's text.
    pub(crate) fn wire(&self) -> Cow<'_, str> {
        match self.via {
            Via::Cells => serde_json::json!(self.cells).to_string().into(),
            _ => (&self.code).into(),
        }
    }

    /// Bytes of program text.
    pub(crate) fn text_size(&self) -> usize {
        self.code.len() + self.cells.iter().map(String::len).sum::<usize>()
    }

    /// The same for equal programs, and for no others.
    pub(crate) fn key(&self) -> [u8; 16] {
        let mut hash = blake3::Hasher::new();
        hash.update(&self.via.number().to_le_bytes());
        for part in [&self.code, &self.stdin].into_iter().chain(&self.cells) {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let mut key = [0; 16];
        hash.finalize_xof().fill(&mut key);
        key
    }
}

/// What one program may use.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// CPU time in seconds, over all its threads, read from outside of it. Above 0, at most 86,400. Default: 10, as published.
    pub cpu_seconds: f64,
    /// Wall time in seconds, the looser cap (for programs that sleep). Above 0, at most 86,400. Default: 20.
    pub wall_seconds: f64,
    /// Address space in MiB, from 64 to 1,048,576. Default: 1024.
    pub memory_mb: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_seconds: 10.0,
            wall_seconds: 20.0,
            memory_mb: 1024,
        }
    }
}

impl Limits {
    /// Errors with the setting's name and its allowed range.
    pub(crate) fn check(&self) -> crate::Result<()> {
        let seconds = |x: f64| x > 0.0 && x <= 86_400.0;
        let wrong = |key, problem: &str| {
            Err(crate::Error::Setting {
                key,
                problem: problem.into(),
            })
        };
        if !seconds(self.cpu_seconds) {
            return wrong("cpu_seconds", "must be above 0 and at most 86400");
        }
        if !seconds(self.wall_seconds) {
            return wrong("wall_seconds", "must be above 0 and at most 86400");
        }
        if !(64..=1 << 20).contains(&self.memory_mb) {
            return wrong("memory_mb", "must be from 64 to 1048576");
        }
        Ok(())
    }
}
