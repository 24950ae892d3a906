//! What a program is made of: operations, depth, loops, and the places where chance or time may come in.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use serde::{Deserialize, Serialize};

use crate::dataflow;
use crate::facts::{self, facts};
use crate::parse::{SyntaxProblem, module};
use crate::value;

/// What a program is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Profile {
    /// How often each operation occurs: operators by their sign (`+`, `//`, `<=`, `in`, `and`), functions by the name they
    /// are called by (`max`, `math.gcd`, `.append` for methods); functions of the program itself are left out.
    pub operations: BTreeMap<String, usize>,
    /// Deepest nesting of statements: 1 for a program without blocks.
    pub depth: usize,
    /// Deepest nesting of loops, comprehensions included; 0 without loops.
    pub loop_depth: usize,
    /// `for` and `while` statements and comprehensions.
    pub loops: usize,
    /// `if` and `elif` arms, conditional expressions and `match` arms.
    pub branches: usize,
    /// Statements.
    pub statements: usize,
    /// Names of functions that call themselves.
    pub recursive: Vec<String>,
    /// What may answer differently another time: `random`, `time.time`, `hash`, `set`, ...; sorted, each once.
    pub chance: Vec<String>,
    /// Keys of `input` that can have a part in `output`, by the text.
    pub reaching: Vec<String>,
    /// Keys of `input` that can have none.
    pub unreaching: Vec<String>,
}

/// Modules that give another answer another time.
const UNSTEADY: &[&str] = &[
    "multiprocessing",
    "os",
    "platform",
    "random",
    "secrets",
    "socket",
    "tempfile",
    "threading",
    "time",
    "uuid",
];
/// Attributes that do.
const UNSTEADY_ATTRIBUTES: &[&str] = &["now", "random", "today", "utcnow"];
/// Builtins that do, or that give an order which depends on hashes.
const UNSTEADY_BUILTINS: &[&str] = &["frozenset", "hash", "id", "object", "set"];

/// Reads the profile of `source`.
///
/// # Errors
/// [`SyntaxProblem`] as for [`facts`](crate::facts()).
pub fn profile(source: &str) -> Result<Profile, SyntaxProblem> {
    let parsed = module(source)?;
    let module = parsed.syntax();
    let mut defined = Defined(BTreeSet::new());
    module.body.iter().for_each(|stmt| defined.visit_stmt(stmt));
    let mut walk = Walk {
        profile: Profile::default(),
        defined: defined.0,
        chance: BTreeSet::new(),
        recursive: BTreeSet::new(),
        inside: Vec::new(),
        depth: 0,
        loops: 0,
    };
    module.body.iter().for_each(|stmt| walk.visit_stmt(stmt));
    let mut profile = walk.profile;
    profile.chance = walk.chance.into_iter().collect();
    profile.recursive = walk.recursive.into_iter().collect();
    profile.reaching = dataflow::keys_that_reach_output(source)?;
    profile.unreaching = facts(source)?
        .input_keys
        .into_iter()
        .filter(|key| !profile.reaching.contains(key))
        .collect();
    Ok(profile)
}

/// Where a program's answer stands in its own text, as a sign that it was written there and not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HardCoded {
    /// No key of `input` has a part in `output`.
    NothingReaches,
    /// The answer is a constant of the program that is no value of `input`, and a function returns it, or `output` is bound
    /// to it.
    Returned,
    /// The answer is such a constant elsewhere in the program.
    Constant,
}

