//! Complex numbers in floats, as much as evaluating answers needs.

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Complex {
    pub(crate) re: f64,
    pub(crate) im: f64,
}

impl Complex {
    pub(crate) const fn real(re: f64) -> Self {
        Self { re, im: 0.0 }
    }

    pub(crate) fn is_finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }

    pub(crate) fn abs(self) -> f64 {
        self.re.hypot(self.im)
    }

    pub(crate) fn neg(self) -> Self {
        Self {
            re: -self.re,
            // 0 - 0 is 0 where -0 would be below the cut of the logarithm.
            im: 0.0 - self.im,
        }
    }

    pub(crate) fn add(self, other: Self) -> Self {
        Self {
            re: self.re + other.re,
            im: self.im + other.im,
        }
    }

    pub(crate) fn mul(self, other: Self) -> Self {
        Self {
            re: self.re * other.re - self.im * other.im,
            im: self.re * other.im + self.im * other.re,
        }
    }

    pub(crate) fn div(self, other: Self) -> Self {
        let size = other.re * other.re + other.im * other.im;
        Self {
            re: (self.re * other.re + self.im * other.im) / size,
            im: (self.im * other.re - self.re * other.im) / size,
        }
    }

    pub(crate) fn exp(self) -> Self {
        let size = self.re.exp();
        if self.im == 0.0 {
            return Self::real(size);
        }
        Self {
            re: size * self.im.cos(),
            im: size * self.im.sin(),
        }
    }

    /// The principal logarithm.
    pub(crate) fn ln(self) -> Self {
        Self {
            re: self.abs().ln(),
            im: self.im.atan2(self.re),
        }
    }

    /// The principal power; real bases with whole or positive cases stay real.
    pub(crate) fn pow(self, exponent: Self) -> Self {
        if self.im == 0.0 && exponent.im == 0.0 {
            if exponent.re.fract() == 0.0 && exponent.re.abs() < 1e9 {
                return Self::real(self.re.powf(exponent.re));
            }
            if self.re >= 0.0 {
                return Self::real(self.re.powf(exponent.re));
            }
        }
        if exponent.im == 0.0 && exponent.re.fract() == 0.0 && exponent.re.abs() <= 64.0 {
            let mut result = Self::real(1.0);
            let mut times = exponent.re.abs();
            while times > 0.5 {
                result = result.mul(self);
                times -= 1.0;
            }
            return if exponent.re < 0.0 {
                Self::real(1.0).div(result)
            } else {
                result
            };
        }
        if self.abs() == 0.0 {
            return Self::real(0.0);
        }
        exponent.mul(self.ln()).exp()
    }

    pub(crate) fn sqrt(self) -> Self {
        self.pow(Self::real(0.5))
    }

    /// Sine and cosine by Euler's formula.
    pub(crate) fn sin(self) -> Self {
        Self {
            re: self.re.sin() * self.im.cosh(),
            im: self.re.cos() * self.im.sinh(),
        }
    }

    pub(crate) fn cos(self) -> Self {
        Self {
            re: self.re.cos() * self.im.cosh(),
            im: -self.re.sin() * self.im.sinh(),
        }
    }
}
