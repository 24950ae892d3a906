//! The command line.

mod answer;
mod calls;
mod evaluate;
mod sandbox;

use std::path::PathBuf;

use caco_pipeline::{Mechanism, View};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

use crate::exit;
pub use answer::{AnswerCommand, AnswerCompare, AnswerExtract, FallbackName, Form, RowFiles};
pub use calls::{CallsCommand, CallsExport, CallsImport};
pub use evaluate::{Evaluate, EvaluateCommand, EvaluateCompare, EvaluateModel, EvaluateRescore};
pub use sandbox::{
    FloorName, IsolationName, SandboxCommand, SandboxExec, SandboxRun, SandboxServe,
    SandboxSettings, WhenFullName,
};

/// Turns seed problems into verified reasoning examples, and a student that learnt from them.
#[derive(Debug, Parser)]
#[command(
    name = "caco",
    version,
    max_term_width = 100,
    after_long_help = exit::HELP,
    long_about = "\
Caco turns seed problems into verified reasoning examples: (problem, program, answer, solution).

It learns to write programs from the seeds, samples new programs, runs them, turns each one that survives back into a \
problem in words, solves that problem without seeing the program, and keeps the example only if both answers agree.

Start here:
    caco doctor                               what works on this machine
    caco run examples/quickstart.yaml         the whole loop on the built-in model
    caco init my-run                          a commented configuration of your own"
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Print the result as one JSON value on stdout.
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more on stderr.
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Say only warnings and errors on stderr.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Plain lines instead of a live display, as without a terminal.
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// The seed of every random choice; overrides the configuration's `seed`.
    #[arg(long, global = true, value_name = "N")]
    pub seed: Option<u64>,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one, and it is parsed once"
)]
pub enum Command {
    /// Write a commented configuration and the prompts to start from.
    #[command(long_about = "\
Writes caco.yaml with every setting explained, a few seed problems and the prompts into a folder. Nothing that exists \
is overwritten unless --force is given.

Example:
    caco init my-run && caco run my-run/caco.yaml")]
    #[command(after_long_help = exit::HELP)]
    Init(Init),
    /// Check what works on this machine and how to mend what does not.
    #[command(long_about = "\
Checks Python, pip and the venv module, the private Python environment, the sandbox's protections, the base model, \
cores, memory, disk and the cache folder. Each check that fails says what to do. Exit code 1 when something that a run \
needs is missing.

Example:
    caco doctor --json | jq '.checks[] | select(.ok == false)'")]
    #[command(after_long_help = exit::HELP)]
    Doctor(Doctor),
    /// Check a configuration and its files without running anything.
    #[command(long_about = "\
Reads a configuration as `run` would, with the same overrides, and checks every key, value and file. An error names \
the file, line, key and, for an unknown key, the nearest known one. With --json the resolved configuration is printed.

Example:
    caco validate examples/quickstart.yaml --set sample.count=200")]
    #[command(after_long_help = exit::HELP)]
    Validate(Configured),
    /// Take a few rows through every stage and show them whole.
    #[command(long_about = "\
Takes a few seeds and a few sampled programs through the stages and prints what each made of them: prompt, program, \
output, problem, solution, verdict. Nothing is trained and no run folder is left behind.

Example:
    caco preview examples/quickstart.yaml -n 3")]
    #[command(after_long_help = exit::HELP)]
    Preview(Preview),
    /// Run the whole loop, or go on with it.
    #[command(long_about = "\
Runs every stage of the loop into a run folder and reports the funnel, the targets and the students' scores. If the \
folder holds the same run already, it goes on where that stopped; a changed configuration redoes what it touches.

Ctrl-C stops cleanly, a second one at once; either way nothing that is published is lost.

Examples:
    caco run examples/quickstart.yaml
    caco run examples/quickstart.yaml -o runs/small --set sample.count=200
    sh -c \"$(caco run caco.yaml --dry-run)\"   # trains by hand; `caco run caco.yaml` then goes on")]
    #[command(after_long_help = exit::HELP)]
    Run(Run),
    /// Go on with a run that was stopped or killed.
    #[command(long_about = "\
Goes on with the run in a folder, with the configuration stored there. The data set is the same, byte for byte, as if \
the run had never stopped.

Example:
    caco resume runs/quickstart")]
    #[command(after_long_help = exit::HELP)]
    Resume(Resume),
    /// Show the funnel, targets and scores of a run, finished or not.
    #[command(long_about = "\
Shows, for each stage, how many rows came in and what became of them, with the commonest reasons; then targets and \
scores as far as the run has come. It may be used while the run is going on.

Examples:
    caco status runs/quickstart
    caco status runs/quickstart --json | jq '.stages[] | {name, in, kept, rejected, quarantined, seconds}'")]
    #[command(after_long_help = exit::HELP)]
    Status(RunFolder),
    /// Show one row's whole ancestry: seed, prompts, program, execution, problem, solution, verdicts.
    #[command(long_about = "\
