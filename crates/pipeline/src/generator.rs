//! What stages need of a language model, and the embedded one behind it.

use std::sync::atomic::AtomicBool;

use caco_model::{Finish, Message, Model, Request, Sampler, open_user_prompt};

use crate::Error;
use crate::config::Sampling;
use crate::learn::model_error;

/// One thing to ask: the full text that the model continues, and the random seed of its reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) prompt: String,
    pub(crate) seed: u64,
}

/// A model's reply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) text: String,
    /// `stop`, `length` or `prompt_too_long`.
    pub(crate) finish: String,
    pub(crate) prompt_tokens: u32,
    pub(crate) completion_tokens: u32,
    /// Sum of the log-probabilities of the reply's tokens.
    pub(crate) logprob: f32,
}

/// The finish of a reply that was cut at its token limit.
pub(crate) const FINISH_LENGTH: &str = "length";
/// The finish of a prompt that leaves no room for a reply.
pub(crate) const FINISH_TOO_LONG: &str = "prompt_too_long";

/// A language model as stages see it. A reply depends on model, prompt, sampling and seed alone.
pub(crate) trait Generator: Send + Sync {
    /// Names exactly these weights.
    fn id(&self) -> &str;

    /// The full text with which a user message asks for a reply.
    fn chat(&self, user: &str) -> Result<String, Error>;

    /// The full text from which the model writes a whole user message by itself.
    fn open_user(&self) -> String;

    /// Replies, in the order asked. `progress` hears replies done and tokens written.
    fn generate(
        &self,
        asks: &[Ask],
        sampling: &Sampling,
        progress: &(dyn Fn(usize, usize) + Sync),
        stop: &AtomicBool,
    ) -> Result<Vec<Answer>, Error>;
}

/// A model that runs in this process.
pub(crate) struct Embedded {
    name: String,
    id: String,
    model: Model,
}

impl Embedded {
    pub(crate) fn new(name: &str, model: Model) -> Result<Self, Error> {
        let id = model.id().map_err(|error| model_error(name, error))?;
        Ok(Self {
            name: name.to_owned(),
            id,
            model,
        })
    }
}

impl Generator for Embedded {
    fn id(&self) -> &str {
        &self.id
    }

    fn chat(&self, user: &str) -> Result<String, Error> {
        self.model
            .render_chat(&[Message::user(user)], true)
            .map_err(|error| model_error(&self.name, error))
    }

    fn open_user(&self) -> String {
        open_user_prompt()
    }

    fn generate(
        &self,
        asks: &[Ask],
        sampling: &Sampling,
        progress: &(dyn Fn(usize, usize) + Sync),
        stop: &AtomicBool,
    ) -> Result<Vec<Answer>, Error> {
        let fail = |error| model_error(&self.name, error);
        let context = self.model.network().config().max_position_embeddings;
        let mut answers: Vec<Option<Answer>> = vec![None; asks.len()];
        let (mut requests, mut places) = (Vec::new(), Vec::new());
        for (place, ask) in asks.iter().enumerate() {
            let tokens = self
                .model
                .tokenizer()
                .encode_template(&ask.prompt)
                .map_err(fail)?
                .len();
            if tokens >= context {
                answers[place] = Some(Answer {
                    text: String::new(),
                    finish: FINISH_TOO_LONG.into(),
                    prompt_tokens: tokens as u32,
                    completion_tokens: 0,
                    logprob: 0.0,
                });
            } else {
                requests.push(Request {
                    prompt: ask.prompt.clone(),
                    seed: ask.seed,
                });
                places.push(place);
            }
        }
        let settings = caco_model::Sampling {
            temperature: sampling.temperature,
            top_p: sampling.top_p,
            top_k: sampling.top_k,
            max_tokens: sampling.max_tokens,
            ..caco_model::Sampling::default()
        };
        let replies = Sampler::new(&self.model)
            .and_then(|sampler| sampler.generate(&requests, &settings, progress, stop))
            .map_err(fail)?;
        for (place, reply) in places.into_iter().zip(replies) {
            answers[place] = Some(Answer {
                text: reply.text,
                finish: match reply.finish {
                    Finish::Stop => "stop".into(),
                    Finish::Length => FINISH_LENGTH.into(),
                },
                prompt_tokens: reply.prompt_tokens as u32,
                completion_tokens: reply.completion_tokens as u32,
                logprob: reply.logprob,
            });
        }
        answers
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| {
                Error::Internal(format!(
                    "model `{}` gave fewer replies than asked",
                    self.name
                ))
            })
    }
}
