//! Variants of a program's input: typed, bounded, seeded, near the original and in its apparent domain.
//!
//! [`Slot`] finds the input in a program's text and writes other values there. [`Inputs`] makes other values:
//!
//! - integers keep their sign and, mostly, what they are a multiple of; percentages, months, hours, years, digits and bases
//!   stay such (by name); primes stay primes where their name says so;
//! - floats keep their number of places; what lies between 0 and 1 stays there; fractions and decimals likewise;
//! - texts that are one of the program's or the input's alternatives become another of these; dates, times, numbers, bits
//!   and brackets in texts stay such; other texts change by symbols or words;
//! - lists change by elements, by order, and in length by one; sorted ones stay sorted, permutations stay permutations,
//!   matrices keep their shape and symmetry, shares of a whole keep their sum, distinct elements stay distinct; lists of one
//!   length keep one length, an integer that counts them follows, and an index stays within what it indexes;
//! - checks of the program itself (`assert`, `if ...: raise`, `if ...: return None`) are evaluated over the variant, and
//!   what they refuse is drawn again.
//!
//! Beside these there are variants of special form, which keep the type alone: lists in order or of one element, texts that match
//! a pattern of the program, empty things, what stands in another key. They are for keys that have not shown an effect otherwise.
//!
//! The same seed, row and program give the same variants on every machine.

mod evaluate;
mod hints;
mod slot;
mod variants;
mod vary;

pub use slot::{Entry, NotMutable, Slot};
pub(crate) use variants::Choice;
pub use variants::Inputs;
pub(crate) use vary::{Reach, Site, vary};
