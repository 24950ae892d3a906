//! The sections from judge on: what is kept, what is written, and how it is measured. Every field has a default unless it
//! says otherwise.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Sampling, SeedFormat, Training};
use crate::export::{FileSize, View};
use crate::referee::Fallback;
pub use caco_evaluation::Task;

/// How answers are compared, in unify, judge and evaluate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// What settles, in the sandbox, pairs that the comparison leaves undecided: `none`, `sympy` or `math_verify`.
    /// Default `none`.
    pub fallback: Fallback,
}

/// How words and program are compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Judge {
    /// When false every row passes; the verdicts are recorded all the same. Default true.
    pub enabled: bool,
    /// Require every quantity of the program's input in the problem. Default true.
    pub coverage: bool,
    /// How lenient the comparison of answers is. Default `strict`.
    pub policy: JudgePolicy,
    /// The model that judges what has passed the comparison: a name of `models`, `none`, or `auto`. `auto` takes a server's
    /// model of another family than the solver's where one is defined, else the solver's own; none where the solver is
    /// embedded. Default `auto`.
    pub model: String,
    /// What it is asked. Default all three.
    pub checks: Vec<Check>,
    /// Votes for each question; more than half of those that can be read decide. Default 1.
    pub votes: u32,
    /// How the votes are drawn. Default temperature 0.
    pub sampling: Sampling,
    /// Whether the numbers of a solution must come from the program's run.
    pub trace: TraceCheck,
    /// Whether problems that passed are told with other quantities and solved again.
    pub counterfactual: Counterfactual,
    /// Whether the solver's pass rate is measured on what passed.
    pub difficulty: Difficulty,
}

/// Each number of a solution is looked for in the line-by-line trace of the program on its input, in the input, and in one
/// operation of arithmetic on two such numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TraceCheck {
    /// `off`; `score` records the share of grounded numbers; `block` rejects what falls below `floor` as well. Default `off`.
    pub mode: TraceMode,
    /// The least share of a solution's numbers that must be grounded, from 0 to 1. Default 1.
    pub floor: f64,
}

impl Default for TraceCheck {
    fn default() -> Self {
        Self {
            mode: TraceMode::Off,
            floor: 1.0,
        }
    }
}

/// What becomes of numbers that come from nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceMode {
    /// Nothing is traced.
    #[default]
    Off,
    /// They are recorded.
    Score,
    /// They reject a row.
    Block,
}

/// A problem that passed is told with the quantities of another input of its program, for which `execute.inputs` knows the
/// output; the solver is asked again and must come to that output. A right answer by luck, or a rule that the words do not
/// state, shows itself so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Counterfactual {
    /// With how many other inputs a problem is told, at most; 0 asks nothing. Needs `execute.inputs.pairs`. Default 0.
    pub pairs: usize,
    /// The share of them in which the answers must agree, from 0 to 1. Default 1.
    pub share: f64,
    /// Whether a row goes whose problem cannot be told with any other input, for its words do not show which number is which
    /// quantity. Default false: it stays, and says so.
    pub required: bool,
}

impl Default for Counterfactual {
    fn default() -> Self {
        Self {
            pairs: 0,
            share: 1.0,
            required: false,
        }
    }
}

/// How hard a problem is to its solver: further solutions are drawn, and the share of them with the program's answer is
/// recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Difficulty {
    /// Solutions drawn for each row that passed; 0 draws none. Default 0.
    pub samples: u32,
    /// How they are drawn. Default temperature 0.8, top-p 0.95.
    pub sampling: Sampling,
}

impl Default for Difficulty {
    fn default() -> Self {
        Self {
            samples: 0,
            sampling: Sampling::warm(0.8, 0.95),
        }
    }
}

/// The judge that is chosen by what is defined.
pub const AUTO: &str = "auto";
/// No judge.
pub const NONE: &str = "none";

/// A question to the judge (paper, dual verification).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Is the problem solvable as stated?
    Solvable,
    /// Is the answer right?
    Answer,
    /// Do the steps follow the program's logic?
    Steps,
}

impl Check {
    /// All questions, in the order in which they are asked.
    pub const ALL: [Self; 3] = [Self::Solvable, Self::Answer, Self::Steps];

    /// The question's name in verdicts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Solvable => "solvable",
            Self::Answer => "answer",
            Self::Steps => "steps",
        }
    }
}

/// The policies for comparing answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JudgePolicy {
    /// For building data: undecided counts as different.
    #[default]
    Strict,
    /// As benchmarks grade.
    Benchmark,
    /// With the leniencies of the published grader, for comparison runs.
    Published,
}

