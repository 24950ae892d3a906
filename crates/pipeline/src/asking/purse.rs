//! The budget: what paid calls may come to, and what they have come to.

use std::sync::{Mutex, PoisonError};

use caco_ledger::Totals;

use crate::Error;
use crate::config::Budget;
use crate::generator::Answer;

/// Counts what is spent. A call is begun only while nothing is used up, so that no more than the calls in flight can go
/// beyond; the number of calls is never exceeded at all.
pub(crate) struct Purse {
    budget: Budget,
    spent: Mutex<Spent>,
}

#[derive(Clone, Copy, Debug)]
struct Spent {
    totals: Totals,
    in_flight: u64,
}

impl Purse {
    /// A purse from which the ledger's paid calls are taken already.
    pub(crate) fn new(budget: &Budget, totals: Totals) -> Self {
        Self {
            budget: budget.clone(),
            spent: Mutex::new(Spent {
                totals,
                in_flight: 0,
            }),
        }
    }

    /// A call is about to be sent.
    ///
    /// # Errors
    /// [`Error::Budget`] when it must not be.
    pub(crate) fn take(&self) -> Result<(), Error> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        self.check(*spent)?;
        spent.in_flight += 1;
        Ok(())
    }

    /// Whether one more call may be sent.
    ///
    /// # Errors
    /// [`Error::Budget`] when it must not be.
    pub(crate) fn may(&self) -> Result<(), Error> {
        self.check(*self.spent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn check(&self, spent: Spent) -> Result<(), Error> {
        let totals = spent.totals;
        let over = |what: &'static str, limit: String, used: String| {
            Err(Error::Budget { what, limit, used })
        };
        if let Some(limit) = self.budget.calls
            && totals.calls + spent.in_flight >= limit
        {
            return over("calls", limit.to_string(), totals.calls.to_string());
        }
        let tokens = totals.prompt_tokens + totals.completion_tokens;
        if let Some(limit) = self.budget.tokens.filter(|limit| tokens >= *limit) {
            return over("tokens", limit.to_string(), tokens.to_string());
        }
        if let Some(limit) = self.budget.cost.filter(|limit| totals.cost >= *limit) {
            return over("cost", limit.to_string(), format!("{:.4}", totals.cost));
        }
        Ok(())
    }

    /// A call that was begun has its reply.
    pub(crate) fn pay(&self, answer: &Answer) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.in_flight = spent.in_flight.saturating_sub(1);
        spent.totals.calls += 1;
        spent.totals.prompt_tokens += u64::from(answer.prompt_tokens);
        spent.totals.completion_tokens += u64::from(answer.completion_tokens);
        spent.totals.cost += answer.cost.unwrap_or(0.0);
        spent.totals.unpriced += u64::from(answer.cost.is_none());
    }

    /// A call that was begun ended without a reply.
    pub(crate) fn give_back(&self) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.in_flight = spent.in_flight.saturating_sub(1);
    }

    /// What the paid calls have come to, and how many are in flight.
    pub(crate) fn spent(&self) -> (Totals, u64) {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        (spent.totals, spent.in_flight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(cost: Option<f64>) -> Answer {
        Answer {
            prompt_tokens: 10,
            completion_tokens: 5,
            cost,
            ..Answer::default()
        }
    }

    #[test]
    fn the_number_of_calls_is_never_exceeded() {
        let budget = Budget {
            calls: Some(3),
            ..Budget::default()
        };
        let before = Totals {
            calls: 1,
            ..Totals::default()
        };
        let purse = Purse::new(&budget, before);
        purse.take().unwrap();
        purse.take().unwrap();
        let error = purse.take().unwrap_err();
        assert_eq!(error.category().exit_code(), 5);
        assert!(error.to_string().contains("calls"), "{error}");
        purse.give_back();
        purse.take().unwrap();
        purse.pay(&reply(None));
        purse.pay(&reply(None));
        assert!(purse.take().is_err());
        assert_eq!(purse.spent().0.calls, 3);
    }

    #[test]
    fn tokens_and_money_end_what_is_not_yet_begun() {
        for (budget, fits) in [
            (
                Budget {
                    tokens: Some(30),
                    ..Budget::default()
                },
                2,
            ),
            (
                Budget {
                    cost: Some(0.75),
                    ..Budget::default()
                },
                3,
            ),
        ] {
            let purse = Purse::new(&budget, Totals::default());
            for _ in 0..fits {
                purse.take().unwrap();
                purse.pay(&reply(Some(0.25)));
            }
            assert!(matches!(purse.take(), Err(Error::Budget { .. })));
        }
        let purse = Purse::new(&Budget::default(), Totals::default());
        purse.take().unwrap();
        purse.pay(&reply(None));
        assert_eq!((purse.spent().0.unpriced, purse.spent().1), (1, 0));
    }
}
