//! Does a problem stand in a benchmark?

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::text::{hash, normalised, words};

/// How a problem was found in a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The whole text, normalised.
    Exact,
    /// A run of words.
    Ngram,
}

/// Where a problem was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hit {
    /// Name of the benchmark.
    pub benchmark: String,
    /// Id of its item.
    pub item: String,
    /// How it was found.
    pub how: Match,
    /// The words that they share.
    pub shared: String,
}

impl std::fmt::Display for Hit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            benchmark,
            item,
            shared,
            ..
        } = self;
        write!(f, "{benchmark} item {item}: {shared}")
    }
}

/// An index of benchmark problems by runs of words and by whole texts.
///
/// Holds 16 bytes and an item number for each run, so a million words of benchmarks take about 50 MB.
#[derive(Debug, Clone)]
pub struct Benchmarks {
    size: usize,
    items: Vec<(String, String)>,
    /// Lowest item (by benchmark, then id) that holds the run; filled while adding, settled by comparing names.
    runs: HashMap<u128, usize>,
    wholes: HashMap<u128, usize>,
}

impl Benchmarks {
    /// Words of a run in the published practice.
    pub const DEFAULT_WORDS: usize = 13;

    /// An empty index over runs of `words` words (at least 1; usually [`Self::DEFAULT_WORDS`]).
    #[must_use]
    pub fn new(words: usize) -> Self {
        Self {
            size: words.max(1),
            items: Vec::new(),
            runs: HashMap::new(),
            wholes: HashMap::new(),
        }
    }

    /// Number of problems held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether no problem is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Adds the problem `item` of `benchmark`. A problem shorter than a run is only matched as a whole.
    pub fn add(&mut self, benchmark: &str, item: &str, problem: &str) {
        let words = words(problem);
        let index = self.items.len();
        self.items.push((benchmark.to_owned(), item.to_owned()));
        let whole = normalised(problem);
        if !whole.is_empty() {
            self.hold(true, hash(&whole), index);
        }
        for run in words.windows(self.size) {
            let parts: Vec<&str> = run.iter().map(String::as_str).collect();
            self.hold(false, hash(&parts.join(" ")), index);
        }
    }

    /// Of several items with the same text the first by name stands as evidence, in whatever order they were added.
    fn hold(&mut self, whole: bool, key: u128, index: usize) {
        let map = if whole {
            &mut self.wholes
        } else {
            &mut self.runs
        };
        let held = map.entry(key).or_insert(index);
        if self.items.get(index) < self.items.get(*held) {
            *held = index;
        }
    }

    /// Where `problem` stands in a benchmark: its whole text first, then its first run of words that is found.
    #[must_use]
    pub fn find(&self, problem: &str) -> Option<Hit> {
        let whole = normalised(problem);
        if whole.is_empty() {
            return None;
        }
        if let Some(found) = self.wholes.get(&hash(&whole)) {
            return self.evidence(*found, Match::Exact, whole);
        }
        let words = words(problem);
        words.windows(self.size).find_map(|run| {
            let parts: Vec<&str> = run.iter().map(String::as_str).collect();
            let found = self.runs.get(&hash(&parts.join(" ")))?;
            self.evidence(*found, Match::Ngram, parts.join(" "))
        })
    }

    fn evidence(&self, index: usize, how: Match, shared: String) -> Option<Hit> {
        let (benchmark, item) = self.items.get(index)?;
        Some(Hit {
            benchmark: benchmark.clone(),
            item: item.clone(),
            how,
            shared,
        })
    }

    /// Names of the benchmarks held.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        self.items
            .iter()
            .map(|(benchmark, _)| benchmark.as_str())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str =
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";

    fn index() -> Benchmarks {
        let mut index = Benchmarks::new(Benchmarks::DEFAULT_WORDS);
        index.add("b", "long", LONG);
        index.add("b", "short", "What is 2 + 2?");
        index
    }

    #[test]
    fn runs_and_wholes_are_found_with_their_item() {
        let index = index();
        let found = index.find("Zero, TWO three four five six seven eight nine ten eleven twelve thirteen fourteen; fifteen").unwrap();
        assert_eq!((found.item.as_str(), found.how), ("long", Match::Ngram));
        assert!(found.shared.starts_with("two three"));
        assert_eq!(index.find("what is 2 2").unwrap().how, Match::Exact);
        assert_eq!(index.find(&LONG.to_uppercase()).unwrap().how, Match::Exact);
    }

    #[test]
    fn less_than_a_run_is_not() {
        let index = index();
        assert_eq!(
            index.find("Zero two three four five six seven eight nine ten eleven twelve thirteen"),
            None
        );
        // A short item inside a longer problem is no contamination: it has to be the whole.
        assert_eq!(index.find("Tom asks: what is 2 + 2?"), None);
        assert_eq!(index.find(""), None);
        assert_eq!(Benchmarks::new(0).find("a"), None);
    }

    #[test]
    fn evidence_does_not_depend_on_order() {
        let (mut one, mut two) = (Benchmarks::new(3), Benchmarks::new(3));
        one.add("a", "1", "x y z");
        one.add("b", "0", "x y z");
        two.add("b", "0", "x y z");
        two.add("a", "1", "x y z");
        assert_eq!(one.find("w x y z"), two.find("w x y z"));
        assert_eq!(one.find("x y z").unwrap().benchmark, "a");
    }
}
