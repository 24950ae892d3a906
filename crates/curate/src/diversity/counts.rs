//! How often each text was seen, by hash.

use std::collections::HashMap;

use serde::Serialize;

use super::Measures;
use crate::text::hash;

/// A point of a coverage curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Rows seen.
    pub rows: u64,
    /// Different texts among them.
    pub distinct: u64,
}

/// Counts texts, and notes how many different ones there were after 1, 2, 5, 10, 20, 50, ... of them.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    counts: HashMap<u64, u64>,
    total: u64,
    curve: Vec<Point>,
}

/// Whether a number is 1, 2 or 5 times a power of ten.
const fn is_round(mut number: u64) -> bool {
    while number >= 10 && number.is_multiple_of(10) {
        number /= 10;
    }
    matches!(number, 1 | 2 | 5)
}

impl Counts {
    /// Counts `text`.
    pub fn add(&mut self, text: &str) {
        *self.counts.entry(hash(text) as u64).or_default() += 1;
        self.total += 1;
        if is_round(self.total) {
            self.curve.push(self.point());
        }
    }

    fn point(&self) -> Point {
        Point {
            rows: self.total,
            distinct: self.counts.len() as u64,
        }
    }

    /// How varied they are.
    #[must_use]
    pub fn measures(&self) -> Measures {
        Measures::of(self.counts.values().copied().collect())
    }

    /// The points at round numbers, and that of all. A curve that still rises as fast as at its beginning says that more
    /// rows bring more that is new.
    #[must_use]
    pub fn curve(&self) -> Vec<Point> {
        let mut curve = self.curve.clone();
        if self.total > 0 && !is_round(self.total) {
            curve.push(self.point());
        }
        curve
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_has_round_numbers_and_the_end() {
        let mut counts = Counts::default();
        for at in 0..23 {
            counts.add(&(at % 7).to_string());
        }
        let curve: Vec<(u64, u64)> = counts
            .curve()
            .iter()
            .map(|point| (point.rows, point.distinct))
            .collect();
        assert_eq!(curve, [(1, 1), (2, 2), (5, 5), (10, 7), (20, 7), (23, 7)]);
        assert!(is_round(5000) && !is_round(300) && !is_round(0));
    }
}
