//! A stand-in for the Hugging Face Hub's HTTP interface, as far as uploading a data set needs it: repositories, branches,
//! the question before an upload, LFS batches, storage, commits. It checks what it is sent (tokens, hashes, sizes, parts),
//! and storage refuses a token, as the real one does.

mod routes;
mod state;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use state::State;
pub use state::{HubFault, HubFile, HubOptions};

/// A Hub that runs until it is dropped.
pub struct Hub {
    address: SocketAddr,
    state: Arc<State>,
    runtime: Option<Runtime>,
}

impl Hub {
    /// Starts a Hub on a free port of the loopback.
    ///
    /// # Errors
    /// Where the machine gives no port or thread.
    pub fn start(options: HubOptions) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("hub-standin")
            .enable_all()
            .build()?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let state = Arc::new(State::new(format!("http://{address}"), options));
        let app = Arc::clone(&state);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let app = Arc::clone(&app);
                let service = service_fn(move |request| {
                    let app = Arc::clone(&app);
                    async move { routes::answer(&app, request).await }
                });
                tokio::spawn(async move {
                    // What ends a connection early is a fault that was asked for, or the client's.
                    let _ = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Ok(Self {
            address,
            state,
            runtime: Some(runtime),
        })
    }

    /// Its address, for `HF_ENDPOINT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next request whose line (`PUT /storage/...`) contains this text meets a fault; one for each call, in order.
    pub fn fault(&self, line: &str, fault: HubFault) {
        self.state.inner().faults.push((line.to_owned(), fault));
    }

    /// Makes a repository.
    pub fn make(&self, repository: &str, private: bool) {
        self.state.inner().make(repository, private);
    }

    /// The files of a branch, by their paths; none where there is no such repository or branch.
    #[must_use]
    pub fn files(&self, repository: &str, branch: &str) -> Option<Vec<(String, HubFile)>> {
        let inner = self.state.inner();
        let branch = inner.repositories.get(repository)?.branches.get(branch)?;
        let files = branch.files.iter();
        Some(
            files
                .map(|(path, file)| (path.clone(), file.clone()))
                .collect(),
        )
    }

    /// Whether a repository is private.
    #[must_use]
    pub fn is_private(&self, repository: &str) -> Option<bool> {
        Some(self.state.inner().repositories.get(repository)?.private)
    }

    /// How many commits a branch has, the first empty one included.
    #[must_use]
    pub fn commits(&self, repository: &str, branch: &str) -> usize {
        let inner = self.state.inner();
        let found = inner.repositories.get(repository);
        let found = found.and_then(|own| own.branches.get(branch));
        found.map_or(0, |branch| branch.commits)
    }

    /// The lines of the requests so far that contain a text, in the order in which they came.
    #[must_use]
    pub fn asked(&self, line: &str) -> Vec<String> {
        let inner = self.state.inner();
        let lines = inner.lines.iter().filter(|own| own.contains(line));
        lines.cloned().collect()
    }

    /// Waits until a request is held by [`HubFault::Hold`].
    pub fn wait_for_hold(&self) {
        let mut held = self.state.held.subscribe();
        if let Some(runtime) = &self.runtime {
            // The sender lives as long as this.
            let _ = runtime.block_on(held.wait_for(|held| *held > 0));
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl State {
    fn new(url: String, options: HubOptions) -> Self {
        Self {
            url,
            options,
            inner: Default::default(),
            held: watch::Sender::new(0),
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, state::Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
