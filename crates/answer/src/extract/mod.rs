//! Takes the final answer out of a reply.
//!
//! The rules, surest place first; within a rule the last place in the reply counts:
//!
//! 1. Think blocks are passed over; a reply that ends inside one has no answer. Text behind an end-of-turn token, or behind
//!    a new question that follows an answer, is not part of the reply.
//! 2. A box ([`How::Boxed`]), `\boxed{…}`. Boxes joined only by commas, "and", "or" and spaces are one list, in their order.
//! 3. A tag, `<answer>…</answer>` ([`How::Tag`]).
//! 4. Four hashes, `#### 42` ([`How::Hashes`]).
//! 5. A key, `"answer": 42` ([`How::Json`]).
//! 6. A phrase, "the answer is …", "Answer: …", "… is the answer" ([`How::Phrase`]).
//! 7. Where nothing announces an answer, the reply's end: a choice letter, a reply that is nothing but a value, bold text, a
//!    formula, and as the last resort the last number ([`How::Choice`] to [`How::LastNumber`]). A reply that is cut, where
//!    that can be told, has no answer then, nor has the traceback of a program.
//!
//! Time and memory are linear in the reply, and nothing recurses on its nesting.

mod announced;
mod body;
mod boxes;
mod endings;
mod formulas;
mod marks;
mod payload;
#[cfg(test)]
mod tests;

use body::Body;
use serde::{Deserialize, Serialize};

/// Where an answer was found, from the surest place to the last resort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The last `\boxed{…}` or `\fbox{…}`, or the last few of them that form one list.
    Boxed,
    /// The last `<answer>…</answer>`.
    Tag,
    /// After the last `####`.
    Hashes,
    /// The last `"answer": …` of something like JSON.
    Json,
    /// After the last of "the answer is", "final answer", "answer:" and the like, or before "is the answer".
    Phrase,
    /// A choice letter on a line of its own at the end.
    Choice,
    /// The whole reply: it is one line without prose.
    Whole,
    /// The last emphasis (`**…**`) in the last line.
    Bold,
    /// The last formula, where no number follows it.
    Formula,
    /// The last number of the reply: a guess, to be told apart from an answer that was given as one.
    LastNumber,
}

impl How {
    /// Whether the reply says itself that this is its answer; the other places are read off its end.
    #[must_use]
    pub const fn is_announced(self) -> bool {
        matches!(
            self,
            Self::Boxed | Self::Tag | Self::Hashes | Self::Json | Self::Phrase
        )
    }

    /// The name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Boxed => "boxed",
            Self::Tag => "tag",
            Self::Hashes => "hashes",
            Self::Json => "json",
            Self::Phrase => "phrase",
            Self::Choice => "choice",
            Self::Whole => "whole",
            Self::Bold => "bold",
            Self::Formula => "formula",
            Self::LastNumber => "last_number",
        }
    }
}

/// Why a reply has no final answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// There is no text, or none outside of think blocks.
    Empty,
    /// The reply ends inside a think block.
    CutInThought,
    /// The reply ends inside its box, its tag, or the sentence that announces the answer.
    CutInAnswer,
    /// The reply announces no answer and ends in the middle of a sentence or a formula.
    CutInText,
    /// The reply announces no answer and is the traceback of a program.
    Traceback,
    /// The reply announces no answer and its end holds nothing that could be one.
    Nothing,
}

impl Missing {
    /// The name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::CutInThought => "cut_in_thought",
            Self::CutInAnswer => "cut_in_answer",
            Self::CutInText => "cut_in_text",
            Self::Traceback => "traceback",
            Self::Nothing => "nothing",
        }
    }

    /// One short sentence for people.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Empty => "the reply is empty",
            Self::CutInThought => "the reply is cut: it ends inside a think block",
            Self::CutInAnswer => "the reply is cut inside its final answer",
            Self::CutInText => "the reply is cut and announces no answer before",
            Self::Traceback => "the reply is the traceback of a program",
            Self::Nothing => "the reply states no final answer",
        }
    }
}

/// A final answer and where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extracted {
    /// The answer's text, trimmed, without the marks around it.
    pub text: String,
    /// Where it was found.
    pub how: How,
    /// First byte in the reply of what `text` was made from.
    pub start: usize,
    /// The byte behind its last one.
    pub end: usize,
}

/// The final answer of a reply, or `None` where it has none, not even a number.
///
/// ```
/// use caco_answer::{How, extract};
/// let found = extract("<think>2 or 3?</think> So the answer is **3** apples.").unwrap();
/// assert_eq!((found.text.as_str(), found.how), ("3 apples", How::Phrase));
/// ```
#[must_use]
pub fn extract(reply: &str) -> Option<Extracted> {
    final_answer(reply).ok()
}

/// The final answer of a reply.
///
/// ```
/// use caco_answer::{How, Missing, final_answer};
/// let reply = r"Thus $\boxed{\frac{1}{2}}$.";
/// let found = final_answer(reply).unwrap();
/// assert_eq!((found.text.as_str(), found.how), (r"\frac{1}{2}", How::Boxed));
/// assert_eq!(&reply[found.start..found.end], r"\frac{1}{2}");
/// assert_eq!(final_answer(r"Thus $\boxed{\frac{1}{2"), Err(Missing::CutInAnswer));
/// ```
///
/// # Errors
/// [`Missing`] says why there is none.
pub fn final_answer(reply: &str) -> Result<Extracted, Missing> {
    let body = body::visible(reply)?;
    let found = announced_answer(&body)?.map_or_else(|| endings::read(&body), Ok)?;
    let Piece { text, how, from } = found;
    // `from` is a part of the reply: their addresses give its place.
    let start = (from.as_ptr() as usize)
        .saturating_sub(reply.as_ptr() as usize)
        .min(reply.len());
    let end = (start + from.len()).min(reply.len());
    Ok(Extracted {
        text,
        how,
        start,
        end,
    })
}

/// An answer that the reply gives as one.
fn announced_answer<'a>(body: &Body<'a>) -> Result<Option<Piece<'a>>, Missing> {
    let finders: [&dyn Fn(&Body<'a>) -> Find<'a>; 5] = [
        &boxes::last,
        &marks::tag,
        &marks::hashes,
        &marks::json,
        &announced::last,
    ];
    for finder in finders {
        match finder(body) {
            Find::Found(piece) => return Ok(Some(piece)),
            Find::Cut => return Err(Missing::CutInAnswer),
            Find::Nothing => {}
        }
    }
    Ok(None)
}

/// An answer, and the part of the reply that it was made from.
struct Piece<'a> {
    text: String,
    how: How,
    from: &'a str,
}

/// What looking in one kind of place gives.
enum Find<'a> {
    Found(Piece<'a>),
    /// The reply ends inside of such a place.
    Cut,
    Nothing,
}

impl<'a> Find<'a> {
    /// The trimmed text as an answer, or nothing where nothing is left.
    fn of(text: &'a str, how: How) -> Self {
        let from = payload::trim(text);
        if from.is_empty() {
            return Self::Nothing;
        }
        Self::Found(Piece {
            text: from.to_owned(),
            how,
            from,
        })
    }
}
