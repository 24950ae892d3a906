//! Duplicates, near duplicates, contamination, fan-out caps and diversity; pure.
//!
//! A [`Curator`] remembers hashes and sketches of what was kept and judges candidates one after another; [`Benchmarks`] say
//! whether a problem stands in a benchmark; [`Diversity`] counts what there is. Nothing here reads or writes files.
//!
//! # A pass over shards
//!
//! 1. Make a [`Curator`] with caps, benchmarks and, by [`Curator::with_near`], rules for near duplicates.
//! 2. [`Curator::remember`] all rows that are kept already: other data, earlier runs, earlier rounds.
//! 3. For each shard in canonical order: prepare its rows in as many threads as there are ([`Curator::preparer`],
//!    [`Preparer::prepare_all`]), then give them to [`Curator::judge_prepared`] in order. Preparing is most of the work and
//!    knows nothing of other rows; judging is quick and in one thread.
//!
//! A pass that was interrupted goes on after `remember` of the kept rows of the shards that are decided: a curator is a
//! function of what was kept, in order. A row's decision depends on the rows before it only, so later shards change nothing.
//!
//! ```
//! use caco_curate::{Candidate, Caps, Curator, NearRule, Reason};
//!
//! let mut curator = Curator::new(Caps::default(), None).with_near(Some(NearRule::PROBLEMS), None);
//! let row = |row_id, problem| Candidate { row_id, problem: Some(problem), ..Candidate::default() };
//! let shard = [
//!     row("a", "Tom has 3 red apples and buys 4 more apples at the old market. How many apples does Tom have now in all?"),
//!     row("b", "Tom has 3 red apples and buys 4 more apples at the old market. How many apples does Tom have now in total?"),
//! ];
//! let prepared = curator.preparer().prepare_all(&shard);
//! let decisions: Vec<_> = shard.iter().zip(&prepared).map(|(row, prepared)| curator.judge_prepared(row.row_id, prepared)).collect();
//! assert!(decisions[0].is_kept());
//! assert_eq!(decisions[1].reason(), Some(Reason::NearDuplicateProblem));
//! ```

mod contamination;
mod curator;
mod decision;
mod diversity;
mod firsts;
mod ids;
mod near;
mod places;
mod prepare;
mod text;
mod tokens;

pub use contamination::{Benchmarks, Hit, Mask, Match, ReskinRule, Rules, RunRule, masked};
pub use curator::{Caps, Curator, curate};
pub use decision::{Decision, Evidence, Group, Part, Reason};
pub use diversity::{
    Counts, Diversity, DiversityReport, Measures, Point, RowFacts, SpreadError, cosine_spread,
};
pub use near::{Near, NearIndex, NearRule, OutOfRange, Sketch, Sketcher, Tokens};
pub use prepare::{Candidate, Prepared, Preparer};
pub use text::{normalised, words};
