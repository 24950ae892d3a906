//! Rules that the types cannot express: ranges, names that must exist, stages that need each other.

use std::collections::BTreeSet;

use caco_record::Stage;

use super::{
    Benchmark, CONFIG_VERSION, Check, Config, Model, NONE, PromptSet, SampleMethod, Sampling,
    SeedFormat, Training, TuneInit, UnifyMethod, training,
};
use crate::Error;

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

fn export(config: &Config, fail: Fail<'_>) -> Result<(), Error> {
    let settings = &config.export;
    if settings.rows_per_file == Some(0) {
        return Err(fail(
            "export.rows_per_file",
            "must be at least 1".into(),
            None,
        ));
    }
    if settings.file_mb == 0 {
        return Err(fail("export.file_mb", "must be at least 1".into(), None));
    }
    if let Some(spread) = &settings.spread {
        if !matches!(config.models.get(&spread.model), Some(Model::Server(_))) {
            return Err(fail(
                "export.spread.model",
                format!("`{}` is no server's model", spread.model),
                Some("name a model of `kind: server` that answers at /embeddings".into()),
            ));
        }
        if spread.rows < 2 {
            return Err(fail(
                "export.spread.rows",
                "two problems are needed for a distance".into(),
                None,
            ));
        }
    }
    for (index, view) in settings.formats.iter().enumerate() {
        let path = format!("export.formats[{index}]");
        if settings.formats[..index].contains(view) {
            return Err(fail(&path, format!("`{view}` is named twice"), None));
        }
        if let Some(stage) = view.lacks(config) {
            return Err(fail(
                &path,
                format!("`{view}` shows what {stage} writes, and {stage} is skipped"),
                Some(format!(
                    "take `{stage}` out of `stages.skip`, or `{view}` out of here"
                )),
            ));
        }
    }
    Ok(())
}

fn fields(
    map: &std::collections::BTreeMap<String, String>,
    path: &str,
    fail: Fail<'_>,
) -> Result<(), Error> {
    const KNOWN: [&str; 5] = ["id", "problem", "solution", "answer", "domain"];
    match map.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let nearest = KNOWN
                .iter()
                .min_by_key(|known| strsim::damerau_levenshtein(key, known));
            let hint = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
            Err(fail(
                &format!("{path}.{key}"),
                format!("not one of {}", KNOWN.join(", ")),
                hint,
            ))
        }
    }
}

fn models(config: &Config, fail: Fail<'_>) -> Result<(), Error> {
    for (name, model) in &config.models {
        if let Model::Server(server) = model {
            if server.samples_per_call == 0 {
                let path = format!("models.{name}.samples_per_call");
                return Err(fail(&path, "must be at least 1".into(), None));
            }
            server.settings.check().map_err(|wrong| {
                fail(
                    &format!("models.{name}.{}", wrong.key),
                    wrong.message,
                    Some(wrong.hint),
                )
            })?;
        }
    }
    let judge = &config.judge.model;
    let sample = config.sample.model.as_deref();
    // The last column: whether the model must be one whose weights are here.
    for (path, name, used, weights) in [
        (
            "unify.model",
            config.unify.model.as_str(),
            config.runs(Stage::Unify) && config.unify.method == UnifyMethod::Model,
            false,
        ),
        (
            "tune.model",
            &config.tune.model.0,
            config.runs(Stage::Tune) && config.tune.init == TuneInit::Base,
            true,
        ),
        (
            "sample.model",
            sample.unwrap_or_default(),
            sample.is_some(),
            false,
        ),
        ("reverse.model", &config.reverse.model, true, false),
        ("solve.model", &config.solve.model, true, false),
        ("judge.model", judge, judge != NONE, false),
        (
            "train.model",
            &config.train.model,
            config.runs(Stage::Train) || config.runs(Stage::Evaluate),
            config.runs(Stage::Train),
        ),
    ] {
        if !used {
            continue;
        }
        match config.models.get(name) {
            Some(Model::Server(_)) if weights => {
                return Err(fail(
                    path,
                    format!("`{name}` is a server's model, and its weights are not here"),
                    Some(
                        "name a model of `kind: embedded`, or skip the stage with `stages.skip`"
                            .into(),
                    ),
                ));
            }
            Some(Model::Weights { .. }) if !weights && path != "train.model" => {
                return Err(fail(
                    path,
                    format!("`{name}` is weights for a trainer, which this stage does not ask"),
                    Some("name a model of `kind: server` or `embedded`".into()),
                ));
            }
            Some(Model::Embedded { .. }) if path == "judge.model" => {
                return Err(fail(
                    path,
                    format!("`{name}` is embedded, and there are no judge's prompts for it"),
                    Some("name a model of `kind: server`, or `none`".into()),
                ));
            }
            Some(_) => {}
            None => {
                let known: Vec<&str> = config.models.keys().map(String::as_str).collect();
                let hint = format!(
                    "`models` defines {}; add `{name}` there or use one of these",
                    known.join(", ")
                );
                return Err(fail(
                    path,
                    format!("there is no model `{name}`"),
                    Some(hint),
                ));
            }
        }
    }
    Ok(())
}

