//! The whole loop with a stand-in for the models' replies: training, sandbox, files and accounting are real.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use caco_gradeschool::{Record, Split, generate};
use caco_model::Precision;

use super::*;
use crate::config::PromptSet;
use crate::config::{Architecture, Sampling};
use crate::generator::{Answer, Ask, Form, Generator, Listener};
use crate::report::RunReport;
use crate::{Quiet, Run, learn, status};

/// Seed problems; the stand-in samples programs from further on in the same list.
const SEEDS: u64 = 12;
const RECORDS: u64 = 60;

fn record(index: u64) -> Record {
    generate(Split::Seeds, 5, index, 50)
}

/// Knows every record by heart; some replies are wrong on purpose, by the seed of the question.
struct Oracle {
    programs: HashMap<String, Record>,
    problems: HashMap<String, Record>,
    asked: AtomicUsize,
    /// Stops the run after this many questions.
    most: usize,
}

impl Oracle {
    fn new(most: usize) -> Self {
        let records = || (0..RECORDS).map(record);
        Self {
            programs: records()
                .map(|record| (record.program.trim().to_owned(), record))
                .collect(),
            problems: records()
                .map(|record| (record.problem.clone(), record))
                .collect(),
            asked: AtomicUsize::new(0),
            most,
        }
    }

    fn reply(&self, ask: &Ask) -> String {
        let bad = ask.seed.is_multiple_of(7);
        if ask.prompt == "open" {
            let record = record(SEEDS + ask.seed % (RECORDS - SEEDS));
            return if bad {
                "def broken(:".into()
            } else {
                record.program
            };
        }
        if let Some(problem) = ask.prompt.strip_prefix("Write a program.\n") {
            let program = self
                .problems
                .get(problem)
                .map(|record| record.program.clone())
                .unwrap_or_default();
            return if bad { "input = {}".into() } else { program };
        }
        if let Some(rest) = ask.prompt.strip_prefix("Write a problem.\n") {
            let program = rest
                .rsplit_once("\n# output: ")
                .map_or(rest, |(program, _)| program);
            let problem = self
                .programs
                .get(program.trim())
                .map(|record| record.problem.clone())
                .unwrap_or_default();
            return if bad {
                "How many are left?".into()
            } else {
                problem
            };
        }
        let solution = self
            .problems
            .get(&ask.prompt)
            .map(|record| record.solution.clone());
        solution
            .filter(|_| !bad)
            .unwrap_or_else(|| "It cannot be told.".into())
    }
}

impl Generator for Oracle {
    fn id(&self) -> &str {
        "oracle"
    }

    fn chat(&self, user: &str) -> Result<(Form, String), Error> {
        Ok((Form::Raw, user.to_owned()))
    }

    fn open_user(&self) -> String {
        "open".into()
    }

    fn prompts(&self) -> PromptSet {
        PromptSet::Embedded
    }

    fn generate(
        &self,
        asks: &[Ask],
        _sampling: &Sampling,
        listener: &dyn Listener,
        stop: &AtomicBool,
    ) -> Result<(), Error> {
        if self.asked.fetch_add(asks.len(), Ordering::Relaxed) + asks.len() > self.most {
            stop.store(true, Ordering::Relaxed);
            return Err(Error::Interrupted);
        }
        listener.progress(asks.len(), asks.len());
        for (n, ask) in asks.iter().enumerate() {
            let answer = Answer {
                text: self.reply(ask),
                finish: "stop".into(),
                prompt_tokens: 1,
                completion_tokens: 1,
                attempts: 1,
                ..Answer::default()
            };
            listener.reply(n, answer, Box::new(()))?;
        }
        Ok(())
    }
}

