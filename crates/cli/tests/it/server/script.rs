//! A server's side of the whole loop: replies that depend on nothing but what is asked.

use caco_scripted::{Asked, Prompt, Said, Wording};

/// The model's name on the server.
pub const MODEL: &str = "teacher-7b";

/// Replies as a model would that is good at this and sometimes fails, in every way that is a row's own.
pub fn reply(asked: &Asked) -> Said {
    let draw = draw(asked);
    // Each of these ends a row, and is the same whenever it is asked.
    match draw % 97 {
        0 => return Said::text(""),
        1 => return Said::text("It goes on and on").finished("length"),
        2 => return Said::filtered(),
        3 => return Said::too_long(Wording::Vllm),
        _ => {}
    }
    let text = match &asked.prompt {
        Prompt::Raw(_) => program(draw),
        Prompt::Chat(_) => chat(asked.prompt.last(), draw),
    };
    Said::text(text)
}

fn chat(prompt: &str, draw: u64) -> String {
    if prompt.starts_with("Turn a mathematics problem") {
        let problem = between(prompt, "<problem>", "</problem>");
        return unified(problem);
    }
    if prompt.starts_with("Write a new Python program") {
        return program(draw);
    }
    if prompt.starts_with("Below is a Python program") {
        return problem(between(prompt, "```python", "```"), draw.is_multiple_of(11));
    }
    if prompt.starts_with("A problem was written from") {
        // Every second revision mends what was wrong.
        return problem(between(prompt, "```python", "```"), draw.is_multiple_of(2));
    }
    if prompt.ends_with("\\boxed{}.") {
        let wrong = i64::from(draw.is_multiple_of(13));
        let value = solved(prompt) + wrong;
        return format!(
            "<think>\nLet me see.\n</think>\n\nStep by step, one finds \\boxed{{{value}}}."
        );
    }
    if prompt.starts_with("Decide whether") {
        let verdict = if draw.is_multiple_of(19) { "no" } else { "yes" };
        return format!("{{\"reason\": \"As far as one can see.\", \"verdict\": \"{verdict}\"}}");
    }
    panic!("nobody asks this: {prompt}")
}

/// Seeded by everything that is asked.
fn draw(asked: &Asked) -> u64 {
    let choice = Some(asked.choice).filter(|choice| *choice > 0);
    let text = format!("{:?} {:?} {choice:?}", asked.prompt, asked.seed);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^ (hash >> 29)
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    let rest = text.split_once(open).unwrap().1;
    rest.split_once(close).unwrap().0.trim()
}

const SIGNS: [(&str, &str); 3] = [("+", "plus"), ("-", "minus"), ("*", "times")];

/// A program of two steps; one in some is broken.
fn program(draw: u64) -> String {
    let sign = |shift: u32| SIGNS[((draw >> shift) % 3) as usize].0;
    let number = |shift: u32| 2 + (draw >> shift) % 90;
    if (draw >> 7).is_multiple_of(23) {
        return "def broken(:".into();
    }
    format!(
        "```python\n{}```",
        lines(number(10), sign(20), number(30), sign(40), number(50))
    )
}

fn lines(first: u64, one: &str, second: u64, two: &str, third: u64) -> String {
    format!(
        "input = {{\"first\": {first}, \"second\": {second}, \"third\": {third}}}\n\n\
         def solve(first, second, third):\n    # The first step.\n    step = first {one} second\n    \
         result = step {two} third\n    return result\n\noutput = solve(**input)\nprint(output)\n"
    )
}

/// The three numbers and two signs of a program or a problem.
fn parts(text: &str) -> ([i64; 3], [String; 2]) {
    let words: Vec<&str> = text
        .split(|c: char| !(c.is_alphanumeric() || "+-*".contains(c)))
        .filter(|word| !word.is_empty())
        .collect();
    let numbers: Vec<i64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let signs: Vec<String> = words
        .iter()
        .filter_map(|word| {
            let sign = SIGNS
                .iter()
                .find(|(sign, name)| word == sign || word == name);
            Some(sign?.0.to_owned())
        })
        .collect();
    (
        numbers[..3].try_into().unwrap(),
        signs[..2].to_vec().try_into().unwrap(),
    )
}

/// The words of a program; a bad one leaves its last number out.
fn problem(program: &str, bad: bool) -> String {
    let (numbers, signs) = parts(program);
    let name = |sign: &str| SIGNS.iter().find(|own| own.0 == sign).unwrap().1;
    let last = if bad {
        "a number".to_owned()
    } else {
        numbers[2].to_string()
    };
    format!(
        "Begin with {} {} {}, and take the result {} {last}. Which integer do you get?",
        numbers[0],
        name(&signs[0]),
        numbers[1],
        name(&signs[1]),
    )
}

/// What a problem comes to; where a number is left out, something.
fn solved(prompt: &str) -> i64 {
    let words: Vec<&str> = prompt.split_whitespace().collect();
    let numbers = words
        .iter()
        .filter(|word| word.trim_matches([',', '.']).parse::<i64>().is_ok())
        .count();
    if numbers < 3 {
        return 0;
    }
    let ([first, second, third], [one, two]) = parts(prompt);
    let apply = |sign: &str, left: i64, right: i64| match sign {
        "+" => left + right,
        "-" => left - right,
        _ => left * right,
    };
    apply(&two, apply(&one, first, second), third)
}

/// A seed's program.
fn unified(problem: &str) -> String {
    let ([first, second, third], [one, two]) = parts(problem);
    let number = |value: i64| u64::try_from(value).unwrap();
    format!(
        "```python\n{}```",
        lines(number(first), &one, number(second), &two, number(third))
    )
}

/// Seeds that the script can solve, as JSON lines.
pub fn seeds(count: u64) -> String {
    (0..count)
        .map(|n| {
            let program = lines(n + 3, "+", 2 * n + 5, "*", n % 7 + 2);
            let problem = problem(&program, false);
            let answer = solved(&problem);
            serde_json::json!({ "problem": problem, "answer": answer.to_string() }).to_string()
                + "\n"
        })
        .collect()
}
