//! Makes a tree of tokens: one grammar for LaTeX, plain notation and program text.
//!
//! From loose to tight: lists, statements joined by "and" and "or", relations, ratios, unions and differences of sets, sums,
//! products (written or by standing next to each other), powers, what stands behind an operand, operands.

mod behind;
mod brackets;
mod code;
mod functions;
mod latex;
mod mixed;
mod operand;
mod operators;
mod units;

pub(crate) use operand::folded;
pub(crate) use units::normal as unit;

use super::lexer::{Dialect, Lexeme, Mark, Token, tokens};
use super::node::{Bracket, Logic, Node, Relation};

/// Deepest nesting of brackets, fractions, exponents and calls.
const MAX_DEPTH: u32 = 150;
/// Most parts of a tree.
const MAX_PARTS: u32 = 20_000;
/// Most ways in which bars are tried as opening and closing.
const MAX_BAR_PLANS: usize = 24;
/// Most tokens that are read over all these ways.
const MAX_BAR_TOKENS: usize = 6_000;

/// The element of a list that stands for those between its neighbours, or for all that follow.
pub(crate) const GOES_ON: &str = "…";

/// What came of a text.
pub(crate) enum Parsed {
    Node(Node),
    /// It is no mathematics.
    Failed,
    /// It is nested too deeply or has too many parts.
    TooLarge,
}

pub(super) struct Parser {
    tokens: Vec<Lexeme>,
    at: usize,
    dialect: Dialect,
    /// Whether products are written with stars, so that `E` and `I` are constants.
    starred: bool,
    depth: u32,
    parts: u32,
    /// Bars that are open here.
    bars: u32,
    /// For each bar that could close or open: whether it opens. Beyond the plan they close.
    plan: Vec<bool>,
    decisions: Vec<bool>,
    /// Ampersands and row breaks separate cells here.
    cells: bool,
    /// A colon separates key and value, or element and condition, here.
    colons: bool,
    /// Names that are bound by a sum or the like, so that `i` is no imaginary unit.
    bound: Vec<String>,
}

/// Parses a text in a dialect; `joined` as in the second value: whether bare commas were taken for thousands separators.
pub(crate) fn parse(text: &str, dialect: Dialect, join: bool, depth: u32) -> (Parsed, bool) {
    let Some(lexed) = tokens(text, dialect, join) else {
        return (Parsed::Failed, false);
    };
    let joined = lexed.joined;
    let has_bars = lexed
        .tokens
        .iter()
        .any(|l| matches!(l.token, Token::Mark(Mark::Bar | Mark::DoubleBar)));
    let mut parser = Parser::new(lexed.tokens, dialect, starred(text), depth);
    if !has_bars {
        return (parser.whole(), joined);
    }
    let tokens = parser.tokens.clone();
    let mut plan: Vec<bool> = Vec::new();
    // Long texts get fewer tries.
    let tries = (MAX_BAR_TOKENS / tokens.len().max(1)).clamp(1, MAX_BAR_PLANS);
    for _ in 0..tries {
        let mut parser = Parser::new(tokens.clone(), dialect, starred(text), depth);
        parser.plan.clone_from(&plan);
        match parser.whole() {
            Parsed::Failed => {}
            done => return (done, joined),
        }
        // The next plan: the last bar that closed opens instead.
        plan = parser.decisions;
        while plan.pop_if(|opens| *opens).is_some() {}
        match plan.last_mut() {
            Some(last) => *last = true,
            None => break,
        }
    }
    (Parsed::Failed, joined)
}

/// Whether a text is written as programs write: with stars, or with a known function that is called, and no backslash.
fn starred(text: &str) -> bool {
    if text.contains('*') {
        return true;
    }
    !text.contains('\\')
        && text.match_indices('(').any(|(at, _)| {
            let before = text.get(..at).unwrap_or_default();
            let start = before
                .rfind(|c: char| !c.is_ascii_alphanumeric())
                .map_or(0, |end| end + 1);
            let name = before.get(start..).unwrap_or_default();
            name.len() > 1 && super::vocabulary::function(name).is_some()
        })
}

