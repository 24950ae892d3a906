//! From a tree to its canonical form.

use super::{Atom, Form, Forms};
use crate::node::{Constant, Function, Node};
use crate::rational::{ONE, Rational};
use crate::work::Stop;

/// Deepest tree that is brought to canonical form.
const MAX_DEPTH: u32 = 150;
/// Most terms of a sum or product that is written out.
const MAX_SERIES: i64 = 400;

impl Forms<'_> {
    pub(crate) fn form(&mut self, node: &Node) -> Result<Form, Stop> {
        self.work.spend(3)?;
        if self.depth > MAX_DEPTH {
            return Err(Stop::Unsupported);
        }
        self.depth += 1;
        let form = self.form_inner(node);
        self.depth -= 1;
        form
    }

    fn form_inner(&mut self, node: &Node) -> Result<Form, Stop> {
        match node {
            Node::Number(number) => Ok(Form::constant(number.value.clone())),
            Node::Symbol(name) => {
                if let Some((_, value)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
                    return Ok(value.clone());
                }
                Ok(self.of(Atom::Symbol(name.clone()), ONE))
            }
            Node::Constant(constant) => match constant {
                Constant::Pi => Ok(self.of(Atom::Pi, ONE)),
                Constant::Euler => Ok(self.of(Atom::Euler, ONE)),
                Constant::Imaginary => Ok(self.of(Atom::Imaginary, ONE)),
                Constant::Undefined => Err(Stop::Undefined),
                Constant::Infinity | Constant::ComplexInfinity => Err(Stop::Unsupported),
            },
            Node::Add(parts) => {
                let mut sum = Form::default();
                for part in parts {
                    let term = self.form(part)?;
                    sum = if sum.is_empty() {
                        term
                    } else {
                        self.add_into(sum, term)?
                    };
                }
                Ok(sum)
            }
            Node::Mul(parts) => {
                let mut product: Option<Form> = None;
                for part in parts {
                    let factor = match part {
                        // x/(a·b): the quotient is one step, and 0 below is found out.
                        Node::Power(two) => match two.as_ref() {
                            [below, Node::Number(n)] if n.value.small() == Some(-1) => {
                                let below = self.form(below)?;
                                let above = product.take().unwrap_or_else(|| Form::constant(ONE));
                                product = Some(self.quotient(&above, &below)?);
                                continue;
                            }
                            _ => self.form(part)?,
                        },
                        _ => self.form(part)?,
                    };
                    product = Some(match product {
                        None => factor,
                        Some(before) => self.mul(&before, &factor)?,
                    });
                }
                Ok(product.unwrap_or_else(|| Form::constant(ONE)))
            }
            Node::Power(two) => {
                let [base, exponent] = two.as_ref();
                let base = self.form(base)?;
                let exponent = self.form(exponent)?;
                if base.is_empty() && exponent.is_empty() {
                    return Err(Stop::Undefined);
                }
                match exponent.rational().and_then(|r| r.small()) {
                    Some(-1) => self.quotient(&Form::constant(ONE), &base),
                    _ => self.power(&base, &exponent),
                }
            }
            Node::Apply(function, arguments) => self.apply(*function, arguments),
            Node::Call(name, arguments) => {
                let arguments = self.forms(arguments)?;
                Ok(self.of(Atom::Call(name.clone(), arguments), ONE))
            }
            Node::Percent(inner) => {
                let inner = self.form(inner)?;
                self.scale(&inner, &Rational::Small(1, 100))
            }
            Node::Sequence(_, only) if only.len() == 1 => match only.first() {
                Some(inner) => self.form(inner),
                None => Err(Stop::Unsupported),
            },
            Node::Quantity(inner, _) => self.form(inner),
            Node::Based(digits, base) => based(digits, *base)
                .map(Form::constant)
                .ok_or(Stop::Unsupported),
            _ => Err(Stop::Unsupported),
        }
    }

    fn forms(&mut self, nodes: &[Node]) -> Result<Vec<Form>, Stop> {
        nodes.iter().map(|node| self.bound_form(node)).collect()
    }

    /// The form of an argument or a bound, which may be infinite.
    fn bound_form(&mut self, node: &Node) -> Result<Form, Stop> {
        match crate::compare::infinite(node) {
            Some(sign @ (1 | -1)) => {
                let infinity = self.of(Atom::Symbol("oo".into()), ONE);
                self.scale(&infinity, &Rational::integer(sign.into()))
            }
            _ => self.form(node),
        }
    }

    fn apply(&mut self, function: Function, arguments: &[Node]) -> Result<Form, Stop> {
        match (function, arguments) {
            (Function::Sum | Function::Product, [body, Node::Symbol(index), low, high]) => {
                return self.series(function, body, index, low, high);
            }
            // These are compared by their form; the name that is bound is one name for all.
            (Function::Integral | Function::Limit, [body, Node::Symbol(index), bounds @ ..])
                if !bounds.is_empty() =>
            {
                let mut arguments = self.forms(bounds)?;
                let own = self.of(Atom::Symbol("#".into()), ONE);
                self.bound.push((index.clone(), own));
                let body = self.form(body);
                self.bound.pop();
                arguments.insert(0, body?);
                return Ok(self.of(Atom::Apply(function, arguments), ONE));
            }
            (Function::Integral | Function::Derivative, [_, Node::Symbol(_)]) => {
                let arguments = self.forms(arguments)?;
                return Ok(self.of(Atom::Apply(function, arguments), ONE));
            }
            (
                Function::Integral
                | Function::Derivative
                | Function::Limit
                | Function::Determinant
                | Function::Norm,
                _,
            ) => {
                return Err(Stop::Unsupported);
            }
            (Function::Degrees, [inner]) => {
                let inner = self.form(inner)?;
                let pi = self.of(Atom::Pi, ONE);
                let radians = self.mul(&inner, &pi)?;
                return self.scale(&radians, &Rational::Small(1, 180));
            }
            (Function::RealRoot, [of, index]) => {
                let of = self.form(of)?;
                let index = self.form(index)?;
                let index = index.rational().ok_or(Stop::Unsupported)?;
                let exponent = index.recip()?;
                let odd = index.small().is_some_and(|n| n % 2 != 0);
                // The real odd root of a negative number.
                if odd
                    && of
                        .single()
                        .is_some_and(|(m, c)| m.is_empty() && c.is_negative())
                {
                    let positive = self.scale(&of, &Rational::integer(-1))?;
                    let root = self.power_rational(&positive, &exponent)?;
                    return self.scale(&root, &Rational::integer(-1));
                }
                return self.power_rational(&of, &exponent);
            }
            _ => {}
        }
        let arguments = self.forms(arguments)?;
        self.function(function, arguments)
    }

    fn series(
        &mut self,
        function: Function,
        body: &Node,
        index: &str,
        low: &Node,
        high: &Node,
    ) -> Result<Form, Stop> {
        let (low, high) = (self.bound_form(low)?, self.bound_form(high)?);
        let bounds = (
            low.rational().and_then(|r| r.small()),
            high.rational().and_then(|r| r.small()),
        );
        if let (Some(from), Some(to)) = bounds {
            if to.saturating_sub(from) > MAX_SERIES {
                return Err(Stop::Unsupported);
            }
            let mut total = Form::constant(if function == Function::Sum {
                Rational::integer(0)
            } else {
                ONE
            });
            for value in from..=to {
                self.bound
                    .push((index.into(), Form::constant(Rational::integer(value))));
                let term = self.form(body);
                self.bound.pop();
                let term = term?;
                total = match function {
                    Function::Sum => self.add(&total, &term)?,
                    _ => self.mul(&total, &term)?,
                };
            }
            return Ok(total);
        }
        // The name that is bound is one name for all.
        let own = self.of(Atom::Symbol("#".into()), ONE);
        self.bound.push((index.into(), own));
        let body = self.form(body);
        self.bound.pop();
        let arguments = vec![body?, low, high];
        Ok(self.of(Atom::Apply(function, arguments), ONE))
    }
}

/// The value of digits in a base.
pub(crate) fn based(digits: &str, base: u32) -> Option<Rational> {
    if digits.is_empty() || digits.len() > 200 || !(2..=36).contains(&base) {
        return None;
    }
    num_bigint::BigInt::parse_bytes(digits.as_bytes(), base).map(Rational::from_int)
}
