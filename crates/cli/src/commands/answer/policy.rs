//! The policy that the options name.

use std::path::Path;

use caco_answer::Policy;
use serde_json::{Map, Value};

use crate::failure::{Failure, Result};

const PRESETS: [(&str, Policy); 3] = [
    ("strict", Policy::strict()),
    ("benchmark", Policy::benchmark()),
    ("published", Policy::published()),
];
const HINT: &str = "docs/ANSWERS.md lists the fields of a policy and their values";

/// The policy of `--policy NAME|FILE` with `--set FIELD=VALUE`.
pub fn load(name: &str, sets: &[String]) -> Result<Policy> {
    let mut fields = match preset(name) {
        Some(policy) => fields(&policy)?,
        None => from_file(Path::new(name))?,
    };
    for set in sets {
        let (field, value) = set.split_once('=').ok_or_else(|| {
            Failure::usage(
                format!("--set {set}: there is no `=`"),
                "write --set FIELD=VALUE, for example --set rounding=either",
            )
        })?;
        fields.insert(field.trim().to_owned(), scalar(value)?);
    }
    typed(fields, if sets.is_empty() { name } else { "--set" })
}

fn preset(name: &str) -> Option<Policy> {
    let found = PRESETS.iter().find(|(known, _)| *known == name);
    found.map(|(_, policy)| policy.clone())
}

fn fields(policy: &Policy) -> Result<Map<String, Value>> {
    match serde_json::to_value(policy) {
        Ok(Value::Object(fields)) => Ok(fields),
        other => Err(Failure::internal(format!("a policy as JSON: {other:?}"))),
    }
}

/// The fields of a preset with those of a file on top.
fn from_file(path: &Path) -> Result<Map<String, Value>> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            Failure::usage(
                format!("--policy {}: there is no such preset or file", path.display()),
                "give strict, benchmark, published, or a YAML or JSON file with fields of the policy",
            )
        } else {
            Failure::file("read", path, &error)
        }
    })?;
    // JSON is YAML.
    let tree: Value = serde_norway::from_str(&text).map_err(|error| {
        Failure::usage(format!("{}: not valid YAML: {error}", path.display()), HINT)
    })?;
    let mut own = match tree {
        Value::Null => Map::new(),
        Value::Object(own) => own,
        _ => {
            return Err(Failure::usage(
                format!("{}: a policy is a mapping of fields", path.display()),
                HINT,
            ));
        }
    };
    let base = match own.remove("preset") {
        None => Policy::strict(),
        Some(name) => name.as_str().and_then(preset).ok_or_else(|| {
            Failure::usage(
                format!("{}: preset: {name} is no preset", path.display()),
                "give strict, benchmark or published",
            )
        })?,
    };
    let mut all = fields(&base)?;
    all.extend(own);
    Ok(all)
}

fn scalar(text: &str) -> Result<Value> {
    serde_norway::from_str(text)
        .map_err(|error| Failure::usage(format!("--set: `{text}` is no value: {error}"), HINT))
}

fn typed(fields: Map<String, Value>, place: &str) -> Result<Policy> {
    // Field by field, so that the message names the one that is wrong.
    for (name, value) in &fields {
        let one = Value::Object(Map::from_iter([(name.clone(), value.clone())]));
        if let Err(error) = serde_json::from_value::<Policy>(one) {
            return Err(Failure::usage(format!("{place}: `{name}`: {error}"), HINT));
        }
    }
    serde_json::from_value(Value::Object(fields))
        .map_err(|error| Failure::usage(format!("{place}: {error}"), HINT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use caco_answer::Rounding;

    #[test]
    fn presets_files_and_single_fields() {
        assert_eq!(load("published", &[]).unwrap(), Policy::published());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.yaml");
        std::fs::write(&file, "preset: benchmark\nrounding: either\n").unwrap();
        let name = file.to_string_lossy();
        let expected = Policy {
            rounding: Rounding::Either,
            ..Policy::benchmark()
        };
        assert_eq!(load(&name, &[]).unwrap(), expected);
        let set = ["tolerance=0.5".to_owned(), "rounding=never".to_owned()];
        let expected = Policy {
            tolerance: 0.5,
            ..Policy::benchmark()
        };
        assert_eq!(load(&name, &set).unwrap(), expected);
        std::fs::write(&file, "{\"strip_units\": true}").unwrap();
        assert!(load(&name, &[]).unwrap().strip_units);
    }

    #[test]
    fn mistakes_are_named() {
        for (name, set, words) in [
            ("stict", "", "no such preset or file"),
            ("strict", "rounding", "there is no `=`"),
            ("strict", "roundin=never", "`roundin`"),
            ("strict", "rounding=sometimes", "`rounding`"),
            ("strict", "tolerance=much", "`tolerance`"),
        ] {
            let sets: Vec<String> = (!set.is_empty())
                .then(|| set.to_owned())
                .into_iter()
                .collect();
            let failure = load(name, &sets).unwrap_err();
            assert!(failure.message.contains(words), "{}", failure.message);
            assert!(failure.hint.is_some());
        }
    }
}
