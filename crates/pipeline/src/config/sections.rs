//! The sections up to solve: what goes in, the models, and how rows are made. Every field has a default unless it says
//! otherwise.

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use caco_model::train::TrainConfig as Training;
use caco_program::Rules;
use caco_program::offspring::Operator;
use caco_program::trial::Fault;
use caco_record::Stage;
use serde::{Deserialize, Serialize};

/// Which stages run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stages {
    /// Stages to leave out; their input rows pass on unchanged. Import, sample, execute and export cannot be skipped
    /// while a later stage needs what they make. Default: none.
    pub skip: Vec<Stage>,
}

/// One file of seed problems.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// The file: JSON lines, plain or gzip (`.gz`). Required.
    pub path: PathBuf,
    /// How to read a line. Default `problems`.
    #[serde(default)]
    pub format: SeedFormat,
    /// Names of the file's own fields, for files of another shape: `problem: question`. Keys are `id`, `problem`,
    /// `solution`, `answer`, `domain`. Default: the format's names.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// At most this many lines are read. Default: all.
    #[serde(default)]
    pub limit: Option<usize>,
    /// The source's name in rows and card. Default: the file's stem.
    #[serde(default)]
    pub source: Option<String>,
    /// The licence that the source states, for rows and card. Default: unstated.
    #[serde(default)]
    pub licence: Option<String>,
    /// The subject domain of rows that state none. Default: none.
    #[serde(default)]
    pub domain: Option<String>,
}

/// What differs for the rows of one domain. Every key may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Domain {
    /// A folder whose files take the place of the prompts of the same names. Default: the prompts of all domains.
    pub prompts: Option<PathBuf>,
    /// Rules for programs; keys that are left out are as in `execute.rules`.
    pub rules: Option<Rules>,
    /// How lenient judge compares answers. Default `judge.policy`.
    pub policy: Option<super::JudgePolicy>,
}

/// The shape of a seed or benchmark file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeedFormat {
    /// JSON lines with `problem` (or `question`) and `answer`, optionally `id`, `solution`, `domain`.
    #[default]
    Problems,
    /// GSM8K: `question`, and `answer` whose last line is `#### N` (or a separate `solution`).
    Gsm8k,
}

/// How replies are drawn from a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// 0 takes the likeliest token each time; otherwise logits are divided by it. Default depends on the stage.
    pub temperature: f32,
    /// Draw only from the likeliest tokens that together reach this probability, in (0, 1]. Default 1.
    pub top_p: f32,
    /// Draw only from this many likeliest tokens; 0 means all. Default 0.
    pub top_k: usize,
    /// Draw only from tokens at least this likely, as a share of the likeliest, in [0, 1]; only servers know it. Default:
    /// not sent.
    pub min_p: Option<f32>,
    /// A reply is cut after this many tokens. Default 256 of an embedded model; of a server's 2048 in unify, solve and evaluate, else
    /// 1024.
    pub max_tokens: Option<usize>,
    /// A reply ends before the first of these texts. Default none.
    pub stop: Vec<String>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_p: 1.0,
            top_k: 0,
            min_p: None,
            max_tokens: None,
            stop: Vec::new(),
        }
    }
}

impl Sampling {
    pub(super) fn warm(temperature: f32, top_p: f32) -> Self {
        Self {
            temperature,
            top_p,
            ..Self::default()
        }
    }

    /// The number of tokens after which a reply is cut.
    #[must_use]
    pub fn most_tokens(&self) -> usize {
        self.max_tokens.unwrap_or(256)
    }
}

/// How seed problems become seed programs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Unify {
    /// `model` asks a model; `calculator` converts the calculator marks of GSM8K solutions. Default `model`.
    pub method: UnifyMethod,
    /// The model to ask. Default `base`.
    pub model: String,
    /// Programs asked for each problem; the first that passes the rules, runs, equals the reference and stands other inputs
    /// (`execute.inputs`) wins. Default 4.
    pub samples: u32,
    /// The findings on other inputs for which a seed's program does not win. Default those of `execute.inputs.reject`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reject: Option<Vec<Fault>>,
    /// How they are drawn. Default temperature 0.7, top-p 0.95.
    pub sampling: Sampling,
}

