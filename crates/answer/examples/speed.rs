//! Times the comparison on the labelled pairs of the shared data: median, 99th percentile and the slowest pairs.
//!
//! `cargo run --release -p caco-answer --example speed -- ../shared/data/answer_equivalence_dev.jsonl`

use std::hint::black_box;
use std::time::Instant;

use caco_answer::{Policy, compare};

/// Times that each pair is compared; the fastest counts.
const ROUNDS: usize = 7;
/// Comparisons in one measurement.
const BATCH: usize = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("give the file of pairs")?;
    let policy = Policy::benchmark();
    let mut times: Vec<(f64, String)> = Vec::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        if row["form"] != "bare" {
            continue;
        }
        let (Some(gold), Some(pred)) = (row["gold"].as_str(), row["pred"].as_str()) else {
            continue;
        };
        let mut best = f64::INFINITY;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            for _ in 0..BATCH {
                black_box(compare(black_box(gold), black_box(pred), &policy));
            }
            best = best.min(start.elapsed().as_secs_f64() / BATCH as f64);
        }
        let verdict = compare(gold, pred, &policy);
        times.push((
            best * 1e9,
            format!("{gold} | {pred}: {:?} {:?}", verdict.outcome, verdict.tier),
        ));
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].0;
    let mean = times.iter().map(|t| t.0).sum::<f64>() / times.len() as f64;
    println!(
        "{} pairs: median {:.0} ns, mean {mean:.0} ns, 99 % below {:.0} ns",
        times.len(),
        at(0.5),
        at(0.99)
    );
    for (time, pair) in times.iter().rev().take(12) {
        println!(
            "{time:>10.0} ns  {}",
            pair.chars().take(150).collect::<String>()
        );
    }
    Ok(())
}
