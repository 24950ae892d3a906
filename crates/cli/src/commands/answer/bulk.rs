//! Files of pairs and of replies.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use caco_answer::{Outcome, Policy, final_answer};
use caco_lines::Fields;
use caco_pipeline::{Pair, Referee};
use serde_json::{Value, json};

use super::rows::{self, Done, Job, Row};
use super::verdict::{EXTRACTED, FIELDS, Judged, Settings, Taken, referee, taken_fields};
use crate::args::{AnswerCompare, AnswerExtract, Global, RowFiles};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::Result;
use crate::numbers::{grouped, percent, rate};
use crate::{output, stop};

/// Counts by name.
type Counts = BTreeMap<&'static str, u64>;

/// What a file of pairs came to.
#[derive(Default)]
struct Tally {
    verdicts: Counts,
    tiers: Counts,
    how: Counts,
    /// What the fallback said of the pairs that went there.
    fallback: Counts,
    /// Against the labels that the rows had in `equal`: agreed, false accepts, false rejects.
    labels: Option<(u64, u64, u64)>,
}

/// A pair with its label, where the row has one.
struct Pairing {
    judged: Judged,
    label: Option<bool>,
}

/// Compares the pairs of a file.
pub fn compare(global: &Global, args: &AnswerCompare, policy: &Policy) -> Result<Exit> {
    let (display, stop) = watch(global)?;
    let settings = Settings::new(args, policy);
    let referee = referee(args, &display, &stop)?;
    let mut tally = Tally::default();
    let read = |fields: &Fields| {
        let gold = rows::text(fields, &args.gold_field, "--gold-field")?;
        let gold = gold.ok_or_else(|| format!("`{}` is null", args.gold_field))?;
        let pred = rows::text(fields, &args.files.pred_field, "--pred-field")?;
        let label = if rows::is_judged(fields) {
            "given_equal"
        } else {
            "equal"
        };
        Ok(Pairing {
            judged: settings.judge(gold, pred),
            label: fields.get(label).and_then(|label| label.parse().ok()),
        })
    };
    let settles = referee.is_some();
    let restore = |pairing: &mut Pairing, old: &Fields| {
        if settles {
            pairing.judged.restore(old);
        }
        !settles || pairing.judged.open().is_none()
    };
    let mut work = |batch: &mut [Row<Pairing>]| {
        if let Some(referee) = &referee {
            settle(referee, batch, &stop)?;
        }
        for row in batch {
            if let Row::Good(_, pairing) = row {
                tally.add(pairing);
            }
        }
        Ok(())
    };
    let write = |fields: &Fields, pairing: &Pairing| {
        let mut fields = fields.clone();
        rows::set_aside(&mut fields, &FIELDS);
        fields.with(&[], &pairing.judged.fields())
    };
    let job = Job {
        files: &args.files,
        display: &display,
        stop: &stop,
        unit: "pairs",
    };
    let done = rows::run(&job, &read, &restore, &mut work, &write)?;
    if has_report(global, &args.files) {
        output::json(&tally.report(&done, args.fallback != crate::args::FallbackName::None))?;
    }
    display.say(&tally.words(&done));
    Ok(Exit::Done)
}

/// Takes the answers out of the replies of a file.
pub fn extract(global: &Global, args: &AnswerExtract) -> Result<Exit> {
    let (display, stop) = watch(global)?;
    let mut found = Counts::new();
    let mut missing = Counts::new();
    let read = |fields: &Fields| {
        let reply = rows::text(fields, &args.files.pred_field, "--pred-field")?;
        Ok(final_answer(&reply.unwrap_or_default()))
    };
    let mut work = |batch: &mut [Row<Taken>]| {
        for row in batch {
            match row {
                Row::Good(_, Ok(taken)) => *found.entry(taken.how.as_str()).or_default() += 1,
                Row::Good(_, Err(why)) => *missing.entry(why.as_str()).or_default() += 1,
                Row::Bad(..) => {}
            }
        }
        Ok(())
    };
    let write = |fields: &Fields, taken: &Taken| {
        let mut fields = fields.clone();
        rows::set_aside(&mut fields, &EXTRACTED);
        fields.with(&[], &taken_fields(taken))
    };
    let job = Job {
        files: &args.files,
        display: &display,
        stop: &stop,
        unit: "replies",
    };
    let done = rows::run(&job, &read, &|_, _| true, &mut work, &write)?;
    if has_report(global, &args.files) {
        output::json(&json!({
            "rows": done.rows, "resumed": done.resumed, "bad_rows": done.bad, "seconds": rounded(done.seconds),
            "how": found, "missing": missing,
        }))?;
    }
    let with: u64 = found.values().sum();
    let mut words = format!(
        "{}; {} with an answer",
        speed(&done, "replies"),
        grouped(with)
    );
    listed(&mut words, ": ", &found);
    listed(&mut words, "; without: ", &missing);
    bad_rows(&mut words, &done);
    display.say(&words);
    Ok(Exit::Done)
}

