//! The pipes between the supervisor and one child: made, handed over, and served.

use crate::capture::{Capture, Feed};
use crate::wire;
use crate::zygote::Zygote;
use crate::{Config, Error, Limits, Result, sys};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

/// How often the stop flag is looked at.
pub const TICK_MS: i32 = 100;
/// How long an interpreter process may take for what it does at once when nothing is wrong.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The supervisor's ends.
#[derive(Debug)]
pub struct Pipes {
    pub feed: Feed,
    pub results: Capture,
    pub out: Capture,
    pub err: Capture,
}

/// Where something came, or an end was closed.
#[derive(Debug)]
pub struct Ready {
    pub results: bool,
    /// stdout or stderr.
    pub printed: bool,
    /// The zygote has a message, or is gone.
    pub control: bool,
}

impl Pipes {
    /// Asks `zygote` for a child, with its ends; `Ok(Err(..))` where the zygote is gone.
    ///
    /// # Errors
    /// [`Error::System`] where pipes cannot be made.
    pub fn launch(
        zygote: &mut Zygote,
        config: &Config,
        limits: &Limits,
        batch: bool,
    ) -> Result<std::result::Result<Self, String>> {
        let most = config.max_answer_bytes * 16 + config.output_bytes * 13 + 65_536;
        let no_pipe = || Error::system("make a pipe");
        let (jobs, feed) = Feed::new().map_err(no_pipe())?;
        let (results, results_in) = Capture::new(most).map_err(no_pipe())?;
        let (out, out_in) = Capture::new(config.output_bytes).map_err(no_pipe())?;
        let (err, err_in) = Capture::new(config.output_bytes).map_err(no_pipe())?;
        let job = wire::job(config, limits, batch);
        let mut message = vec![b'R'];
        message.extend_from_slice(&(job.len() as u32).to_le_bytes());
        message.extend_from_slice(job.as_bytes());
        if let Err(error) = zygote.bound(limits) {
            return Ok(Err(format!("its control group is gone: {error}")));
        }
        let theirs = [
            jobs.as_fd(),
            results_in.as_fd(),
            out_in.as_fd(),
            err_in.as_fd(),
        ];
        Ok(
            match sys::send_with_fds(&zygote.control, &message, theirs) {
                Ok(()) => Ok(Self {
                    feed,
                    results,
                    out,
                    err,
                }),
                Err(error) => Err(format!("the interpreter process is gone: {error}")),
            },
        )
    }

    /// Waits up to a tick, takes what came and gives what the child takes. Messages of the zygote are left to the caller.
    ///
    /// # Errors
    /// [`Error::System`] where the supervisor cannot wait.
    pub fn wait(&mut self, zygote: &Zygote) -> Result<Ready> {
        let fds = [
            self.results.fd(),
            self.out.fd(),
            self.err.fd(),
            self.feed.fd(),
            zygote.control.as_raw_fd(),
        ];
        let [results, out, err, feed, control] =
            sys::poll(fds, [false, false, false, true, false], TICK_MS)
                .map_err(Error::system("wait for a program"))?;
        let captures = [&mut self.results, &mut self.out, &mut self.err];
        for (capture, ready) in captures.into_iter().zip([results, out, err]) {
            if ready {
                capture.read();
            }
        }
        if feed {
            self.feed.write();
        }
        Ok(Ready {
            results,
            printed: out || err,
            control,
        })
    }

    /// Whether the child sent or printed more than is taken.
    pub fn overflow(&self) -> bool {
        self.results.overflow || self.out.overflow || self.err.overflow
    }
}
