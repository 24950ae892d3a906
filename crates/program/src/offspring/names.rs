//! Names of a program's module, and how its input is handed on.

use std::collections::BTreeSet;
use std::ops::Range;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_parameter, walk_stmt};
use ruff_python_ast::{Expr, Parameter, Stmt};
use ruff_text_size::Ranged;

use crate::facts;
use crate::names;
use crate::parse::module;

/// Every identifier that a program binds or reads anywhere, attributes left out.
pub(super) fn all(source: &str) -> Result<BTreeSet<String>, String> {
    let parsed = module(source).map_err(|p| p.to_string())?;
    let mut seek = Identifiers(Vec::new());
    parsed
        .syntax()
        .body
        .iter()
        .for_each(|stmt| seek.visit_stmt(stmt));
    let mut found: BTreeSet<String> = seek.0.into_iter().map(|(name, _)| name).collect();
    let bound = names::of_body(&parsed.syntax().body);
    found.extend(bound.imports.keys().map(|name| (*name).to_owned()));
    Ok(found)
}

/// Names bound at the top of the module by something else than an import; `input` and `output` left out.
pub(super) fn top(source: &str) -> Result<BTreeSet<String>, String> {
    let parsed = module(source).map_err(|p| p.to_string())?;
    let bound = names::of_body(&parsed.syntax().body);
    let named = bound
        .names
        .into_iter()
        .filter(|n| !matches!(*n, "input" | "output"));
    Ok(named.map(str::to_owned).collect())
}

/// `base`, or with a number behind it that no name of `taken` has.
pub(super) fn fresh(base: &str, taken: &BTreeSet<String>) -> String {
    let mut name = base.to_owned();
    let mut number = 2;
    while taken.contains(&name) {
        name = format!("{base}_{number}");
        number += 1;
    }
    name
}

/// Every place of the identifiers of `from`, to be replaced: `from` and `to` are parallel.
pub(super) fn renamed(source: &str, from: &[String], to: &[String]) -> Result<String, String> {
    let parsed = module(source).map_err(|p| p.to_string())?;
    let mut seek = Identifiers(Vec::new());
    parsed
        .syntax()
        .body
        .iter()
        .for_each(|stmt| seek.visit_stmt(stmt));
    let edits = seek
        .0
        .into_iter()
        .filter_map(|(name, range)| {
            let at = from.iter().position(|known| *known == name)?;
            Some((range, to.get(at)?.clone()))
        })
        .collect();
    Ok(crate::edit::apply(source, edits))
}

struct Identifiers(Vec<(String, Range<usize>)>);

impl Identifiers {
    fn add(&mut self, name: &str, place: &impl Ranged) {
        let range = place.range();
        self.0.push((
            name.to_owned(),
            range.start().to_usize()..range.end().to_usize(),
        ));
    }
}

impl<'a> Visitor<'a> for Identifiers {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => self.add(def.name.as_str(), &def.name),
            Stmt::ClassDef(class) => self.add(class.name.as_str(), &class.name),
            Stmt::Global(global) => global.names.iter().for_each(|n| self.add(n.as_str(), n)),
            Stmt::Nonlocal(outer) => outer.names.iter().for_each(|n| self.add(n.as_str(), n)),
            Stmt::Try(attempt) => {
                for handler in &attempt.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    if let Some(name) = &handler.name {
                        self.add(name.as_str(), name);
                    }
                }
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => self.add(name.id.as_str(), expr),
            Expr::Call(call) => {
                for keyword in &call.arguments.keywords {
                    if let Some(arg) = &keyword.arg {
                        self.add(arg.as_str(), arg);
                    }
                }
            }
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.add(parameter.name.as_str(), &parameter.name);
        walk_parameter(self, parameter);
    }
}

