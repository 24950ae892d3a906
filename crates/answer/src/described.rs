//! Answers that are described: "all real numbers except 2", "3 to 2", "1011 base 2", "nπ, where n is an integer".

use super::node::{Bracket, Function, NamedSet, Node, Number, Relation, SetOperation};
use super::rational::Rational;
use super::reading::read_notation;

/// Longest text that is looked at.
const MAX_TEXT: usize = 300;

/// What a text describes, where it is one of these.
pub(crate) fn described(text: &str) -> Option<Node> {
    if let Some(angle) = sexagesimal(text) {
        return Some(angle);
    }
    if let Some(quantity) = compound(text) {
        return Some(quantity);
    }
    let digits = |b: u8| b.is_ascii_digit() || matches!(b, b' ' | b'-');
    let hints = ["real", "integer", " to ", "base", r"\in", "∈"];
    let worth = text.len() <= MAX_TEXT
        && text.contains(' ')
        && (hints.iter().any(|hint| text.contains(hint)) || text.bytes().all(digits));
    if !worth {
        return None;
    }
    let plain = unwrapped(text);
    let plain = plain.trim();
    numbers(plain)
        .or_else(|| ratio(plain))
        .or_else(|| based(plain))
        .or_else(|| spaced_list(plain))
        .or_else(|| family(plain))
}

/// The text without `\text{…}` and its like around words, and with plain spaces.
fn unwrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let tail = rest.get(at..).unwrap_or_default();
        let command = [r"\text", r"\mbox", r"\mathrm", r"\textrm", r"\textnormal"]
            .iter()
            .find_map(|command| tail.strip_prefix(command)?.strip_prefix('{'));
        let space = [r"\quad", r"\qquad", r"\,", r"\;", r"\ ", r"\:"]
            .iter()
            .find_map(|space| tail.strip_prefix(space));
        if let Some((inside, behind)) = command.and_then(|inner| inner.split_once('}')) {
            out.push_str(inside);
            rest = behind;
        } else if let Some(behind) = space {
            out.push(' ');
            rest = behind;
        } else {
            out.push('\\');
            rest = tail.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text behind the first of several beginnings that fits, without regard to case.
fn behind<'t>(text: &'t str, beginnings: &[&str]) -> Option<&'t str> {
    beginnings.iter().find_map(|beginning| {
        let head = text.get(..beginning.len())?;
        let tail = text.get(beginning.len()..)?;
        (head.eq_ignore_ascii_case(beginning) && !tail.starts_with(char::is_alphabetic))
            .then(|| tail.trim_start())
    })
}

/// A text that is understood as mathematics.
fn understood(text: &str) -> Option<Node> {
    let reading = read_notation(text, true, true);
    (reading.parsed && !matches!(reading.node, Node::Words(_))).then_some(reading.node)
}

/// "All real numbers except 2", "positive real numbers", "all integers".
fn numbers(text: &str) -> Option<Node> {
    let mut rest = text;
    for opening in [
        "the set of",
        "x is",
        "x can be",
        "all",
        "any",
        "every",
        "the",
    ] {
        rest = behind(rest, &[opening]).unwrap_or(rest);
    }
    let zero = || Node::integer(0);
    let line = |low_in: bool, positive: bool| {
        let infinity = Node::Constant(super::node::Constant::Infinity);
        match positive {
            true => Node::Interval(Box::new([zero(), infinity]), low_in, false),
            false => Node::Interval(Box::new([infinity.negated(), zero()]), false, low_in),
        }
    };
    let reals = Node::NamedSet(NamedSet::Reals);
    let (kind, plain) = [
        ("positive", Some(line(false, true))),
        ("negative", Some(line(false, false))),
        ("nonnegative", Some(line(true, true))),
        ("non-negative", Some(line(true, true))),
        ("nonpositive", Some(line(true, false))),
        ("non-positive", Some(line(true, false))),
        (
            "nonzero",
            Some(Node::Sets(
                SetOperation::Difference,
                vec![reals.clone(), Node::Sequence(Bracket::Set, vec![zero()])],
            )),
        ),
    ]
    .into_iter()
    .find_map(|(word, set)| Some((set, behind(rest, &[word])?)))
    .unwrap_or((None, rest));
    let tail = behind(
        plain,
        &["real numbers", "real number", "reals", "real values"],
    );
    let set = match (kind, tail) {
        (Some(set), Some(_)) => set,
        (None, Some(_)) => reals,
        (None, None) => {
            let tail = behind(plain, &["integers", "integer"])?;
            return excluded(Node::NamedSet(NamedSet::Integers), tail);
        }
        (Some(_), None) => return None,
    };
    excluded(set, tail?)
}

