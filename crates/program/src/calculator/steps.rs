//! Reads the equations of a solution in words: calculator marks first, plain arithmetic where there is no mark.

use num_rational::BigRational;

use super::expr::{self, Expr, Token};
use crate::quantities::{decimal, number_length};

/// An equation of a solution.
#[derive(Debug, Clone)]
pub(super) struct Equation {
    pub(super) expr: Expr,
    /// What the solution says that it comes to.
    pub(super) stated: BigRational,
    /// Decimals of the stated result.
    pub(super) decimals: u32,
    /// The sentence before the arithmetic and after the result, marks left out: for names.
    pub(super) before: String,
    pub(super) after: String,
    /// Whether it is a calculator mark.
    pub(super) mark: bool,
}

/// Most equations that are read.
const MAX_EQUATIONS: usize = 200;
/// Stands for a mark in the text around it.
const HOLE: char = '\u{1}';

/// The equations of `solution`, in order.
pub(super) fn of(solution: &str) -> Vec<Equation> {
    let mut equations = Vec::new();
    for sentence in sentences(solution) {
        let (text, marks) = without_marks(sentence);
        let mut found: Vec<(usize, Equation)> = Vec::new();
        for (at, mark) in marks {
            found.extend(from_mark(&text, at, mark).map(|e| (at, e)));
        }
        for (at, _) in text.match_indices('=') {
            let rest = text.get(at + 1..).unwrap_or_default();
            let marked = rest.trim_start_matches([' ', '$', '(']).starts_with(HOLE);
            if !marked {
                found.extend(from_text(&text, at).map(|e| (at, e)));
            }
        }
        found.sort_by_key(|(at, _)| *at);
        equations.extend(found.into_iter().map(|(_, e)| e));
        if equations.len() > MAX_EQUATIONS {
            break;
        }
    }
    equations
}

/// Lines, and sentences inside lines.
fn sentences(solution: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in solution.lines() {
        let mut start = 0;
        for (at, _) in line.match_indices(". ") {
            found.extend(line.get(start..=at));
            start = at + 2;
        }
        found.extend(line.get(start..));
    }
    found.retain(|s| !s.trim().is_empty());
    found
}

/// The sentence with each `<<…>>` replaced by one hole, and where the holes are.
fn without_marks(sentence: &str) -> (String, Vec<(usize, &str)>) {
    let mut text = String::with_capacity(sentence.len());
    let mut marks = Vec::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once("<<") {
        let Some((mark, next)) = after.split_once(">>") else {
            break;
        };
        text.push_str(before);
        // A mark without arithmetic (<<6=6>>) says less than the text beside it.
        if mark.contains(|c| expr::operator(c).is_some()) {
            marks.push((text.len(), mark));
            text.push(HOLE);
        }
        rest = next;
    }
    text.push_str(rest);
    (text, marks)
}

fn from_mark(text: &str, at: usize, mark: &str) -> Option<Equation> {
    // Several `=`: the first side is computed, the last is what it comes to. None: the number after the mark says it.
    let left = mark.split('=').next()?;
    let right = mark.rsplit('=').next().filter(|_| mark.contains('='));
    let after = text.get(at + HOLE.len_utf8()..)?;
    let (stated, decimals) = match right {
        Some(right) => result(right).or_else(|| result(after))?,
        None => result(after)?,
    };
    let expr = expr::parse(&expr::tokens(left)?)?;
    let (before, after) = around(text, at, at + HOLE.len_utf8());
    Some(Equation {
        expr,
        stated,
        decimals,
        before,
        after,
        mark: true,
    })
}

/// Reads the arithmetic that ends at the `=` at byte `at`, units left out.
fn from_text(text: &str, at: usize) -> Option<Equation> {
    let left = text.get(..at)?;
    let left = left.rsplit(['=', ';', ':', HOLE]).next()?;
    let right = text.get(at + 1..)?;
    let (stated, decimals) = result(right)?;
    let percent = right
        .trim_start()
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
        .starts_with('%');
    // 40% + 20% = 60%, 0.2 * 100% = 20%: the signs cancel out.
    let plain = left.replace('%', " ");
    let same = |(expr, _): &(Expr, usize)| expr.exact(&|_| None).as_ref() == Some(&stated);
    let cancelled = if percent {
        longest_suffix(&plain).filter(same)
    } else {
        None
    };
    let (expr, length) = cancelled.or_else(|| longest_suffix(left))?;
    if expr.operations() == 0 {
        return None;
    }
    let start = at.checked_sub(length)?;
    let value = expr.exact(&|_| None)?;
    let hundred = BigRational::from_integer(100.into());
    let expr = if percent && value != stated && &value * &hundred == stated {
        Expr::Binary(
            expr::Op::Mul,
            Box::new(expr),
            Box::new(Expr::Number(hundred)),
        )
    } else if expr::round(&value, decimals) == stated
        || value.ceil() == stated
        || value.floor() == stated
    {
        expr
    } else {
        return None;
    };
    let (before, after) = around(text, start, at + 1);
    Some(Equation {
        expr,
        stated,
        decimals,
        before,
        after,
        mark: false,
    })
}

