//! Which keys of `input` can have a part in `output`, by the program's text.
//!
//! Names are followed without regard to scope or order, through assignments, calls, attributes, containers and the
//! conditions under which something is done. What is found is therefore more than what is true: a key that does not reach
//! `output` here has no part in it, while one that does may have none.

use std::collections::BTreeMap;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Comprehension, Expr, ExprCall, Parameters, Stmt};

use crate::facts;
use crate::names;
use crate::parse::{SyntaxProblem, module};

/// Calls that may read any name.
const OPEN: &[&str] = &["globals", "locals", "vars", "exec", "eval", "getattr"];

/// The keys of `input` that can have a part in `output`, in source order; all of them where that cannot be told.
///
/// # Errors
/// [`SyntaxProblem`] as for [`facts`](crate::facts()).
pub fn keys_that_reach_output(source: &str) -> Result<Vec<String>, SyntaxProblem> {
    let parsed = module(source)?;
    let body: &[Stmt] = &parsed.syntax().body;
    let keys: Vec<String> = body
        .iter()
        .filter_map(facts::binding)
        .filter(|(name, _)| *name == "input")
        .filter_map(|(_, value)| facts::dict_keys(value))
        .flatten()
        .map(str::to_owned)
        .collect();
    if keys.len() > 64 {
        return Ok(keys);
    }
    let mut functions = Functions::default();
    body.iter().for_each(|stmt| functions.visit_stmt(stmt));
    let mut flow = Flow {
        wholes: facts::aliases(body)
            .into_iter()
            .map(str::to_owned)
            .collect(),
        every: u64::MAX >> (64 - keys.len().clamp(1, 64)),
        keys,
        functions: functions.found,
        held: BTreeMap::new(),
        grew: false,
        open: false,
        inside: vec!["<module>".to_owned()],
        control: Vec::new(),
    };
    // Each round adds at least one key to one name, and few chains are long.
    for _ in 0..100 {
        flow.grew = false;
        body.iter().for_each(|stmt| flow.statement(stmt));
        if !flow.grew {
            break;
        }
    }
    let reached = match flow.open || flow.grew {
        true => flow.every,
        false => flow.of("output"),
    };
    let named = flow.keys.iter().enumerate();
    Ok(named
        .filter(|(at, _)| reached & (1 << at) != 0)
        .map(|(_, key)| key.clone())
        .collect())
}

#[derive(Default)]
struct Functions {
    found: BTreeMap<String, Vec<String>>,
}

impl Functions {
    fn add(&mut self, name: &str, parameters: &Parameters) {
        let names = names::parameter_names(parameters).map(str::to_owned);
        self.found.entry(name.to_owned()).or_default().extend(names);
    }
}

impl<'a> Visitor<'a> for Functions {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => self.add(def.name.as_str(), &def.parameters),
            Stmt::ClassDef(class) => {
                // Making an object is a call of its `__init__`, or hands its fields over.
                let mut fields = Vec::new();
                for inner in &class.body {
                    match inner {
                        Stmt::FunctionDef(def) if def.name.as_str() == "__init__" => {
                            fields
                                .extend(names::parameter_names(&def.parameters).map(str::to_owned));
                        }
                        Stmt::AnnAssign(field) => {
                            if let Expr::Name(name) = field.target.as_ref() {
                                fields.push(format!(".{}", name.id));
                            }
                        }
                        _ => {}
                    }
                }
                self.found
                    .entry(class.name.to_string())
                    .or_default()
                    .extend(fields);
            }
            _ => {
                if let Some((name, Expr::Lambda(lambda))) = facts::binding(stmt)
                    && let Some(parameters) = &lambda.parameters
                {
                    self.add(name, parameters);
                }
            }
        }
        walk_stmt(self, stmt);
    }
}

