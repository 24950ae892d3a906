//! The mechanisms that decide what stays, and what each has removed: the reasons of rows, by what looked for them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::report::StageReport;

/// A mechanism beyond running a program once and comparing its answer with that of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mechanism {
    /// Programs are tried on other inputs and in other surroundings.
    Inputs,
    /// Every quantity of the input stands in the problem.
    Coverage,
    /// A model judges problem, answer and steps.
    Judge,
    /// A failed row's problem is written again.
    Revise,
    /// The solution's numbers come from the program's run.
    Trace,
    /// The problem is told with other quantities and solved again.
    Counterfactual,
    /// The same problem or program is there already.
    Duplicates,
    /// A problem or program that is like it is there already.
    Near,
    /// Enough rows share a structure or a seed.
    Caps,
    /// The problem stands in a benchmark.
    Contamination,
}

impl Mechanism {
    /// All of them, in the order of the loop.
    pub const ALL: [Self; 10] = [
        Self::Inputs,
        Self::Coverage,
        Self::Judge,
        Self::Revise,
        Self::Trace,
        Self::Counterfactual,
        Self::Duplicates,
        Self::Near,
        Self::Caps,
        Self::Contamination,
    ];

    /// The name on the command line, in reports and on the card.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inputs => "inputs",
            Self::Coverage => "coverage",
            Self::Judge => "judge",
            Self::Revise => "revise",
            Self::Trace => "trace",
            Self::Counterfactual => "counterfactual",
            Self::Duplicates => "duplicates",
            Self::Near => "near",
            Self::Caps => "caps",
            Self::Contamination => "contamination",
        }
    }

    /// What it does, in a few words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Inputs => "programs tried on other inputs",
            Self::Coverage => "every quantity stands in the problem",
            Self::Judge => "a model judges problem, answer and steps",
            Self::Revise => "a failed problem is written again",
            Self::Trace => "numbers of the solution come from the run",
            Self::Counterfactual => "the problem holds with other quantities",
            Self::Duplicates => "no problem or program twice",
            Self::Near => "no problem or program nearly twice",
            Self::Caps => "bounds on rows of one structure or seed",
            Self::Contamination => "no problem of a benchmark",
        }
    }

    /// The reasons for which it removes rows.
    #[must_use]
    pub const fn reasons(self) -> &'static [&'static str] {
        match self {
            Self::Inputs => &[
                "constant",
                "input_ignored",
                "nondeterministic",
                "fragile",
                "slow_growth",
            ],
            Self::Coverage => &["quantity_missing"],
            Self::Judge => &[
                "judged_unsolvable",
                "judged_wrong",
                "judged_inconsistent",
                "judge_unclear",
            ],
            Self::Revise => &[],
            Self::Trace => &["ungrounded_number"],
            Self::Counterfactual => &["counterfactual_differs", "counterfactual_untold"],
            Self::Duplicates => &["duplicate_problem", "duplicate_program"],
            Self::Near => &["near_duplicate_problem", "near_duplicate_program"],
            Self::Caps => &["structure_cap", "seed_cap"],
            Self::Contamination => &["contaminated"],
        }
    }
}

impl std::fmt::Display for Mechanism {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Mechanism {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|own| own.as_str() == text);
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|own| own.as_str()).collect();
            format!("`{text}` is not one of {}", names.join(", "))
        })
    }
}

/// How many rows each mechanism has removed, of those that removed any.
#[must_use]
pub fn removed(stages: &[StageReport]) -> BTreeMap<Mechanism, u64> {
    Mechanism::ALL
        .into_iter()
        .filter_map(|mechanism| {
            let count: u64 = stages
                .iter()
                .flat_map(|stage| &stage.reasons)
                .filter(|(reason, _)| mechanism.reasons().contains(&reason.as_str()))
                .map(|(_, count)| count)
                .sum();
            (count > 0).then_some((mechanism, count))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use caco_record::Stage;

    #[test]
    fn every_name_reads_back_and_no_reason_has_two_mechanisms() {
        let mut seen = std::collections::BTreeSet::new();
        for mechanism in Mechanism::ALL {
            assert_eq!(mechanism.as_str().parse(), Ok(mechanism));
            for reason in mechanism.reasons() {
                assert!(seen.insert(reason), "{reason}");
            }
        }
        let unknown = "nearly".parse::<Mechanism>().unwrap_err();
        assert!(unknown.contains("inputs, coverage"), "{unknown}");
        for reason in caco_curate::Reason::ALL {
            assert!(seen.contains(&reason.as_str()), "{reason}");
        }
    }

    #[test]
    fn removed_rows_are_summed_over_stages() {
        let mut first = StageReport::new(Stage::Execute, 1);
        first.reasons = [("constant".into(), 2), ("timeout".into(), 5)].into();
        let mut second = StageReport::new(Stage::Execute, 2);
        second.reasons = [("fragile".into(), 1)].into();
        let expected = BTreeMap::from([(Mechanism::Inputs, 3)]);
        assert_eq!(removed(&[first, second]), expected);
    }
}
