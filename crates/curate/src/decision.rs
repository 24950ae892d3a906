//! What becomes of a candidate, and why.

use serde::{Deserialize, Serialize};

use crate::contamination::Hit;

/// Why a row is not kept. The snake_case name is stable: it is written into rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The problem stands in a benchmark.
    Contaminated,
    /// The same problem text was kept already.
    DuplicateProblem,
    /// The same program (by normal form) was kept already.
    DuplicateProgram,
    /// A problem that is like it was kept already.
    NearDuplicateProblem,
    /// A program (by normal form) that is like it was kept already.
    NearDuplicateProgram,
    /// As many rows of this structure as the cap allows were kept already.
    StructureCap,
    /// As many rows of this seed as the cap allows were kept already.
    SeedCap,
}

impl Reason {
    /// All of them, in the order in which they are looked for.
    pub const ALL: [Self; 7] = [
        Self::Contaminated,
        Self::DuplicateProblem,
        Self::DuplicateProgram,
        Self::NearDuplicateProblem,
        Self::NearDuplicateProgram,
        Self::StructureCap,
        Self::SeedCap,
    ];

    /// The stable name, as in rows and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contaminated => "contaminated",
            Self::DuplicateProblem => "duplicate_problem",
            Self::DuplicateProgram => "duplicate_program",
            Self::NearDuplicateProblem => "near_duplicate_problem",
            Self::NearDuplicateProgram => "near_duplicate_program",
            Self::StructureCap => "structure_cap",
            Self::SeedCap => "seed_cap",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What speaks against a row. Its text (`Display`) is for people: the row that it repeats, the benchmark's item, or the cap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "evidence", rename_all = "snake_case")]
pub enum Evidence {
    /// It stands in a benchmark.
    Benchmark(Hit),
    /// It repeats a kept row exactly.
    Repeats {
        /// The kept row.
        row_id: String,
        /// What they have in common.
        part: Part,
    },
    /// It is like a kept row.
    Resembles {
        /// The most similar kept row.
        row_id: String,
        /// In what they are alike.
        part: Part,
        /// Jaccard index of their shingles, from the threshold to 1.
        similarity: f64,
    },
    /// So many rows of one structure or one seed are kept.
    Full {
        /// Of one what.
        of: Group,
        /// The cap.
        kept: u64,
    },
}

/// A part of a row that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The problem in words.
    Problem,
    /// The normal form of the program.
    Program,
}

/// What rows are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// The structure of the program.
    Structure,
    /// The seed that they stem from.
    Seed,
}

impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |part: &Part| match part {
            Part::Problem => "problem",
            Part::Program => "program",
        };
        match self {
            Self::Benchmark(hit) => hit.fmt(f),
            Self::Repeats { row_id, part } => write!(f, "the {} of row {row_id}", name(part)),
            Self::Resembles {
                row_id,
                part,
                similarity,
            } => {
                write!(
                    f,
                    "similarity {similarity:.3} to the {} of row {row_id}",
                    name(part)
                )
            }
            Self::Full {
                of: Group::Structure,
                kept,
            } => write!(f, "{kept} rows of this structure are kept"),
            Self::Full {
                of: Group::Seed,
                kept,
            } => write!(f, "{kept} rows of this seed are kept"),
        }
    }
}

/// What happens to a candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum Decision {
    /// It stays.
    Kept,
    /// It goes.
    Rejected {
        /// Why.
        reason: Reason,
        /// What speaks against it.
        evidence: Evidence,
    },
}

impl Decision {
    /// Whether the candidate stays.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        matches!(self, Self::Kept)
    }

    /// Why it goes.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::Kept => None,
            Self::Rejected { reason, .. } => Some(*reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_are_written() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }

    #[test]
    fn decisions_are_read_as_they_are_written() {
        let evidence = Evidence::Resembles {
            row_id: "ab".into(),
            part: Part::Program,
            similarity: 0.9375,
        };
        let decision = Decision::Rejected {
            reason: Reason::NearDuplicateProgram,
            evidence,
        };
        let written = serde_json::to_string(&decision).unwrap();
        assert_eq!(
            written,
            r#"{"fate":"rejected","reason":"near_duplicate_program","evidence":{"evidence":"resembles","row_id":"ab","part":"program","similarity":0.9375}}"#
        );
        assert_eq!(
            serde_json::from_str::<Decision>(&written).unwrap(),
            decision
        );
    }
}
