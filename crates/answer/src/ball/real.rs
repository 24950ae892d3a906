//! Real numbers with a bound on their error, and the four operations and roots on them.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};
use num_traits::{One as _, Signed as _, ToPrimitive as _, Zero as _};

use crate::rational::Rational;
use crate::work::Stop;

/// Bits of a midpoint.
pub(crate) const PRECISION: u64 = 256;
/// Bits of agreement, relative to the larger value or to 1, that make two values the same: 50 digits.
const AGREEMENT: i64 = 166;
/// Largest binary exponent.
const MAX_EXPONENT: i64 = 1 << 40;

/// All numbers from (middle − radius)·2^exponent to (middle + radius)·2^exponent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ball {
    pub(super) middle: BigInt,
    pub(super) radius: BigInt,
    pub(super) exponent: i64,
}

fn signed(bits: u64) -> i64 {
    i64::try_from(bits).unwrap_or(i64::MAX / 4)
}

impl Ball {
    pub(crate) fn integer(n: i64) -> Self {
        Self {
            middle: n.into(),
            radius: BigInt::zero(),
            exponent: 0,
        }
    }

    pub(super) fn exact(middle: BigInt, exponent: i64) -> Self {
        Self {
            middle,
            radius: BigInt::zero(),
            exponent,
        }
    }

    pub(crate) fn exact_integer(value: BigInt) -> Self {
        Self::exact(value, 0)
    }

    pub(crate) fn rational(value: &Rational) -> Result<Self, Stop> {
        let above = Self::exact(value.numer(), 0).rounded()?;
        match value.is_integer() {
            true => Ok(above),
            false => above.div(&Self::exact(value.denom(), 0).rounded()?),
        }
    }

    /// Cut to the precision, the error added to the radius.
    pub(super) fn rounded(mut self) -> Result<Self, Stop> {
        let over = signed(self.middle.bits()) - signed(PRECISION);
        let wide = signed(self.radius.bits()) - 32;
        let shift = over.max(wide);
        if shift > 0 {
            self.middle >>= shift;
            self.radius = (self.radius >> shift) + 2;
            self.exponent += shift;
        }
        match self.exponent.abs() > MAX_EXPONENT {
            true => Err(Stop::Budget),
            false => Ok(self),
        }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.middle.is_zero() && self.radius.is_zero()
    }

    pub(crate) fn has_zero(&self) -> bool {
        self.middle.abs() <= self.radius
    }

    /// The sign of every number in the ball; `None` where 0 is among others.
    pub(crate) fn sign(&self) -> Option<i32> {
        if self.is_zero() {
            return Some(0);
        }
        if self.has_zero() {
            return None;
        }
        Some(if self.middle.is_negative() { -1 } else { 1 })
    }

    pub(crate) fn neg(&self) -> Self {
        Self {
            middle: -&self.middle,
            ..self.clone()
        }
    }

    /// log2 of the largest absolute value, rounded up.
    pub(super) fn magnitude(&self) -> i64 {
        let size = self.middle.abs() + &self.radius;
        match size.is_zero() {
            true => -MAX_EXPONENT * 2,
            false => signed(size.bits()) + self.exponent,
        }
    }

    fn radius_magnitude(&self) -> i64 {
        match self.radius.is_zero() {
            true => -MAX_EXPONENT * 2,
            false => signed(self.radius.bits()) + self.exponent,
        }
    }

    /// The same numbers and no fewer with a larger exponent.
    fn raised(&self, exponent: i64) -> Self {
        let shift = exponent - self.exponent;
        if shift <= 0 {
            return self.clone();
        }
        let shift = shift.min(1 << 30);
        let inexact = !self.is_zero();
        Self {
            middle: &self.middle >> shift,
            radius: (&self.radius >> shift) + if inexact { 2 } else { 0 },
            exponent,
        }
    }

    pub(crate) fn add(&self, other: &Self) -> Result<Self, Stop> {
        if self.is_zero() {
            return Ok(other.clone());
        }
        if other.is_zero() {
            return Ok(self.clone());
        }
        let (high, low) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        let far = signed(PRECISION) * 3;
        let low = if high.exponent - low.exponent > far {
            low.raised(high.exponent - far)
        } else {
            low.clone()
        };
        let shift = high.exponent - low.exponent;
        Self {
            middle: (&high.middle << shift) + &low.middle,
            radius: (&high.radius << shift) + &low.radius,
            exponent: low.exponent,
        }
        .rounded()
    }

    pub(crate) fn sub(&self, other: &Self) -> Result<Self, Stop> {
        self.add(&other.neg())
    }

    pub(crate) fn mul(&self, other: &Self) -> Result<Self, Stop> {
        let radius = match (self.radius.is_zero(), other.radius.is_zero()) {
            (true, true) => BigInt::zero(),
            _ => {
                self.middle.abs() * &other.radius
                    + other.middle.abs() * &self.radius
                    + &self.radius * &other.radius
            }
        };
        Self {
            middle: &self.middle * &other.middle,
            radius,
            exponent: self.exponent.saturating_add(other.exponent),
        }
        .rounded()
    }

    /// The ball times 2^power.
    pub(super) fn scaled(&self, power: i64) -> Self {
        Self {
            exponent: self.exponent.saturating_add(power),
            ..self.clone()
        }
    }

