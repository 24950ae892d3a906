//! Values of special form: what a program may ask for, and what chance seldom meets. Lists in order, texts that read the same
//! backwards or match one of the program's patterns, empty things, what stands in another key.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::{Reach, Site, vary};
use crate::chance::Chance;
use crate::value::Value;

/// Longest list or text that is given another form.
const MAX_ITEMS: usize = 2_000;
/// From this length on, in bytes, a text that is made to match a pattern is given up.
const MAX_MATCH: usize = 200;
/// Most repetitions beyond those that a pattern asks for.
const MORE: u32 = 2;

/// What stands around the value.
pub(crate) struct Around<'a> {
    /// Values of the other keys.
    pub(crate) others: &'a [&'a Value],
    /// Texts of the program.
    pub(crate) texts: &'a [String],
    /// Regular expressions of the program.
    pub(crate) patterns: &'a [Hir],
}

/// A value of the same type and of special form, different from `value`. `None` where none was drawn.
pub(crate) fn odd(
    value: &Value,
    site: &Site<'_>,
    around: &Around<'_>,
    chance: &mut Chance,
) -> Option<Value> {
    let fixed = site.fixed_length || matches!(value, Value::Tuple(_));
    (0..8)
        .filter_map(|_| once(value, site, around, chance))
        .find(|new| {
            let fits = match (new, &site.bounds) {
                (Value::Int(new), Some((low, high))) => low <= new && new <= high,
                _ => !fixed || new.length() == value.length(),
            };
            fits && !same(new, value)
        })
}

/// Whether two values are one to Python; the order in which a set is written does not count.
fn same(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Set(one), Value::Set(two)) => {
            one.len() == two.len() && one.iter().all(|item| two.contains(item))
        }
        _ => one == two,
    }
}

fn once(value: &Value, site: &Site<'_>, around: &Around<'_>, chance: &mut Chance) -> Option<Value> {
    // Something that stands in the input elsewhere.
    if chance.one_in(1, 4)
        && let Some(found) = elsewhere(value, around, chance)
    {
        return Some(found);
    }
    let free = !site.fixed_length;
    match value {
        Value::List(items) => list(items, free, site, around, chance).map(Value::List),
        Value::Tuple(items) => list(items, false, site, around, chance).map(Value::Tuple),
        Value::Set(items) => {
            let mut found = list(items, free, site, around, chance)?;
            let mut seen: Vec<Value> = Vec::new();
            found.retain(|item| {
                let new = !seen.contains(item);
                seen.push(item.clone());
                new
            });
            Some(Value::Set(found))
        }
        Value::Dict(items) => dict(items, site, around, chance).map(Value::Dict),
        Value::Text(text) => self::text(text, around, chance).map(Value::Text),
        other => vary(other, site, Reach::Far, chance),
    }
}

/// A value of the same type from another key: the whole, an item, the length, or a part.
fn elsewhere(value: &Value, around: &Around<'_>, chance: &mut Chance) -> Option<Value> {
    let other = *chance.pick(around.others)?;
    let same = |found: &Value| std::mem::discriminant(found) == std::mem::discriminant(value);
    match (value, other) {
        (Value::List(_), Value::List(items)) => {
            let mut items = items.clone();
            match chance.below(3) {
                0 => chance.shuffle(&mut items),
                1 => {
                    let (from, to) = part(items.len(), chance);
                    items = items.get(from..to)?.to_vec();
                }
                _ => {}
            }
            Some(Value::List(items))
        }
        (Value::Text(_), Value::Text(text)) => {
            let chars: Vec<char> = text.chars().collect();
            let (from, to) = match chance.one_in(1, 2) {
                true => part(chars.len(), chance),
                false => (0, chars.len()),
            };
            Some(Value::Text(chars.get(from..to)?.iter().collect()))
        }
        (Value::Int(_), other) if other.length().is_some() && chance.one_in(1, 3) => {
            Some(Value::from(i64::try_from(other.length()?).ok()?))
        }
        (_, Value::Dict(items)) => chance
            .pick(items)
            .map(|(key, value)| if same(key) { key } else { value })
            .filter(|found| same(found))
            .cloned(),
        (_, other) if same(other) => Some(other.clone()),
        (_, other) => chance
            .pick(other.items()?)
            .filter(|found| same(found))
            .cloned(),
    }
}

