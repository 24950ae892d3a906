//! Exponential, logarithm, sine, cosine and arc tangent with error bounds, and π.

use std::sync::OnceLock;

use num_bigint::BigInt;
use num_traits::{One as _, Signed as _, ToPrimitive as _, Zero as _};

use super::real::{Ball, PRECISION};
use crate::work::Stop;

/// Bits that constants are computed to.
const CONSTANT: u64 = PRECISION + 64;
/// Largest argument of an exponential.
const MAX_EXPONENTIAL: f64 = 1e6;

/// Σ (±1)^k / ((2k+1)·n^(2k+1)), scaled by 2^CONSTANT: arc tangent (alternating) or its hyperbolic twin of 1/n.
fn inverse_series(n: u32, alternating: bool) -> (BigInt, u32) {
    let square = BigInt::from(u64::from(n) * u64::from(n));
    let mut power = (BigInt::one() << CONSTANT) / n;
    let mut sum = BigInt::zero();
    let mut k = 0u32;
    while !power.is_zero() {
        let term = &power / (2 * k + 1);
        if alternating && k % 2 == 1 {
            sum -= term
        } else {
            sum += term
        }
        power /= &square;
        k += 1;
    }
    (sum, k)
}

fn constant(parts: &[(i64, u32)], alternating: bool) -> Ball {
    let mut middle = BigInt::zero();
    let mut radius = 1i64;
    for (factor, n) in parts {
        let (sum, terms) = inverse_series(*n, alternating);
        middle += sum * *factor;
        // Each term is cut twice, and the rest of the series is below one unit.
        radius += factor.abs() * (2 * i64::from(terms) + 2);
    }
    Ball {
        middle,
        radius: radius.into(),
        exponent: -i64::try_from(CONSTANT).unwrap_or(320),
    }
}

/// π = 16·atan(1/5) − 4·atan(1/239).
pub(crate) fn pi() -> Ball {
    static PI: OnceLock<Ball> = OnceLock::new();
    PI.get_or_init(|| constant(&[(16, 5), (-4, 239)], true))
        .clone()
}

/// ln 2 = 18·artanh(1/26) − 2·artanh(1/4801) + 8·artanh(1/8749).
pub(crate) fn ln2() -> Ball {
    static LN2: OnceLock<Ball> = OnceLock::new();
    LN2.get_or_init(|| constant(&[(18, 26), (-2, 4801), (8, 8749)], false))
        .clone()
}

impl Ball {
    /// The ball and a further error of at most 2^magnitude.
    fn widened(mut self, magnitude: i64) -> Result<Self, Stop> {
        let shift = magnitude - self.exponent;
        if shift >= 0 {
            self.radius += BigInt::one() << shift.min(4_096);
        } else {
            self.radius += 1;
        }
        self.rounded()
    }

    pub(crate) fn exp(&self) -> Result<Self, Stop> {
        if self.is_zero() {
            return Ok(Self::integer(1));
        }
        let near = self.to_f64();
        if near.is_nan() || near.abs() > MAX_EXPONENTIAL {
            return Err(Stop::Budget);
        }
        // x = k·ln 2 + t, then t/2^8.
        let turns = (near / std::f64::consts::LN_2).round();
        let turns = turns.to_i64().ok_or(Stop::Budget)?;
        let t = self.sub(&ln2().mul(&Self::integer(turns))?)?;
        if t.magnitude() > 1 {
            return Err(Stop::Unsupported);
        }
        let t = t.scaled(-8);
        let mut sum = Self::integer(1);
        let mut term = Self::integer(1);
        let limit = -i64::try_from(PRECISION).unwrap_or(256) - 12;
        for n in 1..200 {
            term = term.mul(&t)?.div_small(n)?;
            if term.magnitude() < limit {
                // The rest of the series is less than twice its first term.
                sum = sum.widened(term.magnitude() + 1)?;
                break;
            }
            sum = sum.add(&term)?;
        }
        for _ in 0..8 {
            sum = sum.mul(&sum)?;
        }
        sum.scaled(turns).rounded()
    }

    pub(crate) fn ln(&self) -> Result<Self, Stop> {
        match self.sign() {
            Some(1) => {}
            Some(_) => return Err(Stop::Undefined),
            None => return Err(Stop::Unsupported),
        }
        // x = 2^k·m with m near 1, then five roots.
        let k = self.magnitude();
        let mut m = self.scaled(-k);
        for _ in 0..5 {
            m = m.sqrt()?;
        }
        let one = Self::integer(1);
        let z = m.sub(&one)?.div(&m.add(&one)?)?;
        let log = z.odd_series(false)?.scaled(6);
        log.add(&ln2().mul(&Self::integer(k))?)
    }

    /// z ± z³/3 + z⁵/5 ± …, for |z| below 1/8.
    fn odd_series(&self, alternating: bool) -> Result<Self, Stop> {
        if self.is_zero() {
            return Ok(self.clone());
        }
        if self.magnitude() > -3 {
            return Err(Stop::Unsupported);
        }
        let square = self.mul(self)?;
        let mut power = self.clone();
        let mut sum = self.clone();
        let limit = self.magnitude() - i64::try_from(PRECISION).unwrap_or(256) - 12;
        for k in 1..400 {
            power = power.mul(&square)?;
            let term = power.div_small(2 * k + 1)?;
            if term.magnitude() < limit {
                return sum.widened(term.magnitude() + 1);
            }
            sum = if alternating && k % 2 == 1 {
                sum.sub(&term)?
            } else {
                sum.add(&term)?
            };
        }
        Err(Stop::Unsupported)
    }

