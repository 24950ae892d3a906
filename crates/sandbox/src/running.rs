//! A program that was handed to the pool: a future of its outcome.

use crate::{Error, Outcome, Result};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

#[derive(Default)]
struct State {
    outcome: Option<Result<Outcome>>,
    waker: Option<Waker>,
}

/// Fills in the outcome; dropped without one, the future ends with [`Error::Interrupted`].
pub struct Promise(Arc<Mutex<State>>);

impl Promise {
    pub fn keep(self, outcome: Result<Outcome>) {
        self.settle(outcome);
    }

    fn settle(&self, outcome: Result<Outcome>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.outcome.is_none() {
            state.outcome = Some(outcome);
        }
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        // Harmless after `keep`: what is settled stays, and a future that has been read is not read again.
        self.settle(Err(Error::Interrupted));
    }
}

/// The outcome of a program, to be awaited on any executor. Dropping it cancels the program: it is killed if it runs.
#[must_use = "dropping it cancels the program"]
pub struct Running {
    state: Arc<Mutex<State>>,
    cancelled: Arc<AtomicBool>,
}

impl Running {
    pub(crate) fn new() -> (Promise, Self, Arc<AtomicBool>) {
        let state: Arc<Mutex<State>> = Arc::default();
        let cancelled: Arc<AtomicBool> = Arc::default();
        let running = Self {
            state: Arc::clone(&state),
            cancelled: Arc::clone(&cancelled),
        };
        (Promise(state), running, cancelled)
    }
}

impl Future for Running {
    type Output = Result<Outcome>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}
