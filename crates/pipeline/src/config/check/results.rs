//! Exports, students and benchmarks.

use std::collections::BTreeSet;

use super::super::{Benchmark, Config, Model, SeedFormat};
use super::Fail;
use crate::Error;

pub(super) fn export(config: &Config, fail: Fail<'_>) -> Result<(), Error> {
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

pub(super) fn fields(
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

pub(super) fn benchmarks(list: &[Benchmark], path: &str, fail: Fail<'_>) -> Result<(), Error> {
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

pub(super) fn students(config: &Config, fail: Fail<'_>) -> Result<(), Error> {
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
