//! The value of a tree at a point, with a bound on its error.

use super::complex::Complex;
use super::elementary::pi;
use super::real::Ball;
use crate::canon::based;
use crate::node::{Constant, Function, Node};
use crate::rational::Rational;
use crate::work::{Stop, Work};

/// Deepest tree, and most terms of a sum that is written out.
const MAX_DEPTH: u32 = 150;
const MAX_SERIES: i64 = 400;
/// Largest n of which a factorial is computed.
const MAX_FACTORIAL: i64 = 2_000;

/// Where names have their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    /// No names are expected.
    None,
    /// Positive rationals from 1/4 to 4.
    Positive(u32),
    /// Rationals from −4 to 4.
    Mixed(u32),
    /// Integers from 2 to 9.
    Integers(u32),
}

pub(crate) struct Evaluator<'w> {
    work: &'w Work,
    point: Point,
    /// Whether values that are not real may come up on the way.
    complex: bool,
    bound: Vec<(Box<str>, Ball)>,
    depth: u32,
}

/// A number from the name and the place, the same in every process. Every bit depends on all of both, so that neither the
/// signs nor the parities of names go together over the places.
fn hash(name: &str, place: u32) -> u64 {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in name.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    state = state.wrapping_add(u64::from(place + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

impl<'w> Evaluator<'w> {
    pub(crate) fn new(work: &'w Work, point: Point, complex: bool) -> Self {
        Self {
            work,
            point,
            complex,
            bound: Vec::new(),
            depth: 0,
        }
    }

    fn coordinate(&self, name: &str) -> Result<Ball, Stop> {
        let value = match self.point {
            Point::None => return Err(Stop::Unsupported),
            Point::Positive(place) => {
                Rational::ratio(i128::from(hash(name, place) % 3_631 + 251), 1_009)
            }
            Point::Mixed(place) => {
                Rational::ratio(i128::from(hash(name, place) % 8_059) - 4_027, 1_013)
            }
            Point::Integers(place) => Rational::ratio(i128::from(hash(name, place) % 8 + 2), 1),
        };
        Ball::rational(&value.ok_or(Stop::Unsupported)?)
    }

    pub(crate) fn value(&mut self, node: &Node) -> Result<Complex, Stop> {
        self.work.spend(20)?;
        if self.depth > MAX_DEPTH {
            return Err(Stop::Unsupported);
        }
        self.depth += 1;
        let value = self.inner(node);
        self.depth -= 1;
        let value = value?;
        if !self.complex && !value.is_real() {
            return Err(Stop::Undefined);
        }
        Ok(value)
    }

    fn real(&mut self, node: &Node) -> Result<Ball, Stop> {
        let value = self.value(node)?;
        if value.is_real() {
            Ok(value.re)
        } else {
            Err(Stop::Unsupported)
        }
    }

    fn inner(&mut self, node: &Node) -> Result<Complex, Stop> {
        Ok(match node {
            Node::Number(number) => Complex::real(Ball::rational(&number.value)?),
            Node::Symbol(name) => {
                let bound = self.bound.iter().rev().find(|(bound, _)| bound == name);
                Complex::real(match bound {
                    Some((_, value)) => value.clone(),
                    None => self.coordinate(name)?,
                })
            }
            Node::Constant(constant) => match constant {
                Constant::Pi => Complex::real(pi()),
                Constant::Euler => Complex::real(Ball::integer(1).exp()?),
                Constant::Imaginary => Complex {
                    re: Ball::integer(0),
                    im: Ball::integer(1),
                },
                _ => return Err(Stop::Unsupported),
            },
            Node::Add(parts) => {
                let mut sum = Complex::real(Ball::integer(0));
                for part in parts {
                    sum = sum.add(&self.value(part)?)?;
                }
                sum
            }
            Node::Mul(parts) => {
                let mut product = Complex::real(Ball::integer(1));
                for part in parts {
                    product = product.mul(&self.value(part)?)?;
                }
                product
            }
            Node::Power(two) => {
                let [base, exponent] = two.as_ref();
                return self.power(base, exponent);
            }
            Node::Percent(inner) => self
                .value(inner)?
                .mul(&Complex::real(Ball::rational(&Rational::Small(1, 100))?))?,
            Node::Quantity(inner, _) => self.value(inner)?,
            Node::Sequence(_, only) if only.len() == 1 => match only.first() {
                Some(inner) => self.value(inner)?,
                None => return Err(Stop::Unsupported),
            },
            Node::Based(digits, base) => Complex::real(Ball::rational(
                &based(digits, *base).ok_or(Stop::Unsupported)?,
            )?),
            Node::Apply(function, arguments) => return self.apply(*function, arguments),
            _ => return Err(Stop::Unsupported),
        })
    }

    fn power(&mut self, base: &Node, exponent: &Node) -> Result<Complex, Stop> {
        // e^x without the detour over ln e.
        if matches!(base, Node::Constant(Constant::Euler)) {
            self.work.spend(500)?;
            return self.value(exponent)?.exp();
        }
        if let Node::Number(n) = exponent
            && n.value == Rational::Small(1, 2)
        {
            self.work.spend(60)?;
            return self.value(base)?.sqrt();
        }
        let base = self.value(base)?;
        let exponent = self.value(exponent)?;
        self.work.spend(if exponent.re.integer_value().is_some() {
            100
        } else {
            1_800
        })?;
        if !self.complex && base.re.sign() == Some(-1) && exponent.re.integer_value().is_none() {
            return Err(Stop::Undefined);
        }
        base.power(&exponent)
    }

    fn apply(&mut self, function: Function, arguments: &[Node]) -> Result<Complex, Stop> {
        use Function as F;
        let real = Complex::real;
        match (function, arguments) {
            (F::Sum | F::Product, [body, Node::Symbol(index), low, high]) => {
                let (low, high) = (self.integer(low)?, self.integer(high)?);
                if high.saturating_sub(low) > MAX_SERIES {
                    return Err(Stop::Unsupported);
                }
                let mut total = real(Ball::integer(i64::from(function == F::Product)));
                for value in low..=high {
                    self.bound.push((index.clone(), Ball::integer(value)));
                    let term = self.value(body);
                    self.bound.pop();
                    let term = term?;
                    total = if function == F::Sum {
                        total.add(&term)?
                    } else {
                        total.mul(&term)?
                    };
                }
                return Ok(total);
            }
            (F::RealRoot, [of, index]) => return self.root(of, index),
            (
                F::Log
                | F::LogBase
                | F::Sin
                | F::Cos
                | F::Tan
                | F::Exp
                | F::Asin
                | F::Acos
                | F::Atan,
                _,
            ) => self.work.spend(1_000)?,
            _ => self.work.spend(100)?,
        }
        match (function, arguments) {
            (F::Abs, [x]) => Ok(real(self.value(x)?.abs()?)),
            (F::Exp, [x]) => self.value(x)?.exp(),
            (F::Log, [x]) => self.log(x),
            (F::LogBase, [x, base]) => {
                let below = self.log(base)?;
                self.log(x)?.mul(&below.inverse()?)
            }
            (F::Degrees, [x]) => self.value(x)?.mul(&real(pi().div(&Ball::integer(180))?)),
            (F::Sin, [x]) => Ok(self.value(x)?.sin_cos()?.0),
            (F::Cos, [x]) => Ok(self.value(x)?.sin_cos()?.1),
            (F::Tan, [x]) => {
                let (sine, cosine) = self.value(x)?.sin_cos()?;
                sine.mul(&cosine.inverse()?)
            }
            (F::Cot, [x]) => {
                let (sine, cosine) = self.value(x)?.sin_cos()?;
                cosine.mul(&sine.inverse()?)
            }
            (F::Sec, [x]) => self.value(x)?.sin_cos()?.1.inverse(),
            (F::Csc, [x]) => self.value(x)?.sin_cos()?.0.inverse(),
            (F::Sinh | F::Cosh | F::Tanh | F::Coth | F::Sech | F::Csch, [x]) => {
                let x = self.value(x)?;
                self.work.spend(500)?;
                let (up, down) = (x.exp()?, x.neg().exp()?);
                let half = real(Ball::rational(&Rational::Small(1, 2))?);
                let (cosh, sinh) = (up.add(&down)?.mul(&half)?, up.add(&down.neg())?.mul(&half)?);
                match function {
                    F::Sinh => Ok(sinh),
                    F::Cosh => Ok(cosh),
                    F::Tanh => sinh.mul(&cosh.inverse()?),
                    F::Coth => cosh.mul(&sinh.inverse()?),
                    F::Sech => cosh.inverse(),
                    _ => sinh.inverse(),
                }
            }
            (F::Atan, [x]) => Ok(real(self.real(x)?.atan()?)),
            (F::Acot, [x]) => Ok(real(self.real(x)?.inverse()?.atan()?)),
            (F::Asin, [x]) => Ok(real(arc_sine(&self.real(x)?)?)),
            (F::Acos, [x]) => Ok(real(
                pi().div(&Ball::integer(2))?
                    .sub(&arc_sine(&self.real(x)?)?)?,
            )),
            (F::Asec, [x]) => {
                let x = self.real(x)?.inverse()?;
                Ok(real(pi().div(&Ball::integer(2))?.sub(&arc_sine(&x)?)?))
            }
            (F::Acsc, [x]) => Ok(real(arc_sine(&self.real(x)?.inverse()?)?)),
            (F::Atan2, [y, x]) => Ok(real(
                Complex {
                    re: self.real(x)?,
                    im: self.real(y)?,
                }
                .arg()?,
            )),
            (F::Asinh, [x]) => {
                let x = self.real(x)?;
                let root = x.mul(&x)?.add(&Ball::integer(1))?.sqrt()?;
                Ok(real(x.add(&root)?.ln()?))
            }
            (F::Acosh, [x]) => {
                let x = self.real(x)?;
                let root = x.mul(&x)?.sub(&Ball::integer(1))?.sqrt()?;
                Ok(real(x.add(&root)?.ln()?))
            }
            (F::Atanh, [x]) => {
                let x = self.real(x)?;
                let one = Ball::integer(1);
                let log = one.add(&x)?.div(&one.sub(&x)?)?.ln()?;
                Ok(real(log.div(&Ball::integer(2))?))
            }
            (F::Acoth, [x]) => {
                let x = self.real(x)?.inverse()?;
                let one = Ball::integer(1);
                let log = one.add(&x)?.div(&one.sub(&x)?)?.ln()?;
                Ok(real(log.div(&Ball::integer(2))?))
            }
            (F::Floor, [x]) => Ok(real(Ball::exact_integer(self.real(x)?.floor()?))),
            (F::Ceiling, [x]) => Ok(real(Ball::exact_integer(-self.real(x)?.neg().floor()?))),
            (F::Sign, [x]) => match self.real(x)?.sign() {
                Some(sign) => Ok(real(Ball::integer(sign.into()))),
                None => Err(Stop::Unsupported),
            },
            (F::Factorial, [x]) => {
                let n = self.integer(x)?;
                if !(0..=MAX_FACTORIAL).contains(&n) {
                    return Err(if n < 0 { Stop::Undefined } else { Stop::Budget });
                }
                self.work.spend(u64::try_from(n).unwrap_or(0) * 10)?;
                let mut product = Ball::integer(1);
                for factor in 2..=n {
                    product = product.mul(&Ball::integer(factor))?;
                }
                Ok(real(product))
            }
            (F::Binomial, [n, k]) => {
                let n = self.real(n)?;
                let k = self.integer(k)?;
                if !(0..=MAX_SERIES).contains(&k) {
                    return if k < 0 {
                        Ok(real(Ball::integer(0)))
                    } else {
                        Err(Stop::Budget)
                    };
                }
                self.work.spend(u64::try_from(k).unwrap_or(0) * 30)?;
                let mut product = Ball::integer(1);
                for step in 0..k {
                    product = product
                        .mul(&n.sub(&Ball::integer(step))?)?
                        .div(&Ball::integer(step + 1))?;
                }
                Ok(real(product))
            }
            (F::Min | F::Max, [first, rest @ ..]) => {
                let mut best = self.real(first)?;
                for other in rest {
                    let other = self.real(other)?;
                    let lower = match best.compare(&other)? {
                        Some(std::cmp::Ordering::Greater) => true,
                        Some(_) => false,
                        None => return Err(Stop::Unsupported),
                    };
                    if lower == (function == F::Min) {
                        best = other;
                    }
                }
                Ok(real(best))
            }
            (F::Mod, [x, modulus]) => {
                let (x, modulus) = (self.real(x)?, self.real(modulus)?);
                let times = Ball::exact_integer(x.div(&modulus)?.floor()?);
                Ok(real(x.sub(&times.mul(&modulus)?)?))
            }
            (F::Re, [x]) => Ok(real(self.value(x)?.re)),
            (F::Im, [x]) => Ok(real(self.value(x)?.im)),
            (F::Arg, [x]) => Ok(real(self.value(x)?.arg()?)),
            (F::Conjugate, [x]) => {
                let x = self.value(x)?;
                Ok(Complex {
                    im: x.im.neg(),
                    re: x.re,
                })
            }
            _ => Err(Stop::Unsupported),
        }
    }

    fn log(&mut self, x: &Node) -> Result<Complex, Stop> {
        self.work.spend(600)?;
        let x = self.value(x)?;
        if !self.complex && x.re.sign() == Some(-1) {
            return Err(Stop::Undefined);
        }
        x.ln()
    }

    fn integer(&mut self, node: &Node) -> Result<i64, Stop> {
        let value = self.real(node)?;
        value
            .integer_value()
            .and_then(|n| i64::try_from(n).ok())
            .ok_or(Stop::Unsupported)
    }

    /// The real root where there is one, else the principal one.
    fn root(&mut self, of: &Node, index: &Node) -> Result<Complex, Stop> {
        self.work.spend(1_800)?;
        let of = self.value(of)?;
        let index = self.value(index)?;
        let odd = index.re.integer_value().is_some_and(|n| n.bit(0));
        if odd && of.is_real() && of.re.sign() == Some(-1) {
            return Ok(of.neg().power(&index.inverse()?)?.neg());
        }
        if !self.complex && of.re.sign() == Some(-1) {
            return Err(Stop::Undefined);
        }
        of.power(&index.inverse()?)
    }
}

fn arc_sine(x: &Ball) -> Result<Ball, Stop> {
    // asin x = atan(x / √(1 − x²)); at ±1 itself ±π/2.
    let one = Ball::integer(1);
    let inside = one.sub(&x.mul(x)?)?;
    match inside.sign() {
        Some(0) => {
            let half = pi().div(&Ball::integer(2))?;
            Ok(if x.sign() == Some(-1) {
                half.neg()
            } else {
                half
            })
        }
        _ => x.div(&inside.sqrt()?)?.atan(),
    }
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn signs_and_parities_of_two_names_do_not_go_together() {
        let names: Vec<String> = ('a'..='z').map(String::from).collect();
        let negative = |name: &str, place: u32| hash(name, place) % 8_059 < 4_027;
        let odd = |name: &str, place: u32| hash(name, place) % 8 % 2 == 1;
        let mut all: Vec<Vec<&str>> = Vec::new();
        for (i, a) in names.iter().enumerate() {
            all.push(vec![a]);
            for b in names.iter().skip(i + 1) {
                all.push(vec![a, b]);
            }
        }
        for some in all {
            let both = |count: u32, one: &dyn Fn(&str, u32) -> bool| {
                let product = |place| some.iter().filter(|name| one(name, place)).count() % 2;
                let sum: usize = (0..count).map(product).sum();
                sum > 0 && sum < count as usize
            };
            assert!(both(12, &negative), "{some:?}");
            assert!(both(16, &odd), "{some:?}");
        }
    }
}
