//! The trainer's process: started, found again after a crash of ours, followed, stopped.
//!
//! Its output goes to a file and its exit code into another, so that training goes on when this process dies, and the next
//! one takes it up instead of starting a second.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

use super::follow::{Reader, Tail};
use super::{Job, Work, checkpoint, tell};
use crate::config::TrainerKind;
use crate::context::Context;
use crate::{Error, Event, atomic};

/// How often the log, the process and the stop flag are looked at.
const TICK: Duration = Duration::from_millis(200);
/// How long a trainer may take to end by itself when it is told to.
const GRACE: Duration = Duration::from_secs(60);
/// Lines of the log in an error.
const SHOWN: usize = 12;

/// Runs the command after the file's name and writes its exit code into the file, whoever still listens.
const WRAPPER: &str =
    r#""$@"; code=$?; printf '%s\n' "$code" >"$0.partial" && mv "$0.partial" "$0"; exit "$code""#;

/// A process that was started, as a later process of ours finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Running {
    pid: u32,
    /// When it began, in ticks since the machine started: process numbers are used again.
    began: u64,
    /// The machine, and when it started.
    machine: String,
    /// Where its part of the log begins.
    log_from: u64,
}

fn running_file(work: &Work) -> PathBuf {
    work.root.join("running.json")
}

fn exit_file(work: &Work) -> PathBuf {
    work.root.join("exit")
}

/// The exit code of the trainer that was started last, once it has ended.
pub(super) fn ended(work: &Work) -> Option<i32> {
    fs::read_to_string(exit_file(work))
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// Whether a trainer that was started here, maybe by an earlier process, is at work.
pub(super) fn is_running(work: &Work) -> Result<bool, Error> {
    Ok(found(work)?.is_some())
}

fn found(work: &Work) -> Result<Option<Running>, Error> {
    let path = running_file(work);
    let Ok(bytes) = fs::read(&path) else {
        return Ok(None);
    };
    let Ok(running) = serde_json::from_slice::<Running>(&bytes) else {
        return Ok(None);
    };
    if running.machine == machine() {
        return Ok((began(running.pid) == Some(running.began)).then_some(running));
    }
    if ended(work).is_some() {
        return Ok(None);
    }
    Err(Error::Usage {
        message: format!(
            "a trainer was started on another machine ({}), or before this one was started anew, and has not ended as far as {} tells",
            running.machine,
            work.root.display()
        ),
        hint: format!(
            "let it come to its end there; if it is gone, remove {}",
            path.display()
        ),
    })
}

/// This machine since it was started.
fn machine() -> String {
    let line = |path: &str| {
        fs::read_to_string(path).map_or_else(|_| "unknown".into(), |text| text.trim().to_owned())
    };
    format!(
        "{} {}",
        line("/proc/sys/kernel/hostname"),
        line("/proc/sys/kernel/random/boot_id")
    )
}

/// When a living process began; none for one that is gone or has only its exit code left.
fn began(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything.
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_whitespace();
    let state = fields.next()?;
    let began = fields.nth(18)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(began)
}

/// Where the steps of a training may be told, best first.
pub(super) fn logs(work: &Work) -> [PathBuf; 2] {
    [work.output().join("trainer_log.jsonl"), work.log()]
}

/// Trains to the end. A trainer that crashes is started again from its newest checkpoint, so often as configured.
pub(super) fn train(
    context: &Context<'_>,
    job: &Job<'_>,
    work: &Work,
    command: &[String],
) -> Result<(), Error> {
    let trainer = &context.config.trainer;
    let mut restarts = 0;
    loop {
        let (running, child) = match found(work)? {
            Some(running) => {
                context.message(format!(
                    "{}: the trainer with process number {} is still at work and is followed",
                    job.name, running.pid
                ));
                (running, None)
            }
            None => {
                let from = resume_from(trainer.kind, work)?;
                if let Some((step, _)) = &from {
                    let text = format!("{}: the trainer goes on from step {step}", job.name);
                    context.message(text);
                }
                let (running, child) = start(context, work, command, from.map(|(_, path)| path))?;
                (running, Some(child))
            }
        };
        let code = follow(context, job, work, &running, child)?;
        let _ = fs::remove_file(running_file(work));
        if code == Some(0) {
            return Ok(());
        }
        restarts += 1;
        let how = code.map_or_else(
            || "was killed".to_owned(),
            |code| format!("ended with exit code {code}"),
        );
        if restarts > trainer.restarts {
            return Err(Error::Model {
                name: job.name.clone(),
                message: format!(
                    "the trainer {how}; its last lines:\n{}",
                    last_lines(&work.log())
                ),
                hint: format!(
                    "{} has all of them; when the cause is mended, `caco resume RUN` goes on from the newest checkpoint",
                    work.log().display()
                ),
            });
        }
        let text = format!(
            "{}: the trainer {how} and is started again ({restarts} of {})",
            job.name, trainer.restarts
        );
        context.observer.event(&Event::Warning { text });
    }
}

/// The checkpoint that a trainer is to go on from. Only those of the `transformers` family are known to be whole.
fn resume_from(kind: TrainerKind, work: &Work) -> Result<Option<(u64, PathBuf)>, Error> {
    match kind {
        TrainerKind::Command => Ok(checkpoint::numbered(&work.output()).pop()),
        _ => checkpoint::newest(&work.output()),
    }
}

fn start(
    context: &Context<'_>,
    work: &Work,
    command: &[String],
    from: Option<PathBuf>,
) -> Result<(Running, Child), Error> {
    let log = work.log();
    let failed = |error| Error::io("write", &log, error);
    let mut out = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&log)
        .map_err(failed)?;
    let log_from = out.metadata().map_err(failed)?.len();
    let resume = from.map_or_else(String::new, |path| path.to_string_lossy().into_owned());
    let command: Vec<String> = command
        .iter()
        .map(|word| word.replace("{resume}", &resume))
        .collect();
    writeln!(out, "$ {}", command.join(" ")).map_err(failed)?;
    atomic::create_dir(&work.output())?;
    let _ = fs::remove_file(exit_file(work));
    let errors = out.try_clone().map_err(failed)?;
    let child = Command::new("sh")
        .args(["-c", WRAPPER])
        .arg(exit_file(work))
        .args(&command)
        .current_dir(&work.root)
        .envs(&context.config.trainer.env)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(|error| Error::io("start a shell in", &work.root, error))?;
    let running = Running {
        pid: child.id(),
        began: began(child.id()).unwrap_or_default(),
        machine: machine(),
        log_from,
    };
    let text = serde_json::to_vec(&running).map_err(|error| Error::Internal(error.to_string()))?;
    atomic::write(&running_file(work), &text)?;
    Ok((running, child))
}

