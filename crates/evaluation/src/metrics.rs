//! The figures of an evaluation.
//!
//! | figure | what it is | source |
//! |---|---|---|
//! | pass@1 | the mean share of right replies to an item | |
//! | pass@k | the chance that one of k replies is right, unbiased | Chen et al. 2021, equation 1 |
//! | majority | whether the commonest answer of an item's replies is right | Wang et al. 2022 (self-consistency) |
//! | interval | 95 %: Wilson's where every item counts 0 or 1, else a bootstrap over items | Wilson 1927; Efron 1979 |
//! | difference | of two runs on the same items, with McNemar's test | Bonett and Price 2012; McNemar 1947 |

mod interval;
mod paired;
mod pass;
mod vote;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use interval::{bootstrap, wilson};
pub use paired::{FEW, McNemar, McNemarMethod, Paired, mcnemar, paired, paired_means};
pub use pass::pass_at;
pub use vote::{Vote, vote};

/// A share with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The share, from 0 to 1; of a difference from -1 to 1.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
    /// How the interval was made.
    pub interval: Interval,
}

/// How an interval was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Wilson's score interval.
    Wilson,
    /// The percentile bootstrap over items (all replies to an item together), and over training seeds where there are
    /// several.
    Bootstrap,
    /// The adjusted Wald interval for paired shares.
    AdjustedWald,
}

/// One pass@k.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassAt {
    /// How many replies.
    pub k: u32,
    /// The chance that one of them is right.
    #[serde(flatten)]
    pub estimate: Estimate,
}

/// What became of the replies to one item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Whether each reply is right, in the order of the samples; at least one.
    pub correct: Vec<bool>,
    /// Whether the commonest answer is right; none where answers are no answers to be counted, as with code.
    pub majority: Option<bool>,
}

impl Judged {
    /// How many replies are right.
    #[must_use]
    pub fn right(&self) -> u64 {
        self.correct.iter().filter(|correct| **correct).count() as u64
    }

    fn pass_at(&self, k: u32) -> f64 {
        pass_at(self.correct.len() as u64, self.right(), u64::from(k))
    }
}

/// The figures of one benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Items.
    pub items: u64,
    /// Replies to each.
    pub samples: u32,
    /// Replies that are right, over all items (and training seeds).
    pub correct: u64,
    /// All replies.
    pub replies: u64,
    /// pass@k, in the order of k; the first is pass@1.
    pub pass_at: Vec<PassAt>,
    /// The majority vote, where there are several replies that answer in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub majority: Option<Estimate>,
}

impl Metrics {
    /// pass@1.
    #[must_use]
    pub fn pass_at_1(&self) -> Option<Estimate> {
        self.pass_at
            .iter()
            .find(|pass| pass.k == 1)
            .map(|pass| pass.estimate)
    }
}

/// The figures of runs on the same items: `runs[training seed][item]`, with equally many replies to each item. `seed` is that
/// of the bootstrap.
#[must_use]
pub fn metrics(runs: &[Vec<Judged>], ks: &[u32], seed: u64) -> Metrics {
    let samples = runs
        .iter()
        .flatten()
        .map(|item| item.correct.len())
        .min()
        .unwrap_or(0);
    let of = |figure: &dyn Fn(&Judged) -> f64| -> Vec<Vec<f64>> {
        runs.iter()
            .map(|items| items.iter().map(figure).collect())
            .collect()
    };
    let mut ks: Vec<u32> = ks
        .iter()
        .copied()
        .chain([1])
        .filter(|k| *k >= 1 && *k as usize <= samples.max(1))
        .collect();
    ks.sort_unstable();
    ks.dedup();
    let pass_at = ks
        .into_iter()
        .map(|k| PassAt {
            k,
            estimate: estimate(&of(&|item| item.pass_at(k)), seed),
        })
        .collect();
    let voted = samples > 1 && runs.iter().flatten().all(|item| item.majority.is_some());
    let majority = voted.then(|| {
        let figure = |item: &Judged| f64::from(u8::from(item.majority == Some(true)));
        estimate(&of(&figure), seed)
    });
    Metrics {
        items: runs.first().map_or(0, Vec::len) as u64,
        samples: samples as u32,
        correct: runs.iter().flatten().map(Judged::right).sum(),
        replies: runs
            .iter()
            .flatten()
            .map(|item| item.correct.len() as u64)
            .sum(),
        pass_at,
        majority,
    }
}

/// The mean over all items and training seeds of figures from 0 to 1, with its interval.
#[must_use]
pub fn estimate(values: &[Vec<f64>], seed: u64) -> Estimate {
    if let [only] = values
        && only.iter().all(|value| *value == 0.0 || *value == 1.0)
    {
        let right = only.iter().filter(|value| **value == 1.0).count() as u64;
        let (low, high) = wilson(right, only.len() as u64);
        return Estimate {
            value: right as f64 / only.len().max(1) as f64,
            low,
            high,
            interval: Interval::Wilson,
        };
    }
    let (value, low, high) = bootstrap(values, seed);
    Estimate {
        value,
        low,
        high,
        interval: Interval::Bootstrap,
    }
}

