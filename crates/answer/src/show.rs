//! Trees in plain notation.

use std::fmt;

use super::node::{Bracket, Constant, Function, Logic, NamedSet, Node, Relation, SetOperation};
use super::rational::Rational;

/// Longest text that is printed; what is longer ends in dots.
const MAX_LENGTH: usize = 4_000;

/// A tree that prints itself.
pub(crate) struct Shown<'n>(pub(crate) &'n Node);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        write(self.0, 0, &mut out);
        match out.char_indices().nth(MAX_LENGTH) {
            Some((end, _)) => write!(f, "{}…", out.get(..end).unwrap_or_default()),
            None => f.write_str(&out),
        }
    }
}

/// How tightly a printed part holds together: 0 a list, 1 a statement, 2 a sum, 3 a product, 4 a power, 5 an operand.
fn level(node: &Node) -> u8 {
    match node {
        Node::Sequence(Bracket::Bare, _) => 0,
        Node::Relation(..)
        | Node::Logic(..)
        | Node::Sets(..)
        | Node::Ratio(_)
        | Node::Residue(_) => 1,
        Node::Add(_) | Node::PlusMinus(..) => 2,
        Node::Mul(_) | Node::Quantity(..) | Node::Percent(_) => 3,
        Node::Number(n) if n.value.is_negative() => 2,
        Node::Number(n) if !n.value.is_integer() && n.digits == 0 => 3,
        Node::Power(_) => 4,
        _ => 5,
    }
}

fn write(node: &Node, above: u8, out: &mut String) {
    if out.len() > MAX_LENGTH * 2 {
        return;
    }
    let brackets = level(node) < above;
    if brackets {
        out.push('(');
    }
    inner(node, out);
    if brackets {
        out.push(')');
    }
}

fn list(items: &[Node], out: &mut String) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write(item, 1, out);
    }
}

fn number(value: &Rational, decimals: i32) -> String {
    if decimals <= 0 || decimals > 60 {
        return value.to_string();
    }
    let Ok(places) = u32::try_from(decimals) else {
        return value.to_string();
    };
    let scaled = value.big() * num_bigint::BigInt::from(10).pow(places);
    if !scaled.is_integer() {
        return value.to_string();
    }
    let digits = scaled.to_integer().magnitude().to_string();
    let width = usize::try_from(decimals).unwrap_or(0) + 1;
    let padded = format!("{digits:0>width$}");
    let (whole, fraction) = padded.split_at(padded.len() - width + 1);
    format!(
        "{}{whole}.{fraction}",
        if value.is_negative() { "-" } else { "" }
    )
}

