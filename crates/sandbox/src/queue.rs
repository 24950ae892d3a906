//! Programs that wait, sorted by the kind of child that they need.

use crate::{Limits, Outcome, Program, Result};
use caco_program::routing::Uses;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A lane whose first job has waited this long is served before the preferred ones.
const PATIENCE: Duration = Duration::from_millis(500);
/// The same of second passes, which are mostly programs that never end.
const PATIENCE_OF_SECOND: Duration = Duration::from_secs(10);

/// Takes the outcome of a job, once.
pub type Reply = Box<dyn FnOnce(Result<Outcome>) + Send>;

/// A program on its way.
pub struct Job {
    pub program: Arc<Program>,
    pub limits: Limits,
    pub uses: Uses,
    /// Whether it needs the interpreter that has numpy and sympy.
    pub heavy: bool,
    pub lane: Lane,
    pub cancelled: Arc<AtomicBool>,
    pub reply: Reply,
    since: Instant,
}

/// What a job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A child of the batch tier.
    Batch,
    /// A child of its own, cut off early.
    Own,
    /// A child of its own, with the whole limit, after a first pass was cut off.
    Second,
}

impl Job {
    pub fn new(
        program: Arc<Program>,
        limits: Limits,
        (uses, heavy): (Uses, bool),
        lane: Lane,
        cancelled: Arc<AtomicBool>,
        reply: Reply,
    ) -> Self {
        Self {
            program,
            limits,
            uses,
            heavy,
            lane,
            cancelled,
            reply,
            since: Instant::now(),
        }
    }

    /// The same job, waiting for something else from now on.
    #[must_use]
    pub fn in_lane(self, lane: Lane) -> Self {
        Self {
            lane,
            since: Instant::now(),
            ..self
        }
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

#[derive(Default)]
struct State {
    /// Batch, own and second, each light and heavy.
    lanes: [VecDeque<Job>; 6],
    closed: bool,
}

/// The jobs of a pool.
#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    ready: Condvar,
}

fn lane_of(lane: Lane, heavy: bool) -> usize {
    let first = match lane {
        Lane::Batch => 0,
        Lane::Own => 2,
        Lane::Second => 4,
    };
    first + usize::from(heavy)
}

impl Queue {
    pub fn push(&self, job: Job) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lane_of(job.lane, job.heavy);
        if let Some(lane) = state.lanes.get_mut(lane) {
            lane.push_back(job);
        }
        drop(state);
        self.ready.notify_one();
    }

    /// Puts a job back in front, since it waited already.
    pub fn push_front(&self, job: Job) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lane_of(job.lane, job.heavy);
        if let Some(lane) = state.lanes.get_mut(lane) {
            lane.push_front(job);
        }
        drop(state);
        self.ready.notify_one();
    }

    /// How many jobs wait.
    pub fn len(&self) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.lanes.iter().map(VecDeque::len).sum()
    }

    /// The next jobs for a worker whose live batch child is of the kind `live` (true: heavy): many of the batch tier, with the
    /// same limits, or one of another. `share` of how many workers it is. `None` once the queue is closed.
    pub fn pop(&self, live: Option<bool>, share: usize) -> Option<Vec<Job>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.closed {
                return None;
            }
            if let Some(lane) = choose(&state.lanes, live) {
                let jobs = take(state.lanes.get_mut(lane)?, lane, share);
                if state.lanes.iter().any(|lane| !lane.is_empty()) {
                    self.ready.notify_one();
                }
                return Some(jobs);
            }
            state = self
                .ready
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends all waits; what is queued is dropped, and its replies with it.
    pub fn close(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.closed = true;
        let dropped: Vec<Job> = state.lanes.iter_mut().flat_map(std::mem::take).collect();
        drop(state);
        drop(dropped);
        self.ready.notify_all();
    }
}

