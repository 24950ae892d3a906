//! Asks models the items of benchmarks and grades their replies, shard by shard.

use std::sync::Arc;

use caco_evaluation::Check;
use caco_evaluation::metrics::{Judged, Vote, vote};
use caco_record::{ORIGIN_SEED, Row, Stage};
use serde::{Deserialize, Serialize};

use super::grading::{self, Graded};
use super::sets::{Entry, Set};
use crate::asking::{self, Asker, Question};
use crate::context::Context;
use crate::generator::{Answer, Generator};
use crate::report::StageReport;
use crate::runner::map::{self, Input, Map, Progress};
use crate::shard::{self, Shard};
use crate::stages::json;
use crate::{Error, prompts::Prompts};

const VERSION: u32 = 4;

/// One model to measure.
pub(crate) struct Subject {
    /// Its name in reports.
    pub(crate) student: String,
    /// Rows that it learnt from.
    pub(crate) rows: u64,
    /// Whoever answers: an embedded model, a server, or what a stage has started.
    pub(crate) model: Arc<dyn Generator>,
}

/// A run of replies of one benchmark: reply `n` is sample `n % samples` of item `n / samples`.
struct Chunk {
    set: usize,
    replies: std::ops::Range<usize>,
}

/// What was asked and how it was graded.
pub(crate) struct Measured {
    pub(crate) shards: Vec<Shard>,
    pub(crate) report: StageReport,
    chunks: Vec<Chunk>,
}

/// What a row records of its reply.
#[derive(Serialize, Deserialize)]
pub(super) struct Verdicts {
    pub(super) item: String,
    pub(super) sample: u32,
    /// The hash of what was asked.
    pub(super) prompt: String,
    pub(super) finish: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) how: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tier: Option<String>,
}

/// Measures models on benchmarks. Every pair of them is worked on as one stage; the shards lie subject by subject, each in
/// the order of the benchmarks.
pub(crate) fn measure(
    context: &Context<'_>,
    round: u32,
    subjects: &[Subject],
    sets: &[Set],
) -> Result<Measured, Error> {
    let chunks = chunks(sets, context.config.shard_rows);
    let mut inputs = Vec::new();
    for subject in subjects {
        for chunk in &chunks {
            let set = &sets[chunk.set];
            let template = set.template_text(&context.prompts, subject.model.prompts());
            let grading = grading::section(context.config, set.kind())?;
            let mut parts = vec!["evaluate", subject.model.id(), template, &grading];
            let samples: Vec<String> = pairs(set, chunk)
                .map(|(_, sample)| sample.to_string())
                .collect();
            for ((entry, _), sample) in pairs(set, chunk).zip(&samples) {
                parts.extend([entry.row_id.as_str(), &entry.item.id, sample]);
            }
            inputs.push(Input {
                fingerprint: shard::fingerprint(&parts),
                rows: chunk.replies.len() as u64,
                load: Box::new(move || Ok(rows(set, chunk))),
            });
        }
    }
    let map = Map {
        stage: Stage::Evaluate,
        round,
        version: VERSION,
        section: json(&context.config.evaluate.sampling)?,
        unit: "problems",
        width: subjects
            .iter()
            .map(|subject| asking::width(context, &*subject.model, 1))
            .max()
            .unwrap_or(1),
        fences: (1..subjects.len()).map(|who| who * chunks.len()).collect(),
    };
    let (shards, report) = map::run(context, &map, &inputs, &|rows, progress| {
        let number = progress.number;
        let subject = &subjects[number / chunks.len().max(1)];
        let chunk = &chunks[number % chunks.len().max(1)];
        solve(
            context,
            round,
            subject,
            &sets[chunk.set],
            chunk,
            rows,
            progress,
        )
    })?;
    drop(inputs);
    Ok(Measured {
        shards,
        report,
        chunks,
    })
}

fn chunks(sets: &[Set], size: usize) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    for (set, own) in sets.iter().enumerate() {
        let all = own.entries.len() * own.samples as usize;
        let starts = (0..all).step_by(size.max(1));
        chunks.extend(starts.map(|start| Chunk {
            set,
            replies: start..(start + size.max(1)).min(all),
        }));
    }
    chunks
}

/// The items of a chunk's replies, with the number of the sample.
fn pairs<'a>(set: &'a Set, chunk: &Chunk) -> impl Iterator<Item = (&'a Entry, u32)> {
    let samples = set.samples.max(1) as usize;
    chunk
        .replies
        .clone()
        .map(move |reply| (&set.entries[reply / samples], (reply % samples) as u32))
}

/// A row for each reply.
fn rows(set: &Set, chunk: &Chunk) -> Vec<Row> {
    pairs(set, chunk)
        .map(|(entry, sample)| row(set, entry, sample))
        .collect()
}

/// The row of one reply, before it has come.
pub(super) fn row(set: &Set, entry: &Entry, sample: u32) -> Row {
    let id = match sample {
        0 => entry.row_id.clone(),
        _ => caco_record::row_id(&[&entry.row_id, "sample", &sample.to_string()]),
    };
    let mut row = Row::new(id, ORIGIN_SEED, 0, Stage::Evaluate);
    row.seed_id = Some(entry.source.clone());
    row.source = Some(set.title.clone());
    row.problem = Some(entry.item.question.clone());
    row.reference = Some(entry.item.check.reference().to_owned());
    row
}

