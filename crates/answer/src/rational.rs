//! Exact rational numbers that cost nothing while they are small.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::{BigInt, Sign};
use num_integer::Integer as _;
use num_rational::BigRational;
use num_traits::{One as _, Signed as _, ToPrimitive as _, Zero as _};

use super::work::{MAX_BITS, Stop, Work};

/// A rational number in lowest terms; `Big` only where it does not fit into two `i64`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Rational {
    Small(i64, i64),
    Big(Box<BigRational>),
}

pub(crate) const ZERO: Rational = Rational::Small(0, 1);
pub(crate) const ONE: Rational = Rational::Small(1, 1);

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    // Most operands are small; 64-bit remainders are several times cheaper than 128-bit ones.
    while b != 0 {
        if let (Ok(mut x), Ok(mut y)) = (u64::try_from(a), u64::try_from(b)) {
            while y != 0 {
                (x, y) = (y, x % y);
            }
            return i128::from(x);
        }
        (a, b) = (b, a % b);
    }
    i128::try_from(a).unwrap_or(1)
}

impl Rational {
    pub(crate) fn integer(n: i64) -> Self {
        Self::Small(n, 1)
    }

    /// n/d; `None` where d is 0 or a part is the smallest `i128`.
    pub(crate) fn ratio(n: i128, d: i128) -> Option<Self> {
        if d == 0 || n == i128::MIN || d == i128::MIN {
            return None;
        }
        let g = gcd(n, d) * d.signum();
        let (n, d) = (n / g, d / g);
        Some(match (i64::try_from(n), i64::try_from(d)) {
            (Ok(n), Ok(d)) => Self::Small(n, d),
            _ => Self::Big(Box::new(BigRational::new_raw(n.into(), d.into()))),
        })
    }

    pub(crate) fn from_big(value: BigRational) -> Self {
        match (value.numer().to_i64(), value.denom().to_i64()) {
            (Some(n), Some(d)) => Self::Small(n, d),
            _ => Self::Big(Box::new(value)),
        }
    }

    pub(crate) fn from_int(value: BigInt) -> Self {
        match value.to_i64() {
            Some(n) => Self::Small(n, 1),
            None => Self::Big(Box::new(BigRational::from_integer(value))),
        }
    }

    pub(crate) fn big(&self) -> BigRational {
        match self {
            Self::Small(n, d) => BigRational::new_raw((*n).into(), (*d).into()),
            Self::Big(b) => (**b).clone(),
        }
    }

    pub(crate) fn numer(&self) -> BigInt {
        match self {
            Self::Small(n, _) => (*n).into(),
            Self::Big(b) => b.numer().clone(),
        }
    }

    pub(crate) fn denom(&self) -> BigInt {
        match self {
            Self::Small(_, d) => (*d).into(),
            Self::Big(b) => b.denom().clone(),
        }
    }

    pub(crate) fn is_zero(&self) -> bool {
        matches!(self, Self::Small(0, _))
    }

    pub(crate) fn is_one(&self) -> bool {
        matches!(self, Self::Small(1, 1))
    }

    pub(crate) fn is_integer(&self) -> bool {
        match self {
            Self::Small(_, d) => *d == 1,
            Self::Big(b) => b.is_integer(),
        }
    }

    pub(crate) fn is_negative(&self) -> bool {
        match self {
            Self::Small(n, _) => *n < 0,
            Self::Big(b) => b.is_negative(),
        }
    }

    /// The value where it is an integer that fits.
    pub(crate) fn small(&self) -> Option<i64> {
        match self {
            Self::Small(n, 1) => Some(*n),
            _ => None,
        }
    }

    /// The larger of the bits of numerator and denominator.
    pub(crate) fn bits(&self) -> u64 {
        match self {
            Self::Small(..) => 64,
            Self::Big(b) => b.numer().bits().max(b.denom().bits()),
        }
    }

    /// Steps that an operation on both costs: products and common divisors grow with the product of sizes.
    fn cost(&self, other: &Self) -> Result<u64, Stop> {
        if let (Self::Small(..), Self::Small(..)) = (self, other) {
            return Ok(1);
        }
        let (a, b) = (self.bits(), other.bits());
        if a > MAX_BITS || b > MAX_BITS {
            return Err(Stop::Budget);
        }
        if self.is_integer() && other.is_integer() {
            return Ok(4 + a * b / 100_000 + (a + b) / 1_000);
        }
        // A quadratic, bit-by-bit common divisor follows.
        Ok(20 + (a + b) * (a + b) / 350)
    }

