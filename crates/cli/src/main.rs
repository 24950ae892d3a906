//! The `caco` command: argument definitions, the live display, reports and exit codes over `caco-pipeline`.
//!
//! stdout carries data (reports, rows, JSON), stderr carries talk (progress, warnings, errors).

mod args;
mod commands;
mod display;
mod exit;
mod failure;
mod numbers;
mod output;
mod paint;
mod report;
mod rows;
mod stop;
mod threads;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;
use exit::Exit;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    threads::one_for_each_product();
    threads::all_cores_for_the_rest();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(problem) => {
            let shown = problem.print();
            return match (shown, problem.use_stderr()) {
                (Ok(()), false) => Exit::Done.into(),
                _ => Exit::Usage.into(),
            };
        }
    };
    let global = cli.global;
    let result = commands::dispatch(&global, cli.command);
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.show(&global);
            failure.exit.into()
        }
    }
}
