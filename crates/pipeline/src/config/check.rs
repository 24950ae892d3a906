//! Rules that the types cannot express: ranges, names that must exist, stages that need each other.

mod models;
mod results;

use std::collections::BTreeSet;

use caco_record::Stage;

use super::{CONFIG_VERSION, Config, Training, TuneInit, training};
use crate::Error;
use models::{asking, check_sampling, models};
use results::{benchmarks, export, fields, students};

pub(super) type Fail<'a> = &'a dyn Fn(&str, String, Option<String>) -> Error;

/// Checks the whole tree and reports the first problem.
pub(super) fn check(config: &Config, fail: Fail<'_>) -> Result<(), Error> {
    let require = |holds: bool, path: &str, message: &str| -> Result<(), Error> {
        if holds {
            Ok(())
        } else {
            Err(fail(path, message.to_owned(), None))
        }
    };
    if config.version != CONFIG_VERSION {
        let message = format!(
            "version {} is not known; this program reads version {CONFIG_VERSION}",
            config.version
        );
        return Err(fail(
            "version",
            message,
            Some(format!("write `version: {CONFIG_VERSION}`")),
        ));
    }
    let plain = |name: &str| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && !name.starts_with('.')
    };
    require(
        plain(&config.name),
        "name",
        "use letters, digits, `-`, `_` and `.`",
    )?;
    require(config.rounds >= 1, "rounds", "must be at least 1")?;
    require(config.shard_rows >= 1, "shard_rows", "must be at least 1")?;
    require(
        !config.seeds.is_empty(),
        "seeds",
        "at least one seed file is required",
    )?;
    let mut sources = BTreeSet::new();
    for (index, seed) in config.seeds.iter().enumerate() {
        let source = seed
            .source
            .clone()
            .unwrap_or_else(|| super::stem(&seed.path));
        if !sources.insert(source.clone()) {
            let hint = Some("give one of them another `source`".to_owned());
            return Err(fail(
                &format!("seeds[{index}]"),
                format!("the source `{source}` is used twice"),
                hint,
            ));
        }
        fields(&seed.fields, &format!("seeds[{index}].fields"), fail)?;
    }
    models(config, fail)?;
    training::check(config, fail)?;
    asking(config, fail)?;
    require(
        config.unify.samples >= 1,
        "unify.samples",
        "must be at least 1",
    )?;
    require(
        config.sample.count >= 1,
        "sample.count",
        "must be at least 1",
    )?;
    for (path, sampling) in [
        ("unify.sampling", &config.unify.sampling),
        ("sample.sampling", &config.sample.sampling),
        ("reverse.sampling", &config.reverse.sampling),
        ("solve.sampling", &config.solve.sampling),
        ("judge.sampling", &config.judge.sampling),
        (
            "judge.difficulty.sampling",
            &config.judge.difficulty.sampling,
        ),
        ("evaluate.sampling", &config.evaluate.sampling),
    ] {
        check_sampling(sampling, path, fail)?;
    }
    check_training(&config.tune.training, "tune.training", fail)?;
    check_training(&config.train.training, "train.training", fail)?;
    if config.tune.init == TuneInit::Scratch {
        let shape = &config.tune.architecture;
        require(
            shape.vocab_size >= 449,
            "tune.architecture.vocab_size",
            "must be at least 449",
        )?;
        require(
            shape.layers >= 1 && shape.heads >= 1,
            "tune.architecture",
            "layers and heads must be at least 1",
        )?;
        let fits =
            shape.hidden_size > 0 && shape.hidden_size.is_multiple_of(2 * shape.heads.max(1));
        require(
            fits,
            "tune.architecture.hidden_size",
            "must be a multiple of twice `heads`",
        )?;
    }
    let execute = &config.execute;
    require(
        execute.cpu_seconds > 0.0,
        "execute.cpu_seconds",
        "must be above 0",
    )?;
    require(
        execute.wall_seconds > 0.0,
        "execute.wall_seconds",
        "must be above 0",
    )?;
    require(
        execute.memory_mb >= 64,
        "execute.memory_mb",
        "must be at least 64",
    )?;
    require(
        execute.workers != Some(0),
        "execute.workers",
        "must be at least 1",
    )?;
    let inputs = &execute.inputs;
    require(
        (0.0..=1.0).contains(&inputs.fragile_share),
        "execute.inputs.fragile_share",
        "must be from 0 to 1",
    )?;
    require(
        inputs.growth_ratio > 1.0,
        "execute.inputs.growth_ratio",
        "must be above 1",
    )?;
    beyond(config, fail)?;
    export(config, fail)?;
    for (path, threshold) in [
        ("curate.near.problems", config.curate.near.problems),
        ("curate.near.programs", config.curate.near.programs),
    ] {
        require(
            threshold == 0.0 || (0.5..=1.0).contains(&threshold),
            path,
            "must be from 0.5 to 1, or 0 for no such look",
        )?;
    }
    for (path, list) in [
        ("evaluate.benchmarks", &config.evaluate.benchmarks),
        ("curate.contamination", &config.curate.contamination),
    ] {
        benchmarks(list, path, fail)?;
    }
    let several = config
        .evaluate
        .benchmarks
        .iter()
        .position(|benchmark| benchmark.samples > 1);
    if let Some(index) = several
        && config.evaluate.sampling.temperature == 0.0
    {
        return Err(fail(
            &format!("evaluate.benchmarks[{index}].samples"),
            "at temperature 0 all replies to a problem are the same".into(),
            Some("set `evaluate.sampling.temperature`, for example to 0.7".into()),
        ));
    }
    students(config, fail)?;
    skips(config, fail)
}

