//! The ids of kept rows, numbered.

/// Log of the bytes in a chunk.
const CHUNK_BITS: u32 = 20;
const LENGTH_BITS: u32 = 24;
const HEXADECIMAL: u64 = 1 << (LENGTH_BITS - 1);

/// Texts by number. Lower-case hexadecimal ones, as row ids are, take half their length; and 8 bytes each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ids {
    chunks: Vec<Vec<u8>>,
    starts: Vec<u64>,
    /// Used again from id to id.
    packed: Vec<u8>,
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

impl Ids {
    /// The number of the next id; `None` when 2³² are held.
    pub(crate) fn next(&self) -> Option<u32> {
        u32::try_from(self.starts.len()).ok()
    }

    /// Holds an id under the next number. Of an id longer than 8 MiB the beginning.
    pub(crate) fn push(&mut self, id: &str) {
        let bytes = id.as_bytes();
        let hexadecimal =
            bytes.len().is_multiple_of(2) && bytes.iter().all(|&b| digit(b).is_some());
        let flag = if hexadecimal { HEXADECIMAL } else { 0 };
        self.packed.clear();
        match hexadecimal {
            true => self.packed.extend(bytes.chunks_exact(2).map(|pair| {
                pair.iter()
                    .filter_map(|&byte| digit(byte))
                    .fold(0, |all, digit| all << 4 | digit)
            })),
            false => self.packed.extend_from_slice(bytes),
        }
        let packed = self
            .packed
            .get(..(HEXADECIMAL as usize - 1).min(self.packed.len()))
            .unwrap_or_default();
        if self
            .chunks
            .last()
            .is_none_or(|chunk| chunk.len() + packed.len() > chunk.capacity())
        {
            self.chunks
                .push(Vec::with_capacity(packed.len().max(1 << CHUNK_BITS)));
        }
        let at = self.chunks.len() - 1;
        if let Some(chunk) = self.chunks.last_mut() {
            let start = (at as u64) << CHUNK_BITS | chunk.len() as u64;
            self.starts
                .push(start << LENGTH_BITS | flag | packed.len() as u64);
            chunk.extend_from_slice(packed);
        }
    }

    /// The id with this number; empty where there is none.
    pub(crate) fn get(&self, number: u32) -> String {
        let Some(&packed) = self.starts.get(number as usize) else {
            return String::new();
        };
        let start = packed >> LENGTH_BITS;
        let length = (packed & (HEXADECIMAL - 1)) as usize;
        let from = (start & ((1 << CHUNK_BITS) - 1)) as usize;
        let bytes = self
            .chunks
            .get((start >> CHUNK_BITS) as usize)
            .and_then(|chunk| chunk.get(from..from + length))
            .unwrap_or_default();
        match packed & HEXADECIMAL != 0 {
            true => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            false => String::from_utf8_lossy(bytes).into_owned(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(Vec::capacity).sum();
        chunks + self.starts.capacity() * 8
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_put_in_comes_out(ids in prop::collection::vec(prop_oneof!["[0-9a-f]{0,32}", "\\PC{0,12}"], 0..60)) {
            let mut held = Ids::default();
            ids.iter().for_each(|id| held.push(id));
            for (number, id) in ids.iter().enumerate() {
                prop_assert_eq!(&held.get(u32::try_from(number).unwrap()), id);
            }
        }
    }

    #[test]
    fn long_ids_have_chunks_of_their_own() {
        let mut held = Ids::default();
        let long = "x".repeat((1 << CHUNK_BITS) + 5);
        ["a", &long, "b"].iter().for_each(|id| held.push(id));
        assert_eq!(
            (held.get(0), held.get(1), held.get(2), held.get(3)),
            ("a".into(), long, "b".into(), String::new())
        );
    }
}
