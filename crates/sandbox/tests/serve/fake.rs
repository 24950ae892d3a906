//! An executor that does what a test says, and the server around it.

use caco_sandbox::serve::{Executor, ServeConfig, Served, serve};
use caco_sandbox::{Error, Limits, Outcome, Program, Result, Status, Tier};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// An outcome as the core makes it, of a program that printed `42`.
pub fn outcome(status: Status) -> Outcome {
    Outcome {
        stdout: "42
"
        .into(),
        tier: Some(Tier::Own),
        wall_ms: 12.5,
        ..Outcome::bare(status, None, None)
    }
}

/// Answers at once.
pub struct Instant(pub fn(&Program, Limits) -> Result<Outcome>);

impl Executor for Instant {
    fn run(
        &self,
        program: Program,
        limits: Limits,
    ) -> Pin<Box<dyn Future<Output = Result<Outcome>> + Send + '_>> {
        Box::pin(async move { (self.0)(&program, limits) })
    }
}

/// Hands every program to the test, which answers it.
pub struct Manual(mpsc::UnboundedSender<Call>);

/// A program that runs. `answer.closed()` is over when the server has cancelled it.
pub struct Call {
    pub program: Program,
    pub answer: oneshot::Sender<Result<Outcome>>,
}

impl Manual {
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Call>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }
}

impl Executor for Manual {
    fn run(
        &self,
        program: Program,
        _: Limits,
    ) -> Pin<Box<dyn Future<Output = Result<Outcome>> + Send + '_>> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Call { program, answer }).unwrap();
        Box::pin(async move { answered.await.unwrap_or(Err(Error::Interrupted)) })
    }
}

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    pub stop: oneshot::Sender<()>,
    pub done: JoinHandle<Result<Served>>,
}

impl Server {
    pub async fn start(executor: impl Executor, config: ServeConfig) -> Self {
        let listener = config.bind().unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async { drop(stopped.await) };
        let done = tokio::spawn(serve(Arc::new(executor), config, listener, shutdown));
        Self {
            address,
            stop,
            done,
        }
    }

    pub async fn stop(self) -> Served {
        self.stop.send(()).unwrap();
        self.done.await.unwrap().unwrap()
    }
}

/// Any free port.
pub fn config() -> ServeConfig {
    ServeConfig {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..ServeConfig::default()
    }
}
