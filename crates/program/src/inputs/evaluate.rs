//! Evaluates a program's conditions over values of its input, as far as that can be done without running anything: what is
//! not understood is unknown.

use std::cell::Cell;
use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};
use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCall, UnaryOp};

use super::hints::Names;
use crate::value::{Value, folded, read};

/// Deepest nesting that is followed, definitions of names included.
const MAX_DEPTH: usize = 24;
/// Most nodes that one condition may take.
const MAX_STEPS: usize = 4_000;

/// Evaluates expressions over an input.
pub(crate) struct Evaluator<'a> {
    names: &'a Names,
    value: &'a dyn Fn(&str) -> Option<Value>,
    steps: Cell<usize>,
}

/// The variables of comprehensions, innermost last.
type Scope<'s> = &'s [(String, Value)];

impl<'a> Evaluator<'a> {
    /// `value` gives the value of a key.
    pub(crate) fn new(names: &'a Names, value: &'a dyn Fn(&str) -> Option<Value>) -> Self {
        Self {
            names,
            value,
            steps: Cell::new(0),
        }
    }

    /// Whether a condition holds; `None` where that is unknown.
    pub(crate) fn truth(&self, test: &Expr) -> Option<bool> {
        self.steps.set(0);
        self.eval(test, &[], 0).map(|value| value.truth())
    }

    /// Which way a condition goes (0 or 1), or which argument a `min` or `max` takes.
    pub(crate) fn choice(&self, test: &Expr) -> Option<usize> {
        if let Expr::Call(call) = test {
            self.steps.set(0);
            let largest = matches!(call.func.as_ref(), Expr::Name(name) if name.id == "max");
            let arguments: Option<Vec<Value>> = call
                .arguments
                .args
                .iter()
                .map(|argument| self.eval(argument, &[], 0))
                .collect();
            let arguments = match arguments?.as_slice() {
                [one] => one.items()?.to_vec(),
                more => more.to_vec(),
            };
            return extreme(&arguments, largest).map(|(at, _)| at);
        }
        self.truth(test).map(usize::from)
    }

    fn eval(&self, expr: &Expr, scope: Scope<'_>, depth: usize) -> Option<Value> {
        self.steps.set(self.steps.get() + 1);
        if depth > MAX_DEPTH || self.steps.get() > MAX_STEPS {
            return None;
        }
        let next = |expr: &Expr| self.eval(expr, scope, depth + 1);
        match expr {
            Expr::Name(name) => {
                let name = name.id.as_str();
                if let Some((_, value)) = scope.iter().rev().find(|(known, _)| known == name) {
                    return Some(value.clone());
                }
                if let Some(key) = self.names.keys.get(name) {
                    return (self.value)(key);
                }
                self.eval(self.names.definitions.get(name)?, &[], depth + 1)
            }
            Expr::UnaryOp(unary) => {
                let value = next(&unary.operand)?;
                match (unary.op, value) {
                    (UnaryOp::Not, value) => Some(Value::Bool(!value.truth())),
                    (UnaryOp::USub, Value::Int(value)) => Some(Value::Int(-value)),
                    (UnaryOp::USub, Value::Float(value)) => Some(Value::Float(-value)),
                    _ => None,
                }
            }
            Expr::BinOp(binary) => folded(&next(&binary.left)?, binary.op, &next(&binary.right)?),
            Expr::BoolOp(both) => {
                // Unknown parts matter only where the known ones do not decide.
                let stops = both.op == BoolOp::Or;
                let mut unknown = false;
                for part in &both.values {
                    match next(part) {
                        Some(value) if value.truth() == stops => return Some(Value::Bool(stops)),
                        Some(_) => {}
                        None => unknown = true,
                    }
                }
                (!unknown).then_some(Value::Bool(!stops))
            }
            Expr::Compare(compare) => {
                let mut left = next(&compare.left)?;
                for (op, right) in compare.ops.iter().zip(&compare.comparators) {
                    let right = next(right)?;
                    if !compared(&left, *op, &right)? {
                        return Some(Value::Bool(false));
                    }
                    left = right;
                }
                Some(Value::Bool(true))
            }
            Expr::If(choice) => match next(&choice.test)?.truth() {
                true => next(&choice.body),
                false => next(&choice.orelse),
            },
            Expr::Subscript(subscript) => {
                if let Some(key) = self.names.key_of(expr) {
                    return (self.value)(key);
                }
                item(&next(&subscript.value)?, &next(&subscript.slice)?)
            }
            Expr::List(list) => list
                .elts
                .iter()
                .map(next)
                .collect::<Option<_>>()
                .map(Value::List),
            Expr::Tuple(tuple) => tuple
                .elts
                .iter()
                .map(next)
                .collect::<Option<_>>()
                .map(Value::Tuple),
            Expr::Set(set) => set
                .elts
                .iter()
                .map(next)
                .collect::<Option<_>>()
                .map(Value::Set),
            Expr::Call(call) => match self.names.key_of(expr).filter(|_| !conversion(call)) {
                Some(key) => (self.value)(key),
                None => self.call(call, scope, depth),
            },
            literal => read(literal, "").ok(),
        }
    }

