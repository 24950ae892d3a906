//! Items that are told again with other numbers, names and a few other words.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::masked::{Mask, masked, telling};
use crate::text::hash;
use crate::tokens::mix;

/// When a problem is a re-skinned item.
///
/// Of both texts, masked, the set of words and the set of pairs of neighbouring words are taken; each word or pair weighs
/// ln(N / n), where n of N problems have it. The similarity is the mean, over words and pairs, of
///
/// > shared / (shared + what only the item has + a fifth of what only the problem has),
///
/// which is 1 when they are the same and forgives a problem for saying more (Tversky 1977, "Features of similarity").
///
/// Masked problems of a templated benchmark coincide by chance, the more so the fewer words tell them apart. So the similarity
/// that is asked for depends on the number of telling words (no function words, nothing that every other word problem has)
/// that both have: `similarity` with four of them or more, 1 with none, and in between on a line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReskinRule {
    /// Least similarity with four shared telling words, 0.3 to 1. Default 0.6.
    pub similarity: f64,
    /// Least weight of the shared pairs: below it even the same text is chance. Default 40, which is 6 pairs that no other
    /// item has, or 13 that one in 20 has.
    pub weight: f64,
}

impl Default for ReskinRule {
    fn default() -> Self {
        Self {
            similarity: 0.6,
            weight: 40.0,
        }
    }
}

/// Shared telling words that are enough.
const TELLING: usize = 4;
/// How much of what only the problem says counts against it.
const EXCESS: f64 = 0.2;
/// Weights are counted as if there were so many other problems without the word, so that those of a small benchmark are like
/// those of a large one.
const OTHERS: f64 = 1000.0;
/// Words and pairs that no item has weigh less than the rarest of the items: a paraphrase has many.
const UNKNOWN: f64 = 0.7;

/// Hashes of words or pairs, ascending.
type Set = Vec<u64>;
/// The same with their weights.
type Weighed = Vec<(u64, f64)>;

#[derive(Debug, Clone)]
pub(super) struct Reskins {
    rule: ReskinRule,
    items: Vec<Item>,
    /// Items by their pairs, ascending.
    holders: HashMap<u64, Vec<u32>>,
    words: Weights,
    pairs: Weights,
}

#[derive(Debug, Clone)]
struct Item {
    masked: Vec<Mask>,
    words: Weighed,
    pairs: Weighed,
    words_weight: f64,
    pairs_weight: f64,
}

#[derive(Debug, Clone)]
struct Weights {
    counts: HashMap<u64, u32>,
    problems: f64,
}

/// A re-skinned item.
pub(super) struct Reskin {
    pub(super) item: u32,
    /// Whether the masked texts are the same.
    pub(super) whole: bool,
    pub(super) similarity: f64,
    pub(super) telling: Vec<String>,
}

fn sets(masked: &[Mask]) -> (Set, Set) {
    let part = |part: &Mask| match part {
        Mask::Number => 1,
        Mask::Name => 2,
        Mask::Sign(sign) => mix(3, u64::from(u32::from(*sign))),
        Mask::Word(word) => hash(word) as u64,
    };
    let mut words: Set = masked.iter().map(part).collect();
    let mut pairs: Set = words
        .windows(2)
        .map(|two| two.iter().fold(4, |all, &one| mix(all, one)))
        .collect();
    for set in [&mut words, &mut pairs] {
        set.sort_unstable();
        set.dedup();
    }
    (words, pairs)
}

impl Weights {
    fn new<'a>(sets: impl Iterator<Item = &'a Set>) -> Self {
        let mut counts = HashMap::new();
        let mut problems = OTHERS;
        for set in sets {
            problems += 1.0;
            for &key in set {
                *counts.entry(key).or_default() += 1;
            }
        }
        Self { counts, problems }
    }

    fn of(&self, key: u64) -> f64 {
        let rarest = || UNKNOWN * (self.problems / 0.5).ln();
        self.counts.get(&key).map_or_else(rarest, |&count| {
            (self.problems / (f64::from(count) + 0.5)).ln()
        })
    }

    fn weigh(&self, set: Set) -> Weighed {
        set.into_iter().map(|key| (key, self.of(key))).collect()
    }
}

