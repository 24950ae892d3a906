//! What a server saw.

use crate::Fault;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// What a server saw so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Questions that came in, whatever became of them.
    pub received: u64,
    /// Those that got what the script said.
    pub completed: u64,
    /// Those that met a fault in its place, by kind.
    pub faults: BTreeMap<String, u64>,
    /// Those that are being answered.
    pub in_flight: usize,
    /// The most that were, at any time.
    pub max_in_flight: usize,
    /// Different bodies.
    pub distinct: usize,
}

/// What became of the requests with one body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BodyCounts {
    /// How often it came in.
    pub received: u64,
    /// How often it got what the script said.
    pub completed: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub counts: Counts,
    pub bodies: HashMap<blake3::Hash, BodyCounts>,
}

impl Ledger {
    /// Counts a request; returns how often its body came before.
    pub fn received(&mut self, body: blake3::Hash) -> u64 {
        self.counts.received += 1;
        self.counts.in_flight += 1;
        self.counts.max_in_flight = self.counts.max_in_flight.max(self.counts.in_flight);
        let of_body = self.bodies.entry(body).or_default();
        of_body.received += 1;
        let before = of_body.received - 1;
        self.counts.distinct = self.bodies.len();
        before
    }

    pub fn completed(&mut self, body: blake3::Hash) {
        self.counts.completed += 1;
        self.bodies.entry(body).or_default().completed += 1;
    }

    pub fn fault(&mut self, fault: Fault) {
        *self.counts.faults.entry(format!("{fault:?}")).or_default() += 1;
    }
}
