//! Who may call which replica, and when.

use crate::replica::Replica;
use crate::tuning::Tuning;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// All replicas, and the calls that wait for one.
#[derive(Debug)]
pub(crate) struct Pool {
    state: Mutex<State>,
    pub tuning: Tuning,
}

#[derive(Debug)]
struct State {
    replicas: Vec<Replica>,
    waiting: VecDeque<oneshot::Sender<Permit>>,
    /// Where the search for the least busy one starts: equals take turns.
    turn: usize,
    closed: bool,
}

/// The right to one call at a time on one replica. Whoever holds a reply holds its permit until the reply is where it
/// cannot be lost: only then does the next call start. Dropping it frees the slot.
///
/// Keep none while waiting for another call of the same client: where all slots are held so, that call gets none.
#[derive(Debug)]
pub struct Permit {
    pool: Option<Arc<Pool>>,
    replica: usize,
}

impl Permit {
    pub(crate) fn replica(&self) -> usize {
        self.replica
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            let mut state = pool.lock();
            if let Some(replica) = state.replicas.get_mut(self.replica) {
                replica.in_flight -= 1;
            }
            pool.grant(&mut state);
        }
    }
}

/// How a replica stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub healthy: bool,
    pub in_flight: usize,
    pub limit: usize,
}

impl Pool {
    pub fn new(replicas: usize, max_in_flight: usize, tuning: Tuning) -> Arc<Self> {
        let state = State {
            replicas: (0..replicas).map(|_| Replica::new(max_in_flight)).collect(),
            waiting: VecDeque::new(),
            turn: 0,
            closed: false,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            tuning,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock, and counts that are off by one are better than a second panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a slot: first come, first served, but those that `again` try come before those that did not yet. None once
    /// the pool is closed.
    pub async fn acquire(self: &Arc<Self>, again: bool) -> Option<Permit> {
        let turn = {
            let mut state = self.lock();
            if state.closed {
                return None;
            }
            if (again || state.waiting.is_empty())
                && let Some(replica) = state.pick(self.tuning.clock.now())
            {
                return Some(self.permit(replica));
            }
            let (sender, receiver) = oneshot::channel();
            if again {
                state.waiting.push_front(sender);
            } else {
                state.waiting.push_back(sender);
            }
            receiver
        };
        turn.await.ok()
    }

    fn permit(self: &Arc<Self>, replica: usize) -> Permit {
        Permit {
            pool: Some(Arc::clone(self)),
            replica,
        }
    }

    /// Gives free slots to those who wait.
    fn grant(self: &Arc<Self>, state: &mut State) {
        while !state.waiting.is_empty() {
            let Some(replica) = state.pick(self.tuning.clock.now()) else {
                return;
            };
            let Some(waiting) = state.waiting.pop_front() else {
                return;
            };
            if let Err(mut permit) = waiting.send(self.permit(replica)) {
                // Nobody waits there any more. The permit must not lock the state that is locked here.
                permit.pool = None;
                state.replicas[replica].in_flight -= 1;
            }
        }
    }

    pub fn succeeded(self: &Arc<Self>, permit: &Permit) {
        let mut state = self.lock();
        if let Some(replica) = state.replicas.get_mut(permit.replica) {
            replica.succeeded();
        }
        self.grant(&mut state);
    }

    /// The call that was sent at `sent` did not succeed: the replica is `crowded`, or `sick`.
    pub fn failed(self: &Arc<Self>, permit: &Permit, sent: Instant, crowded: bool, sick: bool) {
        let now = self.tuning.clock.now();
        let mut state = self.lock();
        let Some(replica) = state.replicas.get_mut(permit.replica) else {
            return;
        };
        if crowded {
            replica.limit.crowded(sent, now);
        }
        if sick && let Some(until) = replica.sickened(&self.tuning, now) {
            self.open_at(until);
        }
    }

    /// Leaves the replica alone for so long.
    pub fn pause(self: &Arc<Self>, permit: &Permit, wait: Duration) {
        let until = self.tuning.clock.now() + wait;
        let mut state = self.lock();
        let replica = state.replicas.get_mut(permit.replica);
        if let Some(until) = replica.and_then(|replica| replica.close_until(until)) {
            self.open_at(until);
        }
    }

    /// Looks for those who wait once a closed replica opens.
    fn open_at(self: &Arc<Self>, until: Instant) {
        let pool = Arc::downgrade(self);
        let clock = self.tuning.clock.clone();
        tokio::spawn(async move {
            clock.sleep_until(until).await;
            if let Some(pool) = pool.upgrade() {
                pool.grant(&mut pool.lock());
            }
        });
    }

    /// Nobody gets a slot any more.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.waiting.clear();
    }

    pub fn standings(&self) -> Vec<Standing> {
        let state = self.lock();
        let standing = |replica: &Replica| Standing {
            healthy: replica.is_healthy(),
            in_flight: replica.in_flight,
            limit: replica.limit.calls(),
        };
        state.replicas.iter().map(standing).collect()
    }
}

impl State {
    /// Takes a slot of the least busy replica that has one.
    fn pick(&mut self, now: Instant) -> Option<usize> {
        let count = self.replicas.len();
        let mut best: Option<(f64, usize)> = None;
        for index in (0..count).map(|step| (self.turn + step) % count) {
            let replica = &self.replicas[index];
            if replica.is_free(now) && best.is_none_or(|(load, _)| replica.load() < load) {
                best = Some((replica.load(), index));
            }
        }
        let (_, index) = best?;
        self.replicas[index].in_flight += 1;
        self.turn = (index + 1) % count;
        Some(index)
    }
}