/// Bounds of a part of so many.
fn part(length: usize, chance: &mut Chance) -> (usize, usize) {
    let (a, b) = (chance.below(length + 1), chance.below(length + 1));
    (a.min(b), a.max(b))
}

fn list(
    items: &[Value],
    free: bool,
    site: &Site<'_>,
    around: &Around<'_>,
    chance: &mut Chance,
) -> Option<Vec<Value>> {
    if items.is_empty() || items.len() > MAX_ITEMS {
        return None;
    }
    let mut new = items.to_vec();
    let plain = Site {
        name: site.name,
        landmarks: site.landmarks,
        families: site.families,
        ..Site::default()
    };
    match chance.below(if free { 14 } else { 9 }) {
        0 => new.sort_by(order),
        1 => {
            new.sort_by(order);
            new.reverse();
        }
        2 => chance.shuffle(&mut new),
        3 => new.reverse(),
        4 => {
            let one = chance.pick(items)?.clone();
            new.fill(one);
        }
        5 => {
            // Twice the same, in another one's place.
            let one = chance.pick(items)?.clone();
            let at = chance.below(new.len());
            *new.get_mut(at)? = one;
        }
        6 => {
            // Without regard to order or to what the items have in common.
            for item in &mut new {
                if let Some(other) = vary(item, &plain, Reach::Far, chance) {
                    *item = other;
                }
            }
        }
        7 => {
            let at = chance.below(new.len());
            let place = new.get_mut(at)?;
            *place = odd(place, &plain, around, chance)?;
        }
        8 => {
            // What another key holds, once or everywhere.
            let item = chance.pick(items)?;
            let like = elsewhere(item, around, chance)?;
            match chance.one_in(1, 2) {
                true => new.fill(like),
                false => {
                    let at = chance.below(new.len());
                    *new.get_mut(at)? = like;
                }
            }
        }
        9 => new.clear(),
        10 => new = vec![chance.pick(items)?.clone()],
        11 => new.push(chance.pick(items)?.clone()),
        12 => new.extend(items.iter().rev().cloned()),
        _ => new.retain(|_| chance.one_in(1, 2)),
    }
    Some(new)
}

fn order(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a.number(), b.number()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => a.python().cmp(&b.python()),
    }
}

fn dict(
    items: &[(Value, Value)],
    site: &Site<'_>,
    around: &Around<'_>,
    chance: &mut Chance,
) -> Option<Vec<(Value, Value)>> {
    if items.is_empty() || items.len() > MAX_ITEMS {
        return None;
    }
    let mut new = items.to_vec();
    let plain = Site {
        name: site.name,
        ..Site::default()
    };
    let at = chance.below(new.len());
    match chance.below(8) {
        0 => new.clear(),
        1 => new.retain(|_| chance.one_in(1, 2)),
        2 => new.reverse(),
        3 => {
            let one = chance.pick(items)?.1.clone();
            new.iter_mut().for_each(|(_, value)| *value = one.clone());
        }
        4 => {
            let mut values: Vec<Value> = items.iter().map(|(_, value)| value.clone()).collect();
            chance.shuffle(&mut values);
            for (place, value) in new.iter_mut().zip(values) {
                place.1 = value;
            }
        }
        5 | 6 => {
            // Another key.
            let (key, _) = new.get(at)?;
            let other = match chance.one_in(1, 2) {
                true => elsewhere(key, around, chance)?,
                false => vary(key, &plain, Reach::Far, chance)?,
            };
            if items.iter().any(|(key, _)| *key == other) {
                return None;
            }
            new.get_mut(at)?.0 = other;
        }
        _ => {
            let place = new.get_mut(at)?;
            place.1 = odd(&place.1, &plain, around, chance)?;
        }
    }
    Some(new)
}

