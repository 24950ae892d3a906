//! Programming problems with tests.

use super::{IDS, draft};
use crate::code;
use crate::fields::{Fields, Odd};
use crate::item::{Check, Read, Tests};

/// The tasks of MBPP that are its test set (Austin et al. 2021, section 2.1).
const TEST_SPLIT: std::ops::RangeInclusive<u32> = 11..=510;

/// `text` or `prompt`, `test_list`, `test_setup_code`, `test_imports`. Where a `task_id` says so, tasks beyond the test set
/// are left out.
pub(super) fn mbpp(fields: Fields<'_>) -> Result<Read, Odd> {
    let text = fields.need(&["text", "prompt"])?;
    let tests = fields.list(&["test_list"])?;
    if tests.is_empty() {
        return Err(fields.missing(&["test_list"]));
    }
    let number = fields.text(&IDS)?.and_then(|id| number(&id));
    if number.is_some_and(|number| !TEST_SPLIT.contains(&number)) {
        return Ok(Read::LeftOut(
            "it is not of the test set (task_id 11 to 510)",
        ));
    }
    let tests = tests.join("\n");
    let mut setup = fields.text(&["test_setup_code"])?.unwrap_or_default();
    for line in fields.list(&["test_imports"])? {
        if !setup.is_empty() {
            setup.push('\n');
        }
        setup.push_str(&line);
    }
    let question =
        format!("{text}\n\nYour code should pass these tests:\n\n```python\n{tests}\n```");
    let tests = Tests {
        name: code::called(&tests),
        setup,
        tests,
        ..Tests::default()
    };
    draft(fields, question, Check::Tests(tests), &[])
}

/// The number at the end of an id: 7 of `7` and of `mbpp/7`.
fn number(id: &str) -> Option<u32> {
    let digits = id.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse().ok()
}

/// `prompt`, `test` and `entry_point`.
pub(super) fn humaneval(fields: Fields<'_>) -> Result<Read, Odd> {
    // The indentation of the prompt matters, and so does the line end behind it.
    let head = match fields.value(&["prompt"]) {
        Some((_, serde_json::Value::String(text))) if !text.trim().is_empty() => text.as_str(),
        _ => return Err(fields.missing(&["prompt"])),
    };
    let test = fields.need(&["test"])?;
    let name = fields.need(&["entry_point"])?;
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let Some(start) = code::definition(head, &name).filter(|_| plain) else {
        return Err(Odd::new(
            format!("`prompt` does not define `{name}`, which `entry_point` names"),
            "take the fields of the published file as they are",
        ));
    };
    let question = format!(
        "Complete this Python function:\n\n```python\n{}\n```",
        head.trim_end()
    );
    let tests = Tests {
        before: head[..start].trim_end().to_owned(),
        head: Some(head.trim_end().to_owned()),
        tests: format!("{test}\n\ncheck({name})"),
        name: Some(name),
        setup: String::new(),
    };
    draft(fields, question, Check::Tests(tests), &[])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::item::{Check, Read, Tests};
    use crate::task::Task;

    fn tests(task: Task, row: &serde_json::Value) -> (String, Tests) {
        match task.read(row).unwrap() {
            Read::Item(draft) => match draft.check {
                Check::Tests(tests) => (draft.question, tests),
                Check::Answer { .. } => panic!("an answer"),
            },
            Read::LeftOut(why) => panic!("{why}"),
        }
    }

    #[test]
    fn mbpp_in_both_shapes_and_only_its_test_set() {
        let row = json!({ "task_id": 11, "text": "Add two.", "test_setup_code": "root = 1",
            "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"] });
        let (question, found) = tests(Task::Mbpp, &row);
        assert!(question.starts_with("Add two.\n\nYour code should pass"));
        assert!(question.contains("assert add(0, 0) == 0"));
        assert_eq!(found.name.as_deref(), Some("add"));
        assert_eq!(found.setup, "root = 1");
        let row = json!({ "task_id": 510, "prompt": "Add two.", "test_imports": ["import math"],
            "test_list": ["assert math.isclose(add(1, 2), 3)"] });
        let (_, found) = tests(Task::Mbpp, &row);
        assert_eq!(found.setup, "import math");
        for (id, left_out) in [("mbpp/10", true), ("511", true), ("mbpp/12", false)] {
            let row = json!({ "id": id, "text": "t", "test_list": ["assert f(1)"] });
            let read = Task::Mbpp.read(&row).unwrap();
            assert_eq!(matches!(read, Read::LeftOut(_)), left_out, "{id}");
        }
        let odd = Task::Mbpp
            .read(&json!({ "text": "t", "test_list": [] }))
            .unwrap_err();
        assert!(odd.message.contains("test_list"), "{odd}");
    }

    #[test]
    fn humaneval_keeps_what_stands_before_its_function() {
        let prompt = "import math\n\n\ndef helper(x):\n    return x\n\n\ndef area(r):\n    \"\"\" The area. \"\"\"\n";
        let row = json!({ "task_id": "HumanEval/0", "prompt": prompt, "entry_point": "area",
            "test": "def check(candidate):\n    assert candidate(0) == 0" });
        let (question, found) = tests(Task::HumanEval, &row);
        assert!(question.contains("\"\"\" The area. \"\"\"\n```"));
        assert!(found.before.ends_with("return x"), "{}", found.before);
        assert!(found.tests.ends_with("check(area)"));
        let row = json!({ "prompt": prompt, "entry_point": "volume", "test": "t" });
        assert!(Task::HumanEval.read(&row).is_err());
    }
}