/// Whether `answer`, the text of a program's output, is a constant of its text. One-digit numbers, `True`, `False` and
/// texts shorter than two characters say nothing, and are looked for only where they are returned in every case.
///
/// # Errors
/// [`SyntaxProblem`] as for [`facts`](crate::facts()).
pub fn hard_coded(source: &str, answer: &str) -> Result<Option<HardCoded>, SyntaxProblem> {
    if dataflow::keys_that_reach_output(source)?.is_empty() {
        return Ok(Some(HardCoded::NothingReaches));
    }
    let parsed = module(source)?;
    let mut seek = Seek {
        source,
        answer,
        returned: false,
        found: false,
    };
    parsed
        .syntax()
        .body
        .iter()
        .for_each(|stmt| seek.visit_stmt(stmt));
    let telling =
        answer.chars().count() > 1 && !matches!(answer, "True" | "False" | "None" | "10" | "100");
    Ok(match (telling, seek.returned, seek.found) {
        (true, true, _) => Some(HardCoded::Returned),
        (true, false, true) => Some(HardCoded::Constant),
        _ => None,
    })
}

struct Seek<'a> {
    source: &'a str,
    answer: &'a str,
    returned: bool,
    found: bool,
}

impl Seek<'_> {
    fn is_answer(&self, expr: &Expr) -> bool {
        match value::read(expr, self.source) {
            Ok(value::Value::Text(text)) => text == self.answer,
            Ok(value) => value.python() == self.answer,
            Err(_) => false,
        }
    }
}

impl<'a> Visitor<'a> for Seek<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Return(end) => {
                self.returned |= end
                    .value
                    .as_ref()
                    .is_some_and(|value| self.is_answer(value));
            }
            _ => match facts::binding(stmt) {
                // What the input holds is no constant of the program.
                Some(("input", _)) => return,
                Some(("output" | "result" | "answer" | "ans", value)) => {
                    self.returned |= self.is_answer(value);
                }
                _ => {}
            },
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.found |= expr.is_literal_expr() && self.is_answer(expr);
        walk_expr(self, expr);
    }
}

struct Defined(BTreeSet<String>);

impl<'a> Visitor<'a> for Defined {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.0.insert(def.name.to_string());
            }
            Stmt::ClassDef(class) => {
                self.0.insert(class.name.to_string());
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }
}

struct Walk {
    profile: Profile,
    defined: BTreeSet<String>,
    chance: BTreeSet<String>,
    recursive: BTreeSet<String>,
    inside: Vec<String>,
    depth: usize,
    loops: usize,
}

impl Walk {
    fn count(&mut self, operation: impl Into<String>) {
        *self.profile.operations.entry(operation.into()).or_default() += 1;
    }

    fn enter_loop(&mut self) {
        self.profile.loops += 1;
        self.loops += 1;
        self.profile.loop_depth = self.profile.loop_depth.max(self.loops);
    }

    fn import(&mut self, module: &str) {
        let top = module.split('.').next().unwrap_or(module);
        if UNSTEADY.contains(&top) {
            self.chance.insert(top.to_owned());
        }
    }
}

