//! What the outcomes of a trial say.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::rounds::NEARBY;
use super::{Ending, Observed, Pair, Record, Report, Role, Surroundings, Trial};

/// What runs on many inputs show to be wrong. The snake_case name is stable: it is written into rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The output is the same whatever the input.
    Constant,
    /// The output never responds to one key.
    InputIgnored,
    /// The same input gives another output under another hash seed, random state or time.
    Nondeterministic,
    /// The program fails on most nearby inputs.
    Fragile,
    /// The time explodes on slightly larger inputs.
    SlowGrowth,
}

impl Fault {
    /// The stable name, as in rows and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::InputIgnored => "input_ignored",
            Self::Nondeterministic => "nondeterministic",
            Self::Fragile => "fragile",
            Self::SlowGrowth => "slow_growth",
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One fault, with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which fault.
    pub fault: Fault,
    /// The key, for [`Fault::InputIgnored`].
    pub key: Option<String>,
    /// The evidence, for people. Times are not told: they differ from run to run.
    pub detail: String,
}

/// What changes of one key did.
struct Response {
    /// Runs that can be compared.
    compared: usize,
    /// Different contexts among them.
    contexts: usize,
    differed: bool,
}

impl Trial {
    /// Whether a key can have a part in the output by the program's text.
    pub(super) fn reaches(&self, key: usize) -> bool {
        let name = self.inputs.keys().get(key);
        name.is_some_and(|name| self.profile.reaching.contains(name))
    }

    fn response(&self, key: usize) -> Response {
        let mut contexts: Vec<Option<usize>> = Vec::new();
        let mut response = Response {
            compared: 0,
            contexts: 0,
            differed: false,
        };
        for record in &self.records {
            let Role::Single {
                key: at, against, ..
            } = record.role
            else {
                continue;
            };
            let (Some(base), Some(now)) = (self.base(against), record.observed.as_ref()) else {
                continue;
            };
            if at != key {
                continue;
            }
            // Only answers count: a value that makes the program fail has no effect on its output.
            if base.answer().is_none() || now.answer().is_none() {
                continue;
            }
            response.differed |= base.same(now) == Some(false);
            response.compared += 1;
            if !contexts.contains(&against) {
                contexts.push(against);
            }
        }
        response.contexts = contexts.len();
        response
    }

    pub(super) fn responds(&self, key: usize) -> bool {
        self.response(key).differed
    }

    /// Whether a key has been tried enough to be said to have no effect: by many values in some contexts, or, where it has few
    /// values, in many contexts.
    pub(super) fn settled(&self, key: usize) -> bool {
        let response = self.response(key);
        let (enough, contexts) = (self.enough(), self.settings.contexts);
        // Contexts near the original say little: the program goes the same way in them.
        let away = self.answered(|role| role == Role::Context).len();
        !response.differed
            && away >= contexts
            && (response.compared >= enough && response.contexts >= contexts
                || response.compared >= enough / 2 && response.contexts >= 2 * contexts
                || response.compared >= 3 * enough && response.contexts >= 2)
    }

    /// Runs on nearby inputs that the program's checks let through, as far as is known, and how many failed. Where the
    /// checks let next to nothing through, all of them.
    pub(super) fn nearby(&self) -> (usize, usize) {
        let count = |lawful: bool| {
            let runs = self.records.iter().filter(|record| {
                let near = matches!(record.role, Role::Joint | Role::Single { near: true, .. });
                near && record.surroundings == Surroundings::Ordinary
                    && (record.choice.lawful || !lawful)
            });
            let ended: Vec<&Observed> = runs
                .filter_map(|record| record.observed.as_ref())
                .filter(|o| !matches!(o.ending, Ending::NotRun | Ending::CutOff))
                .collect();
            let failed = ended.iter().filter(|o| o.failed(&self.original));
            (ended.len(), failed.count())
        };
        let lawful = count(true);
        if lawful.0 >= 3 { lawful } else { count(false) }
    }

    /// Whether it fails on too many nearby inputs.
    pub(super) fn is_fragile(&self) -> bool {
        let (all, failed) = self.nearby();
        all >= NEARBY && failed as f64 > self.settings.fragile_share * all as f64
    }

