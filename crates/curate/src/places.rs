//! A compact map from 64-bit keys to any number of 32-bit places.

/// Log of the number of segments: small enough to cost nothing when empty, large enough that growing one is no peak.
const SEGMENT_BITS: u32 = 10;
/// Of this many 64ths of its slots a segment makes use before it grows.
const FULL: usize = 48;
/// How much a segment grows, in quarters.
const GROWTH: usize = 6;

/// Entries of 8 bytes, which with the room to grow make 11 to 16.
///
/// A segment keeps its entries sorted by tag. The place of a tag is proportional to it (linear probing in which the smaller
/// tag goes first), so a look-up ends at the first greater tag and growing is one pass from left to right.
///
/// 42 bits of a key are compared (10 choose the segment, 32 are the tag): callers look at what a place holds.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, Default)]
struct Segment {
    /// Tag above place; 0 is empty. There may be a few slots more than `span`, for what runs over at the end.
    slots: Vec<u64>,
    /// Slots over which homes are spread.
    span: usize,
    used: usize,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            segments: vec![Segment::default(); 1 << SEGMENT_BITS],
        }
    }
}

/// The low half of the key; 0 is for empty slots.
const fn tag(key: u64) -> u32 {
    let low = key as u32;
    if low == 0 { 1 } else { low }
}

const fn segment(key: u64) -> usize {
    (key >> (64 - SEGMENT_BITS)) as usize
}

impl Places {
    /// Some bits of the slot where a look-up would start: reading several of them first lets the memory answer all at once.
    pub(crate) fn peek(&self, key: u64) -> u64 {
        self.segments
            .get(segment(key))
            .and_then(|s| s.slots.get(s.home(tag(key))))
            .copied()
            .unwrap_or_default()
    }

    /// The places that were put under `key`, in the order in which they were.
    pub(crate) fn get(&self, key: u64) -> impl Iterator<Item = u32> + '_ {
        let tag = tag(key);
        let slots = self
            .segments
            .get(segment(key))
            .map_or(&[][..], |s| s.slots.get(s.home(tag)..).unwrap_or_default());
        slots
            .iter()
            .take_while(move |&&slot| slot != 0 && (slot >> 32) as u32 <= tag)
            .filter(move |&&slot| (slot >> 32) as u32 == tag)
            .map(|&slot| slot as u32)
    }

    /// Puts `place` under `key`, beside what is there.
    pub(crate) fn put(&mut self, key: u64, place: u32) {
        if let Some(segment) = self.segments.get_mut(segment(key)) {
            segment.put(tag(key), place);
        }
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        let slots: usize = self.segments.iter().map(|s| s.slots.capacity()).sum();
        slots * size_of::<u64>() + self.segments.len() * size_of::<Segment>()
    }
}

impl Segment {
    /// Where entries with this tag start, unless smaller ones have taken the room.
    const fn home(&self, tag: u32) -> usize {
        ((tag as u64 * self.span as u64) >> 32) as usize
    }

    fn put(&mut self, tag: u32, place: u32) {
        if (self.used + 1) * 64 > self.span * FULL {
            self.grow();
        }
        let mut at = self.home(tag);
        while self
            .slots
            .get(at)
            .is_some_and(|&slot| slot != 0 && (slot >> 32) as u32 <= tag)
        {
            at += 1;
        }
        let mut free = at;
        while self.slots.get(free).is_some_and(|&slot| slot != 0) {
            free += 1;
        }
        if free >= self.slots.len() {
            self.slots.resize(free + 8, 0);
        }
        self.slots.copy_within(at..free, at + 1);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = u64::from(tag) << 32 | u64::from(place);
        }
        self.used += 1;
    }

    fn grow(&mut self) {
        self.span = (self.span * GROWTH / 4).max(self.span + 8);
        let mut slots = vec![0; self.span + 8];
        let mut next = 0;
        for &slot in self.slots.iter().filter(|&&slot| slot != 0) {
            let at = self.home((slot >> 32) as u32).max(next);
            if at >= slots.len() {
                slots.resize(at + 8, 0);
            }
            if let Some(free) = slots.get_mut(at) {
                *free = slot;
            }
            next = at + 1;
        }
        self.slots = slots;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn answers_as_a_map_of_lists(keys in prop::collection::vec(prop_oneof![0u64..40, any::<u64>(), (0u64..1000).prop_map(|k| k << 20 | 0xFFFF_0000)], 0..3000)) {
            let mut places = Places::default();
            let mut lists: HashMap<(usize, u32), Vec<u32>> = HashMap::new();
            for (place, &key) in keys.iter().enumerate() {
                let place = u32::try_from(place).unwrap();
                places.put(key, place);
                lists.entry((segment(key), tag(key))).or_default().push(place);
            }
            for key in keys.iter().copied().chain(0..60) {
                let found: Vec<u32> = places.get(key).collect();
                let expected = lists.get(&(segment(key), tag(key))).cloned().unwrap_or_default();
                prop_assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn an_entry_takes_eleven_to_sixteen_bytes() {
        let mut places = Places::default();
        let empty = places.bytes();
        for place in 0..300_000u32 {
            places.put(crate::tokens::mix(u64::from(place), 1), place);
        }
        let each = (places.bytes() - empty) as f64 / 300_000.0;
        assert!((10.6..16.1).contains(&each), "{each} bytes");
    }
}
