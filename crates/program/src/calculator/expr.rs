//! Arithmetic expressions: parsing, exact value, the value that Python's numbers would give, and printing.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed as _, ToPrimitive as _, Zero as _};

use crate::quantities::{decimal, number_length};

/// Deepest nesting of parentheses, and most tokens, of one expression.
const MAX_DEPTH: usize = 32;
const MAX_TOKENS: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Sub,
    Mul,
    Div,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    /// `math.ceil(x)`
    Up,
    /// `math.floor(x)`
    Down,
    /// `round(x, digits)`, or `round(x)` for 0.
    Digits(u32),
}

/// Where a name of an expression comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// The number of the question with this index.
    Input(usize),
    /// The step with this index.
    Step(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Number(BigRational),
    Name(Source),
    Negative(Box<Expr>),
    Binary(Op, Box<Expr>, Box<Expr>),
    Rounded(Rounding, Box<Expr>),
}

/// A token of an arithmetic text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(BigRational),
    Op(Op),
    Open,
    Close,
    Percent,
}

/// A sign that stands for an operation.
pub(super) fn operator(sign: char) -> Option<Op> {
    Some(match sign {
        '+' => Op::Add,
        '-' | '−' | '–' => Op::Sub,
        '*' | '×' | 'x' | 'X' | '·' => Op::Mul,
        '/' | '÷' => Op::Div,
        _ => return None,
    })
}

/// Reads a text that is nothing but arithmetic (a calculator mark).
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    // Where a floor division leaves something, the stated result shows it.
    let text = text.replace("//", "/");
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        if let Some(length) = number_length(rest) {
            taken = length;
            tokens.push(Token::Number(decimal(rest.get(..length)?)?));
        } else if let Some(op) = operator(c) {
            tokens.push(Token::Op(op));
        } else {
            match c {
                '(' | '[' => tokens.push(Token::Open),
                ')' | ']' => tokens.push(Token::Close),
                '%' => tokens.push(Token::Percent),
                '$' => {}
                _ if c.is_whitespace() => {}
                _ => return None,
            }
        }
        rest = rest.get(taken..)?;
    }
    (tokens.len() <= MAX_TOKENS).then_some(tokens)
}

/// Parses tokens with the usual precedence; `2(3)` multiplies, `20%` divides by 100.
pub(super) fn parse(tokens: &[Token]) -> Option<Expr> {
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
    };
    let expr = parser.sum()?;
    (parser.at == tokens.len()).then_some(expr)
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn sum(&mut self) -> Option<Expr> {
        let mut left = self.product()?;
        while let Some(Token::Op(op @ (Op::Add | Op::Sub))) = self.peek() {
            let op = *op;
            self.at += 1;
            left = Expr::Binary(op, Box::new(left), Box::new(self.product()?));
        }
        Some(left)
    }

    fn product(&mut self) -> Option<Expr> {
        let mut left = self.factor()?;
        loop {
            let op = match self.peek().cloned() {
                Some(Token::Op(op @ (Op::Mul | Op::Div))) => {
                    self.at += 1;
                    op
                }
                Some(Token::Open) => Op::Mul,
                _ => return Some(left),
            };
            left = Expr::Binary(op, Box::new(left), Box::new(self.factor()?));
        }
    }

    fn factor(&mut self) -> Option<Expr> {
        let token = self.peek()?.clone();
        self.at += 1;
        let mut found = match token {
            Token::Number(value) => Expr::Number(value),
            Token::Op(Op::Sub) => Expr::Negative(Box::new(self.nested(Self::factor)?)),
            Token::Op(Op::Add) => self.nested(Self::factor)?,
            Token::Open => {
                let inner = self.nested(Self::sum)?;
                if self.peek() != Some(&Token::Close) {
                    return None;
                }
                self.at += 1;
                inner
            }
            _ => return None,
        };
        while self.peek() == Some(&Token::Percent) {
            self.at += 1;
            found = Expr::Binary(
                Op::Div,
                Box::new(found),
                Box::new(Expr::Number(BigRational::from_integer(100.into()))),
            );
        }
        Some(found)
    }

    fn nested(&mut self, inside: impl FnOnce(&mut Self) -> Option<Expr>) -> Option<Expr> {
        self.depth += 1;
        let found = if self.depth > MAX_DEPTH {
            None
        } else {
            inside(self)
        };
        self.depth -= 1;
        found
    }
}

impl Expr {
    pub(super) fn operations(&self) -> usize {
        match self {
            Self::Number(_) | Self::Name(_) => 0,
            Self::Negative(inner) => inner.operations(),
            Self::Binary(_, left, right) => 1 + left.operations() + right.operations(),
            Self::Rounded(_, inner) => 1 + inner.operations(),
        }
    }

