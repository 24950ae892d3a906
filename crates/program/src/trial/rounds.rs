//! Which runs are made, round by round.

use serde_json::Value as Json;

use super::{Ending, Record, Role, Surroundings, Trial};
use crate::inputs::{Choice, Reach};

/// Rounds at most.
pub(super) const MOST: u32 = 9;
/// Fewest nearby runs by which a program is said to fail on most of them.
pub(super) const NEARBY: usize = 6;
/// Below this CPU time, in milliseconds, three quarters more of everything do not make a program slow.
const LEAST_MS: f64 = 1.0;

impl Trial {
    /// Adds the runs of the next round.
    pub(super) fn plan(&mut self) {
        if self.records.iter().any(|record| self.explodes(record))
            || self.nondeterministic().is_some()
            // Runs nearby are made in the first two rounds.
            || self.settings.stop_at_fragile && self.round > 1 && self.is_fragile()
        {
            // It is found out, and more of it would be slow or tell nothing.
            return;
        }
        if self.round == 0 {
            return self.first();
        }
        if self.round == 1 {
            self.repeat_variants();
            self.more_nearby();
        }
        self.grow(u8::try_from(self.round + 1).unwrap_or(u8::MAX));
        if self.profile.reaching.is_empty() {
            // Nothing can have an effect.
            return;
        }
        if self.silent() {
            return self.other_inputs();
        }
        match self
            .records
            .iter()
            .any(|record| matches!(record.role, Role::Single { near: false, .. }))
        {
            false => self.closer_look(),
            true => self.other_contexts(),
        }
    }

    fn push(&mut self, choice: Choice, role: Role, surroundings: Surroundings) {
        self.records.push(Record {
            choice,
            role,
            surroundings,
            observed: None,
        });
    }

    fn ordinary(&mut self, choice: Choice, role: Role) -> bool {
        let known = self.records.iter().any(|record| {
            record.surroundings == Surroundings::Ordinary
                && record.choice.values == choice.values
                && std::mem::discriminant(&record.role) == std::mem::discriminant(&role)
        });
        if !known {
            self.push(choice, role, Surroundings::Ordinary);
        }
        !known
    }

    pub(super) fn key_count(&self) -> usize {
        self.inputs.keys().len().min(self.settings.keys)
    }

    /// Keys that are tried one by one: all that can have another value.
    fn tried(&self) -> Vec<usize> {
        (0..self.key_count())
            .filter(|&at| self.inputs.varies(at))
            .collect()
    }

    fn first(&mut self) {
        let original = self.inputs.original();
        // One repeat for every program; where the text shows that chance may come in, in all surroundings.
        let shakes = if self.profile.chance.is_empty() { 1 } else { 4 };
        for shake in 0..shakes {
            self.push(
                original.clone(),
                Role::Repeat(None),
                Surroundings::Shaken(shake),
            );
        }
        let mut index = 0;
        let mut wanted = self.settings.pairs;
        while wanted > 0 && index < 3 * self.settings.pairs as u64 {
            if let Some(choice) = self.inputs.joint(&original, Reach::Near, index)
                && self.ordinary(choice, Role::Joint)
            {
                wanted -= 1;
            }
            index += 1;
        }
        let tried = self.tried();
        for key in tried {
            self.near(key, 0);
        }
        self.larger(1);
    }

    fn near(&mut self, key: usize, index: u64) {
        let original = self.inputs.original();
        if let Some(choice) = self.inputs.single(&original, key, Reach::Near, index) {
            let role = Role::Single {
                key,
                against: None,
                near: true,
            };
            self.ordinary(choice, role);
        }
    }

    /// Whether the time can explode at all: there is repetition, and it takes some time already.
    fn may_grow(&self) -> bool {
        let repeats = self.profile.loops > 0 || !self.profile.recursive.is_empty();
        repeats && self.original.cpu_ms >= LEAST_MS
    }

    /// All keys larger.
    fn larger(&mut self, quarters: u8) {
        let original = self.inputs.original();
        if self.may_grow()
            && let Some(choice) = self.inputs.joint(&original, Reach::Larger(quarters), 0)
        {
            self.ordinary(choice, Role::Growth(quarters));
        }
    }

