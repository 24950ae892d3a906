//! Variants of a program's whole input: one key changed, or all of them together.

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::hints::Hints;
use super::slot::{NotMutable, Slot};
use super::vary::{Around, Reach, Site, fits, keeps_its_length, odd, vary};
use crate::chance::Chance;
use crate::value::Value;

/// Draws before a variant that breaks the program's own checks is taken.
const TRIES: u64 = 24;

/// Words of names that stand for the lesser and the greater of two numbers.
const PAIRS: &[(&str, &str)] = &[
    ("start", "end"),
    ("begin", "end"),
    ("low", "high"),
    ("lo", "hi"),
    ("lower", "upper"),
    ("min", "max"),
    ("minimum", "maximum"),
    ("first", "last"),
    ("from", "to"),
    ("left", "right"),
    ("initial", "final"),
    ("k", "n"),
    ("r", "n"),
];

/// One choice of values for the plain keys of a program's input, in source order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    pub(crate) values: Vec<Value>,
    /// Whether the program's own checks let it through, as far as its text tells.
    pub(crate) lawful: bool,
}

/// Makes variants of one program's input.
#[derive(Debug, Clone)]
pub struct Inputs {
    slot: Slot,
    hints: Hints,
    keys: Vec<String>,
    families: Vec<Vec<Vec<Value>>>,
    /// Keys whose lists have one length, and integers that count them.
    groups: Vec<Group>,
    /// Keys of which the first is less than the second.
    ordered: Vec<(usize, usize)>,
    seed: u64,
    row: String,
}

#[derive(Debug, Clone, Default)]
struct Group {
    lists: Vec<usize>,
    counts: Vec<usize>,
}

impl Inputs {
    /// Reads the input of `source`. Variants are drawn from `seed` (the run's) and `row` (the row's identity).
    ///
    /// # Errors
    /// [`NotMutable`] where no value of the input can be replaced.
    pub fn of(source: &str, seed: u64, row: &str) -> Result<Self, NotMutable> {
        let slot = Slot::of(source)?;
        let all: Vec<&str> = slot.entries().iter().map(|e| e.key.as_str()).collect();
        let mut hints = Hints::of(source, &all)?;
        let (keys, values): (Vec<String>, Vec<Value>) = slot
            .plain()
            .map(|(key, value)| (key.to_owned(), value.clone()))
            .unzip();
        hints.settle(&|key| lookup(&keys, &values, key));
        let families = (0..keys.len())
            .map(|at| families(&hints, &values, at))
            .collect();
        let (groups, ordered) = (groups(&keys, &values), ordered(&keys, &values));
        Ok(Self {
            slot,
            hints,
            keys,
            families,
            groups,
            ordered,
            seed,
            row: row.to_owned(),
        })
    }

    /// The place of the input in the program's text.
    #[must_use]
    pub fn slot(&self) -> &Slot {
        &self.slot
    }

    /// The keys whose values are plain, in source order.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// `count` different inputs near the original, all keys changed together, as typed JSON. There may be fewer where the
    /// domain is small.
    #[must_use]
    pub fn nearby(&self, count: usize) -> Vec<serde_json::Value> {
        let mut found: Vec<Choice> = Vec::new();
        for index in 0..2 * count as u64 {
            if let Some(choice) = self.joint(&self.original(), Reach::Near, index)
                && choice.lawful
                && found.len() < count
                && !found.contains(&choice)
            {
                found.push(choice);
            }
        }
        found.iter().map(|choice| self.typed(choice)).collect()
    }

    pub(crate) fn original(&self) -> Choice {
        Choice {
            values: self.slot.plain().map(|(_, value)| value.clone()).collect(),
            lawful: true,
        }
    }

    /// The whole input as the sandbox would report it; computed values are left out.
    pub(crate) fn typed(&self, choice: &Choice) -> serde_json::Value {
        let fields = self.keys.iter().zip(&choice.values);
        serde_json::Value::Object(fields.map(|(key, v)| (key.clone(), v.typed())).collect())
    }

    /// The program with the values of `choice`.
    pub(crate) fn program(&self, choice: &Choice) -> Result<String, NotMutable> {
        let changes = self.keys.iter().map(String::as_str).zip(&choice.values);
        self.slot.write(changes)
    }

    /// Whether a key can be varied at all.
    pub(crate) fn varies(&self, at: usize) -> bool {
        let mut chance = Chance::new(self.seed, &self.row, "varies", at as u64);
        let original = self.original();
        let site = self.site(&original, at, Reach::Far, &[]);
        let value = original.values.get(at);
        value.is_some_and(|value| vary(value, &site, Reach::Far, &mut chance).is_some())
    }

