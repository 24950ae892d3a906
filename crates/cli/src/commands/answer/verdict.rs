//! One pair: taken out of its replies, compared, and as fields of a row.

use std::borrow::Cow;

use caco_answer::{Explained, Extracted, Missing, Outcome, Policy, explain, final_answer};
use caco_lines::Fields;
use caco_pipeline::{FALLBACK_TIER, Fallback, Pair, Referee, Ruling};
use caco_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::args::{AnswerCompare, FallbackName, Form};
use crate::commands::{defaults, sandbox};
use crate::display::Display;
use crate::failure::Result;

/// Fields that a comparison sets.
pub const FIELDS: [&str; 11] = [
    "equal",
    "verdict",
    "reason",
    "tier",
    "gold_parsed",
    "pred_parsed",
    "gold_extracted",
    "extracted",
    "how",
    "span",
    "missing",
];
/// Those of them that an extraction sets.
pub const EXTRACTED: [&str; 4] = ["extracted", "how", "span", "missing"];

/// What was taken out of a reply, or why there is nothing.
pub type Taken = std::result::Result<Extracted, Missing>;

/// What the options ask for.
pub struct Settings<'a> {
    pub policy: &'a Policy,
    pub gold_form: Form,
    pub pred_form: Form,
}

impl<'a> Settings<'a> {
    pub fn new(args: &AnswerCompare, policy: &'a Policy) -> Self {
        Self {
            policy,
            gold_form: args.gold_form,
            pred_form: if args.extract {
                Form::Response
            } else {
                args.form
            },
        }
    }

    /// Compares a pair; `None` is a candidate that is not there.
    pub fn judge(&self, gold: String, pred: Option<String>) -> Judged {
        let gold_taken = (self.gold_form == Form::Response).then(|| final_answer(&gold));
        let taken = match (&pred, self.pred_form) {
            (Some(pred), Form::Response) => Some(final_answer(pred)),
            _ => None,
        };
        let gold = answer(gold, gold_taken.as_ref());
        let missing = match (&pred, &taken, &gold) {
            (_, _, Err(missing)) => Some(format!("gold: {}", missing.reason()).into()),
            (None, ..) => Some("there is no candidate".into()),
            (_, Some(Err(missing)), _) => Some(missing.reason().into()),
            _ => None,
        };
        let gold = gold.unwrap_or_default();
        let pred = answer(pred.unwrap_or_default(), taken.as_ref()).unwrap_or_default();
        let says = match missing {
            Some(reason) => Says::Missing(reason),
            None => Says::Compared(explain(&gold, &pred, self.policy)),
        };
        Judged {
            gold,
            pred,
            gold_taken,
            taken,
            says,
        }
    }
}

fn answer(text: String, taken: Option<&Taken>) -> std::result::Result<String, Missing> {
    match taken {
        None => Ok(text),
        Some(Ok(found)) => Ok(found.text.clone()),
        Some(Err(missing)) => Err(*missing),
    }
}

/// What a pair came to.
enum Says {
    /// A side has no answer: the pair is different.
    Missing(Cow<'static, str>),
    Compared(Explained),
    /// Undecided by the comparison, and taken to the fallback.
    Settled(Explained, Ruling),
}

/// A pair with its verdict.
pub struct Judged {
    pub gold: String,
    pub pred: String,
    gold_taken: Option<Taken>,
    taken: Option<Taken>,
    says: Says,
}

impl Judged {
    /// Equal, different or undecided.
    pub fn outcome(&self) -> Outcome {
        match &self.says {
            Says::Missing(_) => Outcome::Different,
            Says::Compared(explained) => explained.verdict.outcome,
            Says::Settled(_, ruling) => ruling.outcome,
        }
    }

    /// The tier that decided.
    pub fn tier(&self) -> &'static str {
        match &self.says {
            Says::Missing(_) => "none",
            Says::Compared(explained) => explained.verdict.tier.as_str(),
            Says::Settled(..) => FALLBACK_TIER,
        }
    }

    /// Why, in one sentence.
    pub fn reason(&self) -> &str {
        match &self.says {
            Says::Missing(reason) => reason,
            Says::Compared(explained) => &explained.verdict.reason,
            Says::Settled(_, ruling) => &ruling.reason,
        }
    }

