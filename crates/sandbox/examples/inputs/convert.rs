//! Real programs as programs of the contract: GSM8K solutions by their calculator marks, and the functions of MBPP with the
//! arguments of their first test.

use crate::Failure;
use crate::set::{Case, Label};
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, Stmt};
use ruff_python_parser::parse_module;
use ruff_text_size::Ranged;
use serde_json::Value;
use std::io::Read;
use std::path::Path;

fn rows(folder: &Path, name: &str) -> Result<Vec<Value>, Failure> {
    let path = folder.join(name);
    let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut text = String::new();
    match name.ends_with(".gz") {
        true => flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text)?,
        false => bytes.as_slice().read_to_string(&mut text)?,
    };
    Ok(text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

/// `count` converted solutions, from all over the file.
pub fn gsm8k(folder: &Path, count: usize) -> Result<Vec<Case>, Failure> {
    let rows = rows(folder, "gsm8k_train.jsonl.gz")?;
    let step = (rows.len() / count).max(1);
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    Ok(rows
        .iter()
        .step_by(step)
        .filter_map(|row| {
            let (question, solution, answer) = (
                text(row, "question"),
                text(row, "solution"),
                text(row, "answer"),
            );
            let program = caco_program::calculator::convert(&question, &solution, &answer).ok()?;
            Some(Case {
                name: text(row, "id"),
                source: "gsm8k".into(),
                label: Label::Sound,
                program,
            })
        })
        .collect())
}

/// All functions whose first test calls them with plain arguments.
pub fn mbpp(folder: &Path) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    for row in rows(folder, "mbpp.jsonl")? {
        let code = row["code"]
            .as_str()
            .unwrap_or_default()
            .replace("\r\n", "\n");
        let test = row["test_list"][0].as_str().unwrap_or_default();
        if let Some(program) = contract(&code, test) {
            cases.push(Case {
                name: row["id"].as_str().unwrap_or_default().to_owned(),
                source: "mbpp".into(),
                label: Label::Sound,
                program,
            });
        }
    }
    Ok(cases)
}

/// The first call of one of the code's functions in a test becomes the input.
fn contract(code: &str, test: &str) -> Option<String> {
    let (code_tree, test_tree) = (parse_module(code).ok()?, parse_module(test).ok()?);
    let mut seek = Calls(Vec::new());
    test_tree
        .syntax()
        .body
        .iter()
        .for_each(|stmt| seek.visit_stmt(stmt));
    for (function, arguments) in seek.0 {
        let parameters = code_tree.syntax().body.iter().find_map(|stmt| match stmt {
            Stmt::FunctionDef(def) if def.name.as_str() == function => {
                let names = def
                    .parameters
                    .iter_non_variadic_params()
                    .map(|p| p.name().to_string());
                Some(names.collect::<Vec<String>>())
            }
            _ => None,
        });
        let Some(parameters) = parameters.filter(|p| p.len() >= arguments.len()) else {
            continue;
        };
        let range = |expr: &Expr| test.get(expr.start().to_usize()..expr.end().to_usize());
        let fields: Option<Vec<String>> = parameters
            .iter()
            .zip(&arguments)
            .map(|(name, argument)| Some(format!("\"{name}\": {}", range(argument)?)))
            .collect();
        let fields = fields?.join(", ");
        return Some(format!(
            "input = {{{fields}}}\n{code}\noutput = {function}(**input)\nprint(output)\n"
        ));
    }
    None
}

struct Calls<'a>(Vec<(&'a str, Vec<&'a Expr>)>);

impl<'a> Visitor<'a> for Calls<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && let Expr::Name(name) = call.func.as_ref()
            && call.arguments.keywords.is_empty()
        {
            self.0
                .push((name.id.as_str(), call.arguments.args.iter().collect()));
        }
        walk_expr(self, expr);
    }
}
