//! What can stop a run, with the exit category and the remedy beside each message.

use std::io;
use std::path::{Path, PathBuf};

use caco_record::Stage;

/// The documented groups of failures; each has its own process exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// The command line, the configuration or a seed file is wrong: exit code 2.
    Usage,
    /// The machine lacks something (Python, disk space, permission): exit code 3.
    Environment,
    /// A model cannot be loaded, asked or trained: exit code 4.
    Model,
    /// A budget is used up: exit code 5.
    Budget,
    /// The user stopped the run; it can be resumed: exit code 130.
    Interrupted,
    /// A defect of this program: exit code 70.
    Internal,
}

impl Category {
    /// The process exit code of this category.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Environment => 3,
            Self::Model => 4,
            Self::Budget => 5,
            Self::Interrupted => 130,
            Self::Internal => 70,
        }
    }
}

/// Why a run, or a question about a run, could not be completed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is wrong at a known place.
    #[error("{}: {message}", place(file, *line, path))]
    Config {
        /// The configuration file, or `--set`.
        file: PathBuf,
        /// The line in the file, from 1, where it is known.
        line: Option<usize>,
        /// The dotted path of the offending key; empty for the whole file.
        path: String,
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A seed, benchmark or recipe data file is missing, empty or unreadable as a whole.
    #[error("{}: {message}", file.display())]
    Data {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// A file operation failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The disk is full.
    #[error("the disk is full: cannot {action} {}", path.display())]
    DiskFull {
        /// What was being done, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// A published file does not hold what its name promises.
    #[error("{} is damaged: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The folder holds no run.
    #[error("{} is not a run folder: it has no config.yaml", path.display())]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// Another process works on the run.
    #[error("{} is in use by process {pid}", path.display())]
    Locked {
        /// The run folder.
        path: PathBuf,
        /// The owner, or `unknown`.
        pid: String,
    },
    /// A model's folder is missing or wrong, or training or sampling failed.
    #[error("model `{name}`: {message}")]
    Model {
        /// The model's name in the configuration, or its folder.
        name: String,
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// The Python environment cannot be prepared or its workers failed.
    #[error("python: {message}")]
    Python {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// A stage kept nothing, so that the next one has nothing to work on.
    #[error("{stage} (round {round}) kept none of {rows} rows; {reasons}")]
    NothingLeft {
        /// The stage.
        stage: Stage,
        /// The round.
        round: u32,
        /// Its input rows.
        rows: u64,
        /// The commonest reasons, in words.
        reasons: String,
    },
    /// No row, or more than one, has this identity.
    #[error("{message}")]
    Row {
        /// What was asked and what was found.
        message: String,
    },
    /// A budget of the configuration is used up.
    #[error("the budget is used up: `budget.{what}` is {limit}, and {used} are spent")]
    Budget {
        /// `calls`, `tokens` or `cost`.
        what: &'static str,
        /// The configured bound.
        limit: String,
        /// What was spent, over all resumptions.
        used: String,
    },
    /// A run that is rebuilt from its ledger needs calls that are not there.
    #[error("{stage}: {calls} calls are not in the ledger")]
    NotInLedger {
        /// The stage that needs them.
        stage: Stage,
        /// How many the first such shard lacks.
        calls: u64,
    },
    /// Calls were written into a batch file; the stage waits for their replies.
    #[error("{stage} (round {round}) waits for the replies to {calls} calls")]
    Awaiting {
        /// The stage.
        stage: Stage,
        /// The round.
        round: u32,
        /// How many calls.
        calls: u64,
    },
    /// An outside trainer was prepared and, as asked, not started.
    #[error("the trainer is ready in {}", .0.folder.display())]
    Prepared(crate::Prepared),
    /// The call ledger cannot be opened, read or written.
    #[error(transparent)]
    Ledger(#[from] caco_ledger::Error),
    /// The command asks for what cannot be.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// The user asked to stop. What is published stays; resume continues.
    #[error("stopped; the work that is published stays")]
    Interrupted,
    /// A defect of this program.
    #[error("internal error: {0}")]
    Internal(String),
}

fn place(file: &Path, line: Option<usize>, path: &str) -> String {
    let mut place = file.display().to_string();
    if let Some(line) = line {
        place.push_str(&format!(":{line}"));
    }
    if !path.is_empty() {
        place.push_str(&format!(": {path}"));
    }
    place
}

impl Error {
    /// Maps an operating-system error, setting a full disk apart.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        if matches!(
            source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        ) {
            Self::DiskFull {
                action,
                path: path.to_owned(),
            }
        } else {
            Self::Io {
                action,
                path: path.to_owned(),
                source,
            }
        }
    }

    /// One error for two that happened side by side: what has to be mended comes before what merely stopped.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (
                Self::Awaiting {
                    stage,
                    round,
                    calls,
                },
                Self::Awaiting { calls: more, .. },
            ) => Self::Awaiting {
                stage,
                round,
                calls: calls + more,
            },
            (Self::Interrupted | Self::Awaiting { .. }, other) => other,
            (first, _) => first,
        }
    }

    /// The group that decides the exit code.
    #[must_use]
    pub fn category(&self) -> Category {
        match self {
            Self::Config { .. }
            | Self::Data { .. }
            | Self::NoRun { .. }
            | Self::Row { .. }
            | Self::NotInLedger { .. }
            | Self::Prepared(_)
            | Self::Usage { .. } => Category::Usage,
            Self::Budget { .. } => Category::Budget,
            Self::Io { .. }
            | Self::DiskFull { .. }
            | Self::Damaged { .. }
            | Self::Locked { .. }
            | Self::Ledger(_)
            | Self::Python { .. } => Category::Environment,
            Self::Model { .. } | Self::NothingLeft { .. } | Self::Awaiting { .. } => {
                Category::Model
            }
            Self::Interrupted => Category::Interrupted,
            Self::Internal(_) => Category::Internal,
        }
    }

    /// What to do about it, to be printed apart from the message.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Config { hint, .. } => return hint.clone(),
            Self::Data { hint, .. }
            | Self::Model { hint, .. }
            | Self::Python { hint, .. }
            | Self::Usage { hint, .. } => hint.clone(),
            Self::Budget { what, .. } => format!(
                "raise it and run the same command again, for example with `--set budget.{what}=N`: nothing is asked twice"
            ),
            Self::NotInLedger { .. } => {
                "the run is not finished, or its configuration has changed since; `caco resume RUN` asks what is missing".into()
            }
            Self::Awaiting { .. } => {
                "bring the replies with `caco calls import RUN REPLIES`, then `caco resume RUN` or `caco calls export` goes on".into()
            }
            Self::Prepared(prepared) => prepared.command.clone(),
            Self::Ledger(caco_ledger::Error::Damaged { .. }) => {
                "put back a copy of the file; without it `caco resume RUN` asks and pays for its calls again".into()
            }
            Self::Ledger(caco_ledger::Error::DiskFull { .. }) => {
                "free some space, then `caco resume RUN` goes on where it stopped".into()
            }
            Self::Ledger(_) => "the ledger lies in RUN/calls on a local disk; check that it is readable and writable".into(),
            Self::Io { source, path, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                format!(
                    "make {} writable, or choose another folder with `-o DIR`",
                    path.display()
                )
            }
            Self::Io { .. } => "check that the path exists and is readable".into(),
            Self::DiskFull { .. } => {
                "free some space, then `caco resume RUN` goes on where it stopped".into()
            }
            Self::Damaged { .. } => "delete the file; `caco resume RUN` makes it again".into(),
            Self::NoRun { .. } => {
                "name the folder that `caco run` printed, or start one with `caco run CONFIG`"
                    .into()
            }
            Self::Locked { .. } => "wait for it, or stop that process first".into(),
            Self::NothingLeft { stage, .. } => format!(
                "look at the dropped rows with `caco status RUN` and `caco inspect`; loosen `{stage}` or give it more rows"
            ),
            Self::Row { .. } => {
                "`caco inspect RUN` takes the start of any row_id of the run".into()
            }
            Self::Interrupted => "`caco resume RUN`, or the same command again, goes on".into(),
            Self::Internal(_) => "please report it with the run folder's events.jsonl".into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        let path = Path::new("runs/x");
        let full = Error::io("write", path, io::Error::from(io::ErrorKind::StorageFull));
        assert!(matches!(full, Error::DiskFull { .. }));
        assert_eq!(full.category().exit_code(), 3);
        let denied = Error::io(
            "write",
            path,
            io::Error::from(io::ErrorKind::PermissionDenied),
        );
        assert!(denied.hint().unwrap().contains("writable"));
        assert!(denied.to_string().contains("runs/x"));
    }

    #[test]
    fn exit_codes_are_distinct() {
        let all = [
            Category::Usage,
            Category::Environment,
            Category::Model,
            Category::Budget,
            Category::Interrupted,
            Category::Internal,
        ];
        let codes: std::collections::BTreeSet<u8> =
            all.into_iter().map(Category::exit_code).collect();
        assert_eq!(codes.len(), all.len());
    }
}