    /// `base` with another value for one key. Where the program's checks let nothing through that was drawn, a variant that
    /// they refuse.
    pub(crate) fn single(
        &self,
        base: &Choice,
        at: usize,
        reach: Reach,
        index: u64,
    ) -> Option<Choice> {
        self.drawn("single", base, &[at], reach, index)
    }

    /// `base` with other values for all keys.
    pub(crate) fn joint(&self, base: &Choice, reach: Reach, index: u64) -> Option<Choice> {
        let all: Vec<usize> = (0..self.keys.len()).collect();
        self.drawn("joint", base, &all, reach, index)
    }

    /// Up to `count` variants of `base` in one key that are far from it and from each other: those first that make the
    /// program go another way.
    pub(crate) fn spread(&self, base: &Choice, at: usize, count: usize, index: u64) -> Vec<Choice> {
        let drawn = |draw| self.single(base, at, Reach::Far, (index << 8) + draw);
        self.different(base, count, drawn)
    }

    /// The same with all keys changed.
    pub(crate) fn contexts(&self, count: usize, index: u64) -> Vec<Choice> {
        let base = self.original();
        let drawn = |draw| self.joint(&base, Reach::Far, (index << 8) + draw);
        self.different(&base, count, drawn)
    }

    /// Up to `count` variants of `base` of special form in one key, or, without a key, in any of them.
    pub(crate) fn odd(
        &self,
        base: &Choice,
        key: Option<usize>,
        count: usize,
        index: u64,
    ) -> Vec<Choice> {
        let label = key.map_or("odd".to_owned(), |key| format!("odd {key}"));
        let drawn = |draw| {
            let mut chance = Chance::new(self.seed, &self.row, &label, (index << 8) + draw);
            self.lawful(&mut chance, |chance| self.oddly(base, key, chance))
        };
        self.different(base, count, drawn)
    }

    fn oddly(&self, base: &Choice, key: Option<usize>, chance: &mut Chance) -> Option<Vec<Value>> {
        let mut values = base.values.clone();
        let all: Vec<usize> = (0..self.keys.len()).collect();
        let which = match key {
            Some(at) => vec![at],
            None => all,
        };
        for &at in &which {
            let others: Vec<&Value> = (base.values.iter().enumerate())
                .filter(|(other, _)| *other != at)
                .map(|(_, value)| value)
                .collect();
            let around = Around {
                others: &others,
                texts: &self.hints.texts,
                patterns: &self.hints.patterns,
            };
            let site = self.site(base, at, Reach::Far, &which);
            // Of several keys some stay: what they ask of each other is broken by changing all.
            if (which.len() == 1 || chance.one_in(1, 2))
                && let Some(place) = values.get_mut(at)
                && let Some(new) = odd(place, &site, &around, chance)
            {
                *place = new;
            }
        }
        (values != base.values).then_some(values)
    }

    fn different(
        &self,
        base: &Choice,
        count: usize,
        drawn: impl Fn(u64) -> Option<Choice>,
    ) -> Vec<Choice> {
        let ways = |choice: &Choice| {
            self.hints
                .ways(&|key| lookup(&self.keys, &choice.values, key))
        };
        let mut known = vec![ways(base)];
        let (mut novel, mut rest): (Vec<Choice>, Vec<Choice>) = (Vec::new(), Vec::new());
        for draw in 0..4 * count as u64 {
            let Some(choice) = drawn(draw).filter(|choice| choice.lawful) else {
                continue;
            };
            if novel.contains(&choice) || rest.contains(&choice) {
                continue;
            }
            let way = ways(&choice);
            match known.contains(&way) {
                true => rest.push(choice),
                false => {
                    known.push(way);
                    novel.push(choice);
                }
            }
        }
        novel.append(&mut rest);
        novel.truncate(count);
        novel
    }

    fn drawn(
        &self,
        purpose: &str,
        base: &Choice,
        which: &[usize],
        reach: Reach,
        index: u64,
    ) -> Option<Choice> {
        let mut label = format!("{purpose} {reach:?}");
        for at in which {
            label.push_str(&format!(" {at}"));
        }
        let mut chance = Chance::new(self.seed, &self.row, &label, index);
        self.lawful(&mut chance, |chance| {
            self.changed(base, which, reach, chance)
        })
    }