    /// Each key larger by itself, where all of them together break something.
    fn larger_alone(&mut self, quarters: u8) {
        let answered = self.records.iter().any(|record| {
            record.role == Role::Growth(quarters)
                && record
                    .observed
                    .as_ref()
                    .is_some_and(|o| o.answer().is_some())
        });
        if answered || !self.may_grow() {
            return;
        }
        let original = self.inputs.original();
        for key in 0..self.key_count().min(4) {
            if let Some(choice) = self
                .inputs
                .single(&original, key, Reach::Larger(quarters), 0)
            {
                self.ordinary(choice, Role::Growth(quarters));
            }
        }
    }

    /// The next step of growth, where the last one shows some.
    fn grow(&mut self, quarters: u8) {
        if quarters > 3 {
            return;
        }
        let least = (2.0 * self.original.cpu_ms).max(20.0);
        let grows = self.records.iter().any(|record| {
            matches!(record.role, Role::Growth(_))
                && record.observed.as_ref().is_some_and(|o| o.cpu_ms >= least)
        });
        let exploded = self.records.iter().any(|record| self.explodes(record));
        if grows && !exploded {
            self.larger(quarters);
        }
        if !exploded {
            self.larger_alone(quarters - 1);
        }
    }

    /// Variants in other surroundings, where chance may come in: their texts have other hashes.
    fn repeat_variants(&mut self) {
        if self.profile.chance.is_empty() {
            return;
        }
        let again: Vec<(usize, Choice)> = self
            .records
            .iter()
            .enumerate()
            .filter(|(_, record)| record.role == Role::Joint)
            .map(|(at, record)| (at, record.choice.clone()))
            .take(4)
            .collect();
        for (number, (at, choice)) in again.into_iter().enumerate() {
            for shake in [number % 4, (number + 1) % 4] {
                let shake = u8::try_from(shake).unwrap_or(0);
                self.push(
                    choice.clone(),
                    Role::Repeat(Some(at)),
                    Surroundings::Shaken(shake),
                );
            }
        }
    }

    /// More nearby runs, where there are few or many of them failed.
    fn more_nearby(&mut self) {
        let (all, failed) = self.nearby();
        if all >= 2 * NEARBY && 4 * failed < all || all >= NEARBY && failed == 0 {
            return;
        }
        let tried = self.tried();
        let rounds = if tried.is_empty() {
            0
        } else {
            1 + 12 / tried.len() as u64
        };
        for index in 1..=rounds {
            for &key in tried.iter().take(12) {
                self.near(key, index);
            }
        }
    }

    /// Keys that have not shown an effect, though they may have one.
    fn unsettled(&self) -> Vec<usize> {
        self.tried()
            .into_iter()
            .filter(|&key| !self.responds(key) && self.reaches(key))
            .collect()
    }

    fn spread(&mut self, against: Option<usize>, key: usize, count: usize, index: u64) {
        let base = match against {
            None => self.inputs.original(),
            Some(at) => match self.records.get(at) {
                Some(record) => record.choice.clone(),
                None => return,
            },
        };
        for choice in self.inputs.spread(&base, key, count, index) {
            // What the program refuses tells nothing of the key.
            if choice.lawful {
                let near = false;
                self.ordinary(choice, Role::Single { key, against, near });
            }
        }
    }

    /// Changes of one key to values of special form.
    fn odd(&mut self, key: usize, count: usize, index: u64) {
        let original = self.inputs.original();
        for choice in self.inputs.odd(&original, Some(key), count, index) {
            if choice.lawful {
                let role = Role::Single {
                    key,
                    against: None,
                    near: false,
                };
                self.ordinary(choice, role);
            }
        }
    }

    /// Larger changes, and changes in the contexts that the joint variants are.
    fn closer_look(&mut self) {
        let contexts = self.answered(|role| role == Role::Joint);
        for key in self.unsettled() {
            self.spread(None, key, 8, 1);
            self.odd(key, 8, 1);
            for (number, &at) in contexts.iter().take(6).enumerate() {
                self.spread(Some(at), key, 2, 2 + number as u64);
            }
        }
    }

