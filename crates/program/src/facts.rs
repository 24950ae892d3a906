//! Static facts of a program: what the rules and the reports need to know without running it.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, ModModule, Stmt};
use ruff_python_parser::Parsed;
use ruff_text_size::{Ranged, TextRange};
use serde::{Deserialize, Serialize};

use crate::names;
use crate::parse::{SyntaxProblem, line_of, module};

/// What a program looks like.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Facts {
    /// Lines that hold code: not blank, not only a comment, not of an import, not of a docstring.
    pub code_lines: usize,
    /// Top-level modules imported anywhere, sorted, each once.
    pub imports: Vec<String>,
    /// Keys of the module-level dict `input`, in source order.
    pub input_keys: Vec<String>,
    /// Keys of `input` that take no part: read neither as a name nor through a subscript, `.get` or a walk over the dict.
    pub unused_inputs: Vec<String>,
    /// Whether a dict literal (or `dict(...)`) is bound to `input` at module level.
    pub has_input: bool,
    /// Whether a module-level name `output` is bound.
    pub has_output: bool,
    /// Whether the last binding of `output` is a bare constant.
    pub output_constant: bool,
    /// Whether `print` is called with `output` among its arguments.
    pub prints_output: bool,
    /// Function definitions, nested ones and methods included, lambdas not.
    pub functions: usize,
    /// `if` statements with their `elif` arms, conditional expressions and `match` arms.
    pub branches: usize,
    /// `for` and `while` statements and comprehensions.
    pub loops: usize,
    /// Calls of anything.
    pub calls: usize,
    /// Length of the source, in bytes.
    pub source_bytes: usize,
}

/// Reads the static facts of `source`.
///
/// # Errors
/// [`SyntaxProblem`] where the source is not Python, or is too large or too deeply nested to be parsed safely.
pub fn facts(source: &str) -> Result<Facts, SyntaxProblem> {
    let parsed = module(source)?;
    let body = &parsed.syntax().body;
    let mut facts = Facts {
        source_bytes: source.len(),
        ..Facts::default()
    };
    facts.code_lines = code_lines(source, &parsed);
    module_level(body, &mut facts);

    let mut walk = Walk {
        facts: &mut facts,
        imports: BTreeSet::new(),
        used: BTreeSet::new(),
        aliases: aliases(body),
        whole: false,
    };
    body.iter().for_each(|stmt| walk.visit_stmt(stmt));
    let Walk {
        imports,
        used,
        whole,
        ..
    } = walk;
    facts.imports = imports.into_iter().map(str::to_owned).collect();
    facts.unused_inputs = match whole {
        true => Vec::new(),
        false => facts
            .input_keys
            .iter()
            .filter(|key| !used.contains(key.as_str()))
            .cloned()
            .collect(),
    };
    Ok(facts)
}

/// Keys of the dict that `value` spells, if it does.
pub(crate) fn dict_keys(value: &Expr) -> Option<Vec<&str>> {
    match value {
        Expr::Dict(dict) => Some(
            dict.items
                .iter()
                .filter_map(|item| match &item.key {
                    Some(Expr::StringLiteral(key)) => Some(key.value.to_str()),
                    _ => None,
                })
                .collect(),
        ),
        Expr::Call(call) if matches!(call.func.as_ref(), Expr::Name(name) if name.id.as_str() == "dict") => {
            Some(
                call.arguments
                    .keywords
                    .iter()
                    .filter_map(|k| k.arg.as_ref().map(|a| a.as_str()))
                    .collect(),
            )
        }
        _ => None,
    }
}

/// The target name and value of a plain or annotated assignment to one name.
pub(crate) fn binding(stmt: &Stmt) -> Option<(&str, &Expr)> {
    match stmt {
        Stmt::Assign(assign) => match assign.targets.as_slice() {
            [Expr::Name(name)] => Some((name.id.as_str(), &assign.value)),
            _ => None,
        },
        Stmt::AnnAssign(assign) => match (assign.target.as_ref(), &assign.value) {
            (Expr::Name(name), Some(value)) => Some((name.id.as_str(), value)),
            _ => None,
        },
        _ => None,
    }
}

fn module_level(body: &[Stmt], facts: &mut Facts) {
    for stmt in body {
        match binding(stmt) {
            Some(("input", value)) => {
                if let Some(keys) = dict_keys(value) {
                    facts.has_input = true;
                    facts.input_keys = keys.into_iter().map(str::to_owned).collect();
                }
            }
            Some(("output", value)) => facts.output_constant = is_constant(value),
            _ => {}
        }
    }
    facts.has_output = names::of_body(body).names.contains("output");
}

