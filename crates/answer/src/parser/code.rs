//! Calls as programs print them: sympy, numpy and Python's own.

use super::Parser;
use super::latex::rectangular;
use crate::lexer::{Mark, Token};
use crate::node::{Bracket, Function, Logic, NamedSet, Node, Relation, SetOperation};
use crate::vocabulary;

impl Parser {
    /// A call of `name`, at its opening parenthesis. The outer `None`: the name is none that is called; the inner: its
    /// arguments are not understood.
    pub(super) fn call(&mut self, name: &str) -> Option<Option<Node>> {
        let short = name.rsplit('.').next().unwrap_or(name);
        let short = if name.ends_with("Interval.open")
            || name.ends_with("Interval.Lopen")
            || name.ends_with("Interval.Ropen")
        {
            name.get(name.len() - "Interval.".len() - short.len()..)
                .unwrap_or(short)
        } else {
            short
        };
        let known = vocabulary::is_call(short) || vocabulary::function(short).is_some();
        if !known && self.dialect != crate::lexer::Dialect::Code {
            return None;
        }
        let short = short.to_owned();
        Some(self.deeper(|parser| {
            parser.at += 1;
            let arguments = parser.call_arguments(&short)?;
            parser.expect(Mark::RightParen)?;
            parser.called(&short, arguments)
        }))
    }

    /// Arguments without those that are given by keyword.
    fn call_arguments(&mut self, name: &str) -> Option<Vec<Node>> {
        let binds = matches!(
            name,
            "Sum" | "Product" | "Integral" | "Limit" | "Derivative"
        );
        if binds {
            // The names that the bounds bind: every name that directly follows an opening parenthesis at this level.
            let mut depth = 0i32;
            let mut names = Vec::new();
            for at in self.at..self.tokens.len() {
                match self.tokens.get(at).map(|l| &l.token) {
                    Some(Token::Mark(Mark::LeftParen)) => {
                        depth += 1;
                        if depth == 1
                            && let Some(Token::Name(bound)) =
                                self.tokens.get(at + 1).map(|l| &l.token)
                            && self
                                .tokens
                                .get(at + 2)
                                .is_some_and(|l| l.token == Token::Mark(Mark::Comma))
                        {
                            names.push(bound.clone());
                        }
                    }
                    Some(Token::Mark(Mark::RightParen)) => {
                        depth -= 1;
                        if depth < 0 {
                            break;
                        }
                    }
                    _ => {}
                }
            }
            let count = self.bound.len();
            self.bound.extend(names);
            let items = self.items(Mark::RightParen);
            self.bound.truncate(count);
            return items;
        }
        let items = self.items(Mark::RightParen)?;
        let keyword = |node: &Node| match node {
            Node::Relation(parts, signs) => {
                signs.as_slice() == [Relation::Equal]
                    && matches!(parts.first(), Some(Node::Symbol(name)) if name.len() > 3 || &**name == "dir")
            }
            _ => false,
        };
        Some(items.into_iter().filter(|item| !keyword(item)).collect())
    }

