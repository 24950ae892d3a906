//! Answers in words.

use super::{Comparer, decided, different, equal, undecided};
use crate::node::{Constant, NamedSet, Node, Number};
use crate::rational::Rational;
use crate::{Tier, Verdict};

/// What several phrases say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Saying {
    NoSolution,
    DoesNotExist,
    InfinitelyMany,
    Diverges,
    Converges,
}

/// What a phrase in lower case says.
fn saying(lower: &str) -> Option<Saying> {
    let phrase = lower
        .trim()
        .trim_end_matches(['.', '!'])
        .trim_start_matches("there are ");
    let phrase = phrase.strip_prefix("there is ").unwrap_or(phrase);
    Some(match phrase {
        "none" | "no solution" | "no solutions" | "no real solution" | "no real solutions"
        | "empty set" | "the empty set" | "no such solution" | "no such solutions"
        | "no solution exists" | "no solutions exist" => Saying::NoSolution,
        "dne"
        | "d.n.e"
        | "does not exist"
        | "doesn't exist"
        | "the limit does not exist"
        | "limit does not exist"
        | "it does not exist" => Saying::DoesNotExist,
        "infinitely many"
        | "infinitely many solutions"
        | "infinite solutions"
        | "an infinite number of solutions"
        | "infinite number of solutions"
        | "infinitely many real solutions" => Saying::InfinitelyMany,
        "diverges"
        | "divergent"
        | "it diverges"
        | "the series diverges"
        | "the integral diverges" => Saying::Diverges,
        "converges"
        | "convergent"
        | "it converges"
        | "the series converges"
        | "the integral converges" => Saying::Converges,
        _ => return None,
    })
}

/// Number words up to nineteen, and the tens.
const SMALL: &[&str] = &[
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
];
const TENS: &[&str] = &[
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

/// The denominators that fractions are named by, singular, from 2 on.
const PARTS: &[&str] = &[
    "half", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
];

/// The number that words in lower case say: "twenty-five", "two hundred and three", "three quarters", "minus two".
fn number(lower: &str) -> Option<Rational> {
    if lower.len() > 100
        || !lower
            .bytes()
            .all(|b| b.is_ascii_lowercase() || matches!(b, b' ' | b'-'))
    {
        return None;
    }
    let words: Vec<&str> = lower
        .split([' ', '-'])
        .filter(|word| !word.is_empty())
        .collect();
    let (negative, words) = match words.split_first()? {
        (&("minus" | "negative"), rest) => (true, rest),
        _ => (false, words.as_slice()),
    };
    let (last, front) = words.split_last()?;
    let value = match denominator(last).filter(|_| !front.is_empty()) {
        Some(below) => {
            let above = match front {
                ["a" | "one"] => 1,
                front => integer(front)?,
            };
            Rational::ratio(above.into(), below.into())?
        }
        None => Rational::integer(integer(words)?),
    };
    Some(if negative { value.neg() } else { value })
}

fn denominator(word: &str) -> Option<i64> {
    let one = match word {
        "halves" => "half",
        "quarter" | "quarters" => "fourth",
        _ => word.strip_suffix('s').unwrap_or(word),
    };
    let at = PARTS.iter().position(|part| *part == one)?;
    i64::try_from(at + 2).ok()
}

/// A whole number below a billion.
fn integer(words: &[&str]) -> Option<i64> {
    let (mut total, mut group, mut last) = (0i64, 0i64, 0i64);
    for (at, word) in words.iter().enumerate() {
        let place = |list: &[&str]| {
            list.iter()
                .position(|name| name == word)
                .and_then(|n| i64::try_from(n).ok())
        };
        if let Some(n) = place(SMALL) {
            // Behind tens only a digit, behind a hundred anything; zero stands alone.
            let fits = match last {
                0 => n > 0 || words.len() == 1,
                10 => (1..10).contains(&n),
                _ => n > 0,
            };
            fits.then_some(())?;
            (group, last) = (group + n, 1);
        } else if let Some(n) = place(TENS) {
            matches!(last, 0 | 100).then_some(())?;
            (group, last) = (group + 10 * (n + 2), 10);
        } else {
            match *word {
                "hundred" if last == 1 && (1..20).contains(&group) => {
                    (group, last) = (group * 100, 100)
                }
                "thousand" | "million" if group > 0 => {
                    let scale = if *word == "thousand" {
                        1_000
                    } else {
                        1_000_000
                    };
                    (total == 0 || total >= scale * 1_000).then_some(())?;
                    (total, group, last) = (total + group * scale, 0, 0);
                }
                "and" if last == 100 && at + 1 < words.len() => {}
                _ => return None,
            }
            continue;
        }
        // Two numbers in a row: "one two".
        if last == 1
            && words
                .get(at + 1)
                .is_some_and(|next| SMALL.contains(next) || TENS.contains(next))
        {
            return None;
        }
    }
    Some(total + group)
}

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

/// The letters of a product of single letters, in the order written.
fn letters(node: &Node) -> Option<String> {
    let Node::Mul(parts) = node else { return None };
    parts
        .iter()
        .map(|part| match part {
            Node::Symbol(name) if name.len() == 1 => Some(name.to_string()),
            Node::Constant(Constant::Imaginary) => Some("i".to_owned()),
            Node::Constant(Constant::Euler) => Some("e".to_owned()),
            _ => None,
        })
        .collect()
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
        let (lower_a, lower_b) = (a.to_lowercase(), b.to_lowercase());
        if let (Some(x), Some(y)) = (saying(&lower_a), saying(&lower_b)) {
            return decided(
                x == y,
                Tier::Text,
                "words that say the same",
                "words that say different things",
            );
        }
        if let (Some(x), Some(y)) = (number(&lower_a), number(&lower_b)) {
            return decided(
                x == y,
                Tier::Exact,
                "the same number in words",
                "different numbers in words",
            );
        }
        match is_words(a) && is_words(b) {
            true => different(Tier::Text, "different words"),
            false => undecided("mathematics that is not understood"),
        }
    }

    pub(super) fn words_against(&mut self, words: &str, other: &Node) -> Verdict {
        let lower = words.trim().to_lowercase();
        if other.is_scalar()
            && let Some(value) = number(&lower)
        {
            return self.scalars(&Node::Number(Number::exact(value)), other);
        }
        let empty = matches!(other, Node::NamedSet(NamedSet::Empty))
            || matches!(other, Node::Sequence(_, items) if items.is_empty());
        if empty && saying(&lower) == Some(Saying::NoSolution) {
            return equal(Tier::Text, "no solution");
        }
        // CBAD, read as a product of names.
        if let Some(letters) = letters(other)
            && bare(words).eq_ignore_ascii_case(&letters)
            && (self.policy.ignore_case || bare(words) == letters)
        {
            return equal(Tier::Text, "the same letters");
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
