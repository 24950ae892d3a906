//! Round, square and curly brackets: groups, tuples, lists, intervals, sets and maps.

use super::Parser;
use crate::lexer::{Dialect, Mark, Token};
use crate::node::{Bracket, Node};

impl Parser {
    /// Elements up to a closing bracket, which stays. "1; 2" is as "1, 2" in here.
    pub(super) fn items(&mut self, close: Mark) -> Option<Vec<Node>> {
        let mut items = Vec::new();
        let (colons, cells, bars) = (
            std::mem::take(&mut self.colons),
            std::mem::take(&mut self.cells),
            std::mem::take(&mut self.bars),
        );
        while !self.is(close) && !self.is(Mark::RightBracket) && !self.is(Mark::RightParen) {
            let item = match !items.is_empty() && self.accept(Mark::Dots) {
                true => Node::Symbol(super::GOES_ON.into()),
                false => self.deeper(Self::statement)?,
            };
            items.push(item);
            let comma = self.accept(Mark::Comma) || self.accept(Mark::Semicolon);
            if self.conjunction().is_some() {
                self.at += 1;
            } else if !comma {
                break;
            }
        }
        (self.colons, self.cells, self.bars) = (colons, cells, bars);
        Some(items)
    }

    /// `(…)`: a group, a tuple, or an interval whose end is open.
    pub(super) fn round(&mut self) -> Option<Node> {
        self.expect(Mark::LeftParen)?;
        let before = self.at;
        let mut items = self.items(Mark::RightParen)?;
        let comma = self
            .tokens
            .get(self.at.wrapping_sub(1))
            .is_some_and(|l| l.token == Token::Mark(Mark::Comma))
            && self.at > before;
        if self.accept(Mark::RightBracket) {
            return interval(items, false, true);
        }
        if self.is(Mark::LeftBracket) && items.len() == 2 {
            return None;
        }
        self.expect(Mark::RightParen)?;
        match items.len() {
            1 if !comma => items.pop().map(|item| match item {
                // A sign belongs to the group: (-1)^2.
                Node::Quantity(..) | Node::Percent(_) => item,
                other => other,
            }),
            _ => Some(Node::Sequence(Bracket::Round, items)),
        }
    }

    /// `[…]`: a list, or an interval whose end belongs to it.
    pub(super) fn square(&mut self) -> Option<Node> {
        self.expect(Mark::LeftBracket)?;
        if let Some(items) = self.numpy() {
            return Some(Node::Sequence(Bracket::Square, items));
        }
        let items = self.items(Mark::RightBracket)?;
        if self.accept(Mark::RightParen) {
            return interval(items, true, false);
        }
        // [0, 1[: the end outside.
        if self.is(Mark::LeftBracket) && items.len() == 2 && self.dialect != Dialect::Code {
            self.at += 1;
            return interval(items, true, false);
        }
        self.expect(Mark::RightBracket)?;
        if let [Node::Matrix(_)] = items.as_slice() {
            return items.into_iter().next();
        }
        Some(Node::Sequence(Bracket::Square, items))
    }

    /// `[20. 40.]`: numbers with nothing but space between them, up to the closing bracket, as numpy prints.
    fn numpy(&mut self) -> Option<Vec<Node>> {
        if self.dialect == Dialect::Latex {
            return None;
        }
        let start = self.at;
        let mut items = Vec::new();
        loop {
            let negative = self.accept(Mark::Minus);
            let Some(Token::Number(number, _)) = self.peek() else {
                break;
            };
            let number = Node::Number(number.clone());
            items.push(if negative { number.negated() } else { number });
            self.at += 1;
            if !self.spaced() {
                break;
            }
        }
        if items.len() > 1 && self.accept(Mark::RightBracket) {
            return Some(items);
        }
        self.at = start;
        None
    }

    /// `]0, 1[`: an interval without its ends.
    pub(super) fn outward(&mut self) -> Option<Node> {
        self.expect(Mark::RightBracket)?;
        let items = self.items(Mark::LeftBracket)?;
        let closed = match self.peek()? {
            Token::Mark(Mark::LeftBracket) => false,
            Token::Mark(Mark::RightBracket) => true,
            _ => return None,
        };
        self.at += 1;
        interval(items, false, closed)
    }

    /// `{…}` in LaTeX: a group; with commas inside a set, as people who forget the backslash mean it.
    pub(super) fn braces(&mut self) -> Option<Node> {
        self.expect(Mark::LeftBrace)?;
        let (colons, cells, bars) = (
            std::mem::take(&mut self.colons),
            std::mem::take(&mut self.cells),
            std::mem::take(&mut self.bars),
        );
        let inner = if self.is(Mark::RightBrace) {
            Some(Node::Sequence(Bracket::Set, Vec::new()))
        } else {
            self.deeper(Self::list)
        }?;
        (self.colons, self.cells, self.bars) = (colons, cells, bars);
        let inner = match self.peek() {
            Some(Token::Command(name @ ("choose" | "over"))) => {
                let name = *name;
                self.at += 1;
                let below = self.deeper(Self::list)?;
                match name {
                    "over" => Node::quotient(inner, below),
                    _ => Node::Apply(crate::node::Function::Binomial, vec![inner, below]),
                }
            }
            _ => inner,
        };
        self.expect(Mark::RightBrace)?;
        Some(match inner {
            Node::Sequence(Bracket::Bare, items) => Node::Sequence(Bracket::Set, items),
            other => other,
        })
    }

    /// A set, a map, or elements under a condition.
    pub(super) fn set(&mut self, open: Mark, close: Mark) -> Option<Node> {
        self.expect(open)?;
        let (colons, cells, bars) = (
            std::mem::replace(&mut self.colons, true),
            std::mem::take(&mut self.cells),
            std::mem::take(&mut self.bars),
        );
        let mut items = Vec::new();
        let mut pairs = Vec::new();
        while !self.is(close) {
            let item = self.deeper(Self::statement)?;
            let such = self.is(Mark::Colon)
                || self.is(Mark::Mid)
                || self.is(Mark::Bar)
                || matches!(self.peek(), Some(Token::Text(t)) if matches!(t.trim(), "|" | ":" | "such that" | "s.t."));
            if such {
                let colon = self.is(Mark::Colon);
                self.at += 1;
                let value = if colon && self.dialect != Dialect::Latex {
                    self.deeper(Self::statement)?
                } else {
                    self.deeper(Self::list)?
                };
                let condition = matches!(value, Node::Relation(..) | Node::Logic(..))
                    || matches!(&value, Node::Sequence(_, parts) if parts.iter().any(|p| matches!(p, Node::Relation(..))));
                if condition && items.is_empty() && pairs.is_empty() {
                    (self.colons, self.cells, self.bars) = (colons, cells, bars);
                    self.expect(close)?;
                    return Some(Node::Condition(Box::new([item, value])));
                }
                pairs.push((item, value));
            } else {
                items.push(item);
            }
            let comma = self.accept(Mark::Comma) || self.accept(Mark::Semicolon);
            if self.conjunction().is_some() {
                self.at += 1;
            } else if !comma {
                break;
            }
        }
        (self.colons, self.cells, self.bars) = (colons, cells, bars);
        self.expect(close)?;
        match (items.is_empty(), pairs.is_empty()) {
            (_, true) => Some(Node::Sequence(Bracket::Set, items)),
            (true, false) => Some(Node::Map(pairs)),
            _ => None,
        }
    }
}

fn interval(items: Vec<Node>, left: bool, right: bool) -> Option<Node> {
    let two: [Node; 2] = items.try_into().ok()?;
    Some(Node::Interval(Box::new(two), left, right))
}
