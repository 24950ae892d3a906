//! Powers, quotients and roots of canonical forms.

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{One as _, Signed as _, ToPrimitive as _, Zero as _};

use super::{Atom, Form, Forms, MAX_EXPANDED, Monomial};
use crate::node::Function;
use crate::rational::{ONE, Rational, ZERO};
use crate::work::Stop;

/// Primes are looked for below this.
const MAX_PRIME: u32 = 2_000;
/// Integers of more bits are not cut into primes.
const MAX_FACTORED: u64 = 2_048;

impl Forms<'_> {
    pub(crate) fn power_integer(&mut self, base: &Form, exponent: i64) -> Result<Form, Stop> {
        if exponent == 0 {
            return if base.is_empty() {
                Err(Stop::Undefined)
            } else {
                Ok(Form::constant(ONE))
            };
        }
        if exponent == 1 {
            return Ok(base.clone());
        }
        if let Some(value) = base.rational() {
            return Ok(Form::constant(value.pow(exponent, self.work)?));
        }
        if let Some((monomial, coefficient)) = base.single() {
            let coefficient = coefficient.pow(exponent, self.work)?;
            let exponent = Rational::integer(exponent);
            let mut raised: Monomial = Vec::with_capacity(monomial.len());
            for (number, power) in monomial {
                raised.push((*number, power.mul(&exponent, self.work)?));
            }
            return self.reduced(raised, coefficient);
        }
        if (2..=MAX_EXPANDED).contains(&exponent) {
            let mut result = base.clone();
            for _ in 1..exponent {
                result = self.mul(&result, base)?;
            }
            return Ok(result);
        }
        let (content, primitive) = self.content(base)?;
        let factor = content.pow(exponent, self.work)?;
        let atom = self.number(Atom::Base(primitive));
        Ok(Form::monomial(
            vec![(atom, Rational::integer(exponent))],
            factor,
        ))
    }

    /// A form as a rational times a form whose first coefficient is 1.
    fn content(&self, form: &Form) -> Result<(Rational, Form), Stop> {
        let Some(first) = form.terms.values().next().cloned() else {
            return Ok((ONE, form.clone()));
        };
        Ok((first.clone(), self.scale(form, &first.recip()?)?))
    }

    pub(crate) fn quotient(&mut self, above: &Form, below: &Form) -> Result<Form, Stop> {
        if below.is_empty() || self.vanishes(below)? {
            return Err(Stop::Undefined);
        }
        if let Some(value) = below.rational() {
            return self.scale(above, &value.recip()?);
        }
        let inverse = self.power_integer(below, -1)?;
        self.mul(above, &inverse)
    }

    /// A form to a rational power that is no integer, principal value.
    pub(super) fn power_rational(
        &mut self,
        base: &Form,
        exponent: &Rational,
    ) -> Result<Form, Stop> {
        if let Some(integer) = exponent.small() {
            return self.power_integer(base, integer);
        }
        if base.is_empty() {
            return if exponent.is_negative() {
                Err(Stop::Undefined)
            } else {
                Ok(Form::default())
            };
        }
        if let Some((monomial, coefficient)) = base.single() {
            let (monomial, coefficient) = (monomial.clone(), coefficient.clone());
            let mut result = if coefficient.is_negative() {
                let positive = self.root_of(&coefficient.neg(), exponent)?;
                let unit = self.root_of_unity(&monomial, exponent)?;
                self.mul(&positive, &unit)?
            } else {
                self.root_of(&coefficient, exponent)?
            };
            // Atoms that are positive come out of the root; of others only a single first power does.
            let mut inside: Monomial = Vec::new();
            for (number, power) in monomial {
                let positive = self.is_positive(number);
                if positive {
                    let power = power.mul(exponent, self.work)?;
                    let factor = self.reduced(vec![(number, power)], ONE)?;
                    result = self.mul(&result, &factor)?;
                } else {
                    inside.push((number, power));
                }
            }
            let outside = match inside.as_slice() {
                [] => return Ok(result),
                [(number, power)]
                    if power.is_one() && !matches!(self.atom(*number), Some(Atom::Imaginary)) =>
                {
                    Form::monomial(vec![(*number, exponent.clone())], ONE)
                }
                _ => {
                    let atom = Atom::Base(Form::monomial(inside, ONE));
                    self.of(atom, exponent.clone())
                }
            };
            return self.mul(&result, &outside);
        }
        let (content, primitive) = self.content(base)?;
        let (size, primitive) = match content.is_negative() {
            true => (
                content.neg(),
                self.scale(&primitive, &Rational::integer(-1))?,
            ),
            false => (content, primitive),
        };
        let factor = self.root_of(&size, exponent)?;
        let atom = self.of(Atom::Base(primitive), exponent.clone());
        self.mul(&factor, &atom)
    }

    /// Whether an atom is known to be positive.
    fn is_positive(&self, number: u32) -> bool {
        match self.atom(number) {
            Some(Atom::Pi | Atom::Euler | Atom::Integer(..) | Atom::Log(_)) => true,
            Some(Atom::Exponential(base, exponent)) => {
                base.single().is_some_and(|(m, c)| {
                    !c.is_negative()
                        && m.iter().all(|(n, _)| {
                            matches!(self.atom(*n), Some(Atom::Euler | Atom::Integer(..)))
                        })
                }) && !exponent
                    .iter()
                    .any(|(n, _)| matches!(self.atom(*n), Some(Atom::Imaginary)))
            }
            Some(Atom::Apply(Function::Exp, _)) => true,
            _ => false,
        }
    }

    /// (−1)^exponent, where the rest of the monomial is positive.
    fn root_of_unity(&mut self, monomial: &Monomial, exponent: &Rational) -> Result<Form, Stop> {
        if !monomial.iter().all(|(number, _)| self.is_positive(*number)) {
            return Err(Stop::Unsupported);
        }
        let twice = exponent.mul(&Rational::integer(2), self.work)?;
        match twice.small() {
            Some(power) => {
                let i = self.number(Atom::Imaginary);
                self.reduced(vec![(i, Rational::integer(power))], ONE)
            }
            None => {
                let whole = exponent.floor();
                let rest = exponent.sub(&whole, self.work)?;
                let sign = if whole.numer().is_even() {
                    ONE
                } else {
                    Rational::integer(-1)
                };
                let minus = Atom::Base(Form::constant(Rational::integer(-1)));
                let form = self.of(minus, rest);
                self.scale(&form, &sign)
            }
        }
    }

    /// A positive rational to a rational power.
    fn root_of(&mut self, value: &Rational, exponent: &Rational) -> Result<Form, Stop> {
        if value.is_one() {
            return Ok(Form::constant(ONE));
        }
        let mut result = Form::constant(ONE);
        for (part, sign) in [(value.numer(), ONE), (value.denom(), Rational::integer(-1))] {
            for (prime, count, known) in self.primes(&part)? {
                let power = exponent
                    .mul(&Rational::integer(count), self.work)?
                    .mul(&sign, self.work)?;
                if power.bits() > 64 {
                    return Err(Stop::Budget);
                }
                let number = self.number(Atom::Integer(prime, known));
                let factor = self.reduced(vec![(number, power)], ONE)?;
                result = self.mul(&result, &factor)?;
            }
        }
        Ok(result)
    }

    /// A positive integer as powers of primes; the last may be what trial division left, and then is not known to be prime.
    pub(super) fn primes(&self, value: &BigInt) -> Result<Vec<(BigInt, i64, bool)>, Stop> {
        let mut found = Vec::new();
        if value.is_one() || value.is_zero() {
            return Ok(found);
        }
        if value.bits() > MAX_FACTORED {
            return Err(Stop::Budget);
        }
        if let Some(mut small) = value.to_u64() {
            let mut divisor = 2u64;
            while divisor * divisor <= small && divisor < u64::from(MAX_PRIME) {
                let mut count = 0;
                while small % divisor == 0 {
                    small /= divisor;
                    count += 1;
                }
                if count > 0 {
                    found.push((BigInt::from(divisor), count, true));
                }
                divisor += if divisor == 2 { 1 } else { 2 };
                if divisor & 63 == 1 {
                    self.work.spend(8)?;
                }
            }
            if small > 1 {
                let known = divisor * divisor > small;
                found.push(self.leftover(BigInt::from(small), known));
            }
            return Ok(found);
        }
        let mut rest = value.clone();
        let mut divisor = 2u32;
        while divisor < MAX_PRIME {
            self.work.spend(1 + rest.bits() / 512)?;
            let mut count = 0;
            while (&rest % divisor).is_zero() {
                rest /= divisor;
                count += 1;
                self.work.spend(1 + rest.bits() / 512)?;
            }
            if count > 0 {
                found.push((BigInt::from(divisor), count, true));
            }
            divisor += if divisor == 2 { 1 } else { 2 };
        }
        if !rest.is_one() {
            let known = rest
                .to_u64()
                .is_some_and(|r| r < u64::from(MAX_PRIME) * u64::from(MAX_PRIME));
            found.push(self.leftover(rest, known));
        }
        Ok(found)
    }

    /// What trial division left: a perfect power is written as one.
    fn leftover(&self, rest: BigInt, known: bool) -> (BigInt, i64, bool) {
        if !known {
            for index in [2u32, 3, 5, 7] {
                let root = rest.nth_root(index);
                if root.pow(index) == rest {
                    let known = root
                        .to_u64()
                        .is_some_and(|r| r < u64::from(MAX_PRIME) * u64::from(MAX_PRIME));
                    return (root, i64::from(index), known);
                }
            }
        }
        (rest, 1, known)
    }

    /// Any power.
    pub(crate) fn power(&mut self, base: &Form, exponent: &Form) -> Result<Form, Stop> {
        if let Some(exponent) = exponent.rational() {
            return self.power_rational(base, &exponent);
        }
        if base.is_empty() {
            return Err(Stop::Unsupported);
        }
        if base.rational().is_some_and(|r| r.is_one()) {
            return Ok(Form::constant(ONE));
        }
        let mut result = Form::constant(ONE);
        for (monomial, coefficient) in exponent.terms.clone() {
            let factor = if monomial.is_empty() {
                self.power_rational(base, &coefficient)?
            } else {
                self.exponential(base, monomial, coefficient)?
            };
            result = self.mul(&result, &factor)?;
        }
        Ok(result)
    }

    /// base^(coefficient · monomial).
    fn exponential(
        &mut self,
        base: &Form,
        mut monomial: Monomial,
        mut coefficient: Rational,
    ) -> Result<Form, Stop> {
        self.work.spend(10)?;
        let euler = self.number(Atom::Euler);
        let power = base.single().and_then(|(m, c)| match m.as_slice() {
            [(number, power)] if *number == euler && c.is_one() => Some(power.clone()),
            _ => None,
        });
        let natural = self.of(Atom::Euler, ONE);
        let mut base = base;
        if let Some(power) = power {
            coefficient = coefficient.mul(&power, self.work)?;
            base = &natural;
            // e^(c·ln p·…) = p^(c·…)
            let log = monomial
                .iter()
                .position(|(n, e)| e.is_one() && matches!(self.atom(*n), Some(Atom::Log(_))));
            if let Some(at) = log
                && let Some(Atom::Log(prime)) =
                    monomial.get(at).and_then(|(n, _)| self.atom(*n)).cloned()
            {
                monomial.remove(at);
                let base = Form::constant(Rational::from_int(prime));
                let exponent = Form::monomial(monomial, coefficient);
                return self.power(&base, &exponent);
            }
            // e^(ln x) = x
            if let [(number, power)] = monomial.as_slice()
                && power.is_one()
                && coefficient.is_integer()
                && let Some(Atom::Apply(Function::Log, arguments)) = self.atom(*number)
                && let [inner] = arguments.as_slice()
            {
                let inner = inner.clone();
                return self.power_rational(&inner, &coefficient);
            }
            // e^(i·π·c)
            let (pi, i) = (self.number(Atom::Pi), self.number(Atom::Imaginary));
            let mut turn = [(pi, ONE), (i, ONE)];
            turn.sort();
            if monomial.as_slice() == turn.as_slice()
                && let (Some(cosine), Some(sine)) = (
                    self.exact_cosine(&coefficient)?,
                    self.exact_sine(&coefficient)?,
                )
            {
                let i = self.of(Atom::Imaginary, ONE);
                let imaginary = self.mul(&i, &sine)?;
                return self.add(&cosine, &imaginary);
            }
        }
        // A positive rational base falls into primes.
        if let Some(value) = base.rational().filter(|v| !v.is_negative() && !v.is_zero()) {
            let mut factors: Monomial = Vec::new();
            for (part, sign) in [(value.numer(), ONE), (value.denom(), Rational::integer(-1))] {
                for (prime, count, _) in self.primes(&part)? {
                    let base = Form::constant(Rational::from_int(prime));
                    let atom = self.number(Atom::Exponential(base, monomial.clone()));
                    let power = coefficient
                        .mul(&Rational::integer(count), self.work)?
                        .mul(&sign, self.work)?;
                    factors.push((atom, power));
                }
            }
            factors.sort();
            return Ok(Form::monomial(factors, ONE));
        }
        // (x^a)^b with one positive factor and the like is left alone.
        let atom = Atom::Exponential(base.clone(), monomial);
        Ok(self.of(atom, coefficient))
    }

    /// cos(c·π) where it is a short closed form.
    pub(super) fn exact_cosine(&mut self, turns: &Rational) -> Result<Option<Form>, Stop> {
        let half = Rational::Small(1, 2);
        let shifted = turns.add(&half, self.work)?;
        self.exact_sine(&shifted)
    }

    /// sin(c·π) where it is a short closed form.
    pub(super) fn exact_sine(&mut self, turns: &Rational) -> Result<Option<Form>, Stop> {
        let Rational::Small(n, d @ (1 | 2 | 3 | 4 | 6)) = turns else {
            return Ok(None);
        };
        // In twelfths of a half turn, from 0 to 24.
        let twelfths = (n.rem_euclid(2 * d)) * (12 / d);
        let (place, sign) = if twelfths >= 12 {
            (twelfths - 12, -1)
        } else {
            (twelfths, 1)
        };
        let place = place.min(12 - place);
        let half = Rational::Small(sign, 2);
        Ok(Some(match place {
            0 => Form::constant(ZERO),
            2 => Form::constant(half),
            3 => {
                let root = self.root_of(&Rational::integer(2), &Rational::Small(1, 2))?;
                self.scale(&root, &half)?
            }
            4 => {
                let root = self.root_of(&Rational::integer(3), &Rational::Small(1, 2))?;
                self.scale(&root, &half)?
            }
            6 => Form::constant(Rational::integer(sign)),
            _ => return Ok(None),
        }))
    }

    /// The logarithm of a positive rational.
    pub(super) fn log_of(&mut self, value: &Rational) -> Result<Form, Stop> {
        let mut result = Form::default();
        for (part, sign) in [(value.numer().abs(), 1), (value.denom(), -1)] {
            for (prime, count, _) in self.primes(&part)? {
                let log = self.of(Atom::Log(prime), ONE);
                let term = self.scale(&log, &Rational::integer(count * sign))?;
                result = self.add(&result, &term)?;
            }
        }
        Ok(result)
    }
}
