//! Runs a table of cases at every level, and after each of them the controls.

use crate::case::{Case, Expect, Limits};
use crate::common::run_in;
use crate::surroundings::Surroundings;
use caco_sandbox::{Config, Error, Isolation, Outcome, Sandbox, Status, TierChoice};
use std::collections::HashMap;

/// One way of running the suite.
#[derive(Debug, Clone, Copy)]
pub struct Mode {
    pub name: &'static str,
    pub isolation: Isolation,
    pub tier: TierChoice,
    pub count_changes: bool,
}

const BEST: Mode = Mode {
    name: "best",
    isolation: Isolation::Best,
    tier: TierChoice::Auto,
    count_changes: true,
};

/// All ways in which every group runs. What a case has to do in each follows from the layers that are in force there.
pub const MODES: [Mode; 3] = [
    BEST,
    Mode {
        name: "none",
        isolation: Isolation::None,
        ..BEST
    },
    Mode {
        name: "strict",
        isolation: Isolation::Strict,
        ..BEST
    },
];

/// As with interpreters that do not count the changes of dictionaries: for what is left to the next program.
pub const COMPARED: Mode = Mode {
    name: "best, contents compared",
    count_changes: false,
    ..BEST
};

/// The names of the modes to run, comma-separated, where not all are wanted.
pub const ONLY_MODES: &str = "CACO_TEST_MODES";

/// Why a mode cannot run here, if it cannot.
fn unreachable(mode: Mode) -> Option<String> {
    if let Ok(wanted) = std::env::var(ONLY_MODES)
        && !wanted.split(',').any(|name| name == mode.name)
    {
        return Some(format!("only {wanted} is wanted"));
    }
    match Sandbox::start(config_at(mode)) {
        Err(error @ Error::Isolation { .. }) => Some(error.to_string()),
        Err(error) => panic!("{error}"),
        Ok(sandbox) => {
            eprintln!("LAYERS at {}: {}", mode.name, sandbox.protection());
            None
        }
    }
}

/// The settings of a mode, but for the limits. This is the one place that makes them.
pub fn config_at(mode: Mode) -> Config {
    Config {
        workers: 1,
        isolation: mode.isolation,
        tier: mode.tier,
        count_changes: mode.count_changes,
        audit_share: 0.0,
        ..crate::common::defaults()
    }
}

/// How many times longer than usual programs may take, for machines on which everything is slow, such as emulated ones.
const SLOWER: &str = "CACO_TEST_SLOWER";

fn with_limits(config: Config, limits: Limits) -> Config {
    let slower: f64 = std::env::var(SLOWER).map_or(1.0, |times| times.parse().unwrap());
    let (cpu_seconds, wall_seconds, memory_mb) = match limits {
        Limits::Usual => (5.0, 20.0, 1024),
        Limits::Short => (0.2, 2.0, 512),
        Limits::Small => (5.0, 20.0, 64),
    };
    Config {
        limits: caco_sandbox::Limits {
            cpu_seconds: cpu_seconds * slower,
            wall_seconds: wall_seconds * slower,
            memory_mb,
        },
        first_pass_seconds: config.first_pass_seconds * slower,
        ..config
    }
}

/// An ordinary program that must give the same after every case as in a fresh pool.
#[derive(Debug, Clone, Copy)]
pub struct Control {
    pub program: &'static str,
    /// Its answer; empty where only sameness counts.
    pub answer: &'static str,
    /// A module without which it is left out.
    pub module: Option<&'static str>,
}

/// What of an outcome a next program can spoil.
fn essence(outcome: &Outcome) -> (Status, Option<&str>, Option<&str>, &str, &str) {
    (
        outcome.status,
        outcome.error_class.as_deref(),
        outcome.output_text.as_deref(),
        &outcome.stdout,
        &outcome.stderr,
    )
}

/// The first thing by which an outcome differs from what was wanted.
fn difference(outcome: &Outcome, wanted: &Outcome) -> String {
    let lines = |outcome: &Outcome| -> Vec<String> {
        let (status, class, text, stdout, stderr) = essence(outcome);
        let mut lines = vec![format!("{status:?} {class:?}")];
        lines.extend(stdout.lines().chain(stderr.lines()).map(String::from));
        lines.extend([
            format!("{:?}", outcome.error_message),
            format!("{text:?}"),
            String::new(),
        ]);
        lines
    };
    let (given, wanted) = (lines(outcome), lines(wanted));
    let mut pairs = given.iter().zip(&wanted);
    let first = pairs.find(|(given, wanted)| given != wanted);
    first.map_or_else(
        || "fewer or more lines".into(),
        |(given, wanted)| format!("{given} instead of {wanted}"),
    )
}

/// A pool with its surroundings.
struct Pool {
    around: Surroundings,
    sandbox: Sandbox,
    protection: String,
    processes: usize,
    heavy: bool,
}