impl Parser {
    fn new(tokens: Vec<Lexeme>, dialect: Dialect, starred: bool, depth: u32) -> Self {
        Self {
            tokens,
            at: 0,
            dialect,
            starred: starred || dialect == Dialect::Code,
            depth,
            parts: 0,
            bars: 0,
            plan: Vec::new(),
            decisions: Vec::new(),
            cells: false,
            colons: false,
            bound: Vec::new(),
        }
    }

    fn whole(&mut self) -> Parsed {
        match self.list() {
            Some(node) if self.at == self.tokens.len() => Parsed::Node(node),
            _ if self.depth >= MAX_DEPTH || self.parts >= MAX_PARTS => Parsed::TooLarge,
            _ => Parsed::Failed,
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|l| &l.token)
    }

    fn peek_at(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).map(|l| &l.token)
    }

    fn spaced(&self) -> bool {
        self.tokens.get(self.at).is_some_and(|l| l.spaced)
    }

    fn is(&self, mark: Mark) -> bool {
        self.peek() == Some(&Token::Mark(mark))
    }

    fn accept(&mut self, mark: Mark) -> bool {
        let found = self.is(mark);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: Mark) -> Option<()> {
        self.accept(mark).then_some(())
    }

    /// Runs a part of the grammar one level deeper.
    fn deeper<T>(&mut self, run: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.parts += 1;
        if self.depth >= MAX_DEPTH || self.parts >= MAX_PARTS {
            self.depth = self.depth.max(MAX_DEPTH);
            return None;
        }
        self.depth += 1;
        let result = run(self);
        // A limit that was hit stays visible.
        if self.depth < MAX_DEPTH || result.is_some() {
            self.depth -= 1;
        }
        result
    }

    /// The word that joins statements here, if any: "and" or "or".
    fn conjunction(&self) -> Option<Logic> {
        let word = match self.peek()? {
            Token::Word(word) | Token::Text(word) => word.trim().trim_start_matches(',').trim(),
            _ => return None,
        };
        match word {
            "and" | "AND" | "und" | "&" | "et" | "y" => Some(Logic::And),
            "or" | "OR" | "and/or" | "ou" | "oder" => Some(Logic::Or),
            _ => None,
        }
    }

    /// Elements separated by commas, semicolons, "and" and "or", up to what cannot belong to them.
    fn list(&mut self) -> Option<Node> {
        let mut groups: Vec<Vec<Node>> = vec![vec![self.statement()?]];
        let (mut semicolons, mut joins, mut trailing) = (false, Vec::new(), false);
        loop {
            let comma = self.accept(Mark::Comma);
            if !comma && self.accept(Mark::Semicolon) {
                if self.ends() {
                    break;
                }
                semicolons = true;
                groups.push(vec![self.statement()?]);
                continue;
            }
            if let Some(join) = self.conjunction() {
                self.at += 1;
                joins.push(join);
            } else if !comma {
                break;
            } else if self.ends() {
                trailing = true;
                break;
            }
            let next = match comma && self.accept(Mark::Dots) {
                true => Node::Symbol(GOES_ON.into()),
                false => self.statement()?,
            };
            groups.last_mut()?.push(next);
        }
        let single = groups.len() == 1 && groups.first().is_some_and(|g| g.len() == 1);
        if single && !trailing {
            return groups.pop()?.pop();
        }
        let statement = |node: &Node| match node {
            Node::Relation(_, relations) => relations
                .iter()
                .any(|r| !matches!(r, Relation::Equal | Relation::Approximately)),
            Node::Logic(..) => true,
            _ => false,
        };
        if !semicolons && !joins.is_empty() && groups.iter().flatten().any(statement) {
            let logic = if joins.contains(&Logic::Or) {
                Logic::Or
            } else {
                Logic::And
            };
            return Some(Node::Logic(logic, groups.pop()?));
        }
        if !semicolons {
            return Some(Node::Sequence(Bracket::Bare, groups.pop()?));
        }
        // "1, 2; 3, 4" is a list of pairs, "1; 2; 3" a list of numbers.
        let items = groups
            .into_iter()
            .map(|mut group| match group.len() {
                1 => group.pop().unwrap_or(Node::Truth(false)),
                _ => Node::Sequence(Bracket::Round, group),
            })
            .collect();
        Some(Node::Sequence(Bracket::Bare, items))
    }

    /// Whether nothing more can follow here.
    fn ends(&self) -> bool {
        match self.peek() {
            None => true,
            Some(Token::Mark(mark)) => matches!(
                mark,
                Mark::RightParen
                    | Mark::RightBracket
                    | Mark::RightBrace
                    | Mark::RightSet
                    | Mark::RightAngle
            ),
            _ => false,
        }
    }

    /// Statements joined by `&`, `|`, ∧ and ∨; "or" binds loosest.
    fn statement(&mut self) -> Option<Node> {
        let mut any = vec![self.conjunct()?];
        while self.is(Mark::Or)
            || self.dialect == Dialect::Code && self.bars == 0 && self.is(Mark::Bar)
        {
            self.at += 1;
            any.push(self.conjunct()?);
        }
        Some(match any.len() {
            1 => any.pop()?,
            _ => Node::Logic(Logic::Or, any),
        })
    }

    fn conjunct(&mut self) -> Option<Node> {
        let mut all = vec![self.negation()?];
        while self.is(Mark::And) || !self.cells && self.is(Mark::Ampersand) {
            self.at += 1;
            all.push(self.negation()?);
        }
        Some(match all.len() {
            1 => all.pop()?,
            _ => Node::Logic(Logic::And, all),
        })
    }

    fn negation(&mut self) -> Option<Node> {
        let word = matches!(self.peek(), Some(Token::Word(word)) if word == "not");
        if self.is(Mark::Not) || word {
            self.at += 1;
            let inner = self.deeper(Self::negation)?;
            return Some(Node::Logic(Logic::Not, vec![inner]));
        }
        self.relation()
    }

    /// The relation that stands here, and how many tokens it takes.
    fn relation_sign(&self) -> Option<(Relation, usize)> {
        match self.peek()? {
            Token::Mark(Mark::Is(relation)) => Some((*relation, 1)),
            Token::Word(word) if word == "in" => Some((Relation::In, 1)),
            Token::Command("not") => match self.peek_at(1)? {
                Token::Mark(Mark::Is(Relation::Equal)) => Some((Relation::Unequal, 2)),
                Token::Mark(Mark::Is(Relation::In)) => Some((Relation::NotIn, 2)),
                _ => None,
            },
            _ => None,
        }
    }

    fn relation(&mut self) -> Option<Node> {
        // In aligned rows a line may begin with the relation of the line before.
        let mut parts = vec![self.ratio()?];
        let mut signs = Vec::new();
        while let Some((sign, length)) = self.relation_sign() {
            self.at += length;
            if self.cells && self.is(Mark::Ampersand) {
                self.at += 1;
            }
            signs.push(sign);
            parts.push(self.ratio()?);
        }
        if signs.is_empty() {
            return parts.pop();
        }
        // x ≡ 3 mod 7: the modulus belongs to the statement.
        if signs.contains(&Relation::Congruent)
            && let Some(last) = parts.pop()
        {
            parts.push(match last {
                Node::Apply(super::node::Function::Mod, mut two) if two.len() == 2 => {
                    let modulus = two.pop()?;
                    Node::Residue(Box::new([two.pop()?, modulus]))
                }
                other => other,
            });
        }
        Some(Node::Relation(parts, signs))
    }

    /// `3:1`.
    fn ratio(&mut self) -> Option<Node> {
        let first = self.sets()?;
        if self.colons || !self.is(Mark::Colon) {
            return Some(first);
        }
        let mut parts = vec![first];
        while self.accept(Mark::Colon) {
            parts.push(self.sets()?);
        }
        Some(Node::Ratio(parts))
    }
}