/// What is asked of models beside their names.
fn asking(config: &Config, fail: Fail<'_>) -> Result<(), Error> {
    let chat = config.sample.method == SampleMethod::Chat;
    if chat && config.sample.model.is_none() && config.runs(Stage::Sample) {
        return Err(fail(
            "sample.method",
            "`chat` needs a model that follows instructions, and the one that tune makes does not"
                .into(),
            Some("set `sample.model`".into()),
        ));
    }
    if config.judge.votes == 0 {
        return Err(fail("judge.votes", "must be at least 1".into(), None));
    }
    let checks: BTreeSet<&str> = config
        .judge
        .checks
        .iter()
        .map(|check| Check::as_str(*check))
        .collect();
    if checks.len() != config.judge.checks.len() {
        return Err(fail("judge.checks", "a check is named twice".into(), None));
    }
    let general = |path: &str, name: &str, why: &str| -> Result<(), Error> {
        let set = config
            .models
            .get(name)
            .map(Model::prompts)
            .unwrap_or_default();
        if set == PromptSet::General {
            return Ok(());
        }
        Err(fail(
            path,
            format!("{why}, and `{name}` understands only the prompts of the built-in base model"),
            Some("name a server's model with `prompts: general`".into()),
        ))
    };
    if chat && config.runs(Stage::Sample) {
        let name = config.sample.model.as_deref().unwrap_or_default();
        general(
            "sample.model",
            name,
            "`sample.method: chat` shows seed programs and asks for another",
        )?;
    }
    if config.revise && config.runs(Stage::Judge) {
        general(
            "reverse.model",
            &config.reverse.model,
            "`revise` has problems written again, given a reason",
        )?;
    }
    if config.judge.model != NONE && config.runs(Stage::Judge) {
        general(
            "judge.model",
            &config.judge.model,
            "a judge is asked in words",
        )?;
    }
    let mut currency: Option<&str> = None;
    for (name, model) in &config.models {
        let Model::Server(server) = model else {
            continue;
        };
        let Some(price) = &server.settings.price else {
            continue;
        };
        if currency.is_some_and(|first| first != price.currency) {
            return Err(fail(
                &format!("models.{name}.price.currency"),
                "prices in two currencies cannot be added".into(),
                Some("state all prices in one".into()),
            ));
        }
        currency = Some(&price.currency);
    }
    if config.target.is_some() && !config.runs(Stage::Curate) {
        return Err(fail(
            "target",
            "curate counts the rows, and it is skipped".into(),
            Some("take `curate` out of `stages.skip`".into()),
        ));
    }
    if let Some(target) = &config.target {
        if target.kept == 0 {
            return Err(fail("target.kept", "must be at least 1".into(), None));
        }
        if target.samples == Some(0) {
            return Err(fail("target.samples", "must be at least 1".into(), None));
        }
        if target
            .seconds
            .is_some_and(|seconds| seconds.is_nan() || seconds <= 0.0)
        {
            return Err(fail("target.seconds", "must be above 0".into(), None));
        }
    }
    let budget = &config.budget;
    if budget.cost.is_some_and(|cost| cost.is_nan() || cost < 0.0) {
        return Err(fail("budget.cost", "must be 0 or above".into(), None));
    }
    let unpriced = config.models.iter().find(
        |(_, model)| matches!(model, Model::Server(server) if server.settings.price.is_none()),
    );
    if let (Some(_), Some((name, _))) = (budget.cost, unpriced) {
        return Err(fail(
            "budget.cost",
            format!("the price of `{name}` is not known, so its calls cannot be counted"),
            Some(format!(
                "add `price: {{input: N, output: N}}` (for a million tokens, 0 where it is free) to `models.{name}`, or bound `budget.tokens`"
            )),
        ));
    }
    Ok(())
}

