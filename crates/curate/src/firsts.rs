//! Of each text the row that had it first, by hash.

use crate::places::Places;

/// A map from 128-bit hashes to 32-bit numbers, about 23 bytes for each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Firsts {
    places: Places,
    entries: Entries,
}

/// The half of the hash that [`Places`] does not compare, and the number.
#[derive(Debug, Clone, Default)]
struct Entries {
    rest: Vec<u64>,
    labels: Vec<u32>,
}

impl Firsts {
    /// The number put under `hash`.
    pub(crate) fn get(&self, hash: u128) -> Option<u32> {
        let held = |entry: &u32| self.entries.rest.get(*entry as usize) == Some(&(hash as u64));
        let entry = self.places.get((hash >> 64) as u64).find(held)?;
        self.entries.labels.get(entry as usize).copied()
    }

    /// Puts `label` under `hash` unless something is there. At most 2³² fit; what comes after is not kept.
    pub(crate) fn put(&mut self, hash: u128, label: u32) {
        let Ok(entry) = u32::try_from(self.entries.labels.len()) else {
            return;
        };
        if self.get(hash).is_none() {
            self.entries.rest.push(hash as u64);
            self.entries.labels.push(label);
            self.places.put((hash >> 64) as u64, entry);
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.places.bytes() + self.entries.rest.capacity() * 8 + self.entries.labels.capacity() * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stays_and_both_halves_count() {
        let mut firsts = Firsts::default();
        let hash = |high: u128, low: u128| high << 64 | low;
        firsts.put(hash(1, 1), 10);
        firsts.put(hash(1, 1), 11);
        firsts.put(hash(1, 2), 12);
        firsts.put(hash(2, 1), 13);
        assert_eq!(
            [(1, 1), (1, 2), (2, 1), (2, 2)].map(|(a, b)| firsts.get(hash(a, b))),
            [Some(10), Some(12), Some(13), None]
        );
    }
}
