//! The parser of LaTeX: any text is read or refused, what is read prints, and equals itself in dollars.
#![no_main]

use caco_answer::{Policy, compare, parse};
use libfuzzer_sys::fuzz_target;

/// Joined in front of the input, so that every text is read as LaTeX.
const LATEX: &str = r"\,";

fuzz_target!(|input: &str| {
    let text = format!("{LATEX}{input}");
    if let Ok(answer) = parse(&text) {
        let _ = answer.to_string();
        let policy = Policy::strict();
        let verdict = compare(&text, &format!("{text} "), &policy);
        assert!(verdict.is_equal(), "not itself: {text:?}");
        let doubled = format!(r"\displaystyle {text}");
        let verdict = compare(&text, &doubled, &policy);
        assert!(
            verdict.is_equal() || verdict.outcome == caco_answer::Outcome::Undecided || parse(&doubled).is_err(),
            "changed by its dressing: {text:?} {verdict:?}"
        );
    }
});
