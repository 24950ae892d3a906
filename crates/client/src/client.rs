//! Asking: waiting for a slot, sending, and trying again.

use crate::body::{Body, Path};
use crate::course::Course;
use crate::exchange::{Exchanged, exchange};
use crate::failure::{Class, Trouble};
use crate::pace::Pace;
use crate::pool::{Permit, Pool};
use crate::secret::Scrubber;
use crate::start::{self, Address};
use crate::tally::{ReplicaState, Snapshot, Tally};
use crate::{Failure, Reply, Request, Settings, Tuning, Wrong, reply, waits};
use bytes::Bytes;
use serde_json::Value;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// A client for one model, on one or several replicas. Clones share everything. Must be used inside a tokio runtime.
#[derive(Clone, Debug)]
pub struct Client(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub name: String,
    pub settings: Settings,
    pub addresses: Vec<Address>,
    pub http: reqwest::Client,
    pub secrets: Scrubber,
    pool: Arc<Pool>,
    pace: Mutex<Pace>,
    course: Course,
    tally: Tally,
    dice: AtomicU64,
}

/// A reply, and the slot that its call holds until the permit is dropped.
#[derive(Debug)]
pub struct Answered {
    /// What came back.
    pub reply: Reply,
    /// Drop it once the reply is where it cannot be lost.
    pub permit: Permit,
}

