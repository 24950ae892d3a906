//! Units, currencies and percent behind a value.

use super::Parser;
use crate::lexer::{Mark, Token};
use crate::node::Node;

/// Words that say that a percentage comes before them.
const PERCENT: &[&str] = &["pct", "percent", "percents", "percentage", "%", "per cent"];

/// Currencies that are one dollar sign here: which one is said by the question, not by the answer.
const CURRENCY: &[&str] = &["dollar", "usd", "euro", "pound", "rupee", "buck", "eur"];

impl Parser {
    /// The value with the unit that stands behind it, if one does.
    pub(super) fn with_unit(&mut self, value: Node) -> Option<Node> {
        let begins = match self.peek() {
            Some(Token::Word(_)) => true,
            Some(Token::Text(text)) => {
                text.chars().any(char::is_alphabetic) || matches!(text.trim(), "%" | "$" | "°")
            }
            _ => false,
        };
        if !begins || self.conjunction().is_some() || !countable(&value) {
            return Some(value);
        }
        if matches!(self.peek(), Some(Token::Word(word)) if word == "in") && self.operand_follows(1)
        {
            return Some(value);
        }
        if matches!(self.peek(), Some(Token::Text(word)) if is_condition(word))
            || matches!(self.peek(), Some(Token::Word(word)) if is_condition(word))
        {
            return Some(value);
        }
        let mut words: Vec<String> = Vec::new();
        loop {
            match self.peek() {
                Some(Token::Word(word)) => words.push(word.clone()),
                Some(Token::Text(text)) if self.conjunction().is_none() => {
                    words.push(text.trim().to_owned())
                }
                // cm^2, m/s, m/s^{2}
                Some(Token::Mark(Mark::Caret)) if !words.is_empty() => {
                    self.at += 1;
                    let power = self.tex_argument()?;
                    let Node::Number(n) = power else { return None };
                    words.push(format!("^{}", n.value));
                    continue;
                }
                Some(Token::Mark(Mark::Divide)) if !words.is_empty() => words.push("/".into()),
                Some(Token::Name(name)) if words.last().is_some_and(|w| w == "/") => {
                    words.push(name.clone())
                }
                _ => break,
            }
            self.at += 1;
        }
        // 2.2 billion dollars
        let mut value = value;
        while let Some(scale) = words.first().and_then(|word| scale(&word.to_lowercase())) {
            words.remove(0);
            value = match value {
                Node::Quantity(inner, unit) => {
                    Node::Quantity(Box::new(Node::Mul(vec![*inner, scale])), unit)
                }
                value => Node::Mul(vec![value, scale]),
            };
        }
        if words.is_empty() {
            return Some(value);
        }
        let unit = normal(&words.join(" "));
        if PERCENT.contains(&unit.as_str()) {
            return Some(Node::Percent(Box::new(value)));
        }
        Some(match value {
            Node::Quantity(inner, _) => Node::Quantity(inner, unit.into()),
            Node::Percent(inner) => Node::Percent(inner),
            value => Node::Quantity(Box::new(value), unit.into()),
        })
    }
}

/// The number of a word that multiplies what comes before it; one word may be several.
fn scale(word: &str) -> Option<Node> {
    Some(Node::integer(match word {
        "hundred" => 100,
        "thousand" => 1_000,
        "million" => 1_000_000,
        "billion" => 1_000_000_000,
        "trillion" => 1_000_000_000_000,
        _ => return None,
    }))
}

/// Whether a unit can stand behind a node.
fn countable(node: &Node) -> bool {
    match node {
        Node::Number(_) | Node::Quantity(..) | Node::Percent(_) => true,
        Node::Apply(..) | Node::Constant(_) => true,
        Node::Mul(parts) | Node::Add(parts) => parts.iter().any(countable),
        Node::Power(two) => two.iter().any(countable),
        Node::PlusMinus(_, inner) => countable(inner),
        _ => false,
    }
}

