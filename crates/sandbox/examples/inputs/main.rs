//! Measures what runs on many inputs catch, and what they wrongly reject, on a labelled set:
//! `cargo run --release -p caco-sandbox --example inputs -- [--all] [--show] [--sound] [--data FOLDER] [--limit N]`.
//!
//! The set is in `benches/inputs`: sound programs and programs with a fault, written by hand; more sound ones are generated
//! (grade-school stories) and, with `--data`, converted from GSM8K and MBPP files; more faulty ones are made by planting
//! faults in sound ones. Half of the base programs, by a hash of their names, is held out: thresholds were set without it.
//! `--all` reports both halves, `--show` names what was missed or wrongly rejected (of the open half only), and `--limit`
//! takes fewer programs of each source. `--sound` leaves the faulty programs out. `CACO_PYTHON` names the interpreter.

mod convert;
mod plant;
mod rounds;
mod set;

use set::Label;
use std::collections::BTreeMap;

/// The kind of real programs that a look at them showed to be faulty: not planted, so no measure of what is caught.
const REVIEWED: &str = "(real ones, reviewed)";

type Failure = Box<dyn std::error::Error>;

/// Options of the command line.
struct Options {
    all: bool,
    show: bool,
    sound: bool,
    data: Option<std::path::PathBuf>,
    limit: usize,
}

fn options() -> Result<Options, Failure> {
    let mut options = Options {
        all: false,
        show: false,
        sound: false,
        data: None,
        limit: usize::MAX,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--all" => options.all = true,
            "--show" => options.show = true,
            "--sound" => options.sound = true,
            "--data" => {
                options.data = Some(arguments.next().ok_or("--data needs a folder")?.into())
            }
            "--limit" => {
                options.limit = arguments.next().ok_or("--limit needs a number")?.parse()?
            }
            other => return Err(format!("unknown option {other}").into()),
        }
    }
    Ok(options)
}

fn main() -> Result<(), Failure> {
    let options = options()?;
    let pools = rounds::Pools::start()?;
    let mut sound = set::sound()?;
    sound.extend(set::stories(300));
    if let Some(folder) = &options.data {
        sound.extend(convert::gsm8k(folder, 400)?);
        sound.extend(convert::mbpp(folder)?);
    }
    if options.limit < usize::MAX {
        let mut counts = BTreeMap::<String, usize>::new();
        sound.retain(|case| {
            let count = counts.entry(case.source.clone()).or_default();
            *count += 1;
            *count <= options.limit
        });
    }
    let mut bases = pools.originals(sound)?;
    let mut cases = if options.sound {
        Vec::new()
    } else {
        plant::all(&bases)
    };
    let reviewed = set::reviewed()?;
    for base in &mut bases {
        if reviewed.contains(&base.case.name) {
            base.case.label = Label::Faulty(REVIEWED.into());
        }
    }
    if !options.sound {
        cases.extend(set::faulty()?);
    }
    let planted = pools.originals(cases)?;
    let mut trials: Vec<rounds::Ready> = bases;
    trials.extend(planted);
    if !options.all {
        trials.retain(|ready| !ready.case.held_out());
    }
    let results = pools.trials(trials)?;
    print(&results, &options);
    Ok(())
}

/// Counts of one line of the report.
#[derive(Default)]
struct Line {
    programs: usize,
    /// Rejected by the published rules alone.
    published: usize,
    /// Rejected by runs on many inputs.
    ours: usize,
    /// Rejected by either.
    either: usize,
    unmutable: usize,
    undecided: usize,
    runs: usize,
    reasons: BTreeMap<String, usize>,
}

fn print(results: &[rounds::Done], options: &Options) {
    for held_out in [false, true] {
        if held_out && !options.all {
            continue;
        }
        let mut lines = BTreeMap::<(bool, String), Line>::new();
        for done in results
            .iter()
            .filter(|done| done.case.held_out() == held_out)
        {
            let key = match &done.case.label {
                Label::Sound => (false, done.case.source.clone()),
                Label::Faulty(kind) => (true, kind.clone()),
            };
            count(lines.entry(key).or_default(), done);
            if let Label::Faulty(kind) = &done.case.label
                && kind != "wrong_formula"
                && kind != REVIEWED
            {
                count(
                    lines
                        .entry((true, "(all that execution can reveal)".into()))
                        .or_default(),
                    done,
                );
            }
            if done.case.label == Label::Sound {
                count(lines.entry((false, "(all)".into())).or_default(), done);
            }
            if options.show && !held_out {
                show(done);
            }
        }
        println!("\n{} half", if held_out { "held-out" } else { "open" });
        println!(
            "{:<34} {:>8} {:>15} {:>15} {:>15} {:>9} {:>9} {:>6}  reasons",
            "programs",
            "count",
            "paper's rules",
            "many inputs",
            "either",
            "computed",
            "undecided",
            "runs"
        );
        for ((faulty, name), line) in &lines {
            let share = |n: usize| {
                format!(
                    "{n} {:5.1} %",
                    100.0 * n as f64 / line.programs.max(1) as f64
                )
            };
            let mut reasons: Vec<_> = line.reasons.iter().collect();
            reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            let reasons: Vec<String> = reasons
                .iter()
                .map(|(reason, count)| format!("{reason} {count}"))
                .collect();
            println!(
                "{:<34} {:>8} {:>15} {:>15} {:>15} {:>9} {:>9} {:>6.1}  {}",
                format!("{} {name}", if *faulty { "faulty:" } else { "sound:" }),
                line.programs,
                share(line.published),
                share(line.ours),
                share(line.either),
                line.unmutable,
                line.undecided,
                line.runs as f64 / line.programs.max(1) as f64,
                reasons.join(", ")
            );
        }
    }
}

fn count(line: &mut Line, done: &rounds::Done) {
    line.programs += 1;
    line.published += usize::from(done.published.is_some());
    let ours = !done.findings.is_empty();
    line.ours += usize::from(ours);
    line.either += usize::from(ours || done.published.is_some());
    line.unmutable += usize::from(done.unmutable.is_some());
    line.undecided += usize::from(done.undecided > 0);
    line.runs += done.runs;
    for reason in &done.findings {
        let name = reason.split(' ').next().unwrap_or_default();
        *line.reasons.entry(name.to_owned()).or_default() += 1;
    }
}

fn show(done: &rounds::Done) {
    let wrong = match &done.case.label {
        Label::Sound => !done.findings.is_empty(),
        Label::Faulty(kind) => kind != "wrong_formula" && done.findings.is_empty(),
    };
    if wrong {
        println!(
            "---- {:?} {} {}: {:?} {:?} undecided {}\n{}",
            done.case.label,
            done.case.source,
            done.case.name,
            done.findings,
            done.unmutable,
            done.undecided,
            done.case.program
        );
    }
}
