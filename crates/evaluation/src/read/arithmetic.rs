//! Word problems with numbers for answers.

use caco_answer::{Policy, Rounding};

use super::problem;
use crate::fields::{Fields, Odd};
use crate::item::Read;

/// References of word problems are now and then rounded; whoever gives more digits than they is right.
fn rounded() -> Policy {
    Policy {
        rounding: Rounding::Reference,
        ..Policy::benchmark()
    }
}

/// `question` and `answer`, whose last line is `#### N`; also with the number alone in `answer`.
pub(super) fn gsm8k(fields: Fields<'_>) -> Result<Read, Odd> {
    /// Longer than any number: then it is a solution that has lost its last line.
    const NUMBER: usize = 32;
    let question = fields.need(&["question"])?;
    let full = fields.need(&["answer"])?;
    let answer = match full.rsplit_once("####") {
        Some((_, answer)) => answer.trim(),
        None if full.len() <= NUMBER && !full.contains('\n') => full.as_str(),
        None => {
            return Err(Odd::new(
                "`answer` has no `####` line",
                "GSM8K ends each answer with `#### N`; the number alone will do as well",
            ));
        }
    };
    if answer.is_empty() {
        return Err(Odd::new(
            "nothing follows `####` in `answer`",
            "complete the row, or take it out",
        ));
    }
    problem(
        fields,
        question,
        answer.to_owned(),
        Policy::benchmark(),
        &[],
    )
}

/// `Body`, `Question` and `Answer`, in either case; or `question_concat` instead of the first two.
pub(super) fn svamp(fields: Fields<'_>) -> Result<Read, Odd> {
    let question = match fields.text(&["Body", "body"])? {
        Some(body) => joined(&body, &fields.need(&["Question", "question"])?),
        // The question alone lacks the facts.
        None => fields
            .text(&["question_concat"])?
            .ok_or_else(|| fields.missing(&["Body", "body", "question_concat"]))?,
    };
    let answer = fields.need(&["Answer", "answer"])?;
    problem(
        fields,
        question,
        answer,
        rounded(),
        &[("type", &["Type", "type"])],
    )
}

/// `body`, `question` and `answer`; a unit in brackets behind the answer is left out, and several answers are a list.
pub(super) fn asdiv(fields: Fields<'_>) -> Result<Read, Odd> {
    let question = fields.need(&["question", "Question"])?;
    let question = match fields.text(&["body", "Body"])? {
        Some(body) => joined(&body, &question),
        None => question,
    };
    let answer = fields.need(&["answer", "Answer"])?;
    let parts: Vec<&str> = answer
        .split(';')
        .map(|part| without_unit(part.trim()))
        .filter(|part| !part.is_empty())
        .collect();
    if parts.is_empty() {
        return Err(Odd::new(
            "`answer` is empty",
            "complete the row, or take it out",
        ));
    }
    problem(
        fields,
        question,
        parts.join(", "),
        rounded(),
        &[("type", &["solution_type", "Solution-Type"])],
    )
}

/// `sQuestion` and `lSolutions`, `question` and `answer`, `input` and `target`, or `Question` with its numbers apart in
/// `Numbers`.
pub(super) fn mawps(fields: Fields<'_>) -> Result<Read, Odd> {
    let question = fields.need(&["sQuestion", "question", "Question", "input"])?;
    let question = match fields.text(&["Numbers"])? {
        Some(numbers) => filled(&question, &numbers)?,
        None => question,
    };
    let keys = ["lSolutions", "answer", "Answer", "target", "result"];
    let answers = fields.list(&keys)?;
    let answer = answers.join(", ");
    if answer.trim_matches([' ', ',']).is_empty() {
        return Err(fields.missing(&keys));
    }
    problem(fields, question, answer, rounded(), &[])
}

/// A body and its question as one text; many bodies lack their last full stop.
fn joined(body: &str, question: &str) -> String {
    let stop = if body.ends_with(['.', '!', '?', ',', ':', ';']) {
        ""
    } else {
        "."
    };
    format!("{body}{stop} {question}")
}

