//! A model behind a server, as stages see it.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once, OnceLock};
use std::time::Duration;

use caco_client::{
    Class, Client, Failure, Finish, Input, Message, Params, Reply, Request, Role, Settings,
};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::config::{self, PromptSet, Sampling};
use crate::generator::{
    Answer, Ask, FINISH_FILTERED, FINISH_LENGTH, FINISH_NO_REPLY, FINISH_REFUSED, FINISH_TOO_LONG,
    Form, Generator, Listener,
};
use crate::{CallState, Error};

/// How long calls in flight may take to end when the run is to stop; they are paid for, so they are worth a wait.
const GRACE: Duration = Duration::from_secs(30);
/// How often the stop flag is looked at and the state of the calls told.
const TICK: Duration = Duration::from_millis(100);

/// A model of the configuration that a server answers for.
pub(crate) struct Server {
    name: String,
    id: String,
    prompts: PromptSet,
    open_user: String,
    settings: Settings,
    /// Samples of one prompt in one request.
    together: usize,
    /// Made on first use: a run that is rebuilt from its ledger needs neither servers nor keys.
    client: OnceLock<Client>,
    /// Whether the ledger was asked for earlier replies.
    looked: Once,
    runtime: Arc<Runtime>,
}

impl Server {
    /// Nothing is looked up or sent yet.
    pub(crate) fn new(name: &str, server: &config::Server, runtime: Arc<Runtime>) -> Self {
        let settings = server.settings.clone();
        let identity = blake3::hash(settings.identity().as_bytes()).to_hex();
        let open_user = server.open_user.clone();
        Self {
            name: name.to_owned(),
            id: format!("{}@{}", settings.model, &identity[..16]),
            prompts: server.prompts,
            open_user: open_user.unwrap_or_else(caco_model::open_user_prompt),
            settings,
            together: server.samples_per_call.max(1) as usize,
            client: OnceLock::new(),
            looked: Once::new(),
            runtime,
        }
    }

