//! What stages need of a language model, and the embedded one behind it.

use std::sync::atomic::AtomicBool;

use caco_model::{Finish, Message, Model, Request, Sampler};

use serde_json::Value;

use crate::config::{PromptSet, Sampling};
use crate::learn::model_error;
use crate::{CallState, Error};

/// How a prompt is put to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// A message of the user; the server wraps it in the model's chat template.
    Chat,
    /// The same, with a verdict in JSON for a reply.
    Verdict,
    /// A text that the model continues as it is.
    Raw,
    /// A text of which a server gives the embedding.
    Embed,
}

impl Form {
    /// The form's name in keys and files: the kind of endpoint.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Verdict => "verdict",
            Self::Raw => "raw",
            Self::Embed => "embed",
        }
    }
}

/// One thing to ask: a prompt, and the random seed of its reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) form: Form,
    pub(crate) prompt: String,
    pub(crate) seed: u64,
}

/// A model's reply, as the ledger keeps it.
pub(crate) type Answer = caco_ledger::Reply;

/// The finish of a reply that was cut at its token limit.
pub(crate) const FINISH_LENGTH: &str = "length";
/// The finish of a prompt that leaves no room for a reply.
pub(crate) const FINISH_TOO_LONG: &str = "prompt_too_long";
/// The finish of a reply that a content filter withheld.
pub(crate) const FINISH_FILTERED: &str = "content_filter";
/// The finish of a call that the server refused as such; the text says why.
pub(crate) const FINISH_REFUSED: &str = "refused";
/// The finish of a call that got no reply in all its attempts while others did; the text says why.
pub(crate) const FINISH_NO_REPLY: &str = "no_reply";

/// What a reply holds until it is durable, such as its place among the calls in flight.
pub(crate) type Held = Box<dyn Send>;

/// Hears of questions while they are answered. It may be called from several threads.
pub(crate) trait Listener: Sync {
    /// Question `n` is about to be sent to a server.
    fn sent(&self, n: usize) -> Result<(), Error>;
    /// The reply to question `n`. What it holds is let go when the reply is durable.
    fn reply(&self, n: usize, answer: Answer, held: Held) -> Result<(), Error>;
    /// Whether this model has replied before, to anything.
    fn has_replies(&self, model: &str) -> bool;
    /// Question `n`, which was sent, ended without a reply.
    fn gone(&self, n: usize);
    /// So many replies are done, with so many tokens written.
    fn progress(&self, done: usize, tokens: usize);
    /// Whether the run has failed elsewhere, so that nothing more is to be asked.
    fn over(&self) -> bool;
    /// How the calls of a server stand.
    fn state(&self, state: &CallState);
}

/// A language model as stages see it.
pub(crate) trait Generator: Send + Sync {
    /// Names everything that decides a reply beside prompt, sampling and seed.
    fn id(&self) -> &str;

    /// The prompt with which a user's message asks for a reply.
    fn chat(&self, user: &str) -> Result<(Form, String), Error>;

    /// The text from which the model writes a whole user message by itself; the default where the configuration gives none.
    fn open_user(&self) -> String;

    /// Which of the built-in prompts the model understands.
    fn prompts(&self) -> PromptSet;

    /// Whether a server is asked, so that replies cost and count against a budget.
    fn paid(&self) -> bool {
        false
    }

    /// How many questions may be on their way at once; 0 where a call of `generate` uses all there is.
    fn width(&self) -> usize {
        0
    }

    /// Answers all questions. A server's replies come to the listener as they arrive.
    fn generate(
        &self,
        asks: &[Ask],
        sampling: &Sampling,
        listener: &dyn Listener,
        stop: &AtomicBool,
    ) -> Result<(), Error>;

    /// Lets go of what it holds for being asked, such as a server of its own, until it is asked again.
    fn rest(&self) {}

    /// The address, from the server's root, and the body of a question, for a batch file.
    fn body(&self, _ask: &Ask, _sampling: &Sampling) -> Result<(&'static str, Value), Error> {
        Err(Error::Usage {
            message: "an embedded model answers inside the run: it has no calls to export".into(),
            hint: "`caco run` or `caco resume` asks it; only models of `kind: server` can be asked elsewhere".into(),
        })
    }

    /// Reads the body of a server's answer to such a question.
    fn read(&self, _status: u16, _body: &[u8]) -> Result<Answer, String> {
        Err("an embedded model has no such replies".into())
    }
}

/// A model that runs in this process.
pub(crate) struct Embedded {
    name: String,
    id: String,
    model: Model,
    prompts: PromptSet,
    open_user: Option<String>,
}

impl Embedded {
    pub(crate) fn new(name: &str, model: Model) -> Result<Self, Error> {
        let id = model.id().map_err(|error| model_error(name, error))?;
        Ok(Self {
            name: name.to_owned(),
            id,
            model,
            prompts: PromptSet::Embedded,
            open_user: None,
        })
    }

    /// For a model that an outside trainer taught with other prompts and another open user turn.
    pub(crate) fn taught_with(self, prompts: PromptSet, open_user: Option<String>) -> Self {
        Self {
            prompts,
            open_user,
            ..self
        }
    }
}

impl Generator for Embedded {
    fn id(&self) -> &str {
        &self.id
    }

    fn chat(&self, user: &str) -> Result<(Form, String), Error> {
        let text = self.model.render_chat(&[Message::user(user)], true);
        Ok((
            Form::Raw,
            text.map_err(|error| model_error(&self.name, error))?,
        ))
    }

    fn open_user(&self) -> String {
        let own = self.open_user.clone();
        own.unwrap_or_else(|| self.model.open_user_prompt())
    }

    fn prompts(&self) -> PromptSet {
        self.prompts
    }

    fn generate(
        &self,
        asks: &[Ask],
        sampling: &Sampling,
        listener: &dyn Listener,
        stop: &AtomicBool,
    ) -> Result<(), Error> {
        let fail = |error| model_error(&self.name, error);
        let context = self.model.network().config().max_position_embeddings;
        let (mut requests, mut places) = (Vec::new(), Vec::new());
        for (place, ask) in asks.iter().enumerate() {
            let tokens = self
                .model
                .tokenizer()
                .encode_template(&ask.prompt)
                .map_err(fail)?
                .len();
            if tokens >= context {
                let answer = Answer {
                    finish: FINISH_TOO_LONG.into(),
                    prompt_tokens: tokens as u32,
                    attempts: 1,
                    ..Answer::default()
                };
                listener.reply(place, answer, Box::new(()))?;
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
            max_tokens: sampling.most_tokens(),
            stop: sampling.stop.clone(),
            ..caco_model::Sampling::default()
        };
        let progress = |done: usize, tokens: usize| listener.progress(done, tokens);
        let replies = Sampler::new(&self.model)
            .and_then(|sampler| sampler.generate(&requests, &settings, &progress, stop))
            .map_err(fail)?;
        for (place, reply) in places.into_iter().zip(replies) {
            let answer = Answer {
                text: reply.text,
                finish: match reply.finish {
                    Finish::Stop => "stop".into(),
                    Finish::Length => FINISH_LENGTH.into(),
                },
                prompt_tokens: reply.prompt_tokens as u32,
                completion_tokens: reply.completion_tokens as u32,
                logprob: Some(reply.logprob),
                attempts: 1,
                ..Answer::default()
            };
            listener.reply(place, answer, Box::new(()))?;
        }
        Ok(())
    }
}
