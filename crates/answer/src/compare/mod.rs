//! Compares two trees: peels what the policy leaves out, then goes by the kinds of both.

mod families;
mod matrices;
mod numeric;
mod peel;
mod quantities;
mod realset;
mod relations;
mod scalars;
mod sequences;
mod sets;
mod statements;
mod vectors;
mod words;

pub(crate) use quantities::conversion;
pub(crate) use relations::{assignment, is_name};
pub(crate) use scalars::{infinite, numbers};

use super::canon::Forms;
use super::node::{Bracket, Node};
use super::work::Work;
use super::{Outcome, Policy, Tier, Verdict};

/// Deepest nesting of comparisons.
const MAX_DEPTH: u32 = 40;

/// One comparison: `a` is always of one answer, `b` of the other.
pub(crate) struct Comparer<'w> {
    policy: &'w Policy,
    /// Whether `b` is of the reference; else `a` is.
    swapped: bool,
    work: &'w Work,
    forms: Forms<'w>,
    depth: u32,
}

fn equal(tier: Tier, reason: &'static str) -> Verdict {
    Verdict::new(Outcome::Equal, tier, reason)
}

fn different(tier: Tier, reason: &'static str) -> Verdict {
    Verdict::new(Outcome::Different, tier, reason)
}

fn undecided(reason: &'static str) -> Verdict {
    Verdict::new(Outcome::Undecided, Tier::None, reason)
}

/// Equal or different.
fn decided(same: bool, tier: Tier, yes: &'static str, no: &'static str) -> Verdict {
    if same {
        equal(tier, yes)
    } else {
        different(tier, no)
    }
}

impl<'w> Comparer<'w> {
    pub(crate) fn new(policy: &'w Policy, work: &'w Work, swapped: bool) -> Self {
        Self {
            policy,
            swapped,
            work,
            forms: Forms::new(work),
            depth: 0,
        }
    }

    /// Whether two trees are the same answer.
    pub(crate) fn nodes(&mut self, a: &Node, b: &Node) -> Verdict {
        if self.depth > MAX_DEPTH {
            return undecided("too deeply nested to compare");
        }
        if self.work.spend(15).is_err() {
            return undecided("the work budget is spent");
        }
        if a == b {
            return equal(Tier::Text, "read as the same");
        }
        self.depth += 1;
        let verdict = match self.peeled(a, b) {
            Some(verdict) => verdict,
            None => self.kinds(a, b),
        };
        self.depth -= 1;
        match verdict.outcome != Outcome::Equal && self.work.is_spent() {
            true => undecided("the work budget is spent"),
            false => verdict,
        }
    }

    fn kinds(&mut self, a: &Node, b: &Node) -> Verdict {
        use Node as N;
        if a.is_scalar() && b.is_scalar() {
            return self.expressions(a, b);
        }
        if let Some(verdict) = self.families(a, b) {
            return verdict;
        }
        if let Some(verdict) = self.vectors(a, b) {
            return verdict;
        }
        if let Some(verdict) = self.named_point(a, b) {
            return verdict;
        }
        match (a, b) {
            (N::Words(x), N::Words(y)) => self.texts(x, y),
            (N::Words(words), other) | (other, N::Words(words)) => self.words_against(words, other),
            (N::Truth(x), N::Truth(y)) => decided(
                x == y,
                Tier::Text,
                "the same truth value",
                "opposite truth values",
            ),
            (N::Clock(x), N::Clock(y)) => {
                decided(x == y, Tier::Exact, "the same time", "different times")
            }
            // 12:30 against 12:30 p.m.: the half of the day on one side only.
            (N::Clock(time), N::Ratio(parts)) | (N::Ratio(parts), N::Clock(time)) => {
                self.clock_and_ratio(*time, parts)
            }
            (N::Date(y1, m1, d1), N::Date(y2, m2, d2)) => {
                let years = y1 == y2 || *y1 == 0 || *y2 == 0;
                decided(
                    years && (m1, d1) == (m2, d2),
                    Tier::Exact,
                    "the same day",
                    "different days",
                )
            }
            (N::Map(x), N::Map(y)) => self.maps(x, y),
            (N::Map(pairs), other) => self.map_against(pairs, other, false),
            (other, N::Map(pairs)) => self.map_against(pairs, other, true),
            (N::Matrix(x), N::Matrix(y)) => self.matrices(x, y),
            (N::Matrix(rows), other) => self.matrix_against(rows, other, false),
            (other, N::Matrix(rows)) => self.matrix_against(rows, other, true),
            (N::Cases(x), N::Cases(y)) => self.cases(x, y),
            (N::Sequence(k, x), N::Sequence(l, y)) => {
                // x > 1, x < 3 against (1, 3)
                if sets::inequalities(a) != sets::inequalities(b)
                    && let Some(verdict) = self.real_sets(a, b)
                {
                    return verdict;
                }
                self.sequences(*k, x, *l, y)
            }
            _ if is_set(a) || is_set(b) => self.set_pair(a, b),
            (N::Relation(..) | N::Logic(..), _) | (_, N::Relation(..) | N::Logic(..)) => {
                match (
                    matches!(a, N::Relation(..) | N::Logic(..)),
                    matches!(b, N::Relation(..) | N::Logic(..)),
                ) {
                    (true, true) => self.statements(a, b),
                    _ => self.statement_against(a, b),
                }
            }
            (N::Sequence(_, items), other) => self.sequence_against(items, other, false),
            (other, N::Sequence(_, items)) => self.sequence_against(items, other, true),
            (N::Truth(_), other) | (other, N::Truth(_)) if other.is_scalar() => {
                different(Tier::Text, "a truth value against a number")
            }
            _ => undecided("answers of different kinds"),
        }
    }