/// The two ways to write seed programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnifyMethod {
    /// Ask a model.
    #[default]
    Model,
    /// Convert `<<48/2=24>>` marks; no model is needed.
    Calculator,
}

impl Default for Unify {
    fn default() -> Self {
        Self {
            method: UnifyMethod::Model,
            model: "base".into(),
            samples: 4,
            reject: None,
            sampling: Sampling::warm(0.7, 0.95),
        }
    }
}

/// How the program generator is trained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tune {
    /// The model to start from. Default `base`.
    pub model: BaseName,
    /// `base` fine-tunes it; `scratch` trains a tokenizer and a model of `architecture` on the programs. Default `base`.
    pub init: TuneInit,
    /// The model's shape when `init` is `scratch`.
    pub architecture: Architecture,
    /// The training run.
    pub training: Training,
}

/// A model name whose default is `base`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BaseName(
    /// A key of `models`.
    pub String,
);

impl Default for BaseName {
    fn default() -> Self {
        Self("base".into())
    }
}

/// Where the generator's weights come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TuneInit {
    /// From the model named in `tune.model`.
    #[default]
    Base,
    /// From random weights.
    Scratch,
}

/// The shape of a decoder in the Qwen2 layout, and its tokenizer's size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Architecture {
    /// Entries of the byte-level BPE vocabulary, at least 449. Default 1024.
    pub vocab_size: usize,
    /// Width of the residual stream. Default 128.
    pub hidden_size: usize,
    /// Decoder layers. Default 4.
    pub layers: usize,
    /// Attention heads; `hidden_size` must be a multiple with an even quotient. Default 4.
    pub heads: usize,
    /// Width inside the gated feed-forward block. Default 352.
    pub intermediate_size: usize,
    /// The longest sequence in tokens. Default 512.
    pub max_positions: usize,
}

impl Default for Architecture {
    fn default() -> Self {
        Self {
            vocab_size: 1024,
            hidden_size: 128,
            layers: 4,
            heads: 4,
            intermediate_size: 352,
            max_positions: 512,
        }
    }
}

/// Where new programs come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleMethod {
    /// A tuned model continues an open user turn: the program is the user's message (paper, stage 2).
    #[default]
    Open,
    /// A model that follows instructions is shown seed programs and asked for another.
    Chat,
}

/// How many programs the generator writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sample {
    /// Programs in each round. Default 1000. With a `target`, the size of the first helping.
    pub count: u64,
    /// The model to ask. Default: the one that tune makes in each round.
    pub model: Option<String>,
    /// How it is asked. Default `open`.
    pub method: SampleMethod,
    /// Seed programs shown to the model in `chat`, drawn anew for each sample. Default 3.
    pub examples: usize,
    /// How they are drawn. Default temperature 0.9, top-p 0.98.
    pub sampling: Sampling,
    /// Which known programs are preferred as examples and as parents. Default `uniform`.
    pub weighting: Weighting,
    /// Programs made of known ones, in the place of a share of those that the model writes.
    pub mutate: Mutate,
}

/// Which of the seed programs, and of the programs kept in earlier rounds, are drawn more often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// None: each is as likely as every other.
    #[default]
    Uniform,
    /// Those of rare structures: each structure is as likely as every other, however many programs share it.
    Structures,
    /// Those at the edge of the solver's ability, as `judge.difficulty` has measured it: the nearer its pass rate is to one
    /// half, the likelier. Programs without a pass rate count as if it were one quarter.
    Difficulty,
    /// Both at once.
    Both,
}

/// Programs made of known ones by a change of their text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mutate {
    /// The share of the samples that are made this way, from 0 to 1. Default 0.
    pub share: f64,
    /// How: `change_operation`, `perturb_constants`, `deepen` (a step more), `compose` (two programs). Default all four.
    pub operators: Vec<Operator>,
}

impl Default for Mutate {
    fn default() -> Self {
        Self {
            share: 0.0,
            operators: Operator::ALL.to_vec(),
        }
    }
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            count: 1000,
            model: None,
            method: SampleMethod::Open,
            examples: 3,
            sampling: Sampling::warm(0.9, 0.98),
            weighting: Weighting::Uniform,
            mutate: Mutate::default(),
        }
    }
}