    /// The first of some draws that the program's checks let through; where there is none, one that they refuse.
    fn lawful(
        &self,
        chance: &mut Chance,
        draw: impl Fn(&mut Chance) -> Option<Vec<Value>>,
    ) -> Option<Choice> {
        let mut refused = None;
        for _ in 0..TRIES {
            let Some(values) = draw(chance) else {
                continue;
            };
            let lawful =
                self.in_order(&values) && self.hints.allow(&|key| lookup(&self.keys, &values, key));
            let choice = Choice { values, lawful };
            if lawful {
                return Some(choice);
            }
            refused.get_or_insert(choice);
        }
        refused
    }

    fn changed(
        &self,
        base: &Choice,
        which: &[usize],
        reach: Reach,
        chance: &mut Chance,
    ) -> Option<Vec<Value>> {
        let mut values = base.values.clone();
        for &at in which {
            let site = self.site(base, at, reach, which);
            if let Some(place) = values.get_mut(at)
                && let Some(new) = vary(place, &site, reach, chance)
            {
                *place = new;
            }
        }
        if reach == Reach::Far {
            self.equalize(&mut values, base, which, chance);
        }
        if which.len() > 1 {
            for group in &self.groups {
                resize(&mut values, base, group, reach, chance);
            }
        }
        (values != base.values).then_some(values)
    }

    /// Makes values equal that were not, now and then: programs ask whether they are.
    fn equalize(&self, values: &mut [Value], base: &Choice, which: &[usize], chance: &mut Chance) {
        let all = which.len() > 1 && chance.one_in(1, 8);
        if !all && !chance.one_in(1, 4) {
            return;
        }
        let from = chance.below(values.len());
        let Some(value) = values.get(from).cloned() else {
            return;
        };
        let others: Vec<usize> = which
            .iter()
            .copied()
            .filter(|&at| {
                let site = self.site(base, at, Reach::Near, which);
                at != from
                    && base
                        .values
                        .get(at)
                        .is_some_and(|old| fits(&value, old, &site))
            })
            .collect();
        let chosen = match all {
            true => others,
            false => chance.pick(&others).copied().into_iter().collect(),
        };
        for at in chosen {
            if let Some(place) = values.get_mut(at) {
                *place = value.clone();
            }
        }
    }

    fn site<'s>(&'s self, base: &Choice, at: usize, reach: Reach, which: &[usize]) -> Site<'s> {
        let key = self.keys.get(at).map_or("", String::as_str);
        let grouped = self
            .groups
            .iter()
            .find(|g| g.lists.contains(&at) || g.counts.contains(&at));
        let alone = which.len() == 1;
        let length = |at: usize| base.values.get(at).and_then(Value::length).unwrap_or(0);
        let mut bounds = None;
        // Of what an integer counts there is no more than there is, but this may be chance.
        if let Some(group) = grouped
            && group.counts.contains(&at)
            && let Some(&list) = group.lists.first()
            && reach == Reach::Near
        {
            bounds = Some((BigInt::from(1), BigInt::from(length(list))));
        }
        for (index, of, least) in &self.hints.indices {
            let found = self.keys.iter().position(|key| key == of);
            if index == key
                && let Some(Value::Int(now)) = base.values.get(at)
                && let Some(length) = found.map(length).and_then(|n| i64::try_from(n).ok())
                && now
                    .to_i64()
                    .is_some_and(|now| (*least..length + least).contains(&now))
            {
                bounds = Some(((*least).into(), (length - 1 + least).into()));
            }
        }
        Site {
            name: key,
            landmarks: self.hints.landmarks(key),
            families: self.families.get(at).map_or(&[], Vec::as_slice),
            bounds,
            // Joint variants change the length of a group together, afterwards.
            fixed_length: grouped.is_some_and(|group| group.lists.contains(&at))
                && (!alone || grouped.is_some_and(|g| g.lists.len() > 1) || reach == Reach::Near),
        }
    }

    fn in_order(&self, values: &[Value]) -> bool {
        self.ordered.iter().all(|&(low, high)| {
            let number = |at: usize| values.get(at).and_then(Value::number);
            number(low)
                .zip(number(high))
                .is_none_or(|(low, high)| low <= high)
        })
    }
}

fn lookup(keys: &[String], values: &[Value], key: &str) -> Option<Value> {
    let at = keys.iter().position(|known| known == key)?;
    values.get(at).cloned()
}

