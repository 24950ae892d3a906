//! The scan itself.

use super::command::{self, Command};
use super::{Dialect, Lexed, Lexeme, Mark, Token, number};
use crate::node::{Number, Relation};
use crate::rational::Rational;
use crate::vocabulary;

/// Most tokens of one answer.
const MAX_TOKENS: usize = 4_000;

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    dialect: Dialect,
    /// Whether bare commas between groups of three digits belong to numbers.
    join: bool,
    spaced: bool,
    out: Lexed,
    /// Open brackets; true where a comma inside separates elements.
    open: Vec<bool>,
    environments: usize,
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
    };
    while scanner.step()? {
        if scanner.out.tokens.len() > MAX_TOKENS {
            return None;
        }
    }
    Some(scanner.out)
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, token: Token) {
        let spaced = std::mem::take(&mut self.spaced);
        self.out.tokens.push(Lexeme { token, spaced });
    }

    fn mark(&mut self, mark: Mark, length: usize) {
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
        self.push(Token::Number(read.number, read.point));
        let mut after = self.rest().chars();
        if matches!(after.next(), Some('j' | 'J'))
            && !after.next().is_some_and(char::is_alphanumeric)
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

    fn command(&mut self, rest: &str) -> Option<()> {
        let mut name_at = 1;
        // A doubled backslash breaks rows inside an environment; before the name of a command elsewhere it is an escape too many.
        if rest.starts_with(r"\\") {
            let name = letters(rest.get(2..)?);
            let command = !name.is_empty() && command::exact(name).is_some();
            if self.environments == 0 && command {
                name_at = 2;
            } else {
                self.at += 2;
                if self.rest().starts_with('[') {
                    let close = self
                        .rest()
                        .find(']')
                        .filter(|end| *end < 12 && self.environments > 0);
                    self.at += close.map_or(0, |end| end + 1);
                }
                match self.environments > 0 {
                    true => self.push(Token::Mark(Mark::RowBreak)),
                    false => self.spaced = true,
                }
                return Some(());
            }
        }
        let after = rest.get(name_at..)?;
        let name = letters(after);
        if name.is_empty() {
            return self.escaped(after, name_at);
        }
        let (command, left_over) = command::lookup(name)?;
        self.at += name_at + name.len() - left_over;
        match command {
            Command::Skip => {
                if matches!(name, "left" | "right" | "middle")
                    && self.rest().trim_start().starts_with('.')
                {
                    // An invisible bracket.
                    self.at = self.text.len() - self.rest().trim_start().len() + 1;
                }
                if name == "hspace" {
                    let _ = self.braced();
                }
                self.spaced |= name.ends_with("quad") || name == "space";
            }
            Command::Mark(mark) => self.mark(mark, 0),
            Command::Known("mathbb") => {
                let letter = self.argument()?;
                self.push(match letter.trim() {
                    "R" => Token::Name("Reals".into()),
                    "Z" => Token::Name("Integers".into()),
                    "N" => Token::Name("Naturals".into()),
                    "Q" => Token::Name("Rationals".into()),
                    "C" => Token::Name("Complexes".into()),
                    other => Token::Name(other.to_owned()),
                });
            }
            Command::Known(known) => self.push(Token::Command(known)),
            Command::Name(name) => self.push(Token::Name(name.to_owned())),
            Command::Text => {
                if name == "textcolor" {
                    self.braced()?;
                }
                let text = self.argument()?;
                self.push(Token::Text(text));
            }
            Command::Letters => self.upright(name == "mathrm")?,
            Command::Begin => {
                let name = self.braced()?;
                self.environments += 1;
                if name.starts_with("array") || name.starts_with("tabular") {
                    let _ = self
                        .rest()
                        .trim_start()
                        .starts_with('{')
                        .then(|| self.braced());
                }
                self.push(Token::Begin(name));
            }
            Command::End => {
                let name = self.braced()?;
                self.environments = self.environments.saturating_sub(1);
                self.push(Token::End(name));
            }
        }
        Some(())
    }

    /// `\mathrm{cm}`, `\mathbf{A}`, `\operatorname{lcm}`: a known name, words, or mathematics in another type.
    fn upright(&mut self, roman: bool) -> Option<()> {
        let start = self.at;
        let inside = self.argument()?;
        let compact: String = inside
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '\\' | ',' | '.' | '~'))
            .collect();
        if let Some(Command::Known(known)) = command::exact(&compact) {
            self.push(Token::Command(known));
        } else if vocabulary::function(&compact).is_some() {
            self.push(Token::Name(compact));
        } else if compact.chars().all(char::is_alphabetic)
            && (compact.len() > 1
                // 3\,\mathrm{m}: an upright letter behind a number is a unit; e, i and d are mathematics.
                || roman
                    && !matches!(compact.as_str(), "e" | "i" | "d" | "")
                    && matches!(self.out.tokens.last().map(|l| &l.token), Some(Token::Number(..))))
        {
            self.push(Token::Text(inside));
        } else {
            // The braces stay as a group.
            self.at = start;
        }
        Some(())
    }

    fn escaped(&mut self, after: &str, name_at: usize) -> Option<()> {
        let c = after.chars().next();
        let length = name_at + c.map_or(0, char::len_utf8);
        let mark = match c {
            Some('{') => Mark::LeftSet,
            Some('}') => Mark::RightSet,
            Some('%') => Mark::Percent,
            Some('$') => Mark::Currency,
            Some('|') => Mark::DoubleBar,
            Some('&') => Mark::And,
            Some('_') => Mark::Underscore,
            // Thin and other spaces, and where mathematics begins and ends.
            Some(
                '(' | ')' | '[' | ']' | ',' | ';' | ':' | '!' | '>' | '/' | '#' | '-' | '"' | '\'',
            ) => {
                self.at += length;
                self.spaced |= !matches!(c, Some('!'));
                return Some(());
            }
            None => {
                self.at += name_at;
                return Some(());
            }
            Some(c) if c.is_whitespace() => {
                self.at += length;
                self.spaced = true;
                return Some(());
            }
            // A row break that lost its second backslash.
            Some(c) if self.environments > 0 && c.is_ascii_digit() => {
                self.at += name_at;
                self.push(Token::Mark(Mark::RowBreak));
                return Some(());
            }
            _ => return None,
        };
        self.mark(mark, length);
        Some(())
    }

    /// The inside of the braces that come next.
    fn braced(&mut self) -> Option<String> {
        let rest = self.rest();
        let open = rest.len() - rest.trim_start().len();
        if !rest.get(open..)?.starts_with('{') {
            return None;
        }
        let mut depth = 0usize;
        for (at, c) in rest.char_indices().skip_while(|(at, _)| *at < open) {
            match c {
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += at + 1;
                        return Some(rest.get(open + 1..at)?.to_owned());
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The inside of braces, or the one character that comes next.
    fn argument(&mut self) -> Option<String> {
        if let Some(inside) = self.braced() {
            return Some(inside);
        }
        let rest = self.rest().trim_start();
        let c = rest.chars().next().filter(|c| c.is_alphanumeric())?;
        self.at = self.text.len() - rest.len() + c.len_utf8();
        Some(c.to_string())
    }
}

fn letters(text: &str) -> &str {
    let end = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}