/// In the order of the set, so that the last bits of the sum are always the same.
fn sum(set: &Weighed) -> f64 {
    set.iter().map(|(_, weight)| weight).sum()
}

fn shared(one: &Weighed, two: &Weighed) -> f64 {
    let (mut a, mut b, mut sum) = (0, 0, 0.0);
    while let (Some(&(x, weight)), Some(&(y, _))) = (one.get(a), two.get(b)) {
        sum += if x == y { weight } else { 0.0 };
        a += usize::from(x <= y);
        b += usize::from(y <= x);
    }
    sum
}

/// See [`ReskinRule`].
fn likeness(shared: f64, item: f64, problem: f64) -> f64 {
    let all = item + EXCESS * (problem - shared).max(0.0);
    if all > 0.0 { shared / all } else { 0.0 }
}

impl Reskins {
    pub(super) fn new<'a>(rule: ReskinRule, problems: impl Iterator<Item = &'a str>) -> Self {
        let rule = ReskinRule {
            similarity: rule.similarity.clamp(0.3, 1.0),
            ..rule
        };
        let read: Vec<(Vec<Mask>, (Set, Set))> = problems
            .map(|problem| {
                let masked = masked(problem);
                let sets = sets(&masked);
                (masked, sets)
            })
            .collect();
        let words = Weights::new(read.iter().map(|(_, (words, _))| words));
        let pairs = Weights::new(read.iter().map(|(_, (_, pairs))| pairs));
        let mut holders: HashMap<u64, Vec<u32>> = HashMap::new();
        let mut items = Vec::with_capacity(read.len());
        for ((masked, (item_words, item_pairs)), number) in read.into_iter().zip(0u32..) {
            let (item_words, item_pairs) = (words.weigh(item_words), pairs.weigh(item_pairs));
            let item = Item {
                words_weight: sum(&item_words),
                pairs_weight: sum(&item_pairs),
                masked,
                words: item_words,
                pairs: item_pairs,
            };
            for (pair, _) in &item.pairs {
                holders.entry(*pair).or_default().push(number);
            }
            items.push(item);
        }
        Self {
            rule,
            items,
            holders,
            words,
            pairs,
        }
    }

    /// The most similar item that the rule holds for; of several the first.
    pub(super) fn find(&self, problem: &str) -> Option<Reskin> {
        let masked = masked(problem);
        let (words, pairs) = sets(&masked);
        let (words, pairs) = (self.words.weigh(words), self.pairs.weigh(pairs));
        let mut shared_pairs = vec![0.0; self.items.len()];
        for (pair, weight) in &pairs {
            for &item in self.holders.get(pair).into_iter().flatten() {
                if let Some(sum) = shared_pairs.get_mut(item as usize) {
                    *sum += weight;
                }
            }
        }
        let (words_weight, pairs_weight) = (sum(&words), sum(&pairs));
        let mut best: Option<Reskin> = None;
        for ((item, &shared_pairs), number) in self.items.iter().zip(&shared_pairs).zip(0u32..) {
            if shared_pairs < self.rule.weight {
                continue;
            }
            let by_pairs = likeness(shared_pairs, item.pairs_weight, pairs_weight);
            // The words can make the mean no more than this.
            if f64::midpoint(1.0, by_pairs) < self.rule.similarity {
                continue;
            }
            let shared_words = shared(&words, &item.words);
            let by_words = likeness(shared_words, item.words_weight, words_weight);
            let similarity = f64::midpoint(by_words, by_pairs);
            if similarity < self.rule.similarity
                || best
                    .as_ref()
                    .is_some_and(|best| similarity <= best.similarity)
            {
                continue;
            }
            let telling = telling(&masked, &item.masked);
            if similarity >= self.asked(telling.len()) - 1e-9 {
                best = Some(Reskin {
                    item: number,
                    whole: masked == item.masked,
                    similarity: similarity.min(1.0),
                    telling,
                });
            }
        }
        best
    }

    fn asked(&self, telling: usize) -> f64 {
        let missing = TELLING.saturating_sub(telling) as f64 / TELLING as f64;
        missing.mul_add(1.0 - self.rule.similarity, self.rule.similarity)
    }
}
