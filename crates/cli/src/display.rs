//! What a person sees while a run works: one live line for the current stage on a terminal, plain lines elsewhere.
//!
//! Both are fed by the same events as `events.jsonl`. A [`Meter`] turns them into figures; it knows nothing of terminals
//! and is given the time, so that it can be tested.

mod live;
mod meter;
mod plain;

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use caco_pipeline::{Event, Observer, Stage, StageReport};

use crate::args::Global;
use crate::numbers::{clock, grouped, percent};
use crate::paint::Paint;
use live::Live;
use meter::Meter;
use plain::Plain;

/// Receives events and shows them on stderr.
pub struct Display {
    state: Mutex<State>,
    start: Instant,
    paint: Paint,
    quiet: bool,
}

struct State {
    meter: Meter,
    surface: Surface,
}

enum Surface {
    Live(Live),
    Plain(Plain),
    Silent,
}

impl Display {
    /// A display as the options and the terminal call for.
    pub fn new(global: &Global) -> Arc<Self> {
        let surface = if global.quiet {
            Surface::Silent
        } else if std::io::stderr().is_terminal() && !global.no_progress {
            Surface::Live(Live::new())
        } else {
            Surface::Plain(Plain::new(global.verbose))
        };
        Arc::new(Self {
            state: Mutex::new(State {
                meter: Meter::default(),
                surface,
            }),
            start: Instant::now(),
            paint: Paint::for_stderr(),
            quiet: global.quiet,
        })
    }

    /// Says something apart from the events; silent with `--quiet`.
    pub fn say(&self, words: &str) {
        if !self.quiet {
            self.state().surface.line(words);
        }
    }

    /// Says what is wrong but does not end the command; also with `--quiet`.
    pub fn warn(&self, words: &str) {
        self.event(&Event::Warning { text: words.into() });
    }

    /// Shows a line about work that is no stage, if one is due: in place on a terminal, at intervals elsewhere.
    pub fn counted(&self, words: impl FnOnce() -> String) {
        let now = self.start.elapsed().as_secs_f64();
        match &mut self.state().surface {
            Surface::Live(live) => live.counted(words, now),
            Surface::Plain(plain) => plain.counted(words, now),
            Surface::Silent => {}
        }
    }

    /// Takes the live line away, before the report is printed.
    pub fn close(&self) {
        if let Surface::Live(live) = &mut self.state().surface {
            live.close();
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finished(&self, report: &StageReport) -> String {
        let mut line = format!(
            "{} {}",
            self.paint.good("done"),
            meter::label(report.name, report.round)
        );
        let solving = report.name == Stage::Evaluate;
        let kept = if solving { "solved" } else { "kept" };
        line.push_str(&format!(
            " {} in, {} {kept} ({})",
            grouped(report.rows_in),
            grouped(report.kept),
            percent(report.kept, report.rows_in)
        ));
        if report.rejected > 0 && !solving {
            line.push_str(&format!(", {} rejected", grouped(report.rejected)));
        }
        if report.quarantined > 0 {
            line.push_str(&format!(", {} quarantined", grouped(report.quarantined)));
        }
        line.push_str(&format!(", {}", clock(report.seconds)));
        line
    }
}

impl Observer for Display {
    fn event(&self, event: &Event) {
        let now = self.start.elapsed().as_secs_f64();
        let mut state = self.state();
        let State { meter, surface } = &mut *state;
        match event {
            Event::RunStarted { name, dir, resumed } => {
                let verb = if *resumed {
                    "going on with"
                } else {
                    "starting"
                };
                let dir = crate::report::friendly(dir);
                surface.line(&format!("{verb} {} in {dir}", self.paint.strong(name)));
            }
            Event::StageStarted {
                stage,
                round,
                total,
            } => {
                meter.start(*stage, *round, *total, now);
                surface.update(meter, now, true);
            }
            Event::Progress { .. } | Event::Training { .. } | Event::Calls { .. } => {
                meter.update(event, now);
                surface.update(meter, now, false);
            }
            Event::StageFinished { report } => {
                surface.stage_end();
                surface.line(&self.finished(report));
            }
            Event::Message { text } => surface.line(text),
            Event::Warning { text } => {
                let line = format!("{} {text}", self.paint.warn("warning:"));
                if self.quiet {
                    eprintln!("{line}")
                } else {
                    surface.line(&line)
                }
            }
            _ => {}
        }
    }
}

impl Surface {
    fn line(&mut self, words: &str) {
        match self {
            Self::Live(live) => live.line(words),
            Self::Plain(plain) => plain.line(words),
            Self::Silent => {}
        }
    }

    fn update(&mut self, meter: &Meter, now: f64, started: bool) {
        match self {
            Self::Live(live) => live.update(meter, now),
            Self::Plain(plain) => plain.update(meter, now, started),
            Self::Silent => {}
        }
    }

    fn stage_end(&mut self) {
        if let Self::Live(live) = self {
            live.stage_end();
        }
    }
}
