//! By value: constants in high precision, expressions with names at several points.

use std::cmp::Ordering;

use super::scalars::within;
use super::{Comparer, different, equal, undecided};
use crate::ball::{Ball, Complex, Evaluator, Point};
use crate::node::{Constant, Function, Node};
use crate::work::Stop;
use crate::{Rounding, Tier, Verdict};

/// Points with positive names, with names of either sign, and with integers.
const POSITIVE: u32 = 6;
const MIXED: u32 = 12;
const INTEGERS: u32 = 16;
/// Points at which both sides must have a value.
const DEFINED: u32 = 3;
/// Relative difference of a float and an exact value.
const FLOAT: f64 = 1e-9;

/// Whether a tree has names, and whether it has functions of unknown kind.
fn names(node: &Node) -> (bool, bool) {
    (
        node.any(&|n| matches!(n, Node::Symbol(_))),
        node.any(&|n| matches!(n, Node::Call(..))),
    )
}

/// Whether a tree has functions that jump: two of them may differ at the jumps alone, where a point seldom falls.
fn jumps(node: &Node) -> bool {
    use Function::{Ceiling, Floor, Mod, Round, Sign};
    node.any(&|n| matches!(n, Node::Apply(Ceiling | Floor | Mod | Round | Sign, _)))
}

