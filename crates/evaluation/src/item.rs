//! One question of a benchmark, and when a reply to it is right.

use std::collections::{BTreeMap, HashMap};

use caco_answer::Policy;

/// One question of a benchmark.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// `TASK/` and 12 hexadecimal digits of the hash of question and reference, so that it is the same whatever file the
    /// item comes from; a further item of the same content has `-2`, `-3`, ... behind it.
    pub id: String,
    /// The id that the file gives.
    pub source_id: Option<String>,
    /// The question in words, as it is put to the model.
    pub question: String,
    /// When a reply is right.
    pub check: Check,
    /// What the file says of the item that scores may be told apart by, such as `level` and `subject`.
    pub groups: BTreeMap<String, String>,
}

/// When a reply is right.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// Its final answer is the same as this one.
    Answer {
        /// The reference. Several answers are one list.
        text: String,
        /// What counts as the same.
        policy: Policy,
    },
    /// Its code passes these tests.
    Tests(Tests),
}

/// The tests of a programming problem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tests {
    /// What stands in front of the code where the code is a whole function: imports and helpers.
    pub before: String,
    /// The head of the function (its signature and description) for a reply that is only its body.
    pub head: Option<String>,
    /// The name that the code must define, where it is known.
    pub name: Option<String>,
    /// What runs between code and tests.
    pub setup: String,
    /// The tests: Python that raises an exception where the code is wrong.
    pub tests: String,
}

impl Check {
    /// The reference as one text: the answer, or the tests.
    #[must_use]
    pub fn reference(&self) -> &str {
        match self {
            Self::Answer { text, .. } => text,
            Self::Tests(tests) => &tests.tests,
        }
    }
}

/// An item without its identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// As in [`Item`].
    pub source_id: Option<String>,
    /// As in [`Item`].
    pub question: String,
    /// As in [`Item`].
    pub check: Check,
    /// As in [`Item`].
    pub groups: BTreeMap<String, String>,
}

/// What one row of a file is.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// An item.
    Item(Box<Draft>),
    /// No item of the benchmark, for the reason given.
    LeftOut(&'static str),
}

/// Gives items their identities.
#[derive(Debug)]
pub struct Items {
    name: String,
    seen: HashMap<String, u32>,
}

impl Items {
    /// For the items of one task, by its name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            seen: HashMap::new(),
        }
    }

    /// The next item.
    pub fn add(&mut self, draft: impl Into<Box<Draft>>) -> Item {
        let draft = *draft.into();
        let mut hasher = blake3::Hasher::new();
        for part in [draft.question.as_str(), draft.check.reference()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut id = format!("{}/{}", self.name, &hasher.finalize().to_hex()[..12]);
        let times = self.seen.entry(id.clone()).or_insert(0);
        *times += 1;
        if *times > 1 {
            id.push_str(&format!("-{times}"));
        }
        Item {
            id,
            source_id: draft.source_id,
            question: draft.question,
            check: draft.check,
            groups: draft.groups,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_from_content_and_repetitions_are_told_apart() {
        let draft = |question: &str, answer: &str, source: &str| Draft {
            source_id: Some(source.into()),
            question: question.into(),
            check: Check::Answer {
                text: answer.into(),
                policy: Policy::benchmark(),
            },
            groups: BTreeMap::new(),
        };
        let mut items = Items::of("gsm8k");
        let ids: Vec<String> = [
            draft("ab", "c", "1"),
            draft("a", "bc", "2"),
            draft("ab", "c", "3"),
        ]
        .into_iter()
        .map(|draft| items.add(draft).id)
        .collect();
        assert_ne!(ids[0], ids[1]);
        assert_eq!(ids[2], format!("{}-2", ids[0]));
        assert_eq!(Items::of("gsm8k").add(draft("ab", "c", "x")).id, ids[0]);
        assert_ne!(Items::of("svamp").add(draft("ab", "c", "x")).id, ids[0]);
        assert!(ids[0].starts_with("gsm8k/") && ids[0].len() == 18);
    }
}
