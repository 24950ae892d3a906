//! Loss and gradient of one step, computed by several threads.

use super::TrainConfig;
use crate::network::{Dropout, Pass};
use crate::ops::AddAssign;
use crate::{ComputePath, Error, Network, Packed, Result};
use candle_core::Tensor;
use rayon::ThreadPool;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// A part's share of the loss, and its gradient for every trained parameter.
type Gradients = (f32, Vec<Tensor>);

/// One single-threaded pool per worker, so that no operation spreads over the cores of a busy machine.
pub(super) struct Workers {
    pools: Vec<ThreadPool>,
    checkpointing: bool,
    /// Share and seed.
    dropout: Option<(f32, u64)>,
}

impl Workers {
    pub(super) fn new(config: &TrainConfig) -> Result<Self> {
        let pool = |_| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .build()
                .map_err(|e| {
                    Error::config("workers", format!("a thread could not be started: {e}"))
                })
        };
        let share = config.lora.as_ref().map_or(0.0, |lora| lora.dropout);
        Ok(Self {
            pools: (0..config.workers).map(pool).collect::<Result<_>>()?,
            checkpointing: config.gradient_checkpointing,
            dropout: (share > 0.0).then_some((share, config.seed)),
        })
    }

    /// The mean loss over the targets of all parts and its gradient for every trained parameter. Sums run in the order of
    /// the parts, whichever thread is done first.
    pub(super) fn run(&self, network: &Network, parts: &[Packed], step: u64) -> Result<Gradients> {
        let targets = parts.iter().map(|part| part.targets.len()).sum();
        let one = |index: usize| {
            let path = if network.embedding.device().is_cpu() {
                ComputePath::Fused
            } else {
                ComputePath::Composed
            };
            let pass = Pass {
                checkpointing: self.checkpointing,
                dropout: self
                    .dropout
                    .map(|(share, seed)| Dropout::new(share, seed, step, index)),
            };
            network.gradients(&parts[index], targets, path, pass)
        };
        // Another device works on one part after the other, whoever sends them.
        let results = if network.embedding.device().is_cpu() {
            self.shares(parts.len(), &one)?
        } else {
            let all = (0..parts.len()).try_fold(None, |sum, index| add(sum, one(index)?));
            vec![all?]
        };
        let sum = results
            .into_iter()
            .flatten()
            .try_fold(None, |sum, share| self.add_all(sum, share))?;
        sum.ok_or_else(|| Error::NoExamples("the step is empty".to_string()))
    }

    /// The sum over each worker's share of the parts, which are neighbours.
    fn shares(
        &self,
        parts: usize,
        one: &(dyn Fn(usize) -> Result<Gradients> + Sync),
    ) -> Result<Vec<Option<Gradients>>> {
        let size = parts.div_ceil(self.pools.len()).max(1);
        std::thread::scope(|scope| {
            let handles: Vec<_> = (0..parts)
                .step_by(size)
                .zip(&self.pools)
                .map(|(from, pool)| {
                    let share = from..(from + size).min(parts);
                    scope.spawn(move || {
                        pool.install(|| {
                            share
                                .into_iter()
                                .try_fold(None, |sum, index| add(sum, one(index)?))
                        })
                    })
                })
                .collect();
            handles
                .into_iter()
                .map(|h| h.join().unwrap_or(Err(Error::Worker("training"))))
                .collect()
        })
    }

    /// As [`add`], by all workers.
    fn add_all(&self, sum: Option<Gradients>, term: Gradients) -> Result<Option<Gradients>> {
        let Some((loss, sums)) = sum else {
            return Ok(Some(term));
        };
        self.each(sums.len(), |i| {
            Ok(sums[i].inplace_op2(&term.1[i], &AddAssign)?)
        })?;
        Ok(Some((loss + term.0, sums)))
    }

    /// Does something for each index, on the threads of all workers; the results are in order. On one thread where there
    /// is little to do.
    pub(super) fn each<T: Send>(
        &self,
        count: usize,
        work: impl Fn(usize) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let results: Vec<Mutex<Option<Result<T>>>> = (0..count).map(|_| Mutex::new(None)).collect();
        let next = AtomicUsize::new(0);
        let run = || {
            while let Some((index, result)) = {
                let index = next.fetch_add(1, Ordering::Relaxed);
                results.get(index).map(|result| (index, result))
            } {
                let done = work(index);
                *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            }
        };
        std::thread::scope(|scope| {
            for pool in &self.pools {
                scope.spawn(|| pool.install(run));
            }
        });
        results
            .into_iter()
            .map(|result| {
                let result = result.into_inner().unwrap_or_else(PoisonError::into_inner);
                result.unwrap_or(Err(Error::Worker("training")))
            })
            .collect()
    }
}

/// Adds a part's gradients to the sum so far.
fn add(sum: Option<Gradients>, term: Gradients) -> Result<Option<Gradients>> {
    let Some((loss, sums)) = sum else {
        return Ok(Some(term));
    };
    let on_cpu = sums.first().is_some_and(|sum| sum.device().is_cpu());
    if on_cpu {
        for (sum, term) in sums.iter().zip(&term.1) {
            sum.inplace_op2(term, &AddAssign)?;
        }
        return Ok(Some((loss + term.0, sums)));
    }
    let added = sums.iter().zip(&term.1).map(|(a, b)| a + b);
    Ok(Some((
        loss + term.0,
        added.collect::<candle_core::Result<_>>()?,
    )))
}
