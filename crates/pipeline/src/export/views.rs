//! The shapes in which other programs read the data set: one function from a row to the JSON of a view, used by the
//! export stage, by `caco export`, and by whatever writes training data.

mod chat;
mod plain;
mod rewards;
mod schema;

use std::fmt;
use std::str::FromStr;

use arrow_schema::Fields;
use caco_record::{Row, Stage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Config;

/// A shape of the data set, which is also a folder of its files and a config of the Hugging Face repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// Every column, as Parquet in `data/`: the config `default`.
    Parquet,
    /// `messages`: user and assistant, as TRL, axolotl and most trainers read.
    Messages,
    /// `instruction`, `input`, `output` (Stanford Alpaca), with LLaMA-Factory's `dataset_info.json`.
    Alpaca,
    /// `conversations` of `from` and `value` (FastChat), with LLaMA-Factory's `dataset_info.json`.
    Sharegpt,
    /// `prompt` and `completion` as texts, TRL's standard format.
    PromptCompletion,
    /// Lines with nothing but `messages`, as OpenAI's fine-tuning takes them.
    Openai,
    /// Parquet for verl's reinforcement learning, with a reward function.
    Verl,
    /// Tasks as GENESYS and SYNTHETIC-1 have them.
    Genesys,
    /// `question`, `answer`, `metadata`, as Reasoning Gym's entries.
    ReasoningGym,
    /// `messages` in which the assistant writes the program, a tool answers with its output, and the assistant solves the
    /// problem.
    Tool,
    /// `text`: the program alone.
    Program,
    /// Every column, as JSON Lines.
    Jsonl,
}

/// What a row must have so that a view can show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing but its program and answer.
    Program,
    /// A problem in words.
    Problem,
    /// A problem and a solution that this run has written or checked.
    Words,
}

/// How the files of a view are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// JSON Lines, `.jsonl`.
    Jsonl,
    /// Parquet, `.parquet`.
    Parquet,
}

impl FileKind {
    /// The file name's extension.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }
}

/// A text that names no view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownView(
    /// The text as it was given.
    pub String,
);

