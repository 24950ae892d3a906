//! Uploading a data set to the Hugging Face Hub.
//!
//! [`push`] makes the repository where it is missing, asks which files it has already, sends large ones by the Git LFS
//! protocol (batch, then basic or multipart uploads) and records everything in one commit. Nothing of a push is kept on this
//! machine: what the Hub has decides what is left to do, so a push that was killed goes on when it is made again.
//!
//! The interface is the one that the Python package `huggingface_hub` uses (its `_commit_api.py`, `lfs.py`, `hf_api.py`). The
//! crate `hf-hub` 1.0 uploads large files by Xet alone, falls back to sending them inside the commit, and brings some 180 more
//! crates, one of which needs CMake; this is a thin client over the HTTP client that the project has.

mod api;
mod body;
mod commit;
mod error;
mod lfs;
mod local;
mod push;
mod session;
mod settings;

pub use error::{Error, Kind};
pub use local::Upload;
pub use push::{Push, Pushed, push};
pub use session::Told;
pub use settings::{Repository, Settings};
