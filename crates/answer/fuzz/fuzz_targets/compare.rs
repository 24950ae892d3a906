//! The comparison: total, and the same from both sides. The input is two answers with a zero byte or a bar sign between.
#![no_main]

use caco_answer::{Outcome, Policy, compare};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let (a, b) = match input.split_once('\0').or_else(|| input.split_once("|||")) {
        Some(pair) => pair,
        None => (input, "x+1"),
    };
    for policy in [Policy::benchmark(), Policy::strict()] {
        let (there, back) = (compare(a, b, &policy), compare(b, a, &policy));
        assert_eq!(there.outcome, back.outcome, "{a:?} {b:?}: {there:?} {back:?}");
    }
    if !a.trim().is_empty() {
        assert_eq!(compare(a, a, &Policy::strict()).outcome, Outcome::Equal);
    }
});
