//! Numbers as people and programs write them.

use num_bigint::BigInt;

use crate::node::Number;
use crate::rational::Rational;

/// Largest exponent of ten that a written number may have.
const MAX_EXPONENT: i64 = 5_000;

/// A number at the start of a text.
pub(super) struct Written {
    pub(super) number: Number,
    pub(super) length: usize,
    pub(super) point: bool,
    /// Commas without LaTeX dressing were taken for thousands separators.
    pub(super) joined: bool,
}

fn digits(bytes: &[u8], from: usize) -> usize {
    bytes
        .get(from..)
        .unwrap_or_default()
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count()
}

/// The length of a thousands separator at the start of a text, and whether it is a bare comma.
fn separator(text: &str, commas: bool, spaces: bool) -> Option<(usize, bool)> {
    for mark in [
        r"{,}\!", r"{,}", r",\! ", r",\!", r", \! ", r", \!", r",\\!", r"\,", r"\ ", r"\;", "~",
        "\u{2009}", "\u{202f}", "\u{a0}", "'", "’",
    ] {
        if text.starts_with(mark) && (mark.contains(',') && mark != r"\," || spaces) {
            return Some((mark.len(), false));
        }
    }
    if commas && text.starts_with(',') {
        return Some((1, true));
    }
    (spaces && text.starts_with(' ')).then_some((1, false))
}

/// Reads the number at the start of `text`. `commas` says whether `1,234` is one number, `spaces` whether `1 234` is.
pub(super) fn read(text: &str, commas: bool, spaces: bool) -> Option<Written> {
    let bytes = text.as_bytes();
    let first = digits(bytes, 0);
    let mut whole: String = text.get(..first)?.to_owned();
    let mut at = first;
    let mut joined = false;
    // Groups of exactly three digits behind one to three.
    if (1..=3).contains(&first) && !whole.starts_with('0') {
        while let Some((length, bare)) = separator(text.get(at..)?, commas, spaces) {
            if digits(bytes, at + length) != 3 {
                break;
            }
            whole.push_str(text.get(at + length..at + length + 3)?);
            at += length + 3;
            joined |= bare;
        }
    }
    while bytes.get(at) == Some(&b'_')
        && digits(bytes, at + 1) > 0
        && first > 0
        && digits(bytes, at + 1) == 3
    {
        whole.push_str(text.get(at + 1..at + 4)?);
        at += 4;
    }
    let mut fraction = "";
    let mut point = false;
    if bytes.get(at) == Some(&b'.') {
        let behind = digits(bytes, at + 1);
        let ends = bytes
            .get(at + 1)
            .is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'.');
        if behind > 0 || first > 0 && ends {
            point = true;
            fraction = text.get(at + 1..at + 1 + behind)?;
            at += 1 + behind;
        }
    }
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut exponent = 0i64;
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let count = digits(bytes, at + 1 + sign);
        if count > 0 {
            exponent = text.get(at + 1..at + 1 + sign + count)?.parse().ok()?;
            if exponent.abs() > MAX_EXPONENT {
                return None;
            }
            at += 1 + sign + count;
            point = true;
        }
    }
    let behind = i64::try_from(fraction.len()).ok()?;
    let significant = match whole.trim_start_matches('0') {
        "" => fraction.trim_start_matches('0').len(),
        rest => rest.len() + fraction.len(),
    };
    let all = format!("{whole}{fraction}");
    let value = scaled(&all, exponent - behind)?;
    Some(Written {
        number: Number {
            value,
            digits: if point {
                u32::try_from(significant.max(1)).ok()?
            } else {
                0
            },
            decimals: if point {
                i32::try_from(behind - exponent).ok()?
            } else {
                0
            },
        },
        length: at,
        point,
        joined,
    })
}

/// `0.1666…`: the number of digits that go on as they began. The tail has to show one digit or a block of up to five at
/// least three times, or a longer block twice; nothing else says how it goes on.
pub(super) fn going_on(written: &str) -> Option<Rational> {
    let (whole, fraction) = written.split_once('.')?;
    let bytes = fraction.as_bytes();
    (bytes.len() <= 60 && bytes.iter().all(u8::is_ascii_digit)).then_some(())?;
    let block = (1..=bytes.len() / 2).find(|length| {
        let times = if *length > 5 { 2 } else { 3 };
        bytes.len() >= length * times
            && bytes
                .iter()
                .rev()
                .zip(bytes.iter().rev().skip(*length))
                .take(length * (times - 1))
                .all(|(a, b)| a == b)
    })?;
    recurring(
        whole,
        fraction.get(..bytes.len() - block)?,
        fraction.get(bytes.len() - block..)?,
    )
}

/// `0.(3)` at the start of a text, and its length.
pub(super) fn bracketed(text: &str) -> Option<(Rational, usize)> {
    let bytes = text.as_bytes();
    let whole = digits(bytes, 0);
    if whole > 40 || bytes.get(whole) != Some(&b'.') || bytes.get(whole + 1) != Some(&b'(') {
        return None;
    }
    let block = digits(bytes, whole + 2);
    let end = whole + 2 + block;
    if !(1..=40).contains(&block) || bytes.get(end) != Some(&b')') {
        return None;
    }
    let value = recurring(text.get(..whole)?, "", text.get(whole + 2..end)?)?;
    Some((value, end + 1))
}

/// whole.fixed with a block of digits that recurs without end.
pub(super) fn recurring(whole: &str, fixed: &str, block: &str) -> Option<Rational> {
    let behind = i64::try_from(fixed.len()).ok()?;
    let start = scaled(&format!("0{whole}{fixed}"), -behind)?;
    let nines = BigInt::from(10).pow(u32::try_from(block.len()).ok()?) - 1;
    let below = nines * BigInt::from(10).pow(u32::try_from(behind).ok()?);
    let tail = num_rational::BigRational::new(block.parse().ok()?, below);
    Some(Rational::from_big(start.big() + tail))
}

/// The length of the dots that say that digits go on.
pub(super) fn dots(text: &str) -> Option<usize> {
    ["...", r"\ldots", r"\dots", r"\cdots", "…"]
        .iter()
        .find(|dots| text.starts_with(**dots))
        .map(|dots| dots.len())
}

/// digits · 10^exponent.
pub(crate) fn scaled(digits: &str, exponent: i64) -> Option<Rational> {
    if let (Ok(value), -18..=18) = (digits.parse::<i64>(), exponent) {
        let ten = 10i128.pow(u32::try_from(exponent.abs()).ok()?);
        return if exponent < 0 {
            Rational::ratio(value.into(), ten)
        } else {
            Rational::ratio(i128::from(value) * ten, 1)
        };
    }
    let value: BigInt = digits.parse().ok()?;
    let ten = BigInt::from(10).pow(u32::try_from(exponent.abs()).ok()?);
    Some(if exponent < 0 {
        Rational::from_big(num_rational::BigRational::new(value, ten))
    } else {
        Rational::from_int(value * ten)
    })
}
