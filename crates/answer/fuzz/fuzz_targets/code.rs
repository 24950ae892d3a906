//! The parser of program text: any text is read or refused, and what is read prints.
#![no_main]

use caco_answer::{Policy, compare, parse};
use libfuzzer_sys::fuzz_target;

/// Joined behind the input, so that every text without a backslash is read as a program's.
const CODE: &str = " + x**2";

fuzz_target!(|input: &str| {
    let input: String = input.chars().filter(|c| !matches!(c, '\\' | '`')).collect();
    for text in [input.clone(), format!("{input}{CODE}"), format!("[{input}]"), format!("Interval({input})")] {
        if let Ok(answer) = parse(&text) {
            let _ = answer.to_string();
            let verdict = compare(&text, &format!("`{text}`"), &Policy::strict());
            assert!(verdict.outcome != caco_answer::Outcome::Different, "not itself: {text:?} {verdict:?}");
        }
    }
});
