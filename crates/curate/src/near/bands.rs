//! MinHash values of a set, cut into bands (Broder 1997; Indyk and Motwani 1998).

use crate::tokens::mix;

/// Bands, thus entries in the table for each text.
pub(crate) const BANDS: usize = 16;
/// The most values in a band.
const MOST_ROWS: usize = 16;
/// Share of the pairs exactly at the threshold that share no band: the most that is let through.
const MISSED: f64 = 0.02;
/// Values computed side by side: four vectors of eight.
const LANES: usize = 32;

/// How many MinHash values make a band so that of pairs with similarity `threshold` at most 2 % share none.
pub(crate) fn rows(threshold: f64) -> usize {
    let found = |rows: i32| 1.0 - (1.0 - threshold.powi(rows)).powi(BANDS as i32);
    (1..=MOST_ROWS as i32)
        .rev()
        .find(|&rows| found(rows) >= 1.0 - MISSED)
        .unwrap_or(1) as usize
}

/// The functions of a family: value `i` of an element `x` is `(x ^ salts[i]) * factors[i]` in 32 bits.
#[derive(Debug, Clone)]
pub(crate) struct Bands {
    rows: usize,
    blocks: Vec<Block>,
    arch: pulp::Arch,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    salts: [u32; LANES],
    factors: [u32; LANES],
}

impl Bands {
    pub(crate) fn new(rows: usize) -> Self {
        let count = (BANDS * rows).div_ceil(LANES);
        let lane = |at: usize, salt: u64| mix(at as u64, salt) as u32;
        let block = |block: usize| Block {
            salts: std::array::from_fn(|at| lane(block * LANES + at, 1)),
            factors: std::array::from_fn(|at| lane(block * LANES + at, 2) | 1),
        };
        Self {
            rows,
            blocks: (0..count).map(block).collect(),
            arch: pulp::Arch::new(),
        }
    }

    /// One key for each band of the set of `elements`, which holds each at least once. Well spread in all 64 bits.
    pub(crate) fn keys(&self, elements: &[u32], least: &mut Vec<u32>) -> [u64; BANDS] {
        least.clear();
        for block in &self.blocks {
            least.extend_from_slice(&self.arch.dispatch(|| block.least(elements)));
        }
        let mut keys = [0; BANDS];
        for (band, (key, rows)) in keys
            .iter_mut()
            .zip(least.chunks_exact(self.rows))
            .enumerate()
        {
            *key = rows.iter().fold(mix(band as u64, 3), |key, &value| {
                mix(key, u64::from(value))
            });
        }
        keys
    }
}

impl Block {
    #[inline(always)]
    fn least(&self, elements: &[u32]) -> [u32; LANES] {
        let mut least = [u32::MAX; LANES];
        for &element in elements {
            for ((least, salt), factor) in least.iter_mut().zip(&self.salts).zip(&self.factors) {
                *least = (*least).min((element ^ salt).wrapping_mul(*factor));
            }
        }
        least
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_leave_the_stated_recall() {
        assert_eq!(rows(0.5), 2);
        assert_eq!(rows(0.7), 4);
        assert_eq!(rows(0.8), 6);
        assert_eq!(rows(0.9), 14);
        assert_eq!(rows(1.0), MOST_ROWS);
    }

    /// The curve of the theory, 1 - (1 - s^r)^b, at several similarities, over many seeded pairs of sets of 50.
    #[test]
    fn pairs_share_a_band_as_often_as_the_theory_says() {
        const PAIRS: u64 = 2000;
        for threshold in [0.5, 0.8, 0.9] {
            let rows = rows(threshold);
            let bands = Bands::new(rows);
            for similarity in [0.3f64, 0.5, 0.7, 0.8, 0.9] {
                let mut met = 0u32;
                let (mut union, mut common) = (0, 0);
                for pair in 0..PAIRS {
                    let element = |at: u64| mix(pair, at) as u32;
                    let shared = (50.0 * 2.0 * similarity / (1.0 + similarity)).round() as u64;
                    let one: Vec<u32> = (0..50).map(element).collect();
                    let two: Vec<u32> = (0..shared)
                        .chain(1000..1050 - shared)
                        .map(element)
                        .collect();
                    (union, common) = (100 - shared, shared);
                    let mut least = Vec::new();
                    let (one, two) = (bands.keys(&one, &mut least), bands.keys(&two, &mut least));
                    met += u32::from(one.iter().zip(&two).any(|(a, b)| a == b));
                }
                let exact = common as f64 / union as f64;
                let theory = 1.0 - (1.0 - exact.powi(rows as i32)).powi(BANDS as i32);
                let found = f64::from(met) / PAIRS as f64;
                assert!(
                    (found - theory).abs() < 0.04,
                    "threshold {threshold}, similarity {exact}: {found}, in theory {theory}"
                );
            }
        }
    }
}
