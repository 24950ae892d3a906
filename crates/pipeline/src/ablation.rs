//! A run made again with one mechanism off, over the same ledger: what would the data set be without it?

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use caco_record::{Row, Stage};
use serde::Serialize;

use crate::config::{Leaks, NONE, TraceMode};
use crate::export::MANIFEST;
use crate::index::Index;
use crate::mechanisms::Mechanism;
use crate::run::{CONFIG_FILE, Run};
use crate::shard::{self, Shard};
use crate::variety::{self, Variety};
use crate::{Config, Error, Observer, Spent, asking, atomic, runner};

/// What turns a mechanism off, as overrides of a configuration.
fn overrides(config: &Config, mechanism: Mechanism) -> Vec<String> {
    let fixed: &[&str] = match mechanism {
        Mechanism::Inputs => {
            let kept: Vec<&str> = (config.unify_inputs().reject.iter())
                .map(|fault| fault.as_str())
                .collect();
            // The pairs stay, since the problems were written with them in view; and the seeds, since the generator learnt from
            // them: with others all samples would be others.
            return vec![
                "execute.inputs.reject=[]".into(),
                format!("unify.reject=[{}]", kept.join(", ")),
            ];
        }
        Mechanism::Coverage => &["judge.coverage=false"],
        Mechanism::Judge => &["judge.model=none"],
        Mechanism::Revise => &["revise=false"],
        Mechanism::Trace => &["judge.trace.mode=off"],
        Mechanism::Counterfactual => &["judge.counterfactual.pairs=0"],
        // Whatever is the same is alike as well.
        Mechanism::Duplicates => &[
            "curate.exact=false",
            "curate.near.problems=0",
            "curate.near.programs=0",
        ],
        Mechanism::Near => &["curate.near.problems=0", "curate.near.programs=0"],
        Mechanism::Caps => &["curate.max_per_structure=0", "curate.max_per_seed=0"],
        Mechanism::Contamination => &["curate.leaks=off"],
    };
    fixed.iter().map(|set| (*set).to_owned()).collect()
}

/// Whether a configuration has the mechanism on.
fn is_on(config: &Config, mechanism: Mechanism) -> bool {
    let (judge, curate) = (&config.judge, &config.curate);
    let judged = config.runs(Stage::Judge) && judge.enabled;
    let curated = config.runs(Stage::Curate);
    match mechanism {
        Mechanism::Inputs => {
            let inputs = &config.execute.inputs;
            config.runs(Stage::Execute) && inputs.pairs > 0 && !inputs.reject.is_empty()
        }
        Mechanism::Coverage => judged && judge.coverage,
        Mechanism::Judge => judged && judge.model != NONE,
        Mechanism::Revise => judged && config.revise,
        Mechanism::Trace => judged && judge.trace.mode == TraceMode::Block,
        Mechanism::Counterfactual => judged && judge.counterfactual.pairs > 0,
        Mechanism::Duplicates => curated && curate.exact,
        Mechanism::Near => curated && (curate.near.problems > 0.0 || curate.near.programs > 0.0),
        Mechanism::Caps => curated && (curate.max_per_structure > 0 || curate.max_per_seed > 0),
        Mechanism::Contamination => {
            let files = &config.evaluate.benchmarks;
            curated
                && curate.leaks != Leaks::Off
                && !(files.is_empty() && curate.contamination.is_empty())
        }
    }
}

/// What a run looks like with one mechanism off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ablated {
    /// The mechanism that was off.
    pub without: Mechanism,
    /// The folder of the run without it.
    pub dir: PathBuf,
    /// Rows that are kept with it and without it.
    pub both: u64,
    /// Rows that are kept only with it: others took their place, or their problem was another.
    pub only_with: u64,
    /// Rows that are kept only without it.
    pub only_without: u64,
    /// For what the run with it has removed those, by reason; `not made` where it has no such row.
    pub removed_for: BTreeMap<String, u64>,
    /// How varied and hard the rows without it are.
    pub variety: Variety,
    /// What its calls came to, beyond those of the run with it.
    pub spent: Spent,
}

/// A comparison of a run with itself, mechanism by mechanism.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ablation {
    /// The run.
    pub run: PathBuf,
    /// How varied and hard its rows are.
    pub variety: Variety,
    /// Without each of the mechanisms.
    pub without: Vec<Ablated>,
}

/// The mechanisms that a run has on.
///
/// # Errors
/// Where the folder holds no run.
pub fn mechanisms(run: &Path) -> Result<Vec<Mechanism>, Error> {
    let config = config(run)?;
    Ok(Mechanism::ALL
        .into_iter()
        .filter(|mechanism| is_on(&config, *mechanism))
        .collect())
}

