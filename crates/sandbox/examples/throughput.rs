//! How many small programs per second a pool runs here: `cargo run --release -p caco-sandbox --example throughput [WORKERS] [COUNT]`.
//! `CACO_PYTHON` names the interpreter.

use caco_sandbox::{Config, Result, Sandbox, Status, environment};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

fn program(i: usize) -> String {
    format!(
        "from fractions import Fraction\n\ninput = {{\"apples\": {i}, \"price\": 3, \"share\": 4}}\n\n\
         def cost(apples, price, share):\n    total = apples * price\n    each = Fraction(total, share)\n    \
         return sum(int(each) // k for k in range(1, 60))\n\noutput = cost(**input)\nprint(output)\n"
    )
}

fn main() -> Result<()> {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse().ok());
    let workers = numbers.next().unwrap_or(2);
    let count = numbers.next().unwrap_or(2000);
    let config = Config {
        python: environment::find()?.executable,
        workers,
        ..Config::default()
    };
    let texts: Vec<String> = (0..count).map(program).collect();
    let programs: Vec<&str> = texts.iter().map(String::as_str).collect();
    let sandbox = Sandbox::start(config)?;
    let stop = AtomicBool::new(false);
    sandbox.run(
        programs.get(..workers.min(count)).unwrap_or_default(),
        &|_| {},
        &stop,
    )?;
    let start = Instant::now();
    let outcomes = sandbox.run(&programs, &|_| {}, &stop)?;
    let seconds = start.elapsed().as_secs_f64();
    let ok = outcomes
        .iter()
        .filter(|outcome| outcome.status == Status::Ok)
        .count();
    let cpu: f64 = outcomes.iter().map(|outcome| outcome.cpu_ms).sum();
    println!(
        "{count} programs, {workers} workers: {seconds:.2} s, {:.0} programs/s, {ok} ok",
        count as f64 / seconds
    );
    println!("CPU of the children: {:.2} ms each", cpu / count as f64);
    println!("{}; {}", sandbox.interpreter(), sandbox.protection());
    Ok(())
}