impl<'a> Visitor<'a> for Walk {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.profile.statements += 1;
        self.depth += 1;
        self.profile.depth = self.profile.depth.max(self.depth);
        let mut looping = false;
        match stmt {
            Stmt::FunctionDef(def) => {
                self.inside.push(def.name.to_string());
                walk_stmt(self, stmt);
                self.inside.pop();
                self.depth -= 1;
                return;
            }
            Stmt::Import(import) => import
                .names
                .iter()
                .for_each(|alias| self.import(alias.name.as_str())),
            Stmt::ImportFrom(import) => {
                if let Some(module) = &import.module {
                    self.import(module.as_str());
                }
            }
            Stmt::For(_) | Stmt::While(_) => {
                looping = true;
                self.enter_loop();
            }
            Stmt::If(branch) => {
                self.profile.branches += 1 + branch
                    .elif_else_clauses
                    .iter()
                    .filter(|c| c.test.is_some())
                    .count();
            }
            Stmt::Match(arms) => self.profile.branches += arms.cases.len(),
            Stmt::AugAssign(assign) => self.count(assign.op.as_str()),
            _ => {}
        }
        walk_stmt(self, stmt);
        self.depth -= 1;
        self.loops -= usize::from(looping);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        let mut looping = false;
        match expr {
            Expr::BinOp(binary) => self.count(binary.op.as_str()),
            Expr::BoolOp(both) => self.count(both.op.as_str()),
            Expr::UnaryOp(unary) if !unary.operand.is_literal_expr() => {
                self.count(unary.op.as_str())
            }
            Expr::Compare(compare) => compare.ops.iter().for_each(|op| self.count(op.as_str())),
            Expr::If(_) => self.profile.branches += 1,
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                looping = true;
                self.enter_loop();
                if matches!(expr, Expr::SetComp(_)) {
                    self.chance.insert("set".into());
                }
            }
            Expr::Set(_) => {
                self.chance.insert("set".into());
            }
            Expr::Attribute(attribute)
                if UNSTEADY_ATTRIBUTES.contains(&attribute.attr.as_str()) =>
            {
                self.chance.insert(attribute.attr.to_string());
            }
            Expr::Name(name) if UNSTEADY_BUILTINS.contains(&name.id.as_str()) => {
                self.chance.insert(name.id.to_string());
            }
            Expr::Call(call) => match call.func.as_ref() {
                Expr::Name(name) => {
                    let name = name.id.as_str();
                    if self.inside.iter().any(|around| around == name) {
                        self.recursive.insert(name.to_owned());
                    }
                    if !self.defined.contains(name) {
                        self.count(name);
                    }
                }
                Expr::Attribute(attribute) => match attribute.value.as_ref() {
                    Expr::Name(module)
                        if matches!(
                            module.id.as_str(),
                            "math"
                                | "np"
                                | "numpy"
                                | "sympy"
                                | "itertools"
                                | "functools"
                                | "statistics"
                        ) =>
                    {
                        self.count(format!("{}.{}", module.id, attribute.attr));
                    }
                    _ => self.count(format!(".{}", attribute.attr)),
                },
                _ => {}
            },
            _ => {}
        }
        walk_expr(self, expr);
        self.loops -= usize::from(looping);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_taken_apart() {
        let source = "import random, math\ninput = {'n': 4, 'm': 2, 'unused': 1}\ndef f(n, m, unused):\n    if n < 2 and m:\n        return 1\n    t = sum(i * i for i in range(m))\n    for i in range(n):\n        for j in {1, 2}:\n            t += math.gcd(i, j)\n    return f(n - 1, m, 0) + t\noutput = f(**input)\nprint(output)\n";
        let found = profile(source).unwrap();
        assert_eq!(found.chance, ["random", "set"]);
        assert_eq!(found.recursive, ["f"]);
        assert_eq!(
            (found.loops, found.loop_depth, found.branches, found.depth),
            (3, 2, 1, 4)
        );
        assert_eq!(found.unreaching, ["unused"]);
        let count = |name: &str| found.operations.get(name).copied().unwrap_or(0);
        assert_eq!(
            (
                count("+"),
                count("*"),
                count("-"),
                count("<"),
                count("and"),
                count("range"),
                count("math.gcd"),
                count("f")
            ),
            (2, 1, 1, 1, 1, 2, 1, 0)
        );
    }

    #[test]
    fn an_answer_that_stands_in_the_text_is_found() {
        let program = |body: &str| {
            format!(
                "input = {{'a': 40, 'b': 2}}\ndef f(a, b):\n{body}\noutput = f(**input)\nprint(output)\n"
            )
        };
        let found = |body: &str| hard_coded(&program(body), "42").unwrap();
        assert_eq!(found("    return 42"), Some(HardCoded::NothingReaches));
        assert_eq!(
            found("    if a == 40:\n        return 42\n    return a + b"),
            Some(HardCoded::Returned)
        );
        assert_eq!(
            found("    return 42 + a - a - b + b"),
            Some(HardCoded::Constant)
        );
        assert_eq!(found("    return a + b"), None);
        assert_eq!(
            hard_coded(&program("    return a + b"), "40").unwrap(),
            None
        );
    }
}
