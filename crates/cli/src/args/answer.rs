//! The command line of `caco answer`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::SandboxSettings;
use crate::exit;

/// Commands over answers.
#[derive(Debug, Subcommand)]
pub enum AnswerCommand {
    /// Say whether answers are the same: a file of pairs, or one pair with an explanation.
    #[command(
        alias = "check",
        long_about = "\
Says whether answers are the same, and why. With GOLD and PRED: one pair; exit code 0 when they are equal, 1 when they \
differ or cannot be decided. With --in and --out: the pairs of a JSON Lines file (plain, gzip or zstd), in the same order.

A row has `gold` (the reference) and `pred`; its other fields are kept. Added are `equal` (true or false; undecided is \
false), `verdict` (equal, different, undecided; bad_row for a row that is not understood), `reason`, `tier` (how far the \
comparison had to go: text, exact, float, canonical, numeric, none, or fallback), `gold_parsed` and `pred_parsed` (what was \
read, in plain notation). With --form response the final answer is taken out of `pred` first, and `extracted`, `how` and \
`span` (bytes) say what was used, or `missing` why there is none. What a row has as its own `equal`, `verdict`, `reason` or \
`tier` is kept as `given_NAME`; where `equal` was a label, the summary counts agreement with it.

Examples:
    caco answer compare 1/2 0.5
    caco answer compare --policy benchmark 50 '50 %'
    caco answer compare --form response 18 'She makes 9 * 2 = 18 dollars. The answer is 18.'
    caco answer compare --in pairs.jsonl --out verdicts.jsonl
    caco answer compare --in replies.jsonl.gz --out verdicts.jsonl.zst --form response
    caco answer compare --in pairs.jsonl --out - --set rounding=either | jq .verdict
    caco answer compare --in pairs.jsonl --out verdicts.jsonl --policy benchmark --fallback sympy"
    )]
    #[command(after_long_help = exit::HELP)]
    Compare(Box<AnswerCompare>),
    /// Take the final answers out of whole replies.
    #[command(long_about = "\
Takes the final answer out of a reply: from a box, an answer tag, `####`, JSON, a phrase such as \"the answer is\", else from \
the reply's end, with the last number as the last resort. Think blocks are passed over, and a reply that is cut has none. \
With REPLY: one reply; exit code 1 when it has no answer. With --in and --out: the replies in `pred` of a JSON Lines file; \
added are `extracted`, `how` (boxed, tag, hashes, json, phrase, choice, whole, bold, formula, last_number), `span` (bytes), \
or `missing`.

Examples:
    caco answer extract 'So there are \\boxed{12} eggs.'
    caco answer extract --in replies.jsonl --out answers.jsonl
    caco answer extract --in replies.jsonl.gz --out - --pred-field response | jq .extracted")]
    #[command(after_long_help = exit::HELP)]
    Extract(AnswerExtract),
}

/// Files of rows.
#[derive(Debug, Args)]
pub struct RowFiles {
    /// The rows: JSON Lines, plain, gzip or zstd; `-` reads stdin.
    #[arg(long = "in", value_name = "FILE", requires = "output")]
    pub input: Option<PathBuf>,
    /// The rows with what was found: compressed where the name ends in .gz or .zst; `-` writes to stdout.
    #[arg(long = "out", value_name = "FILE", requires = "input")]
    pub output: Option<PathBuf>,
    /// Replace an output that is there already.
    #[arg(long)]
    pub force: bool,
    /// Threads. By default the machine's cores.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub workers: Option<u16>,
    /// The field with the candidate answer or reply.
    #[arg(long, value_name = "NAME", default_value = "pred")]
    pub pred_field: String,
}

/// Arguments of `answer compare`.
#[derive(Debug, Args)]
pub struct AnswerCompare {
    /// The reference answer.
    #[arg(
        value_name = "GOLD",
        allow_hyphen_values = true,
        conflicts_with = "input",
        requires = "pred",
        required_unless_present = "input"
    )]
    pub gold: Option<String>,
    /// The candidate answer.
    #[arg(value_name = "PRED", allow_hyphen_values = true)]
    pub pred: Option<String>,
    /// Files of pairs.
    #[command(flatten)]
    pub files: RowFiles,
    /// The field with the reference answer.
    #[arg(long, value_name = "NAME", default_value = "gold")]
    pub gold_field: String,
    /// What the candidate is.
    #[arg(long, value_enum, default_value_t = Form::Bare)]
    pub form: Form,
    /// What the reference is.
    #[arg(long, value_enum, default_value_t = Form::Bare)]
    pub gold_form: Form,
    /// As `--form response`.
    #[arg(long, hide = true)]
    pub extract: bool,
    /// How lenient the comparison is: strict, benchmark, published, or a YAML or JSON file with fields of the policy (and
    /// `preset`, the one that it starts from).
    #[arg(long, default_value = "strict", value_name = "POLICY")]
    pub policy: String,
    /// Set a field of the policy; may be repeated.
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub sets: Vec<String>,
    /// What settles undecided pairs, in the sandbox.
    #[arg(long, value_enum, default_value_t = FallbackName::None)]
    pub fallback: FallbackName,
    /// How the fallback runs.
    #[command(flatten, next_help_heading = "Fallback")]
    pub settings: SandboxSettings,
}

/// Arguments of `answer extract`.
#[derive(Debug, Args)]
pub struct AnswerExtract {
    /// The reply.
    #[arg(
        value_name = "REPLY",
        allow_hyphen_values = true,
        conflicts_with = "input",
        required_unless_present = "input"
    )]
    pub reply: Option<String>,
    /// Files of replies.
    #[command(flatten)]
    pub files: RowFiles,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// An answer.
    Bare,
    /// A whole reply, from which the final answer is taken first.
    Response,
}

/// What settles undecided pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FallbackName {
    /// Nothing.
    None,
    /// sympy.
    Sympy,
    /// math-verify.
    MathVerify,
}
