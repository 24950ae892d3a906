//! The scan itself.

use super::command;
use super::{Dialect, Lexed, Lexeme, Mark, Token, number};
use crate::node::{Number, Relation};
use crate::rational::Rational;
use crate::vocabulary;

/// Most tokens of one answer.
const MAX_TOKENS: usize = 4_000;

pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    dialect: Dialect,
    /// Whether bare commas between groups of three digits belong to numbers.
    join: bool,
    pub(super) spaced: bool,
    pub(super) out: Lexed,
    /// Open brackets; true where a comma inside separates elements.
    open: Vec<bool>,
    pub(super) environments: usize,
    /// Whether i, j and k are unit vectors here, so that `3j` is no imaginary number.
    vectors: bool,
}

/// Whether j stands next to i or k, each as a letter of its own.
fn has_vectors(text: &str) -> bool {
    let alone = |letter: char| {
        text.match_indices(letter).any(|(at, _)| {
            let letter = |c: char| c.is_ascii_alphabetic();
            let before = text.get(..at).is_some_and(|t| t.ends_with(letter));
            let after = text.get(at + 1..).is_some_and(|t| t.starts_with(letter));
            !before && !after
        })
    };
    alone('j') && (alone('i') || alone('k'))
}

/// Cuts a text; `None` where something in it is no token of mathematics or it has too many.
pub(crate) fn tokens(text: &str, dialect: Dialect, join: bool) -> Option<Lexed> {
    let mut scanner = Scanner {
        text,
        at: 0,
        dialect,
        join,
        spaced: false,
        out: Lexed::default(),
        open: Vec::new(),
        environments: 0,
        vectors: dialect != Dialect::Code && has_vectors(text),
    };
    while scanner.step()? {
        if scanner.out.tokens.len() > MAX_TOKENS {
            return None;
        }
    }
    Some(scanner.out)
}

impl<'a> Scanner<'a> {
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn push(&mut self, token: Token) {
        let spaced = std::mem::take(&mut self.spaced);
        self.out.tokens.push(Lexeme { token, spaced });
    }

    pub(super) fn mark(&mut self, mark: Mark, length: usize) {
        self.at += length;
        match mark {
            Mark::LeftParen | Mark::LeftBracket | Mark::LeftSet | Mark::LeftAngle => {
                self.open.push(true)
            }
            Mark::LeftBrace => {
                let argument = self.dialect == Dialect::Latex
                    && matches!(
                        self.out.tokens.last().map(|l| &l.token),
                        Some(
                            Token::Command(_)
                                | Token::Mark(Mark::Caret | Mark::Underscore | Mark::RightBrace)
                        )
                    );
                self.open.push(!argument);
            }
            Mark::RightParen
            | Mark::RightBracket
            | Mark::RightSet
            | Mark::RightBrace
            | Mark::RightAngle => {
                self.open.pop();
            }
            _ => {}
        }
        self.push(Token::Mark(mark));
    }