fn is_condition(word: &str) -> bool {
    let first = word.split_whitespace().next().unwrap_or_default();
    matches!(
        first,
        "if" | "for" | "when" | "where" | "otherwise" | "with" | "is" | "are" | "else"
    )
}

/// A unit in one form: lower case but for symbols whose case matters, no points, singular, squares and cubes as powers
/// behind what they belong to.
pub(crate) fn normal(unit: &str) -> String {
    let unit = unit
        .replace(['.', ',', '(', ')', '{', '}', '\\', '~', '*', '·'], " ")
        .replace('^', " ^")
        .replace('/', " / ");
    let mut out: Vec<String> = Vec::new();
    // The power of a unit that is still to come: square feet.
    let mut ahead = None;
    for word in unit.split_whitespace() {
        let lower = word.to_lowercase();
        let one = symbol(word).unwrap_or_else(|| singular(&lower));
        let power = match one {
            "square" | "sq" | "squared" => Some("^2"),
            "cubic" | "cu" | "cubed" => Some("^3"),
            _ => None,
        };
        if power.is_some() {
            match one.ends_with('d') && !out.is_empty() {
                true => out.extend(power.map(str::to_owned)),
                false => ahead = power,
            }
            continue;
        }
        match one {
            "per" => out.push("/".into()),
            _ if CURRENCY.contains(&one) => out.push("$".into()),
            _ => out.push(one.to_owned()),
        }
        if out.last().is_some_and(|last| last != "/") {
            out.extend(ahead.take().map(str::to_owned));
        }
    }
    out.extend(ahead.map(str::to_owned));
    out.join(" ")
}

/// Symbols of units that begin with a capital, so that they are not others in lower case.
fn symbol(word: &str) -> Option<&'static str> {
    Some(match word {
        "N" => "newton",
        "J" => "joule",
        "W" => "watt",
        "V" => "volt",
        "K" => "kelvin",
        "C" => "coulomb",
        "A" => "ampere",
        "T" => "tesla",
        "F" => "farad",
        "H" => "henry",
        "S" => "siemens",
        "M" => "molar",
        "MW" => "megawatt",
        "MJ" => "megajoule",
        "MPa" => "megapascal",
        "Omega" | "Ω" => "ohm",
        _ => return None,
    })
}

fn singular(word: &str) -> &str {
    match word {
        "feet" | "foot" | "ft" => "ft",
        "inches" | "inch" | "in" => "in",
        "meters" | "metres" | "meter" | "metre" | "m" => "m",
        "centimeters" | "centimetres" | "centimeter" | "centimetre" | "cm" => "cm",
        "kilometers" | "kilometres" | "kilometer" | "kilometre" | "km" => "km",
        "millimeters" | "millimeter" | "mm" => "mm",
        "hours" | "hour" | "hrs" | "hr" | "h" => "hour",
        "minutes" | "minute" | "mins" | "min" => "minute",
        "seconds" | "second" | "secs" | "sec" | "s" => "second",
        "grams" | "gram" | "g" => "g",
        "kilograms" | "kilogram" | "kgs" | "kg" => "kg",
        "pounds" | "lbs" | "lb" => "lb",
        "ounces" | "ounce" | "oz" => "oz",
        "liters" | "litres" | "liter" | "litre" | "l" => "liter",
        "miles" | "mile" | "mi" => "mile",
        "yards" | "yard" | "yds" | "yd" => "yd",
        "degrees" | "degree" | "deg" | "°" => "degree",
        "years" | "year" | "yrs" | "yr" => "year",
        "men" => "man",
        "boxes" => "box",
        "buses" => "bus",
        "people" | "persons" => "person",
        _ if word.len() > 3 && word.ends_with("ies") => word,
        _ if word.len() > 3 && !word.ends_with("ss") => word.strip_suffix('s').unwrap_or(word),
        _ => word,
    }
}
