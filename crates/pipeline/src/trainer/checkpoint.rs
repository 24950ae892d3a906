//! The folders that trainers write: which hold a whole model, which can be gone on from, and what becomes part of the run.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Work;
use super::follow::{Reader, Tail};
use crate::{Error, atomic, shard};

/// What a published folder says of its training.
const RECORD: &str = "caco.json";
/// Files up to this size are hashed whole; of larger ones so many blocks of this size.
const WHOLE: u64 = 64 << 20;
const BLOCKS: u64 = 64;
const BLOCK: u64 = 64 << 10;

/// What a training came to, as far as its log tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Learnt {
    pub(crate) steps: Option<u64>,
    /// Mean loss of the last 20 steps or fewer.
    pub(crate) loss: Option<f32>,
}

/// The record of a published folder.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    version: u32,
    /// Names the content of the model's files.
    id: String,
    #[serde(flatten)]
    learnt: Learnt,
}

/// Whether the folder holds the weights and the configuration of a model.
pub(crate) fn is_model(folder: &Path) -> bool {
    folder.join("config.json").is_file()
        && [
            "model.safetensors",
            "model.safetensors.index.json",
            "pytorch_model.bin",
            "pytorch_model.bin.index.json",
        ]
        .iter()
        .any(|name| folder.join(name).is_file())
}

/// The numbered checkpoints of an output folder, oldest first.
pub(crate) fn numbered(output: &Path) -> Vec<(u64, PathBuf)> {
    let mut found: Vec<(u64, PathBuf)> = fs::read_dir(output)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let step = name.to_str()?.strip_prefix("checkpoint-")?.parse().ok()?;
            entry.path().is_dir().then(|| (step, entry.path()))
        })
        .collect();
    found.sort();
    found
}

/// The newest checkpoint that a trainer can go on from. Trainers write `trainer_state.json` last, so a checkpoint without it
/// was being written when the trainer was killed; it is removed, since trainers would take it up and fail.
pub(crate) fn newest(output: &Path) -> Result<Option<(u64, PathBuf)>, Error> {
    while let Some((step, folder)) = numbered(output).pop() {
        if folder.join("trainer_state.json").is_file() {
            return Ok(Some((step, folder)));
        }
        atomic::remove_dir(&folder)?;
    }
    Ok(None)
}

/// Names the content of a model folder. Of files above 64 MiB the size and 64 blocks of 64 KiB count, so that large models
/// are not read whole at each start.
pub(crate) fn identity_of(folder: &Path) -> Result<String, Error> {
    if let Ok(bytes) = fs::read(folder.join(RECORD))
        && let Ok(record) = serde_json::from_slice::<Record>(&bytes)
    {
        return Ok(record.id);
    }
    let read = |error| Error::io("read", folder, error);
    let mut files: Vec<(String, PathBuf)> = fs::read_dir(folder)
        .map_err(read)?
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, entry.path())
        })
        .filter(|(name, _)| belongs(name))
        .collect();
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for (name, path) in files {
        let failed = |error| Error::io("read", &path, error);
        let mut file = File::open(&path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        for text in [name.as_bytes(), &size.to_le_bytes()] {
            hasher
                .update(&(text.len() as u64).to_le_bytes())
                .update(text);
        }
        if size <= WHOLE {
            hasher.update_reader(&mut file).map_err(failed)?;
        } else {
            for block in 0..BLOCKS {
                let at = (size - BLOCK) * block / (BLOCKS - 1);
                file.seek(SeekFrom::Start(at)).map_err(failed)?;
                let mut part = (&mut file).take(BLOCK);
                hasher.update_reader(&mut part).map_err(failed)?;
            }
        }
    }
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}

/// Whether a file of an output folder is part of the model; optimiser states and arguments of the training are not.
fn belongs(name: &str) -> bool {
    let weights = name.ends_with(".safetensors")
        || name.ends_with(".safetensors.index.json")
        || (name.starts_with("pytorch_model")
            && (name.ends_with(".bin") || name.ends_with(".json")));
    weights
        || [
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "vocab.json",
            "merges.txt",
            "tokenizer.model",
            "chat_template.jinja",
        ]
        .contains(&name)
}

