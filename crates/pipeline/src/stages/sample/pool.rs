//! The programs that a run knows: what examples are drawn from, and what new programs are made of.

use std::collections::{BTreeMap, HashMap};

use caco_program::offspring::{Ancestry, Operator, Parent, offspring};
use caco_record::{Row, Stage};
use rand::distr::Distribution as _;
use rand::distr::weighted::WeightedIndex;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use serde_json::Value;

use super::super::State;
use crate::Error;
use crate::config::{Mutate, Weighting};
use crate::context::Context;

/// Programs that are held, at most.
const MOST: usize = 10_000;
/// Draws among all before those that fit are looked for one by one.
const QUICK: usize = 16;
/// Parents and operators that are tried for one new program.
const TRIES: u64 = 8;

/// What draws ask a random stream for, so that none moves another.
const EXAMPLES: u64 = 1;
const WHETHER: u64 = 2;
const PARENTS: u64 = 3;
const DOMAIN: u64 = 100;

/// A program that a run knows.
pub(super) struct Known {
    id: String,
    program: String,
    /// Typed JSON.
    output: Value,
    domain: Option<String>,
    structure: String,
    /// The share of the solver's answers that are the program's, where it was measured.
    pass_rate: Option<f64>,
}

/// All of them in the order of their ids, with the likelihood of each.
pub(super) struct Pool {
    known: Vec<Known>,
    weights: Vec<f64>,
    /// Draws by these weights; none without programs.
    drawing: Option<WeightedIndex<f64>>,
    /// How many programs each domain has, by name; those that are not held count as well.
    domains: Vec<(Option<String>, usize)>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Facts {
    structure: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Verdicts {
    difficulty: Option<PassRate>,
}

#[derive(Deserialize)]
struct PassRate {
    samples: u64,
    passed: u64,
}

fn read<T: Default + serde::de::DeserializeOwned>(text: Option<&str>) -> T {
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

impl Known {
    fn of(row: Row) -> Self {
        let facts: Facts = read(row.facts.as_deref());
        let verdicts: Verdicts = read(row.verdicts.as_deref());
        Self {
            output: read(row.output.as_deref()),
            structure: facts.structure,
            pass_rate: verdicts
                .difficulty
                .filter(|own| own.samples > 0)
                .map(|own| own.passed as f64 / own.samples as f64),
            id: row.row_id,
            program: row.program.unwrap_or_default(),
            domain: row.domain,
        }
    }

    fn parent(&self) -> Parent<'_> {
        Parent {
            id: &self.id,
            source: &self.program,
            output: &self.output,
        }
    }
}

impl Pool {
    /// The seeds' programs and those kept in earlier rounds. Of very many, those with the smallest ids, which is as good as
    /// drawn.
    pub(super) fn of(state: &State, round: u32, weighting: Weighting) -> Result<Self, Error> {
        let seeds = state
            .get(Stage::Unify, 0)
            .iter()
            .map(|shard| (shard, false));
        let earlier = state.all(Stage::Curate);
        let earlier = earlier
            .filter(|(own, _)| *own < round)
            .map(|(_, shard)| (shard, true));
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        let mut domains: BTreeMap<Option<String>, usize> = BTreeMap::new();
        for (shard, curated) in seeds.chain(earlier) {
            for row in shard.kept()? {
                // Seeds come through curate as well.
                if !(curated && row.is_seed()) {
                    *domains.entry(row.domain.clone()).or_default() += 1;
                }
                known.insert(row.row_id.clone(), Known::of(row));
                if known.len() > MOST {
                    known.pop_last();
                }
            }
        }
        Ok(Self {
            domains: domains.into_iter().collect(),
            ..Self::new(known.into_values().collect(), weighting)
        })
    }

    fn new(known: Vec<Known>, weighting: Weighting) -> Self {
        let mut shared: HashMap<&str, u64> = HashMap::new();
        for own in &known {
            *shared.entry(&own.structure).or_default() += 1;
        }
        let weights: Vec<f64> = known
            .iter()
            .map(|own| {
                let rare = match weighting {
                    Weighting::Structures | Weighting::Both => {
                        1.0 / shared.get(own.structure.as_str()).copied().unwrap_or(1) as f64
                    }
                    Weighting::Uniform | Weighting::Difficulty => 1.0,
                };
                let edge = match weighting {
                    Weighting::Difficulty | Weighting::Both => {
                        let rate = own.pass_rate.unwrap_or(0.25);
                        // Always solved and never solved stay possible.
                        0.05 + rate * (1.0 - rate)
                    }
                    Weighting::Uniform | Weighting::Structures => 1.0,
                };
                rare * edge
            })
            .collect();
        Self {
            known,
            drawing: WeightedIndex::new(&weights).ok(),
            weights,
            domains: Vec::new(),
        }
    }

    /// The domains with how many programs each has, by name.
    pub(super) fn domains(&self) -> &[(Option<String>, usize)] {
        &self.domains
    }

    /// A domain for a program that is written without examples, each as likely as it has programs.
    pub(super) fn domain(&self, context: &Context<'_>, place: &str) -> Option<&str> {
        let mut random = stream(context, place, DOMAIN);
        let drawn = self
            .domains
            .choose_weighted(&mut random, |(_, count)| *count);
        drawn.ok()?.0.as_deref()
    }

    /// Everything that decides a draw.
    pub(super) fn id(&self) -> String {
        let mut parts = Vec::new();
        for (own, weight) in self.known.iter().zip(&self.weights) {
            parts.push(own.id.clone());
            parts.push(own.program.clone());
            parts.push(format!("{weight:.6}"));
            parts.push(own.domain.clone().unwrap_or_default());
        }
        caco_record::row_id(&parts.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// So many different programs, drawn by their weights: the domain of the first decides from which the others are.
    pub(super) fn examples(
        &self,
        context: &Context<'_>,
        place: &str,
        count: usize,
    ) -> (Vec<&str>, Option<&str>) {
        let mut random = stream(context, place, EXAMPLES);
        let Some(first) = self.draw(&mut random, |_| true) else {
            return (Vec::new(), None);
        };
        let domain = first.domain.as_deref();
        let mut drawn: Vec<&Known> = vec![first];
        while drawn.len() < count {
            let next = self.draw(&mut random, |own| {
                own.domain.as_deref() == domain && drawn.iter().all(|other| other.id != own.id)
            });
            match next {
                Some(next) => drawn.push(next),
                None => break,
            }
        }
        drawn.truncate(count);
        let texts = drawn.iter().map(|own| own.program.as_str()).collect();
        (texts, domain)
    }

    fn draw(&self, random: &mut ChaCha8Rng, fits: impl Fn(&Known) -> bool) -> Option<&Known> {
        let drawing = self.drawing.as_ref()?;
        for _ in 0..QUICK {
            let own = self.known.get(drawing.sample(random))?;
            if fits(own) {
                return Some(own);
            }
        }
        // Few fit.
        let open: Vec<(&Known, f64)> = self
            .known
            .iter()
            .zip(&self.weights)
            .filter(|(own, _)| fits(own))
            .map(|(own, weight)| (own, *weight))
            .collect();
        let drawn = open.choose_weighted(random, |(_, weight)| *weight).ok()?;
        Some(drawn.0)
    }

    /// A program made of known ones for this place, if its lot is among the share that is: text, ancestry and domain. None
    /// also where nothing could be made of what was drawn.
    pub(super) fn offspring(
        &self,
        context: &Context<'_>,
        place: &str,
        mutate: &Mutate,
    ) -> Option<(String, Ancestry, Option<&str>)> {
        if stream(context, place, WHETHER).random::<f64>() >= mutate.share {
            return None;
        }
        let mut random = stream(context, place, PARENTS);
        for attempt in 0..TRIES {
            let operator = *mutate.operators.choose(&mut random)?;
            let first = self.draw(&mut random, |_| true)?;
            let second = match operator {
                Operator::Compose => self.draw(&mut random, |own| {
                    own.id != first.id && own.domain == first.domain
                }),
                _ => None,
            };
            let parents: Vec<Parent<'_>> = std::iter::once(first)
                .chain(second)
                .map(Known::parent)
                .collect();
            let seed = context.seed(Stage::Sample, place, PARENTS + 1 + attempt);
            if let Ok(made) = offspring(&parents, operator, seed) {
                return Some((made.program, made.ancestry, first.domain.as_deref()));
            }
        }
        None
    }
}

fn stream(context: &Context<'_>, place: &str, what: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(context.seed(Stage::Sample, place, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: &str, structure: &str, pass_rate: Option<f64>, domain: Option<&str>) -> Known {
        Known {
            id: id.into(),
            program: format!("# {id}"),
            output: Value::Null,
            domain: domain.map(str::to_owned),
            structure: structure.into(),
            pass_rate,
        }
    }

    #[test]
    fn rare_structures_and_problems_at_the_edge_weigh_more() {
        let all = || {
            vec![
                known("a", "common", Some(1.0), None),
                known("b", "common", Some(0.5), None),
                known("c", "rare", None, None),
            ]
        };
        let weights = |weighting| Pool::new(all(), weighting).weights;
        assert_eq!(weights(Weighting::Uniform), [1.0, 1.0, 1.0]);
        assert_eq!(weights(Weighting::Structures), [0.5, 0.5, 1.0]);
        let edge = weights(Weighting::Difficulty);
        assert!(edge[1] > edge[2] && edge[2] > edge[0] && edge[0] > 0.0);
        let both = weights(Weighting::Both);
        assert!((both[1] - edge[1] * 0.5).abs() < 1e-12);
    }

    #[test]
    fn what_seldom_fits_is_found() {
        let all = (0..1_000)
            .map(|n| known(&format!("{n:04}"), "s", None, None))
            .collect();
        let pool = Pool::new(all, Weighting::Uniform);
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let found = pool.draw(&mut random, |own| own.id == "0500").unwrap();
        assert_eq!(found.id, "0500");
        assert!(pool.draw(&mut random, |_| false).is_none());
    }

    #[test]
    fn weighted_draws_follow_the_weights() {
        let pool = Pool::new(
            vec![
                known("a", "s", Some(1.0), None),
                known("b", "s", Some(0.5), None),
            ],
            Weighting::Difficulty,
        );
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let often = (0..2_000)
            .filter(|_| pool.draw(&mut random, |_| true).unwrap().id == "b")
            .count();
        // 0.3 of 0.35.
        assert!((1_600..1_830).contains(&often), "{often}");
    }
}
