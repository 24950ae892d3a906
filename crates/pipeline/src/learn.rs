//! Training, for tune, train and recipes alike: examples of the loop's tasks, events, and the trainer.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use caco_model::train::{self, TrainConfig, TrainEvent};
use caco_model::{Message, Model, ModelConfig, Tokenizer};
use caco_record::Stage;

pub(crate) use caco_model::train::Example;
use caco_model::train::Part;

use crate::config::Architecture;
use crate::{Error, Event, Observer};

/// A program alone, as a whole user message: what the generator learns to write unprompted.
pub(crate) fn program_example(program: &str) -> Example {
    Example::chat(&[(Message::user(program.trim()), true)])
}

/// The first line of a program of this domain, or of none, where a generator learns several: written for it, it decides of which
/// domain the program will be (a control code: Keskar and others 2019).
pub(crate) fn domain_line(domain: Option<&str>) -> String {
    let mut line = "# domain:".to_owned();
    for word in domain.unwrap_or_default().split_whitespace() {
        line.push(' ');
        line.push_str(word);
    }
    line.push('\n');
    line
}

/// A prompt and the reply to learn.
pub(crate) fn chat_example(prompt: &str, reply: &str) -> Example {
    Example::prompt_and_reply(prompt, reply.trim())
}

/// Exercises of which only the results are learnt.
pub(crate) fn drill_example(exercises: impl Iterator<Item = (String, String)>) -> Example {
    let mut example = Example::chat(&[
        (Message::user("Practise."), false),
        (Message::assistant(""), false),
    ]);
    // Before the closing marker of the reply.
    let end = example.parts.pop();
    for (shown, found) in exercises {
        example.parts.push(Part {
            text: shown,
            loss: false,
            markup: false,
        });
        example.parts.push(Part {
            text: format!("{found}. "),
            loss: true,
            markup: false,
        });
    }
    example.parts.extend(end);
    example
}

/// One training run.
pub(crate) struct Lesson<'a> {
    pub(crate) model: Model,
    /// The model's name in events and messages.
    pub(crate) name: &'a str,
    pub(crate) examples: &'a [Example],
    pub(crate) training: &'a TrainConfig,
    pub(crate) seed: u64,
    pub(crate) checkpoint: Option<&'a Path>,
    pub(crate) stage: Stage,
    pub(crate) round: u32,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) stop: &'a AtomicBool,
}

/// What a training run came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Learnt {
    pub(crate) steps: u64,
    /// Examples that were short enough to be used.
    pub(crate) examples: u64,
    /// Examples that were too long.
    pub(crate) left_out: u64,
    /// Mean loss of the last steps; none when a finished checkpoint was found.
    pub(crate) loss: Option<f32>,
}

/// Trains the model. A checkpoint of the same run is taken up.
pub(crate) fn train(lesson: Lesson<'_>) -> Result<(Model, Learnt), Error> {
    let mut model = lesson.model;
    let mut config = lesson.training.clone();
    config.seed =
        caco_record::derive_seed(lesson.seed, lesson.stage.as_str(), "training", config.seed);
    config.sequence_length = config
        .sequence_length
        .min(model.network().config().max_position_embeddings);
    let watch = |event: &TrainEvent| {
        lesson.observer.event(&Event::Training {
            stage: lesson.stage,
            round: lesson.round,
            model: lesson.name.to_owned(),
            step: event.step,
            steps: event.steps,
            loss: event.loss,
            lr: event.lr,
            tokens: event.tokens,
            tokens_per_second: event.tokens_per_second,
        });
    };
    let done = train::train(
        &mut model,
        lesson.examples,
        &config,
        lesson.checkpoint,
        &watch,
        lesson.stop,
    )
    .map_err(|error| model_error(lesson.name, error))?;
    let learnt = Learnt {
        steps: done.steps,
        examples: done.examples,
        left_out: done.dropped_too_long,
        loss: done.last_loss,
    };
    Ok((model, learnt))
}

/// Optimiser steps for this many passes over the examples, at least 1: the tokens of all, in steps of their size.
pub(crate) fn steps_for(
    model: &Model,
    examples: &[Example],
    training: &TrainConfig,
) -> Result<u64, Error> {
    let mut tokens = 0usize;
    for part in examples.iter().flat_map(|example| &example.parts) {
        let encoded = if part.markup {
            model.tokenizer().encode_template(&part.text)
        } else {
            model.tokenizer().encode(&part.text)
        };
        tokens += encoded
            .map_err(|error| model_error("tokenizer", error))?
            .len();
    }
    Ok((tokens as u64 * training.epochs)
        .div_ceil(training.tokens_per_step as u64)
        .max(1))
}

/// A model of random weights with a tokenizer that is learnt from the texts.
pub(crate) fn fresh_model(
    shape: &Architecture,
    texts: Vec<String>,
    seed: u64,
) -> Result<Model, Error> {
    let fail = |error| model_error("scratch", error);
    let tokenizer = Tokenizer::train(texts.into_iter(), shape.vocab_size).map_err(fail)?;
    let config = ModelConfig {
        intermediate_size: shape.intermediate_size,
        num_attention_heads: shape.heads,
        num_key_value_heads: shape.heads,
        ..ModelConfig::small(
            tokenizer.vocab_size(),
            shape.hidden_size,
            shape.layers,
            shape.max_positions,
        )
    };
    Model::new(config, tokenizer, seed).map_err(fail)
}

/// Maps a model's error, setting a stop and a full disk apart.
pub(crate) fn model_error(name: &str, error: caco_model::Error) -> Error {
    match error {
        caco_model::Error::Stopped => Error::Interrupted,
        caco_model::Error::Io { path, source }
            if matches!(
                source.kind(),
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::PermissionDenied
            ) =>
        {
            Error::io("write", &path, source)
        }
        other => Error::Model {
            name: name.to_owned(),
            hint: hint(&other),
            message: other.to_string(),
        },
    }
}

fn hint(error: &caco_model::Error) -> String {
    use caco_model::Error as E;
    match error {
        E::Io { .. } | E::Json { .. } | E::Tensor { .. } | E::Weights { .. } | E::Tokenizer(_) | E::Template(_) => {
            "a model folder holds config.json, tokenizer.json and model.safetensors (or shards) of a Qwen2 or Llama; \
             `path: builtin` names the one that comes with the program"
        }
        E::NoExamples(_) => "raise `training.sequence_length`, or look at what the stage before kept",
        E::ForeignCheckpoint { .. } => "remove that checkpoint folder to train afresh",
        E::NotFinite { .. } => "lower `training.lr`",
        E::Config { .. } => "correct the setting that is named",
        _ => "try again; if it stays, please report it",
    }
    .into()
}
