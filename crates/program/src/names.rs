//! Which names a scope of a program binds.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{Visitor, walk_except_handler, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt};

/// What the statements of one scope bind, nested scopes left out.
#[derive(Default)]
pub(crate) struct Bindings<'a> {
    /// Names bound here by assignment, definition, loop, `with`, `except`, `match` or walrus.
    pub(crate) names: BTreeSet<&'a str>,
    /// Names bound by an import, and the dotted path that they stand for.
    pub(crate) imports: BTreeMap<&'a str, String>,
    /// Names declared `global` or `nonlocal` here.
    pub(crate) outer: BTreeSet<&'a str>,
    /// Functions and named lambdas defined here, with their parameters.
    pub(crate) functions: Vec<(&'a str, &'a Parameters)>,
    in_comprehension: usize,
}

/// The bindings of a body.
pub(crate) fn of_body(body: &[Stmt]) -> Bindings<'_> {
    let mut found = Bindings::default();
    for stmt in body {
        found.visit_stmt(stmt);
    }
    found.finish()
}

/// The bindings of one expression (walrus targets of a lambda's body).
pub(crate) fn of_expr(expr: &Expr) -> Bindings<'_> {
    let mut found = Bindings::default();
    found.visit_expr(expr);
    found.finish()
}

/// The names that an assignment target binds.
pub(crate) fn of_target<'a>(target: &'a Expr, names: &mut BTreeSet<&'a str>) {
    match target {
        Expr::Name(name) => {
            names.insert(name.id.as_str());
        }
        Expr::Tuple(tuple) => tuple.elts.iter().for_each(|e| of_target(e, names)),
        Expr::List(list) => list.elts.iter().for_each(|e| of_target(e, names)),
        Expr::Starred(starred) => of_target(&starred.value, names),
        _ => {}
    }
}

/// All parameters in source order.
pub(crate) fn parameter_names(parameters: &Parameters) -> impl Iterator<Item = &str> {
    parameters.iter().map(|p| p.name().as_str())
}

impl Bindings<'_> {
    fn finish(mut self) -> Self {
        for name in &self.outer {
            self.names.remove(name);
        }
        self
    }
}

impl<'a> Visitor<'a> for Bindings<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.names.insert(def.name.as_str());
                self.functions.push((def.name.as_str(), &def.parameters));
                def.decorator_list
                    .iter()
                    .for_each(|d| self.visit_expr(&d.expression));
                def.parameters
                    .iter_non_variadic_params()
                    .filter_map(|p| p.default())
                    .for_each(|d| self.visit_expr(d));
            }
            Stmt::ClassDef(def) => {
                self.names.insert(def.name.as_str());
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let path = alias.name.as_str();
                    match &alias.asname {
                        Some(name) => self.imports.insert(name.as_str(), path.to_owned()),
                        None => {
                            let top = path.split('.').next().unwrap_or(path);
                            self.imports.insert(top, top.to_owned())
                        }
                    };
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |m| m.as_str());
                for alias in &import.names {
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.imports
                        .insert(bound.as_str(), format!("{module}.{}", alias.name.as_str()));
                }
            }
            Stmt::Global(global) => self.outer.extend(global.names.iter().map(|n| n.as_str())),
            Stmt::Nonlocal(nonlocal) => {
                self.outer.extend(nonlocal.names.iter().map(|n| n.as_str()))
            }
            Stmt::Assign(assign) => {
                if let ([Expr::Name(name)], Expr::Lambda(lambda)) =
                    (assign.targets.as_slice(), assign.value.as_ref())
                    && let Some(parameters) = &lambda.parameters
                {
                    self.functions.push((name.id.as_str(), parameters));
                }
                walk_stmt(self, stmt);
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Store && self.in_comprehension == 0 => {
                self.names.insert(name.id.as_str());
            }
            Expr::Named(named) => {
                // A walrus binds in the function around a comprehension.
                of_target(&named.target, &mut self.names);
                self.visit_expr(&named.value);
            }
            Expr::Lambda(_) => {}
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.in_comprehension += 1;
                walk_expr(self, expr);
                self.in_comprehension -= 1;
            }
            _ => walk_expr(self, expr),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        self.names.extend(inner.name.as_ref().map(|n| n.as_str()));
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchStar(star) => star.name.as_ref(),
            Pattern::MatchAs(alias) => alias.name.as_ref(),
            Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
            _ => None,
        };
        self.names.extend(name.map(|n| n.as_str()));
        walk_pattern(self, pattern);
    }
}