    /// One token; false at the end.
    fn step(&mut self) -> Option<bool> {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else {
            return Some(false);
        };
        if c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}') {
            self.at += c.len_utf8();
            self.spaced = true;
            return Some(true);
        }
        if c.is_ascii_digit() || c == '.' {
            return self.number(rest).map(|()| true);
        }
        if c.is_ascii_alphabetic() || c == '_' && self.dialect == Dialect::Code {
            self.letters(rest);
            return Some(true);
        }
        if c == '\\' {
            return self.command(rest).map(|()| true);
        }
        if c.is_ascii() {
            return self.punctuation(c, rest).map(|()| true);
        }
        self.foreign(c, rest).map(|()| true)
    }

    fn number(&mut self, rest: &str) -> Option<()> {
        if rest.starts_with("...") {
            self.mark(Mark::Dots, 3);
            return Some(());
        }
        if let Some((value, length)) = number::bracketed(rest) {
            self.at += length;
            self.push(Token::Number(Number::exact(value), false));
            return Some(());
        }
        let inside = self.open.last().copied().unwrap_or(false);
        let commas = self.join && !inside && self.dialect != Dialect::Code;
        let spaces = !inside && self.environments == 0 && self.dialect != Dialect::Code;
        let Some(read) = number::read(rest, commas, spaces) else {
            // A point that ends a sentence.
            return rest
                .get(1..)?
                .trim()
                .is_empty()
                .then(|| self.at = self.text.len());
        };
        self.at += read.length;
        self.out.joined |= read.joined;
        if read.point
            && let Some(dots) = number::dots(self.rest())
            && let Some(value) = number::going_on(rest.get(..read.length)?)
        {
            self.at += dots;
            self.push(Token::Number(Number::exact(value), false));
            return Some(());
        }
        self.push(Token::Number(read.number, read.point));
        let mut after = self.rest().chars();
        if matches!(after.next(), Some('j' | 'J'))
            && !after.next().is_some_and(char::is_alphanumeric)
            && !self.vectors
        {
            self.at += 1;
            self.push(Token::Name("ⅈ".into()));
        }
        Some(())
    }

    fn letters(&mut self, rest: &str) {
        let code = self.dialect == Dialect::Code;
        let bytes = rest.as_bytes();
        let mut end = 0;
        while let Some(b) = bytes.get(end) {
            let inside = b.is_ascii_alphabetic()
                || code && (b.is_ascii_digit() || *b == b'_')
                || code && *b == b'.' && bytes.get(end + 1).is_some_and(u8::is_ascii_alphabetic);
            if !inside {
                break;
            }
            end += 1;
        }
        let run = rest.get(..end).unwrap_or_default();
        if code {
            self.at += end;
            return self.push(match vocabulary::is_conjunction(run) {
                true => Token::Word(run.to_owned()),
                false => Token::Name(run.to_owned()),
            });
        }
        // Functions whose name ends in digits: log10(x), atan2(y, x).
        let digits = bytes
            .get(end..)
            .unwrap_or_default()
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        if digits > 0
            && bytes.get(end + digits) == Some(&b'(')
            && let Some(name) = rest.get(..end + digits)
            && vocabulary::function(name).is_some()
        {
            self.at += end + digits;
            return self.push(Token::Name(name.to_owned()));
        }
        self.at += end;
        let behind_number = self.spaced
            && matches!(
                self.out.tokens.last().map(|l| &l.token),
                Some(
                    Token::Number(..)
                        | Token::Mark(Mark::RightBrace | Mark::RightParen)
                        | Token::Name(_)
                )
            );
        let called = self.rest().starts_with('(');
        for piece in vocabulary::split(run, behind_number, called) {
            self.push(match piece {
                vocabulary::Piece::Name(name) => Token::Name(name.to_owned()),
                vocabulary::Piece::Word(word) => Token::Word(word.to_owned()),
            });
        }
    }

    fn punctuation(&mut self, c: char, rest: &str) -> Option<()> {
        use Relation as R;
        let code = self.dialect == Dialect::Code;
        let latex = self.dialect == Dialect::Latex;
        for (text, mark) in [
            ("**", Mark::Caret),
            ("==", Mark::Is(R::Equal)),
            ("!=", Mark::Is(R::Unequal)),
            ("<=", Mark::Is(R::LessEqual)),
            (">=", Mark::Is(R::GreaterEqual)),
            ("=<", Mark::Is(R::LessEqual)),
            ("=>", Mark::Is(R::Arrow)),
            ("->", Mark::Is(R::Arrow)),
            (":=", Mark::Is(R::Equal)),
            ("+-", Mark::Plus),
            ("||", if code { Mark::Or } else { Mark::Bar }),
            ("&&", Mark::And),
            ("//", Mark::Divide),
        ] {
            if rest.starts_with(text) {
                if text == "+-" || text == "||" && !code {
                    break;
                }
                self.mark(mark, text.len());
                return Some(());
            }
        }
        let mark = match c {
            '+' => Mark::Plus,
            '-' => Mark::Minus,
            '*' => Mark::Times,
            '/' => Mark::Divide,
            '^' => Mark::Caret,
            '_' => Mark::Underscore,
            '!' => Mark::Bang,
            '%' => Mark::Percent,
            ',' => Mark::Comma,
            ';' => Mark::Semicolon,
            ':' => Mark::Colon,
            '|' => Mark::Bar,
            '(' => Mark::LeftParen,
            ')' => Mark::RightParen,
            '[' => Mark::LeftBracket,
            ']' => Mark::RightBracket,
            '{' => Mark::LeftBrace,
            '}' => Mark::RightBrace,
            '&' => Mark::Ampersand,
            '=' => Mark::Is(R::Equal),
            '<' => Mark::Is(R::Less),
            '>' => Mark::Is(R::Greater),
            '~' if code => Mark::Not,
            '~' => {
                self.at += 1;
                self.spaced = true;
                return Some(());
            }
            // A dollar before a digit is currency; elsewhere it only says where mathematics begins.
            '$' => {
                let next = rest.get(1..).unwrap_or_default().trim_start();
                let money = !latex
                    && next.starts_with(|n: char| n.is_ascii_digit() || n == '.')
                    && !next.contains('$');
                if !money {
                    self.at += 1;
                    return Some(());
                }
                Mark::Currency
            }
            '\'' | '"' | '`' => return self.quote(c, rest),
            '#' | '@' | '?' => return None,
            _ => return None,
        };
        self.mark(mark, 1);
        Some(())
    }

    fn quote(&mut self, c: char, rest: &str) -> Option<()> {
        let inside = rest.get(1..)?;
        let glued = !self.spaced
            && matches!(
                self.out.tokens.last().map(|l| &l.token),
                Some(
                    Token::Name(_) | Token::Mark(Mark::RightParen | Mark::RightBrace | Mark::Prime)
                )
            );
        if c == '\'' && glued {
            self.mark(Mark::Prime, 1);
            return Some(());
        }
        let end = inside.find(c)?;
        self.at += end + 2;
        self.push(Token::Quoted(inside.get(..end)?.to_owned()));
        Some(())
    }

    fn foreign(&mut self, c: char, rest: &str) -> Option<()> {
        let length = c.len_utf8();
        if let Some((above, below)) = command::vulgar(c) {
            self.at += length;
            let value = Rational::ratio(above.into(), below.into())?;
            self.push(Token::Number(Number::exact(value), false));
            return Some(());
        }
        if command::superscript(c).is_some() {
            let digits: String = rest.chars().map_while(command::superscript).collect();
            self.at += rest
                .chars()
                .take_while(|c| command::superscript(*c).is_some())
                .map(char::len_utf8)
                .sum::<usize>();
            self.push(Token::Mark(Mark::Caret));
            self.push(Token::Number(Number::integer(digits.parse().ok()?), false));
            return Some(());
        }
        if let Some(digit) = u32::from(c).checked_sub(0x2080).filter(|d| *d < 10) {
            self.at += length;
            self.push(Token::Mark(Mark::Underscore));
            self.push(Token::Number(Number::integer(digit.into()), false));
            return Some(());
        }
        if let Some(token) = command::unicode(c) {
            match token {
                Token::Mark(mark) => self.mark(mark, length),
                token => {
                    self.at += length;
                    self.push(token);
                }
            }
            return Some(());
        }
        if c.is_alphabetic() {
            let word: String = rest.chars().take_while(|c| c.is_alphabetic()).collect();
            self.at += word.len();
            self.push(Token::Word(word));
            return Some(());
        }
        None
    }
}
