//! What is kept of a text for comparing it.

use super::bands::{Bands, Shape};
use super::{NearRule, Tokens};
use crate::tokens::mix;

/// Shingles of one text that are kept at most; of longer texts those with the lowest hashes.
const KEPT: usize = 256;

/// Makes sketches of texts: a pure function, to be shared by any number of threads.
#[derive(Debug, Clone)]
pub struct Sketcher {
    tokens: Tokens,
    shingle: usize,
    bands: Bands,
}

/// Of a text its set of shingles, hashed to 32 bits, and a key for each MinHash band.
///
/// Up to 256 different shingles are kept, 4 bytes each, and two sketches are compared exactly. Of a longer text the 256
/// shingles with the lowest hashes are kept, and the similarity is estimated from the 256 lowest of the union (bottom-k
/// sketch; standard error at most 0.03).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    pub(super) keys: Box<[u64]>,
    /// Ascending, each once.
    pub(super) shingles: Box<[u32]>,
    pub(super) whole: bool,
}

/// Buffers that are used again from text to text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch {
    tokens: Vec<u64>,
    shingles: Vec<u32>,
    least: Vec<u32>,
}

impl Scratch {
    /// Takes a text apart.
    pub(crate) fn read(&mut self, tokens: Tokens, text: &str) {
        self.tokens.clear();
        tokens.read(text, &mut self.tokens);
    }

    /// A hash of the tokens that were read last; none where there are none.
    pub(crate) fn hash(&self) -> Option<u128> {
        // Two chains side by side, since each step waits for the one before.
        let both = |(one, two), &token| (mix(one, token), mix(two, token));
        let (one, two) = self.tokens.iter().fold((1, 2), both);
        (!self.tokens.is_empty()).then(|| u128::from(one) << 64 | u128::from(two))
    }
}

impl Sketcher {
    /// Sketches of texts read as `tokens`, for finding near duplicates by `rule`.
    #[must_use]
    pub fn new(tokens: Tokens, rule: NearRule) -> Self {
        Self {
            tokens,
            shingle: rule.shingle,
            bands: Bands::new(Shape::of(rule.threshold)),
        }
    }

    /// The sketch of `text`; none where it has no token.
    #[must_use]
    pub fn sketch(&self, text: &str) -> Option<Sketch> {
        let mut scratch = Scratch::default();
        scratch.read(self.tokens, text);
        self.sketch_read(&mut scratch)
    }

    /// The sketch of the text that was read last.
    pub(crate) fn sketch_read(&self, scratch: &mut Scratch) -> Option<Sketch> {
        let Scratch {
            tokens,
            shingles,
            least,
        } = scratch;
        if tokens.is_empty() {
            return None;
        }
        shingles.clear();
        // A text shorter than a shingle is one shingle.
        let size = self.shingle.min(tokens.len());
        shingles.extend(tokens.windows(size).map(|run| {
            (run.iter()
                .fold(size as u64, |hash, &token| mix(hash, token))
                >> 32) as u32
        }));
        let keys = self.bands.keys(shingles, least);
        shingles.sort_unstable();
        shingles.dedup();
        let whole = shingles.len() <= KEPT;
        shingles.truncate(KEPT);
        Some(Sketch {
            keys,
            shingles: shingles.as_slice().into(),
            whole,
        })
    }
}

impl Sketch {
    /// The Jaccard index of the sets of shingles of two texts, 0 to 1.
    #[must_use]
    pub fn similarity(&self, other: &Self) -> f64 {
        similarity(
            (&self.shingles, self.whole),
            (&other.shingles, other.whole),
            0.0,
        )
        .unwrap_or_default()
    }
}

