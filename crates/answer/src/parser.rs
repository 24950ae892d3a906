//! From tokens to an expression: LaTeX and Python side by side.

use super::lexer::{Spaced, Token, tokens};
use super::node::{Function, Node};

/// Deepest nesting.
const MAX_DEPTH: usize = 60;
/// Names of more than one letter that are one name.
const GREEK: &[&str] = &[
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
    "varphi", "vartheta", "Delta", "Gamma", "Omega", "Theta", "Phi", "Lambda", "Sigma",
];

/// Parses a cleaned text that is one expression and nothing else.
pub(crate) fn parse(text: &str) -> Option<Node> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return None;
    }
    // A text of plain words is no product of letters.
    let mathematical = tokens.iter().any(|(t, _)| !matches!(t, Token::Word(_)))
        || tokens
            .iter()
            .all(|(t, _)| matches!(t, Token::Word(w) if w.chars().count() == 1 || known(w)));
    if !mathematical {
        return None;
    }
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        depth: 0,
        bars: 0,
    };
    let node = parser.sum()?;
    (parser.at == tokens.len()).then_some(node)
}

/// Whether a name of several letters is a function or one name.
pub(crate) fn known(word: &str) -> bool {
    Function::named(word).is_some()
        || GREEK.contains(&word)
        || matches!(word, "pi" | "oo" | "e" | "i")
}