    pub(super) fn answered(&self, role: impl Fn(Role) -> bool) -> Vec<usize> {
        self.records
            .iter()
            .enumerate()
            .filter(|(_, record)| {
                record.surroundings == Surroundings::Ordinary && role(record.role)
            })
            .filter(|(_, record)| {
                record
                    .observed
                    .as_ref()
                    .is_some_and(|o| o.answer().is_some())
            })
            .map(|(at, _)| at)
            .collect()
    }

    /// Whether the output can only be few things, or is likely to be one of few: then it takes more to see it change.
    pub(super) fn coarse(&self) -> bool {
        match self.original.answer() {
            Some(Json::Bool(_) | Json::Null | Json::String(_)) => true,
            Some(Json::Array(items)) => items.is_empty(),
            Some(Json::Object(fields)) => fields.is_empty(),
            Some(Json::Number(number)) => number.as_i64().is_some_and(|n| n.abs() < 3),
            None => false,
        }
    }

    /// Runs that are enough to say that something has no effect.
    pub(super) fn enough(&self) -> usize {
        self.settings.attempts * if self.coarse() { 4 } else { 1 }
    }

    /// Whether no input has changed the output yet.
    fn silent(&self) -> bool {
        self.answers()
            .all(|answer| answer.same(&self.original) != Some(false))
    }

    /// Inputs far away, all keys changed: the least that shows an output to be constant.
    fn other_inputs(&mut self) {
        if self.answers().count() >= self.enough() {
            return;
        }
        let original = self.inputs.original();
        for choice in self.inputs.odd(&original, None, 16, u64::from(self.round)) {
            self.ordinary(choice, Role::Context);
        }
        for choice in self.inputs.contexts(16, u64::from(self.round)) {
            self.ordinary(choice, Role::Context);
        }
        if self.round < 3 {
            for key in self.unsettled().into_iter().take(8) {
                for choice in self
                    .inputs
                    .spread(&original, key, 2, 64 + u64::from(self.round))
                {
                    if choice.lawful {
                        self.ordinary(choice, Role::Context);
                    }
                }
            }
        }
    }

    /// Contexts further away, and changes in them. Outputs that can only be few things need more of them.
    fn other_contexts(&mut self) {
        let round = self.round;
        let unsettled: Vec<usize> = self
            .unsettled()
            .into_iter()
            .filter(|&key| !self.settled(key))
            .collect();
        if unsettled.is_empty() {
            return;
        }
        let index = 64 + u64::from(round);
        for &key in unsettled.iter().take(8) {
            self.odd(key, 8, index);
        }
        let mut contexts = self.inputs.contexts(5, index);
        contexts.extend(self.inputs.odd(&self.inputs.original(), None, 3, index));
        for choice in contexts {
            // Whether it gives an answer, and is a context, nobody knows yet.
            self.push(choice, Role::Context, Surroundings::Ordinary);
            let at = self.records.len() - 1;
            for &key in unsettled.iter().take(8) {
                self.spread(Some(at), key, 3, 4096 + at as u64);
            }
        }
    }

    /// Whether the time of a run explodes against that of the original.
    pub(super) fn explodes(&self, record: &Record) -> bool {
        let nearby = match record.role {
            Role::Growth(_) => true,
            Role::Joint | Role::Single { near: true, .. } => record.choice.lawful,
            _ => false,
        };
        let Some(observed) = record.observed.as_ref().filter(|_| nearby) else {
            return false;
        };
        if record.surroundings != Surroundings::Ordinary {
            return false;
        }
        // Below five milliseconds times are noise.
        let least = self.settings.growth_ratio * self.original.cpu_ms.max(5.0);
        let ran_away = observed.ending == Ending::CutOff
            && self.original.cpu_ms * self.settings.growth_ratio < self.settings.growth_floor_ms;
        ran_away || observed.cpu_ms >= least.max(self.settings.growth_floor_ms)
    }
}