fn config(run: &Path) -> Result<Config, Error> {
    let file = run.join(CONFIG_FILE);
    if !file.is_file() {
        return Err(Error::NoRun {
            path: run.to_owned(),
        });
    }
    Config::load(&file, &[])
}

/// Makes a finished run again below `into`, once without each of the mechanisms, as far as its data set, and compares. What
/// the run has published and what its ledger holds is used; models are asked only for rows that it did not bring so far.
///
/// # Errors
/// [`Error::Usage`] where a mechanism is off in the run; [`Error::NoRun`]; else as [`Run::execute`].
pub fn ablate(
    run: &Path,
    without: &[Mechanism],
    into: &Path,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<Ablation, Error> {
    let own = config(run)?;
    for mechanism in without {
        if !is_on(&own, *mechanism) {
            let on: Vec<&str> = mechanisms(run)?.iter().map(|own| own.as_str()).collect();
            return Err(Error::Usage {
                message: format!("`{mechanism}` is off in {}", run.display()),
                hint: format!("this run has on: {}", on.join(", ")),
            });
        }
    }
    let original = Run::open(run)?;
    let run = original.dir();
    if !run.join(MANIFEST).is_file() {
        return Err(Error::Usage {
            message: format!(
                "{} is not finished, so there is nothing to compare with",
                run.display()
            ),
            hint: format!("finish it first: caco resume {}", run.display()),
        });
    }
    let seeds = own.export.include_seeds;
    let wanted = move |row: &Row| seeds || !row.is_seed();
    let before = fates(run)?;
    let paid = spent(run)?;
    let mut all = Vec::new();
    for mechanism in without {
        let dir = into.join(format!("without-{mechanism}"));
        take_over(run, &dir)?;
        let sets = overrides(&own, *mechanism);
        let mut config = Config::load(&run.join(CONFIG_FILE), &sets)?;
        for stage in [Stage::Train, Stage::Evaluate] {
            if config.runs(stage) {
                config.stages.skip.push(stage);
            }
        }
        config.name = format!("{}-without-{mechanism}", own.name);
        config.output.clone_from(&dir);
        let other = Run::create(config)?;
        other.execute(observer, stop)?;
        let after = fates(other.dir())?;
        all.push(Ablated {
            without: *mechanism,
            variety: variety::of(finished(other.dir())?.iter(), wanted)?,
            spent: since(&spent(other.dir())?, &paid),
            dir,
            ..compare(*mechanism, &before, &after)
        });
    }
    Ok(Ablation {
        variety: variety::of(finished(run)?.iter(), wanted)?,
        run: run.to_owned(),
        without: all,
    })
}

/// What became of each row at last: kept, or the reason for which it went.
type Fates = HashMap<String, Option<String>>;

fn fates(run: &Path) -> Result<Fates, Error> {
    let mut fates = Fates::new();
    for entry in Index::load(run).stages {
        if matches!(entry.stage, Stage::Export | Stage::Train | Stage::Evaluate) {
            continue;
        }
        for name in &entry.shards {
            for row in shard::read_rows(&run.join(name))? {
                let reason = (!row.is_kept()).then(|| row.reason.unwrap_or_default());
                fates.insert(row.row_id, reason);
            }
        }
    }
    Ok(fates)
}

/// The figures of two sets of fates; the rest is filled in by whoever asks.
fn compare(without: Mechanism, before: &Fates, after: &Fates) -> Ablated {
    let kept = |fates: &Fates, id: &str| fates.get(id).is_some_and(Option::is_none);
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut found = Ablated {
        without,
        dir: PathBuf::new(),
        both: 0,
        only_with: 0,
        only_without: 0,
        removed_for: BTreeMap::new(),
        variety: variety::none(),
        spent: Spent::default(),
    };
    for id in ids {
        match (kept(before, id), kept(after, id)) {
            (true, true) => found.both += 1,
            (true, false) => found.only_with += 1,
            (false, true) => {
                found.only_without += 1;
                let reason = match before.get(id.as_str()) {
                    Some(Some(reason)) => reason.clone(),
                    _ => NOT_MADE.to_owned(),
                };
                *found.removed_for.entry(reason).or_default() += 1;
            }
            (false, false) => {}
        }
    }
    found
}

/// In the place of a reason, for rows that a run has not.
const NOT_MADE: &str = "not_made";

/// The shards of the rows that came through everything.
fn finished(run: &Path) -> Result<Vec<Shard>, Error> {
    let index = Index::load(run);
    let curated = index
        .stages
        .iter()
        .filter(|entry| entry.stage == Stage::Curate);
    let mut shards: Vec<&String> = curated.flat_map(|entry| &entry.shards).collect();
    if shards.is_empty() {
        // Where curate was left out, the last stage before it has them.
        let last = index
            .stages
            .iter()
            .rev()
            .find(|entry| entry.stage < Stage::Curate && !entry.shards.is_empty());
        shards.extend(last.into_iter().flat_map(|entry| &entry.shards));
    }
    shards
        .into_iter()
        .map(|name| {
            let path = run.join(name);
            Ok(Shard {
                counts: shard::read_counts(&path)?,
                path,
                fingerprint: String::new(),
            })
        })
        .collect()
}

fn spent(run: &Path) -> Result<Spent, Error> {
    Ok(match caco_ledger::Ledger::read(&asking::folder(run))? {
        Some(ledger) => ledger.totals()?.into(),
        None => Spent::default(),
    })
}

/// What was spent beyond what had been before.
fn since(after: &Spent, before: &Spent) -> Spent {
    Spent {
        calls: after.calls.saturating_sub(before.calls),
        prompt_tokens: after.prompt_tokens.saturating_sub(before.prompt_tokens),
        completion_tokens: after
            .completion_tokens
            .saturating_sub(before.completion_tokens),
        cost: after
            .cost
            .map(|cost| cost - before.cost.unwrap_or_default()),
        unpriced: after.unpriced.saturating_sub(before.unpriced),
    }
}

/// Gives a new run folder what the run has published, by links where the disk can, and a copy of its ledger. A folder that
/// is there already is gone on with.
fn take_over(run: &Path, dir: &Path) -> Result<(), Error> {
    if dir.join(CONFIG_FILE).is_file() {
        return Ok(());
    }
    atomic::create_dir(dir)?;
    for (name, link) in [("shards", true), ("models", true), ("calls", false)] {
        tree(&run.join(name), &dir.join(name), link)?;
    }
    runner::copy_helpings(run, dir)
}

fn tree(from: &Path, to: &Path, link: bool) -> Result<(), Error> {
    let Ok(entries) = std::fs::read_dir(from) else {
        return Ok(());
    };
    atomic::create_dir(to)?;
    for entry in entries {
        let entry = entry.map_err(|error| Error::io("read", from, error))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        // What a server writes it writes on; it is no part of what the run has published.
        if source.extension().is_some_and(|kind| kind == "log") {
            continue;
        }
        if source.is_dir() {
            tree(&source, &target, link)?;
            continue;
        }
        let there = target.exists() || link && std::fs::hard_link(&source, &target).is_ok();
        if !there {
            std::fs::copy(&source, &target).map_err(|error| Error::io("copy", &source, error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_apart_by_what_became_of_them() {
        let fates = |all: &[(&str, Option<&str>)]| -> Fates {
            all.iter()
                .map(|(id, reason)| ((*id).to_owned(), reason.map(str::to_owned)))
                .collect()
        };
        let before = fates(&[
            ("a", None),
            ("b", Some("constant")),
            ("c", None),
            ("d", Some("timeout")),
        ]);
        let after = fates(&[
            ("a", None),
            ("b", None),
            ("c", Some("near_duplicate_problem")),
            ("d", Some("timeout")),
            ("e", None),
        ]);
        let found = compare(Mechanism::Inputs, &before, &after);
        assert_eq!((found.both, found.only_with, found.only_without), (1, 1, 2));
        let expected = [("constant".to_owned(), 1), (NOT_MADE.to_owned(), 1)];
        assert_eq!(found.removed_for, BTreeMap::from(expected));
    }

    #[test]
    fn what_turns_a_mechanism_off_is_known_to_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let text = "name: all\nseeds: [{path: s}]\nrevise: true\nmodels: {m: {kind: server, base_url: 'http://localhost:1', model: m}}\n\
            solve: {model: m}\nreverse: {model: m}\nexecute: {inputs: {pairs: 4}}\n\
            judge: {counterfactual: {pairs: 1}, trace: {mode: block}}\n\
            curate: {max_per_seed: 3, contamination: [{path: b}]}\n";
        let parse = |sets: &[String]| {
            Config::parse(text, Path::new("all.yaml"), folder.path(), sets).unwrap()
        };
        for mechanism in Mechanism::ALL {
            assert!(is_on(&parse(&[]), mechanism), "{mechanism}");
            let sets = overrides(&parse(&[]), mechanism);
            assert!(!is_on(&parse(&sets), mechanism), "{mechanism}");
            // What the generator learnt from is decided by none of them.
            let seeds = parse(&[]).unify_inputs();
            assert_eq!(parse(&sets).unify_inputs(), seeds, "{mechanism}");
        }
    }
}