/// What the value at `at` may be one of: constants of the program, and names in the other values.
fn families(hints: &Hints, values: &[Value], at: usize) -> Vec<Vec<Value>> {
    let mut found = hints.families.clone();
    for (other, value) in values.iter().enumerate() {
        if other == at {
            continue;
        }
        let family: Vec<Value> = match value {
            Value::Dict(items) => items.iter().map(|(key, _)| key.clone()).collect(),
            _ => value.items().unwrap_or_default().to_vec(),
        };
        if family.len() > 1
            && family.len() < 200
            && family.iter().all(|item| matches!(item, Value::Text(_)))
        {
            found.push(family);
        }
    }
    found
}

fn groups(keys: &[String], values: &[Value]) -> Vec<Group> {
    let mut found: Vec<(usize, Group)> = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let Some(length) = value
            .items()
            .map(<[Value]>::len)
            .filter(|length| *length > 1)
        else {
            continue;
        };
        match found.iter_mut().find(|(known, _)| *known == length) {
            Some((_, group)) => group.lists.push(at),
            None => found.push((
                length,
                Group {
                    lists: vec![at],
                    counts: Vec::new(),
                },
            )),
        }
    }
    for (at, value) in values.iter().enumerate() {
        if let Value::Int(count) = value
            && let Some((_, group)) = found.iter_mut().find(|(l, _)| count.to_usize() == Some(*l))
            && counts(&keys[at])
        {
            group.counts.push(at);
        }
    }
    found
        .into_iter()
        .map(|(_, group)| group)
        .filter(|group| group.lists.len() + group.counts.len() > 1)
        .collect()
}

/// Whether a name may stand for how many there are of something.
fn counts(name: &str) -> bool {
    let name = name.to_lowercase();
    matches!(
        name.as_str(),
        "n" | "m" | "size" | "length" | "len" | "count" | "total"
    ) || ["num", "n_", "count", "len", "size"]
        .iter()
        .any(|part| name.starts_with(part) || name.ends_with(part))
}

fn ordered(keys: &[String], values: &[Value]) -> Vec<(usize, usize)> {
    let parts =
        |key: &str| -> Vec<String> { key.to_lowercase().split('_').map(str::to_owned).collect() };
    let number = |at: usize| values.get(at).and_then(Value::number);
    let mut found = Vec::new();
    for (low, low_key) in keys.iter().enumerate() {
        for (high, high_key) in keys.iter().enumerate() {
            let (a, b) = (parts(low_key), parts(high_key));
            if a.len() != b.len() || number(low).zip(number(high)).is_none_or(|(l, h)| l >= h) {
                continue;
            }
            let mut differing = a.iter().zip(&b).filter(|(a, b)| a != b);
            let one = differing.next().zip(Some(differing.count()));
            if let Some(((a, b), 0)) = one
                && PAIRS.iter().any(|(low, high)| low == a && high == b)
            {
                found.push((low, high));
            }
        }
    }
    found
}

/// Gives the lists of a group another length together now and then, and their counts with it.
fn resize(values: &mut [Value], base: &Choice, group: &Group, reach: Reach, chance: &mut Chance) {
    let length = |values: &[Value], at: usize| values.get(at).and_then(Value::length).unwrap_or(0);
    let Some(&first) = group.lists.first() else {
        return;
    };
    let held = |at: &usize| {
        // What it was tells its kind: shuffled, a permutation may look like any list.
        let was = base.values.get(*at).and_then(Value::items);
        was.is_none_or(keeps_its_length)
    };
    if group.lists.iter().any(held) {
        return;
    }
    let now = length(values, first);
    let (grow, times) = match reach {
        Reach::Larger(quarters) => (true, (now * usize::from(quarters) / 4).max(1)),
        _ if chance.one_in(1, 2) => (chance.one_in(1, 2), 1),
        _ => (true, 0),
    };
    for _ in 0..times {
        if !grow && length(values, first) < 3 {
            break;
        }
        let at = chance.below(length(values, first));
        for &list in &group.lists {
            let Some(Value::List(items)) = values.get_mut(list) else {
                return;
            };
            match grow {
                true => {
                    let Some(copy) = items.get(at).cloned() else {
                        return;
                    };
                    items.insert(at, copy);
                }
                false if at < items.len() => {
                    items.remove(at);
                }
                false => return,
            }
        }
    }
    let new = length(values, first);
    for &count in &group.counts {
        if let Some(Value::Int(value)) = values.get_mut(count)
            && (times > 0 || value.to_usize().is_none_or(|v| v != new))
        {
            *value = new.into();
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
