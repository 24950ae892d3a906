//! Compares lists, tuples, sets, intervals and matrices.

use super::super::value::{Kind, Value};
use super::super::{Outcome, Policy, Tier, Verdict};
use super::values;

/// Compares two sequences by the rules of their brackets.
pub(super) fn sequences(k: Kind, a: &[Value], l: Kind, b: &[Value], policy: &Policy) -> Verdict {
    use Kind::{Bare, HalfOpen, Matrix, Round, Set, Square, Union};
    let unordered = match (k, l) {
        (Set | Bare, Set | Bare | Square) | (Square, Set | Bare) | (Union, Union) => true,
        (Square, Square) | (Round, Round) | (Matrix, Matrix) => false,
        (HalfOpen { closed_left: x }, HalfOpen { closed_left: y }) => {
            if x != y {
                return Verdict::new(
                    Outcome::Different,
                    Tier::Exact,
                    "different ends of an interval",
                );
            }
            false
        }
        // Two values in round and square brackets may be an interval's ends.
        (Round, Square) | (Square, Round) if a.len() == 2 && b.len() == 2 => {
            return match pairwise(a, b, policy).outcome {
                Outcome::Different => {
                    Verdict::new(Outcome::Different, Tier::Exact, "different elements")
                }
                _ => Verdict::new(Outcome::Undecided, Tier::None, "a list or an interval"),
            };
        }
        (Round | Matrix, Square) | (Square, Round | Matrix) => false,
        (Round, Bare) | (Bare, Round) => {
            let ordered = pairwise(a, b, policy);
            return match ordered.outcome {
                Outcome::Different
                    if a.len() == b.len()
                        && matched(a, b, policy).outcome != Outcome::Different =>
                {
                    Verdict::new(Outcome::Undecided, Tier::None, "the order may matter")
                }
                _ => ordered,
            };
        }
        (HalfOpen { .. }, Round | Square) | (Round | Square, HalfOpen { .. }) => {
            return Verdict::new(
                Outcome::Different,
                Tier::Exact,
                "different ends of an interval",
            );
        }
        _ => {
            return Verdict::new(
                Outcome::Undecided,
                Tier::None,
                "different kinds of sequences",
            );
        }
    };
    if a.len() != b.len() {
        return Verdict::new(
            Outcome::Different,
            Tier::Exact,
            format!("{} elements against {}", a.len(), b.len()),
        );
    }
    if a.len() > 200 {
        return Verdict::new(Outcome::Undecided, Tier::None, "more than 200 elements");
    }
    if unordered {
        matched(a, b, policy)
    } else {
        pairwise(a, b, policy)
    }
}

fn worst(verdicts: impl Iterator<Item = Verdict>, what: &'static str) -> Verdict {
    let mut result = Verdict::new(Outcome::Equal, Tier::Text, what);
    for verdict in verdicts {
        match (result.outcome, verdict.outcome) {
            (Outcome::Equal, Outcome::Equal) => result.tier = result.tier.max(verdict.tier),
            (Outcome::Different, _) | (Outcome::Undecided, Outcome::Equal | Outcome::Undecided) => {
            }
            _ => result = verdict,
        }
    }
    result
}

fn pairwise(a: &[Value], b: &[Value], policy: &Policy) -> Verdict {
    if a.len() != b.len() {
        return Verdict::new(
            Outcome::Different,
            Tier::Exact,
            format!("{} elements against {}", a.len(), b.len()),
        );
    }
    worst(
        a.iter().zip(b).map(|(x, y)| values(x, y, policy)),
        "the same elements in order",
    )
}

/// Each element of one side has its own equal on the other.
fn matched(a: &[Value], b: &[Value], policy: &Policy) -> Verdict {
    let mut left: Vec<&Value> = b.iter().collect();
    let mut tier = Tier::Text;
    let mut open = false;
    for x in a {
        let verdicts: Vec<Verdict> = left.iter().map(|y| values(x, y, policy)).collect();
        if let Some(at) = verdicts.iter().position(Verdict::is_equal) {
            tier = verdicts.get(at).map_or(tier, |v| tier.max(v.tier));
            left.remove(at);
        } else if verdicts.iter().any(|v| v.outcome == Outcome::Undecided) {
            open = true;
        } else {
            return Verdict::new(
                Outcome::Different,
                Tier::Exact,
                "an element without its equal",
            );
        }
    }
    match open {
        true => Verdict::new(
            Outcome::Undecided,
            Tier::None,
            "an element that is not understood",
        ),
        false => Verdict::new(Outcome::Equal, tier, "the same elements"),
    }
}
