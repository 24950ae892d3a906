//! Prints generated records as JSON lines.
//!
//! `cargo run --release -p caco-gradeschool --example show -- SPLIT SEED COUNT [--problems]` with SPLIT `base`, `base-long`,
//! `seeds` or `held-out`. `--problems` prints only `id`, `problem` and `answer`: the form of the seed and benchmark files in
//! `seeds/` and `examples/`.
use caco_gradeschool::{BOUNDS, Split, generate};

fn main() -> Result<(), String> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let usage = "usage: show base|base-long|seeds|held-out SEED COUNT [--problems]";
    let split = match args.first().map(String::as_str) {
        Some("base") => Split::Base,
        Some("base-long") => Split::BaseLong,
        Some("seeds") => Split::Seeds,
        Some("held-out") => Split::HeldOut,
        _ => return Err(usage.to_owned()),
    };
    let number = |i: usize| {
        args.get(i)
            .and_then(|a| a.parse::<u64>().ok())
            .ok_or_else(|| usage.to_owned())
    };
    let (seed, count) = (number(1)?, number(2)?);
    for index in 0..count {
        let record = generate(split, seed, index, BOUNDS.0);
        if args.iter().any(|a| a == "--problems") {
            let id = format!("{}/{seed}/{index}", args[0]);
            println!(
                "{}",
                serde_json::json!({"id": id, "problem": record.problem, "answer": record.answer})
            );
        } else {
            println!("{}", serde_json::json!(record));
        }
    }
    Ok(())
}