fn inner(node: &Node, out: &mut String) {
    match node {
        Node::Number(n) => out.push_str(&number(&n.value, n.decimals)),
        Node::Symbol(name) | Node::Words(name) => out.push_str(name),
        Node::Constant(constant) => out.push_str(match constant {
            Constant::Pi => "pi",
            Constant::Euler => "e",
            Constant::Imaginary => "i",
            Constant::Infinity => "oo",
            Constant::ComplexInfinity => "zoo",
            Constant::Undefined => "nan",
        }),
        Node::Add(parts) => {
            for (at, part) in parts.iter().enumerate() {
                let mut text = String::new();
                write(part, if at == 0 { 2 } else { 3 }, &mut text);
                let negative = text
                    .strip_prefix("(-")
                    .and_then(|t| t.strip_suffix(')'))
                    .filter(|_| matches!(part, Node::Number(_)));
                match (at, negative, text.strip_prefix('-')) {
                    (0, ..) => out.push_str(&text),
                    (_, Some(rest), _) | (_, None, Some(rest)) => {
                        out.push_str(" - ");
                        out.push_str(rest);
                    }
                    _ => {
                        out.push_str(" + ");
                        out.push_str(&text);
                    }
                }
            }
        }
        Node::Mul(parts) => product(parts, out),
        Node::Power(two) => power(two, out),
        Node::Apply(Function::RealRoot, parts) => {
            out.push_str("root(");
            list(parts, out);
            out.push(')');
        }
        Node::Apply(Function::Degrees, parts) => {
            if let Some(inner) = parts.first() {
                write(inner, 3, out);
            }
            out.push('°');
        }
        Node::Apply(function, parts) => {
            out.push_str(function.name());
            out.push('(');
            list(parts, out);
            out.push(')');
        }
        Node::Call(name, parts) => {
            out.push_str(name);
            out.push('(');
            list(parts, out);
            out.push(')');
        }
        Node::PlusMinus(upper, inner) => {
            out.push(if *upper { '±' } else { '∓' });
            write(inner, 3, out);
        }
        Node::Sequence(bracket, items) => {
            let (open, close) = match bracket {
                Bracket::Bare => ("", ""),
                Bracket::Round => ("(", ")"),
                Bracket::Square => ("[", "]"),
                Bracket::Set => ("{", "}"),
            };
            out.push_str(open);
            list(items, out);
            out.push_str(close);
        }
        Node::Interval(two, left, right) => {
            out.push(if *left { '[' } else { '(' });
            list(two.as_slice(), out);
            out.push(if *right { ']' } else { ')' });
        }
        Node::Sets(operation, parts) => {
            let sign = match operation {
                SetOperation::Union => " ∪ ",
                SetOperation::Intersection => " ∩ ",
                SetOperation::Difference => " \\ ",
                SetOperation::Symmetric => " △ ",
            };
            joined(parts, sign, 2, out);
        }
        Node::NamedSet(set) => out.push_str(match set {
            NamedSet::Empty => "∅",
            NamedSet::Naturals => "ℕ",
            NamedSet::Whole => "ℕ₀",
            NamedSet::Integers => "ℤ",
            NamedSet::Rationals => "ℚ",
            NamedSet::Reals => "ℝ",
            NamedSet::Complexes => "ℂ",
        }),
        Node::Matrix(rows) => {
            out.push('[');
            for (at, row) in rows.iter().enumerate() {
                out.push_str(if at > 0 { ", [" } else { "[" });
                list(row, out);
                out.push(']');
            }
            out.push(']');
        }
        Node::Relation(parts, signs) => {
            for (at, part) in parts.iter().enumerate() {
                if let Some(sign) = at.checked_sub(1).and_then(|at| signs.get(at)) {
                    out.push_str(relation(*sign));
                }
                write(part, 2, out);
            }
        }
        Node::Logic(Logic::Not, parts) => {
            out.push_str("not ");
            joined(parts, "", 5, out);
        }
        Node::Logic(logic, parts) => joined(
            parts,
            if *logic == Logic::And {
                " and "
            } else {
                " or "
            },
            2,
            out,
        ),
        Node::Condition(two) => {
            out.push('{');
            let [element, condition] = two.as_ref();
            write(element, 1, out);
            out.push_str(" : ");
            write(condition, 0, out);
            out.push('}');
        }
        Node::Map(pairs) => {
            for (at, (name, value)) in pairs.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write(name, 2, out);
                out.push_str(" = ");
                write(value, 2, out);
            }
        }
        Node::Cases(pairs) => {
            for (at, (value, condition)) in pairs.iter().enumerate() {
                out.push_str(if at > 0 { "; " } else { "" });
                write(value, 1, out);
                match condition {
                    Node::Truth(true) => out.push_str(" otherwise"),
                    condition => {
                        out.push_str(" if ");
                        write(condition, 1, out);
                    }
                }
            }
        }
        Node::Truth(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Node::Percent(inner) => {
            write(inner, 3, out);
            out.push('%');
        }
        Node::Quantity(inner, unit) => {
            write(inner, 3, out);
            out.push(' ');
            out.push_str(unit);
        }
        Node::Ratio(parts) => joined(parts, ":", 2, out),
        Node::Based(digits, base) => out.push_str(&format!("{digits}_{base}")),
        Node::Residue(two) => {
            let [value, modulus] = two.as_ref();
            write(value, 2, out);
            out.push_str(" (mod ");
            write(modulus, 0, out);
            out.push(')');
        }
        Node::Clock(seconds) => out.push_str(&format!(
            "{:02}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )),
        Node::Date(year, month, day) => out.push_str(&match year {
            0 => format!("--{month:02}-{day:02}"),
            year => format!("{year:04}-{month:02}-{day:02}"),
        }),
    }
}

fn joined(parts: &[Node], sign: &str, above: u8, out: &mut String) {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            out.push_str(sign);
        }
        write(part, above, out);
    }
}

fn relation(sign: Relation) -> &'static str {
    match sign {
        Relation::Equal => " = ",
        Relation::Unequal => " ≠ ",
        Relation::Less => " < ",
        Relation::LessEqual => " ≤ ",
        Relation::Greater => " > ",
        Relation::GreaterEqual => " ≥ ",
        Relation::In => " ∈ ",
        Relation::NotIn => " ∉ ",
        Relation::Subset => " ⊆ ",
        Relation::Approximately => " ≈ ",
        Relation::Congruent => " ≡ ",
        Relation::Arrow => " → ",
    }
}

/// Factors with their divisors behind a slash.
fn product(parts: &[Node], out: &mut String) {
    let mut first = true;
    let mut rest = parts;
    if let Some((Node::Number(n), more)) = parts.split_first()
        && n.value.small() == Some(-1)
        && !more.is_empty()
    {
        out.push('-');
        rest = more;
    }
    for part in rest {
        if let Node::Power(two) = part
            && let [below, Node::Number(n)] = two.as_ref()
            && n.value.small() == Some(-1)
        {
            out.push_str(if first { "1/" } else { "/" });
            first = false;
            write(below, 4, out);
            continue;
        }
        if !first {
            out.push('*');
        }
        let mut text = String::new();
        let number = matches!(part, Node::Number(_)) && first && out.is_empty();
        write(part, if number { 2 } else { 3 }, &mut text);
        out.push_str(&text);
        first = false;
    }
}

fn power(two: &[Node; 2], out: &mut String) {
    let [base, exponent] = two;
    if let Node::Number(n) = exponent {
        if n.value == Rational::Small(1, 2) {
            out.push_str("sqrt(");
            write(base, 0, out);
            out.push(')');
            return;
        }
        if n.value.small() == Some(-1) {
            out.push_str("1/");
            write(base, 4, out);
            return;
        }
    }
    write(base, 5, out);
    out.push('^');
    write(exponent, 5, out);
}
