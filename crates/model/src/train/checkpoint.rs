//! Checkpoints: everything a run needs to continue to the same bits.

use super::TrainConfig;
use super::data::Data;
use super::optimizer::Optimizer;
use crate::ops::Moments;
use crate::{Error, Model, Network, Result, files, ops, weights};
use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

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
        // How often a checkpoint is written and where to stop do not change the steps.
        let config = TrainConfig {
            checkpoint_every: 0,
            until: None,
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

/// Writes a checkpoint and removes the one before. `state.json` names the step; it is replaced last, so an interruption
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
    let mut tensors = BTreeMap::new();
    for ((name, var), moments) in network.parameters().into_iter().zip(&optimizer.moments) {
        let moments = moments.lock().unwrap_or_else(PoisonError::into_inner);
        let vector = |values: &[f32]| Tensor::from_slice(values, values.len(), &Device::Cpu);
        tensors.insert(format!("first.{name}"), vector(&moments.first)?);
        tensors.insert(format!("second.{name}"), vector(&moments.second)?);
        tensors.insert(
            format!("weight.{name}"),
            var.as_tensor().to_device(&Device::Cpu)?,
        );
    }
    let current = tensor_path(dir, step);
    weights::write(&current, &tensors)?;
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
    let mut tensors = weights::read(&path)?;
    for ((name, var), moments) in network.parameters().into_iter().zip(&mut optimizer.moments) {
        let mut get = |kind: &str| {
            let name = format!("{kind}.{name}");
            match tensors.remove(&name) {
                Some(tensor) if tensor.elem_count() == var.elem_count() => Ok(tensor),
                Some(_) => Err(Error::tensor(
                    &path,
                    &name,
                    "has the wrong size; remove the checkpoint",
                )),
                None => Err(Error::tensor(
                    &path,
                    &name,
                    "missing; remove the checkpoint",
                )),
            }
        };
        let vector = |tensor: Tensor| ops::with(&tensor, <[f32]>::to_vec);
        *moments = Mutex::new(Moments {
            first: vector(get("first")?)?,
            second: vector(get("second")?)?,
        });
        var.set(&get("weight")?.to_device(var.device())?)?;
    }
    Ok(Some(state))
}
