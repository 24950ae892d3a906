//! Lists, tuples and sets.

use super::{Comparer, different, equal, undecided};
use crate::node::{Bracket, Node};
use crate::{Outcome, Tier, Verdict};

/// Most elements that are matched without regard to order.
const MAX_UNORDERED: usize = 400;

impl Comparer<'_> {
    pub(super) fn sequences(&mut self, k: Bracket, a: &[Node], l: Bracket, b: &[Node]) -> Verdict {
        use Bracket as B;
        // [(1, 2)] against (1, 2)
        if self.policy.unwrap_single && (a.len() == 1) != (b.len() == 1) {
            let (x, y) = (Node::Sequence(k, a.to_vec()), Node::Sequence(l, b.to_vec()));
            return match (a, b) {
                ([only], _) if !only.is_scalar() => self.nodes(only, &y),
                (_, [only]) if !only.is_scalar() => self.nodes(&x, only),
                _ => different(Tier::Exact, "lists of different length"),
            };
        }
        if k == B::Set || l == B::Set {
            return match (k, l) {
                (B::Round, _) | (_, B::Round) => self.set_and_tuple(a, b),
                _ => self.as_sets(a, b),
            };
        }
        if a.len() != b.len() {
            // Solutions that are named twice.
            return match (k, l) {
                (B::Bare, B::Bare | B::Square) | (B::Square, B::Bare)
                    if a.len() > 1 && b.len() > 1 =>
                {
                    self.as_sets(a, b)
                }
                _ => different(Tier::Exact, "lists of different length"),
            };
        }
        match (k, l) {
            (B::Round, B::Round) | (B::Square, B::Square) => {
                self.in_order(a, b, "the same elements in order")
            }
            (B::Bare, B::Bare | B::Square) | (B::Square, B::Bare) => self.in_any_order(a, b),
            (B::Round, B::Square) | (B::Square, B::Round) => self.tuple_and_list(k, a, b),
            _ => {
                let ordered = self.in_order(a, b, "the same elements in order");
                if ordered.is_equal() {
                    return ordered;
                }
                match self.in_any_order(a, b).outcome {
                    Outcome::Different => ordered,
                    _ => undecided("the same elements, and the order may matter"),
                }
            }
        }
    }

    /// `(1, 3)` against `{1, 3}`: as written, where the policy takes brackets loosely.
    fn set_and_tuple(&mut self, a: &[Node], b: &[Node]) -> Verdict {
        if a.len() != b.len() {
            return different(Tier::Exact, "lists of different length");
        }
        let verdict = self.in_order(a, b, "the same elements as written");
        match (verdict.outcome, self.policy.loose_brackets) {
            (Outcome::Equal, false) => undecided("a set against a tuple"),
            (Outcome::Different, _) if self.in_any_order(a, b).is_equal() => {
                undecided("a set against a tuple in another order")
            }
            _ => verdict,
        }
    }

    /// `(1, 3)` against `[1, 3]`: with two ends in order they may be an open and a closed interval.
    fn tuple_and_list(&mut self, _k: Bracket, a: &[Node], b: &[Node]) -> Verdict {
        let verdict = self.in_order(a, b, "the same elements in order");
        if !verdict.is_equal() {
            return verdict;
        }
        if !self.policy.loose_brackets {
            return undecided("a list against a tuple");
        }
        if let [low, high] = a
            && low.is_scalar()
            && high.is_scalar()
            && self.order(low, high) != Some(std::cmp::Ordering::Greater)
        {
            return undecided("an open interval, or a list against a tuple");
        }
        verdict
    }

    pub(super) fn in_order(&mut self, a: &[Node], b: &[Node], reason: &'static str) -> Verdict {
        if a.len() != b.len() {
            return different(Tier::Exact, "lists of different length");
        }
        self.all(&mut a.iter().zip(b), reason)
    }

    /// Each element of one with one of the other.
    fn in_any_order(&mut self, a: &[Node], b: &[Node]) -> Verdict {
        if a.len() > MAX_UNORDERED {
            return undecided("too many elements");
        }
        let mut taken = vec![false; b.len()];
        let mut tier = Tier::Text;
        let mut open = false;
        for x in a {
            let mut found = false;
            let mut unclear = false;
            for (y, taken) in b.iter().zip(&mut taken) {
                if *taken {
                    continue;
                }
                let verdict = self.nodes(x, y);
                match verdict.outcome {
                    Outcome::Equal => {
                        *taken = true;
                        found = true;
                        tier = tier.max(verdict.tier);
                        break;
                    }
                    Outcome::Undecided => unclear = true,
                    Outcome::Different => {}
                }
            }
            match (found, unclear) {
                (true, _) => {}
                (false, true) => open = true,
                (false, false) => {
                    return different(Tier::Exact, "an element that the other does not have");
                }
            }
        }
        if open {
            // From the other side an element may have no partner at all.
            for (y, _) in b.iter().zip(&taken).filter(|(_, taken)| !**taken) {
                if a.iter()
                    .all(|x| self.nodes(x, y).outcome == Outcome::Different)
                {
                    return different(Tier::Exact, "an element that the other does not have");
                }
            }
            undecided("elements that cannot be told apart")
        } else {
            equal(tier, "the same elements")
        }
    }

    /// Every element of one is in the other, however often.
    pub(super) fn as_sets(&mut self, a: &[Node], b: &[Node]) -> Verdict {
        if a.len().max(b.len()) > MAX_UNORDERED {
            return undecided("too many elements");
        }
        let mut tier = Tier::Text;
        let mut open = false;
        for (these, those, flipped) in [(a, b, false), (b, a, true)] {
            for x in these {
                let (mut found, mut unclear) = (false, false);
                for y in those {
                    let verdict = self.oriented(x, y, flipped);
                    match verdict.outcome {
                        Outcome::Equal => {
                            found = true;
                            tier = tier.max(verdict.tier);
                            break;
                        }
                        Outcome::Undecided => unclear = true,
                        Outcome::Different => {}
                    }
                }
                match (found, unclear) {
                    (true, _) => {}
                    (false, true) => open = true,
                    (false, false) => {
                        return different(Tier::Exact, "an element that the other does not have");
                    }
                }
            }
        }
        if open {
            undecided("elements that cannot be told apart")
        } else {
            equal(tier, "the same set")
        }
    }
}