impl JudgePolicy {
    /// The fields of the policy.
    #[must_use]
    pub const fn policy(self) -> caco_answer::Policy {
        match self {
            Self::Strict => caco_answer::Policy::strict(),
            Self::Benchmark => caco_answer::Policy::benchmark(),
            Self::Published => caco_answer::Policy::published(),
        }
    }
}

impl Default for Judge {
    fn default() -> Self {
        Self {
            enabled: true,
            coverage: true,
            policy: JudgePolicy::Strict,
            model: AUTO.into(),
            checks: Check::ALL.to_vec(),
            votes: 1,
            sampling: Sampling::default(),
            trace: TraceCheck::default(),
            counterfactual: Counterfactual::default(),
            difficulty: Difficulty::default(),
        }
    }
}

/// How many rows are wanted, and what may be spent on them. Without it `sample.count` programs are sampled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Rows that have come through everything, curation included. The last round samples until there are so many, and
    /// the data set has exactly so many unless a bound was reached first. Required.
    pub kept: u64,
    /// The bound on samples in the last round. Default 100 times `kept`.
    #[serde(default)]
    pub samples: Option<u64>,
    /// The bound on wall seconds, over all resumptions; looked at between helpings. Default none.
    #[serde(default)]
    pub seconds: Option<f64>,
}

impl Target {
    /// The bound on samples.
    #[must_use]
    pub fn most_samples(&self) -> u64 {
        self.samples
            .unwrap_or_else(|| self.kept.saturating_mul(100))
    }
}

/// What calls of servers may come to, over all resumptions of a run. Reaching it stops the run with exit code 5; it can be
/// resumed with a higher one. Only the calls then in flight can go beyond.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Calls with a reply; this one is never exceeded. Default none.
    pub calls: Option<u64>,
    /// Tokens of prompts and replies. Default none.
    pub tokens: Option<u64>,
    /// Money, in the currency of the models' prices. Default none.
    pub cost: Option<f64>,
}

/// How duplicates and contaminated rows are dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Curate {
    /// Whether the same problem, or the same program but for names, may be there only once. Default true.
    pub exact: bool,
    /// At most this many kept rows share one structure (names and constants masked); 0 means no cap. Default 0.
    pub max_per_structure: u64,
    /// At most this many kept rows stem from one seed; 0 means no cap. Default 0.
    pub max_per_seed: u64,
    /// From which likeness on a row is a near duplicate.
    pub near: Near,
    /// Data whose rows count as kept already: run folders, folders of Parquet or JSON Lines files, or such files.
    /// Default none.
    pub against: Vec<PathBuf>,
    /// Files whose problems must not appear: the benchmarks of `evaluate` are always among them. Default none.
    pub contamination: Vec<Benchmark>,
    /// A problem that shares this many words in a row with a benchmark's is contaminated; 0 compares whole problems
    /// only. Default 13, the field's practice.
    pub ngram: usize,
    /// How benchmarks are looked for. Default `thorough`.
    pub leaks: Leaks,
}

/// From which likeness on two rows are near duplicates: the Jaccard index of their runs of tokens, from 0.5 to 1; 0 turns the
/// look off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Near {
    /// Of problems, by runs of 3 words. Default 0.8.
    pub problems: f64,
    /// Of the normal forms of programs, by runs of 5 tokens. Default 0, since programs that differ in an operator are alike.
    pub programs: f64,
}

impl Default for Near {
    fn default() -> Self {
        Self {
            problems: 0.8,
            programs: 0.0,
        }
    }
}

/// How benchmarks are looked for in the problems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaks {
    /// Runs of `ngram` words that are a fifth of the item, runs of 8 words that are half of it, near duplicates, and items
    /// that differ in numbers and names only.
    #[default]
    Thorough,
    /// Any run of `ngram` words, and whole problems: the published practice.
    Published,
    /// Not at all, for comparisons; the card says so.
    Off,
}

impl Default for Curate {
    fn default() -> Self {
        Self {
            exact: true,
            max_per_structure: 0,
            max_per_seed: 0,
            near: Near::default(),
            against: Vec::new(),
            contamination: Vec::new(),
            ngram: 13,
            leaks: Leaks::Thorough,
        }
    }
}

/// How the data set is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Export {
    /// Views to write beside `data/`, each into a folder of its name; `parquet` is always written. Default none.
    pub formats: Vec<View>,
    /// Whether rows of seed origin are exported beside the sampled ones. Default true.
    pub include_seeds: bool,
    /// A file ends where it has reached so many megabytes (of 10^6 bytes). Default 256.
    pub file_mb: u64,
    /// A file ends after so many rows, where that comes first. Default no bound.
    pub rows_per_file: Option<usize>,
    /// How far apart the problems are in the space of a model's embeddings. Default: not measured.
    pub spread: Option<Spread>,
}

