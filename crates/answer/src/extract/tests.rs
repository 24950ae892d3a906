use super::*;

/// Replies with the text that is taken from them.
fn taken(how: How, table: &[(&str, &str)]) {
    for (reply, text) in table {
        match final_answer(reply) {
            Ok(found) => {
                assert_eq!((found.text.as_str(), found.how), (*text, how), "{reply}");
                assert!(reply.is_char_boundary(found.start) && reply.is_char_boundary(found.end));
                assert!(found.start < found.end, "{reply}");
            }
            Err(missing) => panic!("{missing:?}: {reply}"),
        }
    }
}

fn absent(missing: Missing, replies: &[&str]) {
    for reply in replies {
        assert_eq!(final_answer(reply), Err(missing), "{reply}");
    }
}

#[test]
fn boxes() {
    taken(
        How::Boxed,
        &[
            (
                r"First \boxed{3}, then \boxed{\frac{1}{2}}.",
                r"\frac{1}{2}",
            ),
            (r"$\boxed{\boxed{4}}$", "4"),
            (r"$\boxed{x = \boxed{4}}$", "x = {4}"),
            (r"so \fbox{12}", "12"),
            (r"$\boxed {7}$ apples", "7"),
            (r"Hence $\boxed 9$.", "9"),
            (r"$boxed{5}$", "5"),
            ("so \u{8}oxed{5}", "5"),
            (r"\\boxed{\\frac{1}{2}}", r"\frac{1}{2}"),
            (r"\boxed{$12$}", "12"),
            (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
            (r"\boxed{\left\{ 1 \right\}}", r"\left\{ 1 \right\}"),
            (
                r"\boxed{\begin{pmatrix}1\\2\end{pmatrix}}",
                r"\begin{pmatrix}1\\2\end{pmatrix}",
            ),
            (r"The box \boxed{} stays empty until \boxed{8}.", "8"),
            (
                r"Put it into \boxed{}. So \boxed{8} it is. Not \boxed{}",
                "8",
            ),
            (r"x = {1 \boxed{2}", "2"),
            (r"\boxed{6} but the answer is 7 #### 8", "6"),
            (
                r"\boxed{14{,}916}. I hope it is correct. <|im_start|>user",
                "14{,}916",
            ),
        ],
    );
}

#[test]
fn boxes_that_are_one_list() {
    taken(
        How::Boxed,
        &[
            (r"\boxed{1},\boxed{2},\boxed{3}", "1, 2, 3"),
            (r"$\boxed{a^2} \quad \text{and} \quad \boxed{b}$", "a^2, b"),
            (r"either $\boxed{3}$ or $\boxed{5}$.", "3, 5"),
            (r"$x = \boxed{3}$ and $y = \boxed{4}$", "x = 3, y = 4"),
            (
                r"\(y_1 = \boxed{2x}\) and \(y_2 = \boxed{3}\)",
                "y_1 = 2x, y_2 = 3",
            ),
            (r"\boxed{5}, that is \boxed{6}", "6"),
            ("\\boxed{5}.\n\n\\boxed{6}", "6"),
            (r"\boxed{5} and \boxed{5}", "5"),
        ],
    );
}

#[test]
fn tags_hashes_and_json() {
    taken(
        How::Tag,
        &[
            ("<answer> 12 </answer>", "12"),
            ("<think>5</think><answer>\n$x=2$\n</answer>", "x=2"),
            ("<Answer>The answer is 5.</Answer>", "5"),
            ("<answer>1</answer> no: <answer>2</answer>", "2"),
            ("[ANSWER]\nTrue\n[/ANSWER]", "True"),
            ("<answer>12</answer> answer: 13", "12"),
        ],
    );
    taken(
        How::Hashes,
        &[
            ("so 5.\n#### 1,042", "1,042"),
            ("#### $12\nDone, I think.", "$12"),
            ("#### 3/4 km", "3/4 km"),
            ("#### Step 1\n3 + 4\n#### Monday", "Monday"),
            ("#### 1. Compute\n3\n#### 7\n#### 2. Check", "2. Check"),
            ("the answer is 6 #### 7", "7"),
        ],
    );
    taken(
        How::Json,
        &[
            (r#"{"reasoning": "3 + 4", "answer": 7}"#, "7"),
            (r#"{"answer": "\\frac{1}{2}"}"#, r"\frac{1}{2}"),
            (r#"{"answer": "\frac{1}{2}", "sure": true}"#, r"\frac{1}{2}"),
            (r#"```json {"final_answer": [1, 2], "n": 3} ```"#, "[1, 2]"),
            ("{'answer': '(1, 2)'}", "(1, 2)"),
            (r#"{"answer": "caf\u00e9"}"#, "café"),
        ],
    );
}

#[test]
fn phrases() {
    taken(
        How::Phrase,
        &[
            ("Thus the answer is 3.5 meters. Done.", "3.5 meters"),
            ("**Final Answer:** $x = 7$.", "x = 7"),
            ("**Final Answer**\n\n\\[\nx = 7\n\\]\n", "x = 7"),
            ("### Answer\n42 apples\n", "42 apples"),
            ("He has 3.\nA: 33", "33"),
            ("The answer is 6. The answer is 7. Then 9", "7"),
            ("The answer is **18** dollars.", "18 dollars"),
            ("**Answer: 42**", "42"),
            (
                "The answer to the second problem is $\\frac{3}{4}$, because 3 of 4 are red.",
                "\\frac{3}{4}",
            ),
            (
                "Final Answer: The final answer is $100$. I hope it is correct.",
                "100",
            ),
            (
                "Final answer: The smallest possible value of $N$ is $5$.",
                "5",
            ),
            ("Answer: Ann needs 12 more eggs.", "12"),
            (
                "Answer: all real numbers except 0",
                "all real numbers except 0",
            ),
            ("The final answer is: x**2 + y**2", "x**2 + y**2"),
            ("The answer is Interval.open(1, 2).", "Interval.open(1, 2)"),
            ("The answer is approximately 3.14.", "3.14"),
            ("So 12 is the answer.", "12"),
            ("Therefore $x \\geq 5$ is the solution.", "x \\geq 5"),
            ("The solution is $x \\leq 5$", "x \\leq 5"),
            ("Answer \\( (9+1) \\)", "(9+1)"),
            (
                "The answer is 12. Let me check that the answer is correct.",
                "12",
            ),
            ("Answer: 5! ", "5!"),
            ("The answers are 3 and -2.", "3 and -2"),
            ("réponse est C non A", "C"),
            ("答案是 12。", "12"),
            ("the answer is no", "no"),
        ],
    );
}

#[test]
fn choice_letters() {
    taken(
        How::Phrase,
        &[
            ("The answer is (C).", "(C)"),
            ("Answer: B", "B"),
            ("The answer is C because A is too small.", "C"),
            ("The answer is (C) Cecile", "(C) Cecile"),
            ("The correct option is D.", "D"),
            ("So (B) is the correct choice.", "(B)"),
            ("The answer is A and B", "A and B"),
        ],
    );
    taken(
        How::Choice,
        &[
            ("It has to be even.\n\n(B)", "(B)"),
            ("I add.\n**C**", "C"),
            ("D.", "D"),
        ],
    );
}

#[test]
fn ends_of_replies() {
    taken(
        How::Whole,
        &[
            ("21,16,11", "21,16,11"),
            ("$\\frac{1}{2}$", "\\frac{1}{2}"),
            ("x = 3 or x = 4", "x = 3 or x = 4"),
            ("Yes.", "Yes"),
            ("1,000.99$", "1,000.99$"),
        ],
    );
    taken(
        How::Bold,
        &[
            ("Adding up.\nShe has **18 eggs** left.", "18"),
            ("So it falls on **Saturday**.", "Saturday"),
            ("We get **x = 3/4**.", "x = 3/4"),
            ("一共有**858颗**糖果。", "858"),
        ],
    );
    taken(
        How::Formula,
        &[
            (
                "A matrix is $\\begin{pmatrix}1\\\\2\\end{pmatrix}$",
                "\\begin{pmatrix}1\\\\2\\end{pmatrix}",
            ),
            ("the pair that solves it is $(7, 6)$.", "(7, 6)"),
            ("So we have\n\\[ 5 + 6 = 11 \\]", "11"),
            ("Thus $f(x) = x + 1$ holds.", "f(x) = x + 1"),
            ("That makes $28$ percent of it", "28%"),
        ],
    );
    taken(
        How::LastNumber,
        &[
            ("It comes to -1,250.5 in all.", "-1,250.5"),
            ("about 20% off", "20%"),
            ("She pays $5 each and $12 in all.", "12"),
            ("It takes from 3 to 7:30 hours", "7:30"),
            ("The speed is 1.5e-7 or so.", "1.5e-7"),
            ("Use x2 and 3/4 cups of H2O.", "3/4"),
            ("300分钟内被放完。", "300"),
        ],
    );
}

#[test]
fn cut_replies_have_no_answer() {
    absent(
        Missing::CutInThought,
        &[
            "<think>So \\boxed{4}",
            "The answer is 5. <think> wait",
            "<|channel|>analysis<|message|>The answer is 5.",
        ],
    );
    absent(
        Missing::CutInAnswer,
        &[
            "so $\\boxed{\\frac{1}{2}",
            "\\boxed{3} is wrong, so \\boxed{4",
            "<answer> 12",
            r#"{"answer": "12"#,
            "So the final answer is",
            "**Answer:**\n",
            "The answer is \\(x = 3",
            "The answer is \\frac{1}{",
        ],
    );
    absent(
        Missing::CutInText,
        &[
            "We add 3 and 4 and get 3 + 4 =",
            "She has 3 apples and buys 4, so the",
            "Then \\[ x = 5 + 6",
            "There are 5 cases:",
            "```python\nx = 5",
        ],
    );
    absent(
        Missing::Traceback,
        &[
            "Cell In[5], line 1\n  x = 3 +\n      ^\nSyntaxError: invalid syntax",
            "line 7\nKeyboardInterrupt",
            "Traceback (most recent call last)\n  line 3\nNameError: name 'x' is not defined in 3",
        ],
    );
    absent(Missing::Empty, &["", " \n", "<think>5</think>"]);
    absent(
        Missing::Nothing,
        &["I cannot tell.", "There is none to be had."],
    );
}

#[test]
fn thoughts_and_other_turns_are_passed_over() {
    for (reply, text) in [
        ("<think>\\boxed{1}</think> \\boxed{2}", "2"),
        ("\\boxed{1}</think> It is 3.", "3"),
        ("<think>a</think> \\boxed{2} <think>b</think>", "2"),
        ("<think>The answer is 4.</think>\n5", "5"),
        (
            "<|im_start|>assistant\nThe answer is 5.<|im_end|>\n<|im_start|>user\nThe answer is 6?",
            "5",
        ),
        ("3 + 4 = 7\nA: 7\n\nQ: How many?\nA: 12", "7"),
        ("Problem: how many?\nProblem: 3 or 4?\nA: 12", "12"),
        (
            "<|channel|>analysis<|message|>5<|end|><|start|>assistant<|channel|>final<|message|>The answer is 6.<|return|>",
            "6",
        ),
    ] {
        assert_eq!(
            extract(reply).map(|found| found.text).as_deref(),
            Some(text),
            "{reply}"
        );
    }
}

#[test]
fn hostile_replies_are_read_in_linear_time() {
    let many = |text: &str| text.repeat(1_000_000 / text.len());
    for reply in [
        many("\\boxed{"),
        many("{"),
        many("}"),
        format!("\\boxed{{{}5{}}}", "{".repeat(100_000), "}".repeat(100_000)),
        format!("{}5{}", "\\boxed{".repeat(100_000), "}".repeat(100_000)),
        many("\\boxed{1},"),
        many("\\boxed 1 "),
        many("answer is "),
        many("the answer is the answer: "),
        many("$"),
        many("\\("),
        many("\\begin{a}"),
        many("\\begin{a"),
        many("<think>"),
        many("</think>"),
        many("<answer>"),
        many("#### "),
        many("#### \n"),
        many("q:\n"),
        many("A: 5\nq:\n"),
        many("\"answer\": "),
        many("\"answer\": [["),
        many("9"),
        many("9."),
        many("1e1"),
        many("**"),
        many("** a"),
        many("\n"),
        many("答案是"),
        many("-$9"),
    ] {
        let _ = final_answer(&reply);
    }
    let deep = format!("\\boxed{{{}5{}}}", "{".repeat(100_000), "}".repeat(100_000));
    assert!(extract(&deep).is_some_and(|found| found.text.contains('5')));
    let long = format!("{} so the answer is 12.", many("I add one more. "));
    assert_eq!(
        extract(&long).map(|found| found.text).as_deref(),
        Some("12")
    );
}
