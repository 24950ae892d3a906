//! An evaluation by itself: one model, any benchmarks, a folder of results.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use caco_evaluation::metrics::{self, Judged, usual_ks};
use caco_record::{Row, derive_seed};

use super::measure::{Measured, Replies, Subject, Verdicts, measure};
use super::results::{
    ItemReply, ItemResult, ItemsWriter, MajorityResult, ModelName, RESULTS_FILE, Results,
    TaskResult,
};
use super::sets::{Set, load};
use crate::context::Context;
use crate::lock::Lock;
use crate::{Config, Error, Event, Observer, atomic};

/// What is to be measured, and where to.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// Benchmarks and sampling (`evaluate`), models, and how code runs (`execute`).
    pub config: &'a Config,
    /// Which of its models.
    pub model: &'a str,
    /// The model's name in the results.
    pub label: &'a str,
    /// The folder for results and ledger.
    pub dir: &'a Path,
    /// The k of pass@k. Default: 1, the powers of two below the number of samples, and that number.
    pub ks: Option<&'a [u32]>,
}

/// Asks a model the items of all benchmarks of a configuration, grades the replies, and writes `results.json` and
/// `items/NAME.jsonl`. What the folder's ledger has is not asked again.
///
/// # Errors
/// As [`crate::Run::execute`]; also where the folder holds the results of another model.
pub fn evaluate(
    evaluation: &Evaluation<'_>,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<Results, Error> {
    let Evaluation {
        config, label, dir, ..
    } = *evaluation;
    // Before anything is asked, all files are looked at.
    let sets: Vec<Set> = config
        .evaluate
        .benchmarks
        .iter()
        .map(load)
        .collect::<Result<_, _>>()?;
    atomic::create_dir(dir)?;
    let _lock = Lock::take(dir)?;
    atomic::sweep(dir);
    let context = Context::new(config, dir, observer, stop)?;
    let cut_off = context.ledger.cut_off();
    if cut_off > 0 {
        context.message(format!(
            "{cut_off} calls were under way when this evaluation was last cut off; they are asked again"
        ));
    }
    let model = context.models.named(config, evaluation.model)?;
    let name = ModelName {
        name: label.to_owned(),
        id: model.id().to_owned(),
    };
    of_another_model(dir, &name)?;
    for set in &sets {
        if let Some(warning) = odd_size(set) {
            observer.event(&Event::Warning { text: warning });
        }
    }
    let prompts = model.prompts();
    let subject = Subject {
        student: label.to_owned(),
        rows: 0,
        model,
    };
    let measured = measure(&context, 0, &[subject], &sets)?;
    measured.report.check()?;
    let mut tasks = Vec::new();
    for (number, set) in sets.iter().enumerate() {
        let mut result = task(&context, evaluation, &measured, &sets, number)?;
        let text = set.template_text(&context.prompts, prompts);
        let hash = blake3::hash(text.as_bytes()).to_hex()[..16].to_owned();
        result.template = Some((set.template_name(&context.prompts, prompts), hash));
        let lost = result.reasons.get("no_reply").copied().unwrap_or(0);
        if lost > 0 {
            observer.event(&Event::Warning {
                text: format!(
                    "{}: {lost} calls got no reply and count as wrong",
                    set.title
                ),
            });
        }
        tasks.push(result);
    }
    let sampling = Some(config.evaluate.sampling.clone());
    let results = Results::new(name, config.seed, sampling, tasks);
    results.save(dir)?;
    Ok(results)
}

/// Results of two models in one folder could not be told apart.
pub(super) fn of_another_model(dir: &Path, name: &ModelName) -> Result<(), Error> {
    if !dir.join(RESULTS_FILE).is_file() {
        return Ok(());
    }
    let there = Results::load(dir)?;
    if there.model.id == name.id {
        return Ok(());
    }
    Err(Error::Usage {
        message: format!(
            "{} holds the results of another model, {} ({})",
            dir.display(),
            there.model.name,
            there.model.id
        ),
        hint: "give another folder with `-o DIR`".into(),
    })
}

