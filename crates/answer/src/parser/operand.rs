//! Operands: numbers, names, groups, and what begins with a sign of its own.

use super::{Parsed, Parser};
use crate::lexer::{Dialect, Mark, Token};
use crate::node::{Bracket, Constant, Function, NamedSet, Node};
use crate::vocabulary;

impl Parser {
    pub(super) fn operand(&mut self) -> Option<Node> {
        let token = self.peek()?.clone();
        match token {
            Token::Number(number, point) => {
                self.at += 1;
                let node = Node::Number(number);
                if point
                    && matches!(
                        self.peek(),
                        Some(Token::Command("overline" | "bar" | "dot"))
                    )
                {
                    return Some(self.recurring(&node).unwrap_or(node));
                }
                Some(node)
            }
            Token::Name(name) => {
                self.at += 1;
                self.name(name)
            }
            Token::Word(_) | Token::Text(_) => self.words(),
            Token::Quoted(text) => {
                self.at += 1;
                Some(self.reread(&text))
            }
            Token::Command(name) => {
                self.at += 1;
                self.deeper(|parser| parser.command(name))
            }
            Token::Begin(name) => {
                self.at += 1;
                self.deeper(|parser| parser.environment(&name))
            }
            Token::End(_) => None,
            Token::Mark(mark) => self.deeper(|parser| parser.marked(mark)),
        }
    }

    fn marked(&mut self, mark: Mark) -> Option<Node> {
        match mark {
            Mark::LeftParen => self.round(),
            Mark::LeftBracket => self.square(),
            Mark::RightBracket => self.outward(),
            Mark::LeftBrace if self.dialect == Dialect::Latex => self.braces(),
            Mark::LeftBrace => self.set(Mark::LeftBrace, Mark::RightBrace),
            Mark::LeftSet => self.set(Mark::LeftSet, Mark::RightSet),
            Mark::LeftAngle => {
                self.at += 1;
                let items = self.items(Mark::RightAngle)?;
                self.expect(Mark::RightAngle)?;
                Some(Node::Sequence(Bracket::Round, items))
            }
            Mark::LeftFloor => self.fenced(Mark::RightFloor, Function::Floor),
            Mark::LeftCeiling => self.fenced(Mark::RightCeiling, Function::Ceiling),
            Mark::Bar | Mark::DoubleBar => {
                self.at += 1;
                let outside = self.bars;
                self.bars = outside + 1;
                let colons = std::mem::take(&mut self.colons);
                let inner = self.sum();
                self.colons = colons;
                self.bars = outside;
                self.expect(mark)?;
                Some(match (mark, inner?) {
                    (Mark::DoubleBar, inner) => Node::Apply(Function::Norm, vec![inner]),
                    (_, Node::Matrix(rows)) => {
                        Node::Apply(Function::Determinant, vec![Node::Matrix(rows)])
                    }
                    (_, inner) => Node::Apply(Function::Abs, vec![inner]),
                })
            }
            Mark::Infinity => {
                self.at += 1;
                Some(Node::Constant(Constant::Infinity))
            }
            Mark::Currency => {
                self.at += 1;
                let amount = self.product()?;
                Some(Node::Quantity(Box::new(unquantified(amount)), "$".into()))
            }
            Mark::Cup | Mark::Cap => None,
            _ => None,
        }
    }

    fn fenced(&mut self, close: Mark, function: Function) -> Option<Node> {
        self.at += 1;
        let inner = self.sum()?;
        self.expect(close)?;
        Some(Node::Apply(function, vec![inner]))
    }

    /// A name: a constant, a function, a set, or a symbol.
    fn name(&mut self, name: String) -> Option<Node> {
        let called = self.is(Mark::LeftParen);
        let code = self.dialect == Dialect::Code;
        if self.bound.contains(&name) {
            return Some(Node::Symbol(name.into()));
        }
        if called
            && (code || name.len() > 1)
            && let Some(call) = self.call(&name)
        {
            return call;
        }
        let constant = match name.as_str() {
            "pi" | "math.pi" | "np.pi" | "numpy.pi" | "sp.pi" | "sympy.pi" | "S.Pi" => Constant::Pi,
            "e" if !(code && called) => Constant::Euler,
            "E" | "math.e" | "np.e" | "S.Exp1" if self.starred && !called => Constant::Euler,
            "i" | "ⅈ" | "S.ImaginaryUnit" => Constant::Imaginary,
            "I" if self.tokens.len() > 1 && !(called && code) => Constant::Imaginary,
            "j" if code && !called => Constant::Imaginary,
            "oo" | "inf" | "infty" | "infinity" | "Infinity" | "math.inf" | "np.inf"
            | "S.Infinity" | "infinite" => Constant::Infinity,
            "zoo" => Constant::ComplexInfinity,
            "nan" | "math.nan" | "np.nan" => Constant::Undefined,
            _ => return self.other_name(name, called),
        };
        Some(Node::Constant(constant))
    }

