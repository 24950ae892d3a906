//! `events.jsonl`: every event with its time, one JSON object a line, appended.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::{Error, Event, Observer};

/// Passes events on and writes them down. Progress, and the state of calls, are written at most once a second.
pub(super) struct Log<'a> {
    observer: &'a dyn Observer,
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    file: File,
    progress: Option<Instant>,
    calls: Option<Instant>,
    failure: Option<Error>,
}

impl<'a> Log<'a> {
    pub(super) fn open(dir: &Path, observer: &'a dyn Observer) -> Result<Self, Error> {
        let path = dir.join("events.jsonl");
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let mut file = file.map_err(|error| Error::io("write", &path, error))?;
        // A killed process may have left half a line.
        let whole =
            std::fs::read(&path).is_ok_and(|bytes| bytes.last().is_none_or(|last| *last == b'\n'));
        if !whole {
            file.write_all(b"\n")
                .map_err(|error| Error::io("write", &path, error))?;
        }
        Ok(Self {
            observer,
            path,
            state: Mutex::new(State {
                file,
                progress: None,
                calls: None,
                failure: None,
            }),
        })
    }

    /// The first failure to write, which ends the run like any other.
    pub(super) fn failure(&self) -> Option<Error> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .failure
            .take()
    }
}

impl Observer for Log<'_> {
    fn event(&self, event: &Event) {
        self.observer.event(event);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let recent =
            |last: Option<Instant>| last.is_some_and(|last| last.elapsed().as_secs_f64() < 1.0);
        match event {
            Event::Progress { done, total, .. } if recent(state.progress) && done < total => return,
            Event::Progress { .. } => state.progress = Some(Instant::now()),
            Event::Calls { .. } if recent(state.calls) => return,
            Event::Calls { .. } => state.calls = Some(Instant::now()),
            _ => {}
        }
        let time = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |time| time.as_secs_f64());
        let written = serde_json::to_value(event).and_then(|mut line| {
            if let Some(object) = line.as_object_mut() {
                object.insert("time".into(), ((time * 1000.0).round() / 1000.0).into());
            }
            serde_json::to_vec(&line)
        });
        let written = written.map(|mut line| {
            line.push(b'\n');
            state.file.write_all(&line)
        });
        let error = match written {
            Ok(Ok(())) => return,
            Ok(Err(error)) => Error::io("write", &self.path, error),
            Err(error) => Error::Internal(format!("an event as JSON: {error}")),
        };
        state.failure.get_or_insert(error);
    }
}
