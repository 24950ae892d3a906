//! Refuses hostile sources before the parser sees them.
//!
//! The parser and everything that walks its tree recurse over nesting, so nesting is bounded here by one linear scan:
//! a bound on brackets, on indents, and on the operators that can pile up in one expression (`1+1+1+…` is a tree as deep
//! as it is long).

use crate::parse::SyntaxProblem;

/// Largest source accepted, in bytes.
pub const MAX_SOURCE_BYTES: usize = 64 * 1024;
/// Deepest nesting of brackets accepted.
pub const MAX_NESTING: usize = 150;
/// Most nested indents accepted (CPython's own limit).
pub const MAX_INDENTS: usize = 100;
/// Most operators, words and brackets that one expression may pile up between two commas.
const MAX_PILED: usize = 800;
/// The same over a whole source that holds f-strings, whose insides the scan does not follow.
const MAX_PILED_WITH_FSTRINGS: usize = 4_000;

/// Checks size and nesting of `source`.
pub(crate) fn check(source: &str) -> Result<(), SyntaxProblem> {
    if source.len() > MAX_SOURCE_BYTES {
        return Err(SyntaxProblem::new(
            1,
            format!(
                "{} bytes of source; at most {MAX_SOURCE_BYTES} are parsed",
                source.len()
            ),
        ));
    }
    let mut scan = Scan {
        bytes: source.as_bytes(),
        at: 0,
        line: 1,
        open: Vec::new(),
        piled: vec![0],
        total: 0,
        fstrings: false,
    };
    scan.run()
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    /// Closing brackets that are still owed.
    open: Vec<u8>,
    /// Tokens seen since the last comma, one counter for each open bracket and one for the line itself.
    piled: Vec<usize>,
    total: usize,
    fstrings: bool,
}

