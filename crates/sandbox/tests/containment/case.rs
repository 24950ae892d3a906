//! One technique: a row of a table.

use caco_sandbox::{Outcome, STRICT, Status};

/// What has to happen to the program itself. Whatever it is, the surroundings and the next programs are judged as well.
#[derive(Debug, Clone, Copy)]
pub enum Expect {
    /// The operation was refused: the program ended with that, or went on and says "blocked".
    Blocked,
    /// It was refused or there was nothing to attack: "blocked" or "failed".
    NotDone,
    /// It went through, inside, and does no harm.
    Done,
    /// It was tried; what it met depends on the machine.
    Tried,
    /// The program ends well with this text as its answer.
    Answer(&'static str),
    /// It ends with this status and class; an empty class stands for any.
    Fails(Status, &'static str),
    /// Whatever it does, it does to itself. A slip in the program (a name that does not exist, say) does not count.
    Contained,
    /// Not run here, for this reason.
    NotRun(&'static str),
}

/// Errors that a mistake in a program of this suite would end with.
const SLIPS: [&str; 8] = [
    "AttributeError",
    "ImportError",
    "IndexError",
    "KeyError",
    "NameError",
    "SyntaxError",
    "TypeError",
    "UnboundLocalError",
];

impl Expect {
    pub fn holds(self, outcome: &Outcome) -> bool {
        let class = outcome.error_class.as_deref().unwrap_or_default();
        let text = outcome.output_text.as_deref().unwrap_or_default();
        let says = |words: &[&str]| {
            outcome.status == Status::Ok && words.iter().any(|word| text.starts_with(word))
        };
        match self {
            Self::Blocked => outcome.status == Status::Denied || says(&["blocked"]),
            Self::NotDone => outcome.status == Status::Denied || says(&["blocked", "failed"]),
            Self::Done => says(&["done"]),
            Self::Tried => says(&["blocked", "failed", "done"]),
            Self::Answer(wanted) => outcome.status == Status::Ok && text == wanted,
            Self::Fails(status, wanted) => {
                outcome.status == status && (wanted.is_empty() || wanted == class)
            }
            Self::Contained => !(outcome.status == Status::Error && SLIPS.contains(&class)),
            Self::NotRun(_) => true,
        }
    }
}

/// The limits of the pool that a case runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limits {
    /// Generous.
    Usual,
    /// For what never ends by itself.
    Short,
    /// Little memory, so that filling it is quick.
    Small,
}

/// One technique.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    program: &'static str,
    with_prelude: bool,
    /// With one of `layers` in force, or with `layers` empty.
    expect: Expect,
    /// With none of them.
    bare: Expect,
    /// Names of layers as in `Outcome::protection`, separated by `|`: each of them is enough.
    layers: &'static str,
    pub limits: Limits,
    /// A harmless sibling and its answer: the technique's own control.
    pub sibling: Option<(&'static str, &'static str)>,
    /// A module without which the case says nothing.
    pub module: Option<&'static str>,
    /// Whether the same program followed by a control must spoil that control (for what is left to a next program).
    pub bites: bool,
}

/// A program as it stands.
pub const fn plain(name: &'static str, program: &'static str) -> Case {
    Case {
        name,
        program,
        with_prelude: false,
        expect: Expect::Tried,
        bare: Expect::Tried,
        layers: "",
        limits: Limits::Usual,
        sibling: None,
        module: None,
        bites: false,
    }
}

/// A program with the helpers of `prelude.py` before it.
pub const fn case(name: &'static str, program: &'static str) -> Case {
    Case {
        with_prelude: true,
        ..plain(name, program)
    }
}

impl Case {
    /// The same at every level.
    pub const fn expect(self, expect: Expect) -> Self {
        Self { expect, ..self }
    }

    pub const fn answer(self, text: &'static str) -> Self {
        self.expect(Expect::Answer(text))
    }

    pub const fn fails(self, status: Status, class: &'static str) -> Self {
        self.expect(Expect::Fails(status, class))
    }

    pub const fn done(self) -> Self {
        self.expect(Expect::Done)
    }

    pub const fn contained(self) -> Self {
        self.expect(Expect::Contained)
    }

    /// Refused where one of `layers` is in force, and `bare` where none is.
    pub const fn blocked(self, layers: &'static str, bare: Expect) -> Self {
        self.behind(layers, Expect::Blocked, bare)
    }

    /// `expect` where one of `layers` is in force, and `bare` where none is.
    pub const fn behind(self, layers: &'static str, expect: Expect, bare: Expect) -> Self {
        Self {
            layers,
            expect,
            bare,
            ..self
        }
    }

    pub const fn short(self) -> Self {
        Self {
            limits: Limits::Short,
            ..self
        }
    }

    pub const fn small(self) -> Self {
        Self {
            limits: Limits::Small,
            ..self
        }
    }

    pub const fn sibling(self, program: &'static str, answer: &'static str) -> Self {
        Self {
            sibling: Some((program, answer)),
            ..self
        }
    }

    pub const fn with_module(self, module: &'static str) -> Self {
        Self {
            module: Some(module),
            ..self
        }
    }

    pub const fn bites(self) -> Self {
        Self {
            bites: true,
            ..self
        }
    }

    pub fn text(&self) -> String {
        let prelude = include_str!("prelude.py");
        let before = if self.with_prelude { prelude } else { "" };
        format!("{before}{}", self.program.trim_start_matches('\n'))
    }

    /// Whether level strict decides what has to happen, or nothing definite is expected without the layers.
    pub fn is_decided_at_strict(&self) -> bool {
        self.layers.is_empty()
            || has_any(&STRICT.join(","), self.layers)
            || matches!(self.bare, Expect::Tried | Expect::Contained)
    }

    /// What has to happen under `protection`.
    pub fn expected_under(&self, protection: &str) -> Expect {
        if self.layers.is_empty() || has_any(protection, self.layers) {
            self.expect
        } else {
            self.bare
        }
    }
}

/// Whether one of `layers` (separated by `|`) is in force.
pub fn has_any(protection: &str, layers: &str) -> bool {
    layers
        .split('|')
        .any(|wanted| protection.split(',').any(|layer| layer == wanted))
}
