//! What only LaTeX has: arguments without braces, fractions, roots, environments, subscripts, recurring decimals.

use super::Parser;
use super::operand::canonical_name;
use crate::lexer::{Dialect, Mark, Token};
use crate::node::{Bracket, Constant, Function, Node, Number};
use crate::rational::Rational;

impl Parser {
    /// The argument of a command: a group, or the one digit, name or command that comes next.
    pub(super) fn tex_argument(&mut self) -> Option<Node> {
        if self.is(Mark::LeftBrace) {
            return self.deeper(|parser| match parser.dialect {
                Dialect::Latex => parser.braces(),
                _ => parser
                    .set(Mark::LeftBrace, Mark::RightBrace)
                    .map(super::operators::unbracketed),
            });
        }
        if let Some(Token::Number(number, false)) = self.peek() {
            let digits = number.value.to_string();
            if number.value.is_integer()
                && digits.len() > 1
                && digits.bytes().all(|b| b.is_ascii_digit())
            {
                let (first, rest) = digits.split_at(1);
                let rest = Number::exact(crate::lexer::scaled(rest, 0)?);
                let first = Number::exact(crate::lexer::scaled(first, 0)?);
                if let Some(lexeme) = self.tokens.get_mut(self.at) {
                    lexeme.token = Token::Number(rest, false);
                    lexeme.spaced = false;
                }
                return Some(Node::Number(first));
            }
        }
        self.deeper(Self::operand)
    }

    /// What a command begins; the command itself is consumed.
    pub(super) fn command(&mut self, name: &'static str) -> Option<Node> {
        match name {
            "frac" | "dfrac" => {
                let above = self.tex_argument()?;
                let below = self.tex_argument()?;
                if let Some(derivative) = self.derivative(&above, &below) {
                    return Some(derivative);
                }
                Some(Node::quotient(scalar(above)?, scalar(below)?))
            }
            "sqrt" => {
                let index = match self.is(Mark::LeftBracket) {
                    true => {
                        self.at += 1;
                        let index = self.sum()?;
                        self.expect(Mark::RightBracket)?;
                        index
                    }
                    false => Node::integer(2),
                };
                let of = self.radicand()?;
                Some(Node::root(index, of))
            }
            "cbrt" => {
                let of = self.radicand()?;
                Some(Node::root(Node::integer(3), of))
            }
            "binom" => {
                let above = self.tex_argument()?;
                let below = self.tex_argument()?;
                Some(Node::Apply(Function::Binomial, vec![above, below]))
            }
            "pi" => Some(Node::Constant(Constant::Pi)),
            "overline" | "bar" | "dot" | "underline" | "overrightarrow" | "overleftrightarrow" => {
                let inner = self.tex_argument()?;
                Some(match name {
                    "bar" | "overline" if !matches!(inner, Node::Mul(_)) => {
                        Node::Apply(Function::Conjugate, vec![inner])
                    }
                    "dot" => Node::Call("dot".into(), vec![inner]),
                    _ => inner,
                })
            }
            "phantom" => {
                self.raw_argument()?;
                self.operand_signed()
            }
            "dots" | "stackrel" | "over" | "choose" | "not" => None,
            "lim" => self.limit(),
            "int" | "iint" | "oint" => self.integral(),
            "sum" | "prod" => self.series(name),
            "inf" | "sup" => Some(Node::Symbol(name.into())),
            other => self.function(other),
        }
    }

    /// What stands behind an invisible sign.
    fn operand_signed(&mut self) -> Option<Node> {
        self.signed_factor()
    }

    /// What stands under a root: a group, a parenthesis or one operand with digits kept together.
    fn radicand(&mut self) -> Option<Node> {
        let inner = match self.peek()? {
            Token::Number(..) => self.operand()?,
            Token::Mark(Mark::LeftBrace) => self.tex_argument()?,
            _ => self.deeper(Self::operand)?,
        };
        scalar(inner)
    }

