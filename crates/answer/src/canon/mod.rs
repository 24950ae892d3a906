//! Canonical forms: sums of rational multiples of products of powers of atoms.
//!
//! An atom is a name, π, e, i, a prime under a root, a logarithm of a prime, a sum that is raised to a power that is not
//! expanded, or a function of canonical forms. Two expressions whose forms are the same are equal; where only atoms are
//! left that are known to be independent, two whose forms differ are different.

mod functions;
mod power;
mod reading;

pub(crate) use reading::based;

use std::collections::{BTreeMap, HashMap};

use num_bigint::BigInt;

use super::node::Function;
use super::rational::{ONE, Rational, ZERO};
use super::work::{Stop, Work};

/// Most terms of a form.
const MAX_TERMS: usize = 400;
/// Highest power of a sum that is expanded.
const MAX_EXPANDED: i64 = 24;

/// Atoms and their powers, by the atom's number.
pub(crate) type Monomial = Vec<(u32, Rational)>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Form {
    pub(crate) terms: BTreeMap<Monomial, Rational>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Atom {
    Symbol(Box<str>),
    Pi,
    Euler,
    Imaginary,
    /// A prime (or what trial division left of an integer) under a root; the flag says whether it is known to be prime.
    Integer(BigInt, bool),
    /// The logarithm of such an integer.
    Log(BigInt),
    /// A sum under a power that is not a positive integer.
    Base(Form),
    /// A base to a power with names in it: the base, and the product of names; its power here is the rational factor.
    Exponential(Form, Monomial),
    Apply(Function, Vec<Form>),
    Call(Box<str>, Vec<Form>),
}

/// The atoms of one comparison.
pub(crate) struct Forms<'w> {
    pub(crate) work: &'w Work,
    atoms: Vec<Atom>,
    numbers: HashMap<Atom, u32>,
    /// Values of the names that sums bind.
    bound: Vec<(Box<str>, Form)>,
    depth: u32,
}

impl Form {
    pub(crate) fn constant(value: Rational) -> Self {
        let mut terms = BTreeMap::new();
        if !value.is_zero() {
            terms.insert(Vec::new(), value);
        }
        Self { terms }
    }

    pub(crate) fn monomial(monomial: Monomial, coefficient: Rational) -> Self {
        let mut terms = BTreeMap::new();
        if !coefficient.is_zero() {
            terms.insert(monomial, coefficient);
        }
        Self { terms }
    }

    /// The value of a form without atoms.
    pub(crate) fn rational(&self) -> Option<Rational> {
        match self.terms.len() {
            0 => Some(ZERO),
            1 => self.terms.get(&Vec::new()).cloned(),
            _ => None,
        }
    }