/// Of two ascending sets, each with whether it is whole or the lowest part of a larger one; none where it is below `least`.
pub(super) fn similarity(
    (one, one_whole): (&[u32], bool),
    (two, two_whole): (&[u32], bool),
    least: f64,
) -> Option<f64> {
    // Of a part only what lies below its end is known; beyond that an element is in the union or not, nobody can say.
    let whole = one_whole && two_whole;
    let most = if whole { usize::MAX } else { KEPT };
    // With so many elements in one set alone the index of whole sets is below `least`, by a margin for rounding.
    let all = one.len() + two.len();
    let alone = match whole {
        true => ((1.0 - least) / (1.0 + least) * all as f64) as usize + 1,
        false => usize::MAX,
    };
    if one.len().abs_diff(two.len()) > alone {
        return None;
    }
    let (mut a, mut b, mut shared, mut union) = (0, 0, 0usize, 0usize);
    while union < most {
        let (Some(x), Some(y)) = (one.get(a), two.get(b)) else {
            break;
        };
        shared += usize::from(x == y);
        a += usize::from(x <= y);
        b += usize::from(y <= x);
        union += 1;
        if union - shared > alone {
            return None;
        }
    }
    let rest = (one.len() - a) + (two.len() - b);
    let union = union.saturating_add(rest).min(most);
    let index = if union == 0 {
        0.0
    } else {
        shared as f64 / union as f64
    };
    (index >= least).then_some(index)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn sketch(text: &str) -> Sketch {
        Sketcher::new(Tokens::Problem, NearRule::PROBLEMS)
            .sketch(text)
            .unwrap()
    }

    fn words(ids: impl IntoIterator<Item = usize>) -> String {
        ids.into_iter().map(|id| format!("w{id} ")).collect()
    }

    #[test]
    fn one_word_of_forty_five() {
        let one = words(0..45);
        assert!(
            (sketch(&one).similarity(&sketch(&one.replace("w20 ", "other "))) - 40.0 / 46.0).abs()
                < 1e-12
        );
        assert!((sketch(&one).similarity(&sketch(&words(0..47))) - 43.0 / 45.0).abs() < 1e-12);
    }

    #[test]
    fn texts_without_or_with_few_tokens() {
        let sketcher = Sketcher::new(Tokens::Problem, NearRule::PROBLEMS);
        assert_eq!(sketcher.sketch(" ,.;"), None);
        assert!((sketch("Two words").similarity(&sketch("two words!")) - 1.0).abs() < 1e-12);
        assert!(sketch("two words").similarity(&sketch("two")) < 1e-12);
    }

    #[test]
    fn long_texts_are_estimated() {
        let (one, two) = (words(0..4000), words((0..3600).chain(5000..5400)));
        let found = sketch(&one).similarity(&sketch(&two));
        assert_eq!(sketch(&one).shingles.len(), KEPT);
        assert!((found - 3598.0 / 4398.0).abs() < 0.08, "{found}");
        // A short text inside a long one.
        assert!(sketch(&one).similarity(&sketch(&words(0..100))) < 0.08);
    }

    proptest! {
        #[test]
        fn similarity_is_that_of_the_sets(one in prop::collection::vec(0usize..12, 1..40), two in prop::collection::vec(0usize..12, 1..40)) {
            let set = |ids: &[usize]| -> BTreeSet<Vec<usize>> { ids.windows(3.min(ids.len())).map(<[usize]>::to_vec).collect() };
            let (a, b) = (set(&one), set(&two));
            let exact = a.intersection(&b).count() as f64 / a.union(&b).count() as f64;
            let (x, y) = (sketch(&words(one)), sketch(&words(two)));
            prop_assert!((x.similarity(&y) - exact).abs() < 1e-12);
            prop_assert!((x.similarity(&y) - y.similarity(&x)).abs() < 1e-12);
            for least in [0.0, 0.3, 0.5, 0.8, exact, 1.0] {
                let found = similarity((&x.shingles, x.whole), (&y.shingles, y.whole), least);
                prop_assert_eq!(found, (x.similarity(&y) >= least).then(|| x.similarity(&y)));
            }
        }
    }
}
