//! Other lists and dicts: of the same shape, with what their elements have in common.

use num_bigint::BigInt;
use num_traits::{One, ToPrimitive, Zero};

use super::{Reach, Site, vary};
use crate::chance::Chance;
use crate::value::Value;

/// Longest list that is varied.
const MAX_ITEMS: usize = 5_000;

pub(super) fn list(
    items: &[Value],
    site: &Site<'_>,
    reach: Reach,
    chance: &mut Chance,
) -> Option<Vec<Value>> {
    if items.is_empty() || items.len() > MAX_ITEMS {
        return None;
    }
    let shape = Shape::of(items);
    if let Some(least) = shape.permutation {
        return permutation(items, least, site, reach, chance);
    }
    if let Some(matrix) = shape.symmetric {
        return symmetric(items, matrix, site, reach, chance);
    }
    if let Some(total) = shape.shares {
        return shares(items, total, reach, chance);
    }
    let mut new = items.to_vec();
    let length_free = !site.fixed_length && !shape.matrix;
    if let Reach::Larger(quarters) = reach {
        if length_free {
            let more = (items.len() * usize::from(quarters) / 4).max(usize::from(quarters));
            for _ in 0..more.min(MAX_ITEMS) {
                let like = chance.pick(items)?;
                new.push(
                    element(like, items, &shape, site, Reach::Far, chance)
                        .unwrap_or_else(|| like.clone()),
                );
            }
            return Some(shape.restored(new));
        }
        let site = Site {
            name: site.name,
            ..Site::default()
        };
        for item in &mut new {
            if let Some(larger) = vary(item, &site, reach, chance) {
                *item = larger;
            }
        }
        return Some(shape.restored(new));
    }
    let changes = match reach {
        Reach::Near => 1 + usize::from(items.len() > 3 && chance.one_in(1, 3)),
        _ => 1 + chance.below(items.len().min(12)),
    };
    let resize = length_free && chance.one_in(1, 3);
    if resize {
        let at = chance.below(new.len());
        if chance.one_in(1, 2) && new.len() > 2 {
            new.remove(at);
            return Some(shape.restored(new));
        }
        let like = new.get(at)?.clone();
        let more = element(&like, items, &shape, site, reach, chance)?;
        new.insert(at, more);
        return Some(shape.restored(new));
    }
    if !shape.sorted && new.len() > 1 && chance.one_in(1, 8) {
        let (a, b) = (chance.below(new.len()), chance.below(new.len()));
        new.swap(a, b);
        if new != items {
            return Some(new);
        }
    }
    for _ in 0..changes {
        let at = chance.below(new.len());
        let old = new.get(at)?.clone();
        if let Some(other) = element(&old, &new, &shape, site, reach, chance)
            && let Some(place) = new.get_mut(at)
        {
            *place = other;
        }
    }
    Some(shape.restored(new))
}

/// Whether a list of another length would be no list of its kind: a permutation, shares of a whole, a square matrix.
pub(crate) fn keeps_its_length(items: &[Value]) -> bool {
    let shape = Shape::of(items);
    let square = items
        .iter()
        .all(|row| row.items().map(<[Value]>::len) == Some(items.len()));
    shape.permutation.is_some() || shape.shares.is_some() || square
}

/// Another element, like `old`, for a list that holds `items`.
fn element(
    old: &Value,
    items: &[Value],
    shape: &Shape,
    site: &Site<'_>,
    reach: Reach,
    chance: &mut Chance,
) -> Option<Value> {
    if shape.bits {
        return Some(Value::from(i64::from(chance.one_in(1, 2))));
    }
    let inner = Site {
        name: site.name,
        landmarks: site.landmarks,
        families: site.families,
        bounds: shape.bounds.clone().or_else(|| site.bounds.clone()),
        fixed_length: shape.matrix || shape.pairs || matches!(old, Value::Tuple(_)),
    };
    let reach = match reach {
        Reach::Larger(_) => Reach::Near,
        other => other,
    };
    (0..6)
        .filter_map(|_| {
            // An element as another one is: what is met twice is a case of its own.
            match !shape.distinct && !shape.pairs && chance.one_in(1, 8) {
                true => chance.pick(items).cloned(),
                false => vary(old, &inner, reach, chance),
            }
        })
        .map(|new| shape.in_order(new))
        .find(|new| !shape.distinct || !items.contains(new))
}

/// What the elements of a list have in common.
#[derive(Default)]
struct Shape {
    sorted: bool,
    descending: bool,
    distinct: bool,
    bits: bool,
    /// Lists of one length.
    matrix: bool,
    /// Lists of two small integers: edges, or points.
    pairs: bool,
    /// The size of a square matrix that is its own mirror image.
    symmetric: Option<usize>,
    /// The least element of a permutation of successive integers.
    permutation: Option<i64>,
    /// What floats between 0 and 1, or percentages, add up to.
    shares: Option<f64>,
    bounds: Option<(BigInt, BigInt)>,
    /// Pairs whose first is less than their second: intervals, undirected edges.
    ordered_pairs: bool,
}

