//! Which programs may share an interpreter with others.
//!
//! The sandbox has two ways to run a program: one after another with others in a single contained process, or in a process
//! of its own. The first is ten times cheaper and only fit for programs that leave an interpreter as they found it. This
//! gate tells them apart by their text: it lets through what is known to be harmless and turns down everything else, each
//! with a reason. **It is a routing decision, not a boundary**: containment holds for both ways, and what the gate lets
//! through by mistake is looked for again after the program has run.

mod names;
mod walk;

use crate::parse;
use serde::Serialize;

/// Families of modules whose state has to be looked after when a program used them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Uses {
    /// `random`, or a module that draws from it.
    pub random: bool,
    /// `decimal`, or a module that computes in its context.
    pub decimal: bool,
    /// `numpy`, and what builds on it.
    pub numpy: bool,
    /// `sympy` or `mpmath`.
    pub sympy: bool,
}

impl Uses {
    /// Those of two programs.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            random: self.random || other.random,
            decimal: self.decimal || other.decimal,
            numpy: self.numpy || other.numpy,
            sympy: self.sympy || other.sympy,
        }
    }
}

/// Where a program goes, and which families it uses as far as its text tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Why it needs a process of its own; `None` where it may share one.
    pub own: Option<String>,
    /// What it uses. For a text that cannot be parsed, what its words suggest.
    pub uses: Uses,
}

/// Routes a program by its text. Total: text that cannot be parsed needs a process of its own.
pub fn route(source: &str) -> Route {
    let guess = || Uses {
        numpy: source.contains("numpy") || source.contains("scipy") || source.contains("networkx"),
        sympy: source.contains("sympy") || source.contains("mpmath"),
        ..Uses::default()
    };
    if source.contains('\0') {
        return Route {
            own: Some("a zero byte".into()),
            uses: guess(),
        };
    }
    match parse::module(source) {
        Err(problem) => Route {
            own: Some(format!("line {}: {}", problem.line, problem.message)),
            uses: guess(),
        },
        Ok(parsed) => walk::walk(&parsed.syntax().body),
    }
}

/// Names that no text evaluated inside a shared interpreter may use, for checks at run time.
pub fn forbidden_names() -> Vec<&'static str> {
    names::BUILTINS
        .iter()
        .chain(names::ATTRIBUTES)
        .copied()
        .collect()
}

#[cfg(test)]
mod tests;
