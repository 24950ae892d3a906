//! Scopes and symbols: which name means what, where.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, Parameters, Stmt};
use ruff_text_size::{Ranged, TextSize};

use crate::facts::{aliases, binding, dict_keys};
use crate::names::{self, Bindings};

/// A name of the program's own, before it has a number.
type Symbol = usize;

/// What an identifier stands for.
pub(super) enum Meaning {
    /// A name of the program's own, by its number in order of appearance.
    Own(usize),
    /// A name kept as it is: a builtin, the path of an import, `input` or `output`.
    Kept(String),
}

struct Scope<'a> {
    is_class: bool,
    names: BTreeMap<&'a str, Bound>,
    /// Names that resolve from the module on (`global`) or outwards (`nonlocal`).
    outer: BTreeSet<&'a str>,
}

#[derive(Clone)]
enum Bound {
    Symbol(Symbol),
    Kept(String),
}

pub(super) struct Scopes<'a> {
    stack: Vec<Scope<'a>>,
    /// Number of each symbol once it has appeared.
    numbers: Vec<Option<usize>>,
    next: usize,
    /// Keys of the module-level `input`.
    keys: BTreeMap<&'a str, Symbol>,
    /// Names that hold the dict `input`.
    aliases: BTreeSet<&'a str>,
    /// Attributes that the program defines: methods, class variables, `self.x = …`.
    attributes: BTreeMap<&'a str, Symbol>,
    /// Functions called as `f(**input)`.
    spread: BTreeSet<&'a str>,
    /// Parameter symbols of each function, by where its parameters stand in the source.
    parameters: BTreeMap<TextSize, BTreeMap<&'a str, Symbol>>,
    /// Parameter symbols by the symbol of the function.
    of_function: BTreeMap<Symbol, BTreeMap<&'a str, Symbol>>,
}

impl<'a> Scopes<'a> {
    pub(super) fn of_module(body: &'a [Stmt]) -> Self {
        let aliases = aliases(body);
        let mut survey = Survey {
            aliases: &aliases,
            spread: BTreeSet::new(),
            attributes: BTreeSet::new(),
        };
        body.iter().for_each(|stmt| survey.visit_stmt(stmt));
        let Survey {
            spread, attributes, ..
        } = survey;
        let mut scopes = Self {
            stack: Vec::new(),
            numbers: Vec::new(),
            next: 0,
            keys: BTreeMap::new(),
            aliases,
            attributes: BTreeMap::new(),
            spread,
            parameters: BTreeMap::new(),
            of_function: BTreeMap::new(),
        };
        for key in body
            .iter()
            .filter_map(binding)
            .filter(|(name, _)| *name == "input")
            .filter_map(|(_, value)| dict_keys(value))
            .flatten()
        {
            let symbol = scopes.fresh();
            scopes.keys.insert(key, symbol);
        }
        for attribute in attributes {
            let symbol = scopes.fresh();
            scopes.attributes.insert(attribute, symbol);
        }
        scopes.enter(names::of_body(body), None, false);
        scopes
    }

    fn fresh(&mut self) -> Symbol {
        self.numbers.push(None);
        self.numbers.len() - 1
    }

    fn number(&mut self, symbol: Symbol) -> usize {
        let next = self.next;
        match self.numbers.get_mut(symbol) {
            Some(Some(number)) => *number,
            Some(unseen) => {
                *unseen = Some(next);
                self.next += 1;
                next
            }
            None => symbol,
        }
    }

    /// Opens the scope of a body; `parameters` are those of its function.
    pub(super) fn enter(
        &mut self,
        bindings: Bindings<'a>,
        parameters: Option<&'a Parameters>,
        is_class: bool,
    ) {
        let in_module = self.stack.is_empty();
        let mut names: BTreeMap<&'a str, Bound> = BTreeMap::new();
        if let Some(parameters) = parameters {
            let own = match self.parameters.get(&parameters.range().start()) {
                Some(known) => known.clone(),
                None => self.declare(None, parameters),
            };
            names.extend(
                own.into_iter()
                    .map(|(name, symbol)| (name, Bound::Symbol(symbol))),
            );
        }
        for name in bindings.names {
            let bound = match name {
                "input" | "output" if in_module => Bound::Kept(name.to_owned()),
                _ if is_class && self.attributes.contains_key(name) => {
                    match self.attributes.get(name) {
                        Some(symbol) => Bound::Symbol(*symbol),
                        None => continue,
                    }
                }
                _ if names.contains_key(name) => continue,
                _ => Bound::Symbol(self.fresh()),
            };
            names.insert(name, bound);
        }
        for (name, path) in bindings.imports {
            names.entry(name).or_insert(Bound::Kept(path));
        }
        for (name, parameters) in &bindings.functions {
            let linked = in_module.then_some(*name);
            let own = self.declare(linked, parameters);
            if let Some(Bound::Symbol(function)) = names.get(name) {
                self.of_function.entry(*function).or_default().extend(own);
            }
        }
        self.stack.push(Scope {
            is_class,
            names,
            outer: bindings.outer,
        });
    }