/// Sets of keys are bits of a number.
struct Flow {
    keys: Vec<String>,
    wholes: Vec<String>,
    every: u64,
    functions: BTreeMap<String, Vec<String>>,
    /// What names, attributes (`.x`), results (`f()`), calls (`f(`) and exits (`f!`) depend on.
    held: BTreeMap<String, u64>,
    grew: bool,
    open: bool,
    inside: Vec<String>,
    /// What the conditions around depend on.
    control: Vec<u64>,
}

impl Flow {
    fn of(&self, name: &str) -> u64 {
        self.held.get(name).copied().unwrap_or(0)
    }

    fn add(&mut self, name: &str, keys: u64) {
        let known = self.held.entry(name.to_owned()).or_default();
        if *known | keys != *known {
            *known |= keys;
            self.grew = true;
        }
    }

    /// What everything that is done here depends on.
    fn around(&self) -> u64 {
        let here = self.inside.last().map_or("", String::as_str);
        let around = self.of(&format!("{here}(")) | self.of(&format!("{here}!"));
        self.control.iter().fold(around, |all, keys| all | keys)
    }

    /// `target` takes a value that depends on `keys`.
    fn bind(&mut self, target: &Expr, keys: u64) {
        let keys = keys | self.around();
        match target {
            Expr::Name(name) => self.add(name.id.as_str(), keys),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|e| self.bind(e, keys)),
            Expr::List(list) => list.elts.iter().for_each(|e| self.bind(e, keys)),
            Expr::Starred(starred) => self.bind(&starred.value, keys),
            Expr::Subscript(subscript) => {
                let index = self.expr(&subscript.slice);
                self.bind(&subscript.value, keys | index);
            }
            Expr::Attribute(attribute) => {
                self.add(&format!(".{}", attribute.attr), keys);
                self.bind(&attribute.value, keys);
            }
            _ => {}
        }
    }

    fn body(&mut self, body: &[Stmt], keys: u64) {
        self.control.push(keys);
        body.iter().for_each(|stmt| self.statement(stmt));
        self.control.pop();
    }

    /// The rest of the function depends on whether this is reached.
    fn leave(&mut self) {
        let here = self.inside.last().cloned().unwrap_or_default();
        let around = self.around();
        self.add(&format!("{here}!"), around);
    }

    fn statement(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                for parameter in def.parameters.iter_non_variadic_params() {
                    if let Some(default) = parameter.default() {
                        let keys = self.expr(default);
                        self.add(parameter.name().as_str(), keys);
                    }
                }
                for decorator in &def.decorator_list {
                    self.expr(&decorator.expression);
                }
                self.inside.push(def.name.to_string());
                let around = std::mem::take(&mut self.control);
                def.body.iter().for_each(|stmt| self.statement(stmt));
                self.control = around;
                self.inside.pop();
            }
            Stmt::ClassDef(class) => class.body.iter().for_each(|stmt| self.statement(stmt)),
            Stmt::Return(end) => {
                let keys = end.value.as_ref().map_or(0, |value| self.expr(value)) | self.around();
                let here = self.inside.last().cloned().unwrap_or_default();
                self.add(&format!("{here}()"), keys);
                self.leave();
            }
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Raise(_) => self.leave(),
            Stmt::Assert(assert) => {
                let keys = self.expr(&assert.test);
                self.control.push(keys);
                self.leave();
                self.control.pop();
            }
            Stmt::Assign(assign) => {
                let keys = self.expr(&assign.value);
                // `input` itself is read by its keys.
                if !matches!(assign.targets.as_slice(), [Expr::Name(name)] if self.wholes.contains(&name.id.to_string()))
                {
                    assign.targets.iter().for_each(|t| self.bind(t, keys));
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let keys = self.expr(value);
                    if facts::binding(stmt).is_none_or(|(name, _)| name != "input") {
                        self.bind(&assign.target, keys);
                    }
                }
            }
            Stmt::AugAssign(assign) => {
                let keys = self.expr(&assign.value);
                self.bind(&assign.target, keys);
            }
            Stmt::For(each) => {
                let keys = self.iterated(&each.iter);
                self.bind(&each.target, keys);
                self.body(&each.body, keys);
                self.body(&each.orelse, keys);
            }
            Stmt::While(repeat) => {
                let keys = self.expr(&repeat.test);
                self.body(&repeat.body, keys);
                self.body(&repeat.orelse, keys);
            }
            Stmt::If(branch) => {
                let mut keys = self.expr(&branch.test);
                self.body(&branch.body, keys);
                for clause in &branch.elif_else_clauses {
                    keys |= clause.test.as_ref().map_or(0, |test| self.expr(test));
                    self.body(&clause.body, keys);
                }
            }
            Stmt::Match(matching) => {
                let keys = self.expr(&matching.subject);
                for case in &matching.cases {
                    let mut bound = Patterns(Vec::new());
                    bound.visit_pattern(&case.pattern);
                    bound.0.iter().for_each(|name| self.add(name, keys));
                    let keys = keys | case.guard.as_ref().map_or(0, |guard| self.expr(guard));
                    self.body(&case.body, keys);
                }
            }
            Stmt::With(with) => {
                for item in &with.items {
                    let keys = self.expr(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.bind(target, keys);
                    }
                }
                self.body(&with.body, 0);
            }
            Stmt::Try(attempt) => {
                // Whether a handler runs depends on all that the body works with.
                let mut used = Used(Vec::new());
                attempt.body.iter().for_each(|stmt| used.visit_stmt(stmt));
                let mut keys = 0;
                for name in used.0 {
                    keys |= match self.wholes.contains(&name) {
                        true => self.every,
                        false => self.of(&name),
                    };
                }
                self.body(&attempt.body, 0);
                for handler in &attempt.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    self.body(&handler.body, keys);
                }
                self.body(&attempt.orelse, keys);
                self.body(&attempt.finalbody, 0);
            }
            Stmt::Expr(said) => {
                self.expr(&said.value);
            }
            Stmt::Delete(gone) => {
                for target in &gone.targets {
                    self.bind(target, 0);
                }
            }
            _ => {}
        }
    }

    /// What walking over `expr` depends on.
    fn iterated(&mut self, expr: &Expr) -> u64 {
        self.expr(expr)
    }

    fn comprehension(&mut self, generators: &[Comprehension]) -> u64 {
        let mut keys = 0;
        for generator in generators {
            keys |= self.iterated(&generator.iter);
            self.bind(&generator.target, keys);
            for test in &generator.ifs {
                keys |= self.expr(test);
            }
        }
        keys
    }

    fn expr(&mut self, expr: &Expr) -> u64 {
        match expr {
            Expr::Name(name) => match self.wholes.iter().any(|whole| whole == name.id.as_str()) {
                true => self.every,
                false => self.of(name.id.as_str()),
            },
            Expr::Subscript(subscript) => {
                if let (Expr::Name(name), Expr::StringLiteral(key)) =
                    (subscript.value.as_ref(), subscript.slice.as_ref())
                    && self.wholes.iter().any(|whole| whole == name.id.as_str())
                {
                    let at = self
                        .keys
                        .iter()
                        .position(|known| known == key.value.to_str());
                    return at.map_or(0, |at| 1 << at);
                }
                self.expr(&subscript.value) | self.expr(&subscript.slice)
            }
            Expr::Attribute(attribute) => {
                self.expr(&attribute.value) | self.of(&format!(".{}", attribute.attr))
            }
            Expr::Call(call) => self.call(call),
            Expr::Named(named) => {
                let keys = self.expr(&named.value);
                self.bind(&named.target, keys);
                keys
            }
            Expr::ListComp(comp) => self.comprehension(&comp.generators) | self.expr(&comp.elt),
            Expr::SetComp(comp) => self.comprehension(&comp.generators) | self.expr(&comp.elt),
            Expr::Generator(comp) => self.comprehension(&comp.generators) | self.expr(&comp.elt),
            Expr::DictComp(comp) => {
                let key = comp.key.as_ref().map_or(0, |key| self.expr(key));
                self.comprehension(&comp.generators) | key | self.expr(&comp.value)
            }
            Expr::Lambda(lambda) => self.expr(&lambda.body),
            Expr::Yield(given) => {
                let keys = given.value.as_ref().map_or(0, |value| self.expr(value)) | self.around();
                let here = self.inside.last().cloned().unwrap_or_default();
                self.add(&format!("{here}()"), keys);
                keys
            }
            Expr::YieldFrom(given) => {
                let keys = self.expr(&given.value) | self.around();
                let here = self.inside.last().cloned().unwrap_or_default();
                self.add(&format!("{here}()"), keys);
                keys
            }
            _ => {
                let mut children = Children(Vec::new());
                walk_expr(&mut children, expr);
                children
                    .0
                    .into_iter()
                    .fold(0, |all, child| all | self.expr(child))
            }
        }
    }

    fn call(&mut self, call: &ExprCall) -> u64 {
        let (name, receiver) = match call.func.as_ref() {
            Expr::Name(name) => (name.id.as_str(), None),
            Expr::Attribute(attribute) => (attribute.attr.as_str(), Some(attribute.value.as_ref())),
            _ => ("", None),
        };
        self.open |= receiver.is_none() && OPEN.contains(&name);
        if let (Some(Expr::Name(whole)), Some(Expr::StringLiteral(key))) =
            (receiver, call.arguments.args.first())
            && matches!(name, "get" | "pop")
            && self.wholes.iter().any(|known| known == whole.id.as_str())
        {
            let at = self
                .keys
                .iter()
                .position(|known| known == key.value.to_str());
            return at.map_or(0, |at| 1 << at);
        }
        let mut keys = self.expr(&call.func);
        let given: Vec<u64> = call.arguments.args.iter().map(|a| self.expr(a)).collect();
        let named: Vec<u64> = call
            .arguments
            .keywords
            .iter()
            .map(|k| self.expr(&k.value))
            .collect();
        let all = given.iter().chain(&named).fold(0, |all, keys| all | keys);
        // What a function that is handed over works on.
        for argument in call
            .arguments
            .args
            .iter()
            .chain(call.arguments.keywords.iter().map(|k| &k.value))
        {
            match argument {
                Expr::Lambda(lambda) => {
                    for parameter in lambda
                        .parameters
                        .iter()
                        .flat_map(|p| names::parameter_names(p))
                    {
                        self.add(parameter, all | keys);
                    }
                }
                Expr::Name(function) if self.functions.contains_key(function.id.as_str()) => {
                    keys |= self.of(&format!("{}()", function.id));
                    for parameter in self.functions[function.id.as_str()].clone() {
                        self.add(&parameter, all | keys);
                    }
                }
                _ => {}
            }
        }
        let Some(parameters) = self.functions.get(name).cloned() else {
            // A method may keep what it is given.
            if let Some(receiver) = receiver
                && !matches!(receiver, Expr::Name(name) if self.wholes.contains(&name.id.to_string()))
            {
                self.bind(receiver, all);
            }
            return keys | all;
        };
        let around = self.around();
        self.add(&format!("{name}("), around);
        let own = usize::from(
            (receiver.is_some() || parameters.first().is_some_and(|p| p == "self"))
                && parameters.first().is_some_and(|p| p == "self"),
        );
        let starred = call
            .arguments
            .args
            .iter()
            .any(|a| matches!(a, Expr::Starred(_)));
        for (at, parameter) in parameters.iter().enumerate() {
            let mut into = match at.checked_sub(own) {
                None => keys,
                Some(_) if starred => all,
                Some(at) => given.get(at).copied().unwrap_or(0),
            };
            for (keyword, keys) in call.arguments.keywords.iter().zip(&named) {
                into |= match &keyword.arg {
                    Some(arg) if arg.as_str() == parameter.trim_start_matches('.') => *keys,
                    Some(_) => 0,
                    // `**input` hands each parameter its key.
                    None => match self.keys.iter().position(|key| key == parameter) {
                        Some(at) if self.is_whole(&keyword.value) => 1 << at,
                        _ => *keys,
                    },
                };
            }
            self.add(parameter, into);
        }
        // More arguments than parameters are known: defined twice, or taken by `*args`.
        if given.len() + own > parameters.len() {
            parameters
                .iter()
                .for_each(|parameter| self.add(parameter, all));
        }
        let result = self.of(&format!("{name}()")) | self.of(&format!("{name}!"));
        match parameters.iter().any(|p| p.starts_with('.')) || receiver.is_some() {
            true => keys | result | all,
            // The function's own name says nothing but what it does.
            false => result | self.of(name),
        }
    }

    fn is_whole(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Name(name) if self.wholes.iter().any(|whole| whole == name.id.as_str()))
    }
}

