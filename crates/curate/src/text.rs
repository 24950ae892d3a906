//! Words of a text.

/// The runs of letters and digits of `text` in lower case: `[a-z0-9]+` after lower-casing; everything else separates.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The words joined by single spaces: two problems with the same normalised text are the same problem.
///
/// A text without any such word (other scripts) is only lower-cased and its spaces folded.
#[must_use]
pub fn normalised(text: &str) -> String {
    let words = words(text);
    match words.is_empty() {
        true => text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase(),
        false => words.join(" "),
    }
}

/// The first 16 bytes of the BLAKE3 hash.
pub(crate) fn hash(parts: &[&str]) -> u128 {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut first = [0u8; 16];
    for (to, from) in first.iter_mut().zip(hasher.finalize().as_bytes()) {
        *to = *from;
    }
    u128::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        assert_eq!(
            words("Tom's 3.5 cats, a-b"),
            ["tom", "s", "3", "5", "cats", "a", "b"]
        );
        assert_eq!(normalised("  How MANY?  "), "how many");
        assert_eq!(normalised("Сколько  РАЗ"), "сколько раз");
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
    }
}