fn text(text: &str, around: &Around<'_>, chance: &mut Chance) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > MAX_ITEMS {
        return None;
    }
    let drawn = |of: &str, count: usize, chance: &mut Chance| -> String {
        let of: Vec<char> = of.chars().collect();
        (0..count)
            .filter_map(|_| chance.pick(&of).copied())
            .collect()
    };
    if !around.patterns.is_empty() && chance.one_in(1, 3) {
        return matching(chance.pick(around.patterns)?, chance);
    }
    if !around.texts.is_empty() && chance.one_in(1, 4) {
        let known = chance.pick(around.texts)?;
        let at = chance.below(chars.len() + 1);
        let (before, after) = chars.split_at_checked(at)?;
        return Some(match chance.one_in(1, 2) {
            true => known.clone(),
            false => before
                .iter()
                .copied()
                .chain(known.chars())
                .chain(after.iter().copied())
                .collect(),
        });
    }
    let count = chars.len().max(1);
    Some(match chance.below(13) {
        0 => {
            let one = *chance.pick(&chars)?;
            std::iter::repeat_n(one, count).collect()
        }
        1 => chars.iter().rev().collect(),
        2 => chars.iter().chain(chars.iter().rev()).collect(),
        3 => {
            let mut sorted = chars;
            sorted.sort_unstable();
            sorted.into_iter().collect()
        }
        4 => {
            let mut shuffled = chars;
            chance.shuffle(&mut shuffled);
            shuffled.into_iter().collect()
        }
        5 => drawn("0123456789", count, chance),
        6 => text.to_uppercase(),
        7 => text.to_lowercase(),
        8 => {
            // Of all classes something, long enough for most rules.
            let mut mixed: Vec<char> = ["ABCXYZ", "abcxyz", "0123456789", "$#@!_-."]
                .into_iter()
                .flat_map(|class| drawn(class, 2, chance).chars().collect::<Vec<char>>())
                .collect();
            chance.shuffle(&mut mixed);
            mixed.into_iter().collect()
        }
        9 => drawn(" .,;!?-", count, chance),
        10 => format!(
            "{}{text}",
            chance.pick(&["A", "z", "7", "_", "#", " "]).copied()?
        ),
        11 => chance.pick(&chars)?.to_string(),
        _ => String::new(),
    })
}

/// A text that the pattern matches, as far as looks around are left aside.
fn matching(pattern: &Hir, chance: &mut Chance) -> Option<String> {
    let mut text = String::new();
    extend(&mut text, pattern, chance)?;
    Some(text)
}

