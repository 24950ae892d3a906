//! Units of one kind: 5 m is 500 cm.
//!
//! Factors are exact by definition: the international yard and pound, the US gallon of 231 cubic inches, the acre of 43,560
//! square feet. Left out are units that depend on what is measured (a ton, a fluid ounce) or on where one starts to count
//! (°C), months and years against days, and symbols whose case matters (mW and MW), since case is folded.

use crate::node::{Node, Number};
use crate::rational::Rational;

/// Exponents of metre, gram, second, cent, kelvin, mole, ampere, month.
type Dimension = [i32; 8];

const LENGTH: Dimension = [1, 0, 0, 0, 0, 0, 0, 0];
const AREA: Dimension = [2, 0, 0, 0, 0, 0, 0, 0];
const VOLUME: Dimension = [3, 0, 0, 0, 0, 0, 0, 0];
const MASS: Dimension = [0, 1, 0, 0, 0, 0, 0, 0];
const TIME: Dimension = [0, 0, 1, 0, 0, 0, 0, 0];
const MONEY: Dimension = [0, 0, 0, 1, 0, 0, 0, 0];
const SPEED: Dimension = [1, 0, -1, 0, 0, 0, 0, 0];
const FREQUENCY: Dimension = [0, 0, -1, 0, 0, 0, 0, 0];
const FORCE: Dimension = [1, 1, -2, 0, 0, 0, 0, 0];
const PRESSURE: Dimension = [-1, 1, -2, 0, 0, 0, 0, 0];
const ENERGY: Dimension = [2, 1, -2, 0, 0, 0, 0, 0];
const POWER: Dimension = [2, 1, -3, 0, 0, 0, 0, 0];
const TEMPERATURE: Dimension = [0, 0, 0, 0, 1, 0, 0, 0];
const AMOUNT: Dimension = [0, 0, 0, 0, 0, 1, 0, 0];
const CHARGE: Dimension = [0, 0, 1, 0, 0, 0, 1, 0];

const CALENDAR: Dimension = [0, 0, 0, 0, 0, 0, 0, 1];

/// A unit in metres, grams, seconds and so on: a ratio and its dimension.
fn unit(word: &str) -> Option<(i64, i64, Dimension)> {
    Some(match word {
        "pm" => (1, 1_000_000_000_000, LENGTH),
        "nm" => (1, 1_000_000_000, LENGTH),
        "mm" => (1, 1_000, LENGTH),
        "cm" => (1, 100, LENGTH),
        "dm" => (1, 10, LENGTH),
        "m" => (1, 1, LENGTH),
        "km" => (1_000, 1, LENGTH),
        "in" => (254, 10_000, LENGTH),
        "ft" => (3_048, 10_000, LENGTH),
        "yd" => (9_144, 10_000, LENGTH),
        "mile" => (1_609_344, 1_000, LENGTH),
        "hectare" => (10_000, 1, AREA),
        "acre" => (40_468_564_224, 10_000_000, AREA),
        "ml" => (1, 1_000_000, VOLUME),
        "cl" => (1, 100_000, VOLUME),
        "dl" => (1, 10_000, VOLUME),
        "liter" => (1, 1_000, VOLUME),
        "gallon" | "gal" => (3_785_411_784, 1_000_000_000_000, VOLUME),
        "quart" => (946_352_946, 1_000_000_000_000, VOLUME),
        "pint" => (473_176_473, 1_000_000_000_000, VOLUME),
        "mg" => (1, 1_000, MASS),
        "g" => (1, 1, MASS),
        "kg" => (1_000, 1, MASS),
        "lb" => (45_359_237, 100_000, MASS),
        "oz" => (45_359_237, 1_600_000, MASS),
        "ns" => (1, 1_000_000_000, TIME),
        "ms" | "millisecond" => (1, 1_000, TIME),
        "second" => (1, 1, TIME),
        "minute" => (60, 1, TIME),
        "hour" => (3_600, 1, TIME),
        "day" => (86_400, 1, TIME),
        "week" => (604_800, 1, TIME),
        "month" => (1, 1, CALENDAR),
        "year" => (12, 1, CALENDAR),
        "cent" => (1, 1, MONEY),
        "$" => (100, 1, MONEY),
        "mph" => (44_704, 100_000, SPEED),
        "kph" | "kmh" => (1_000, 3_600, SPEED),
        "fps" => (3_048, 10_000, SPEED),
        "hz" | "hertz" => (1, 1, FREQUENCY),
        "khz" => (1_000, 1, FREQUENCY),
        "ghz" => (1_000_000_000, 1, FREQUENCY),
        "newton" => (1_000, 1, FORCE),
        "kn" => (1_000_000, 1, FORCE),
        "pa" => (1_000, 1, PRESSURE),
        "kpa" => (1_000_000, 1, PRESSURE),
        "atm" => (101_325_000, 1, PRESSURE),
        "joule" => (1_000, 1, ENERGY),
        "kj" => (1_000_000, 1, ENERGY),
        "kwh" => (3_600_000_000, 1, ENERGY),
        "watt" => (1_000, 1, POWER),
        "kw" => (1_000_000, 1, POWER),
        "kelvin" => (1, 1, TEMPERATURE),
        "mol" | "mole" => (1, 1, AMOUNT),
        "ampere" => (1, 1, [0, 0, 0, 0, 0, 0, 1, 0]),
        "coulomb" => (1, 1, CHARGE),
        _ => return None,
    })
}