/// `source` with its input handed on by key: `f(**input)` as `f(a=input["a"], ...)`. Then every use of `input` reads one
/// key.
///
/// # Errors
/// Where `input` is used in another way.
pub(super) fn by_key(source: &str, keys: &[String]) -> Result<String, String> {
    let parsed = module(source).map_err(|p| p.to_string())?;
    let mut uses = Uses {
        edits: Vec::new(),
        keys,
        loose: 0,
    };
    parsed
        .syntax()
        .body
        .iter()
        .for_each(|stmt| uses.visit_stmt(stmt));
    if uses.loose > 0 || facts::aliases(&parsed.syntax().body).len() > 1 {
        return Err("`input` is used as a whole".into());
    }
    Ok(crate::edit::apply(source, uses.edits))
}

struct Uses<'k> {
    edits: Vec<(Range<usize>, String)>,
    keys: &'k [String],
    /// Uses that read no single key.
    loose: usize,
}

fn is_input(expr: &Expr) -> bool {
    matches!(expr, Expr::Name(name) if name.id == "input")
}

impl<'a> Visitor<'a> for Uses<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match facts::binding(stmt) {
            Some(("input", _)) => {}
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(_) if is_input(expr) => self.loose += 1,
            Expr::Subscript(subscript)
                if is_input(&subscript.value)
                    && matches!(subscript.slice.as_ref(), Expr::StringLiteral(_)) => {}
            Expr::Call(call) => {
                self.visit_expr(&call.func);
                call.arguments.args.iter().for_each(|a| self.visit_expr(a));
                for keyword in &call.arguments.keywords {
                    if keyword.arg.is_none() && is_input(&keyword.value) {
                        let all: Vec<String> = self
                            .keys
                            .iter()
                            .map(|key| {
                                format!(
                                    "{key}=input[{}]",
                                    crate::Value::from(key.as_str()).python()
                                )
                            })
                            .collect();
                        let range = keyword.range;
                        self.edits.push((
                            range.start().to_usize()..range.end().to_usize(),
                            all.join(", "),
                        ));
                    } else {
                        self.visit_expr(&keyword.value);
                    }
                }
            }
            _ => walk_expr(self, expr),
        }
    }
}

/// The places of `input["key"]`, with their keys.
pub(super) fn reads(source: &str) -> Result<Vec<(Range<usize>, String)>, String> {
    let parsed = module(source).map_err(|p| p.to_string())?;
    let mut seek = Reads(Vec::new());
    parsed
        .syntax()
        .body
        .iter()
        .for_each(|stmt| seek.visit_stmt(stmt));
    Ok(seek.0)
}

struct Reads(Vec<(Range<usize>, String)>);

impl<'a> Visitor<'a> for Reads {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Subscript(subscript) = expr
            && is_input(&subscript.value)
            && let Expr::StringLiteral(key) = subscript.slice.as_ref()
        {
            let range = expr.range();
            self.0.push((
                range.start().to_usize()..range.end().to_usize(),
                key.value.to_str().to_owned(),
            ));
        }
        walk_expr(self, expr);
    }
}

/// Where the statements of the module that `wanted` picks begin and end, with the end of their line.
pub(super) fn statements(
    source: &str,
    wanted: impl Fn(&Stmt) -> bool,
) -> Result<Vec<Range<usize>>, String> {
    let parsed = module(source).map_err(|p| p.to_string())?;
    Ok(parsed
        .syntax()
        .body
        .iter()
        .filter(|stmt| wanted(stmt))
        .map(|stmt| {
            let range = stmt.range();
            let end = range.end().to_usize();
            let line = source
                .get(end..)
                .and_then(|rest| rest.find('\n'))
                .map_or(source.len(), |at| end + at + 1);
            range.start().to_usize()..line
        })
        .collect())
}

/// Whether a statement binds `output`.
pub(super) fn binds_output(stmt: &Stmt) -> bool {
    matches!(facts::binding(stmt), Some(("output", _)))
}

/// Whether a statement is `print(...)` with `output` in it.
pub(super) fn prints_output(stmt: &Stmt) -> bool {
    let Stmt::Expr(said) = stmt else {
        return false;
    };
    let Expr::Call(call) = said.value.as_ref() else {
        return false;
    };
    let mut seek = Identifiers(Vec::new());
    call.arguments.args.iter().for_each(|a| seek.visit_expr(a));
    matches!(call.func.as_ref(), Expr::Name(name) if name.id == "print")
        && seek.0.iter().any(|(name, _)| name == "output")
}
