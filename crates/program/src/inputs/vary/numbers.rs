//! Other numbers: of the same sign and granularity, within what their names allow.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::{Reach, Site};
use crate::chance::Chance;
use crate::value::Value;

pub(super) fn int(
    value: &BigInt,
    site: &Site<'_>,
    reach: Reach,
    chance: &mut Chance,
) -> Option<BigInt> {
    let (low, high) = bounds(value, site);
    if let Some(prime) = another_prime(value, site.name, chance) {
        return within(prime, &low, &high);
    }
    let new = match reach {
        Reach::Near => near(value, chance),
        Reach::Far => {
            let constants: Vec<BigInt> = site.landmarks.iter().filter_map(whole).collect();
            match chance.pick(&constants) {
                Some(constant) if chance.one_in(1, 2) => match chance.one_in(1, 3) {
                    true => constant * 2 + chance.between(1, 9),
                    false => constant + chance.between(-1, 1),
                },
                _ => far(value, chance),
            }
        }
        Reach::Larger(quarters) => {
            let quarters = i64::from(quarters);
            value + (value.abs() * quarters / 4i64).max(BigInt::from(quarters + 1))
        }
    };
    within(new, &low, &high)
}

/// Whether another integer is within the bounds of `old`'s place.
pub(super) fn fits(new: &BigInt, old: &BigInt, site: &Site<'_>) -> bool {
    let (low, high) = bounds(old, site);
    low.is_none_or(|low| *new >= low) && high.is_none_or(|high| *new <= high)
}

fn whole(value: &Value) -> Option<BigInt> {
    match value {
        Value::Int(value) => Some(value.clone()),
        Value::Float(value) => value.round().to_i64().map(BigInt::from),
        _ => None,
    }
}

/// A few units or up to a quarter, in steps of what the number is a multiple of.
fn near(value: &BigInt, chance: &mut Chance) -> BigInt {
    let size = value.abs();
    let divides =
        |unit: u32| size >= BigInt::from(2 * unit) && size.is_multiple_of(&BigInt::from(unit));
    let mut unit = BigInt::one();
    for candidate in [1000u32, 100, 10, 5, 2] {
        if divides(candidate) && chance.one_in(2, 3) {
            unit = candidate.into();
            break;
        }
    }
    let most = (&size / (&unit * 4u32))
        .to_i64()
        .unwrap_or(i64::MAX / 4)
        .max(2);
    let steps = chance.between(1, most) * if chance.one_in(1, 2) { -1 } else { 1 };
    value + unit * steps
}

fn far(value: &BigInt, chance: &mut Chance) -> BigInt {
    let size = value.abs();
    let new = if size < BigInt::from(12) {
        match chance.below(3) {
            0 => BigInt::from(chance.between(0, size.to_i64().unwrap_or(12))),
            1 => size + chance.between(2, 15),
            _ => size * chance.between(2, 9) + chance.between(0, 3),
        }
    } else {
        match chance.below(4) {
            0 => chance.percent_of(&size, 5, 50),
            1 => chance.percent_of(&size, 50, 100),
            2 => chance.percent_of(&size, 110, 300),
            _ => chance.percent_of(&size, 300, 1_000) + 1,
        }
    };
    // What may be negative may be positive as well; the other way round is often not so.
    match value.is_negative() && chance.one_in(3, 4) {
        true => -new,
        false => new,
    }
}

/// Numbers that a name or the number itself sets bounds to.
fn bounds(value: &BigInt, site: &Site<'_>) -> (Option<BigInt>, Option<BigInt>) {
    if let Some((low, high)) = &site.bounds {
        return (Some(low.clone()), Some(high.clone()));
    }
    let (low, high) = match named(site.name, value.to_f64().unwrap_or(f64::INFINITY)) {
        Some((low, high)) => (Some(low.into()), Some(high.into())),
        None => (None, None),
    };
    if low.is_none() && value.is_positive() {
        return (Some(BigInt::one()), high);
    }
    if low.is_none() && value.is_zero() {
        return (Some(BigInt::zero()), high);
    }
    (low, high)
}

/// Bounds that a name sets to a number, if the number keeps them.
fn named(name: &str, value: f64) -> Option<(i64, i64)> {
    let name = name.to_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphabetic()).collect();
    let has = |word: &str| {
        words
            .iter()
            .any(|w| *w == word || w.strip_suffix('s') == Some(word))
    };
    let bounds = if name.contains("percent") || has("pct") {
        (1, 100)
    } else if has("month") && words.last() == Some(&"month") {
        (1, 12)
    } else if words.last() == Some(&"day") {
        (1, 28)
    } else if words.last() == Some(&"hour") {
        (0, 23)
    } else if matches!(words.last(), Some(&"minute" | &"second")) {
        (0, 59)
    } else if has("year") && (1_500.0..2_300.0).contains(&value) {
        (1_600, 2_200)
    } else if has("base") || has("radix") {
        (2, 36)
    } else if words.last() == Some(&"digit") {
        (1, 9)
    } else if has("angle") || has("degree") {
        (1, 179)
    } else {
        return None;
    };
    (bounds.0 as f64 <= value && value <= bounds.1 as f64).then_some(bounds)
}

