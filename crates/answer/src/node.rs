//! Answers as trees: one type for what LaTeX and programs write.

use super::rational::Rational;

/// A number and how it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) value: Rational,
    /// Significant digits of a decimal; 0 for an integer.
    pub(crate) digits: u32,
    /// Digits behind the point, less the exponent; 0 for an integer.
    pub(crate) decimals: i32,
}

impl Number {
    pub(crate) fn integer(n: i64) -> Self {
        Self::exact(Rational::integer(n))
    }

    pub(crate) fn exact(value: Rational) -> Self {
        Self {
            value,
            digits: 0,
            decimals: 0,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Constant {
    Pi,
    Euler,
    Imaginary,
    Infinity,
    /// One infinity without direction.
    ComplexInfinity,
    Undefined,
}

macro_rules! functions {
    ($($variant:ident $name:literal),* $(,)?) => {
        /// A function whose values are known.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Function { $($variant),* }

        impl Function {
            /// Its name in plain notation.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

functions! {
    Abs "abs", Sign "sign", Floor "floor", Ceiling "ceiling", Round "round",
    Sin "sin", Cos "cos", Tan "tan", Cot "cot", Sec "sec", Csc "csc",
    Asin "asin", Acos "acos", Atan "atan", Acot "acot", Asec "asec", Acsc "acsc", Atan2 "atan2",
    Sinh "sinh", Cosh "cosh", Tanh "tanh", Coth "coth", Sech "sech", Csch "csch",
    Asinh "asinh", Acosh "acosh", Atanh "atanh", Acoth "acoth",
    Exp "exp", Log "log", LogBase "log", RealRoot "root",
    Factorial "factorial", DoubleFactorial "factorial2", Gamma "gamma", Binomial "binomial", Permutations "permutations",
    Gcd "gcd", Lcm "lcm", Min "min", Max "max", Mod "mod",
    Re "re", Im "im", Conjugate "conjugate", Arg "arg",
    Sum "sum", Product "product", Integral "integral", Limit "limit", Derivative "derivative",
    Degrees "degrees", Transpose "transpose", Determinant "det", Norm "norm", Totient "totient",
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Bracket {
    /// `1, 2` without brackets, or joined by "and" and "or": unordered.
    Bare,
    /// `(1, 2)`: a point, a tuple or an open interval.
    Round,
    /// `[1, 2]`: a list or a closed interval.
    Square,
    /// `{1, 2}`: unordered, each once.
    Set,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SetOperation {
    Union,
    Intersection,
    Difference,
    Symmetric,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum NamedSet {
    Empty,
    Naturals,
    Whole,
    Integers,
    Rationals,
    Reals,
    Complexes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Relation {
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Subset,
    Approximately,
    Congruent,
    Arrow,
}

impl Relation {
    /// The relation with its sides exchanged.
    pub(crate) fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
            other => other,
        }
    }

    pub(crate) fn is_order(self) -> bool {
        matches!(
            self,
            Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Logic {
    And,
    Or,
    Not,
}

/// An answer, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Number(Number),
    Symbol(Box<str>),
    Constant(Constant),
    Add(Vec<Self>),
    Mul(Vec<Self>),
    Power(Box<[Self; 2]>),
    Apply(Function, Vec<Self>),
    /// A function of an unknown kind: its name and what it is applied to.
    Call(Box<str>, Vec<Self>),
    /// ±x, or ∓x where false.
    PlusMinus(bool, Box<Self>),
    Sequence(Bracket, Vec<Self>),
    /// Both ends, and whether each belongs to it.
    Interval(Box<[Self; 2]>, bool, bool),
    Sets(SetOperation, Vec<Self>),
    NamedSet(NamedSet),
    Matrix(Vec<Vec<Self>>),
    /// a chain: one part more than relations.
    Relation(Vec<Self>, Vec<Relation>),
    Logic(Logic, Vec<Self>),
    /// `{x : condition}`.
    Condition(Box<[Self; 2]>),
    Map(Vec<(Self, Self)>),
    /// Values and their conditions; the condition `Truth(true)` is "otherwise".
    Cases(Vec<(Self, Self)>),
    Truth(bool),
    /// Words, folded: single spaces, no dressing.
    Words(Box<str>),
    Percent(Box<Self>),
    /// A value with a unit or currency, folded.
    Quantity(Box<Self>, Box<str>),
    /// `3:1`.
    Ratio(Vec<Self>),
    /// The digits of a number and its base, `1101_2`.
    Based(Box<str>, u32),
    /// A value and its modulus: a residue class.
    Residue(Box<[Self; 2]>),
    /// A time of day in seconds; whether it was written with a.m. or p.m.
    Clock(u32),
    /// A day: year, month, day; year 0 where none is said.
    Date(i32, u32, u32),
}

impl Node {
    pub(crate) fn integer(n: i64) -> Self {
        Self::Number(Number::integer(n))
    }

    pub(crate) fn power(base: Self, exponent: Self) -> Self {
        Self::Power(Box::new([base, exponent]))
    }

    /// Negation; of a written number it stays a number.
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::Number(n) => Self::Number(Number {
                value: n.value.neg(),
                ..n
            }),
            Self::Mul(mut factors) => {
                match factors.first_mut() {
                    Some(Self::Number(n)) if n.digits == 0 => n.value = n.value.neg(),
                    _ => factors.insert(0, Self::integer(-1)),
                }
                Self::Mul(factors)
            }
            other => Self::Mul(vec![Self::integer(-1), other]),
        }
    }

    pub(crate) fn reciprocal(self) -> Self {
        Self::power(self, Self::integer(-1))
    }

    pub(crate) fn quotient(above: Self, below: Self) -> Self {
        let mut factors = match above {
            Self::Mul(factors) => factors,
            other => vec![other],
        };
        factors.push(below.reciprocal());
        Self::Mul(factors)
    }

    pub(crate) fn root(index: Self, of: Self) -> Self {
        match &index {
            Self::Number(n) if n.value.small() == Some(2) => {
                Self::power(of, Self::Number(Number::exact(Rational::Small(1, 2))))
            }
            _ => Self::Apply(Function::RealRoot, vec![of, index]),
        }
    }

    /// The child nodes.
    pub(crate) fn children(&self) -> Vec<&Self> {
        match self {
            Self::Number(_)
            | Self::Symbol(_)
            | Self::Constant(_)
            | Self::NamedSet(_)
            | Self::Truth(_)
            | Self::Words(_)
            | Self::Based(..)
            | Self::Clock(_)
            | Self::Date(..) => Vec::new(),
            Self::Add(parts)
            | Self::Mul(parts)
            | Self::Apply(_, parts)
            | Self::Call(_, parts)
            | Self::Sequence(_, parts)
            | Self::Sets(_, parts)
            | Self::Relation(parts, _)
            | Self::Logic(_, parts)
            | Self::Ratio(parts) => parts.iter().collect(),
            Self::Power(two)
            | Self::Interval(two, ..)
            | Self::Condition(two)
            | Self::Residue(two) => two.iter().collect(),
            Self::PlusMinus(_, inner) | Self::Percent(inner) | Self::Quantity(inner, _) => {
                vec![inner]
            }
            Self::Matrix(rows) => rows.iter().flatten().collect(),
            Self::Map(pairs) | Self::Cases(pairs) => {
                pairs.iter().flat_map(|(a, b)| [a, b]).collect()
            }
        }
    }

    /// The tree with one node in the place of another, within arithmetic only.
    pub(crate) fn replaced(&self, old: &Self, new: &Self) -> Self {
        if self == old {
            return new.clone();
        }
        let each = |parts: &[Self]| parts.iter().map(|part| part.replaced(old, new)).collect();
        match self {
            Self::Add(parts) => Self::Add(each(parts)),
            Self::Mul(parts) => Self::Mul(each(parts)),
            Self::Apply(function, parts) => Self::Apply(*function, each(parts)),
            Self::PlusMinus(plus, inner) => {
                Self::PlusMinus(*plus, Box::new(inner.replaced(old, new)))
            }
            Self::Power(two) => {
                let [base, exponent] = two.as_ref();
                Self::power(base.replaced(old, new), exponent.replaced(old, new))
            }
            other => other.clone(),
        }
    }

    /// How many nodes there are, this one included.
    pub(crate) fn parts(&self) -> u32 {
        self.children()
            .into_iter()
            .fold(1, |sum, child| sum.saturating_add(child.parts()))
    }

    /// Whether any node below, this one included, answers yes.
    pub(crate) fn any(&self, ask: &dyn Fn(&Self) -> bool) -> bool {
        ask(self) || self.children().into_iter().any(|child| child.any(ask))
    }

    /// Whether it can stand in arithmetic.
    pub(crate) fn is_scalar(&self) -> bool {
        matches!(
            self,
            Self::Number(_)
                | Self::Symbol(_)
                | Self::Constant(_)
                | Self::Add(_)
                | Self::Mul(_)
                | Self::Power(_)
                | Self::Apply(..)
                | Self::Call(..)
                | Self::PlusMinus(..)
        )
    }
}