    /// `0.\overline{3}` and `0.1\dot{6}`: digits that recur.
    pub(super) fn recurring(&mut self, number: &Node) -> Option<Node> {
        let Node::Number(number) = number else {
            return None;
        };
        let start = self.at;
        let mut digits = String::new();
        while let Some(Token::Command("overline" | "bar" | "dot")) = self.peek() {
            self.at += 1;
            let text = self.raw_argument();
            match text {
                Some(text)
                    if !text.is_empty()
                        && text.len() < 40
                        && text.bytes().all(|b| b.is_ascii_digit()) =>
                {
                    digits.push_str(&text);
                }
                _ => {
                    self.at = start;
                    return None;
                }
            }
        }
        let length = u32::try_from(digits.len()).ok()?;
        let decimals = u32::try_from(number.decimals).ok()?;
        if decimals > 30 {
            return None;
        }
        // 0.1666… = 0.1 + 6 / (9 · 10)
        let nines = num_bigint::BigInt::from(10).pow(length) - 1;
        let below = nines * num_bigint::BigInt::from(10).pow(decimals);
        let tail = num_rational::BigRational::new(digits.parse().ok()?, below);
        let value = match number.value.is_negative() {
            true => number.value.big() - tail,
            false => number.value.big() + tail,
        };
        Some(Node::Number(Number::exact(Rational::from_big(value))))
    }

    /// The tokens of a group, or the next token, as text.
    pub(super) fn raw_argument(&mut self) -> Option<String> {
        let mut text = String::new();
        if !self.accept(Mark::LeftBrace) {
            let token = self.peek()?.clone();
            self.at += 1;
            write(&token, &mut text)?;
            return Some(text);
        }
        let mut depth = 1u32;
        loop {
            let token = self.peek()?.clone();
            self.at += 1;
            match token {
                Token::Mark(Mark::LeftBrace) => depth += 1,
                Token::Mark(Mark::RightBrace) => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(text);
                    }
                }
                token => write(&token, &mut text)?,
            }
        }
    }

    /// `x_1`, `a_{n+1}`, `1101_2`.
    pub(super) fn subscript(&mut self, node: Node) -> Option<Node> {
        self.at += 1;
        match node {
            Node::Symbol(name) => {
                let below = self.raw_argument()?;
                Some(Node::Symbol(format!("{name}_{below}").into()))
            }
            Node::Power(two) => {
                let [base, exponent] = *two;
                self.at -= 1;
                let base = self.subscript(base)?;
                Some(Node::power(base, exponent))
            }
            Node::Number(number) if number.value.is_integer() && !number.value.is_negative() => {
                let base = self.raw_argument()?;
                let base = match base.to_lowercase().as_str() {
                    "two" => 2,
                    "ten" => 10,
                    "three" => 3,
                    "eight" => 8,
                    other => other.parse::<u32>().ok()?,
                };
                (2..=36)
                    .contains(&base)
                    .then(|| Node::Based(number.value.to_string().into(), base))
            }
            Node::Constant(constant) => {
                // i_1 or e_2 are names.
                let name = match constant {
                    Constant::Imaginary => "i",
                    Constant::Euler => "e",
                    _ => return None,
                };
                let below = self.raw_argument()?;
                Some(Node::Symbol(format!("{name}_{below}").into()))
            }
            Node::Call(name, arguments) => {
                let below = self.raw_argument()?;
                Some(Node::Call(format!("{name}_{below}").into(), arguments))
            }
            _ => None,
        }
    }

    /// `\begin{…}` to `\end{…}`.
    pub(super) fn environment(&mut self, name: &str) -> Option<Node> {
        let kind = name.trim_end_matches('*');
        let (cells, colons, bars) = (
            std::mem::replace(&mut self.cells, true),
            std::mem::take(&mut self.colons),
            std::mem::take(&mut self.bars),
        );
        let mut rows: Vec<Vec<Node>> = vec![Vec::new()];
        let mut blank = true;
        loop {
            match self.peek()? {
                Token::End(end) => {
                    if end.trim_end_matches('*') != kind {
                        return None;
                    }
                    self.at += 1;
                    break;
                }
                Token::Mark(Mark::RowBreak) => {
                    self.at += 1;
                    rows.push(Vec::new());
                    blank = true;
                }
                Token::Mark(Mark::Ampersand) => {
                    self.at += 1;
                    blank = true;
                }
                _ if !blank => return None,
                _ => {
                    blank = false;
                    let second = kind == "cases" && rows.last().is_some_and(|row| row.len() == 1);
                    let cell = match second {
                        true => self.condition()?,
                        false => self.deeper(|parser| {
                            let cell = parser.statement()?;
                            let _ = kind == "cases" && parser.accept(Mark::Comma);
                            // a row of a matrix that is written with commas
                            Some(cell)
                        })?,
                    };
                    rows.last_mut()?.push(cell);
                    while self.cells && self.is(Mark::Comma) {
                        self.at += 1;
                    }
                }
            }
        }
        (self.cells, self.colons, self.bars) = (cells, colons, bars);
        rows.retain(|row| !row.is_empty());
        match kind {
            "cases" | "dcases" | "rcases" => {
                if rows.iter().all(|row| row.len() == 2) {
                    let pairs = rows.into_iter().filter_map(|row| {
                        let mut row = row.into_iter();
                        Some((row.next()?, row.next()?))
                    });
                    return Some(Node::Cases(pairs.collect()));
                }
                Some(Node::Sequence(
                    Bracket::Bare,
                    rows.into_iter().flatten().collect(),
                ))
            }
            "aligned" | "align" | "gathered" | "gather" | "split" | "equation" | "alignedat" => {
                let mut lines: Vec<Node> = rows.into_iter().flatten().collect();
                match lines.len() {
                    1 => lines.pop(),
                    _ => Some(Node::Sequence(Bracket::Bare, lines)),
                }
            }
            "vmatrix" => {
                rectangular(rows).map(|matrix| Node::Apply(Function::Determinant, vec![matrix]))
            }
            "matrix" | "pmatrix" | "bmatrix" | "Bmatrix" | "Vmatrix" | "smallmatrix" | "array"
            | "psmallmatrix" | "bsmallmatrix" | "tabular" => rectangular(rows),
            _ => None,
        }
    }

    /// The condition of a case: `\text{if } x > 0`, `x > 0`, "otherwise".
    pub(super) fn condition(&mut self) -> Option<Node> {
        while let Some(Token::Text(text) | Token::Word(text)) = self.peek() {
            let word = text.trim().trim_end_matches([',', ':', '.']).to_lowercase();
            match word.as_str() {
                "if" | "for" | "when" | "where" | "" => self.at += 1,
                "otherwise" | "else" | "elsewhere" => {
                    self.at += 1;
                    return Some(Node::Truth(true));
                }
                _ => break,
            }
        }
        self.deeper(Self::list)
    }
}

