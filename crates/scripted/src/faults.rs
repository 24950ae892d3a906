//! What goes wrong between a question and its reply.

use serde::Serialize;

/// One thing that goes wrong with one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// 429 with `Retry-After: 0`.
    RateLimit,
    /// 429 with `x-ratelimit` headers that ask for 1 ms.
    RateLimitHeaders,
    /// 429 with so many seconds of `Retry-After`.
    RetryAfter(u32),
    /// 503.
    Unavailable,
    /// 500.
    Internal,
    /// 502 with a page of HTML.
    Html,
    /// 529.
    Overloaded,
    /// 408.
    RequestTimeout,
    /// 504.
    GatewayTimeout,
    /// The connection is closed in place of an answer.
    Dropped,
    /// The connection is closed in the middle of the answer's body.
    Half,
    /// 200 with something that is no JSON.
    NotJson,
    /// 200 with `{}`.
    NoChoices,
    /// The right reply, some milliseconds late, so that later ones overtake it.
    Slow,
    /// 401, with the key that was sent in the message.
    Unauthorized,
    /// 404 of a model that is not there.
    NoModel,
    /// 429 because there is no credit.
    NoCredit,
    /// 400 about a parameter.
    BadParameter,
}

impl Fault {
    /// Those after which another attempt can succeed.
    pub const PASSING: [Self; 13] = [
        Self::RateLimit,
        Self::RateLimitHeaders,
        Self::Unavailable,
        Self::Internal,
        Self::Html,
        Self::Overloaded,
        Self::RequestTimeout,
        Self::GatewayTimeout,
        Self::Dropped,
        Self::Half,
        Self::NotJson,
        Self::NoChoices,
        Self::Slow,
    ];
}

/// Which attempts meet a fault, and which one.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    /// Decides together with a request's body and the number of its attempt.
    pub seed: u64,
    /// The share of attempts with a fault, 0 to 1.
    pub share: f64,
    /// The faults to choose from.
    pub kinds: Vec<Fault>,
}

impl Faults {
    /// Nothing goes wrong.
    pub fn none() -> Self {
        Self {
            seed: 0,
            share: 0.0,
            kinds: Vec::new(),
        }
    }

    /// A share of attempts meets any of the passing faults.
    pub fn passing(seed: u64, share: f64) -> Self {
        Self {
            seed,
            share,
            kinds: Fault::PASSING.to_vec(),
        }
    }

    /// The fault of an attempt, counted from 0, at a body.
    pub fn of(&self, body: &[u8], attempt: u64) -> Option<Fault> {
        if self.kinds.is_empty() || self.share <= 0.0 {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_le_bytes());
        hasher.update(&attempt.to_le_bytes());
        hasher.update(body);
        let mut drawn = [0; 16];
        hasher.finalize_xof().fill(&mut drawn);
        let drawn = u128::from_le_bytes(drawn);
        let (first, second) = ((drawn as u64) >> 11, (drawn >> 64) as u64);
        if first as f64 / (1_u64 << 53) as f64 >= self.share {
            return None;
        }
        let index = second % self.kinds.len() as u64;
        self.kinds.get(usize::try_from(index).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_kept_and_every_kind_comes() {
        let faults = Faults::passing(7, 0.3);
        let drawn: Vec<Fault> = (0..10_000_u64)
            .filter_map(|body| faults.of(&body.to_le_bytes(), 0))
            .collect();
        assert!((2_800..3_200).contains(&drawn.len()), "{}", drawn.len());
        for kind in Fault::PASSING {
            let count = drawn.iter().filter(|fault| **fault == kind).count();
            assert!((170..300).contains(&count), "{kind:?}: {count}");
        }
    }

    #[test]
    fn attempts_at_one_body_differ_and_repeat() {
        let faults = Faults::passing(7, 0.5);
        let draw = || {
            (0..20)
                .map(|attempt| faults.of(b"body", attempt))
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
        assert!(draw().iter().any(Option::is_none) && draw().iter().any(Option::is_some));
        assert_ne!(
            draw(),
            (0..20)
                .map(|attempt| faults.of(b"other", attempt))
                .collect::<Vec<_>>()
        );
    }
}
