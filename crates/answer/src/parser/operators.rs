//! Sets, sums, products and powers.

use super::Parser;
use super::mixed::{mixed, proper};
use crate::lexer::{Dialect, Mark, Token};
use crate::node::{Bracket, Function, Node, SetOperation};

/// Whether a node is a set, an interval or a list, so that − and ∪ mean operations on sets.
fn is_set(node: &Node) -> bool {
    match node {
        Node::Interval(..) | Node::Sets(..) | Node::NamedSet(_) | Node::Condition(_) => true,
        Node::Sequence(_, parts) => parts.len() > 1,
        _ => false,
    }
}

/// A value where a set is expected is a set of one: `{1, 2} \cup {3}`, whose braces LaTeX takes for a group.
fn element(node: Node) -> Node {
    match node {
        Node::Symbol(_) => node,
        value if value.is_scalar() => Node::Sequence(Bracket::Set, vec![value]),
        other => other,
    }
}

/// A bracketed single element where arithmetic goes on is that element.
pub(super) fn unbracketed(node: Node) -> Node {
    match node {
        Node::Sequence(Bracket::Square | Bracket::Set, mut only) if only.len() == 1 => {
            only.pop().unwrap_or(Node::Truth(false))
        }
        other => other,
    }
}

impl Parser {
    /// Unions, intersections and differences.
    pub(super) fn sets(&mut self) -> Option<Node> {
        let mut left = self.sum()?;
        loop {
            let operation = match self.peek() {
                Some(Token::Mark(Mark::Cup)) => SetOperation::Union,
                Some(Token::Mark(Mark::Cap)) => SetOperation::Intersection,
                Some(Token::Mark(Mark::SetMinus)) => SetOperation::Difference,
                Some(Token::Mark(Mark::Triangle)) => SetOperation::Symmetric,
                // (-∞, 3) U (3, ∞)
                Some(Token::Name(name)) if matches!(name.as_str(), "U" | "u") && is_set(&left) => {
                    SetOperation::Union
                }
                Some(Token::Word(word)) if word.eq_ignore_ascii_case("union") && is_set(&left) => {
                    SetOperation::Union
                }
                _ => return Some(left),
            };
            self.at += 1;
            let right = element(self.sum()?);
            left = match element(left) {
                Node::Sets(same, mut parts)
                    if same == operation
                        && !matches!(
                            operation,
                            SetOperation::Difference | SetOperation::Symmetric
                        ) =>
                {
                    parts.push(right);
                    Node::Sets(same, parts)
                }
                left => Node::Sets(operation, vec![left, right]),
            };
        }
    }

    pub(super) fn sum(&mut self) -> Option<Node> {
        self.parts += 1;
        let mut terms = Vec::new();
        let mut difference = None;
        loop {
            // Any run of signs.
            let (mut negative, mut both, mut signs) = (false, None, 0);
            loop {
                match self.peek() {
                    Some(Token::Mark(Mark::Plus)) => {}
                    Some(Token::Mark(Mark::Minus)) => negative = !negative,
                    Some(Token::Mark(Mark::PlusMinus)) if both.is_none() => both = Some(true),
                    Some(Token::Mark(Mark::MinusPlus)) if both.is_none() => both = Some(false),
                    _ => break,
                }
                signs += 1;
                self.at += 1;
            }
            if !terms.is_empty() && signs == 0 {
                break;
            }
            // "+/-" is ±.
            let mut term = self.product()?;
            if negative
                && !terms.is_empty()
                && terms.len() == 1
                && terms.first().is_some_and(is_set)
            {
                difference = Some(term);
                break;
            }
            if negative {
                term = match term {
                    Node::Quantity(inner, unit) => Node::Quantity(Box::new(inner.negated()), unit),
                    Node::Percent(inner) => Node::Percent(Box::new(inner.negated())),
                    // −7 mod 3 is 2.
                    Node::Apply(Function::Mod, two) => {
                        let mut two = two.into_iter();
                        let left = two.next()?.negated();
                        Node::Apply(Function::Mod, std::iter::once(left).chain(two).collect())
                    }
                    term => unbracketed(term).negated(),
                };
            }
            if let Some(upper) = both {
                term = match term {
                    Node::Quantity(inner, unit) => {
                        Node::Quantity(Box::new(Node::PlusMinus(upper, inner)), unit)
                    }
                    term => Node::PlusMinus(upper, Box::new(term)),
                };
            }
            terms.push(term);
        }
        if let Some(right) = difference {
            return Some(Node::Sets(
                SetOperation::Difference,
                vec![terms.pop()?, right],
            ));
        }
        if terms.len() == 1 {
            return terms.pop();
        }
        // A unit behind the last term belongs to the sum.
        let mut unit: Option<Box<str>> = None;
        let terms = terms
            .into_iter()
            .map(|term| match term {
                Node::Quantity(inner, name) => {
                    unit = Some(name);
                    *inner
                }
                other => unbracketed(other),
            })
            .collect();
        let sum = Node::Add(terms);
        Some(match unit {
            Some(unit) => Node::Quantity(Box::new(sum), unit),
            None => sum,
        })
    }

