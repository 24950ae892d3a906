//! Asking models through the call ledger: what it holds is never asked again, and a reply is durable before it is used.

mod batch;
mod purse;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use caco_ledger::{Call, Key};
use caco_record::Stage;

pub(crate) use batch::Batch;
pub(crate) use purse::Purse;

use crate::config::{Config, Sampling};
use crate::context::Context;
use crate::generator::{Answer, Ask, FINISH_NO_REPLY, FINISH_REFUSED, Generator, Held, Listener};
use crate::{CallState, Error, Event};

/// One thing to ask for a row.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) row_id: String,
    /// Which of several samples for the row, from 0.
    pub(crate) index: u32,
    pub(crate) ask: Ask,
}

/// What becomes of a question that the ledger cannot answer.
pub(crate) enum Mode {
    /// A model is asked.
    Ask,
    /// It is an error: the run is rebuilt from what is there.
    Replay,
    /// It is written into a batch file, for somebody else to ask.
    Batch(Batch),
}

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) stage: Stage,
    pub(crate) round: u32,
    pub(crate) model: &'a dyn Generator,
    pub(crate) sampling: &'a Sampling,
}

/// The folder of a run's ledger.
pub(crate) fn folder(run: &Path) -> PathBuf {
    run.join("calls")
}

/// How many shards a stage works on at once, so that the model has as many questions as it can take.
pub(crate) fn width(
    context: &Context<'_>,
    model: &dyn Generator,
    questions_per_row: usize,
) -> usize {
    /// Each shard under work is a thread.
    const MOST: usize = 64;
    let questions = context.config.shard_rows * questions_per_row.max(1);
    match (&context.mode, model.width()) {
        // A batch file lists the questions in the order of the rows.
        (Mode::Batch(_), _) | (_, 0) => 1,
        // One more, so that none waits while a shard is written.
        (_, width) => (width.div_ceil(questions) + 1).min(MOST),
    }
}

impl Asker<'_> {
    /// The question of one row: a user's message to the model.
    pub(crate) fn question(&self, row_id: &str, index: u32, user: &str) -> Result<Question, Error> {
        let (form, prompt) = self.model.chat(user)?;
        Ok(Question {
            row_id: row_id.to_owned(),
            index,
            ask: Ask {
                form,
                prompt,
                seed: self.context.seed(self.stage, row_id, u64::from(index)),
            },
        })
    }

    /// The replies to the questions, in their order. `progress` hears replies done and tokens written.
    pub(crate) fn answers(
        &self,
        questions: &[Question],
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<Answer>, Error> {
        let params = serde_json::to_string(self.sampling)
            .map_err(|error| Error::Internal(error.to_string()))?;
        let ledger = &self.context.ledger;
        let keys: Vec<Key> = questions
            .iter()
            .map(|question| self.key(question, &params))
            .collect();
        let mut answers = ledger.find(&keys)?;
        // Two equal questions are one call.
        let mut first: HashMap<Key, usize> = HashMap::new();
        let mut missing: Vec<usize> = Vec::new();
        for (place, key) in keys.iter().enumerate() {
            if answers[place].is_none() && *first.entry(*key).or_insert(place) == place {
                missing.push(place);
            }
        }
        let known = questions.len() - missing.len();
        progress(known, 0);
        if !missing.is_empty() {
            self.context.check_stop()?;
            let call = |place: usize| {
                let question = &questions[place];
                Call {
                    key: keys[place],
                    stage: self.stage.as_str().to_owned(),
                    round: self.round,
                    row_id: question.row_id.clone(),
                    sample: question.index,
                    model: self.model.id().to_owned(),
                    params: params.clone(),
                    prompt: question.ask.prompt.clone(),
                    seed: question.ask.seed,
                    paid: self.model.paid(),
                    reply: Answer::default(),
                }
            };
            match &self.context.mode {
                Mode::Ask => {}
                // What runs here is no call that somebody else could make.
                Mode::Batch(_) if !self.model.paid() => {}
                Mode::Replay => {
                    return Err(Error::NotInLedger {
                        stage: self.stage,
                        calls: missing.len() as u64,
                    });
                }
                Mode::Batch(batch) => {
                    for place in &missing {
                        let question = &questions[*place];
                        if batch.write(self.model, &question.ask, self.sampling, keys[*place])? {
                            ledger.note_exported(call(*place))?;
                        }
                    }
                    return Err(Error::Awaiting {
                        stage: self.stage,
                        round: self.round,
                        calls: missing.len() as u64,
                    });
                }
            }
            let asks: Vec<Ask> = missing
                .iter()
                .map(|place| questions[*place].ask.clone())
                .collect();
            let desk = Desk {
                context: self.context,
                call: &|n| call(missing[n]),
                key: &|n| keys[missing[n]],
                replies: Mutex::new(vec![None; missing.len()]),
                known,
                done: AtomicU64::new(0),
                tokens: AtomicU64::new(0),
                progress,
            };
            let result = self
                .model
                .generate(&asks, self.sampling, &desk, self.context.stop);
            // Also after a failure: what was paid for is kept.
            ledger.flush()?;
            if let Err(Error::Budget { .. }) = result {
                // What is spent is known when the calls that were under way have ended.
                self.context.purse.may()?;
            }
            result?;
            let replies = desk
                .replies
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner);
            for (place, reply) in missing.iter().zip(replies) {
                answers[*place] = reply;
            }
        }
        progress(questions.len(), 0);
        let copies: Vec<Option<Answer>> = keys
            .iter()
            .zip(&answers)
            .map(|(key, answer)| match answer {
                Some(answer) => Some(answer.clone()),
                None => first.get(key).and_then(|place| answers[*place].clone()),
            })
            .collect();
        copies
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| {
                Error::Internal("a model gave fewer replies than it was asked for".into())
            })
    }

    fn key(&self, question: &Question, params: &str) -> Key {
        Key::of(&[
            self.model.id(),
            question.ask.form.as_str(),
            params,
            &question.ask.prompt,
            &question.ask.seed.to_string(),
            &question.index.to_string(),
        ])
    }
}

