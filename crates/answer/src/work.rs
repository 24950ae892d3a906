//! The budget of elementary steps that keeps every comparison short and every verdict the same on every machine.

use std::cell::Cell;

/// Why a computation was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The budget is spent, or a number would be too large.
    Budget,
    /// There is no value: 0/0, a logarithm of 0.
    Undefined,
    /// It is nothing that this part can compute.
    Unsupported,
}

/// Largest size of an exact integer, in bits: 2,004! has 19,000, a thousand-digit power 3,300.
pub(crate) const MAX_BITS: u64 = 1 << 16;

/// Steps left.
#[derive(Debug)]
pub(crate) struct Work {
    left: Cell<u64>,
}

impl Work {
    pub(crate) fn new(steps: u32) -> Self {
        Self {
            left: Cell::new(u64::from(steps.min(1_000_000))),
        }
    }

    /// Takes steps from the budget.
    pub(crate) fn spend(&self, steps: u64) -> Result<(), Stop> {
        match self.left.get().checked_sub(steps) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                self.left.set(0);
                Err(Stop::Budget)
            }
        }
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }
}