fn is_constant(value: &Expr) -> bool {
    match value {
        Expr::UnaryOp(unary) => is_constant(&unary.operand),
        Expr::List(list) => list.elts.iter().all(is_constant),
        Expr::Tuple(tuple) => tuple.elts.iter().all(is_constant),
        _ => value.is_literal_expr(),
    }
}

/// Names that hold the whole `input` dict: `input` itself, what it is assigned to, and parameters it is passed for.
pub(crate) fn aliases(body: &[Stmt]) -> BTreeSet<&str> {
    let bindings = names::of_body(body);
    let mut functions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, parameters) in &bindings.functions {
        functions.insert(name, names::parameter_names(parameters).collect());
    }
    let mut found = Aliases {
        held: BTreeSet::from(["input"]),
        functions,
    };
    // Twice, so that an alias that is passed on counts too.
    for _ in 0..2 {
        body.iter().for_each(|stmt| found.visit_stmt(stmt));
    }
    found.held
}

struct Aliases<'a> {
    held: BTreeSet<&'a str>,
    functions: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Visitor<'a> for Aliases<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Some((name, Expr::Name(value))) = binding(stmt)
            && self.held.contains(value.id.as_str())
        {
            self.held.insert(name);
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && let Expr::Name(function) = call.func.as_ref()
            && let Some(parameters) = self.functions.get(function.id.as_str())
        {
            for (at, argument) in call.arguments.args.iter().enumerate() {
                if let (Expr::Name(name), Some(parameter)) = (argument, parameters.get(at))
                    && self.held.contains(name.id.as_str())
                {
                    self.held.insert(parameter);
                }
            }
            for keyword in &call.arguments.keywords {
                if let (Expr::Name(name), Some(parameter)) = (&keyword.value, &keyword.arg)
                    && self.held.contains(name.id.as_str())
                {
                    self.held.insert(parameter.as_str());
                }
            }
        }
        walk_expr(self, expr);
    }
}

struct Walk<'a, 'f> {
    facts: &'f mut Facts,
    imports: BTreeSet<&'a str>,
    used: BTreeSet<&'a str>,
    aliases: BTreeSet<&'a str>,
    /// Whether the dict is walked over as a whole.
    whole: bool,
}

impl Walk<'_, '_> {
    fn is_input(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Name(name) if self.aliases.contains(name.id.as_str()))
    }
}

impl<'a> Visitor<'a> for Walk<'a, '_> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => {
                self.imports.extend(
                    import
                        .names
                        .iter()
                        .filter_map(|alias| alias.name.as_str().split('.').next()),
                );
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |m| m.as_str());
                self.imports.extend(module.split('.').next());
            }
            Stmt::FunctionDef(_) => self.facts.functions += 1,
            Stmt::If(branch) => {
                self.facts.branches += 1 + branch
                    .elif_else_clauses
                    .iter()
                    .filter(|c| c.test.is_some())
                    .count();
            }
            Stmt::Match(arms) => self.facts.branches += arms.cases.len(),
            Stmt::For(each) => {
                self.facts.loops += 1;
                self.whole |= self.is_input(&each.iter);
            }
            Stmt::While(_) => self.facts.loops += 1,
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Load => {
                self.used.insert(name.id.as_str());
            }
            Expr::Subscript(subscript) if subscript.ctx == ExprContext::Load => {
                if let Expr::StringLiteral(key) = subscript.slice.as_ref() {
                    self.used.insert(key.value.to_str());
                }
            }
            Expr::If(_) => self.facts.branches += 1,
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.facts.loops += 1
            }
            Expr::Call(call) => {
                self.facts.calls += 1;
                match call.func.as_ref() {
                    Expr::Name(name) if name.id.as_str() == "print" => {
                        let mut seek = Seek {
                            name: "output",
                            found: false,
                        };
                        call.arguments
                            .args
                            .iter()
                            .for_each(|argument| seek.visit_expr(argument));
                        self.facts.prints_output |= seek.found;
                    }
                    Expr::Attribute(attribute) => match attribute.attr.as_str() {
                        "get" | "pop" => {
                            if let Some(Expr::StringLiteral(key)) = call.arguments.args.first() {
                                self.used.insert(key.value.to_str());
                            }
                        }
                        "values" | "items" => self.whole |= self.is_input(&attribute.value),
                        _ => {}
                    },
                    _ => {}
                }
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

struct Seek<'n> {
    name: &'n str,
    found: bool,
}

impl<'a> Visitor<'a> for Seek<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        self.found |= matches!(expr, Expr::Name(name) if name.id.as_str() == self.name);
        walk_expr(self, expr);
    }
}

