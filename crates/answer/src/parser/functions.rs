//! Functions and what they are applied to.

use super::Parser;
use crate::lexer::{Dialect, Mark, Token};
use crate::node::{Function, Node, Relation};
use crate::vocabulary;

fn inverse(function: Function) -> Option<Function> {
    use Function as F;
    Some(match function {
        F::Sin => F::Asin,
        F::Cos => F::Acos,
        F::Tan => F::Atan,
        F::Cot => F::Acot,
        F::Sec => F::Asec,
        F::Csc => F::Acsc,
        F::Sinh => F::Asinh,
        F::Cosh => F::Acosh,
        F::Tanh => F::Atanh,
        _ => return None,
    })
}

impl Parser {
    /// A function whose name is consumed: powers, a base, then its argument.
    pub(super) fn function(&mut self, name: &str) -> Option<Node> {
        let mut function = match name {
            "deg" | "dim" | "ker" | "Pr" | "arg" => return Some(Node::Symbol(name.into())),
            "arccosh" => Function::Acosh,
            "sqrt" | "cbrt" | "isqrt" => {
                let index = if name == "cbrt" { 3 } else { 2 };
                let arguments = self.arguments()?;
                let [of] = <[Node; 1]>::try_from(arguments).ok()?;
                return Some(Node::root(Node::integer(index), of));
            }
            other => vocabulary::function(other)?,
        };
        let (mut power, mut base) = (None, None);
        for _ in 0..2 {
            if self.is(Mark::Caret) && power.is_none() {
                self.at += 1;
                let negative = self.accept(Mark::Minus);
                let exponent = if self.is(Mark::LeftBrace) || self.is(Mark::LeftParen) {
                    self.deeper(Self::operand)?
                } else {
                    self.tex_argument()?
                };
                power = Some(if negative {
                    exponent.negated()
                } else {
                    exponent
                });
            } else if self.is(Mark::Underscore) && base.is_none() {
                self.at += 1;
                base = Some(self.tex_argument()?);
            }
        }
        if matches!(&power, Some(Node::Number(n)) if n.value.small() == Some(-1))
            && let Some(other) = inverse(function)
        {
            function = other;
            power = None;
        }
        let mut arguments = self.arguments()?;
        if function == Function::LogBase {
            let ten = if name == "log2" { 2 } else { 10 };
            arguments.push(Node::integer(ten));
        }
        if let Some(base) = base {
            if !matches!(function, Function::Log | Function::LogBase) || arguments.len() != 1 {
                return None;
            }
            function = Function::LogBase;
            arguments.push(base);
        } else if function == Function::Log && arguments.len() == 2 {
            function = Function::LogBase;
        }
        let node = Node::Apply(function, arguments);
        Some(match power {
            Some(power) => Node::power(node, power),
            None => node,
        })
    }

    /// What a function is applied to: parentheses, a group, or the operands that follow without a sign between them.
    fn arguments(&mut self) -> Option<Vec<Node>> {
        if self.accept(Mark::LeftParen) {
            let items = self.items(Mark::RightParen)?;
            self.expect(Mark::RightParen)?;
            return (!items.is_empty()).then_some(items);
        }
        if self.is(Mark::LeftBrace) && self.dialect == Dialect::Latex {
            let inner = self.deeper(Self::braces)?;
            return Some(match inner {
                Node::Sequence(_, items) => items,
                other => vec![other],
            });
        }
        if self.is(Mark::LeftSet) {
            return match self.deeper(|parser| parser.set(Mark::LeftSet, Mark::RightSet))? {
                Node::Sequence(_, items) if !items.is_empty() => Some(items),
                _ => None,
            };
        }
        if self.accept(Mark::LeftBracket) {
            let items = self.items(Mark::RightBracket)?;
            self.expect(Mark::RightBracket)?;
            return Some(items);
        }
        let negative = self.accept(Mark::Minus);
        let mut factors = vec![self.factor()?];
        loop {
            let tight = match self.peek() {
                Some(Token::Number(..)) => !matches!(factors.last(), Some(Node::Number(_))),
                Some(Token::Name(name)) => name.len() == 1 || vocabulary::function(name).is_none(),
                Some(Token::Command(name)) => matches!(*name, "pi" | "sqrt" | "frac"),
                Some(Token::Mark(Mark::LeftBrace)) => self.dialect == Dialect::Latex,
                _ => false,
            };
            if !tight || matches!(factors.last(), Some(Node::Apply(..))) {
                break;
            }
            factors.push(self.factor()?);
        }
        // sin π/3: a slash between a bare angle and a number belongs to the angle.
        if self.is(Mark::Divide)
            && matches!(self.peek_at(1), Some(Token::Number(..)))
            && factors.iter().any(|f| matches!(f, Node::Constant(_)))
        {
            self.at += 1;
            let below = self.factor()?;
            factors.push(below.reciprocal());
        }
        let argument = match factors.len() {
            1 => factors.pop()?,
            _ => Node::Mul(factors),
        };
        Some(vec![if negative {
            argument.negated()
        } else {
            argument
        }])
    }

