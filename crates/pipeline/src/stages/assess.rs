//! What is asked of every program, a seed's or a sampled one: that it parses, keeps the rules, runs, and answers.

use caco_program::Profile;
use caco_program::{Facts, Rules};
use caco_record::Row;
use caco_sandbox::{Outcome, OutputSource, Status};
use serde::Serialize;

use super::trials::Tried;
use crate::Error;
use crate::config::Config;
use crate::context::Context;

/// What is known of one program.
pub(super) struct Assessed {
    /// Static facts with the hashes of normal form and structure; none when it does not parse.
    pub(super) facts: Option<Fingerprinted>,
    /// What happened when it ran; none when it was not run.
    pub(super) outcome: Option<Outcome>,
    /// The first check that it failed: reason and detail.
    pub(super) failed: Option<(String, String)>,
}

/// Static facts with the program's fingerprints.
pub(super) struct Fingerprinted {
    pub(super) facts: Facts,
    pub(super) profile: Profile,
    pub(super) normal: u64,
    pub(super) structure: u64,
}

/// The parts of the settings that decide an outcome, for fingerprints; the number of workers does not.
pub(crate) fn section(config: &Config) -> Result<String, Error> {
    let execute = &config.execute;
    let of_domains: Vec<_> = config
        .domains
        .iter()
        .filter_map(|(name, domain)| Some((name, domain.rules.as_ref()?)))
        .collect();
    super::json(&(
        &execute.python,
        execute.cpu_seconds,
        execute.wall_seconds,
        execute.memory_mb,
        (&execute.rules, of_domains),
    ))
}

/// A program and the domain whose rules it has to keep.
pub(super) type Proposed<'a> = (&'a str, Option<&'a str>);

