//! `caco sandbox serve`: programs over HTTP.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use caco_sandbox::serve::{ServeConfig, Token, WhenFull, serve as run_server};
use caco_sandbox::{Config, Sandbox};

use crate::args::{Global, SandboxServe, WhenFullName};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::numbers::grouped;
use crate::stop;

/// Where the token is read from, beside `--token-file`.
const TOKEN_VARIABLE: &str = "CACO_SANDBOX_TOKEN";
/// What a program may print: trainers compare all of it.
const OUTPUT_BYTES: usize = 1 << 20;

/// Serves until Ctrl-C, and the drain that follows.
pub fn serve(global: &Global, args: &SandboxServe) -> Result<Exit> {
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || {
            display.say("stopping: what runs may come to its end; Ctrl-C again ends it")
        })?
    };
    let base = super::config(&args.settings, args.workers, &display)?;
    let settings = ServeConfig {
        address: args.listen,
        token: token(args)?,
        allow_anonymous: args.allow_anonymous,
        in_flight: 4 * base.workers,
        queue: args.queue,
        when_full: match args.when_full {
            WhenFullName::Refuse => WhenFull::TooManyRequests,
            WhenFullName::Retry => WhenFull::GatewayTimeout,
        },
        max_run_seconds: args.settings.timeout,
        max_memory_mb: args.settings.memory,
        drain_seconds: args.drain,
        pod_name: std::env::var("MY_POD_NAME").ok(),
        ..ServeConfig::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::environment(
                format!("cannot start the server: {error}"),
                "check the limits on threads and descriptors",
            )
        })?;
    runtime.block_on(async {
        // The address first: whoever misspelt it need not wait for the interpreters.
        let listener = settings.bind().map_err(super::failure)?;
        let sandbox = Sandbox::start(Config {
            output_bytes: OUTPUT_BYTES,
            keep_bytes: OUTPUT_BYTES,
            // Under steady load a second pass would wait for ever.
            first_pass_seconds: base.limits.cpu_seconds,
            ..base
        })
        .map_err(super::failure)?;
        let address = listener.local_addr().unwrap_or(settings.address);
        display.say(&format!(
            "python: {}; protection: {}",
            sandbox.interpreter(),
            sandbox.protection()
        ));
        display.say(&format!(
            "serving on http://{address}/run_code (health: /health, metrics: /metrics)"
        ));
        let shutdown = async move {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let served = run_server(Arc::new(sandbox), settings, listener, shutdown)
            .await
            .map_err(super::failure)?;
        let mut words = format!("served {} programs", grouped(served.programs));
        if served.cut_short > 0 {
            words.push_str(&format!("; {} were cut short", served.cut_short));
        }
        display.say(&words);
        Ok(Exit::Done)
    })
}

fn token(args: &SandboxServe) -> Result<Option<Token>> {
    let text = match &args.token_file {
        Some(file) => Some(
            std::fs::read_to_string(file).map_err(|error| Failure::file("read", file, &error))?,
        ),
        None => std::env::var(TOKEN_VARIABLE).ok(),
    };
    text.map(|text| Token::new(text.trim()).map_err(super::failure))
        .transpose()
}
