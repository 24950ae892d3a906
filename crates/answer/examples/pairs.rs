//! Compares the pairs of a file over and over, for the benchmark in `benches/answer`.
//!
//! `cargo run --release -p caco-answer --example pairs -- PAIRS.jsonl REPEATS POLICY` prints one JSON object: the number of
//! pairs, the median over pairs of the median time in ns, and the verdicts in order. `REPEATS` 0 reads the file only.

use std::hint::black_box;
use std::time::Instant;

use caco_answer::{Policy, compare};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("give the file of pairs")?;
    let repeats: usize = args.next().ok_or("give the repeats")?.parse()?;
    let policy = match args.next().as_deref() {
        None | Some("benchmark") => Policy::benchmark(),
        Some("strict") => Policy::strict(),
        Some(other) => return Err(format!("no policy {other}").into()),
    };
    let mut pairs: Vec<(String, String)> = Vec::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        pairs.push((text("gold"), text("pred")));
    }
    let mut times: Vec<Vec<u64>> = vec![Vec::with_capacity(repeats); pairs.len()];
    // Round after round over all pairs, so that no pair finds its own traces in the caches.
    for _ in 0..repeats {
        for ((gold, pred), times) in pairs.iter().zip(&mut times) {
            let start = Instant::now();
            black_box(compare(black_box(gold), black_box(pred), &policy));
            times.push(start.elapsed().as_nanos() as u64);
        }
    }
    let mut medians: Vec<u64> = times
        .iter_mut()
        .filter_map(|times| {
            times.sort_unstable();
            times.get(times.len() / 2).copied()
        })
        .collect();
    medians.sort_unstable();
    let at = |share: f64| medians.get(((medians.len() as f64) * share) as usize);
    let verdicts: Vec<serde_json::Value> = pairs
        .iter()
        .filter(|_| repeats > 0)
        .map(|(gold, pred)| serde_json::json!(compare(gold, pred, &policy).outcome))
        .collect();
    println!(
        "{}",
        serde_json::json!({
            "pairs": pairs.len(), "median_ns": at(0.5), "p99_ns": at(0.99), "max_ns": medians.last(), "verdicts": verdicts,
        })
    );
    Ok(())
}
