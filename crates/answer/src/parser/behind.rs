//! What stands behind an operand: powers, subscripts, factorials, primes, degree and percent signs.

use super::Parser;
use super::operators::unbracketed;
use crate::lexer::{Dialect, Mark, Token};
use crate::node::{Function, Node};

impl Parser {
    /// What stands behind an operand: powers, subscripts, factorials, primes, degree and percent signs.
    pub(super) fn behind(&mut self, mut node: Node) -> Option<Node> {
        for _ in 0..32 {
            match self.peek() {
                Some(Token::Mark(Mark::Caret)) => {
                    if self.degree_exponent() {
                        node = self.degrees(node);
                        continue;
                    }
                    if self.prime_exponent() {
                        node = primed(node)?;
                        continue;
                    }
                    self.at += 1;
                    node = unbracketed(node);
                    let exponent = self.exponent()?;
                    if matches!(&exponent, Node::Symbol(s) if &**s == "T")
                        && matches!(node, Node::Matrix(_))
                    {
                        node = Node::Apply(Function::Transpose, vec![node]);
                        continue;
                    }
                    node = match node {
                        // x_i^2 and x^2_i alike; a second exponent without braces groups to the right in `exponent`.
                        Node::Apply(function, arguments)
                            if matches!(&exponent, Node::Number(n) if n.value.small() == Some(-1))
                                && function != Function::RealRoot
                                && function != Function::Abs =>
                        {
                            Node::power(Node::Apply(function, arguments), exponent)
                        }
                        base => Node::power(base, exponent),
                    };
                }
                Some(Token::Mark(Mark::Underscore)) => node = self.subscript(node)?,
                // A name in front of several arguments: h_1(x, y).
                Some(Token::Mark(Mark::LeftParen))
                    if matches!(node, Node::Symbol(_)) && !self.spaced() && self.several() =>
                {
                    self.at += 1;
                    let arguments = self.items(Mark::RightParen)?;
                    self.expect(Mark::RightParen)?;
                    node = match node {
                        Node::Symbol(name) => Node::Call(name, arguments),
                        other => other,
                    };
                }
                Some(Token::Mark(Mark::Bang)) => {
                    self.at += 1;
                    let function = match self.is(Mark::Bang) && !self.spaced() {
                        true => {
                            self.at += 1;
                            Function::DoubleFactorial
                        }
                        false => Function::Factorial,
                    };
                    node = Node::Apply(function, vec![unbracketed(node)]);
                }
                Some(Token::Mark(Mark::Prime)) => {
                    self.at += 1;
                    node = primed(node)?;
                }
                Some(Token::Mark(Mark::Degree)) => {
                    self.at += 1;
                    node = self.degrees(node);
                }
                Some(Token::Mark(Mark::Percent)) if !self.percent_divides() => {
                    self.at += 1;
                    node = Node::Percent(Box::new(node));
                }
                Some(Token::Mark(Mark::Currency)) if matches!(node, Node::Number(_)) => {
                    self.at += 1;
                    node = Node::Quantity(Box::new(node), "$".into());
                }
                Some(Token::Command("overline" | "bar" | "dot"))
                    if matches!(node, Node::Number(_)) =>
                {
                    match self.recurring(&node) {
                        Some(number) => node = number,
                        None => break,
                    }
                }
                _ => break,
            }
        }
        Some(node)
    }

    /// Whether the parenthesis that opens here holds a comma of its own.
    fn several(&self) -> bool {
        let mut depth = 0i32;
        for lexeme in self.tokens.iter().skip(self.at).take(200) {
            match lexeme.token {
                Token::Mark(
                    Mark::LeftParen | Mark::LeftBracket | Mark::LeftBrace | Mark::LeftSet,
                ) => depth += 1,
                Token::Mark(
                    Mark::RightParen | Mark::RightBracket | Mark::RightBrace | Mark::RightSet,
                ) => {
                    depth -= 1;
                    if depth == 0 {
                        return false;
                    }
                }
                Token::Mark(Mark::Comma) if depth == 1 => return true,
                _ => {}
            }
        }
        false
    }

    /// Whether the exponent here is a degree sign, which is then consumed.
    fn degree_exponent(&mut self) -> bool {
        let mark = |token: Option<&Token>, mark: Mark| token == Some(&Token::Mark(mark));
        let length = match (self.peek_at(1), self.peek_at(2), self.peek_at(3)) {
            (Some(Token::Mark(Mark::Degree)), ..) => 2,
            (open, inner, close)
                if mark(open, Mark::LeftBrace)
                    && mark(inner, Mark::Degree)
                    && mark(close, Mark::RightBrace) =>
            {
                4
            }
            _ => return false,
        };
        self.at += length;
        true
    }

    fn prime_exponent(&mut self) -> bool {
        let mark = |token: Option<&Token>, mark: Mark| token == Some(&Token::Mark(mark));
        let length = match (self.peek_at(1), self.peek_at(2), self.peek_at(3)) {
            (Some(Token::Mark(Mark::Prime)), ..) => 2,
            (open, inner, close)
                if mark(open, Mark::LeftBrace)
                    && mark(inner, Mark::Prime)
                    && mark(close, Mark::RightBrace) =>
            {
                4
            }
            _ => return false,
        };
        self.at += length;
        true
    }

    fn degrees(&mut self, node: Node) -> Node {
        if let Some(Token::Name(name) | Token::Text(name) | Token::Word(name)) = self.peek()
            && let Some(scale) = match name.trim() {
                "C" | "Celsius" | "celsius" => Some("C"),
                "F" | "Fahrenheit" | "fahrenheit" => Some("F"),
                _ => None,
            }
        {
            let unit = format!("degree {scale}");
            self.at += 1;
            return Node::Quantity(Box::new(node), unit.into());
        }
        Node::Apply(Function::Degrees, vec![node])
    }

    /// What stands behind `^`: a group or a signed operand with its own powers.
    fn exponent(&mut self) -> Option<Node> {
        let mut negative = false;
        while let Some(Token::Mark(sign @ (Mark::Minus | Mark::Plus))) = self.peek() {
            negative ^= *sign == Mark::Minus;
            self.at += 1;
        }
        let exponent = self.deeper(|parser| {
            if parser.is(Mark::LeftBrace) {
                let inner = parser.braces()?;
                // A tower that goes on: 2^{3}^{4} is no TeX, 2**(3)**4 is code.
                return Some(inner);
            }
            let operand = parser.operand()?;
            // Signs, subscripts and factorials that follow belong to the whole only in TeX; a power groups to the right.
            if parser.is(Mark::Caret)
                && !matches!(parser.peek_at(1), Some(Token::Mark(Mark::Degree)))
            {
                parser.at += 1;
                let above = parser.exponent()?;
                return Some(Node::power(unbracketed(operand), above));
            }
            if parser.is(Mark::Bang) && parser.dialect != Dialect::Latex {
                parser.at += 1;
                return Some(Node::Apply(Function::Factorial, vec![operand]));
            }
            Some(operand)
        })?;
        let exponent = unbracketed(exponent);
        Some(if negative {
            exponent.negated()
        } else {
            exponent
        })
    }
}

/// A name with a prime.
fn primed(node: Node) -> Option<Node> {
    match node {
        Node::Symbol(name) => Some(Node::Symbol(format!("{name}'").into())),
        Node::Power(two) => {
            let [base, exponent] = *two;
            Some(Node::power(primed(base)?, exponent))
        }
        Node::Call(name, arguments) => Some(Node::Call(format!("{name}'").into(), arguments)),
        _ => None,
    }
}
