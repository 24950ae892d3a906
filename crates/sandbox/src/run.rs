//! One program, from the supervisor's side: its pipes, its end, and the outcome. Everything read from a program's pipes is
//! taken as hostile.

use crate::zygote::Zygote;
use crate::{Config, Error, Outcome, OutputSource, Result, Status, sys};
use serde::Deserialize;
use serde_json::Value;
use std::io::{self, PipeReader, PipeWriter, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

/// Programs above this size are not run.
const MAX_PROGRAM: usize = 1 << 20;
/// What an outcome keeps of stdout and of stderr.
const TAIL: usize = 4096;
/// How often the stop flag is looked at.
const TICK_MS: i32 = 100;
/// What a zygote may take beyond the wall deadline before it is given up.
const PATIENCE: Duration = Duration::from_secs(30);

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

/// The zygote's account of a child's end.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Report {
    refused: Option<String>,
    killed: Option<String>,
    signal: i32,
    code: i32,
    cpu_ms: f64,
    wall_ms: f64,
    peak_kb: u64,
}

/// What the child says of its program.
#[derive(Deserialize)]
struct Frame {
    status: String,
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    line: Option<u32>,
    #[serde(default)]
    has_input: bool,
    #[serde(default)]
    input: Value,
    #[serde(default)]
    has_output: bool,
    #[serde(default)]
    output: Value,
    #[serde(default)]
    text: Option<String>,
}

/// The reading end of a pipe and what came out of it, up to a cap.
struct Capture {
    pipe: Option<PipeReader>,
    bytes: Vec<u8>,
    cap: usize,
    overflow: bool,
}

impl Capture {
    fn new(cap: usize) -> io::Result<(Self, PipeWriter)> {
        let (reader, writer) = io::pipe()?;
        Ok((
            Self {
                pipe: Some(reader),
                bytes: Vec::new(),
                cap,
                overflow: false,
            },
            writer,
        ))
    }