    fn other_name(&mut self, name: String, called: bool) -> Option<Node> {
        let set = match name.as_str() {
            "emptyset" | "EmptySet" | "S.EmptySet" => Some(NamedSet::Empty),
            "Reals" | "S.Reals" => Some(NamedSet::Reals),
            "Integers" | "S.Integers" => Some(NamedSet::Integers),
            "Naturals" | "S.Naturals" => Some(NamedSet::Naturals),
            "Naturals0" | "S.Naturals0" => Some(NamedSet::Whole),
            "Rationals" | "S.Rationals" => Some(NamedSet::Rationals),
            "Complexes" | "S.Complexes" => Some(NamedSet::Complexes),
            _ => None,
        };
        if let Some(set) = set {
            if called && self.peek_at(1) == Some(&Token::Mark(Mark::RightParen)) {
                self.at += 2;
            }
            return Some(Node::NamedSet(set));
        }
        match name.as_str() {
            "True" | "true" | "TRUE" => return Some(Node::Truth(true)),
            "False" | "false" | "FALSE" => return Some(Node::Truth(false)),
            "None" => return Some(Node::Words("None".into())),
            _ => {}
        }
        // cis x = cos x + i sin x
        if name == "cis" {
            let argument = self.deeper(|parser| parser.function("cos"))?;
            let Node::Apply(Function::Cos, angle) = &argument else {
                return None;
            };
            // The angle stands there twice: nested, the tree would double with each.
            let copied = angle.iter().map(Node::parts).sum();
            self.parts = self.parts.saturating_add(copied);
            if self.parts >= super::MAX_PARTS {
                return None;
            }
            let sine = Node::Apply(Function::Sin, angle.clone());
            let i = Node::Constant(Constant::Imaginary);
            return Some(Node::Add(vec![argument, Node::Mul(vec![i, sine])]));
        }
        if name.len() > 1 && vocabulary::function(&name).is_some() {
            // A function without parentheses, `sin x`; a program's name of that kind, `gamma`, is a symbol.
            let greek = matches!(name.as_str(), "gamma" | "beta");
            if !greek && (self.dialect != Dialect::Code) {
                return self.deeper(|parser| parser.function(&name));
            }
        }
        // f^{-1}(x)
        if matches!(name.as_str(), "f" | "g" | "h" | "F" | "G" | "H") && self.is(Mark::Caret) {
            let start = self.at;
            self.at += 1;
            let exponent = self.raw_argument();
            if exponent.as_deref() == Some("-1") && self.accept(Mark::LeftParen) {
                let arguments = self.items(Mark::RightParen)?;
                self.expect(Mark::RightParen)?;
                return Some(Node::Call(format!("{name}^-1").into(), arguments));
            }
            self.at = start;
        }
        // C(5, 2) between written integers: what else is called C has no value.
        if called
            && name == "C"
            && let (
                Some(Token::Number(n, false)),
                Some(Token::Mark(Mark::Comma)),
                Some(Token::Number(k, false)),
                Some(Token::Mark(Mark::RightParen)),
            ) = (
                self.peek_at(1),
                self.peek_at(2),
                self.peek_at(3),
                self.peek_at(4),
            )
        {
            let two = vec![Node::Number(n.clone()), Node::Number(k.clone())];
            self.at += 5;
            return Some(Node::Apply(Function::Binomial, two));
        }
        let symbol = Node::Symbol(canonical_name(&name).into());
        // f(x), P(A): a function of a usual name in front of a parenthesis.
        if called
            && !self.spaced()
            && self.dialect != Dialect::Code
            && matches!(
                name.as_str(),
                "f" | "g" | "h" | "F" | "G" | "H" | "P" | "Q" | "phi" | "T"
            )
        {
            return self.deeper(|parser| {
                parser.at += 1;
                let arguments = parser.items(Mark::RightParen)?;
                parser.expect(Mark::RightParen)?;
                Some(Node::Call(name.into(), arguments))
            });
        }
        Some(symbol)
    }

