//! Arguments of `caco calls`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::exit;

/// Commands over calls.
#[derive(Debug, Subcommand)]
pub enum CallsCommand {
    /// Write what the next stage would ask into a batch file.
    #[command(long_about = "\
Runs the stages up to the first that lacks replies of a server, asks nothing, and writes what it would ask in OpenAI's \
batch format: JSON Lines with `custom_id`, `method`, `url` and `body`, one for each call, in the order of the rows. \
`vllm run-batch` and providers' batch services take such files. Bring the results with `caco calls import`, then export \
the next stage's calls, or go on with `caco resume`.

RUN is the folder of a run, or a configuration to begin one with.

Examples:
    caco calls export caco.yaml -o requests.jsonl
    vllm run-batch -i requests.jsonl -o results.jsonl --model Qwen/Qwen2.5-7B-Instruct
    caco calls import runs/caco results.jsonl")]
    #[command(after_long_help = exit::HELP)]
    Export(CallsExport),
    /// Take the results of a batch into a run's ledger.
    #[command(long_about = "\
Takes the results of a batch (JSON Lines, plain, gzip or zstd) into the ledger of the run that exported it. Calls that \
ended in an error are counted and exported again. The same file twice changes nothing. Exit code 1 when a line could not \
be taken.

Example:
    caco calls import runs/caco results.jsonl")]
    #[command(after_long_help = exit::HELP)]
    Import(CallsImport),
}

/// Arguments of `calls export`.
#[derive(Debug, Args)]
pub struct CallsExport {
    /// The run folder, or a configuration to begin a run with.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Override a key of the configuration; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// The batch file to write.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// Arguments of `calls import`.
#[derive(Debug, Args)]
pub struct CallsImport {
    /// The run folder.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// The results.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}