    /// Whether the token here can begin a factor that stands next to another.
    fn starts_factor(&self, last: &Node) -> bool {
        match self.peek() {
            Some(Token::Number(..)) => {
                // (-1) 4 is a product, 1 4 is not.
                let bracketed = self
                    .at
                    .checked_sub(1)
                    .and_then(|at| self.tokens.get(at))
                    .is_some_and(|l| l.token == Token::Mark(Mark::RightParen));
                bracketed || !matches!(last, Node::Number(_))
            }
            Some(Token::Name(name)) => {
                let union = matches!(name.as_str(), "U" | "u") && is_set(last);
                !(union || self.dialect == Dialect::Code && matches!(last, Node::Symbol(_)))
            }
            Some(Token::Command(name)) => !matches!(
                *name,
                "choose" | "over" | "mod" | "bmod" | "pmod" | "pod" | "not"
            ),
            Some(Token::Begin(_)) => true,
            Some(Token::Mark(mark)) => match mark {
                Mark::LeftParen
                | Mark::LeftSet
                | Mark::LeftFloor
                | Mark::LeftCeiling
                | Mark::Infinity => true,
                Mark::LeftBrace => self.dialect == Dialect::Latex,
                Mark::LeftBracket => {
                    !is_set(last) && self.dialect != Dialect::Code && self.operand_follows(1)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the bar here opens (rather than closes the one that is open), by the plan.
    fn bar_opens(&mut self) -> bool {
        if self.bars == 0 {
            return true;
        }
        let opens = self
            .plan
            .get(self.decisions.len())
            .copied()
            .unwrap_or(false);
        self.decisions.push(opens);
        opens
    }

    pub(super) fn product(&mut self) -> Option<Node> {
        // Whether the first factor is a written number without brackets, which may begin a mixed number.
        let literal = matches!(self.peek(), Some(Token::Number(..)));
        let first = self.factor()?;
        let mut factors = vec![first];
        loop {
            let spaced = self.spaced();
            match self.peek() {
                Some(Token::Mark(Mark::Times)) => {
                    self.at += 1;
                    let next = self.signed_factor()?;
                    factors.push(next);
                }
                Some(Token::Mark(Mark::Divide)) => {
                    self.at += 1;
                    if matches!(self.peek(), Some(Token::Word(_) | Token::Text(_))) {
                        // A unit "per" something.
                        self.at -= 1;
                        break;
                    }
                    let next = unbracketed(self.signed_factor()?);
                    factors.push(next.reciprocal());
                }
                // 3.2 x 10^5
                Some(Token::Name(name))
                    if name == "x"
                        && literal
                        && matches!(factors.as_slice(), [Node::Number(_)])
                        && matches!(self.peek_at(1), Some(Token::Number(n, false)) if n.value.small() == Some(10))
                        && matches!(self.peek_at(2), Some(Token::Mark(Mark::Caret))) =>
                {
                    self.at += 1;
                    let power = self.factor()?;
                    factors.push(power);
                }
                Some(Token::Mark(Mark::Percent)) if self.percent_divides() => {
                    self.at += 1;
                    self.modulo(&mut factors)?;
                }
                Some(Token::Command("mod" | "bmod")) => {
                    self.at += 1;
                    self.modulo(&mut factors)?;
                }
                Some(Token::Name(name)) if name == "mod" => {
                    self.at += 1;
                    self.modulo(&mut factors)?;
                }
                Some(Token::Command("pmod" | "pod")) => {
                    self.at += 1;
                    let modulus = self.tex_argument()?;
                    return Some(Node::Residue(Box::new([joined(factors), modulus])));
                }
                Some(Token::Mark(Mark::LeftParen))
                    if matches!(self.peek_at(1), Some(Token::Name(name)) if name == "mod")
                        || matches!(self.peek_at(1), Some(Token::Command("mod" | "bmod"))) =>
                {
                    self.at += 2;
                    let modulus = self.deeper(Self::sum)?;
                    self.expect(Mark::RightParen)?;
                    return Some(Node::Residue(Box::new([joined(factors), modulus])));
                }
                Some(Token::Mark(Mark::Bar | Mark::DoubleBar)) if self.dialect != Dialect::Code => {
                    if !self.operand_follows(1)
                        || self.colons && self.bars == 0
                        || !self.bar_opens()
                    {
                        break;
                    }
                    let next = self.factor()?;
                    factors.push(next);
                }
                // 4.4 10^3
                Some(Token::Number(n, false))
                    if spaced
                        && n.value.small() == Some(10)
                        && matches!(self.peek_at(1), Some(Token::Mark(Mark::Caret)))
                        && matches!(factors.as_slice(), [Node::Number(_)]) =>
                {
                    let power = self.factor()?;
                    factors.push(power);
                }
                Some(Token::Number(n, _))
                    if spaced
                        && literal
                        && factors.len() == 1
                        && matches!(factors.first(), Some(Node::Number(w)) if w.digits == 0 && w.value.is_integer()) =>
                {
                    // 3 1/2, 3½: a mixed number.
                    let vulgar = !n.value.is_integer() && n.digits == 0;
                    let slash = n.digits == 0
                        && self.peek_at(1) == Some(&Token::Mark(Mark::Divide))
                        && matches!(self.peek_at(2), Some(Token::Number(d, false)) if n.value < d.value);
                    if !vulgar && !slash {
                        return None;
                    }
                    let whole = factors.pop()?;
                    let fraction = if slash {
                        let above = self.factor()?;
                        self.at += 1;
                        match self.factor()? {
                            Node::Percent(below) => {
                                Node::Percent(Box::new(Node::quotient(above, *below)))
                            }
                            below => Node::quotient(above, below),
                        }
                    } else {
                        self.factor()?
                    };
                    factors.push(mixed(whole, fraction));
                }
                _ => {
                    let Some(last) = factors.last() else { break };
                    if !self.starts_factor(last) {
                        if let (Node::Number(w), Some(Token::Number(n, _))) = (last, self.peek())
                            && literal
                            && factors.len() == 1
                            && w.digits == 0
                            && n.digits == 0
                            && !n.value.is_integer()
                        {
                            let fraction = self.factor()?;
                            let whole = factors.pop()?;
                            factors.push(mixed(whole, fraction));
                            continue;
                        }
                        break;
                    }
                    let frac = matches!(self.peek(), Some(Token::Command("frac")));
                    let next = self.factor()?;
                    // 1\frac{1}{2}: a mixed number.
                    match (factors.as_slice(), proper(&next)) {
                        ([Node::Number(whole)], true)
                            if frac && literal && whole.digits == 0 && whole.value.is_integer() =>
                        {
                            let whole = factors.pop()?;
                            factors.push(mixed(whole, next));
                        }
                        _ => factors.push(next),
                    }
                }
            }
            self.parts += 1;
            if self.parts > super::MAX_PARTS {
                return None;
            }
        }
        let product = joined(factors);
        self.with_unit(product)
    }

    /// Whether the percent sign here is a remainder: in program text before an operand, elsewhere between numbers with spaces.
    pub(super) fn percent_divides(&self) -> bool {
        let apart = self.spaced()
            && self
                .tokens
                .get(self.at + 1)
                .is_some_and(|l| l.spaced && matches!(l.token, Token::Number(..)));
        match self.dialect {
            Dialect::Code => self.operand_follows(1),
            Dialect::Plain => apart,
            Dialect::Latex => false,
        }
    }

    /// The operand behind a modulo sign.
    fn modulo(&mut self, factors: &mut Vec<Node>) -> Option<()> {
        let left = joined(std::mem::take(factors));
        let right = self.signed_factor()?;
        factors.push(Node::Apply(Function::Mod, vec![left, right]));
        Some(())
    }

    /// Whether an operand begins `ahead` tokens from here.
    pub(super) fn operand_follows(&self, ahead: usize) -> bool {
        match self.peek_at(ahead) {
            Some(
                Token::Number(..)
                | Token::Name(_)
                | Token::Command(_)
                | Token::Begin(_)
                | Token::Quoted(_),
            ) => true,
            Some(Token::Mark(mark)) => matches!(
                mark,
                Mark::LeftParen
                    | Mark::LeftBracket
                    | Mark::LeftBrace
                    | Mark::LeftSet
                    | Mark::LeftFloor
                    | Mark::LeftCeiling
                    | Mark::Infinity
                    | Mark::Minus
                    | Mark::Bar
                    | Mark::DoubleBar
            ),
            _ => false,
        }
    }

    /// A factor that may carry signs: `2*-3`.
    pub(super) fn signed_factor(&mut self) -> Option<Node> {
        let mut negative = false;
        loop {
            match self.peek()? {
                Token::Mark(Mark::Minus) => negative = !negative,
                Token::Mark(Mark::Plus) => {}
                _ => break,
            }
            self.at += 1;
        }
        let factor = unbracketed(self.factor()?);
        Some(if negative { factor.negated() } else { factor })
    }

    /// An operand with its powers; `^` groups to the right.
    pub(super) fn factor(&mut self) -> Option<Node> {
        self.deeper(|parser| {
            let operand = parser.operand()?;
            parser.behind(operand)
        })
    }
}

/// The product of factors; one alone is itself.
fn joined(mut factors: Vec<Node>) -> Node {
    match factors.len() {
        1 => factors.pop().unwrap_or(Node::Truth(false)),
        _ => {
            let percent = factors
                .iter()
                .any(|f| matches!(f, Node::Percent(_) | Node::Quantity(..)));
            let factors = factors.into_iter().map(unbracketed);
            if !percent {
                return Node::Mul(factors.collect());
            }
            // A percent sign or a unit inside a product: the value, or the unit of the whole.
            let mut unit: Option<Box<str>> = None;
            let product = Node::Mul(
                factors
                    .map(|factor| match factor {
                        Node::Percent(inner) => Node::quotient(*inner, Node::integer(100)),
                        Node::Quantity(inner, name) => {
                            unit = Some(name);
                            *inner
                        }
                        other => other,
                    })
                    .collect(),
            );
            match unit {
                Some(unit) => Node::Quantity(Box::new(product), unit),
                None => product,
            }
        }
    }
}