/// Takes replies as they come and brings them to the ledger.
struct Desk<'a> {
    context: &'a Context<'a>,
    call: &'a (dyn Fn(usize) -> Call + Sync),
    key: &'a (dyn Fn(usize) -> Key + Sync),
    replies: Mutex<Vec<Option<Answer>>>,
    /// Replies that the ledger had.
    known: usize,
    done: AtomicU64,
    tokens: AtomicU64,
    progress: &'a (dyn Fn(usize, usize) + Sync),
}

impl Listener for Desk<'_> {
    fn sent(&self, n: usize) -> Result<(), Error> {
        self.context.purse.take()?;
        Ok(self.context.ledger.sent((self.key)(n))?)
    }

    fn reply(&self, n: usize, answer: Answer, held: Held) -> Result<(), Error> {
        let mut call = (self.call)(n);
        if call.paid && matches!(answer.finish.as_str(), FINISH_NO_REPLY | FINISH_REFUSED) {
            // The row's fate, but nobody's bill.
            call.paid = false;
            self.context.purse.give_back();
        } else if call.paid {
            self.context.purse.pay(&answer);
            counted(self.context.config, &call.model, &answer)?;
        }
        let tokens = u64::from(answer.completion_tokens);
        let tokens = self.tokens.fetch_add(tokens, Ordering::Relaxed) + tokens;
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        call.reply = answer.clone();
        self.context
            .ledger
            .append(call, Box::new(move || drop(held)))?;
        self.replies.lock().unwrap_or_else(PoisonError::into_inner)[n] = Some(answer);
        self.progress(done as usize, tokens as usize);
        Ok(())
    }

    fn has_replies(&self, model: &str) -> bool {
        self.context.ledger.has_replies(model).unwrap_or(false)
    }

    fn gone(&self, n: usize) {
        self.context.purse.give_back();
        // A count that is too high is better than a run that ends for it.
        let _ = self.context.ledger.gone((self.key)(n));
    }

    fn progress(&self, done: usize, tokens: usize) {
        (self.progress)(self.known + done, tokens);
    }

    fn over(&self) -> bool {
        self.context.failed.load(Ordering::Relaxed)
    }

    fn state(&self, state: &CallState) {
        let (totals, _) = self.context.purse.spent();
        self.context.observer.event(&Event::Calls {
            state: state.clone(),
            totals: totals.into(),
        });
    }
}

/// A budget of tokens or money that a server does not count for is none.
fn counted(config: &Config, model: &str, answer: &Answer) -> Result<(), Error> {
    let bounded = config.budget.tokens.is_some() || config.budget.cost.is_some();
    let silent = answer.prompt_tokens == 0 && answer.completion_tokens == 0;
    if bounded && silent && !answer.text.is_empty() {
        return Err(Error::Model {
            name: model.to_owned(),
            message:
                "its server does not say how many tokens a call took, so the budget cannot be kept"
                    .into(),
            hint: "bound `budget.calls` instead of `tokens` or `cost`".into(),
        });
    }
    Ok(())
}

/// A ledger that several tools of a run share.
pub(crate) type Ledger = Arc<caco_ledger::Ledger>;
