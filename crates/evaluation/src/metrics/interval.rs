//! Intervals for shares and means.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// The 0.975 quantile of the normal distribution.
pub(super) const Z: f64 = 1.959_963_984_540_054;
/// Bootstrap draws.
const DRAWS: usize = 2000;

/// Wilson's 95 % interval for a share (Wilson 1927, score interval without continuity correction).
#[must_use]
pub fn wilson(correct: u64, total: u64) -> (f64, f64) {
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

/// The mean of `values[training seed][item]` and its 95 % percentile interval from a bootstrap that draws items with
/// replacement (all that is said of an item stays together) and training seeds as well. Every row has the same length; each
/// value is from 0 to 1, or from -1 to 1 for differences.
#[must_use]
pub fn bootstrap(values: &[Vec<f64>], seed: u64) -> (f64, f64, f64) {
    let items = values.first().map_or(0, Vec::len);
    if items == 0 {
        return (0.0, 0.0, 1.0);
    }
    let mean = |seeds: &mut dyn Iterator<Item = usize>, chosen: &[usize]| -> f64 {
        let (mut sum, mut total) = (0.0, 0usize);
        for seed in seeds {
            sum += chosen.iter().map(|item| values[seed][*item]).sum::<f64>();
            total += chosen.len();
        }
        sum / total.max(1) as f64
    };
    let all: Vec<usize> = (0..items).collect();
    let overall = mean(&mut (0..values.len()), &all);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut draws: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let chosen: Vec<usize> = (0..items).map(|_| random.random_range(0..items)).collect();
            let seeds: Vec<usize> = (0..values.len())
                .map(|_| random.random_range(0..values.len()))
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
        let outcomes: Vec<Vec<f64>> = (0..3)
            .map(|seed| {
                (0..200)
                    .map(|problem| f64::from(u8::from((problem + seed) % 4 != 0)))
                    .collect()
            })
            .collect();
        let (mean, low, high) = bootstrap(&outcomes, 7);
        close(mean, 0.75);
        assert!(
            low < mean && mean < high && high - low < 0.2,
            "{low} {high}"
        );
        assert_eq!(bootstrap(&outcomes, 7), (mean, low, high));
    }

    #[test]
    fn replies_to_one_item_are_no_independent_evidence() {
        // 50 items that are right or wrong in all of their replies: as wide as with one reply each, by the normal
        // approximation 0.5 +- 1.96 * sqrt(0.25 / 50) = 0.5 +- 0.139, however many replies there are.
        let items: Vec<f64> = (0..50).map(|n| f64::from(n % 2)).collect();
        let (_, low, high) = bootstrap(&[items], 3);
        assert!(
            (low - 0.361).abs() < 0.03 && (high - 0.639).abs() < 0.03,
            "{low} {high}"
        );
    }
}