struct Children<'a>(Vec<&'a Expr>);

impl<'a> Visitor<'a> for Children<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        self.0.push(expr);
    }
}

struct Used(Vec<String>);

impl<'a> Visitor<'a> for Used {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.0.push(name.id.to_string());
        }
        walk_expr(self, expr);
    }
}

struct Patterns(Vec<String>);

impl<'a> Visitor<'a> for Patterns {
    fn visit_pattern(&mut self, pattern: &'a ruff_python_ast::Pattern) {
        use ruff_python_ast::Pattern;
        let name = match pattern {
            Pattern::MatchStar(star) => star.name.as_ref(),
            Pattern::MatchAs(alias) => alias.name.as_ref(),
            Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
            _ => None,
        };
        self.0.extend(name.map(ToString::to_string));
        ruff_python_ast::visitor::walk_pattern(self, pattern);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(input: &str, body: &str) -> String {
        let source = format!("input = {input}\n{body}\nprint(output)\n");
        keys_that_reach_output(&source).unwrap().join(" ")
    }

    #[test]
    fn keys_are_followed_to_the_output() {
        let input = "{'a': 1, 'b': 2, 'c': 3}";
        for (body, reached) in [
            ("output = input['a'] + input.get('c')", "a c"),
            (
                "def f(a, b, c):\n    t = a\n    if b > 2:\n        t = 5\n    return t\noutput = f(**input)",
                "a b",
            ),
            (
                "def f(a, b, c):\n    for i in range(b):\n        if i > a: break\n    return i\noutput = f(**input)",
                "a b",
            ),
            (
                "def f(a, b, c):\n    xs = []\n    xs.append(a)\n    print(c)\n    return sum(xs)\noutput = f(**input)",
                "a",
            ),
            (
                "def f(a, b, c):\n    c = 7\n    return 42\noutput = f(**input)",
                "",
            ),
            (
                "def g(x):\n    return x * 2\ndef f(a, b, c):\n    return g(b)\noutput = f(**input)",
                "b",
            ),
            (
                "def f(a, b, c):\n    return list(map(lambda v: v + a, [c]))\noutput = f(**input)",
                "a c",
            ),
            (
                "class A:\n    def __init__(self, v):\n        self.v = v\n    def get(self):\n        return self.v\nx = A(input['b'])\noutput = x.get()",
                "b",
            ),
            ("d = {}\nd[input['a']] = 1\noutput = len(d)", "a"),
            (
                "def f(a, b, c):\n    if a < 0:\n        raise ValueError\n    return b\noutput = f(**input)",
                "a b",
            ),
            ("output = sum(input.values())", "a b c"),
            ("output = eval('input[\"a\"]')", "a b c"),
            (
                "try:\n    output = 1 / input['b']\nexcept ZeroDivisionError:\n    output = 0",
                "a b c",
            ),
            (
                "total = 0\ndef add(v):\n    global total\n    total += v\nadd(input['c'])\noutput = total",
                "c",
            ),
            (
                "match input['a']:\n    case 1:\n        output = 2\n    case _:\n        output = 3",
                "a",
            ),
        ] {
            assert_eq!(reach(input, body), reached, "{body}");
        }
    }
}