    /// Two expressions: by value, then with the names of free constants left out.
    fn expressions(&mut self, a: &Node, b: &Node) -> Verdict {
        let verdict = self.scalars(a, b);
        if verdict.is_equal() {
            return verdict;
        }
        if self.policy.drop_names
            && let Some(renamed) = self.free_constants(a, b)
        {
            return renamed;
        }
        // φ is a name, and by another convention the golden ratio.
        let named = |node: &Node| node.any(&|n| matches!(n, Node::Symbol(_)));
        let golden =
            |node: &Node| node.any(&|n| matches!(n, Node::Symbol(name) if &**name == "phi"));
        let open = golden(a) && !named(b) || golden(b) && !named(a);
        match verdict.outcome == Outcome::Different && open {
            true => undecided("φ may be the golden ratio"),
            false => verdict,
        }
    }

    /// `2i + 3j` against `(2, 3)`, where the policy takes brackets loosely.
    fn vectors(&mut self, a: &Node, b: &Node) -> Option<Verdict> {
        if !self.policy.loose_brackets {
            return None;
        }
        let (sum, other, flipped) = match (a.is_scalar(), b.is_scalar()) {
            (true, false) => (a, b, false),
            (false, true) => (b, a, true),
            _ => return None,
        };
        let items: Vec<Node> = match other {
            Node::Sequence(Bracket::Round | Bracket::Square, items) => items.clone(),
            Node::Matrix(rows) if rows.len() == 1 || rows.iter().all(|row| row.len() == 1) => {
                rows.iter().flatten().cloned().collect()
            }
            _ => return None,
        };
        let mut coordinates = vectors::coordinates(sum)?.to_vec();
        if items.len() == 2
            && matches!(coordinates.last(), Some(Node::Add(none)) if none.is_empty())
        {
            coordinates.pop();
        }
        let reason = "the same coordinates";
        Some(match flipped {
            true => self.in_order(&items, &coordinates, reason),
            false => self.in_order(&coordinates, &items, reason),
        })
    }

    /// `A(2, 3)` against `(2, 3)`: the name of a point, where names may be dropped.
    fn named_point(&mut self, a: &Node, b: &Node) -> Option<Verdict> {
        let point = |node: &Node| match node {
            Node::Call(name, parts)
                if parts.len() > 1
                    && name.len() == 1
                    && name.starts_with(|c: char| c.is_ascii_uppercase()) =>
            {
                Some(Node::Sequence(Bracket::Round, parts.clone()))
            }
            _ => None,
        };
        let tuple = |node: &Node| bracketed(node, Bracket::Round).is_some();
        match (point(a), point(b)) {
            (Some(point), None) if tuple(b) && self.policy.drop_names => {
                Some(self.nodes(&point, b))
            }
            (None, Some(point)) if tuple(a) && self.policy.drop_names => {
                Some(self.nodes(a, &point))
            }
            _ => None,
        }
    }

    /// A sequence against one thing.
    fn sequence_against(&mut self, items: &[Node], other: &Node, flipped: bool) -> Verdict {
        match items {
            [only] if self.policy.unwrap_single => self.oriented(only, other, flipped),
            [_] => undecided("brackets around one value on one side only"),
            _ if other.is_scalar() => different(Tier::Exact, "several values against one"),
            _ => undecided("a list against something else"),
        }
    }

    /// A time of day against `12:30`, which may be of either half of the day.
    fn clock_and_ratio(&mut self, time: u32, parts: &[Node]) -> Verdict {
        let mut seconds = 0i64;
        for (part, weight) in parts.iter().zip([3_600, 60, 1]) {
            match part {
                Node::Number(n) if n.digits == 0 => match n.value.small() {
                    Some(n @ 0..=59) => seconds += n * weight,
                    _ => return undecided("a time against a ratio"),
                },
                _ => return undecided("a time against a ratio"),
            }
        }
        let half = 12 * 3_600;
        let same = parts.len() <= 3 && seconds.rem_euclid(half) == i64::from(time).rem_euclid(half);
        decided(same, Tier::Exact, "the same time", "different times")
    }

    /// Compares with both in their places.
    fn oriented(&mut self, x: &Node, y: &Node, flipped: bool) -> Verdict {
        if flipped {
            self.nodes(y, x)
        } else {
            self.nodes(x, y)
        }
    }

    /// All of several verdicts: different where one is, equal where all are.
    fn all(
        &mut self,
        pairs: &mut dyn Iterator<Item = (&Node, &Node)>,
        reason: &'static str,
    ) -> Verdict {
        let mut tier = Tier::Text;
        let mut open = None;
        for (x, y) in pairs {
            let verdict = self.nodes(x, y);
            match verdict.outcome {
                Outcome::Different => {
                    return Verdict {
                        reason: "a part is different".into(),
                        ..verdict
                    };
                }
                Outcome::Undecided => open = Some(verdict),
                Outcome::Equal => tier = tier.max(verdict.tier),
            }
        }
        open.unwrap_or_else(|| equal(tier, reason))
    }
}

/// Whether a tree can only be a set of numbers.
fn is_set(node: &Node) -> bool {
    matches!(
        node,
        Node::Interval(..) | Node::Sets(..) | Node::NamedSet(_) | Node::Condition(_)
    )
}

/// Whether a sequence has this bracket.
fn bracketed(node: &Node, bracket: Bracket) -> Option<&[Node]> {
    match node {
        Node::Sequence(b, items) if *b == bracket => Some(items),
        _ => None,
    }
}
