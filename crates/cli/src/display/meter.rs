//! The figures of the stage in hand: done of total, rate, kept share, loss, time left.

use std::collections::VecDeque;

use caco_pipeline::{CallState, Event, Spent, Stage};

use crate::numbers::{clock, grouped, percent, rate};

/// Rates and time left look back so many seconds.
const WINDOW: f64 = 30.0;
/// What a stage reports in its first half second is work of an earlier process, found published.
const SETTLING: f64 = 0.5;

/// A stage's name, with its round when it has one, in a fixed width.
pub fn label(stage: Stage, round: u32) -> String {
    let name = stage.as_str();
    if round == 0 {
        format!("{name:<11}")
    } else {
        format!("{:<11}", format!("{name} {round}"))
    }
}

/// Collects the events of one stage. Times are seconds since any fixed moment.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    stage: Option<Stage>,
    round: u32,
    started: f64,
    marks: VecDeque<Mark>,
    done: u64,
    total: u64,
    tokens: u64,
    kept: u64,
    /// Units done when `kept` was last brought up to date, which is once a shard.
    kept_of: u64,
    unit: &'static str,
    training: Option<Training>,
    /// The calls of a server, while a stage makes some.
    calls: Option<(CallState, Spent)>,
}

/// How far the stage was at one moment.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: f64,
    done: u64,
    tokens: u64,
}

#[derive(Clone, Debug)]
struct Training {
    model: String,
    loss: f32,
}

impl Meter {
    /// A stage begins.
    pub fn start(&mut self, stage: Stage, round: u32, total: u64, now: f64) {
        *self = Self {
            stage: Some(stage),
            round,
            total,
            started: now,
            unit: "rows",
            ..Self::default()
        };
    }

    /// Takes in a progress or training event.
    pub fn update(&mut self, event: &Event, now: f64) {
        match event {
            Event::Progress {
                stage,
                round,
                done,
                total,
                kept,
                tokens,
                unit,
            } => {
                self.enter(*stage, *round, unit, now);
                self.training = None;
                if self.kept != *kept {
                    (self.kept, self.kept_of) = (*kept, *done);
                }
                self.unit = unit;
                self.advance(*done, *total, *tokens, now);
            }
            Event::Training {
                stage,
                round,
                model,
                step,
                steps,
                loss,
                tokens,
                ..
            } => {
                self.enter(*stage, *round, "steps", now);
                if self.training.as_ref().is_some_and(|t| t.model != *model) {
                    self.restart(now);
                }
                self.training = Some(Training {
                    model: model.clone(),
                    loss: *loss,
                });
                self.unit = "steps";
                self.advance(*step, *steps, *tokens, now);
            }
            Event::Calls { state, totals } => {
                self.calls = Some((state.clone(), *totals));
            }
            _ => {}
        }
    }

    /// Starts over when the stage, or what is counted in it, changes.
    fn enter(&mut self, stage: Stage, round: u32, unit: &str, now: f64) {
        if self.stage != Some(stage) || self.round != round {
            self.start(stage, round, 0, now);
        } else if self.unit != unit {
            self.restart(now);
        }
    }

    fn restart(&mut self, now: f64) {
        self.started = now;
        self.marks.clear();
    }

    fn advance(&mut self, done: u64, total: u64, tokens: u64, now: f64) {
        if self
            .marks
            .back()
            .is_some_and(|last| done < last.done || tokens < last.tokens)
        {
            self.restart(now);
        }
        if now - self.started < SETTLING {
            self.marks.clear();
        }
        self.marks.push_back(Mark {
            at: now,
            done,
            tokens,
        });
        while self.marks.len() > 2
            && self
                .marks
                .front()
                .is_some_and(|first| first.at < now - WINDOW)
        {
            self.marks.pop_front();
        }
        (self.done, self.total, self.tokens) = (done, total, tokens);
    }

    /// Units and tokens per second.
    fn rates(&self, now: f64) -> Option<(f64, f64)> {
        let first = self.marks.front()?;
        let seconds = now - first.at;
        let rate = |from: u64, to: u64| to.saturating_sub(from) as f64 / seconds;
        (seconds > 0.0).then(|| (rate(first.done, self.done), rate(first.tokens, self.tokens)))
    }

    /// Units in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Units done.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// The stage's name and round.
    pub fn label(&self) -> String {
        self.stage
            .map_or_else(String::new, |stage| label(stage, self.round))
    }

    /// Everything known, as one line.
    pub fn figures(&self, now: f64) -> String {
        let mut parts = Vec::new();
        let counts = format!("{}/{}", grouped(self.done), grouped(self.total));
        let (units, tokens) = self.rates(now).unwrap_or((0.0, 0.0));
        if let Some(training) = &self.training {
            if !training.model.is_empty() {
                parts.push(training.model.clone());
            }
            parts.push(format!("{counts} steps"));
            parts.push(format!("loss {:.3}", training.loss));
        } else {
            parts.push(format!("{counts} {}", self.unit));
            if units > 0.0 {
                parts.push(format!("{}/s", rate(units)));
            }
            match self.unit {
                "calls" | "steps" | "files" => {}
                _ if self.kept_of == 0 => {}
                "problems" => parts.push(format!("solved {}", percent(self.kept, self.kept_of))),
                _ => parts.push(format!("kept {}", percent(self.kept, self.kept_of))),
            }
        }
        if units > 0.0 && self.total > self.done {
            parts.push(format!(
                "ETA {}",
                clock((self.total - self.done) as f64 / units)
            ));
        }
        if tokens > 0.0 {
            parts.push(format!("{} tok/s", rate(tokens)));
        }
        if let Some((state, totals)) = &self.calls {
            parts.push(calls(state, totals));
        }
        parts.join(", ")
    }
}

