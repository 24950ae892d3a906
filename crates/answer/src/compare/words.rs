//! Answers in words.

use super::{Comparer, decided, different, equal, undecided};
use crate::node::{Node, Number};
use crate::{Tier, Verdict};

/// Number words that answers are written in.
const NUMBERS: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];

fn bare(text: &str) -> String {
    text.chars()
        .filter(|c| {
            !matches!(
                c,
                '"' | '\''
                    | '.'
                    | '`'
                    | '*'
                    | '$'
                    | '{'
                    | '}'
                    | '\\'
                    | ' '
                    | '\t'
                    | '\n'
                    | ','
                    | '-'
                    | '_'
                    | '~'
            )
        })
        .collect()
}

/// Whether a text is words, not mathematics that was not understood.
fn is_words(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
        && text.chars().all(|c| {
            c.is_alphabetic() || matches!(c, ' ' | '\'' | '-' | '.' | ',' | '"' | '’' | '!' | '?')
        })
}

impl Comparer<'_> {
    pub(super) fn texts(&mut self, a: &str, b: &str) -> Verdict {
        let (x, y) = (bare(a), bare(b));
        if x == y && !x.is_empty() {
            return equal(Tier::Text, "the same words");
        }
        if x.to_lowercase() == y.to_lowercase() && !x.is_empty() {
            return match self.policy.ignore_case {
                true => equal(Tier::Text, "the same words but for case"),
                false => undecided("the same words but for case"),
            };
        }
        match is_words(a) && is_words(b) {
            true => different(Tier::Text, "different words"),
            false => undecided("mathematics that is not understood"),
        }
    }

    pub(super) fn words_against(&mut self, words: &str, other: &Node) -> Verdict {
        let lower = words.trim().to_lowercase();
        if let Some(n) = NUMBERS.iter().position(|name| *name == lower)
            && other.is_scalar()
        {
            let number = Node::Number(Number::integer(i64::try_from(n).unwrap_or(-1)));
            return self.scalars(&number, other);
        }
        match other {
            Node::Symbol(name) if is_words(words) => {
                let same = bare(words).eq_ignore_ascii_case(name);
                decided(same, Tier::Text, "the same word", "words against a name")
            }
            Node::Sequence(_, items) if self.policy.unwrap_single && items.len() == 1 => {
                match items.first() {
                    Some(only) => self.nodes(&Node::Words(words.into()), only),
                    None => undecided("words against an empty list"),
                }
            }
            Node::Truth(truth) => match (lower.as_str(), truth) {
                ("yes", true) | ("no", false) => equal(Tier::Text, "yes for true, no for false"),
                ("yes" | "no", _) => different(Tier::Text, "opposite truth values"),
                _ => undecided("words against a truth value"),
            },
            Node::NamedSet(crate::node::NamedSet::Empty)
                if matches!(
                    lower.as_str(),
                    "none"
                        | "no solution"
                        | "no solutions"
                        | "no real solution"
                        | "no real solutions"
                        | "empty set"
                        | "the empty set"
                ) =>
            {
                equal(Tier::Text, "no solution")
            }
            Node::Sequence(_, items)
                if items.is_empty()
                    && matches!(
                        lower.as_str(),
                        "none"
                            | "no solution"
                            | "no solutions"
                            | "no real solution"
                            | "no real solutions"
                            | "empty set"
                            | "the empty set"
                    ) =>
            {
                equal(Tier::Text, "no solution")
            }
            _ if is_words(words)
                && other.is_scalar()
                && !other.any(&|n| matches!(n, Node::Symbol(_))) =>
            {
                different(Tier::Text, "words against a number")
            }
            _ => undecided("words against mathematics"),
        }
    }
}
