//! One walk over the tree that stops at the first thing that a shared interpreter should not see.

use super::names::{self, is_dunder, listed};
use super::{Route, Uses};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    Expr, ExprContext, InterpolatedStringElement, Parameters, Pattern, Stmt, StmtImport,
    StmtImportFrom, StringLiteral,
};
use std::collections::BTreeSet;

pub(super) fn walk(body: &[Stmt]) -> Route {
    let mut walk = Walk::default();
    for stmt in body {
        walk.visit_stmt(stmt);
    }
    // Stores through a name that an import binds, wherever the import stands.
    let shared = walk
        .stored_into
        .iter()
        .find(|name| walk.imported.contains(*name))
        .map(|name| format!("a store into `{name}`, which is imported"));
    Route {
        own: walk.own.or(shared),
        uses: walk.uses,
    }
}

/// Whether a name is one under which library modules keep what leads out of them.
fn is_private_of_modules(name: &str) -> bool {
    let plain = name.trim_start_matches('_');
    listed(names::ATTRIBUTES, plain) || listed(names::BUILTINS, plain) || plain == "getframe"
}

#[derive(Default)]
struct Walk<'a> {
    own: Option<String>,
    uses: Uses,
    imported: BTreeSet<&'a str>,
    /// Names into whose items something is stored.
    stored_into: BTreeSet<&'a str>,
    /// The first parameters of the methods around this place.
    selves: Vec<&'a str>,
    in_class: bool,
}

impl<'a> Walk<'a> {
    fn turn_down(&mut self, why: impl FnOnce() -> String) {
        if self.own.is_none() {
            self.own = Some(why());
        }
    }

    fn import(&mut self, import: &'a StmtImport) {
        for alias in &import.names {
            let path = alias.name.as_str();
            self.module(path);
            let bound = match &alias.asname {
                Some(name) => name.as_str(),
                None => path.split('.').next().unwrap_or(path),
            };
            self.binding(bound);
            self.imported.insert(bound);
        }
    }

    fn import_from(&mut self, import: &'a StmtImportFrom) {
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        if import.level > 0 {
            return self.turn_down(|| "a relative import".into());
        }
        if module == "__future__" {
            return self.turn_down(|| "a future import".into());
        }
        self.module(module);
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                if !listed(names::STARRED, module) {
                    self.turn_down(|| format!("`from {module} import *`"));
                }
                continue;
            }
            if name.starts_with('_') || listed(names::ATTRIBUTES, name) {
                self.turn_down(|| format!("the import of `{name}`"));
            }
            let bound = alias.asname.as_ref().map_or(name, |bound| bound.as_str());
            self.binding(bound);
            self.imported.insert(bound);
        }
    }

    /// A module by its dotted path.
    fn module(&mut self, path: &str) {
        let mut parts = path.split('.');
        let top = parts.next().unwrap_or(path);
        match top {
            "random" | "statistics" => self.uses.random = true,
            "decimal" => self.uses.decimal = true,
            "numpy" | "scipy" | "networkx" => self.uses.numpy = true,
            "sympy" | "mpmath" => self.uses.sympy = true,
            _ => {}
        }
        if matches!(top, "statistics" | "fractions") {
            self.uses.decimal = true;
        }
        if !listed(names::MODULES, top) {
            self.turn_down(|| format!("the import of `{path}`"));
        }
        for part in parts {
            // `sympy.core` is how many programs spell it; only its names count.
            let core = part == "core" && top == "sympy";
            if part.starts_with('_') || (listed(names::ATTRIBUTES, part) && !core) {
                self.turn_down(|| format!("the import of `{path}`"));
            }
        }
    }

    /// A name that the program binds.
    fn binding(&mut self, name: &str) {
        if is_dunder(name) {
            self.turn_down(|| format!("a binding of `{name}`"));
        }
    }

    fn name(&mut self, name: &str, context: ExprContext) {
        if !name.is_ascii() {
            self.turn_down(|| format!("the name `{name}`, which is not ASCII"));
        }
        if is_dunder(name) && name != "__name__" && !self.in_class {
            self.turn_down(|| format!("the name `{name}`"));
        }
        if is_dunder(name)
            && self.in_class
            && !listed(names::DUNDER_DEFINITIONS, name)
            && name != "__name__"
        {
            self.turn_down(|| format!("the name `{name}`"));
        }
        // A program may have functions and variables of these names; reading them before it does is what matters, and
        // telling the two apart is not worth it.
        if context == ExprContext::Load
            && (listed(names::BUILTINS, name) || name == "__build_class__")
        {
            self.turn_down(|| format!("the builtin `{name}`"));
        }
        // Brought in by `from M import *`.
        if context == ExprContext::Load
            && matches!(
                name,
                "init_printing"
                    | "init_session"
                    | "plot"
                    | "preview"
                    | "doctest"
                    | "autowrap"
                    | "ufuncify"
            )
        {
            self.turn_down(|| format!("the function `{name}`"));
        }
        match name {
            "input" => {}
            "type" if context == ExprContext::Load => {
                self.turn_down(|| "`type` as a value".into());
            }
            _ => {}
        }
    }

    fn attribute(&mut self, value: &'a Expr, name: &'a str, context: ExprContext) {
        let own = match value {
            Expr::Name(base) => self.selves.contains(&base.id.as_str()),
            _ => false,
        };
        if !name.is_ascii() {
            return self.turn_down(|| format!("the attribute `{name}`, which is not ASCII"));
        }
        // A decimal context is put back for every program that imports `decimal`.
        let of_context =
            self.uses.decimal && matches!(name, "prec" | "rounding") && self.is_own_value(value);
        if of_context {
            return;
        }
        if context != ExprContext::Load && !own {
            return self.turn_down(|| format!("a store to the attribute `{name}`"));
        }
        let forbidden = match () {
            () if is_dunder(name) => {
                !listed(names::DUNDER_READS, name) || context != ExprContext::Load
            }
            // A method may be called with anything as its first argument: a module's private names stay out of reach.
            () if name.starts_with('_') => !own || is_private_of_modules(name),
            () => listed(names::ATTRIBUTES, name),
        };
        if forbidden {
            self.turn_down(|| format!("the attribute `{name}`"));
        }
    }

    /// A call of `getcontext`, or a name that no import binds so far.
    fn is_own_value(&self, value: &Expr) -> bool {
        match value {
            Expr::Name(name) => !self.imported.contains(name.id.as_str()),
            Expr::Call(call) => match call.func.as_ref() {
                Expr::Name(name) => name.id.as_str() == "getcontext",
                Expr::Attribute(attribute) => attribute.attr.as_str() == "getcontext",
                _ => false,
            },
            _ => false,
        }
    }

    /// A store into items of `target`.
    fn item(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => {
                self.stored_into.insert(name.id.as_str());
            }
            Expr::Subscript(inner) => self.item(&inner.value),
            Expr::Attribute(attribute) => {
                let own = matches!(attribute.value.as_ref(), Expr::Name(base) if self.selves.contains(&base.id.as_str()));
                if !own {
                    self.turn_down(|| format!("a store into `{}`", attribute.attr.as_str()));
                }
            }
            _ => self.turn_down(|| "a store into the items of an expression".into()),
        }
    }

    fn text(&mut self, text: &str) {
        if text.contains("__") && text != "__main__" {
            self.turn_down(|| "a text with `__`".into());
        }
    }

    fn parameters(&mut self, parameters: &'a Parameters) {
        for parameter in parameters {
            self.binding(parameter.name().as_str());
        }
    }
}

