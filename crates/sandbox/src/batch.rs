//! Many programs in one child, from the supervisor's side. A batch is what is handed to the child at once; its answers are
//! taken one by one, each tied to its program by a nonce, and anything else in the stream ends the child.

use crate::pipes::{PATIENCE, Pipes, TICK_MS};
use crate::wire::{self, Nonce, Spoilt};
use crate::zygote::{Message, Zygote};
use crate::{Config, Limits, Outcome, Program, Result, Status, Tier};
use caco_program::routing::Uses;
use std::collections::VecDeque;
use std::time::Instant;

/// A child of the batch tier that waits for programs.
#[derive(Debug)]
pub struct Live {
    pipes: Pipes,
    pub limits: Limits,
    /// Programs that it has answered.
    pub ran: usize,
    peak_kb: u64,
}

/// What became of one program of a batch.
#[derive(Debug)]
pub enum Fate {
    /// It has an outcome.
    Done(Box<Outcome>),
    /// The child cannot vouch for it: it needs one of its own.
    Own,
    /// It was not started.
    Untouched,
}

/// How a batch ended.
pub struct Batch {
    /// One for each program, in their order.
    pub fates: Vec<Fate>,
    /// The child, where it can take more.
    pub live: Option<Live>,
    /// The zygote died or fell silent: it must be replaced.
    pub lost: bool,
    /// The child could not enter its layers.
    pub refused: Option<String>,
}

impl Live {
    /// A new child; `Err` where the zygote is gone.
    pub fn start(
        zygote: &mut Zygote,
        config: &Config,
        limits: &Limits,
    ) -> Result<std::result::Result<Self, String>> {
        Ok(
            Pipes::launch(zygote, config, limits, true)?.map(|pipes| Self {
                pipes,
                limits: *limits,
                ran: 0,
                peak_kb: 0,
            }),
        )
    }

    /// Whether it should make room for a fresh one.
    pub fn is_spent(&self, config: &Config) -> bool {
        self.ran >= config.renew_after || self.peak_kb / 1024 > self.limits.memory_mb / 2
    }

    /// Ends it and waits until it is reaped; false where the zygote is lost.
    pub fn retire(mut self, zygote: &mut Zygote) -> bool {
        self.pipes.feed.close();
        zygote.kill_batch();
        zygote.await_report()
    }

    /// Runs `programs` in their order. `stop` ends the child and leaves the rest untouched.
    ///
    /// # Errors
    /// [`Error::System`] where the supervisor cannot wait.
    pub fn run(
        mut self,
        zygote: &mut Zygote,
        config: &Config,
        programs: &[(&Program, Uses)],
        stop: &dyn Fn() -> bool,
    ) -> Result<Batch> {
        let nonces: Vec<Nonce> = programs.iter().map(|_| zygote.new_nonce()).collect();
        let mut data = Vec::new();
        for ((program, uses), nonce) in programs.iter().zip(&nonces) {
            wire::encode(program, *uses, nonce, &mut data);
        }
        self.pipes.feed.push(&data);
        let mut fates: Vec<Fate> = Vec::with_capacity(programs.len());
        let mut waiting: VecDeque<Nonce> = nonces.into();
        let first_pass = config.first_pass_seconds.min(self.limits.cpu_seconds);
        let mut silence = Silence::new();
        let mut end = End::Open;
        let mut refused = None;
        let mut lost = false;
        while !waiting.is_empty() && matches!(end, End::Open) {
            let ready = self.pipes.wait(zygote)?;
            let results = &mut self.pipes.results;
            if ready.printed {
                // Programs of this tier print into memory: whatever comes here came past it.
                end = End::Odd;
            }
            if ready.results {
                let before = waiting.len();
                match take(
                    results,
                    &mut waiting,
                    programs,
                    config,
                    &mut fates,
                    &mut self.peak_kb,
                ) {
                    Ok(Taken::Frames) => {}
                    Ok(Taken::Moved) => end = End::Moved,
                    Ok(Taken::Refused(why)) => {
                        refused = Some(why);
                        end = End::Odd;
                    }
                    Err(Spoilt) => end = End::Odd,
                }
                if results.overflow || (results.fd() < 0 && matches!(end, End::Open)) {
                    end = End::Odd;
                }
                if waiting.len() < before {
                    silence = Silence::new();
                }
            }
            if ready.control {
                match zygote.receive::<Message>(PATIENCE) {
                    Ok(Message { cpu: Some(cpu), .. }) => silence.heard(cpu),
                    Ok(report) => {
                        refused = refused.or(report.refused);
                        // Its last words may still be in the pipe.
                        results.drain();
                        let words = take(
                            results,
                            &mut waiting,
                            programs,
                            config,
                            &mut fates,
                            &mut self.peak_kb,
                        );
                        let moved = matches!(words, Ok(Taken::Moved));
                        end = if moved { End::MovedAndGone } else { End::Gone };
                    }
                    Err(_) => {
                        lost = true;
                        end = End::Gone;
                    }
                }
            }
            if stop() {
                end = if matches!(end, End::Open | End::Odd) {
                    End::Stopped
                } else {
                    end
                };
            } else if matches!(end, End::Open) && !ready.results {
                match silence.next(first_pass, self.limits.wall_seconds) {
                    Next::Wait => {}
                    Next::Ask => zygote.ask_cpu(),
                    Next::Kill => end = End::Odd,
                }
            }
        }
        self.ran += fates.len();
        let left = programs.len() - fates.len();
        let live = match end {
            End::Open => Some(self),
            End::Moved | End::MovedAndGone => {
                // The child says so after the last program that it started.
                fates.extend((0..left).map(|_| Fate::Untouched));
                lost |= matches!(end, End::Moved) && !zygote.await_report();
                None
            }
            End::Stopped => {
                fates.extend((0..left).map(|_| Fate::Untouched));
                lost |= !self.retire(zygote);
                None
            }
            End::Odd | End::Gone => {
                // Which of the others was at work cannot be known from here.
                fates.extend((0..left).map(|_| Fate::Own));
                lost |= matches!(end, End::Odd) && !self.retire(zygote);
                None
            }
        };
        Ok(Batch {
            fates,
            live,
            lost,
            refused,
        })
    }
}