fn write(token: &Token, text: &mut String) -> Option<()> {
    match token {
        Token::Number(number, _) => text.push_str(&number.value.to_string()),
        Token::Name(name) => text.push_str(&canonical_name(name)),
        Token::Word(word) | Token::Text(word) => text.push_str(word.trim()),
        Token::Command("pi") => text.push_str("pi"),
        Token::Command(other) => text.push_str(other),
        Token::Mark(Mark::Plus) => text.push('+'),
        Token::Mark(Mark::Minus) => text.push('-'),
        Token::Mark(Mark::Comma) => text.push(','),
        Token::Mark(Mark::Underscore) => text.push('_'),
        Token::Mark(Mark::Times) => text.push('*'),
        Token::Mark(Mark::Caret) => text.push('^'),
        Token::Mark(Mark::LeftParen) => text.push('('),
        Token::Mark(Mark::RightParen) => text.push(')'),
        Token::Mark(Mark::Prime) => text.push('\''),
        Token::Mark(Mark::Infinity) => text.push_str("oo"),
        Token::Mark(Mark::Is(_)) => text.push('='),
        _ => return None,
    }
    Some(())
}

/// A node that can stand in arithmetic; a set of one, as people write braces, is its element.
fn scalar(node: Node) -> Option<Node> {
    match super::operators::unbracketed(node) {
        Node::Sequence(..)
        | Node::Interval(..)
        | Node::Relation(..)
        | Node::Logic(..)
        | Node::Words(_) => None,
        Node::Quantity(inner, _) => Some(*inner),
        other => Some(other),
    }
}

/// A matrix whose rows are of one length.
pub(super) fn rectangular(rows: Vec<Vec<Node>>) -> Option<Node> {
    let width = rows.first()?.len();
    rows.iter()
        .all(|row| row.len() == width)
        .then_some(Node::Matrix(rows))
}
