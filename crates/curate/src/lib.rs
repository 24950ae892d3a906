//! Duplicates, contamination and fan-out caps over kept rows; pure.
//!
//! A [`Curator`] holds the texts of what was kept and judges candidates one after another; a [`Benchmarks`] index says
//! whether a problem stands in a benchmark. Nothing here depends on the order in which candidates arrive as long as they
//! are given to [`curate`], which sorts them: of several rows that exclude each other, the one first in canonical order
//! stays.

mod contamination;
mod curator;
mod text;

pub use contamination::{Benchmarks, Evidence, Match};
pub use curator::{Candidate, Caps, Curator, Decision, Reason, curate};
pub use text::{normalised, words};
