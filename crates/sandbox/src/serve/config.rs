//! Settings of the server.

use super::Token;
use crate::{Error, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};

/// What a request gets when the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenFull {
    /// 429 with `Retry-After`, as HTTP has it.
    #[default]
    TooManyRequests,
    /// 504, the one status that verl's client tries again; on every other one it gives the sample no reward.
    GatewayTimeout,
}

/// Settings of [`serve`](super::serve).
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// Where [`bind`](Self::bind) listens. Default: 127.0.0.1:8080, `SandboxFusion`'s port.
    pub address: SocketAddr,
    /// Who may run programs and read the metrics. Default: none, which only a loopback address allows.
    pub token: Option<Token>,
    /// Serve other machines without a token all the same. Default: false.
    pub allow_anonymous: bool,
    /// How many programs the executor has at once, from 1 to 65,536; the others wait in the server's queue. Some more than
    /// it runs at once, so that it never waits for the network and can run small ones together. Default: four times the
    /// machine's cores.
    pub in_flight: usize,
    /// How many requests may wait for their turn, from 0. Each may hold [`body_bytes`](Self::body_bytes). Default: 1,024.
    pub queue: usize,
    /// What a request gets when that many wait. Default: 429.
    pub when_full: WhenFull,
    /// How long a request waits for its turn, in seconds, before it gets 504. Default: 15: verl's client waits for
    /// `compile_timeout + run_timeout + 10` seconds, 30 with its defaults, of which the program may take `run_timeout`.
    pub queue_seconds: f64,
    /// Largest `run_timeout`, in seconds; a request that asks for more gets this. Default: 60.
    pub max_run_seconds: f64,
    /// Largest `memory_limit_MB`, in MiB, and what a request gets that asks for more or for no limit (-1, the interface's
    /// default). From 64. Default: 4,096, `SandboxFusion`'s fixed limit where it isolates.
    pub max_memory_mb: u64,
    /// Largest request body in bytes. Default: 8 MiB.
    pub body_bytes: usize,
    /// How long a connection may be idle between requests, take to send its headers, or its body, in seconds. Default: 60.
    pub idle_seconds: f64,
    /// How many connections are open at once; as many more wait for room. Default: 4,096.
    pub connections: usize,
    /// How long programs may go on after the shutdown began, in seconds. Default: 30.
    pub drain_seconds: f64,
    /// `executor_pod_name` of the answers (`SandboxFusion` takes it from `MY_POD_NAME`). Default: none.
    pub pod_name: Option<String>,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            token: None,
            allow_anonymous: false,
            in_flight: 4 * std::thread::available_parallelism().map_or(1, usize::from),
            queue: 1024,
            when_full: WhenFull::default(),
            queue_seconds: 15.0,
            max_run_seconds: 60.0,
            max_memory_mb: 4096,
            body_bytes: 8 << 20,
            idle_seconds: 60.0,
            connections: 4096,
            drain_seconds: 30.0,
            pod_name: None,
        }
    }
}

impl ServeConfig {
    /// Checks the settings and listens on [`address`](Self::address).
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting out of range, [`Error::Exposed`] where other machines could run programs without a
    /// token, [`Error::Bind`] where the address cannot be had.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as every socket of tokio.
    pub fn bind(&self) -> Result<TcpListener> {
        self.check()?;
        self.check_exposure(self.address)?;
        let address = self.address;
        let listen = || {
            let socket = match address {
                SocketAddr::V4(_) => TcpSocket::new_v4()?,
                SocketAddr::V6(_) => TcpSocket::new_v6()?,
            };
            // A server that follows another one need not wait until the old connections are forgotten.
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            // Trainers open many connections at once; one that finds no room tries again only after a second.
            socket.listen(u32::try_from(self.connections).unwrap_or(u32::MAX))
        };
        listen().map_err(|source| Error::Bind { address, source })
    }

    /// Errors with the setting's name and its allowed range.
    pub(super) fn check(&self) -> Result<()> {
        let day = 86_400.0;
        let rules = [
            (
                "in_flight",
                (1..=1 << 16).contains(&self.in_flight),
                "from 1 to 65536",
            ),
            ("queue", self.queue <= 1 << 20, "from 0 to 1048576"),
            (
                "queue_seconds",
                (0.0..=day).contains(&self.queue_seconds),
                "from 0 to 86400",
            ),
            (
                "max_run_seconds",
                self.max_run_seconds >= MIN_RUN_SECONDS && self.max_run_seconds <= day,
                "from 0.001 to 86400",
            ),
            (
                "max_memory_mb",
                (MIN_MEMORY_MB..=1 << 20).contains(&self.max_memory_mb),
                "from 64 to 1048576",
            ),
            (
                "body_bytes",
                (1024..=1 << 30).contains(&self.body_bytes),
                "from 1024 to 1073741824",
            ),
            (
                "idle_seconds",
                self.idle_seconds > 0.0 && self.idle_seconds <= day,
                "above 0 and at most 86400",
            ),
            (
                "connections",
                (1..=1 << 20).contains(&self.connections),
                "from 1 to 1048576",
            ),
            (
                "drain_seconds",
                (0.0..=day).contains(&self.drain_seconds),
                "from 0 to 86400",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            None => Ok(()),
            Some((key, _, range)) => Err(Error::Setting {
                key,
                problem: format!("must be {range}"),
            }),
        }
    }

    /// Errors where `address` is no loopback address and there is no token, unless that is allowed.
    pub(super) fn check_exposure(&self, address: SocketAddr) -> Result<()> {
        let guarded = self.token.is_some() || self.allow_anonymous;
        if guarded || address.ip().to_canonical().is_loopback() {
            return Ok(());
        }
        Err(Error::Exposed { address })
    }

    pub(super) fn queue_wait(&self) -> Duration {
        Duration::from_secs_f64(self.queue_seconds)
    }

    pub(super) fn idle(&self) -> Duration {
        Duration::from_secs_f64(self.idle_seconds)
    }

    pub(super) fn drain(&self) -> Duration {
        Duration::from_secs_f64(self.drain_seconds)
    }
}

/// Shortest run: a `run_timeout` of 0 or less is over at once, as in the interface's own server.
pub(super) const MIN_RUN_SECONDS: f64 = 0.001;

/// Least memory: the interpreter itself needs that much.
pub(super) const MIN_MEMORY_MB: u64 = 64;
