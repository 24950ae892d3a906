//! The private environment: made once, offline from a local wheel, and used again.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test suite")]

mod common;

use caco_sandbox::environment::{Interpreter, ensure_with, probe};
use caco_sandbox::{Config, Environment, Error};
use common::{config, run_with};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;

fn python() -> Interpreter {
    probe(Path::new("python3")).unwrap()
}

/// A wheel with one module, `tiny`, whose `answer` is 42.
fn wheel(folder: &Path) -> PathBuf {
    let path = folder.join("tiny-1.0-py3-none-any.whl");
    let script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], 'w')\nd = 'tiny-1.0.dist-info/'\n\
        z.writestr('tiny.py', 'answer = 42\\n')\nz.writestr(d + 'METADATA', 'Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n')\n\
        z.writestr(d + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n\
        z.writestr(d + 'RECORD', 'tiny.py,,\\n' + d + 'METADATA,,\\n' + d + 'WHEEL,,\\n' + d + 'RECORD,,\\n')\nz.close()\n";
    assert!(
        Command::new("python3")
            .args(["-c", script])
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    path
}

fn uses_tiny(environment: &Environment) -> Option<String> {
    let config = Config {
        python: environment.python.clone(),
        site: environment.site.clone(),
        ..config()
    };
    run_with(config, "import tiny\noutput = tiny.answer\n").output_text
}

fn check(base: &Interpreter) -> Environment {
    let folder = tempfile::tempdir().unwrap();
    let wheel = wheel(folder.path());
    let wheel = wheel.to_string_lossy();
    let cache = folder.path().join("cache");
    let lines = RefCell::new(Vec::new());
    let note = |line: &str| lines.borrow_mut().push(line.to_string());
    let made = ensure_with(base, &cache, &[&wheel], &note).unwrap();
    assert!(
        lines
            .borrow()
            .iter()
            .any(|line| line.contains("Successfully installed")),
        "{lines:?}"
    );
    assert_eq!(uses_tiny(&made).as_deref(), Some("42"));

    // Complete: used as it is, without a word.
    lines.borrow_mut().clear();
    assert_eq!(ensure_with(base, &cache, &[&wheel], &note).unwrap(), made);
    assert!(lines.borrow().is_empty(), "{lines:?}");

    // Cut short: built anew.
    let target = std::fs::read_dir(&cache)
        .unwrap()
        .flatten()
        .map(|e| e.path())
        .find(|p| p.is_dir())
        .unwrap();
    std::fs::remove_file(target.join(".complete")).unwrap();
    std::fs::write(target.join("half"), "").unwrap();
    assert_eq!(ensure_with(base, &cache, &[&wheel], &note).unwrap(), made);
    assert!(!target.join("half").exists());
    made
}

#[test]
fn a_virtual_environment_is_made_once() {
    let base = python();
    if !(base.has_venv && base.has_ensurepip) {
        eprintln!("SKIPPED: python3 has no venv or ensurepip module");
        return;
    }
    assert_eq!(check(&base).site, None);
}

#[test]
fn without_the_venv_module_packages_go_into_a_folder() {
    let base = python();
    if !base.has_pip {
        eprintln!("SKIPPED: python3 has no pip");
        return;
    }
    let made = check(&Interpreter {
        has_ensurepip: false,
        ..base
    });
    assert!(made.site.is_some());
}

#[test]
fn without_pip_the_error_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let base = Interpreter {
        has_venv: false,
        has_pip: false,
        ..python()
    };
    let error = ensure_with(&base, folder.path(), &["sympy==1.14.0"], &|_| {}).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::NoPip { .. }));
    assert!(
        text.contains("apt install python3 python3-venv python3-pip")
            && text.contains("dnf install"),
        "{text}"
    );
}

#[test]
fn a_failed_install_shows_what_pip_said_and_is_not_taken_for_complete() {
    let base = python();
    if !base.has_pip {
        eprintln!("SKIPPED: python3 has no pip");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let base = Interpreter {
        has_ensurepip: false,
        ..base
    };
    for _ in 0..2 {
        let text = ensure_with(
            &base,
            folder.path(),
            &["/no/such/tiny-1.0-py3-none-any.whl"],
            &|_| {},
        )
        .unwrap_err()
        .to_string();
        assert!(
            text.contains("tiny-1.0") && text.contains("PIP_INDEX_URL"),
            "{text}"
        );
    }
}

#[test]
fn an_unwritable_cache_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let text = ensure_with(&python(), &file.join("cache"), &["x"], &|_| {})
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("cannot create") && text.contains("file/cache"),
        "{text}"
    );
}

#[test]
fn without_requirements_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let base = python();
    let made = ensure_with(&base, &folder.path().join("cache"), &[], &|_| {}).unwrap();
    assert_eq!(
        made,
        Environment {
            python: base.executable,
            site: None
        }
    );
    assert!(!folder.path().join("cache").exists());
}
