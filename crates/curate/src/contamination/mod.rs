//! Does a problem stand in a benchmark?
//!
//! Five looks, in this order; the first that finds something is the evidence. A [`Rules`] says which are taken.
//!
//! 1. the whole text, normalised;
//! 2. a run of 13 words, the practice since GPT-3 (Brown and others 2020, appendix C);
//! 3. a near duplicate: the same shingles, numbers and names included;
//! 4. a re-skinned item: what is left when numbers and names are masked is the item's, or much like it;
//! 5. runs of 8 words that together make up a good part of the item.

mod masked;
mod reskin;
mod runs;

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

pub use masked::{Mask, masked};
pub use reskin::ReskinRule;
use reskin::Reskins;
pub use runs::RunRule;
use runs::Runs;

use crate::near::{NearIndex, NearRule, Sketcher, Tokens};
use crate::text::{hash, normalised, words};

/// How a problem was found in a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The whole text, normalised.
    Exact,
    /// A run of words.
    Ngram,
    /// Most of the shingles.
    Near,
    /// The whole text with numbers and names masked.
    Masked,
    /// Much of the text with numbers and names masked.
    MaskedNear,
}

/// Where a problem was found. Its text (`Display`) is for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Name of the benchmark.
    pub benchmark: String,
    /// Id of its item.
    pub item: String,
    /// How it was found.
    pub how: Match,
    /// How much of the item: for runs the share of its words in them; for near duplicates the Jaccard index of the shingles;
    /// for masked texts the similarity of [`ReskinRule`]. 1 is all of it.
    pub similarity: f64,
    /// The words that they share: the text, the longest run, or the telling words (for near duplicates and masked texts).
    pub shared: String,
}

impl std::fmt::Display for Hit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            benchmark,
            item,
            shared,
            similarity,
            how,
        } = self;
        match how {
            Match::Exact | Match::Ngram => write!(f, "{benchmark} item {item}: {shared}"),
            Match::Near => write!(
                f,
                "{benchmark} item {item}, similarity {similarity:.2}: {shared}"
            ),
            Match::Masked | Match::MaskedNear => {
                write!(
                    f,
                    "{benchmark} item {item} but for numbers and names, similarity {similarity:.2}: {shared}"
                )
            }
        }
    }
}

/// Which looks are taken. The whole text always is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Long runs of words. Default 13 words that are a fifth of the item, so that `m and n are relatively prime positive
    /// integers, find m + n` is no evidence.
    pub long: Option<RunRule>,
    /// Near duplicates. Default 0.7 of the runs of 3 words.
    pub near: Option<NearRule>,
    /// Re-skinned items.
    pub reskin: Option<ReskinRule>,
    /// Shorter runs. Default 8 words, together half of the item, with 3 telling words.
    pub short: Option<RunRule>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            long: Some(RunRule {
                words: 13,
                share: 0.2,
                telling: 0,
            }),
            near: NearRule::new(0.7, 3).ok(),
            reskin: Some(ReskinRule::default()),
            short: Some(RunRule {
                words: 8,
                share: 0.5,
                telling: 3,
            }),
        }
    }
}

impl Rules {
    /// The published practice alone: a run of `words` words, or the whole text.
    #[must_use]
    pub const fn published(words: usize) -> Self {
        Self {
            long: Some(RunRule {
                words,
                share: 0.0,
                telling: 0,
            }),
            near: None,
            reskin: None,
            short: None,
        }
    }
}

/// The problems of benchmarks, and what problems are looked up in.
///
/// Takes about 4 KiB for an item of 45 words with the default rules. The first look-up after an [`add`](Self::add) builds the
/// tables. What is found does not depend on the order in which items were added.
#[derive(Debug, Clone)]
pub struct Benchmarks {
    rules: Rules,
    items: Vec<Item>,
    tables: OnceLock<Tables>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    benchmark: String,
    id: String,
    problem: String,
}

/// Everything by number of the item in order of benchmark and id.
#[derive(Debug, Clone)]
struct Tables {
    items: Vec<Item>,
    wholes: HashMap<u128, u32>,
    long: Option<Runs>,
    short: Option<Runs>,
    near: Option<(Sketcher, NearIndex)>,
    reskins: Option<Reskins>,
}

impl Benchmarks {
    /// Words of a run in the published practice.
    pub const DEFAULT_WORDS: usize = 13;

