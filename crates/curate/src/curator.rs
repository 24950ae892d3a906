//! Judges candidates one after another: duplicates, contamination, and how many rows one origin or structure may give.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::contamination::Benchmarks;
use crate::decision::{Decision, Evidence, Group, Part, Reason};
use crate::firsts::Firsts;
use crate::ids::Ids;
use crate::near::{NearIndex, NearRule, Scratch, Sketch};
use crate::prepare::{Candidate, Prepared, Preparer};

/// How many rows one structure or one seed may give. 0 means no cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Caps {
    /// Most rows of one program structure. Default 0.
    pub per_structure: u64,
    /// Most rows that stem from one seed. Default 0.
    pub per_seed: u64,
}

/// Remembers what was kept, and judges what comes next.
///
/// **Which row stays.** Rows are judged one after another, and a row goes if it repeats or resembles a row that was *kept*.
/// What was rejected excludes nothing. So each rejected row has a kept row beside it that is at least as similar as the
/// threshold says, and a chain of rows, each like the next, is not merged into one: its far ends may both stay. (Connected
/// components would let one row stand for others that it does not resemble.) The result is the first maximal independent
/// set in canonical order, and is the same whether rows come at once, in rounds, or after [`remember`](Self::remember) of
/// what earlier runs kept.
///
/// **Memory.** No texts are held. For each kept row: its id (half its length where it is hexadecimal) and 8 bytes; about
/// 23 bytes for the hash of its problem, and of its program; for near duplicates what [`NearIndex`] says, of its problem
/// and of its program; 32 to 64 bytes for each different structure or seed, where there is a cap.
#[derive(Debug, Clone)]
pub struct Curator {
    caps: Caps,
    exact: bool,
    preparer: Preparer,
    ids: Ids,
    problems: Firsts,
    programs: Firsts,
    near_problems: Option<NearIndex>,
    near_programs: Option<NearIndex>,
    structures: HashMap<u128, u64>,
    seeds: HashMap<u128, u64>,
    scratch: Scratch,
}

impl Curator {
    /// A curator that has kept nothing yet, and looks for no near duplicates; without `benchmarks` nothing is contaminated.
    #[must_use]
    pub fn new(caps: Caps, benchmarks: Option<Benchmarks>) -> Self {
        Self {
            caps,
            exact: true,
            preparer: Preparer::new(benchmarks),
            ids: Ids::default(),
            problems: Firsts::default(),
            programs: Firsts::default(),
            near_problems: None,
            near_programs: None,
            structures: HashMap::new(),
            seeds: HashMap::new(),
            scratch: Scratch::default(),
        }
    }

    /// Looks for near duplicates too, among problems and among programs, where a rule is given.
    ///
    /// To be called before any row is judged or remembered: rows from before are not found.
    #[must_use]
    pub fn with_near(mut self, problems: Option<NearRule>, programs: Option<NearRule>) -> Self {
        self.preparer.near(problems, programs);
        self.near_problems = problems.map(NearIndex::new);
        self.near_programs = programs.map(NearIndex::new);
        self
    }

    /// Lets the same problem and the same program come again, where no look for near duplicates finds them. For comparisons.
    #[must_use]
    pub fn without_exact(mut self) -> Self {
        self.exact = false;
        self
    }

    /// What prepares rows for this curator, in as many threads as the caller likes.
    #[must_use]
    pub fn preparer(&self) -> Preparer {
        self.preparer.clone()
    }

    /// Takes note of a row that is kept already (an earlier round's or run's, or a seed), without judging it.
    pub fn remember(&mut self, row: &Candidate<'_>) {
        let prepared = self.preparer.with(row, false, &mut self.scratch);
        self.remember_prepared(row.row_id, &prepared);
    }

    /// [`remember`](Self::remember) for a row that was prepared.
    ///
    /// At most 2³² rows are remembered (memory ends earlier).
    pub fn remember_prepared(&mut self, row_id: &str, row: &Prepared) {
        let Some(number) = self.ids.next() else {
            return;
        };
        self.ids.push(row_id);
        for (firsts, hash) in [
            (&mut self.problems, row.problem),
            (&mut self.programs, row.program),
        ] {
            if let Some(hash) = hash {
                firsts.put(hash, number);
            }
        }
        let near = [
            (&mut self.near_problems, &row.near_problem),
            (&mut self.near_programs, &row.near_program),
        ];
        for (index, sketch) in near {
            if let (Some(index), Some(sketch)) = (index, sketch) {
                index.insert(sketch, number);
            }
        }
        let Caps {
            per_structure,
            per_seed,
        } = self.caps;
        let counts = [
            (&mut self.structures, row.structure, per_structure),
            (&mut self.seeds, row.seed, per_seed),
        ];
        for (counts, key, cap) in counts {
            if let (Some(key), true) = (key, cap > 0) {
                *counts.entry(key).or_default() += 1;
            }
        }
    }