    /// The exact value; `None` where it divides by zero.
    pub(super) fn exact(
        &self,
        names: &dyn Fn(Source) -> Option<BigRational>,
    ) -> Option<BigRational> {
        Some(match self {
            Self::Number(value) => value.clone(),
            Self::Name(name) => names(*name)?,
            Self::Negative(inner) => -inner.exact(names)?,
            Self::Binary(op, left, right) => {
                let (left, right) = (left.exact(names)?, right.exact(names)?);
                match op {
                    Op::Add => left + right,
                    Op::Sub => left - right,
                    Op::Mul => left * right,
                    Op::Div if right.is_zero() => return None,
                    Op::Div => left / right,
                }
            }
            Self::Rounded(Rounding::Up, inner) => inner.exact(names)?.ceil(),
            Self::Rounded(Rounding::Down, inner) => inner.exact(names)?.floor(),
            Self::Rounded(Rounding::Digits(digits), inner) => round(&inner.exact(names)?, *digits),
        })
    }

    /// The value that Python computes: integers exactly, everything after a division or a decimal in floats.
    pub(super) fn python(&self, names: &dyn Fn(Source) -> Option<Python>) -> Option<Python> {
        Some(match self {
            Self::Number(value) => Python::of(value)?,
            Self::Name(name) => names(*name)?,
            Self::Negative(inner) => match inner.python(names)? {
                Python::Int(value) => Python::Int(-value),
                Python::Float(value) => Python::Float(-value),
            },
            Self::Binary(op, left, right) => {
                match (op, left.python(names)?, right.python(names)?) {
                    (Op::Add, Python::Int(a), Python::Int(b)) => Python::Int(a + b),
                    (Op::Sub, Python::Int(a), Python::Int(b)) => Python::Int(a - b),
                    (Op::Mul, Python::Int(a), Python::Int(b)) => Python::Int(a * b),
                    (Op::Div, a, b) if !b.float()?.is_zero() => {
                        Python::Float(a.float()? / b.float()?)
                    }
                    (Op::Add, a, b) => Python::Float(a.float()? + b.float()?),
                    (Op::Sub, a, b) => Python::Float(a.float()? - b.float()?),
                    (Op::Mul, a, b) => Python::Float(a.float()? * b.float()?),
                    (Op::Div, ..) => return None,
                }
            }
            Self::Rounded(rounding, inner) => match (rounding, inner.python(names)?) {
                (_, Python::Int(value)) => Python::Int(value),
                (Rounding::Up, Python::Float(value)) => {
                    Python::of(&BigRational::from_float(value.ceil())?)?
                }
                (Rounding::Down, Python::Float(value)) => {
                    Python::of(&BigRational::from_float(value.floor())?)?
                }
                (Rounding::Digits(0), Python::Float(value)) => {
                    Python::of(&BigRational::from_float(value.round_ties_even())?)?
                }
                (Rounding::Digits(digits), Python::Float(value)) => Python::Float(
                    format!("{value:.0$}", usize::try_from(*digits).ok()?)
                        .parse()
                        .ok()?,
                ),
            },
        })
    }

    /// Replaces numbers from left to right by what `with` gives for them.
    pub(super) fn map_numbers(&mut self, with: &mut dyn FnMut(&BigRational) -> Option<Self>) {
        match self {
            Self::Number(value) => {
                if let Some(new) = with(value) {
                    *self = new;
                }
            }
            Self::Name(_) => {}
            Self::Negative(inner) | Self::Rounded(_, inner) => inner.map_numbers(with),
            Self::Binary(_, left, right) => {
                left.map_numbers(with);
                right.map_numbers(with);
            }
        }
    }

    pub(super) fn each_name(&self, with: &mut dyn FnMut(Source)) {
        match self {
            Self::Number(_) => {}
            Self::Name(name) => with(*name),
            Self::Negative(inner) | Self::Rounded(_, inner) => inner.each_name(with),
            Self::Binary(_, left, right) => {
                left.each_name(with);
                right.each_name(with);
            }
        }
    }

    /// Python source, with as few parentheses as keep the tree.
    pub(super) fn print(&self, names: &dyn Fn(Source) -> String) -> String {
        self.printed(names, 0)
    }

    fn printed(&self, names: &dyn Fn(Source) -> String, around: u8) -> String {
        let (text, own) = match self {
            Self::Number(value) => (number(value), if value.is_negative() { 3 } else { 4 }),
            Self::Name(name) => (names(*name), 4),
            Self::Negative(inner) => (format!("-{}", inner.printed(names, 3)), 3),
            Self::Rounded(rounding, inner) => {
                let inner = inner.printed(names, 0);
                let text = match rounding {
                    Rounding::Up => format!("math.ceil({inner})"),
                    Rounding::Down => format!("math.floor({inner})"),
                    Rounding::Digits(0) => format!("round({inner})"),
                    Rounding::Digits(digits) => format!("round({inner}, {digits})"),
                };
                (text, 4)
            }
            Self::Binary(op, left, right) => {
                let (sign, own) = match op {
                    Op::Add => ("+", 1),
                    Op::Sub => ("-", 1),
                    Op::Mul => ("*", 2),
                    Op::Div => ("/", 2),
                };
                (
                    format!(
                        "{} {sign} {}",
                        left.printed(names, own),
                        right.printed(names, own + 1)
                    ),
                    own,
                )
            }
        };
        if own < around {
            format!("({text})")
        } else {
            text
        }
    }
}

