//! The live line on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::meter::Meter;

/// One bar at the foot of the terminal; finished stages scroll up as plain lines.
pub struct Live {
    bar: Option<ProgressBar>,
    last: f64,
}

/// Seconds between two looks at the figures; the eye needs no more.
const INTERVAL: f64 = 0.1;

impl Live {
    pub fn new() -> Self {
        Self {
            bar: None,
            last: 0.0,
        }
    }

    /// Prints a line above the bar.
    pub fn line(&mut self, words: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{words}")),
            None => eprintln!("{words}"),
        }
    }

    /// Shows the meter's figures.
    pub fn update(&mut self, meter: &Meter, now: f64) {
        if self.bar.is_some() && now - self.last < INTERVAL {
            return;
        }
        self.last = now;
        let bar = self.bar.get_or_insert_with(|| {
            let bar =
                ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
            // The template is fixed and valid; the plain style stands in if indicatif ever disagrees.
            let style = ProgressStyle::with_template("{spinner} {prefix} {bar:16} {wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=> ");
            bar.set_style(style);
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        bar.set_length(meter.total());
        bar.set_position(meter.done());
        bar.set_prefix(meter.label());
        bar.set_message(meter.figures(now));
    }

    /// Shows a line of figures that have no end in sight.
    pub fn counted(&mut self, words: impl FnOnce() -> String, now: f64) {
        if self.bar.is_some() && now - self.last < INTERVAL {
            return;
        }
        self.last = now;
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        bar.set_message(words());
    }

    /// Takes the bar away when its stage ends.
    pub fn stage_end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Takes the bar away for good.
    pub fn close(&mut self) {
        self.stage_end();
    }
}
