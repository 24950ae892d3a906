//! Answers taken out of whole replies: the labelled replies of the shared data, and properties.
#![allow(clippy::unwrap_used, reason = "a test suite")]

use std::path::PathBuf;

use caco_answer::{How, Outcome, Policy, compare, extract, final_answer};
use proptest::prelude::*;

fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CACO_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(name);
    path.is_file().then_some(path)
}

#[test]
fn labelled_replies_are_judged_as_labelled() {
    let Some(path) = shared("answer_equivalence_dev.jsonl") else {
        eprintln!(
            "skipped: answer_equivalence_dev.jsonl is not in ../shared/data; set CACO_SHARED_DATA to its folder"
        );
        return;
    };
    let show = std::env::var_os("CACO_SHOW").is_some();
    let mut core = (0, 0);
    let mut convention = (0, 0);
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| row[name].as_str().unwrap();
        if field("form") != "response" {
            continue;
        }
        let found = final_answer(field("pred"));
        let said = found.as_ref().is_ok_and(|found| {
            compare(field("gold"), &found.text, &Policy::benchmark()).outcome == Outcome::Equal
        });
        let right = said == row["equal"].as_bool().unwrap();
        let score = if field("tier") == "core" {
            &mut core
        } else {
            &mut convention
        };
        score.0 += usize::from(right);
        score.1 += 1;
        if show && !right {
            println!(
                "{} {} {:?} | {:?} | label {}",
                field("id"),
                field("tier"),
                field("gold"),
                found,
                row["equal"]
            );
        }
    }
    println!(
        "core {} of {}, convention {} of {}",
        core.0, core.1, convention.0, convention.1
    );
    assert!(core.1 >= 100, "{} replies", core.1);
    assert!(core.0 * 100 >= core.1 * 98, "{} of {}", core.0, core.1);
}

/// The rows of a shared file, plain or gzip.
fn rows(name: &str) -> Option<Vec<serde_json::Value>> {
    use std::io::Read as _;
    let Some(path) = shared(name) else {
        eprintln!("skipped: {name} is not in ../shared/data; set CACO_SHARED_DATA to its folder");
        return None;
    };
    let mut text = String::new();
    let file = std::fs::File::open(&path).unwrap();
    if name.ends_with(".gz") {
        flate2::read::GzDecoder::new(file)
            .read_to_string(&mut text)
            .unwrap();
    } else {
        std::io::BufReader::new(file)
            .read_to_string(&mut text)
            .unwrap();
    }
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

#[test]
fn every_gsm8k_solution_gives_its_answer() {
    let Some(rows) = rows("gsm8k_train.jsonl.gz") else {
        return;
    };
    for row in &rows {
        let solution = row["solution"].as_str().unwrap();
        let answer = row["answer"].as_str().unwrap();
        let reply = if solution.contains("####") {
            solution.to_owned()
        } else {
            format!("{solution}\n#### {answer}")
        };
        let found = extract(&reply).unwrap();
        assert_eq!(
            (found.text.as_str(), found.how),
            (answer, How::Hashes),
            "{reply}"
        );
    }
}

#[test]
fn math_solutions_give_their_boxes() {
    let Some(rows) = rows("math_train.jsonl.gz") else {
        return;
    };
    let plain = |text: &str| {
        let kept: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && !"${}".contains(*c))
            .collect();
        kept.trim_end_matches(['.', ',']).to_owned()
    };
    let mut lists = 0;
    for row in &rows {
        let solution = row["solution"].as_str().unwrap();
        let answer = row["answer"].as_str().unwrap();
        // Two solutions have an empty box.
        if answer.is_empty() {
            continue;
        }
        let found = extract(solution).unwrap();
        assert_eq!(found.how, How::Boxed, "{solution}");
        // Of several boxes the answer field has the last.
        if plain(&found.text) != plain(answer) {
            assert!(
                plain(&found.text).ends_with(&plain(answer)),
                "{answer} | {found:?} | {solution}"
            );
            lists += 1;
        }
    }
    assert!(lists * 100 < rows.len(), "{lists} of {}", rows.len());
    println!("{} solutions, {lists} lists of boxes", rows.len());
}

/// Answers as they are written in replies: numbers, fractions, surds, pairs, sets, words, letters.
fn answers() -> impl Strategy<Value = String> {
    prop_oneof![
        (-1_000_000i64..1_000_000).prop_map(|n| n.to_string()),
        (-9_999i64..9_999, 1u8..99).prop_map(|(n, d)| format!("{n}.{d:02}")),
        (1i64..999, 1i64..999).prop_map(|(a, b)| format!("\\frac{{{a}}}{{{b}}}")),
        (1i64..999, 1i64..999).prop_map(|(a, b)| format!("{a}/{b}")),
        (1i64..99, 2i64..99).prop_map(|(a, b)| format!("{a}\\sqrt{{{b}}}")),
        (-99i64..99, -99i64..99).prop_map(|(a, b)| format!("({a}, {b})")),
        (1i64..99, 1i64..99).prop_map(|(a, b)| format!("\\{{{a}, {b}\\}}")),
        (1i64..99).prop_map(|a| format!("x = {a}")),
        (1i64..99).prop_map(|a| format!("[{a}, \\infty)")),
        "[A-J]",
        "\\([A-J]\\)",
        prop_oneof![Just("Saturday".to_owned()), Just("no solution".to_owned())],
    ]
}

