//! Measures how well benchmark items are found again after they were disguised, and what is found in clean problems.
//!
//! `leaks FOLDER [FLAGGED]`: FOLDER has gsm8k_test.jsonl, math500_test.jsonl and svamp.jsonl, from whose items leaks are made,
//! and gsm8k_train.jsonl.gz and math_train.jsonl.gz, whose problems are taken for clean. Every clean problem that is found
//! goes to FLAGGED (JSON Lines, the item beside it), for judging by hand.

mod disguise;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;
use std::time::Instant;

use caco_curate::{Benchmarks, Hit, Match, Rules};
use disguise::{Disguise, Draws};

type Failure = Box<dyn std::error::Error>;

struct Problem {
    id: String,
    text: String,
}

fn problems(folder: &Path, file: &str) -> Result<Vec<Problem>, Failure> {
    let path = folder.join(file);
    let mut opened = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut text = String::new();
    match file.ends_with(".gz") {
        true => flate2::read::MultiGzDecoder::new(opened).read_to_string(&mut text)?,
        false => opened.read_to_string(&mut text)?,
    };
    let problem = |line: &str| -> Result<Problem, Failure> {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let field = |name: &str| row[name].as_str().unwrap_or_default();
        let text = ["body", "question", "problem"]
            .map(field)
            .join(" ")
            .trim()
            .to_owned();
        Ok(Problem {
            id: field("id").to_owned(),
            text,
        })
    };
    text.lines().map(problem).collect()
}

fn index(rules: Rules, benchmarks: &[(&str, Vec<Problem>)]) -> Benchmarks {
    let mut index = Benchmarks::with_rules(rules);
    for (name, items) in benchmarks {
        items
            .iter()
            .for_each(|item| index.add(name, &item.id, &item.text));
    }
    index
}

const fn name(how: Match) -> &'static str {
    match how {
        Match::Exact => "exact",
        Match::Ngram => "n-gram",
        Match::Near => "near",
        Match::Masked => "masked",
        Match::MaskedNear => "masked near",
    }
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("give the folder of the data")?;
    let folder = Path::new(&folder);
    let benchmarks = [
        ("gsm8k", problems(folder, "gsm8k_test.jsonl")?),
        ("math500", problems(folder, "math500_test.jsonl")?),
        ("svamp", problems(folder, "svamp.jsonl")?),
    ];
    let clean = [
        ("GSM8K train", problems(folder, "gsm8k_train.jsonl.gz")?),
        ("MATH train", problems(folder, "math_train.jsonl.gz")?),
    ];
    let off = Rules {
        long: None,
        near: None,
        reskin: None,
        short: None,
    };
    let all = Rules::default();
    let ways = [
        ("13-gram alone", Rules::published(13)),
        (
            "8-gram alone",
            Rules {
                short: all.short,
                ..off
            },
        ),
        (
            "near alone",
            Rules {
                near: all.near,
                ..off
            },
        ),
        (
            "masked alone",
            Rules {
                reskin: all.reskin,
                ..off
            },
        ),
        ("all", all),
    ];
    println!(
        "| leaks from | disguise | {} |",
        ways.map(|(way, _)| way).join(" | ")
    );
    println!("|---|---|{}", "---|".repeat(ways.len()));
    let indexes: Vec<Benchmarks> = ways
        .iter()
        .map(|(_, rules)| index(*rules, &benchmarks))
        .collect();
    for (benchmark, items) in &benchmarks {
        for disguise in Disguise::ALL {
            let mut draws = Draws(1);
            let leaks: Vec<(usize, String)> = items
                .iter()
                .enumerate()
                .map(|(at, item)| (at, disguise.of(&item.text, &mut draws)))
                .collect();
            let found = indexes.iter().map(|index| {
                let right = |leak: &&(usize, String)| index.find(&leak.1).is_some();
                format!(
                    "{:.1}%",
                    100.0 * leaks.iter().filter(right).count() as f64 / leaks.len() as f64
                )
            });
            let found: Vec<String> = found.collect();
            println!(
                "| {benchmark} | {} | {} |",
                disguise.name(),
                found.join(" | ")
            );
        }
    }
    println!(
        "\n| clean problems | {} |",
        ways.map(|(way, _)| way).join(" | ")
    );
    println!("|---|{}", "---|".repeat(ways.len()));
    let mut flagged = arguments
        .next()
        .map(File::create)
        .transpose()?
        .map(BufWriter::new);
    for (set, problems) in &clean {
        let found: Vec<String> = indexes
            .iter()
            .map(|index| {
                problems
                    .iter()
                    .filter(|problem| index.find(&problem.text).is_some())
                    .count()
                    .to_string()
            })
            .collect();
        println!("| {set} ({}) | {} |", problems.len(), found.join(" | "));
    }
    let whole = indexes.last().ok_or("no index")?;
    let text = |hit: &Hit| {
        let items = benchmarks
            .iter()
            .find(|(name, _)| *name == hit.benchmark)
            .map(|(_, items)| items);
        items
            .and_then(|items| items.iter().find(|item| item.id == hit.item))
            .map_or("", |item| &item.text)
    };
    println!("\nWhat the evidence is, with all:\n");
    for (set, problems) in &clean {
        let started = Instant::now();
        let hits: Vec<(&Problem, Hit)> = problems
            .iter()
            .filter_map(|problem| Some((problem, whole.find(&problem.text)?)))
            .collect();
        let each = started.elapsed().as_secs_f64() * 1e6 / problems.len() as f64;
        let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
        hits.iter()
            .for_each(|(_, hit)| *kinds.entry(name(hit.how)).or_default() += 1);
        println!("- {set}: {kinds:?}; {each:.0} µs a problem");
        if let Some(file) = &mut flagged {
            for (problem, hit) in &hits {
                let line = serde_json::json!({"set": set, "id": problem.id, "hit": hit, "problem": problem.text, "item": text(hit)});
                writeln!(file, "{line}")?;
            }
        }
    }
    flagged.map_or(Ok(()), |mut file| file.flush())?;
    Ok(())
}
