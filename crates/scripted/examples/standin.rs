//! A model server without a model, for benchmarks: every reply is the same number of words, after the same time.
//!
//! ```sh
//! cargo run --release -p caco-scripted --example standin -- --port 8000 --latency-ms 0 --tokens 64 --threads 1
//! ```
//!
//! Prints its URL; `GET /stats` says what it saw. Runs until it is killed.
#![allow(missing_docs, reason = "a program")]

use caco_scripted::{Asked, Faults, Options, Said, Server};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let mut options = Options::default();
    let mut tokens = 64;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("{name} lacks its value"))?;
        match name.as_str() {
            "--port" => options.port = value.parse()?,
            "--latency-ms" => options.latency = Duration::from_millis(value.parse()?),
            "--tokens" => tokens = value.parse()?,
            "--threads" => options.threads = value.parse()?,
            _ => {
                return Err(format!(
                    "unknown: {name}; there are --port, --latency-ms, --tokens, --threads"
                )
                .into());
            }
        }
    }
    let text = vec!["word"; tokens].join(" ");
    let script = move |_: &Asked| Said::text(text.clone());
    let server = Server::with(Arc::new(script), Faults::none(), options)?;
    println!("{}", server.url());
    loop {
        std::thread::park();
    }
}
