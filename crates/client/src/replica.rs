//! The state of one server: what it is doing, what it may get, and whether it gets anything.

use crate::limit::Limit;
use crate::tuning::Tuning;
use tokio::time::Instant;

#[derive(Debug)]
pub(crate) struct Replica {
    pub in_flight: usize,
    pub limit: Limit,
    /// Failures in a row that speak of the replica's health.
    failures: u32,
    /// How many times in a row it was shut out; 0 while it is healthy.
    ejections: u32,
    /// Gets nothing before this.
    closed_until: Option<Instant>,
}

impl Replica {
    pub fn new(max_in_flight: usize) -> Self {
        Self {
            in_flight: 0,
            limit: Limit::new(max_in_flight),
            failures: 0,
            ejections: 0,
            closed_until: None,
        }
    }

    pub fn is_healthy(&self) -> bool {
        self.ejections == 0
    }

    /// The calls that it may have at a time: one, a probe, while it is not known to be well again.
    pub fn allowed(&self) -> usize {
        if self.is_healthy() {
            self.limit.calls()
        } else {
            1
        }
    }

    pub fn is_free(&self, now: Instant) -> bool {
        self.in_flight < self.allowed() && self.closed_until.is_none_or(|until| until <= now)
    }

    /// How busy it is: calls for each one allowed. Recent failures count as calls, since a server that fails at once would
    /// otherwise seem the least busy one. One whose probe is due comes first, or a pool with room elsewhere never tries it.
    pub fn load(&self) -> f64 {
        if !self.is_healthy() {
            return -1.0;
        }
        (self.in_flight + self.failures as usize) as f64 / self.allowed() as f64
    }

    pub fn succeeded(&mut self) {
        if !self.is_healthy() {
            // Whoever comes back is not buried under calls at once.
            self.closed_until = None;
        }
        (self.failures, self.ejections) = (0, 0);
        self.limit.succeeded(self.in_flight);
    }

    /// Counts a failure that speaks of its health; returns until when that closes it, if it does.
    pub fn sickened(&mut self, tuning: &Tuning, now: Instant) -> Option<Instant> {
        self.failures = self.failures.saturating_add(1);
        let probed = !self.is_healthy();
        let still_closed = self.closed_until.is_some_and(|until| until > now);
        if (probed && still_closed) || (!probed && self.failures < tuning.ejected_after) {
            return None;
        }
        self.ejections = self.ejections.saturating_add(1);
        self.close_until(now + tuning.backoff(self.ejections))
    }

    /// Gives it nothing until then; returns that instant where it is later than what held before.
    pub fn close_until(&mut self, until: Instant) -> Option<Instant> {
        if self.closed_until.is_some_and(|closed| closed >= until) {
            return None;
        }
        self.closed_until = Some(until);
        Some(until)
    }
}