fn code_lines(source: &str, parsed: &Parsed<ModModule>) -> usize {
    let mut left_out = LeftOut { ranges: Vec::new() };
    parsed
        .syntax()
        .body
        .iter()
        .for_each(|stmt| left_out.visit_stmt(stmt));
    let mut ranges = left_out.ranges.into_iter().peekable();
    let starts: Vec<usize> = std::iter::once(0)
        .chain(source.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let line = |offset: usize| starts.partition_point(|&start| start <= offset);
    let mut lines = BTreeSet::new();
    for token in parsed.tokens().iter() {
        let blank = matches!(
            token.kind(),
            TokenKind::Comment
                | TokenKind::Newline
                | TokenKind::NonLogicalNewline
                | TokenKind::Indent
                | TokenKind::Dedent
                | TokenKind::EndOfFile
                | TokenKind::Semi
        );
        let range = token.range();
        while ranges.peek().is_some_and(|out| out.end() <= range.start()) {
            ranges.next();
        }
        if blank || range.is_empty() || ranges.peek().is_some_and(|out| out.contains_range(range)) {
            continue;
        }
        lines.extend(line(range.start().to_usize())..=line(range.end().to_usize() - 1));
    }
    debug_assert!(
        lines
            .iter()
            .next_back()
            .is_none_or(|&last| last <= line_of(source, source.len()))
    );
    lines.len()
}

/// Ranges of the statements that are not counted as code: imports and docstrings, in source order.
struct LeftOut {
    ranges: Vec<TextRange>,
}

impl<'a> Visitor<'a> for LeftOut {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(_) | Stmt::ImportFrom(_) => self.ranges.push(stmt.range()),
            Stmt::Expr(expr) if expr.value.is_string_literal_expr() => {
                self.ranges.push(stmt.range())
            }
            _ => walk_stmt(self, stmt),
        }
    }
    fn visit_expr(&mut self, _: &'a Expr) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYWORDS: &str = "\
import math
from fractions import Fraction

# prices
input = {\"price\": 3, \"count\": 4, \"idle\": 5}

def solve(price, count, idle):
    \"\"\"A docstring
    of two lines.\"\"\"
    total = price * count  # no tax
    if total > 10:
        return math.floor(total)
    return total

output = solve(**input)
print(output)
";

    #[test]
    fn facts_of_a_keyword_program() {
        let facts = facts(KEYWORDS).unwrap();
        assert_eq!(facts.code_lines, 8);
        assert_eq!(facts.imports, ["fractions", "math"]);
        assert_eq!(facts.input_keys, ["price", "count", "idle"]);
        assert_eq!(facts.unused_inputs, ["idle"]);
        assert!(
            facts.has_input && facts.has_output && facts.prints_output && !facts.output_constant
        );
        assert_eq!(
            (facts.functions, facts.branches, facts.loops, facts.calls),
            (1, 1, 0, 3)
        );
    }

    #[test]
    fn subscripts_get_and_walks_count_as_use() {
        let by = |body: &str| {
            facts(&format!(
                "input = {{'a': 1, 'b': 2}}\n{body}\nprint(output)\n"
            ))
            .unwrap()
            .unused_inputs
        };
        assert!(by("output = input['a'] + input.get('b')").is_empty());
        assert_eq!(by("output = input['a']"), ["b"]);
        assert!(by("output = sum(input.values())").is_empty());
        assert!(
            by("def f(data):\n    return sum(v for k, v in data.items())\noutput = f(input)")
                .is_empty()
        );
        assert_eq!(
            by("def f(data):\n    return data['b']\noutput = f(input)"),
            ["a"]
        );
        assert_eq!(by("input['a'] = 3\noutput = input['b']"), ["a"]);
        assert_eq!(by("other = {}\noutput = sum(other.values())"), ["a", "b"]);
    }

    #[test]
    fn absent_parts_are_seen() {
        let facts = facts("x = 3\n").unwrap();
        assert!(!facts.has_input && !facts.has_output && !facts.prints_output);
        assert!(super::facts("output = -3\n").unwrap().output_constant);
        assert!(super::facts("input = dict(a=1)\n").unwrap().has_input);
        assert!(
            !super::facts("def f():\n    input = {'a': 1}\n")
                .unwrap()
                .has_input
        );
    }

    #[test]
    fn lines_of_a_spread_out_dict_count() {
        let facts = facts("input = {\n    'a': 1,\n\n    # why\n    'b': 2,\n}\n").unwrap();
        assert_eq!(facts.code_lines, 4);
    }
}
