//! Expressions.

use std::collections::BTreeSet;

use num_rational::BigRational;

/// A function of one or two arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Sqrt,
    /// The root of the second argument's degree.
    Root,
    /// The logarithm to the second argument's base, or natural.
    Log,
    Exp,
    Sin,
    Cos,
    Tan,
    Cot,
    Sec,
    Csc,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Abs,
    Floor,
    Ceil,
    Factorial,
    Binomial,
    Gcd,
    Max,
    Min,
}

impl Function {
    /// The function of this name, in LaTeX, Python or sympy.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "sqrt" => Self::Sqrt,
            "root" => Self::Root,
            "log" | "ln" => Self::Log,
            "exp" => Self::Exp,
            "sin" => Self::Sin,
            "cos" => Self::Cos,
            "tan" => Self::Tan,
            "cot" => Self::Cot,
            "sec" => Self::Sec,
            "csc" => Self::Csc,
            "asin" | "arcsin" => Self::Asin,
            "acos" | "arccos" => Self::Acos,
            "atan" | "arctan" => Self::Atan,
            "sinh" => Self::Sinh,
            "cosh" => Self::Cosh,
            "tanh" => Self::Tanh,
            "abs" | "Abs" => Self::Abs,
            "floor" => Self::Floor,
            "ceil" | "ceiling" => Self::Ceil,
            "factorial" => Self::Factorial,
            "binomial" => Self::Binomial,
            "gcd" => Self::Gcd,
            "max" | "Max" => Self::Max,
            "min" | "Min" => Self::Min,
            _ => return None,
        })
    }
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// A rational; `float` where it was written with the many digits of a float.
    Number {
        value: BigRational,
        digits: u32,
        decimals: u32,
    },
    Pi,
    E,
    I,
    Infinity,
    Name(String),
    Negative(Box<Node>),
    Add(Box<Node>, Box<Node>),
    Multiply(Box<Node>, Box<Node>),
    Divide(Box<Node>, Box<Node>),
    Power(Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
}

impl Node {
    pub(crate) fn integer(value: i64) -> Self {
        Self::Number {
            value: BigRational::from_integer(value.into()),
            digits: 0,
            decimals: 0,
        }
    }

    /// Free names.
    pub(crate) fn names(&self, found: &mut BTreeSet<String>) {
        self.each(&mut |node| {
            if let Self::Name(name) = node {
                found.insert(name.clone());
            }
        });
    }

    /// Whether a number in it has at least `least` digits, six of them decimals.
    pub(crate) fn has_float(&self, least: u32) -> bool {
        let mut found = false;
        self.each(&mut |node| found |= matches!(node, Self::Number { digits, decimals, .. } if *digits >= least && *decimals >= 6));
        found && least > 0
    }

    fn each(&self, with: &mut dyn FnMut(&Self)) {
        with(self);
        match self {
            Self::Negative(inner) => inner.each(with),
            Self::Add(a, b) | Self::Multiply(a, b) | Self::Divide(a, b) | Self::Power(a, b) => {
                a.each(with);
                b.each(with);
            }
            Self::Call(_, arguments) => arguments.iter().for_each(|a| a.each(with)),
            _ => {}
        }
    }
}
