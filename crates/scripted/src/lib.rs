//! A scripted server with `OpenAI`'s interface, for tests and benchmarks. It listens on the loopback alone.
//!
//! What it replies follows from what is asked, by a [`Script`]. What goes wrong on the way follows from a seed, the body of
//! the request and how often that body came before, by [`Faults`]: the order in which requests arrive decides nothing.
//! Answers have the shape of vLLM's.
//!
//! | path | answer |
//! |---|---|
//! | `POST /v1/chat/completions`, `POST /v1/completions` | what the script says, `n` times |
//! | `POST /v1/embeddings` | a vector with a place for each letter of the alphabet: how often the text has it |
//! | `GET /v1/models` | the models of the [`Options`] |
//! | `GET /health` | 200, empty |
//! | `GET /stats` | the [`Counts`] as JSON |
//!
//! Beside it stands a stand-in for the Hugging Face Hub, [`Hub`].
//!
//! ```
//! use caco_scripted::{Asked, Faults, Said, Server};
//! use std::sync::Arc;
//!
//! # fn main() -> std::io::Result<()> {
//! let script = |asked: &Asked| Said::text(format!("you said: {}", asked.prompt.last()));
//! let server = Server::start(Arc::new(script), Faults::none())?;
//! assert!(server.url().ends_with("/v1"));
//! # Ok(())
//! # }
//! ```

mod answer;
mod asked;
mod body;
mod counts;
mod faults;
mod hub;
mod routes;
mod said;
mod server;

pub use answer::answer;
pub use asked::{Asked, Prompt, Script};
pub use counts::{BodyCounts, Counts};
pub use faults::{Fault, Faults};
pub use hub::{Hub, HubFault, HubFile, HubOptions};
pub use said::{Said, Wording};
pub use server::{Options, Server};
