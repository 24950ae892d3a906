//! The texts that were kept, found again by what is like them.

use super::sketch::similarity;
use super::{NearRule, Sketch};
use crate::places::Places;

/// Log of the numbers in a chunk of the store.
const CHUNK_BITS: u32 = 18;
/// Log of the numbers in a unit: records start at whole units.
const UNIT_BITS: u32 = 2;
/// Numbers in front of a record's shingles: their count with [`WHOLE`], and the label.
const HEAD: usize = 2;
/// In the head of a record: the shingles are all that the text has.
const WHOLE: u32 = 1 << 31;

/// Sketches of kept texts, each with a number that the caller chose.
///
/// Holds for each text 4 bytes for each different shingle (at most 1 KiB), 8 to 20 bytes, and for each band an entry of 11 to
/// 16 bytes in the table of bands: about 320 bytes for a problem of 45 words at the threshold 0.8 (10 bands).
#[derive(Debug, Clone)]
pub struct NearIndex {
    threshold: f64,
    /// For each band of each text the unit where its record starts.
    bands: Places,
    /// Records in chunks that never grow, so that more room is no peak of memory.
    chunks: Vec<Vec<u32>>,
    texts: usize,
}

/// A kept text that is like the one asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// The number given with it.
    pub label: u32,
    /// Jaccard index of the shingles.
    pub similarity: f64,
}

impl NearIndex {
    /// An empty index.
    #[must_use]
    pub fn new(rule: NearRule) -> Self {
        Self {
            // Fractions such as 11/20 and the threshold 0.55 are not the same float.
            threshold: rule.threshold - 1e-9,
            bands: Places::default(),
            chunks: Vec::new(),
            texts: 0,
        }
    }

    /// Keeps a text. At most 64 GiB of records fit, some 300 million problems; what comes after is not kept.
    pub fn insert(&mut self, sketch: &Sketch, label: u32) {
        let count = sketch.shingles.len();
        let size = (HEAD + count).next_multiple_of(1 << UNIT_BITS);
        let fits = |chunk: &Vec<u32>| chunk.len() + size <= 1 << CHUNK_BITS;
        if !self.chunks.last().is_some_and(fits) {
            self.chunks.push(Vec::with_capacity(1 << CHUNK_BITS));
        }
        let at = self.chunks.len() - 1;
        let Some(chunk) = self.chunks.last_mut() else {
            return;
        };
        let Ok(unit) = u32::try_from((at << CHUNK_BITS | chunk.len()) >> UNIT_BITS) else {
            return;
        };
        // A sketch has 256 shingles at most.
        let whole = if sketch.whole { WHOLE } else { 0 };
        let end = chunk.len() + size;
        chunk.extend([count as u32 | whole, label]);
        chunk.extend_from_slice(&sketch.shingles);
        chunk.resize(end, 0);
        self.texts += 1;
        for &key in &sketch.keys {
            self.bands.put(key, unit);
        }
    }

    /// The most similar text that is kept and at least as similar as the threshold; of several the one kept first.
    #[must_use]
    pub fn find(&self, sketch: &Sketch) -> Option<Near> {
        // What is read here is not used: the memory answers all at once when asked for many places, instead of one by one.
        let peeked = sketch
            .keys
            .iter()
            .fold(0, |all, &key| all ^ self.bands.peek(key));
        std::hint::black_box(peeked);
        let mut units: Vec<u32> = Vec::new();
        for &key in &sketch.keys {
            units.extend(self.bands.get(key));
        }
        // Units rise in the order in which texts are kept.
        units.sort_unstable();
        units.dedup();
        // As above: of ten million texts a dozen may share a band with this one, each far from the others in memory.
        let peeked = |all, unit: &u32| self.text(*unit).map_or(all, |(.., label)| all ^ label);
        std::hint::black_box(units.iter().fold(0, peeked));
        let mut best: Option<Near> = None;
        for unit in units {
            let Some((shingles, whole, label)) = self.text(unit) else {
                continue;
            };
            let least = best.map_or(self.threshold, |best| best.similarity);
            let found = similarity((&sketch.shingles, sketch.whole), (shingles, whole), least);
            if let Some(similarity) = found
                && best.is_none_or(|best| similarity > best.similarity)
            {
                best = Some(Near { label, similarity });
            }
        }
        best
    }

    fn text(&self, unit: u32) -> Option<(&[u32], bool, u32)> {
        let start = (unit as usize) << UNIT_BITS;
        let record = self
            .chunks
            .get(start >> CHUNK_BITS)?
            .get(start & ((1 << CHUNK_BITS) - 1)..)?;
        let (&[count, label], rest) = record.split_first_chunk::<HEAD>()?;
        let shingles = rest.get(..(count & !WHOLE) as usize)?;
        Some((shingles, count & WHOLE != 0, label))
    }

    /// Texts kept.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.texts
    }

    /// Whether none is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.texts == 0
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bands.bytes() + (self.chunks.len() << (CHUNK_BITS + 2))
    }
}