impl Client {
    /// Makes a client. `name` is what the configuration calls the model; `env` looks up environment variables, as
    /// `&|name| std::env::var(name).ok()`. Nothing is sent yet.
    ///
    /// # Errors
    /// As [`Settings::check`], and where the environment lacks what the settings name.
    pub fn new(
        name: &str,
        settings: Settings,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Wrong> {
        Self::with(name, settings, env, Tuning::default())
    }

    /// As [`new`](Self::new), with other waits.
    ///
    /// # Errors
    /// As `new`.
    pub fn with(
        name: &str,
        settings: Settings,
        env: &dyn Fn(&str) -> Option<String>,
        tuning: Tuning,
    ) -> Result<Self, Wrong> {
        settings.check()?;
        let addresses = start::addresses(&settings, env)?;
        let (headers, secrets) = start::headers(&settings, env)?;
        let http = start::http(&settings, &addresses, headers, env)?;
        Ok(Self(Arc::new(Inner {
            name: name.to_owned(),
            pace: Mutex::new(Pace::new(&settings, tuning.clock.now())),
            pool: Pool::new(addresses.len(), settings.max_in_flight, tuning),
            course: Course::new(),
            tally: Tally::default(),
            dice: AtomicU64::new(RandomState::new().hash_one(name)),
            settings,
            addresses,
            http,
            secrets,
        })))
    }

    /// What the client was made from.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Waits for a slot, asks, and tries again for as long as that can succeed. Dropping the future gives up the slot and
    /// closes the connection, on which servers stop working.
    ///
    /// # Errors
    /// See [`Failure`]. A row's own outcomes, as a prompt that is too long, are replies.
    pub async fn ask(&self, request: &Request) -> Result<Answered, Failure> {
        let _asking = self.0.course.ask();
        let permit = self.slot(false).await?;
        self.attempts(permit, request).await
    }

    /// Waits for a slot and takes it: for callers that make a request only once it can be sent.
    ///
    /// # Errors
    /// [`Failure::Fatal`] and [`Failure::Cancelled`].
    pub async fn permit(&self) -> Result<Permit, Failure> {
        let _asking = self.0.course.ask();
        self.slot(false).await
    }

    /// As [`ask`](Self::ask), with a slot that was taken before.
    ///
    /// # Errors
    /// As `ask`.
    pub async fn ask_with(&self, permit: Permit, request: &Request) -> Result<Answered, Failure> {
        let _asking = self.0.course.ask();
        self.attempts(permit, request).await
    }

    /// The state of the client.
    pub fn snapshot(&self) -> Snapshot {
        let inner = &self.0;
        let replicas = inner.addresses.iter().zip(inner.pool.standings());
        let replicas = replicas.map(|(address, standing)| ReplicaState {
            url: address.base.clone(),
            healthy: standing.healthy,
            in_flight: standing.in_flight,
            limit: standing.limit,
        });
        inner
            .tally
            .snapshot(replicas.collect(), inner.settings.price.as_ref())
    }

    /// Lets calls that were sent come to their end, and ends all others, now and later, with [`Failure::Cancelled`].
    pub fn close(&self) {
        self.end(Failure::Cancelled);
    }

    /// Says that calls of this model have succeeded before, in another process: a request that is refused is then its own
    /// fault, also where no other one is left to show that.
    pub fn has_succeeded_before(&self) {
        self.0.course.succeeded_before();
    }

    /// Whether any replica lists its models.
    async fn is_there(&self) -> bool {
        for replica in 0..self.0.addresses.len() {
            if self.models_of(replica).await.is_ok() {
                return true;
            }
        }
        false
    }

    /// The path, from the server's root, and the body that a request is sent as: a line of a batch file.
    pub fn body(&self, request: &Request) -> (&'static str, Value) {
        let settings = &self.0.settings;
        let body = Body { settings, request };
        // Every part of a body is a value of JSON.
        let value = serde_json::to_value(&body).unwrap_or_default();
        (Path::of(settings, request).batch_path(), value)
    }

    /// Reads the body of an answer, as one from a batch's results.
    ///
    /// # Errors
    /// What the answer says instead of a reply.
    pub fn read_body(&self, status: u16, body: &[u8]) -> Result<Reply, Trouble> {
        reply::read(status, body, &self.0.secrets)
    }

    async fn slot(&self, again: bool) -> Result<Permit, Failure> {
        if let Some(failure) = self.0.course.ended() {
            return Err(failure);
        }
        let permit = self.0.pool.acquire(again).await;
        permit.ok_or_else(|| self.0.course.ended().unwrap_or(Failure::Cancelled))
    }

    async fn attempts(&self, mut permit: Permit, request: &Request) -> Result<Answered, Failure> {
        let inner = &*self.0;
        let clock = &inner.pool.tuning.clock;
        let body = Body {
            settings: &inner.settings,
            request,
        };
        let estimate = (body.prompt_chars() / 4) as f64
            + f64::from(request.params.max_tokens) * f64::from(request.params.n.max(1));
        let bytes = Bytes::from(body.bytes());
        let path = Path::of(&inner.settings, request);
        let first = clock.now();
        let mut attempts = 0;
        loop {
            inner.pace(estimate, clock.now()).await?;
            if let Some(failure) = inner.course.ended() {
                return Err(failure);
            }
            attempts += 1;
            let sent = clock.now();
            let (read, asked) = inner.send(permit.replica(), path, bytes.clone()).await;
            let asked =
                asked.map(|wait| wait.min(Duration::from_secs_f64(inner.settings.give_up_seconds)));
            if let Some(wait) = asked.filter(|wait| !wait.is_zero()) {
                inner.pool.pause(&permit, wait);
            }
            let trouble = match read {
                Ok(reply) => {
                    inner.pool.succeeded(&permit);
                    inner.course.succeeded(clock.now());
                    inner.tally.succeeded(&reply);
                    inner.correct_pace(estimate, &reply);
                    let reply = Reply { attempts, ..reply };
                    return Ok(Answered { reply, permit });
                }
                Err(trouble) => trouble,
            };
            let class = trouble.class;
            inner
                .pool
                .failed(&permit, sent, trouble.crowded, class.is_sickness());
            let replica = permit.replica();
            drop(permit);
            if !class.can_succeed() {
                return Err(self.final_failure(replica, trouble).await);
            }
            inner.tally.retried(class);
            let failing = inner.course.failed(clock.now());
            if failing.as_secs_f64() >= inner.settings.give_up_seconds {
                // What the server answers otherwise it may still fail at: the last row of a run, on which it breaks.
                let own = matches!(class, Class::Timeout | Class::Overload | Class::Malformed);
                if own && inner.course.ever_succeeded() && self.is_there().await {
                    return Err(Failure::NoReply {
                        class,
                        attempts,
                        message: trouble.message,
                    });
                }
                return Err(self.give_up(trouble, failing));
            }
            if attempts >= inner.settings.attempts && inner.course.succeeded_since(first) {
                return Err(Failure::NoReply {
                    class,
                    attempts,
                    message: trouble.message,
                });
            }
            let wait = inner.jittered(attempts).max(asked.unwrap_or_default());
            inner.wait_until(clock.now() + wait).await?;
            permit = self.slot(true).await?;
        }
    }

    pub(crate) fn end(&self, failure: Failure) -> Failure {
        let failure = self.0.course.end(failure);
        self.0.pool.close();
        failure
    }
}

impl Inner {
    /// One attempt, and how long the server then asks to be left alone.
    async fn send(
        &self,
        replica: usize,
        path: Path,
        body: Bytes,
    ) -> (Result<Reply, Trouble>, Option<Duration>) {
        let Some(address) = self.addresses.get(replica) else {
            return (
                Err(Trouble::new(Class::Connection, "there is no such replica")),
                None,
            );
        };
        let url = match path {
            Path::Chat => address.chat.clone(),
            Path::Completions => address.completions.clone(),
            Path::Embeddings => address.embeddings.clone(),
        };
        self.tally.sent.fetch_add(1, Relaxed);
        let deadline = Duration::from_secs_f64(self.settings.deadline_seconds);
        let request = self.http.post(url).body(body);
        let (read, asked) = match exchange(request, deadline).await {
            Ok(Exchanged {
                status,
                headers,
                body,
            }) => {
                let asked = waits::asked(&headers, SystemTime::now());
                (reply::read(status, &body, &self.secrets), asked)
            }
            Err(trouble) => (Err(trouble), None),
        };
        let read = read.map_err(|trouble| {
            let message = format!("{}: {}", address.base, trouble.message);
            reply::scrubbed(Trouble { message, ..trouble }, &self.secrets)
        });
        (read, asked)
    }

