//! One answer as it is read.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::MAX_BYTES;

/// An answer that was understood; prints in a plain notation that does not depend on how it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    shown: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Why a text is not understood as an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParseError {
    /// There is nothing but space.
    Empty,
    /// It is longer than [`MAX_BYTES`].
    TooLong,
    /// It is nested too deeply, or has too many parts.
    TooLarge,
    /// It is neither mathematics nor words that are understood.
    NotUnderstood,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the answer is empty"),
            Self::TooLong => write!(f, "the answer is longer than {MAX_BYTES} bytes"),
            Self::TooLarge => f.write_str("the answer is nested too deeply or has too many parts"),
            Self::NotUnderstood => f.write_str("the answer is not understood"),
        }
    }
}

impl std::error::Error for ParseError {}

/// Reads one answer, LaTeX or what a program printed.
///
/// # Errors
/// Where the text is empty, too long, too deep or not understood. Never panics.
pub fn parse(text: &str) -> Result<Answer, ParseError> {
    let shown = text.trim();
    match shown.len() {
        0 => Err(ParseError::Empty),
        n if n > MAX_BYTES => Err(ParseError::TooLong),
        _ => Ok(Answer { shown: shown.into() }),
    }
}
