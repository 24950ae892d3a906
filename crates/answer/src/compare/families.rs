//! Values that hold a free integer or a free constant: `π/4 + nπ, n ∈ ℤ` under any letter, `x² + C` under any constant.

use super::relations::assignment;
use super::{Comparer, equal, undecided};
use crate::node::{NamedSet, Node, Relation};
use crate::{Outcome, Tier, Verdict};

/// Letters that stand for an integer where one side says so and the other leaves it out.
const INTEGERS: [&str; 3] = ["n", "k", "m"];

/// Names of a constant of integration.
const CONSTANTS: [&str; 6] = ["C", "c", "K", "k", "C_1", "c_1"];

/// Values with the letter in them that is any integer.
struct Family<'n> {
    values: Vec<&'n Node>,
    letter: &'n Node,
    /// Whether it says that the letter is any integer; else it may be the term of a sequence, which only itself equals.
    declared: bool,
}

/// `values, n ∈ ℤ`.
fn declared(items: &[Node]) -> Option<Family<'_>> {
    let (last, values) = items.split_last()?;
    let Node::Relation(parts, signs) = last else {
        return None;
    };
    match (parts.as_slice(), signs.as_slice()) {
        ([letter @ Node::Symbol(_), Node::NamedSet(NamedSet::Integers)], [Relation::In])
            if !values.is_empty() =>
        {
            let values = values.iter().map(value).collect::<Option<_>>()?;
            Some(Family {
                values,
                letter,
                declared: true,
            })
        }
        _ => None,
    }
}

/// `nπ, n ∈ ℤ` or `{nπ : n ∈ ℤ}`.
fn family(node: &Node) -> Option<Family<'_>> {
    match node {
        Node::Sequence(_, items) => declared(items),
        Node::Condition(two) => declared(two.as_slice()),
        _ => None,
    }
}

/// A value, without a name in front of it.
fn value(node: &Node) -> Option<&Node> {
    let inner = match node {
        Node::Relation(..) => assignment(node, false)?.1,
        other => other,
    };
    inner.is_scalar().then_some(inner)
}

/// A value that holds one letter of those that stand for integers.
fn undeclared(node: &Node) -> Option<(&Node, Node)> {
    if matches!(node, Node::Relation(parts, _) if !matches!(parts.first(), Some(Node::Symbol(_)))) {
        return None;
    }
    let inner = value(node)?;
    let mut letters = INTEGERS
        .iter()
        .map(|name| Node::Symbol((*name).into()))
        .filter(|letter| inner.any(&|n| n == letter));
    let letter = letters.next()?;
    letters.next().is_none().then_some((inner, letter))
}

