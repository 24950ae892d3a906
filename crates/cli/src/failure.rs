//! Why a command could not do its work: a message, a hint apart from it, and an exit code.

use std::path::Path;

use serde_json::json;

use crate::args::Global;
use crate::exit::Exit;
use crate::{output, paint};

/// A command's failure.
#[derive(Debug)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// What went wrong, in lower case, naming the file, row or key.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// The result of a command.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A wrong argument, configuration or input file.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// Something that the machine lacks.
    pub fn environment(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            exit: Exit::Environment,
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// A defect of this program.
    pub fn internal(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Internal,
            message: message.into(),
            hint: None,
        }
    }

    /// A file that cannot be read, written or made.
    pub fn file(action: &str, path: &Path, error: &std::io::Error) -> Self {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => "check the path",
            std::io::ErrorKind::PermissionDenied => {
                "check the permissions, or choose another folder"
            }
            std::io::ErrorKind::StorageFull => "free some space",
            _ => "check the path and the disk",
        };
        let exit = if error.kind() == std::io::ErrorKind::NotFound {
            Exit::Usage
        } else {
            Exit::Environment
        };
        Self {
            exit,
            message: format!("cannot {action} {}: {error}", path.display()),
            hint: Some(hint.into()),
        }
    }

    /// Prints it: words on stderr, and with `--json` an object on stdout.
    pub fn show(&self, global: &Global) {
        let paint = paint::Paint::for_stderr();
        eprintln!("{} {}", paint.bad("error:"), self.message);
        if let Some(hint) = &self.hint {
            eprintln!("{} {hint}", paint.strong(" hint:"));
        }
        if global.json {
            let value =
                json!({"error": self.message, "hint": self.hint, "exit_code": self.exit.code()});
            // Nothing is left to do about a reader that has gone away.
            let _ = output::json(&value);
        }
    }
}

impl From<caco_pipeline::Error> for Failure {
    fn from(error: caco_pipeline::Error) -> Self {
        Self {
            exit: error.category().into(),
            message: error.to_string(),
            hint: error.hint(),
        }
    }
}
