//! A generator of grade-school problem families: problem, program, solution and answer from one seed.
//!
//! A problem is a *story*: an opening that states quantities, then zero or more events that change the running
//! quantity. Each event is one sentence of the problem, one line of the program and one sentence of the solution, so a
//! small model can learn the three translations piece by piece and recombine them. Families are the openings
//! ([`openings`]) and the events ([`events`]); a composition is an opening followed by events.
//!
//! The space of compositions is split by a hash of their steps, with the names as the family tables write them numbered
//! and constants masked: [`Split::Base`] and [`Split::BaseLong`] hold the compositions that a base model may be trained
//! on; [`Split::Seeds`] and [`Split::HeldOut`] draw from all the others, and never from the same random stream. Different
//! compositions may still have one program structure; what a base has seen of those is listed in its model folder.
//!
//! Pure: no I/O, and record `index` of `(split, seed)` is the same on every machine.
mod compose;
pub mod events;
pub mod expr;
pub mod openings;
mod story;
mod words;

pub use compose::{BOUNDS, Record, Split, drill, generate};

/// Number of problem families: openings plus events.
pub fn families() -> usize {
    openings::OPENINGS.len() + events::EVENTS.len()
}

#[cfg(test)]
mod tests;
