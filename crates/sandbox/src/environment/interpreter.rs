//! Finding a CPython that will do.

use crate::{Error, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What to install where Python or pip is missing.
pub(super) const REMEDY: &str = "Install it: Debian and Ubuntu: `sudo apt install python3 python3-venv python3-pip`; \
    Fedora: `sudo dnf install python3 python3-pip`; macOS: `brew install python`. \
    Or name another interpreter with CACO_PYTHON=/path/to/python3";

/// Asked of every candidate; its answer is data, one line of JSON.
const QUESTION: &str = "import json, platform, sys, importlib.util as u
has = lambda name: u.find_spec(name) is not None
print(json.dumps(dict(version=list(sys.version_info[:3]), implementation=sys.implementation.name, executable=sys.executable,
                      platform=platform.machine() + '-' + sys.platform, has_venv=has('venv'), has_ensurepip=has('ensurepip'),
                      has_pip=has('pip'))))";

/// An interpreter and what it can do.
#[derive(Debug, Clone, Deserialize)]
pub struct Interpreter {
    /// Its full path (the interpreter itself where the path given was a launcher's).
    pub executable: PathBuf,
    /// Major, minor, micro.
    pub version: [u32; 3],
    /// Machine and system, such as `x86_64-linux`.
    pub platform: String,
    /// Whether the venv module is there.
    pub has_venv: bool,
    /// Whether the ensurepip module is there (Debian takes it out of python3).
    pub has_ensurepip: bool,
    /// Whether pip is there.
    pub has_pip: bool,
    /// Which Python it is; `cpython`, the only one that is taken.
    pub implementation: String,
}

impl Interpreter {
    /// The version as text, such as `3.11.7`.
    pub fn version_text(&self) -> String {
        let [major, minor, micro] = self.version;
        format!("{major}.{minor}.{micro}")
    }
}

/// The interpreter that `CACO_PYTHON` names, else the first usable one of `python3` and `python` on `PATH`.
///
/// # Errors
/// [`Error::NoPython`] with what was tried and what to install.
pub fn find() -> Result<Interpreter> {
    match std::env::var_os("CACO_PYTHON").filter(|value| !value.is_empty()) {
        Some(path) => probe(Path::new(&path)),
        None => first_of(&["python3", "python"]),
    }
}

/// The first usable one of `names`.
pub(super) fn first_of(names: &[&str]) -> Result<Interpreter> {
    let mut tried = Vec::new();
    for name in names {
        match ask(Path::new(name)) {
            Ok(found) => return Ok(found),
            Err(why) => tried.push(format!("{name}: {why}")),
        }
    }
    Err(Error::NoPython {
        tried: tried.join("; "),
        remedy: REMEDY.into(),
    })
}

/// What one interpreter, given by path or name, can do.
///
/// # Errors
/// [`Error::NoPython`] where it does not run, is older than 3.9, or is not CPython.
pub fn probe(python: &Path) -> Result<Interpreter> {
    ask(python).map_err(|why| Error::NoPython {
        tried: format!("{}: {why}", python.display()),
        remedy: REMEDY.into(),
    })
}

fn ask(python: &Path) -> std::result::Result<Interpreter, String> {
    let mut command = Command::new(python);
    super::pip::clean(&mut command);
    let run = command
        .args(["-s", "-B", "-c", QUESTION])
        .stdin(Stdio::null())
        .output();
    let output = run.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "not found".to_string(),
        _ => format!("cannot be run: {error}"),
    })?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "does not work ({}): {}",
            output.status,
            words.lines().last().unwrap_or_default()
        ));
    }
    let found: Interpreter = serde_json::from_slice(&output.stdout)
        .map_err(|_| "does not answer as a Python interpreter does".to_string())?;
    if found.version < [3, 9, 0] {
        return Err(format!("is Python {}, too old", found.version_text()));
    }
    if found.implementation != "cpython" {
        return Err(format!(
            "is {}, but answers are CPython's",
            found.implementation
        ));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_interpreter_says_what_to_install_on_each_system() {
        let text = first_of(&["no-such-python-a", "no-such-python-b"])
            .unwrap_err()
            .to_string();
        for part in [
            "no-such-python-a: not found",
            "no-such-python-b",
            "apt install python3",
            "dnf install",
            "brew install",
            "CACO_PYTHON",
        ] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }

    #[test]
    fn a_program_that_is_no_python_is_turned_down() {
        let text = probe(Path::new("/bin/true")).unwrap_err().to_string();
        assert!(
            text.contains("does not answer as a Python interpreter"),
            "{text}"
        );
        let text = probe(Path::new("/bin/false")).unwrap_err().to_string();
        assert!(text.contains("does not work"), "{text}");
    }

    #[test]
    fn the_real_one_is_found() {
        let found = first_of(&["python3"]).unwrap();
        assert!(found.executable.is_absolute());
        assert!(found.version >= [3, 9, 0]);
    }
}
