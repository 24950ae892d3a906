//! A server in a thread of its own.

use crate::asked::Script;
use crate::counts::{BodyCounts, Counts};
use crate::faults::{Fault, Faults};
use crate::routes::App;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What a server is apart from its script and faults.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens, on the loopback. Default 0: any free port.
    pub port: u16,
    /// How many threads serve. 1 or more; default 1.
    pub threads: usize,
    /// How long each answer waits. Default: not at all.
    pub latency: Duration,
    /// What `/v1/models` lists. Default `scripted`.
    pub models: Vec<String>,
    /// The context that it claims for them, in tokens. Default 4096.
    pub max_model_len: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            threads: 1,
            latency: Duration::ZERO,
            models: vec!["scripted".to_owned()],
            max_model_len: 4096,
        }
    }
}

/// A server that runs until it is dropped.
pub struct Server {
    address: SocketAddr,
    app: Arc<App>,
    runtime: Option<Runtime>,
    /// Dropping it closes the listener and every connection.
    stop: Option<watch::Sender<()>>,
}

impl Server {
    /// Starts a server on a free port of the loopback.
    ///
    /// # Errors
    /// Where the machine gives no port or thread.
    pub fn start(script: Arc<dyn Script>, faults: Faults) -> io::Result<Self> {
        Self::with(script, faults, Options::default())
    }

    /// Starts a server with options.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn with(script: Arc<dyn Script>, faults: Faults, options: Options) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(options.threads.max(1))
            .thread_name("scripted")
            .enable_all()
            .build()?;
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        // A caller may be inside a runtime, where nothing may block on another one.
        let listener = std::net::TcpListener::bind(wanted)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let app = Arc::new(App {
            script,
            faults,
            options,
            ledger: Default::default(),
            always: Default::default(),
            next: Default::default(),
            open: watch::Sender::new(true),
            changed: watch::Sender::new(()),
        });
        let (stop, stopped) = watch::channel(());
        runtime.spawn(serve(listener, Arc::clone(&app), stopped));
        Ok(Self {
            address,
            app,
            runtime: Some(runtime),
            stop: Some(stop),
        })
    }

    /// The base URL of the interface, as `http://127.0.0.1:4000/v1`.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What it saw so far.
    pub fn counts(&self) -> Counts {
        self.app.ledger().counts.clone()
    }

    /// What became of each different body, in no order.
    pub fn bodies(&self) -> Vec<BodyCounts> {
        self.app.ledger().bodies.values().copied().collect()
    }

    /// From now on every question meets this fault, or none but those of the [`Faults`].
    pub fn always(&self, fault: Option<Fault>) {
        *self
            .app
            .always
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// The next questions meet these faults, one each in the order in which they arrive.
    pub fn next(&self, faults: &[Fault]) {
        let mut next = self.app.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.extend(faults);
    }

    /// From now on replies wait.
    pub fn hold(&self) {
        self.app.open.send_replace(false);
    }

    /// Lets all replies go.
    pub fn release(&self) {
        self.app.open.send_replace(true);
    }

    /// Waits until the counts are as wanted.
    pub async fn wait_for(&self, wanted: impl Fn(&Counts) -> bool) {
        let mut changed = self.app.changed.subscribe();
        while !wanted(&self.app.ledger().counts) {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(listener: TcpListener, app: Arc<App>, mut stopped: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // Its sender sends nothing: this is its end.
            _ = stopped.changed() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&app)));
                }
                // The machine has no descriptor left: connections that end give some back.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, app: Arc<App>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let app = Arc::clone(&app);
        async move { app.answer(request).await }
    });
    // What ends a connection early is a fault that was asked for, or the client's.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
