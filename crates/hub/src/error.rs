//! Why a push could not be made.

use std::io;
use std::path::{Path, PathBuf};

/// The groups of failures, for exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was asked for cannot be.
    Usage,
    /// The machine, the network, the token or the Hub.
    Environment,
    /// The user stopped it.
    Stopped,
}

/// Why a push could not be made. No message holds the token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no token.
    #[error("there is no token for {endpoint}")]
    NoToken {
        /// The Hub.
        endpoint: String,
    },
    /// A setting of the environment, or the repository's name, cannot be used.
    #[error("{what}: {message}")]
    Setting {
        /// The variable or argument.
        what: String,
        /// What is wrong with it.
        message: String,
    },
    /// `HF_HUB_OFFLINE` is set.
    #[error("HF_HUB_OFFLINE is set, so nothing can be uploaded")]
    Offline,
    /// The Hub does not accept the token (401).
    #[error("{endpoint} does not accept the token: {message}")]
    Token {
        /// The Hub.
        endpoint: String,
        /// Its words.
        message: String,
    },
    /// The token may not do this (403).
    #[error("the token may not {action}: {message}")]
    Forbidden {
        /// What was being done.
        action: String,
        /// The Hub's words.
        message: String,
    },
    /// Another refusal.
    #[error("the Hub refused to {action} (status {status}): {message}")]
    Refused {
        /// What was being done.
        action: String,
        /// The status of the answer.
        status: u16,
        /// The Hub's words.
        message: String,
    },
    /// No answer, or none but busy ones, after every attempt.
    #[error("could not {action} after {attempts} attempts: {message}")]
    Unreachable {
        /// What was being done.
        action: String,
        /// How many attempts there were.
        attempts: u32,
        /// What the last one met.
        message: String,
    },
    /// An answer that is not what the interface says.
    #[error("the Hub's answer when asked to {action} is not understood: {message}")]
    Malformed {
        /// What was being done.
        action: String,
        /// What is wrong with it.
        message: String,
    },
    /// The repository is public, and a private one was asked for.
    #[error("{repository} exists and is public")]
    Public {
        /// The repository.
        repository: String,
    },
    /// A file is not what it was when it was written.
    #[error("{} has changed since it was written", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Client(String),
    /// The user asked to stop.
    #[error("stopped; what is uploaded stays")]
    Stopped,
}

impl Error {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    /// The group that decides the exit code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Setting { .. } | Self::Public { .. } => Kind::Usage,
            Self::Stopped => Kind::Stopped,
            _ => Kind::Environment,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::NoToken { .. } => {
                    "set HF_TOKEN to a token with write permission, or log in with `hf auth login`"
                }
                Self::Setting { .. } => "correct what is named",
                Self::Offline => "unset HF_HUB_OFFLINE, or look at the plan with --dry-run",
                Self::Token { .. } => {
                    "it may have expired: make a new one with write permission in the Hub's settings, and set HF_TOKEN to it"
                }
                Self::Forbidden { .. } => {
                    "give the token write permission for this repository, or name another one"
                }
                Self::Public { .. } => "name another repository, or leave --private out",
                Self::Changed { .. } => {
                    "`caco resume RUN` or `caco export` writes it again; the card is then made anew, too"
                }
                Self::Io { .. } => "check that it is there and readable",
                Self::Unreachable { .. } | Self::Stopped => {
                    "the same command goes on: what is uploaded is not sent again"
                }
                Self::Refused { .. } | Self::Malformed { .. } => {
                    "check HF_ENDPOINT and the repository's name; if they are right, please report it"
                }
                Self::Client(_) => {
                    "install the system's CA certificates (`ca-certificates`), or set SSL_CERT_FILE"
                }
            }
            .into(),
        )
    }
}