    pub(crate) fn atan(&self) -> Result<Self, Stop> {
        if self.is_zero() {
            return Ok(self.clone());
        }
        if self.middle.is_negative() {
            return Ok(self.neg().atan()?.neg());
        }
        let one = Self::integer(1);
        if self.magnitude() > 1 {
            return pi().scaled(-1).sub(&self.inverse()?.atan()?);
        }
        // atan x = 2·atan(x / (1 + √(1 + x²)))
        let mut x = self.clone();
        for _ in 0..5 {
            let below = one.add(&one.add(&x.mul(&x)?)?.sqrt()?)?;
            x = x.div(&below)?;
        }
        Ok(x.odd_series(true)?.scaled(5))
    }

    /// Sine and cosine.
    pub(crate) fn sin_cos(&self) -> Result<(Self, Self), Stop> {
        let quarter = pi().scaled(-1);
        let turns = self.div(&quarter)?.nearest()?;
        if turns.bits() > PRECISION / 2 {
            return Err(Stop::Unsupported);
        }
        let t = self.sub(&quarter.mul(&Self::exact(turns.clone(), 0))?)?;
        if t.magnitude() > 1 {
            return Err(Stop::Unsupported);
        }
        let t = t.scaled(-6);
        let square = t.mul(&t)?;
        let limit = -i64::try_from(PRECISION).unwrap_or(256) - 12;
        let (mut sine, mut cosine) = (t.clone(), Self::integer(1));
        let (mut odd, mut even) = (t.clone(), Self::integer(1));
        for k in 1..200 {
            even = even.mul(&square)?.div_small(-(2 * k - 1) * (2 * k))?;
            odd = odd.mul(&square)?.div_small(-(2 * k) * (2 * k + 1))?;
            if even.magnitude() < limit && odd.magnitude() < limit {
                cosine = cosine.widened(even.magnitude() + 1)?;
                sine = sine.widened(odd.magnitude() + 1)?;
                break;
            }
            cosine = cosine.add(&even)?;
            sine = sine.add(&odd)?;
        }
        for _ in 0..6 {
            let double = sine.mul(&cosine)?.scaled(1);
            cosine = cosine.mul(&cosine)?.scaled(1).sub(&Self::integer(1))?;
            sine = double;
        }
        let place: BigInt = ((turns % 4) + 4) % 4;
        Ok(match place.to_u32() {
            Some(0) => (sine, cosine),
            Some(1) => (cosine, sine.neg()),
            Some(2) => (sine.neg(), cosine.neg()),
            _ => (cosine.neg(), sine),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rational::Rational;

    fn near(ball: &Ball, value: f64) {
        assert!(
            (ball.to_f64() - value).abs() <= 1e-14 * value.abs().max(1.0),
            "{} {value}",
            ball.to_f64()
        );
        // All but a few of the bits are right.
        let one = Ball::integer(1);
        assert!(
            ball.sub(&ball.add(&one).unwrap().sub(&one).unwrap())
                .unwrap()
                .magnitude()
                < -180
        );
    }

    #[test]
    fn values_agree_with_doubles_and_with_identities() {
        near(&pi(), std::f64::consts::PI);
        near(&ln2(), std::f64::consts::LN_2);
        for (n, d) in [
            (1i128, 3i128),
            (-7, 5),
            (22, 7),
            (113, 1000),
            (-40, 3),
            (1, 1_000_000),
        ] {
            let x = Ball::rational(&Rational::ratio(n, d).unwrap()).unwrap();
            let v = n as f64 / d as f64;
            near(&x.exp().unwrap(), v.exp());
            near(&x.atan().unwrap(), v.atan());
            let (sine, cosine) = x.sin_cos().unwrap();
            near(&sine, v.sin());
            near(&cosine, v.cos());
            let one = sine
                .mul(&sine)
                .unwrap()
                .add(&cosine.mul(&cosine).unwrap())
                .unwrap();
            assert_eq!(
                one.compare(&Ball::integer(1)).unwrap(),
                Some(std::cmp::Ordering::Equal)
            );
            assert_eq!(
                x.exp().unwrap().ln().unwrap().compare(&x).unwrap(),
                Some(std::cmp::Ordering::Equal)
            );
            if n > 0 {
                near(&x.ln().unwrap(), v.ln());
                near(&x.sqrt().unwrap(), v.sqrt());
            }
        }
    }

    #[test]
    fn what_is_different_is_seen() {
        let one = Ball::integer(1);
        let tiny = Ball::rational(&Rational::ratio(1, 10i128.pow(30)).unwrap()).unwrap();
        let tinier = tiny.mul(&tiny).unwrap();
        assert_eq!(
            one.compare(&one.add(&tinier).unwrap()).unwrap(),
            Some(std::cmp::Ordering::Less)
        );
        assert_eq!(
            tinier.compare(&Ball::integer(0)).unwrap(),
            Some(std::cmp::Ordering::Greater)
        );
    }
}