    /// Judges the next row, and remembers it if it is kept. The first reason found is given, in the order of
    /// [`Reason::ALL`].
    pub fn judge(&mut self, row: &Candidate<'_>) -> Decision {
        let prepared = self.preparer.with(row, true, &mut self.scratch);
        self.judge_prepared(row.row_id, &prepared)
    }

    /// [`judge`](Self::judge) for a row that was prepared by this curator's [`preparer`](Self::preparer).
    pub fn judge_prepared(&mut self, row_id: &str, row: &Prepared) -> Decision {
        match self.objection(row) {
            Some((reason, evidence)) => Decision::Rejected { reason, evidence },
            None => {
                self.remember_prepared(row_id, row);
                Decision::Kept
            }
        }
    }

    fn objection(&self, row: &Prepared) -> Option<(Reason, Evidence)> {
        if let Some(hit) = &row.hit {
            return Some((Reason::Contaminated, Evidence::Benchmark(hit.clone())));
        }
        let repeats = |firsts: &Firsts, hash: Option<u128>, part| {
            let hash = hash.filter(|_| self.exact);
            let row_id = self.ids.get(firsts.get(hash?)?);
            Some(Evidence::Repeats { row_id, part })
        };
        let resembles = |index: &Option<NearIndex>, sketch: &Option<Sketch>, part| {
            let near = index.as_ref()?.find(sketch.as_ref()?)?;
            Some(Evidence::Resembles {
                row_id: self.ids.get(near.label),
                part,
                similarity: near.similarity,
            })
        };
        let full = |held: &HashMap<u128, u64>, key: Option<u128>, cap: u64, of| {
            (cap > 0 && *held.get(&key?)? >= cap).then_some(Evidence::Full { of, kept: cap })
        };
        let found = |reason| move |evidence| (reason, evidence);
        repeats(&self.problems, row.problem, Part::Problem)
            .map(found(Reason::DuplicateProblem))
            .or_else(|| {
                repeats(&self.programs, row.program, Part::Program)
                    .map(found(Reason::DuplicateProgram))
            })
            .or_else(|| {
                resembles(&self.near_problems, &row.near_problem, Part::Problem)
                    .map(found(Reason::NearDuplicateProblem))
            })
            .or_else(|| {
                resembles(&self.near_programs, &row.near_program, Part::Program)
                    .map(found(Reason::NearDuplicateProgram))
            })
            .or_else(|| {
                full(
                    &self.structures,
                    row.structure,
                    self.caps.per_structure,
                    Group::Structure,
                )
                .map(found(Reason::StructureCap))
            })
            .or_else(|| {
                full(&self.seeds, row.seed, self.caps.per_seed, Group::Seed)
                    .map(found(Reason::SeedCap))
            })
    }

    /// Bytes held for kept rows, without benchmarks.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let near = |index: &Option<NearIndex>| index.as_ref().map_or(0, NearIndex::bytes);
        let counts =
            (self.structures.capacity() + self.seeds.capacity()) * (size_of::<(u128, u64)>() + 1);
        self.ids.bytes()
            + self.problems.bytes()
            + self.programs.bytes()
            + near(&self.near_problems)
            + near(&self.near_programs)
            + counts
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

    #[test]
    fn without_the_exact_look_rows_may_repeat() {
        let one = |id| row(id, "How many?", "a", "s", "1");
        let mut curator = Curator::new(Caps::default(), None).without_exact();
        assert!(curator.judge(&one("a")).is_kept());
        assert!(curator.judge(&one("b")).is_kept());
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
        let mut judge = |r: Candidate<'_>| curator.judge(&r).reason();
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
                evidence: Evidence::Repeats {
                    row_id: "1".into(),
                    part: Part::Problem
                }
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