Shows everything that led to a row, stage by stage, with the prompts and replies. ROW is a row_id of the data set or of \
rejected/, or its first characters.

Example:
    caco inspect runs/quickstart 3f9a0c")]
    #[command(after_long_help = exit::HELP)]
    Inspect(Inspect),
    /// Rebuild a run's data set from its ledger, asking no model, and compare it with the run's.
    #[command(long_about = "\
Rebuilds the data set of a run in another folder from its configuration, its seeds and the replies in its ledger. No model \
is asked; programs are executed again. Then every file of data/ and rejected/ is compared with the run's: exit code 1 when \
one differs. Without -o the rebuilt run is removed afterwards.

Example:
    caco replay runs/quickstart")]
    #[command(after_long_help = exit::HELP)]
    Replay(Replay),
    /// Make a run again with one mechanism off, over the same ledger, and compare the data sets.
    #[command(long_about = "\
Makes a finished run again as far as its data set, once without each of the mechanisms named, and says what would be \
otherwise: how many rows there would be more, what had removed them, and how varied and hard the rows would be. What the run \
has published and what its ledger holds is used; models are asked only for rows that the run had removed before it asked. \
The runs are kept in folders of their own, so that students can be trained on their data: `caco evaluate compare` tells \
those apart.

Mechanisms: inputs, coverage, judge, revise, trace, counterfactual, duplicates, near, caps, contamination. Without --without, \
all that the run has on, one by one.

Examples:
    caco ablate runs/quickstart --without near,inputs
    caco ablate runs/quickstart --json")]
    #[command(after_long_help = exit::HELP)]
    Ablate(Ablate),
    /// Have a run's calls made elsewhere, and take the replies in.
    #[command(after_long_help = exit::HELP)]
    Calls {
        /// What to do with calls.
        #[command(subcommand)]
        command: CallsCommand,
    },
    /// Write a run's data set into a folder, in the shapes that trainers read.
    #[command(long_about = "\
Writes the kept rows of a run in one or more of these formats, each into a folder of its own with files of about 256 MB \
(`train-00000-of-00003.parquet`, ...), and beside them a data card that makes the folder one Hugging Face repository with a \
config for each format:
    messages            `messages` (user, assistant), as most trainers read
    alpaca              `instruction`, `input`, `output`
    sharegpt            `conversations` (human, gpt)
    prompt-completion   `prompt` and `completion`, as TRL reads
    openai              JSON lines with nothing but `messages`, for OpenAI's fine-tuning
    verl                `data_source`, `prompt`, `ability`, `reward_model`, `extra_info`, and the reward function \
caco_reward.py
    genesys             tasks as in SYNTHETIC-1: `problem_id`, `task_type`, `prompt`, `verification_info`, ...
    reasoning-gym       `question`, `answer`, `metadata`
    tool                `messages` in which the assistant writes the program, a tool answers with its output, and the \
assistant solves the problem with it
    program             `text`: the program alone, for tuning a program writer
    jsonl               JSON lines with every column
    parquet             every column, in data/: the config `default`

Files are Parquet but for `openai` and `jsonl`, which are no configs beside others: `datasets` reads all configs of a \
repository alike. The first one named is the config that loads without a name. dataset_info.json describes to LLaMA-Factory the formats that it \
reads. docs/EXPORTS.md says how each one is loaded.

Examples:
    caco export runs/quickstart -o out/
    caco export runs/quickstart --format parquet,messages,verl -o out/
    caco export runs/quickstart --format alpaca -o LLaMA-Factory/data/caco")]
    #[command(after_long_help = exit::HELP)]
    Export(Export),
    /// Upload a data set to the Hugging Face Hub.
    #[command(long_about = "\
Uploads a finished run's data set, or a folder that `caco export` wrote, to a dataset repository of the Hugging Face Hub, \
which is made when it is missing. Only the card, the data files and what goes with them are uploaded: no rejected rows, \
no prompts and replies, no paths of this machine.

Files are hashed first: what the repository has already is not sent, also after a kill, so the same command goes on. All \
changes appear in one commit (in several for very many files, the card last). Data files of an earlier export in the same \
folders are deleted in it, nothing else. Rows that a check found wanting, as with judge switched off, are refused unless \
--allow-unverified is given, and so are files that have changed since they were written.

The token is taken from HF_TOKEN, or from the file that `hf auth login` writes (HF_TOKEN_PATH, HF_HOME). HF_ENDPOINT names \
another hub. With HF_HUB_OFFLINE=1 nothing is asked, and only --dry-run works.

Examples:
    caco push runs/quickstart my-org/my-set --dry-run
    caco push runs/quickstart my-org/my-set --private
    caco push out/ my-org/my-set --revision v2")]
    #[command(after_long_help = exit::HELP)]
    Push(Push),
    /// Train a model by a recipe, such as the one behind the built-in base model.
    #[command(long_about = "\
