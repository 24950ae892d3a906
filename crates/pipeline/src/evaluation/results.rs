//! What an evaluation leaves behind: `results.json`, and the items of each benchmark in `items/NAME.jsonl`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use caco_evaluation::metrics::{Group, Metrics};
use serde::{Deserialize, Serialize};

use crate::config::{Sampling, Task};
use crate::stages::json;
use crate::{Error, atomic};

/// The version of the format of `results.json` and of the items.
const VERSION: u32 = 1;
/// The file with the figures.
pub const RESULTS_FILE: &str = "results.json";
/// The folder with the items.
const ITEMS: &str = "items";

/// The figures of one evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// The version of the format.
    pub version: u32,
    /// Who was measured.
    pub model: ModelName,
    /// The seed of sampling and bootstrap.
    pub seed: u64,
    /// How replies were drawn; none of replies that came from elsewhere.
    #[serde(default)]
    pub sampling: Option<Sampling>,
    /// One entry for each benchmark, in the order asked for.
    pub tasks: Vec<TaskResult>,
    /// The mean of pass@1 over the benchmarks, each counted once; none of a single one.
    #[serde(default)]
    pub mean: Option<f64>,
}

/// Who was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelName {
    /// As it was named to us.
    pub name: String,
    /// Names everything that decides a reply beside prompt, sampling and seed: a hash of the weights, or of a server's model
    /// and its settings.
    pub id: String,
}

/// The figures of one benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskResult {
    /// Its name, also that of the file with its items.
    pub name: String,
    /// Which of the known benchmarks it is; none for plain problems.
    #[serde(default)]
    pub task: Option<Task>,
    /// The name of the file that it was read from.
    pub file: String,
    /// Names exactly these items in this order.
    pub items_hash: String,
    /// Rows of the file that are no items, by the reason.
    pub left_out: BTreeMap<String, u64>,
    /// Items behind `--limit`.
    pub beyond_limit: u64,
    /// Whether there are as many items as in a published set; none where that is not known.
    #[serde(default)]
    pub usual_size: Option<bool>,
    /// The template's file, and the hash of its text; none of replies that came from elsewhere.
    #[serde(default)]
    pub template: Option<(String, String)>,
    /// The version of reading and grading.
    pub grading: u32,
    /// The figures.
    pub metrics: Metrics,
    /// pass@1 by what the file says of its items.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, BTreeMap<String, Group>>,
    /// Replies that are not right, by the reason.
    pub reasons: BTreeMap<String, u64>,
    /// How far scores that came with the replies agree with ours, by their name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<String, Agreed>,
}

/// Scores of others beside ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Agreed {
    /// Items that have such a score.
    pub items: u64,
    /// The mean of the scores.
    pub mean: f64,
    /// Items that both call right, or both wrong.
    pub agree: u64,
    /// Items that only they call right.
    pub only_theirs: u64,
    /// Items that only we call right.
    pub only_ours: u64,
}

/// One item: what was asked, and what became of the replies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemResult {
    /// The item, the same whatever file it came from.
    pub id: String,
    /// The file's own id.
    #[serde(default)]
    pub source_id: Option<String>,
    /// Where it stands in its file.
    pub place: String,
    /// The first 16 hexadecimal digits of the BLAKE3 hash of what the user's message said.
    #[serde(default)]
    pub prompt: Option<String>,
    /// The right answer, or the tests.
    pub reference: String,
    /// What the file says of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, String>,
    /// The replies, in the order of the samples.
    pub replies: Vec<ItemReply>,
    /// How many of them are right.
    pub correct: u64,
    /// What the majority says, where there are several replies in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub majority: Option<MajorityResult>,
    /// Scores that came with the replies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<String, f64>,
}

/// One reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemReply {
    /// The reply, without thoughts that the server kept apart.
    pub text: String,
    /// How it ended: `stop`, `length`, ...
    pub finish: String,
    /// The final answer, or the code.
    #[serde(default)]
    pub answer: Option<String>,
    /// Where a final answer was found, as `caco answer extract` says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
    /// What decided, as `caco answer compare` says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Whether it is right.
    pub correct: bool,
    /// Why it is not, as docs/REASONS.md lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Words for people beside the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A majority vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MajorityResult {
    /// The commonest answer, as the first reply that gave it wrote it; none where no reply answers.
    pub answer: Option<String>,
    /// Replies that gave it.
    pub votes: u32,
    /// Whether another answer had as many; the one that came first counts.
    pub tied: bool,
    /// Whether it is right.
    pub correct: bool,
}

