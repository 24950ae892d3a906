//! Statements about one name as sets of real numbers: relations, distances and linear inequalities.

use super::Comparer;
use super::realset::{End, Piece, RealSet, complement, intersection};
use super::sets::end;
use crate::node::{Function, Node, Relation, SetOperation};

impl Comparer<'_> {
    /// A chain of relations about one name.
    pub(super) fn statement_set(
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
