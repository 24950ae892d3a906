//! Plain lines: at the start of each stage, at intervals, and at its end.

use super::meter::Meter;

/// Seconds between lines.
const INTERVAL: f64 = 10.0;
/// Seconds between lines with `--verbose`.
const VERBOSE_INTERVAL: f64 = 1.0;

/// Prints lines to stderr.
pub struct Plain {
    interval: f64,
    last: f64,
}

impl Plain {
    pub fn new(verbose: bool) -> Self {
        Self {
            interval: if verbose { VERBOSE_INTERVAL } else { INTERVAL },
            last: 0.0,
        }
    }

    pub fn line(&mut self, words: &str) {
        eprintln!("{words}");
    }

    pub fn update(&mut self, meter: &Meter, now: f64, started: bool) {
        if self.due(now, started) {
            eprintln!("     {} {}", meter.label(), meter.figures(now));
        }
    }

    pub fn counted(&mut self, words: impl FnOnce() -> String, now: f64) {
        if self.due(now, false) {
            eprintln!("     {}", words());
        }
    }

    /// Whether a line is due. The start of a stage is silent and restarts the interval: short stages show only their end.
    fn due(&mut self, now: f64, started: bool) -> bool {
        if started {
            self.last = now;
            return false;
        }
        let due = now - self.last >= self.interval;
        if due {
            self.last = now;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_at_intervals() {
        let mut plain = Plain::new(false);
        assert!(!plain.due(100.0, true));
        assert!(!plain.due(109.0, false));
        assert!(plain.due(110.0, false));
        assert!(!plain.due(115.0, false));
        assert!(plain.due(121.0, false));
    }
}