/// A set and what follows: nothing, or what it is without.
fn excluded(set: Node, tail: &str) -> Option<Node> {
    let tail = tail.trim_start_matches(',').trim_start();
    if tail.is_empty() {
        return Some(set);
    }
    // The name of its elements: all real numbers x except …
    let named = tail
        .split_once(' ')
        .filter(|(name, _)| name.len() == 1 && name.starts_with(|c: char| c.is_ascii_alphabetic()))
        .map_or(tail, |(_, tail)| tail);
    let list = behind(
        named,
        &["except for", "except", "other than", "excluding", "but not"],
    );
    let without = match list {
        Some(list) => match understood(list)? {
            Node::Sequence(Bracket::Bare | Bracket::Set, items) => items,
            Node::Relation(mut parts, signs) if signs.as_slice() == [Relation::Equal] => {
                vec![parts.pop()?]
            }
            value => vec![value],
        },
        None => {
            let condition = behind(
                named,
                &["such that", "where", "with", "for which", "satisfying"],
            )?;
            let condition = understood(condition)?;
            return matches!(condition, Node::Relation(..) | Node::Logic(..))
                .then(|| Node::Sets(SetOperation::Intersection, vec![set, condition]));
        }
    };
    without.iter().all(Node::is_scalar).then(|| {
        Node::Sets(
            SetOperation::Difference,
            vec![set, Node::Sequence(Bracket::Set, without)],
        )
    })
}

/// "2 hours 30 minutes", "5 ft 6 in": a quantity in units of one kind, each smaller than the one before.
fn compound(text: &str) -> Option<Node> {
    let letters = text.bytes().any(|b| b.is_ascii_lowercase());
    if text.len() > 100 || !text.starts_with(|c: char| c.is_ascii_digit()) || !letters {
        return None;
    }
    let plain = unwrapped(text);
    let words: Vec<&str> = plain
        .split([' ', ',', '~'])
        .filter(|word| !matches!(*word, "" | "and"))
        .collect();
    let pairs: Option<Vec<(Number, String)>> = words
        .chunks(2)
        .map(|pair| match pair {
            [number, unit] if unit.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                match understood(number)? {
                    Node::Number(number) => Some((number, super::parser::unit(unit))),
                    _ => None,
                }
            }
            _ => None,
        })
        .collect();
    let pairs = pairs.filter(|pairs| (2..=4).contains(&pairs.len()))?;
    let (_, smallest) = pairs.last()?;
    let smallest = smallest.clone();
    let mut parts = Vec::new();
    let mut before: Option<Rational> = None;
    for (number, unit) in pairs {
        let factor = super::compare::conversion(&unit, &smallest)?;
        if before.is_some_and(|before| before <= factor) {
            return None;
        }
        parts.push(Node::Mul(vec![
            Node::Number(Number::exact(factor.clone())),
            Node::Number(number),
        ]));
        before = Some(factor);
    }
    Some(Node::Quantity(Box::new(Node::Add(parts)), smallest.into()))
}

/// 30°15'20": an angle in degrees, minutes and seconds.
fn sexagesimal(text: &str) -> Option<Node> {
    let degrees = text.contains('°') || text.contains(r"\circ");
    let minutes = text.contains(['\'', '′', '’']) || text.contains(r"\prime");
    if text.len() > 60 || !degrees || !minutes {
        return None;
    }
    let plain = text
        .replace([' ', '{', '}', '$', '~'], "")
        .replace(r"\,", "")
        .replace(r"^\circ", "°")
        .replace(r"^\prime", "'")
        .replace(r"\prime", "'")
        .replace(['′', '’'], "'")
        .replace("''", "\"")
        .replace('″', "\"");
    let (whole, rest) = plain.split_once('°')?;
    let (minutes, rest) = rest.split_once('\'')?;
    let seconds = match rest {
        "" => "0",
        rest => rest.strip_suffix('"')?,
    };
    let (negative, whole) = match whole.strip_prefix(['-', '−']) {
        Some(whole) => (true, whole),
        None => (false, whole),
    };
    let part = |digits: &str, limit: i64| {
        let short = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        short
            .then(|| digits.parse::<i64>().ok())
            .flatten()
            .filter(|n| *n < limit)
    };
    let seconds = part(whole, 10_000)? * 3_600 + part(minutes, 60)? * 60 + part(seconds, 60)?;
    let value = Rational::ratio(if negative { -seconds } else { seconds }.into(), 3_600)?;
    Some(Node::Apply(
        Function::Degrees,
        vec![Node::Number(Number::exact(value))],
    ))
}