/// A run folder with a tiny untrained base model, seeds (one line broken) and a benchmark.
struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let line = |record: &Record| {
            serde_json::json!({"problem": record.problem, "answer": record.answer}).to_string()
                + "\n"
        };
        let mut seeds: String = (0..SEEDS).map(|index| line(&record(index))).collect();
        seeds.push_str("{broken\n");
        std::fs::write(dir.path().join("seeds.jsonl"), seeds).unwrap();
        let held: String = (1000..1010).map(|index| line(&record(index))).collect();
        std::fs::write(dir.path().join("held.jsonl"), held).unwrap();
        let shape = Architecture {
            vocab_size: 460,
            hidden_size: 32,
            layers: 1,
            heads: 2,
            intermediate_size: 32,
            max_positions: 512,
        };
        let texts = (0..20).map(|index| record(index).program).collect();
        let model = learn::fresh_model(&shape, texts, 1).unwrap();
        model
            .save(&dir.path().join("base"), Precision::F32)
            .unwrap();
        Self { dir }
    }

    fn config(&self, name: &str, sets: &[&str]) -> Config {
        let text = format!(
            "name: {name}\noutput: out/{name}\ncache: cache\nrounds: 2\nshard_rows: 7\nseed: 3\n\
             seeds: [{{path: seeds.jsonl, licence: CC0-1.0}}]\n\
             models: {{base: {{kind: embedded, path: base}}}}\n\
             unify: {{samples: 2}}\nsample: {{count: 20}}\nexecute: {{python: [], workers: 2}}\n\
             curate: {{ngram: 0}}\n\
             tune: {{training: {{steps: 2, tokens_per_step: 256}}}}\n\
             train: {{training: {{steps: 2, tokens_per_step: 256}}, students: [\
             {{name: seeds, data: seeds}}, {{name: loop, data: kept}}, {{name: raw, data: unverified}}]}}\n\
             evaluate: {{benchmarks: [{{name: held, path: held.jsonl}}]}}\n"
        );
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        Config::parse(&text, Path::new("run.yaml"), self.dir.path(), &sets).unwrap()
    }

    /// Runs with the stand-in; `most` questions are answered before it stops the run.
    fn run(&self, config: &Config, most: usize) -> (Result<RunReport, Error>, usize) {
        let run = Run::create(config.clone()).unwrap();
        let stop = AtomicBool::new(false);
        let oracle = Arc::new(Oracle::new(most));
        let mut context = Context::new(config, run.dir(), &Quiet, &stop).unwrap();
        context
            .models
            .replace(Arc::clone(&oracle) as Arc<dyn Generator>);
        let result = work(&context, None).map(|(_, report)| report);
        (result, oracle.asked.load(Ordering::Relaxed))
    }
}

/// Every file below a folder with its content, for the folders given.
fn files(run: &Path, folders: &[&str]) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| run.join(folder)).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else {
            found.insert(
                path.strip_prefix(run).unwrap().to_owned(),
                std::fs::read(&path).unwrap(),
            );
        }
    }
    found
}

const PRODUCTS: [&str; 3] = ["data", "rejected", "README.md"];

