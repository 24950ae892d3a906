//! The rules that a program has to pass, the published ones and ours, each with its own named reason.

use serde::{Deserialize, Serialize};

use crate::facts::Facts;

/// Why a program or its answer breaks a rule. The snake_case name is stable: it is written into rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Published: fewer code lines than the minimum.
    TooShort,
    /// Published: no module-level dict named `input`, or an empty one.
    NoInput,
    /// Published: no module-level `output`.
    NoOutput,
    /// Published: a key of `input` takes no part in the program.
    UnusedInput,
    /// Published: the answer is an integer of too many digits.
    AnswerTooManyDigits,
    /// Ours: nothing is answered.
    AnswerEmpty,
    /// Ours: the answer's text is too long, whatever its type.
    AnswerTooLong,
    /// Ours: `output` is never printed.
    OutputNotPrinted,
    /// Ours: `output` is bound to a constant.
    OutputConstant,
}

impl Reason {
    /// The stable name, as in rows and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::NoInput => "no_input",
            Self::NoOutput => "no_output",
            Self::UnusedInput => "unused_input",
            Self::AnswerTooManyDigits => "answer_too_many_digits",
            Self::AnswerEmpty => "answer_empty",
            Self::AnswerTooLong => "answer_too_long",
            Self::OutputNotPrinted => "output_not_printed",
            Self::OutputConstant => "output_constant",
        }
    }

    /// Whether the rule is one of the published system's, not of ours.
    #[must_use]
    pub const fn is_published(self) -> bool {
        matches!(
            self,
            Self::TooShort
                | Self::NoInput
                | Self::NoOutput
                | Self::UnusedInput
                | Self::AnswerTooManyDigits
        )
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A broken rule: which, and what exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Violation {
    /// The rule.
    pub reason: Reason,
    /// What was found, for people.
    pub detail: String,
}

impl Violation {
    fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}

/// All thresholds; the default is the published value where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Rules of the published system.
    pub published: Published,
    /// Rules of ours on top.
    pub ours: Ours,
}

/// Rules of the published system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Published {
    /// Fewest code lines (not blank, no comment, no import, no docstring). Default 6; 0 turns the rule off.
    pub min_code_lines: usize,
    /// Whether every key of `input` must be used. Default true.
    pub every_input_used: bool,
    /// Most digits of an integer answer. Default 10 000; 0 turns the rule off.
    pub max_answer_digits: usize,
}

impl Default for Published {
    fn default() -> Self {
        Self {
            min_code_lines: 6,
            every_input_used: true,
            max_answer_digits: 10_000,
        }
    }
}

/// Rules of ours on top of the published ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ours {
    /// Longest answer text, in characters. Default 1000; 0 turns the rule off.
    pub max_answer_chars: usize,
    /// Whether `output` must be printed. Default true.
    pub output_printed: bool,
    /// Whether `output` must be computed, not a bare constant. Default true.
    pub output_computed: bool,
}

impl Default for Ours {
    fn default() -> Self {
        Self {
            max_answer_chars: 1000,
            output_printed: true,
            output_computed: true,
        }
    }
}

/// Checks a program's static facts; the published rules come first, so that their reject counts compare with the paper.
///
/// # Errors
/// The first rule that is broken.
pub fn check(facts: &Facts, rules: &Rules) -> Result<(), Violation> {
    if !facts.has_input || facts.input_keys.is_empty() {
        return Err(Violation::new(
            Reason::NoInput,
            "no module-level dict named `input` with at least one key",
        ));
    }
    if !facts.has_output {
        return Err(Violation::new(
            Reason::NoOutput,
            "no module-level name `output`",
        ));
    }
    let least = rules.published.min_code_lines;
    if facts.code_lines < least {
        return Err(Violation::new(
            Reason::TooShort,
            format!(
                "{} code lines; at least {least} are asked for",
                facts.code_lines
            ),
        ));
    }
    if rules.published.every_input_used && !facts.unused_inputs.is_empty() {
        return Err(Violation::new(
            Reason::UnusedInput,
            format!("never used: {}", facts.unused_inputs.join(", ")),
        ));
    }
    if rules.ours.output_computed && facts.output_constant {
        return Err(Violation::new(
            Reason::OutputConstant,
            "`output` is bound to a constant, nothing is computed",
        ));
    }
    if rules.ours.output_printed && !facts.prints_output {
        return Err(Violation::new(
            Reason::OutputNotPrinted,
            "no `print(output)`",
        ));
    }
    Ok(())
}

/// Checks the text of an answer that a program gave.
///
/// # Errors
/// The first rule that is broken.
pub fn check_answer(answer: &str, rules: &Rules) -> Result<(), Violation> {
    let text = answer.trim();
    if text.is_empty() || text == "None" || text == "null" {
        return Err(Violation::new(
            Reason::AnswerEmpty,
            "the program answers nothing",
        ));
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let most = rules.published.max_answer_digits;
    if most > 0 && digits.len() > most && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Violation::new(
            Reason::AnswerTooManyDigits,
            format!("{} digits; at most {most} are kept", digits.len()),
        ));
    }
    let most = rules.ours.max_answer_chars;
    let chars = text.chars().count();
    if most > 0 && chars > most {
        return Err(Violation::new(
            Reason::AnswerTooLong,
            format!("{chars} characters; at most {most} are kept"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts;

    const GOOD: &str = "input = {\"a\": 1, \"b\": 2}\ndef f(a, b):\n    c = a + b\n    return c\noutput = f(**input)\nprint(output)\n";

    fn reason(source: &str) -> Option<Reason> {
        check(&facts(source).unwrap(), &Rules::default())
            .err()
            .map(|v| v.reason)
    }

    #[test]
    fn a_good_program_passes() {
        assert_eq!(reason(GOOD), None);
    }

    #[test]
    fn each_rule_has_its_reason() {
        assert_eq!(
            reason(&GOOD.replace("    c = a + b\n    return c", "    return a + b")),
            Some(Reason::TooShort)
        );
        assert_eq!(
            reason(&GOOD.replace("a + b", "a + a")),
            Some(Reason::UnusedInput)
        );
        assert_eq!(
            reason(&GOOD.replace("output", "result")),
            Some(Reason::NoOutput)
        );
        assert_eq!(
            reason(&GOOD.replace("input", "data")),
            Some(Reason::NoInput)
        );
        assert_eq!(
            reason(&GOOD.replace("print(output)", "pass")),
            Some(Reason::OutputNotPrinted)
        );
        assert_eq!(
            reason(&GOOD.replace("output = f(**input)", "f(**input)\noutput = 3")),
            Some(Reason::OutputConstant)
        );
    }

    #[test]
    fn answers_are_bounded() {
        let rules = Rules::default();
        assert!(check_answer("42", &rules).is_ok());
        assert_eq!(
            check_answer(" None ", &rules).unwrap_err().reason,
            Reason::AnswerEmpty
        );
        assert_eq!(
            check_answer(&"9".repeat(10_001), &rules)
                .unwrap_err()
                .reason,
            Reason::AnswerTooManyDigits
        );
        assert_eq!(
            check_answer(&"9".repeat(1_001), &rules).unwrap_err().reason,
            Reason::AnswerTooLong
        );
    }

    #[test]
    fn names_match_their_serialised_form() {
        for reason in [
            Reason::TooShort,
            Reason::OutputNotPrinted,
            Reason::AnswerTooManyDigits,
        ] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