/// The mean cosine distance between the embeddings of the data set's problems, for the card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// A server's model that answers at `/embeddings`. Required.
    pub model: String,
    /// Of so many problems, those with the smallest ids. Default 1000.
    #[serde(default = "thousand")]
    pub rows: usize,
}

fn thousand() -> usize {
    1000
}

impl Default for Export {
    fn default() -> Self {
        Self {
            formats: Vec::new(),
            include_seeds: true,
            file_mb: 256,
            rows_per_file: None,
            spread: None,
        }
    }
}

impl Export {
    /// How large a file may become.
    #[must_use]
    pub fn file_size(&self) -> FileSize {
        FileSize {
            bytes: self.file_mb.saturating_mul(1_000_000),
            rows: self.rows_per_file,
        }
    }
}

/// The students that show what the data is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Train {
    /// The model that every student starts from. Default `base`.
    pub model: String,
    /// The training run, the same for all students. When `steps` is not given, the passes over the largest data set
    /// decide the number of steps for all.
    pub training: Training,
    /// The students. Default `seeds` and `loop`.
    pub students: Vec<Student>,
    /// Training seeds; every student is trained once for each. Default `[0]`.
    pub seeds: Vec<u64>,
}

impl Default for Train {
    fn default() -> Self {
        let student = |name: &str, data| Student {
            name: name.into(),
            data,
            rows: Rows::All,
        };
        Self {
            model: "base".into(),
            training: Training::default(),
            students: vec![
                student("seeds", StudentData::Seeds),
                student("loop", StudentData::Kept),
            ],
            seeds: vec![0],
        }
    }
}

/// One student and the rows it learns from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Student {
    /// The student's name in folders and reports: letters, digits, `-`, `_`. Required.
    pub name: String,
    /// Which rows it learns from. Required.
    pub data: StudentData,
    /// At most this many of them, by a seeded choice. Default all.
    #[serde(default)]
    pub rows: Rows,
}

/// The rows that a student learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StudentData {
    /// Kept rows of seed origin.
    Seeds,
    /// All kept rows.
    Kept,
    /// Rows as they left solve, whatever judge said: as many sampled ones as were kept, and the seeds' rows.
    Unverified,
}

/// All rows, or at most so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rows {
    /// Every row.
    #[default]
    All,
    /// At most this many rows.
    AtMost(usize),
}

impl Serialize for Rows {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::AtMost(rows) => serializer.serialize_u64(*rows as u64),
        }
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Rows;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`all` or a number of rows")
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Rows, E> {
                usize::try_from(value).map(Rows::AtMost).map_err(E::custom)
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Rows, E> {
                if value == "all" {
                    Ok(Rows::All)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(value), &self))
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// What the students are measured on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Evaluate {
    /// The held-out problems. Default none, which skips the stage.
    pub benchmarks: Vec<Benchmark>,
    /// How replies are drawn. Default temperature 0.
    pub sampling: Sampling,
}

/// One file of problems with answers that are never trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    /// The name in reports. Default: the task's, else the file's stem.
    #[serde(default)]
    pub name: Option<String>,
    /// The file, as for seeds. Required.
    pub path: PathBuf,
    /// The benchmark that the file belongs to, which says how its fields are read, how replies are graded, and whether they
    /// are words or code. Default none: plain problems with answers.
    #[serde(default)]
    pub task: Option<Task>,
    /// How to read a line of plain problems. Default `problems`.
    #[serde(default)]
    pub format: SeedFormat,
    /// Names of the file's own fields, as for seeds; for plain problems alone.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// At most this many problems, from the start of the file. Default all.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Replies drawn for each problem; more than one give pass@k and a majority vote, and need a temperature. Default 1.
    #[serde(default = "one")]
    pub samples: u32,
    /// A Jinja file that takes the place of the prompt with which solve asks. Default: that prompt, so that students are
    /// tested with the words that they were trained on.
    #[serde(default)]
    pub template: Option<PathBuf>,
}

fn one() -> u32 {
    1
}

impl Benchmark {
    /// The name in reports.
    #[must_use]
    pub fn title(&self) -> String {
        match (&self.name, self.task) {
            (Some(name), _) => name.clone(),
            (None, Some(task)) => task.name().to_owned(),
            (None, None) => crate::config::stem(&self.path),
        }
    }
}