/// Asks one model and grades its replies: kept is right.
fn solve(
    context: &Context<'_>,
    round: u32,
    subject: &Subject,
    set: &Set,
    chunk: &Chunk,
    mut rows: Vec<Row>,
    progress: &Progress<'_>,
) -> Result<Vec<Row>, Error> {
    let asker = Asker {
        context,
        stage: Stage::Evaluate,
        round,
        model: &*subject.model,
        sampling: &context.config.evaluate.sampling,
    };
    let asked: Vec<(&Entry, u32)> = pairs(set, chunk).collect();
    let mut hashes = Vec::with_capacity(rows.len());
    let mut questions: Vec<Question> = Vec::with_capacity(rows.len());
    for ((entry, sample), row) in asked.iter().zip(&rows) {
        let user = user(&context.prompts, subject, set, entry)?;
        hashes.push(prompt_hash(&user));
        questions.push(asker.question(&row.row_id, *sample, &user)?);
    }
    let all = questions.len();
    let answers = asker.answers(&questions, &|done, tokens| progress.part(done, all, tokens))?;
    let graded = {
        let pairs: Vec<_> = asked
            .iter()
            .map(|(entry, _)| &entry.item)
            .zip(&answers)
            .collect();
        grading::grade(context, &pairs)?
    };
    for (place, (row, graded)) in rows.iter_mut().zip(graded).enumerate() {
        row.parent_id = Some(subject.model.id().to_owned());
        let prompt = std::mem::take(&mut hashes[place]);
        note(row, asked[place], prompt, &answers[place], graded)?;
    }
    Ok(rows)
}

fn user(prompts: &Prompts, subject: &Subject, set: &Set, entry: &Entry) -> Result<String, Error> {
    set.user(prompts, subject.model.prompts(), &entry.item)
}

/// The first 16 hexadecimal digits of the hash of what a user's message says.
pub(super) fn prompt_hash(user: &str) -> String {
    blake3::hash(user.as_bytes()).to_hex()[..16].to_owned()
}

/// Writes a reply and its grade into its row.
pub(super) fn note(
    row: &mut Row,
    (entry, sample): (&Entry, u32),
    prompt: String,
    answer: &Answer,
    graded: Graded,
) -> Result<(), Error> {
    let verdicts = Verdicts {
        item: entry.item.id.clone(),
        sample,
        prompt,
        finish: answer.finish.clone(),
        how: graded.how.map(|how| how.as_str().to_owned()),
        tier: graded.tier.map(str::to_owned),
    };
    row.verdicts = Some(json(&verdicts)?);
    row.solution = Some(answer.text.trim().to_owned());
    match &entry.item.check {
        Check::Answer { .. } => row.final_answer = graded.answer,
        Check::Tests(_) => row.program = graded.answer,
    }
    row.execution = graded.execution;
    match graded.wrong {
        None => row.keep(Stage::Evaluate),
        Some((reason, detail)) if graded.lost => row.quarantine(Stage::Evaluate, &reason, detail),
        Some((reason, detail)) => row.reject(Stage::Evaluate, &reason, detail),
    }
    Ok(())
}

/// The replies to one item, graded.
pub(super) struct Replies<'a> {
    pub(super) entry: &'a Entry,
    pub(super) rows: Vec<Row>,
    pub(super) judged: Judged,
    /// The majority vote, where final answers are counted.
    pub(super) vote: Option<Vote>,
}

impl Measured {
    /// Hands on the replies of one subject to one benchmark, item by item; no more than a shard is held at a time.
    pub(super) fn replies<'a>(
        &self,
        sets: &'a [Set],
        subject: usize,
        set: usize,
        take: &mut dyn FnMut(Replies<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let entries = &sets[set].entries;
        let samples = sets[set].samples.max(1) as usize;
        let own = &self.shards[subject * self.chunks.len()..];
        let mut waiting: Vec<Row> = Vec::new();
        let mut next = entries.iter();
        for (chunk, shard) in self.chunks.iter().zip(own) {
            if chunk.set != set {
                continue;
            }
            for row in shard.rows()? {
                waiting.push(row);
                if waiting.len() == samples
                    && let Some(entry) = next.next()
                {
                    take(replies(entry, std::mem::take(&mut waiting)))?;
                }
            }
        }
        if waiting.is_empty() && next.next().is_none() {
            return Ok(());
        }
        Err(Error::Internal(format!(
            "the graded replies of {} are not as many as its items",
            sets[set].title
        )))
    }

    /// The same, only whether they are right.
    pub(crate) fn judged(
        &self,
        sets: &[Set],
        subject: usize,
        set: usize,
    ) -> Result<Vec<Judged>, Error> {
        let mut all = Vec::new();
        self.replies(sets, subject, set, &mut |replies| {
            all.push(replies.judged);
            Ok(())
        })?;
        Ok(all)
    }
}

/// What the graded replies to an item come to.
pub(super) fn replies(entry: &Entry, rows: Vec<Row>) -> Replies<'_> {
    let correct: Vec<bool> = rows.iter().map(Row::is_kept).collect();
    let vote = match &entry.item.check {
        Check::Answer { policy, .. } if rows.len() > 1 => {
            let answers: Vec<Option<&str>> =
                rows.iter().map(|row| row.final_answer.as_deref()).collect();
            vote(&answers, policy)
        }
        _ => None,
    };
    let words = matches!(entry.item.check, Check::Answer { .. });
    let majority = match vote {
        Some(vote) => Some(correct[vote.reply]),
        // With one reply, or none that answers, the vote is that reply's.
        None if words => Some(rows.len() == 1 && correct[0]),
        None => None,
    };
    Replies {
        entry,
        rows,
        judged: Judged { correct, majority },
        vote,
    }
}