/// How programs run and which rules they meet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Execute {
    /// Packages that programs may import, as pip requirements; installed once into the cache folder.
    /// Default pinned sympy and numpy; empty needs no network.
    pub python: Vec<String>,
    /// Programs that run at the same time. Default: the machine's cores, at most 8.
    pub workers: Option<usize>,
    /// CPU seconds that a program may use. Default 10, as published.
    pub cpu_seconds: f64,
    /// Wall seconds that a program may take. Default 20.
    pub wall_seconds: f64,
    /// Memory of one program in MiB. Default 1024.
    pub memory_mb: u64,
    /// The rules, published and ours. Default as published, with ours on top.
    pub rules: Rules,
    /// Whether and how programs that pass are tried on other inputs.
    pub inputs: Inputs,
}

/// Runs of a program on inputs near its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Inputs {
    /// Pairs of input and output that are wanted of each program beside its own; 0 tries nothing. Default 6.
    pub pairs: usize,
    /// In how many runs that give an answer a key must have been changed without effect before it is said to be ignored.
    /// Default 16.
    pub attempts: usize,
    /// In how many different contexts, the program's own input among them. Default 4.
    pub contexts: usize,
    /// The share of nearby inputs on which a program may fail, from 0 to 1. Default 0.5.
    pub fragile_share: f64,
    /// From how many times the CPU time of its own input on a program's time explodes. Default 10.
    pub growth_ratio: f64,
    /// CPU milliseconds below which nothing is slow. Default 1000.
    pub growth_floor_ms: f64,
    /// The findings for which a row is rejected; others are recorded only. Default all.
    pub reject: Vec<Fault>,
}

impl Default for Inputs {
    fn default() -> Self {
        let trial = caco_program::trial::Settings::default();
        Self {
            pairs: trial.pairs,
            attempts: trial.attempts,
            contexts: trial.contexts,
            fragile_share: trial.fragile_share,
            growth_ratio: trial.growth_ratio,
            growth_floor_ms: trial.growth_floor_ms,
            reject: vec![
                Fault::Constant,
                Fault::InputIgnored,
                Fault::Nondeterministic,
                Fault::Fragile,
                Fault::SlowGrowth,
            ],
        }
    }
}

impl Inputs {
    /// For a stage that rejects for these findings.
    pub(crate) fn trial(&self, reject: &[Fault]) -> caco_program::trial::Settings {
        caco_program::trial::Settings {
            stop_at_fragile: reject.contains(&Fault::Fragile),
            pairs: self.pairs,
            attempts: self.attempts,
            contexts: self.contexts,
            fragile_share: self.fragile_share,
            growth_ratio: self.growth_ratio,
            growth_floor_ms: self.growth_floor_ms,
            ..caco_program::trial::Settings::default()
        }
    }
}

/// The packages of the execution environment when the configuration names none.
pub const DEFAULT_PACKAGES: [&str; 4] = [
    "sympy==1.14.0",
    "numpy==2.2.6",
    "networkx==3.4.2",
    "gmpy2==2.2.1",
];

impl Default for Execute {
    fn default() -> Self {
        Self {
            python: DEFAULT_PACKAGES.map(str::to_owned).to_vec(),
            workers: None,
            cpu_seconds: 10.0,
            wall_seconds: 20.0,
            memory_mb: 1024,
            rules: Rules::default(),
            inputs: Inputs::default(),
        }
    }
}

/// How programs become problems in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reverse {
    /// The model to ask. Default `base`.
    pub model: String,
    /// How the reply is drawn. Default temperature 0.
    pub sampling: Sampling,
    /// How many of the pairs that `execute.inputs` found are shown beside the program's own input and output: the problem must
    /// explain them all. The embedded model's prompt shows none. Default 3.
    pub pairs: usize,
}

impl Default for Reverse {
    fn default() -> Self {
        Self {
            model: "base".into(),
            sampling: Sampling::default(),
            pairs: 3,
        }
    }
}

/// How problems are solved in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Solve {
    /// The model to ask. Default `base`.
    pub model: String,
    /// How the reply is drawn. Default temperature 0.
    pub sampling: Sampling,
}

impl Default for Solve {
    fn default() -> Self {
        Self {
            model: "base".into(),
            sampling: Sampling::default(),
        }
    }
}
