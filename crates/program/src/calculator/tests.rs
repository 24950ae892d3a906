use super::*;
use crate::{Rules, check, facts};

fn converted(question: &str, solution: &str, answer: &str) -> String {
    let program = convert(question, solution, answer).unwrap();
    check(&facts(&program).unwrap(), &Rules::default()).unwrap();
    program
}

#[test]
fn marks_become_steps_with_names() {
    let program = converted(
        "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many clips did Natalia sell altogether in April and May?",
        "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\nNatalia sold 48+24 = <<48+24=72>>72 clips altogether in April and May.",
        "72",
    );
    assert_eq!(
        program,
        "input = {\"friends\": 48}\n\ndef solve(friends):\n    clips = friends / 2\n    return friends + clips\n\noutput = solve(**input)\nprint(output)\n"
    );
}

#[test]
fn percents_and_money() {
    let program = converted(
        "Josh buys a shirt for $30 and leaves a 20% tip. How much does he pay?",
        "The tip is 30*.2=$<<30*.2=6>>6\nSo he pays 30+6=$<<30+6=36.00>>36.00",
        "36",
    );
    assert!(program.contains("tip_percent / 100"), "{program}");
    assert!(program.contains("\"tip_percent\": 20"), "{program}");
}

#[test]
fn a_single_step_still_has_six_lines() {
    let program = converted(
        "A box holds 5 red pens. How many pens are in 4 boxes?",
        "There are 5*4=<<5*4=20>>20 pens",
        "20",
    );
    assert!(
        program.contains("pens = red_pens * boxes\n    return"),
        "{program}"
    );
}

#[test]
fn plain_text_leads_on_where_marks_stop() {
    let program = converted(
        "Hillary sells 3 crafts for 12 dollars each, gets 7 dollars more and deposits 18 dollars. How much is left?",
        "She gets 3 crafts * $12/craft = $<<3*12=36>>36\nThen $36 + $7 = $<<36+7=43>>43\nShe deposits 18, leaving her with $43 - $18 = $25",
        "25",
    );
    assert!(
        program.contains("18") && program.contains(" - "),
        "{program}"
    );
}

#[test]
fn rounding_in_words_is_written_down() {
    let program = converted(
        "He needs 48 pounds of flour in 10 pound bags at $7 a bag. What does he pay?",
        "He needs 48/10=<<48/10=4.8>>4.8 bags\nSo he buys 5 bags\nHe pays 5*7=$<<5*7=35>>35",
        "35",
    );
    assert!(
        program.starts_with("import math\n") && program.contains("math.ceil(bags) * "),
        "{program}"
    );
}

#[test]
fn a_result_that_nobody_states_is_found_among_sums_of_known_ones() {
    let program = converted(
        "A movie of 2 hours costs $100 a minute. Another is 60% longer. What does it cost?",
        "The first was 2*60=<<2*60=120>>120 minutes\nSo this one is 120*.6=<<120*.6=72>>72 minutes longer\nSo it is 192 minutes\nIt cost 192*100=$<<192*100=19200>>19200",
        "19200",
    );
    assert!(!program.contains("192"), "{program}");
}

#[test]
fn float_noise_is_rounded_away() {
    let program = converted(
        "A pen costs $1.1 and he buys 3 pens. What does he pay?",
        "He pays 3*1.1=$<<3*1.1=3.30>>3.30",
        "3.3",
    );
    assert!(program.contains("round("), "{program}");
}

#[test]
fn refusals_are_named() {
    let reason = |q: &str, s: &str, a: &str| convert(q, s, a).unwrap_err().reason;
    assert_eq!(
        reason("3 cats", "There are cats.", "3"),
        ConvertReason::NoEquation
    );
    assert_eq!(
        reason("3 cats", "There are <<3*2=6>>6.", "red"),
        ConvertReason::AnswerNotNumeric
    );
    assert_eq!(
        reason("3 cats", "There are <<3*2=6>>6.", "77"),
        ConvertReason::AnswerNotReached
    );
    assert_eq!(
        reason("Some cats", "There are <<8*2=16>>16.", "16"),
        ConvertReason::NoInput
    );
    assert_eq!(
        reason("3 cats", "There are <<3*2=77>>77.", "77"),
        ConvertReason::ValueDiffers
    );
    assert_eq!(
        reason(&"3 cats ".repeat(9_000), "", "1"),
        ConvertReason::TooLong
    );
}

#[test]
fn names_match_their_serialised_form() {
    for reason in [
        ConvertReason::NoInput,
        ConvertReason::AnswerNotReached,
        ConvertReason::TooLong,
    ] {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
}

proptest::proptest! {
    #[test]
    fn any_solution_is_judged_without_a_panic(question in "[a-z0-9 .$%]{0,60}", solution in "[a-c0-9 .$%=<>()*/+x-]{0,80}") {
        let _ = convert(&question, &solution, "7");
    }
}
