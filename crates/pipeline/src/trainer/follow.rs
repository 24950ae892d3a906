//! What a trainer says about its steps: one line for each, in one of the forms that trainers write.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use serde_json::Value;

/// One optimiser step, as far as the trainer tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) step: u64,
    /// 0 where it is not known.
    pub(crate) steps: u64,
    pub(crate) loss: f32,
    /// 0 where it is not known.
    pub(crate) lr: f32,
    /// Tokens trained on so far; 0 where it is not known.
    pub(crate) tokens: u64,
}

/// Reads the steps out of the lines of one trainer, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// Passes in all, from which the steps follow where only the share of a pass is told.
    epochs: f64,
    counted: u64,
    /// Whether steps come with their numbers; lines without one then say the same again.
    numbered: bool,
}

impl Reader {
    pub(crate) fn new(epochs: u32) -> Self {
        Self {
            epochs: f64::from(epochs),
            counted: 0,
            numbered: false,
        }
    }

    /// The step that a line tells of. Understood are a JSON object, such as LLaMA-Factory's `trainer_log.jsonl` has, and the
    /// dictionary that the trainer of `transformers` prints; both need a `loss`.
    pub(crate) fn step(&mut self, line: &str) -> Option<Step> {
        let object = object(line)?;
        let number = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| number(object.get(*name)?))
                .filter(|value| value.is_finite())
        };
        let loss = number(&["loss"])?;
        let told = number(&["step", "current_steps", "global_step"]);
        self.numbered |= told.is_some();
        let step = match told {
            Some(step) => step as u64,
            None if self.numbered => return None,
            None => self.counted + 1,
        };
        self.counted = step;
        let steps = number(&["steps", "total_steps", "max_steps"]).or_else(|| {
            let epoch = number(&["epoch"]).filter(|epoch| *epoch > 0.0)?;
            Some((step as f64 * self.epochs / epoch).round())
        });
        Some(Step {
            step,
            steps: steps.map_or(0, |steps| (steps as u64).max(step)),
            loss: loss as f32,
            lr: number(&["lr", "learning_rate"]).unwrap_or_default() as f32,
            tokens: number(&["tokens", "total_tokens", "num_tokens"]).unwrap_or_default() as u64,
        })
    }
}

/// A line's object; a progress bar may stand before it on the same line.
fn object(line: &str) -> Option<serde_json::Map<String, Value>> {
    let start = line.find('{')?;
    let text = line.get(start..=line.rfind('}')?)?;
    match serde_json::from_str(text) {
        Ok(object) => Some(object),
        // Python's form of a flat dictionary of texts and numbers.
        Err(_) if text.len() < 4096 => serde_json::from_str(&text.replace('\'', "\"")).ok(),
        Err(_) => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A file that grows, read from where it was read last.
#[derive(Debug)]
pub(crate) struct Tail {
    path: PathBuf,
    at: u64,
    rest: Vec<u8>,
    read_any: bool,
}

impl Tail {
    /// Reads from `at` on.
    pub(crate) fn new(path: PathBuf, at: u64) -> Self {
        Self {
            path,
            at,
            rest: Vec::new(),
            read_any: false,
        }
    }

    /// Whether anything was read yet.
    pub(crate) fn has_begun(&self) -> bool {
        self.read_any
    }

    /// The whole lines that have come since; a carriage return ends one too, as progress bars write it.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        let read = File::open(&self.path).and_then(|mut file| {
            if file.metadata()?.len() < self.at {
                (self.at, self.rest) = (0, Vec::new());
            }
            file.seek(SeekFrom::Start(self.at))?;
            let mut bytes = Vec::new();
            file.take(4 << 20).read_to_end(&mut bytes)?;
            Ok(bytes)
        });
        // A file that is not there yet has no lines.
        let Ok(bytes) = read else { return Vec::new() };
        self.at += bytes.len() as u64;
        self.read_any |= !bytes.is_empty();
        self.rest.extend(bytes);
        let Some(end) = self.rest.iter().rposition(|byte| is_end(*byte)) else {
            return Vec::new();
        };
        let whole: Vec<u8> = self.rest.drain(..=end).collect();
        whole
            .split(|byte| is_end(*byte))
            .filter(|line| !line.is_empty())
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect()
    }
}

fn is_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn the_forms_of_the_trainers_are_understood() {
        let mut reader = Reader::new(3);
        let llamafactory = r#"{"current_steps": 5, "total_steps": 20, "loss": 0.5, "lr": 4e-06, "epoch": 0.75, "percentage": 25.0, "elapsed_time": "0:00:10", "total_tokens": 4096}"#;
        let step = reader.step(llamafactory).unwrap();
        assert_eq!(
            (step.step, step.steps, step.loss, step.tokens),
            (5, 20, 0.5, 4096)
        );
        // One that says the same again is not another step.
        let transformers = "  3%|▎ | 6/20 {'loss': '1.25', 'grad_norm': 'nan', 'learning_rate': 5e-06, 'epoch': 0.15}";
        assert_eq!(reader.step(transformers), None);
        // By themselves they are counted, and the passes tell the whole.
        let mut counting = Reader::new(3);
        let step = counting.step(transformers).unwrap();
        assert_eq!((step.step, step.steps, step.loss), (1, 20, 1.25));
        assert!((step.lr - 5e-6).abs() < 1e-12);
        assert_eq!(counting.step(transformers).unwrap().step, 2);
        let ours = r#"{"step": 7, "steps": 9, "loss": 1, "lr": 0.1, "tokens": 12}"#;
        let step = reader.step(ours).unwrap();
        assert_eq!((step.step, step.steps, step.tokens), (7, 9, 12));
    }

    #[test]
    fn other_lines_are_no_steps() {
        let mut reader = Reader::new(1);
        for line in [
            "Loading checkpoint shards: 100%",
            "{'train_runtime': 12.0, 'train_loss': 0.3, 'epoch': 1.0}",
            r#"{"loss": "none"}"#,
            "{'loss': nan, 'epoch': 0.1}",
            "{",
            "} {",
            "",
        ] {
            assert_eq!(reader.step(line), None, "{line}");
        }
    }

    #[test]
    fn a_growing_file_gives_each_whole_line_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut tail = Tail::new(path.clone(), 0);
        assert!(tail.lines().is_empty());
        let mut file = File::create(&path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(tail.lines(), ["one"]);
        file.write_all(b"o\rthree\n\n").unwrap();
        assert_eq!(tail.lines(), ["two", "three"]);
        assert!(tail.lines().is_empty());
        // A new file under the name begins anew.
        std::fs::write(&path, "a\n").unwrap();
        assert_eq!(tail.lines(), ["a"]);
    }
}