/// Tells of the steps until the trainer has ended; its exit code, or none when it was killed.
fn follow(
    context: &Context<'_>,
    job: &Job<'_>,
    work: &Work,
    running: &Running,
    mut child: Option<Child>,
) -> Result<Option<i32>, Error> {
    let mut reader = Reader::new(job.course.epochs.unwrap_or(1));
    let [own, printed] = logs(work);
    let from = own.metadata().map_or(0, |metadata| metadata.len());
    let mut tails = [Tail::new(own, from), Tail::new(printed, running.log_from)];
    let mut pace: Option<(Instant, u64)> = None;
    loop {
        // Looked at before the log, so that its last lines are read too.
        let over = match &mut child {
            Some(child) => child
                .try_wait()
                .map_err(|error| Error::io("wait for the trainer in", &work.root, error))?
                .is_some(),
            None => began(running.pid) != Some(running.began),
        };
        let [own, printed] = &mut tails;
        let mut lines = own.lines();
        let has_own = !lines.is_empty() || own.has_begun();
        let others = printed.lines();
        if !has_own {
            lines = others;
        }
        for step in lines.iter().filter_map(|line| reader.step(line)) {
            let now = Instant::now();
            let (since, tokens) = *pace.get_or_insert((now, step.tokens));
            let seconds = now.duration_since(since).as_secs_f32();
            let rate = if seconds > 0.0 {
                step.tokens.saturating_sub(tokens) as f32 / seconds
            } else {
                0.0
            };
            tell(context, job, &step, rate);
        }
        if over {
            return Ok(ended(work));
        }
        if context.stop.load(Ordering::Relaxed) {
            context.message(format!(
                "{}: the trainer is told to stop; its newest checkpoint stays",
                job.name
            ));
            stop_group(
                running.pid,
                &mut || match &mut child {
                    Some(child) => !matches!(child.try_wait(), Ok(None)),
                    None => began(running.pid) != Some(running.began),
                },
                GRACE,
            );
            let _ = fs::remove_file(running_file(work));
            return Err(Error::Interrupted);
        }
        std::thread::sleep(TICK);
    }
}

