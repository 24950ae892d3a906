//! Lines that are read on a thread of their own, ahead of the work on them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use caco_lines::{Line, Reader};

use super::rows::failure;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// The most lines and bytes that wait.
const MOST_LINES: usize = 4096;
const MOST_BYTES: usize = 8 << 20;
/// How often the stop flag is looked at while no line comes.
const TICK: Duration = Duration::from_millis(100);

/// Lines that wait for the work. What is there can be taken at once, so that a row in a pipe never waits for the next.
pub struct Ahead(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    came: Condvar,
    taken: Condvar,
}

#[derive(Default)]
struct State {
    lines: Vec<Line>,
    bytes: usize,
    /// Why reading ended, once it has.
    ended: Option<std::result::Result<(), caco_lines::Error>>,
    /// Nobody will take more.
    closed: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line when there is room; false once nobody takes more.
    fn put(&self, line: Line) -> bool {
        let mut state = self.state();
        while !state.closed && (state.lines.len() >= MOST_LINES || state.bytes >= MOST_BYTES) {
            state = self
                .taken
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return false;
        }
        state.bytes += line.text.len();
        state.lines.push(line);
        if state.lines.len() == 1 {
            self.came.notify_one();
        }
        true
    }

    fn end(&self, ended: std::result::Result<(), caco_lines::Error>) {
        self.state().ended = Some(ended);
        self.came.notify_one();
    }
}

impl Ahead {
    /// Starts to read.
    pub fn start(mut reader: Reader) -> Result<Self> {
        let shared: Arc<Shared> = Arc::default();
        let ahead = Self(Arc::clone(&shared));
        let read = move || {
            let ended = loop {
                match reader.line() {
                    Ok(Some(line)) => {
                        if !shared.put(line) {
                            return;
                        }
                    }
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            shared.end(ended);
        };
        std::thread::Builder::new()
            .name("lines".into())
            .spawn(read)
            .map_err(|error| {
                Failure::environment(
                    format!("cannot start a thread: {error}"),
                    "check `ulimit -u`",
                )
            })?;
        Ok(ahead)
    }

    /// The lines that are there, at least one; `None` at the end.
    pub fn next(&self, stop: &AtomicBool) -> Result<Option<Vec<Line>>> {
        let mut state = self.0.state();
        loop {
            if stop.load(Ordering::Relaxed) {
                return Err(Failure {
                    exit: Exit::Interrupted,
                    message: "stopped; the output is not complete".into(),
                    hint: Some("the same command goes on behind the rows that are done".into()),
                });
            }
            if !state.lines.is_empty() {
                state.bytes = 0;
                let lines = std::mem::take(&mut state.lines);
                self.0.taken.notify_one();
                return Ok(Some(lines));
            }
            match state.ended.take() {
                Some(Ok(())) => {
                    state.ended = Some(Ok(()));
                    return Ok(None);
                }
                Some(Err(error)) => return Err(failure(error)),
                None => {}
            }
            state = self
                .0
                .came
                .wait_timeout(state, TICK)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Whether no line is there.
    pub fn is_waiting(&self) -> bool {
        self.0.state().lines.is_empty()
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.state().closed = true;
        self.0.taken.notify_one();
    }
}