Trains a model from a recipe file into a Hugging Face folder. It can be stopped and started again with the same command, \
and ends with the same weights. The recipe holds the seed.

Example:
    caco tune recipes/base.yaml -o models/mine")]
    #[command(after_long_help = exit::HELP)]
    Tune(Tune),
    /// Measure a model on benchmarks, and compare evaluations.
    #[command(long_about = evaluate::LONG)]
    #[command(after_long_help = exit::HELP)]
    Evaluate(Evaluate),
    /// Run untrusted programs as the execute stage does.
    #[command(after_long_help = exit::HELP)]
    Sandbox {
        /// What to do in the sandbox.
        #[command(subcommand)]
        command: SandboxCommand,
    },
    /// Compare answers, and take them out of replies, as the stages do.
    #[command(after_long_help = exit::HELP)]
    Answer {
        /// What to do with answers.
        #[command(subcommand)]
        command: AnswerCommand,
    },
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// The folder to write into; it is made when missing.
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Overwrite files that exist.
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Also check what this configuration needs: its packages, models and cache folder.
    #[arg(value_name = "CONFIG")]
    pub config: Option<PathBuf>,
    /// Install the private Python environment now if it is missing.
    #[arg(long)]
    pub fix: bool,
}

/// A configuration with overrides.
#[derive(Debug, Args)]
pub struct Configured {
    /// The configuration file (YAML).
    #[arg(value_name = "CONFIG")]
    pub config: PathBuf,
    /// Override a key of the configuration; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
}

/// Arguments of `preview`.
#[derive(Debug, Args)]
pub struct Preview {
    /// The configuration.
    #[command(flatten)]
    pub configured: Configured,
    /// How many rows of each origin to show.
    #[arg(short = 'n', long = "rows", default_value_t = 3, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rows: u32,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// The configuration.
    #[command(flatten)]
    pub configured: Configured,
    /// The run folder. Default: the configuration's `output`, else runs/NAME.
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Stop where an outside trainer would be started: write its data and configuration, and print the command.
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `resume`.
#[derive(Debug, Args)]
pub struct Resume {
    /// The run folder.
    #[command(flatten)]
    pub folder: RunFolder,
    /// Stop where an outside trainer would be started: write its data and configuration, and print the command.
    #[arg(long)]
    pub dry_run: bool,
}

/// A run folder.
#[derive(Debug, Args)]
pub struct RunFolder {
    /// The run folder.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The run folder.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// A row_id, or its first characters.
    #[arg(value_name = "ROW")]
    pub row: String,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// The run folder.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Rebuild in this folder and keep it; it must be missing or empty.
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// Arguments of `ablate`.
#[derive(Debug, Args)]
pub struct Ablate {
    /// The run folder.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// The mechanisms, each off in a run of its own.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub without: Vec<Mechanism>,
    /// Make the runs below this folder. Default: RUN-ablation.
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// The run folder.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// The formats, separated by commas.
    #[arg(
        long,
        value_name = "FORMATS",
        value_delimiter = ',',
        default_value = "messages",
        value_parser = view()
    )]
    pub format: Vec<View>,
    /// The folder to write into; it must be missing or empty.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// A file ends where it has reached so many megabytes. Default: as the run was configured, 256 where nothing was said.
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..))]
    pub file_mb: Option<u64>,
}

/// Reads the name of a view.
fn view() -> impl TypedValueParser<Value = View> {
    PossibleValuesParser::new(View::ALL.map(View::as_str)).try_map(|name| name.parse::<View>())
}

/// Arguments of `push`.
#[derive(Debug, Args)]
pub struct Push {
    /// The run folder, or a folder that `caco export` wrote.
    #[arg(value_name = "RUN|DIR")]
    pub folder: PathBuf,
    /// The dataset repository.
    #[arg(value_name = "ORG/NAME")]
    pub repository: String,
    /// Make the repository private; one that exists must be private already.
    #[arg(long)]
    pub private: bool,
    /// The branch; it is made from the main one when it is missing.
    #[arg(long, value_name = "BRANCH", default_value = "main")]
    pub revision: String,
    /// Say what would be uploaded and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Upload also rows that a check found wanting, or that none has looked at.
    #[arg(long)]
    pub allow_unverified: bool,
}

/// Arguments of `tune`.
#[derive(Debug, Args)]
pub struct Tune {
    /// The recipe (YAML).
    #[arg(value_name = "RECIPE")]
    pub recipe: PathBuf,
    /// The folder for the model; checkpoints lie beside it, in DIR.partial, until it is done.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            if command.get_subcommands().next().is_some() {
                command.get_subcommands().for_each(|sub| check(sub, &path));
                return;
            }
            let long = command
                .get_long_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                long.contains(&format!("{} ", path.trim())) || long.contains(&path),
                "{path} has no example"
            );
            assert!(
                command.get_after_long_help().is_some(),
                "{path} does not list exit codes"
            );
        }
        check(&Cli::command(), "");
    }
}