impl Pool {
    /// A pool that has run `controls`, and what they gave.
    fn start(mode: Mode, limits: Limits, controls: &[&str]) -> (Self, Vec<Outcome>) {
        let around = Surroundings::new();
        let sandbox = Sandbox::start(Config {
            site: Some(around.site.clone()),
            scratch: Some(around.scratch.clone()),
            ..with_limits(config_at(mode), limits)
        })
        .unwrap();
        let outcomes = run_in(&sandbox, controls); // so that every process that serves them is up
        let protection = sandbox.protection();
        // An interpreter, its keeper, and its child of the batch tier, which may live on.
        let processes = 3;
        let pool = Self {
            around,
            sandbox,
            protection,
            processes,
            heavy: false,
        };
        (pool, outcomes)
    }

    /// Lets the second kind of interpreter come up where `program` is the first that needs it.
    fn warm_for(&mut self, program: &str) {
        let words = ["numpy", "sympy", "networkx"];
        if !self.heavy && words.iter().any(|word| program.contains(word)) {
            run_in(&self.sandbox, &["import numpy\n"]);
            self.heavy = true;
            self.processes *= 2;
        }
    }

    /// What is wrong around the pool now.
    fn changes(&self) -> Vec<String> {
        let mut found = self.around.changes(&self.protection);
        let now = self.around.processes();
        if now.len() > self.processes {
            found.push(format!(
                "processes: {now:?}, where there may be {}",
                self.processes
            ));
        }
        found
    }

    /// Ends the pool; whatever is left of it is wrong.
    fn end(self) -> Vec<String> {
        let Self {
            around, sandbox, ..
        } = self;
        drop(sandbox);
        let mut found = Vec::new();
        let left = around.processes();
        if !left.is_empty() {
            found.push(format!("processes after the pool's end: {left:?}"));
        }
        if !around.scratch_is_empty() {
            found.push("the scratch folder is not empty after the pool's end".into());
        }
        found
    }
}

/// What every outcome promises, whatever the program was.
fn untruths(outcome: &Outcome, config: &Config) -> Vec<String> {
    let length = |text: &Option<String>| text.as_deref().map_or(0, |text| text.chars().count());
    let mut found = Vec::new();
    if length(&outcome.error_message) > 500 {
        found.push(format!(
            "a message of {} characters",
            length(&outcome.error_message)
        ));
    }
    if length(&outcome.error_class) > 200 {
        found.push(format!(
            "a class of {} characters",
            length(&outcome.error_class)
        ));
    }
    if length(&outcome.output_text) > config.max_answer_bytes {
        found.push(format!(
            "an answer of {} characters",
            length(&outcome.output_text)
        ));
    }
    if outcome.status != Status::Ok && (outcome.output.is_some() || outcome.output_text.is_some()) {
        found.push("an answer beside a failure".into());
    }
    found
}

/// Runs one group.
pub struct Runner<'a> {
    controls: Vec<Control>,
    modules: HashMap<&'static str, bool>,
    cases: &'a [Case],
    modes: Vec<Mode>,
}

impl<'a> Runner<'a> {
    pub fn new(cases: &'a [Case], controls: &[Control]) -> Self {
        let mut modules = HashMap::new();
        let named = cases.iter().filter_map(|case| case.module);
        let wanted: Vec<&str> = named
            .chain(controls.iter().filter_map(|control| control.module))
            .collect();
        if !wanted.is_empty() {
            let sandbox = Sandbox::start(config_at(BEST)).unwrap();
            for module in wanted {
                modules.entry(module).or_insert_with(|| {
                    let outcome = run_in(&sandbox, &[&format!("import {module}\noutput = 1\n")]);
                    outcome[0].status == Status::Ok
                });
            }
        }
        let has = |module: Option<&str>| module.is_none_or(|name| modules[name]);
        let controls = controls.iter().filter(|control| has(control.module));
        Self {
            controls: controls.copied().collect(),
            modules,
            cases,
            modes: MODES.to_vec(),
        }
    }

    /// The same in one more mode.
    pub fn also_in(mut self, mode: Mode) -> Self {
        self.modes.push(mode);
        self
    }

