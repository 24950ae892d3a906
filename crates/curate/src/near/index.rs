//! The texts that were kept, found again by what is like them.

use super::sketch::similarity;
use super::{NearRule, Sketch};
use crate::places::Places;

/// Log of the shingles in a chunk of the store.
const CHUNK_BITS: u32 = 18;
/// Bits of a text's entry that say how many shingles it has.
const COUNT_BITS: u32 = 16;
const WHOLE: u64 = 1 << (COUNT_BITS - 1);

/// Sketches of kept texts, each with a number that the caller chose.
///
/// Holds for each text 4 bytes for each different shingle (at most 1 KiB), 12 bytes, and 16 entries of 9 to 14 bytes in the
/// table of bands: about 400 bytes for a problem of 45 words.
#[derive(Debug, Clone)]
pub struct NearIndex {
    threshold: f64,
    bands: Places,
    /// Chunks that never grow, so that more room is no peak of memory.
    chunks: Vec<Vec<u32>>,
    /// For each text where its shingles start, whether they are all, and their count.
    starts: Vec<u64>,
    labels: Vec<u32>,
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
            starts: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// Keeps a text. At most 2³² fit; what comes after is not kept.
    pub fn insert(&mut self, sketch: &Sketch, label: u32) {
        let Ok(entry) = u32::try_from(self.starts.len()) else {
            return;
        };
        let count = sketch.shingles.len();
        let fits = |chunk: &Vec<u32>| chunk.len() + count <= 1 << CHUNK_BITS;
        if !self.chunks.last().is_some_and(fits) {
            self.chunks.push(Vec::with_capacity(1 << CHUNK_BITS));
        }
        let at = self.chunks.len() - 1;
        if let Some(chunk) = self.chunks.last_mut() {
            let start = (at as u64) << CHUNK_BITS | chunk.len() as u64;
            let whole = if sketch.whole { WHOLE } else { 0 };
            self.starts.push(start << COUNT_BITS | whole | count as u64);
            self.labels.push(label);
            chunk.extend_from_slice(&sketch.shingles);
        }
        for &key in &sketch.keys {
            self.bands.put(key, entry);
        }
    }

    /// The most similar text that is kept and at least as similar as the threshold; of several the one kept first.
    #[must_use]
    pub fn find(&self, sketch: &Sketch) -> Option<Near> {
        let peeked = sketch
            .keys
            .iter()
            .fold(0, |all, &key| all ^ self.bands.peek(key));
        std::hint::black_box(peeked);
        let mut entries: Vec<u32> = Vec::new();
        for &key in &sketch.keys {
            entries.extend(self.bands.get(key));
        }
        entries.sort_unstable();
        entries.dedup();
        let mut best: Option<Near> = None;
        for entry in entries {
            let Some((shingles, whole, label)) = self.text(entry) else {
                continue;
            };
            let similarity = similarity((&sketch.shingles, sketch.whole), (shingles, whole));
            if similarity >= self.threshold && best.is_none_or(|best| similarity > best.similarity)
            {
                best = Some(Near { label, similarity });
            }
        }
        best
    }

    fn text(&self, entry: u32) -> Option<(&[u32], bool, u32)> {
        let packed = *self.starts.get(entry as usize)?;
        let count = (packed & (WHOLE - 1)) as usize;
        let start = packed >> COUNT_BITS;
        let chunk = self.chunks.get((start >> CHUNK_BITS) as usize)?;
        let from = (start & ((1 << CHUNK_BITS) - 1)) as usize;
        let label = *self.labels.get(entry as usize)?;
        Some((chunk.get(from..from + count)?, packed & WHOLE != 0, label))
    }

    /// Texts kept.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether none is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bands.bytes()
            + (self.chunks.len() << (CHUNK_BITS + 2))
            + self.starts.capacity() * 8
            + self.labels.capacity() * 4
    }
}