/// Sentences that announce nothing.
fn prose() -> impl Strategy<Value = String> {
    let sentence = prop_oneof![
        Just("First we add 3 and 4. "),
        Just("So \\(x + 1 = 5\\) holds.\n\n"),
        Just("She pays $5 for each of the 12 eggs.\n"),
        Just("#### Step 2: look closer\n"),
        Just("Let $y$ be the number of **red** balls.\n"),
        Just("```python\nx = 7\n```\n"),
        Just("<think>maybe \\boxed{0}</think>\n"),
        Just("Das ist {nicht} schwer: 2*3 = 6.\n"),
    ];
    proptest::collection::vec(sentence, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_answer_is_taken_out_of_the_reply_it_was_put_into(answer in answers(), before in prose(), after in prose()) {
        // Behind the answer: no thoughts, in which nothing before them counts, and no end in a heading.
        let after = after.replace("<think>maybe \\boxed{0}</think>\n", "") + "I hope this helps.";
        let quoted = serde_json::to_string(&answer).unwrap();
        for (reply, how) in [
            (format!("{before}So it is $\\boxed{{{answer}}}$. {after}"), How::Boxed),
            (format!("{before}So it is \\fbox{{ {answer} }}\n{after}"), How::Boxed),
            (format!("{before}\n<answer>\n{answer}\n</answer>\n{after}"), How::Tag),
            (format!("{before}\n{{\"steps\": 3, \"answer\": {quoted}}}\n{after}"), How::Json),
            (format!("{before}\nThe final answer is ${answer}$. {after}"), How::Phrase),
            (format!("{before}\nFinal answer: {answer}\n{after}"), How::Phrase),
            (format!("{before}\n**Answer:** {answer}\n\n{after}"), How::Phrase),
            (format!("{before}\n## Final Answer\n\n\\[\n{answer}\n\\]\n{after}"), How::Phrase),
            (format!("{before}\n#### {answer}"), How::Hashes),
        ] {
            let found = final_answer(&reply);
            prop_assert!(found.is_ok(), "{:?}: {:?}", found, reply);
            let found = found.unwrap();
            prop_assert_eq!((&found.text, found.how), (&answer, how), "{:?}", reply);
            prop_assert!(reply[found.start..found.end].contains(&answer) || how == How::Json);
        }
    }

    #[test]
    fn boxes_of_one_list_keep_their_order(numbers in proptest::collection::vec(-99i64..99, 1..6), joint in prop_oneof![
        Just(", "), Just(","), Just("; "), Just(" and "), Just(" or "), Just("$, $"), Just("\\quad \\text{and} \\quad "),
    ]) {
        let mut distinct = numbers.clone();
        let mut seen = std::collections::BTreeSet::new();
        distinct.retain(|n| seen.insert(*n));
        let boxes: Vec<String> = numbers.iter().map(|n| format!("\\boxed{{{n}}}")).collect();
        let expected: Vec<String> = distinct.iter().map(ToString::to_string).collect();
        let found = extract(&format!("We find ${}$.", boxes.join(joint))).unwrap();
        prop_assert_eq!(found.text, expected.join(", "));
    }

    #[test]
    fn a_reply_that_is_cut_inside_its_box_has_no_answer(answer in answers(), before in prose(), cut in 0usize..40) {
        let boxed = format!("\\boxed{{{answer}}}");
        let mut cut = boxed.len().saturating_sub(1 + cut).max("\\boxed{".len());
        while !boxed.is_char_boundary(cut) {
            cut -= 1;
        }
        let reply = format!("{before}So it is {}", &boxed[..cut]);
        prop_assert!(final_answer(&reply).is_err(), "{:?}", reply);
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let reply = String::from_utf8_lossy(&bytes);
        if let Ok(found) = final_answer(&reply) {
            prop_assert!(reply.get(found.start..found.end).is_some());
            prop_assert!(!found.text.trim().is_empty());
        }
    }

    #[test]
    fn any_mixture_of_marks_is_read(parts in proptest::collection::vec(prop_oneof![
        Just("\\boxed{"), Just("}"), Just("{"), Just("\\"), Just("$"), Just("$$"), Just("\\("), Just("\\)"), Just("**"),
        Just("answer"), Just(" is "), Just(":"), Just("#### "), Just("\n"), Just("<answer>"), Just("</answer>"), Just("<think>"),
        Just("</think>"), Just("5"), Just("-"), Just("."), Just(" "), Just("é"), Just("答案"), Just("C"), Just("\"answer\""), Just("\\begin{a}"),
        Just("\\end{a}"), Just("%"), Just("="), Just("\u{8}oxed{"), Just("q:"), Just("the"), Just("[ANSWER]"),
    ], 0..40)) {
        let reply = parts.concat();
        if let Ok(found) = final_answer(&reply) {
            prop_assert!(reply.get(found.start..found.end).is_some(), "{:?}", reply);
            prop_assert!(!found.text.trim().is_empty(), "{:?}", reply);
        }
    }
}