    /// Every case at every level. All that is wrong is said at once.
    pub fn run(&self) {
        let mut wrong = Vec::new();
        for mode in &self.modes {
            match unreachable(*mode) {
                Some(why) => eprintln!("SKIPPED everything at {}: {why}", mode.name),
                None => self.run_mode(*mode, &mut wrong),
            }
        }
        assert!(
            wrong.is_empty(),
            "{} are wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }

    fn has_module(&self, case: &Case) -> bool {
        case.module.is_none_or(|module| self.modules[module])
    }

    fn run_mode(&self, mode: Mode, wrong: &mut Vec<String>) {
        let texts: Vec<&str> = self
            .controls
            .iter()
            .map(|control| control.program)
            .collect();
        let mut pools: HashMap<Limits, Pool> = HashMap::new();
        let mut references: HashMap<Limits, Vec<Outcome>> = HashMap::new();
        let mut cases: Vec<&Case> = self.cases.iter().collect();
        cases.sort_by_key(|case| case.limits != Limits::Usual);
        for case in cases {
            if !self.has_module(case) {
                eprintln!(
                    "SKIPPED {}: no {}",
                    case.name,
                    case.module.unwrap_or_default()
                );
                continue;
            }
            let limits = case.limits;
            let reference = references
                .entry(limits)
                .or_insert_with(|| self.reference(mode, limits));
            let mut pool = pools
                .remove(&limits)
                .unwrap_or_else(|| Pool::start(mode, limits, &texts).0);
            if let Expect::NotRun(why) = case.expected_under(&pool.protection) {
                eprintln!("SKIPPED {} at {}: {why}", case.name, mode.name);
                pools.insert(limits, pool);
                continue;
            }
            pool.warm_for(&case.text());
            let mut problems = self.run_case(mode, case, &pool, reference);
            if problems.is_empty() {
                pools.insert(limits, pool);
                continue;
            }
            problems.extend(pool.end());
            for problem in problems {
                wrong.push(format!("{} at {}: {problem}", case.name, mode.name));
            }
        }
        for (limits, pool) in pools {
            for problem in pool.end() {
                wrong.push(format!("pool {limits:?} at {}: {problem}", mode.name));
            }
        }
    }

    /// What each control gives in a pool of its own.
    fn reference(&self, mode: Mode, limits: Limits) -> Vec<Outcome> {
        let alone = |control: &Control| {
            let (_pool, mut outcomes) = Pool::start(mode, limits, &[control.program]);
            let outcome = outcomes.remove(0);
            let text = outcome.output_text.as_deref().unwrap_or_default();
            assert_eq!(outcome.status, Status::Ok, "{outcome:?}");
            assert!(
                control.answer.is_empty() || control.answer == text,
                "{text}"
            );
            outcome
        };
        self.controls.iter().map(alone).collect()
    }

    fn run_case(&self, mode: Mode, case: &Case, pool: &Pool, reference: &[Outcome]) -> Vec<String> {
        let config = with_limits(config_at(mode), case.limits);
        let program = pool.around.fill(&case.text());
        let mut problems = Vec::new();
        let outcome = self.with_controls(pool, &program, reference, &mut problems);
        eprintln!(
            "TIME {:.0} {:.0} {}",
            outcome.cpu_ms, outcome.wall_ms, case.name
        );
        let expected = case.expected_under(&pool.protection);
        if !expected.holds(&outcome) {
            problems.push(format!(
                "{expected:?} was expected: {:?} {:?} {:?} line {:?} {:?}",
                outcome.status,
                outcome.error_class,
                outcome.error_message,
                outcome.error_line,
                outcome.output_text
            ));
        }
        problems.extend(untruths(&outcome, &config));
        if let Some((sibling, answer)) = case.sibling {
            let outcome = &run_in(&pool.sandbox, &[&pool.around.fill(sibling)])[0];
            if outcome.output_text.as_deref() != Some(answer) {
                problems.push(format!("its harmless sibling gave {outcome:?}"));
            }
        }
        if case.bites && mode.name == BEST.name && !self.bites(pool, &program, reference) {
            problems.push("it spoils no control even in its own program".into());
        }
        problems.extend(pool.changes());
        problems
    }

    /// Whether a control that follows `program` within one program gives something else.
    fn bites(&self, pool: &Pool, program: &str, reference: &[Outcome]) -> bool {
        self.controls
            .iter()
            .zip(reference)
            .any(|(control, wanted)| {
                let together = format!("{program}\n{}", control.program);
                let outcome = &run_in(&pool.sandbox, &[&together])[0];
                essence(outcome) != essence(wanted)
            })
    }

    /// The outcome of `program`; what the controls after it give otherwise than in a fresh pool is a problem.
    fn with_controls(
        &self,
        pool: &Pool,
        program: &str,
        reference: &[Outcome],
        problems: &mut Vec<String>,
    ) -> Outcome {
        let mut programs = vec![program];
        programs.extend(self.controls.iter().map(|control| control.program));
        let mut outcomes = run_in(&pool.sandbox, &programs);
        for (outcome, wanted) in outcomes.drain(1..).zip(reference) {
            if essence(&outcome) != essence(wanted) {
                problems.push(format!(
                    "the next program: {}",
                    difference(&outcome, wanted)
                ));
            }
        }
        outcomes.remove(0)
    }
}
