//! Benchmarks: how the field's files are read, how a reply is graded, and which figures come of it. Pure, no I/O.
//!
//! A [`Task`] reads the rows of its benchmark's published files, under the field names that these files have, into
//! [`Item`]s: a question, and a [`Check`] that says when a reply to it is right. [`metrics`] turns verdicts into pass@k,
//! majority votes and intervals; [`metrics::paired`] compares two runs on the same items.
//!
//! ```
//! use caco_evaluation::{Check, Items, Read, Task};
//! let row = serde_json::json!({ "question": "2 + 3?", "answer": "2 + 3 = 5\n#### 5" });
//! let Read::Item(draft) = Task::Gsm8k.read(&row).unwrap() else { unreachable!() };
//! let item = Items::of("gsm8k").add(draft);
//! let Check::Answer { text, policy } = &item.check else { unreachable!() };
//! let found = caco_evaluation::reply::answer(r"So it is \boxed{5}.", false).unwrap();
//! assert!(caco_answer::compare(text, &found.text, policy).is_equal());
//! ```

pub mod code;
mod fields;
pub mod harness;
mod item;
pub mod metrics;
mod read;
pub mod reply;
mod task;

pub use fields::Odd;
pub use item::{Check, Draft, Item, Items, Read, Tests};
pub use task::{Kind, Task};

/// The version of reading and grading: what was graded by another may be graded otherwise.
pub const VERSION: u32 = 1;
