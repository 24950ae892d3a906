//! Arguments of `caco sandbox`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::exit;

/// Commands over the sandbox.
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Run one program and say what happened.
    #[command(long_about = "\
Runs a Python program in the sandbox with the limits of the execute stage and says what happened: status, answer, error \
with its line, time and memory, the tier and the protection that was in force. With --json the whole outcome. Exit code 1 \
when the status is not `ok`.

Examples:
    caco sandbox run program.py
    caco sandbox run --json - < program.py | jq .output")]
    #[command(after_long_help = exit::HELP)]
    Run(SandboxRun),
    /// Run a file of programs and write a file of outcomes.
    #[command(long_about = "\
Runs the programs of a JSON Lines file (plain, gzip or zstd) and writes their outcomes in the same order. A row has `code` \
(or `cells`, a list of texts), and optionally `via`, which says how its result leaves it: `contract` (the global `output`; \
the default), `stdout`, `ans`, `solution()` or `cells`; and `stdin`. Its other fields are kept. Added are `status`, \
`output` (typed JSON), `output_text`, `input`, `stdout`, `stderr`, `error`, `wall_ms`, `cpu_ms`, `peak_kb`, `tier` and \
`isolation`. Statuses: ok, error, timeout, memory, output_limit, denied, crash, unsupported.

Outcomes are collected in OUT.part; after Ctrl-C or a crash the same command goes on.

Examples:
    caco sandbox exec --in programs.jsonl --out outcomes.jsonl
    caco sandbox exec --in programs.jsonl.gz --out outcomes.jsonl.zst --workers 8 --timeout 5 --isolation strict
    generate | caco sandbox exec --in - --out - | jq .status")]
    #[command(after_long_help = exit::HELP)]
    Exec(SandboxExec),
    /// Serve programs over HTTP with SandboxFusion's interface.
    #[command(long_about = "\
Serves programs over HTTP with the interface of ByteDance's SandboxFusion (POST /run_code), so that an RL trainer, such as \
verl with its sandbox_fusion reward, can point at it. Python only. GET /health says whether it takes programs, GET /metrics \
counts in Prometheus' format. Ctrl-C lets what runs come to its end, up to --drain seconds.

It listens on 127.0.0.1 unless told otherwise, and refuses an address that other machines can reach without a token. The \
token is read from the file that --token-file names or from CACO_SANDBOX_TOKEN.

Examples:
    caco sandbox serve
    caco sandbox serve --listen 0.0.0.0:8080 --token-file token.txt --workers 16 --when-full retry")]
    #[command(after_long_help = exit::HELP)]
    Serve(SandboxServe),
}

/// How programs are run.
#[derive(Debug, Args)]
pub struct SandboxSettings {
    /// CPU seconds that a program may use.
    #[arg(
        long,
        visible_alias = "cpu-seconds",
        default_value_t = 10.0,
        value_name = "SECONDS"
    )]
    pub timeout: f64,
    /// Wall seconds that a program may take: the looser cap, for programs that sleep. By default twice the CPU seconds.
    #[arg(long, value_name = "SECONDS")]
    pub wall_seconds: Option<f64>,
    /// Memory that a program may use, in MiB.
    #[arg(
        long,
        visible_alias = "memory-mb",
        default_value_t = 1024,
        value_name = "MIB"
    )]
    pub memory: u64,
    /// What protection is asked for.
    #[arg(long, value_enum, default_value_t = IsolationName::Best)]
    pub isolation: IsolationName,
    /// The least protection with which programs are run.
    #[arg(long, value_enum, default_value_t = FloorName::Limits)]
    pub floor: FloorName,
    /// Make the control groups below this cgroup v2 folder, instead of below the group that this process is in. It must be
    /// writable and, for an ordinary user, hold this process or its group; its memory and pids controllers are used where
    /// it can hand them down.
    #[arg(long, value_name = "FOLDER")]
    pub cgroup: Option<PathBuf>,
    /// Show programs one instant as the present, in seconds since 1970; without a number that of 2024-01-01T00:00:00Z.
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        default_missing_value = "1704067200"
    )]
    pub frozen_clock: Option<f64>,
    /// Use this Python instead of the private environment.
    #[arg(long, value_name = "PYTHON")]
    pub python: Option<PathBuf>,
}

/// What protection is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum IsolationName {
    /// Every layer, or nothing is run.
    Strict,
    /// Every layer that this machine offers.
    Best,
    /// Limits alone: for programs that are trusted.
    None,
}

/// How much protection there has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FloorName {
    /// Limits and the kill of the process tree, which are always there.
    Limits,
    /// A system-call filter, Landlock or a namespace of its own besides.
    Partial,
    /// Every layer.
    Strict,
}

/// Arguments of `sandbox run`.
#[derive(Debug, Args)]
pub struct SandboxRun {
    /// The program; `-` reads stdin.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How its result leaves it: contract, stdout, ans or solution().
    #[arg(long, default_value = "contract", value_name = "VIA")]
    pub via: String,
    /// How it is run.
    #[command(flatten)]
    pub settings: SandboxSettings,
}

/// Arguments of `sandbox exec`.
#[derive(Debug, Args)]
pub struct SandboxExec {
    /// The programs: JSON Lines, plain, gzip or zstd; `-` reads stdin.
    #[arg(long = "in", value_name = "FILE")]
    pub input: PathBuf,
    /// The outcomes: JSON Lines, compressed where the name ends in .gz or .zst; `-` writes to stdout.
    #[arg(long = "out", value_name = "FILE")]
    pub output: PathBuf,
    /// Replace an output that is there already.
    #[arg(long)]
    pub force: bool,
    /// Programs that run at once. By default the machine's cores.
    #[arg(long, value_name = "N")]
    pub workers: Option<usize>,
    /// How they are run.
    #[command(flatten)]
    pub settings: SandboxSettings,
}

/// Arguments of `sandbox serve`.
#[derive(Debug, Args)]
pub struct SandboxServe {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub listen: std::net::SocketAddr,
    /// A file with the token that requests must carry (`Authorization: Bearer TOKEN`).
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Serve other machines without a token: only where something else guards the port.
    #[arg(long)]
    pub allow_anonymous: bool,
    /// Requests that may wait for their turn.
    #[arg(long, default_value_t = 1024, value_name = "N")]
    pub queue: usize,
    /// What a request gets when that many wait: 429, or 504, the one status that verl's client tries again.
    #[arg(long, value_enum, default_value_t = WhenFullName::Refuse)]
    pub when_full: WhenFullName,
    /// Seconds that programs may go on after Ctrl-C.
    #[arg(long, default_value_t = 30.0, value_name = "SECONDS")]
    pub drain: f64,
    /// Programs that run at once. By default the machine's cores.
    #[arg(long, value_name = "N")]
    pub workers: Option<usize>,
    /// How they are run: `--timeout` and `--memory` are the most that a request can ask for.
    #[command(flatten)]
    pub settings: SandboxSettings,
}

/// What a request gets when the queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WhenFullName {
    /// 429 with Retry-After.
    Refuse,
    /// 504.
    Retry,
}
