//! What a program's text says of its inputs: which values it refuses, which constants it compares them with, and which of
//! them index others.

use std::collections::{BTreeMap, BTreeSet};

use regex_syntax::hir::Hir;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{CmpOp, Expr, Stmt};
use ruff_text_size::Ranged;

use super::evaluate::Evaluator;
use crate::facts;
use crate::names;
use crate::parse::{SyntaxProblem, module};
use crate::value::{self, Value};

/// Longest text of a program that is kept, in bytes.
const MAX_TEXT: usize = 64;
/// Most conditions, constants and families that are kept of one program.
const MAX_KEPT: usize = 64;

/// What a program's text says of its inputs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hints {
    /// Conditions under which the program refuses its input, or (where true) without which it does.
    guards: Vec<(Expr, bool)>,
    /// Conditions and choices of every kind, whose outcome shows which way a program goes.
    tests: Vec<Expr>,
    /// Constants that a key is compared with.
    landmarks: BTreeMap<String, Vec<Value>>,
    /// Constants that are alternatives to each other: keys of one dict, what one name is compared with.
    pub(crate) families: Vec<Vec<Value>>,
    /// Keys that index another key's value: the index, the indexed, and the least index.
    pub(crate) indices: Vec<(String, String, i64)>,
    /// Texts that stand in the program.
    pub(crate) texts: Vec<String>,
    /// Those of them that may be regular expressions.
    pub(crate) patterns: Vec<Hir>,
    /// What names stand for.
    names: Names,
}

/// What the names of a program stand for, as far as its text tells.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// Names that hold the value of a key.
    pub(crate) keys: BTreeMap<String, String>,
    /// Names that are bound once, to an expression.
    pub(crate) definitions: BTreeMap<String, Expr>,
    /// Names that hold the whole dict.
    pub(crate) wholes: BTreeSet<String>,
}