/// Brings a number inside its bounds by mirroring it at them.
fn within(value: BigInt, low: &Option<BigInt>, high: &Option<BigInt>) -> Option<BigInt> {
    let mut value = value;
    if let Some(low) = low
        && value < *low
    {
        value = low + (low - &value) - 1;
    }
    if let Some(high) = high
        && value > *high
    {
        value = match low {
            Some(low) => {
                let span = high - low + BigInt::one();
                low + (&value - low).mod_floor(&span)
            }
            None => high - (&value - high),
        };
    }
    let fits = low.as_ref().is_none_or(|low| value >= *low)
        && high.as_ref().is_none_or(|high| value <= *high);
    fits.then_some(value)
}

/// A prime stays one where its name says that it matters.
fn another_prime(value: &BigInt, name: &str, chance: &mut Chance) -> Option<BigInt> {
    let name = name.to_lowercase();
    let matters = matches!(name.as_str(), "p" | "q" | "prime" | "mod" | "modulus" | "m")
        || name.ends_with("_prime")
        || name.starts_with("prime_");
    let value = value.to_u64().filter(|v| matters && *v >= 5)?;
    if !is_prime(value) {
        return None;
    }
    if value > 1_000_000 {
        let others = [998_244_353u64, 1_000_000_007, 1_000_000_009, 1_000_003];
        return chance.pick(&others).map(|prime| (*prime).into());
    }
    let start = value.saturating_sub(20).max(3) + chance.below(41) as u64;
    (start..start + 200)
        .find(|&n| n != value && is_prime(n))
        .map(BigInt::from)
}

fn is_prime(value: u64) -> bool {
    value >= 2 && (2..).take_while(|d| d * d <= value).all(|d| value % d != 0)
}

/// A decimal number as an integer of its last places.
pub(super) fn scaled(
    digits: &BigInt,
    places: u32,
    site: &Site<'_>,
    reach: Reach,
    chance: &mut Chance,
) -> Option<BigInt> {
    let one = BigInt::from(10).pow(places);
    let value = digits.to_f64()? / one.to_f64()?;
    let (low, high) = match named(site.name, value) {
        Some((low, high)) => (Some(&one * low), Some(&one * high)),
        // Probabilities, rates and shares.
        None if digits.is_positive() && *digits < one => (Some(BigInt::one()), Some(&one - 1)),
        None if digits.is_positive() => (Some(BigInt::one()), None),
        None if digits.is_zero() => (Some(BigInt::zero()), None),
        None => (None, None),
    };
    let constants: Vec<f64> = site.landmarks.iter().filter_map(Value::number).collect();
    let new = match reach {
        Reach::Far if chance.one_in(1, 2) && !constants.is_empty() => {
            let constant = chance.pick(&constants)? * one.to_f64()?;
            BigInt::from(constant.round().to_i64()?) + chance.between(-1, 1)
        }
        Reach::Near => near(digits, chance),
        Reach::Far => far(digits, chance),
        Reach::Larger(quarters) => digits + digits.abs() * i64::from(quarters) / 4,
    };
    within(new, &low, &high)
}

pub(super) fn float(value: f64, site: &Site<'_>, reach: Reach, chance: &mut Chance) -> Option<f64> {
    if !value.is_finite() {
        return None;
    }
    let text = format!("{value:?}");
    let shown = text
        .split_once('.')
        .map_or(0, |(_, fraction)| match fraction {
            "0" => 0,
            fraction => fraction.len(),
        });
    if text.contains('e') || shown > 9 || value.abs() > 1e12 {
        // Very small, very large, or written to the last bit: by a factor.
        let percent = match reach {
            Reach::Near => chance.between(75, 125),
            Reach::Far => chance.between(10, 900),
            Reach::Larger(quarters) => 100 + 25 * i64::from(quarters),
        };
        let new = value * percent as f64 / 100.0;
        return match value {
            v if v > 0.0 && v < 1.0 => Some(new.min((1.0 + v) / 2.0)),
            _ => Some(new),
        };
    }
    // A number without places gets one now and then, and zero and small shares always do.
    let places = match shown {
        0 if value == 0.0 => 1,
        0 if chance.one_in(1, 3) => 1,
        1 if value.abs() < 1.0 => 2,
        shown => shown,
    };
    let one = 10f64.powi(i32::try_from(places).ok()?);
    let digits = BigInt::from((value * one).round().to_i64()?);
    let new = scaled(&digits, u32::try_from(places).ok()?, site, reach, chance)?;
    Some(new.to_f64()? / one)
}

pub(super) fn fraction(
    value: &BigRational,
    reach: Reach,
    chance: &mut Chance,
) -> Option<BigRational> {
    let site = Site::default();
    let below = match chance.one_in(1, 2) {
        true => value.denom().clone(),
        false => int(value.denom(), &site, reach, chance)?.max(BigInt::from(2)),
    };
    let above = int(value.numer(), &site, reach, chance)?;
    let new = BigRational::new(above, below);
    let share = |v: &BigRational| v.is_positive() && *v < BigRational::one();
    (!share(value) || share(&new)).then_some(new)
}
