//! Sample logs of lm-evaluation-harness (`samples_TASK_TIME.jsonl`, written with `--log_samples`).
//!
//! Each line is one document under one filter: `doc` is the data set's own row, `resps` holds the replies as the model gave
//! them, `filtered_resps` what the filter made of them. A document appears once for each filter.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fields::Odd;
use crate::task::Task;

/// One line of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The document's number.
    pub doc_id: String,
    /// The data set's row.
    pub doc: Value,
    /// What the harness held the replies against.
    pub target: Option<String>,
    /// The replies, whole.
    pub replies: Vec<String>,
    /// The filter of this line, where it is named.
    pub filter: Option<String>,
    /// What the filter took out of the replies.
    pub filtered: Vec<String>,
    /// The harness's own scores, by name.
    pub given: BTreeMap<String, f64>,
}

/// Reads one line.
///
/// # Errors
/// [`Odd`] where it is no line of such a log, or its replies are likelihoods and no texts.
pub fn sample(line: &str) -> Result<Sample, Odd> {
    const REMEDY: &str = "give a file that lm-evaluation-harness wrote with `--log_samples` (samples_TASK_TIME.jsonl)";
    let odd = |message: String| Odd {
        message,
        hint: REMEDY.into(),
    };
    let row: Value =
        serde_json::from_str(line).map_err(|error| odd(format!("not JSON: {error}")))?;
    let Some(row) = row.as_object() else {
        return Err(odd("not a JSON object".into()));
    };
    let doc = row
        .get("doc")
        .filter(|doc| doc.is_object())
        .ok_or_else(|| odd("`doc` is missing or is no object".into()))?;
    let doc_id = match row.get("doc_id") {
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.clone(),
        _ => return Err(odd("`doc_id` is missing".into())),
    };
    let resps = row
        .get("resps")
        .ok_or_else(|| odd("`resps` is missing".into()))?;
    let mut replies = Vec::new();
    if !texts(resps, &mut replies) || replies.is_empty() {
        return Err(Odd {
            message: "`resps` holds no texts".into(),
            hint: "only tasks of the type generate_until have replies that can be scored again; those by likelihood have none"
                .into(),
        });
    }
    let mut filtered = Vec::new();
    if let Some(own) = row.get("filtered_resps")
        && !texts(own, &mut filtered)
    {
        filtered.clear();
    }
    let known = [
        "doc",
        "doc_id",
        "target",
        "arguments",
        "resps",
        "filtered_resps",
        "filter",
        "metrics",
        "doc_hash",
        "prompt_hash",
        "target_hash",
    ];
    let given = row
        .iter()
        .filter(|(key, _)| !known.contains(&key.as_str()))
        .filter_map(|(key, value)| {
            let value = value
                .as_f64()
                .or_else(|| value.as_bool().map(|own| f64::from(u8::from(own))))?;
            Some((key.clone(), value))
        })
        .collect();
    let text = |key: &str| match row.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(value @ Value::Number(_)) => Some(value.to_string()),
        _ => None,
    };
    Ok(Sample {
        doc_id,
        doc: doc.clone(),
        target: text("target"),
        replies,
        filter: text("filter"),
        filtered,
        given,
    })
}

/// Collects the texts of nested lists; tells whether there was nothing else.
fn texts(value: &Value, found: &mut Vec<String>) -> bool {
    match value {
        Value::String(text) => {
            found.push(text.clone());
            true
        }
        Value::Array(items) => items.iter().all(|item| texts(item, found)),
        _ => false,
    }
}

/// The harness's name of the task that a log is of, by the file's name: `gsm8k_cot` of
/// `samples_gsm8k_cot_2024-06-28T00-00-00.000001.jsonl`.
#[must_use]
pub fn task_name(file: &str) -> Option<&str> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let name = name.strip_prefix("samples_")?;
    let name = name.find(".jsonl").map_or(name, |end| &name[..end]);
    let dated = |tail: &str| {
        tail.len() >= 10
            && tail.bytes().take(4).all(|byte| byte.is_ascii_digit())
            && tail.contains('T')
    };
    let name = match name.rsplit_once('_') {
        Some((task, tail)) if dated(tail) => task,
        _ => name,
    };
    Some(name).filter(|name| !name.is_empty())
}

/// Our task for the harness's name of one: `gsm8k_cot_zeroshot` is GSM8K, `minerva_math_algebra` is MATH.
#[must_use]
pub fn task(name: &str) -> Option<Task> {
    // The longest that fits: `math500` before `math`.
    let mut parts: Vec<&str> = name.split(['_', '-']).collect();
    while !parts.is_empty() {
        if let Some(task) = Task::from_name(&parts.join("_")) {
            return Some(task);
        }
        parts.pop();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_log() {
        let line = r#"{"doc_id": 3, "doc": {"question": "2 + 3?", "answer": "\n#### 5"}, "target": "5",
            "arguments": {"gen_args_0": {"arg_0": "Q: 2 + 3?"}}, "resps": [["It is 5.", "6"]],
            "filtered_resps": ["5"], "filter": "strict-match", "metrics": ["exact_match"],
            "doc_hash": "x", "exact_match": 1.0}"#;
        let found = sample(line).unwrap();
        assert_eq!(found.doc_id, "3");
        assert_eq!(found.replies, ["It is 5.", "6"]);
        assert_eq!(found.filtered, ["5"]);
        assert_eq!(found.filter.as_deref(), Some("strict-match"));
        assert_eq!(
            found.given,
            BTreeMap::from([("exact_match".to_owned(), 1.0)])
        );
        assert!(Task::Gsm8k.read(&found.doc).is_ok());
    }

    #[test]
    fn what_is_no_such_line_is_said() {
        for (line, words) in [
            ("{", "not JSON"),
            ("[]", "not a JSON object"),
            (r#"{"doc": {}, "resps": [["x"]]}"#, "`doc_id`"),
            (r#"{"doc_id": 1, "resps": [["x"]]}"#, "`doc`"),
            (r#"{"doc_id": 1, "doc": {}}"#, "`resps`"),
            (
                r#"{"doc_id": 1, "doc": {}, "resps": [[[-1.5, true]]]}"#,
                "no texts",
            ),
        ] {
            let odd = sample(line).unwrap_err();
            assert!(odd.message.contains(words), "{line}: {odd}");
        }
    }

    #[test]
    fn tasks_by_the_names_of_files() {
        for (file, name, expected) in [
            (
                "out/samples_gsm8k_2024-06-28T00-00-00.000001.jsonl",
                "gsm8k",
                Some(Task::Gsm8k),
            ),
            (
                "samples_gsm8k_cot_zeroshot.jsonl",
                "gsm8k_cot_zeroshot",
                Some(Task::Gsm8k),
            ),
            (
                "samples_minerva_math_algebra_2025-01-01T10-00-00.5.jsonl",
                "minerva_math_algebra",
                Some(Task::Math),
            ),
            ("samples_minerva_math500.jsonl", "minerva_math500", None),
            ("samples_math_500.jsonl.gz", "math_500", Some(Task::Math500)),
            (
                "samples_humaneval_instruct.jsonl",
                "humaneval_instruct",
                Some(Task::HumanEval),
            ),
            ("samples_mmlu.jsonl", "mmlu", None),
        ] {
            assert_eq!(task_name(file), Some(name), "{file}");
            assert_eq!(task(name), expected, "{name}");
        }
        assert_eq!(task_name("results.json"), None);
    }
}
