//! Other texts: numbers and dates in words stay such, symbols stay of their alphabet, brackets stay balanced.

use num_bigint::BigInt;

use super::{Reach, Site, dates, numbers};
use crate::chance::Chance;

pub(super) fn text(
    text: &str,
    site: &Site<'_>,
    reach: Reach,
    chance: &mut Chance,
) -> Option<String> {
    if text.is_empty() {
        return (!matches!(reach, Reach::Larger(_))).then(|| "a".to_owned());
    }
    if text.len() > 5_000 {
        return None;
    }
    if let Some(new) = date(text, reach, chance) {
        return Some(new);
    }
    let chars: Vec<char> = text.chars().collect();
    if let Reach::Larger(quarters) = reach {
        // More of the same; a number in digits grows as a number.
        if chars.iter().all(char::is_ascii_digit) && chars.len() < 10 {
            return number(text, site, reach, chance);
        }
        let more = (chars.len() * usize::from(quarters) / 4).max(1);
        return Some(
            chars
                .iter()
                .chain(chars.iter().cycle().take(more))
                .collect(),
        );
    }
    if balanced(&chars) {
        return Some(brackets(&chars, chance));
    }
    if is_code(&chars) {
        return symbols(&chars, site, reach, chance);
    }
    if chars.iter().any(char::is_ascii_digit) && chance.one_in(4, 5) {
        return number(text, site, reach, chance);
    }
    let words: Vec<&str> = text.split(' ').collect();
    if words.len() > 2 && !site.fixed_length && chance.one_in(2, 3) {
        return Some(sentence(&words, reach, chance));
    }
    symbols(&chars, site, reach, chance)
}

/// Texts over a small alphabet that are read symbol by symbol: bits, DNA, moves.
fn is_code(chars: &[char]) -> bool {
    let mut kinds = chars.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    let bits = chars.iter().all(|c| matches!(c, '0' | '1'));
    chars.len() >= 3
        && (bits || chars.len() >= 2 * kinds.len() && kinds.len() <= 5)
        && chars.iter().all(|c| !c.is_whitespace())
        && (bits || !chars.iter().any(char::is_ascii_digit))
}

/// One of the numbers in a text becomes another of the same form.
fn number(text: &str, site: &Site<'_>, reach: Reach, chance: &mut Chance) -> Option<String> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
        match runs.last_mut() {
            Some((_, end)) if *end == at => *end += c.len_utf8(),
            _ => runs.push((at, at + c.len_utf8())),
        }
    }
    let &(start, end) = chance.pick(&runs)?;
    let (before, digits, after) = (text.get(..start)?, text.get(start..end)?, text.get(end..)?);
    if digits.len() > 400 {
        return None;
    }
    let value: BigInt = digits.parse().ok()?;
    let new = numbers::int(&value, site, reach, chance)?
        .magnitude()
        .to_string();
    // A group of fixed width, such as the hundreds of `1,250` or the minutes of `14:05`, keeps it.
    let padded = digits.starts_with('0') && digits.len() > 1
        || before.ends_with([',', ':']) && before.ends_with(|c| c == ',' || c == ':');
    let new = match padded {
        true => {
            let kept: String = new.chars().rev().take(digits.len()).collect();
            format!(
                "{:0>width$}",
                kept.chars().rev().collect::<String>(),
                width = digits.len()
            )
        }
        false => new,
    };
    Some(format!("{before}{new}{after}"))
}

