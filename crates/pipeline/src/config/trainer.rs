//! Who trains the generator and the students, and who serves what was trained.

use std::collections::BTreeMap;

use caco_client::Settings;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The trainer behind tune and train: the embedded one, or a program that is started for it.
///
/// The defaults of an outside trainer are the published settings (paper, sections 3 and 4: full fine-tuning with AdamW in
/// bf16, batches of 128, cosine schedule).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trainer {
    /// Default `embedded`.
    pub kind: TrainerKind,
    /// The Python that has the trainer. A relative path with a `/` is relative to the configuration. Default `python3`.
    pub python: String,
    /// The program of `kind: command` and its arguments, with the placeholders `{model}`, `{data}`, `{output}`, `{resume}`,
    /// `{settings}`, `{stage}` and `{seed}`. Default: none.
    pub command: Vec<String>,
    /// Variables of its environment, beside our own. Default: none.
    pub env: BTreeMap<String, String>,
    /// Processes on each machine, one for each GPU; with more than one in all `torch.distributed.run` starts them.
    /// Default 1.
    pub gpus: u32,
    /// Machines. With more than one, `torchrun` has to say where they meet. Default 1.
    pub nodes: u32,
    /// Further arguments of `torch.distributed.run`, such as `--rdzv-endpoint=node0:29500`. Default: none.
    pub torchrun: Vec<String>,
    /// How weights and optimiser are divided among processes. Default `auto`.
    pub sharding: Sharding,
    /// The numbers that are computed with. Default `bf16`.
    pub precision: Precision,
    /// Examples that one process takes at a time; `batch` is made up of them by accumulation. Default 8.
    pub device_batch: u32,
    /// Steps between checkpoints, which a trainer that crashed goes on from. Default 200.
    pub save_steps: u64,
    /// How often a trainer that crashed is started again by itself. Default 2.
    pub restarts: u32,
    /// LLaMA-Factory's name of the chat template that students learn in. Default: the template of the model's tokenizer.
    pub template: Option<String>,
    /// The text after which the generator's programs stand. Default: an open user turn in ChatML.
    pub open_user: Option<String>,
    /// The text that ends a program. Default: the end of a turn in ChatML.
    pub close_user: Option<String>,
    /// How the generator is trained.
    pub tune: Course,
    /// How students are trained.
    pub train: Course,
}

impl Default for Trainer {
    fn default() -> Self {
        Self {
            kind: TrainerKind::Embedded,
            python: "python3".into(),
            command: Vec::new(),
            env: BTreeMap::new(),
            gpus: 1,
            nodes: 1,
            torchrun: Vec::new(),
            sharding: Sharding::Auto,
            precision: Precision::Bf16,
            device_batch: 8,
            save_steps: 200,
            restarts: 2,
            template: None,
            open_user: None,
            close_user: None,
            tune: Course::default(),
            train: Course::default(),
        }
    }
}

impl Trainer {
    /// Processes in all.
    #[must_use]
    pub fn processes(&self) -> u32 {
        self.gpus.saturating_mul(self.nodes)
    }

    /// Batches of `device_batch` that each process adds up for one step; none when `batch` cannot be made of them.
    #[must_use]
    pub fn accumulation(&self, course: &Course) -> Option<u32> {
        let together = self.device_batch.checked_mul(self.processes())?;
        (together > 0 && course.batch.is_multiple_of(together)).then(|| course.batch / together)
    }
}

/// Who trains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainerKind {
    /// The trainer inside this program, with `tune.training` and `train.training`.
    #[default]
    Embedded,
    /// LLaMA-Factory, by its own launcher.
    Llamafactory,
    /// TRL's `SFTTrainer`.
    Trl,
    /// Axolotl.
    Axolotl,
    /// Any program.
    Command,
}

