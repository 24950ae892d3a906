//! What a call costs on this side: many calls to one server, timed.
//!
//! ```sh
//! cargo run --release -p caco-scripted --example standin -- --port 8000 &
//! cargo run --release -p caco-client --example calls -- --url http://127.0.0.1:8000/v1 --calls 50000 --in-flight 64
//! ```
//!
//! Prints calls per second, processor time of this process per call, and its peak memory (both from Linux's `/proc`).
#![allow(missing_docs, reason = "a program")]

use caco_client::{Client, Input, Message, Params, Request, Role, Settings};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut url, mut calls, mut in_flight, mut threads, mut prompt_chars) =
        (String::new(), 50_000, 64, 1, 2000);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("{name} lacks its value"))?;
        match name.as_str() {
            "--url" => url = value,
            "--calls" => calls = value.parse()?,
            "--in-flight" => in_flight = value.parse()?,
            "--threads" => threads = value.parse()?,
            "--prompt-chars" => prompt_chars = value.parse()?,
            _ => return Err(format!(
                "unknown: {name}; there are --url, --calls, --in-flight, --threads, --prompt-chars"
            )
            .into()),
        }
    }
    let settings = Settings {
        base_url: vec![url],
        model: "scripted".to_owned(),
        max_in_flight: in_flight,
        ..Settings::default()
    };
    let runtime = match threads {
        1 => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?,
        _ => tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()?,
    };
    let client = Client::new("speed", settings, &|name| std::env::var(name).ok())?;
    let prompt: Arc<str> = "a word ".repeat(prompt_chars / 7).into();
    runtime.block_on(ask(&client, 0, in_flight as u64 * 20, in_flight, &prompt))?;
    let (start, cpu) = (Instant::now(), cpu_seconds()?);
    runtime.block_on(ask(
        &client,
        in_flight as u64 * 20,
        calls,
        in_flight,
        &prompt,
    ))?;
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    println!(
        "{calls} calls, {in_flight} in flight: {:.0} calls/s, {:.1} µs of processor per call, peak {} MiB",
        calls as f64 / seconds,
        cpu / calls as f64 * 1e6,
        peak_kib()? / 1024
    );
    Ok(())
}

/// Makes so many calls, each with another seed.
async fn ask(
    client: &Client,
    first: u64,
    calls: u64,
    in_flight: usize,
    prompt: &Arc<str>,
) -> Result<(), Box<dyn Error>> {
    let next = Arc::new(AtomicU64::new(first));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..in_flight {
        let (client, next, prompt) = (client.clone(), Arc::clone(&next), Arc::clone(prompt));
        workers.spawn(async move {
            loop {
                let seed = next.fetch_add(1, Relaxed);
                if seed >= first + calls {
                    return Ok(());
                }
                let message = Message {
                    role: Role::User,
                    content: prompt.to_string(),
                };
                let request = Request {
                    input: Input::Chat(vec![message]),
                    params: Params::default(),
                    seed: Some(seed),
                };
                client.ask(&request).await?;
            }
        });
    }
    while let Some(done) = workers.join_next().await {
        done?.map_err(|failure: caco_client::Failure| failure.to_string())?;
    }
    Ok(())
}

/// User and system time of this process. Linux counts it in hundredths of a second.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: Result<Vec<f64>, _> = ticks.map(str::parse::<f64>).collect();
    Ok(ticks?.iter().sum::<f64>() / 100.0)
}

fn peak_kib() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no VmHWM")?.parse()?)
}
