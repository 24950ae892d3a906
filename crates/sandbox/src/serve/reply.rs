//! `RunCodeResponse`: what the interface says of an [`Outcome`].
//!
//! In the interface's own server the program is a process: an exception is exit code 1 with the traceback on stderr, a
//! signal is its negative number, the time limit leaves no exit code, and `message` says something only where the sandbox
//! itself failed. So it is here; `message` also says what stopped a program that the sandbox ended or refused something.

use crate::{Outcome, Status};
use serde::Serialize;

/// How the request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum RunStatus {
    /// Exit code 0.
    Success,
    /// Another exit code, or the time limit.
    Failed,
    /// Not the program's fault. The interface's own client asks again.
    SandboxError,
}

/// How the process went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CommandStatus {
    /// It has an exit code.
    Finished,
    /// It could not be run.
    Error,
    /// It was killed at the time limit.
    TimeLimitExceeded,
}

/// The process of the program.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommandResult {
    pub status: CommandStatus,
    /// Wall time in seconds.
    pub execution_time: Option<f64>,
    pub return_code: Option<i32>,
    pub stdout: Option<String>,
    pub stderr: Option<String>,
}

/// The whole answer, its fields in the interface's order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunResponse {
    pub status: RunStatus,
    pub message: String,
    /// Python is not compiled: always none.
    pub compile_result: Option<CommandResult>,
    pub run_result: Option<CommandResult>,
    pub executor_pod_name: Option<String>,
    pub files: NoFiles,
}

/// An empty object.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NoFiles {}

impl RunResponse {
    fn new(status: RunStatus, message: String, run_result: Option<CommandResult>) -> Self {
        Self {
            status,
            message,
            compile_result: None,
            run_result,
            executor_pod_name: None,
            files: NoFiles {},
        }
    }

    /// The request asks for what this server has not.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(RunStatus::SandboxError, message.into(), None)
    }

    /// The machine failed, whatever the program is.
    pub fn machine_failure(message: String) -> Self {
        let run = CommandResult {
            status: CommandStatus::Error,
            execution_time: None,
            return_code: None,
            stdout: None,
            stderr: Some(message.clone()),
        };
        Self::new(RunStatus::SandboxError, message, Some(run))
    }

    /// The program ran.
    pub fn of(outcome: Outcome) -> Self {
        let code = return_code(&outcome);
        let (status, run_status) = match code {
            Some(0) => (RunStatus::Success, CommandStatus::Finished),
            Some(_) => (RunStatus::Failed, CommandStatus::Finished),
            None => (RunStatus::Failed, CommandStatus::TimeLimitExceeded),
        };
        let message = match status {
            RunStatus::Success => String::new(),
            _ => message(&outcome),
        };
        let run = CommandResult {
            status: run_status,
            execution_time: Some(outcome.wall_ms / 1000.0),
            return_code: code,
            stdout: Some(outcome.stdout),
            stderr: Some(outcome.stderr),
        };
        Self::new(status, message, Some(run))
    }
}

/// None at the time limit. A program that ended by itself has the code that it asked for; one that the sandbox ended never
/// has 0.
fn return_code(outcome: &Outcome) -> Option<i32> {
    const SIGKILL: i32 = 9;
    match outcome.status {
        Status::Ok => Some(outcome.exit_code.unwrap_or(0)),
        Status::Error | Status::Denied | Status::Unsupported => {
            Some(outcome.exit_code.unwrap_or(1))
        }
        Status::Timeout => None,
        Status::Memory if outcome.error_class.as_deref() == Some("MemoryError") => Some(1),
        Status::Memory | Status::OutputLimit => Some(-SIGKILL),
        Status::Crash => {
            let signal = outcome.error_class.as_deref().and_then(signal);
            Some(outcome.exit_code.or(signal.map(|n| -n)).unwrap_or(1))
        }
    }
}

/// The number of a signal on Linux and macOS where both agree, else on Linux.
fn signal(name: &str) -> Option<i32> {
    let number = match name {
        "SIGHUP" => 1,
        "SIGINT" => 2,
        "SIGQUIT" => 3,
        "SIGILL" => 4,
        "SIGTRAP" => 5,
        "SIGABRT" => 6,
        "SIGBUS" => 7,
        "SIGFPE" => 8,
        "SIGKILL" => 9,
        "SIGUSR1" => 10,
        "SIGSEGV" => 11,
        "SIGUSR2" => 12,
        "SIGPIPE" => 13,
        "SIGALRM" => 14,
        "SIGTERM" => 15,
        "SIGXCPU" => 24,
        "SIGXFSZ" => 25,
        "SIGSYS" => 31,
        _ => return None,
    };
    Some(number)
}

fn message(outcome: &Outcome) -> String {
    let what = match outcome.status {
        Status::Ok | Status::Error | Status::Timeout => return String::new(),
        Status::Memory => "the program asked for more memory than it may have",
        Status::OutputLimit => "the program printed more than it may",
        Status::Denied => "the sandbox refused the program an operation",
        Status::Crash => "the program's process died",
        Status::Unsupported => "the program needs what is not here",
    };
    let detail = [&outcome.error_class, &outcome.error_message];
    let detail: Vec<&str> = detail.into_iter().flatten().map(String::as_str).collect();
    match detail.is_empty() {
        true => what.to_owned(),
        false => format!("{what} ({})", detail.join(": ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_a_process() {
        let cases = [
            (Status::Ok, None, None, Some(0)),
            (Status::Ok, None, Some(0), Some(0)),
            (Status::Error, Some("ValueError"), None, Some(1)),
            (Status::Error, Some("SystemExit"), Some(3), Some(3)),
            (Status::Error, Some("SystemExit"), Some(0), Some(0)),
            (Status::Timeout, Some("CpuTime"), None, None),
            (Status::Memory, Some("MemoryError"), None, Some(1)),
            (Status::Memory, None, None, Some(-9)),
            (Status::OutputLimit, None, Some(0), Some(-9)),
            (Status::Denied, Some("PermissionError"), None, Some(1)),
            (Status::Crash, Some("SIGSEGV"), None, Some(-11)),
            (Status::Crash, Some("os._exit"), Some(0), Some(0)),
            (Status::Crash, Some("os._exit"), None, Some(1)),
            (
                Status::Unsupported,
                Some("ModuleNotFoundError"),
                None,
                Some(1),
            ),
        ];
        for (status, class, exit_code, code) in cases {
            let mut outcome = Outcome::bare(status, class, None);
            outcome.exit_code = exit_code;
            let response = RunResponse::of(outcome);
            let success = response.status == RunStatus::Success;
            let run = response.run_result.unwrap();
            assert_eq!(run.return_code, code, "{status:?} {class:?}");
            assert_eq!(success, code == Some(0), "{status:?} {class:?}");
        }
    }
}
