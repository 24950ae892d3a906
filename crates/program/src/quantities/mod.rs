//! Numbers in a text, and whether a problem carries every quantity of a program's input.
//!
//! What counts as a mention: digits (`48`, `1,250.5`, `.5`, `1e3`, `20th`, `5k`), fractions (`3/4`, `1 1/2`, `½`,
//! `\frac{3}{4}`), percents, cents, number words (`twenty-five`, `three hundred and five`, `a dozen`, `5 million`),
//! fraction words (`half`, `two-thirds`), ordinals (`first`), and multiples (`twice`, `double`, `triple`, `threefold`).

mod covers;
mod substitute;
mod text;
mod tokens;
mod words;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};

pub use covers::covers;
pub use substitute::{NotTold, substitute};
pub use text::{Mention, mentions};
pub(crate) use tokens::number_length;

/// Most digits of a number that is read as one; longer runs are passed over.
const MAX_DIGITS: usize = 1_000;

/// The numbers that `text` mentions, in order; a compound (`two dozen`, `3/4`) gives its whole first, then its parts.
#[must_use]
pub fn in_text(text: &str) -> Vec<BigRational> {
    mentions(text)
        .into_iter()
        .map(|mention| mention.value)
        .collect()
}

/// Reads `48`, `1,250.5`, `.5`, `-3` or `2.5e3` exactly.
///
/// Commas are taken for thousands separators wherever they stand. `None` for anything else, for more than 1000 digits
/// and for exponents beyond ±400.
#[must_use]
pub fn decimal(text: &str) -> Option<BigRational> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = whole
        .chars()
        .filter(|&c| c != ',')
        .chain(fraction.chars())
        .collect();
    if digits.is_empty()
        || digits.len() > MAX_DIGITS
        || exponent.abs() > 400
        || !digits.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let scale = exponent - i32::try_from(fraction.len()).ok()?;
    let power = BigInt::from(10).pow(scale.unsigned_abs());
    let number = BigRational::from_integer(digits.parse().ok()?);
    let number = if scale < 0 {
        number / power
    } else {
        number * power
    };
    Some(if negative { -number } else { number })
}

fn integer(value: u64) -> BigRational {
    BigRational::from_integer(BigInt::from(value))
}

fn ratio(numerator: &BigRational, denominator: &BigRational) -> Option<BigRational> {
    (!denominator.is_zero()).then(|| numerator / denominator)
}

fn is_one(value: &BigRational) -> bool {
    value.is_one()
}

#[cfg(test)]
mod tests;
