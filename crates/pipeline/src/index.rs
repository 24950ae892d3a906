//! `index.json`: which published shards the current configuration reads. It is derived and can be lost: a run makes it
//! again, and never trusts it for what is done.

use std::path::Path;

use caco_record::Stage;
use serde::{Deserialize, Serialize};

use crate::report::StageReport;
use crate::{Error, atomic};

/// The version of the index format.
const VERSION: u32 = 1;
const FILE: &str = "index.json";

/// One stage in one round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) stage: Stage,
    pub(crate) round: u32,
    /// Paths relative to the run folder.
    pub(crate) shards: Vec<String>,
    /// What a stage without shards did, or what a finished stage did.
    pub(crate) report: Option<StageReport>,
    /// Wall seconds, over all resumptions.
    pub(crate) seconds: f64,
}

/// All stages that have begun, in the order of the loop.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Index {
    pub(crate) version: u32,
    pub(crate) stages: Vec<Entry>,
}

impl Index {
    /// The index of a run folder; empty when there is none or it cannot be read.
    pub(crate) fn load(run: &Path) -> Self {
        let text = std::fs::read(run.join(FILE)).unwrap_or_default();
        let index: Self = serde_json::from_slice(&text).unwrap_or_default();
        if index.version == VERSION {
            index
        } else {
            Self {
                version: VERSION,
                stages: Vec::new(),
            }
        }
    }

    /// Writes the index beside the shards that it names.
    pub(crate) fn save(&self, run: &Path) -> Result<(), Error> {
        let text =
            serde_json::to_vec_pretty(self).map_err(|error| Error::Internal(error.to_string()))?;
        atomic::write_derived(&run.join(FILE), &text)
    }

    /// The entry of a stage, made when it is absent.
    pub(crate) fn entry(&mut self, stage: Stage, round: u32) -> &mut Entry {
        let position = self
            .stages
            .iter()
            .position(|entry| entry.stage == stage && entry.round == round);
        let position = position.unwrap_or_else(|| {
            self.stages.push(Entry {
                stage,
                round,
                shards: Vec::new(),
                report: None,
                seconds: 0.0,
            });
            self.stages.len() - 1
        });
        &mut self.stages[position]
    }

    /// Puts the entries into the order of the loop.
    pub(crate) fn sort(&mut self) {
        self.stages.sort_by_key(|entry| {
            (
                crate::stages::position(entry.stage, entry.round),
                entry.stage,
            )
        });
    }
}
