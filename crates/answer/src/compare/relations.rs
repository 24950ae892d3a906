//! Equations, inequalities and what they say about one name.

use super::{Comparer, different, equal, undecided};
use crate::node::{Bracket, Function, Logic, Node, Relation};
use crate::{Outcome, Tier, Verdict};

/// A left side that only names what is on the right: a name, a function of names, a distance, a segment.
pub(crate) fn is_name(node: &Node) -> bool {
    let letters = |parts: &[Node]| parts.iter().all(|part| matches!(part, Node::Symbol(_)));
    let capital = |node: &Node| match node {
        Node::Symbol(name) => name.chars().next().is_some_and(char::is_uppercase),
        Node::Constant(crate::node::Constant::Euler) => false,
        _ => false,
    };
    match node {
        Node::Symbol(_) | Node::Words(_) => true,
        Node::Call(_, parts) => parts.iter().all(|part| part.is_scalar() || is_name(part)),
        Node::Mul(parts) => parts.iter().all(capital),
        Node::Apply(Function::Derivative, _) => true,
        Node::Apply(Function::Abs | Function::Conjugate | Function::Norm, inner) => {
            inner.iter().all(is_name)
        }
        Node::Sequence(_, parts) => parts.len() > 1 && letters(parts),
        Node::Ratio(parts) => parts.iter().all(is_name),
        // i and e are names on the left of an equation.
        Node::Constant(crate::node::Constant::Imaginary | crate::node::Constant::Euler) => true,
        _ => false,
    }
}

/// The name and the value of `x = 5`, `x ∈ S`, `x ≡ 3 (mod 7)`, `x = a = b ≈ c`; `5 = x` too.
pub(crate) fn assignment(node: &Node, approximation: bool) -> Option<(Option<&Node>, &Node)> {
    let Node::Relation(parts, signs) = node else {
        return None;
    };
    // What comes behind the first ≈ is left out.
    let exact = signs.iter().position(|s| *s == Relation::Approximately);
    let (parts, signs) = match exact {
        Some(at) if approximation && at > 0 => (parts.get(..=at)?, signs.get(..at)?),
        // a ≈ b alone: the name's value is approximate, or the value stands in front.
        Some(0) if approximation && signs.len() == 1 => match parts.as_slice() {
            [name, value] if is_name(name) => return Some((Some(name), value)),
            [value, _] => return Some((None, value)),
            _ => return None,
        },
        _ => (parts.as_slice(), signs.as_slice()),
    };
    match (parts, signs) {
        ([name, value], [Relation::Equal | Relation::In | Relation::Congruent])
            if is_name(name) =>
        {
            Some((Some(name), value))
        }
        ([value, name], [Relation::Equal])
            if is_name(name)
                && value.is_scalar()
                && !value.any(&|n| matches!(n, Node::Symbol(_))) =>
        {
            Some((Some(name), value))
        }
        ([name, .., value], signs)
            if signs.len() > 1 && signs.iter().all(|s| *s == Relation::Equal) =>
        {
            Some((is_name(name).then_some(name), value))
        }
        _ => None,
    }
}

/// The left side minus the right.
fn difference(parts: &[Node]) -> Option<Node> {
    match parts {
        [left, right] if left.is_scalar() && right.is_scalar() => {
            Some(Node::Add(vec![left.clone(), right.clone().negated()]))
        }
        _ => None,
    }
}