struct Parser<'a> {
    tokens: &'a [Spaced],
    at: usize,
    depth: usize,
    /// Open bars of absolute values.
    bars: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn ahead(&self, by: usize) -> Option<&Token> {
        self.tokens.get(self.at + by).map(|(token, _)| token)
    }

    fn is(&self, sign: char) -> bool {
        self.peek() == Some(&Token::Sign(sign))
    }

    fn take(&mut self, sign: char) -> Option<()> {
        self.is(sign).then(|| self.at += 1)
    }

    fn nested(&mut self, inside: impl FnOnce(&mut Self) -> Option<Node>) -> Option<Node> {
        self.depth += 1;
        let found = if self.depth > MAX_DEPTH {
            None
        } else {
            inside(self)
        };
        self.depth -= 1;
        found
    }

    fn sum(&mut self) -> Option<Node> {
        self.nested(|p| {
            let mut left = p.product()?;
            let mut terms = 0;
            loop {
                terms += 1;
                let negative = p.is('-');
                if terms > 200 || !(negative || p.is('+')) {
                    return Some(left);
                }
                p.at += 1;
                let right = p.product()?;
                let right = if negative {
                    Node::Negative(Box::new(right))
                } else {
                    right
                };
                left = Node::Add(Box::new(left), Box::new(right));
            }
        })
    }

    fn product(&mut self) -> Option<Node> {
        let mut left = self.signed()?;
        for _ in 0..200 {
            if self.is('*') {
                self.at += 1;
                left = Node::Multiply(Box::new(left), Box::new(self.signed()?));
            } else if self.is('/') {
                self.at += 1;
                left = Node::Divide(Box::new(left), Box::new(self.signed()?));
            } else if self.starts_factor() {
                // 2x, 3(4), 1\frac{1}{2} (a mixed number), 1 1/2 (another).
                let mixed = self.mixed(&left);
                let right = self.power()?;
                left = match mixed {
                    Some(()) if self.is('/') => {
                        self.at += 1;
                        let below = self.power()?;
                        Node::Add(
                            Box::new(left),
                            Box::new(Node::Divide(Box::new(right), Box::new(below))),
                        )
                    }
                    Some(()) => Node::Add(Box::new(left), Box::new(right)),
                    None => Node::Multiply(Box::new(left), Box::new(right)),
                };
            } else {
                return Some(left);
            }
        }
        None
    }

    /// Whether what follows a whole number makes a mixed number with it.
    fn mixed(&self, left: &Node) -> Option<()> {
        let whole = matches!(left, Node::Number { value, decimals: 0, .. } if value.is_integer())
            && matches!(
                self.at.checked_sub(1).and_then(|at| self.tokens.get(at)),
                Some((Token::Number { .. }, _))
            );
        let digits = |by: usize| matches!(self.ahead(by), Some(Token::Number { decimals: 0, .. }));
        let plain = digits(0) && self.ahead(1) == Some(&Token::Sign('/')) && digits(2);
        let latex =
            matches!(self.peek(), Some(Token::Word(w)) if w == "\\frac") && self.whole_fraction();
        (whole && (plain || latex)).then_some(())
    }

    /// Whether `\frac` is followed by digits only: `{1}{2}` or `12`.
    fn whole_fraction(&self) -> bool {
        let inner: Vec<&Token> = self
            .tokens
            .iter()
            .skip(self.at + 1)
            .take(6)
            .map(|(t, _)| t)
            .collect();
        matches!(
            inner.as_slice(),
            [
                Token::Sign('{'),
                Token::Number { .. },
                Token::Sign('}'),
                Token::Sign('{'),
                Token::Number { .. },
                Token::Sign('}')
            ]
        )
    }

    fn starts_factor(&self) -> bool {
        match self.peek() {
            Some(Token::Number { .. }) => {
                // Two numbers side by side are only a mixed number.
                let after_number = matches!(
                    self.at.checked_sub(1).and_then(|at| self.tokens.get(at)),
                    Some((Token::Number { .. }, _))
                );
                !after_number || (self.ahead(1) == Some(&Token::Sign('/')))
            }
            Some(Token::Word(_)) => true,
            Some(Token::Sign(sign)) => {
                matches!(sign, '(' | '[' | '{') || (*sign == '|' && self.bars == 0)
            }
            None => false,
        }
    }

    fn signed(&mut self) -> Option<Node> {
        if self.is('-') {
            self.at += 1;
            let inner = self.nested(Self::signed)?;
            return Some(Node::Negative(Box::new(inner)));
        }
        if self.is('+') {
            self.at += 1;
            return self.nested(Self::signed);
        }
        self.power()
    }

    fn power(&mut self) -> Option<Node> {
        let mut base = self.atom()?;
        while self.is('!') {
            self.at += 1;
            base = Node::Call(Function::Factorial, vec![base]);
        }
        if self.is('^') {
            self.at += 1;
            let exponent = self.nested(Self::signed)?;
            return Some(Node::Power(Box::new(base), Box::new(exponent)));
        }
        Some(base)
    }

    fn group(&mut self, close: char) -> Option<Node> {
        let bars = std::mem::take(&mut self.bars);
        let inner = self.sum()?;
        self.bars = bars;
        self.take(close)?;
        Some(inner)
    }

    fn atom(&mut self) -> Option<Node> {
        let token = self.peek()?.clone();
        self.at += 1;
        match token {
            Token::Number {
                value,
                digits,
                decimals,
                ..
            } => Some(Node::Number {
                value,
                digits,
                decimals,
            }),
            Token::Sign('(') => self.group(')'),
            Token::Sign('[') => self.group(']'),
            Token::Sign('{') => self.group('}'),
            Token::Sign('|') => {
                self.bars += 1;
                let inner = self.sum()?;
                self.bars -= 1;
                self.take('|')?;
                Some(Node::Call(Function::Abs, vec![inner]))
            }
            Token::Sign(_) => None,
            Token::Word(word) => self.word(&word),
        }
    }

    fn word(&mut self, word: &str) -> Option<Node> {
        match word {
            "\\frac" => {
                let (above, below) = (self.argument()?, self.argument()?);
                return Some(Node::Divide(Box::new(above), Box::new(below)));
            }
            "\\binom" => {
                let (above, below) = (self.argument()?, self.argument()?);
                return Some(Node::Call(Function::Binomial, vec![above, below]));
            }
            "\\sqrt" => {
                if self.is('[') {
                    self.at += 1;
                    let degree = self.group(']')?;
                    return Some(Node::Call(Function::Root, vec![self.argument()?, degree]));
                }
                return Some(Node::Call(Function::Sqrt, vec![self.argument()?]));
            }
            "pi" => return Some(Node::Pi),
            "oo" => return Some(Node::Infinity),
            "e" | "E" => return Some(Node::E),
            "i" | "I" => return Some(Node::I),
            _ => {}
        }
        if let Some(function) = Function::named(word) {
            return self.call(function);
        }
        let mut letters = word.chars();
        let whole = GREEK.contains(&word) || letters.clone().count() == 1;
        if whole {
            let name = self.subscripted(word)?;
            return Some(Node::Name(name));
        }
        // xy is x·y; longer words are words, and a word apart from a number is its unit.
        let at = self.at.checked_sub(1)?;
        let after_number = at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .is_some_and(|(t, _)| matches!(t, Token::Number { .. }));
        let apart = self.tokens.get(at).is_some_and(|(_, space)| *space);
        if word.starts_with('\\') || word.chars().count() > 3 || (after_number && apart) {
            return None;
        }
        let first = letters.next()?;
        let mut product = Self::letter(first);
        for letter in letters {
            product = Node::Multiply(Box::new(product), Box::new(Self::letter(letter)));
        }
        Some(product)
    }

    fn letter(letter: char) -> Node {
        match letter {
            'i' => Node::I,
            'e' => Node::E,
            _ => Node::Name(letter.to_string()),
        }
    }

    /// `x_1`, `x_{12}`.
    fn subscripted(&mut self, name: &str) -> Option<String> {
        if !self.is('_') {
            return Some(name.to_owned());
        }
        self.at += 1;
        let braced = self.is('{');
        self.at += usize::from(braced);
        let below = match self.peek()? {
            Token::Number { text, .. } => text.clone(),
            Token::Word(word) => word.clone(),
            Token::Sign(_) => return None,
        };
        self.at += 1;
        if braced {
            self.take('}')?;
        }
        Some(format!("{name}_{below}"))
    }

    /// One argument of a LaTeX command: a group, one digit, or one atom.
    fn argument(&mut self) -> Option<Node> {
        if self.is('{') {
            self.at += 1;
            return self.nested(|p| p.group('}'));
        }
        if self.is('(') {
            self.at += 1;
            return self.nested(|p| p.group(')'));
        }
        self.nested(Self::atom)
    }

    fn call(&mut self, function: Function) -> Option<Node> {
        // \log_2 8, \log_{a} x
        let mut base = None;
        if function == Function::Log && self.is('_') {
            self.at += 1;
            base = Some(self.argument()?);
        }
        // \sin^2 x
        let mut exponent = None;
        if self.is('^') {
            self.at += 1;
            exponent = Some(self.argument()?);
        }
        let mut arguments = Vec::new();
        if self.is('(') || self.is('{') {
            let close = if self.is('(') { ')' } else { '}' };
            self.at += 1;
            let bars = std::mem::take(&mut self.bars);
            loop {
                arguments.push(self.sum()?);
                if self.take(',').is_none() {
                    break;
                }
            }
            self.bars = bars;
            self.take(close)?;
        } else {
            // \sin 2x takes the product that follows, a root one atom.
            let mut argument = if function == Function::Sqrt {
                self.nested(Self::atom)?
            } else {
                self.nested(Self::power)?
            };
            while function != Function::Sqrt
                && matches!(self.peek(), Some(Token::Word(w)) if Function::named(w).is_none() && !w.starts_with('\\'))
            {
                argument = Node::Multiply(Box::new(argument), Box::new(self.power()?));
            }
            arguments.push(argument);
        }
        arguments.extend(base);
        let found = Node::Call(function, arguments);
        Some(match exponent {
            Some(exponent) => Node::Power(Box::new(found), Box::new(exponent)),
            None => found,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_expressions() {
        for word in [
            "Monday",
            "red",
            "no",
            "x y z monday",
            "",
            "()",
            "2 3",
            "3 +",
            "a b (",
            "1..2",
        ] {
            assert!(parse(word).is_none(), "{word}");
        }
        assert!(parse(&"(".repeat(500)).is_none());
        assert!(parse(&format!("{}1", "-".repeat(500))).is_none());
    }

    #[test]
    fn expressions_are() {
        for text in [
            "x",
            "2x+1",
            r"\frac{1}{2}",
            r"3\sqrt3",
            "x_1^2",
            "|x-1|",
            "pi/2",
            "log(x, 11)",
            r"\sqrt[3]{x}",
            "xy(x+y)",
        ] {
            assert!(parse(text).is_some(), "{text}");
        }
    }
}