/// A folded unit as a factor to the base units of its dimension; `None` where a part of it is no unit of that kind.
fn base(unit_text: &str) -> Option<(Rational, Dimension)> {
    let mut factor = num_rational::BigRational::from_integer(1.into());
    let mut dimension = [0; 8];
    let mut below = false;
    let mut words = unit_text.split(' ').peekable();
    let mut found = false;
    while let Some(word) = words.next() {
        if word == "/" {
            below = true;
            continue;
        }
        let (above, under, exponents) = unit(word)?;
        found = true;
        let power: i32 = match words.peek().and_then(|next| next.strip_prefix('^')) {
            Some(power) => {
                words.next();
                power
                    .parse()
                    .ok()
                    .filter(|p: &i32| (-4..=4).contains(p) && *p != 0)?
            }
            None => 1,
        };
        let power = if below { -power } else { power };
        let one = num_rational::BigRational::new(above.into(), under.into());
        for _ in 0..power.abs() {
            factor = if power > 0 {
                factor * &one
            } else {
                factor / &one
            };
        }
        for (sum, exponent) in dimension.iter_mut().zip(exponents) {
            *sum += exponent * power;
        }
    }
    found.then(|| (Rational::from_big(factor), dimension))
}

/// How two different units are related.
pub(super) enum Related {
    /// Of one kind: the factors by which both values become values of the same unit.
    Kind(Node, Node),
    /// Units of different kinds.
    Apart,
    /// Days against months: it depends on which.
    Calendar,
    /// At least one is not known.
    Unknown,
}

pub(super) fn related(a: &str, b: &str) -> Related {
    match (base(a), base(b)) {
        (Some((x, d)), Some((y, e))) if d == e => Related::Kind(
            Node::Number(Number::exact(x)),
            Node::Number(Number::exact(y)),
        ),
        (Some((_, d)), Some((_, e))) => match d.last() == e.last() {
            true => Related::Apart,
            false => Related::Calendar,
        },
        _ => Related::Unknown,
    }
}

/// The number of units `to` that one unit `from` is, where both are of one kind.
pub(crate) fn conversion(from: &str, to: &str) -> Option<Rational> {
    let ((x, d), (y, e)) = (base(from)?, base(to)?);
    (d == e).then(|| Rational::from_big(x.big() / y.big()))
}
