//! How the calls of a client fare together: since when none succeeds, which were refused before any succeeded, and
//! whether it all came to an end.

use crate::Failure;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Refusals before any success that are enough to blame the settings.
const REFUSALS: usize = 16;

#[derive(Debug)]
pub(crate) struct Course {
    state: Mutex<State>,
    /// Changes with each event that those who wait here may wait for.
    events: watch::Sender<Option<Failure>>,
}

#[derive(Debug, Default)]
struct State {
    /// Calls under way, those that wait for a slot among them.
    asking: usize,
    /// Calls that were refused and wait for another one's success.
    refused: usize,
    succeeded: bool,
    last_success: Option<Instant>,
    /// The first failure since then.
    failing_since: Option<Instant>,
}

/// One call under way.
pub(crate) struct Asking<'a>(&'a Course);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.lock().asking -= 1;
        self.0.notify_refused();
    }
}

impl Course {
    pub fn new() -> Self {
        Self {
            state: Mutex::default(),
            events: watch::Sender::new(None),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn ask(&self) -> Asking<'_> {
        let mut state = self.lock();
        if state.asking == 0 {
            // While nobody asks nothing can succeed: such time does not count.
            state.failing_since = None;
        }
        state.asking += 1;
        Asking(self)
    }

    pub fn succeeded(&self, now: Instant) {
        let first = {
            let mut state = self.lock();
            state.last_success = Some(now);
            state.failing_since = None;
            !std::mem::replace(&mut state.succeeded, true)
        };
        if first {
            self.events.send_modify(|_| {});
        }
    }

    /// Some call succeeded before there was this client.
    pub fn succeeded_before(&self) {
        self.lock().succeeded = true;
        self.events.send_modify(|_| {});
    }

    pub fn ever_succeeded(&self) -> bool {
        self.lock().succeeded
    }

    /// Counts a failure; returns for how long nothing succeeded.
    pub fn failed(&self, now: Instant) -> Duration {
        let since = *self.lock().failing_since.get_or_insert(now);
        now.saturating_duration_since(since)
    }

    pub fn succeeded_since(&self, then: Instant) -> bool {
        self.lock().last_success.is_some_and(|last| last >= then)
    }

    /// Ends every call, now and later. The first reason stays.
    pub fn end(&self, failure: Failure) -> Failure {
        self.events.send_if_modified(|ended| {
            let first = ended.is_none();
            if first {
                *ended = Some(failure.clone());
            }
            first
        });
        self.ended().unwrap_or(failure)
    }

    pub fn ended(&self) -> Option<Failure> {
        self.events.borrow().clone()
    }

    /// Over when the calls were ended.
    pub async fn wait_for_end(&self) -> Failure {
        let mut events = self.events.subscribe();
        let ended = events.wait_for(Option::is_some).await;
        ended
            .ok()
            .and_then(|ended| ended.clone())
            .unwrap_or(Failure::Cancelled)
    }

    /// A call was refused. Whether that is its own fault shows once another one succeeds: then `Ok`. It is the settings'
    /// where every call that could succeed was refused, or many of them: then `Err` with none, or with what ended them all.
    pub async fn judge_refusal(&self) -> Result<(), Option<Failure>> {
        let mut events = self.events.subscribe();
        let _refused = Refused::new(self);
        self.notify_refused();
        loop {
            if let Some(failure) = events.borrow_and_update().clone() {
                return Err(Some(failure));
            }
            {
                let state = self.lock();
                if state.succeeded {
                    return Ok(());
                }
                if state.refused >= state.asking.min(REFUSALS) {
                    return Err(None);
                }
            }
            if events.changed().await.is_err() {
                return Err(None);
            }
        }
    }

    fn notify_refused(&self) {
        if self.lock().refused > 0 {
            self.events.send_modify(|_| {});
        }
    }
}

struct Refused<'a>(&'a Course);

impl<'a> Refused<'a> {
    fn new(course: &'a Course) -> Self {
        course.lock().refused += 1;
        Self(course)
    }
}

impl Drop for Refused<'_> {
    fn drop(&mut self) {
        self.0.lock().refused -= 1;
    }
}