/// `2024-03-15`, `15/03/2024`, `14:30` and `14:30:05`.
fn date(text: &str, reach: Reach, chance: &mut Chance) -> Option<String> {
    for sign in ['-', '/', '.'] {
        let parts: Vec<&str> = text.split(sign).collect();
        let numbers: Option<Vec<i32>> = parts.iter().map(|part| part.parse().ok()).collect();
        let (Some(numbers), [first, _, last]) = (numbers, parts.as_slice()) else {
            continue;
        };
        let small = |n: i32| u8::try_from(n).ok();
        if first.len() == 4 {
            let date = (numbers[0], small(numbers[1])?, small(numbers[2])?);
            let (year, month, day) = dates::moved(date, reach, chance)?;
            return Some(format!("{year:04}{sign}{month:02}{sign}{day:02}"));
        }
        if last.len() == 4 && numbers[0] <= 12 && numbers[1] <= 12 {
            // Day and month cannot be told apart: a day that is both.
            let (a, b) = (chance.between(1, 12), chance.between(1, 12));
            return Some(format!("{a:02}{sign}{b:02}{sign}{last}"));
        }
    }
    let parts: Vec<&str> = text.split(':').collect();
    let clock = (2..=3).contains(&parts.len())
        && parts
            .iter()
            .all(|p| (1..=2).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()));
    if clock {
        let least = usize::from(parts[0].starts_with('0') || parts[0].len() == 2) + 1;
        let mut shown = format!("{:0least$}", chance.below(24));
        for _ in 1..parts.len() {
            shown.push_str(&format!(":{:02}", chance.below(60)));
        }
        return Some(shown);
    }
    None
}

fn balanced(chars: &[char]) -> bool {
    !chars.is_empty() && chars.iter().all(|c| "()[]{}<>".contains(*c))
}

/// Takes a bracket away, adds a pair, or swaps two.
fn brackets(chars: &[char], chance: &mut Chance) -> String {
    let mut new = chars.to_vec();
    let at = chance.below(new.len());
    match chance.below(4) {
        0 if new.len() > 2 => {
            new.remove(at);
        }
        1 => {
            let other = chance.below(new.len());
            new.swap(at, other);
        }
        2 => {
            new.insert(at, '(');
            new.insert(at + 1, ')');
        }
        _ => {
            let pair: Vec<char> = new.iter().copied().take(2).collect();
            new.extend(pair);
        }
    }
    new.into_iter().collect()
}

fn sentence(words: &[&str], reach: Reach, chance: &mut Chance) -> String {
    let mut new: Vec<&str> = words.to_vec();
    let rounds = if reach == Reach::Far { 3 } else { 1 };
    for _ in 0..rounds {
        let (at, other) = (chance.below(new.len()), chance.below(new.len()));
        match chance.below(3) {
            0 if new.len() > 2 => {
                new.remove(at);
            }
            1 => new.insert(at, words[other.min(words.len() - 1)]),
            _ => new.swap(at, other),
        }
    }
    new.join(" ")
}

/// Changes symbols into others of their class, and the length by one now and then.
fn symbols(chars: &[char], site: &Site<'_>, reach: Reach, chance: &mut Chance) -> Option<String> {
    let mut own: Vec<char> = chars.to_vec();
    own.sort_unstable();
    own.dedup();
    let closed = is_code(chars) && own.len() > 1;
    let mut new = chars.to_vec();
    let rounds = match reach {
        Reach::Near => 1,
        _ => 1 + chance.below(chars.len().min(6)),
    };
    for _ in 0..rounds {
        let at = chance.below(new.len());
        match chance.below(5) {
            0 if !site.fixed_length && new.len() > 1 => {
                new.remove(at);
            }
            1 if !site.fixed_length => {
                let copy = new[at];
                new.insert(at, copy);
            }
            2 if new.len() > 1 => {
                let other = chance.below(new.len());
                new.swap(at, other);
            }
            _ => {
                new[at] = if closed {
                    *chance.pick(&own)?
                } else {
                    of_class(new[at], chance)
                }
            }
        }
    }
    Some(new.into_iter().collect())
}

/// Another letter of the same case and kind (a vowel half the time a vowel), or another digit; all else stays.
fn of_class(c: char, chance: &mut Chance) -> char {
    let from = match c {
        'a' | 'e' | 'i' | 'o' | 'u' if chance.one_in(1, 2) => "aeiou",
        'A' | 'E' | 'I' | 'O' | 'U' if chance.one_in(1, 2) => "AEIOU",
        'a'..='z' => "abcdefghijklmnopqrstuvwxyz",
        'A'..='Z' => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        '0'..='9' => "0123456789",
        _ => return c,
    };
    from.chars().nth(chance.below(from.len())).unwrap_or(c)
}
