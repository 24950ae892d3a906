//! Continuous batching of one group of requests: a finished reply makes room for the next prompt.

use super::decoder::{Cache, Decoder, Row};
use super::pick::Picker;
use super::{Counter, Finish, Reply, Request, Sampling};
use crate::{Error, Result, Tokenizer};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::atomic::Ordering;

/// Prompt tokens computed in one step, at most one prompt more; bounds memory when many long prompts start at once.
const PREFILL: usize = 512;

/// Requests written by one thread.
pub(super) struct Group<'a> {
    pub(super) requests: &'a [Request],
    pub(super) prompts: &'a [Vec<u32>],
}

/// A reply in the making.
struct Slot {
    request: usize,
    /// Tokens in the cache.
    position: usize,
    /// Tokens not in the cache yet: the prompt, later the last written token.
    pending: Vec<u32>,
    bytes: Vec<u8>,
    tokens: usize,
    logprob: f64,
    rng: ChaCha8Rng,
}

/// Writes all replies of a group.
pub(super) fn write(
    decoder: &Decoder,
    tokenizer: &Tokenizer,
    group: &Group<'_>,
    sampling: &Sampling,
    counter: &Counter<'_>,
) -> Result<Vec<Reply>> {
    let count = group.requests.len();
    let longest = group.prompts.iter().map(Vec::len).max().unwrap_or(0);
    let length = (longest + sampling.max_tokens).min(decoder.context());
    let mut slots: Vec<Option<Slot>> = (0..sampling.batch.min(count)).map(|_| None).collect();
    let mut cache: Cache = decoder.cache(slots.len(), length);
    let mut replies: Vec<Option<Reply>> = vec![None; count];
    let (mut next, mut picker, mut rows) = (0, Picker::default(), Vec::new());
    let longest_stop = sampling.stop.iter().map(String::len).max().unwrap_or(0);
    while next < count || slots.iter().any(Option::is_some) {
        if counter.stop.load(Ordering::Relaxed) {
            return Err(Error::Stopped);
        }
        let mut prefill = 0;
        for slot in &mut slots {
            if slot.is_none() && next < count && prefill < PREFILL {
                prefill += group.prompts[next].len();
                *slot = Some(Slot::new(
                    next,
                    &group.prompts[next],
                    group.requests[next].seed,
                ));
                next += 1;
            }
        }
        rows.clear();
        for (place, slot) in slots.iter().enumerate() {
            rows.extend(slot.iter().flat_map(|slot| slot.rows(place)));
        }
        let logits = decoder.step(&mut cache, &rows)?;
        let (mut finished, mut written) = (0, 0);
        let live = slots.iter_mut().filter(|slot| slot.is_some());
        for (place, logits) in live.zip(logits.chunks_exact(decoder.vocab())) {
            let Some(slot) = place.as_mut() else { continue };
            written += 1;
            let (token, logprob) = picker.pick(logits, sampling, &mut slot.rng);
            let Some(finish) = slot.take(
                token,
                logprob,
                tokenizer,
                sampling,
                longest_stop,
                decoder.context(),
            ) else {
                continue;
            };
            finished += 1;
            replies[slot.request] = Some(Reply {
                text: String::from_utf8_lossy(&slot.bytes).into_owned(),
                finish,
                prompt_tokens: group.prompts[slot.request].len(),
                completion_tokens: slot.tokens,
                logprob: slot.logprob as f32,
            });
            *place = None;
        }
        counter.add(finished, written);
    }
    replies
        .into_iter()
        .collect::<Option<_>>()
        .ok_or(Error::Worker("sampling"))
}

impl Slot {
    fn new(request: usize, prompt: &[u32], seed: u64) -> Self {
        Self {
            request,
            position: 0,
            pending: prompt.to_vec(),
            bytes: Vec::new(),
            tokens: 0,
            logprob: 0.0,
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// The rows that bring the cache up to date; the logits after the last are wanted.
    fn rows(&self, slot: usize) -> impl Iterator<Item = Row> + '_ {
        let last = self.pending.len() - 1;
        self.pending.iter().enumerate().map(move |(i, &token)| Row {
            slot,
            position: self.position + i,
            token,
            wanted: i == last,
        })
    }

    /// Takes the next token; says how the reply ended if it did.
    fn take(
        &mut self,
        token: u32,
        logprob: f32,
        tokenizer: &Tokenizer,
        sampling: &Sampling,
        longest_stop: usize,
        context: usize,
    ) -> Option<Finish> {
        self.position += self.pending.len();
        self.pending.clear();
        self.pending.push(token);
        self.tokens += 1;
        self.logprob += f64::from(logprob);
        if tokenizer.is_end(token) {
            return Some(Finish::Stop);
        }
        let fresh = tokenizer.token_bytes(token);
        self.bytes.extend_from_slice(fresh);
        if longest_stop > 0 {
            let from = self.bytes.len().saturating_sub(fresh.len() + longest_stop);
            let tail = &self.bytes[from..];
            let find = |stop: &String| {
                tail.windows(stop.len())
                    .position(|window| window == stop.as_bytes())
            };
            if let Some(at) = sampling.stop.iter().filter_map(find).min() {
                self.bytes.truncate(from + at);
                return Some(Finish::Stop);
            }
        }
        (self.tokens >= sampling.max_tokens || self.position >= context).then_some(Finish::Length)
    }
}