    /// A wait before another attempt: any length up to one that doubles each time, so that calls that failed together do
    /// not come back together.
    fn jittered(&self, failures: u32) -> Duration {
        let drawn = self.dice.fetch_add(0x9E37_79B9_7F4A_7C15, Relaxed);
        // The finalizer of SplitMix64.
        let mixed = (drawn ^ (drawn >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let share = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        self.pool.tuning.backoff(failures).mul_f64(share)
    }

    async fn wait_until(&self, end: Instant) -> Result<(), Failure> {
        tokio::select! {
            biased;
            failure = self.course.wait_for_end() => Err(failure),
            () = self.pool.tuning.clock.sleep_until(end) => Ok(()),
        }
    }

    async fn pace(&self, estimate: f64, now: Instant) -> Result<(), Failure> {
        let wait = {
            let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
            if pace.is_free() {
                return Ok(());
            }
            pace.take(estimate, now)
        };
        match wait.is_zero() {
            true => Ok(()),
            false => self.wait_until(now + wait).await,
        }
    }

    fn correct_pace(&self, estimate: f64, reply: &Reply) {
        let counted = u64::from(reply.prompt_tokens) + u64::from(reply.completion_tokens);
        // Without a count the estimate is the best there is.
        if counted > 0 {
            let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
            pace.correct(estimate, counted as f64);
        }
    }

    /// Whether a refused request is to blame itself.
    pub async fn judge_refusal(&self) -> Result<(), Option<Failure>> {
        self.course.judge_refusal().await
    }
}
