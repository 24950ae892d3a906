//! Rows, identities, fates and lineage: what every stage reads and writes.
//!
//! A [`Row`] is one candidate example on its way through the loop. Import and sample make rows; every later stage adds
//! columns and a [`Fate`] to the same row, and never loses one. The crate knows the Arrow form of a row
//! ([`schema`], [`to_batch`], [`from_batch`]), a packed one for sorting ([`pack`], [`unpack`]), and how identities and random seeds are derived; it does no I/O.

mod batch;
mod identity;
mod packed;
mod row;
mod stage;

pub use batch::{FORMAT_KEY, FORMAT_VERSION, RecordError, from_batch, schema, to_batch};
pub use identity::{derive_seed, row_id};
pub use packed::{pack, unpack};
pub use row::{Fate, ORIGIN_SAMPLE, ORIGIN_SEED, Row};
pub use stage::{Stage, UnknownStage};
