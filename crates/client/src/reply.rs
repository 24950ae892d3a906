//! What comes back.

use crate::failure::{Class, Trouble};
use crate::refusal::{self, Refusal};
use crate::secret::Scrubber;
use crate::think;
use crate::wire::{Answer, Choice, Logprobs};
use serde_json::Value;

/// One reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// What the model said, without its thoughts. May be empty.
    pub text: String,
    /// What the model thought before: a field of its own in the server's answer, or a leading `<think>` part.
    pub reasoning: Option<String>,
    /// How the reply ended.
    pub finish: Finish,
    /// Tokens of the prompt, as the server counted them; 0 where it does not say.
    pub prompt_tokens: u32,
    /// How many of those came from the server's cache.
    pub cached_tokens: u32,
    /// Tokens of the reply, thoughts among them, and of all replies where several were asked for; 0 where the server does not
    /// say.
    pub completion_tokens: u32,
    /// The natural logarithm of the reply's probability: the sum over its tokens. Only where the settings ask for it.
    pub logprob: Option<f32>,
    /// How many attempts it took; 1 or more, and 1 for a reply read from a file.
    pub attempts: u32,
    /// The model as the server names it in its answer.
    pub served_model: String,
    /// The further replies, where several were asked for.
    pub more: Vec<Further>,
}

/// A further reply to the same request.
#[derive(Clone, Debug, PartialEq)]
pub struct Further {
    /// What the model said, without its thoughts. May be empty.
    pub text: String,
    /// What it thought before.
    pub reasoning: Option<String>,
    /// How the reply ended.
    pub finish: Finish,
    /// As in [`Reply::logprob`].
    pub logprob: Option<f32>,
}

/// How a reply ended. The failures that are the row's own are here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// At its end, or at a text that ends it.
    Stop,
    /// At its longest: it is cut.
    Length,
    /// Nothing was written: prompt and reply do not fit into the model's context.
    ContextOverflow,
    /// The server's filter kept it back, or a part of it.
    ContentFilter,
    /// Another way, in the server's word.
    Other(String),
}

impl Finish {
    /// The name in records: `stop`, `length`, `context_overflow`, `content_filter` or the server's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ContextOverflow => "context_overflow",
            Self::ContentFilter => "content_filter",
            Self::Other(word) => word,
        }
    }

    fn of(word: Option<String>) -> Self {
        match word.as_deref() {
            Some("stop" | "eos" | "eos_token" | "stop_sequence") => Self::Stop,
            Some("length" | "max_tokens") => Self::Length,
            Some("content_filter") => Self::ContentFilter,
            _ => Self::Other(word.unwrap_or_else(|| "unknown".to_owned())),
        }
    }
}

/// Reads the body of an answer.
pub(crate) fn read(status: u16, body: &[u8], secrets: &Scrubber) -> Result<Reply, Trouble> {
    let read = match status {
        200..=299 => read_success(body, secrets),
        _ => from_refusal(refusal::read(status, body)),
    };
    read.map_err(|trouble| scrubbed(trouble, secrets))
}

/// The same without the secrets that a server may have echoed.
pub(crate) fn scrubbed(trouble: Trouble, secrets: &Scrubber) -> Trouble {
    Trouble {
        message: secrets.message(&trouble.message),
        ..trouble
    }
}

fn read_success(body: &[u8], secrets: &Scrubber) -> Result<Reply, Trouble> {
    let malformed = |problem: String| Trouble::new(Class::Malformed, problem);
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| malformed(format!("the answer is not a completion: {error}")))?;
    if let Some(error) = answer.error.filter(|error| *error != Value::Null) {
        let status = refusal::status_inside(&error);
        return from_refusal(refusal::read(status, error.to_string().as_bytes()));
    }
    if let (true, Some(first)) = (answer.choices.is_empty(), answer.data.first()) {
        let usage = answer.usage.unwrap_or_default();
        let text = serde_json::to_string(&first.embedding)
            .map_err(|error| malformed(format!("the embedding is no list of numbers: {error}")))?;
        return Ok(Reply {
            text,
            reasoning: None,
            finish: Finish::Stop,
            prompt_tokens: usage.prompt_tokens,
            cached_tokens: 0,
            completion_tokens: 0,
            logprob: None,
            attempts: 1,
            served_model: answer.model.unwrap_or_default(),
            more: Vec::new(),
        });
    }
    let mut choices = answer.choices.into_iter();
    let Some(choice) = choices.next() else {
        return Err(malformed("the answer has no choices".to_owned()));
    };
    if let Some(word @ ("abort" | "error")) = choice.finish_reason.as_deref() {
        let message = format!("the server gave the reply up (finish_reason {word})");
        return Err(Trouble::new(Class::Overload, message));
    }
    let (text, reasoning) = parts(&choice)
        .ok_or_else(|| malformed("the answer has neither a message nor a text".to_owned()))?;
    let usage = answer.usage.unwrap_or_default();
    let finish = |word| match Finish::of(word) {
        Finish::Other(word) => Finish::Other(secrets.reply(word)),
        known => known,
    };
    // One that is no reply is as good as one that was not sent: it can be asked for again.
    let more = choices.filter_map(|choice| {
        let (text, reasoning) = parts(&choice)?;
        let given_up = matches!(choice.finish_reason.as_deref(), Some("abort" | "error"));
        (!given_up).then(|| Further {
            text: secrets.reply(text),
            reasoning: reasoning.map(|text| secrets.reply(text)),
            logprob: choice.logprobs.as_ref().and_then(Logprobs::sum),
            finish: finish(choice.finish_reason),
        })
    });
    let more = more.collect();
    let finish = finish(choice.finish_reason);
    Ok(Reply {
        text: secrets.reply(text),
        reasoning: reasoning.map(|text| secrets.reply(text)),
        finish,
        prompt_tokens: usage.prompt_tokens,
        cached_tokens: usage
            .prompt_tokens_details
            .unwrap_or_default()
            .cached_tokens,
        completion_tokens: usage.completion_tokens,
        logprob: choice.logprobs.and_then(|logprobs| logprobs.sum()),
        attempts: 1,
        served_model: secrets.reply(answer.model.unwrap_or_default()),
        more,
    })
}

/// Text and reasoning of a choice; none where it has neither form.
fn parts(choice: &Choice) -> Option<(String, Option<String>)> {
    let (said, apart) = match (&choice.message, &choice.text) {
        (Some(message), _) => {
            let apart = message
                .reasoning_content
                .as_ref()
                .or(message.reasoning.as_ref());
            (message.content.as_ref(), apart)
        }
        (None, Some(text)) => (Some(text), None),
        (None, None) => return None,
    };
    let said = said.map_or("", |said| said.0.as_str());
    let (thoughts, text) = think::split(said);
    let thoughts = apart
        .map(|apart| apart.0.as_str())
        .filter(|apart| !apart.is_empty())
        .into_iter()
        .chain(thoughts);
    let thoughts = thoughts.collect::<Vec<_>>().join("\n");
    let reasoning = (!thoughts.is_empty()).then_some(thoughts);
    Some((text.to_owned(), reasoning))
}

fn from_refusal(refusal: Refusal) -> Result<Reply, Trouble> {
    match refusal {
        Refusal::Trouble(trouble) => Err(trouble),
        Refusal::Outcome(finish) => Ok(Reply {
            text: String::new(),
            reasoning: None,
            finish,
            prompt_tokens: 0,
            cached_tokens: 0,
            completion_tokens: 0,
            logprob: None,
            attempts: 1,
            served_model: String::new(),
            more: Vec::new(),
        }),
    }
}
