//! The output of one program becomes an input of another.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::names::{
    all, binds_output, by_key, fresh, prints_output, reads, renamed, statements, top,
};
use super::step::with_key;
use super::{Made, Parent};
use crate::chance::Chance;
use crate::facts;
use crate::inputs::Slot;
use crate::value::Value;

/// How many times as large, or as small, an output may be as the value that it stands for.
const REACH: f64 = 20.0;

pub(super) fn join(first: &Parent<'_>, second: &Parent<'_>, chance: &mut Chance) -> Made {
    let (before, after) = (Slot::of(first.source), Slot::of(second.source));
    let before = before.map_err(|e| e.to_string())?;
    let after = after.map_err(|e| e.to_string())?;
    let keys =
        |slot: &Slot| -> Vec<String> { slot.entries().iter().map(|e| e.key.clone()).collect() };
    let fitting: Vec<(&str, &Value)> = after
        .plain()
        .filter(|(_, value)| stands_for(first.output, value))
        .collect();
    let &(key, value) = chance
        .pick(&fitting)
        .ok_or("no input of the second is like the output of the first")?;

    // The first: its input by key, its output under a name of its own, and not printed.
    let mut head = by_key(first.source, &keys(&before))?;
    let mut tail = by_key(second.source, &keys(&after))?;
    let mut taken: BTreeSet<String> = all(&head)?;
    taken.extend(all(&tail)?);
    taken.extend(keys(&before));
    taken.extend(keys(&after));
    if statements(&head, binds_output)?.is_empty() || statements(&tail, binds_output)?.is_empty() {
        return Err("`output` is bound by no plain statement".into());
    }
    let printed = statements(&head, prints_output)?;
    head = crate::edit::apply(
        &head,
        printed
            .into_iter()
            .map(|range| (range, String::new()))
            .collect(),
    );
    let result = fresh("first_result", &taken);
    head = renamed(&head, &["output".into()], std::slice::from_ref(&result))?;

    // The second: names that both bind get others.
    let both: Vec<String> = top(&tail)?.intersection(&all(&head)?).cloned().collect();
    let mut others = Vec::new();
    for name in &both {
        let other = fresh(&format!("{name}_next"), &taken);
        taken.insert(other.clone());
        others.push(other);
    }
    let held = keys(&before);
    let mut new_keys: Vec<(String, String)> = Vec::new();
    for name in keys(&after) {
        let new = match held.contains(&name) {
            true => fresh(&format!("{name}_next"), &taken),
            false => name.clone(),
        };
        taken.insert(new.clone());
        new_keys.push((name, new));
    }
    let places = reads(&tail)?;
    let edits = places
        .into_iter()
        .map(|(range, read)| {
            let new = new_keys.iter().find(|(old, _)| *old == read);
            let text = match (read == key, new) {
                (true, _) => as_input(&result, first.output, value),
                (false, Some((_, new))) => format!("input[{}]", Value::from(new.as_str()).python()),
                (false, None) => format!("input[{}]", Value::from(read.as_str()).python()),
            };
            (range, text)
        })
        .collect();
    // The values of the second's input as they are written.
    let mut whole = head;
    for (name, new) in &new_keys {
        if name != key {
            let value = after.entries().iter().find(|entry| entry.key == *name);
            let text = value.map_or("", |entry| after.text(entry));
            whole = with_key(&whole, new, text)?;
        }
    }
    tail = crate::edit::apply(&tail, edits);
    let gone = statements(&tail, |stmt| {
        matches!(facts::binding(stmt), Some(("input", _)))
    })?;
    tail = crate::edit::apply(
        &tail,
        gone.into_iter()
            .map(|range| (range, String::new()))
            .collect(),
    );
    tail = renamed(&tail, &both, &others)?;
    let program = format!("{}\n\n{}", whole.trim_end(), tail.trim_start());
    Ok((
        program,
        format!("the output of the first is `{key}` of the second"),
    ))
}

/// Whether an output can stand for a value: of its type, sign and size.
fn stands_for(output: &Json, value: &Value) -> bool {
    let number = output.as_f64().filter(|n| n.is_finite());
    match (value, number) {
        (Value::Int(_), Some(n)) => {
            let old = value.number().unwrap_or(0.0);
            n.fract() == 0.0 && n >= 1.0 && old >= 1.0 && n / old <= REACH && old / n <= REACH
        }
        (Value::Float(old), Some(n)) => {
            // What lies between 0 and 1 is a share, and stays one.
            n > 0.0
                && *old > 0.0
                && (*old < 1.0) == (n < 1.0)
                && n / old <= REACH
                && old / n <= REACH
        }
        (Value::Text(old), None) => output
            .as_str()
            .is_some_and(|text| !text.is_empty() && text.len() <= 20 * old.len().max(1)),
        (Value::List(old), None) => output.as_array().is_some_and(|items| {
            let numbers = |items: &[Json]| items.iter().all(Json::is_number);
            !items.is_empty() && numbers(items) && old.iter().all(|item| item.number().is_some())
        }),
        _ => false,
    }
}

/// The name of the result, made an integer where a whole float stands for one.
fn as_input(result: &str, output: &Json, value: &Value) -> String {
    match (value, output.is_f64()) {
        (Value::Int(_), true) => format!("int({result})"),
        _ => result.to_owned(),
    }
}