    /// The client, with addresses and keys from the environment. Nothing is sent yet.
    pub(crate) fn client(&self) -> Result<&Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = self.make(self.settings.clone(), &crate::models::environment)?;
        Ok(self.client.get_or_init(|| client))
    }

    /// A client for bodies alone, which needs no address and no key.
    fn scribe(&self) -> Result<Client, Error> {
        let settings = Settings {
            base_url: vec!["http://127.0.0.1/v1".into()],
            api_key_env: None,
            headers: std::collections::BTreeMap::new(),
            ..self.settings.clone()
        };
        self.make(settings, &|_| None)
    }

    fn make(
        &self,
        settings: Settings,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Client, Error> {
        let _inside = self.runtime.enter();
        Client::new(&self.name, settings, env).map_err(|wrong| Error::Model {
            name: self.name.clone(),
            message: format!("`models.{}.{}`: {}", self.name, wrong.key, wrong.message),
            hint: wrong.hint,
        })
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    fn request(&self, ask: &Ask, sampling: &Sampling, n: usize) -> Request {
        let message = || Message {
            role: Role::User,
            content: ask.prompt.clone(),
        };
        let input = match ask.form {
            Form::Chat | Form::Verdict => Input::Chat(vec![message()]),
            Form::Raw => Input::Raw(ask.prompt.clone()),
            Form::Embed => Input::Embed(ask.prompt.clone()),
        };
        // The decimal that was written, not its neighbour in twice the precision.
        let exact = |value: f32| value.to_string().parse().unwrap_or(f64::from(value));
        let params = Params {
            temperature: exact(sampling.temperature),
            top_p: exact(sampling.top_p),
            top_k: (sampling.top_k > 0).then(|| u32::try_from(sampling.top_k).unwrap_or(u32::MAX)),
            min_p: sampling.min_p.map(exact),
            max_tokens: u32::try_from(sampling.most_tokens()).unwrap_or(u32::MAX),
            stop: sampling.stop.clone(),
            n: u32::try_from(n).unwrap_or(u32::MAX),
            response_format: (ask.form == Form::Verdict).then(verdict_format),
        };
        Request {
            input,
            params,
            seed: Some(ask.seed),
        }
    }

    /// The replies of one request. The server counts their tokens together: the prompt's go to the first, and the others are
    /// shared out evenly.
    fn answers(&self, reply: Reply) -> Vec<Answer> {
        let count = reply.more.len() as u32 + 1;
        let price = self.settings.price.as_ref();
        let counted = reply.prompt_tokens > 0 || reply.completion_tokens > 0;
        let (each, rest) = (
            reply.completion_tokens / count,
            reply.completion_tokens % count,
        );
        let price = price.filter(|_| counted);
        let cost = |prompt: u32, cached: u32, completion: u32| {
            price.map(|price| price.of(prompt.into(), cached.into(), completion.into()))
        };
        let further = reply.more.into_iter().map(|own| Answer {
            finish: finish(&own.finish).to_owned(),
            text: own.text,
            reasoning: own.reasoning,
            prompt_tokens: 0,
            completion_tokens: each,
            logprob: own.logprob,
            attempts: reply.attempts,
            cost: cost(0, 0, each),
        });
        let further: Vec<Answer> = further.collect();
        let first = Answer {
            finish: finish(&reply.finish).to_owned(),
            text: reply.text,
            reasoning: reply.reasoning,
            prompt_tokens: reply.prompt_tokens,
            completion_tokens: each + rest,
            logprob: reply.logprob,
            attempts: reply.attempts,
            cost: cost(reply.prompt_tokens, reply.cached_tokens, each + rest),
        };
        std::iter::once(first).chain(further).collect()
    }

    /// One request for questions that differ in nothing but their seeds: a place among those in flight, the budget, the
    /// replies, and the place again when the last of them is safe.
    async fn call(
        &self,
        client: &Client,
        questions: Range<usize>,
        asks: &[Ask],
        sampling: &Sampling,
        listener: &dyn Listener,
    ) -> Result<(), Error> {
        let permit = client.permit().await;
        let permit = permit.map_err(|failure| self.error(failure))?;
        // The budget may have room for some of them.
        let mut refused = None;
        let mut end = questions.start;
        while end < questions.end && refused.is_none() {
            match listener.sent(end) {
                Ok(()) => end += 1,
                Err(error) => refused = Some(error),
            }
        }
        let questions = questions.start..end;
        if let (true, Some(error)) = (questions.is_empty(), refused.take()) {
            return Err(error);
        }
        let request = self.request(&asks[questions.start], sampling, questions.len());
        let own = |finish: &str, text: String, attempts: u32| Answer {
            text,
            finish: finish.to_owned(),
            attempts,
            ..Answer::default()
        };
        let all = |answer: Answer| -> Result<(), Error> {
            questions
                .clone()
                .try_for_each(|n| listener.reply(n, answer.clone(), Box::new(())))
        };
        match client.ask_with(permit, &request).await {
            Ok(answered) => {
                let permit = Arc::new(answered.permit);
                let mut answers = self.answers(answered.reply).into_iter();
                let mut unanswered = questions.end..questions.end;
                for n in questions {
                    match answers.next() {
                        Some(answer) => listener.reply(n, answer, Box::new(Arc::clone(&permit)))?,
                        None => {
                            unanswered.start = unanswered.start.min(n);
                            listener.gone(n);
                        }
                    }
                }
                drop(permit);
                // A server that sends fewer than were asked for is asked for the others one by one.
                for n in unanswered {
                    Box::pin(self.call(client, n..n + 1, asks, sampling, listener)).await?;
                }
            }
            Err(Failure::NoReply {
                attempts, message, ..
            }) => all(own(
                FINISH_NO_REPLY,
                without_addresses(client, &message),
                attempts,
            ))?,
            Err(Failure::Refused { message }) => {
                all(own(FINISH_REFUSED, without_addresses(client, &message), 1))?;
            }
            Err(failure) => {
                questions.for_each(|n| listener.gone(n));
                return Err(self.error(failure));
            }
        }
        refused.map_or(Ok(()), Err)
    }

    /// Questions that go together: neighbours with the same prompt, at most so many.
    fn groups(&self, asks: &[Ask]) -> Vec<Range<usize>> {
        let mut groups: Vec<Range<usize>> = Vec::new();
        for (n, ask) in asks.iter().enumerate() {
            match groups.last_mut() {
                Some(last)
                    if last.len() < self.together
                        && asks[last.start].form == ask.form
                        && asks[last.start].prompt == ask.prompt =>
                {
                    last.end = n + 1;
                }
                _ => groups.push(n..n + 1),
            }
        }
        groups
    }

    fn error(&self, failure: Failure) -> Error {
        match failure {
            Failure::Cancelled => Error::Interrupted,
            Failure::Fatal { message, hint, .. } => {
                let prefix = format!("model {}: ", self.name);
                let message = message
                    .strip_prefix(&prefix)
                    .map_or(message.clone(), str::to_owned);
                Error::Model {
                    name: self.name.clone(),
                    message,
                    hint,
                }
            }
            other => Error::Model {
                name: self.name.clone(),
                message: other.to_string(),
                hint: "`caco doctor CONFIG` asks the servers what they say of themselves".into(),
            },
        }
    }

    async fn all(
        &self,
        client: &Client,
        asks: &[Ask],
        sampling: &Sampling,
        listener: &dyn Listener,
        stop: &AtomicBool,
    ) -> Result<(), Error> {
        let mut calls: FuturesUnordered<_> = self
            .groups(asks)
            .into_iter()
            .map(|questions| self.call(client, questions, asks, sampling, listener))
            .collect();
        let mut tick = tokio::time::interval(TICK);
        let mut failure: Option<Error> = None;
        let mut until: Option<Instant> = None;
        loop {
            let news = tokio::select! {
                ended = calls.next() => match ended {
                    None => break,
                    Some(result) => result.err(),
                },
                _ = tick.tick() => {
                    listener.state(&self.state(client));
                    if until.is_some_and(|until| Instant::now() > until) {
                        break;
                    }
                    let over = stop.load(Ordering::Relaxed) || listener.over();
                    (failure.is_none() && over).then_some(Error::Interrupted)
                }
            };
            if let Some(news) = news {
                // Nothing more is sent; what was sent is waited for.
                client.close();
                until.get_or_insert_with(|| Instant::now() + GRACE);
                failure = Some(match failure {
                    None => news,
                    Some(first) => first.or(news),
                });
            }
        }
        listener.state(&self.state(client));
        failure.map_or(Ok(()), Err)
    }

    fn state(&self, client: &Client) -> CallState {
        let now = client.snapshot();
        CallState {
            model: self.name.clone(),
            in_flight: now.in_flight as u64,
            limit: now.limit as u64,
            sick: now.replicas.iter().filter(|own| !own.healthy).count() as u64,
            sent: now.sent,
            retried: now.retried.values().sum(),
            currency: self
                .settings
                .price
                .as_ref()
                .map(|price| price.currency.clone()),
        }
    }
}

/// A message that goes into a row: which replica it came from must not show there.
fn without_addresses(client: &Client, message: &str) -> String {
    let replicas = client.snapshot().replicas;
    replicas.iter().fold(message.to_owned(), |text, replica| {
        text.replace(&format!("{}: ", replica.url), "")
    })
}

/// What a judge's reply looks like, for servers that hold a model to a schema.
fn verdict_format() -> Value {
    json!({
        "type": "json_schema",
        "json_schema": {
            "name": "verdict",
            "strict": true,
            "schema": {
                "type": "object",
                "properties": {
                    "reason": {"type": "string"},
                    "verdict": {"type": "string", "enum": ["yes", "no"]},
                },
                "required": ["reason", "verdict"],
                "additionalProperties": false,
            },
        },
    })
}

fn finish(finish: &Finish) -> &str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => FINISH_LENGTH,
        Finish::ContextOverflow => FINISH_TOO_LONG,
        Finish::ContentFilter => FINISH_FILTERED,
        Finish::Other(word) => word,
    }
}

