//! Times of day and dates.

use super::node::Node;

const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// `8:34 PM`, `08:34 \text{p.m.}`, `20:34:00`: a time that is certainly one, by its seconds, its first zero or its half of
/// the day. `8:34` alone may be a ratio.
pub(crate) fn clock(text: &str) -> Option<Node> {
    if text.len() > 40 || !text.contains(':') && !text.ends_with(['m', 'M', '.', '}']) {
        return None;
    }
    let plain = text
        .replace(r"\text", "")
        .replace(r"\mbox", "")
        .replace(r"\mathrm", "")
        .replace(['{', '}', '\\', '.', '~', ' ', ','], "")
        .to_lowercase();
    let (time, half) = match plain.strip_suffix("am") {
        Some(time) => (time, Some(0)),
        None => match plain.strip_suffix("pm") {
            Some(time) => (time, Some(12)),
            None => (plain.as_str(), None),
        },
    };
    let parts: Vec<&str> = time.split(':').collect();
    let number = |part: &str| -> Option<u32> {
        (!part.is_empty() && part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse().ok())?
    };
    let (hour, minute, second) = match parts.as_slice() {
        [hour] if half.is_some() => (number(hour)?, 0, 0),
        [hour, minute] if minute.len() == 2 => (number(hour)?, number(minute)?, 0),
        [hour, minute, second] if minute.len() == 2 && second.len() == 2 => {
            (number(hour)?, number(minute)?, number(second)?)
        }
        _ => return None,
    };
    if minute > 59 || second > 59 || hour > 23 || half.is_some() && !(1..=12).contains(&hour) {
        return None;
    }
    let certain = half.is_some() || parts.len() == 3 || time.starts_with('0') || hour > 12;
    let hour = match half {
        Some(add) => hour % 12 + add,
        None => hour,
    };
    certain.then_some(Node::Clock(hour * 3600 + minute * 60 + second))
}

/// `2024-05-01`, `May 1, 2024`, `1 May 2024`, `May 1`.
pub(crate) fn date(text: &str) -> Option<Node> {
    if text.len() > 60 {
        return None;
    }
    let bytes = text.as_bytes();
    let shape = |at: usize| bytes.get(at).copied();
    if bytes.len() == 10 && shape(4) == Some(b'-') && shape(7) == Some(b'-') {
        let year = text.get(..4)?.parse().ok()?;
        let month = text.get(5..7)?.parse().ok()?;
        let day = text.get(8..)?.parse().ok()?;
        return valid(year, month, day);
    }
    let lower = text.to_lowercase();
    if !MONTHS
        .iter()
        .any(|m| lower.contains(m.get(..3).unwrap_or(m)))
    {
        return None;
    }
    let plain = lower
        .replace(r"\text", " ")
        .replace(['{', '}', '\\', ',', '~', '.'], " ");
    let (mut month, mut numbers) = (None, Vec::new());
    for word in plain.split_whitespace() {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        if let Some(at) = MONTHS
            .iter()
            .position(|m| *m == word || word.len() == 3 && m.starts_with(word))
        {
            month = Some(u32::try_from(at).ok()? + 1);
        } else if !digits.is_empty()
            && matches!(
                word.get(digits.len()..),
                Some("" | "st" | "nd" | "rd" | "th")
            )
        {
            numbers.push(digits.parse::<i32>().ok()?);
        } else if word != "of" {
            return None;
        }
    }
    match numbers.as_slice() {
        [day] => valid(0, month?, u32::try_from(*day).ok()?),
        [day, year] if *year > 31 => valid(*year, month?, u32::try_from(*day).ok()?),
        _ => None,
    }
}

fn valid(year: i32, month: u32, day: u32) -> Option<Node> {
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(Node::Date(year, month, day))
}
