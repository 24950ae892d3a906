//! Python, pip, the private environment and the sandbox.

use std::path::{Path, PathBuf};
use std::process::Command;

use caco_pipeline::Config;
use caco_sandbox::environment::{self, Interpreter};
use caco_sandbox::{Environment, Sandbox};

use super::super::Check;

/// The checks that need an interpreter; without one there is only the first.
pub fn all(config: &Config, fix: bool, say: &dyn Fn(&str)) -> Vec<Check> {
    let base = match environment::find() {
        Ok(base) => base,
        Err(error) => {
            let text = error.to_string();
            let (what, remedy) = text
                .split_once(". ")
                .unwrap_or((&text, "install Python 3.9 or newer"));
            return vec![Check::failed("python", what, remedy)];
        }
    };
    let mut checks = vec![
        Check::good(
            "python",
            format!("{} at {}", base.version_text(), base.executable.display()),
        ),
        pip(&base, &config.execute.python),
    ];
    let (check, ready) = private(config, &base, fix, say);
    checks.push(check);
    checks.push(sandbox(ready.unwrap_or(Environment {
        python: base.executable,
        site: None,
    })));
    checks
}

/// Whether packages can be installed.
fn pip(base: &Interpreter, packages: &[String]) -> Check {
    match (base.has_venv && base.has_ensurepip, base.has_pip) {
        (true, true) => Check::good("pip", "pip and the venv module are there"),
        (true, false) => Check::good("pip", "the venv module is there and brings pip"),
        (false, true) => Check::good(
            "pip",
            "pip is there; without the venv module packages go into a plain folder",
        ),
        (false, false) if packages.is_empty() => {
            Check::good("pip", "absent, and not needed: no packages are asked for")
        }
        (false, false) => Check::failed(
            "pip",
            "neither pip nor a working venv module is there",
            "Debian and Ubuntu: `sudo apt install python3-venv python3-pip`; Fedora: `sudo dnf install python3-pip`",
        ),
    }
}

/// Whether the private environment is there; `fix` makes it.
fn private(
    config: &Config,
    base: &Interpreter,
    fix: bool,
    say: &dyn Fn(&str),
) -> (Check, Option<Environment>) {
    let packages: Vec<&str> = config.execute.python.iter().map(String::as_str).collect();
    let list = packages.join(" ");
    if packages.is_empty() {
        return (
            Check::good("environment", "not needed: no packages are asked for"),
            None,
        );
    }
    if let Some(found) = found(&config.cache, base, &packages) {
        return (
            Check::good("environment", format!("ready with {list}")),
            Some(found),
        );
    }
    if !fix {
        let remedy = "the first run installs it once (it needs the network then); `caco doctor --fix` does it now";
        return (
            Check::warning("environment", format!("not there yet: {list}"), remedy),
            None,
        );
    }
    match environment::ensure(&config.cache, &packages, say) {
        Ok(ready) => (
            Check::good("environment", format!("installed {list}")),
            Some(ready),
        ),
        Err(error) => {
            let remedy = "see the message: the network, a proxy or the version of Python";
            (
                Check::failed("environment", error.to_string(), remedy),
                None,
            )
        }
    }
}

/// Asked of an environment: are all of these installed in exactly these versions?
const QUESTION: &str = "import sys, importlib.metadata as m
for r in sys.argv[1:]:
    name, _, version = r.partition('==')
    found = m.version(name)
    assert not version or found == version";

/// A complete environment in the cache folder that holds the packages.
fn found(cache: &Path, base: &Interpreter, packages: &[&str]) -> Option<Environment> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(cache)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    folders
        .into_iter()
        .filter(|folder| folder.join(".complete").is_file())
        .find_map(|folder| {
            let site = folder.join("site");
            let environment = if site.is_dir() {
                Environment {
                    python: base.executable.clone(),
                    site: Some(site),
                }
            } else {
                Environment {
                    python: folder.join("bin").join("python"),
                    site: None,
                }
            };
            let mut command = Command::new(&environment.python);
            if let Some(site) = &environment.site {
                command.env("PYTHONPATH", site);
            }
            let answer = command
                .args(["-s", "-B", "-c", QUESTION])
                .args(packages)
                .output()
                .ok()?;
            answer.status.success().then_some(environment)
        })
}

/// Which protections are in force.
fn sandbox(environment: Environment) -> Check {
    let config = caco_sandbox::Config {
        workers: 1,
        ..caco_sandbox::Config::for_environment(&environment)
    };
    match Sandbox::start(config) {
        Err(error) => Check::failed(
            "sandbox",
            error.to_string(),
            "see the message; `ulimit -a` shows the limits of this shell",
        ),
        Ok(sandbox) => {
            let layers = sandbox.protection();
            let isolated = ["netns", "seccomp", "landlock"]
                .iter()
                .any(|layer| layers.contains(layer));
            if isolated {
                return Check::good("sandbox", format!("{layers} ({})", sandbox.interpreter()));
            }
            Check::warning(
                "sandbox",
                format!("only {layers} ({})", sandbox.interpreter()),
                "programs run with limits alone: allow user namespaces (`sysctl kernel.unprivileged_userns_clone=1`), or run \
                 inside a container or virtual machine of your own",
            )
        }
    }
}
