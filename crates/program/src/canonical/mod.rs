//! Normal form and structure: the same text for programs that differ only in what does not matter.
//!
//! The tree is printed as an S-expression by a printer of our own. Every name that the program binds (functions,
//! parameters, locals, classes and their attributes, keys of `input`) becomes a symbol numbered in order of appearance;
//! builtins, imported names and the contract's `input` and `output` are kept. Comments, formatting, docstrings and type
//! annotations are gone. The text is meant to be hashed and compared, not to be run.

mod expressions;
mod scopes;
mod statements;

use ruff_python_ast::Stmt;

use crate::parse::{SyntaxProblem, module};
use scopes::Scopes;

/// Deepest tree that is printed; the guard before the parser keeps ordinary sources far below it.
const MAX_DEPTH: usize = 1_000;

/// The program with names renamed in order of appearance and constants kept.
///
/// Two programs share a normal form when they differ only in comments, layout, docstrings, annotations and in the names
/// that they bind, scope by scope; a key of `input` and the parameter that `f(**input)` hands it to are one name.
///
/// # Errors
/// [`SyntaxProblem`] as for [`facts`](crate::facts()).
pub fn normal_form(source: &str) -> Result<String, SyntaxProblem> {
    print(source, false)
}

/// The normal form with numbers and strings masked, and lists of masked constants shown without their length.
///
/// # Errors
/// [`SyntaxProblem`] as for [`facts`](crate::facts()).
pub fn structure(source: &str) -> Result<String, SyntaxProblem> {
    print(source, true)
}

fn print(source: &str, mask: bool) -> Result<String, SyntaxProblem> {
    let parsed = module(source)?;
    let body: &[Stmt] = &parsed.syntax().body;
    let mut printer = Printer {
        text: String::with_capacity(source.len()),
        mask,
        depth: 0,
        too_deep: false,
        scopes: Scopes::of_module(body),
    };
    body.iter().for_each(|stmt| printer.statement(stmt));
    match printer.too_deep {
        true => Err(SyntaxProblem::new(
            1,
            format!("a syntax tree deeper than {MAX_DEPTH}"),
        )),
        false => Ok(printer.text),
    }
}

struct Printer<'a> {
    text: String,
    mask: bool,
    depth: usize,
    too_deep: bool,
    scopes: Scopes<'a>,
}

impl Printer<'_> {
    fn word(&mut self, word: &str) {
        if !self.text.is_empty() && !self.text.ends_with(['(', '\n']) {
            self.text.push(' ');
        }
        self.text.push_str(word);
    }

    /// Prints `(head …)`, unless the tree is too deep.
    fn node(&mut self, head: &str, inside: impl FnOnce(&mut Self)) {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.too_deep = true;
        } else {
            self.word("(");
            self.text.push_str(head);
            inside(self);
            self.text.push(')');
        }
        self.depth -= 1;
    }
}

#[cfg(test)]
mod tests;
