//! A private Python environment with pinned packages, made once and used offline ever after.

mod interpreter;
mod pip;

pub use interpreter::{Interpreter, find, probe};

use crate::{Error, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// How to run Python with the packages that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The interpreter to run.
    pub python: PathBuf,
    /// A folder to add to its module path; `None` where the interpreter finds the packages by itself.
    pub site: Option<PathBuf>,
}

/// Written last; a folder without it is no environment.
const MARKER: &str = ".complete";

/// Makes sure that `cache/python-<hash>` holds an environment with `requirements`, where the hash is that of the requirements
/// and the interpreter. The interpreter is the one that `CACO_PYTHON` names, else the `python3` or `python` on `PATH`.
///
/// The first call needs the network and a minute or two; `progress` gets a line for each step, pip's own included. Later
/// calls find the environment complete and need neither. Two processes that ask at once do not disturb each other: one
/// builds, the other waits. An environment that was cut short, or whose interpreter is gone, is built anew. Without
/// requirements the interpreter itself is the environment.
///
/// # Errors
/// [`Error::NoPython`] and [`Error::NoPip`] say what to install; [`Error::Install`] carries the last lines of the command that
/// failed; [`Error::Folder`] where the cache cannot be written.
pub fn ensure(cache: &Path, requirements: &[&str], progress: &dyn Fn(&str)) -> Result<Environment> {
    ensure_with(&find()?, cache, requirements, progress)
}

/// [`ensure`] with an interpreter that has been found already.
///
/// # Errors
/// As [`ensure`].
pub fn ensure_with(
    base: &Interpreter,
    cache: &Path,
    requirements: &[&str],
    progress: &dyn Fn(&str),
) -> Result<Environment> {
    if requirements.is_empty() {
        return Ok(Environment {
            python: base.executable.clone(),
            site: None,
        });
    }
    let cache = std::path::absolute(cache).map_err(folder("cannot resolve", cache))?;
    fs::create_dir_all(&cache).map_err(folder("cannot create", &cache))?;
    let name = format!("python-{}", key(base, requirements));
    let target = cache.join(&name);
    if let Some(environment) = complete(base, &target) {
        return Ok(environment);
    }
    let lock_path = cache.join(format!("{name}.lock"));
    let lock = File::create(&lock_path).map_err(folder("cannot create", &lock_path))?;
    if lock.try_lock().is_err() {
        progress(&format!(
            "another process prepares {}; waiting for it",
            target.display()
        ));
        lock.lock().map_err(folder("cannot lock", &lock_path))?;
    }
    if let Some(environment) = complete(base, &target) {
        return Ok(environment);
    }
    if target.exists() {
        fs::remove_dir_all(&target).map_err(folder("cannot remove the unfinished", &target))?;
    }
    progress(&format!(
        "Python {} at {}",
        base.version_text(),
        base.executable.display()
    ));
    progress(&format!(
        "preparing {} with {}",
        target.display(),
        requirements.join(" ")
    ));
    let environment = build(base, &target, requirements, progress)?;
    let marker = target.join(MARKER);
    File::create(&marker)
        .and_then(|file| file.sync_all())
        .map_err(folder("cannot create", &marker))?;
    progress("the environment is ready");
    Ok(environment)
}

/// A virtual environment where this Python can make one, else a folder of packages.
fn build(
    base: &Interpreter,
    target: &Path,
    requirements: &[&str],
    progress: &dyn Fn(&str),
) -> Result<Environment> {
    let install = [
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar",
        "off",
    ];
    if base.has_venv && base.has_ensurepip {
        let made = pip::command(
            &base.executable,
            target,
            &["-m", "venv"],
            &[&target.to_string_lossy()],
            progress,
        );
        if made.is_ok() || !base.has_pip {
            made?;
            let python = venv_python(target);
            pip::command(&python, target, &install, requirements, progress)?;
            return Ok(Environment { python, site: None });
        }
        progress(
            "a virtual environment cannot be made here; installing the packages into a folder",
        );
        let _ = fs::remove_dir_all(target);
    }
    if !base.has_pip {
        return Err(Error::NoPip {
            python: base.executable.clone(),
            remedy: interpreter::REMEDY.into(),
        });
    }
    let site = target.join("site");
    fs::create_dir_all(&site).map_err(folder("cannot create", &site))?;
    let folder = site.to_string_lossy();
    let into: Vec<&str> = install
        .iter()
        .copied()
        .chain(["--target", &folder])
        .collect();
    pip::command(&base.executable, target, &into, requirements, progress)?;
    Ok(Environment {
        python: base.executable.clone(),
        site: Some(site),
    })
}

/// The environment at `target`, if it is complete and its interpreter still runs.
fn complete(base: &Interpreter, target: &Path) -> Option<Environment> {
    if !target.join(MARKER).is_file() {
        return None;
    }
    let site = target.join("site");
    if site.is_dir() {
        return Some(Environment {
            python: base.executable.clone(),
            site: Some(site),
        });
    }
    let python = venv_python(target);
    probe(&python)
        .is_ok()
        .then_some(Environment { python, site: None })
}

fn venv_python(target: &Path) -> PathBuf {
    target.join("bin").join("python")
}

fn key(base: &Interpreter, requirements: &[&str]) -> String {
    let mut hash = blake3::Hasher::new();
    let executable = base.executable.to_string_lossy();
    for part in [&*base.version_text(), &*base.platform, &*executable]
        .into_iter()
        .chain(requirements.iter().copied())
    {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().to_hex().chars().take(16).collect()
}

fn folder(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::Folder {
        action,
        path,
        source,
    }
}
