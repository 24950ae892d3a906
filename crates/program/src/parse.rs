//! From source text to a syntax tree, or a problem with its line.

use ruff_python_ast::ModModule;
use ruff_python_parser::{Parsed, parse_module};
use serde::Serialize;

use crate::guard;

/// Why a source cannot be parsed, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct SyntaxProblem {
    /// Line of the source, from 1.
    pub line: usize,
    /// What the parser met there.
    pub message: String,
}

impl SyntaxProblem {
    pub(crate) fn new(line: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }
}

/// Parses `source` as a module after the guard has bounded its size and nesting.
pub(crate) fn module(source: &str) -> Result<Parsed<ModModule>, SyntaxProblem> {
    guard::check(source)?;
    parse_module(source).map_err(|error| {
        let line = line_of(source, error.location.start().to_usize());
        SyntaxProblem::new(line, error.error.to_string())
    })
}

/// The line, from 1, on which byte `offset` of `source` lies.
pub(crate) fn line_of(source: &str, offset: usize) -> usize {
    let before = source
        .as_bytes()
        .get(..offset.min(source.len()))
        .unwrap_or_default();
    1 + before.iter().filter(|&&b| b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_name_their_line() {
        let problem = module("x = 1\ny = = 2\n").unwrap_err();
        assert_eq!(problem.line, 2);
        assert!(problem.to_string().starts_with("line 2: "), "{problem}");
    }
}