/// "3 to 2": a ratio.
fn ratio(text: &str) -> Option<Node> {
    let parts: Vec<&str> = text.split(" to ").collect();
    let integer = |part: &&str| {
        let digits = part.trim();
        !digits.is_empty() && digits.len() < 10 && digits.bytes().all(|b| b.is_ascii_digit())
    };
    (parts.len() > 1 && parts.iter().all(integer)).then(|| {
        Node::Ratio(
            parts
                .iter()
                .filter_map(|part| part.trim().parse().ok().map(Node::integer))
                .collect(),
        )
    })
}

/// "1011 base 2", "1011 (base 2)", "1011 in base two".
fn based(text: &str) -> Option<Node> {
    let (digits, tail) = text.split_once(' ')?;
    let tail = tail.trim().trim_start_matches('(').trim_end_matches(')');
    let tail = behind(tail, &["in"]).unwrap_or(tail);
    let base = match behind(tail, &["base"])? {
        "two" => 2,
        "three" => 3,
        "eight" => 8,
        "ten" => 10,
        number => number.parse::<u32>().ok()?,
    };
    let plain = digits.len() < 200
        && digits.bytes().any(|b| b.is_ascii_digit())
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    (plain && (2..=36).contains(&base)).then(|| Node::Based(digits.into(), base))
}

/// "-4 1 2": three integers or more with nothing but spaces between them are a list; groups of three digits are one number.
fn spaced_list(text: &str) -> Option<Node> {
    let parts: Vec<&str> = text.split(' ').collect();
    let integer = |part: &&str| {
        let digits = part.strip_prefix('-').unwrap_or(part);
        (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let grouped = parts
        .iter()
        .skip(1)
        .all(|part| part.len() == 3 && !part.starts_with('-'));
    (parts.len() > 2 && !grouped && parts.iter().all(integer)).then(|| {
        Node::Sequence(
            Bracket::Bare,
            parts
                .iter()
                .filter_map(|part| part.parse().ok().map(Node::integer))
                .collect(),
        )
    })
}

/// "nπ, where n is an integer", "nπ (n ∈ ℤ)": what follows a value says that a name in it is any integer.
fn family(text: &str) -> Option<Node> {
    let opening = |(at, _): &(usize, &str)| text.get(..*at).is_some_and(|t| !t.trim().is_empty());
    let (at, _) = [",", "(", " where ", " for ", " with "]
        .iter()
        .flat_map(|mark| text.rmatch_indices(mark))
        .filter(opening)
        .filter(|(at, _)| text.get(*at..).and_then(integer_name).is_some())
        .min_by_key(|(at, _)| *at)?;
    let name = integer_name(text.get(at..)?)?;
    let body = text.get(..at)?.trim().trim_end_matches(',');
    let declared = Node::Relation(
        vec![
            Node::Symbol(name.to_string().into()),
            Node::NamedSet(NamedSet::Integers),
        ],
        vec![Relation::In],
    );
    let mut items = match understood(body)? {
        Node::Sequence(Bracket::Bare, items) => items,
        node => vec![node],
    };
    items.push(declared);
    Some(Node::Sequence(Bracket::Bare, items))
}

/// The letter that a text declares to be any integer, and nothing more.
fn integer_name(text: &str) -> Option<char> {
    let mut rest = text.trim().trim_start_matches([',', '(']).trim_start();
    rest = rest.trim_end_matches(['.', ')']).trim_end();
    for word in [
        "where", "with", "for", "all", "any", "some", "every", "each", "an",
    ] {
        rest = behind(rest, &[word]).unwrap_or(rest);
    }
    let letter = |text: &str| {
        let mut letters = text.trim().trim_matches('$').chars();
        let letter = letters.next().filter(char::is_ascii_lowercase)?;
        letters.next().is_none().then_some(letter)
    };
    if let Some(name) = behind(rest, &["integers", "integer"]) {
        return letter(name);
    }
    let (name, tail) = rest.split_at_checked(1)?;
    let tail = tail.trim();
    let says = matches!(
        tail,
        "is an integer"
            | "is any integer"
            | "any integer"
            | "an integer"
            | "integer"
            | "are integers"
            | r"\in \mathbb{Z}"
            | r"\in\mathbb{Z}"
            | r"\in \mathbb Z"
            | r"\in Z"
            | r"\in \Z"
            | "∈ ℤ"
            | "∈ Z"
            | "∈ Integers"
            | "in Z"
            | "in Integers"
    );
    says.then(|| letter(name)).flatten()
}
