//! Splits a text into numbers, words and signs, with their places.

use num_rational::BigRational;

use super::decimal;

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// Digits, with separators, decimals and exponent.
    Number(BigRational),
    /// A run of letters, in lower case.
    Word(String),
    /// Any other visible character.
    Sign(char),
}

/// A token and the bytes of the text that it spans.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The tokens of `text`.
pub(super) fn of(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let start = at;
        let rest = text.get(at..).unwrap_or_default();
        if let Some(length) = number_length(rest) {
            at += length;
            match decimal(text.get(start..at).unwrap_or_default()) {
                Some(value) => tokens.push(Token {
                    kind: Kind::Number(value),
                    start,
                    end: at,
                }),
                None => tokens.push(Token {
                    kind: Kind::Sign('#'),
                    start,
                    end: at,
                }),
            }
        } else if c.is_alphabetic() {
            let length: usize = rest
                .chars()
                .take_while(|c| c.is_alphabetic())
                .map(char::len_utf8)
                .sum();
            at += length;
            let word = text.get(start..at).unwrap_or_default().to_lowercase();
            tokens.push(Token {
                kind: Kind::Word(word),
                start,
                end: at,
            });
        } else {
            at += c.len_utf8();
            if !c.is_whitespace() {
                tokens.push(Token {
                    kind: Kind::Sign(c),
                    start,
                    end: at,
                });
            }
        }
    }
    tokens
}

/// Length in bytes of the number that `text` begins with.
pub(crate) fn number_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes
            .iter()
            .skip(from)
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let mut length = digits(0);
    if length == 0 {
        if bytes.first() != Some(&b'.') || digits(1) == 0 {
            return None;
        }
        return Some(1 + digits(1));
    }
    // Thousands groups: a comma and exactly three digits.
    if length <= 3 {
        while bytes.get(length) == Some(&b',') && digits(length + 1) == 3 {
            length += 4;
        }
    }
    if bytes.get(length) == Some(&b'.') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(length + 1 + sign);
        let ends = !bytes
            .get(length + 1 + sign + exponent)
            .is_some_and(u8::is_ascii_alphabetic);
        if (1..=3).contains(&exponent) && ends {
            length += 1 + sign + exponent;
        }
    }
    Some(length)
}