impl Generator for Server {
    fn id(&self) -> &str {
        &self.id
    }

    fn chat(&self, user: &str) -> Result<(Form, String), Error> {
        Ok((Form::Chat, user.to_owned()))
    }

    fn open_user(&self) -> String {
        self.open_user.clone()
    }

    fn prompts(&self) -> PromptSet {
        self.prompts
    }

    fn paid(&self) -> bool {
        true
    }

    fn width(&self) -> usize {
        self.settings.max_in_flight * self.settings.base_url.len().max(1) * self.together
    }

    fn generate(
        &self,
        asks: &[Ask],
        sampling: &Sampling,
        listener: &dyn Listener,
        stop: &AtomicBool,
    ) -> Result<(), Error> {
        let client = self.client()?;
        // Asked once: it may read the whole ledger, and from then on the client's own calls show it.
        self.looked.call_once(|| {
            if listener.has_replies(&self.id) {
                client.has_succeeded_before();
            }
        });
        self.runtime
            .block_on(self.all(client, asks, sampling, listener, stop))
    }

    fn body(&self, ask: &Ask, sampling: &Sampling) -> Result<(&'static str, Value), Error> {
        Ok(self.scribe()?.body(&self.request(ask, sampling, 1)))
    }

    fn read(&self, status: u16, body: &[u8]) -> Result<Answer, String> {
        let scribe = self.scribe().map_err(|error| error.to_string())?;
        match scribe.read_body(status, body) {
            Ok(reply) => {
                let first = self.answers(reply).into_iter().next();
                first.ok_or_else(|| "there is no reply in it".into())
            }
            // Asked again it would be refused again: the row's fate.
            Err(trouble) if trouble.class == Class::InvalidRequest => Ok(Answer {
                text: trouble.message,
                finish: FINISH_REFUSED.into(),
                attempts: 1,
                ..Answer::default()
            }),
            Err(trouble) => Err(trouble.to_string()),
        }
    }
}
