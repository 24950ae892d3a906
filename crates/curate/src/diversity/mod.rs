//! How varied a data set is, from facts that the caller knows of each row.
//!
//! Diversity of a kind (structures, operation mixes, domains) is reported as its Hill numbers (Hill 1973, "Diversity and
//! evenness"): the number of different ones (order 0), the exponential of Shannon's entropy (order 1) and the inverse of
//! Simpson's index (order 2). Each says how many equally frequent ones would be as diverse. Everything here is the same in any
//! order of the rows, but for the coverage curve, which is of the order given.

mod counts;
mod spread;

use std::collections::BTreeMap;

use serde::Serialize;

pub use counts::{Counts, Point};
pub use spread::{SpreadError, cosine_spread};

/// What is known of a row. What it lacks is not counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct RowFacts<'a> {
    /// Structure of its program.
    pub structure: Option<&'a str>,
    /// Operations of its program, each as often as it stands there, in any order.
    pub operations: &'a [&'a str],
    /// Its domain, such as `arithmetic` or `number theory`.
    pub domain: Option<&'a str>,
}

/// Counts structures, operation mixes, operations and domains over rows.
///
/// Holds 8 to 40 bytes for each different structure and mix (of which hashes are counted), and the names of operations
/// and domains.
#[derive(Debug, Clone, Default)]
pub struct Diversity {
    structures: Counts,
    mixes: Counts,
    operations: BTreeMap<String, u64>,
    domains: BTreeMap<String, u64>,
}

/// The measures of a [`Diversity`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiversityReport {
    /// Of program structures.
    pub structures: Measures,
    /// Of operation mixes: which operations a program has, and how often each.
    pub mixes: Measures,
    /// Of single operations, over all programs.
    pub operations: Measures,
    /// Of domains.
    pub domains: Measures,
    /// How often each operation stands in the programs.
    pub operation_counts: BTreeMap<String, u64>,
    /// Rows of each domain.
    pub domain_counts: BTreeMap<String, u64>,
    /// How many different structures there were after so many rows.
    pub structure_curve: Vec<Point>,
}

/// How varied counts are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measures {
    /// All that were counted.
    pub total: u64,
    /// Different ones: the Hill number of order 0.
    pub distinct: u64,
    /// Those that were counted once.
    pub singletons: u64,
    /// Shannon's entropy in bits.
    pub entropy: f64,
    /// Effective number: the Hill number of order 1, from 1 to `distinct`; 0 of nothing.
    pub effective: f64,
    /// The Hill number of order 2: as `effective`, but with less weight on rare ones.
    pub effective_common: f64,
    /// Share of the most frequent one, 0 to 1.
    pub largest_share: f64,
    /// Good and Turing's estimate of the chance that the next row brings nothing new: 1 less the share of singletons
    /// (Good 1953).
    pub coverage: f64,
}

impl Diversity {
    /// Counts a row.
    pub fn add(&mut self, row: &RowFacts<'_>) {
        if let Some(structure) = row.structure {
            self.structures.add(structure);
        }
        if !row.operations.is_empty() {
            let mut mix = row.operations.to_vec();
            mix.sort_unstable();
            self.mixes.add(&mix.join("\u{0}"));
        }
        for operation in row.operations {
            *self.operations.entry((*operation).to_owned()).or_default() += 1;
        }
        if let Some(domain) = row.domain {
            *self.domains.entry(domain.to_owned()).or_default() += 1;
        }
    }

    /// The measures so far.
    #[must_use]
    pub fn report(&self) -> DiversityReport {
        DiversityReport {
            structures: self.structures.measures(),
            mixes: self.mixes.measures(),
            operations: Measures::of(self.operations.values().copied().collect()),
            domains: Measures::of(self.domains.values().copied().collect()),
            operation_counts: self.operations.clone(),
            domain_counts: self.domains.clone(),
            structure_curve: self.structures.curve(),
        }
    }
}

impl Measures {
    /// Of how often each different one was counted, in any order.
    #[must_use]
    pub fn of(mut counts: Vec<u64>) -> Self {
        counts.retain(|&count| count > 0);
        // Floats are added in one order, so that the last bits are always the same.
        counts.sort_unstable();
        let total: u64 = counts.iter().sum();
        let share = |count: u64| count as f64 / total as f64;
        let nats: f64 = counts
            .iter()
            .map(|&count| -share(count) * share(count).ln())
            .sum();
        let simpson: f64 = counts.iter().map(|&count| share(count).powi(2)).sum();
        let singletons = counts.iter().filter(|&&count| count == 1).count() as u64;
        let some = |value: f64| if total == 0 { 0.0 } else { value };
        Self {
            total,
            distinct: counts.len() as u64,
            singletons,
            entropy: some((nats / std::f64::consts::LN_2).max(0.0)),
            effective: some(nats.exp()),
            effective_common: some(1.0 / simpson),
            largest_share: some(counts.last().map_or(0.0, |&count| share(count))),
            coverage: some(1.0 - share(singletons)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn even_counts_have_as_many_as_there_are() {
        let measures = Measures::of(vec![5; 8]);
        assert_eq!(
            (measures.total, measures.distinct, measures.singletons),
            (40, 8, 0)
        );
        for (found, expected) in [
            (measures.entropy, 3.0),
            (measures.effective, 8.0),
            (measures.effective_common, 8.0),
            (measures.coverage, 1.0),
        ] {
            assert!((found - expected).abs() < 1e-9, "{measures:?}");
        }
        let uneven = Measures::of(vec![97, 1, 1, 1]);
        assert!(
            uneven.effective < 1.3
                && uneven.effective_common < 1.1
                && (uneven.coverage - 0.97).abs() < 1e-9
        );
        assert_eq!(Measures::of(vec![]), Measures::of(vec![0, 0]));
        assert!(Measures::of(vec![]).effective.abs() < 1e-12);
    }

    #[test]
    fn a_mix_is_a_multiset() {
        let mut diversity = Diversity::default();
        for operations in [
            &["add", "mul", "add"][..],
            &["mul", "add", "add"],
            &["add", "mul"],
            &[],
        ] {
            diversity.add(&RowFacts {
                operations,
                domain: Some("arithmetic"),
                ..RowFacts::default()
            });
        }
        let report = diversity.report();
        assert_eq!((report.mixes.total, report.mixes.distinct), (3, 2));
        assert_eq!(
            report.operation_counts,
            BTreeMap::from([("add".to_owned(), 5), ("mul".to_owned(), 3)])
        );
        assert_eq!(
            (
                report.domains.total,
                report.domains.distinct,
                report.structures.total
            ),
            (4, 1, 0)
        );
    }

    proptest! {
        #[test]
        fn order_does_not_matter_and_numbers_are_in_order(mut names in prop::collection::vec(0u8..9, 1..60)) {
            let measure = |names: &[u8]| {
                let mut diversity = Diversity::default();
                for name in names {
                    let text = name.to_string();
                    diversity.add(&RowFacts { structure: Some(&text), operations: &[&text], domain: Some(&text) });
                }
                DiversityReport { structure_curve: Vec::new(), ..diversity.report() }
            };
            let first = measure(&names);
            names.reverse();
            prop_assert_eq!(&first, &measure(&names));
            let Measures { distinct, effective, effective_common, .. } = first.structures;
            prop_assert!(1.0 - 1e-9 <= effective_common && effective_common <= effective + 1e-9 && effective <= distinct as f64 + 1e-9);
        }
    }
}
