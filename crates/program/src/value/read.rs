//! Reads values from expressions that are plain: literals, and what can be told without running anything.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use ruff_python_ast::{Expr, ExprCall, Number, Operator, UnaryOp};
use ruff_text_size::Ranged;

use super::{MAX_DEPTH, Value};
use crate::quantities;

/// Largest integer that a constant expression may come to, in bits.
const MAX_BITS: u64 = 4_096;

/// The value of `expr`, or what keeps it from being plain.
pub(crate) fn read(expr: &Expr, source: &str) -> Result<Value, String> {
    Reader { source }.value(expr, 0)
}

struct Reader<'a> {
    source: &'a str,
}

impl Reader<'_> {
    fn text(&self, item: &impl Ranged) -> &str {
        let range = item.range();
        self.source
            .get(range.start().to_usize()..range.end().to_usize())
            .unwrap_or_default()
    }

    fn computed<T>(&self, expr: &Expr) -> Result<T, String> {
        let text: String = self.text(expr).chars().take(40).collect();
        Err(format!("`{text}` is computed"))
    }

    fn all(&self, items: &[Expr], depth: usize) -> Result<Vec<Value>, String> {
        items
            .iter()
            .map(|item| self.value(item, depth + 1))
            .collect()
    }

    fn value(&self, expr: &Expr, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH}"));
        }
        Ok(match expr {
            Expr::NoneLiteral(_) => Value::None,
            Expr::BooleanLiteral(literal) => Value::Bool(literal.value),
            Expr::StringLiteral(literal) => Value::Text(literal.value.to_str().to_owned()),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(value) => match value.as_u64() {
                    Some(small) => Value::Int(small.into()),
                    None => match big(&value.to_string()) {
                        Some(value) => Value::Int(value),
                        None => return self.computed(expr),
                    },
                },
                Number::Float(value) => Value::Float(*value),
                Number::Complex { .. } => return self.computed(expr),
            },
            Expr::UnaryOp(unary) => match (unary.op, self.value(&unary.operand, depth + 1)?) {
                (UnaryOp::USub, Value::Int(value)) => Value::Int(-value),
                (UnaryOp::USub, Value::Float(value)) => Value::Float(-value),
                (UnaryOp::UAdd, value @ (Value::Int(_) | Value::Float(_))) => value,
                (UnaryOp::Not, Value::Bool(value)) => Value::Bool(!value),
                _ => return self.computed(expr),
            },
            Expr::BinOp(binary) => {
                let left = self.value(&binary.left, depth + 1)?;
                let right = self.value(&binary.right, depth + 1)?;
                match folded(&left, binary.op, &right) {
                    Some(value) => value,
                    None => return self.computed(expr),
                }
            }
            Expr::List(list) => Value::List(self.all(&list.elts, depth)?),
            Expr::Tuple(tuple) => Value::Tuple(self.all(&tuple.elts, depth)?),
            Expr::Set(set) => Value::Set(self.all(&set.elts, depth)?),
            Expr::Dict(dict) => {
                let mut items = Vec::with_capacity(dict.items.len());
                for item in &dict.items {
                    let Some(key) = &item.key else {
                        return self.computed(expr);
                    };
                    items.push((
                        self.value(key, depth + 1)?,
                        self.value(&item.value, depth + 1)?,
                    ));
                }
                Value::Dict(items)
            }
            Expr::Call(call) => match self.made(call, depth) {
                Some(value) => value,
                None => return self.computed(expr),
            },
            _ => return self.computed(expr),
        })
    }

    /// `Fraction(1, 3)`, `Decimal("1.50")`, `date(2024, 5, 1)`, `set()`, `float("inf")`, and the same with a module's name.
    fn made(&self, call: &ExprCall, depth: usize) -> Option<Value> {
        if !call.arguments.keywords.is_empty() {
            return None;
        }
        let class = self.text(call.func.as_ref());
        let arguments = self.all(&call.arguments.args, depth).ok()?;
        match (class.rsplit('.').next()?, arguments.as_slice()) {
            ("Fraction", [Value::Int(value)]) => Some(Value::Fraction(
                BigRational::from_integer(value.clone()),
                class.to_owned(),
            )),
            ("Fraction", [Value::Int(above), Value::Int(below)]) if !below.is_zero() => {
                Some(Value::Fraction(
                    BigRational::new(above.clone(), below.clone()),
                    class.to_owned(),
                ))
            }
            ("Fraction", [Value::Text(text)]) => {
                Some(Value::Fraction(ratio(text)?, class.to_owned()))
            }
            ("Decimal", [Value::Int(value)]) => {
                Some(Value::Decimal(value.clone(), 0, class.to_owned()))
            }
            ("Decimal", [Value::Text(text)]) => {
                let (digits, places) = digits(text)?;
                Some(Value::Decimal(digits, places, class.to_owned()))
            }
            ("date", [Value::Int(year), Value::Int(month), Value::Int(day)]) => Some(Value::Date(
                year.to_i32()?,
                month.to_u8()?,
                day.to_u8()?,
                class.to_owned(),
            )),
            ("set", []) => Some(Value::Set(Vec::new())),
            ("set", [value]) => Some(Value::Set(value.items()?.to_vec())),
            ("list", [value]) => Some(Value::List(value.items()?.to_vec())),
            ("tuple", [value]) => Some(Value::Tuple(value.items()?.to_vec())),
            _ => None,
        }
    }
}

