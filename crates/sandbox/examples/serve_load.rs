//! How many programs per second a server runs: `cargo run --release -p caco-sandbox --features serve --example serve_load --
//! URL [CONNECTIONS] [REQUESTS] [CODE]`, such as `http://127.0.0.1:8080/run_code 16 2000`. Each connection is kept alive and
//! has one request under way. `CACO_TOKEN` is the bearer token, where the server wants one.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

type Failure = Box<dyn Error + Send + Sync>;

/// What one connection saw.
#[derive(Default)]
struct Seen {
    times: Vec<Duration>,
    not_200: usize,
    not_success: usize,
    broken: usize,
    last: String,
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: serve_load http://HOST:PORT/run_code [CONNECTIONS] [REQUESTS] [CODE]";
    let url = arguments.next().ok_or(usage)?;
    let rest = url.strip_prefix("http://").ok_or(usage)?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, "run_code"));
    let connections: usize = arguments.next().map_or(Ok(16), |text| text.parse())?;
    let requests: usize = arguments.next().map_or(Ok(2000), |text| text.parse())?;
    let code = arguments.next().unwrap_or("print(6 * 7)".into());
    let request = request(host, path, &code);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let start = Instant::now();
    let seen = runtime.block_on(load(host, request, connections, requests));
    report(seen, start.elapsed());
    Ok(())
}

fn request(host: &str, path: &str, code: &str) -> Vec<u8> {
    let body = serde_json::json!({
        "code": code, "language": "python", "stdin": "", "compile_timeout": 10, "run_timeout": 10, "memory_limit_MB": 1024,
        "files": {}, "fetch_files": [],
    })
    .to_string();
    let token = std::env::var("CACO_TOKEN").map_or(String::new(), |token| {
        format!("Authorization: Bearer {token}\r\n")
    });
    format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{token}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

async fn load(host: &str, request: Vec<u8>, connections: usize, requests: usize) -> Vec<Seen> {
    let (request, next) = (Arc::new(request), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (host, request, next) = (host.to_owned(), Arc::clone(&request), Arc::clone(&next));
            tokio::spawn(async move {
                let mut seen = Seen::default();
                let mut held = None;
                while next.fetch_add(1, Ordering::Relaxed) < requests {
                    let start = Instant::now();
                    match exchange(&mut held, &host, &request, &mut seen).await {
                        Ok(()) => seen.times.push(start.elapsed()),
                        Err(error) => {
                            held = None;
                            seen.broken += 1;
                            seen.last = error.to_string();
                        }
                    }
                }
                seen
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await);
    }
    all
}

async fn exchange(
    held: &mut Option<BufReader<TcpStream>>,
    host: &str,
    request: &[u8],
    seen: &mut Seen,
) -> Result<(), Failure> {
    let mut stream = match held.take() {
        Some(stream) => stream,
        None => {
            let stream = TcpStream::connect(host).await?;
            stream.set_nodelay(true)?;
            BufReader::new(stream)
        }
    };
    stream.get_mut().write_all(request).await?;
    let mut first = String::new();
    stream.read_line(&mut first).await?;
    let (mut length, mut keep) = (0, true);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err("the server closed the connection within an answer".into());
        }
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        keep &= line != "connection: close";
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    if !first.starts_with("HTTP/1.1 200") {
        seen.not_200 += 1;
        seen.last = first.trim().to_owned();
    } else if !body.starts_with(b"{\"status\":\"Success\"") {
        seen.not_success += 1;
        seen.last = String::from_utf8_lossy(&body).into_owned();
    }
    *held = keep.then_some(stream);
    Ok(())
}

fn report(seen: Vec<Seen>, wall: Duration) {
    let mut times: Vec<f64> = seen
        .iter()
        .flat_map(|seen| &seen.times)
        .map(|time| time.as_secs_f64() * 1000.0)
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (times.len() as f64 * share) as usize;
        times.get(place.min(times.len().saturating_sub(1))).copied()
    };
    let sum = |of: fn(&Seen) -> usize| seen.iter().map(of).sum::<usize>();
    println!(
        "{} answers over {} connections in {:.2} s: {:.0} requests/s",
        times.len(),
        seen.len(),
        wall.as_secs_f64(),
        times.len() as f64 / wall.as_secs_f64()
    );
    println!(
        "p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms",
        at(0.5).unwrap_or(f64::NAN),
        at(0.99).unwrap_or(f64::NAN),
        at(1.0).unwrap_or(f64::NAN)
    );
    let errors = (
        sum(|seen| seen.broken),
        sum(|seen| seen.not_200),
        sum(|seen| seen.not_success),
    );
    println!(
        "errors: {} connections, {} statuses other than 200, {} programs without Success",
        errors.0, errors.1, errors.2
    );
    if let Some(last) = seen
        .iter()
        .map(|seen| &seen.last)
        .find(|last| !last.is_empty())
    {
        println!("one of them: {last}");
    }
}