impl fmt::Display for UnknownView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = View::ALL.into_iter().map(View::as_str).collect();
        write!(f, "`{}` is not one of {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownView {}

impl FromStr for View {
    type Err = UnknownView;

    fn from_str(text: &str) -> Result<Self, UnknownView> {
        let found = Self::ALL.into_iter().find(|view| view.as_str() == text);
        found.ok_or_else(|| UnknownView(text.to_owned()))
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl View {
    /// Every view; the complete one first.
    pub const ALL: [Self; 12] = [
        Self::Parquet,
        Self::Messages,
        Self::Alpaca,
        Self::Sharegpt,
        Self::PromptCompletion,
        Self::Openai,
        Self::Verl,
        Self::Genesys,
        Self::ReasoningGym,
        Self::Tool,
        Self::Program,
        Self::Jsonl,
    ];

    /// The name in configurations and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Messages => "messages",
            Self::Alpaca => "alpaca",
            Self::Sharegpt => "sharegpt",
            Self::PromptCompletion => "prompt-completion",
            Self::Openai => "openai",
            Self::Verl => "verl",
            Self::Genesys => "genesys",
            Self::ReasoningGym => "reasoning-gym",
            Self::Tool => "tool",
            Self::Program => "program",
            Self::Jsonl => "jsonl",
        }
    }

    /// The config's name in the Hugging Face repository: `default` for the complete one.
    #[must_use]
    pub const fn config(self) -> &'static str {
        match self {
            Self::Parquet => "default",
            other => other.as_str(),
        }
    }

    /// The folder of its files in an export: `data` for the complete one.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Parquet => "data",
            other => other.as_str(),
        }
    }

    /// How its files are written: Parquet, but for those that are lines by their nature. `datasets` reads all configs of a
    /// repository by one builder, so the others cannot be configs beside them.
    #[must_use]
    pub const fn kind(self) -> FileKind {
        match self {
            Self::Openai | Self::Jsonl => FileKind::Jsonl,
            _ => FileKind::Parquet,
        }
    }

    /// What a row must have.
    #[must_use]
    pub const fn needs(self) -> Needs {
        match self {
            Self::Parquet | Self::Jsonl | Self::Program => Needs::Program,
            Self::Verl | Self::Genesys | Self::ReasoningGym => Needs::Problem,
            Self::Messages
            | Self::Alpaca
            | Self::Sharegpt
            | Self::PromptCompletion
            | Self::Openai
            | Self::Tool => Needs::Words,
        }
    }

    /// The stage that writes what it needs, where this configuration leaves that out.
    pub(crate) fn lacks(self, config: &Config) -> Option<Stage> {
        let (stage, there) = match self.needs() {
            Needs::Program => return None,
            // What is solved has a problem.
            Needs::Problem => (
                Stage::Reverse,
                config.runs(Stage::Reverse) || config.runs(Stage::Solve),
            ),
            Needs::Words => (Stage::Solve, config.runs(Stage::Solve)),
        };
        (!there).then_some(stage)
    }

    /// Who reads it, in words for the card.
    pub(crate) const fn readers(self) -> &'static str {
        match self {
            Self::Parquet => "every column",
            Self::Messages => "chat trainers: TRL, axolotl, LLaMA-Factory",
            Self::Alpaca => "LLaMA-Factory and others, alpaca form",
            Self::Sharegpt => "LLaMA-Factory and others, ShareGPT form",
            Self::PromptCompletion => "TRL, prompt and completion as texts",
            Self::Openai => "OpenAI's fine-tuning: the lines of `messages`",
            Self::Verl => "verl; `caco_reward.py` is the reward function",
            Self::Genesys => "GENESYS tasks, as in SYNTHETIC-1",
            Self::ReasoningGym => "Reasoning Gym entries",
            Self::Tool => "chat trainers: the program and its output inside the turn",
            Self::Program => "tuning of a program writer: the program alone",
            Self::Jsonl => "every column, as JSON lines",
        }
    }

    /// The columns of its rows.
    pub(crate) fn fields(self) -> Fields {
        match self {
            Self::Parquet | Self::Jsonl => super::table::fields(),
            Self::Messages | Self::Openai | Self::Tool => schema::messages(),
            Self::Sharegpt => schema::conversations(),
            Self::Alpaca => schema::texts(&["instruction", "input", "output"]),
            Self::PromptCompletion => schema::texts(&["prompt", "completion"]),
            Self::Program => schema::texts(&["text"]),
            Self::Verl => schema::verl(),
            Self::Genesys => schema::genesys(),
            Self::ReasoningGym => schema::reasoning_gym(),
        }
    }

    /// One row in this shape: an object with the columns of [`View::fields`] in their order.
    ///
    /// # Errors
    /// [`Lacking`] where the row has not what the view needs.
    pub(crate) fn shape(self, item: &Item<'_>) -> Result<Value, Lacking> {
        match self {
            Self::Parquet | Self::Jsonl => Ok(super::table::json(item.row, item.words)),
            Self::Messages | Self::Openai => chat::messages(item),
            Self::Sharegpt => chat::sharegpt(item),
            Self::Tool => chat::tool(item),
            Self::Alpaca => plain::alpaca(item),
            Self::PromptCompletion => plain::prompt_completion(item),
            Self::Program => plain::program(item),
            Self::Verl => rewards::verl(item),
            Self::Genesys => rewards::genesys(item),
            Self::ReasoningGym => rewards::reasoning_gym(item),
        }
    }
}

/// A row in its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'a> {
    pub(crate) row: &'a Row,
    /// Its position in the data set, from 0.
    pub(crate) index: u64,
    /// The data set's name, which views for reinforcement learning state as the source.
    pub(crate) set: &'a str,
    /// Whether solutions are this run's own; without that, the columns that show them as such are null.
    pub(crate) words: bool,
}

/// A row has not what a view needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lacking(pub(crate) &'static str);

impl<'a> Item<'a> {
    fn problem(&self) -> Result<&'a str, Lacking> {
        self.row.problem.as_deref().ok_or(Lacking("problem"))
    }

    fn solution(&self) -> Result<&'a str, Lacking> {
        let solution = self.row.solution.as_deref().filter(|_| self.words);
        solution.ok_or(Lacking("solution"))
    }

    fn program(&self) -> Result<&'a str, Lacking> {
        self.row.program.as_deref().ok_or(Lacking("program"))
    }

    fn answer(&self) -> Result<&'a str, Lacking> {
        self.row.answer.as_deref().ok_or(Lacking("answer"))
    }
}

pub(crate) use schema::list;

#[cfg(test)]
pub(crate) mod tests;
