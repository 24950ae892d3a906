//! Arguments of `caco evaluate`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::exit;

/// What the command does, for `--help`.
pub const LONG: &str = "\
Asks a model every problem of some benchmarks and grades its replies. DIR gets results.json (the figures with their 95 % \
intervals), items/NAME.jsonl (each problem with its replies, the answers found in them and the verdicts) and the ledger of \
calls: the same command again goes on where it stopped, and asks nothing twice.

BENCH is the name of a known benchmark: gsm8k, math, math500, collegemath, deepmind-mathematics, olympiadbench, theoremqa, \
svamp, asdiv, mawps, aime, mbpp, humaneval. Its file is looked for below --data, or named behind `=`. Plain problems with \
answers are `problems=FILE`. docs/EVALUATION.md lists the files, their fields and how replies are graded. Code (mbpp, \
humaneval) is run with its tests in the sandbox.

MODEL is `builtin`, a model folder, a model of --config, or the name of a model on an OpenAI-compatible server (--base-url, \
or OPENAI_BASE_URL; the key is in OPENAI_API_KEY).

Examples:
    caco evaluate --model builtin --bench problems=examples/quickstart-held-out.jsonl
    caco evaluate --model models/mine --bench gsm8k,math500=MATH-500/test.jsonl --data benchmarks -o out/mine
    caco evaluate --model Qwen/Qwen2.5-7B-Instruct --base-url http://localhost:8000/v1 --bench aime --samples 16 \
--temperature 0.7
    caco evaluate compare out/before out/after
    caco evaluate rescore samples_gsm8k_2025-01-01T00-00-00.jsonl -o out/rescored";

/// Arguments of `evaluate` and its commands.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Evaluate {
    /// Which model, on what.
    #[command(flatten)]
    pub model: EvaluateModel,
    /// What else to do with evaluations.
    #[command(subcommand)]
    pub command: Option<EvaluateCommand>,
}

/// Arguments of `evaluate` itself.
#[derive(Debug, Args)]
pub struct EvaluateModel {
    /// The model: `builtin`, a folder in the Hugging Face layout, a name of --config, or a server's model. Required.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// The benchmarks, with commas between them or repeated. Required.
    #[arg(long, value_name = "BENCH[=FILE]", value_delimiter = ',')]
    pub bench: Vec<String>,
    /// Where the benchmarks' files lie.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub data: PathBuf,
    /// The folder for results and ledger. Default: evaluations/MODEL.
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// The address of the model's server, up to and with the version; repeated or with commas for several replicas.
    #[arg(
        long,
        value_name = "URL",
        value_delimiter = ',',
        conflicts_with = "config"
    )]
    pub base_url: Vec<String>,
    /// A configuration whose `models` defines the model; its `evaluate.sampling`, `execute`, `answer`, `prompts` and `budget`
    /// count, too.
    #[arg(long, value_name = "CONFIG")]
    pub config: Option<PathBuf>,
    /// Override a key of the configuration, such as `budget.tokens=1000000` or `answer.fallback=sympy`; may be repeated.
    /// Without --config the model is `models.model` there.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Ask only the first so many problems of each benchmark.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Replies to each problem; more than one need a --temperature.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub samples: u32,
    /// The k of pass@k, with commas between them. Default: 1, the powers of two below --samples, and that number.
    #[arg(long, value_name = "K", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..))]
    pub k: Vec<u32>,
    /// 0 takes the likeliest token each time, as published.
    #[arg(long, value_name = "T")]
    pub temperature: Option<f32>,
    /// Draw from the likeliest tokens that together reach this probability.
    #[arg(long, value_name = "P")]
    pub top_p: Option<f32>,
    /// Draw from this many likeliest tokens; 0 means all.
    #[arg(long, value_name = "N")]
    pub top_k: Option<usize>,
    /// Cut a reply after so many tokens. Default 2048 of a server's model, as published; 256 of an embedded one.
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<usize>,
    /// A Jinja file to ask with, which mentions {{ problem }}. Default: the prompt of the stage solve, which is that of the
    /// training data.
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,
}

/// Commands over evaluations.
#[derive(Debug, Subcommand)]
pub enum EvaluateCommand {
    /// Compare two evaluations on the same problems.
    #[command(long_about = "\
Compares two evaluations problem by problem: the difference of pass@1 with its 95 % interval, how many problems only one of \
them solves, and McNemar's test of whether they solve equally many (exact below 25 such problems, else chi-square with \
continuity correction). Refused where the two are not about the same problems.

Example:
    caco evaluate compare out/before out/after --json | jq '.tasks[] | {name, difference, pairs}'")]
    #[command(after_long_help = exit::HELP)]
    Compare(EvaluateCompare),
    /// Grade the replies in sample logs of lm-evaluation-harness anew.
    #[command(long_about = "\
Reads sample logs of lm-evaluation-harness (samples_TASK_TIME.jsonl, written with --log_samples), grades the replies as \
`caco evaluate` does, and says how far the harness's own scores agree. The benchmark is read off each file's name unless \
--task names it. No model is asked. The results can be compared with others.

Example:
    caco evaluate rescore samples_gsm8k_*.jsonl --task gsm8k -o out/rescored")]
    #[command(after_long_help = exit::HELP)]
    Rescore(EvaluateRescore),
}

/// Arguments of `evaluate compare`.
#[derive(Debug, Args)]
pub struct EvaluateCompare {
    /// The folder of the first evaluation.
    #[arg(value_name = "A")]
    pub a: PathBuf,
    /// The folder of the second.
    #[arg(value_name = "B")]
    pub b: PathBuf,
    /// Compare only these benchmarks, with commas between them.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub bench: Vec<String>,
}

/// Arguments of `evaluate rescore`.
#[derive(Debug, Args)]
pub struct EvaluateRescore {
    /// The sample logs, plain, gzip or zstd.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The benchmark that all of them are of.
    #[arg(long, value_name = "NAME")]
    pub task: Option<String>,
    /// Grade what this filter of the harness took out of the replies, such as `strict-match`, instead of the whole replies.
    #[arg(long, value_name = "NAME")]
    pub filter: Option<String>,
    /// The model's name in the results. Default: the folder of the first file.
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// The k of pass@k, with commas between them.
    #[arg(long, value_name = "K", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..))]
    pub k: Vec<u32>,
    /// Override a key of the configuration, such as `answer.fallback=sympy` or `execute.cpu_seconds=5`; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// The folder for the results.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}
