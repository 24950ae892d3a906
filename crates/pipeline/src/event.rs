//! What happens in a run, as one type for the display and the log.

use std::path::PathBuf;

use caco_record::Stage;
use serde::{Deserialize, Serialize};

use crate::report::{RunReport, StageReport};

/// Something that happened. Serialised to `events.jsonl` with a `time` beside it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The run began or went on.
    RunStarted {
        /// The run's name.
        name: String,
        /// The run folder.
        dir: PathBuf,
        /// Whether published work was found.
        resumed: bool,
    },
    /// A stage began.
    StageStarted {
        /// The stage.
        stage: Stage,
        /// The round.
        round: u32,
        /// Units of work in all: rows, calls, training steps or files.
        total: u64,
    },
    /// A stage came further.
    Progress {
        /// The stage.
        stage: Stage,
        /// The round.
        round: u32,
        /// Units done.
        done: u64,
        /// Units in all.
        total: u64,
        /// Rows kept so far.
        kept: u64,
        /// Tokens generated or trained on so far in this process.
        tokens: u64,
        /// What the units are: `rows`, `calls`, `programs`, `steps` or `problems`.
        unit: &'static str,
    },
    /// How the calls of a server stand; told some times a second while they are under way.
    Calls {
        /// The server's calls.
        #[serde(flatten)]
        state: CallState,
        /// What the run has spent so far, over all resumptions and models.
        totals: Spent,
    },
    /// One optimiser step of a training run.
    Training {
        /// `tune`, `train`, or `tune` for a recipe.
        stage: Stage,
        /// The round.
        round: u32,
        /// Which model learns.
        model: String,
        /// Optimiser steps taken.
        step: u64,
        /// Optimiser steps in all.
        steps: u64,
        /// Mean loss per trained token of the step, in nats.
        loss: f32,
        /// The step's learning rate.
        lr: f32,
        /// Tokens trained on so far.
        tokens: u64,
        /// Tokens trained on per second, since the process began.
        tokens_per_second: f32,
    },
    /// Something that the user may want to know.
    Message {
        /// The text.
        text: String,
    },
    /// Something that the user should know.
    Warning {
        /// The text.
        text: String,
    },
    /// A stage finished.
    StageFinished {
        /// What it did.
        report: StageReport,
    },
    /// The run finished.
    RunFinished {
        /// What it did.
        report: Box<RunReport>,
    },
}

/// How the calls of one server model stand, in this process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallState {
    /// The model's name in the configuration.
    pub model: String,
    /// Calls that are under way, over all replicas.
    pub in_flight: u64,
    /// The most that may be, as the servers' answers have set it.
    pub limit: u64,
    /// Replicas that are given no calls until they answer a probe.
    pub sick: u64,
    /// Attempts sent.
    pub sent: u64,
    /// Attempts that failed and were repeated.
    pub retried: u64,
    /// What its price is in, where it has one.
    pub currency: Option<String>,
}

/// What calls of servers have come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// Calls with a reply.
    pub calls: u64,
    /// Tokens of prompts.
    pub prompt_tokens: u64,
    /// Tokens of replies.
    pub completion_tokens: u64,
    /// Money, in the currency of the models' prices; none where no call had a price.
    pub cost: Option<f64>,
    /// Calls of models without a price.
    pub unpriced: u64,
}

impl From<caco_ledger::Totals> for Spent {
    fn from(totals: caco_ledger::Totals) -> Self {
        Self {
            calls: totals.calls,
            prompt_tokens: totals.prompt_tokens,
            completion_tokens: totals.completion_tokens,
            cost: (totals.calls > totals.unpriced).then_some(totals.cost),
            unpriced: totals.unpriced,
        }
    }
}

/// Receives events while a run works. Calls may come from several threads and must return quickly.
pub trait Observer: Sync {
    /// Something happened.
    fn event(&self, event: &Event);
}

/// An observer that ignores everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Observer for Quiet {
    fn event(&self, _event: &Event) {}
}

impl<F: Fn(&Event) + Sync> Observer for F {
    fn event(&self, event: &Event) {
        self(event);
    }
}
