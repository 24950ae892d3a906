//! What each trainer reads: the data in its own form, its configuration, and the command that starts it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use caco_record::Stage;
use serde_json::{Map, Value, json};

use super::{Base, Work};
use crate::config::{Config, Course, Precision, Sharding, TrainerKind};
use crate::{Error, atomic};

/// The program that stands between us and TRL.
const TRL: &str = include_str!("trl_sft.py");
/// What ends a turn in ChatML, and with it a program, where the configuration says nothing else.
pub(crate) const CLOSE_USER: &str = "<|im_end|>";

/// A file of examples, in the form that the configured trainer reads.
pub(crate) struct Lines {
    kind: TrainerKind,
    open: String,
    close: String,
    path: PathBuf,
    aside: PathBuf,
    out: BufWriter<File>,
    count: u64,
}

impl Lines {
    pub(super) fn create(path: &Path, config: &Config) -> Result<Self, Error> {
        let aside = path.with_extension("jsonl.partial");
        let file = File::create(&aside).map_err(|error| Error::io("write", &aside, error))?;
        let trainer = &config.trainer;
        let open = trainer.open_user.clone();
        Ok(Self {
            kind: trainer.kind,
            open: open.unwrap_or_else(caco_model::open_user_prompt),
            close: trainer
                .close_user
                .clone()
                .unwrap_or_else(|| CLOSE_USER.into()),
            path: path.to_owned(),
            aside,
            out: BufWriter::new(file),
            count: 0,
        })
    }

    /// A program that stands in an open user turn, of which the program and its end are learnt.
    pub(crate) fn program(&mut self, program: &str) -> Result<(), Error> {
        let (open, learnt) = (
            &self.open,
            format!("{}{}", caco_model::neutral(program.trim()), self.close),
        );
        self.line(&match self.kind {
            TrainerKind::Llamafactory => {
                json!({"instruction": open, "input": "", "output": learnt})
            }
            TrainerKind::Axolotl => json!({"segments": [
                {"label": false, "text": open}, {"label": true, "text": learnt},
            ]}),
            _ => json!({"prompt": open, "completion": learnt}),
        })
    }

    /// A prompt and its reply, in the model's chat template, of which the reply is learnt.
    pub(crate) fn turn(&mut self, prompt: &str, reply: &str) -> Result<(), Error> {
        // Trainers read special tokens in contents as such.
        let (prompt, reply) = (
            caco_model::neutral(prompt.trim()),
            caco_model::neutral(reply.trim()),
        );
        let user = json!({"role": "user", "content": prompt});
        let assistant = json!({"role": "assistant", "content": reply});
        self.line(&match self.kind {
            TrainerKind::Llamafactory => {
                json!({"instruction": prompt, "input": "", "output": reply})
            }
            TrainerKind::Axolotl => json!({"messages": [user, assistant]}),
            _ => json!({"prompt": [user], "completion": [assistant]}),
        })
    }

    fn line(&mut self, value: &Value) -> Result<(), Error> {
        self.count += 1;
        writeln!(self.out, "{value}").map_err(|error| Error::io("write", &self.aside, error))
    }

    /// Publishes the file and tells how many examples it has.
    pub(super) fn finish(self) -> Result<u64, Error> {
        let failed = |error| Error::io("write", &self.aside, error);
        let file = self
            .out
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        fs::rename(&self.aside, &self.path).map_err(failed)?;
        Ok(self.count)
    }
}

/// One training, to be written down for its trainer.
pub(super) struct Plan<'a> {
    pub(super) config: &'a Config,
    pub(super) stage: Stage,
    pub(super) course: &'a Course,
    pub(super) seed: u64,
    pub(super) base: &'a Base,
    pub(super) work: &'a Work,
}

