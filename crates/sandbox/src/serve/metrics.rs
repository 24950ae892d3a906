//! What the server counts, as Prometheus reads it (text format 0.0.4).

use super::gate::Gate;
use crate::{Status, Tier};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Upper bounds of the buckets of `caco_request_seconds`.
const BOUNDS: [f64; 14] = [
    0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// Why a request was turned down. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    Unauthorized,
    TooLarge,
    Malformed,
    SlowBody,
    Language,
    Files,
    QueueFull,
    QueueTimeout,
    Draining,
    Stopped,
}

impl Cause {
    const ALL: [Self; 10] = [
        Self::Unauthorized,
        Self::TooLarge,
        Self::Malformed,
        Self::SlowBody,
        Self::Language,
        Self::Files,
        Self::QueueFull,
        Self::QueueTimeout,
        Self::Draining,
        Self::Stopped,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::SlowBody => "slow_body",
            Self::Language => "language",
            Self::Files => "files",
            Self::QueueFull => "queue_full",
            Self::QueueTimeout => "queue_timeout",
            Self::Draining => "draining",
            Self::Stopped => "stopped",
        }
    }
}

/// All counters. Those of programs are under one lock, so that they agree with each other.
#[derive(Debug, Default)]
pub struct Metrics {
    programs: Mutex<Programs>,
    rejected: Mutex<BTreeMap<Cause, u64>>,
    cancelled: AtomicU64,
}

#[derive(Debug, Default)]
struct Programs {
    by_status: BTreeMap<&'static str, u64>,
    by_tier: BTreeMap<&'static str, u64>,
    buckets: [u64; BOUNDS.len()],
    seconds: f64,
    count: u64,
}

impl Metrics {
    /// A program came to its end, or the machine failed (no status), `seconds` after its request was read.
    pub fn ran(&self, status: Option<Status>, tier: Option<Tier>, seconds: f64) {
        let mut held = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        *held
            .by_status
            .entry(status.map_or("machine_failure", Status::as_str))
            .or_default() += 1;
        let tier = match tier {
            Some(Tier::Batch) => "batch",
            Some(Tier::Own) => "own",
            None => "none",
        };
        *held.by_tier.entry(tier).or_default() += 1;
        held.seconds += seconds;
        held.count += 1;
        for (bucket, bound) in held.buckets.iter_mut().zip(BOUNDS) {
            *bucket += u64::from(seconds <= bound);
        }
    }

    /// A request was turned down.
    pub fn rejected(&self, cause: Cause) {
        let mut held = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        *held.entry(cause).or_default() += 1;
    }

    /// A client hung up on its program.
    pub fn cancelled(&self) {
        self.cancelled.fetch_add(1, Ordering::Relaxed);
    }

    /// Programs that came to their end.
    pub fn programs(&self) -> u64 {
        let held = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        held.count
    }

    /// The exposition.
    pub fn text(&self, gate: &Gate) -> String {
        let mut page = Page(String::new());
        page.family(
            "caco_queue_depth",
            "gauge",
            "Requests that wait for their turn.",
        );
        page.sample("caco_queue_depth", "", gate.waiting());
        page.family(
            "caco_in_flight",
            "gauge",
            "Programs that the executor has now.",
        );
        page.sample("caco_in_flight", "", gate.running());
        page.family(
            "caco_draining",
            "gauge",
            "1 while the server takes no more programs.",
        );
        page.sample("caco_draining", "", u8::from(gate.is_draining()));
        page.family(
            "caco_cancelled_total",
            "counter",
            "Programs whose client hung up.",
        );
        let cancelled = self.cancelled.load(Ordering::Relaxed);
        page.sample("caco_cancelled_total", "", cancelled);
        page.family(
            "caco_rejected_total",
            "counter",
            "Requests that were turned down, by cause.",
        );
        {
            let held = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
            for cause in Cause::ALL {
                let count = held.get(&cause).copied().unwrap_or_default();
                let label = format!("cause=\"{}\"", cause.as_str());
                page.sample("caco_rejected_total", &label, count);
            }
        }
        let held = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        page.family(
            "caco_programs_total",
            "counter",
            "Programs that came to their end, by status.",
        );
        for (status, count) in &held.by_status {
            page.sample(
                "caco_programs_total",
                &format!("status=\"{status}\""),
                count,
            );
        }
        page.family(
            "caco_programs_by_tier_total",
            "counter",
            "Programs that came to their end, by the kind of child that ran them.",
        );
        for (tier, count) in &held.by_tier {
            page.sample(
                "caco_programs_by_tier_total",
                &format!("tier=\"{tier}\""),
                count,
            );
        }
        let name = "caco_request_seconds";
        page.family(
            name,
            "histogram",
            "From the request read to the answer, waiting included.",
        );
        for (count, bound) in held.buckets.iter().zip(BOUNDS) {
            page.sample(&format!("{name}_bucket"), &format!("le=\"{bound}\""), count);
        }
        page.sample(&format!("{name}_bucket"), "le=\"+Inf\"", held.count);
        page.sample(&format!("{name}_sum"), "", held.seconds);
        page.sample(&format!("{name}_count"), "", held.count);
        page.0
    }
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, label: &str, value: impl std::fmt::Display) {
        let label = if label.is_empty() {
            String::new()
        } else {
            format!("{{{label}}}")
        };
        let _ = writeln!(self.0, "{name}{label} {value}");
    }
}
