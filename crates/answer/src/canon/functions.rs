//! Functions of canonical forms, where their values or a simpler form are known.

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{Signed as _, Zero as _};

use super::{Atom, Form, Forms};
use crate::node::Function;
use crate::rational::{ONE, Rational};
use crate::work::{MAX_BITS, Stop};

impl Forms<'_> {
    /// A function that stays as it is.
    fn opaque(&mut self, function: Function, arguments: Vec<Form>) -> Form {
        self.of(Atom::Apply(function, arguments), ONE)
    }

    pub(super) fn function(
        &mut self,
        function: Function,
        mut arguments: Vec<Form>,
    ) -> Result<Form, Stop> {
        use Function as F;
        self.work.spend(5)?;
        match (function, arguments.as_slice()) {
            (F::Sin, [x]) => self.sine(&x.clone()),
            (F::Cos, [x]) => self.cosine(&x.clone()),
            (F::Tan, [x]) => {
                let x = x.clone();
                let (sine, cosine) = (self.sine(&x)?, self.cosine(&x)?);
                self.quotient(&sine, &cosine)
            }
            (F::Cot, [x]) => {
                let x = x.clone();
                let (sine, cosine) = (self.sine(&x)?, self.cosine(&x)?);
                self.quotient(&cosine, &sine)
            }
            (F::Sec, [x]) => {
                let cosine = self.cosine(&x.clone())?;
                self.quotient(&Form::constant(ONE), &cosine)
            }
            (F::Csc, [x]) => {
                let sine = self.sine(&x.clone())?;
                self.quotient(&Form::constant(ONE), &sine)
            }
            (F::Exp, [x]) => {
                let base = self.of(Atom::Euler, ONE);
                self.power(&base, &x.clone())
            }
            (F::Log, [x]) => self.log(&x.clone()),
            (F::LogBase, [x, base]) => {
                let (x, base) = (x.clone(), base.clone());
                let (above, below) = (self.log(&x)?, self.log(&base)?);
                self.quotient(&above, &below)
            }
            (F::Abs, [x]) => self.absolute(&x.clone()),
            (F::Floor | F::Ceiling | F::Round, [x]) => match x.rational() {
                Some(value) => Ok(Form::constant(match function {
                    F::Floor => value.floor(),
                    F::Ceiling => value.neg().floor().neg(),
                    _ => value.add(&Rational::Small(1, 2), self.work)?.floor(),
                })),
                None => Ok(self.opaque(function, arguments)),
            },
            (F::Sign, [x]) => match x.rational() {
                Some(value) => Ok(Form::constant(Rational::integer(value.sign().into()))),
                None => Ok(self.opaque(function, arguments)),
            },
            (F::Factorial | F::DoubleFactorial, [x]) => {
                let step = if function == F::Factorial { 1 } else { 2 };
                match x.rational() {
                    Some(value) => self.factorial(&value, step),
                    None => Ok(self.opaque(function, arguments)),
                }
            }
            (F::Gamma, [x]) => match x.rational() {
                Some(value) if value.is_integer() => {
                    let before = value.sub(&ONE, self.work)?;
                    self.factorial(&before, 1)
                }
                _ => Ok(self.opaque(function, arguments)),
            },
            (F::Binomial | F::Permutations, [n, k]) => {
                match (n.rational(), k.rational().and_then(|k| k.small())) {
                    (Some(n), Some(k)) => self.chosen(&n, k, function == F::Binomial),
                    _ => Ok(self.opaque(function, arguments)),
                }
            }
            (F::Gcd | F::Lcm, [_, ..]) => self.divisors(function, arguments),
            (F::Min | F::Max, [_, ..]) => {
                if arguments.iter().all(|a| a.rational().is_some()) {
                    let values = arguments.iter().filter_map(Form::rational);
                    let best = if function == F::Min {
                        values.min()
                    } else {
                        values.max()
                    };
                    return best.map(Form::constant).ok_or(Stop::Unsupported);
                }
                arguments.sort();
                arguments.dedup();
                match arguments.len() {
                    1 => arguments.pop().ok_or(Stop::Unsupported),
                    _ => Ok(self.opaque(function, arguments)),
                }
            }
            (F::Mod, [x, modulus]) => match (x.rational(), modulus.rational()) {
                (Some(x), Some(modulus)) => {
                    let times = x.div(&modulus, self.work)?.floor();
                    Ok(Form::constant(
                        x.sub(&times.mul(&modulus, self.work)?, self.work)?,
                    ))
                }
                _ => Ok(self.opaque(function, arguments)),
            },
            (F::Re | F::Im | F::Conjugate, [x]) => self.part(function, &x.clone()),
            (
                F::Asin
                | F::Acos
                | F::Atan
                | F::Acot
                | F::Asec
                | F::Acsc
                | F::Sinh
                | F::Cosh
                | F::Tanh
                | F::Coth
                | F::Sech
                | F::Csch
                | F::Asinh
                | F::Acosh
                | F::Atanh
                | F::Acoth
                | F::Arg
                | F::Totient,
                [_],
            ) => Ok(self.opaque(function, arguments)),
            (F::Atan2, [_, _]) => Ok(self.opaque(function, arguments)),
            _ => Err(Stop::Unsupported),
        }
    }

    /// The argument with a first coefficient that is positive, and whether its sign was changed.
    fn unsigned(&self, x: &Form) -> Result<(Form, bool), Stop> {
        match x.terms.values().next() {
            Some(first) if first.is_negative() => {
                Ok((self.scale(x, &Rational::integer(-1))?, true))
            }
            _ => Ok((x.clone(), false)),
        }
    }

    /// The factor c where the form is c·π.
    fn turns(&mut self, x: &Form) -> Option<Rational> {
        if x.is_empty() {
            return Some(Rational::integer(0));
        }
        let pi = self.number(Atom::Pi);
        let (monomial, coefficient) = x.single()?;
        (monomial.as_slice() == [(pi, ONE)]).then(|| coefficient.clone())
    }

    fn sine(&mut self, x: &Form) -> Result<Form, Stop> {
        if let Some(turns) = self.turns(x)
            && let Some(value) = self.exact_sine(&turns)?
        {
            return Ok(value);
        }
        let (x, changed) = self.unsigned(x)?;
        let sine = self.opaque(Function::Sin, vec![x]);
        self.scale(&sine, &Rational::integer(if changed { -1 } else { 1 }))
    }

    fn cosine(&mut self, x: &Form) -> Result<Form, Stop> {
        if let Some(turns) = self.turns(x)
            && let Some(value) = self.exact_cosine(&turns)?
        {
            return Ok(value);
        }
        let (x, _) = self.unsigned(x)?;
        Ok(self.opaque(Function::Cos, vec![x]))
    }

    fn log(&mut self, x: &Form) -> Result<Form, Stop> {
        if x.is_empty() {
            return Err(Stop::Undefined);
        }
        let Some((monomial, coefficient)) = x.single() else {
            return Ok(self.opaque(Function::Log, vec![x.clone()]));
        };
        let (monomial, coefficient) = (monomial.clone(), coefficient.clone());
        // Only where every factor has a logarithm that is known.
        let mut sum = self.log_of(&coefficient)?;
        if coefficient.is_negative() {
            let (pi, i) = (self.of(Atom::Pi, ONE), self.of(Atom::Imaginary, ONE));
            let turn = self.mul(&pi, &i)?;
            sum = self.add(&sum, &turn)?;
        }
        for (number, power) in &monomial {
            let log = match self.atom(*number) {
                Some(Atom::Integer(prime, _)) => {
                    let prime = Rational::from_int(prime.clone());
                    self.log_of(&prime)?
                }
                Some(Atom::Euler) => Form::constant(ONE),
                Some(Atom::Exponential(base, exponent))
                    if !exponent
                        .iter()
                        .any(|(n, _)| matches!(self.atom(*n), Some(Atom::Imaginary))) =>
                {
                    let (base, exponent) = (base.clone(), exponent.clone());
                    let log = if base.rational().is_some_and(|r| !r.is_negative()) || base.single().is_some_and(|(m, c)| c.is_one() && matches!(m.as_slice(), [(n, e)] if e.is_one() && matches!(self.atom(*n), Some(Atom::Euler)))) {
                        self.log(&base)?
                    } else {
                        return Ok(self.opaque(Function::Log, vec![x.clone()]));
                    };
                    self.mul(&log, &Form::monomial(exponent, ONE))?
                }
                _ => return Ok(self.opaque(Function::Log, vec![x.clone()])),
            };
            let log = self.scale(&log, power)?;
            sum = self.add(&sum, &log)?;
        }
        Ok(sum)
    }

    fn absolute(&mut self, x: &Form) -> Result<Form, Stop> {
        let Some((monomial, coefficient)) = x.single() else {
            if x.is_empty() {
                return Ok(Form::default());
            }
            let (x, _) = self.unsigned(x)?;
            return Ok(self.opaque(Function::Abs, vec![x]));
        };
        let (monomial, coefficient) = (monomial.clone(), coefficient.abs());
        let mut product = Form::constant(coefficient);
        for (number, power) in monomial {
            let factor = match self.atom(number) {
                Some(Atom::Imaginary) => continue,
                Some(
                    Atom::Pi
                    | Atom::Euler
                    | Atom::Integer(..)
                    | Atom::Log(_)
                    | Atom::Apply(Function::Abs, _),
                ) => Form::monomial(vec![(number, power)], ONE),
                Some(Atom::Symbol(_)) if power.small().is_some_and(|n| n % 2 == 0) => {
                    Form::monomial(vec![(number, power)], ONE)
                }
                _ if power.is_integer() => {
                    let inner = Form::monomial(vec![(number, ONE)], ONE);
                    self.of(Atom::Apply(Function::Abs, vec![inner]), power)
                }
                _ => {
                    let inner = Form::monomial(vec![(number, power)], ONE);
                    self.opaque(Function::Abs, vec![inner])
                }
            };
            product = self.mul(&product, &factor)?;
        }
        Ok(product)
    }

    fn factorial(&mut self, value: &Rational, step: i64) -> Result<Form, Stop> {
        let Some(n) = value.small().filter(|n| *n >= 0) else {
            return match value.is_integer() && !value.is_negative() {
                true => Err(Stop::Budget),
                false => Err(Stop::Unsupported),
            };
        };
        if n > 6_000 {
            return Err(Stop::Budget);
        }
        // A product tree keeps the factors of one size.
        let factors: Vec<i64> = (1..=n)
            .rev()
            .step_by(usize::try_from(step).unwrap_or(1))
            .collect();
        self.range_product(&factors)
            .map(|product| Form::constant(Rational::from_int(product)))
    }

    fn range_product(&self, factors: &[i64]) -> Result<BigInt, Stop> {
        if factors.len() <= 8 {
            self.work.spend(2)?;
            return Ok(factors.iter().map(|f| BigInt::from(*f)).product());
        }
        let (left, right) = factors.split_at(factors.len() / 2);
        let (left, right) = (self.range_product(left)?, self.range_product(right)?);
        if left.bits() + right.bits() > MAX_BITS {
            return Err(Stop::Budget);
        }
        self.work.spend(2 + left.bits() * right.bits() / 100_000)?;
        Ok(left * right)
    }

    /// n choose k, or n·(n−1)·…·(n−k+1).
    fn chosen(&mut self, n: &Rational, k: i64, unordered: bool) -> Result<Form, Stop> {
        if k < 0 {
            return Ok(Form::default());
        }
        if let Some(n) = n.small().filter(|n| *n >= 0) {
            if k > n {
                return Ok(Form::default());
            }
            let k = if unordered { k.min(n - k) } else { k };
            if k > 3_000 {
                return Err(Stop::Budget);
            }
            let factors: Vec<i64> = (n - k + 1..=n).collect();
            let above = self.range_product(&factors)?;
            if !unordered {
                return Ok(Form::constant(Rational::from_int(above)));
            }
            let factors: Vec<i64> = (1..=k).collect();
            let below = self.range_product(&factors)?;
            self.work.spend(2 + above.bits() * below.bits() / 100_000)?;
            return Ok(Form::constant(Rational::from_int(above / below)));
        }
        if k > 100 {
            return Err(Stop::Budget);
        }
        let mut result = ONE;
        for step in 0..k {
            let factor = n.sub(&Rational::integer(step), self.work)?;
            result = result.mul(&factor, self.work)?;
            if unordered {
                result = result.div(&Rational::integer(step + 1), self.work)?;
            }
        }
        Ok(Form::constant(result))
    }

    /// Greatest common divisors and least common multiples of integers; of an integer and terms with names, those of the
    /// coefficients.
    fn divisors(&mut self, function: Function, arguments: Vec<Form>) -> Result<Form, Stop> {
        let values: Option<Vec<BigInt>> = arguments
            .iter()
            .map(|a| {
                a.rational()
                    .filter(Rational::is_integer)
                    .map(|r| r.numer().abs())
            })
            .collect();
        if let Some(values) = values {
            let mut result = BigInt::from(if function == Function::Gcd { 0 } else { 1 });
            for value in values {
                self.work.spend(4 + value.bits() * value.bits() / 2_000)?;
                result = match function {
                    Function::Gcd => result.gcd(&value),
                    _ => result.lcm(&value),
                };
                if result.bits() > MAX_BITS {
                    return Err(Stop::Budget);
                }
            }
            return Ok(Form::constant(Rational::from_int(result)));
        }
        let constant = arguments.iter().any(|a| a.rational().is_some());
        if function == Function::Gcd && constant {
            let mut result = BigInt::zero();
            for coefficient in arguments.iter().flat_map(|a| a.terms.values()) {
                if !coefficient.is_integer() {
                    return Err(Stop::Unsupported);
                }
                self.work.spend(4)?;
                result = result.gcd(&coefficient.numer());
            }
            return Ok(Form::constant(Rational::from_int(result)));
        }
        let mut arguments = arguments;
        arguments.sort();
        Ok(self.opaque(function, arguments))
    }

    /// Real and imaginary part and conjugate; names are real.
    fn part(&mut self, function: Function, x: &Form) -> Result<Form, Stop> {
        let i = self.number(Atom::Imaginary);
        let plain = x.terms.keys().flatten().all(|(number, _)| {
            matches!(
                self.atom(*number),
                Some(Atom::Imaginary | Atom::Pi | Atom::Euler | Atom::Integer(..) | Atom::Log(_))
            )
        });
        if !plain {
            return Ok(self.opaque(function, vec![x.clone()]));
        }
        let mut result = Form::default();
        for (monomial, coefficient) in &x.terms {
            let imaginary = monomial.iter().any(|(number, _)| *number == i);
            let (monomial, coefficient) = match (function, imaginary) {
                (Function::Re, true) | (Function::Im, false) => continue,
                (Function::Im, true) => (
                    monomial.iter().filter(|(n, _)| *n != i).cloned().collect(),
                    coefficient.clone(),
                ),
                (Function::Conjugate, true) => (monomial.clone(), coefficient.neg()),
                _ => (monomial.clone(), coefficient.clone()),
            };
            result = self.add(&result, &Form::monomial(monomial, coefficient))?;
        }
        Ok(result)
    }
}
