//! Running the commands that build an environment, with their lines passed on as they come.

use crate::{Error, Result};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// How many last lines an error carries.
const KEPT_LINES: usize = 15;

/// Takes out what would bend an interpreter or pip away from the environment being built.
pub(super) fn clean(command: &mut Command) {
    for name in [
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONSTARTUP",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_USER",
        "PIP_REQUIRE_VIRTUALENV",
    ] {
        command.env_remove(name);
    }
}

/// Runs `python fixed... rest...` to its end; each line that it prints goes to `progress`.
pub(super) fn command(
    python: &Path,
    folder: &Path,
    fixed: &[&str],
    rest: &[&str],
    progress: &dyn Fn(&str),
) -> Result<()> {
    let failed = |status: String, tail: String| Error::Install {
        folder: folder.into(),
        command: format!(
            "{} {} {}",
            python.display(),
            fixed.join(" "),
            rest.join(" ")
        ),
        status,
        tail,
    };
    let (reader, writer) = std::io::pipe().map_err(Error::system("make a pipe"))?;
    let mut command = Command::new(python);
    clean(&mut command);
    let second = writer
        .try_clone()
        .map_err(Error::system("duplicate a descriptor"))?;
    command
        .args(fixed)
        .args(rest)
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(second);
    let mut process = command
        .spawn()
        .map_err(|error| failed(format!("\"{error}\""), String::new()))?;
    drop(command); // and with it our ends for writing
    let mut tail = VecDeque::new();
    let mut lines = BufReader::new(reader).split(b'\n');
    while let Some(Ok(line)) = lines.next() {
        let line = String::from_utf8_lossy(&line).trim_end().to_string();
        if line.is_empty() {
            continue;
        }
        progress(&line);
        if tail.len() == KEPT_LINES {
            tail.pop_front();
        }
        tail.push_back(line);
    }
    let status = process.wait().map_err(Error::system("wait for pip"))?;
    if status.success() {
        return Ok(());
    }
    Err(failed(
        status.to_string(),
        tail.into_iter().collect::<Vec<_>>().join("\n"),
    ))
}