/// The number that `text` begins with (after `$`, spaces and a sign), and its decimals.
fn result(text: &str) -> Option<(BigRational, u32)> {
    let text = text.trim_start_matches([' ', '$']);
    let (negative, text) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest.trim_start_matches([' ', '$'])),
        None => (false, text),
    };
    let length = number_length(text)?;
    let number = text.get(..length)?;
    let value = decimal(number)?;
    let decimals = number
        .split_once('.')
        .map_or(0, |(_, d)| d.trim_end_matches('0').len());
    Some((
        if negative { -value } else { value },
        u32::try_from(decimals).ok()?,
    ))
}

/// The longest arithmetic at the end of `left` once words (units) are left out, and how many bytes it spans.
fn longest_suffix(left: &str) -> Option<(Expr, usize)> {
    let lexed = lex(left);
    let mut best = None;
    for from in (0..lexed.len()).rev() {
        let tail = lexed.get(from..)?;
        let tokens: Vec<Token> = tail.iter().map(|(_, token)| token.clone()).collect();
        if let Some(expr) = expr::parse(&tokens) {
            best = tail.first().map(|(start, _)| (expr, left.len() - start));
        }
    }
    best
}

/// Numbers and operators of a text with their places; words are left out, `x` between two numbers multiplies.
fn lex(text: &str) -> Vec<(usize, Token)> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut last_word = false;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(c) = rest.chars().next() else { break };
        let start = at;
        if let Some(length) = number_length(rest) {
            at += length;
            last_word = false;
            if let Some(value) = rest.get(..length).and_then(decimal) {
                found.push((start, Token::Number(value)));
            }
            continue;
        }
        if c.is_alphabetic() {
            let length: usize = rest
                .chars()
                .take_while(|c| c.is_alphabetic() || *c == '\'' || *c == '’')
                .map(char::len_utf8)
                .sum();
            at += length;
            let times = matches!(rest.get(..length), Some("x" | "X"));
            let digit_next = rest.get(length..).is_some_and(|r| {
                r.trim_start_matches([' ', '$', '('])
                    .starts_with(|c: char| c.is_ascii_digit() || c == '.')
            });
            if times
                && digit_next
                && matches!(
                    found.last(),
                    Some((_, Token::Number(_) | Token::Close | Token::Percent))
                )
            {
                found.push((start, Token::Op(expr::Op::Mul)));
            } else {
                last_word = true;
            }
            continue;
        }
        at += c.len_utf8();
        let token = match c {
            '(' | '[' => Some(Token::Open),
            ')' | ']' => Some(Token::Close),
            '%' => Some(Token::Percent),
            // A slash between words is "per" ($12/craft), a hyphen glued to words is one word.
            '/' | '-'
                if last_word
                    && rest
                        .get(1..)
                        .is_some_and(|r| r.starts_with(char::is_alphabetic)) =>
            {
                None
            }
            '/' if rest
                .get(1..)
                .is_some_and(|r| r.starts_with(char::is_alphabetic)) =>
            {
                None
            }
            '-' if rest
                .get(1..)
                .is_some_and(|r| r.starts_with(char::is_alphabetic)) =>
            {
                None
            }
            _ => expr::operator(c).map(Token::Op),
        };
        if let Some(token) = token {
            last_word = false;
            found.push((start, token));
        }
        if found.len() > 120 {
            found.remove(0);
        }
    }
    found
}

/// Words before byte `start` and after byte `end`, holes left out.
fn around(text: &str, start: usize, end: usize) -> (String, String) {
    let clean = |part: Option<&str>| part.unwrap_or_default().replace(HOLE, " ");
    (clean(text.get(..start)), clean(text.get(end..)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(solution: &str) -> Vec<String> {
        of(solution)
            .iter()
            .map(|e| {
                format!(
                    "{} = {}",
                    e.expr.print(&|_| String::new()),
                    expr::number(&e.stated)
                )
            })
            .collect()
    }

    #[test]
    fn marks_are_read() {
        assert_eq!(
            shown("He has 48/2 = <<48/2=24>>24 clips.\nThen $<<24+48=72.00>>72.00."),
            ["48 / 2 = 24", "24 + 48 = 72"]
        );
        assert_eq!(
            shown("It is <<3*4>>12 and <<2+3=5=5>>5."),
            ["3 * 4 = 12", "2 + 3 = 5"]
        );
    }

    #[test]
    fn plain_arithmetic_is_read_where_there_is_no_mark() {
        assert_eq!(
            shown("In 5 days he walks 3 miles x 5 = 15 miles"),
            ["3 * 5 = 15"]
        );
        assert_eq!(
            shown("2450 cases + 1500 cases = 3950 cases"),
            ["2450 + 1500 = 3950"]
        );
        assert_eq!(
            shown("So 60% * 40% = 24%"),
            ["60 / 100 * (40 / 100) * 100 = 24"]
        );
        assert_eq!(shown("3 crafts * $12/craft = $36"), ["3 * 12 = 36"]);
        assert!(shown("3x = 120 and x = 40, but 2 + 2 = 5").is_empty());
        assert_eq!(shown("$40 − $4 = $36 more"), ["40 - 4 = 36"]);
    }

    #[test]
    fn words_around_are_kept_for_names() {
        let found = of("So he paid 20*5.5=$<<20*5.5=110>>110 for beef");
        assert_eq!(found[0].before, "So he paid 20*5.5=$");
        assert_eq!(found[0].after, "110 for beef");
    }
}
