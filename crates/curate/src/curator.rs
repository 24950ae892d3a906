//! Judges candidates one after another: duplicates, contamination, and how many rows one origin or structure may give.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::contamination::{Benchmarks, Evidence};
use crate::text::{hash, normalised};

/// Why a row is not kept. The snake_case name is stable: it is written into rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The problem stands in a benchmark.
    Contaminated,
    /// The same problem text was kept already.
    DuplicateProblem,
    /// The same program (by normal form) was kept already.
    DuplicateProgram,
    /// As many rows of this structure as the cap allows were kept already.
    StructureCap,
    /// As many rows of this seed as the cap allows were kept already.
    SeedCap,
}

impl Reason {
    /// The stable name, as in rows and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contaminated => "contaminated",
            Self::DuplicateProblem => "duplicate_problem",
            Self::DuplicateProgram => "duplicate_program",
            Self::StructureCap => "structure_cap",
            Self::SeedCap => "seed_cap",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A row that asks to be kept. What it lacks is not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Candidate<'a> {
    /// Its identity; also its place in canonical order.
    pub row_id: &'a str,
    /// The problem in words.
    pub problem: Option<&'a str>,
    /// Normal form of its program.
    pub normal_form: Option<&'a str>,
    /// Structure of its program.
    pub structure: Option<&'a str>,
    /// The seed that it stems from.
    pub seed_id: Option<&'a str>,
}

/// What happens to a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum Decision {
    /// It stays.
    Kept,
    /// It goes.
    Rejected {
        /// Why.
        reason: Reason,
        /// For people: the row that it repeats, the benchmark's item, or the cap.
        detail: String,
    },
}

impl Decision {
    /// Whether the candidate stays.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        matches!(self, Self::Kept)
    }
}

/// How many rows one structure or one seed may give. 0 means no cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Caps {
    /// Most rows of one program structure. Default 0.
    pub per_structure: u64,
    /// Most rows that stem from one seed. Default 0.
    pub per_seed: u64,
}

/// Remembers what was kept. Holds 16-byte hashes and row ids, no texts.
#[derive(Debug, Clone, Default)]
pub struct Curator {
    caps: Caps,
    benchmarks: Option<Benchmarks>,
    problems: HashMap<u128, String>,
    programs: HashMap<u128, String>,
    structures: HashMap<u128, u64>,
    seeds: HashMap<u128, u64>,
}

impl Curator {
    /// A curator that has kept nothing yet; without `benchmarks` nothing is contaminated.
    #[must_use]
    pub fn new(caps: Caps, benchmarks: Option<Benchmarks>) -> Self {
        Self {
            caps,
            benchmarks,
            ..Self::default()
        }
    }

    /// Takes note of a row that is kept already (an earlier round's, or a seed), without judging it.
    pub fn remember(&mut self, row: &Candidate<'_>) {
        let id = || row.row_id.to_owned();
        if let Some(problem) = row.problem {
            self.problems
                .entry(hash(&[&normalised(problem)]))
                .or_insert_with(id);
        }
        if let Some(program) = row.normal_form {
            self.programs.entry(hash(&[program])).or_insert_with(id);
        }
        if let Some(structure) = row.structure {
            *self.structures.entry(hash(&[structure])).or_default() += 1;
        }
        if let Some(seed) = row.seed_id {
            *self.seeds.entry(hash(&[seed])).or_default() += 1;
        }
    }

    /// Judges the next row, and remembers it if it is kept. The first reason found is given: contamination, then
    /// duplicates, then caps.
    pub fn judge(&mut self, row: &Candidate<'_>) -> Decision {
        match self.objection(row) {
            Some((reason, detail)) => Decision::Rejected { reason, detail },
            None => {
                self.remember(row);
                Decision::Kept
            }
        }
    }

    fn objection(&self, row: &Candidate<'_>) -> Option<(Reason, String)> {
        if let Some(Evidence {
            benchmark,
            item,
            shared,
            ..
        }) = row.problem.and_then(|p| self.benchmarks.as_ref()?.find(p))
        {
            return Some((
                Reason::Contaminated,
                format!("{benchmark} item {item}: {shared}"),
            ));
        }
        if let Some(first) = row
            .problem
            .and_then(|p| self.problems.get(&hash(&[&normalised(p)])))
        {
            return Some((
                Reason::DuplicateProblem,
                format!("the problem of row {first}"),
            ));
        }
        if let Some(first) = row.normal_form.and_then(|p| self.programs.get(&hash(&[p]))) {
            return Some((
                Reason::DuplicateProgram,
                format!("the program of row {first}"),
            ));
        }
        let full = |held: &HashMap<u128, u64>, key: Option<&str>, cap: u64| {
            cap > 0
                && key
                    .and_then(|k| held.get(&hash(&[k])))
                    .is_some_and(|&count| count >= cap)
        };
        if full(&self.structures, row.structure, self.caps.per_structure) {
            return Some((
                Reason::StructureCap,
                format!(
                    "{} rows of this structure are kept",
                    self.caps.per_structure
                ),
            ));
        }
        if full(&self.seeds, row.seed_id, self.caps.per_seed) {
            return Some((
                Reason::SeedCap,
                format!("{} rows of this seed are kept", self.caps.per_seed),
            ));
        }
        None
    }
}

