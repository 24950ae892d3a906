//! What goes to stdout: data for people, or one JSON value for programs.

use std::io::{self, Write};

use serde::Serialize;

use crate::failure::{Failure, Result};

/// Writes text to stdout. A reader that closed the pipe (`caco status RUN | head -1`) is no failure.
pub fn text(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    finish(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes one value as indented JSON and a line end.
pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<()> {
    let mut out =
        serde_json::to_string_pretty(value).map_err(|e| Failure::internal(e.to_string()))?;
    out.push('\n');
    text(&out)
}

fn finish(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::environment(
            format!("cannot write to stdout: {error}"),
            "check where stdout goes",
        )),
        _ => Ok(()),
    }
}
