//! The part of a reply that can hold its answer: without think blocks, and only the one turn.

use super::{Find, Missing, announced, boxes, marks};

/// The text in which an answer is looked for, and the same in lower case (ASCII letters only, so that places agree).
pub(super) struct Body<'a> {
    pub(super) text: &'a str,
    pub(super) lower: String,
}

impl<'a> Body<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            lower: text.to_ascii_lowercase(),
        }
    }
}

/// How models mark their thoughts: opening and closing, in lower case.
const THOUGHTS: &[(&str, &str)] = &[
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("[think]", "[/think]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
];
/// How many think blocks with nothing between them are passed at a reply's end.
const MAX_BLOCKS: usize = 8;
/// Channels in the format of gpt-oss: thoughts and comments go before the final channel.
const CHANNEL: &str = "<|channel|>";
const FINAL_CHANNEL: &str = "<|channel|>final<|message|>";
/// Tokens that end a turn.
const TURN_ENDS: &[&str] = &[
    "<|im_end|>",
    "<|im_start|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|end|>",
    "<|return|>",
    "<|start_header_id|>",
    "<｜end▁of▁sentence｜>",
    "<｜user｜>",
    "<end_of_turn>",
    "<start_of_turn>",
    "</s>",
    "[/inst]",
    "[inst]",
];
/// Beginnings of a line with which a model that runs on asks itself the next question.
const NEXT_QUESTIONS: &[&str] = &[
    "q:",
    "question:",
    "problem:",
    "human:",
    "user:",
    "### instruction",
    "### question",
    "### problem",
];
/// How many such lines are looked at: a reply that restates its question does so once, before it answers.
const MAX_QUESTIONS: usize = 8;
/// Marks before the text of a turn.
const TURN_STARTS: &[&str] = &[
    "<|im_start|>assistant",
    "<|assistant|>",
    "<｜Assistant｜>",
    "<s>",
];

/// What is left of a reply when its thoughts and everything behind its turn are taken away.
pub(super) fn visible(reply: &str) -> Result<Body<'_>, Missing> {
    let whole = Body::new(reply);
    let (start, end) = outside_thoughts(&whole)?;
    let text = part(reply, start, end);
    let mut body = Body::new(first_turn(text));
    if body.text.trim().is_empty() {
        return Err(Missing::Empty);
    }
    if let Some(end) = next_question(&body) {
        body = Body::new(part(body.text, 0, end));
    }
    Ok(body)
}

fn part(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

/// The text behind the last think block; where that is blank, the text in front of the block.
fn outside_thoughts(whole: &Body<'_>) -> Result<(usize, usize), Missing> {
    let lower = whole.lower.as_str();
    if lower.contains(CHANNEL) {
        return match lower.rfind(FINAL_CHANNEL) {
            Some(at) => Ok((at + FINAL_CHANNEL.len(), lower.len())),
            None => Err(Missing::CutInThought),
        };
    }
    let mut end = lower.len();
    for pass in 0..MAX_BLOCKS {
        let text = part(lower, 0, end);
        let mark = |open: bool| {
            THOUGHTS
                .iter()
                .map(|(opening, closing)| if open { opening } else { closing })
                .filter_map(|mark| text.rfind(mark).map(|at| (at, at + mark.len())))
                .max()
        };
        let closed = mark(false).map_or(0, |place| place.1);
        let opened = mark(true).unwrap_or_default();
        if opened.1 > closed {
            if pass == 0 {
                return Err(Missing::CutInThought);
            }
            break;
        }
        let is_blank = part(lower, closed, end).trim().is_empty();
        if !is_blank || opened.1 == 0 {
            return Ok((closed, end));
        }
        end = opened.0;
    }
    Ok((0, end))
}

/// The text up to the first end of a turn.
fn first_turn(text: &str) -> &str {
    let mut text = text;
    loop {
        let trimmed = text.trim_start();
        let Some(mark) = TURN_STARTS.iter().find(|mark| trimmed.starts_with(**mark)) else {
            break;
        };
        text = trimmed.get(mark.len()..).unwrap_or_default();
    }
    let lower = text.to_ascii_lowercase();
    let end = TURN_ENDS.iter().filter_map(|mark| lower.find(mark)).min();
    part(text, 0, end.unwrap_or(text.len()))
}

/// Where the model asks itself a next question after it has answered.
fn next_question(body: &Body<'_>) -> Option<usize> {
    let mut at = 0;
    let mut tries = MAX_QUESTIONS;
    for line in body.lower.split_inclusive('\n') {
        let start = line.trim_start_matches([' ', '*', '\t']);
        if at > 0 && NEXT_QUESTIONS.iter().any(|mark| start.starts_with(mark)) {
            let before = Body::new(part(body.text, 0, at));
            let finders: [&dyn Fn(&Body<'_>) -> bool; 4] = [
                &|body| matches!(boxes::last(body), Find::Found(_)),
                &|body| matches!(marks::tag(body), Find::Found(_)),
                &|body| matches!(marks::hashes(body), Find::Found(_)),
                &|body| matches!(announced::last(body), Find::Found(_)),
            ];
            let answered = finders.iter().any(|finder| finder(&before));
            if answered {
                return Some(at);
            }
            tries -= 1;
            if tries == 0 {
                return None;
            }
        }
        at += line.len();
    }
    None
}