/// Calls in flight of the most that may be, retries, and the money so far.
fn calls(state: &CallState, totals: &Spent) -> String {
    let mut words = format!(
        "{}/{} in flight",
        grouped(state.in_flight),
        grouped(state.limit)
    );
    if state.retried > 0 {
        words.push_str(&format!(", {} repeated", grouped(state.retried)));
    }
    if state.sick > 0 {
        words.push_str(&format!(", {} sick", grouped(state.sick)));
    }
    let currency = state.currency.as_deref().unwrap_or_default();
    match totals.cost {
        Some(cost) => words.push_str(&format!(", {}", format!("{cost:.2} {currency}").trim_end())),
        None => words.push_str(", cost unknown"),
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(done: u64, total: u64, kept: u64, unit: &'static str) -> Event {
        Event::Progress {
            stage: Stage::Execute,
            round: 1,
            done,
            total,
            kept,
            tokens: 0,
            unit,
        }
    }

    #[test]
    fn rate_share_and_time_left() {
        let mut meter = Meter::default();
        meter.start(Stage::Execute, 1, 100, 10.0);
        meter.update(&progress(1, 100, 1, "programs"), 10.4);
        meter.update(&progress(21, 100, 14, "programs"), 12.4);
        assert_eq!(
            meter.figures(12.4),
            "21/100 programs, 10/s, kept 66.7 %, ETA 0:08"
        );
    }

    #[test]
    fn the_kept_share_is_of_whole_shards() {
        let mut meter = Meter::default();
        meter.start(Stage::Execute, 1, 100, 0.0);
        meter.update(&progress(10, 100, 0, "programs"), 0.0);
        assert_eq!(meter.figures(0.0), "10/100 programs");
        meter.update(&progress(50, 100, 25, "programs"), 0.1);
        meter.update(&progress(70, 100, 25, "programs"), 0.2);
        assert_eq!(meter.figures(0.2), "70/100 programs, kept 50.0 %");
    }

    #[test]
    fn work_of_an_earlier_process_does_not_count_into_the_rate() {
        let mut meter = Meter::default();
        meter.start(Stage::Execute, 1, 1000, 0.0);
        meter.update(&progress(250, 1000, 200, "programs"), 0.1);
        meter.update(&progress(500, 1000, 400, "programs"), 0.2);
        meter.update(&progress(600, 1000, 480, "programs"), 10.2);
        assert_eq!(
            meter.figures(10.2),
            "600/1,000 programs, 10/s, kept 80.0 %, ETA 0:40"
        );
    }

    #[test]
    fn the_rate_looks_back_half_a_minute() {
        let mut meter = Meter::default();
        meter.start(Stage::Execute, 1, 10_000, 0.0);
        for second in 0..=100 {
            let done = if second <= 50 {
                second * 100
            } else {
                5000 + (second - 50) * 10
            };
            meter.update(&progress(done, 10_000, 0, "calls"), second as f64);
        }
        assert_eq!(meter.figures(100.0), "5,500/10,000 calls, 10/s, ETA 7:30");
    }

    #[test]
    fn calls_have_no_kept_share() {
        let mut meter = Meter::default();
        meter.start(Stage::Execute, 1, 10, 0.0);
        meter.update(&progress(0, 10, 0, "calls"), 0.0);
        assert_eq!(meter.figures(0.0), "0/10 calls");
    }

    #[test]
    fn calls_show_their_number_their_troubles_and_their_cost() {
        let mut meter = Meter::default();
        meter.update(&progress(10, 40, 0, "problems"), 0.0);
        let event = |cost: Option<f64>, retried: u64| Event::Calls {
            state: CallState {
                in_flight: 12,
                limit: 64,
                retried,
                currency: cost.map(|_| "EUR".into()),
                ..CallState::default()
            },
            totals: Spent {
                cost,
                ..Spent::default()
            },
        };
        meter.update(&event(None, 0), 0.1);
        assert!(
            meter
                .figures(0.2)
                .ends_with("12/64 in flight, cost unknown")
        );
        meter.update(&event(Some(1.234), 3), 0.3);
        assert!(
            meter
                .figures(0.4)
                .ends_with("12/64 in flight, 3 repeated, 1.23 EUR")
        );
    }

    #[test]
    fn training_shows_loss_tokens_and_time_left() {
        let step = |model: &str, step: u64, tokens: u64| Event::Training {
            stage: Stage::Train,
            round: 2,
            model: model.into(),
            step,
            steps: 50,
            loss: 1.25,
            lr: 1e-3,
            tokens,
            tokens_per_second: 4_000.0,
        };
        let mut meter = Meter::default();
        meter.start(Stage::Train, 2, 100, 0.0);
        meter.update(&step("seeds", 1, 4_000), 0.4);
        meter.update(&step("seeds", 10, 40_000), 9.4);
        assert_eq!(
            meter.figures(9.4),
            "seeds, 10/50 steps, loss 1.250, ETA 0:40, 4,000 tok/s"
        );
        meter.update(&step("loop", 1, 4_000), 60.0);
        meter.update(&step("loop", 10, 40_000), 69.0);
        assert_eq!(
            meter.figures(69.0),
            "loop, 10/50 steps, loss 1.250, ETA 0:40, 4,000 tok/s"
        );
    }
}
