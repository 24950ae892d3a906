//! What happens in a run, as one type for the display and the log.

use std::path::PathBuf;

use caco_record::Stage;
use serde::Serialize;

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
        report: RunReport,
    },
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
