//! Matrices, maps and case distinctions.

use super::{Comparer, bracketed, different, undecided};
use crate::node::{Bracket, Node};
use crate::{Outcome, Tier, Verdict};

impl Comparer<'_> {
    pub(super) fn matrices(&mut self, a: &[Vec<Node>], b: &[Vec<Node>]) -> Verdict {
        let shape = |rows: &[Vec<Node>]| (rows.len(), rows.first().map_or(0, Vec::len));
        let vector = |(rows, columns): (usize, usize)| rows == 1 || columns == 1;
        if shape(a) == shape(b) {
            return self.all(
                &mut a.iter().flatten().zip(b.iter().flatten()),
                "the same entries",
            );
        }
        let turned = shape(a) == (shape(b).1, shape(b).0) && vector(shape(a));
        if turned && self.policy.loose_brackets {
            return self.all(
                &mut a.iter().flatten().zip(b.iter().flatten()),
                "the same entries, row or column",
            );
        }
        different(Tier::Exact, "matrices of different shape")
    }

    /// A matrix against a list: rows as lists, or a vector as a tuple.
    pub(super) fn matrix_against(
        &mut self,
        rows: &[Vec<Node>],
        other: &Node,
        flipped: bool,
    ) -> Verdict {
        if let [row] = rows
            && let [only] = row.as_slice()
            && other.is_scalar()
        {
            return match self.policy.unwrap_single {
                true => self.oriented(only, other, flipped),
                false => undecided("a matrix of one entry against a value"),
            };
        }
        let Node::Sequence(bracket, items) = other else {
            return match other {
                Node::Map(pairs) => self.map_against(pairs, &Node::Matrix(rows.to_vec()), !flipped),
                _ if other.is_scalar() => different(Tier::Exact, "a matrix against a value"),
                _ => undecided("a matrix against something else"),
            };
        };
        if *bracket == Bracket::Set {
            return undecided("a matrix against a set");
        }
        let nested: Option<Vec<&[Node]>> = items
            .iter()
            .map(|item| {
                bracketed(item, Bracket::Square).or_else(|| bracketed(item, Bracket::Round))
            })
            .collect();
        let vector = rows.len() == 1 || rows.iter().all(|row| row.len() == 1);
        let verdict = match nested {
            Some(lists) if !lists.is_empty() => {
                if lists.len() != rows.len()
                    || lists
                        .iter()
                        .zip(rows)
                        .any(|(list, row)| list.len() != row.len())
                {
                    return different(Tier::Exact, "a matrix against a list of another shape");
                }
                let cells: Vec<&Node> = lists.iter().flat_map(|list| list.iter()).collect();
                let pairs: Vec<(&Node, &Node)> = rows.iter().flatten().zip(cells).collect();
                let mut pairs = pairs
                    .into_iter()
                    .map(|(x, y)| if flipped { (y, x) } else { (x, y) });
                self.all(&mut pairs, "the same rows")
            }
            _ if vector => {
                let cells: Vec<&Node> = rows.iter().flatten().collect();
                if cells.len() != items.len() {
                    return different(Tier::Exact, "a vector against a list of another length");
                }
                let pairs: Vec<(&Node, &Node)> = cells.into_iter().zip(items).collect();
                let mut pairs = pairs
                    .into_iter()
                    .map(|(x, y)| if flipped { (y, x) } else { (x, y) });
                self.all(&mut pairs, "the same entries as written")
            }
            _ => return undecided("a matrix against a list"),
        };
        match (verdict.outcome, self.policy.loose_brackets) {
            (Outcome::Equal, false) => undecided("a matrix against a list"),
            _ => verdict,
        }
    }

    /// Names and their values, in any order.
    pub(super) fn maps(&mut self, a: &[(Node, Node)], b: &[(Node, Node)]) -> Verdict {
        if a.len() != b.len() {
            return different(Tier::Exact, "different numbers of names");
        }
        let mut pairs = Vec::new();
        for (name, value) in a {
            let mut found = None;
            for (other, answer) in b {
                if name == other || self.nodes(name, other).is_equal() {
                    found = Some(answer);
                    break;
                }
            }
            match found {
                Some(answer) => pairs.push((value, answer)),
                None => return undecided("values of different names"),
            }
        }
        self.all(&mut pairs.into_iter(), "the same values of the same names")
    }

    /// Names and their values against values alone, as written.
    pub(super) fn map_against(
        &mut self,
        pairs: &[(Node, Node)],
        other: &Node,
        flipped: bool,
    ) -> Verdict {
        let items: Vec<&Node> = match other {
            Node::Sequence(_, items) => items.iter().collect(),
            Node::Matrix(rows) if rows.len() == 1 || rows.iter().all(|row| row.len() == 1) => {
                rows.iter().flatten().collect()
            }
            Node::Relation(..) | Node::Logic(..) => {
                return self.statement_against_map(pairs, other, flipped);
            }
            _ => match pairs {
                [(_, value)] if self.policy.strip_assignment => {
                    return self.oriented(value, other, flipped);
                }
                _ => return undecided("named values against something else"),
            },
        };
        // [{x: 1, y: 2}] against {x: 1, y: 2}
        if let [only] = items.as_slice()
            && self.policy.unwrap_single
            && pairs.len() != 1
        {
            let map = Node::Map(pairs.to_vec());
            return self.oriented(&map, only, flipped);
        }
        if items.len() != pairs.len() {
            return different(Tier::Exact, "named values against a list of another length");
        }
        let values: Vec<(&Node, &Node)> = pairs.iter().map(|(_, value)| value).zip(items).collect();
        let mut values = values
            .into_iter()
            .map(|(x, y)| if flipped { (y, x) } else { (x, y) });
        let verdict = self.all(&mut values, "the same values, names left out");
        match (verdict.outcome, self.policy.drop_names) {
            (Outcome::Equal, true) => verdict,
            (Outcome::Equal, false) => undecided("names on one side only"),
            (Outcome::Different, _) => {
                undecided("named values against a list: the order is not known")
            }
            _ => verdict,
        }
    }

    fn statement_against_map(
        &mut self,
        pairs: &[(Node, Node)],
        other: &Node,
        flipped: bool,
    ) -> Verdict {
        if let (Node::Relation(parts, signs), [(name, value)]) = (other, pairs) {
            let own = Node::Relation(
                vec![name.clone(), value.clone()],
                vec![crate::node::Relation::Equal],
            );
            let other = Node::Relation(parts.clone(), signs.clone());
            return self.oriented(&own, &other, flipped);
        }
        undecided("named values against a statement")
    }

    /// The same values under the same conditions, in any order.
    pub(super) fn cases(&mut self, a: &[(Node, Node)], b: &[(Node, Node)]) -> Verdict {
        if a.len() != b.len() {
            return undecided("different numbers of cases");
        }
        let mut values = Vec::new();
        for (value, condition) in a {
            let mut found = None;
            for (answer, other) in b {
                if self.nodes(condition, other).is_equal() {
                    found = Some(answer);
                    break;
                }
            }
            match found {
                Some(answer) => values.push((value, answer)),
                None => {
                    // The last case may be "otherwise" on one side only.
                    let default = |pairs: &[(Node, Node)]| {
                        pairs
                            .last()
                            .filter(|(_, c)| *c == Node::Truth(true))
                            .map(|(v, _)| v.clone())
                    };
                    let (Some((last, _)), true) =
                        (b.last(), default(a).is_some() || default(b).is_some())
                    else {
                        return undecided("cases under different conditions");
                    };
                    values.push((value, last));
                }
            }
        }
        self.all(&mut values.into_iter(), "the same cases")
    }
}
