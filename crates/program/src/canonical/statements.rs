//! Statements of the printer.

use ruff_python_ast::{ExceptHandler, Expr, Pattern, Singleton, Stmt};

use super::Printer;
use super::scopes::Meaning;
use crate::names;

impl<'a> Printer<'a> {
    pub(super) fn statement(&mut self, stmt: &'a Stmt) {
        match stmt {
            // Docstrings and annotations without a value do nothing.
            Stmt::Expr(expr) if expr.value.is_literal_expr() => {}
            Stmt::FunctionDef(def) => self.node("def", |p| {
                def.decorator_list
                    .iter()
                    .for_each(|d| p.node("@", |p| p.expression(&d.expression)));
                p.identifier(&def.name);
                p.function(&def.parameters, names::of_body(&def.body), |p| {
                    p.body(&def.body)
                });
            }),
            Stmt::ClassDef(def) => self.node("class", |p| {
                def.decorator_list
                    .iter()
                    .for_each(|d| p.node("@", |p| p.expression(&d.expression)));
                p.identifier(&def.name);
                if let Some(arguments) = &def.arguments {
                    p.node("bases", |p| {
                        arguments.args.iter().for_each(|a| p.expression(a));
                        arguments
                            .keywords
                            .iter()
                            .for_each(|k| p.expression(&k.value));
                    });
                }
                p.scopes.enter(names::of_body(&def.body), None, true);
                p.body(&def.body);
                p.scopes.leave();
            }),
            Stmt::Return(ret) => self.node("return", |p| p.maybe(ret.value.as_deref())),
            Stmt::Delete(del) => {
                self.node("del", |p| del.targets.iter().for_each(|t| p.expression(t)))
            }
            Stmt::TypeAlias(alias) => self.node("type", |p| p.expression(&alias.name)),
            Stmt::Assign(assign) => {
                let input = self.scopes.in_module()
                    && matches!(assign.targets.as_slice(), [Expr::Name(n)] if n.id.as_str() == "input");
                self.node("=", |p| {
                    assign.targets.iter().for_each(|t| p.expression(t));
                    p.input_or(input, &assign.value);
                });
            }
            Stmt::AugAssign(assign) => self.node(assign.op.as_str(), |p| {
                p.word("=");
                p.expression(&assign.target);
                p.expression(&assign.value);
            }),
            Stmt::AnnAssign(assign) => {
                let input = self.scopes.in_module()
                    && matches!(assign.target.as_ref(), Expr::Name(n) if n.id.as_str() == "input");
                if let Some(value) = &assign.value {
                    self.node("=", |p| {
                        p.expression(&assign.target);
                        p.input_or(input, value);
                    });
                } else if !self.scopes.in_module() {
                    // A bare annotation is a field of a data class.
                    self.node("field", |p| p.expression(&assign.target));
                }
            }
            Stmt::For(each) => self.node(if each.is_async { "async-for" } else { "for" }, |p| {
                p.expression(&each.target);
                p.expression(&each.iter);
                p.body(&each.body);
                p.optional_body("else", &each.orelse);
            }),
            Stmt::While(each) => self.node("while", |p| {
                p.expression(&each.test);
                p.body(&each.body);
                p.optional_body("else", &each.orelse);
            }),
            Stmt::If(branch) => self.node("if", |p| {
                p.expression(&branch.test);
                p.body(&branch.body);
                for clause in &branch.elif_else_clauses {
                    p.node(
                        if clause.test.is_some() {
                            "elif"
                        } else {
                            "else"
                        },
                        |p| {
                            p.maybe(clause.test.as_ref());
                            p.body(&clause.body);
                        },
                    );
                }
            }),
            Stmt::With(with) => self.node("with", |p| {
                for item in &with.items {
                    p.node("as", |p| {
                        p.expression(&item.context_expr);
                        p.maybe(item.optional_vars.as_deref());
                    });
                }
                p.body(&with.body);
            }),
            Stmt::Match(arms) => self.node("match", |p| {
                p.expression(&arms.subject);
                for case in &arms.cases {
                    p.node("case", |p| {
                        p.pattern(&case.pattern);
                        p.maybe(case.guard.as_deref());
                        p.body(&case.body);
                    });
                }
            }),
            Stmt::Raise(raise) => self.node("raise", |p| {
                p.maybe(raise.exc.as_deref());
                p.maybe(raise.cause.as_deref());
            }),
            Stmt::Try(attempt) => self.node("try", |p| {
                p.body(&attempt.body);
                for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                    p.node(if attempt.is_star { "except*" } else { "except" }, |p| {
                        p.maybe(handler.type_.as_deref());
                        if let Some(name) = &handler.name {
                            p.identifier(name);
                        }
                        p.body(&handler.body);
                    });
                }
                p.optional_body("else", &attempt.orelse);
                p.optional_body("finally", &attempt.finalbody);
            }),
            Stmt::Assert(assert) => self.node("assert", |p| p.expression(&assert.test)),
            Stmt::Import(import) => self.node("import", |p| {
                import.names.iter().for_each(|a| p.word(a.name.as_str()))
            }),
            Stmt::ImportFrom(import) => self.node("from", |p| {
                p.word(import.module.as_ref().map_or(".", |m| m.as_str()));
                import.names.iter().for_each(|a| p.word(a.name.as_str()));
            }),
            Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Pass(_) => {}
            Stmt::Expr(expr) => self.node("do", |p| p.expression(&expr.value)),
            Stmt::Break(_) => self.word("break"),
            Stmt::Continue(_) => self.word("continue"),
            Stmt::IpyEscapeCommand(_) => self.word("escape"),
        }
    }

    fn input_or(&mut self, input: bool, value: &'a Expr) {
        match (input, value) {
            (true, Expr::Dict(_) | Expr::Call(_)) => self.input_dict(value),
            _ => self.expression(value),
        }
    }

    pub(super) fn body(&mut self, body: &'a [Stmt]) {
        self.node("body", |p| body.iter().for_each(|stmt| p.statement(stmt)));
    }

    fn optional_body(&mut self, head: &str, body: &'a [Stmt]) {
        if !body.is_empty() {
            self.node(head, |p| body.iter().for_each(|stmt| p.statement(stmt)));
        }
    }

    pub(super) fn identifier(&mut self, name: &str) {
        let meaning = self.scopes.name(name);
        self.meaning(&meaning);
    }

    pub(super) fn meaning(&mut self, meaning: &Meaning) {
        match meaning {
            Meaning::Own(number) => self.word(&format!("${number}")),
            Meaning::Kept(name) => self.word(name),
        }
    }

    fn pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchValue(value) => self.expression(&value.value),
            Pattern::MatchSingleton(single) => self.word(match single.value {
                Singleton::None => "None",
                Singleton::True => "True",
                Singleton::False => "False",
            }),
            Pattern::MatchSequence(sequence) => self.node("seq", |p| {
                sequence.patterns.iter().for_each(|i| p.pattern(i))
            }),
            Pattern::MatchMapping(mapping) => self.node("map", |p| {
                for (key, value) in mapping.keys.iter().zip(&mapping.patterns) {
                    p.expression(key);
                    p.pattern(value);
                }
                if let Some(rest) = &mapping.rest {
                    p.identifier(rest);
                }
            }),
            Pattern::MatchClass(class) => self.node("cls", |p| {
                p.expression(&class.cls);
                class.arguments.patterns.iter().for_each(|i| p.pattern(i));
                for keyword in &class.arguments.keywords {
                    let meaning = p.scopes.attribute(&keyword.attr);
                    p.meaning(&meaning);
                    p.pattern(&keyword.pattern);
                }
            }),
            Pattern::MatchStar(star) => self.node("*", |p| {
                if let Some(name) = &star.name {
                    p.identifier(name);
                }
            }),
            Pattern::MatchAs(alias) => self.node("as", |p| {
                if let Some(inner) = &alias.pattern {
                    p.pattern(inner);
                }
                match &alias.name {
                    Some(name) => p.identifier(name),
                    None => p.word("_"),
                }
            }),
            Pattern::MatchOr(either) => {
                self.node("or", |p| either.patterns.iter().for_each(|i| p.pattern(i)))
            }
        }
    }
}
