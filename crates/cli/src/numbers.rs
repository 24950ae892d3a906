//! Figures for people: thousands, shares, durations.

/// `12345` as `12,345`.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `count` of `of` as a percentage with one decimal, or `-` of nothing.
pub fn percent(count: u64, of: u64) -> String {
    if of == 0 {
        "-".into()
    } else {
        format!("{:.1} %", 100.0 * count as f64 / of as f64)
    }
}

/// A rate per second with about three significant figures.
pub fn rate(per_second: f64) -> String {
    match per_second {
        r if !r.is_finite() || r < 0.0 => "-".into(),
        r if r >= 99_950.0 => format!("{:.0}k", r / 1000.0),
        r if r >= 9_995.0 => format!("{:.1}k", r / 1000.0),
        r if r >= 99.5 => grouped(r.round() as u64),
        r if r >= 9.95 => format!("{r:.0}"),
        r => format!("{r:.1}"),
    }
}

/// Seconds as `1:02` or `1:02:03`.
pub fn clock(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "-".into();
    }
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// Bytes in binary units.
pub fn bytes(value: u64) -> String {
    let value = value as f64;
    let (scale, unit) = match value {
        v if v >= 1024f64.powi(3) => (1024f64.powi(3), "GiB"),
        v if v >= 1024f64.powi(2) => (1024f64.powi(2), "MiB"),
        _ => (1024.0, "KiB"),
    };
    format!("{:.1} {unit}", value / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands() {
        for (value, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(value), expected);
        }
    }

    #[test]
    fn shares_of_nothing_are_not_zero() {
        assert_eq!(percent(0, 0), "-");
        assert_eq!(percent(1, 3), "33.3 %");
    }

    #[test]
    fn rates_and_clocks() {
        for (value, expected) in [
            (0.25, "0.2"),
            (42.4, "42"),
            (1520.0, "1,520"),
            (24_130.0, "24.1k"),
            (f64::NAN, "-"),
        ] {
            assert_eq!(rate(value), expected);
        }
        assert_eq!(clock(61.6), "1:02");
        assert_eq!(clock(3723.0), "1:02:03");
        assert_eq!(bytes(3 << 30), "3.0 GiB");
    }
}