fn check_sampling(sampling: &Sampling, path: &str, fail: Fail<'_>) -> Result<(), Error> {
    let at =
        |key: &str, message: &str| Err(fail(&format!("{path}.{key}"), message.to_owned(), None));
    if !(sampling.temperature >= 0.0 && sampling.temperature.is_finite()) {
        return at("temperature", "must be 0 or above");
    }
    if !(sampling.top_p > 0.0 && sampling.top_p <= 1.0) {
        return at("top_p", "must be above 0 and at most 1");
    }
    if sampling
        .min_p
        .is_some_and(|min_p| !(0.0..=1.0).contains(&min_p))
    {
        return at("min_p", "must be from 0 to 1");
    }
    if sampling.stop.iter().any(String::is_empty) {
        return at("stop", "a text of it is empty");
    }
    if sampling.max_tokens == Some(0) {
        return at("max_tokens", "must be at least 1");
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

fn benchmarks(list: &[Benchmark], path: &str, fail: Fail<'_>) -> Result<(), Error> {
    let mut names = BTreeSet::new();
    for (index, benchmark) in list.iter().enumerate() {
        let path = format!("{path}[{index}]");
        fields(&benchmark.fields, &format!("{path}.fields"), fail)?;
        if let Some(task) = benchmark.task {
            let own = if benchmark.fields.is_empty() {
                (benchmark.format != SeedFormat::Problems).then_some("format")
            } else {
                Some("fields")
            };
            if let Some(own) = own {
                return Err(fail(
                    &format!("{path}.{own}"),
                    format!("`task: {}` knows the fields of its files", task.name()),
                    Some(format!("remove `{own}`, or `task` for plain problems")),
                ));
            }
        }
        if benchmark.samples == 0 {
            let path = format!("{path}.samples");
            return Err(fail(&path, "must be at least 1".into(), None));
        }
        if !names.insert(benchmark.title()) {
            let message = format!("the name `{}` is used twice", benchmark.title());
            return Err(fail(
                &path,
                message,
                Some("give one of them another `name`".into()),
            ));
        }
    }
    Ok(())
}

fn students(config: &Config, fail: Fail<'_>) -> Result<(), Error> {
    let mut names = BTreeSet::from(["before"]);
    for (index, student) in config.train.students.iter().enumerate() {
        let path = format!("train.students[{index}].name");
        let plain = !student.name.is_empty()
            && student
                .name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !plain {
            return Err(fail(&path, "use letters, digits, `-` and `_`".into(), None));
        }
        if !names.insert(student.name.as_str()) {
            return Err(fail(
                &path,
                format!("the name `{}` is taken", student.name),
                None,
            ));
        }
    }
    let unique: BTreeSet<_> = config.train.seeds.iter().collect();
    if config.train.seeds.is_empty() || unique.len() != config.train.seeds.len() {
        return Err(fail(
            "train.seeds",
            "give at least one seed, and none twice".into(),
            None,
        ));
    }
    Ok(())
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