/// pass@1 of the items of one group.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Items of the group.
    pub items: u64,
    /// Their pass@1.
    pub pass_at_1: f64,
}

/// pass@1 by each value of each group that items belong to.
#[must_use]
pub fn groups<'a>(
    items: impl IntoIterator<Item = (&'a BTreeMap<String, String>, &'a Judged)>,
) -> BTreeMap<String, BTreeMap<String, Group>> {
    let mut sums: BTreeMap<String, BTreeMap<String, (u64, f64)>> = BTreeMap::new();
    for (groups, judged) in items {
        for (name, value) in groups {
            let own = sums.entry(name.clone()).or_default();
            let (count, sum) = own.entry(value.clone()).or_default();
            *count += 1;
            *sum += judged.pass_at(1);
        }
    }
    sums.into_iter()
        .map(|(name, values)| {
            let values = values.into_iter().map(|(value, (items, sum))| {
                let pass_at_1 = sum / items as f64;
                (value, Group { items, pass_at_1 })
            });
            (name, values.collect())
        })
        .collect()
}

/// The `k` that are told where nobody asks for others: 1, the powers of two below the number of samples, and that number.
#[must_use]
pub fn usual_ks(samples: u32) -> Vec<u32> {
    let mut ks: Vec<u32> = std::iter::successors(Some(1u32), |k| k.checked_mul(2))
        .take_while(|k| *k < samples)
        .collect();
    ks.push(samples.max(1));
    ks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(correct: &[u8], majority: Option<bool>) -> Judged {
        Judged {
            correct: correct.iter().map(|own| *own == 1).collect(),
            majority,
        }
    }

    #[test]
    fn one_reply_each_is_a_share_with_wilsons_interval() {
        let run: Vec<Judged> = (0..263)
            .map(|n| judged(&[u8::from(n < 81)], Some(n < 81)))
            .collect();
        let metrics = metrics(&[run], &[1, 5], 7);
        assert_eq!((metrics.items, metrics.samples), (263, 1));
        assert_eq!((metrics.correct, metrics.replies), (81, 263));
        // More than there are replies cannot be told.
        assert_eq!(metrics.pass_at.len(), 1);
        let pass = metrics.pass_at_1().unwrap();
        assert_eq!(pass.interval, Interval::Wilson);
        assert!((pass.low - 0.2553).abs() < 5e-5 && (pass.high - 0.3662).abs() < 5e-5);
        assert_eq!(metrics.majority, None);
    }

    #[test]
    fn several_replies_are_bootstrapped_by_item() {
        let run: Vec<Judged> = (0..100)
            .map(|n| match n % 4 {
                0 => judged(&[1, 1, 0, 0], Some(true)),
                1 => judged(&[0, 0, 0, 1], Some(false)),
                _ => judged(&[0, 0, 0, 0], Some(false)),
            })
            .collect();
        let metrics = metrics(&[run], &[4, 2], 7);
        let found: Vec<(u32, f64)> = metrics
            .pass_at
            .iter()
            .map(|pass| (pass.k, pass.estimate.value))
            .collect();
        // pass@2 by hand: 2 of 4 right: 1 - 1/6; 1 of 4 right: 1 - 3/6.
        let expected = [
            (1, 0.25 * 0.5 + 0.25 * 0.25),
            (2, 0.25 * 5.0 / 6.0 + 0.25 * 0.5),
            (4, 0.5),
        ];
        for ((k, value), (own, wanted)) in found.iter().zip(expected) {
            assert!(*k == own && (value - wanted).abs() < 1e-12, "{found:?}");
        }
        assert_eq!(metrics.pass_at[0].estimate.interval, Interval::Bootstrap);
        // Each item passes or not when all its replies count.
        assert_eq!(metrics.pass_at[2].estimate.interval, Interval::Wilson);
        assert_eq!(metrics.majority.unwrap().value, 0.25);
    }

    #[test]
    fn groups_and_the_usual_numbers_of_replies() {
        let group = |level: &str| BTreeMap::from([("level".to_owned(), level.to_owned())]);
        let (one, two) = (group("1"), group("2"));
        let (right, half) = (judged(&[1, 1], None), judged(&[1, 0], None));
        let found = groups([(&one, &right), (&two, &half), (&one, &half)]);
        assert_eq!(
            found["level"]["1"],
            Group {
                items: 2,
                pass_at_1: 0.75
            }
        );
        assert_eq!(
            found["level"]["2"],
            Group {
                items: 1,
                pass_at_1: 0.5
            }
        );
        assert_eq!(usual_ks(1), [1]);
        assert_eq!(usual_ks(10), [1, 2, 4, 8, 10]);
        assert_eq!(usual_ks(8), [1, 2, 4, 8]);
    }
}
