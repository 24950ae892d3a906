//! Words of a text.

use crate::tokens::mix;

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

/// Two independent hashes side by side. Not for data that somebody chose to make collide.
pub(crate) fn hash(text: &str) -> u128 {
    let (chunks, rest) = text.as_bytes().as_chunks::<8>();
    let mut last = [0u8; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let all = |seed| {
        let start = mix(seed, text.len() as u64);
        chunks
            .iter()
            .chain([&last])
            .fold(start, |hash, chunk| mix(hash, u64::from_le_bytes(*chunk)))
    };
    u128::from(all(1)) << 64 | u128::from(all(2))
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
        assert_ne!(hash("a"), hash("a\0"));
        assert_ne!(hash("abcdefgh1"), hash("abcdefgh2"));
    }
}