#[test]
fn the_loop_accounts_for_every_row_and_is_the_same_whatever_happens_to_it() {
    let bench = Bench::new();
    let config = bench.config("whole", &[]);
    let (report, asked) = bench.run(&config, usize::MAX);
    let report = report.unwrap();

    // Each stage of each round is there once, and adds up.
    let names: Vec<(u32, Stage)> = report
        .stages
        .iter()
        .map(|stage| (stage.round, stage.name))
        .collect();
    let round = Stage::ALL[2..9].iter();
    let mut expected = vec![(0, Stage::Import), (0, Stage::Unify)];
    expected.extend(
        [1, 2]
            .iter()
            .flat_map(|own| round.clone().map(|stage| (*own, *stage))),
    );
    expected.extend(Stage::ALL[9..].iter().map(|stage| (2, *stage)));
    assert_eq!(names, expected);
    report
        .stages
        .iter()
        .for_each(|stage| stage.check().unwrap());
    let stage = |name: Stage, round: u32| {
        report
            .stages
            .iter()
            .find(|own| own.name == name && own.round == round)
            .unwrap()
    };
    let import = stage(Stage::Import, 0);
    assert_eq!(
        (
            import.rows_in,
            import.kept,
            import.reasons["malformed_line"]
        ),
        (13, 12, 1)
    );
    assert_eq!(
        stage(Stage::Solve, 1).rows_in,
        stage(Stage::Unify, 0).kept + stage(Stage::Reverse, 1).kept
    );
    assert_eq!(
        stage(Stage::Solve, 2).rows_in,
        stage(Stage::Reverse, 2).kept
    );
    assert!(stage(Stage::Execute, 1).reasons["syntax"] > 0);
    assert!(stage(Stage::Judge, 1).rejected > 0);
    assert!(stage(Stage::Tune, 2).rows_in > stage(Stage::Tune, 1).rows_in);
    let kept: u64 = [1, 2]
        .iter()
        .map(|round| stage(Stage::Curate, *round).kept)
        .sum();
    assert_eq!(report.exported, kept);
    assert_eq!(report.targets.parses.of, 40);
    assert!(report.targets.new.count > 0 && report.targets.new_curated.count > 0);
    let students: Vec<&str> = report.scores[0]
        .students
        .iter()
        .map(|score| score.student.as_str())
        .collect();
    assert_eq!(students, ["before", "seeds", "loop", "raw"]);
    let known = status(&config.output).unwrap();
    assert!(known.finished && known.stages.len() == report.stages.len());

    // The same command again asks nothing and changes nothing.
    let whole = files(&config.output, &PRODUCTS);
    let (again, more) = bench.run(&config, usize::MAX);
    assert_eq!((again.unwrap().exported, more), (report.exported, 0));
    assert_eq!(files(&config.output, &PRODUCTS), whole);

    // Stopped after every few questions and taken up again, the products are equal and nothing is asked twice.
    let config = bench.config("whole", &["output=cut"]);
    let config = Config {
        output: bench.dir.path().join("out/cut"),
        ..config
    };
    let mut total = 0;
    for attempt in 0.. {
        assert!(attempt < 100, "the run does not come to an end");
        let (result, asked) = bench.run(&config, 30);
        match result {
            Ok(_) => {
                total += asked;
                break;
            }
            Err(error) => assert!(matches!(error, Error::Interrupted), "{error}"),
        }
        total += asked.min(30);
    }
    assert_eq!(files(&config.output, &PRODUCTS), whole);
    assert!(
        total <= asked + 30 * 30,
        "{total} questions instead of {asked}"
    );

    // With some published files gone, the same products come back.
    let published: Vec<PathBuf> = files(&config.output, &["shards", "calls"])
        .into_keys()
        .collect();
    for (number, path) in published.iter().enumerate() {
        if number.is_multiple_of(3) {
            std::fs::remove_file(config.output.join(path)).unwrap();
        }
    }
    bench.run(&config, usize::MAX).0.unwrap();
    assert_eq!(files(&config.output, &PRODUCTS), whole);

    // The size of shards changes neither data nor ledger of rejects.
    let config = Config {
        shard_rows: 64,
        output: bench.dir.path().join("out/big"),
        ..config
    };
    bench.run(&config, usize::MAX).0.unwrap();
    assert_eq!(
        files(&config.output, &["data"]),
        files(&bench.dir.path().join("out/whole"), &["data"])
    );
}