    /// The only term.
    pub(crate) fn single(&self) -> Option<(&Monomial, &Rational)> {
        match self.terms.len() {
            1 => self.terms.iter().next(),
            _ => None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

impl<'w> Forms<'w> {
    pub(crate) fn new(work: &'w Work) -> Self {
        Self {
            work,
            atoms: Vec::new(),
            numbers: HashMap::new(),
            bound: Vec::new(),
            depth: 0,
        }
    }

    pub(crate) fn atom(&self, number: u32) -> Option<&Atom> {
        self.atoms.get(usize::try_from(number).ok()?)
    }

    /// The number of an atom, given on first sight.
    pub(crate) fn number(&mut self, atom: Atom) -> u32 {
        if let Some(number) = self.numbers.get(&atom) {
            return *number;
        }
        let number = u32::try_from(self.atoms.len()).unwrap_or(u32::MAX);
        self.atoms.push(atom.clone());
        self.numbers.insert(atom, number);
        number
    }

    /// An atom to a power, as a form.
    pub(crate) fn of(&mut self, atom: Atom, exponent: Rational) -> Form {
        let number = self.number(atom);
        Form::monomial(vec![(number, exponent)], ONE)
    }

    pub(crate) fn add(&self, a: &Form, b: &Form) -> Result<Form, Stop> {
        let (mut sum, other) = if a.terms.len() >= b.terms.len() {
            (a.clone(), b)
        } else {
            (b.clone(), a)
        };
        self.work.spend(sum.terms.len() as u64 * 2)?;
        for (monomial, coefficient) in &other.terms {
            self.work.spend(2)?;
            match sum.terms.get_mut(monomial) {
                None => {
                    sum.terms.insert(monomial.clone(), coefficient.clone());
                }
                Some(present) => {
                    let total = present.add(coefficient, self.work)?;
                    if total.is_zero() {
                        sum.terms.remove(monomial);
                    } else {
                        *present = total;
                    }
                }
            }
        }
        match sum.terms.len() > MAX_TERMS {
            true => Err(Stop::Budget),
            false => Ok(sum),
        }
    }

    pub(crate) fn scale(&self, a: &Form, by: &Rational) -> Result<Form, Stop> {
        if by.is_zero() {
            return Ok(Form::default());
        }
        let mut terms = BTreeMap::new();
        for (monomial, coefficient) in &a.terms {
            terms.insert(monomial.clone(), coefficient.mul(by, self.work)?);
        }
        Ok(Form { terms })
    }

    pub(crate) fn sub(&self, a: &Form, b: &Form) -> Result<Form, Stop> {
        let negated = self.scale(b, &Rational::integer(-1))?;
        self.add(a, &negated)
    }

    pub(crate) fn mul(&mut self, a: &Form, b: &Form) -> Result<Form, Stop> {
        if let Some(value) = a.rational() {
            return self.scale(b, &value);
        }
        if let Some(value) = b.rational() {
            return self.scale(a, &value);
        }
        if a.terms.len().saturating_mul(b.terms.len()) > MAX_TERMS * 25 {
            return Err(Stop::Budget);
        }
        let mut product = Form::default();
        for (m, c) in &a.terms {
            for (n, d) in &b.terms {
                self.work.spend(14)?;
                let coefficient = c.mul(d, self.work)?;
                let term = self.product(m, n, coefficient)?;
                product = match product.is_empty() {
                    true => term,
                    false => self.add_into(product, term)?,
                };
            }
        }
        Ok(product)
    }

    /// [`Self::add`] without a copy of the first.
    pub(super) fn add_into(&self, mut sum: Form, other: Form) -> Result<Form, Stop> {
        for (monomial, coefficient) in other.terms {
            self.work.spend(2)?;
            match sum.terms.get_mut(&monomial) {
                None => {
                    sum.terms.insert(monomial, coefficient);
                }
                Some(present) => {
                    let total = present.add(&coefficient, self.work)?;
                    if total.is_zero() {
                        sum.terms.remove(&monomial);
                    } else {
                        *present = total;
                    }
                }
            }
        }
        match sum.terms.len() > MAX_TERMS {
            true => Err(Stop::Budget),
            false => Ok(sum),
        }
    }

    /// The product of two monomials, with powers of i, of roots and of cosines reduced.
    fn product(&mut self, m: &Monomial, n: &Monomial, coefficient: Rational) -> Result<Form, Stop> {
        let mut merged: Monomial = Vec::with_capacity(m.len() + n.len());
        let (mut i, mut j) = (0, 0);
        let mut met = false;
        loop {
            match (m.get(i), n.get(j)) {
                (None, None) => break,
                (Some(x), None) => {
                    merged.push(x.clone());
                    i += 1;
                }
                (None, Some(y)) => {
                    merged.push(y.clone());
                    j += 1;
                }
                (Some(x), Some(y)) if x.0 == y.0 => {
                    let exponent = x.1.add(&y.1, self.work)?;
                    if !exponent.is_zero() {
                        merged.push((x.0, exponent));
                    }
                    met = true;
                    i += 1;
                    j += 1;
                }
                (Some(x), Some(y)) => {
                    if x.0 < y.0 {
                        merged.push(x.clone());
                        i += 1;
                    } else {
                        merged.push(y.clone());
                        j += 1;
                    }
                }
            }
        }
        match met {
            true => self.reduced(merged, coefficient),
            false => Ok(Form::monomial(merged, coefficient)),
        }
    }

    /// Brings the powers of a monomial into range.
    pub(crate) fn reduced(
        &mut self,
        monomial: Monomial,
        mut coefficient: Rational,
    ) -> Result<Form, Stop> {
        let mut kept: Monomial = Vec::with_capacity(monomial.len());
        let mut extra: Option<Form> = None;
        for (number, exponent) in monomial {
            match self.atom(number) {
                Some(Atom::Imaginary) => {
                    let power = exponent.small().ok_or(Stop::Unsupported)?.rem_euclid(4);
                    if power >= 2 {
                        coefficient = coefficient.neg();
                    }
                    if power % 2 == 1 {
                        kept.push((number, ONE));
                    }
                }
                Some(Atom::Integer(prime, _)) => {
                    let whole = exponent.floor();
                    if !whole.is_zero() {
                        let prime = Rational::from_int(prime.clone());
                        let power = prime.pow(whole.small().ok_or(Stop::Budget)?, self.work)?;
                        coefficient = coefficient.mul(&power, self.work)?;
                    }
                    let rest = exponent.sub(&whole, self.work)?;
                    if !rest.is_zero() {
                        kept.push((number, rest));
                    }
                }
                Some(Atom::Apply(Function::Cos, arguments)) => match exponent.small() {
                    Some(power @ 2..=24) => {
                        // cos² = 1 − sin²
                        let sine = Atom::Apply(Function::Sin, arguments.clone());
                        let sine = self.of(sine, Rational::integer(2));
                        let square = self.sub(&Form::constant(ONE), &sine)?;
                        let mut factor = Form::constant(ONE);
                        for _ in 0..power / 2 {
                            factor = self.mul(&factor, &square)?;
                        }
                        extra = Some(match extra {
                            None => factor,
                            Some(before) => self.mul(&before, &factor)?,
                        });
                        if power % 2 == 1 {
                            kept.push((number, ONE));
                        }
                    }
                    _ => kept.push((number, exponent)),
                },
                Some(Atom::Base(base))
                    if exponent
                        .small()
                        .is_some_and(|n| (1..=MAX_EXPANDED).contains(&n)) =>
                {
                    let base = base.clone();
                    let factor = self.power_integer(&base, exponent.small().unwrap_or(1))?;
                    extra = Some(match extra {
                        None => factor,
                        Some(before) => self.mul(&before, &factor)?,
                    });
                }
                _ => kept.push((number, exponent)),
            }
        }
        let form = Form::monomial(kept, coefficient);
        match extra {
            None => Ok(form),
            Some(factor) => self.mul(&form, &factor),
        }
    }

    /// Whether a form is 0, after denominators are cleared.
    pub(crate) fn vanishes(&mut self, form: &Form) -> Result<bool, Stop> {
        Ok(self.cleared(form)?.is_empty())
    }

    /// The form times what its denominators have in common, so that it is 0 where and only where the form is.
    pub(crate) fn cleared(&mut self, form: &Form) -> Result<Form, Stop> {
        let mut form = form.clone();
        for _ in 0..6 {
            if form.terms.len() < 2 {
                break;
            }
            // The lowest power of each sum.
            let mut lowest: BTreeMap<u32, Rational> = BTreeMap::new();
            for monomial in form.terms.keys() {
                for (number, _) in monomial {
                    if matches!(self.atom(*number), Some(Atom::Base(_))) {
                        lowest.entry(*number).or_insert(ZERO);
                    }
                }
            }
            for (number, low) in &mut lowest {
                for monomial in form.terms.keys() {
                    let here = monomial
                        .iter()
                        .find(|(n, _)| n == number)
                        .map_or(ZERO, |(_, e)| e.clone());
                    if here < *low {
                        *low = here;
                    }
                }
            }
            lowest.retain(|_, low| low.is_negative());
            if lowest.is_empty() {
                break;
            }
            let factor: Monomial = lowest
                .into_iter()
                .map(|(number, low)| (number, low.neg()))
                .collect();
            let mut next = Form::default();
            for (monomial, coefficient) in &form.terms {
                self.work.spend(8)?;
                let term = self.product(monomial, &factor, coefficient.clone())?;
                // A power that came up to a positive integer without meeting another is expanded too.
                let mut expanded = Form::default();
                for (m, c) in term.terms {
                    let reduced = self.reduced(m, c)?;
                    expanded = self.add_into(expanded, reduced)?;
                }
                next = self.add_into(next, expanded)?;
            }
            form = next;
        }
        Ok(form)
    }

    /// Whether a form that is not 0 is known to have a value other than 0: its atoms are independent of each other.
    pub(crate) fn independent(&self, form: &Form) -> bool {
        let mut transcendental = None;
        for (number, exponent) in form.terms.keys().flatten() {
            match self.atom(*number) {
                Some(Atom::Symbol(_)) => {}
                Some(Atom::Integer(_, prime)) if *prime => {}
                Some(Atom::Imaginary) if exponent.is_one() => {}
                Some(Atom::Pi | Atom::Euler) => {
                    if transcendental.is_some_and(|t| t != *number) {
                        return false;
                    }
                    transcendental = Some(*number);
                }
                _ => return false,
            }
        }
        true
    }
}