/// Judges all `rows` in canonical order (by row id) and returns their decisions in the order given.
///
/// The result does not depend on the order of `rows`: of those that exclude each other the first row id stays. Rows of
/// the same id are judged in the order given.
pub fn curate(curator: &mut Curator, rows: &[Candidate<'_>]) -> Vec<Decision> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&at| rows.get(at).map(|row| row.row_id));
    let mut decisions = vec![Decision::Kept; rows.len()];
    for at in order {
        if let (Some(row), Some(decision)) = (rows.get(at), decisions.get_mut(at)) {
            *decision = curator.judge(row);
        }
    }
    decisions
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row<'a>(
        row_id: &'a str,
        problem: &'a str,
        normal_form: &'a str,
        structure: &'a str,
        seed_id: &'a str,
    ) -> Candidate<'a> {
        Candidate {
            row_id,
            problem: Some(problem),
            normal_form: Some(normal_form),
            structure: Some(structure),
            seed_id: Some(seed_id),
        }
    }

    fn reason(decision: &Decision) -> Option<Reason> {
        match decision {
            Decision::Kept => None,
            Decision::Rejected { reason, .. } => Some(*reason),
        }
    }

    #[test]
    fn each_reason_is_given() {
        let mut benchmarks = Benchmarks::new(13);
        benchmarks.add("test", "7", "What is 2 + 2?");
        let mut curator = Curator::new(
            Caps {
                per_structure: 2,
                per_seed: 3,
            },
            Some(benchmarks),
        );
        let mut judge = |r: Candidate<'_>| reason(&curator.judge(&r));
        assert_eq!(judge(row("1", "a b", "p1", "s", "x")), None);
        assert_eq!(
            judge(row("2", "A, b!", "p2", "s", "x")),
            Some(Reason::DuplicateProblem)
        );
        assert_eq!(
            judge(row("3", "c", "p1", "s", "x")),
            Some(Reason::DuplicateProgram)
        );
        assert_eq!(
            judge(row("4", "what is 2+2", "p4", "s", "x")),
            Some(Reason::Contaminated)
        );
        assert_eq!(judge(row("5", "d", "p5", "s", "x")), None);
        assert_eq!(
            judge(row("6", "e", "p6", "s", "x")),
            Some(Reason::StructureCap)
        );
        assert_eq!(judge(row("7", "f", "p7", "t", "x")), None);
        assert_eq!(judge(row("8", "g", "p8", "u", "x")), Some(Reason::SeedCap));
        assert_eq!(judge(row("9", "h", "p9", "u", "y")), None);
    }

    #[test]
    fn rejected_rows_leave_no_trace_and_details_name_the_first() {
        let mut curator = Curator::new(Caps::default(), None);
        assert!(curator.judge(&row("1", "a", "p", "s", "x")).is_kept());
        assert_eq!(
            curator.judge(&row("2", "a", "q", "s", "x")),
            Decision::Rejected {
                reason: Reason::DuplicateProblem,
                detail: "the problem of row 1".into()
            }
        );
        // Row 2 was not kept, so its program is still free.
        assert!(curator.judge(&row("3", "b", "q", "s", "x")).is_kept());
    }

    #[test]
    fn what_is_missing_is_not_compared() {
        let mut curator = Curator::new(
            Caps {
                per_structure: 1,
                per_seed: 1,
            },
            None,
        );
        let bare = |row_id| Candidate {
            row_id,
            ..Candidate::default()
        };
        assert!(curator.judge(&bare("1")).is_kept());
        assert!(curator.judge(&bare("2")).is_kept());
    }

    proptest! {
        #[test]
        fn order_does_not_matter(spec in prop::collection::vec((0u8..4, 0u8..6, 0u8..3, 0u8..3), 1..20), turn in 0usize..20) {
            let texts: Vec<[String; 5]> = spec.iter().enumerate()
                .map(|(at, (p, n, s, d))| [format!("{at:03}"), format!("problem {p}"), format!("n{n}"), format!("s{s}"), format!("d{d}")])
                .collect();
            let rows: Vec<Candidate<'_>> = texts.iter().map(|[id, p, n, s, d]| row(id, p, n, s, d)).collect();
            let caps = Caps { per_structure: 2, per_seed: 3 };
            let plain = curate(&mut Curator::new(caps, None), &rows);
            let mut turned = rows.clone();
            let turn = turn % rows.len();
            turned.rotate_left(turn);
            let mut other = curate(&mut Curator::new(caps, None), &turned);
            other.rotate_right(turn);
            prop_assert_eq!(plain, other);
        }
    }
}