/// Makes the model folder of what the trainer wrote: the model's files, and the training's log and settings below
/// `training`. The working folder goes.
/// Where `end` is a token of the model's, it is made one of those at which servers stop.
pub(crate) fn publish(
    name: &str,
    work: &Work,
    folder: &Path,
    end: Option<&str>,
) -> Result<Learnt, Error> {
    let output = work.output();
    if !is_model(&output) {
        let adapter = output.join("adapter_config.json").is_file();
        return Err(Error::Model {
            name: name.to_owned(),
            message: if adapter {
                format!("the trainer wrote an adapter to {}, not a whole model", output.display())
            } else {
                format!("the trainer ended well, but {} holds no model", output.display())
            },
            hint: if adapter {
                "merge it into its base there (config.json, weights and tokenizer), then `caco resume RUN`; or train \
                 without LoRA"
            } else {
                "it has to write config.json, the weights (safetensors) and the tokenizer there; trainer.log beside it has \
                 what it printed"
            }
            .into(),
        });
    }
    let learnt = learnt(work);
    let aside = work.root.join("model");
    atomic::remove_dir(&aside)?;
    let training = aside.join("training");
    atomic::create_dir(&training)?;
    // Linked, not moved, so that a kill in between leaves the output whole.
    for entry in fs::read_dir(&output)
        .map_err(|error| Error::io("read", &output, error))?
        .flatten()
    {
        let own = entry.file_name().to_string_lossy().into_owned();
        if belongs(&own) {
            let to = aside.join(&own);
            let linked = fs::hard_link(entry.path(), &to)
                .or_else(|_| fs::copy(entry.path(), &to).map(|_| ()));
            linked.map_err(|error| Error::io("write", &to, error))?;
        }
    }
    complete(&aside, work)?;
    if let Some(end) = end {
        stop_at(&aside, end)?;
    }
    let record = Record {
        version: 1,
        id: identity_of(&aside)?,
        learnt,
    };
    let text =
        serde_json::to_vec_pretty(&record).map_err(|error| Error::Internal(error.to_string()))?;
    atomic::write(&aside.join(RECORD), &text)?;
    for entry in fs::read_dir(&work.root)
        .map_err(|error| Error::io("read", &work.root, error))?
        .flatten()
    {
        let path = entry.path();
        if path.is_file() {
            let to = training.join(entry.file_name());
            fs::copy(&path, &to).map_err(|error| Error::io("write", &to, error))?;
        }
    }
    atomic::publish_dir(&aside, folder)?;
    atomic::remove_dir(&work.root)?;
    Ok(learnt)
}

/// A trainer that saves no tokenizer leaves that of the base, which it was told to start from.
fn complete(aside: &Path, work: &Work) -> Result<(), Error> {
    let settings = work.root.join("settings.json");
    let Ok(bytes) = fs::read(&settings) else {
        return Ok(());
    };
    let settings: Value =
        serde_json::from_slice(&bytes).map_err(|error| shard::damaged(&settings, &error))?;
    let base = Path::new(settings["model"].as_str().unwrap_or_default());
    if aside.join("tokenizer.json").is_file() || !base.is_dir() {
        return Ok(());
    }
    for name in [
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "chat_template.jinja",
    ] {
        let (from, to) = (base.join(name), aside.join(name));
        if from.is_file() && !to.exists() {
            fs::copy(&from, &to).map_err(|error| Error::io("write", &to, error))?;
        }
    }
    Ok(())
}

