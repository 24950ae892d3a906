//! Two plain numbers or simple fractions, compared without a tree: most pairs are no more than that.

use super::compare::numbers;
use super::node::Number;
use super::rational::Rational;
use super::{Policy, Verdict};

/// Digits that are read here; longer numbers go the long way.
const MAX_DIGITS: usize = 15;

/// A number, and whether bare commas were taken for thousands separators.
struct Simple {
    number: Number,
    joined: bool,
}

/// The verdict on two texts that are both plain numbers; `None` where one is anything else.
pub(crate) fn compare(a: &str, b: &str, policy: &Policy) -> Option<Verdict> {
    let (x, y) = (read(a.as_bytes())?, read(b.as_bytes())?);
    let verdict = numbers(&x.number, &y.number, policy);
    // 1,234 may also be a list.
    if (x.joined || y.joined) && !verdict.is_equal() {
        return None;
    }
    Some(verdict)
}

fn read(text: &[u8]) -> Option<Simple> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let signed = |value: Rational| if negative { value.neg() } else { value };
    if let Some(rest) = strip(text, b"\\") {
        let rest = strip(rest, b"frac")
            .or_else(|| strip(rest, b"dfrac"))
            .or_else(|| strip(rest, b"tfrac"))?;
        let (above, rest) = argument(rest)?;
        let (below, rest) = argument(rest)?;
        if !rest.is_empty() {
            return None;
        }
        return Some(Simple {
            number: Number::exact(signed(Rational::ratio(above.into(), below.into())?)),
            joined: false,
        });
    }
    let (value, length, digits, decimals, joined) = decimal(text)?;
    match text.get(length..) {
        Some([]) => Some(Simple {
            number: Number {
                value: signed(value),
                digits,
                decimals,
            },
            joined,
        }),
        Some([b'/', rest @ ..]) if digits == 0 && !joined => {
            let (below, rest) = integer(rest)?;
            if !rest.is_empty() {
                return None;
            }
            let above = value.small()?;
            Some(Simple {
                number: Number::exact(signed(Rational::ratio(above.into(), below.into())?)),
                joined: false,
            })
        }
        _ => None,
    }
}

fn strip<'t>(text: &'t [u8], prefix: &[u8]) -> Option<&'t [u8]> {
    text.strip_prefix(prefix)
}

/// Digits at the start, as a number.
fn integer(text: &[u8]) -> Option<(i64, &[u8])> {
    let length = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if length == 0 || length > MAX_DIGITS {
        return None;
    }
    let (digits, rest) = text.split_at(length);
    Some((
        digits.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0')),
        rest,
    ))
}

/// `{12}`, `{-12}` or one digit.
fn argument(text: &[u8]) -> Option<(i64, &[u8])> {
    match text {
        [b'{', b'-', rest @ ..] => match integer(rest)? {
            (value, [b'}', rest @ ..]) => Some((-value, rest)),
            _ => None,
        },
        [b'{', rest @ ..] => match integer(rest)? {
            (value, [b'}', rest @ ..]) => Some((value, rest)),
            _ => None,
        },
        [digit @ b'0'..=b'9', rest @ ..] => Some((i64::from(digit - b'0'), rest)),
        _ => None,
    }
}

/// A decimal at the start: its value, its length, its significant digits, those behind the point, and whether it has commas.
fn decimal(text: &[u8]) -> Option<(Rational, usize, u32, i32, bool)> {
    let mut at = 0;
    let mut value: i64 = 0;
    let mut seen = 0usize;
    let mut joined = false;
    let first = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let digit = |at: usize| text.get(at).filter(|b| b.is_ascii_digit());
    loop {
        while let Some(b) = digit(at) {
            value = value * 10 + i64::from(b - b'0');
            seen += 1;
            at += 1;
            if seen > MAX_DIGITS {
                return None;
            }
        }
        // A comma, or LaTeX's way to write one, and exactly three digits.
        let mark = match text.get(at..) {
            Some([b',', b'\\', b'!', ..]) => 3,
            Some([b',', ..]) => 1,
            _ => break,
        };
        let three =
            (0..3).all(|i| digit(at + mark + i).is_some()) && digit(at + mark + 3).is_none();
        if !three || !(1..=3).contains(&first) || text.first() == Some(&b'0') {
            return None;
        }
        joined |= mark == 1;
        at += mark;
    }
    if text.get(at) != Some(&b'.') {
        return (seen > 0).then_some((Rational::integer(value), at, 0, 0, joined));
    }
    at += 1;
    let mut decimals = 0;
    while let Some(b) = digit(at) {
        value = value * 10 + i64::from(b - b'0');
        seen += 1;
        decimals += 1;
        at += 1;
        if seen > MAX_DIGITS + 2 {
            return None;
        }
    }
    if decimals == 0 {
        return None;
    }
    // Leading zeros are not significant.
    let zeros = text
        .iter()
        .filter(|b| b.is_ascii_digit())
        .take_while(|b| **b == b'0')
        .count();
    let significant = u32::try_from(seen.saturating_sub(zeros).max(1)).ok()?;
    let value = Rational::ratio(value.into(), 10i128.pow(decimals))?;
    Some((
        value,
        at,
        significant,
        i32::try_from(decimals).ok()?,
        joined,
    ))
}
