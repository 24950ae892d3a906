//! Draws that depend on nothing but a seed and labels: the same on every machine, in any order of rows.

use num_bigint::BigInt;

/// A stream of draws: the extended output of BLAKE3 over the labels that it was made of.
#[derive(Clone)]
pub(crate) struct Chance {
    stream: blake3::OutputReader,
}

impl Chance {
    /// The stream of `seed`, the row's identity and what the draws are for. Different labels give independent streams.
    pub(crate) fn new(seed: u64, row: &str, purpose: &str, index: u64) -> Self {
        let mut hash = blake3::Hasher::new();
        hash.update(&seed.to_le_bytes());
        for label in [row, purpose] {
            // With its length, so that no two pairs of labels are the same bytes.
            hash.update(&(label.len() as u64).to_le_bytes());
            hash.update(label.as_bytes());
        }
        hash.update(&index.to_le_bytes());
        Self {
            stream: hash.finalize_xof(),
        }
    }

    pub(crate) fn bits(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.stream.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// From 0 to `count` - 1; 0 where there is nothing to choose. The bias of the product is below 2⁻³² for the small
    /// counts met here.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let wide = u128::from(self.bits()) * count as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// From `low` to `high`, both included; `low` where they are the wrong way round.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let count = high.saturating_sub(low).saturating_add(1).max(1);
        low.saturating_add(i64::try_from(self.below(count as usize)).unwrap_or(0))
    }

    /// Whether something of `chances` in `of` happens.
    pub(crate) fn one_in(&mut self, chances: usize, of: usize) -> bool {
        self.below(of) < chances
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// `value` times a factor from `low` to `high` hundredths, rounded down.
    pub(crate) fn percent_of(&mut self, value: &BigInt, low: i64, high: i64) -> BigInt {
        value * self.between(low, high) / 100
    }

    /// Puts `items` in a random order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_same_everywhere_and_stay_in_bounds() {
        let mut chance = Chance::new(7, "row", "purpose", 0);
        let first: Vec<usize> = (0..1000).map(|_| chance.below(6)).collect();
        let mut again = Chance::new(7, "row", "purpose", 0);
        assert!(first.iter().all(|&n| n == again.below(6) && n < 6));
        assert!((0..6).all(|n| first.contains(&n)));
        let mut other = Chance::new(7, "ro", "wpurpose", 0);
        assert!(first.iter().any(|&n| n != other.below(6)));
        assert_eq!(chance.between(5, 3), 5);
        assert!((0..100).all(|_| (-2..=2).contains(&chance.between(-2, 2))));
    }
}
