//! Colour, never as the only carrier of a meaning: off without a terminal and with `NO_COLOR`.

use std::io::IsTerminal;

/// Wraps words in colours, or leaves them alone.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Colours for stderr.
    pub fn for_stderr() -> Self {
        Self {
            on: wanted() && std::io::stderr().is_terminal(),
        }
    }

    /// Colours for stdout.
    pub fn for_stdout() -> Self {
        Self {
            on: wanted() && std::io::stdout().is_terminal(),
        }
    }

    /// No colours.
    #[cfg(test)]
    pub const fn off() -> Self {
        Self { on: false }
    }

    /// Something good.
    pub fn good(self, words: &str) -> String {
        self.wrap("32", words)
    }

    /// Something bad.
    pub fn bad(self, words: &str) -> String {
        self.wrap("31", words)
    }

    /// Something to be careful about.
    pub fn warn(self, words: &str) -> String {
        self.wrap("33", words)
    }

    /// A heading or label.
    pub fn strong(self, words: &str) -> String {
        self.wrap("1", words)
    }

    fn wrap(self, code: &str, words: &str) -> String {
        if self.on {
            format!("\u{1b}[{code}m{words}\u{1b}[0m")
        } else {
            words.to_owned()
        }
    }
}

/// Whether `NO_COLOR` (set and not empty) and `TERM=dumb` leave colours allowed.
fn wanted() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
