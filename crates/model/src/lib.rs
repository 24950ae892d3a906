//! Language models of the Caco loop: a decoder in the Qwen2 or Llama layout with its tokenizer, chat format, trainer and
//! batched sampler.
//!
//! * [`Tokenizer`] trains, loads and saves a byte-level BPE in the files that Hugging Face tools read.
//! * [`Model`] is weights + tokenizer + chat template, loaded from and saved to one directory.
//! * [`train::train`] tunes a model, or a [`Lora`] adapter over it, on packed examples and can be stopped and resumed to the
//!   same bits.
//! * [`Sampler`] writes replies for many prompts at once with a key-value cache.
//!
//! Training and sampling give the same bits whatever the number of cores of the machine: work is split by configuration
//! and by request index, never by the number of threads that happen to run it.

pub mod chat;
mod config;
mod error;
mod files;
mod gguf;
mod matrix;
mod model;
mod network;
mod ops;
pub mod sample;
mod simd;
pub mod tokenizer;
pub mod train;
mod weights;

pub use chat::{Message, Role, neutral, open_user_prompt, render_chat};
pub use config::{ModelConfig, RopeScaling};
pub use error::{Error, Result};
pub use model::{Model, default_device};
pub use network::{Lora, Module, Network, Packed, Path as ComputePath};
pub use sample::{Finish, Reply, Request, Sampler, Sampling};
pub use tokenizer::Tokenizer;
pub use weights::Precision;
