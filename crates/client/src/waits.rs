//! How long a server asks to be left alone, in its headers.

use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The wait that an answer's headers ask for: `Retry-After` (seconds or a date), `retry-after-ms`, and the
/// `x-ratelimit-reset-*` of whatever has none remaining.
pub(crate) fn asked(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let milliseconds = text("retry-after-ms").and_then(|text| text.trim().parse().ok());
    if let Some(wait) = milliseconds.and_then(|ms: f64| seconds(ms / 1000.0)) {
        return Some(wait);
    }
    if let Some(value) = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
    {
        let value = value.trim();
        let wait = match value.parse() {
            Ok(number) => seconds(number),
            Err(_) => date(value).map(|date| date.duration_since(now).unwrap_or_default()),
        };
        if wait.is_some() {
            return wait;
        }
    }
    let exhausted = |remaining: &str, reset: &str| match text(remaining)?.trim().parse::<f64>() {
        Ok(left) if left < 1.0 => span(text(reset)?.trim()),
        _ => None,
    };
    let requests = exhausted(
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
    );
    requests.max(exhausted(
        "x-ratelimit-remaining-tokens",
        "x-ratelimit-reset-tokens",
    ))
}

fn seconds(number: f64) -> Option<Duration> {
    // A year at most: longer ones are as good as never.
    (number >= 0.0).then(|| Duration::from_secs_f64(number.min(3.2e7)))
}

/// A span as `1s`, `6m0s`, `1h2m3.5s`, `20ms`, or a number of seconds.
fn span(text: &str) -> Option<Duration> {
    if let Ok(number) = text.parse() {
        return seconds(number);
    }
    let (mut rest, mut total) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let (unit, length) = match &rest[digits..] {
            unit if unit.starts_with("ms") => (0.001, 2),
            unit if unit.starts_with('s') => (1.0, 1),
            unit if unit.starts_with('m') => (60.0, 1),
            unit if unit.starts_with('h') => (3600.0, 1),
            unit if unit.starts_with('d') => (86400.0, 1),
            _ => return None,
        };
        total += number * unit;
        rest = &rest[digits + length..];
    }
    seconds(total)
}

/// A date of HTTP in its one current form, as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
fn date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let parts: Vec<&str> = text.split_ascii_whitespace().collect();
    let &[_, day, month, year, time, "GMT"] = parts.as_slice() else {
        return None;
    };
    let day: u64 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let year: u64 = year
        .parse()
        .ok()
        .filter(|year| (1970..=9999).contains(year))?;
    let mut clock = time.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if clock.next().is_some() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since 1970, counting years from March so that the leap day is the last.
    let (years, months) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days =
        365 * years + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    UNIX_EPOCH.checked_add(Duration::from_secs(
        ((days * 24 + hour) * 60 + minute) * 60 + second,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn wait(headers: &[(&'static str, &'static str)]) -> Option<Duration> {
        let pair = |&(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        asked(&headers.iter().map(pair).collect(), now)
    }

    #[test]
    fn dates_are_those_of_other_clocks() {
        let since =
            |text| date(text).map(|date| date.duration_since(UNIX_EPOCH).unwrap().as_secs());
        assert_eq!(since("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(since("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(since("Thu, 29 Feb 2024 23:59:59 GMT"), Some(1_709_251_199));
        assert_eq!(since("Sunday, 06-Nov-94 08:49:37 GMT"), None);
    }

    #[test]
    fn retry_after_is_read_in_each_form() {
        let seconds = |seconds| Some(Duration::from_secs_f64(seconds));
        assert_eq!(wait(&[("retry-after", "7")]), seconds(7.0));
        assert_eq!(wait(&[("retry-after", "0")]), seconds(0.0));
        assert_eq!(
            wait(&[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")]),
            seconds(30.0)
        );
        assert_eq!(
            wait(&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]),
            seconds(0.0)
        );
        assert_eq!(
            wait(&[("retry-after-ms", "250"), ("retry-after", "7")]),
            seconds(0.25)
        );
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[("retry-after", "-1")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn resets_count_where_nothing_remains() {
        let reset = |remaining, reset| {
            wait(&[
                ("x-ratelimit-remaining-tokens", remaining),
                ("x-ratelimit-reset-tokens", reset),
                ("x-ratelimit-remaining-requests", "12"),
                ("x-ratelimit-reset-requests", "90s"),
            ])
        };
        assert_eq!(reset("0", "6m0s"), Some(Duration::from_secs(360)));
        assert_eq!(
            reset("0", "1h2m3.5s"),
            Some(Duration::from_millis(3_723_500))
        );
        assert_eq!(reset("0", "20ms"), Some(Duration::from_millis(20)));
        assert_eq!(reset("0", "4"), Some(Duration::from_secs(4)));
        assert_eq!(reset("0", "later"), None);
        assert_eq!(reset("3", "6m0s"), None);
    }
}
