//! What can go wrong on the machine's side. What a program does wrong is an [`Outcome`](crate::Outcome), never an error.

use std::path::PathBuf;

/// A failure of the machine, with its remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No usable interpreter.
    #[error("no Python 3.9 or newer was found ({tried}). {remedy}")]
    NoPython {
        /// What was looked at, and why it was turned down.
        tried: String,
        /// What to install.
        remedy: String,
    },

    /// The interpreter has no pip, so packages cannot be installed.
    #[error(
        "{python} has no pip and no venv module, so the packages that programs need cannot be installed. {remedy}"
    )]
    NoPip {
        /// The interpreter.
        python: PathBuf,
        /// What to install.
        remedy: String,
    },

    /// A command that prepares the environment failed.
    #[error(
        "preparing the Python environment in {folder} failed: `{command}` ended with {status}. Its last lines:\n{tail}\n\
         If the network or a proxy is the cause, set HTTPS_PROXY or PIP_INDEX_URL and run again; if a version does not exist \
         for this interpreter, choose another one with CACO_PYTHON"
    )]
    Install {
        /// Where the environment was being built.
        folder: PathBuf,
        /// The command.
        command: String,
        /// Its exit status in words.
        status: String,
        /// The last lines that it printed.
        tail: String,
    },

    /// A file or folder could not be used.
    #[error(
        "{action} {path}: {source}. Check that the folder is writable and the disk is not full"
    )]
    Folder {
        /// What was being done, such as "cannot create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },

    /// A file of programs or outcomes could not be used.
    #[error("{message}; {hint}")]
    Bulk {
        /// What went wrong, with the file.
        message: String,
        /// What to do about it.
        hint: String,
    },

    /// The machine offers less protection than is asked for.
    #[error(
        "the sandbox reaches isolation level `{}` here, and `{}` is asked for: it lacks {missing}. Run on a machine or in a \
         container that allows them (as root, or with unprivileged user namespaces, seccomp and Landlock), or ask for less \
         with --isolation best and a lower --floor",
        .reached.as_str(), .wanted.as_str()
    )]
    Isolation {
        /// The level asked for.
        wanted: crate::Level,
        /// The level that the machine offers.
        reached: crate::Level,
        /// The layers that the highest level has and this machine has not, comma-separated.
        missing: String,
    },

    /// The interpreter did not come up as a sandbox.
    #[error("the sandbox could not start with {python}: {detail}")]
    Start {
        /// The interpreter.
        python: PathBuf,
        /// What it said.
        detail: String,
    },

    /// The operating system refused something that the supervisor needs.
    #[error(
        "the sandbox could not {action}: {source}. Check the limits on open files and processes (`ulimit -n -u`)"
    )]
    System {
        /// What was being done.
        action: &'static str,
        /// The cause.
        source: std::io::Error,
    },

    /// The server cannot listen where it is asked to.
    #[error(
        "cannot listen on {address}: {source}. Choose another address or port, or stop the program that has it \
         (`ss -ltnp` names it)"
    )]
    Bind {
        /// The address.
        address: std::net::SocketAddr,
        /// The cause.
        source: std::io::Error,
    },

    /// The server would run anyone's programs.
    #[error(
        "refusing to serve on {address}, which other machines can reach, without a token: anyone there could run programs \
         here. Set a token (`openssl rand -hex 32` makes one), listen on 127.0.0.1, or allow anonymous use explicitly where \
         something else guards the port"
    )]
    Exposed {
        /// The address.
        address: std::net::SocketAddr,
    },

    /// The stop flag was set; every program that ran has been killed.
    #[error("interrupted")]
    Interrupted,

    /// A setting that makes no sense.
    #[error("sandbox setting `{key}`: {problem}")]
    Setting {
        /// The setting.
        key: &'static str,
        /// What is wrong and what is allowed.
        problem: String,
    },
}

impl From<caco_lines::Error> for Error {
    fn from(error: caco_lines::Error) -> Self {
        Self::Bulk {
            message: error.message,
            hint: error.hint,
        }
    }
}

impl Error {
    pub(crate) fn system(action: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::System { action, source }
    }
}