impl Plan<'_> {
    /// Writes the trainer's configuration and tells the command, which is to be started in the working folder.
    pub(super) fn write(&self) -> Result<Vec<String>, Error> {
        let settings = self.settings();
        self.put("settings.json", &format!("{settings:#}\n"))?;
        match self.config.trainer.kind {
            TrainerKind::Trl => self.trl(),
            TrainerKind::Llamafactory => self.llamafactory(),
            TrainerKind::Axolotl => self.axolotl(),
            TrainerKind::Command => Ok(self.command()),
            TrainerKind::Embedded => Err(Error::Internal(
                "the embedded trainer is not started from outside".into(),
            )),
        }
    }

    /// Everything that a program of one's own may want to know.
    fn settings(&self) -> Value {
        let course = self.course;
        json!({
            "stage": self.stage.as_str(),
            "model": self.base.path,
            "revision": self.base.revision,
            "data": self.train_file(),
            "output": self.work.output(),
            "epochs": course.epochs,
            "steps": course.steps,
            "lr": course.lr,
            "lr_scheduler": "cosine",
            "warmup_ratio": course.warmup_ratio,
            "weight_decay": course.weight_decay,
            "batch": course.batch,
            "cutoff": course.cutoff,
            "precision": self.config.trainer.precision,
            "save_steps": self.config.trainer.save_steps,
            "seed": self.seed,
            "options": course.options,
        })
    }

    fn train_file(&self) -> PathBuf {
        self.work.data().join("train.jsonl")
    }

    /// The keys that the trainers over `transformers` share.
    fn arguments(&self) -> Result<Map<String, Value>, Error> {
        let (trainer, course) = (&self.config.trainer, self.course);
        let accumulation = trainer.accumulation(course).ok_or_else(|| {
            Error::Internal("a batch that cannot be made up passed the check".into())
        })?;
        let mut keys = map(json!({
            "model_name_or_path": self.base.path,
            "output_dir": self.work.output(),
            "num_train_epochs": course.epochs,
            "per_device_train_batch_size": trainer.device_batch,
            "gradient_accumulation_steps": accumulation,
            "learning_rate": course.lr,
            "lr_scheduler_type": "cosine",
            "warmup_ratio": course.warmup_ratio,
            "weight_decay": course.weight_decay,
            "bf16": trainer.precision == Precision::Bf16,
            "fp16": trainer.precision == Precision::Fp16,
            "gradient_checkpointing": true,
            "logging_steps": 1,
            "save_strategy": "steps",
            "save_steps": trainer.save_steps,
            "save_total_limit": 2,
            "report_to": "none",
            "seed": self.seed,
        }));
        if let Some(revision) = &self.base.revision {
            keys.insert("model_revision".into(), json!(revision));
        }
        if let Some(steps) = course.steps {
            keys.insert("max_steps".into(), json!(steps));
        }
        match self.sharding() {
            Sharding::Zero2 | Sharding::Zero3 => {
                keys.insert("deepspeed".into(), json!(self.deepspeed()?));
            }
            Sharding::Fsdp => {
                keys.insert("fsdp".into(), json!("full_shard auto_wrap"));
                keys.insert(
                    "fsdp_config".into(),
                    json!({
                        "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
                        "state_dict_type": "FULL_STATE_DICT",
                    }),
                );
            }
            Sharding::Auto | Sharding::None => {}
        }
        Ok(keys)
    }

    fn sharding(&self) -> Sharding {
        let trainer = &self.config.trainer;
        match trainer.sharding {
            Sharding::Auto if trainer.processes() > 1 => Sharding::Zero2,
            Sharding::Auto => Sharding::None,
            other => other,
        }
    }

    /// Writes DeepSpeed's configuration, in which `auto` stands for what the trainer is told.
    fn deepspeed(&self) -> Result<PathBuf, Error> {
        let stage = if self.sharding() == Sharding::Zero3 {
            3
        } else {
            2
        };
        let mut zero = map(json!({
            "stage": stage,
            "overlap_comm": true,
            "contiguous_gradients": true,
            "reduce_bucket_size": "auto",
        }));
        if stage == 3 {
            zero.extend(map(json!({
                "stage3_prefetch_bucket_size": "auto",
                "stage3_param_persistence_threshold": "auto",
                "stage3_gather_16bit_weights_on_model_save": true,
            })));
        }
        let text = json!({
            "train_batch_size": "auto",
            "train_micro_batch_size_per_gpu": "auto",
            "gradient_accumulation_steps": "auto",
            "gradient_clipping": "auto",
            "zero_allow_untested_optimizer": true,
            "bf16": {"enabled": "auto"},
            "fp16": {"enabled": "auto"},
            "zero_optimization": zero,
        });
        self.put("deepspeed.json", &format!("{text:#}\n"))
    }

    fn trl(&self) -> Result<Vec<String>, Error> {
        let mut keys = self.arguments()?;
        keys.extend(map(json!({
            "dataset_name": self.work.data(),
            "dataset_train_split": "train",
            "max_length": self.course.cutoff,
            "completion_only_loss": true,
            "packing": false,
        })));
        let file = self.yaml("sft.yaml", keys)?;
        let driver = self.put("trl_sft.py", TRL)?;
        Ok(self.launch(vec![text(&driver)], file))
    }

    fn llamafactory(&self) -> Result<Vec<String>, Error> {
        let info = json!({"caco": {
            "file_name": "train.jsonl",
            "columns": {"prompt": "instruction", "query": "input", "response": "output"},
        }});
        atomic::write(
            &self.work.data().join("dataset_info.json"),
            format!("{info:#}\n").as_bytes(),
        )?;
        let mut keys = self.arguments()?;
        // It turns recomputation on by itself, under another name.
        keys.remove("gradient_checkpointing");
        keys.extend(map(json!({
            "stage": "sft",
            "do_train": true,
            "finetuning_type": "full",
            "dataset": "caco",
            "dataset_dir": self.work.data(),
            "cutoff_len": self.course.cutoff,
            "ddp_timeout": 180_000_000,
        })));
        // The open user turn stands in the data, so nothing may be put around it.
        let template = match self.stage {
            Stage::Tune => Some("empty".to_owned()),
            _ => self.config.trainer.template.clone(),
        };
        if let Some(template) = template {
            keys.insert("template".into(), json!(template));
        }
        let file = self.yaml("llamafactory.yaml", keys)?;
        Ok(self.launch(vec!["-m".into(), "llamafactory.launcher".into()], file))
    }

    fn axolotl(&self) -> Result<Vec<String>, Error> {
        let (trainer, course) = (&self.config.trainer, self.course);
        let shared = self.arguments()?;
        let mut keys = Map::new();
        for (theirs, ours) in [
            ("base_model", "model_name_or_path"),
            ("revision_of_model", "model_revision"),
            ("output_dir", "output_dir"),
            ("num_epochs", "num_train_epochs"),
            ("max_steps", "max_steps"),
            ("micro_batch_size", "per_device_train_batch_size"),
            ("gradient_accumulation_steps", "gradient_accumulation_steps"),
            ("learning_rate", "learning_rate"),
            ("lr_scheduler", "lr_scheduler_type"),
            ("warmup_ratio", "warmup_ratio"),
            ("weight_decay", "weight_decay"),
            ("bf16", "bf16"),
            ("fp16", "fp16"),
            ("gradient_checkpointing", "gradient_checkpointing"),
            ("logging_steps", "logging_steps"),
            ("save_steps", "save_steps"),
            ("save_total_limit", "save_total_limit"),
            ("seed", "seed"),
            ("deepspeed", "deepspeed"),
        ] {
            if let Some(value) = shared.get(ours) {
                keys.insert(theirs.into(), value.clone());
            }
        }
        if self.sharding() == Sharding::Fsdp {
            keys.insert("fsdp_version".into(), json!(2));
            keys.insert("fsdp_config".into(), shared["fsdp_config"].clone());
        }
        let mut data = map(json!({"path": self.train_file(), "ds_type": "json"}));
        data.extend(map(match self.stage {
            Stage::Tune => json!({"type": "input_output"}),
            _ => json!({
                "type": "chat_template",
                "field_messages": "messages",
                "roles_to_train": ["assistant"],
                "train_on_eos": "turn",
            }),
        }));
        keys.extend(map(json!({
            "datasets": [data],
            "dataset_prepared_path": self.work.root.join("prepared"),
            "val_set_size": 0,
            "sequence_len": course.cutoff,
            "sample_packing": false,
            "train_on_inputs": false,
            "optimizer": "adamw_torch",
            "tf32": false,
            "auto_resume_from_checkpoints": true,
        })));
        if trainer.precision == Precision::Fp32 {
            keys.insert("bf16".into(), json!(false));
        }
        let file = self.yaml("axolotl.yaml", keys)?;
        Ok(self.launch(vec!["-m".into(), "axolotl.cli.train".into()], file))
    }

    /// The user's own program, with what it is to know in the place of the placeholders.
    fn command(&self) -> Vec<String> {
        let values = BTreeMap::from([
            ("{model}", self.base.path.clone()),
            ("{data}", text(&self.train_file())),
            ("{output}", text(&self.work.output())),
            ("{settings}", text(&self.work.root.join("settings.json"))),
            ("{stage}", self.stage.as_str().to_owned()),
            ("{seed}", self.seed.to_string()),
        ]);
        fill(&self.config.trainer.command, &values)
    }

    /// Python, or one Python for each process, with the program's words and its configuration.
    fn launch(&self, program: Vec<String>, config: PathBuf) -> Vec<String> {
        let trainer = &self.config.trainer;
        let mut command = vec![trainer.python.clone()];
        if trainer.processes() > 1 {
            command.extend(["-m".into(), "torch.distributed.run".into()]);
            command.push(format!("--nproc-per-node={}", trainer.gpus));
            command.push(format!("--nnodes={}", trainer.nodes));
            if trainer.nodes == 1 && trainer.torchrun.is_empty() {
                command.push("--standalone".into());
            }
            command.extend(trainer.torchrun.iter().cloned());
        }
        command.extend(program);
        command.push(text(&config));
        command
    }

    /// Writes the trainer's keys, over which the user's own take precedence.
    fn yaml(&self, name: &str, mut keys: Map<String, Value>) -> Result<PathBuf, Error> {
        for (key, value) in &self.course.options {
            if value.is_null() {
                keys.remove(key);
            } else {
                keys.insert(key.clone(), value.clone());
            }
        }
        let text = serde_norway::to_string(&keys)
            .map_err(|error| Error::Internal(format!("{name}: {error}")))?;
        self.put(name, &text)
    }

    fn put(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.work.root.join(name);
        atomic::write(&path, text.as_bytes())?;
        Ok(path)
    }
}

/// A command with values in the place of its placeholders.
pub(crate) fn fill(command: &[String], values: &BTreeMap<&str, String>) -> Vec<String> {
    let filled = |word: &String| {
        values.iter().fold(word.clone(), |word, (name, value)| {
            word.replace(name, value)
        })
    };
    command.iter().map(filled).collect()
}

/// The command as one line that a shell takes.
pub(super) fn for_a_shell(
    command: &[String],
    env: &BTreeMap<String, String>,
    folder: &Path,
) -> String {
    let mut line = format!("cd {} &&", quoted(&text(folder)));
    for (name, value) in env {
        line.push_str(&format!(" {name}={}", quoted(value)));
    }
    for word in command.iter().filter(|word| *word != "{resume}") {
        line.push(' ');
        line.push_str(&quoted(word));
    }
    line
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;
