//! A client for model servers with `OpenAI`'s interface: vLLM, SGLang, llama.cpp's server, `OpenAI` and others.
//!
//! [`Client::ask`] takes a question to whichever replica is the least busy, tries again while that can succeed, and comes
//! back with a [`Reply`] or with a [`Failure`] that says whose failure it is: the row's, or the run's.
//!
//! * **Calls at a time.** Each replica has a limit that grows while calls succeed and shrinks when the replica says that it
//!   is too much. A reply comes with the [`Permit`] of its slot: a slot is free once the reply is where it cannot be lost.
//! * **Sick replicas** get no calls until a probe succeeds.
//! * **Attempts** wait for a random time that doubles, and for as long as the server asks.
//! * **Proxies** are those of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`; servers on the loopback need none.
//! * **Secrets** stay in the environment. No error, reply or `Debug` text has one, even where a server echoes it.
//!
//! | what happens | what comes of it |
//! |---|---|
//! | 429 | tried again, fewer calls at a time |
//! | 500, 502, 503, 529, ... | tried again; 503 and 529: fewer calls at a time |
//! | 408, 504, nothing within the deadline | tried again, fewer calls at a time |
//! | no connection, half an answer | tried again |
//! | an answer that is no completion | tried again |
//! | attempts used up while other calls succeed | [`Failure::NoReply`] |
//! | no call succeeds for [`Settings::give_up_seconds`] | [`Failure::Fatal`]; of a server that answered before and still lists its models, [`Failure::NoReply`] |
//! | 401, 403; 402 and 429 for want of credit; 404 | [`Failure::Fatal`] |
//! | 400, 413, 422: prompt too long, or filtered | a [`Reply`] with its [`Finish`] |
//! | 400, 413, 422 otherwise | [`Failure::Refused`], or `Fatal` where every request is refused |
//! | empty, cut | a [`Reply`] |
//!
//! ```no_run
//! use caco_client::{Client, Input, Message, Params, Request, Role, Settings};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings {
//!     base_url: vec!["http://localhost:8000/v1".to_owned()],
//!     model: "Qwen/Qwen2.5-7B-Instruct".to_owned(),
//!     ..Settings::default()
//! };
//! let client = Client::new("solver", settings, &|name| std::env::var(name).ok())?;
//! let question = Message { role: Role::User, content: "What is 6 times 7?".to_owned() };
//! let request = Request {
//!     input: Input::Chat(vec![question]),
//!     params: Params { temperature: 0.7, top_k: Some(20), ..Params::default() },
//!     seed: Some(1),
//! };
//! let answered = client.ask(&request).await?;
//! println!("{} ({})", answered.reply.text, answered.reply.finish.as_str());
//! drop(answered.permit);
//! # Ok(())
//! # }
//! ```

mod body;
mod check;
mod client;
mod course;
mod ends;
mod exchange;
mod failure;
mod limit;
mod models;
mod pace;
mod pool;
mod refusal;
mod replica;
mod reply;
mod request;
mod secret;
mod settings;
mod start;
mod tally;
pub mod think;
mod tuning;
mod waits;
mod wire;

pub use check::Wrong;
pub use client::{Answered, Client};
pub use failure::{Class, Failure, Trouble};
pub use models::{Health, ReplicaReport, ServedModel};
pub use pool::Permit;
pub use reply::{Finish, Further, Reply};
pub use request::{Input, Message, Params, Request, Role};
pub use secret::Secret;
pub use settings::{Endpoint, MaxTokensField, NoKey, Price, Settings};
pub use tally::{ReplicaState, Snapshot};
pub use tuning::{Clock, Tuning};
