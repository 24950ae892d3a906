//! The twelve stages of the loop, in the order in which a row meets them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One stage of the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Foreign rows become problems and answers.
    Import,
    /// A seed problem becomes a seed program.
    Unify,
    /// Seed programs train the program generator.
    Tune,
    /// The generator writes new programs.
    Sample,
    /// Programs run in the sandbox and meet the rules.
    Execute,
    /// A program becomes a problem in words.
    Reverse,
    /// A problem is solved in words, without its program.
    Solve,
    /// The words and the program are compared.
    Judge,
    /// Duplicates and contaminated rows leave.
    Curate,
    /// Kept rows become a data set.
    Export,
    /// The data set trains students.
    Train,
    /// The students are measured.
    Evaluate,
}

/// A text that names no stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownStage(
    /// The text as it was given.
    pub String,
);

impl fmt::Display for UnknownStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a stage; the stages are ", self.0)?;
        for (index, stage) in Stage::ALL.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(stage.as_str())?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownStage {}

impl Stage {
    /// All stages in the order of the loop.
    pub const ALL: [Self; 12] = [
        Self::Import,
        Self::Unify,
        Self::Tune,
        Self::Sample,
        Self::Execute,
        Self::Reverse,
        Self::Solve,
        Self::Judge,
        Self::Curate,
        Self::Export,
        Self::Train,
        Self::Evaluate,
    ];

    /// The stage's name as it is used in files, configuration and commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Unify => "unify",
            Self::Tune => "tune",
            Self::Sample => "sample",
            Self::Execute => "execute",
            Self::Reverse => "reverse",
            Self::Solve => "solve",
            Self::Judge => "judge",
            Self::Curate => "curate",
            Self::Export => "export",
            Self::Train => "train",
            Self::Evaluate => "evaluate",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = UnknownStage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.as_str() == text)
            .ok_or_else(|| UnknownStage(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_in_order() {
        for stage in Stage::ALL {
            assert_eq!(stage.as_str().parse::<Stage>(), Ok(stage));
        }
        assert!(Stage::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        let message = "polish".parse::<Stage>().unwrap_err().to_string();
        assert!(
            message.contains("`polish`") && message.contains("import, unify"),
            "{message}"
        );
    }
}
