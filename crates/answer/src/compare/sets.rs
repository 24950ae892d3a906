//! Intervals, unions, named sets and statements about one name, as sets of real numbers.

use std::cmp::Ordering;

use super::realset::{End, Piece, RealSet, complement, intersection, normal, same};
use super::relations::parts_of;
use super::scalars::infinite;
use super::{Comparer, decided, different, equal, undecided};
use crate::node::{Bracket, Function, Logic, NamedSet, Node, Relation, SetOperation};
use crate::{Tier, Verdict};

impl Comparer<'_> {
    /// Two answers of which one is a set for certain.
    pub(super) fn set_pair(&mut self, a: &Node, b: &Node) -> Verdict {
        use Node as N;
        // x ∈ S against S
        for (node, other, flipped) in [(a, b, false), (b, a, true)] {
            if let N::Relation(parts, signs) = node
                && let ([name, set], [Relation::In]) = (parts.as_slice(), signs.as_slice())
                && super::relations::is_name(name)
            {
                return self.oriented(set, other, flipped);
            }
            if let N::Sequence(_, items) = node
                && let [only] = items.as_slice()
                && self.policy.unwrap_single
                && (super::is_set(only) || matches!(only, N::Relation(..) | N::Logic(..)))
            {
                return self.oriented(only, other, flipped);
            }
        }
        match (a, b) {
            (N::NamedSet(x), N::NamedSet(y)) => {
                return decided(x == y, Tier::Exact, "the same set", "different sets");
            }
            (N::Interval(x, l1, r1), N::Interval(y, l2, r2)) => {
                let verdict = self.in_order(x.as_slice(), y.as_slice(), "the same interval");
                return match verdict.is_equal() && (l1, r1) != (l2, r2) {
                    true => different(Tier::Exact, "an end belongs to one interval only"),
                    false => verdict,
                };
            }
            (N::Interval(two, left, right), N::Sequence(bracket, items)) => {
                if let Some(verdict) =
                    self.interval_and_pair(two, *left, *right, *bracket, items, false)
                {
                    return verdict;
                }
            }
            (N::Sequence(bracket, items), N::Interval(two, left, right)) => {
                if let Some(verdict) =
                    self.interval_and_pair(two, *left, *right, *bracket, items, true)
                {
                    return verdict;
                }
            }
            _ => {}
        }
        if let Some(verdict) = self.real_sets(a, b) {
            return verdict;
        }
        if let (Some(x), Some(y)) = (self.finite(a), self.finite(b)) {
            return self.as_sets(&x, &y);
        }
        match (a, b) {
            (N::Sets(k, x), N::Sets(l, y)) if k == l => {
                let verdict = match k {
                    SetOperation::Difference => self.in_order(x, y, "the same parts"),
                    _ => self.as_sets(x, y),
                };
                if verdict.is_equal() {
                    verdict
                } else {
                    undecided("sets that cannot be computed")
                }
            }
            (N::Condition(x), N::Condition(y)) => {
                self.in_order(x.as_slice(), y.as_slice(), "the same condition")
            }
            (N::Condition(two), other) | (other, N::Condition(two)) => {
                let [_, condition] = two.as_ref();
                match super::is_set(other) {
                    true => undecided("a condition that cannot be computed"),
                    false => self.oriented(condition, other, matches!(b, N::Condition(_))),
                }
            }
            (N::Interval(..), other) | (other, N::Interval(..)) if other.is_scalar() => {
                different(Tier::Exact, "an interval against a value")
            }
            _ => undecided("sets that cannot be computed"),
        }
    }

    /// `(a, b)` and `[a, b]` against an interval that says which ends belong to it.
    fn interval_and_pair(
        &mut self,
        two: &[Node; 2],
        left: bool,
        right: bool,
        bracket: Bracket,
        items: &[Node],
        flipped: bool,
    ) -> Option<Verdict> {
        let closed = match bracket {
            Bracket::Round => false,
            Bracket::Square => true,
            _ => return None,
        };
        if items.len() != 2 || !items.iter().all(Node::is_scalar) {
            return None;
        }
        let verdict = match flipped {
            true => self.in_order(items, two, "the same interval"),
            false => self.in_order(two, items, "the same interval"),
        };
        Some(
            match verdict.is_equal() && (left != closed || right != closed) {
                true => different(Tier::Exact, "an end belongs to one interval only"),
                false => verdict,
            },
        )
    }

    /// Both as sets of real numbers, where they can be.
    pub(super) fn real_sets(&mut self, a: &Node, b: &Node) -> Option<Verdict> {
        let mut names: Vec<Node> = Vec::new();
        let x = self.real_set(a, &mut names)?;
        let y = self.real_set(b, &mut names)?;
        let verdict = same(&x, &y, &mut |p, q| self.order(p, q));
        let same = verdict?;
        if !same {
            return Some(different(Tier::Exact, "different sets of numbers"));
        }
        // Both say something, and about different names.
        if names.len() > 1 {
            return Some(undecided("the same statement about different names"));
        }
        Some(equal(Tier::Exact, "the same set of numbers"))
    }

    fn normal(&mut self, pieces: Vec<Piece>) -> Option<RealSet> {
        normal(pieces, &mut |p, q| self.order(p, q))
    }

    /// A tree as a set of real numbers; names that statements are about are collected.
    fn real_set(&mut self, node: &Node, names: &mut Vec<Node>) -> Option<RealSet> {
        self.work.spend(20).ok()?;
        match node {
            Node::Interval(two, left, right) => self.interval(two, *left, *right),
            Node::Sequence(Bracket::Round, items) => match items.as_slice() {
                // A pair whose ends are the other way round is a point.
                [low, high] if self.order(low, high) == Some(Ordering::Greater) => None,
                [low, high] => self.interval(&[low.clone(), high.clone()], false, false),
                _ => None,
            },
            Node::Sequence(Bracket::Square, items) => match items.as_slice() {
                [low, high] if self.order(low, high) == Some(Ordering::Greater) => None,
                [low, high] => self.interval(&[low.clone(), high.clone()], true, true),
                _ => None,
            },
            // A comma between inequalities is "and", unless nothing would fulfil it: then it is "or".
            Node::Sequence(Bracket::Bare, items) if inequalities(node) => {
                let mut sets = Vec::new();
                for item in items {
                    sets.push(self.real_set(item, names)?);
                }
                let all = self.combined(SetOperation::Intersection, sets.clone())?;
                match all.is_empty() {
                    true => self.combined(SetOperation::Union, sets),
                    false => Some(all),
                }
            }
            Node::Sequence(Bracket::Set | Bracket::Bare, items) => {
                if !items
                    .iter()
                    .all(|item| item.is_scalar() && infinite(item).is_none())
                {
                    return None;
                }
                self.normal(items.iter().map(Piece::point).collect())
            }
            Node::NamedSet(NamedSet::Reals) => Some(vec![Piece::line()]),
            Node::NamedSet(NamedSet::Empty) => Some(Vec::new()),
            Node::Sets(operation, parts) => {
                let mut sets = Vec::new();
                for part in parts {
                    sets.push(self.real_set(part, names)?);
                }
                self.combined(*operation, sets)
            }
            Node::Condition(two) => {
                let [element, condition] = two.as_ref();
                let subject = match element {
                    Node::Relation(parts, signs) if matches!(signs.as_slice(), [Relation::In]) => {
                        match parts.as_slice() {
                            [name, Node::NamedSet(NamedSet::Reals)] => name,
                            _ => return None,
                        }
                    }
                    other => other,
                };
                matches!(subject, Node::Symbol(_)).then_some(())?;
                let condition = match condition {
                    Node::Sequence(Bracket::Bare, parts) => Node::Logic(Logic::And, parts.clone()),
                    other => other.clone(),
                };
                self.real_set(&condition, names)
            }
            Node::Relation(parts, signs) => self.statement_set(parts, signs, names),
            Node::Logic(..) => {
                let (logic, parts) = parts_of(node)?;
                let mut sets = Vec::new();
                for part in parts {
                    sets.push(self.real_set(part, names)?);
                }
                match logic {
                    Logic::And => self.combined(SetOperation::Intersection, sets),
                    Logic::Or => self.combined(SetOperation::Union, sets),
                    Logic::Not => sets.pop().map(|set| complement(&set)),
                }
            }
            _ => None,
        }
    }

    fn combined(&mut self, operation: SetOperation, sets: Vec<RealSet>) -> Option<RealSet> {
        match operation {
            SetOperation::Union => self.normal(sets.into_iter().flatten().collect()),
            SetOperation::Intersection | SetOperation::Difference => {
                let mut sets = sets.into_iter();
                let mut result = sets.next()?;
                for set in sets {
                    let set = if operation == SetOperation::Difference {
                        complement(&set)
                    } else {
                        set
                    };
                    result = intersection(&result, &set, &mut |p, q| self.order(p, q))?;
                }
                Some(result)
            }
            SetOperation::Symmetric => {
                let [x, y] = <[RealSet; 2]>::try_from(sets).ok()?;
                let left = intersection(&x, &complement(&y), &mut |p, q| self.order(p, q))?;
                let right = intersection(&y, &complement(&x), &mut |p, q| self.order(p, q))?;
                self.normal(left.into_iter().chain(right).collect())
            }
        }
    }

    fn interval(&mut self, two: &[Node; 2], left: bool, right: bool) -> Option<RealSet> {
        let [low, high] = two;
        let low_end = end(low)?;
        let high_end = end(high)?;
        let piece = Piece {
            low_in: left && matches!(low_end, End::At(_)),
            high_in: right && matches!(high_end, End::At(_)),
            low: low_end,
            high: high_end,
        };
        self.normal(vec![piece])
    }

    /// A chain of relations about one name.
    fn statement_set(
        &mut self,
        parts: &[Node],
        signs: &[Relation],
        names: &mut Vec<Node>,
    ) -> Option<RealSet> {
        let mut result = vec![Piece::line()];
        for (pair, sign) in parts.windows(2).zip(signs) {
            let [left, right] = pair else { return None };
            let set = self.one_statement(left, *sign, right, names)?;
            result = intersection(&result, &set, &mut |p, q| self.order(p, q))?;
        }
        Some(result)
    }

    fn one_statement(
        &mut self,
        left: &Node,
        sign: Relation,
        right: &Node,
        names: &mut Vec<Node>,
    ) -> Option<RealSet> {
        if sign == Relation::In {
            self.subject(left, names)?;
            return self.real_set(right, names);
        }
        if sign == Relation::NotIn {
            self.subject(left, names)?;
            return self.real_set(right, names).map(|set| complement(&set));
        }
        let (subject, sign, bound) = match (is_subject(left), is_subject(right)) {
            (true, false) => (left, sign, right),
            (false, true) => (right, sign.flipped(), left),
            _ => {
                return match self.distance(left, sign, right, names) {
                    Some(set) => Some(set),
                    None => self.linear(left, sign, right, names),
                };
            }
        };
        if let Node::Apply(Function::Abs, inner) = subject {
            return self.around_zero(inner.first()?, sign, bound, names);
        }
        self.subject(subject, names)?;
        self.bounded(sign, bound)
    }

    /// The numbers in a relation to a bound.
    fn bounded(&mut self, sign: Relation, bound: &Node) -> Option<RealSet> {
        let end = end(bound)?;
        let piece = match sign {
            Relation::Less | Relation::LessEqual => Piece {
                high_in: sign == Relation::LessEqual && matches!(end, End::At(_)),
                high: end,
                ..Piece::line()
            },
            Relation::Greater | Relation::GreaterEqual => Piece {
                low_in: sign == Relation::GreaterEqual && matches!(end, End::At(_)),
                low: end,
                ..Piece::line()
            },
            Relation::Equal => Piece::point(bound),
            Relation::Unequal => return Some(complement(&self.normal(vec![Piece::point(bound)])?)),
            _ => return None,
        };
        self.normal(vec![piece])
    }

    /// |x| against a bound.
    fn around_zero(
        &mut self,
        inner: &Node,
        sign: Relation,
        bound: &Node,
        names: &mut Vec<Node>,
    ) -> Option<RealSet> {
        if !is_subject(inner) || !sign.is_order() {
            return None;
        }
        self.subject(inner, names)?;
        let upper = self.bounded(sign, bound)?;
        let lower = self.bounded(sign.flipped(), &bound.clone().negated())?;
        let within = matches!(sign, Relation::Less | Relation::LessEqual);
        self.combined(
            if within {
                SetOperation::Intersection
            } else {
                SetOperation::Union
            },
            vec![upper, lower],
        )
    }

    /// |a·x + b| against a bound, as two statements.
    fn distance(
        &mut self,
        left: &Node,
        sign: Relation,
        right: &Node,
        names: &mut Vec<Node>,
    ) -> Option<RealSet> {
        let (inner, sign, bound) = match (left, right) {
            (Node::Apply(Function::Abs, inner), bound) => (inner.first()?, sign, bound),
            (bound, Node::Apply(Function::Abs, inner)) => (inner.first()?, sign.flipped(), bound),
            _ => return None,
        };
        if !sign.is_order() || matches!(inner, Node::Apply(Function::Abs, _)) {
            return None;
        }
        let upper = self.linear(inner, sign, bound, names)?;
        let lower = self.linear(inner, sign.flipped(), &bound.clone().negated(), names)?;
        let operation = match sign {
            Relation::Less | Relation::LessEqual => SetOperation::Intersection,
            _ => SetOperation::Union,
        };
        self.combined(operation, vec![upper, lower])
    }

    /// a·x + b against c, with rational a.
    fn linear(
        &mut self,
        left: &Node,
        sign: Relation,
        right: &Node,
        names: &mut Vec<Node>,
    ) -> Option<RealSet> {
        let mut symbols: Vec<Box<str>> = Vec::new();
        for node in [left, right] {
            if !node.is_scalar() {
                return None;
            }
            collect(node, &mut symbols);
        }
        let [name] = symbols.as_slice() else {
            return None;
        };
        let name = Node::Symbol(name.clone());
        let difference = Node::Add(vec![left.clone(), right.clone().negated()]);
        let form = self.forms.form(&difference).ok()?;
        let own = self.forms.form(&name).ok()?;
        let (monomial, _) = own.single()?;
        let slope = form.terms.get(monomial)?.clone();
        let rest = self
            .forms
            .sub(&form, &self.forms.scale(&own, &slope).ok()?)
            .ok()?;
        let rest = rest.rational()?;
        let bound = rest.neg().div(&slope, self.work).ok()?;
        let sign = if slope.is_negative() {
            sign.flipped()
        } else {
            sign
        };
        self.subject(&name, names)?;
        self.bounded(sign, &Node::Number(crate::node::Number::exact(bound)))
    }

    fn subject(&mut self, node: &Node, names: &mut Vec<Node>) -> Option<()> {
        if !names.contains(node) {
            names.push(node.clone());
        }
        Some(())
    }

    /// A finite set of anything, with unions, intersections and differences carried out.
    fn finite(&mut self, node: &Node) -> Option<Vec<Node>> {
        match node {
            Node::Sequence(Bracket::Set | Bracket::Bare, items) => Some(items.clone()),
            Node::Sequence(_, items) if items.is_empty() => Some(Vec::new()),
            Node::NamedSet(NamedSet::Empty) => Some(Vec::new()),
            Node::Sets(operation, parts) => {
                let mut sets = Vec::new();
                for part in parts {
                    sets.push(self.finite(part)?);
                }
                let mut sets = sets.into_iter();
                let mut result = sets.next()?;
                for set in sets {
                    match operation {
                        SetOperation::Union => result.extend(set),
                        SetOperation::Symmetric => return None,
                        _ => {
                            let wanted = *operation == SetOperation::Intersection;
                            let mut kept = Vec::new();
                            for item in result {
                                let mut inside = false;
                                for other in &set {
                                    let verdict = self.nodes(&item, other);
                                    match verdict.outcome {
                                        crate::Outcome::Equal => inside = true,
                                        crate::Outcome::Undecided => return None,
                                        crate::Outcome::Different => {}
                                    }
                                }
                                if inside == wanted {
                                    kept.push(item);
                                }
                            }
                            result = kept;
                        }
                    }
                }
                Some(result)
            }
            _ => None,
        }
    }
}

