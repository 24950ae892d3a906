//! Values of expressions: exact where they are rational, in complex floats otherwise.

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_rational::BigRational;
use num_traits::{One as _, Signed as _, ToPrimitive as _, Zero as _};

use super::complex::Complex;
use super::node::{Function, Node};

/// Largest numerator or denominator kept, in bits; what grows beyond is not exact any more.
const MAX_BITS: u64 = 20_000;
/// Largest factorial and binomial computed.
const MAX_FACTORIAL: u32 = 500;

/// The exact value of an expression of rational numbers.
pub(crate) fn exact(node: &Node) -> Option<BigRational> {
    let value = match node {
        Node::Number { value, .. } => value.clone(),
        Node::Negative(inner) => -exact(inner)?,
        Node::Add(a, b) => exact(a)? + exact(b)?,
        Node::Multiply(a, b) => exact(a)? * exact(b)?,
        Node::Divide(a, b) => {
            let below = exact(b)?;
            if below.is_zero() {
                return None;
            }
            exact(a)? / below
        }
        Node::Power(a, b) => power(&exact(a)?, &exact(b)?)?,
        Node::Call(function, arguments) => call(*function, arguments)?,
        Node::Pi | Node::E | Node::I | Node::Infinity | Node::Name(_) => return None,
    };
    (value.numer().bits() <= MAX_BITS && value.denom().bits() <= MAX_BITS).then_some(value)
}

fn power(base: &BigRational, exponent: &BigRational) -> Option<BigRational> {
    let numerator = exponent.numer().to_i32()?;
    let degree = exponent.denom().to_u32()?;
    let root = if degree == 1 {
        base.clone()
    } else {
        root(base, degree)?
    };
    let bits = root.numer().bits().max(root.denom().bits());
    if bits * u64::from(numerator.unsigned_abs()) > MAX_BITS || (root.is_zero() && numerator < 0) {
        return None;
    }
    Some(root.pow(numerator))
}

/// The root where it is rational.
fn root(value: &BigRational, degree: u32) -> Option<BigRational> {
    if degree == 0 || degree > 64 || value.is_negative() {
        return None;
    }
    let whole = |number: &BigInt| {
        let root = number.nth_root(degree);
        (root.pow(degree) == *number).then_some(root)
    };
    Some(BigRational::new(
        whole(value.numer())?,
        whole(value.denom())?,
    ))
}

fn call(function: Function, arguments: &[Node]) -> Option<BigRational> {
    let values: Vec<BigRational> = arguments.iter().map(exact).collect::<Option<_>>()?;
    let whole = |value: &BigRational| value.is_integer().then(|| value.to_integer());
    match (function, values.as_slice()) {
        (Function::Sqrt, [value]) => root(value, 2),
        (Function::Root, [value, degree]) => root(value, whole(degree)?.to_u32()?),
        (Function::Abs, [value]) => Some(value.abs()),
        (Function::Floor, [value]) => Some(value.floor()),
        (Function::Ceil, [value]) => Some(value.ceil()),
        (Function::Max, values) => values.iter().max().cloned(),
        (Function::Min, values) => values.iter().min().cloned(),
        (Function::Gcd, [a, b]) => Some(BigRational::from_integer(whole(a)?.gcd(&whole(b)?))),
        (Function::Factorial, [value]) => {
            factorial(whole(value)?.to_u32()?).map(BigRational::from_integer)
        }
        (Function::Binomial, [n, k]) => {
            let (n, k) = (whole(n)?.to_u32()?, whole(k)?.to_u32()?);
            if k > n {
                return Some(BigRational::zero());
            }
            Some(BigRational::new(
                factorial(n)?,
                factorial(k)? * factorial(n - k)?,
            ))
        }
        (Function::Log, [value, base]) => logarithm(value, base),
        (Function::Log, [value]) if value.is_one() => Some(BigRational::zero()),
        (Function::Exp, [value]) if value.is_zero() => Some(BigRational::one()),
        _ => None,
    }
}

fn factorial(n: u32) -> Option<BigInt> {
    (n <= MAX_FACTORIAL).then(|| (1..=n).fold(BigInt::one(), |product, k| product * k))
}

/// A whole logarithm.
fn logarithm(value: &BigRational, base: &BigRational) -> Option<BigRational> {
    if *base <= BigRational::one() || !value.is_positive() {
        return None;
    }
    let (mut power, mut count) = (BigRational::one(), 0i64);
    let upwards = *value >= BigRational::one();
    while count.abs() < 2_000 {
        if power == *value {
            return Some(BigRational::from_integer(count.into()));
        }
        if upwards && power > *value || !upwards && power < *value {
            return None;
        }
        power = if upwards { power * base } else { power / base };
        count += if upwards { 1 } else { -1 };
    }
    None
}