/// A number as Python holds it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Python {
    Int(BigInt),
    Float(f64),
}

impl Python {
    pub(super) fn of(value: &BigRational) -> Option<Self> {
        match value.is_integer() {
            true => Some(Self::Int(value.to_integer())),
            false => value.to_f64().map(Self::Float),
        }
    }

    fn float(&self) -> Option<f64> {
        match self {
            Self::Int(value) => value.to_f64(),
            Self::Float(value) => Some(*value),
        }
    }

    pub(super) fn exact(&self) -> Option<BigRational> {
        match self {
            Self::Int(value) => Some(BigRational::from_integer(value.clone())),
            Self::Float(value) => BigRational::from_float(*value),
        }
    }
}

/// `value` rounded half to even at `digits` decimals.
pub(super) fn round(value: &BigRational, digits: u32) -> BigRational {
    let scale = BigRational::from_integer(BigInt::from(10).pow(digits));
    let scaled = value * &scale;
    let floor = scaled.floor();
    let rest = &scaled - &floor;
    let half = BigRational::new(1.into(), 2.into());
    let even = (floor.to_integer() % BigInt::from(2)).is_zero();
    let up = rest > half || (rest == half && !even);
    let rounded = if up {
        floor + BigRational::from_integer(1.into())
    } else {
        floor
    };
    rounded / scale
}

/// A number as Python source: an integer, or a decimal where it ends, or a quotient.
pub(super) fn number(value: &BigRational) -> String {
    if value.is_integer() {
        return value.to_integer().to_string();
    }
    for digits in 1..=12u32 {
        let scaled = value * BigRational::from_integer(BigInt::from(10).pow(digits));
        if scaled.is_integer() {
            let digits = usize::try_from(digits).unwrap_or(12);
            let text = format!("{:0>1$}", scaled.to_integer().abs().to_string(), digits + 1);
            let (whole, rest) = text.split_at(text.len() - digits);
            return format!(
                "{}{whole}.{rest}",
                if value.is_negative() { "-" } else { "" }
            );
        }
    }
    format!("({} / {})", value.numer(), value.denom())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        parse(&tokens(text).unwrap())
            .unwrap()
            .print(&|_| String::new())
    }

    #[test]
    fn prints_as_few_parentheses_as_keep_the_tree() {
        assert_eq!(shown("2*(3+4)-(5-6)-1"), "2 * (3 + 4) - (5 - 6) - 1");
        assert_eq!(shown("(2*3)/(4*5)"), "2 * 3 / (4 * 5)");
        assert_eq!(shown("1,200x.5 + 7.50"), "1200 * 0.5 + 7.5");
        assert_eq!(shown("44(.50)"), "44 * 0.5");
        assert_eq!(shown("20%*$30"), "20 / 100 * 30");
        assert_eq!(shown("-(2+3)*4"), "-(2 + 3) * 4");
    }

    #[test]
    fn bad_arithmetic_is_refused() {
        for bad in ["", "2+", "2 3", "(2", "2)", "*3", "a+1"] {
            assert!(tokens(bad).and_then(|t| parse(&t)).is_none(), "{bad}");
        }
        assert!(parse(&tokens(&"(".repeat(200)).unwrap()).is_none());
    }

    #[test]
    fn values_are_exact_and_as_python_has_them() {
        let expr = parse(&tokens("35*.2").unwrap()).unwrap();
        assert_eq!(expr.exact(&|_| None).unwrap(), decimal("7").unwrap());
        assert_eq!(
            parse(&tokens("3*.1").unwrap())
                .unwrap()
                .python(&|_| None)
                .unwrap(),
            Python::Float(0.300_000_000_000_000_04)
        );
        assert!(
            parse(&tokens("1/0").unwrap())
                .unwrap()
                .exact(&|_| None)
                .is_none()
        );
    }

    #[test]
    fn rounding_is_half_to_even() {
        assert_eq!(round(&decimal("2.5").unwrap(), 0), decimal("2").unwrap());
        assert_eq!(
            round(&decimal("2.345").unwrap(), 2),
            decimal("2.34").unwrap()
        );
        assert_eq!(round(&decimal("-2.5").unwrap(), 0), decimal("-2").unwrap());
        assert_eq!(number(&decimal("-0.05").unwrap()), "-0.05");
    }
}
