//! The crate's one error type.

use std::path::{Path, PathBuf};

/// What can go wrong with a model; every variant names the file, tensor or setting and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A JSON file does not have the expected form.
    #[error("{}: not the expected JSON: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why the parser stopped.
        source: serde_json::Error,
    },
    /// A weights file is damaged or does not fit `config.json`.
    #[error("{}: tensor `{tensor}`: {message}", path.display())]
    Tensor {
        /// The weights file.
        path: PathBuf,
        /// The tensor's name in the file.
        tensor: String,
        /// What is wrong with it.
        message: String,
    },
    /// A weights file cannot be read at all.
    #[error("{}: not a readable safetensors file: {message}; download or save the model again", path.display())]
    Weights {
        /// The weights file.
        path: PathBuf,
        /// The reader's reason.
        message: String,
    },
    /// A setting is outside its range or the settings contradict each other.
    #[error("{what}: {message}")]
    Config {
        /// The setting or file.
        what: String,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// The tokenizer could not be trained, read or applied.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// The chat template could not be parsed or rendered.
    #[error("chat template: {0:#}")]
    Template(#[from] minijinja::Error),
    /// A prompt leaves no room for a reply.
    #[error(
        "request {index}: the prompt has {tokens} tokens but the model's context is {context}; shorten the prompt"
    )]
    PromptTooLong {
        /// The request's position in the batch, counted from 0.
        index: usize,
        /// Tokens of the prompt.
        tokens: usize,
        /// The model's context in tokens.
        context: usize,
    },
    /// Nothing is left to train on.
    #[error("no example can be trained on: {0}")]
    NoExamples(String),
    /// A parameter took no part in the loss: the computation graph is cut.
    #[error(
        "parameter `{0}` received no gradient: an operation without a backward pass cuts the graph before it"
    )]
    NoGradient(String),
    /// The loss or the gradient is not a finite number.
    #[error(
        "step {step}: {what} is not finite; lower the learning rate or the weight range, then resume from the last checkpoint"
    )]
    NotFinite {
        /// The step, counted from 1.
        step: u64,
        /// `loss` or `gradient norm`.
        what: &'static str,
    },
    /// The checkpoint belongs to another model, data set or configuration.
    #[error("{}: this checkpoint belongs to another {what}; remove the directory to start afresh, or restore the original", path.display())]
    ForeignCheckpoint {
        /// The checkpoint.
        path: PathBuf,
        /// What differs.
        what: &'static str,
    },
    /// The caller asked to stop.
    #[error("stopped on request")]
    Stopped,
    /// A worker thread ended abnormally.
    #[error("a {0} thread ended abnormally; this is a defect, please report it")]
    Worker(&'static str),
    /// The tensor library reported an error.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
}

/// The crate's result type.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn io(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.as_ref().to_path_buf();
        move |source| Error::Io { path, source }
    }

    pub(crate) fn json(path: impl AsRef<Path>) -> impl FnOnce(serde_json::Error) -> Error {
        let path = path.as_ref().to_path_buf();
        move |source| Error::Json { path, source }
    }

    pub(crate) fn config(what: impl Into<String>, message: impl Into<String>) -> Error {
        Error::Config {
            what: what.into(),
            message: message.into(),
        }
    }

    pub(crate) fn tensor(
        path: impl AsRef<Path>,
        tensor: &str,
        message: impl Into<String>,
    ) -> Error {
        Error::Tensor {
            path: path.as_ref().to_path_buf(),
            tensor: tensor.to_string(),
            message: message.into(),
        }
    }
}
