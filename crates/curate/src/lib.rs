//! Duplicates, contamination and fan-out caps over kept rows; pure.
//!
//! A [`Curator`] holds the texts of what was kept and judges candidates one after another; a [`Benchmarks`] index says
//! whether a problem stands in a benchmark. Nothing here depends on the order in which candidates arrive as long as they
//! are given to [`curate`], which sorts them: of several rows that exclude each other, the one first in canonical order
//! stays.

mod contamination;
mod curator;
mod decision;
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
pub use near::{Near, NearIndex, NearRule, OutOfRange, Sketch, Sketcher, Tokens};
pub use prepare::{Candidate, Prepared, Preparer};
pub use text::{normalised, words};