    /// The lower bound `k = a` of a sum: the name and where it starts.
    fn lower(&mut self) -> Option<(String, Node)> {
        self.expect(Mark::LeftBrace)?;
        let Some(Token::Name(name)) = self.peek().cloned() else {
            return None;
        };
        self.at += 1;
        if !matches!(self.peek(), Some(Token::Mark(Mark::Is(Relation::Equal)))) {
            return None;
        }
        self.at += 1;
        let start = self.deeper(Self::sum)?;
        self.expect(Mark::RightBrace)?;
        Some((name, start))
    }

    /// `\sum_{k=1}^{n}` and `\prod`, bounds in either order.
    pub(super) fn series(&mut self, name: &str) -> Option<Node> {
        let (mut low, mut high) = (None, None);
        for _ in 0..2 {
            if self.accept(Mark::Underscore) {
                low = Some(self.lower()?);
            } else if self.accept(Mark::Caret) {
                high = Some(self.tex_argument()?);
            }
        }
        let (index, start) = low?;
        self.bound.push(index.clone());
        let body = self.deeper(Self::product);
        self.bound.pop();
        let function = if name == "sum" {
            Function::Sum
        } else {
            Function::Product
        };
        Some(Node::Apply(
            function,
            vec![body?, Node::Symbol(index.into()), start, high?],
        ))
    }

    pub(super) fn limit(&mut self) -> Option<Node> {
        self.expect(Mark::Underscore)?;
        self.expect(Mark::LeftBrace)?;
        let Some(Token::Name(name)) = self.peek().cloned() else {
            return None;
        };
        self.at += 1;
        if !matches!(self.peek(), Some(Token::Mark(Mark::Is(Relation::Arrow)))) {
            return None;
        }
        self.at += 1;
        // x → 3^+: the side is left out.
        let sided = matches!(self.peek_at(1), Some(Token::Mark(Mark::Caret)))
            && match self.peek_at(2) {
                Some(Token::Mark(Mark::LeftBrace)) => {
                    matches!(self.peek_at(3), Some(Token::Mark(Mark::Plus | Mark::Minus)))
                        && matches!(self.peek_at(4), Some(Token::Mark(Mark::RightBrace)))
                }
                Some(Token::Mark(Mark::Plus | Mark::Minus)) => {
                    matches!(self.peek_at(3), Some(Token::Mark(Mark::RightBrace)))
                }
                _ => false,
            };
        let to = if sided {
            let to = self.deeper(Self::operand)?;
            self.at += 1;
            self.raw_argument()?;
            to
        } else {
            self.deeper(Self::sum)?
        };
        self.expect(Mark::RightBrace)?;
        self.bound.push(name.clone());
        let body = self.deeper(Self::product);
        self.bound.pop();
        Some(Node::Apply(
            Function::Limit,
            vec![body?, Node::Symbol(name.into()), to],
        ))
    }

    /// `\int_a^b f(x)\,dx`: the integrand, the name, and the bounds if there are any.
    pub(super) fn integral(&mut self) -> Option<Node> {
        let (mut low, mut high) = (None, None);
        for _ in 0..2 {
            if self.accept(Mark::Underscore) {
                low = Some(self.tex_argument()?);
            } else if self.accept(Mark::Caret) {
                high = Some(self.tex_argument()?);
            }
        }
        let (body, name) = differential(self.deeper(Self::sum)?)?;
        let mut parts = vec![body, name];
        if let (Some(low), Some(high)) = (low, high) {
            parts.extend([low, high]);
        }
        Some(Node::Apply(Function::Integral, parts))
    }

    /// `\frac{d}{dx} f` and `\frac{df}{dx}`, where the fraction is one of these.
    pub(super) fn derivative(&mut self, above: &Node, below: &Node) -> Option<Node> {
        let is_d = |node: &Node| matches!(node, Node::Symbol(name) if &**name == "d" || &**name == "partial");
        let Node::Mul(divisor) = below else {
            return None;
        };
        let [d, name @ Node::Symbol(_)] = divisor.as_slice() else {
            return None;
        };
        if !is_d(d) {
            return None;
        }
        let body = match above {
            node if is_d(node) => self.deeper(Self::product)?,
            Node::Mul(parts) => match parts.as_slice() {
                [first, rest @ ..] if is_d(first) => match rest {
                    [only] => only.clone(),
                    rest => Node::Mul(rest.to_vec()),
                },
                _ => return None,
            },
            _ => return None,
        };
        Some(Node::Apply(
            Function::Derivative,
            vec![super::operators::unbracketed(body), name.clone()],
        ))
    }
}

/// An integrand without its `dx`, and the name.
fn differential(node: Node) -> Option<(Node, Node)> {
    match node {
        Node::Add(mut parts) => {
            let (last, name) = differential(parts.pop()?)?;
            parts.push(last);
            Some((Node::Add(parts), name))
        }
        Node::Mul(mut parts) => {
            let at = parts.windows(2).position(
                |pair| matches!(pair, [Node::Symbol(d), Node::Symbol(_)] if &**d == "d"),
            )?;
            parts.remove(at);
            let name = parts.remove(at);
            Some(match parts.len() {
                0 => (Node::integer(1), name),
                1 => (parts.pop()?, name),
                _ => (Node::Mul(parts), name),
            })
        }
        _ => None,
    }
}
