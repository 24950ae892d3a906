//! One file per command.

mod ablate;
mod answer;
mod calls;
mod doctor;
mod evaluate;
mod export;
mod init;
mod inspect;
mod preview;
mod push;
mod replay;
mod run;
mod sandbox;
mod status;
mod tune;
mod validate;

use crate::args::{
    AnswerCommand, CallsCommand, Command, Configured, EvaluateCommand, Global, SandboxCommand,
};
use crate::exit::Exit;
use crate::failure::Result;

/// Carries out a command.
pub fn dispatch(global: &Global, command: Command) -> Result<Exit> {
    match command {
        Command::Init(args) => init::init(global, &args),
        Command::Doctor(args) => doctor::doctor(global, &args),
        Command::Validate(args) => validate::validate(global, &args),
        Command::Preview(args) => preview::preview(global, &args),
        Command::Run(args) => run::run(global, &args),
        Command::Resume(args) => run::resume(global, &args),
        Command::Status(args) => status::status(global, &args),
        Command::Inspect(args) => inspect::inspect(global, &args),
        Command::Replay(args) => replay::replay(global, &args),
        Command::Ablate(args) => ablate::ablate(global, &args),
        Command::Calls { command } => match command {
            CallsCommand::Export(args) => calls::export(global, &args),
            CallsCommand::Import(args) => calls::import(global, &args),
        },
        Command::Export(args) => export::export(global, &args),
        Command::Push(args) => push::push(global, &args),
        Command::Tune(args) => tune::tune(global, &args),
        Command::Evaluate(args) => match &args.command {
            None => evaluate::evaluate(global, &args.model),
            Some(EvaluateCommand::Compare(args)) => evaluate::compare(global, args),
            Some(EvaluateCommand::Rescore(args)) => evaluate::rescore(global, args),
        },
        Command::Sandbox { command } => match command {
            SandboxCommand::Run(args) => sandbox::run(global, &args),
            SandboxCommand::Exec(args) => sandbox::exec(global, &args),
            SandboxCommand::Serve(args) => sandbox::serve::serve(global, &args),
        },
        Command::Answer { command } => match command {
            AnswerCommand::Compare(args) => answer::compare(global, &args),
            AnswerCommand::Extract(args) => answer::extract(global, &args),
        },
    }
}

/// Loads a configuration with its overrides; `--seed` is one of them.
fn load(global: &Global, configured: &Configured) -> Result<caco_pipeline::Config> {
    let mut sets = configured.sets.clone();
    sets.extend(global.seed.map(|seed| format!("seed={seed}")));
    Ok(caco_pipeline::Config::load(&configured.config, &sets)?)
}

/// The settings of a run that changes nothing: where the cache lies, which packages programs may import.
fn defaults() -> Result<caco_pipeline::Config> {
    let text = "name: defaults\nseeds:\n  - path: none\n";
    let here = std::path::Path::new(".");
    Ok(caco_pipeline::Config::parse(
        text,
        std::path::Path::new("defaults"),
        here,
        &[],
    )?)
}