impl Scan<'_> {
    fn run(&mut self) -> Result<(), SyntaxProblem> {
        let mut indents: Vec<usize> = Vec::new();
        let mut line_start = true;
        while let Some(&byte) = self.bytes.get(self.at) {
            if line_start {
                line_start = false;
                self.indent(&mut indents)?;
                continue;
            }
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.at += 1;
                    if self.open.is_empty() {
                        self.piled = vec![0];
                        line_start = true;
                    }
                }
                b'#' => {
                    while self.bytes.get(self.at).is_some_and(|&b| b != b'\n') {
                        self.at += 1;
                    }
                }
                b'\\' => {
                    // A joined line goes on counting.
                    if self.bytes.get(self.at + 1) == Some(&b'\n') {
                        self.line += 1;
                    }
                    self.at += 2;
                }
                b'"' | b'\'' => self.string(byte),
                b'(' | b'[' | b'{' => self.open(byte)?,
                b')' | b']' | b'}' => self.close(byte)?,
                b',' => {
                    if let Some(top) = self.piled.last_mut() {
                        *top = 0;
                    }
                    self.at += 1;
                }
                b';' if self.open.is_empty() => {
                    self.piled = vec![0];
                    self.at += 1;
                }
                b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | 128.. => self.word()?,
                b' ' | b'\t' | b'\r' => self.at += 1,
                _ => {
                    self.at += 1;
                    self.pile()?;
                }
            }
        }
        self.bounded()?;
        match self.open.last() {
            Some(&owed) if !self.fstrings => {
                Err(self.problem(format!("`{}` is missing at the end", char::from(owed))))
            }
            _ => Ok(()),
        }
    }

    fn problem(&self, message: impl Into<String>) -> SyntaxProblem {
        SyntaxProblem::new(self.line, message)
    }

    fn indent(&mut self, indents: &mut Vec<usize>) -> Result<(), SyntaxProblem> {
        let from = self.at;
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\x0c')) {
            self.at += 1;
        }
        if matches!(self.bytes.get(self.at), None | Some(b'\n' | b'\r' | b'#')) {
            return Ok(());
        }
        let width = self.at - from;
        while indents.last().is_some_and(|&held| held >= width) {
            indents.pop();
        }
        if width > 0 {
            indents.push(width);
        }
        if indents.len() > MAX_INDENTS {
            return Err(self.problem(format!("more than {MAX_INDENTS} nested indents")));
        }
        Ok(())
    }

    fn pile(&mut self) -> Result<(), SyntaxProblem> {
        if let Some(top) = self.piled.last_mut() {
            *top += 1;
        }
        self.total += 1;
        self.bounded()
    }

    fn bounded(&self) -> Result<(), SyntaxProblem> {
        let piled: usize = self.piled.iter().sum();
        if piled > MAX_PILED || (self.fstrings && self.total > MAX_PILED_WITH_FSTRINGS) {
            return Err(self.problem("an expression too long to be parsed safely"));
        }
        Ok(())
    }

    fn open(&mut self, byte: u8) -> Result<(), SyntaxProblem> {
        self.at += 1;
        self.pile()?;
        self.open.push(match byte {
            b'(' => b')',
            b'[' => b']',
            _ => b'}',
        });
        self.piled.push(0);
        if self.open.len() > MAX_NESTING {
            return Err(self.problem(format!("more than {MAX_NESTING} nested brackets")));
        }
        Ok(())
    }

    fn close(&mut self, byte: u8) -> Result<(), SyntaxProblem> {
        self.at += 1;
        match self.open.pop() {
            Some(owed) if owed == byte => {
                self.piled.pop();
                Ok(())
            }
            // The naive end of an f-string may lie inside a field; the parser decides then.
            _ if self.fstrings => {
                if self.piled.len() > 1 {
                    self.piled.pop();
                }
                Ok(())
            }
            _ => Err(self.problem(format!("unmatched `{}`", char::from(byte)))),
        }
    }

    fn word(&mut self) -> Result<(), SyntaxProblem> {
        let from = self.at;
        while self
            .bytes
            .get(self.at)
            .is_some_and(|&b| b == b'_' || b.is_ascii_alphanumeric() || b >= 128)
        {
            self.at += 1;
        }
        let quoted = matches!(self.bytes.get(self.at), Some(b'"' | b'\''));
        let short = self.bytes.get(from..self.at).unwrap_or_default();
        if quoted
            && short.len() <= 2
            && short.iter().any(|b| matches!(b, b'f' | b'F' | b't' | b'T'))
        {
            // Until here no string was an f-string, so the scan was in step with the parser until here.
            self.fstrings = true;
        }
        self.pile()
    }

    /// Skips a string literal; its insides are counted (not followed) once f-strings are about.
    fn string(&mut self, quote: u8) {
        let triple = self.bytes.get(self.at + 1) == Some(&quote)
            && self.bytes.get(self.at + 2) == Some(&quote);
        self.at += if triple { 3 } else { 1 };
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => {
                    if self.bytes.get(self.at + 1) == Some(&b'\n') {
                        self.line += 1;
                    }
                    self.at += 2;
                    continue;
                }
                b'\n' if !triple => return,
                b'\n' => self.line += 1,
                _ if byte == quote => {
                    let closes = !triple
                        || (self.bytes.get(self.at + 1) == Some(&quote)
                            && self.bytes.get(self.at + 2) == Some(&quote));
                    if closes {
                        self.at += if triple { 3 } else { 1 };
                        return;
                    }
                }
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {}
                _ if self.fstrings => self.total += 1,
                _ => {}
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_programs_pass() {
        let data = (0..5_000)
            .map(|i| format!("-{i}"))
            .collect::<Vec<_>>()
            .join(", ");
        assert!(check(&format!("x = [{data}]\n")).is_ok());
        assert!(
            check("def f(a):\n    return f\"{a:.2f} and {a['k']}\"\n# ((((\ns = '(('\n").is_ok()
        );
    }

    #[test]
    fn what_is_just_accepted_is_walked_without_harm() {
        for deep in [
            format!("x = {}1{}\n", "(".repeat(149), ")".repeat(149)),
            format!("x = {}1\n", "1+".repeat(390)),
            format!("x = a{}\n", ".b".repeat(390)),
            format!("x = f'{{{}1}}'\n", "1+".repeat(1_900)),
            format!("x = f'{{{}1}}'\n", "-".repeat(1_900)),
            (0..99)
                .map(|i| format!("{}if x:\n", " ".repeat(i)))
                .collect::<String>()
                + &" ".repeat(99)
                + "y\n",
        ] {
            crate::facts(&deep).unwrap();
            let _ = (crate::normal_form(&deep), crate::structure(&deep));
        }
    }

    #[test]
    fn hostile_depth_is_refused() {
        for hostile in [
            "(".repeat(60_000),
            format!("x = {}1{}", "(".repeat(200), ")".repeat(200)),
            format!("x = {}1", "-".repeat(60_000)),
            format!("x = {}1", "1+".repeat(30_000)),
            format!("x = a{}", ".b".repeat(30_000)),
            format!("x = a{}", "()".repeat(30_000)),
            format!("x = {}1", "not ".repeat(15_000)),
            format!("x = {}1", "lambda:".repeat(9_000)),
            format!("x = f'{{{}1'", "-".repeat(50_000)),
            format!("x = f'{{'a'{}'}}'", "-".repeat(50_000)),
            format!("{}x", "f'{".repeat(20_000)),
            (0..300)
                .map(|i| format!("{}if x:\n", " ".repeat(i)))
                .collect::<String>(),
            "x".repeat(MAX_SOURCE_BYTES + 1),
        ] {
            assert!(
                crate::facts(&hostile).is_err(),
                "accepted {}…",
                &hostile[..20]
            );
        }
    }
}