impl Names {
    /// The key whose value `expr` is.
    pub(crate) fn key_of<'e>(&'e self, expr: &'e Expr) -> Option<&'e str> {
        match expr {
            Expr::Name(name) => self.keys.get(name.id.as_str()).map(String::as_str),
            Expr::Subscript(subscript) => {
                match (subscript.value.as_ref(), subscript.slice.as_ref()) {
                    (Expr::Name(name), Expr::StringLiteral(key))
                        if self.wholes.contains(name.id.as_str()) =>
                    {
                        Some(key.value.to_str())
                    }
                    _ => None,
                }
            }
            Expr::Call(call) => match (call.func.as_ref(), call.arguments.args.first()) {
                (Expr::Attribute(attribute), Some(Expr::StringLiteral(key)))
                    if attribute.attr.as_str() == "get"
                        && matches!(attribute.value.as_ref(), Expr::Name(name) if self.wholes.contains(name.id.as_str())) =>
                {
                    Some(key.value.to_str())
                }
                // int(x) and float(x) are x for all that a domain is about.
                (Expr::Name(name), Some(inner))
                    if matches!(name.id.as_str(), "int" | "float" | "str" | "Fraction")
                        && call.arguments.args.len() == 1 =>
                {
                    self.key_of(inner)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

impl Hints {
    /// Reads the hints of `source`, whose input has `keys`.
    ///
    /// # Errors
    /// [`SyntaxProblem`] as for [`facts`](crate::facts()).
    pub(crate) fn of(source: &str, keys: &[&str]) -> Result<Self, SyntaxProblem> {
        let parsed = module(source)?;
        let body: &[Stmt] = &parsed.syntax().body;
        let mut hints = Self {
            names: resolve(body, keys),
            ..Self::default()
        };
        let mut walk = Walk {
            source,
            hints: &mut hints,
            compared: BTreeMap::new(),
            in_input: false,
        };
        body.iter().for_each(|stmt| walk.visit_stmt(stmt));
        let compared = std::mem::take(&mut walk.compared);
        hints
            .families
            .extend(compared.into_values().filter(|family| family.len() > 1));
        hints.families.truncate(MAX_KEPT);
        Ok(hints)
    }

    /// Drops the conditions by which the program would refuse its own input: they are not in force, or not understood.
    pub(crate) fn settle(&mut self, value: &dyn Fn(&str) -> Option<Value>) {
        let evaluator = Evaluator::new(&self.names, value);
        self.guards
            .retain(|(test, wanted)| evaluator.truth(test) == Some(*wanted));
        let decided: Vec<bool> = self
            .tests
            .iter()
            .map(|test| evaluator.choice(test).is_some())
            .collect();
        let mut decided = decided.into_iter();
        self.tests.retain(|_| decided.next() == Some(true));
    }

    /// Whether the program's own checks let these values through, as far as can be told.
    pub(crate) fn allow(&self, value: &dyn Fn(&str) -> Option<Value>) -> bool {
        let evaluator = Evaluator::new(&self.names, value);
        self.guards
            .iter()
            .all(|(test, wanted)| evaluator.truth(test).is_none_or(|truth| truth == *wanted))
    }

    /// Which way each condition and each choice goes with these values.
    pub(crate) fn ways(&self, value: &dyn Fn(&str) -> Option<Value>) -> Vec<Option<usize>> {
        let evaluator = Evaluator::new(&self.names, value);
        self.tests
            .iter()
            .map(|test| evaluator.choice(test))
            .collect()
    }

    /// Constants that the program compares `key` with.
    pub(crate) fn landmarks(&self, key: &str) -> &[Value] {
        self.landmarks.get(key).map_or(&[], Vec::as_slice)
    }
}

/// Finds out what names stand for. A name that is bound in two ways stands for nothing.
fn resolve(body: &[Stmt], keys: &[&str]) -> Names {
    let mut names = Names {
        wholes: facts::aliases(body)
            .into_iter()
            .map(str::to_owned)
            .collect(),
        ..Names::default()
    };
    let mut bound = Bound::default();
    body.iter().for_each(|stmt| bound.visit_stmt(stmt));
    // A parameter that has the name of a key takes its value: that is how `f(**input)` works.
    for (_, parameters) in &bound.functions {
        for parameter in parameters {
            if keys.contains(&parameter.as_str()) {
                names.keys.insert(parameter.clone(), parameter.clone());
            }
        }
    }
    // Three times, so that what is handed on is followed.
    for _ in 0..3 {
        for (name, value) in &bound.assigned {
            if let Some(key) = names.key_of(value).map(str::to_owned) {
                names.keys.insert(name.clone(), key);
            }
        }
        for (function, arguments) in &bound.calls {
            let parameters = bound.functions.iter().find(|(name, _)| name == function);
            let Some((_, parameters)) = parameters else {
                continue;
            };
            for (parameter, argument) in parameters.iter().zip(arguments) {
                if let Some(key) = names.key_of(argument).map(str::to_owned) {
                    names.keys.insert(parameter.clone(), key);
                }
            }
        }
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, value) in &bound.assigned {
        // Handing a key on under its own name changes nothing.
        let same = names
            .key_of(value)
            .is_some_and(|key| names.keys.get(name).is_some_and(|k| k == key));
        *counts.entry(name).or_default() += usize::from(!same);
    }
    for name in &bound.rebound {
        *counts.entry(name).or_default() += 2;
    }
    names
        .keys
        .retain(|name, _| counts.get(name.as_str()).is_none_or(|count| *count == 0));
    let parameters: BTreeSet<&str> = bound
        .functions
        .iter()
        .flat_map(|(_, parameters)| parameters.iter().map(String::as_str))
        .collect();
    for (name, value) in &bound.assigned {
        if counts.get(name.as_str()) == Some(&1)
            && !parameters.contains(name.as_str())
            && !names.keys.contains_key(name)
        {
            names.definitions.insert(name.clone(), value.clone());
        }
    }
    names
}

#[derive(Default)]
struct Bound {
    /// Plain assignments to one name.
    assigned: Vec<(String, Expr)>,
    /// Names bound in any other way, or inside a loop.
    rebound: Vec<String>,
    functions: Vec<(String, Vec<String>)>,
    calls: Vec<(String, Vec<Expr>)>,
    loops: usize,
}

impl Bound {
    fn target(&mut self, target: &Expr) {
        let mut found = BTreeSet::new();
        names::of_target(target, &mut found);
        self.rebound.extend(found.into_iter().map(str::to_owned));
    }
}

impl<'a> Visitor<'a> for Bound {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                let parameters = names::parameter_names(&def.parameters)
                    .map(str::to_owned)
                    .collect();
                self.functions.push((def.name.to_string(), parameters));
            }
            Stmt::For(each) => self.target(&each.target),
            Stmt::AugAssign(assign) => self.target(&assign.target),
            Stmt::With(with) => {
                for item in &with.items {
                    if let Some(target) = &item.optional_vars {
                        self.target(target);
                    }
                }
            }
            _ => match facts::binding(stmt) {
                Some((name, value)) if self.loops == 0 => {
                    self.assigned.push((name.to_owned(), value.clone()));
                }
                Some((name, _)) => self.rebound.push(name.to_owned()),
                None => {
                    if let Stmt::Assign(assign) = stmt {
                        // `a, b = input["a"], input["b"]`
                        match (assign.targets.as_slice(), assign.value.as_ref()) {
                            ([Expr::Tuple(to)], Expr::Tuple(from))
                                if to.elts.len() == from.elts.len() && self.loops == 0 =>
                            {
                                for (to, from) in to.elts.iter().zip(&from.elts) {
                                    match to {
                                        Expr::Name(name) => {
                                            self.assigned.push((name.id.to_string(), from.clone()))
                                        }
                                        _ => self.target(to),
                                    }
                                }
                            }
                            (targets, _) => targets.iter().for_each(|t| self.target(t)),
                        }
                    }
                }
            },
        }
        let inside = usize::from(matches!(stmt, Stmt::For(_) | Stmt::While(_)));
        self.loops += inside;
        walk_stmt(self, stmt);
        self.loops -= inside;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => {
                if let Expr::Name(name) = call.func.as_ref() {
                    self.calls
                        .push((name.id.to_string(), call.arguments.args.to_vec()));
                }
            }
            Expr::Named(named) => self.target(&named.target),
            Expr::ListComp(comp) => comp.generators.iter().for_each(|g| self.target(&g.target)),
            Expr::SetComp(comp) => comp.generators.iter().for_each(|g| self.target(&g.target)),
            Expr::DictComp(comp) => comp.generators.iter().for_each(|g| self.target(&g.target)),
            Expr::Generator(comp) => comp.generators.iter().for_each(|g| self.target(&g.target)),
            _ => {}
        }
        walk_expr(self, expr);
    }
}

struct Walk<'a, 'h> {
    source: &'a str,
    hints: &'h mut Hints,
    /// What each expression, by its text, is compared with for being equal.
    compared: BTreeMap<String, Vec<Value>>,
    /// Inside the assignment of the input, whose texts are no texts of the program.
    in_input: bool,
}

impl<'a> Walk<'a, '_> {
    fn text(&self, expr: &Expr) -> &'a str {
        let range = expr.range();
        self.source
            .get(range.start().to_usize()..range.end().to_usize())
            .unwrap_or_default()
    }

    fn guard(&mut self, test: &Expr, wanted: bool) {
        if self.hints.guards.len() < MAX_KEPT {
            self.hints.guards.push((test.clone(), wanted));
        }
    }

    fn test(&mut self, test: &Expr) {
        if self.hints.tests.len() < MAX_KEPT {
            self.hints.tests.push(test.clone());
        }
    }

    /// Constants that stand for alternatives in `expr`, the other side of a comparison for equality or membership.
    fn constants(&self, expr: &Expr) -> Vec<Value> {
        match value::read(expr, self.source) {
            Ok(value @ (Value::Int(_) | Value::Float(_) | Value::Text(_))) => vec![value],
            Ok(value) => value.items().unwrap_or_default().to_vec(),
            Err(_) => Vec::new(),
        }
    }

    fn compare(&mut self, left: &Expr, op: CmpOp, right: &Expr) {
        for (side, other) in [(left, right), (right, left)] {
            let constants = self.constants(other);
            if constants.is_empty() || constants.len() > MAX_KEPT {
                continue;
            }
            if matches!(op, CmpOp::Eq | CmpOp::NotEq | CmpOp::In | CmpOp::NotIn) {
                let family = self.compared.entry(self.text(side).to_owned()).or_default();
                for constant in &constants {
                    if !family.contains(constant) {
                        family.push(constant.clone());
                    }
                }
            }
            if let Some(key) = self.hints.names.key_of(side).map(str::to_owned) {
                let known = self.hints.landmarks.entry(key).or_default();
                for constant in constants {
                    if !known.contains(&constant) && known.len() < MAX_KEPT {
                        known.push(constant);
                    }
                }
            }
        }
    }

    fn literal(&mut self, text: &str) {
        let hints = &mut *self.hints;
        let new = hints.texts.len() < MAX_KEPT && !hints.texts.iter().any(|known| known == text);
        if text.is_empty() || text.len() > MAX_TEXT || !new {
            return;
        }
        hints.texts.push(text.to_owned());
        // What has no sign of a pattern is one for nothing but itself.
        if text.contains(['[', '(', '{', '*', '+', '?', '|', '^', '$', '\\', '.'])
            && let Ok(pattern) = regex_syntax::parse(text)
        {
            hints.patterns.push(pattern);
        }
    }

    fn index(&mut self, indexed: &Expr, slice: &Expr) {
        let names = &self.hints.names;
        let Some(of) = names.key_of(indexed) else {
            return;
        };
        let (index, least) = match slice {
            // `items[n - 1]`
            Expr::BinOp(binary)
                if matches!(value::read(&binary.right, self.source), Ok(Value::Int(_))) =>
            {
                (names.key_of(&binary.left), 1)
            }
            Expr::Slice(slice) => {
                let parts = [&slice.lower, &slice.upper];
                let found = parts
                    .into_iter()
                    .flatten()
                    .find_map(|part| names.key_of(part));
                (found, 0)
            }
            other => (names.key_of(other), 0),
        };
        if let Some(index) = index {
            let found = (index.to_owned(), of.to_owned(), least);
            if !self.hints.indices.contains(&found) {
                self.hints.indices.push(found);
            }
        }
    }
}

