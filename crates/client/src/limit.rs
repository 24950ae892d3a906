//! How many calls a replica gets at a time: up by one at a time while that is what holds calls back, down by a share when
//! the replica says that it is too many.

use tokio::time::Instant;

/// The limit where nothing is known yet.
const START: usize = 16;
/// What is left of the limit after each decrease.
const DECREASE: f64 = 0.7;

#[derive(Debug)]
pub(crate) struct Limit {
    value: f64,
    most: f64,
    /// Until the first decrease the limit doubles with each round of calls.
    climbing: bool,
    decreased: Option<Instant>,
}

impl Limit {
    pub fn new(most: usize) -> Self {
        let most = most.max(1);
        Self {
            value: START.min(most) as f64,
            most: most as f64,
            climbing: true,
            decreased: None,
        }
    }

    pub fn calls(&self) -> usize {
        self.value as usize
    }

    /// A call succeeded while `in_flight` were running, itself among them.
    pub fn succeeded(&mut self, in_flight: usize) {
        if in_flight >= self.calls() {
            let step = if self.climbing { 1.0 } else { 1.0 / self.value };
            self.value = (self.value + step).min(self.most);
        }
    }

    /// The replica said, or let a call that was sent at `sent` wait so long, that there were too many. Calls sent before the
    /// last decrease tell nothing new: there is one decrease in each round trip.
    pub fn crowded(&mut self, sent: Instant, now: Instant) {
        if self.decreased.is_some_and(|decreased| sent <= decreased) {
            return;
        }
        self.value = (self.value * DECREASE).max(1.0);
        self.climbing = false;
        self.decreased = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn doubles_each_round_until_the_first_decrease() {
        let mut limit = Limit::new(64);
        for expected in [32, 64, 64] {
            for _ in 0..limit.calls() {
                let full = limit.calls();
                limit.succeeded(full);
            }
            assert_eq!(limit.calls(), expected);
        }
    }

    #[test]
    fn grows_by_one_each_round_after_a_decrease() {
        let mut limit = Limit::new(64);
        let start = Instant::now();
        limit.crowded(start, start);
        assert_eq!(limit.calls(), 11);
        for expected in 12..=20 {
            // Each of a round's successes adds its share; the last of them may still be missing a rounding error.
            for _ in 0..expected {
                let full = limit.calls();
                limit.succeeded(full);
            }
            assert!((expected..=expected + 1).contains(&limit.calls()));
        }
    }

    #[test]
    fn stays_where_it_is_not_what_holds_calls_back() {
        let mut limit = Limit::new(64);
        for _ in 0..1000 {
            limit.succeeded(15);
        }
        assert_eq!(limit.calls(), 16);
    }

    #[test]
    fn decreases_once_for_each_round_trip_and_never_below_one() {
        let mut limit = Limit::new(64);
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        limit.crowded(start, after(1));
        for _ in 0..10 {
            limit.crowded(start, after(2));
        }
        assert_eq!(limit.calls(), 11);
        limit.crowded(after(2), after(3));
        assert_eq!(limit.calls(), 7);
        for second in 4..40 {
            limit.crowded(after(second), after(second));
        }
        assert_eq!(limit.calls(), 1);
    }
}