/// The lane to serve: the one of the child that lives, then the cheaper before the dearer, unless another's first job has
/// lost its patience.
fn choose(lanes: &[VecDeque<Job>; 6], live: Option<bool>) -> Option<usize> {
    let patience = |lane: usize| {
        if lane < 4 {
            PATIENCE
        } else {
            PATIENCE_OF_SECOND
        }
    };
    let heads = lanes
        .iter()
        .enumerate()
        .filter_map(|(i, lane)| lane.front().map(|job| (i, job.since)));
    let overdue = heads
        .filter(|(i, since)| since.elapsed() > patience(*i))
        .min_by_key(|(_, since)| *since);
    if let Some((lane, _)) = overdue {
        return Some(lane);
    }
    let preferred = usize::from(live.unwrap_or(false));
    [preferred, 1 - preferred, 2, 3, 4, 5]
        .into_iter()
        .find(|lane| lanes.get(*lane).is_some_and(|lane| !lane.is_empty()))
}

/// What is handed out together, in programs of a fifth of a millisecond: enough that handing over costs little beside it.
const BATCH: usize = 32;
/// What a program that computes with sympy counts for.
const SYMBOLIC: usize = 4;

/// The next jobs of a lane with the same limits: of the batch tier about [`BATCH`], but no more than a worker's share.
fn take(lane: &mut VecDeque<Job>, index: usize, share: usize) -> Vec<Job> {
    let most = if index < 2 {
        lane.len().div_ceil(share.max(1))
    } else {
        1
    };
    let mut jobs: Vec<Job> = Vec::new();
    let mut size = 0;
    while jobs.len() < most
        && size < BATCH
        && lane
            .front()
            .is_some_and(|job| jobs.first().is_none_or(|first| first.limits == job.limits))
    {
        jobs.extend(lane.pop_front());
        size += match jobs.last() {
            Some(job) if job.uses.sympy => SYMBOLIC,
            _ => 1,
        };
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(name: &str, lane: Lane, heavy: bool, cpu_seconds: f64) -> Job {
        let limits = Limits {
            cpu_seconds,
            ..Limits::default()
        };
        Job::new(
            Arc::new(Program::contract(name)),
            limits,
            (Uses::default(), heavy),
            lane,
            Arc::default(),
            Box::new(|_| {}),
        )
    }

    fn names(jobs: Option<Vec<Job>>) -> Vec<String> {
        jobs.unwrap_or_default()
            .iter()
            .map(|job| job.program.code.clone())
            .collect()
    }

    #[test]
    fn batches_have_one_kind_and_one_set_of_limits_and_leave_work_for_others() {
        let queue = Queue::default();
        for i in 0..4 {
            queue.push(job(&format!("a{i}"), Lane::Batch, false, 10.0));
        }
        queue.push(job("other limits", Lane::Batch, false, 5.0));
        queue.push(job("heavy", Lane::Batch, true, 10.0));
        queue.push(job("own", Lane::Own, false, 10.0));
        assert_eq!(queue.len(), 7);
        assert_eq!(names(queue.pop(Some(true), 2)), ["heavy"]);
        assert_eq!(names(queue.pop(None, 2)), ["a0", "a1", "a2"]);
        assert_eq!(names(queue.pop(None, 1)), ["a3"]);
        assert_eq!(names(queue.pop(None, 1)), ["other limits"]);
        assert_eq!(names(queue.pop(Some(false), 1)), ["own"]);
    }

    #[test]
    fn second_passes_come_last_and_what_comes_back_comes_first() {
        let queue = Queue::default();
        queue.push(job("second", Lane::Second, false, 10.0));
        queue.push(job("own", Lane::Own, true, 10.0));
        queue.push(job("a", Lane::Batch, false, 10.0));
        queue.push_front(job("again", Lane::Batch, false, 10.0));
        assert_eq!(names(queue.pop(None, 1)), ["again", "a"]);
        assert_eq!(names(queue.pop(None, 1)), ["own"]);
        assert_eq!(names(queue.pop(None, 1)), ["second"]);
        queue.close();
        assert!(queue.pop(None, 1).is_none());
    }
}
