//! The scan of LaTeX commands.

use super::command::{self, Command};
use super::scanner::Scanner;
use super::{Mark, Token};
use crate::vocabulary;

impl Scanner<'_> {
    pub(super) fn command(&mut self, rest: &str) -> Option<()> {
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
                if matches!(name, "hspace" | "color") {
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
                self.push(match text.trim() {
                    "cis" => Token::Name("cis".into()),
                    _ => Token::Text(text),
                });
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
        } else if compact == "cis" || vocabulary::function(&compact).is_some() {
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