impl TrainerKind {
    /// The trainer's name in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Llamafactory => "llamafactory",
            Self::Trl => "trl",
            Self::Axolotl => "axolotl",
            Self::Command => "command",
        }
    }

    /// Whether a program is started for it.
    #[must_use]
    pub const fn is_outside(self) -> bool {
        !matches!(self, Self::Embedded)
    }
}

/// How weights and optimiser states are divided among processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sharding {
    /// `zero2`, as published, with more than one process; none with one.
    #[default]
    Auto,
    /// Each process holds all.
    None,
    /// DeepSpeed ZeRO stage 2: gradients and optimiser states are divided.
    Zero2,
    /// DeepSpeed ZeRO stage 3: weights too.
    Zero3,
    /// PyTorch's fully sharded data parallel.
    Fsdp,
}

/// The numbers that an outside trainer computes with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// bfloat16.
    #[default]
    Bf16,
    /// IEEE half precision, with loss scaling.
    Fp16,
    /// Single precision.
    Fp32,
}

/// One training run of an outside trainer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Course {
    /// Passes over the examples. Default 1 for tune and 3 for train.
    pub epochs: Option<u32>,
    /// Steps, which take precedence over epochs. Default: none.
    pub steps: Option<u64>,
    /// The highest learning rate. Default 5e-6.
    pub lr: f64,
    /// Examples of one step, over all processes. Default 128.
    pub batch: u32,
    /// Tokens at which an example is cut. Default 2048 for tune and 4096 for train.
    pub cutoff: Option<u32>,
    /// Share of the steps in which the rate rises. Default 0.03.
    pub warmup_ratio: f64,
    /// Default 0.1.
    pub weight_decay: f64,
    /// Keys of the trainer's own configuration, which take precedence over those that are written. Default: none.
    pub options: Map<String, Value>,
}

impl Default for Course {
    fn default() -> Self {
        Self {
            epochs: None,
            steps: None,
            lr: 5e-6,
            batch: 128,
            cutoff: None,
            warmup_ratio: 0.03,
            weight_decay: 0.1,
            options: Map::new(),
        }
    }
}

/// A server that is started on each trained checkpoint, and stopped when the stage that asks it ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Serve {
    /// Default `vllm`.
    pub kind: ServeKind,
    /// The Python that has the server. A relative path with a `/` is relative to the configuration. Default `python3`.
    pub python: String,
    /// The program of `kind: command` and its arguments, with the placeholders `{model}`, `{name}`, `{host}` and `{port}`.
    /// Default: none.
    pub command: Vec<String>,
    /// Further arguments, such as `--tensor-parallel-size=2`. Default: none.
    pub args: Vec<String>,
    /// Variables of its environment, beside our own. Default: none.
    pub env: BTreeMap<String, String>,
    /// Where it listens on this machine; 0 takes a free one. Default 0.
    pub port: u16,
    /// The address that answers with status 200 when the server is ready, with the same placeholders. Default: the list of
    /// models, `http://127.0.0.1:{port}/v1/models`.
    pub health: Option<String>,
    /// How long it may take to be ready, in seconds. Default 1800.
    pub start_seconds: f64,
    /// How often a server that died is started again. Default 2.
    pub restarts: u32,
    /// Samples of the same prompt drawn in one request, as for `models.*.samples_per_call`. Default 1.
    pub samples_per_call: u32,
    /// How it is asked: the keys of a model of `kind: server`, without `base_url` and `model`. Default: as there.
    pub client: Settings,
}

impl Default for Serve {
    fn default() -> Self {
        Self {
            kind: ServeKind::Vllm,
            python: "python3".into(),
            command: Vec::new(),
            args: Vec::new(),
            env: BTreeMap::new(),
            port: 0,
            health: None,
            start_seconds: 1800.0,
            restarts: 2,
            samples_per_call: 1,
            client: Settings::default(),
        }
    }
}

/// Which server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServeKind {
    /// vLLM's OpenAI-compatible server.
    #[default]
    Vllm,
    /// SGLang's server.
    Sglang,
    /// Any program.
    Command,
}