impl Comparer<'_> {
    /// The verdict where both are families, or one is and the other leaves its declaration out.
    pub(super) fn families(&mut self, a: &Node, b: &Node) -> Option<Verdict> {
        let (x, y) = (family(a), family(b));
        match (x, y) {
            (Some(x), Some(y)) => Some(self.same_families(&x, &y)),
            (Some(x), None) if self.policy.drop_names => {
                let (only, letter) = undeclared(b)?;
                let y = Family {
                    values: vec![only],
                    letter: &letter,
                    declared: false,
                };
                Some(self.same_families(&x, &y))
            }
            (None, Some(y)) if self.policy.drop_names => {
                let (only, letter) = undeclared(a)?;
                let x = Family {
                    values: vec![only],
                    letter: &letter,
                    declared: false,
                };
                Some(self.same_families(&x, &y))
            }
            _ => None,
        }
    }

    /// Each value of one against one of the other. Unions of different families may still be the same numbers.
    fn same_families(&mut self, x: &Family<'_>, y: &Family<'_>) -> Verdict {
        let shifts = x.declared && y.declared;
        let mut open = !shifts || x.values.len() != y.values.len() || x.values.len() > 1;
        let mut taken = vec![false; y.values.len()];
        for p in &x.values {
            let mut found = false;
            for (q, taken) in y.values.iter().zip(&mut taken) {
                if *taken {
                    continue;
                }
                match self.same_family(p, x.letter, q, y.letter, shifts) {
                    Some(true) => {
                        (found, *taken) = (true, true);
                        break;
                    }
                    Some(false) => {}
                    None => open = true,
                }
            }
            if !found {
                return match open {
                    true => undecided("families of values that cannot be told apart"),
                    false => super::different(Tier::Canonical, "different families of values"),
                };
            }
        }
        match taken.iter().all(|taken| *taken) {
            true => equal(Tier::Canonical, "the same values for all integers"),
            false => undecided("families of values that cannot be told apart"),
        }
    }

    /// Whether a + b·n over all n gives the same values as c + d·m over all m: b = ±d, and c − a a multiple of b.
    fn same_family(
        &mut self,
        p: &Node,
        n: &Node,
        q: &Node,
        m: &Node,
        shifts: bool,
    ) -> Option<bool> {
        let renamed = q.replaced(m, n);
        if self.nodes(p, &renamed).is_equal() {
            return Some(true);
        }
        if !shifts {
            return Some(false);
        }
        let ((a, b), (c, d)) = (self.line(p, n)?, self.line(&renamed, n)?);
        let steps = Node::quotient(d, b.clone());
        let steps = self.forms.form(&steps).ok()?.rational()?;
        if !matches!(steps.small(), Some(1 | -1)) {
            return Some(false);
        }
        let apart = Node::quotient(Node::Add(vec![c, a.negated()]), b);
        let apart = self.forms.form(&apart).ok()?.rational()?;
        Some(apart.is_integer())
    }

    /// a and b of a + b·n, where a value is of that form.
    fn line(&mut self, value: &Node, letter: &Node) -> Option<(Node, Node)> {
        let at = |n: i64| value.replaced(letter, &Node::integer(n));
        let (zero, one, two) = (at(0), at(1), at(2));
        let slope = Node::Add(vec![one.clone(), zero.clone().negated()]);
        // Where it is a line, three points lie on it; that it is one everywhere is said by the canonical form below.
        let bent = Node::Add(vec![
            two,
            zero.clone(),
            Node::Mul(vec![Node::integer(-2), one]),
        ]);
        let rebuilt = Node::Add(vec![
            zero.clone(),
            Node::Mul(vec![slope.clone(), letter.clone()]),
        ]);
        let straight = self.forms.form(&bent).ok()?.is_empty();
        let same = self.forms.form(value).ok()? == self.forms.form(&rebuilt).ok()?;
        (straight && same).then_some((zero, slope))
    }

    /// `x² + C` against `x² + K`: sums with one free constant each, under different names, of which one is C.
    pub(super) fn free_constants(&mut self, a: &Node, b: &Node) -> Option<Verdict> {
        let (x, rest_a) = constant(a)?;
        let (y, rest_b) = constant(b)?;
        let named_c = |node: &Node| matches!(node, Node::Symbol(name) if &**name == "C");
        let has_names = |node: &Node| node.any(&|n| matches!(n, Node::Symbol(_)));
        if x == y
            || !named_c(x) && !named_c(y)
            || [&rest_a, &rest_b]
                .iter()
                .any(|rest| !has_names(rest) || rest.any(&|n| n == x || n == y))
        {
            return None;
        }
        let verdict = self.nodes(&rest_a, &rest_b);
        (verdict.outcome == Outcome::Equal)
            .then(|| equal(verdict.tier, "the same but for the name of a constant"))
    }
}

/// The one constant of a sum, and the sum without it.
fn constant(node: &Node) -> Option<(&Node, Node)> {
    let Node::Add(parts) = node else { return None };
    let is_constant =
        |part: &&Node| matches!(part, Node::Symbol(name) if CONSTANTS.contains(&&**name));
    let mut found = parts.iter().filter(is_constant);
    let only = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let rest: Vec<Node> = parts.iter().filter(|part| *part != only).cloned().collect();
    Some((only, Node::Add(rest)))
}