/// What looks further than one input and one answer.
fn beyond(config: &Config, fail: Fail<'_>) -> Result<(), Error> {
    let judge = &config.judge;
    for (path, share) in [
        ("judge.trace.floor", judge.trace.floor),
        ("judge.counterfactual.share", judge.counterfactual.share),
        ("sample.mutate.share", config.sample.mutate.share),
    ] {
        if !(0.0..=1.0).contains(&share) {
            return Err(fail(path, "must be from 0 to 1".into(), None));
        }
    }
    if judge.counterfactual.pairs > 0 && config.execute.inputs.pairs == 0 {
        return Err(fail(
            "judge.counterfactual.pairs",
            "other quantities need other inputs of the programs, and none are tried".into(),
            Some("set `execute.inputs.pairs`, for example to 6".into()),
        ));
    }
    if judge.difficulty.samples > 1 && judge.difficulty.sampling.temperature == 0.0 {
        return Err(fail(
            "judge.difficulty.samples",
            "at temperature 0 all solutions of a problem are the same".into(),
            Some("set `judge.difficulty.sampling.temperature`, for example to 0.8".into()),
        ));
    }
    let mutate = &config.sample.mutate;
    if mutate.share > 0.0 && mutate.operators.is_empty() {
        return Err(fail(
            "sample.mutate.operators",
            "a share of the samples is to be made, and no way to make them is named".into(),
            Some("name some of change_operation, perturb_constants, deepen, compose".into()),
        ));
    }
    Ok(())
}

fn check_training(training: &Training, path: &str, fail: Fail<'_>) -> Result<(), Error> {
    training.check(usize::MAX).map_err(|error| match error {
        caco_model::Error::Config { what, message } => {
            fail(&format!("{path}.{what}"), message, None)
        }
        other => fail(path, other.to_string(), None),
    })
}

/// Which stage cannot be skipped while another runs, and why.
const NEEDS: [(Stage, Stage, &str); 9] = [
    (
        Stage::Tune,
        Stage::Unify,
        "tune learns from the programs that unify writes",
    ),
    (
        Stage::Sample,
        Stage::Tune,
        "sample asks the model that tune makes",
    ),
    (
        Stage::Execute,
        Stage::Sample,
        "execute runs the programs that sample writes",
    ),
    (
        Stage::Reverse,
        Stage::Execute,
        "reverse shows the output that execute finds",
    ),
    (
        Stage::Judge,
        Stage::Solve,
        "judge compares the words that solve writes",
    ),
    (
        Stage::Judge,
        Stage::Reverse,
        "judge compares the problem that reverse writes",
    ),
    (
        Stage::Solve,
        Stage::Reverse,
        "solve reads the problem that reverse writes",
    ),
    (
        Stage::Train,
        Stage::Solve,
        "students learn the solutions that solve writes",
    ),
    (
        Stage::Train,
        Stage::Export,
        "students learn from the exported rows",
    ),
];

fn skips(config: &Config, fail: Fail<'_>) -> Result<(), Error> {
    let skipped = |stage: Stage| config.stages.skip.contains(&stage);
    if skipped(Stage::Import) {
        return Err(fail("stages.skip", "import cannot be skipped".into(), None));
    }
    for (stage, needed, why) in NEEDS {
        let elsewhere =
            (stage, needed) == (Stage::Sample, Stage::Tune) && config.sample.model.is_some();
        if config.runs(stage) && skipped(needed) && !elsewhere {
            return Err(fail(
                "stages.skip",
                format!("`{needed}` is skipped but `{stage}` runs: {why}"),
                Some(format!("skip `{stage}` too, or do not skip `{needed}`")),
            ));
        }
    }
    Ok(())
}
