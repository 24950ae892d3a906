//! Problems of competitions and colleges.

use caco_answer::Policy;
use serde_json::Value;

use super::{answer_or_box, problem, undollared};
use crate::fields::{Fields, Odd};
use crate::item::Read;

/// `problem`, and `answer` or the box of `solution`; `level`, and `subject` or `type`.
pub(super) fn math(fields: Fields<'_>) -> Result<Read, Odd> {
    let question = fields.need(&["problem", "question"])?;
    let answer = answer_or_box(fields, &["answer"], &["solution"])?;
    let read = problem(
        fields,
        question,
        answer,
        Policy::benchmark(),
        &[("level", &["level"]), ("subject", &["subject", "type"])],
    )?;
    let Read::Item(mut draft) = read else {
        return Ok(read);
    };
    // One copy writes `Level 3`, another 3.
    if let Some(level) = draft.groups.get_mut("level")
        && level.bytes().all(|byte| byte.is_ascii_digit())
    {
        *level = format!("Level {level}");
    }
    Ok(Read::Item(draft))
}

/// `question` and `answer`.
pub(super) fn college(fields: Fields<'_>) -> Result<Read, Odd> {
    let question = fields.need(&["question", "problem"])?;
    let answer = fields.need(&["answer"])?;
    problem(
        fields,
        question,
        undollared(&answer).to_owned(),
        Policy::benchmark(),
        &[("topic", &["data_topic", "topic"])],
    )
}

/// `question` and `answer`; one copy keeps the texts as bytes literals.
pub(super) fn deepmind(fields: Fields<'_>) -> Result<Read, Odd> {
    let question = unquoted(&fields.need(&["question"])?);
    let answer = unquoted(&fields.need(&["answer"])?);
    if question.is_empty() || answer.is_empty() {
        return Err(Odd::new(
            "`question` or `answer` is empty",
            "complete the row, or take it out",
        ));
    }
    problem(
        fields,
        question,
        answer,
        Policy::benchmark(),
        &[("module", &["module"])],
    )
}

/// `question` (after `context`), `final_answer`, `answer_type`, `error`, `is_multiple_answer`.
pub(super) fn olympiad(fields: Fields<'_>) -> Result<Read, Odd> {
    let kind = fields.text(&["question_type"])?.unwrap_or_default();
    let answers = fields.list(&["final_answer", "answer"])?;
    let answers: Vec<&str> = answers
        .iter()
        .map(|answer| undollared(answer.trim()))
        .filter(|answer| !answer.is_empty())
        .collect();
    if kind.contains("proof") || (answers.is_empty() && fields.value(&["solution"]).is_some()) {
        return Ok(Read::LeftOut("it asks for a proof"));
    }
    if fields
        .text(&["answer_type"])?
        .is_some_and(|kind| kind.contains("human"))
    {
        return Ok(Read::LeftOut("its answer has to be judged by people"));
    }
    let pictured = fields
        .text(&["modality"])?
        .is_some_and(|kind| kind.starts_with("Multi"))
        || fields.value(&["image_1", "images"]).is_some();
    if pictured {
        return Ok(Read::LeftOut("it needs a picture"));
    }
    let question = fields.need(&["question", "problem"])?;
    let question = match fields.text(&["context"])? {
        Some(context) => format!("{context}\n\n{question}"),
        None => question,
    };
    if answers.is_empty() {
        return Err(fields.missing(&["final_answer", "answer"]));
    }
    let answer = answers.join(", ");
    let policy = match fields.text(&["error"])? {
        Some(error) => Policy {
            tolerance: relative(&answer, &error, fields.flag(&["is_multiple_answer"]))?,
            ..Policy::benchmark()
        },
        None => Policy::benchmark(),
    };
    problem(
        fields,
        question,
        answer,
        policy,
        &[
            ("subfield", &["subfield"]),
            ("answer_type", &["answer_type"]),
        ],
    )
}

/// The benchmark states how far a number may be off; the comparison takes that as a share of the number. Of several answers
/// the strictest share counts; an answer that is no plain number is compared exactly.
fn relative(answer: &str, error: &str, several: bool) -> Result<f64, Odd> {
    let errors: Vec<f64> = error
        .split(',')
        .map(|part| part.trim().parse::<f64>())
        .collect::<Result<_, _>>()
        .map_err(|_| {
            Odd::new(
                format!("`error` is `{error}`, which is no number"),
                "write the permitted error as a number, such as 1e-2",
            )
        })?;
    let parts: Vec<&str> = if several {
        answer.split(',').collect()
    } else {
        vec![answer]
    };
    let mut share: Option<f64> = None;
    for (place, part) in parts.iter().enumerate() {
        let plain: String = part
            .chars()
            .filter(|c| !matches!(c, '$' | ' ' | ','))
            .collect();
        let error = errors.get(place).or(errors.last()).copied().unwrap_or(0.0);
        let own = match plain.parse::<f64>() {
            Ok(number) if number != 0.0 => (error / number).abs().min(1.0),
            _ => 0.0,
        };
        share = Some(share.map_or(own, |share| share.min(own)));
    }
    Ok(share.unwrap_or(0.0))
}

