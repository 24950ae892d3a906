//! Runs of words that a problem and an item share.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::masked::word_tells;
use crate::text::hash;
use crate::tokens::mix;

/// When shared runs of words are evidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRule {
    /// Words in a run; at least 1.
    pub words: usize,
    /// Share of the item's words that shared runs have to make up, 0 to 1. Common phrases are a small part of an item.
    pub share: f64,
    /// Telling words that the longest shared run has to have, unless the shared runs are nine tenths of the item.
    /// `the sum of all of the` tells nothing.
    #[serde(default)]
    pub telling: usize,
}

/// Share of an item from which on runs need no telling words.
const WHOLE: f64 = 0.9;

/// Which items have which runs.
#[derive(Debug, Clone)]
pub(super) struct Runs {
    rule: RunRule,
    /// Where in `items` those that have the run are.
    runs: HashMap<u64, Range<u32>>,
    /// By run, ascending.
    items: Vec<u32>,
    /// Words of each item.
    lengths: Vec<usize>,
}

/// The item of which a problem has most.
pub(super) struct Shared {
    pub(super) item: u32,
    /// Share of the item's words, at most 1.
    pub(super) share: f64,
    /// The longest run, as words of the problem.
    pub(super) words: Range<usize>,
}

#[derive(Default)]
struct Cover {
    words: usize,
    current: Range<usize>,
    longest: Range<usize>,
}

fn hashes(words: &[String], size: usize) -> Vec<u64> {
    let words: Vec<u64> = words.iter().map(|word| hash(word) as u64).collect();
    words
        .windows(size)
        .map(|run| run.iter().fold(size as u64, |all, &word| mix(all, word)))
        .collect()
}

impl Runs {
    pub(super) fn new(rule: RunRule, texts: &[Vec<String>]) -> Self {
        let rule = RunRule {
            words: rule.words.max(1),
            ..rule
        };
        let mut pairs: Vec<(u64, u32)> = Vec::new();
        for (text, item) in texts.iter().zip(0u32..) {
            pairs.extend(hashes(text, rule.words).into_iter().map(|run| (run, item)));
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut runs: HashMap<u64, Range<u32>> = HashMap::new();
        for (&(run, _), at) in pairs.iter().zip(0u32..) {
            runs.entry(run).or_insert(at..at).end = at + 1;
        }
        Self {
            rule,
            runs,
            items: pairs.into_iter().map(|(_, item)| item).collect(),
            lengths: texts.iter().map(Vec::len).collect(),
        }
    }

    /// The item of whose words shared runs make up the largest share; of several the first.
    pub(super) fn find(&self, words: &[String]) -> Option<Shared> {
        let mut covers: BTreeMap<u32, Cover> = BTreeMap::new();
        for (from, run) in hashes(words, self.rule.words).into_iter().enumerate() {
            let Some(range) = self.runs.get(&run) else {
                continue;
            };
            let to = from + self.rule.words;
            for &item in self
                .items
                .get(range.start as usize..range.end as usize)
                .unwrap_or_default()
            {
                let cover = covers.entry(item).or_default();
                cover.words += to - from.max(cover.current.end);
                match from < cover.current.end {
                    true => cover.current.end = to,
                    false => cover.current = from..to,
                }
                if cover.current.len() > cover.longest.len() {
                    cover.longest = cover.current.clone();
                }
            }
        }
        let mut best: Option<Shared> = None;
        for (item, cover) in covers {
            let length = self
                .lengths
                .get(item as usize)
                .copied()
                .unwrap_or_default()
                .max(1);
            let share = (cover.words as f64 / length as f64).min(1.0);
            if share < self.rule.share || best.as_ref().is_some_and(|best| share <= best.share) {
                continue;
            }
            let run = words.get(cover.longest.clone()).unwrap_or_default();
            let telling: BTreeSet<&String> = run.iter().filter(|word| word_tells(word)).collect();
            if share >= WHOLE || telling.len() >= self.rule.telling {
                best = Some(Shared {
                    item,
                    share,
                    words: cover.longest,
                });
            }
        }
        best
    }
}