    fn called(&mut self, name: &str, mut arguments: Vec<Node>) -> Option<Node> {
        let count = arguments.len();
        let relation = |sign: Relation, arguments: Vec<Node>| match arguments.len() {
            2 => Some(Node::Relation(arguments, vec![sign])),
            _ => None,
        };
        match name {
            "Interval" | "Interval.open" | "Interval.Lopen" | "Interval.Ropen" => {
                let flag = |at: usize| matches!(arguments.get(at), Some(Node::Truth(true)));
                let (left, right) = match name {
                    "Interval.open" => (false, false),
                    "Interval.Lopen" => (false, true),
                    "Interval.Ropen" => (true, false),
                    _ => (!flag(2), !flag(3)),
                };
                arguments.truncate(2);
                let two: [Node; 2] = arguments.try_into().ok()?;
                Some(Node::Interval(Box::new(two), left, right))
            }
            "FiniteSet" => Some(Node::Sequence(Bracket::Set, arguments)),
            "set" | "frozenset" => match arguments.pop() {
                None => Some(Node::Sequence(Bracket::Set, Vec::new())),
                Some(Node::Sequence(_, items)) => Some(Node::Sequence(Bracket::Set, items)),
                _ => None,
            },
            "list" | "List" | "sorted" | "tuple" if count == 1 => arguments.pop(),
            "Tuple" | "Point" | "Point2D" | "Point3D" => match arguments.as_slice() {
                [Node::Sequence(..)] => arguments.pop(),
                _ => Some(Node::Sequence(Bracket::Round, arguments)),
            },
            "dict" | "OrderedDict" | "Counter" | "defaultdict" | "Dict" => arguments.pop(),
            "Union" => Some(Node::Sets(SetOperation::Union, arguments)),
            "Intersection" => Some(Node::Sets(SetOperation::Intersection, arguments)),
            "Complement" if count == 2 => Some(Node::Sets(SetOperation::Difference, arguments)),
            "SymmetricDifference" if count == 2 => {
                Some(Node::Sets(SetOperation::Symmetric, arguments))
            }
            "EmptySet" => Some(Node::NamedSet(NamedSet::Empty)),
            "Eq" | "Equality" => relation(Relation::Equal, arguments),
            "Ne" | "Unequality" => relation(Relation::Unequal, arguments),
            "Lt" | "StrictLessThan" => relation(Relation::Less, arguments),
            "Le" | "LessThan" => relation(Relation::LessEqual, arguments),
            "Gt" | "StrictGreaterThan" => relation(Relation::Greater, arguments),
            "Ge" | "GreaterThan" => relation(Relation::GreaterEqual, arguments),
            "Contains" => relation(Relation::In, arguments),
            "And" => Some(Node::Logic(Logic::And, arguments)),
            "Or" => Some(Node::Logic(Logic::Or, arguments)),
            "Not" if count == 1 => Some(Node::Logic(Logic::Not, arguments)),
            "ConditionSet" | "ImageSet" => Some(Node::Call(name.into(), arguments)),
            "Piecewise" => {
                let pairs = arguments.into_iter().map(|case| match case {
                    Node::Sequence(_, two) => <[Node; 2]>::try_from(two)
                        .ok()
                        .map(|[value, condition]| (value, condition)),
                    _ => None,
                });
                Some(Node::Cases(pairs.collect::<Option<Vec<_>>>()?))
            }
            "Matrix"
            | "ImmutableMatrix"
            | "ImmutableDenseMatrix"
            | "MutableDenseMatrix"
            | "SparseMatrix"
            | "array"
            | "matrix"
            | "ndarray"
            | "tensor"
            | "Vector" => {
                let entries = arguments.pop()?;
                if !arguments.is_empty() {
                    return None;
                }
                let array = matches!(name, "array" | "tensor" | "ndarray");
                match entries {
                    Node::Sequence(_, items) => {
                        let rows: Option<Vec<Vec<Node>>> = items
                            .iter()
                            .map(|row| match row {
                                Node::Sequence(Bracket::Square | Bracket::Round, cells) => {
                                    Some(cells.clone())
                                }
                                _ => None,
                            })
                            .collect();
                        match rows {
                            Some(rows) if !rows.is_empty() => rectangular(rows),
                            // A flat list: a column for sympy, a list for numpy.
                            _ if array => Some(Node::Matrix(vec![items])),
                            _ => rectangular(items.into_iter().map(|item| vec![item]).collect()),
                        }
                    }
                    number if array => Some(number),
                    matrix @ Node::Matrix(_) => Some(matrix),
                    _ => None,
                }
            }
            "Rational" | "Fraction" | "Rat" | "Q" if count == 2 => {
                let below = arguments.pop()?;
                Some(Node::quotient(arguments.pop()?, below))
            }
            "complex" if count == 2 => {
                let imaginary = arguments.pop()?;
                let i = Node::Constant(crate::node::Constant::Imaginary);
                Some(Node::Add(vec![
                    arguments.pop()?,
                    Node::Mul(vec![imaginary, i]),
                ]))
            }
            "Rational" | "Fraction" | "Integer" | "Float" | "Decimal" | "mpf" | "mpc" | "int"
            | "float" | "complex" | "str" | "float64" | "float32" | "int64" | "int32" | "int8"
            | "uint8" | "int16" | "uint64" | "complex128" | "bool_" | "bool" | "S" | "sympify"
            | "N" | "Symbol" | "simplify" | "nsimplify" | "expand" | "Poly" | "longdouble"
            | "mpz" | "mpq" | "PurePoly" | "factor" | "Abs_" => arguments.into_iter().next(),
            "sqrt" | "cbrt" | "isqrt" if count == 1 => {
                // A program's principal value: a power, where LaTeX means the real root.
                let index = if name == "cbrt" { 3 } else { 2 };
                let exponent = crate::rational::Rational::Small(1, index);
                Some(Node::power(
                    arguments.pop()?,
                    Node::Number(crate::node::Number::exact(exponent)),
                ))
            }
            "root" if count == 2 => {
                let index = arguments.pop()?;
                Some(Node::power(arguments.pop()?, index.reciprocal()))
            }
            "real_root" if count == 2 => Some(Node::Apply(Function::RealRoot, arguments)),
            "pow" | "Pow" if count == 2 => {
                let exponent = arguments.pop()?;
                Some(Node::power(arguments.pop()?, exponent))
            }
            "Add" => Some(Node::Add(arguments)),
            "Mul" => Some(Node::Mul(arguments)),
            "log" | "ln" if count == 2 => Some(Node::Apply(Function::LogBase, arguments)),
            "log10" | "log2" | "lg" if count == 1 => {
                arguments.push(Node::integer(if name == "log2" { 2 } else { 10 }));
                Some(Node::Apply(Function::LogBase, arguments))
            }
            "Integral" | "Derivative" if count == 2 => {
                let variable = arguments.pop()?;
                match variable {
                    Node::Sequence(_, bounds) => arguments.extend(bounds),
                    name => arguments.push(name),
                }
                let function = if name == "Integral" {
                    Function::Integral
                } else {
                    Function::Derivative
                };
                Some(Node::Apply(function, arguments))
            }
            "Limit" if count >= 3 => {
                arguments.truncate(3);
                Some(Node::Apply(Function::Limit, arguments))
            }
            "Sum" | "Product" if count == 2 => {
                let bounds = arguments.pop()?;
                let Node::Sequence(_, bounds) = bounds else {
                    return None;
                };
                if bounds.len() != 3 {
                    return None;
                }
                arguments.extend(bounds);
                let function = if name == "Sum" {
                    Function::Sum
                } else {
                    Function::Product
                };
                Some(Node::Apply(function, arguments))
            }
            "radians" if count == 1 => Some(Node::Apply(Function::Degrees, arguments)),
            "date" => date(&arguments),
            "datetime" if count >= 3 => date(arguments.get(..3)?),
            "time" => clock(&arguments),
            _ => match vocabulary::function(name) {
                Some(function) if count > 0 => Some(Node::Apply(function, arguments)),
                _ => Some(Node::Call(name.into(), arguments)),
            },
        }
    }
}

fn number(node: &Node) -> Option<i64> {
    match node {
        Node::Number(n) => n.value.small(),
        _ => None,
    }
}

fn date(parts: &[Node]) -> Option<Node> {
    let [year, month, day] = parts else {
        return None;
    };
    Some(Node::Date(
        i32::try_from(number(year)?).ok()?,
        u32::try_from(number(month)?).ok()?,
        u32::try_from(number(day)?).ok()?,
    ))
}

fn clock(parts: &[Node]) -> Option<Node> {
    let part = |at: usize| {
        parts
            .get(at)
            .map_or(Some(0), |n| number(n).and_then(|n| u32::try_from(n).ok()))
    };
    let (hour, minute, second) = (part(0)?, part(1)?, part(2)?);
    (hour < 24 && minute < 60 && second < 60)
        .then_some(Node::Clock(hour * 3600 + minute * 60 + second))
}
