//! Staying under so many requests and tokens per minute.

use crate::Settings;
use std::time::Duration;
use tokio::time::Instant;

/// A bucket that fills at a steady rate. Who takes more than is in it owes the rest and waits until it is paid, so that
/// calls leave in the order in which they took.
#[derive(Debug)]
struct Bucket {
    per_second: f64,
    most: f64,
    level: f64,
    filled: Instant,
}

/// How much of a minute's amount may leave at once.
const BURST_SECONDS: f64 = 5.0;

impl Bucket {
    fn new(per_minute: f64, now: Instant) -> Self {
        let per_second = per_minute / 60.0;
        let most = (per_second * BURST_SECONDS).max(1.0);
        Self {
            per_second,
            most,
            level: most,
            filled: now,
        }
    }

    /// Takes an amount; returns how long to wait before using it.
    fn take(&mut self, amount: f64, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.level = (self.level + passed * self.per_second).min(self.most);
        self.filled = self.filled.max(now);
        self.level -= amount;
        // A year is as good as never, and keeps clear of the ends of time.
        Duration::from_secs_f64((-self.level / self.per_second).clamp(0.0, 3.2e7))
    }

    fn give_back(&mut self, amount: f64) {
        self.level = (self.level + amount).min(self.most);
    }
}

/// The two limits of an account.
#[derive(Debug)]
pub(crate) struct Pace {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
}

impl Pace {
    pub fn new(settings: &Settings, now: Instant) -> Self {
        let requests = settings.requests_per_minute.map(f64::from);
        let tokens = settings.tokens_per_minute.map(|tokens| tokens as f64);
        Self {
            requests: requests.map(|amount| Bucket::new(amount, now)),
            tokens: tokens.map(|amount| Bucket::new(amount, now)),
        }
    }

    pub fn is_free(&self) -> bool {
        self.requests.is_none() && self.tokens.is_none()
    }

    /// Takes one request of so many tokens; returns how long to wait before sending it.
    pub fn take(&mut self, tokens: f64, now: Instant) -> Duration {
        let requests = self.requests.as_mut().map(|bucket| bucket.take(1.0, now));
        let tokens = self.tokens.as_mut().map(|bucket| bucket.take(tokens, now));
        requests.max(tokens).unwrap_or_default()
    }

    /// Corrects what was taken for a request once the server has counted.
    pub fn correct(&mut self, estimated: f64, counted: f64) {
        if let Some(bucket) = &mut self.tokens {
            bucket.give_back(estimated - counted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(requests: Option<u32>, tokens: Option<u64>, now: Instant) -> Pace {
        let settings = Settings {
            requests_per_minute: requests,
            tokens_per_minute: tokens,
            ..Settings::default()
        };
        Pace::new(&settings, now)
    }

    #[test]
    fn requests_leave_at_their_rate_after_a_burst() {
        let start = Instant::now();
        let mut pace = pace(Some(60), None, start);
        let waits: Vec<u64> = (0..8).map(|_| pace.take(1e6, start).as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 3]);
        // Three seconds pay for the three that waited, and one more for the next.
        let later = start + Duration::from_secs(4);
        assert_eq!(pace.take(1e6, later), Duration::ZERO);
    }

    #[test]
    fn tokens_are_corrected_by_what_was_counted() {
        let start = Instant::now();
        let mut pace = pace(None, Some(60_000), start);
        assert_eq!(pace.take(5_000.0, start), Duration::ZERO);
        assert_eq!(pace.take(2_000.0, start), Duration::from_secs(2));
        pace.correct(2_000.0, 500.0);
        assert_eq!(pace.take(500.0, start), Duration::from_secs(1));
        pace.correct(500.0, 2_500.0);
        assert_eq!(pace.take(0.0, start), Duration::from_secs(3));
    }

    #[test]
    fn a_request_larger_than_the_bucket_leaves_once_the_bucket_has_paid() {
        let start = Instant::now();
        let mut pace = pace(None, Some(60), start);
        assert_eq!(pace.take(65.0, start), Duration::from_secs(60));
    }
}
