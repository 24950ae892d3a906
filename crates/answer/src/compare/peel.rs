//! Units, percent signs, bases, moduli, ratios, ± and left sides: what is around a value.

use super::quantities::{Related, related};
use super::{Comparer, different, equal, undecided};
use crate::canon::based;
use crate::node::{Bracket, Function, Node, Relation};
use crate::{Outcome, Percent, Tier, Verdict};

/// Most signs ± that are expanded in one expression.
const MAX_SIGNS: usize = 200;

impl Comparer<'_> {
    /// The verdict where something around a value decides; `None` where both are bare.
    pub(super) fn peeled(&mut self, a: &Node, b: &Node) -> Option<Verdict> {
        if let Some(verdict) = self.units(a, b) {
            return Some(verdict);
        }
        match (a, b) {
            (Node::Percent(x), Node::Percent(y)) => return Some(self.nodes(x, y)),
            (Node::Percent(x), y) if y.is_scalar() => return Some(self.percent(x, y, false)),
            (x, Node::Percent(y)) if x.is_scalar() => return Some(self.percent(y, x, true)),
            (Node::Based(x, base), Node::Based(y, other)) => {
                return Some(match (based(x, *base), based(y, *other)) {
                    (Some(x), Some(y)) if x == y => equal(Tier::Exact, "the same number in a base"),
                    (Some(_), Some(_)) => different(Tier::Exact, "different numbers in a base"),
                    _ => undecided("digits that the base does not have"),
                });
            }
            (Node::Based(digits, base), other) if other.is_scalar() => {
                return Some(self.in_base(digits, *base, other, false));
            }
            (other, Node::Based(digits, base)) if other.is_scalar() => {
                return Some(self.in_base(digits, *base, other, true));
            }
            (Node::Residue(x), Node::Residue(y)) => return Some(self.residues(x, y)),
            (Node::Residue(x), other) if !matches!(other, Node::Relation(..)) => {
                return Some(self.residue(x, other, false));
            }
            (other, Node::Residue(x)) if !matches!(other, Node::Relation(..)) => {
                return Some(self.residue(x, other, true));
            }
            (Node::Ratio(x), Node::Ratio(y)) => return Some(self.ratios(x, y)),
            (Node::Ratio(x), other) if other.is_scalar() && x.len() == 2 => {
                return Some(self.quotient(x, other, false));
            }
            (other, Node::Ratio(x)) if other.is_scalar() && x.len() == 2 => {
                return Some(self.quotient(x, other, true));
            }
            _ => {}
        }
        let (signs_a, signs_b) = (has_signs(a), has_signs(b));
        if signs_a || signs_b {
            let (x, y) = (expanded(a), expanded(b));
            return Some(match (x, y) {
                (Some(x), Some(y)) => self.nodes(&x, &y),
                _ => undecided("too many signs ±"),
            });
        }
        None
    }

    fn units(&mut self, a: &Node, b: &Node) -> Option<Verdict> {
        let (x, unit_a) = unit_of(a);
        let (y, unit_b) = unit_of(b);
        match (unit_a, unit_b) {
            (None, None) => None,
            (Some(u), Some(v)) => {
                if u != v
                    && let (true, Some(verdict)) =
                        (x.is_scalar() && y.is_scalar(), self.converted(x, u, y, v))
                {
                    return Some(verdict);
                }
                let verdict = self.nodes(x, y);
                if u == v || is_generic(u) || is_generic(v) {
                    return Some(verdict);
                }
                Some(match verdict.outcome {
                    Outcome::Equal => undecided("the same number of different units"),
                    Outcome::Different => different(verdict.tier, "numbers and units differ"),
                    Outcome::Undecided => verdict,
                })
            }
            // 50 \% is no 50 cm.
            (Some(_), None) if matches!(b, Node::Percent(_)) => {
                Some(different(Tier::Exact, "a unit against a percent sign"))
            }
            (None, Some(_)) if matches!(a, Node::Percent(_)) => {
                Some(different(Tier::Exact, "a unit against a percent sign"))
            }
            (u, v) => {
                // An angle in degrees against one in radians.
                if (u == Some("degree") || v == Some("degree")) && a.is_scalar() && b.is_scalar() {
                    let radians = self.scalars(a, b);
                    if radians.is_equal() {
                        return Some(radians);
                    }
                }
                // 5 \% against 5 cm and the like fall through as values.
                let verdict = self.nodes(x, y);
                Some(match (verdict.outcome, self.policy.strip_units) {
                    (Outcome::Equal, false) => undecided("a unit on one side only"),
                    _ => verdict,
                })
            }
        }
    }

    /// Two values of different units: converted where the units are of one kind, different where they are of two.
    fn converted(&mut self, x: &Node, u: &str, y: &Node, v: &str) -> Option<Verdict> {
        match related(u, v) {
            Related::Kind(to_x, to_y) => {
                let verdict = self.nodes(
                    &Node::Mul(vec![to_x, x.clone()]),
                    &Node::Mul(vec![to_y, y.clone()]),
                );
                Some(match verdict.outcome {
                    Outcome::Equal => equal(verdict.tier, "the same quantity in other units"),
                    Outcome::Different => different(verdict.tier, "different quantities"),
                    Outcome::Undecided => verdict,
                })
            }
            Related::Apart => Some(different(Tier::Exact, "units of different kinds")),
            Related::Calendar => Some(undecided("months and days do not convert")),
            Related::Unknown => None,
        }
    }

    fn percent(&mut self, inner: &Node, other: &Node, flipped: bool) -> Verdict {
        let value = Node::quotient(inner.clone(), Node::integer(100));
        let as_value = self.oriented(&value, other, flipped);
        if as_value.is_equal() || self.policy.percent == Percent::Value {
            return as_value;
        }
        let plain = self.oriented(inner, other, flipped);
        match plain.outcome {
            Outcome::Equal => equal(plain.tier, "the same but for a percent sign"),
            _ => as_value,
        }
    }

    fn in_base(&mut self, digits: &str, base: u32, other: &Node, flipped: bool) -> Verdict {
        let node = Node::Based(digits.into(), base);
        let value = match flipped {
            true => self.scalars(other, &node),
            false => self.scalars(&node, other),
        };
        if value.is_equal() || !self.policy.drop_base {
            return value;
        }
        match based(digits, 10) {
            Some(plain) => {
                let plain = Node::Number(crate::node::Number::exact(plain));
                let verdict = self.oriented(&plain, other, flipped);
                if verdict.is_equal() {
                    equal(Tier::Exact, "the same digits, the base on one side only")
                } else {
                    value
                }
            }
            None => value,
        }
    }

    fn residues(&mut self, x: &[Node; 2], y: &[Node; 2]) -> Verdict {
        let ([a, m], [b, n]) = (x, y);
        let moduli = self.nodes(m, n);
        if !moduli.is_equal() {
            return moduli;
        }
        let difference = Node::quotient(Node::Add(vec![a.clone(), b.clone().negated()]), m.clone());
        match self.forms.form(&difference).ok().and_then(|f| f.rational()) {
            Some(times) if times.is_integer() => equal(Tier::Exact, "the same residue class"),
            Some(_) => different(Tier::Exact, "different residue classes"),
            None => self.nodes(a, b),
        }
    }

    fn residue(&mut self, x: &[Node; 2], other: &Node, flipped: bool) -> Verdict {
        let [value, _] = x;
        let verdict = self.oriented(value, other, flipped);
        match (verdict.outcome, self.policy.drop_modulus) {
            (Outcome::Equal, false) => undecided("a modulus on one side only"),
            _ => verdict,
        }
    }

    fn ratios(&mut self, x: &[Node], y: &[Node]) -> Verdict {
        let (Some(first_x), Some(first_y), true) = (x.first(), y.first(), x.len() == y.len())
        else {
            return different(Tier::Exact, "ratios of different length");
        };
        let cross: Vec<(Node, Node)> = x
            .iter()
            .zip(y)
            .skip(1)
            .map(|(p, q)| {
                (
                    Node::Mul(vec![p.clone(), first_y.clone()]),
                    Node::Mul(vec![q.clone(), first_x.clone()]),
                )
            })
            .collect();
        self.all(&mut cross.iter().map(|(p, q)| (p, q)), "the same ratio")
    }

    fn quotient(&mut self, x: &[Node], other: &Node, flipped: bool) -> Verdict {
        let [p, q] = x else {
            return undecided("a ratio against a value");
        };
        let value = Node::quotient(p.clone(), q.clone());
        self.oriented(&value, other, flipped)
    }
}