/// `Question`, `Answer`, `Answer_type`. Real numbers may be off by 4 %, as the published grader has it.
pub(super) fn theorem(fields: Fields<'_>) -> Result<Read, Odd> {
    const REAL: f64 = 0.04;
    let question = fields.need(&["Question", "question"])?;
    let keys = ["Answer", "answer"];
    let answer = match fields.value(&keys) {
        Some((_, Value::Array(items))) if !items.is_empty() => {
            Value::Array(items.clone()).to_string()
        }
        _ => fields.need(&keys)?,
    };
    let kind = fields
        .text(&["Answer_type", "answer_type"])?
        .unwrap_or_default();
    // Without its brackets a list of two is no interval, and is the same as a reply's list, tuple or set.
    let flat = answer
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .filter(|text| kind.contains("list") && !text.contains('[') && text.contains(','));
    let answer = flat.map_or(answer.clone(), |text| text.trim().to_owned());
    let policy = Policy {
        tolerance: if kind.contains("float") { REAL } else { 0.0 },
        ..Policy::benchmark()
    };
    problem(
        fields,
        question,
        answer,
        policy,
        &[
            ("answer_type", &["Answer_type", "answer_type"]),
            ("field", &["field"]),
        ],
    )
}

/// `problem` and `answer` in either case, or the box of `solution`; the answer is an integer from 0 to 999.
pub(super) fn aime(fields: Fields<'_>) -> Result<Read, Odd> {
    let question = fields.need(&["problem", "Problem", "question", "Question"])?;
    let answer = answer_or_box(fields, &["answer", "Answer"], &["solution", "Solution"])?;
    let plain = undollared(&answer);
    let number: u32 = plain
        .strip_suffix(".0")
        .unwrap_or(plain)
        .parse()
        .ok()
        .filter(|number| *number <= 999)
        .ok_or_else(|| {
            Odd::new(
                format!("`answer` is `{answer}`, which is no integer from 0 to 999"),
                "AIME asks for such integers: is this another benchmark?",
            )
        })?;
    let read = problem(
        fields,
        question,
        number.to_string(),
        Policy::benchmark(),
        &[("year", &["year", "Year"])],
    )?;
    let Read::Item(mut draft) = read else {
        return Ok(read);
    };
    // `2024-II-4` says it, too.
    if !draft.groups.contains_key("year")
        && let Some(year) = draft.source_id.as_deref().and_then(year)
    {
        draft.groups.insert("year".into(), year);
    }
    Ok(Read::Item(draft))
}

fn year(id: &str) -> Option<String> {
    id.split(|c: char| !c.is_ascii_digit())
        .find(|part| part.len() == 4 && (part.starts_with("19") || part.starts_with("20")))
        .map(str::to_owned)
}

