//! Every benchmark in the shape of its published files: whoever gives the reference is right, whoever does not is wrong.

use std::collections::BTreeMap;

use caco_scripted::{Asked, Said, Server};
use serde_json::{Value, json};

use super::super::scene::Scene;
use super::{lines, measure, serve};

/// One benchmark: its name, its file, and rows with a right and a wrong reply. Each question holds the text of its key.
struct Case {
    task: &'static str,
    file: &'static str,
    text: String,
    replies: Vec<(&'static str, &'static str, &'static str)>,
    left_out: u64,
}

fn case(
    task: &'static str,
    file: &'static str,
    text: String,
    replies: &[(&'static str, &'static str, &'static str)],
) -> Case {
    Case {
        task,
        file,
        text,
        replies: replies.to_vec(),
        left_out: 0,
    }
}

fn cases() -> Vec<Case> {
    vec![
        case(
            "gsm8k",
            "gsm8k_test.jsonl",
            lines([json!({ "question": "Eggs [a1]?", "answer": "2*600=<<2*600=1200>>1200\n#### 1,200" })]),
            &[("[a1]", "That makes $1200.", "That makes $120.")],
        ),
        case(
            "math",
            "math_test.json",
            json!([
                { "problem": "Roots [b1]?", "level": "Level 2", "type": "Algebra", "solution": "$\\boxed{2}$ and $\\boxed{-3}$." },
                { "problem": "Half [b2]?", "level": "Level 5", "type": "Prealgebra", "solution": "It is $\\boxed{\\frac{1}{2}}$." },
            ])
            .to_string(),
            &[
                ("[b1]", r"\boxed{-3, 2}", r"\boxed{2}"),
                ("[b2]", r"The answer is \boxed{0.5}.", r"\boxed{\frac{1}{3}}"),
            ],
        ),
        case(
            "math500",
            "math500.jsonl",
            lines([json!({ "problem": "Point [c1]?", "answer": "\\left(3,\\frac{\\pi}{2}\\right)", "level": 2,
                "subject": "Precalculus", "unique_id": "test/precalculus/807.json", "solution": "." })]),
            &[("[c1]", r"$\boxed{(3, \pi/2)}$", r"$\boxed{(3, \pi)}$")],
        ),
        case(
            "collegemath",
            "college_math/test.jsonl",
            lines([json!({ "question": "Derive [d1].", "answer": "$2x$", "data_topic": "college_math.Calculus" })]),
            &[("[d1]", r"$f'(x) = \boxed{2x}$", r"\boxed{x}")],
        ),
        case(
            "deepmind-mathematics",
            "deepmind-mathematics_test.jsonl",
            lines([
                json!({ "question": "b'Is 7 prime [e1]?\\n'", "answer": "b'True\\n'" }),
                json!({ "question": "Factor [e2].", "answer": "(x - 1)*(x + 2)" }),
            ]),
            &[
                ("[e1]", "The answer is true.", "The answer is false."),
                ("[e2]", r"\boxed{(x+2)(x-1)}", r"\boxed{(x+2)(x+1)}"),
            ],
        ),
        Case {
            left_out: 1,
            ..case(
                "olympiadbench",
                "OE_TO_maths_en_COMP.json",
                json!([
                    { "id": 1, "question": "How far [f1]?", "context": "A road.", "final_answer": ["$11.9$"],
                      "answer_type": "Numerical", "error": "1e-1", "is_multiple_answer": false, "subfield": "Algebra" },
                    { "id": 2, "question": "All n [f2]?", "context": null, "final_answer": ["1, 5"],
                      "answer_type": "Numerical", "error": null, "is_multiple_answer": true, "subfield": "Number Theory" },
                    { "id": 3, "question": "Prove it.", "question_type": "Theorem proof", "final_answer": null },
                ])
                .to_string(),
                &[
                    ("[f1]", r"\boxed{11.94}", r"\boxed{12.4}"),
                    ("[f2]", r"\boxed{5, 1}", r"\boxed{5}"),
                ],
            )
        },
        case(
            "theoremqa",
            "theoremqa_test.json",
            json!([
                { "Question": "Rate [g1]?", "Answer": 2.5, "Answer_type": "float", "Picture": null, "id": "a.json" },
                { "Question": "Which [g2]? (a) 1 (b) 2", "Answer": "(b)", "Answer_type": "option", "Picture": null },
                { "Question": "Is it [g3]?", "Answer": "True", "Answer_type": "bool", "Picture": null },
            ])
            .to_string(),
            &[
                ("[g1]", r"\boxed{2.53}", r"\boxed{2.8}"),
                ("[g2]", r"\boxed{b}", r"\boxed{a}"),
                ("[g3]", r"\boxed{\text{True}}", r"\boxed{\text{False}}"),
            ],
        ),
        case(
            "svamp",
            "SVAMP.json",
            json!([{ "ID": "chal-1", "Body": "Each pack costs 76 dollars [h1]", "Question": "How much?",
                "Equation": "( 76.0 - 25.0 )", "Answer": 51.0, "Type": "Subtraction" }])
            .to_string(),
            &[("[h1]", "The answer is 51 dollars.", "The answer is 50 dollars.")],
        ),
        case(
            "asdiv",
            "asdiv.jsonl",
            lines([json!({ "body": "Seven red, two green [i1].", "question": "In all?", "answer": "9 (apples)",
                "formula": "7+2=9", "solution_type": "Addition" })]),
            &[("[i1]", "She has 9 apples.", "She has 5 apples.")],
        ),
        case(
            "mawps",
            "mawps.jsonl",
            lines([
                json!({ "sQuestion": "Divide [j1].", "lSolutions": [0.3333], "lEquations": ["x=1/3"] }),
                json!({ "input": "Add [j2].", "target": 12.0 }),
            ]),
            &[
                ("[j1]", r"\boxed{\frac13}", r"\boxed{0.34}"),
                ("[j2]", "Answer: 12", "Answer: 13"),
            ],
        ),
        case(
            "aime",
            "aime.jsonl",
            lines([json!({ "ID": "2024-II-4", "Problem": "Find m+n [k1].", "Answer": 33, "Solution": "..." })]),
            &[("[k1]", r"\boxed{033}", r"\boxed{34}")],
        ),
        Case {
            left_out: 1,
            ..case(
                "mbpp",
                "mbpp.jsonl",
                lines([
                    json!({ "task_id": 12, "text": "Add two numbers [l1].", "code": "", "test_setup_code": "",
                        "test_list": ["assert add_two(1, 2) == 3", "assert add_two(0, 0) == 0"] }),
                    json!({ "task_id": 600, "text": "Add.", "test_list": ["assert f(1)"] }),
                ]),
                &[(
                    "[l1]",
                    "```python\ndef add_two(a, b):\n    return a + b\n```",
                    "```python\ndef add_two(a, b):\n    return a - b\n```",
                )],
            )
        },
        case(
            "humaneval",
            "HumanEval.jsonl",
            lines([json!({ "task_id": "HumanEval/0", "entry_point": "twice",
                "prompt": "from typing import List\n\n\ndef twice(xs: List[int]) -> List[int]:\n    \"\"\" Doubles each [m1]. \"\"\"\n",
                "canonical_solution": "    return [2 * x for x in xs]\n",
                "test": "def check(candidate):\n    assert candidate([1]) == [2]\n    assert candidate([]) == []\n" })]),
            &[("[m1]", "    return [2 * x for x in xs]", "    return xs")],
        ),
    ]
}

/// A server that gives right replies, or wrong ones to the model `wrong`.
fn oracle() -> Server {
    let replies: Vec<(&str, &str, &str)> =
        cases().into_iter().flat_map(|case| case.replies).collect();
    serve(move |asked: &Asked| {
        let prompt = asked.prompt.last();
        let (_, right, wrong) = replies
            .iter()
            .find(|(key, _, _)| prompt.contains(key))
            .unwrap();
        Said::text(if asked.model == "wrong" {
            *wrong
        } else {
            *right
        })
    })
}

#[test]
fn references_are_right_and_other_replies_are_wrong_in_every_benchmark() {
    let scene = Scene::new();
    let cases = cases();
    assert_eq!(cases.len(), 13);
    for case in &cases {
        scene.write(&format!("data/{}", case.file), &case.text);
    }
    let names: Vec<&str> = cases.iter().map(|case| case.task).collect();
    let server = oracle();
    for (model, right) in [("right", true), ("wrong", false)] {
        let bench = names.join(",");
        let args = [
            "--data",
            "data",
            "--bench",
            &bench,
            "-o",
            model,
            "--json",
            "--set",
            "execute.python=[]",
        ];
        let results = measure(&scene, &server, model, &args).expect(0).json();
        let tasks = results["tasks"].as_array().unwrap();
        for (case, task) in cases.iter().zip(tasks) {
            assert_eq!(task["name"], case.task);
            let items = case.replies.len() as u64;
            assert_eq!(task["metrics"]["items"], items);
            let expected = if right { items } else { 0 };
            assert_eq!(
                task["metrics"]["correct"], expected,
                "{}: {task}",
                case.task
            );
            let left_out: BTreeMap<String, u64> =
                serde_json::from_value(task["left_out"].clone()).unwrap();
            assert_eq!(
                left_out.values().sum::<u64>(),
                case.left_out,
                "{}",
                case.task
            );
            let template = if ["mbpp", "humaneval"].contains(&case.task) {
                "solve_code.j2"
            } else {
                "solve.j2"
            };
            assert_eq!(task["template"][0], template);
        }
        assert_eq!(results["mean"], f64::from(u8::from(right)));
    }
    let groups = std::fs::read_to_string(scene.path().join("right/results.json")).unwrap();
    let results: Value = serde_json::from_str(&groups).unwrap();
    assert_eq!(
        results["tasks"][1]["groups"]["level"]["Level 5"],
        json!({ "items": 1, "pass_at_1": 1.0 })
    );
    let shown = scene
        .run(&["evaluate", "compare", "right", "wrong"])
        .expect(0);
    assert!(shown.stdout.contains("McNemar, exact"), "{shown}");
}