/// Adds a token to those of `generation_config.json` at which servers end a reply: the end of a turn is not the end of text of
/// a base model.
fn stop_at(folder: &Path, end: &str) -> Result<(), Error> {
    let object = |name: &str| -> Result<Value, Error> {
        let path = folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| shard::damaged(&path, &error))
            }
            Err(_) => Ok(json!({})),
        }
    };
    let tokenizer = object("tokenizer.json")?;
    let added = tokenizer["added_tokens"].as_array();
    let token = added.and_then(|tokens| tokens.iter().find(|token| token["content"] == end));
    let Some(id) = token.and_then(|token| token["id"].as_u64()) else {
        return Ok(());
    };
    let mut generation = object("generation_config.json")?;
    if generation["eos_token_id"].is_null() {
        generation["eos_token_id"] = object("config.json")?["eos_token_id"].take();
    }
    let mut ends: Vec<Value> = match generation["eos_token_id"].take() {
        Value::Array(ends) => ends,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    if !ends.contains(&json!(id)) {
        ends.push(json!(id));
    }
    generation["eos_token_id"] = Value::Array(ends);
    let path = folder.join("generation_config.json");
    // A link to the trainer's own file, which stays as it is.
    let _ = fs::remove_file(&path);
    atomic::write(&path, format!("{generation:#}\n").as_bytes())
}

/// The last steps by the logs of all attempts.
fn learnt(work: &Work) -> Learnt {
    let mut losses = Vec::new();
    let mut last = None;
    for path in super::process::logs(work) {
        let mut reader = Reader::new(1);
        let mut tail = Tail::new(path, 0);
        loop {
            let lines = tail.lines();
            if lines.is_empty() {
                break;
            }
            for step in lines.iter().filter_map(|line| reader.step(line)) {
                losses.push(step.loss);
                last = last.max(Some(step.step));
            }
        }
        if !losses.is_empty() {
            break;
        }
    }
    let recent = &losses[losses.len().saturating_sub(20)..];
    Learnt {
        steps: last,
        loss: (!recent.is_empty()).then(|| recent.iter().sum::<f32>() / recent.len() as f32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(output: &Path, step: u64, whole: bool) {
        let folder = output.join(format!("checkpoint-{step}"));
        fs::create_dir_all(&folder).unwrap();
        if whole {
            fs::write(folder.join("trainer_state.json"), "{}").unwrap();
        }
    }

    #[test]
    fn the_newest_whole_checkpoint_is_taken_and_a_half_one_goes() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(newest(dir.path()).unwrap(), None);
        for (step, whole) in [(9, true), (100, true), (20, true), (110, false)] {
            checkpoint(dir.path(), step, whole);
        }
        fs::create_dir(dir.path().join("checkpoint-best")).unwrap();
        let (step, folder) = newest(dir.path()).unwrap().unwrap();
        assert_eq!(step, 100);
        assert!(folder.ends_with("checkpoint-100"));
        assert!(!dir.path().join("checkpoint-110").exists());
        assert!(dir.path().join("checkpoint-best").exists());
    }

    #[test]
    fn the_end_of_a_program_joins_the_ends_of_text() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        write(
            "tokenizer.json",
            r#"{"added_tokens": [{"id": 7, "content": "<end>"}]}"#,
        );
        write("config.json", r#"{"eos_token_id": 3}"#);
        let ends = || -> Value {
            let bytes = fs::read(dir.path().join("generation_config.json")).unwrap();
            serde_json::from_slice::<Value>(&bytes).unwrap()["eos_token_id"].clone()
        };
        stop_at(dir.path(), "<other>").unwrap();
        assert!(!dir.path().join("generation_config.json").exists());
        for _ in 0..2 {
            stop_at(dir.path(), "<end>").unwrap();
            assert_eq!(ends(), json!([3, 7]));
        }
    }

    #[test]
    fn a_folder_is_named_by_what_is_in_its_model_files() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
        write("config.json", b"{}");
        write("model.safetensors", &[7; 1000]);
        let first = identity_of(dir.path()).unwrap();
        write("optimizer.pt", b"other");
        assert_eq!(identity_of(dir.path()).unwrap(), first);
        write("model.safetensors", &[8; 1000]);
        assert_ne!(identity_of(dir.path()).unwrap(), first);
        // A large file differs where a block does.
        let large = dir.path().join("model.safetensors");
        let file = File::create(&large).unwrap();
        file.set_len(WHOLE + 1).unwrap();
        let before = identity_of(dir.path()).unwrap();
        let mut bytes = vec![0; (WHOLE + 1) as usize];
        bytes[WHOLE as usize] = 1;
        fs::write(&large, bytes).unwrap();
        assert_ne!(identity_of(dir.path()).unwrap(), before);
    }
}