impl Comparer<'_> {
    pub(super) fn by_value(&mut self, a: &Node, b: &Node) -> Verdict {
        let ((names_a, calls_a), (names_b, calls_b)) = (names(a), names(b));
        if calls_a || calls_b {
            return undecided("functions that are not known");
        }
        match names_a || names_b {
            true => self.at_points(a, b),
            false => self.constants(a, b),
        }
    }

    fn constants(&mut self, a: &Node, b: &Node) -> Verdict {
        let value = |node: &Node| Evaluator::new(self.work, Point::None, true).value(node);
        let (x, y) = match (value(a), value(b)) {
            (Ok(x), Ok(y)) => (x, y),
            (Err(Stop::Undefined), Ok(_)) | (Ok(_), Err(Stop::Undefined)) => {
                return different(Tier::Numeric, "a value that is not defined");
            }
            (Err(Stop::Budget), _) | (_, Err(Stop::Budget)) => {
                return undecided("a value that takes too much work");
            }
            _ => return undecided("a value that cannot be computed"),
        };
        match same(&x, &y) {
            Some(true) => equal(Tier::Numeric, "the same value to 50 digits"),
            other => {
                if self.is_loose(a, b) && self.loosely(a, b, &x, &y) {
                    return equal(
                        Tier::Float,
                        "the same value within the tolerance for decimals",
                    );
                }
                match other {
                    Some(false) => different(Tier::Numeric, "different values"),
                    _ => undecided("values too close to tell apart"),
                }
            }
        }
    }

    /// Whether two values agree as the policy lets floats, rounded numbers and tolerances agree.
    fn loosely(&self, a: &Node, b: &Node, x: &Complex, y: &Complex) -> bool {
        let policy = self.policy;
        let (re, im) = (
            (x.re.to_f64(), y.re.to_f64()),
            (x.im.to_f64(), y.im.to_f64()),
        );
        let scale = re.0.abs().max(re.1.abs()).max(im.0.abs()).max(im.1.abs());
        if !scale.is_finite() {
            return false;
        }
        let is_float = |node: &Node| {
            node.any(&|n| matches!(n, Node::Number(n) if super::scalars::is_float(n, policy)))
        };
        if is_float(a) || is_float(b) {
            let bare = |node: &Node| match node {
                Node::Number(n) if super::scalars::is_float(n, policy) => {
                    10f64.powi(-n.decimals.clamp(-300, 300))
                }
                _ => 0.0,
            };
            let unit = bare(a).max(bare(b));
            let close = |p: f64, q: f64| (p - q).abs() <= FLOAT * scale || (p - q).abs() < unit;
            if close(re.0, re.1) && close(im.0, im.1) {
                return true;
            }
        }
        if !x.is_real() || !y.is_real() {
            return false;
        }
        let rounds = |node: &Node, value: f64| match node {
            Node::Number(n)
                if n.digits >= policy.rounding_digits.max(1) && n.decimals.abs() < 300 =>
            {
                (n.value.to_f64() - value).abs() <= 0.5 * 10f64.powi(-n.decimals) * (1.0 + 1e-9)
            }
            _ => false,
        };
        let (by_a, by_b) = (rounds(a, re.1), rounds(b, re.0));
        let by_gold = if self.swapped { by_b } else { by_a };
        match policy.rounding {
            Rounding::Never => {}
            Rounding::Reference if by_gold => return true,
            Rounding::Either if by_a || by_b => return true,
            _ => {}
        }
        within(re.0, re.1, policy)
    }

    fn at_points(&mut self, a: &Node, b: &Node) -> Verdict {
        let imaginary =
            |node: &Node| node.any(&|n| matches!(n, Node::Constant(Constant::Imaginary)));
        let complex = imaginary(a) || imaginary(b);
        let loose = self.is_loose(a, b);
        let (mut defined, mut unknown, mut float) = (0, false, false);
        let points = (0..POSITIVE)
            .map(Point::Positive)
            .chain((0..MIXED).map(Point::Mixed));
        for point in points.chain((0..INTEGERS).map(Point::Integers)) {
            // Integers only where other points gave no values: factorials, binomials, powers of −1.
            if let Point::Integers(place) = point {
                if place == 0 && defined >= DEFINED {
                    break;
                }
                if place == 0 {
                    (defined, unknown) = (0, false);
                }
            }
            let value = |node: &Node| Evaluator::new(self.work, point, complex).value(node);
            let (x, y) = match (value(a), value(b)) {
                (Ok(x), Ok(y)) => (x, y),
                (Err(Stop::Budget), _) | (_, Err(Stop::Budget)) if self.work.is_spent() => {
                    return undecided("the work budget is spent");
                }
                // Where one side has no value the domains differ, which answers seldom mean.
                (Err(Stop::Undefined), _) | (_, Err(Stop::Undefined)) => continue,
                _ => {
                    unknown = true;
                    continue;
                }
            };
            match same(&x, &y) {
                Some(true) => defined += 1,
                _ if loose && self.loosely(a, b, &x, &y) => {
                    defined += 1;
                    float = true;
                }
                Some(false) => return different(Tier::Numeric, "different values at a point"),
                None => unknown = true,
            }
        }
        match defined >= DEFINED && !(unknown && defined < DEFINED + 1) {
            true if jumps(a) || jumps(b) => {
                undecided("the same values at several points, which says nothing of the jumps")
            }
            true if float => equal(
                Tier::Float,
                "the same values at several points, within the tolerance for decimals",
            ),
            true => equal(
                Tier::Numeric,
                "the same values to 50 digits at several points",
            ),
            false => undecided("an expression that cannot be computed"),
        }
    }

    /// Whether f/g is the same number at several points, and its sign.
    pub(super) fn proportional(&mut self, f: &Node, g: &Node) -> Option<Option<i32>> {
        let mut ratio: Option<Complex> = None;
        let mut seen = 0;
        for place in 0..8 {
            let point = if place < 4 {
                Point::Positive(place)
            } else {
                Point::Mixed(place)
            };
            let value = |node: &Node| Evaluator::new(self.work, point, false).value(node);
            let (Ok(x), Ok(y)) = (value(f), value(g)) else {
                continue;
            };
            let Ok(here) = y.inverse().and_then(|y| x.mul(&y)) else {
                continue;
            };
            match &ratio {
                None => ratio = Some(here),
                Some(before) => match same(before, &here) {
                    Some(true) => {}
                    Some(false) => return Some(None),
                    None => return None,
                },
            }
            seen += 1;
        }
        if seen < 4 {
            return None;
        }
        match ratio?.re.sign() {
            Some(0) => Some(None),
            sign => Some(Some(sign?)),
        }
    }

    /// The order of two real constants; equal as far as the form or 50 digits tell.
    pub(super) fn order(&mut self, a: &Node, b: &Node) -> Option<Ordering> {
        if let (Node::Number(x), Node::Number(y)) = (a, b) {
            return Some(x.value.cmp(&y.value));
        }
        if let (Ok(x), Ok(y)) = (self.forms.form(a), self.forms.form(b)) {
            if x == y {
                return Some(Ordering::Equal);
            }
            if let (Some(x), Some(y)) = (x.rational(), y.rational()) {
                return Some(x.cmp(&y));
            }
        }
        let value = |node: &Node| -> Option<Ball> {
            let value = Evaluator::new(self.work, Point::None, true)
                .value(node)
                .ok()?;
            value.is_real().then_some(value.re)
        };
        let (x, y) = (value(a)?, value(b)?);
        let order = x.compare(&y).ok()?;
        // A float end and the exact one are the same end.
        match order {
            Some(Ordering::Less | Ordering::Greater)
                if self.is_loose(a, b)
                    && (x.to_f64() - y.to_f64()).abs()
                        <= FLOAT * x.to_f64().abs().max(y.to_f64().abs()) =>
            {
                Some(Ordering::Equal)
            }
            order => order,
        }
    }
}

/// Whether two values are the same; `None` where their balls touch without being small.
fn same(x: &Complex, y: &Complex) -> Option<bool> {
    let re = x.re.compare(&y.re).ok()?;
    let im = x.im.compare(&y.im).ok()?;
    match (re, im) {
        (Some(Ordering::Equal), Some(Ordering::Equal)) => Some(true),
        (Some(Ordering::Less | Ordering::Greater), _)
        | (_, Some(Ordering::Less | Ordering::Greater)) => Some(false),
        _ => None,
    }
}