/// What is odd about the number of items, where it is odd.
fn odd_size(set: &Set) -> Option<String> {
    if usual_size(set) != Some(false) || set.beyond_limit > 0 {
        return None;
    }
    let sizes: Vec<String> = set.task?.sizes().iter().map(ToString::to_string).collect();
    Some(format!(
        "{}: {} has {} items, and the published sets have {}: the figures are not those of the benchmark",
        set.title,
        set.path.display(),
        set.entries.len(),
        sizes.join(" or ")
    ))
}

fn usual_size(set: &Set) -> Option<bool> {
    Some(set.task?.sizes().contains(&set.entries.len()))
}

/// The figures of one benchmark; its items are written on the way.
fn task(
    context: &Context<'_>,
    evaluation: &Evaluation<'_>,
    measured: &Measured,
    sets: &[Set],
    number: usize,
) -> Result<TaskResult, Error> {
    let set = &sets[number];
    let mut writer = ItemsWriter::open(evaluation.dir, &set.title)?;
    let mut tally = Tally::default();
    measured.replies(sets, 0, number, &mut |replies| {
        writer.put(&item(&replies)?)?;
        tally.add(&replies);
        Ok(())
    })?;
    let items_hash = writer.publish()?;
    let usual = usual_ks(set.samples);
    let ks = evaluation.ks.unwrap_or(&usual);
    let seed = derive_seed(context.config.seed, "evaluate", "bootstrap", 0);
    Ok(tally.result(set, items_hash, ks, seed))
}

/// What is counted while the items go by.
#[derive(Default)]
pub(super) struct Tally {
    judged: Vec<Judged>,
    groups: Vec<BTreeMap<String, String>>,
    reasons: BTreeMap<String, u64>,
}

impl Tally {
    pub(super) fn add(&mut self, replies: &Replies<'_>) {
        self.groups.push(replies.entry.item.groups.clone());
        self.judged.push(replies.judged.clone());
        for row in &replies.rows {
            if let Some(reason) = &row.reason {
                *self.reasons.entry(reason.clone()).or_default() += 1;
            }
        }
    }

    pub(super) fn result(self, set: &Set, items_hash: String, ks: &[u32], seed: u64) -> TaskResult {
        let groups = metrics::groups(self.groups.iter().zip(&self.judged));
        TaskResult {
            name: set.title.clone(),
            task: set.task,
            file: set
                .path
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            items_hash,
            left_out: set.left_out.clone(),
            beyond_limit: set.beyond_limit,
            usual_size: usual_size(set),
            template: None,
            grading: caco_evaluation::VERSION,
            metrics: metrics::metrics(&[self.judged], ks, seed),
            groups,
            reasons: self.reasons,
            given: BTreeMap::new(),
        }
    }
}

/// The record of one item.
pub(super) fn item(replies: &Replies<'_>) -> Result<ItemResult, Error> {
    let entry = replies.entry;
    let mut prompt = None;
    let mut said = Vec::new();
    for row in &replies.rows {
        let verdicts: Verdicts = serde_json::from_str(row.verdicts.as_deref().unwrap_or("{}"))
            .map_err(|error| Error::Internal(format!("the verdicts of a reply: {error}")))?;
        if !verdicts.prompt.is_empty() {
            prompt = Some(verdicts.prompt.clone());
        }
        said.push(reply(row, verdicts));
    }
    let majority = replies.judged.majority.filter(|_| said.len() > 1);
    Ok(ItemResult {
        id: entry.item.id.clone(),
        source_id: entry.item.source_id.clone(),
        place: entry.place.clone(),
        prompt,
        reference: entry.item.check.reference().to_owned(),
        groups: entry.item.groups.clone(),
        correct: replies.judged.right(),
        majority: majority.map(|correct| MajorityResult {
            answer: replies
                .vote
                .and_then(|vote| said[vote.reply].answer.clone()),
            votes: replies.vote.map_or(0, |vote| vote.votes),
            tied: replies.vote.is_some_and(|vote| vote.tied),
            correct,
        }),
        replies: said,
        given: BTreeMap::new(),
    })
}

fn reply(row: &Row, verdicts: Verdicts) -> ItemReply {
    ItemReply {
        text: row.solution.clone().unwrap_or_default(),
        finish: verdicts.finish,
        answer: row.final_answer.clone().or_else(|| row.program.clone()),
        how: verdicts.how,
        tier: verdicts.tier,
        correct: row.is_kept(),
        reason: row.reason.clone(),
        detail: row.detail.clone(),
    }
}