/// Why no more is read from a child.
enum End {
    Open,
    /// A program left something changed; the child ends by itself.
    Moved,
    MovedAndGone,
    /// It must be killed.
    Odd,
    /// It is dead already.
    Gone,
    Stopped,
}

#[derive(Debug)]
pub(crate) enum Taken {
    Frames,
    Moved,
    Refused(String),
}

/// Takes all whole frames out of `results`. An outcome that may be due to earlier programs of the child is none.
pub(crate) fn take(
    results: &mut crate::capture::Capture,
    waiting: &mut VecDeque<Nonce>,
    programs: &[(&Program, Uses)],
    config: &Config,
    fates: &mut Vec<Fate>,
    peak_kb: &mut u64,
) -> std::result::Result<Taken, Spoilt> {
    let mut at = 0;
    let mut taken = Taken::Frames;
    while let Some(nonce) = waiting.front() {
        let rest = results.bytes.get(at..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
        let Some((frame, length)) = wire::decode(rest, nonce)? else {
            break;
        };
        at += length;
        if frame.status == "host" {
            return Ok(Taken::Refused(frame.message.unwrap_or_default()));
        }
        let program = programs
            .get(fates.len())
            .map(|(program, _)| *program)
            .ok_or(Spoilt)?;
        *peak_kb = (*peak_kb).max(frame.peak_kb);
        if frame.status == "moved" {
            // Any of them may have met what one of them left.
            let withheld = frame.withheld.clamp(1, waiting.len());
            waiting.drain(..withheld);
            fates.extend((0..withheld).map(|_| Fate::Own));
            taken = Taken::Moved;
            break;
        }
        let mut outcome = wire::outcome(frame, Tier::Batch, config).ok_or(Spoilt)?;
        waiting.pop_front();
        fates.push(match outcome.status {
            Status::Ok | Status::Error
                if outcome.error_class.as_deref() != Some("RecursionError") =>
            {
                let printed = std::mem::take(&mut outcome.stdout);
                wire::answer_from_stdout(&mut outcome, program.via, &printed);
                outcome.stdout = tail(printed, config.keep_bytes);
                outcome.stderr = tail(std::mem::take(&mut outcome.stderr), config.keep_bytes);
                Fate::Done(Box::new(outcome))
            }
            _ => Fate::Own,
        });
    }
    if waiting.is_empty() && results.bytes.len() > at && matches!(taken, Taken::Frames) {
        return Err(Spoilt);
    }
    results.bytes.drain(..at);
    Ok(taken)
}

/// The last `keep` bytes of a text, as far as characters allow.
fn tail(text: String, keep: usize) -> String {
    if text.len() <= keep {
        return text;
    }
    let start = text.ceil_char_boundary(text.len() - keep);
    text.get(start..).unwrap_or_default().into()
}

/// Judges a child that says nothing, by the CPU time that it uses meanwhile.
struct Silence {
    since: Instant,
    asked: bool,
    first: Option<f64>,
    spent: f64,
}

enum Next {
    Wait,
    Ask,
    Kill,
}

impl Silence {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            asked: false,
            first: None,
            spent: 0.0,
        }
    }

    fn heard(&mut self, cpu: f64) {
        self.asked = false;
        let first = *self.first.get_or_insert(cpu);
        self.spent = (cpu - first).max(self.spent);
    }

    /// To be called once each tick without an answer.
    fn next(&mut self, cpu_seconds: f64, wall_seconds: f64) -> Next {
        let silent = self.since.elapsed().as_secs_f64();
        // The first reading came about one tick after the last answer.
        let tick = f64::from(TICK_MS) / 1000.0;
        if silent > wall_seconds || (self.first.is_some() && self.spent + tick > cpu_seconds) {
            Next::Kill
        } else if self.asked {
            Next::Wait
        } else {
            self.asked = true;
            Next::Ask
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_keeps_whole_characters() {
        assert_eq!(tail("abc".into(), 4), "abc");
        assert_eq!(tail("abcdef".into(), 2), "ef");
        assert_eq!(tail("aöö".into(), 3), "ö");
    }

    #[test]
    fn silence_is_judged_by_the_cpu_time_used_in_it() {
        let mut silence = Silence::new();
        assert!(matches!(silence.next(1.0, 20.0), Next::Ask));
        assert!(
            matches!(silence.next(1.0, 20.0), Next::Wait),
            "one question at a time"
        );
        silence.heard(5.0);
        assert!(matches!(silence.next(1.0, 20.0), Next::Ask));
        silence.heard(5.5);
        assert!(matches!(silence.next(1.0, 20.0), Next::Ask));
        silence.heard(5.95);
        assert!(matches!(silence.next(1.0, 20.0), Next::Kill));
        assert!(
            matches!(Silence::new().next(1.0, 0.0), Next::Kill),
            "the wall cap"
        );
    }
}