    /// What has been found so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let (nearby, nearby_failed) = self.nearby();
        let mut report = Report {
            runs: self.told,
            nearby,
            nearby_failed,
            pairs: self.pairs(),
            ..Report::default()
        };
        let find = |fault, key: Option<&str>, detail| Finding {
            fault,
            key: key.map(str::to_owned),
            detail,
        };
        if let Some(detail) = self.nondeterministic() {
            report
                .findings
                .push(find(Fault::Nondeterministic, None, detail));
        }
        if self.records.iter().any(|record| self.explodes(record)) {
            let detail = format!(
                "an input at most a few quarters larger takes {} times as long, or runs into a limit",
                self.settings.growth_ratio
            );
            report.findings.push(find(Fault::SlowGrowth, None, detail));
        }
        if self.is_fragile() {
            let detail = format!(
                "fails on {nearby_failed} of {nearby} nearby inputs: {}",
                self.failures()
            );
            report.findings.push(find(Fault::Fragile, None, detail));
        }
        let keys: Vec<usize> = (0..self.key_count()).collect();
        let responses: Vec<Response> = keys.iter().map(|&key| self.response(key)).collect();
        if self.constant(&responses) {
            let detail = format!(
                "{} for {} inputs",
                self.original.shown(),
                self.answers().count()
            );
            report.findings.push(find(Fault::Constant, None, detail));
            return report;
        }
        for (key, response) in keys.into_iter().zip(responses) {
            let name = self.inputs.keys().get(key).map_or("", String::as_str);
            if response.differed {
                continue;
            }
            match (self.reaches(key), self.settled(key)) {
                (false, _) => {
                    let detail = "no path leads from it to `output`".to_owned();
                    report
                        .findings
                        .push(find(Fault::InputIgnored, Some(name), detail));
                }
                (true, true) => {
                    let detail = format!(
                        "{} other values in {} contexts, and never another output",
                        response.compared, response.contexts
                    );
                    report
                        .findings
                        .push(find(Fault::InputIgnored, Some(name), detail));
                }
                (true, _) => report.undecided.push(name.to_owned()),
            }
        }
        report
    }

    /// Answers in ordinary surroundings.
    pub(super) fn answers(&self) -> impl Iterator<Item = &Observed> {
        self.records
            .iter()
            .filter(|record| record.surroundings == Surroundings::Ordinary)
            .filter_map(|record| record.observed.as_ref())
            .filter(|observed| observed.answer().is_some())
    }

    fn constant(&self, responses: &[Response]) -> bool {
        let proven = self.profile.reaching.is_empty();
        let tried = self.answers().count() >= self.enough();
        self.original.answer().is_some()
            && (proven || tried)
            && responses.iter().all(|response| !response.differed)
            && self
                .answers()
                .all(|answer| answer.same(&self.original) != Some(false))
    }

    pub(super) fn nondeterministic(&self) -> Option<String> {
        self.records.iter().find_map(|record| {
            let Role::Repeat(of) = record.role else {
                return None;
            };
            let (before, now) = (self.base(of)?, record.observed.as_ref()?);
            (before.same(now) == Some(false))
                .then(|| format!("{} and {} for the same input", before.shown(), now.shown()))
        })
    }

    /// The classes of nearby failures, with their counts.
    fn failures(&self) -> String {
        let mut counts = std::collections::BTreeMap::<&str, usize>::new();
        for record in &self.records {
            if matches!(record.role, Role::Joint | Role::Single { near: true, .. })
                && let Some(observed) = &record.observed
                && observed.failed(&self.original)
            {
                let class = match &observed.ending {
                    Ending::Failed { class } => class.as_str(),
                    _ => "None",
                };
                *counts.entry(class).or_default() += 1;
            }
        }
        let shown: Vec<String> = counts
            .iter()
            .map(|(class, n)| format!("{class} {n}"))
            .collect();
        shown.join(", ")
    }

    fn pairs(&self) -> Vec<Pair> {
        let pair = |record: &Record| match record.observed.as_ref().map(|o| &o.ending) {
            Some(Ending::Answer { output, text }) if *output != Json::Null => Some(Pair {
                input: self.inputs.typed(&record.choice),
                output: output.clone(),
                text: text.clone(),
            }),
            _ => None,
        };
        let of = |wanted: fn(&Role) -> bool| {
            self.records
                .iter()
                .filter(move |record| wanted(&record.role))
                .filter(|record| {
                    record.choice.lawful && record.surroundings == Surroundings::Ordinary
                })
                .filter_map(pair)
        };
        let joint = of(|role| *role == Role::Joint);
        let single = of(|role| matches!(role, Role::Single { near: true, .. }));
        let mut found: Vec<Pair> = Vec::new();
        for pair in joint.chain(single) {
            if found.len() < self.settings.pairs && found.iter().all(|p| p.input != pair.input) {
                found.push(pair);
            }
        }
        // Tests that all have one answer are passed by whoever gives it always.
        let one = |pair: &Pair| self.original.answer() == Some(&pair.output);
        if self.settings.pairs > 0
            && found.iter().all(one)
            && let Some(other) = of(|_| true).find(|pair| !one(pair))
        {
            found.truncate(self.settings.pairs.saturating_sub(1));
            found.push(other);
        }
        found
    }
}