    pub(crate) fn add(&self, other: &Self, work: &Work) -> Result<Self, Stop> {
        work.spend(self.cost(other)?)?;
        if let (Self::Small(a, b), Self::Small(c, d)) = (self, other) {
            let (a, b, c, d) = (
                i128::from(*a),
                i128::from(*b),
                i128::from(*c),
                i128::from(*d),
            );
            if let Some(sum) = Self::ratio(a * d + c * b, b * d) {
                return Ok(sum);
            }
        }
        if self.is_integer() && other.is_integer() {
            return Ok(Self::from_int(self.numer() + other.numer()));
        }
        Ok(Self::from_big(self.big() + other.big()))
    }

    pub(crate) fn mul(&self, other: &Self, work: &Work) -> Result<Self, Stop> {
        work.spend(self.cost(other)?)?;
        if let (Self::Small(a, b), Self::Small(c, d)) = (self, other) {
            let (n, d) = (
                i128::from(*a) * i128::from(*c),
                i128::from(*b) * i128::from(*d),
            );
            if let Some(product) = Self::ratio(n, d) {
                return Ok(product);
            }
        }
        if self.is_integer() && other.is_integer() {
            return Ok(Self::from_int(self.numer() * other.numer()));
        }
        Ok(Self::from_big(self.big() * other.big()))
    }

    pub(crate) fn sub(&self, other: &Self, work: &Work) -> Result<Self, Stop> {
        self.add(&other.neg(), work)
    }

    pub(crate) fn neg(&self) -> Self {
        match self {
            Self::Small(n, d) if *n != i64::MIN => Self::Small(-n, *d),
            _ => Self::from_big(-self.big()),
        }
    }

    pub(crate) fn abs(&self) -> Self {
        if self.is_negative() {
            self.neg()
        } else {
            self.clone()
        }
    }

    /// 1/self; an error where it is 0.
    pub(crate) fn recip(&self) -> Result<Self, Stop> {
        match self {
            Self::Small(0, _) => Err(Stop::Undefined),
            Self::Small(n, d) => Self::ratio((*d).into(), (*n).into()).ok_or(Stop::Undefined),
            Self::Big(b) => Ok(Self::from_big(b.recip())),
        }
    }

    pub(crate) fn div(&self, other: &Self, work: &Work) -> Result<Self, Stop> {
        self.mul(&other.recip()?, work)
    }

    /// An integer power; an error where the result would be too large.
    pub(crate) fn pow(&self, exponent: i64, work: &Work) -> Result<Self, Stop> {
        if exponent == 0 || self.is_one() {
            return Ok(ONE);
        }
        if self.is_zero() {
            return if exponent > 0 {
                Ok(ZERO)
            } else {
                Err(Stop::Undefined)
            };
        }
        let size = u32::try_from(exponent.unsigned_abs()).map_err(|_| Stop::Budget);
        let base = if exponent < 0 {
            self.recip()?
        } else {
            self.clone()
        };
        if let Self::Small(n, 1) = base
            && n == -1
        {
            return Ok(Self::integer(if exponent % 2 == 0 { 1 } else { -1 }));
        }
        let size = size?;
        let (n, d) = (base.numer(), base.denom());
        let bits = n
            .bits()
            .max(d.bits())
            .saturating_sub(1)
            .saturating_mul(size.into());
        if bits > MAX_BITS {
            return Err(Stop::Budget);
        }
        work.spend(2 + bits / 64 + bits * bits / 400_000)?;
        // Powers of coprime parts stay coprime.
        Ok(Self::from_big(BigRational::new_raw(
            n.pow(size),
            d.pow(size),
        )))
    }

    pub(crate) fn floor(&self) -> Self {
        match self {
            Self::Small(n, d) => Self::integer(n.div_floor(d)),
            Self::Big(b) => Self::from_int(b.numer().div_floor(b.denom())),
        }
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Small(a, b), Self::Small(c, d)) => {
                (i128::from(*a) * i128::from(*d)).cmp(&(i128::from(*c) * i128::from(*b)))
            }
            _ => self.big().cmp(&other.big()),
        }
    }

    pub(crate) fn to_f64(&self) -> f64 {
        match self {
            Self::Small(n, d) => *n as f64 / *d as f64,
            Self::Big(b) => b.to_f64().unwrap_or(f64::NAN),
        }
    }

    pub(crate) fn sign(&self) -> i32 {
        match self {
            Self::Small(n, _) => n.signum() as i32,
            Self::Big(b) => match b.numer().sign() {
                Sign::Minus => -1,
                Sign::NoSign => 0,
                Sign::Plus => 1,
            },
        }
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(other)
    }
}

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Small(n, 1) => write!(f, "{n}"),
            Self::Small(n, d) => write!(f, "{n}/{d}"),
            Self::Big(b) if b.denom().is_one() || b.numer().is_zero() => write!(f, "{}", b.numer()),
            Self::Big(b) => write!(f, "{}/{}", b.numer(), b.denom()),
        }
    }
}