/// Ends a process group: asks, waits, and kills what is left.
pub(crate) fn stop_group(pid: u32, over: &mut dyn FnMut() -> bool, grace: Duration) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return;
    };
    let _ = kill_process_group(pid, Signal::TERM);
    let until = Instant::now() + grace;
    while !over() {
        if Instant::now() > until {
            let _ = kill_process_group(pid, Signal::KILL);
            // What was killed is gone soon.
            for _ in 0..50 {
                if over() {
                    break;
                }
                std::thread::sleep(TICK / 10);
            }
            break;
        }
        std::thread::sleep(TICK / 4);
    }
    // What its leader left behind.
    let _ = kill_process_group(pid, Signal::KILL);
}

/// The last lines of a log, without progress bars.
pub(crate) fn last_lines(log: &Path) -> String {
    let size = log.metadata().map_or(0, |metadata| metadata.len());
    let mut tail = Tail::new(log.to_owned(), size.saturating_sub(16 << 10));
    let mut lines = tail.lines();
    lines.retain(|line| !line.contains("it/s]") && !line.trim().is_empty());
    let shown = &lines[lines.len().saturating_sub(SHOWN)..];
    shown
        .iter()
        .map(|line| format!("    {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Checks that a Python is there and finds a module, without importing it.
pub(super) fn has_module(
    python: &str,
    module: &str,
    hint: impl Fn() -> String,
) -> Result<(), Error> {
    let code =
        "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)";
    let message = match Command::new(python)
        .args(["-c", code, module])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
    {
        Ok(status) if status.success() => return Ok(()),
        Ok(_) => format!("{python} has no module `{module}`"),
        Err(error) => format!("{python} cannot be started: {error}"),
    };
    Err(Error::Python {
        message,
        hint: hint(),
    })
}

/// Checks that a program is there: by its path, or on the `PATH`.
pub(super) fn is_program(
    program: Option<&String>,
    what: &str,
    key: &'static str,
) -> Result<(), Error> {
    let name = program.map(String::as_str).unwrap_or_default();
    let there = if name.contains('/') {
        Path::new(name).is_file()
    } else {
        std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(name).is_file()))
    };
    if there {
        return Ok(());
    }
    Err(Error::Python {
        message: format!("the program of {what}, `{name}`, is not there"),
        hint: format!("correct the first word of `{key}`: an absolute path, or a name on the PATH"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_a_finished_one_does_not() {
        let own = began(std::process::id()).unwrap();
        assert!(own > 0);
        let mut child = Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        assert_eq!(began(pid), None);
    }

    #[test]
    fn a_process_of_another_machine_is_not_taken_for_gone() {
        let dir = tempfile::tempdir().unwrap();
        let work = Work::new(dir.path().to_owned());
        assert!(!is_running(&work).unwrap());
        let mut running = Running {
            pid: std::process::id(),
            began: began(std::process::id()).unwrap(),
            machine: machine(),
            log_from: 0,
        };
        let write = |running: &Running| {
            fs::write(running_file(&work), serde_json::to_vec(running).unwrap()).unwrap();
        };
        write(&running);
        assert!(is_running(&work).unwrap());
        running.began += 1;
        write(&running);
        assert!(!is_running(&work).unwrap(), "the number was used again");
        running.machine = "node7 x".into();
        write(&running);
        let error = is_running(&work).unwrap_err();
        assert!(error.to_string().contains("node7"), "{error}");
        fs::write(exit_file(&work), "0\n").unwrap();
        assert!(!is_running(&work).unwrap());
    }

    #[test]
    fn programs_and_modules_are_looked_for() {
        let hint = || "install it".to_owned();
        has_module("python3", "json", hint).unwrap();
        let error = has_module("python3", "no_such_module", hint).unwrap_err();
        assert!(error.to_string().contains("no_such_module"), "{error}");
        assert!(has_module("/no/python", "json", hint).is_err());
        let program = |name: &str| is_program(Some(&name.to_owned()), "it", "trainer.command");
        program("sh").unwrap();
        program("/bin/sh").unwrap();
        assert!(program("no-such-program").is_err());
        assert!(program("/bin/no-such-program").is_err());
    }
}
