//! An HTTP server for trainers: runs Python programs with the interface of ByteDance's `SandboxFusion`, so that whatever can
//! call that (verl's reward functions and tools, the `sandbox-fusion` client) can call this.
//!
//! | path | answer |
//! |---|---|
//! | `POST /run_code` | runs a program: `RunCodeRequest` in, `RunCodeResponse` out |
//! | `GET /v1/ping` | `"pong"` |
//! | `GET /` | a page that says what this is |
//! | `GET /health` | 200 while ready, 503 while draining, with the load as JSON |
//! | `GET /metrics` | counters in Prometheus' text format |
//!
//! `language` is `python`; another one of the interface's languages, and any `files` or `fetch_files`, give `SandboxError`.
//! `run_timeout` and `memory_limit_MB` are cut to the server's own limits; `compile_timeout` has no effect.
//!
//! | status | when |
//! |---|---|
//! | 200 | the program ran, whatever came of it, or the sandbox could not run it (`SandboxError`) |
//! | 401 | no token or a wrong one (`/run_code` and `/metrics`) |
//! | 408, 413, 422 | the body is too slow, too large, or malformed |
//! | 429 | the queue is full; with [`WhenFull::GatewayTimeout`] it is 504 |
//! | 503 | the server is shutting down |
//! | 504 | the program's turn did not come in time |
//!
//! verl tries again after 504 only, three times in all, and counts every other status as a failed sample.
//!
//! The server writes no log, so neither programs nor tokens are in one. It speaks plain HTTP/1.1: across machines put it
//! behind something that speaks TLS.

mod answer;
mod auth;
mod config;
mod fault;
mod gate;
mod metrics;
mod reply;
mod request;
mod routes;

pub use auth::Token;
pub use config::{ServeConfig, WhenFull};

use crate::{Error, Limits, Outcome, Program, Result, Sandbox};
use gate::Gate;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics::Metrics;
use routes::App;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// What runs the programs.
pub trait Executor: Send + Sync + 'static {
    /// Runs one program as a script (its stdout is the result), with `stdin`. Dropping the future cancels it.
    fn run(
        &self,
        program: Program,
        limits: Limits,
    ) -> Pin<Box<dyn Future<Output = Result<Outcome>> + Send + '_>>;
}

impl Executor for Sandbox {
    fn run(
        &self,
        program: Program,
        limits: Limits,
    ) -> Pin<Box<dyn Future<Output = Result<Outcome>> + Send + '_>> {
        Box::pin(async move { self.submit(program, limits)?.await })
    }
}

/// What a server did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Programs that came to their end.
    pub programs: u64,
    /// Programs that ran or waited when the drain's deadline came, and were cancelled.
    pub cut_short: usize,
}

/// How long the last answers may take to leave, once no program runs any more.
const LINGER: Duration = Duration::from_secs(5);

/// Serves until `shutdown` is over and the drain that follows: from then on programs are turned down with 503 and
/// `/health` says so, while those that were taken go on for at most [`ServeConfig::drain_seconds`]; what runs then is
/// cancelled, its clients get 503, and every connection is closed. Dropping the future cancels all at once.
///
/// # Errors
/// [`Error::Setting`] for a setting out of range, [`Error::Exposed`] where `listener` lets other machines run programs
/// without a token. Once it serves, nothing that a client does is an error.
pub async fn serve(
    executor: Arc<dyn Executor>,
    config: ServeConfig,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Served> {
    config.check()?;
    let address = listener.local_addr();
    let address = address.map_err(Error::system("read the address that it listens on"))?;
    config.check_exposure(address)?;
    let free = Arc::new(Semaphore::new(config.connections));
    let app = Arc::new(App {
        gate: Gate::new(config.in_flight, config.queue),
        metrics: Metrics::default(),
        executor,
        config,
    });
    let close = watch::Sender::new(false);
    let mut connections = JoinSet::new();
    let mut end = pin!(async {
        shutdown.await;
        app.gate.drain(app.config.drain()).await
    });
    let cut_short = loop {
        tokio::select! {
            cut_short = &mut end => break cut_short,
            (stream, permit) = accept(&listener, &free) => {
                let served = connection(stream, Arc::clone(&app), close.subscribe());
                connections.spawn(async move {
                    served.await;
                    drop(permit);
                });
            }
            Some(_) = connections.join_next() => {}
        }
    };
    drop(listener);
    close.send_replace(true);
    let all = async { while connections.join_next().await.is_some() {} };
    // Whoever does not read its answer by then does not get it.
    let _ = timeout(LINGER, all).await;
    connections.shutdown().await;
    Ok(Served {
        programs: app.metrics.programs(),
        cut_short,
    })
}

/// The next connection, once there is room for it. Waits a little where the machine has no descriptor left.
async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    let permit = Arc::clone(free).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Serves one connection until its client closes it, it is idle for too long, or `close` is set and its last answer is out.
async fn connection(stream: TcpStream, app: Arc<App>, mut close: watch::Receiver<bool>) {
    // Without it an answer may wait for the client's acknowledgement; where it cannot be set, that is all that happens.
    let _ = stream.set_nodelay(true);
    let idle = app.config.idle();
    let service = service_fn(move |request| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Infallible>(app.answer(request).await) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(idle);
    let mut served = pin!(server.serve_connection(TokioIo::new(stream), service));
    // An error of a connection is its client's: there is no one to tell.
    tokio::select! {
        _ = served.as_mut() => return,
        _ = close.wait_for(|close| *close) => served.as_mut().graceful_shutdown(),
    }
    let _ = served.await;
}