    /// What was taken out of the candidate's reply, where it was one.
    pub const fn taken(&self) -> Option<&Taken> {
        self.taken.as_ref()
    }

    /// What was read on either side.
    pub fn parsed(&self) -> (Option<&str>, Option<&str>) {
        match &self.says {
            Says::Missing(_) => (None, None),
            Says::Compared(explained) | Says::Settled(explained, _) => (
                explained.gold_parsed.as_deref(),
                explained.pred_parsed.as_deref(),
            ),
        }
    }

    /// The pair for the fallback, if it is undecided.
    pub fn open(&self) -> Option<Pair<'_>> {
        match &self.says {
            Says::Compared(explained) if self.outcome() == Outcome::Undecided => {
                Some(Pair::new(&self.gold, &self.pred, explained))
            }
            _ => None,
        }
    }

    /// Takes what the fallback says.
    pub fn settle(&mut self, ruling: Ruling) {
        let says = std::mem::replace(&mut self.says, Says::Missing("".into()));
        self.says = match says {
            Says::Compared(explained) => Says::Settled(explained, ruling),
            other => other,
        };
    }

    /// Takes over what the fallback said in an earlier run, from the row that it wrote.
    pub fn restore(&mut self, old: &Fields) {
        let text = |name: &str| serde_json::from_str::<String>(old.get(name)?).ok();
        if self.open().is_none() || text("tier").as_deref() != Some(FALLBACK_TIER) {
            return;
        }
        let outcome = old
            .get("verdict")
            .and_then(|verdict| serde_json::from_str(verdict).ok());
        if let (Some(outcome), Some(reason)) = (outcome, text("reason")) {
            self.settle(Ruling { outcome, reason });
        }
    }

    /// Whether the fallback was asked.
    pub const fn is_settled(&self) -> bool {
        matches!(self.says, Says::Settled(..))
    }

    /// The fields of the row.
    pub fn fields(&self) -> Vec<(&'static str, Value)> {
        let (gold_parsed, pred_parsed) = self.parsed();
        let mut fields = vec![
            ("equal", json!(self.outcome() == Outcome::Equal)),
            ("verdict", json!(self.outcome().as_str())),
            ("reason", json!(self.reason())),
            ("tier", json!(self.tier())),
            ("gold_parsed", json!(gold_parsed)),
            ("pred_parsed", json!(pred_parsed)),
        ];
        if self.gold_taken.is_some() {
            fields.push(("gold_extracted", json!(self.gold)));
        }
        if let Some(taken) = &self.taken {
            fields.extend(taken_fields(taken));
        }
        fields
    }
}

/// What was taken out of a reply, as fields of a row.
pub fn taken_fields(taken: &Taken) -> Vec<(&'static str, Value)> {
    match taken {
        Ok(found) => vec![
            ("extracted", json!(found.text)),
            ("how", json!(found.how.as_str())),
            ("span", json!([found.start, found.end])),
        ],
        Err(missing) => vec![
            ("extracted", Value::Null),
            ("how", Value::Null),
            ("span", Value::Null),
            ("missing", json!(missing.as_str())),
        ],
    }
}

/// The referee that the options ask for, with its Python prepared.
pub fn referee(
    args: &AnswerCompare,
    display: &Display,
    stop: &std::sync::atomic::AtomicBool,
) -> Result<Option<Referee>> {
    let fallback = match args.fallback {
        FallbackName::None => return Ok(None),
        FallbackName::Sympy => Fallback::Sympy,
        FallbackName::MathVerify => Fallback::MathVerify,
    };
    let mut packages = defaults()?.execute.python;
    if fallback == Fallback::MathVerify {
        packages.push(caco_pipeline::MATH_VERIFY_PACKAGE.into());
    }
    let workers = args.files.workers.map(usize::from);
    let mut config = sandbox::config_with(&args.settings, workers, &packages, display)?;
    config.preload_heavy.extend(fallback.preload());
    let sandbox = Sandbox::start(config).map_err(sandbox::failure)?;
    display.say(&format!(
        "fallback {}: {}; protection: {}",
        fallback.as_str(),
        sandbox.interpreter(),
        sandbox.protection()
    ));
    Ok(Some(Referee::new(sandbox, fallback, stop)?))
}
