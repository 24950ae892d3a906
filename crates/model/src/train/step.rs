//! Loss and gradient of one step, computed by several threads.

use super::TrainConfig;
use crate::{ComputePath, Error, Network, Packed, Result};
use candle_core::Tensor;
use rayon::ThreadPool;

/// A part's share of the loss, and its gradient for every parameter.
type Gradients = (f32, Vec<Tensor>);

/// One single-threaded pool per worker, so that no operation spreads over the cores of a busy machine.
pub(super) struct Workers {
    pools: Vec<ThreadPool>,
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
        Ok(Self {
            pools: (0..config.workers).map(pool).collect::<Result<_>>()?,
        })
    }

    /// The mean loss over the targets of all parts and its gradient for every parameter. Sums run in the order of the
    /// parts, whichever thread is done first.
    pub(super) fn run(&self, network: &Network, parts: &[Packed]) -> Result<(f32, Vec<Tensor>)> {
        let targets = parts.iter().map(|part| part.targets.len()).sum();
        let share = parts.len().div_ceil(self.pools.len());
        let results: Vec<Result<Vec<Gradients>>> = std::thread::scope(|scope| {
            let handles: Vec<_> = parts
                .chunks(share)
                .zip(&self.pools)
                .map(|(parts, pool)| {
                    scope.spawn(move || {
                        pool.install(|| {
                            parts
                                .iter()
                                .map(|part| gradients(network, part, targets))
                                .collect()
                        })
                    })
                })
                .collect();
            handles
                .into_iter()
                .map(|h| h.join().unwrap_or(Err(Error::Worker("training"))))
                .collect()
        });
        let mut total: Option<(f32, Vec<Tensor>)> = None;
        for result in results {
            for (loss, gradients) in result? {
                total = Some(match total {
                    None => (loss, gradients),
                    Some((sum, sums)) => {
                        let added = sums.iter().zip(&gradients).map(|(a, b)| a + b);
                        (sum + loss, added.collect::<candle_core::Result<_>>()?)
                    }
                });
            }
        }
        total.ok_or_else(|| Error::NoExamples("the step is empty".to_string()))
    }
}

/// Loss and gradient of one part. Every parameter must take part, or the graph was cut somewhere.
fn gradients(network: &Network, part: &Packed, targets: usize) -> Result<(f32, Vec<Tensor>)> {
    let path = if network.embedding.device().is_cpu() {
        ComputePath::Fused
    } else {
        ComputePath::Composed
    };
    let loss = network.loss(part, targets, path)?;
    let mut store = loss.backward()?;
    let take =
        |(name, var): (String, &candle_core::Var)| store.remove(var).ok_or(Error::NoGradient(name));
    let gradients = network
        .parameters()
        .into_iter()
        .map(take)
        .collect::<Result<_>>()?;
    Ok((loss.to_scalar()?, gradients))
}
