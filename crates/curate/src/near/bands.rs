//! MinHash values of a set, cut into bands (Broder 1997; Indyk and Motwani 1998).

use crate::tokens::mix;

/// Most bands, thus entries in the table for each text.
const MOST_BANDS: usize = 16;
/// Most values in a band.
const MOST_ROWS: usize = 16;
/// Share of the pairs exactly at the threshold that share no band: the most that is let through.
const MISSED: f64 = 0.02;
/// Texts that happen to have some words in common are alike to this degree; not more than one in [`BY_CHANCE`] such pairs is to
/// be looked at.
const UNLIKE: f64 = 0.3;
const BY_CHANCE: f64 = 1.0 / 40.0;
/// Values computed side by side: four vectors of eight.
const LANES: usize = 32;

/// How MinHash values are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Bands.
    bands: usize,
    /// Values in each.
    rows: usize,
}

impl Shape {
    /// The fewest bands that let no more through than is allowed at `threshold`, among those that keep chance low; of the
    /// shapes with so many bands the longest.
    pub(crate) fn of(threshold: f64) -> Self {
        let shapes = (1..=MOST_ROWS)
            .filter_map(|rows| {
                let bands = (1..=MOST_BANDS)
                    .find(|&bands| Self { bands, rows }.share(threshold) >= 1.0 - MISSED)?;
                Some(Self { bands, rows })
            })
            .collect::<Vec<_>>();
        let chance_is_low = |shape: &&Self| shape.share(UNLIKE) <= BY_CHANCE;
        shapes
            .iter()
            .filter(chance_is_low)
            .min_by_key(|shape| (shape.bands, MOST_ROWS - shape.rows))
            // At low thresholds chance cannot be kept low.
            .or(shapes.last())
            .copied()
            .unwrap_or(Self {
                bands: MOST_BANDS,
                rows: 1,
            })
    }

    /// The share of the pairs of this similarity that have a band in common.
    fn share(self, similarity: f64) -> f64 {
        1.0 - (1.0 - similarity.powi(self.rows as i32)).powi(self.bands as i32)
    }
}

/// The functions of a family: value `i` of an element `x` is `(x ^ salts[i]) * factors[i]` in 32 bits.
#[derive(Debug, Clone)]
pub(crate) struct Bands {
    shape: Shape,
    blocks: Vec<Block>,
    arch: pulp::Arch,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    salts: [u32; LANES],
    factors: [u32; LANES],
}

impl Bands {
    pub(crate) fn new(shape: Shape) -> Self {
        let count = (shape.bands * shape.rows).div_ceil(LANES);
        let lane = |at: usize, salt: u64| mix(at as u64, salt) as u32;
        let block = |block: usize| Block {
            salts: std::array::from_fn(|at| lane(block * LANES + at, 1)),
            factors: std::array::from_fn(|at| lane(block * LANES + at, 2) | 1),
        };
        Self {
            shape,
            blocks: (0..count).map(block).collect(),
            arch: pulp::Arch::new(),
        }
    }

    /// One key for each band of the set of `elements`, which holds each at least once. Well spread in all 64 bits.
    pub(crate) fn keys(&self, elements: &[u32], least: &mut Vec<u32>) -> Box<[u64]> {
        least.clear();
        for block in &self.blocks {
            least.extend_from_slice(&self.arch.dispatch(|| block.least(elements)));
        }
        let key = |(band, rows): (usize, &[u32])| {
            rows.iter().fold(mix(band as u64, 3), |key, &value| {
                mix(key, u64::from(value))
            })
        };
        let bands = least.chunks_exact(self.shape.rows);
        bands.take(self.shape.bands).enumerate().map(key).collect()
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
    fn shapes_leave_the_stated_recall() {
        let shape = |bands, rows| Shape { bands, rows };
        assert_eq!(Shape::of(0.5), shape(14, 2));
        assert_eq!(Shape::of(0.7), shape(15, 4));
        assert_eq!(Shape::of(0.8), shape(10, 5));
        assert_eq!(Shape::of(0.9), shape(5, 5));
        assert_eq!(Shape::of(1.0), shape(1, MOST_ROWS));
        for threshold in (50..=100).map(|t| f64::from(t) / 100.0) {
            let shape = Shape::of(threshold);
            assert!(
                shape.share(threshold) >= 1.0 - MISSED && shape.bands <= MOST_BANDS,
                "{threshold}: {shape:?}"
            );
        }
    }

    /// The curve of the theory, 1 - (1 - s^r)^b, at several similarities, over many seeded pairs of sets of 50.
    #[test]
    fn pairs_share_a_band_as_often_as_the_theory_says() {
        const PAIRS: u64 = 2000;
        for threshold in [0.5, 0.8, 0.9] {
            let shape = Shape::of(threshold);
            let bands = Bands::new(shape);
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
                let theory = shape.share(exact);
                let found = f64::from(met) / PAIRS as f64;
                assert!(
                    (found - theory).abs() < 0.04,
                    "threshold {threshold}, similarity {exact}: {found}, in theory {theory}"
                );
            }
        }
    }
}
