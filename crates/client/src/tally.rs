//! What a client has done so far.

use crate::failure::Class;
use crate::{Price, Reply};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The state of a client at one instant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snapshot {
    /// Slots that are taken, over all replicas: calls under way, and replies whose permits are still held.
    pub in_flight: usize,
    /// How many slots there are now.
    pub limit: usize,
    /// The replicas, in the order of the settings.
    pub replicas: Vec<ReplicaState>,
    /// Attempts that were sent.
    pub sent: u64,
    /// Calls that got a reply.
    pub succeeded: u64,
    /// Attempts that failed where another one could succeed, by kind.
    pub retried: BTreeMap<Class, u64>,
    /// Tokens of prompts, as the servers counted them.
    pub prompt_tokens: u64,
    /// How many of those came from the servers' caches.
    pub cached_tokens: u64,
    /// Tokens of replies.
    pub completion_tokens: u64,
    /// What the tokens cost, in the currency of the settings. None where the price is unknown.
    pub cost: Option<f64>,
}

/// The state of one replica.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplicaState {
    /// Its address.
    pub url: String,
    /// Whether it gets calls, rather than a probe now and then.
    pub healthy: bool,
    /// Slots that are taken.
    pub in_flight: usize,
    /// How many it has now.
    pub limit: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub sent: AtomicU64,
    succeeded: AtomicU64,
    retried: [AtomicU64; Class::ALL.len()],
    prompt: AtomicU64,
    cached: AtomicU64,
    completion: AtomicU64,
}

impl Tally {
    pub fn succeeded(&self, reply: &Reply) {
        self.succeeded.fetch_add(1, Relaxed);
        self.prompt.fetch_add(reply.prompt_tokens.into(), Relaxed);
        self.cached.fetch_add(reply.cached_tokens.into(), Relaxed);
        self.completion
            .fetch_add(reply.completion_tokens.into(), Relaxed);
    }

    pub fn retried(&self, class: Class) {
        self.retried[class as usize].fetch_add(1, Relaxed);
    }

    pub fn snapshot(&self, replicas: Vec<ReplicaState>, price: Option<&Price>) -> Snapshot {
        let read = |count: &AtomicU64| count.load(Relaxed);
        let retried = Class::ALL.into_iter().zip(self.retried.iter().map(read));
        let (prompt, cached, completion) = (
            read(&self.prompt),
            read(&self.cached),
            read(&self.completion),
        );
        Snapshot {
            in_flight: replicas.iter().map(|replica| replica.in_flight).sum(),
            limit: replicas.iter().map(|replica| replica.limit).sum(),
            replicas,
            sent: read(&self.sent),
            succeeded: read(&self.succeeded),
            retried: retried.filter(|(_, count)| *count > 0).collect(),
            prompt_tokens: prompt,
            cached_tokens: cached,
            completion_tokens: completion,
            cost: price.map(|price| price.of(prompt, cached, completion)),
        }
    }
}
