//! Expressions of the printer.

use std::collections::BTreeSet;

use ruff_python_ast::{
    Comprehension, Expr, ExprCall, InterpolatedStringElement, Number, Parameters, UnaryOp,
};

use super::Printer;
use crate::names::{self, Bindings};

impl<'a> Printer<'a> {
    pub(super) fn maybe(&mut self, expr: Option<&'a Expr>) {
        if let Some(expr) = expr {
            self.expression(expr);
        }
    }

    fn all(&mut self, head: &str, exprs: &'a [Expr]) {
        self.node(head, |p| exprs.iter().for_each(|e| p.expression(e)));
    }

    /// A literal collection; in a structure, equal masked neighbours collapse so that its length does not matter.
    fn collection(&mut self, head: &str, elts: &'a [Expr]) {
        if !self.mask || !elts.iter().all(is_constant) {
            return self.all(head, elts);
        }
        self.node(head, |p| {
            let mut last = String::new();
            for elt in elts {
                let from = p.text.len();
                p.expression(elt);
                let printed = p.text.get(from..).unwrap_or_default().to_owned();
                if printed == last {
                    p.text.truncate(from);
                }
                last = printed;
            }
        });
    }

    pub(super) fn expression(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => self.identifier(&name.id),
            Expr::NumberLiteral(number) => self.number(&number.value, false),
            Expr::UnaryOp(unary) => match (unary.op, unary.operand.as_ref()) {
                (UnaryOp::USub, Expr::NumberLiteral(number)) => self.number(&number.value, true),
                _ => self.node(unary.op.as_str(), |p| p.expression(&unary.operand)),
            },
            Expr::StringLiteral(string) => self.string(string.value.to_str()),
            Expr::BytesLiteral(bytes) => {
                let text: String = bytes
                    .value
                    .bytes()
                    .flat_map(std::ascii::escape_default)
                    .map(char::from)
                    .collect();
                self.string(&text);
            }
            Expr::BooleanLiteral(boolean) => {
                self.word(if boolean.value { "True" } else { "False" })
            }
            Expr::NoneLiteral(_) => self.word("None"),
            Expr::EllipsisLiteral(_) => self.word("..."),
            Expr::BinOp(op) => self.node(op.op.as_str(), |p| {
                p.expression(&op.left);
                p.expression(&op.right);
            }),
            Expr::BoolOp(op) => self.all(op.op.as_str(), &op.values),
            Expr::Compare(compare) => self.node("cmp", |p| {
                p.expression(&compare.left);
                for (op, right) in compare.ops.iter().zip(&compare.comparators) {
                    p.word(op.as_str());
                    p.expression(right);
                }
            }),
            Expr::Named(named) => self.node(":=", |p| {
                p.expression(&named.target);
                p.expression(&named.value);
            }),
            Expr::If(choice) => self.node("?", |p| {
                p.expression(&choice.test);
                p.expression(&choice.body);
                p.expression(&choice.orelse);
            }),
            Expr::Lambda(lambda) => self.node("lambda", |p| match &lambda.parameters {
                Some(parameters) => p.function(parameters, names::of_expr(&lambda.body), |p| {
                    p.expression(&lambda.body)
                }),
                None => p.expression(&lambda.body),
            }),
            Expr::List(list) => self.collection("list", &list.elts),
            Expr::Tuple(tuple) => self.collection("tuple", &tuple.elts),
            Expr::Set(set) => self.collection("set", &set.elts),
            Expr::Dict(dict) => self.node("dict", |p| {
                for item in &dict.items {
                    match &item.key {
                        Some(key) => p.expression(key),
                        None => p.word("**"),
                    }
                    p.expression(&item.value);
                }
            }),
            Expr::ListComp(c) => self.comprehension("list-of", &c.generators, &[&c.elt]),
            Expr::SetComp(c) => self.comprehension("set-of", &c.generators, &[&c.elt]),
            Expr::Generator(c) => self.comprehension("each", &c.generators, &[&c.elt]),
            Expr::DictComp(c) => match &c.key {
                Some(key) => self.comprehension("dict-of", &c.generators, &[key, &c.value]),
                None => self.comprehension("dict-of", &c.generators, &[&c.value]),
            },
            Expr::Await(inner) => self.node("await", |p| p.expression(&inner.value)),
            Expr::Yield(inner) => self.node("yield", |p| p.maybe(inner.value.as_deref())),
            Expr::YieldFrom(inner) => self.node("yield-from", |p| p.expression(&inner.value)),
            Expr::Call(call) => self.call(call),
            Expr::FString(string) => self.node("f", |p| {
                string.value.iter().for_each(|part| match part {
                    ruff_python_ast::FStringPart::Literal(literal) => p.string(&literal.value),
                    ruff_python_ast::FStringPart::FString(f) => {
                        f.elements.iter().for_each(|e| p.interpolated(e))
                    }
                })
            }),
            Expr::TString(string) => self.node("t", |p| {
                string.value.elements().for_each(|e| p.interpolated(e))
            }),
            Expr::Attribute(attribute) => self.node(".", |p| {
                p.expression(&attribute.value);
                let meaning = p.scopes.attribute(&attribute.attr);
                p.meaning(&meaning);
            }),
            Expr::Subscript(subscript) => self.node("at", |p| {
                p.expression(&subscript.value);
                match subscript.slice.as_ref() {
                    Expr::StringLiteral(key) => p.key(&subscript.value, key.value.to_str()),
                    slice => p.expression(slice),
                }
            }),
            Expr::Starred(starred) => self.node("star", |p| p.expression(&starred.value)),
            Expr::Slice(slice) => self.node("slice", |p| {
                for part in [&slice.lower, &slice.upper, &slice.step] {
                    match part {
                        Some(part) => p.expression(part),
                        None => p.word("_"),
                    }
                }
            }),
            Expr::IpyEscapeCommand(_) => self.word("escape"),
        }
    }

    /// The dict that is bound to `input`: its keys are names.
    pub(super) fn input_dict(&mut self, value: &'a Expr) {
        match value {
            Expr::Dict(dict) => self.node("dict", |p| {
                for item in &dict.items {
                    match &item.key {
                        Some(Expr::StringLiteral(key)) => p.own_key(key.value.to_str()),
                        Some(key) => p.expression(key),
                        None => p.word("**"),
                    }
                    p.expression(&item.value);
                }
            }),
            Expr::Call(call) if matches!(call.func.as_ref(), Expr::Name(name) if name.id.as_str() == "dict") =>
            {
                self.node("dict", |p| {
                    call.arguments.args.iter().for_each(|a| p.expression(a));
                    for keyword in &call.arguments.keywords {
                        match &keyword.arg {
                            Some(name) => p.own_key(name),
                            None => p.word("**"),
                        }
                        p.expression(&keyword.value);
                    }
                });
            }
            _ => self.expression(value),
        }
    }

    fn own_key(&mut self, key: &str) {
        match self.scopes.key(key) {
            Some(number) => self.word(&format!("'${number}")),
            None => self.string(key),
        }
    }

    /// A string that looks something up in `object`: a name where the object is `input`.
    fn key(&mut self, object: &Expr, key: &str) {
        match self.scopes.key_of(object, key) {
            Some(number) => self.word(&format!("'${number}")),
            None => self.string(key),
        }
    }

    fn call(&mut self, call: &'a ExprCall) {
        self.node("call", |p| {
            p.expression(&call.func);
            let looked_up = match call.func.as_ref() {
                Expr::Attribute(attribute)
                    if matches!(attribute.attr.as_str(), "get" | "pop" | "setdefault") =>
                {
                    Some(&attribute.value)
                }
                _ => None,
            };
            for argument in &call.arguments.args {
                match (looked_up, argument) {
                    (Some(object), Expr::StringLiteral(key)) => p.key(object, key.value.to_str()),
                    _ => p.expression(argument),
                }
            }
            for keyword in &call.arguments.keywords {
                match &keyword.arg {
                    Some(name) => p.node("kw", |p| {
                        let meaning = p.scopes.keyword(&call.func, name);
                        p.meaning(&meaning);
                        p.expression(&keyword.value);
                    }),
                    None => p.node("**", |p| p.expression(&keyword.value)),
                }
            }
        });
    }

    /// Parameters with their defaults, then what `inside` prints in the function's scope.
    pub(super) fn function(
        &mut self,
        parameters: &'a Parameters,
        bindings: Bindings<'a>,
        inside: impl FnOnce(&mut Self),
    ) {
        self.scopes.enter(bindings, Some(parameters), false);
        self.node("args", |p| {
            for (kind, group) in [("/", &parameters.posonlyargs), ("", &parameters.args)] {
                group
                    .iter()
                    .for_each(|parameter| p.identifier(&parameter.parameter.name));
                if !kind.is_empty() && !group.is_empty() {
                    p.word(kind);
                }
            }
            if let Some(rest) = &parameters.vararg {
                p.word("*");
                p.identifier(&rest.name);
            }
            if !parameters.kwonlyargs.is_empty() {
                p.word("kw-only");
                parameters
                    .kwonlyargs
                    .iter()
                    .for_each(|parameter| p.identifier(&parameter.parameter.name));
            }
            if let Some(rest) = &parameters.kwarg {
                p.word("**");
                p.identifier(&rest.name);
            }
        });
        inside(self);
        self.scopes.leave();
        // Defaults belong to the scope around the function.
        let defaults: Vec<&Expr> = parameters
            .iter_non_variadic_params()
            .filter_map(|p| p.default())
            .collect();
        if !defaults.is_empty() {
            self.node("defaults", |p| {
                for parameter in parameters.iter_non_variadic_params() {
                    match parameter.default() {
                        Some(default) => p.expression(default),
                        None => p.word("_"),
                    }
                }
            });
        }
    }

    fn comprehension(&mut self, head: &str, generators: &'a [Comprehension], results: &[&'a Expr]) {
        self.node(head, |p| {
            // The first iterable is evaluated outside.
            let mut rest = generators.iter();
            if let Some(first) = rest.next() {
                p.expression(&first.iter);
            }
            let mut targets = BTreeSet::new();
            generators
                .iter()
                .for_each(|g| names::of_target(&g.target, &mut targets));
            p.scopes.enter_comprehension(targets);
            for (at, generator) in generators.iter().enumerate() {
                p.node("for", |p| {
                    p.expression(&generator.target);
                    if at > 0 {
                        p.expression(&generator.iter);
                    }
                    generator
                        .ifs
                        .iter()
                        .for_each(|test| p.node("if", |p| p.expression(test)));
                });
            }
            results.iter().for_each(|result| p.expression(result));
            p.scopes.leave();
        });
    }

    fn interpolated(&mut self, element: &'a InterpolatedStringElement) {
        match element {
            InterpolatedStringElement::Literal(literal) => self.string(&literal.value),
            InterpolatedStringElement::Interpolation(field) => self.node("field", |p| {
                p.expression(&field.expression);
                if let Some(conversion) = field.conversion.to_char() {
                    p.word(&format!("!{conversion}"));
                }
                if let Some(spec) = &field.format_spec {
                    spec.elements.iter().for_each(|e| p.interpolated(e));
                }
            }),
        }
    }

    fn number(&mut self, value: &Number, negative: bool) {
        if self.mask {
            return self.word("#");
        }
        let sign = if negative { "-" } else { "" };
        let text = match value {
            Number::Int(int) => format!("{sign}{int}"),
            Number::Float(float) => format!("{sign}{float:?}"),
            Number::Complex { real, imag } => format!("{sign}({real:?}+{imag:?}j)"),
        };
        self.word(&text);
    }

    fn string(&mut self, text: &str) {
        let shown = if self.mask {
            "\"\"".to_owned()
        } else {
            format!("{text:?}")
        };
        self.word(&shown);
    }
}

fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::UnaryOp(unary) => is_constant(&unary.operand),
        Expr::List(list) => list.elts.iter().all(is_constant),
        Expr::Tuple(tuple) => tuple.elts.iter().all(is_constant),
        _ => expr.is_literal_expr(),
    }
}
