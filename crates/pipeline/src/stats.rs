//! Intervals for accuracies.

use caco_record::derive_seed;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// The 0.975 quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;
/// Bootstrap draws.
const DRAWS: usize = 2000;

/// Wilson's 95 % interval for a share (Wilson 1927, score interval without continuity correction).
pub(crate) fn wilson(correct: u64, total: u64) -> (f64, f64) {
    if total == 0 {
        return (0.0, 1.0);
    }
    let (n, p) = (total as f64, correct as f64 / total as f64);
    let centre = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (
        ((centre - spread) / scale).max(0.0),
        ((centre + spread) / scale).min(1.0),
    )
}

/// The mean accuracy over training seeds and its 95 % percentile interval from a bootstrap that draws both the training
/// seeds and the problems with replacement. `outcomes[seed][problem]`; every row has the same length.
pub(crate) fn bootstrap(outcomes: &[Vec<bool>], run_seed: u64) -> (f64, f64, f64) {
    let problems = outcomes.first().map_or(0, Vec::len);
    if problems == 0 {
        return (0.0, 0.0, 1.0);
    }
    let mean = |seeds: &mut dyn Iterator<Item = usize>, chosen: &[usize]| -> f64 {
        let (mut correct, mut total) = (0usize, 0usize);
        for seed in seeds {
            correct += chosen
                .iter()
                .filter(|problem| outcomes[seed][**problem])
                .count();
            total += chosen.len();
        }
        correct as f64 / total.max(1) as f64
    };
    let all: Vec<usize> = (0..problems).collect();
    let overall = mean(&mut (0..outcomes.len()), &all);
    let mut random = ChaCha8Rng::seed_from_u64(derive_seed(run_seed, "evaluate", "bootstrap", 0));
    let mut draws: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let chosen: Vec<usize> = (0..problems)
                .map(|_| random.random_range(0..problems))
                .collect();
            let seeds: Vec<usize> = (0..outcomes.len())
                .map(|_| random.random_range(0..outcomes.len()))
                .collect();
            mean(&mut seeds.into_iter(), &chosen)
        })
        .collect();
    draws.sort_by(f64::total_cmp);
    let at = |share: f64| draws[((DRAWS - 1) as f64 * share).round() as usize];
    (overall, at(0.025), at(0.975))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-4, "{found} is not {expected}");
    }

    #[test]
    fn wilson_agrees_with_published_values() {
        // Values of Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        let (low, high) = wilson(81, 263);
        close(low, 0.2553);
        close(high, 0.3662);
        let (low, high) = wilson(0, 20);
        close(low, 0.0);
        close(high, 0.1611);
        let (low, high) = wilson(1, 29);
        close(low, 0.0061);
        close(high, 0.1718);
    }

    #[test]
    fn the_bootstrap_is_seeded_and_brackets_the_mean() {
        let outcomes: Vec<Vec<bool>> = (0..3)
            .map(|seed| (0..200).map(|problem| (problem + seed) % 4 != 0).collect())
            .collect();
        let (mean, low, high) = bootstrap(&outcomes, 7);
        close(mean, 0.75);
        assert!(
            low < mean && mean < high && high - low < 0.2,
            "{low} {high}"
        );
        assert_eq!(bootstrap(&outcomes, 7), (mean, low, high));
    }
}
