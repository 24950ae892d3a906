//! Numbers and expressions: exact, by canonical form, then by value.

use super::{Comparer, decided, different, equal, undecided};
use crate::node::{Constant, Node, Number};
use crate::rational::Rational;
use crate::work::Stop;
use crate::{Percent, Policy, Rounding, Tier, Verdict};

/// Decimals behind the point that a float has at least.
const FLOAT_DECIMALS: i32 = 6;

/// Largest float that stands for 0 where it should have cancelled out.
const NOISE: f64 = 1e-14;

/// Whether a written number is the float that a program printed.
pub(crate) fn is_float(number: &Number, policy: &Policy) -> bool {
    policy.float_digits > 0
        && number.digits >= policy.float_digits
        && number.decimals >= FLOAT_DECIMALS
}

/// Whether two exact values agree as a float and an exact number may: within a relative 1e-9, or less than one unit of the
/// last digit of a float that is written out.
fn float_agrees(a: &Rational, b: &Rational, floats: &[&Number]) -> bool {
    let (x, y) = (a.to_f64(), b.to_f64());
    let difference = (a.big() - b.big()).to_f64_abs();
    let scale = x.abs().max(y.abs());
    if !difference.is_finite() || !scale.is_finite() {
        return false;
    }
    // What a float leaves of 0.
    let noise = (a.is_zero() || b.is_zero()) && scale < NOISE;
    difference <= 1e-9 * scale
        || noise
        || floats
            .iter()
            .any(|f| difference < 10f64.powi(-f.decimals.clamp(-300, 300)))
}

/// The absolute value of a big rational as a double.
trait ToF64Abs {
    fn to_f64_abs(&self) -> f64;
}

impl ToF64Abs for num_rational::BigRational {
    fn to_f64_abs(&self) -> f64 {
        num_traits::ToPrimitive::to_f64(self)
            .unwrap_or(f64::INFINITY)
            .abs()
    }
}

/// Whether `value` rounds to the written decimal: within half a unit of its last digit.
fn rounds_to(value: &Rational, written: &Number, policy: &Policy) -> bool {
    if written.digits < policy.rounding_digits.max(1) || written.decimals.abs() > 300 {
        return false;
    }
    let difference = (value.big() - written.value.big()).to_f64_abs();
    // A little more than half, for what doubles cut off.
    difference <= 0.5 * 10f64.powi(-written.decimals) * (1.0 + 1e-9)
}

/// Two exact numbers under a policy, the first of the reference.
pub(crate) fn numbers(a: &Number, b: &Number, policy: &Policy) -> Verdict {
    if a.value == b.value {
        return equal(Tier::Exact, "the same number");
    }
    let floats: Vec<&Number> = [a, b].into_iter().filter(|n| is_float(n, policy)).collect();
    if !floats.is_empty() && float_agrees(&a.value, &b.value, &floats) {
        return equal(Tier::Float, "the same number but for the noise of a float");
    }
    let by_gold =
        policy.rounding != Rounding::Never && a.digits > 0 && rounds_to(&b.value, a, policy);
    let by_pred =
        policy.rounding == Rounding::Either && b.digits > 0 && rounds_to(&a.value, b, policy);
    if by_gold || by_pred {
        return equal(Tier::Float, "the same number when rounded");
    }
    if policy.tolerance > 0.0 || policy.percent == Percent::Hundredfold {
        let (x, y) = (a.value.to_f64(), b.value.to_f64());
        if within(x, y, policy) {
            return equal(Tier::Float, "within the tolerance of the policy");
        }
    }
    different(Tier::Exact, "different numbers")
}

/// Whether two doubles are the same by the policy's tolerance and its hundredfold.
pub(super) fn within(x: f64, y: f64, policy: &Policy) -> bool {
    let close = |x: f64, y: f64| (x - y).abs() <= policy.tolerance * x.abs().max(y.abs()) || x == y;
    close(x, y)
        || policy.percent == Percent::Hundredfold && (close(x * 100.0, y) || close(x, y * 100.0))
}