/// Whether a node is a bare list of inequalities, perhaps with the set that the name is from.
pub(super) fn inequalities(node: &Node) -> bool {
    let Node::Sequence(Bracket::Bare, items) = node else {
        return false;
    };
    let order = |sign: &Relation| sign.is_order() || *sign == Relation::Unequal;
    let mut found = false;
    items.iter().all(|item| match item {
        Node::Relation(_, signs) if signs.iter().all(order) => {
            found = true;
            true
        }
        Node::Relation(_, signs) => signs.as_slice() == [Relation::In],
        _ => false,
    }) && found
}

fn end(node: &Node) -> Option<End> {
    match infinite(node) {
        Some(1) => Some(End::High),
        Some(-1) => Some(End::Low),
        Some(_) => None,
        None if node.is_scalar()
            && !node.any(&|n| matches!(n, Node::Symbol(_) | Node::Call(..))) =>
        {
            Some(End::At(node.clone()))
        }
        None => None,
    }
}

/// What a statement can be about: a name, f(x), |x|.
fn is_subject(node: &Node) -> bool {
    match node {
        Node::Symbol(_) => true,
        Node::Call(_, parts) => parts.iter().all(is_subject),
        Node::Apply(Function::Abs, inner) => inner.iter().all(is_subject),
        _ => false,
    }
}

fn collect(node: &Node, symbols: &mut Vec<Box<str>>) {
    if let Node::Symbol(name) = node
        && !symbols.contains(name)
    {
        symbols.push(name.clone());
    }
    for child in node.children() {
        collect(child, symbols);
    }
}