    /// A text inside another, as an answer of its own where it is one.
    fn reread(&mut self, text: &str) -> Node {
        let dialect = match text.contains('\\') {
            true => Dialect::Latex,
            false => Dialect::Plain,
        };
        match super::parse(text, dialect, true, self.depth + 1).0 {
            Parsed::Node(node) => node,
            _ => Node::Words(folded(text).into()),
        }
    }

    /// Words: one answer up to the next mark. A text that holds mathematics is read as such.
    fn words(&mut self) -> Option<Node> {
        let mut all: Vec<String> = Vec::new();
        while let Some(Token::Word(word) | Token::Text(word)) = self.peek() {
            if self.conjunction().is_some() && !all.is_empty() {
                break;
            }
            all.push(word.trim().to_owned());
            self.at += 1;
        }
        let text = all.join(" ");
        let text = text.trim();
        // "The answer is" and what it announces.
        let announces = text.ends_with([':', '='])
            || ["is", "are", "equals"].contains(&text.rsplit(' ').next().unwrap_or_default());
        if announces && text.contains([' ', ':', '=']) && self.operand_follows(0) {
            return self.deeper(Self::sum);
        }
        // \text{A5}_{11}
        if self.is(Mark::Underscore)
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
            && text.bytes().any(|b| b.is_ascii_digit())
        {
            self.at += 1;
            let base = self.raw_argument()?.parse().ok()?;
            return (2..=36)
                .contains(&base)
                .then(|| Node::Based(text.into(), base));
        }
        if all.len() == 1
            && let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'))
            && inner.len() == 1
        {
            return Some(Node::Symbol(inner.into()));
        }
        // Letters alone: `\text{A}`, `\text{3}`.
        let longest = text
            .split(|c: char| !c.is_alphabetic())
            .map(str::len)
            .max()
            .unwrap_or(0);
        if longest <= 1 && !text.is_empty() {
            let text = text.to_owned();
            return Some(match text.chars().next() {
                Some(letter) if letter.is_alphabetic() && text.len() == letter.len_utf8() => {
                    Node::Symbol(text.into())
                }
                _ => self.reread(&text),
            });
        }
        match text.to_ascii_lowercase().as_str() {
            "true" => return Some(Node::Truth(true)),
            "false" => return Some(Node::Truth(false)),
            "all real numbers"
            | "all reals"
            | "the real numbers"
            | "real numbers"
            | "any real number"
            | "all real number"
            | "the set of real numbers"
            | "the set of all real numbers" => {
                return Some(Node::NamedSet(NamedSet::Reals));
            }
            "all integers" | "the integers" | "any integer" => {
                return Some(Node::NamedSet(NamedSet::Integers));
            }
            "empty set" | "the empty set" => return Some(Node::NamedSet(NamedSet::Empty)),
            "lcm" | "gcd" | "max" | "min" if self.is(Mark::LeftParen) => {
                let name = text.to_ascii_lowercase();
                return self.function(&name);
            }
            _ => {}
        }
        Some(Node::Words(folded(text).into()))
    }
}

/// One way of writing a name: `lamda` as programs must, `varphi` as TeX may, digits behind letters as a subscript.
pub(super) fn canonical_name(name: &str) -> String {
    let name = match name {
        "lamda" => "lambda",
        "varphi" => "phi",
        "varepsilon" => "epsilon",
        "vartheta" => "theta",
        other => other,
    };
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if letters.len() < name.len() && !letters.is_empty() && !letters.ends_with('_') {
        return format!(
            "{letters}_{}",
            name.get(letters.len()..).unwrap_or_default()
        );
    }
    name.to_owned()
}

/// Single spaces, no dressing.
pub(crate) fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unquantified(node: Node) -> Node {
    match node {
        Node::Quantity(inner, _) => *inner,
        other => other,
    }
}
