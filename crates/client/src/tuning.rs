//! What is not a setting: how fast the client backs off, and its clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How the client waits. The defaults are for use; tests shorten the waits, or leap over them.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// The upper end of the first wait before another attempt; doubles with each. Default 0.5 s.
    pub backoff_base: Duration,
    /// The longest such wait. Default 60 s.
    pub backoff_cap: Duration,
    /// Failures in a row after which a replica gets no calls until a probe succeeds. 1 or more; default 5.
    pub ejected_after: u32,
    /// Where the time comes from. Default the machine's.
    pub clock: Clock,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(60),
            ejected_after: 5,
            clock: Clock::system(),
        }
    }
}

impl Tuning {
    /// The upper end of the wait after so many failures in a row (1 or more).
    pub(crate) fn backoff(&self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1).min(30));
        self.backoff_base
            .saturating_mul(factor)
            .min(self.backoff_cap)
    }
}

/// The clock of all waits between attempts. What a server may take for one attempt is always real time.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Mutex<Duration>>>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock for tests: it leaps to the end of each wait instead of waiting.
    pub fn leaping() -> Self {
        Self(Some(Arc::default()))
    }

    /// How far the clock has leapt ahead; zero for the machine's.
    pub fn leapt(&self) -> Duration {
        let Some(ahead) = &self.0 else {
            return Duration::ZERO;
        };
        *ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::now() + self.leapt()
    }

    pub(crate) async fn sleep_until(&self, end: Instant) {
        let Some(ahead) = &self.0 else {
            return tokio::time::sleep_until(end).await;
        };
        {
            let mut ahead = ahead.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now() + *ahead;
            *ahead += end.saturating_duration_since(now);
        }
        tokio::task::yield_now().await;
    }
}