fn extend(text: &mut String, pattern: &Hir, chance: &mut Chance) -> Option<()> {
    if text.len() > MAX_MATCH {
        return None;
    }
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => {
            // Of the ranges that have something below 128, so that \w does not bring in all scripts.
            let plain: Vec<(u32, u32)> = class
                .ranges()
                .iter()
                .map(|range| (u32::from(range.start()).max(9), u32::from(range.end())))
                .filter(|(start, end)| start <= end && *start < 127)
                .map(|(start, end)| (start, end.min(126)))
                .collect();
            let character = match chance.pick(&plain) {
                Some(&(start, end)) => {
                    let span = usize::try_from(end - start).ok()? + 1;
                    char::from_u32(start + u32::try_from(chance.below(span)).ok()?)?
                }
                None => class.ranges().first()?.start(),
            };
            text.push(character);
        }
        HirKind::Class(Class::Bytes(_)) => return None,
        HirKind::Repetition(repetition) => {
            let most = repetition
                .max
                .unwrap_or(u32::MAX)
                .min(repetition.min.saturating_add(MORE));
            let span = usize::try_from(most - repetition.min).ok()? + 1;
            let times = repetition.min + u32::try_from(chance.below(span)).ok()?;
            for _ in 0..times {
                extend(text, &repetition.sub, chance)?;
            }
        }
        HirKind::Capture(capture) => extend(text, &capture.sub, chance)?,
        HirKind::Concat(parts) => {
            for part in parts {
                extend(text, part, chance)?;
            }
        }
        HirKind::Alternation(parts) => extend(text, chance.pick(parts)?, chance)?,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(value: &Value, others: &[&Value], texts: &[String], patterns: &[Hir]) -> Vec<Value> {
        let around = Around {
            others,
            texts,
            patterns,
        };
        (0..400)
            .filter_map(|index| {
                let mut chance = Chance::new(1, "row", "odd", index);
                odd(value, &Site::default(), &around, &mut chance)
            })
            .collect()
    }

    fn ints(items: &[i64]) -> Value {
        Value::List(items.iter().map(|&item| item.into()).collect())
    }

    #[test]
    fn lists_are_put_in_order_and_out_of_it() {
        let drawn = draws(&ints(&[5, 1, 4, 1]), &[], &[], &[]);
        for wanted in [
            &[1, 1, 4, 5][..],
            &[5, 4, 1, 1],
            &[5, 5, 5, 5],
            &[],
            &[5, 1, 4, 1, 1, 4, 1, 5],
            &[4],
        ] {
            assert!(drawn.contains(&ints(wanted)), "{wanted:?}");
        }
        assert!(drawn.iter().all(|new| *new != ints(&[5, 1, 4, 1])));
    }

    #[test]
    fn tuples_keep_their_length() {
        let value = Value::Tuple(vec![1.into(), 2.into(), Value::None]);
        let other = Value::Tuple(vec![7.into(), 8.into()]);
        let drawn = draws(&value, &[&other], &[], &[]);
        assert!(drawn.iter().all(|new| new.length() == Some(3)));
        assert!(
            drawn
                .iter()
                .any(|new| !new.items().unwrap().contains(&Value::None))
        );
    }

    #[test]
    fn the_order_of_a_set_is_no_other_value() {
        let value = Value::Set(vec![3.into(), 1.into(), 2.into()]);
        let drawn = draws(&value, &[], &[], &[]);
        assert!(drawn.iter().all(|new| !same(new, &value)));
        assert!(drawn.contains(&Value::Set(Vec::new())));
    }

    #[test]
    fn what_stands_elsewhere_is_taken_over() {
        let other = ints(&[1, 4, 3, 5]);
        let drawn = draws(&ints(&[1, 2]), &[&other], &[], &[]);
        assert!(drawn.contains(&other) && drawn.contains(&ints(&[4, 3])));
        let keys = draws(
            &Value::Dict(vec![(1.into(), 10.into()), (5.into(), 50.into())]),
            &[&Value::from(7)],
            &[],
            &[],
        );
        let has = |new: &Value| matches!(new, Value::Dict(items) if items.iter().any(|(key, _)| *key == 7.into()));
        assert!(keys.iter().any(has));
    }

    #[test]
    fn texts_match_the_patterns_of_the_program() {
        let patterns = ["ab{2,3}", r"^\d{3}-[a-f]+$"].map(|p| regex_syntax::parse(p).unwrap());
        let drawn = draws(&"ac".into(), &[], &["needle".into()], &patterns);
        let has = |wanted: &str| drawn.iter().any(|new| *new == Value::from(wanted));
        assert!(has("abb") && has("abbb") && has("needle") && has("aa") && has("acca"));
        let shaped = |new: &Value| matches!(new, Value::Text(text) if text.len() >= 5 && text.get(3..4) == Some("-") && text.get(..3).is_some_and(|d| d.bytes().all(|b| b.is_ascii_digit())));
        assert!(drawn.iter().any(shaped));
    }
}