impl<'a> Visitor<'a> for Walk<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if self.own.is_some() && !matches!(stmt, Stmt::Import(_) | Stmt::ImportFrom(_)) {
            // Only imports still matter: they tell which interpreter is the right one.
            return visitor::walk_stmt(self, stmt);
        }
        match stmt {
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::FunctionDef(function) => {
                let name = function.name.as_str();
                if function.is_async {
                    self.turn_down(|| "an async function".into());
                }
                if is_dunder(name) && !(self.in_class && listed(names::DUNDER_DEFINITIONS, name)) {
                    self.turn_down(|| format!("a definition of `{name}`"));
                }
                self.parameters(&function.parameters);
                let method = std::mem::replace(&mut self.in_class, false);
                let own = function
                    .parameters
                    .iter()
                    .next()
                    .map(|first| first.name().as_str())
                    .filter(|_| method);
                self.selves.extend(own);
                visitor::walk_stmt(self, stmt);
                if own.is_some() {
                    self.selves.pop();
                }
                self.in_class = method;
            }
            Stmt::ClassDef(class) => {
                self.binding(class.name.as_str());
                if class
                    .arguments
                    .iter()
                    .any(|arguments| !arguments.keywords.is_empty())
                {
                    self.turn_down(|| "a class with keywords".into());
                }
                let outer = std::mem::replace(&mut self.in_class, true);
                visitor::walk_stmt(self, stmt);
                self.in_class = outer;
            }
            Stmt::Global(global) => global
                .names
                .iter()
                .for_each(|name| self.binding(name.as_str())),
            Stmt::Nonlocal(names) => names
                .names
                .iter()
                .for_each(|name| self.binding(name.as_str())),
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => self.name(name.id.as_str(), name.ctx),
            Expr::Attribute(attribute) => {
                self.attribute(&attribute.value, attribute.attr.as_str(), attribute.ctx);
                self.visit_expr(&attribute.value);
            }
            Expr::Subscript(subscript) => {
                if subscript.ctx != ExprContext::Load {
                    self.item(&subscript.value);
                }
                visitor::walk_expr(self, expr);
            }
            // `type(x)` asks a question; `type(a, b, c)` makes a class.
            Expr::Call(call) if matches!(call.func.as_ref(), Expr::Name(name) if name.id.as_str() == "type") =>
            {
                if call.arguments.args.len() != 1 || !call.arguments.keywords.is_empty() {
                    self.turn_down(|| "a class made by `type`".into());
                }
                self.visit_arguments(&call.arguments);
            }
            Expr::Await(_) => self.turn_down(|| "an await".into()),
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters);
                }
                visitor::walk_expr(self, expr);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_string_literal(&mut self, literal: &'a StringLiteral) {
        self.text(&literal.value);
    }

    fn visit_interpolated_string_element(&mut self, element: &'a InterpolatedStringElement) {
        if let InterpolatedStringElement::Literal(literal) = element {
            self.text(&literal.value);
        }
        visitor::walk_interpolated_string_element(self, element);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        if let Pattern::MatchClass(class) = pattern
            && !class.arguments.keywords.is_empty()
        {
            self.turn_down(|| "a class pattern with attributes".into());
        }
        visitor::walk_pattern(self, pattern);
    }
}