    pub(crate) fn inverse(&self) -> Result<Self, Stop> {
        if self.is_zero() {
            return Err(Stop::Undefined);
        }
        if self.has_zero() {
            return Err(Stop::Unsupported);
        }
        let size = self.middle.abs();
        let shift = PRECISION + 8 + size.bits();
        let one = BigInt::one() << shift;
        let middle = &one / &self.middle;
        let radius = match self.radius.is_zero() {
            true => BigInt::from(1),
            false => (&self.radius << shift) / (&size * (&size - &self.radius)) + 2,
        };
        Self {
            middle,
            radius,
            exponent: -signed(shift) - self.exponent,
        }
        .rounded()
    }

    pub(crate) fn div(&self, other: &Self) -> Result<Self, Stop> {
        self.mul(&other.inverse()?)
    }

    pub(super) fn div_small(&self, by: i64) -> Result<Self, Stop> {
        // More bits before, so that the quotient keeps its precision.
        let wide = Self {
            middle: &self.middle << 64,
            radius: &self.radius << 64,
            exponent: self.exponent - 64,
        };
        Self {
            middle: wide.middle / by,
            radius: wide.radius / by.abs() + 2,
            exponent: wide.exponent,
        }
        .rounded()
    }

    pub(crate) fn sqrt(&self) -> Result<Self, Stop> {
        match self.sign() {
            Some(0) => return Ok(self.clone()),
            Some(1) => {}
            Some(_) => return Err(Stop::Undefined),
            None => return Err(Stop::Unsupported),
        }
        let mut shift = 2 * signed(PRECISION) + 16 - signed(self.middle.bits());
        shift = shift.max(0);
        if (self.exponent - shift) % 2 != 0 {
            shift += 1;
        }
        let root = (&self.middle << shift).sqrt();
        let radius = (&self.radius << shift) / &root + 2;
        Self {
            middle: root,
            radius,
            exponent: (self.exponent - shift) / 2,
        }
        .rounded()
    }

    pub(crate) fn power(&self, exponent: u64) -> Result<Self, Stop> {
        let mut result = Self::integer(1);
        let mut base = self.clone();
        let mut rest = exponent;
        while rest > 0 {
            if rest & 1 == 1 {
                result = result.mul(&base)?;
            }
            rest >>= 1;
            if rest > 0 {
                base = base.mul(&base)?;
            }
        }
        Ok(result)
    }

    /// A number near the middle; NaN or infinite where it is beyond a double.
    pub(crate) fn to_f64(&self) -> f64 {
        let bits = signed(self.middle.bits());
        let drop = (bits - 60).max(0);
        let top = (&self.middle >> drop).to_f64().unwrap_or(f64::NAN);
        let exponent = i32::try_from((self.exponent + drop).clamp(-4_000, 4_000)).unwrap_or(0);
        // Two steps, so that no step over- or underflows alone.
        let half = exponent / 2;
        top * 2f64.powi(half) * 2f64.powi(exponent - half)
    }

    /// The integer that is nearest to the middle.
    pub(super) fn nearest(&self) -> Result<BigInt, Stop> {
        if self.exponent >= 0 {
            if self.exponent > 4_096 {
                return Err(Stop::Budget);
            }
            return Ok(&self.middle << self.exponent);
        }
        let shift = -self.exponent;
        if shift > 1 << 20 {
            return Ok(BigInt::zero());
        }
        let half = BigInt::one() << (shift - 1);
        Ok((&self.middle + half) >> shift)
    }

    /// The floor, where all numbers of the ball have the same.
    pub(crate) fn floor(&self) -> Result<BigInt, Stop> {
        let low = Self::exact(&self.middle - &self.radius, self.exponent).floor_exact()?;
        let high = Self::exact(&self.middle + &self.radius, self.exponent).floor_exact()?;
        if low == high {
            Ok(low)
        } else {
            Err(Stop::Unsupported)
        }
    }

    fn floor_exact(&self) -> Result<BigInt, Stop> {
        match self.exponent {
            e if e > 4_096 => Err(Stop::Budget),
            e if e >= 0 => Ok(&self.middle << e),
            e if -e > 1 << 20 => Ok(BigInt::from(if self.middle.sign() == Sign::Minus {
                -1
            } else {
                0
            })),
            e => Ok(&self.middle >> -e),
        }
    }

    /// The integer where the ball is exactly one.
    pub(crate) fn integer_value(&self) -> Option<BigInt> {
        if !self.radius.is_zero() {
            return None;
        }
        match self.exponent {
            e if e > 4_096 => None,
            e if e >= 0 => Some(&self.middle << e),
            e if -e > 4_096 => self.middle.is_zero().then(BigInt::zero),
            e => {
                let whole = &self.middle >> -e;
                ((&whole << -e) == self.middle).then_some(whole)
            }
        }
    }

    /// Whether the numbers of both are certainly different (`Less`, `Greater`), or the same as far as the precision of
    /// [`AGREEMENT`] goes (`Equal`); `None` where neither is known.
    pub(crate) fn compare(&self, other: &Self) -> Result<Option<Ordering>, Stop> {
        let difference = self.sub(other)?;
        if let Some(sign) = difference.sign() {
            return Ok(Some(sign.cmp(&0)));
        }
        let scale = self.magnitude().max(other.magnitude()).max(0);
        // A large integer and its neighbour are not the same, however many digits they share.
        let small = (scale - AGREEMENT).min(-8);
        Ok((difference.radius_magnitude() <= small).then_some(Ordering::Equal))
    }
}