    fn fd(&self) -> i32 {
        self.pipe.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// Reads once; to be called when there is something.
    fn read(&mut self) {
        let mut chunk = [0; 16_384];
        match self.pipe.as_mut().map(|pipe| pipe.read(&mut chunk)) {
            Some(Ok(n)) if n > 0 => {
                let room = self.cap - self.bytes.len();
                self.overflow |= n > room;
                self.bytes
                    .extend_from_slice(chunk.get(..n.min(room)).unwrap_or_default());
            }
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            _ => self.pipe = None,
        }
    }

    /// Reads what is left after all writers are dead, at most what still fits.
    fn drain(&mut self) {
        while self.pipe.is_some() && !self.overflow {
            match sys::poll_readable([self.fd()], 0) {
                Ok([true]) => self.read(),
                _ => self.pipe = None,
            }
        }
    }

    fn tail(&self) -> String {
        let start = self.bytes.len().saturating_sub(TAIL);
        String::from_utf8_lossy(self.bytes.get(start..).unwrap_or_default()).into_owned()
    }
}

/// Runs one program in a fresh child of `zygote`.
///
/// # Errors
/// [`Error::System`] where the supervisor cannot make pipes or wait.
pub fn attempt(
    zygote: &mut Zygote,
    config: &Config,
    code: &str,
    stop: &dyn Fn() -> bool,
) -> Result<Attempt> {
    if code.len() > MAX_PROGRAM {
        let message = format!(
            "the program has {} bytes; at most {MAX_PROGRAM} are run",
            code.len()
        );
        return Ok(Attempt::Done(Box::new(Outcome::bare(
            Status::Unsupported,
            None,
            Some(message),
        ))));
    }
    let pipes = Error::system("make a pipe");
    let captures = (|| {
        let result = Capture::new(config.max_answer_bytes * 16 + 65_536)?;
        Ok((
            result,
            Capture::new(config.output_bytes)?,
            Capture::new(config.output_bytes)?,
        ))
    })();
    let ((mut result, result_in), (mut out, out_in), (mut err, err_in)) =
        captures.map_err(pipes)?;
    let nonce = zygote.new_nonce();
    let job = serde_json::json!({
        "code": code, "nonce": nonce, "cpu_seconds": config.cpu_seconds, "wall_seconds": config.wall_seconds,
        "memory_bytes": config.memory_mb << 20, "answer_bytes": config.max_answer_bytes,
    })
    .to_string();
    let mut message = vec![b'R'];
    message.extend_from_slice(&(job.len() as u32).to_le_bytes());
    message.extend_from_slice(job.as_bytes());
    let sent = sys::send_with_fds(
        &zygote.control,
        &message,
        [result_in.as_fd(), out_in.as_fd(), err_in.as_fd()],
    );
    drop((result_in, out_in, err_in)); // ours, so that a pipe ends with the child
    if let Err(error) = sent {
        return Ok(Attempt::Lost(format!(
            "the interpreter process is gone: {error}"
        )));
    }

    let last = Instant::now() + Duration::from_secs_f64(config.wall_seconds) + PATIENCE;
    let (mut asked, mut stopped) = (false, false);
    let report: Report = loop {
        let fds = [result.fd(), out.fd(), err.fd(), zygote.control.as_raw_fd()];
        let [has_result, has_out, has_err, has_report] =
            sys::poll_readable(fds, TICK_MS).map_err(Error::system("wait for a program"))?;
        for (ready, capture) in [
            (has_result, &mut result),
            (has_out, &mut out),
            (has_err, &mut err),
        ] {
            if ready {
                capture.read();
            }
        }
        if has_report {
            match zygote.receive(PATIENCE) {
                Ok(report) => break report,
                Err(error) => {
                    return Ok(Attempt::Lost(format!(
                        "the interpreter process died: {error}"
                    )));
                }
            }
        }
        stopped |= stop();
        if !asked && (stopped || result.overflow || out.overflow || err.overflow) {
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
    for capture in [&mut result, &mut out, &mut err] {
        capture.drain();
    }
    let frame = parse_frame(&result.bytes, &nonce);
    if let Ok(Some(Frame {
        status, message, ..
    })) = &frame
        && status == "host"
    {
        return Ok(Attempt::Refused(message.clone().unwrap_or_default()));
    }
    let mut outcome = judge(&report, frame, config, [&result, &out, &err]);
    outcome.stdout_tail = out.tail();
    outcome.stderr_tail = err.tail();
    if outcome.status == Status::Ok && outcome.output_source == OutputSource::None {
        let text = String::from_utf8_lossy(&out.bytes);
        if let Some(line) = text.lines().map(str::trim).rfind(|line| !line.is_empty()) {
            outcome.output_text = Some(line.into());
            outcome.output_source = OutputSource::Stdout;
        }
    }
    outcome.protection.clone_from(&zygote.protection);
    outcome.interpreter.clone_from(&zygote.interpreter);
    outcome.cpu_ms = report.cpu_ms;
    outcome.wall_ms = report.wall_ms;
    outcome.peak_kb = report.peak_kb;
    Ok(Attempt::Done(Box::new(outcome)))
}

/// The one frame that a child may send: nonce, length, JSON, nothing before or after. `Ok(None)`: nothing was sent at all.
fn parse_frame(bytes: &[u8], nonce: &str) -> std::result::Result<Option<Frame>, ()> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let rest = bytes.strip_prefix(nonce.as_bytes()).ok_or(())?;
    let (size, body) = rest.split_first_chunk::<4>().ok_or(())?;
    if u32::from_le_bytes(*size) as usize != body.len() {
        return Err(());
    }
    serde_json::from_slice(body).map(Some).map_err(|_| ())
}

fn judge(
    report: &Report,
    frame: std::result::Result<Option<Frame>, ()>,
    config: &Config,
    pipes: [&Capture; 3],
) -> Outcome {
    let over = pipes
        .iter()
        .zip(["its result", "stdout", "stderr"])
        .find(|(pipe, _)| pipe.overflow);
    if let Some((pipe, name)) = over {
        return Outcome::bare(
            Status::OutputLimit,
            None,
            Some(format!("more than {} bytes on {name}", pipe.cap)),
        );
    }
    let cpu_spent = report.signal == libc::SIGXCPU && report.cpu_ms >= config.cpu_seconds * 1000.0;
    match report.killed.as_deref() {
        Some("wall") => {
            let message = format!("killed after {} s of wall time", config.wall_seconds);
            return Outcome::bare(Status::Timeout, Some("WallTime"), Some(message));
        }
        killed if killed == Some("cpu") || cpu_spent => {
            let message = format!("killed after {} s of CPU time", config.cpu_seconds);
            return Outcome::bare(Status::Timeout, Some("CpuTime"), Some(message));
        }
        _ => {}
    }
    if report.signal != 0 {
        let name = signal_name(report.signal);
        return Outcome::bare(
            Status::Crash,
            Some(&name),
            Some(format!("the program's process was ended by {name}")),
        );
    }
    match frame {
        Ok(Some(frame)) if report.code == 0 => from_frame(frame).unwrap_or_else(forged),
        Ok(None) => {
            let message = format!(
                "the program ended its own process (code {}) before its answer was read",
                report.code
            );
            Outcome::bare(Status::Crash, Some("os._exit"), Some(message))
        }
        _ => forged(),
    }
}

fn forged() -> Outcome {
    let message = "the program wrote to the channel of its result".to_string();
    Outcome::bare(Status::Crash, Some("ForgedResult"), Some(message))
}

/// `None` where the status is none that a child may report.
fn from_frame(frame: Frame) -> Option<Outcome> {
    let status = match frame.status.as_str() {
        "ok" => Status::Ok,
        "error" => Status::Error,
        "memory" => Status::Memory,
        "output_limit" => Status::OutputLimit,
        "denied" => Status::Denied,
        "unsupported" => Status::Unsupported,
        _ => return None,
    };
    let mut outcome = Outcome::bare(status, frame.class.as_deref(), frame.message);
    outcome.error_line = frame.line;
    outcome.input = frame.has_input.then_some(frame.input);
    if status == Status::Ok && frame.has_output {
        outcome.output = Some(frame.output);
        outcome.output_text = frame.text;
        outcome.output_source = OutputSource::Variable;
    }
    Some(outcome)
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

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "0123456789abcdef0123456789abcdef";

    fn framed(body: &str) -> Vec<u8> {
        [
            NONCE.as_bytes(),
            &(body.len() as u32).to_le_bytes(),
            body.as_bytes(),
        ]
        .concat()
    }

    #[test]
    fn only_one_whole_frame_with_the_right_nonce_is_a_result() {
        let good = framed(r#"{"status":"ok","has_output":true,"output":1,"text":"1"}"#);
        assert_eq!(
            parse_frame(&good, NONCE)
                .ok()
                .flatten()
                .and_then(|f| f.text)
                .as_deref(),
            Some("1")
        );
        assert!(matches!(parse_frame(b"", NONCE), Ok(None)));
        for cut in 1..good.len() {
            assert!(parse_frame(&good[..cut], NONCE).is_err(), "cut at {cut}");
        }
        assert!(parse_frame(&[good.clone(), good.clone()].concat(), NONCE).is_err());
        assert!(parse_frame(&[b"x".to_vec(), good.clone()].concat(), NONCE).is_err());
        assert!(parse_frame(&good, "ffffffffffffffffffffffffffffffff").is_err());
        let nested = format!(
            r#"{{"status":"ok","output":{}1{}}}"#,
            "[".repeat(5000),
            "]".repeat(5000)
        );
        assert!(parse_frame(&framed(&nested), NONCE).is_err());
    }

    #[test]
    fn a_status_that_children_do_not_report_is_forgery() {
        let frame: Frame = serde_json::from_str(r#"{"status":"timeout"}"#).unwrap();
        assert!(from_frame(frame).is_none());
    }

    #[test]
    fn a_capture_stops_at_its_cap_and_keeps_the_tail() {
        use std::io::Write;
        let (mut capture, mut writer) = Capture::new(6000).unwrap();
        writer.write_all(&[b'a'; 5000]).unwrap();
        writer.write_all(b"end").unwrap();
        capture.read();
        assert!(!capture.overflow);
        assert_eq!(capture.tail().len(), TAIL);
        assert!(capture.tail().ends_with("end"));
        writer.write_all(&[b'b'; 5000]).unwrap();
        drop(writer);
        capture.drain();
        assert!(capture.overflow);
        assert_eq!(capture.bytes.len(), 6000);
    }
}