impl<'a> Visitor<'a> for Walk<'a, '_> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Assert(assert) => self.guard(&assert.test, true),
            Stmt::If(branch) => {
                self.test(&branch.test);
                if refuses(&branch.body) {
                    self.guard(&branch.test, false);
                }
                for clause in &branch.elif_else_clauses {
                    match &clause.test {
                        Some(test) => {
                            self.test(test);
                            if refuses(&clause.body) {
                                self.guard(test, false);
                            }
                        }
                        None if refuses(&clause.body) && branch.elif_else_clauses.len() == 1 => {
                            self.guard(&branch.test, true);
                        }
                        None => {}
                    }
                }
            }
            Stmt::While(repeat) => self.test(&repeat.test),
            Stmt::Match(matching) => {
                let text = self.text(&matching.subject).to_owned();
                for case in &matching.cases {
                    if let ruff_python_ast::Pattern::MatchValue(pattern) = &case.pattern
                        && let Ok(constant) = value::read(&pattern.value, self.source)
                    {
                        self.compared
                            .entry(text.clone())
                            .or_default()
                            .push(constant.clone());
                        if let Some(key) = self.hints.names.key_of(&matching.subject) {
                            let key = key.to_owned();
                            self.hints.landmarks.entry(key).or_default().push(constant);
                        }
                    }
                }
            }
            _ => {}
        }
        self.in_input = facts::binding(stmt).is_some_and(|(name, _)| name == "input");
        walk_stmt(self, stmt);
        self.in_input = false;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Compare(compare) => {
                let mut left = compare.left.as_ref();
                for (op, right) in compare.ops.iter().zip(&compare.comparators) {
                    self.compare(left, *op, right);
                    left = right;
                }
            }
            Expr::If(choice) => self.test(&choice.test),
            Expr::Call(call) => {
                if let Expr::Name(name) = call.func.as_ref()
                    && matches!(name.id.as_str(), "min" | "max")
                {
                    self.test(expr);
                }
                if let Expr::Attribute(attribute) = call.func.as_ref()
                    && attribute.attr.as_str() == "get"
                    && let Some(argument) = call.arguments.args.first()
                    && !matches!(argument, Expr::StringLiteral(_))
                {
                    self.index(&attribute.value, argument);
                }
            }
            Expr::Subscript(subscript) => self.index(&subscript.value, &subscript.slice),
            Expr::StringLiteral(literal) if !self.in_input => {
                self.literal(literal.value.to_str());
            }
            Expr::Dict(dict) => {
                let family: Vec<Value> = dict
                    .items
                    .iter()
                    .filter_map(|item| value::read(item.key.as_ref()?, self.source).ok())
                    .filter(|key| matches!(key, Value::Text(_) | Value::Int(_)))
                    .collect();
                if family.len() > 1 && family.len() <= MAX_KEPT {
                    self.hints.families.push(family);
                }
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

/// Whether statements give up: they raise, return nothing or `None`, or exit, and do nothing else but say so.
fn refuses(body: &[Stmt]) -> bool {
    let Some((last, before)) = body.split_last() else {
        return false;
    };
    let speaks = |stmt: &Stmt| matches!(stmt, Stmt::Expr(said) if matches!(said.value.as_ref(), Expr::Call(_) | Expr::StringLiteral(_)));
    let ends = match last {
        Stmt::Raise(_) => true,
        Stmt::Return(end) => end
            .value
            .as_ref()
            .is_none_or(|value| matches!(value.as_ref(), Expr::NoneLiteral(_))),
        Stmt::Expr(said) => match said.value.as_ref() {
            Expr::Call(call) => match call.func.as_ref() {
                Expr::Name(name) => matches!(name.id.as_str(), "exit" | "quit"),
                Expr::Attribute(attribute) => attribute.attr.as_str() == "exit",
                _ => false,
            },
            _ => false,
        },
        _ => false,
    };
    ends && before.iter().all(speaks)
}
