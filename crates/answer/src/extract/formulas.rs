//! Formulas in a text: `$…$`, `$$…$$`, `\(…\)`, `\[…\]`, `\begin{…}…\end{…}`.

/// A formula's place: with its delimiters, and its inside (an environment is its own inside).
#[derive(Clone, Copy)]
pub(super) struct Formula {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) inside: (usize, usize),
}

/// The formulas of a text from left to right; nested delimiters belong to the outer one.
pub(super) struct Formulas<'a> {
    text: &'a str,
    at: usize,
    /// Kinds of delimiter that do not close in what is left, so that they are not searched for again.
    absent: [bool; 4],
}

/// The longest name of an environment, in bytes.
const MAX_NAME: usize = 20;
const ROUND: usize = 0;
const SQUARE: usize = 1;
const DISPLAY: usize = 2;
const ENVIRONMENT: usize = 3;

impl<'a> Formulas<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            absent: [false; 4],
        }
    }

    /// Whether an opening delimiter was passed that does not close: known once all formulas have been taken.
    pub(super) fn is_cut(&self) -> bool {
        self.absent.contains(&true)
    }

    /// The formula that a delimiter of `length` bytes at `start` opens, up to `closer`.
    fn closed(
        &mut self,
        kind: usize,
        start: usize,
        length: usize,
        closer: &str,
    ) -> Option<Formula> {
        if self.absent.get(kind) == Some(&true) {
            return None;
        }
        let inside = start + length;
        match self.text.get(inside..).and_then(|rest| rest.find(closer)) {
            Some(found) => {
                let close = inside + found;
                let end = close + closer.len();
                let inside = if kind == ENVIRONMENT {
                    (start, end)
                } else {
                    (inside, close)
                };
                Some(Formula { start, end, inside })
            }
            None => {
                if let Some(absent) = self.absent.get_mut(kind) {
                    *absent = true;
                }
                None
            }
        }
    }

    /// The formula between two single dollars, if what is between them is no prose: `$5 and pay $` is money.
    fn dollars(&self, start: usize) -> Option<Formula> {
        let rest = self.text.get(start + 1..)?;
        let mut from = 0;
        let length = loop {
            let found = from + rest.get(from..)?.find('$')?;
            if found == 0 || rest.as_bytes().get(found - 1) != Some(&b'\\') {
                break found;
            }
            from = found + 1;
        };
        let inside = rest.get(..length)?;
        let behind = rest.as_bytes().get(length + 1);
        let is_money = inside.starts_with(|c: char| c.is_ascii_digit())
            && (behind.is_some_and(u8::is_ascii_digit) || is_prose(inside));
        (!inside.trim().is_empty() && !inside.contains("\n\n") && !is_money).then_some(Formula {
            start,
            end: start + length + 2,
            inside: (start + 1, start + 1 + length),
        })
    }
}

impl Iterator for Formulas<'_> {
    type Item = Formula;

    fn next(&mut self) -> Option<Formula> {
        let bytes = self.text.as_bytes();
        loop {
            let rest = bytes.get(self.at..)?;
            let start = self.at + rest.iter().position(|byte| matches!(byte, b'\\' | b'$'))?;
            let here = self.text.get(start..)?;
            let found = if here.starts_with("$$") {
                self.at = start + 2;
                self.closed(DISPLAY, start, 2, "$$")
            } else if here.starts_with('$') {
                self.at = start + 1;
                self.dollars(start)
            } else if here.starts_with(r"\(") {
                self.at = start + 2;
                self.closed(ROUND, start, 2, r"\)")
            } else if here.starts_with(r"\[") {
                self.at = start + 2;
                self.closed(SQUARE, start, 2, r"\]")
            } else if let Some(rest) = here.strip_prefix(r"\begin{") {
                self.at = start + 7;
                match rest.bytes().take(MAX_NAME).position(|byte| byte == b'}') {
                    Some(length) => {
                        let name = rest.get(..length).unwrap_or_default();
                        let closer = format!("\\end{{{name}}}");
                        self.closed(ENVIRONMENT, start, 7 + length + 1, &closer)
                    }
                    None => None,
                }
            } else {
                // A backslash covers the next character.
                self.at = start + 1 + here.chars().nth(1).map_or(0, char::len_utf8);
                None
            };
            if let Some(formula) = found {
                self.at = formula.end;
                return Some(formula);
            }
        }
    }
}

/// Whether a text between dollars is prose: two words in a row, without any command.
fn is_prose(text: &str) -> bool {
    let mut words = 0;
    if text.contains('\\') {
        return false;
    }
    for piece in text.split_whitespace() {
        let is_word = piece.len() >= 2 && piece.chars().all(char::is_alphabetic);
        words = if is_word { words + 1 } else { 0 };
        if words == 2 {
            return true;
        }
    }
    false
}