/// The value and the unit of a tree; degrees are a unit.
fn unit_of(node: &Node) -> (&Node, Option<&str>) {
    match node {
        Node::Quantity(inner, unit) => (inner, Some(unit)),
        Node::Apply(Function::Degrees, inner) => match inner.first() {
            Some(inner) => (inner, Some("degree")),
            None => (node, None),
        },
        _ => (node, None),
    }
}

/// Units that only say that something is counted.
fn is_generic(unit: &str) -> bool {
    unit.split_whitespace()
        .all(|word| matches!(word, "unit" | "^2" | "^3" | "value" | "way"))
}

fn has_signs(node: &Node) -> bool {
    let whole = matches!(node, Node::Sequence(..))
        || node.is_scalar()
        || matches!(node, Node::Relation(..));
    whole && node.any(&|n| matches!(n, Node::PlusMinus(..)))
}

/// The tree with ± as both values: a list. All signs of one expression go together.
fn expanded(node: &Node) -> Option<Node> {
    match node {
        Node::Sequence(bracket, items) => {
            let mut all = Vec::new();
            for item in items {
                match item.any(&|n| matches!(n, Node::PlusMinus(..))) {
                    true => match expanded(item)? {
                        Node::Sequence(Bracket::Bare, both) if *bracket != Bracket::Round => {
                            all.extend(both)
                        }
                        other => all.push(other),
                    },
                    false => all.push(item.clone()),
                }
                if all.len() > MAX_SIGNS {
                    return None;
                }
            }
            Some(Node::Sequence(*bracket, all))
        }
        Node::Relation(parts, signs) if signs.as_slice() == [Relation::Equal] => {
            match parts.as_slice() {
                [name, value] if !name.any(&|n| matches!(n, Node::PlusMinus(..))) => Some(
                    Node::Relation(vec![name.clone(), expanded(value)?], signs.clone()),
                ),
                _ => Some(node.clone()),
            }
        }
        other if other.any(&|n| matches!(n, Node::PlusMinus(..))) => Some(Node::Sequence(
            Bracket::Bare,
            vec![chosen(other, true), chosen(other, false)],
        )),
        other => Some(other.clone()),
    }
}

/// The tree with the upper or the lower sign.
fn chosen(node: &Node, upper: bool) -> Node {
    let each = |parts: &[Node]| {
        parts
            .iter()
            .map(|part| chosen(part, upper))
            .collect::<Vec<_>>()
    };
    match node {
        Node::PlusMinus(plus, inner) => {
            let inner = chosen(inner, upper);
            if *plus == upper {
                inner
            } else {
                inner.negated()
            }
        }
        Node::Add(parts) => Node::Add(each(parts)),
        Node::Mul(parts) => Node::Mul(each(parts)),
        Node::Power(two) => {
            let [base, exponent] = two.as_ref();
            Node::power(chosen(base, upper), chosen(exponent, upper))
        }
        Node::Apply(function, parts) => Node::Apply(*function, each(parts)),
        Node::Call(name, parts) => Node::Call(name.clone(), each(parts)),
        Node::Sequence(bracket, parts) => Node::Sequence(*bracket, each(parts)),
        other => other.clone(),
    }
}
