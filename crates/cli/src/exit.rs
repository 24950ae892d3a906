//! The exit codes, documented in `--help` and docs/CLI.md.

use std::process::ExitCode;

use caco_pipeline::Category;

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: the command worked, and what it checked is false (answers differ, a doctor's check failed, a program failed).
    CheckedFalse,
    /// 2: the command line, the configuration or a seed file is wrong.
    Usage,
    /// 3: the machine lacks something.
    Environment,
    /// 4: a model cannot be loaded, asked or trained.
    Model,
    /// 5: a budget is used up.
    Budget,
    /// 70: a defect of this program.
    Internal,
    /// 130: stopped by the user.
    Interrupted,
}

/// The table shown below each command's `--help`.
pub const HELP: &str = "\
Exit codes:
    0  done
    1  the command worked, and what it checked is false
    2  the command line, the configuration or a seed file is wrong
    3  the machine lacks something (Python, disk space, permission)
    4  a model cannot be loaded, asked or trained, or a stage kept nothing
    5  a budget is used up
   70  a defect of caco
  130  stopped by Ctrl-C; `caco resume RUN` goes on";

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::CheckedFalse => 1,
            Self::Usage => 2,
            Self::Environment => 3,
            Self::Model => 4,
            Self::Budget => 5,
            Self::Internal => 70,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<Category> for Exit {
    fn from(category: Category) -> Self {
        match category {
            Category::Usage => Self::Usage,
            Category::Environment => Self::Environment,
            Category::Model => Self::Model,
            Category::Budget => Self::Budget,
            Category::Interrupted => Self::Interrupted,
            Category::Internal => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pipeline_and_the_command_agree_on_codes() {
        for category in [
            Category::Usage,
            Category::Environment,
            Category::Model,
            Category::Budget,
            Category::Interrupted,
            Category::Internal,
        ] {
            assert_eq!(category.exit_code(), Exit::from(category).code());
        }
    }

    #[test]
    fn help_names_every_code() {
        for exit in [
            Exit::Done,
            Exit::CheckedFalse,
            Exit::Usage,
            Exit::Environment,
            Exit::Model,
            Exit::Budget,
        ] {
            assert!(
                HELP.contains(&format!("\n    {}  ", exit.code())),
                "{exit:?}"
            );
        }
        assert!(HELP.contains("\n   70  ") && HELP.contains("\n  130  "));
    }
}
