//! Short fixed-size names for long texts.

/// The first eight bytes of the BLAKE3 hash of `text`, read as a little-endian integer.
///
/// Two different texts share a fingerprint with probability 2⁻⁶⁴; a set of ten million of them holds a false match with
/// probability below 10⁻⁵.
#[must_use]
pub fn fingerprint(text: &str) -> u64 {
    let hash = blake3::hash(text.as_bytes());
    let mut first = [0u8; 8];
    for (to, from) in first.iter_mut().zip(hash.as_bytes()) {
        *to = *from;
    }
    u64::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_stable_across_releases() {
        // The hash of the empty input begins af 13 49 b9 f5 f9 a1 a6 (BLAKE3 test vectors).
        assert_eq!(fingerprint(""), 0xa6a1_f9f5_b949_13af);
        assert_ne!(fingerprint("a"), fingerprint("b"));
    }
}
