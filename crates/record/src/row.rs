//! The row: one candidate example and everything that is known of it.

use serde::{Deserialize, Serialize};

use crate::Stage;

/// The `origin` of rows that import made from a seed file.
pub const ORIGIN_SEED: &str = "seed";
/// The `origin` of rows that sample made with the tuned generator.
pub const ORIGIN_SAMPLE: &str = "sample";

/// What became of a row at the last stage that judged it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The row goes on to the next stage.
    #[default]
    Kept,
    /// The row failed a named check; it is complete but goes no further.
    Rejected,
    /// The row could not be judged (malformed input, a reply that never came); it is set aside.
    Quarantined,
}

impl Fate {
    /// The fate's name in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Rejected => "rejected",
            Self::Quarantined => "quarantined",
        }
    }

    /// The fate with this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Kept, Self::Rejected, Self::Quarantined]
            .into_iter()
            .find(|fate| fate.as_str() == name)
    }
}

/// One candidate example. Texts are UTF-8; `None` means that no stage has written the column yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Content hash, 32 hexadecimal characters; see [`crate::row_id`].
    pub row_id: String,
    /// The row or model that this row was made from: a seed's file row for seeds, the generator's id for samples, the first parent's
    /// row for programs made of others.
    pub parent_id: Option<String>,
    /// The id that the seed file gave, or `name/line`; for samples `r<round>/<index>`.
    pub seed_id: Option<String>,
    /// [`ORIGIN_SEED`] or [`ORIGIN_SAMPLE`].
    pub origin: String,
    /// The round that made the row; 0 for seeds.
    pub round: u32,
    /// What the stage in `stage` decided.
    pub fate: Fate,
    /// The last stage that judged the row.
    pub stage: Stage,
    /// The stable snake_case name of the reason, when the row is not kept.
    pub reason: Option<String>,
    /// Words for people beside `reason`.
    pub detail: Option<String>,
    /// The name of the seed source.
    pub source: Option<String>,
    /// The licence that the seed source states.
    pub licence: Option<String>,
    /// The subject domain that the seed source states.
    pub domain: Option<String>,
    /// The problem in words.
    pub problem: Option<String>,
    /// The seed's given answer.
    pub reference: Option<String>,
    /// The seed's given solution, as the file had it.
    pub reference_solution: Option<String>,
    /// The program's output as canonical text.
    pub answer: Option<String>,
    /// The program's source.
    pub program: Option<String>,
    /// JSON text of the program's `input`.
    pub input: Option<String>,
    /// JSON text of the program's `output`.
    pub output: Option<String>,
    /// The solution in words.
    pub solution: Option<String>,
    /// The final answer extracted from `solution`.
    pub final_answer: Option<String>,
    /// JSON text: further pairs of the program's `input` and `output`, from runs on other inputs.
    pub pairs: Option<String>,
    /// JSON text: static facts, hashes of normal form and structure, `is_new`, `is_new_structure`.
    pub facts: Option<String>,
    /// JSON text: status, protection in force, interpreter.
    pub execution: Option<String>,
    /// JSON text: what each verifier said, whether or not another one had already failed.
    pub verdicts: Option<String>,
    /// JSON text: how the program was made of others, where it was: `parents`, `operator`, `seed`, `detail`.
    pub ancestry: Option<String>,
}

impl Row {
    /// A kept row with nothing but an identity, an origin and the stage that made it.
    #[must_use]
    pub fn new(row_id: String, origin: &str, round: u32, stage: Stage) -> Self {
        Self {
            row_id,
            parent_id: None,
            seed_id: None,
            origin: origin.to_owned(),
            round,
            fate: Fate::Kept,
            stage,
            reason: None,
            detail: None,
            source: None,
            licence: None,
            domain: None,
            problem: None,
            reference: None,
            reference_solution: None,
            answer: None,
            program: None,
            input: None,
            output: None,
            solution: None,
            final_answer: None,
            pairs: None,
            facts: None,
            execution: None,
            verdicts: None,
            ancestry: None,
        }
    }

    /// Marks the row as kept by `stage` and clears reason and detail.
    pub fn keep(&mut self, stage: Stage) {
        self.judge(stage, Fate::Kept, None, None);
    }

    /// Marks the row as rejected by `stage` for the named reason.
    pub fn reject(&mut self, stage: Stage, reason: &str, detail: impl Into<Option<String>>) {
        self.judge(
            stage,
            Fate::Rejected,
            Some(reason.to_owned()),
            detail.into(),
        );
    }

    /// Sets the row aside: `stage` could not judge it.
    pub fn quarantine(&mut self, stage: Stage, reason: &str, detail: impl Into<Option<String>>) {
        self.judge(
            stage,
            Fate::Quarantined,
            Some(reason.to_owned()),
            detail.into(),
        );
    }

    fn judge(&mut self, stage: Stage, fate: Fate, reason: Option<String>, detail: Option<String>) {
        self.stage = stage;
        self.fate = fate;
        self.reason = reason;
        self.detail = detail;
    }

    /// Whether the row goes on.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.fate == Fate::Kept
    }

    /// Whether import made the row from a seed file.
    #[must_use]
    pub fn is_seed(&self) -> bool {
        self.origin == ORIGIN_SEED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_verdict_replaces_the_earlier_one() {
        let mut row = Row::new("id".into(), ORIGIN_SAMPLE, 1, Stage::Sample);
        row.reject(Stage::Execute, "timeout", "ran 10 s".to_owned());
        assert_eq!(
            (row.fate, row.reason.as_deref()),
            (Fate::Rejected, Some("timeout"))
        );
        row.keep(Stage::Judge);
        assert!(row.is_kept() && row.reason.is_none() && row.detail.is_none());
    }

    #[test]
    fn fates_have_names() {
        for fate in [Fate::Kept, Fate::Rejected, Fate::Quarantined] {
            assert_eq!(Fate::from_name(fate.as_str()), Some(fate));
        }
        assert_eq!(Fate::from_name("lost"), None);
    }
}
