//! Cross-entropy with its gradient from one pass over the logits.

use crate::simd::{exp_sum, max, scale, vectorised};

/// The sum of `-ln p(target)` over the rows of `(rows, vocabulary)` logits, divided by `normaliser`, in nats. The logits
/// are replaced by their gradient. There is one target, below `vocab`, for each row.
pub(crate) fn cross_entropy(
    logits: &mut [f32],
    vocab: usize,
    targets: &[u32],
    normaliser: usize,
) -> f64 {
    let normaliser = normaliser.max(1) as f32;
    let mut loss = 0.0;
    vectorised(
        #[inline(always)]
        || {
            for (row, &target) in logits.chunks_exact_mut(vocab).zip(targets) {
                let (top, right) = (max(row), row[target as usize]);
                let sum = exp_sum(row, top, 1.0);
                loss += f64::from(sum.ln() + top - right);
                scale(row, 1.0 / (sum * normaliser));
                row[target as usize] -= 1.0 / normaliser;
            }
        },
    );
    loss / f64::from(normaliser)
}