/// Assesses programs; those that keep the static rules are run.
pub(super) fn assess(
    context: &Context<'_>,
    programs: &[Proposed<'_>],
    progress: &dyn Fn(usize),
) -> Result<Vec<Assessed>, Error> {
    let rules = |place: usize| context.config.rules(programs[place].1);
    let mut all: Vec<Assessed> = (0..programs.len())
        .map(|place| at_rest(programs[place].0, rules(place)))
        .collect();
    let places: Vec<usize> = (0..all.len())
        .filter(|place| all[*place].failed.is_none())
        .collect();
    let resting = all.len() - places.len();
    progress(resting);
    if places.is_empty() {
        return Ok(all);
    }
    let runnable: Vec<&str> = places.iter().map(|place| programs[*place].0).collect();
    let outcomes =
        context
            .executor()?
            .run(&runnable, &|done| progress(resting + done), context.stop)?;
    if outcomes.len() != runnable.len() {
        return Err(Error::Internal(format!(
            "{} outcomes of {} programs",
            outcomes.len(),
            runnable.len()
        )));
    }
    for (place, outcome) in places.into_iter().zip(outcomes) {
        all[place].failed = verdict(&outcome, rules(place));
        all[place].outcome = Some(outcome);
    }
    Ok(all)
}

/// The checks that need no execution.
fn at_rest(program: &str, rules: &Rules) -> Assessed {
    let failed = |reason: &str, detail: String| Some((reason.to_owned(), detail));
    let forms = caco_program::facts(program).and_then(|facts| {
        let normal = caco_program::fingerprint(&caco_program::normal_form(program)?);
        let structure = caco_program::fingerprint(&caco_program::structure(program)?);
        Ok(Fingerprinted {
            facts,
            profile: caco_program::profile(program)?,
            normal,
            structure,
        })
    });
    match forms {
        Err(problem) => {
            let detail = format!("line {}: {}", problem.line, problem.message);
            Assessed {
                facts: None,
                outcome: None,
                failed: failed("syntax", detail),
            }
        }
        Ok(forms) => {
            let broken = caco_program::check(&forms.facts, rules).err();
            let failed =
                broken.and_then(|violation| failed(violation.reason.as_str(), violation.detail));
            Assessed {
                facts: Some(forms),
                outcome: None,
                failed,
            }
        }
    }
}

/// Why a program did not come to its end, if it did not: the reason and its detail.
pub(crate) fn stopped(outcome: &Outcome) -> Option<(String, String)> {
    let class = outcome.error_class.clone().unwrap_or_default();
    let mut detail = match (&outcome.error_message, class.is_empty()) {
        (Some(message), false) => format!("{class}: {message}"),
        (Some(message), true) => message.clone(),
        (None, _) => class,
    };
    if let Some(line) = outcome.error_line {
        detail.push_str(&format!(" (line {line})"));
    }
    let reason = match outcome.status {
        Status::Ok => return None,
        Status::OutputLimit => "output_too_large",
        other => other.as_str(),
    };
    Some((reason.to_owned(), steady(&detail)))
}

/// The checks on what happened.
fn verdict(outcome: &Outcome, rules: &Rules) -> Option<(String, String)> {
    let failed = |reason: &str, detail: String| Some((reason.to_owned(), steady(&detail)));
    if let Some(stopped) = stopped(outcome) {
        return Some(stopped);
    }
    let (Some(text), OutputSource::Variable) = (&outcome.output_text, outcome.output_source) else {
        return failed(
            "no_output",
            "the program ended without a value in `output`".into(),
        );
    };
    if !outcome
        .input
        .as_ref()
        .is_some_and(serde_json::Value::is_object)
    {
        return failed(
            "no_input",
            "`input` is not a dict at the end of the program".into(),
        );
    }
    if let Some(value) = outcome.output.as_ref().and_then(non_finite) {
        return failed("non_finite", format!("the answer holds {value}"));
    }
    caco_program::check_answer(text, rules)
        .err()
        .and_then(|violation| failed(violation.reason.as_str(), violation.detail))
}

/// A value that is no number of arithmetic, anywhere in an answer.
fn non_finite(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Object(object) => {
            match object.get("$float").and_then(|text| text.as_str()) {
                Some(text) => Some(text.to_owned()),
                None => {
                    let text = object
                        .get("text")
                        .and_then(|text| text.as_str())
                        .filter(|_| object.contains_key("$type"));
                    let odd = text
                        .filter(|text| ["nan", "inf", "-inf", "zoo", "oo", "-oo"].contains(text));
                    odd.map(str::to_owned)
                        .or_else(|| object.values().find_map(non_finite))
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().find_map(non_finite),
        _ => None,
    }
}

/// Masks memory addresses, which differ from run to run.
fn steady(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        out.push_str(&rest[..at]);
        let digits = rest[at + 2..]
            .bytes()
            .take_while(u8::is_ascii_hexdigit)
            .count();
        out.push_str(if digits >= 6 {
            "0x…"
        } else {
            &rest[at..at + 2 + digits]
        });
        rest = &rest[at + 2 + digits..];
    }
    out.push_str(rest);
    out
}

/// What a row records of an execution: nothing that differs from run to run.
#[derive(Serialize)]
struct Execution<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_class: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_line: Option<u32>,
    protection: &'a str,
    interpreter: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<&'a Tried>,
}

/// The `execution` column, with what other inputs showed where they were tried.
pub(crate) fn execution(outcome: &Outcome, inputs: Option<&Tried>) -> Result<String, Error> {
    super::json(&Execution {
        status: outcome.status.as_str(),
        error_class: outcome.error_class.as_deref(),
        error_line: outcome.error_line,
        protection: &outcome.protection,
        interpreter: &outcome.interpreter,
        inputs,
    })
}

/// Writes what a passing program gave into its row, with what other inputs showed where they were tried.
pub(super) fn fill(
    row: &mut Row,
    outcome: &Outcome,
    forms: &Fingerprinted,
    new: Option<(bool, bool)>,
    tried: Option<&Tried>,
) -> Result<(), Error> {
    row.answer = outcome.output_text.clone();
    row.input = outcome.input.as_ref().map(super::json).transpose()?;
    row.output = outcome.output.as_ref().map(super::json).transpose()?;
    row.facts = Some(recorded(forms, new)?);
    row.execution = Some(execution(outcome, tried)?);
    row.pairs = tried.map(|tried| super::json(&tried.pairs)).transpose()?;
    Ok(())
}

/// What a row records of a program at rest.
#[derive(Serialize)]
struct Recorded<'a> {
    program: &'a Facts,
    profile: &'a Profile,
    normal_form: String,
    structure: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_new: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_new_structure: Option<bool>,
}

/// The `facts` column; `new` is whether normal form and structure are new.
pub(super) fn recorded(forms: &Fingerprinted, new: Option<(bool, bool)>) -> Result<String, Error> {
    super::json(&Recorded {
        program: &forms.facts,
        profile: &forms.profile,
        normal_form: format!("{:016x}", forms.normal),
        structure: format!("{:016x}", forms.structure),
        is_new: new.map(|new| new.0),
        is_new_structure: new.map(|new| new.1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_that_are_none_are_found_anywhere() {
        assert_eq!(
            non_finite(&json!([1, {"a": {"$float": "nan"}}])),
            Some("nan".into())
        );
        assert_eq!(
            non_finite(&json!({"$type": "sympy.zoo", "text": "zoo"})),
            Some("zoo".into())
        );
        assert_eq!(non_finite(&json!({"text": "nan"})), None);
        assert_eq!(non_finite(&json!(12.5)), None);
    }

    #[test]
    fn addresses_are_masked_and_numbers_are_not() {
        assert_eq!(
            steady("<f at 0x7f3a5c001234> of 0x10"),
            "<f at 0x…> of 0x10"
        );
    }
}
