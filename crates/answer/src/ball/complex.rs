//! Complex numbers with error bounds, principal values.

use super::elementary::pi;
use super::real::Ball;
use crate::work::Stop;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complex {
    pub(crate) re: Ball,
    /// Exactly 0 where the number is real.
    pub(crate) im: Ball,
}

impl Complex {
    pub(crate) fn real(re: Ball) -> Self {
        Self {
            re,
            im: Ball::integer(0),
        }
    }

    pub(crate) fn is_real(&self) -> bool {
        self.im.is_zero()
    }

    pub(crate) fn add(&self, other: &Self) -> Result<Self, Stop> {
        Ok(Self {
            re: self.re.add(&other.re)?,
            im: self.im.add(&other.im)?,
        })
    }

    pub(crate) fn neg(&self) -> Self {
        Self {
            re: self.re.neg(),
            im: self.im.neg(),
        }
    }

    pub(crate) fn mul(&self, other: &Self) -> Result<Self, Stop> {
        if self.is_real() && other.is_real() {
            return Ok(Self::real(self.re.mul(&other.re)?));
        }
        Ok(Self {
            re: self.re.mul(&other.re)?.sub(&self.im.mul(&other.im)?)?,
            im: self.re.mul(&other.im)?.add(&self.im.mul(&other.re)?)?,
        })
    }

    fn norm(&self) -> Result<Ball, Stop> {
        self.re.mul(&self.re)?.add(&self.im.mul(&self.im)?)
    }

    pub(crate) fn abs(&self) -> Result<Ball, Stop> {
        if self.is_real() {
            return match self.re.sign() {
                Some(-1) => Ok(self.re.neg()),
                Some(_) => Ok(self.re.clone()),
                // Around 0: all that is known is the size.
                None => {
                    let size = &self.re.middle.clone() + &self.re.radius;
                    let other = &self.re.radius - &self.re.middle;
                    let radius = if size > other { size } else { other };
                    Ball {
                        middle: 0.into(),
                        radius,
                        exponent: self.re.exponent,
                    }
                    .rounded()
                }
            };
        }
        self.norm()?.sqrt()
    }

    pub(crate) fn inverse(&self) -> Result<Self, Stop> {
        if self.is_real() {
            return Ok(Self::real(self.re.inverse()?));
        }
        let norm = self.norm()?.inverse()?;
        Ok(Self {
            re: self.re.mul(&norm)?,
            im: self.im.neg().mul(&norm)?,
        })
    }

    /// The angle, above −π and up to π.
    pub(crate) fn arg(&self) -> Result<Ball, Stop> {
        if self.is_real() {
            return match self.re.sign() {
                Some(1) => Ok(Ball::integer(0)),
                Some(-1) => Ok(pi()),
                Some(_) => Err(Stop::Undefined),
                None => Err(Stop::Unsupported),
            };
        }
        match (self.re.sign(), self.im.sign()) {
            (Some(1), _) => self.im.div(&self.re)?.atan(),
            (_, Some(sign)) if sign != 0 => {
                // atan2 from the imaginary side: ±π/2 − atan(re/im)
                let quarter = pi().scaled(-1);
                let quarter = if sign < 0 { quarter.neg() } else { quarter };
                quarter.sub(&self.re.div(&self.im)?.atan()?)
            }
            _ => Err(Stop::Unsupported),
        }
    }

    pub(crate) fn exp(&self) -> Result<Self, Stop> {
        let size = self.re.exp()?;
        if self.is_real() {
            return Ok(Self::real(size));
        }
        let (sine, cosine) = self.im.sin_cos()?;
        Ok(Self {
            re: size.mul(&cosine)?,
            im: size.mul(&sine)?,
        })
    }

    pub(crate) fn ln(&self) -> Result<Self, Stop> {
        if self.is_real() && self.re.sign() == Some(1) {
            return Ok(Self::real(self.re.ln()?));
        }
        if self.is_real() && self.re.is_zero() {
            return Err(Stop::Undefined);
        }
        Ok(Self {
            re: self.norm()?.ln()?.scaled(-1),
            im: self.arg()?,
        })
    }

    pub(crate) fn sqrt(&self) -> Result<Self, Stop> {
        if self.is_real() {
            return match self.re.sign() {
                Some(-1) => Ok(Self {
                    re: Ball::integer(0),
                    im: self.re.neg().sqrt()?,
                }),
                _ => Ok(Self::real(self.re.sqrt()?)),
            };
        }
        let half = self.ln()?;
        Self {
            re: half.re.scaled(-1),
            im: half.im.scaled(-1),
        }
        .exp()
    }

    /// Sine and cosine.
    pub(crate) fn sin_cos(&self) -> Result<(Self, Self), Stop> {
        let (sine, cosine) = self.re.sin_cos()?;
        if self.is_real() {
            return Ok((Self::real(sine), Self::real(cosine)));
        }
        let up = self.im.exp()?;
        let down = up.inverse()?;
        let cosh = up.add(&down)?.scaled(-1);
        let sinh = up.sub(&down)?.scaled(-1);
        Ok((
            Self {
                re: sine.mul(&cosh)?,
                im: cosine.mul(&sinh)?,
            },
            Self {
                re: cosine.mul(&cosh)?,
                im: sine.mul(&sinh)?.neg(),
            },
        ))
    }

    pub(crate) fn power(&self, exponent: &Self) -> Result<Self, Stop> {
        if exponent.is_real()
            && let Some(n) = exponent.re.integer_value()
        {
            let negative = n.sign() == num_bigint::Sign::Minus;
            let size = u64::try_from(n.magnitude()).map_err(|_| Stop::Budget)?;
            if self.is_real() {
                let power = self.re.power(size)?;
                return Ok(Self::real(if negative { power.inverse()? } else { power }));
            }
            if size <= 4_096 {
                let mut result = Self::real(Ball::integer(1));
                let (mut base, mut rest) = (self.clone(), size);
                while rest > 0 {
                    if rest & 1 == 1 {
                        result = result.mul(&base)?;
                    }
                    base = base.mul(&base)?;
                    rest >>= 1;
                }
                return if negative {
                    result.inverse()
                } else {
                    Ok(result)
                };
            }
        }
        if self.is_real() && self.re.is_zero() {
            return match exponent.is_real() && exponent.re.sign() == Some(1) {
                true => Ok(Self::real(Ball::integer(0))),
                false => Err(Stop::Undefined),
            };
        }
        if self.is_real() && self.re.sign().is_none() {
            return Err(Stop::Unsupported);
        }
        self.ln()?.mul(exponent)?.exp()
    }
}