impl Shape {
    fn of(items: &[Value]) -> Self {
        let numbers: Option<Vec<f64>> = items.iter().map(Value::number).collect();
        let lengths: Option<Vec<usize>> = items
            .iter()
            .map(|item| item.items().map(<[Value]>::len))
            .collect();
        let rows = lengths.filter(|lengths| lengths.iter().all(|l| Some(l) == lengths.first()));
        let mut shape = Self {
            distinct: items
                .iter()
                .enumerate()
                .all(|(at, item)| items.iter().take(at).all(|other| other != item)),
            matrix: rows.is_some(),
            pairs: rows.as_ref().is_some_and(|rows| rows.first() == Some(&2)),
            ..Self::default()
        };
        if rows.is_some() {
            // Rows may come again, and edges are told by what they hold.
            shape.distinct = shape.pairs && shape.distinct;
            shape.matrix = !shape.pairs && items.len() > 1;
            shape.symmetric = symmetric_size(items);
            if shape.pairs {
                let roomy = BigInt::from(2 * items.len() + 2);
                shape.bounds = range_of_pairs(items).filter(|(_, high)| *high <= roomy);
                shape.ordered_pairs = items.iter().all(|pair| match pair.items() {
                    Some([a, b]) => a.number().zip(b.number()).is_some_and(|(a, b)| a < b),
                    _ => false,
                });
            }
        }
        if let Some(numbers) = numbers.filter(|numbers| numbers.len() > 1) {
            let rising = numbers.windows(2).all(|w| w[0] <= w[1]);
            let falling = numbers.windows(2).all(|w| w[0] >= w[1]);
            shape.sorted = numbers.len() > 2 && (rising || falling);
            shape.descending = !rising;
            let whole = items.iter().all(|item| matches!(item, Value::Int(_)));
            shape.bits =
                whole && numbers.len() > 2 && numbers.iter().all(|n| *n == 0.0 || *n == 1.0);
            shape.distinct &= numbers.len() > 3;
            let total: f64 = numbers.iter().sum();
            let floats = items.iter().any(|item| matches!(item, Value::Float(_)));
            let parts = numbers.iter().all(|n| *n >= 0.0);
            shape.shares = [1.0, 100.0].into_iter().find(|whole| {
                parts
                    && (total - whole).abs() < 1e-9
                    && (floats || *whole == 100.0)
                    && numbers.len() < 12
            });
            if whole {
                shape.permutation = successive(items);
            }
        } else if items.len() > 2 && items.iter().all(|item| matches!(item, Value::Text(_))) {
            let text = |item: &Value| item.python();
            shape.sorted = items.windows(2).all(|w| text(&w[0]) < text(&w[1]));
            shape.distinct &= items.len() > 3;
        } else if items.len() < 2 {
            shape.distinct = false;
        }
        shape
    }

    fn in_order(&self, item: Value) -> Value {
        let sorted = |mut pair: Vec<Value>| {
            pair.sort_by(|a, b| match (a.number(), b.number()) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                _ => std::cmp::Ordering::Equal,
            });
            pair
        };
        match item {
            Value::List(pair) if self.ordered_pairs => Value::List(sorted(pair)),
            Value::Tuple(pair) if self.ordered_pairs => Value::Tuple(sorted(pair)),
            other => other,
        }
    }

    fn restored(&self, mut items: Vec<Value>) -> Vec<Value> {
        if self.sorted {
            items.sort_by(|a, b| match (a.number(), b.number()) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                _ => a.python().cmp(&b.python()),
            });
            if self.descending {
                items.reverse();
            }
        }
        items
    }
}