impl Comparer<'_> {
    pub(super) fn scalars(&mut self, a: &Node, b: &Node) -> Verdict {
        if let (Node::Number(x), Node::Number(y)) = (a, b) {
            return self.ordered_numbers(x, y);
        }
        if let Some(verdict) = infinities(a, b) {
            return verdict;
        }
        let (x, y) = (self.forms.form(a), self.forms.form(b));
        if let (Err(Stop::Undefined), _) | (_, Err(Stop::Undefined)) = (&x, &y) {
            return match (&x, &y) {
                (Err(_), Err(_)) => undecided("values that are not defined"),
                _ => different(Tier::Canonical, "a value that is not defined"),
            };
        }
        if let (Ok(x), Ok(y)) = (&x, &y) {
            if x == y {
                return equal(Tier::Canonical, "the same canonical form");
            }
            if let (Some(x), Some(y)) = (x.rational(), y.rational()) {
                return self.ordered_numbers(&written(a, x), &written(b, y));
            }
            let exact = !self.is_loose(a, b);
            if let Ok(difference) = self.forms.sub(x, y) {
                match self.forms.cleared(&difference) {
                    Ok(cleared) if cleared.is_empty() => {
                        return equal(Tier::Canonical, "the same canonical form");
                    }
                    Ok(cleared) if exact && self.forms.independent(&cleared) => {
                        return different(Tier::Canonical, "different canonical forms");
                    }
                    _ => {}
                }
            }
        }
        self.by_value(a, b)
    }

    /// Two exact numbers, the reference first.
    fn ordered_numbers(&self, a: &Number, b: &Number) -> Verdict {
        if self.swapped {
            numbers(b, a, self.policy)
        } else {
            numbers(a, b, self.policy)
        }
    }

    /// Whether the policy may make two different values the same: a float is among them, or it allows a tolerance.
    pub(super) fn is_loose(&self, a: &Node, b: &Node) -> bool {
        let policy = self.policy;
        let lenient = policy.tolerance > 0.0
            || policy.percent == Percent::Hundredfold
            || policy.rounding != Rounding::Never;
        let float = |node: &Node| {
            node.any(&|n| matches!(n, Node::Number(number) if is_float(number, policy)))
        };
        lenient || float(a) || float(b)
    }
}

/// The number as it was written, or a computed value as an exact one.
fn written(node: &Node, value: Rational) -> Number {
    match node {
        Node::Number(number) => number.clone(),
        _ => Number::exact(value),
    }
}

/// Infinities, signed, and what is not a number.
fn infinities(a: &Node, b: &Node) -> Option<Verdict> {
    let (x, y) = (infinite(a), infinite(b));
    match (x, y) {
        (None, None) => None,
        (Some(x), Some(y)) => Some(decided(
            x == y,
            Tier::Exact,
            "the same infinity",
            "different infinities",
        )),
        (Some(_), None) => Some(against(b)),
        (None, Some(_)) => Some(against(a)),
    }
}

fn against(other: &Node) -> Verdict {
    match other.any(&|n| {
        matches!(
            n,
            Node::Constant(Constant::Infinity | Constant::ComplexInfinity | Constant::Undefined)
        )
    }) {
        true => undecided("infinity in an expression"),
        false => different(Tier::Exact, "infinity against a value"),
    }
}

/// 1 and −1 for the ends of the line, 2 for infinity without direction, 3 for what is not a number.
pub(crate) fn infinite(node: &Node) -> Option<i32> {
    match node {
        Node::Constant(Constant::Infinity) => Some(1),
        Node::Constant(Constant::ComplexInfinity) => Some(2),
        Node::Constant(Constant::Undefined) => Some(3),
        Node::Mul(parts) => {
            let (mut sign, mut found) = (1, false);
            for part in parts {
                match part {
                    Node::Number(n) => sign *= n.value.sign(),
                    Node::Constant(Constant::Infinity) => found = true,
                    _ => return None,
                }
            }
            (found && sign != 0).then_some(sign)
        }
        Node::Add(parts) => {
            let infinite: Vec<i32> = parts.iter().filter_map(infinite).collect();
            let rest = parts.iter().all(infinite_or_number);
            match infinite.as_slice() {
                [only] if rest => Some(*only),
                _ => None,
            }
        }
        _ => None,
    }
}

fn infinite_or_number(node: &Node) -> bool {
    matches!(node, Node::Number(_)) || infinite(node).is_some()
}
