//! Tokens of a cleaned expression.

use num_bigint::BigInt;
use num_rational::BigRational;

/// Most tokens of one expression, and most digits of one number.
const MAX_TOKENS: usize = 1_000;
const MAX_DIGITS: usize = 2_000;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Number {
        value: BigRational,
        digits: u32,
        decimals: u32,
        text: String,
    },
    /// A run of letters, or a LaTeX command with its backslash.
    Word(String),
    Sign(char),
}

/// A token and whether a space stood before it.
pub(crate) type Spaced = (Token, bool);

/// Splits a cleaned text; `None` where it is too long or holds a sign that no expression has.
pub(crate) fn tokens(text: &str) -> Option<Vec<Spaced>> {
    let mut found: Vec<Spaced> = Vec::new();
    let mut rest = text;
    let mut space = false;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        if c.is_whitespace() {
            space = true;
            rest = rest.get(taken..)?;
            continue;
        }
        let token = if c.is_ascii_digit()
            || (c == '.' && rest.get(1..)?.starts_with(|d: char| d.is_ascii_digit()))
        {
            let (token, length) = number(rest)?;
            taken = length;
            token
        } else if c.is_alphabetic() {
            taken = rest
                .chars()
                .take_while(|c| c.is_alphabetic())
                .map(char::len_utf8)
                .sum();
            Token::Word(rest.get(..taken)?.to_owned())
        } else if c == '\\' {
            taken = 1 + rest
                .get(1..)?
                .bytes()
                .take_while(u8::is_ascii_alphabetic)
                .count();
            Token::Word(rest.get(..taken)?.to_owned())
        } else if rest.starts_with("**") {
            taken = 2;
            Token::Sign('^')
        } else if "+-*/^!(){}[]|,_%".contains(c) {
            Token::Sign(c)
        } else {
            return None;
        };
        found.push((token, space));
        space = false;
        rest = rest.get(taken..)?;
        if found.len() > MAX_TOKENS {
            return None;
        }
    }
    Some(found)
}

/// A number at the start of `text` and its length in bytes.
fn number(text: &str) -> Option<(Token, usize)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes
            .iter()
            .skip(from)
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let mut length = digits(0);
    let whole = length;
    let mut decimals = 0;
    if bytes.get(length) == Some(&b'.') {
        decimals = digits(length + 1);
        length += 1 + decimals;
    }
    let mantissa = text.get(..length)?;
    let mut exponent = 0i32;
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let count = digits(length + 1 + sign);
        let ends = !bytes
            .get(length + 1 + sign + count)
            .is_some_and(u8::is_ascii_alphabetic);
        if (1..=3).contains(&count) && ends {
            exponent = text
                .get(length + 1..length + 1 + sign + count)?
                .trim_start_matches('+')
                .parse()
                .ok()?;
            length += 1 + sign + count;
        }
    }
    if whole + decimals > MAX_DIGITS {
        return None;
    }
    let all: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let scale = exponent - i32::try_from(decimals).ok()?;
    let power = BigInt::from(10).pow(scale.unsigned_abs());
    let integer = BigRational::from_integer(all.parse().ok()?);
    let value = if scale < 0 {
        integer / power
    } else {
        integer * power
    };
    let significant = all.trim_start_matches('0').len();
    let token = Token::Number {
        value,
        digits: u32::try_from(significant).ok()?,
        decimals: u32::try_from(decimals).ok()?,
        text: mantissa.to_owned(),
    };
    Some((token, length))
}
