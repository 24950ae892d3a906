//! Real and complex numbers as a midpoint with a bound on the error, in 256 bits.

mod complex;
mod elementary;
mod evaluate;
mod real;

pub(crate) use complex::Complex;
pub(crate) use evaluate::{Evaluator, Point};
pub(crate) use real::Ball;