    /// An empty index over runs of `words` words (at least 1; usually [`Self::DEFAULT_WORDS`]) and whole texts.
    #[must_use]
    pub fn new(words: usize) -> Self {
        Self::with_rules(Rules::published(words))
    }

    /// An empty index for these rules.
    #[must_use]
    pub fn with_rules(rules: Rules) -> Self {
        Self {
            rules,
            items: Vec::new(),
            tables: OnceLock::new(),
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

    /// Adds the problem `item` of `benchmark`. A problem shorter than a run is not found by that run.
    pub fn add(&mut self, benchmark: &str, item: &str, problem: &str) {
        self.tables = OnceLock::new();
        self.items.push(Item {
            benchmark: benchmark.to_owned(),
            id: item.to_owned(),
            problem: problem.to_owned(),
        });
    }

    /// Where `problem` stands in a benchmark.
    #[must_use]
    pub fn find(&self, problem: &str) -> Option<Hit> {
        let whole = normalised(problem);
        if whole.is_empty() || self.is_empty() {
            return None;
        }
        let tables = self
            .tables
            .get_or_init(|| Tables::new(&self.rules, &self.items));
        tables.find(problem, whole)
    }

    /// Names of the benchmarks held.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        self.items
            .iter()
            .map(|item| item.benchmark.as_str())
            .collect()
    }
}

impl Tables {
    fn new(rules: &Rules, items: &[Item]) -> Self {
        let mut items = items.to_vec();
        items.sort();
        let numbered = || items.iter().zip(0u32..);
        let mut wholes = HashMap::new();
        for (item, number) in numbered() {
            let whole = normalised(&item.problem);
            if !whole.is_empty() {
                // Of several items with the same text the first by name is the evidence.
                wholes.entry(hash(&whole)).or_insert(number);
            }
        }
        let texts: Vec<Vec<String>> = items.iter().map(|item| words(&item.problem)).collect();
        let near = rules.near.map(|rule| {
            let (sketcher, mut index) =
                (Sketcher::new(Tokens::Problem, rule), NearIndex::new(rule));
            for (item, number) in numbered() {
                if let Some(sketch) = sketcher.sketch(&item.problem) {
                    index.insert(&sketch, number);
                }
            }
            (sketcher, index)
        });
        let reskins = rules
            .reskin
            .map(|rule| Reskins::new(rule, items.iter().map(|item| item.problem.as_str())));
        Self {
            wholes,
            long: rules.long.map(|rule| Runs::new(rule, &texts)),
            short: rules.short.map(|rule| Runs::new(rule, &texts)),
            near,
            reskins,
            items,
        }
    }

    fn find(&self, problem: &str, whole: String) -> Option<Hit> {
        if let Some(&found) = self.wholes.get(&hash(&whole)) {
            return self.hit(found, Match::Exact, 1.0, whole);
        }
        let words = words(problem);
        let run = |runs: &Option<Runs>| {
            let found = runs.as_ref()?.find(&words)?;
            let shared = words.get(found.words)?.join(" ");
            self.hit(found.item, Match::Ngram, found.share, shared)
        };
        run(&self.long)
            .or_else(|| self.near(problem))
            .or_else(|| self.reskin(problem))
            .or_else(|| run(&self.short))
    }

    fn near(&self, problem: &str) -> Option<Hit> {
        let (sketcher, index) = self.near.as_ref()?;
        let found = index.find(&sketcher.sketch(problem)?)?;
        let item = self.items.get(found.label as usize)?;
        let shared = masked::telling(&masked(problem), &masked(&item.problem));
        self.hit(found.label, Match::Near, found.similarity, shared.join(" "))
    }

    fn reskin(&self, problem: &str) -> Option<Hit> {
        let found = self.reskins.as_ref()?.find(problem)?;
        let how = if found.whole {
            Match::Masked
        } else {
            Match::MaskedNear
        };
        self.hit(found.item, how, found.similarity, found.telling.join(" "))
    }

    fn hit(&self, item: u32, how: Match, similarity: f64, shared: String) -> Option<Hit> {
        let item = self.items.get(item as usize)?;
        Some(Hit {
            benchmark: item.benchmark.clone(),
            item: item.id.clone(),
            how,
            similarity,
            shared,
        })
    }
}

#[cfg(test)]
mod tests;