/// A text without the marks of a bytes literal.
fn unquoted(text: &str) -> String {
    let inner = text
        .strip_prefix("b'")
        .and_then(|text| text.strip_suffix('\''))
        .or_else(|| {
            text.strip_prefix("b\"")
                .and_then(|text| text.strip_suffix('"'))
        });
    match inner {
        Some(inner) => inner.replace("\\n", "\n").replace("\\'", "'").trim().into(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::item::{Check, Draft, Read};
    use crate::task::Task;

    fn read(task: Task, row: &Value) -> Draft {
        match task.read(row) {
            Ok(Read::Item(draft)) => *draft,
            other => panic!("{other:?}"),
        }
    }

    /// Whether each of these answers is right, by its own judgement.
    fn judged(draft: &Draft, replies: &[(&str, bool)]) {
        let Check::Answer { text, policy } = &draft.check else {
            panic!("no answer")
        };
        for (reply, right) in replies {
            let verdict = caco_answer::compare(text, reply, policy);
            assert_eq!(
                verdict.is_equal(),
                *right,
                "{text} and {reply}: {verdict:?}"
            );
        }
    }

    #[test]
    fn math_takes_the_answer_or_all_boxes() {
        let row = json!({ "problem": "q", "level": "Level 3", "type": "Algebra",
            "solution": r"So $x=\boxed{3}$ or $\boxed{4}$." });
        let draft = read(Task::Math, &row);
        judged(&draft, &[("3, 4", true), ("4, 3", true), ("4", false)]);
        assert_eq!(draft.groups["subject"], "Algebra");
        let row = json!({ "problem": "q", "level": 5, "subject": "Geometry", "unique_id": "test/1",
            "solution": r"\boxed{9}", "answer": r"\frac{1}{2}" });
        let draft = read(Task::Math500, &row);
        judged(&draft, &[("0.5", true), ("9", false)]);
        assert_eq!(draft.groups["level"], "Level 5");
        assert_eq!(draft.source_id.as_deref(), Some("test/1"));
        let odd = Task::Math
            .read(&json!({ "problem": "q", "solution": "no box" }))
            .unwrap_err();
        assert!(odd.message.contains(r"\boxed"), "{odd}");
    }

    #[test]
    fn college_and_deepmind() {
        let row = json!({ "question": "q", "answer": "$\\frac{x}{2}$", "data_topic": "college_math.Calculus" });
        judged(
            &read(Task::CollegeMath, &row),
            &[("x/2", true), ("2x", false)],
        );
        let row = json!({ "question": "b'Is 7 prime?\\n'", "answer": "b'True\\n'" });
        let draft = read(Task::DeepmindMathematics, &row);
        assert_eq!(draft.question, "Is 7 prime?");
        judged(&draft, &[("True", true), ("true", true), ("False", false)]);
        assert!(
            Task::DeepmindMathematics
                .read(&json!({ "question": "b'x'", "answer": "b''" }))
                .is_err()
        );
    }

    #[test]
    fn olympiadbench_states_its_tolerance_and_its_lists() {
        let row = json!({ "question": "How far?", "context": "A road.", "final_answer": ["$11.9$"],
            "answer_type": "Numerical", "unit": null, "error": "1e-1", "is_multiple_answer": false,
            "subfield": "Algebra" });
        let draft = read(Task::OlympiadBench, &row);
        assert_eq!(draft.question, "A road.\n\nHow far?");
        judged(&draft, &[("11.9", true), ("11.85", true), ("12.1", false)]);
        let row = json!({ "question": "q", "final_answer": ["2, -3"], "is_multiple_answer": true, "error": null });
        judged(
            &read(Task::OlympiadBench, &row),
            &[("-3, 2", true), ("2", false), ("2, -3, 4", false)],
        );
        let row = json!({ "question": "q", "final_answer": ["10,20"], "is_multiple_answer": true, "error": "0.1,1" });
        judged(
            &read(Task::OlympiadBench, &row),
            &[("10.05, 20", true), ("10.5, 20", false)],
        );
        for (row, why) in [
            (
                json!({ "question": "q", "question_type": "Theorem proof" }),
                "a proof",
            ),
            (
                json!({ "question": "q", "final_answer": null, "solution": ["s"] }),
                "a proof",
            ),
            (
                json!({ "question": "q", "final_answer": ["1"], "modality": "Multimodal" }),
                "picture",
            ),
            (
                json!({ "question": "q", "final_answer": ["1"], "answer_type": "Need_human_evaluate" }),
                "people",
            ),
        ] {
            match Task::OlympiadBench.read(&row).unwrap() {
                Read::LeftOut(reason) => assert!(reason.contains(why), "{reason}"),
                Read::Item(item) => panic!("{item:?}"),
            }
        }
        let row = json!({ "question": "q", "final_answer": ["1"], "error": "some" });
        assert!(Task::OlympiadBench.read(&row).is_err());
        assert!(
            Task::OlympiadBench
                .read(&json!({ "question": "q" }))
                .is_err()
        );
    }

    #[test]
    fn theoremqa_by_the_types_of_its_answers() {
        let item = |answer: Value, kind: &str| {
            read(
                Task::TheoremQa,
                &json!({ "Question": "q", "Answer": answer, "Answer_type": kind, "Picture": "None" }),
            )
        };
        judged(
            &item(json!("2.5"), "float"),
            &[("2.5", true), ("2.59", true), ("2.7", false)],
        );
        judged(
            &item(json!(100), "integer"),
            &[("100", true), ("101", false)],
        );
        judged(
            &item(json!(true), "bool"),
            &[("True", true), ("False", false)],
        );
        judged(
            &item(json!([1, 2]), "list of integer"),
            &[
                ("(1, 2)", true),
                ("[1, 2]", true),
                ("1, 2", true),
                ("(2, 1)", false),
                ("1, 3", false),
            ],
        );
        judged(
            &item(json!("(b)"), "option"),
            &[("B", true), ("(b)", true), ("C", false)],
        );
        judged(
            &item(json!("[0.5, 1.5]"), "list of float"),
            &[("[0.51, 1.49]", true), ("[0.6, 1.5]", false)],
        );
    }

    #[test]
    fn aime_in_the_shapes_of_its_copies() {
        for (row, year) in [
            (
                json!({ "ID": "2024-II-4", "Problem": "q", "Answer": 33, "Solution": "s" }),
                Some("2024"),
            ),
            (
                json!({ "ID": "1983-1", "Year": 1983, "Question": "q", "Answer": "033" }),
                Some("1983"),
            ),
            (json!({ "problem": "q", "answer": "33" }), None),
            (
                json!({ "problem": "q", "solution": r"\boxed{033}", "year": "2025" }),
                Some("2025"),
            ),
        ] {
            let draft = read(Task::Aime, &row);
            judged(&draft, &[("33", true), ("033", true), ("34", false)]);
            assert_eq!(draft.groups.get("year").map(String::as_str), year);
        }
        let odd = Task::Aime
            .read(&json!({ "problem": "q", "answer": "1/2" }))
            .unwrap_err();
        assert!(odd.message.contains("0 to 999"), "{odd}");
    }
}