impl Results {
    /// Figures of these benchmarks.
    pub(super) fn new(
        model: ModelName,
        seed: u64,
        sampling: Option<Sampling>,
        tasks: Vec<TaskResult>,
    ) -> Self {
        let firsts: Vec<f64> = tasks
            .iter()
            .filter_map(|task| task.metrics.pass_at_1())
            .map(|pass| pass.value)
            .collect();
        let mean = (tasks.len() > 1).then(|| firsts.iter().sum::<f64>() / tasks.len() as f64);
        Self {
            version: VERSION,
            model,
            seed,
            sampling,
            tasks,
            mean,
        }
    }

    /// Reads the figures of a folder.
    ///
    /// # Errors
    /// Where there are none, or they are of another version.
    pub fn load(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(RESULTS_FILE);
        if !path.is_file() {
            return Err(Error::Data {
                file: path,
                message: "there is no such file".into(),
                hint: "name the folder of a finished evaluation, as given to `caco evaluate -o`"
                    .into(),
            });
        }
        let broken = |message: String| Error::Damaged {
            path: path.clone(),
            message,
        };
        let results: Self = serde_json::from_slice(&atomic::read(&path)?)
            .map_err(|error| broken(error.to_string()))?;
        if results.version != VERSION {
            return Err(broken(format!(
                "version {} is not known; this program reads version {VERSION}",
                results.version
            )));
        }
        Ok(results)
    }

    /// Writes the figures, and takes away the items of benchmarks that are no longer among them.
    pub(super) fn save(&self, dir: &Path) -> Result<(), Error> {
        let text =
            serde_json::to_vec_pretty(self).map_err(|error| Error::Internal(error.to_string()))?;
        atomic::write(&dir.join(RESULTS_FILE), &[text, b"\n".to_vec()].concat())?;
        let names: Vec<PathBuf> = self
            .tasks
            .iter()
            .map(|task| items(dir, &task.name))
            .collect();
        let Ok(entries) = std::fs::read_dir(dir.join(ITEMS)) else {
            return Ok(());
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|own| own == "jsonl") && !names.contains(&path) {
                std::fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
            }
        }
        Ok(())
    }
}

/// The file with the items of a benchmark.
pub(super) fn items(dir: &Path, name: &str) -> PathBuf {
    let plain = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    let name: String = name.chars().map(plain).collect();
    dir.join(ITEMS).join(format!("{name}.jsonl"))
}

/// Reads the items of a benchmark, one after the other.
pub(super) fn read_items(
    dir: &Path,
    name: &str,
    take: &mut dyn FnMut(ItemResult),
) -> Result<(), Error> {
    let path = items(dir, name);
    let damaged = |message: String| Error::Damaged {
        path: path.clone(),
        message,
    };
    let mut reader = caco_lines::Reader::open(&path).map_err(|error| damaged(error.message))?;
    while let Some(line) = reader.line().map_err(|error| damaged(error.message))? {
        let item = serde_json::from_slice(&line.text)
            .map_err(|error| damaged(format!("line {}: {error}", line.number)))?;
        take(item);
    }
    Ok(())
}

/// Writes the items of a benchmark; the file appears whole.
pub(super) struct ItemsWriter {
    path: PathBuf,
    writer: caco_lines::Writer,
    hasher: blake3::Hasher,
}

impl ItemsWriter {
    pub(super) fn open(dir: &Path, name: &str) -> Result<Self, Error> {
        atomic::create_dir(&dir.join(ITEMS))?;
        let path = items(dir, name);
        let mut writer =
            caco_lines::Writer::open(&path, true).map_err(|error| unwritten(&path, error))?;
        writer.restart().map_err(|error| unwritten(&path, error))?;
        Ok(Self {
            path,
            writer,
            hasher: blake3::Hasher::new(),
        })
    }

    pub(super) fn put(&mut self, item: &ItemResult) -> Result<(), Error> {
        self.hasher.update(item.id.as_bytes());
        self.hasher.update(b"\n");
        self.writer
            .put(&json(item)?)
            .map_err(|error| unwritten(&self.path, error))
    }

    /// Publishes the file; returns what names its items.
    pub(super) fn publish(self) -> Result<String, Error> {
        self.writer
            .publish()
            .map_err(|error| unwritten(&self.path, error))?;
        Ok(self.hasher.finalize().to_hex()[..16].to_owned())
    }
}

fn unwritten(path: &Path, error: caco_lines::Error) -> Error {
    Error::Data {
        file: path.to_owned(),
        message: error.message,
        hint: error.hint,
    }
}