/// The least of successive integers, each there once, if there are more than two.
fn successive(items: &[Value]) -> Option<i64> {
    let mut numbers: Vec<i64> = items
        .iter()
        .map(|item| match item {
            Value::Int(value) => value.to_i64(),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let ordered = numbers.windows(2).all(|w| w[0] < w[1]);
    numbers.sort_unstable();
    let least = *numbers.first()?;
    let fits = (0..=1).contains(&least) && numbers.windows(2).all(|w| w[1] == w[0] + 1);
    (fits && numbers.len() > 2 && !ordered).then_some(least)
}

fn permutation(
    items: &[Value],
    least: i64,
    site: &Site<'_>,
    reach: Reach,
    chance: &mut Chance,
) -> Option<Vec<Value>> {
    let mut new = items.to_vec();
    let more = match reach {
        Reach::Larger(quarters) => (items.len() * usize::from(quarters) / 4).max(1),
        _ => usize::from(!site.fixed_length && chance.one_in(1, 4)),
    };
    for _ in 0..more {
        let next = least + i64::try_from(new.len()).ok()?;
        let at = chance.below(new.len() + 1);
        new.insert(at, next.into());
    }
    match reach {
        Reach::Near if more == 0 => {
            let (a, b) = (chance.below(new.len()), chance.below(new.len()));
            new.swap(a, b);
        }
        _ => chance.shuffle(&mut new),
    }
    Some(new)
}

fn cell(items: &[Value], row: usize, column: usize) -> Option<&Value> {
    items.get(row)?.items()?.get(column)
}

fn symmetric_size(items: &[Value]) -> Option<usize> {
    let size = items.len();
    let square = size > 1
        && items
            .iter()
            .all(|row| row.items().map(<[Value]>::len) == Some(size));
    let mirrored = || (0..size).all(|r| (0..r).all(|c| cell(items, r, c) == cell(items, c, r)));
    // All zero but for the diagonal says nothing.
    let filled = || (0..size).any(|r| (0..r).any(|c| cell(items, r, c).is_some_and(Value::truth)));
    (square && mirrored() && filled()).then_some(size)
}

fn symmetric(
    items: &[Value],
    size: usize,
    site: &Site<'_>,
    reach: Reach,
    chance: &mut Chance,
) -> Option<Vec<Value>> {
    let mut rows: Vec<Vec<Value>> = items
        .iter()
        .map(|row| row.items().map(<[Value]>::to_vec))
        .collect::<Option<_>>()?;
    let every: Vec<Value> = rows.iter().flatten().cloned().collect();
    let shape = Shape {
        bits: Shape::of(&every).bits,
        ..Shape::default()
    };
    let changes = if reach == Reach::Near {
        1
    } else {
        1 + chance.below(size)
    };
    for _ in 0..changes {
        let row = chance.below(size);
        let column = chance.below(size);
        if row == column {
            continue;
        }
        let old = rows.get(row)?.get(column)?.clone();
        // 0 stands for "no edge": it becomes what other edges are.
        let like = match old.truth() {
            true => old,
            false => chance.pick(&every)?.clone(),
        };
        let new = element(&like, &every, &shape, site, reach, chance)?;
        for (r, c) in [(row, column), (column, row)] {
            if let Some(place) = rows.get_mut(r).and_then(|row| row.get_mut(c)) {
                *place = new.clone();
            }
        }
    }
    let tuples = matches!(items.first(), Some(Value::Tuple(_)));
    let wrap = |row| {
        if tuples {
            Value::Tuple(row)
        } else {
            Value::List(row)
        }
    };
    Some(rows.into_iter().map(wrap).collect())
}

/// Moves a part from one share to another.
fn shares(items: &[Value], total: f64, reach: Reach, chance: &mut Chance) -> Option<Vec<Value>> {
    let (from, to) = (chance.below(items.len()), chance.below(items.len()));
    if from == to || matches!(reach, Reach::Larger(_)) {
        return None;
    }
    let unit = total / 100.0;
    let held = items.get(from)?.number()?;
    let units = (held / unit).floor().to_i64()?;
    let moved = chance
        .between(1, (units - 1).max(1))
        .min(if reach == Reach::Near { 10 } else { 100 }) as f64
        * unit;
    if moved >= held {
        return None;
    }
    let mut new = items.to_vec();
    for (at, change) in [(from, -moved), (to, moved)] {
        let place = new.get_mut(at)?;
        *place = match place {
            Value::Int(value) => Value::Int(&*value + BigInt::from(change.round().to_i64()?)),
            Value::Float(value) => Value::Float(((*value + change) * 1e9).round() / 1e9),
            _ => return None,
        };
    }
    Some(new)
}

pub(super) fn dict(
    items: &[(Value, Value)],
    site: &Site<'_>,
    reach: Reach,
    chance: &mut Chance,
) -> Option<Vec<(Value, Value)>> {
    if items.is_empty() || items.len() > MAX_ITEMS {
        return None;
    }
    let mut new = items.to_vec();
    let rounds = match reach {
        Reach::Near => 1,
        Reach::Far => 1 + chance.below(items.len().min(8)),
        Reach::Larger(_) => items.len(),
    };
    for round in 0..rounds {
        let at = match reach {
            Reach::Larger(_) => round,
            _ => chance.below(items.len()),
        };
        let (key, value) = items.get(at)?;
        let inner = Site {
            name: match key {
                Value::Text(name) if value.items().is_none() => name,
                _ => site.name,
            },
            families: site.families,
            ..Site::default()
        };
        if let Some(other) = vary(value, &inner, reach, chance)
            && let Some(place) = new.get_mut(at)
        {
            place.1 = other;
        }
    }
    Some(new)
}

/// The least and greatest whole number in lists within a list: what a graph's edges run between.
fn range_of_pairs(items: &[Value]) -> Option<(BigInt, BigInt)> {
    let mut all = items
        .iter()
        .flat_map(|item| item.items().unwrap_or_default())
        .map(|value| match value {
            Value::Int(value) => Some(value.clone()),
            _ => None,
        });
    let first = all.next()??;
    let mut range = (first.clone(), first);
    for value in all {
        let value = value?;
        range = (range.0.min(value.clone()), range.1.max(value));
    }
    (range.0 >= BigInt::zero() && range.0 <= BigInt::one()).then_some(range)
}
