//! One program in a child of its own, from the supervisor's side: its pipes, its end, and the outcome.

use crate::capture::Capture;
use crate::pipes::{PATIENCE, Pipes};
use crate::wire::{self, Frame, Spoilt};
use crate::zygote::{Message, Zygote};
use crate::{Config, Limits, Outcome, Program, Result, Status, Tier};
use std::time::{Duration, Instant};

/// How one attempt ended.
pub enum Attempt {
    /// With an outcome.
    Done(Box<Outcome>),
    /// The zygote died or fell silent: it must be replaced.
    Lost(String),
    /// The child could not enter its layers, or no child could be made.
    Refused(String),
    /// The stop flag was set; the program is dead.
    Stopped,
}

/// Runs one program in a fresh child of `zygote`.
///
/// # Errors
/// [`Error::System`] where the supervisor cannot make pipes or wait.
pub fn attempt(
    zygote: &mut Zygote,
    config: &Config,
    program: &Program,
    limits: &Limits,
    stop: &dyn Fn() -> bool,
) -> Result<Attempt> {
    let nonce = zygote.new_nonce();
    let mut pipes = match Pipes::launch(zygote, config, limits, false)? {
        Ok(pipes) => pipes,
        Err(why) => return Ok(Attempt::Lost(why)),
    };
    let mut data = Vec::new();
    wire::encode(program, Default::default(), &nonce, &mut data);
    pipes.feed.push(&data);
    let last = Instant::now() + Duration::from_secs_f64(limits.wall_seconds) + PATIENCE;
    let (mut asked, mut stopped, mut out_of_memory) = (false, false, false);
    let report = loop {
        if pipes.wait(zygote)?.control {
            match zygote.receive::<Message>(PATIENCE) {
                Ok(message) if message.cpu.is_some() => {}
                Ok(message) if message.batch => zygote.batch_ended = true,
                Ok(report) => break report,
                Err(error) => {
                    return Ok(Attempt::Lost(format!(
                        "the interpreter process died: {error}"
                    )));
                }
            }
        }
        stopped |= stop();
        out_of_memory |= zygote.ran_out_of_memory();
        if !asked && (stopped || pipes.overflow() || out_of_memory) {
            zygote.kill_program();
            asked = true;
        }
        if Instant::now() > last {
            return Ok(Attempt::Lost("the interpreter process fell silent".into()));
        }
    };
    if stopped {
        return Ok(Attempt::Stopped);
    }
    if let Some(why) = report.refused {
        return Ok(Attempt::Refused(why));
    }
    let Pipes {
        mut results,
        mut out,
        mut err,
        ..
    } = pipes;
    for capture in [&mut results, &mut out, &mut err] {
        capture.drain();
    }
    let frame = wire::only(&results.bytes, &nonce);
    if let Ok(Some(Frame {
        status, message, ..
    })) = &frame
        && status == "host"
    {
        return Ok(Attempt::Refused(message.clone().unwrap_or_default()));
    }
    let mut outcome = judge(&report, frame, (config, limits), [&results, &out, &err]);
    if out_of_memory || zygote.ran_out_of_memory() {
        let message = format!(
            "its processes used more than {} MiB of memory together",
            limits.memory_mb
        );
        outcome = Outcome::bare(Status::Memory, Some("SIGKILL"), Some(message));
    }
    outcome.tier = Some(Tier::Own);
    outcome.stdout = out.tail(config.keep_bytes);
    outcome.stderr = err.tail(config.keep_bytes);
    wire::answer_from_stdout(
        &mut outcome,
        program.via,
        &String::from_utf8_lossy(&out.bytes),
    );
    outcome.cpu_ms = report.cpu_ms;
    outcome.wall_ms = report.wall_ms;
    outcome.peak_kb = report.peak_kb;
    Ok(Attempt::Done(Box::new(outcome)))
}

fn judge(
    report: &Message,
    frame: std::result::Result<Option<Frame>, Spoilt>,
    (config, limits): (&Config, &Limits),
    pipes: [&Capture; 3],
) -> Outcome {
    let over = pipes
        .iter()
        .zip(["its result", "stdout", "stderr"])
        .find(|(pipe, _)| pipe.overflow);
    if let Some((pipe, name)) = over {
        let message = format!("more than {} bytes on {name}", pipe.cap);
        return Outcome::bare(Status::OutputLimit, None, Some(message));
    }
    let cpu_spent = report.signal == libc::SIGXCPU && report.cpu_ms >= limits.cpu_seconds * 1000.0;
    match report.killed.as_deref() {
        Some("wall") => {
            let message = format!("killed after {} s of wall time", limits.wall_seconds);
            return Outcome::bare(Status::Timeout, Some("WallTime"), Some(message));
        }
        killed if killed == Some("cpu") || cpu_spent => {
            let message = format!("killed after {} s of CPU time", limits.cpu_seconds);
            return Outcome::bare(Status::Timeout, Some("CpuTime"), Some(message));
        }
        _ => {}
    }
    if report.signal != 0 {
        let name = signal_name(report.signal);
        let message = format!("the program's process was ended by {name}");
        return Outcome::bare(Status::Crash, Some(&name), Some(message));
    }
    match frame {
        Ok(Some(frame)) if report.code == 0 => {
            wire::outcome(frame, Tier::Own, config).unwrap_or_else(forged)
        }
        Ok(None) => {
            let message = format!(
                "the program ended its own process (code {}) before its answer was read",
                report.code
            );
            Outcome {
                exit_code: Some(report.code),
                ..Outcome::bare(Status::Crash, Some("os._exit"), Some(message))
            }
        }
        _ => forged(),
    }
}

fn forged() -> Outcome {
    let message = "the program wrote to the channel of its result".to_string();
    Outcome::bare(Status::Crash, Some("ForgedResult"), Some(message))
}

fn signal_name(number: i32) -> String {
    let known = [
        (libc::SIGILL, "SIGILL"),
        (libc::SIGTRAP, "SIGTRAP"),
        (libc::SIGABRT, "SIGABRT"),
        (libc::SIGBUS, "SIGBUS"),
        (libc::SIGFPE, "SIGFPE"),
        (libc::SIGKILL, "SIGKILL"),
        (libc::SIGSEGV, "SIGSEGV"),
        (libc::SIGPIPE, "SIGPIPE"),
        (libc::SIGALRM, "SIGALRM"),
        (libc::SIGTERM, "SIGTERM"),
        (libc::SIGINT, "SIGINT"),
        (libc::SIGHUP, "SIGHUP"),
        (libc::SIGQUIT, "SIGQUIT"),
        (libc::SIGUSR1, "SIGUSR1"),
        (libc::SIGUSR2, "SIGUSR2"),
        (libc::SIGXCPU, "SIGXCPU"),
        (libc::SIGXFSZ, "SIGXFSZ"),
        (libc::SIGSYS, "SIGSYS"),
    ];
    known
        .iter()
        .find(|(n, _)| *n == number)
        .map_or_else(|| format!("signal {number}"), |(_, name)| (*name).into())
}