/// The value in floats; `names` gives the value of each free name.
pub(crate) fn float(node: &Node, names: &dyn Fn(&str) -> f64) -> Option<Complex> {
    let value = match node {
        Node::Number { value, .. } => Complex::real(value.to_f64()?),
        Node::Pi => Complex::real(std::f64::consts::PI),
        Node::E => Complex::real(std::f64::consts::E),
        Node::I => Complex { re: 0.0, im: 1.0 },
        Node::Infinity => return None,
        Node::Name(name) => Complex::real(names(name)),
        Node::Negative(inner) => float(inner, names)?.neg(),
        Node::Add(a, b) => float(a, names)?.add(float(b, names)?),
        Node::Multiply(a, b) => float(a, names)?.mul(float(b, names)?),
        Node::Divide(a, b) => float(a, names)?.div(float(b, names)?),
        Node::Power(a, b) => float(a, names)?.pow(float(b, names)?),
        Node::Call(function, arguments) => {
            let values: Vec<Complex> = arguments
                .iter()
                .map(|a| float(a, names))
                .collect::<Option<_>>()?;
            call_float(*function, &values)?
        }
    };
    value.is_finite().then_some(value)
}

fn call_float(function: Function, values: &[Complex]) -> Option<Complex> {
    let one = Complex::real(1.0);
    let real = |value: &Complex| (value.im == 0.0).then_some(value.re);
    Some(match (function, values) {
        (Function::Sqrt, [x]) => x.sqrt(),
        (Function::Root, [x, degree]) => match (real(x), real(degree)) {
            (Some(x), Some(3.0)) => Complex::real(x.cbrt()),
            _ => x.pow(one.div(*degree)),
        },
        (Function::Log, [x]) => x.ln(),
        (Function::Log, [x, base]) => x.ln().div(base.ln()),
        (Function::Exp, [x]) => x.exp(),
        (Function::Sin, [x]) => x.sin(),
        (Function::Cos, [x]) => x.cos(),
        (Function::Tan, [x]) => x.sin().div(x.cos()),
        (Function::Cot, [x]) => x.cos().div(x.sin()),
        (Function::Sec, [x]) => one.div(x.cos()),
        (Function::Csc, [x]) => one.div(x.sin()),
        (Function::Asin, [x]) => Complex::real(real(x)?.asin()),
        (Function::Acos, [x]) => Complex::real(real(x)?.acos()),
        (Function::Atan, [x]) => Complex::real(real(x)?.atan()),
        (Function::Sinh, [x]) => Complex::real(real(x)?.sinh()),
        (Function::Cosh, [x]) => Complex::real(real(x)?.cosh()),
        (Function::Tanh, [x]) => Complex::real(real(x)?.tanh()),
        (Function::Abs, [x]) => Complex::real(x.abs()),
        (Function::Floor, [x]) => Complex::real(real(x)?.floor()),
        (Function::Ceil, [x]) => Complex::real(real(x)?.ceil()),
        (Function::Max, [a, b]) => Complex::real(real(a)?.max(real(b)?)),
        (Function::Min, [a, b]) => Complex::real(real(a)?.min(real(b)?)),
        (Function::Factorial, [x]) => Complex::real(gamma(real(x)? + 1.0)?),
        _ => return None,
    })
}

/// The gamma function for positive arguments (Lanczos, 9 terms, g = 7), to about 15 digits.
fn gamma(x: f64) -> Option<f64> {
    const FIRST: f64 = 0.999_999_999_999_809_9;
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x <= 0.0 {
        return None;
    }
    let x = x - 1.0;
    let (mut sum, mut below) = (FIRST, x);
    for term in TERMS {
        below += 1.0;
        sum += term / below;
    }
    let t = x + 7.5;
    Some((std::f64::consts::TAU).sqrt() * t.powf(x + 0.5) * (-t).exp() * sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::parse;

    fn value(text: &str) -> Option<String> {
        exact(&parse(text)?).map(|v| v.to_string())
    }

    #[test]
    fn rational_values_are_exact() {
        for (text, expected) in [
            ("1/2+1/3", "5/6"),
            (r"\sqrt{16/9}", "4/3"),
            ("2^10", "1024"),
            ("8^(2/3)", "4"),
            ("5!", "120"),
            (r"\binom{5}{2}", "10"),
            ("log(8, 2)", "3"),
            ("|3-5|", "2"),
            ("2^-2", "1/4"),
            ("-2^2", "-4"),
            ("1 1/2", "3/2"),
            (r"2\frac{1}{2}", "5/2"),
            ("gcd(12, 18)", "6"),
            ("2.5e2", "250"),
        ] {
            assert_eq!(value(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "1/0",
            "0^-1",
            "sqrt(2)",
            "2^99999999",
            "9^9^9^9",
            "999!",
            "x",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    #[test]
    fn irrational_values_are_floats() {
        let v = |text: &str| float(&parse(text).unwrap(), &|_| 2.0).unwrap();
        assert!((v("pi").re - std::f64::consts::PI).abs() < 1e-15);
        assert!((v("e^{i pi}").re + 1.0).abs() < 1e-12);
        assert!((v("sqrt(-4)").im - 2.0).abs() < 1e-12);
        assert!((v("x^2").re - 4.0).abs() < 1e-12);
        assert!((v("(x+2)!").re - 24.0).abs() < 1e-10);
    }
}
