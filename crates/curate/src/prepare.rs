//! What is computed of a row before it is compared with others: the larger part of the work, and the same in any order.

use std::sync::Arc;

use crate::contamination::{Benchmarks, Hit};
use crate::near::{NearRule, Scratch, Sketch, Sketcher, Tokens};
use crate::text::hash;

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

/// What a curator needs to know of a row: hashes, sketches, and whether it stands in a benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    pub(crate) hit: Option<Hit>,
    pub(crate) problem: Option<u128>,
    pub(crate) program: Option<u128>,
    pub(crate) near_problem: Option<Sketch>,
    pub(crate) near_program: Option<Sketch>,
    pub(crate) structure: Option<u128>,
    pub(crate) seed: Option<u128>,
}

/// Prepares rows for a curator. It knows nothing of other rows, so that any number of threads may share it or have copies
/// (a copy is small).
#[derive(Debug, Clone)]
pub struct Preparer {
    benchmarks: Option<Arc<Benchmarks>>,
    problems: Option<Arc<Sketcher>>,
    programs: Option<Arc<Sketcher>>,
}

impl Preparer {
    pub(crate) fn new(benchmarks: Option<Benchmarks>) -> Self {
        Self {
            benchmarks: benchmarks.filter(|held| !held.is_empty()).map(Arc::new),
            problems: None,
            programs: None,
        }
    }

    pub(crate) fn near(&mut self, problems: Option<NearRule>, programs: Option<NearRule>) {
        let sketcher =
            |tokens, rule: Option<NearRule>| rule.map(|rule| Arc::new(Sketcher::new(tokens, rule)));
        self.problems = sketcher(Tokens::Problem, problems);
        self.programs = sketcher(Tokens::Program, programs);
    }

    /// Prepares one row to be judged.
    #[must_use]
    pub fn prepare(&self, row: &Candidate<'_>) -> Prepared {
        self.with(row, true, &mut Scratch::default())
    }

    /// Prepares rows to be judged, a little faster than one by one.
    #[must_use]
    pub fn prepare_all(&self, rows: &[Candidate<'_>]) -> Vec<Prepared> {
        let mut scratch = Scratch::default();
        rows.iter()
            .map(|row| self.with(row, true, &mut scratch))
            .collect()
    }

    /// Without `judge` benchmarks are not asked.
    pub(crate) fn with(&self, row: &Candidate<'_>, judge: bool, scratch: &mut Scratch) -> Prepared {
        let hit = match judge {
            true => row
                .problem
                .and_then(|problem| self.benchmarks.as_ref()?.find(problem)),
            false => None,
        };
        let mut near_program = None;
        if let (Some(text), Some(sketcher)) = (row.normal_form, &self.programs) {
            scratch.read(Tokens::Program, text);
            near_program = sketcher.sketch_read(scratch);
        }
        let (mut problem, mut near_problem) = (None, None);
        if let Some(text) = row.problem {
            scratch.read(Tokens::Problem, text);
            // Without any token the text itself has to tell problems apart.
            problem = Some(scratch.hash().unwrap_or_else(|| hash(text.trim())));
            near_problem = self
                .problems
                .as_ref()
                .and_then(|sketcher| sketcher.sketch_read(scratch));
        }
        Prepared {
            hit,
            problem,
            program: row.normal_form.map(hash),
            near_problem,
            near_program,
            structure: row.structure.map(hash),
            seed: row.seed_id.map(hash),
        }
    }
}
