//! The table of stages, and what they leave for each other.

pub(crate) mod agreement;
pub(crate) mod assess;
mod curate;
mod evaluate;
mod execute;
mod export;
mod import;
mod judge;
mod reverse;
mod sample;
mod solve;
mod train;
mod trials;
mod tune;
mod unify;

use std::collections::BTreeMap;
use std::path::PathBuf;

use caco_program::trial::Pair;
use caco_record::{Row, Stage};

use crate::Error;
use crate::context::Context;
use crate::generator::{self, Answer};
use crate::report::{BenchmarkScore, StageReport, TargetReport};
use crate::runner::map::Input;
use crate::shard::Shard;

pub(crate) use curate::other_data;

/// How a stage sees its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Each row by itself, shard by shard.
    Map,
    /// Rows together with all rows before them.
    Keyed,
    /// All rows at once.
    Whole,
}

/// When a stage runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// Once, before the first round.
    Before,
    /// In every round.
    Round,
    /// Once, after the last round.
    After,
}

/// One line of the table.
pub(crate) struct Spec {
    pub(crate) stage: Stage,
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "the shapes are for the loops that distribute shards"
        )
    )]
    pub(crate) shape: Shape,
    when: When,
    pub(crate) run: fn(&Context<'_>, u32, &mut State) -> Result<StageReport, Error>,
}

impl Spec {
    /// Whether the stage runs in this round of so many; round 0 comes before the first.
    pub(crate) fn in_round(&self, round: u32, rounds: u32) -> bool {
        match self.when {
            When::Before => round == 0,
            When::Round => round > 0,
            When::After => round == rounds,
        }
    }
}

const fn spec(
    stage: Stage,
    shape: Shape,
    when: When,
    run: fn(&Context<'_>, u32, &mut State) -> Result<StageReport, Error>,
) -> Spec {
    Spec {
        stage,
        shape,
        when,
        run,
    }
}

/// All stages in the order of the loop.
pub(crate) const TABLE: [Spec; 12] = [
    spec(Stage::Import, Shape::Map, When::Before, import::run),
    spec(Stage::Unify, Shape::Map, When::Before, unify::run),
    spec(Stage::Tune, Shape::Whole, When::Round, tune::run),
    spec(Stage::Sample, Shape::Map, When::Round, sample::run),
    spec(Stage::Execute, Shape::Map, When::Round, execute::run),
    spec(Stage::Reverse, Shape::Map, When::Round, reverse::run),
    spec(Stage::Solve, Shape::Map, When::Round, solve::run),
    spec(Stage::Judge, Shape::Map, When::Round, judge::run),
    spec(Stage::Curate, Shape::Keyed, When::Round, curate::run),
    spec(Stage::Export, Shape::Whole, When::After, export::run),
    spec(Stage::Train, Shape::Whole, When::After, train::run),
    spec(Stage::Evaluate, Shape::Whole, When::After, evaluate::run),
];

/// Sorts stages of all rounds into the order of the loop.
pub(crate) fn position(stage: Stage, round: u32) -> (u8, u32) {
    match stage {
        Stage::Import | Stage::Unify => (0, 0),
        Stage::Export | Stage::Train | Stage::Evaluate => (2, 0),
        _ => (1, round),
    }
}

/// A trained student.
#[derive(Clone, Debug)]
pub(crate) struct Trained {
    pub(crate) student: String,
    pub(crate) rows: u64,
    pub(crate) folder: PathBuf,
}

/// What the stages that ran have left for those that follow.
#[derive(Default)]
pub(crate) struct State {
    shards: BTreeMap<(u32, Stage), Vec<Shard>>,
    /// Programs to sample in the round under way, where a target decides; else `sample.count`.
    pub(crate) helping: Option<u64>,
    /// How a target ended.
    pub(crate) target: Option<TargetReport>,
    /// The generator of each round.
    pub(crate) generators: BTreeMap<u32, PathBuf>,
    /// The students, in the order of the configuration, seeds innermost.
    pub(crate) students: Vec<Trained>,
    pub(crate) scores: Vec<BenchmarkScore>,
    pub(crate) reports: Vec<StageReport>,
    pub(crate) exported: Option<crate::export::Exported>,
}

impl State {
    /// Notes what a stage published.
    pub(crate) fn put(&mut self, stage: Stage, round: u32, shards: Vec<Shard>) {
        self.shards.insert((round, stage), shards);
    }

    /// What a stage published in a round; nothing when it did not run.
    pub(crate) fn get(&self, stage: Stage, round: u32) -> &[Shard] {
        self.shards.get(&(round, stage)).map_or(&[], Vec::as_slice)
    }

    /// All shards of a stage, with their rounds.
    pub(crate) fn all(&self, stage: Stage) -> impl Iterator<Item = (u32, &Shard)> {
        let own = self
            .shards
            .iter()
            .filter(move |((_, own), _)| *own == stage);
        own.flat_map(|((round, _), shards)| shards.iter().map(move |shard| (*round, shard)))
    }

    /// Every published shard with its round and stage, in the order of the loop.
    pub(crate) fn every(&self) -> impl Iterator<Item = (u32, Stage, &Shard)> {
        self.shards.iter().flat_map(|((round, stage), shards)| {
            shards.iter().map(move |shard| (*round, *stage, shard))
        })
    }

    /// A skipped stage's rows are those that it would have taken.
    pub(crate) fn skip(&mut self, stage: Stage, round: u32) {
        let rows = match stage {
            Stage::Solve => self.solve_input(round),
            Stage::Reverse => self.get(Stage::Execute, round).to_vec(),
            Stage::Judge => self.get(Stage::Solve, round).to_vec(),
            Stage::Curate => self.get(Stage::Judge, round).to_vec(),
            _ => return,
        };
        self.put(stage, round, rows);
    }

    /// What solve takes: the sampled rows that have a problem, and in the first round the seeds beside them.
    pub(crate) fn solve_input(&self, round: u32) -> Vec<Shard> {
        let mut shards = if round == 1 {
            self.get(Stage::Unify, 0).to_vec()
        } else {
            Vec::new()
        };
        shards.extend_from_slice(self.get(Stage::Reverse, round));
        shards
    }

    /// The shards of rows that came through every round so far.
    pub(crate) fn finished(&self) -> Vec<&Shard> {
        self.all(Stage::Curate).map(|(_, shard)| shard).collect()
    }
}

/// Inputs from published shards.
pub(crate) fn inputs(shards: &[Shard]) -> Vec<Input<'_>> {
    shards.iter().map(Input::of).collect()
}

