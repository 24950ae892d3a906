//! How much protection is asked for, and how much there is.

use serde::{Deserialize, Serialize};

/// What protection is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// Every layer, or no program is run.
    Strict,
    /// Every layer that this machine offers.
    #[default]
    Best,
    /// Limits, a result channel for each child and the kill of the process tree alone: for programs that are trusted, and for
    /// machines that are a sandbox themselves.
    None,
}

/// How much protection there is, from the least.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Limits and the kill of the process tree.
    #[default]
    Limits,
    /// Some of the layers.
    Partial,
    /// All of [`STRICT`].
    Strict,
}

/// The layers that [`Level::Strict`] stands for, as they are named in [`Outcome::protection`](crate::Outcome::protection).
pub const STRICT: [&str; 10] = [
    "userns",
    "pidns",
    "netns",
    "ipcns",
    "readonly_tree",
    "no_new_privs",
    "landlock",
    "seccomp",
    "no_capabilities",
    "rlimits",
];

impl Level {
    /// The name used in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Limits => "limits",
            Self::Partial => "partial",
            Self::Strict => "strict",
        }
    }

    /// The level that a comma-separated list of layers comes to.
    pub fn of(protection: &str) -> Self {
        let has = |layer: &str| protection.split(',').any(|name| name == layer);
        if STRICT.iter().all(|layer| has(layer)) {
            Self::Strict
        } else if ["seccomp", "landlock", "pidns"]
            .iter()
            .any(|layer| has(layer))
        {
            Self::Partial
        } else {
            Self::Limits
        }
    }
}

/// Layers of [`STRICT`] that `protection` lacks.
pub(crate) fn missing(protection: &str) -> Vec<&'static str> {
    let has = |layer: &str| protection.split(',').any(|name| name == layer);
    STRICT.into_iter().filter(|layer| !has(layer)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_told_from_layers() {
        assert_eq!(Level::of(&STRICT.join(",")), Level::Strict);
        assert_eq!(
            Level::of("subreaper,no_new_privs,seccomp,rlimits"),
            Level::Partial
        );
        assert_eq!(Level::of("subreaper,no_new_privs,rlimits"), Level::Limits);
        assert_eq!(Level::of(""), Level::Limits);
        assert!(Level::Limits < Level::Partial && Level::Partial < Level::Strict);
        assert_eq!(
            missing(
                "userns,pidns,netns,ipcns,readonly_tree,no_new_privs,landlock,no_capabilities,rlimits"
            ),
            ["seccomp"]
        );
    }
}