    fn call(&self, call: &ExprCall, scope: Scope<'_>, depth: usize) -> Option<Value> {
        let Expr::Name(function) = call.func.as_ref() else {
            return None;
        };
        let function = function.id.as_str();
        if !call.arguments.keywords.is_empty() {
            return None;
        }
        if let ("any" | "all" | "sum", [Expr::Generator(each)]) =
            (function, call.arguments.args.as_ref())
        {
            return self.each(function, each, scope, depth);
        }
        if function == "isinstance" {
            // Variants keep the types of the original.
            return None;
        }
        let arguments: Vec<Value> = call
            .arguments
            .args
            .iter()
            .map(|argument| self.eval(argument, scope, depth + 1))
            .collect::<Option<_>>()?;
        match (function, arguments.as_slice()) {
            ("len", [value]) => Some(Value::from(i64::try_from(value.length()?).ok()?)),
            ("abs", [Value::Int(value)]) => Some(Value::Int(value.abs())),
            ("abs", [Value::Float(value)]) => Some(Value::Float(value.abs())),
            ("int", [Value::Int(value)]) => Some(Value::Int(value.clone())),
            ("int", [Value::Float(value)]) => Some(Value::from(value.trunc().to_i64()?)),
            ("int", [Value::Text(text)]) => text.trim().parse().ok().map(Value::Int),
            ("float", [value]) => value.number().map(Value::Float),
            ("set", [value]) => {
                let mut items: Vec<Value> = Vec::new();
                for item in value.items()? {
                    if !items.contains(item) {
                        items.push(item.clone());
                    }
                }
                Some(Value::Set(items))
            }
            ("sorted", [value]) => {
                let mut items = value.items()?.to_vec();
                let mut comparable = true;
                items.sort_by(|a, b| {
                    ordering(a, b).unwrap_or_else(|| {
                        comparable = false;
                        Ordering::Equal
                    })
                });
                comparable.then_some(Value::List(items))
            }
            ("list" | "tuple", [value]) => Some(Value::List(value.items()?.to_vec())),
            ("sum", [value]) => total(value.items()?),
            ("any", [value]) => Some(Value::Bool(value.items()?.iter().any(Value::truth))),
            ("all", [value]) => Some(Value::Bool(value.items()?.iter().all(Value::truth))),
            ("min" | "max", [value]) => extreme(value.items()?, function == "max").map(|(_, v)| v),
            ("min" | "max", values @ [_, _, ..]) => {
                extreme(values, function == "max").map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// `any(test for name in items)` and the like, with one plain loop.
    fn each(
        &self,
        function: &str,
        each: &ruff_python_ast::ExprGenerator,
        scope: Scope<'_>,
        depth: usize,
    ) -> Option<Value> {
        let [generator] = each.generators.as_slice() else {
            return None;
        };
        let Expr::Name(name) = &generator.target else {
            return None;
        };
        let over = self.eval(&generator.iter, scope, depth + 1)?;
        let over = match &over {
            Value::Text(text) => text.chars().map(|c| Value::Text(c.into())).collect(),
            Value::Dict(items) => items.iter().map(|(key, _)| key.clone()).collect(),
            _ => over.items()?.to_vec(),
        };
        let mut results = Vec::new();
        for item in over {
            let mut inner = scope.to_vec();
            inner.push((name.id.to_string(), item));
            let mut taken = true;
            for test in &generator.ifs {
                taken &= self.eval(test, &inner, depth + 1)?.truth();
            }
            if taken {
                results.push(self.eval(&each.elt, &inner, depth + 1)?);
            }
        }
        match function {
            "any" => Some(Value::Bool(results.iter().any(Value::truth))),
            "all" => Some(Value::Bool(results.iter().all(Value::truth))),
            _ => total(&results),
        }
    }
}

fn conversion(call: &ExprCall) -> bool {
    matches!(call.func.as_ref(), Expr::Name(_))
}

fn total(items: &[Value]) -> Option<Value> {
    items.iter().try_fold(Value::from(0), |sum, item| {
        folded(&sum, ruff_python_ast::Operator::Add, &as_number(item))
    })
}

fn as_number(value: &Value) -> Value {
    match value {
        Value::Bool(value) => Value::from(i64::from(*value)),
        other => other.clone(),
    }
}

fn extreme(items: &[Value], largest: bool) -> Option<(usize, Value)> {
    let mut best = (0, items.first()?);
    for (at, item) in items.iter().enumerate().skip(1) {
        let order = ordering(item, best.1)?;
        if order
            == (if largest {
                Ordering::Greater
            } else {
                Ordering::Less
            })
        {
            best = (at, item);
        }
    }
    Some((best.0, best.1.clone()))
}

fn item(of: &Value, index: &Value) -> Option<Value> {
    match (of, index) {
        (Value::Dict(items), key) => items
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.clone()),
        (Value::List(items) | Value::Tuple(items), Value::Int(index)) => {
            let length = BigInt::from(items.len());
            let index = if index.is_negative() {
                index + length
            } else {
                index.clone()
            };
            items.get(index.to_usize()?).cloned()
        }
        _ => None,
    }
}

fn compared(left: &Value, op: CmpOp, right: &Value) -> Option<bool> {
    match op {
        CmpOp::Eq | CmpOp::Is => Some(same(left, right)),
        CmpOp::NotEq | CmpOp::IsNot => Some(!same(left, right)),
        CmpOp::Lt => Some(ordering(left, right)? == Ordering::Less),
        CmpOp::LtE => Some(ordering(left, right)? != Ordering::Greater),
        CmpOp::Gt => Some(ordering(left, right)? == Ordering::Greater),
        CmpOp::GtE => Some(ordering(left, right)? != Ordering::Less),
        CmpOp::In => contains(right, left),
        CmpOp::NotIn => contains(right, left).map(|found| !found),
    }
}

fn contains(of: &Value, item: &Value) -> Option<bool> {
    match (of, item) {
        (Value::Text(text), Value::Text(part)) => Some(text.contains(part.as_str())),
        (Value::Dict(items), key) => Some(items.iter().any(|(known, _)| same(known, key))),
        _ => Some(of.items()?.iter().any(|known| same(known, item))),
    }
}

fn same(left: &Value, right: &Value) -> bool {
    match (as_number(left), as_number(right)) {
        (Value::Int(left), Value::Int(right)) => left == right,
        (left, right) => match (left.number(), right.number()) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        },
    }
}

fn ordering(left: &Value, right: &Value) -> Option<Ordering> {
    match (as_number(left), as_number(right)) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(&right)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(&right)),
        (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
            for (left, right) in left.iter().zip(&right) {
                match ordering(left, right)? {
                    Ordering::Equal => {}
                    other => return Some(other),
                }
            }
            Some(left.len().cmp(&right.len()))
        }
        (left, right) => left.number()?.partial_cmp(&right.number()?),
    }
}