/// One text that names a list of shards.
pub(crate) fn identity<'a>(shards: impl IntoIterator<Item = &'a Shard>) -> String {
    let names: Vec<&str> = shards
        .into_iter()
        .map(|shard| shard.fingerprint.as_str())
        .collect();
    names.join(",")
}

/// JSON text of something that always has one.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Internal(error.to_string()))
}

/// The further inputs and outputs of a row's program; none where none were tried.
pub(crate) fn pairs(row: &Row) -> Vec<Pair> {
    let pairs = row.pairs.as_deref();
    pairs
        .and_then(|pairs| serde_json::from_str(pairs).ok())
        .unwrap_or_default()
}

/// Why a reply cannot be used, if it cannot: the reason and its detail.
pub(crate) fn unfinished(answer: &Answer) -> Option<(&'static str, String)> {
    let said = || answer.text.trim().to_owned();
    match answer.finish.as_str() {
        generator::FINISH_TOO_LONG => Some((
            "prompt_too_long",
            match answer.prompt_tokens {
                0 => "the prompt leaves no room for a reply".into(),
                tokens => format!("{tokens} prompt tokens leave no room for a reply"),
            },
        )),
        generator::FINISH_LENGTH => Some((
            "truncated",
            format!("cut after {} tokens", answer.completion_tokens),
        )),
        generator::FINISH_FILTERED => {
            Some(("content_filter", "the server withheld the reply".into()))
        }
        generator::FINISH_REFUSED => Some(("refused", said())),
        generator::FINISH_NO_REPLY => Some((
            "no_reply",
            format!("after {} attempts: {}", answer.attempts, said()),
        )),
        _ if answer.text.trim().is_empty() => Some(("empty_reply", String::new())),
        _ => None,
    }
}

/// Gives a row its fate by the reply alone, and tells whether there is something to work with. A reply that never came says
/// nothing about the row, which is set aside.
pub(crate) fn usable(row: &mut Row, stage: Stage, answer: &Answer) -> bool {
    match unfinished(answer) {
        None => {
            row.keep(stage);
            return true;
        }
        Some((reason @ "no_reply", detail)) => row.quarantine(stage, reason, detail),
        Some((reason, detail)) => row.reject(stage, reason, detail),
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_each_stage_once_in_order() {
        let stages: Vec<Stage> = TABLE.iter().map(|spec| spec.stage).collect();
        assert_eq!(stages, Stage::ALL);
        assert_eq!(
            TABLE
                .iter()
                .filter(|spec| spec.shape == Shape::Keyed)
                .count(),
            1
        );
        for spec in &TABLE {
            let runs: u32 = (0..=3)
                .map(|round| u32::from(spec.in_round(round, 3)))
                .sum();
            assert_eq!(
                runs,
                if spec.when == When::Round { 3 } else { 1 },
                "{}",
                spec.stage
            );
        }
    }
}
