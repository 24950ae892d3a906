//! Rules that the types cannot express: ranges, names that must exist, stages that need each other.

use std::collections::BTreeSet;

use caco_record::Stage;

use super::{Benchmark, CONFIG_VERSION, Config, Sampling, Training, TuneInit, UnifyMethod};
use crate::Error;

type Fail<'a> = &'a dyn Fn(&str, String, Option<String>) -> Error;

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
    require(
        config.export.rows_per_file >= 1,
        "export.rows_per_file",
        "must be at least 1",
    )?;
    for (path, list) in [
        ("evaluate.benchmarks", &config.evaluate.benchmarks),
        ("curate.contamination", &config.curate.contamination),
    ] {
        benchmarks(list, path, fail)?;
    }
    students(config, fail)?;
    skips(config, fail)
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
    for (path, name, used) in [
        (
            "unify.model",
            &config.unify.model,
            config.unify.method == UnifyMethod::Model,
        ),
        (
            "tune.model",
            &config.tune.model.0,
            config.tune.init == TuneInit::Base,
        ),
        ("reverse.model", &config.reverse.model, true),
        ("solve.model", &config.solve.model, true),
        ("train.model", &config.train.model, true),
    ] {
        if used && !config.models.contains_key(name) {
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
    if sampling.max_tokens == 0 {
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
        if config.runs(stage) && skipped(needed) {
            return Err(fail(
                "stages.skip",
                format!("`{needed}` is skipped but `{stage}` runs: {why}"),
                Some(format!("skip `{stage}` too, or do not skip `{needed}`")),
            ));
        }
    }
    Ok(())
}