fn watch(global: &Global) -> Result<(Arc<Display>, Arc<AtomicBool>)> {
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping"))?
    };
    Ok((display, stop))
}

/// Whether a JSON report goes to stdout: not where the rows go there.
fn has_report(global: &Global, files: &RowFiles) -> bool {
    global.json && files.output.as_deref() != Some(Path::new("-"))
}

/// Takes the undecided pairs of a batch to the fallback.
fn settle(referee: &Referee, batch: &mut [Row<Pairing>], stop: &AtomicBool) -> Result<()> {
    let open: Vec<Pair<'_>> = batch
        .iter()
        .filter_map(|row| match row {
            Row::Good(_, pairing) => pairing.judged.open(),
            Row::Bad(..) => None,
        })
        .collect();
    let mut rulings = referee.settle(&open, stop)?.into_iter();
    for row in batch {
        if let Row::Good(_, pairing) = row
            && pairing.judged.open().is_some()
            && let Some(ruling) = rulings.next()
        {
            pairing.judged.settle(ruling);
        }
    }
    Ok(())
}

impl Tally {
    fn add(&mut self, pairing: &Pairing) {
        let judged = &pairing.judged;
        *self.verdicts.entry(judged.outcome().as_str()).or_default() += 1;
        *self.tiers.entry(judged.tier()).or_default() += 1;
        if judged.is_settled() {
            *self.fallback.entry(judged.outcome().as_str()).or_default() += 1;
        }
        if let Some(taken) = judged.taken() {
            let how = match taken {
                Ok(found) => found.how.as_str(),
                Err(missing) => missing.as_str(),
            };
            *self.how.entry(how).or_default() += 1;
        }
        if let Some(label) = pairing.label {
            let labels = self.labels.get_or_insert_default();
            match (judged.outcome() == Outcome::Equal, label) {
                (true, false) => labels.1 += 1,
                (false, true) => labels.2 += 1,
                _ => labels.0 += 1,
            }
        }
    }

    fn report(&self, done: &Done, fallback: bool) -> Value {
        let mut report = json!({
            "rows": done.rows, "resumed": done.resumed, "bad_rows": done.bad, "verdicts": self.verdicts,
            "tiers": self.tiers, "seconds": rounded(done.seconds),
        });
        if !self.how.is_empty() {
            report["how"] = json!(self.how);
        }
        if fallback {
            report["fallback"] = json!(self.fallback);
        }
        if let Some((agreed, accepts, rejects)) = self.labels {
            report["labels"] =
                json!({"agreed": agreed, "false_accepts": accepts, "false_rejects": rejects});
        }
        report
    }

    fn words(&self, done: &Done) -> String {
        let mut words = speed(done, "pairs");
        listed(&mut words, ": ", &self.verdicts);
        listed(&mut words, "; tiers: ", &self.tiers);
        listed(&mut words, "; taken from: ", &self.how);
        let asked: u64 = self.fallback.values().sum();
        if asked > 0 {
            words.push_str(&format!(
                "; fallback: {} pairs ({})",
                grouped(asked),
                percent(asked, done.rows)
            ));
            listed(&mut words, ", ", &self.fallback);
        }
        if let Some((agreed, accepts, rejects)) = self.labels {
            words.push_str(&format!(
                "; labels: agreed {}, false accepts {}, false rejects {}",
                grouped(agreed),
                grouped(accepts),
                grouped(rejects)
            ));
        }
        bad_rows(&mut words, done);
        words
    }
}

fn speed(done: &Done, unit: &str) -> String {
    format!(
        "{} {unit} in {:.1} s ({}/s)",
        grouped(done.rows),
        done.seconds,
        rate((done.rows - done.resumed) as f64 / done.seconds.max(1e-9))
    )
}

fn listed(words: &mut String, before: &str, counts: &Counts) {
    if counts.is_empty() {
        return;
    }
    let listed: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name} {}", grouped(*count)))
        .collect();
    words.push_str(before);
    words.push_str(&listed.join(", "));
}

fn bad_rows(words: &mut String, done: &Done) {
    if done.resumed > 0 {
        words.push_str(&format!("; {} were done before", grouped(done.resumed)));
    }
    if done.bad > 0 {
        words.push_str(&format!(
            "; {} rows were not understood (verdict bad_row)",
            grouped(done.bad)
        ));
    }
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}
