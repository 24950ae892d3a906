//! The benchmarks by name.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A benchmark whose published files are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Task {
    /// GSM8K, grade-school word problems (Cobbe et al. 2021).
    Gsm8k,
    /// MATH, the 5,000 competition problems of the test set (Hendrycks et al. 2021).
    Math,
    /// The 500 problems of MATH that PRM800K tests on (Lightman et al. 2023).
    Math500,
    /// CollegeMath (Tang et al. 2024, `MathScale`).
    CollegeMath,
    /// `DeepMind` Mathematics (Saxton et al. 2019).
    DeepmindMathematics,
    /// `OlympiadBench`, the open-ended problems in words (He et al. 2024).
    OlympiadBench,
    /// `TheoremQA` (Chen et al. 2023).
    TheoremQa,
    /// SVAMP (Patel et al. 2021).
    Svamp,
    /// `ASDiv` (Miao et al. 2020).
    Asdiv,
    /// MAWPS (Koncel-Kedziorski et al. 2016).
    Mawps,
    /// The American Invitational Mathematics Examination, of any years.
    Aime,
    /// MBPP, basic Python problems (Austin et al. 2021).
    Mbpp,
    /// `HumanEval` (Chen et al. 2021).
    HumanEval,
}

/// What a reply to a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words that end in a final answer.
    Words,
    /// Python code, which has to pass tests.
    Code,
}

/// What is fixed for a task.
struct Facts {
    name: &'static str,
    aliases: &'static [&'static str],
    files: &'static [&'static str],
    sizes: &'static [usize],
}

impl Task {
    /// All of them, in the order in which they are listed to people.
    pub const ALL: [Self; 13] = [
        Self::Gsm8k,
        Self::Math,
        Self::Math500,
        Self::CollegeMath,
        Self::DeepmindMathematics,
        Self::OlympiadBench,
        Self::TheoremQa,
        Self::Svamp,
        Self::Asdiv,
        Self::Mawps,
        Self::Aime,
        Self::Mbpp,
        Self::HumanEval,
    ];

    const NAMES: [&'static str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut place = 0;
        while place < names.len() {
            names[place] = Self::ALL[place].name();
            place += 1;
        }
        names
    };

    const fn facts(self) -> Facts {
        let (name, aliases, files, sizes): (_, &[&str], &[&str], &[usize]) = match self {
            Self::Gsm8k => (
                "gsm8k",
                &[],
                &["gsm8k_test", "gsm8k/test", "gsm8k"],
                &[1319],
            ),
            Self::Math => (
                "math",
                &["hendrycks_math", "minerva_math"],
                &["math_test", "math/test", "MATH/test", "math"],
                &[5000],
            ),
            Self::Math500 => (
                "math500",
                &["math_500"],
                &["math500_test", "math500/test", "MATH-500/test", "math500"],
                &[500],
            ),
            Self::CollegeMath => (
                "collegemath",
                &["college_math"],
                &[
                    "collegemath_test",
                    "college_math/test",
                    "collegemath/test",
                    "college-math-test",
                    "collegemath",
                ],
                &[2818],
            ),
            Self::DeepmindMathematics => (
                "deepmind-mathematics",
                &[
                    "deepmind",
                    "deepmind_math",
                    "deepmind_mathematics",
                    "dm-math",
                ],
                &[
                    "deepmind-mathematics_test",
                    "deepmind-mathematics/test",
                    "deepmind-mathematics",
                    "dm-mathematics",
                ],
                &[1000],
            ),
            Self::OlympiadBench => (
                "olympiadbench",
                &["olympiad_bench", "olympiad"],
                &[
                    "olympiadbench_test",
                    "olympiadbench/test",
                    "OE_TO_maths_en_COMP",
                    "olympiadbench",
                ],
                &[674, 675],
            ),
            Self::TheoremQa => (
                "theoremqa",
                &["theorem_qa"],
                &["theoremqa_test", "theoremqa/test", "theoremqa"],
                &[800],
            ),
            Self::Svamp => (
                "svamp",
                &[],
                &["svamp_test", "svamp/test", "SVAMP", "svamp"],
                &[300, 1000],
            ),
            Self::Asdiv => (
                "asdiv",
                &[],
                &["asdiv_test", "asdiv/test", "asdiv"],
                &[2215, 2305],
            ),
            Self::Mawps => (
                "mawps",
                &[],
                &["mawps_test", "mawps/test", "mawps"],
                &[238, 355, 2065, 2373],
            ),
            Self::Aime => (
                "aime",
                &["aime24", "aime25", "aime2024", "aime2025"],
                &["aime_test", "aime/test", "aime"],
                &[15, 30, 60, 90, 933],
            ),
            Self::Mbpp => (
                "mbpp",
                &[],
                &["mbpp_test", "mbpp/test", "sanitized-mbpp", "mbpp"],
                &[257, 500],
            ),
            Self::HumanEval => (
                "humaneval",
                &["human_eval", "openai_humaneval"],
                &["humaneval_test", "humaneval/test", "HumanEval", "humaneval"],
                &[164],
            ),
        };
        Facts {
            name,
            aliases,
            files,
            sizes,
        }
    }

    /// The name, as in configurations and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// The task of a name or of one of its other names, whatever the case; `-` and `_` are the same.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain = |name: &str| name.to_lowercase().replace('-', "_");
        let wanted = plain(name);
        Self::ALL.into_iter().find(|task| {
            let facts = task.facts();
            plain(facts.name) == wanted || facts.aliases.iter().any(|own| plain(own) == wanted)
        })
    }

    /// Where the files of the benchmark usually lie below a folder of data, without extension, the likeliest first.
    #[must_use]
    pub const fn files(self) -> &'static [&'static str] {
        self.facts().files
    }

    /// How many items the published sets have; there are several where several are in use.
    #[must_use]
    pub const fn sizes(self) -> &'static [usize] {
        self.facts().sizes
    }

    /// What a reply is.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Mbpp | Self::HumanEval => Kind::Code,
            _ => Kind::Words,
        }
    }

    /// All names, separated by commas, for messages.
    #[must_use]
    pub fn names() -> String {
        Self::NAMES.join(", ")
    }
}

impl Serialize for Task {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Task {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| D::Error::unknown_variant(&name, &Self::NAMES))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_distinct_and_found_again() {
        let mut seen = BTreeSet::new();
        for task in Task::ALL {
            let facts = task.facts();
            for name in facts.aliases.iter().chain([&facts.name]) {
                assert_eq!(Task::from_name(&name.to_uppercase()), Some(task));
                assert!(seen.insert(*name), "{name}");
            }
            let json = serde_json::to_string(&task).unwrap();
            assert_eq!(serde_json::from_str::<Task>(&json).unwrap(), task);
        }
        assert_eq!(Task::from_name("gsm9k"), None);
    }
}