    /// Gives the parameters of a function their symbols; those that `f(**input)` fills share the symbol of their key.
    fn declare(
        &mut self,
        module_function: Option<&str>,
        parameters: &'a Parameters,
    ) -> BTreeMap<&'a str, Symbol> {
        let is_spread = module_function.is_some_and(|name| self.spread.contains(name));
        let mut own = BTreeMap::new();
        for name in names::parameter_names(parameters) {
            let symbol = match self.keys.get(name) {
                Some(key) if is_spread => *key,
                _ => self.fresh(),
            };
            own.insert(name, symbol);
        }
        self.parameters
            .insert(parameters.range().start(), own.clone());
        own
    }

    /// Opens the scope of a comprehension, which binds its targets.
    pub(super) fn enter_comprehension(&mut self, targets: BTreeSet<&'a str>) {
        let names = targets
            .into_iter()
            .map(|name| (name, Bound::Symbol(self.fresh())))
            .collect();
        self.stack.push(Scope {
            is_class: false,
            names,
            outer: BTreeSet::new(),
        });
    }

    pub(super) fn leave(&mut self) {
        self.stack.pop();
    }

    fn find(&self, name: &str) -> Option<&Bound> {
        let mut innermost = true;
        for (at, scope) in self.stack.iter().enumerate().rev() {
            if innermost || !scope.is_class || at == 0 {
                if let Some(bound) = scope.names.get(name) {
                    return Some(bound);
                }
                if scope.outer.contains(name) {
                    let module = self.stack.first().and_then(|m| m.names.get(name));
                    let between = self
                        .stack
                        .get(1..at)
                        .unwrap_or_default()
                        .iter()
                        .rev()
                        .find_map(|s| s.names.get(name));
                    return between.or(module);
                }
            }
            innermost = false;
        }
        None
    }

    /// What `name` means in the innermost scope.
    pub(super) fn name(&mut self, name: &str) -> Meaning {
        match self.find(name).cloned() {
            Some(Bound::Symbol(symbol)) => Meaning::Own(self.number(symbol)),
            Some(Bound::Kept(path)) => Meaning::Kept(path),
            None => Meaning::Kept(name.to_owned()),
        }
    }

    /// What the attribute `name` means on any object.
    pub(super) fn attribute(&mut self, name: &str) -> Meaning {
        match self.attributes.get(name).copied() {
            Some(symbol) => Meaning::Own(self.number(symbol)),
            None => Meaning::Kept(name.to_owned()),
        }
    }

    /// What the keyword `name` means in a call of `function`.
    pub(super) fn keyword(&mut self, function: &Expr, name: &str) -> Meaning {
        let callee = match function {
            Expr::Name(callee) => self.find(callee.id.as_str()).cloned(),
            _ => None,
        };
        match callee {
            Some(Bound::Symbol(symbol)) => {
                let parameter = self
                    .of_function
                    .get(&symbol)
                    .and_then(|own| own.get(name))
                    .or_else(|| self.attributes.get(name))
                    .copied();
                match parameter {
                    Some(parameter) => Meaning::Own(self.number(parameter)),
                    None => Meaning::Kept(name.to_owned()),
                }
            }
            _ => Meaning::Kept(name.to_owned()),
        }
    }

    /// The number of the key `key` of `input`, where it is one.
    pub(super) fn key(&mut self, key: &str) -> Option<usize> {
        let symbol = self.keys.get(key).copied()?;
        Some(self.number(symbol))
    }

    /// The number of `key` where `object` holds the dict `input`.
    pub(super) fn key_of(&mut self, object: &Expr, key: &str) -> Option<usize> {
        match object {
            Expr::Name(name) if self.aliases.contains(name.id.as_str()) => self.key(key),
            _ => None,
        }
    }

    /// Whether the innermost scope is the module's.
    pub(super) fn in_module(&self) -> bool {
        self.stack.len() == 1
    }
}

struct Survey<'a, 's> {
    aliases: &'s BTreeSet<&'a str>,
    spread: BTreeSet<&'a str>,
    attributes: BTreeSet<&'a str>,
}

impl<'a> Visitor<'a> for Survey<'a, '_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::ClassDef(def) = stmt {
            let own = names::of_body(&def.body).names;
            self.attributes
                .extend(own.into_iter().filter(|name| !name.starts_with("__")));
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Attribute(attribute) if attribute.ctx == ExprContext::Store => {
                self.attributes.insert(attribute.attr.as_str());
            }
            Expr::Call(call) => {
                let spread = call.arguments.keywords.iter().any(|keyword| {
                    keyword.arg.is_none() && matches!(&keyword.value, Expr::Name(name) if self.aliases.contains(name.id.as_str()))
                });
                if let (true, Expr::Name(function)) = (spread, call.func.as_ref()) {
                    self.spread.insert(function.id.as_str());
                }
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}