impl Comparer<'_> {
    /// A statement against a value.
    pub(super) fn statement_against(&mut self, a: &Node, b: &Node) -> Verdict {
        let statement_first = matches!(a, Node::Relation(..) | Node::Logic(..));
        let (statement, other) = if statement_first { (a, b) } else { (b, a) };
        if let Some((_, value)) = assignment(statement, self.policy.drop_approximation) {
            if !self.policy.strip_assignment {
                return undecided("a name on one side only");
            }
            // x ∈ [-2, 7]: an interval, not a list of two.
            let member =
                matches!(statement, Node::Relation(_, signs) if signs.as_slice() == [Relation::In]);
            if member
                && let Node::Sequence(bracket @ (Bracket::Round | Bracket::Square), items) = value
                && let [low, high] = items.as_slice()
            {
                let closed = *bracket == Bracket::Square;
                let interval =
                    Node::Interval(Box::new([low.clone(), high.clone()]), closed, closed);
                return self.oriented(&interval, other, !statement_first);
            }
            return self.oriented(value, other, !statement_first);
        }
        // 0 < x < 1 against (0, 1) and the like.
        if let Node::Sequence(_, items) = other {
            let statements = items.iter().all(|item| matches!(item, Node::Relation(..)));
            if (items.len() == 2 || statements)
                && let Some(verdict) = self.real_sets(a, b)
            {
                return verdict;
            }
            if let Node::Logic(_, parts) = statement
                && parts.len() == items.len()
            {
                return undecided("statements against a list");
            }
            if let [only] = items.as_slice()
                && self.policy.unwrap_single
            {
                return self.oriented(statement, only, !statement_first);
            }
        }
        match statement {
            Node::Relation(..) if other.is_scalar() => {
                different(Tier::Exact, "a statement against a value")
            }
            _ => undecided("a statement against something else"),
        }
    }

    /// Two statements.
    pub(super) fn statements(&mut self, a: &Node, b: &Node) -> Verdict {
        if let (Node::Relation(x, s), Node::Relation(y, t)) = (a, b) {
            let verdict = self.relations(x, s, y, t);
            if verdict.is_equal() {
                return verdict;
            }
            let approximation = self.policy.drop_approximation;
            if let (Some((n, x)), Some((m, y))) =
                (assignment(a, approximation), assignment(b, approximation))
            {
                return self.assignments(n, x, m, y, verdict);
            }
            if verdict.outcome == Outcome::Different && s.len() == 1 && t.len() == 1 {
                return verdict;
            }
            if let Some(sets) = self.real_sets(a, b) {
                return sets;
            }
            return verdict;
        }
        if let Some(verdict) = self.real_sets(a, b) {
            return verdict;
        }
        match (a, b) {
            (Node::Logic(k, x), Node::Logic(l, y)) if k == l => match self.as_sets(x, y) {
                verdict if verdict.is_equal() => verdict,
                _ => undecided("different statements"),
            },
            _ => undecided("statements that cannot be compared"),
        }
    }

    fn assignments(
        &mut self,
        n: Option<&Node>,
        x: &Node,
        m: Option<&Node>,
        y: &Node,
        before: Verdict,
    ) -> Verdict {
        // f(n) = 2n is f(x) = 2x.
        if let (Some(Node::Call(f, p)), Some(Node::Call(g, q))) = (n, m)
            && let ([p @ Node::Symbol(_)], [q @ Node::Symbol(_)]) = (p.as_slice(), q.as_slice())
            && f == g
            && p != q
            && !y.any(&|node| node == p)
        {
            return self.nodes(x, &y.replaced(q, p));
        }
        let values = self.nodes(x, y);
        let same = match (n, m) {
            (Some(n), Some(m)) => n == m,
            _ => self.policy.strip_assignment,
        };
        match (values.outcome, same) {
            (_, true) => values,
            (Outcome::Equal, false) => {
                // f(x) = 2x against y = 2x: a function under another name.
                let depends = x.any(&|node| matches!(node, Node::Symbol(_)));
                let called = [n, m]
                    .iter()
                    .any(|name| matches!(name, Some(Node::Call(..))));
                // y' = 2x against y = 2x
                let derivative = |name: Option<&Node>| match name {
                    Some(Node::Apply(Function::Derivative, _)) => true,
                    Some(Node::Symbol(name) | Node::Call(name, _)) => name.ends_with('\''),
                    _ => false,
                };
                if derivative(n) != derivative(m) && n.is_some() && m.is_some() {
                    return undecided("a derivative against a function");
                }
                // f(n, m) = n against f(m, n) = n: other arguments make it another function.
                if let (Some(Node::Call(_, p)), Some(Node::Call(_, q))) = (n, m)
                    && p != q
                {
                    return undecided("functions of different arguments");
                }
                match self.policy.drop_names && (depends || called) {
                    true => equal(values.tier, "the same value under another name"),
                    false => undecided("the same value of different names"),
                }
            }
            _ if before.outcome == Outcome::Different => before,
            _ => values,
        }
    }

    fn relations(&mut self, x: &[Node], s: &[Relation], y: &[Node], t: &[Relation]) -> Verdict {
        if let ([sign_a], [sign_b]) = (s, t) {
            return self.single(x, *sign_a, y, *sign_b);
        }
        if s.len() != t.len() {
            return undecided("statements of different form");
        }
        // a < b < c against c > b > a
        if s == t {
            let verdict = self.in_order(x, y, "the same statement");
            if verdict.is_equal() {
                return verdict;
            }
        }
        let turned: Vec<Relation> = t.iter().rev().map(|sign| sign.flipped()).collect();
        if s == turned.as_slice() {
            let y: Vec<Node> = y.iter().rev().cloned().collect();
            let verdict = self.in_order(x, &y, "the same statement, turned around");
            if verdict.is_equal() {
                return verdict;
            }
        }
        undecided("statements that cannot be compared")
    }

    fn single(&mut self, x: &[Node], s: Relation, y: &[Node], t: Relation) -> Verdict {
        if s == t {
            let verdict = self.in_order(x, y, "the same statement");
            if verdict.is_equal() {
                return verdict;
            }
        }
        let kind = |sign: Relation| match sign {
            Relation::Equal => 0,
            Relation::Unequal => 1,
            Relation::Less | Relation::Greater => 2,
            Relation::LessEqual | Relation::GreaterEqual => 3,
            _ => 9,
        };
        if kind(s) != kind(t) || kind(s) == 9 {
            return different(Tier::Canonical, "different relations");
        }
        let (Some(f), Some(g)) = (difference(x), difference(y)) else {
            return undecided("statements that cannot be compared");
        };
        let same_direction = s == t;
        match self.ratio(&f, &g) {
            Some(None) => different(Tier::Numeric, "different statements"),
            Some(Some(sign)) => match kind(s) < 2 || (sign > 0) == same_direction {
                true => equal(Tier::Canonical, "the same statement up to a factor"),
                false => different(Tier::Canonical, "the same sides the other way round"),
            },
            None => undecided("statements that cannot be computed"),
        }
    }

    /// The sign of f/g where it is one number; `Some(None)` where it is not.
    fn ratio(&mut self, f: &Node, g: &Node) -> Option<Option<i32>> {
        if let (Ok(x), Ok(y)) = (self.forms.form(f), self.forms.form(g)) {
            let (x, y) = (self.forms.cleared(&x).ok()?, self.forms.cleared(&y).ok()?);
            if x.is_empty() || y.is_empty() {
                return Some((x == y).then_some(1));
            }
            let (first_x, first_y) = (x.terms.values().next()?, y.terms.values().next()?);
            let ratio = first_x.div(first_y, self.work).ok()?;
            if self.forms.scale(&y, &ratio).ok()? == x {
                return Some(Some(ratio.sign()));
            }
        }
        self.proportional(f, g)
    }
}

/// The statements of a conjunction or disjunction.
pub(super) fn parts_of(node: &Node) -> Option<(Logic, &[Node])> {
    match node {
        Node::Logic(logic, parts) => Some((*logic, parts)),
        _ => None,
    }
}