/// `10 (apples)` without its unit.
fn without_unit(part: &str) -> &str {
    let bare = part
        .strip_suffix(')')
        .and_then(|part| part.rsplit_once('('))
        .map(|(before, _)| before.trim());
    bare.filter(|bare| !bare.is_empty()).unwrap_or(part)
}

/// Puts the numbers into the places `N_00`, `N_01`, ...
fn filled(question: &str, numbers: &str) -> Result<String, Odd> {
    let mut text = question.to_owned();
    for (place, number) in numbers.split_whitespace().enumerate() {
        let number = number.strip_suffix(".0").unwrap_or(number);
        text = text
            .replace(&format!("N_{place:02}"), number)
            .replace(&format!("number{place}"), number);
    }
    if text.contains("N_0") {
        return Err(Odd::new(
            "`Numbers` has fewer numbers than the question has places",
            "complete the row, or take it out",
        ));
    }
    Ok(text)
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

    fn check(task: Task, row: &Value, question: &str, answer: &str) {
        let draft = read(task, row);
        assert_eq!(draft.question, question);
        assert_eq!(draft.check.reference(), answer);
    }

    #[test]
    fn gsm8k_with_and_without_its_hashes() {
        let full = json!({ "question": "How many?", "answer": "It is <<1+2=3>>3.\n#### 1,250" });
        check(Task::Gsm8k, &full, "How many?", "1,250");
        check(
            Task::Gsm8k,
            &json!({ "question": "How many?", "answer": 3, "solution": "words" }),
            "How many?",
            "3",
        );
        for answer in ["Words and words\nwithout an end", "Words #### "] {
            let odd = Task::Gsm8k
                .read(&json!({ "question": "q", "answer": answer }))
                .unwrap_err();
            assert!(odd.message.contains("####"), "{odd}");
        }
    }

    #[test]
    fn svamp_in_its_three_shapes() {
        let whole = "Jo has 3 pens. How many?";
        for row in [
            json!({ "Body": "Jo has 3 pens", "Question": "How many?", "Answer": 3.0 }),
            json!({ "body": "Jo has 3 pens.", "question": "How many?", "answer": "3.0" }),
            json!({ "question_concat": whole, "Question": "How many?", "Answer": "3.0" }),
        ] {
            check(Task::Svamp, &row, whole, "3.0");
        }
        let odd = Task::Svamp
            .read(&json!({ "Question": "How many?", "Answer": 3 }))
            .unwrap_err();
        assert!(odd.message.contains("`Body`"), "{odd}");
    }

    #[test]
    fn asdiv_without_units_and_with_several_answers() {
        for (answer, expected) in [
            ("9 (apples)", "9"),
            ("7:3", "7:3"),
            ("(2)", "(2)"),
            ("36 (pots); 9 (pans)", "36, 9"),
        ] {
            let row = json!({ "body": "Seven, two.", "question": "In all?", "answer": answer });
            check(Task::Asdiv, &row, "Seven, two. In all?", expected);
        }
    }

    #[test]
    fn mawps_in_the_shapes_of_its_copies() {
        for row in [
            json!({ "iIndex": 1, "sQuestion": "How many?", "lSolutions": [3.0] }),
            json!({ "question": "How many?", "answer": "3.0" }),
            json!({ "input": "How many?", "target": 3.0 }),
        ] {
            check(Task::Mawps, &row, "How many?", "3.0");
        }
        let row = json!({ "Question": "N_00 and N_01 ?", "Numbers": "8.0 2.5", "Answer": 10.5 });
        check(Task::Mawps, &row, "8 and 2.5 ?", "10.5");
        let row = json!({ "Question": "N_00 and N_01 ?", "Numbers": "8.0", "Answer": 10.5 });
        assert!(Task::Mawps.read(&row).is_err());
        assert!(
            Task::Mawps
                .read(&json!({ "question": "q", "lSolutions": [] }))
                .is_err()
        );
    }

    #[test]
    fn rounded_references_take_more_digits() {
        let row = json!({ "question": "q", "answer": "23.3333" });
        let draft = read(Task::Mawps, &row);
        let Check::Answer { text, policy } = &draft.check else {
            panic!("no answer")
        };
        assert!(caco_answer::compare(text, "70/3", policy).is_equal());
        assert!(!caco_answer::compare(text, "23.4", policy).is_equal());
    }
}
