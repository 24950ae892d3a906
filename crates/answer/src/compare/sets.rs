//! Intervals, unions, named sets and statements about one name, as sets of real numbers.

use std::cmp::Ordering;

use super::realset::{End, Piece, RealSet, complement, intersection, normal, same};
use super::relations::parts_of;
use super::scalars::infinite;
use super::{Comparer, decided, different, equal, undecided};
use crate::node::{Bracket, Logic, NamedSet, Node, Relation, SetOperation};
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

    pub(super) fn normal(&mut self, pieces: Vec<Piece>) -> Option<RealSet> {
        normal(pieces, &mut |p, q| self.order(p, q))
    }

    /// A tree as a set of real numbers; names that statements are about are collected.
    pub(super) fn real_set(&mut self, node: &Node, names: &mut Vec<Node>) -> Option<RealSet> {
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

    pub(super) fn combined(
        &mut self,
        operation: SetOperation,
        sets: Vec<RealSet>,
    ) -> Option<RealSet> {
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

pub(super) fn end(node: &Node) -> Option<End> {
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
