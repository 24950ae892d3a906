//! Writing replies to many prompts at once.

mod decoder;
mod pick;
mod slots;

use crate::{Error, Model, Result};
use decoder::Decoder;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A prompt to continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Rendered prompt; the chat markers in it are special tokens.
    pub prompt: String,
    /// Seed of this reply.
    pub seed: u64,
}

/// How to sample. None of it but `threads` may change a reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0 takes the most likely token. Default 1.
    pub temperature: f32,
    /// Smallest set of most likely tokens with this probability is kept, 0 to 1. Default 1, which keeps all.
    pub top_p: f32,
    /// Number of most likely tokens kept. Default 0, which keeps all.
    pub top_k: usize,
    /// Longest reply in tokens; the model's context bounds it too. Default 256.
    pub max_tokens: usize,
    /// A reply ends before the first of these texts. Default none.
    pub stop: Vec<String>,
    /// Replies written side by side by one thread. Default 32.
    pub batch: usize,
    /// Threads; 0 takes one per core. Default 0.
    pub threads: usize,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_p: 1.0,
            top_k: 0,
            max_tokens: 256,
            stop: Vec::new(),
            batch: 32,
            threads: 0,
        }
    }
}

impl Sampling {
    /// Settings that always take the most likely token.
    #[must_use]
    pub fn greedy(max_tokens: usize) -> Self {
        Self {
            temperature: 0.0,
            max_tokens,
            ..Self::default()
        }
    }

    fn check(&self) -> Result<()> {
        let rules = [
            (
                "temperature",
                self.temperature.is_finite() && self.temperature >= 0.0,
                "must be at least 0",
            ),
            (
                "top_p",
                self.top_p > 0.0 && self.top_p <= 1.0,
                "must be above 0 and at most 1",
            ),
            ("max_tokens", self.max_tokens > 0, "must be at least 1"),
            ("batch", self.batch > 0, "must be at least 1"),
            (
                "stop",
                self.stop.iter().all(|text| !text.is_empty()),
                "an empty text would end every reply at once",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((name, _, message)) => Err(Error::config(name, message)),
            None => Ok(()),
        }
    }
}

/// Why a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// An end token or a stop text.
    Stop,
    /// `max_tokens` or the context.
    Length,
}

/// A reply to one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The text, without the end token and the stop text.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Tokens written, with the end token.
    pub completion_tokens: usize,
    /// Sum of the natural logarithms of the written tokens' probabilities at temperature 1 without cuts.
    pub logprob: f32,
}

/// A model prepared for sampling: weights copied into the order that multiplication likes.
pub struct Sampler<'m> {
    model: &'m Model,
    decoder: Decoder,
}

impl<'m> Sampler<'m> {
    /// Prepares a model.
    ///
    /// # Errors
    /// When the weights cannot be read from the model's device.
    pub fn new(model: &'m Model) -> Result<Self> {
        Ok(Self {
            model,
            decoder: Decoder::new(model.network())?,
        })
    }

    /// Writes a reply to each request, in the order of the requests.
    ///
    /// Requests are divided into groups by their position, and each group is written by one thread, so a reply depends
    /// on the model, the requests and the settings, not on `threads`. `progress` gets the replies finished and the
    /// tokens written so far; it is called from worker threads.
    ///
    /// # Errors
    /// When a setting is out of range, a prompt fills the context ([`Error::PromptTooLong`]), or `stop` was set
    /// ([`Error::Stopped`]).
    pub fn generate(
        &self,
        requests: &[Request],
        sampling: &Sampling,
        progress: &(dyn Fn(usize, usize) + Sync),
        stop: &AtomicBool,
    ) -> Result<Vec<Reply>> {
        sampling.check()?;
        let context = self.model.network().config().max_position_embeddings;
        let mut prompts = Vec::with_capacity(requests.len());
        for (index, request) in requests.iter().enumerate() {
            let tokens = self.model.tokenizer().encode_template(&request.prompt)?;
            if tokens.is_empty() {
                return Err(Error::config(
                    format!("request {index}"),
                    "the prompt is empty",
                ));
            }
            if tokens.len() >= context {
                return Err(Error::PromptTooLong {
                    index,
                    tokens: tokens.len(),
                    context,
                });
            }
            prompts.push(tokens);
        }
        let counter = Counter {
            done: AtomicUsize::new(0),
            tokens: AtomicUsize::new(0),
            progress,
            stop,
        };
        let size = group_size(requests.len(), sampling.batch);
        let groups: Vec<slots::Group<'_>> = requests
            .chunks(size)
            .zip(prompts.chunks(size))
            .map(|(requests, prompts)| slots::Group { requests, prompts })
            .collect();
        let results: Vec<Mutex<Option<Result<Vec<Reply>>>>> =
            groups.iter().map(|_| Mutex::new(None)).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some((group, result)) = {
                let i = next.fetch_add(1, Ordering::Relaxed);
                groups.get(i).zip(results.get(i))
            } {
                let replies = slots::write(
                    &self.decoder,
                    self.model.tokenizer(),
                    group,
                    sampling,
                    &counter,
                );
                *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(replies);
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if sampling.threads == 0 {
            cores
        } else {
            sampling.threads
        }
        .min(groups.len());
        let failed = std::thread::scope(|scope| -> Result<bool> {
            let mut handles = Vec::new();
            for _ in 0..threads {
                let pool = rayon::ThreadPoolBuilder::new()
                    .num_threads(1)
                    .build()
                    .map_err(|e| {
                        Error::config("threads", format!("a thread could not be started: {e}"))
                    })?;
                handles.push(scope.spawn(move || pool.install(work)));
            }
            // Every thread is joined, also after one has failed.
            let failures = handles
                .into_iter()
                .filter_map(|handle| handle.join().err())
                .count();
            Ok(failures > 0)
        })?;
        let mut replies = Vec::with_capacity(requests.len());
        for result in results {
            match result.into_inner().unwrap_or_else(PoisonError::into_inner) {
                Some(part) if !failed => replies.extend(part?),
                _ => return Err(Error::Worker("sampling")),
            }
        }
        Ok(replies)
    }
}

/// Requests in one group: enough to keep a batch full, few enough that small jobs still spread over threads.
fn group_size(requests: usize, batch: usize) -> usize {
    requests
        .div_ceil(8)
        .clamp(batch.div_ceil(4), 8 * batch)
        .max(1)
}

/// What all groups report to.
struct Counter<'a> {
    done: AtomicUsize,
    tokens: AtomicUsize,
    progress: &'a (dyn Fn(usize, usize) + Sync),
    stop: &'a AtomicBool,
}

impl Counter<'_> {
    fn add(&self, done: usize, tokens: usize) {
        let done = self.done.fetch_add(done, Ordering::Relaxed) + done;
        let tokens = self.tokens.fetch_add(tokens, Ordering::Relaxed) + tokens;
        (self.progress)(done, tokens);
    }
}
