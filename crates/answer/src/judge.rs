//! The entries of the library: comparing, explaining, scoring.

use super::choice;
use super::compare::Comparer;
use super::extract::extract;
use super::node::{Bracket, Node};
use super::reading::{Reading, parse, read, read_with, stripped};
use super::work::Work;
use super::{Explained, MAX_BYTES, Outcome, Policy, Tier, Verdict, fast};

/// Whether `pred` is the same answer as `gold`.
///
/// Total, deterministic and bounded: texts beyond [`MAX_BYTES`] are only compared as texts, and what takes more than
/// [`Policy::work`] steps is undecided. Symmetric but for [`super::Rounding::Reference`].
///
/// ```
/// use caco_answer::{Outcome, Policy, compare};
/// let policy = Policy::default();
/// assert_eq!(compare(r"\frac{8\sqrt{3}}{3}", "8*sqrt(3)/3", &policy).outcome, Outcome::Equal);
/// assert_eq!(compare("[-3, 1)", "Interval.Lopen(-3, 1)", &policy).outcome, Outcome::Different);
/// ```
#[must_use]
pub fn compare(gold: &str, pred: &str, policy: &Policy) -> Verdict {
    let (a, b) = (gold.trim(), pred.trim());
    if a.is_empty() || b.is_empty() {
        return Verdict::new(Outcome::Undecided, Tier::None, "an answer is empty");
    }
    if a == b {
        return Verdict::new(Outcome::Equal, Tier::Text, "the same text");
    }
    if a.len() > MAX_BYTES || b.len() > MAX_BYTES {
        return Verdict::new(Outcome::Undecided, Tier::None, "an answer is too long");
    }
    if let Some(verdict) = fast::compare(a, b, policy) {
        return verdict;
    }
    let (a, b) = (stripped(a), stripped(b));
    if a == b && !a.is_empty() {
        return Verdict::new(Outcome::Equal, Tier::Text, "the same text");
    }
    if let Some(verdict) = choice::compare(a, b, policy) {
        return verdict;
    }
    // One order of both texts, so that what the budget lets through is the same from both sides.
    let swapped = a > b;
    let (a, b) = if swapped { (b, a) } else { (a, b) };
    let (x, y) = (read(a, true), read(b, true));
    let work = Work::new(policy.work);
    let mut comparer = Comparer::new(policy, &work, swapped);
    let verdict = comparer.nodes(&x.node, &y.node);
    if verdict.is_equal() {
        return verdict;
    }
    if let Some(other) = otherwise(&mut comparer, (a, &x), (b, &y), policy) {
        return other;
    }
    if x.too_large || y.too_large {
        return Verdict::new(
            Outcome::Undecided,
            Tier::None,
            "an answer is nested too deeply or has too many parts",
        );
    }
    verdict
}

/// Other readings of commas: separators of a list where they were taken for thousands, and the decimal point.
fn otherwise(
    comparer: &mut Comparer<'_>,
    a: (&str, &Reading),
    b: (&str, &Reading),
    policy: &Policy,
) -> Option<Verdict> {
    let list = |node: &Node| matches!(node, Node::Sequence(..) | Node::Map(_) | Node::Matrix(_));
    if a.1.joined || b.1.joined {
        let x = if a.1.joined && list(&b.1.node) {
            read(a.0, false).node
        } else {
            a.1.node.clone()
        };
        let y = if b.1.joined && list(&a.1.node) {
            read(b.0, false).node
        } else {
            b.1.node.clone()
        };
        let verdict = comparer.nodes(&x, &y);
        if verdict.is_equal() {
            return Some(verdict);
        }
    }
    if a.1.units || b.1.units {
        let verdict = comparer.nodes(
            &read_with(a.0, true, false).node,
            &read_with(b.0, true, false).node,
        );
        if verdict.is_equal() {
            return Some(verdict);
        }
    }
    if policy.decimal_comma {
        let number = |node: &Node| node.is_scalar();
        let x = (number(&b.1.node))
            .then(|| decimal_comma(a.0, &a.1.node))
            .flatten();
        let y = (number(&a.1.node))
            .then(|| decimal_comma(b.0, &b.1.node))
            .flatten();
        if x.is_some() != y.is_some() {
            let x = x.unwrap_or_else(|| a.1.node.clone());
            let y = y.unwrap_or_else(|| b.1.node.clone());
            let verdict = comparer.nodes(&x, &y);
            return verdict.is_equal().then_some(verdict);
        }
    }
    None
}

/// `1000,99`, `0,5` and `1.234,5` as decimals: digits that no list of two would be written as, with four digits in front, a
/// zero, or groups of three with points between them; `1.234.567` as an integer.
fn decimal_comma(text: &str, node: &Node) -> Option<Node> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.trim_start_matches('-');
    let sign = text.get(..text.len() - unsigned.len())?;
    let (whole, fraction) = match unsigned.split_once(',') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    // 1.234.567 and 1.234,5: points between groups of three.
    let mut groups = whole.split('.');
    let first = groups.next().unwrap_or_default();
    let behind: Vec<&str> = groups.collect();
    let grouped = (1..=3).contains(&first.len())
        && digits(first)
        && !first.starts_with('0')
        && behind.len() + usize::from(fraction.is_some()) > 1
        && !behind.is_empty()
        && behind.iter().all(|group| group.len() == 3 && digits(group));
    if grouped && fraction.is_none_or(digits) {
        let whole = whole.replace('.', "");
        let number = match fraction {
            Some(fraction) => format!("{sign}{whole}.{fraction}"),
            None => format!("{sign}{whole}"),
        };
        return Some(read(&number, true).node);
    }
    if !matches!(node, Node::Sequence(Bracket::Bare, items) if items.len() == 2) {
        return None;
    }
    let fraction = fraction?;
    let alone = whole == "0" || whole.len() >= 4 && !whole.starts_with('0');
    (digits(whole) && digits(fraction) && alone)
        .then(|| read(&format!("{sign}{whole}.{fraction}"), true).node)
}

/// [`compare`], with what was read on either side: slower, for people.
#[must_use]
pub fn explain(gold: &str, pred: &str, policy: &Policy) -> Explained {
    let shown = |text: &str| parse(text).ok().map(|answer| answer.to_string());
    Explained {
        verdict: compare(gold, pred, policy),
        gold_parsed: shown(gold),
        pred_parsed: shown(pred),
    }
}

/// The reward of a reply under [`Policy::benchmark`]: 1 where the final answer that is found in it equals `gold`, else 0.
///
/// ```
/// assert_eq!(caco_answer::score(r"Half of it, so \boxed{\frac12}.", "0.5"), 1.0);
/// ```
#[must_use]
pub fn score(answer: &str, gold: &str) -> f64 {
    score_with(answer, gold, &Policy::benchmark())
}

/// The reward of a reply: 1 where the final answer that is found in it equals `gold`, else 0 (also where it has none, and
/// where it cannot be told).
#[must_use]
pub fn score_with(answer: &str, gold: &str, policy: &Policy) -> f64 {
    let equal = extract(answer).is_some_and(|found| compare(gold, &found.text, policy).is_equal());
    f64::from(u8::from(equal))
}