/// `1/3`, `2` or `0.5` as an exact number.
pub(crate) fn ratio(text: &str) -> Option<BigRational> {
    match text.split_once('/') {
        None => quantities::decimal(text).filter(|_| !text.contains(',')),
        Some((above, below)) => {
            let (above, below) = (big(above.trim())?, big(below.trim())?);
            (!below.is_zero()).then(|| BigRational::new(above, below))
        }
    }
}

/// A decimal without exponent as its digits and how many of them stand behind the point.
pub(crate) fn digits(text: &str) -> Option<(BigInt, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let unsigned = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if unsigned.len() + fraction.len() == 0
        || unsigned.len() + fraction.len() > 400
        || !plain(unsigned)
        || !plain(fraction)
    {
        return None;
    }
    Some((
        big(&format!("{whole}{fraction}"))?,
        u32::try_from(fraction.len()).ok()?,
    ))
}

/// Reads an integer as Python writes it, in any base.
fn big(text: &str) -> Option<BigInt> {
    let text: String = text.chars().filter(|&c| c != '_').collect();
    if text.len() > 2_000 {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = lower.strip_prefix(prefix) {
            return BigInt::parse_bytes(digits.as_bytes(), base);
        }
    }
    text.parse().ok()
}

/// What two plain numbers come to.
pub(crate) fn folded(left: &Value, op: Operator, right: &Value) -> Option<Value> {
    if let (Value::Int(left), Value::Int(right)) = (left, right) {
        return integers(left, op, right);
    }
    let (left, right) = (left.number()?, right.number()?);
    let value = match op {
        Operator::Add => left + right,
        Operator::Sub => left - right,
        Operator::Mult => left * right,
        Operator::Div if right != 0.0 => left / right,
        Operator::FloorDiv if right != 0.0 => (left / right).floor(),
        Operator::Mod if right != 0.0 => left - right * (left / right).floor(),
        Operator::Pow if left > 0.0 => left.powf(right),
        _ => return None,
    };
    value.is_finite().then_some(Value::Float(value))
}

fn integers(left: &BigInt, op: Operator, right: &BigInt) -> Option<Value> {
    let value = match op {
        Operator::Add => left + right,
        Operator::Sub => left - right,
        Operator::Mult => left * right,
        Operator::Div if !right.is_zero() => {
            let value = left.to_f64()? / right.to_f64()?;
            return value.is_finite().then_some(Value::Float(value));
        }
        Operator::FloorDiv if !right.is_zero() => floor_division(left, right),
        Operator::Mod if !right.is_zero() => left - right * floor_division(left, right),
        Operator::Pow if !right.is_negative() => {
            let power = right.to_u32()?;
            if left.bits() * u64::from(power) > MAX_BITS {
                return None;
            }
            left.pow(power)
        }
        _ => return None,
    };
    (value.bits() <= MAX_BITS).then_some(Value::Int(value))
}

/// Rounded towards minus infinity, as in Python.
fn floor_division(left: &BigInt, right: &BigInt) -> BigInt {
    let quotient = left / right;
    let exact = &quotient * right == *left;
    if !exact && (left.is_negative() != right.is_negative()) {
        quotient - 1
    } else {
        quotient
    }
}