#[test]
fn a_changed_setting_redoes_what_it_touches_and_asks_nothing_again() {
    let bench = Bench::new();
    let config = bench.config("change", &["rounds=1"]);
    let (first, asked) = bench.run(&config, usize::MAX);
    assert!(asked > 0);
    let judged = |report: &RunReport| {
        report
            .stages
            .iter()
            .find(|stage| stage.name == Stage::Judge)
            .unwrap()
            .kept
    };
    let first = first.unwrap();
    let changed = bench.config("change", &["rounds=1", "judge.enabled=false"]);
    let (second, more) = bench.run(&changed, usize::MAX);
    let second = second.unwrap();
    assert!(judged(&second) > judged(&first));
    // Only the loop's student and, through it, nothing else may be asked anew: the stand-in has one id for all.
    assert_eq!(more, 0);
    let (third, more) = bench.run(&config, usize::MAX);
    let (first, third) = (first, third.unwrap());
    assert_eq!(
        (judged(&third), third.exported, more),
        (judged(&first), first.exported, 0)
    );
}

#[test]
fn the_program_half_is_exported_without_words() {
    let bench = Bench::new();
    let config = bench.config(
        "half",
        &[
            "rounds=1",
            "stages.skip=[reverse, solve, judge, train, evaluate]",
        ],
    );
    let report = bench.run(&config, usize::MAX).0.unwrap();
    assert!(report.exported > 0 && report.scores.is_empty());
    assert_eq!(report.targets.new_judged.of, 0);
    let found = crate::inspect(&config.output, "r1/3").unwrap();
    assert_eq!(found.calls.len(), 1);
    assert_eq!(found.steps[0].stage, Stage::Sample);
    assert!(crate::inspect(&config.output, "zzz").is_err());
}

#[test]
fn what_is_missing_is_found_before_any_work() {
    let bench = Bench::new();
    for (set, code, words) in [
        (
            "evaluate.benchmarks.0.path=/none/held.jsonl",
            2,
            "/none/held.jsonl: there is no such file",
        ),
        (
            "seeds.0.path=/none/seeds.jsonl.gz",
            2,
            "/none/seeds.jsonl.gz: there is no such file",
        ),
        (
            "models.base.path=/none/base",
            4,
            "model `base`: /none/base is not a folder",
        ),
        (
            "prompts=/none/prompts",
            2,
            "the prompts folder does not exist",
        ),
    ] {
        let config = bench.config("missing", &[set]);
        let error = preflight(&config).unwrap_err();
        assert_eq!(error.category().exit_code(), code, "{error}");
        assert!(
            error.to_string().contains(words) && error.hint().is_some(),
            "{error}"
        );
        let run = Run::create(config).unwrap();
        assert!(run.execute(&Quiet, &AtomicBool::new(false)).is_err());
        assert!(!run.dir().join("shards").exists());
    }
}

#[test]
fn a_run_that_keeps_nothing_says_so() {
    let bench = Bench::new();
    let config = bench.config("none", &["execute.rules.published.min_code_lines=99"]);
    let error = bench.run(&config, usize::MAX).0.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("unify (round 0) kept none of 12 rows; too_short: "),
        "{error}"
    );
}

#[test]
fn events_are_logged_with_times_and_close_with_the_report() {
    let bench = Bench::new();
    let config = bench.config("events", &["rounds=1", "stages.skip=[train, evaluate]"]);
    let run = Run::create(config.clone()).unwrap();
    let stop = AtomicBool::new(false);
    let seen = Mutex::new(0usize);
    let count = |_: &Event| *seen.lock().unwrap() += 1;
    let log = log::Log::open(run.dir(), &count).unwrap();
    let mut context = Context::new(&config, run.dir(), &log, &stop).unwrap();
    context.models.replace(Arc::new(Oracle::new(usize::MAX)));
    work(&context, None).unwrap();
    let text = std::fs::read_to_string(run.dir().join("events.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        lines
            .iter()
            .all(|line| line["time"].as_f64().unwrap() > 0.0)
    );
    assert_eq!(lines[0]["event"], "run_started");
    assert!(
        lines
            .iter()
            .any(|line| line["event"] == "training" && line["loss"].as_f64().is_some())
    );
    assert_eq!(lines.last().unwrap()["event"], "run_finished");
    assert!(*seen.lock().unwrap() >= lines.len());
}
