//! Runs the programs of a JSON Lines file (rows with `code`) and says how fast, and how they ended:
//! `cargo run --release -p caco-sandbox --example throughput -- FILE [WORKERS]`.
//! `CACO_PYTHON` names the interpreter. The bulk command `caco sandbox exec` does the same and keeps the outcomes.

use caco_sandbox::{Config, Error, Program, Sandbox, environment};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: throughput FILE [WORKERS]")?;
    let workers = arguments.next().map_or(Ok(2), |text| text.parse())?;
    let mut programs = Vec::new();
    for line in BufReader::new(std::fs::File::open(path)?).lines() {
        let row: serde_json::Value = serde_json::from_str(&line?)?;
        programs.push(Program::contract(row["code"].as_str().unwrap_or_default()));
    }
    let mut alone: BTreeMap<String, usize> = BTreeMap::new();
    for program in &programs {
        if let Some(why) = caco_program::routing::route(&program.code).own {
            *alone.entry(why).or_default() += 1;
        }
    }
    let count = programs.len();
    let config = Config {
        python: environment::find()?.executable,
        workers,
        ..Config::default()
    };
    let sandbox = Sandbox::start(config)?;
    let limits = sandbox.config().limits;
    let start = Instant::now();
    let mut statuses: BTreeMap<String, usize> = BTreeMap::new();
    let mut programs = programs.into_iter().map(Ok::<_, Error>);
    sandbox.stream(
        &mut programs,
        &limits,
        &AtomicBool::new(false),
        &mut |outcome| {
            let tier = outcome.tier.map_or("none", |tier| match tier {
                caco_sandbox::Tier::Batch => "batch",
                caco_sandbox::Tier::Own => "own",
            });
            *statuses
                .entry(format!("{} {tier}", outcome.status.as_str()))
                .or_default() += 1;
            Ok(())
        },
    )?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{count} programs, {workers} workers: {seconds:.2} s, {:.0} programs/s",
        count as f64 / seconds
    );
    println!("{statuses:?} {:?}", sandbox.statistics());
    println!("turned down by the gate: {alone:?}");
    println!("{}; {}", sandbox.interpreter(), sandbox.protection());
    Ok(())
}
