//! Checkpoints: everything a run needs to continue to the same bits.

use super::TrainConfig;
use super::data::Data;
use super::optimizer::Optimizer;
use crate::weights::{Entry, Reader};
use crate::{Error, Model, Network, Precision, Result, files, weights};
use candle_core::Tensor;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Version of the checkpoint format.
const VERSION: u32 = 1;

/// What a checkpoint belongs to; each is 32 hexadecimal characters of BLAKE3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    model: String,
    data: String,
    config: String,
}

/// How far a run has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    version: u32,
    /// Steps finished; also the position in the data, whose order is a function of the configuration.
    pub(super) step: u64,
    /// Input tokens seen.
    pub(super) tokens: u64,
    belongs_to: Fingerprint,
}

impl Fingerprint {
    pub(super) fn new(model: &Model, data: &Data, config: &TrainConfig) -> Result<Self> {
        let mut hash = blake3::Hasher::new();
        for sequence in &data.sequences {
            hash.update(&(sequence.tokens.len() as u64).to_le_bytes());
            for (token, counted) in sequence.tokens.iter().zip(&sequence.counted) {
                hash.update(&token.to_le_bytes())
                    .update(&[u8::from(*counted)]);
            }
        }
        // How often a checkpoint is written, where to stop and what is computed twice do not change the steps.
        let config = TrainConfig {
            checkpoint_every: 0,
            until: None,
            gradient_checkpointing: false,
            ..config.clone()
        };
        let config = serde_json::to_vec(&config).map_err(Error::json("train configuration"))?;
        let short = |hash: blake3::Hash| hash.to_hex()[..32].to_string();
        Ok(Self {
            model: model.id()?,
            data: short(hash.finalize()),
            config: short(blake3::hash(&config)),
        })
    }

    fn differs(&self, other: &Self) -> Option<&'static str> {
        let pairs = [
            ("starting model", &self.model, &other.model),
            ("data set", &self.data, &other.data),
            ("training configuration", &self.config, &other.config),
        ];
        pairs
            .into_iter()
            .find(|(_, a, b)| a != b)
            .map(|(what, ..)| what)
    }
}

fn state_path(dir: &Path) -> PathBuf {
    dir.join("state.json")
}

fn tensor_path(dir: &Path, step: u64) -> PathBuf {
    dir.join(format!("step-{step:08}.safetensors"))
}

/// Writes a checkpoint of what is trained (of an adapter alone, where there is one) and removes the one before. `state.json` names the step; it is replaced last, so an interruption
/// leaves the earlier checkpoint in force.
pub(super) fn save(
    dir: &Path,
    fingerprint: &Fingerprint,
    step: u64,
    tokens: u64,
    network: &Network,
    optimizer: &Optimizer,
) -> Result<()> {
    files::create_dir(dir)?;
    let mut entries = Vec::new();
    for (index, (name, var)) in network.trained().into_iter().enumerate() {
        for (kind, second) in [("first", false), ("second", true)] {
            entries.push(Entry {
                name: format!("{kind}.{name}"),
                shape: vec![var.elem_count()],
                make: Box::new(move || {
                    let (first, squares) = optimizer.moments(index)?;
                    Ok(if second { squares } else { first })
                }),
            });
        }
        entries.push(Entry::of(format!("weight.{name}"), var));
    }
    let current = tensor_path(dir, step);
    weights::write(&current, entries, Precision::F32)?;
    let state = State {
        version: VERSION,
        step,
        tokens,
        belongs_to: fingerprint.clone(),
    };
    files::write_json(&state_path(dir), &state)?;
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
        let name = path
            .file_name()
            .and_then(|n| n.to_str())
            .unwrap_or_default();
        if path != current && name.starts_with("step-") {
            std::fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

/// Puts the checkpoint of `dir`, if there is one, into the network and the optimiser.
pub(super) fn load(
    dir: &Path,
    fingerprint: &Fingerprint,
    network: &Network,
    optimizer: &mut Optimizer,
) -> Result<Option<State>> {
    let path = state_path(dir);
    if !path.is_file() {
        return Ok(None);
    }
    let state: State = files::read_json(&path)?;
    let foreign = |what| Error::ForeignCheckpoint {
        path: dir.to_path_buf(),
        what,
    };
    if state.version != VERSION {
        return Err(foreign("version of Caco"));
    }
    if let Some(what) = fingerprint.differs(&state.belongs_to) {
        return Err(foreign(what));
    }
    let path = tensor_path(dir, state.step);
    let mut reader = Reader::open(std::slice::from_ref(&path))?;
    for (index, (name, var)) in network.trained().into_iter().enumerate() {
        let mut get = |kind: &str, shape: &[usize]| -> Result<Vec<f32>> {
            let mut values = Vec::with_capacity(var.elem_count());
            reader.append(&format!("{kind}.{name}"), shape, &mut values)?;
            Ok(values)
        };
        let flat = [var.elem_count()];
        let (first, second) = (get("first", &flat)?, get("second", &flat)?);
        optimizer.set_moments(index, first, second)?;
        let weights = get("weight", var.dims())?;
        var.set(&Tensor::from_vec(weights, var.shape(), var.device())?)?;
    }
    Ok(Some(state))
}
