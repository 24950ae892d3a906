//! Replies that another harness has collected, graded anew.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use caco_evaluation::harness::{self, Sample};
use caco_evaluation::metrics::usual_ks;
use caco_evaluation::{Items, Read};
use caco_record::derive_seed;

use super::command::{Tally, item, of_another_model};
use super::grading;
use super::measure::{note, replies, row};
use super::results::{Agreed, ItemsWriter, ModelName, Results, TaskResult};
use super::sets::{Entry, Set, unread};
use crate::config::Task;
use crate::context::Context;
use crate::generator::Answer;
use crate::lock::Lock;
use crate::{Config, Error, Observer, atomic};

/// Items graded at a time.
const SLICE: usize = 256;

/// Which replies to grade anew, and where to.
#[derive(Clone, Copy, Debug)]
pub struct Rescoring<'a> {
    /// How code runs (`execute`) and undecided answers are settled (`answer`).
    pub config: &'a Config,
    /// The benchmark of all files. Default: by the name of each file.
    pub task: Option<Task>,
    /// Sample logs of lm-evaluation-harness, plain or compressed; those of one benchmark are taken together.
    pub files: &'a [PathBuf],
    /// Grade what this filter of the harness took out of the replies, instead of the whole replies.
    pub filter: Option<&'a str>,
    /// The model's name in the results.
    pub label: &'a str,
    /// The folder for the results.
    pub dir: &'a Path,
    /// The k of pass@k, as in [`super::Evaluation`].
    pub ks: Option<&'a [u32]>,
}

/// The documents of one benchmark, in the order of the files.
struct Documents {
    set: Set,
    said: Vec<Said>,
    files: Vec<PathBuf>,
    items: Items,
}

/// What the model said to one of them.
struct Said {
    replies: Vec<String>,
    given: BTreeMap<String, f64>,
}

/// Grades the replies of sample logs, and writes results as [`super::evaluate`] does, with the harness's own scores beside
/// ours.
///
/// # Errors
/// Where a file is no such log or of an unknown benchmark, its documents are not understood, or the machine fails.
pub fn rescore(
    rescoring: &Rescoring<'_>,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<Results, Error> {
    let mut hasher = blake3::Hasher::new();
    let mut all: BTreeMap<Task, Documents> = BTreeMap::new();
    for file in rescoring.files {
        let task = match rescoring.task {
            Some(task) => task,
            None => task_of(file)?,
        };
        read(file, task, rescoring.filter, &mut all, &mut hasher)?;
    }
    let dir = rescoring.dir;
    atomic::create_dir(dir)?;
    let _lock = Lock::take(dir)?;
    let name = ModelName {
        name: rescoring.label.to_owned(),
        id: format!("log:{}", &hasher.finalize().to_hex()[..32]),
    };
    of_another_model(dir, &name)?;
    // Nobody is asked, so there is nothing to keep in a ledger.
    let aside = tempfile::tempdir()
        .map_err(|error| Error::io("make a folder in", &std::env::temp_dir(), error))?;
    let context = Context::new(rescoring.config, aside.path(), observer, stop)?;
    let mut tasks = Vec::new();
    for documents in all.into_values() {
        tasks.push(grade(&context, rescoring, &documents)?);
    }
    let results = Results::new(name, rescoring.config.seed, None, tasks);
    results.save(dir)?;
    Ok(results)
}

/// The benchmark by the file's name.
fn task_of(file: &Path) -> Result<Task, Error> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let task = harness::task_name(&name);
    task.and_then(harness::task).ok_or_else(|| Error::Data {
        file: file.to_owned(),
        message: match task {
            Some(task) => format!("its name says that it is of `{task}`, which is not known here"),
            None => "its name does not say which benchmark it is of".into(),
        },
        hint: format!("name one with `--task`: {}", Task::names()),
    })
}

/// Reads one log. A document that comes again under another filter adds its scores.
fn read(
    file: &Path,
    task: Task,
    filter: Option<&str>,
    all: &mut BTreeMap<Task, Documents>,
    hasher: &mut blake3::Hasher,
) -> Result<(), Error> {
    let documents = all.entry(task).or_insert_with(|| Documents {
        set: Set {
            title: task.name().to_owned(),
            task: Some(task),
            path: file.to_owned(),
            entries: Vec::new(),
            left_out: BTreeMap::new(),
            beyond_limit: 0,
            samples: 0,
            template: None,
        },
        said: Vec::new(),
        files: Vec::new(),
        items: Items::of(task.name()),
    });
    documents.files.push(file.to_owned());
    let failed = |error: caco_lines::Error| Error::Data {
        file: file.to_owned(),
        message: error.message,
        hint: error.hint,
    };
    let mut reader = caco_lines::Reader::open(file).map_err(failed)?;
    let mut samples: Vec<(String, Sample)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut filters: Vec<String> = Vec::new();
    while let Some(line) = reader.line().map_err(failed)? {
        hasher.update(&line.text);
        let place = format!("line {}", line.number);
        let text = String::from_utf8_lossy(&line.text);
        let mut sample = harness::sample(&text).map_err(|wrong| unread(file, &place, &wrong))?;
        let own = sample.filter.clone();
        if let Some(own) = own.as_ref().filter(|own| !filters.contains(own)) {
            filters.push(own.clone());
        }
        sample.given = sample
            .given
            .into_iter()
            .map(|(score, value)| match &own {
                Some(own) => (format!("{score},{own}"), value),
                None => (score, value),
            })
            .collect();
        let chosen = filter.is_some() && own.as_deref() == filter;
        if chosen {
            sample.replies = std::mem::take(&mut sample.filtered);
        }
        match places.get(&sample.doc_id) {
            None => {
                places.insert(sample.doc_id.clone(), samples.len());
                samples.push((place, sample));
            }
            Some(at) => {
                let before = &mut samples[*at].1;
                before.given.extend(sample.given);
                if chosen {
                    before.replies = sample.replies;
                }
            }
        }
    }
    if let Some(wanted) = filter.filter(|wanted| !filters.iter().any(|own| own == wanted)) {
        return Err(Error::Data {
            file: file.to_owned(),
            message: format!("there is no filter `{wanted}` in it"),
            hint: format!("its filters are: {}", filters.join(", ")),
        });
    }
    take(file, task, samples, documents)
}

/// Makes items of the documents of one file.
fn take(
    file: &Path,
    task: Task,
    samples: Vec<(String, Sample)>,
    documents: &mut Documents,
) -> Result<(), Error> {
    for (place, sample) in samples {
        let read = task
            .read(&sample.doc)
            .map_err(|wrong| unread(file, &format!("{place}: `doc`"), &wrong))?;
        let draft = match read {
            Read::LeftOut(reason) => {
                *documents.set.left_out.entry(reason.to_owned()).or_default() += 1;
                continue;
            }
            Read::Item(draft) => draft,
        };
        let count = sample.replies.len() as u32;
        if documents.set.samples == 0 {
            documents.set.samples = count;
        }
        if count != documents.set.samples {
            return Err(Error::Data {
                file: file.to_owned(),
                message: format!(
                    "{place}: {count} replies, where others have {}",
                    documents.set.samples
                ),
                hint: "score logs with different numbers of replies one by one".into(),
            });
        }
        let item = documents.items.add(draft);
        documents.set.entries.push(Entry {
            row_id: caco_record::row_id(&["benchmark", &item.id]),
            source: item
                .source_id
                .clone()
                .unwrap_or_else(|| sample.doc_id.clone()),
            place,
            item,
        });
        documents.said.push(Said {
            replies: sample.replies,
            given: sample.given,
        });
    }
    if documents.set.entries.is_empty() {
        return Err(Error::Data {
            file: file.to_owned(),
            message: format!("it holds no document of {}", task.name()),
            hint: "give a file that lm-evaluation-harness wrote with `--log_samples`".into(),
        });
    }
    Ok(())
}

fn grade(
    context: &Context<'_>,
    rescoring: &Rescoring<'_>,
    documents: &Documents,
) -> Result<TaskResult, Error> {
    let set = &documents.set;
    let mut writer = ItemsWriter::open(rescoring.dir, &set.title)?;
    let mut tally = Tally::default();
    let mut given: BTreeMap<String, (f64, Agreed)> = BTreeMap::new();
    for (entries, said) in set.entries.chunks(SLICE).zip(documents.said.chunks(SLICE)) {
        context.check_stop()?;
        let answers: Vec<(&Entry, u32, Answer)> = entries
            .iter()
            .zip(said)
            .flat_map(|(entry, said)| {
                let texts = said.replies.iter().zip(0..);
                texts.map(move |(text, sample)| {
                    let answer = Answer {
                        text: text.clone(),
                        finish: "stop".into(),
                        attempts: 1,
                        ..Answer::default()
                    };
                    (entry, sample, answer)
                })
            })
            .collect();
        let pairs: Vec<_> = answers
            .iter()
            .map(|(entry, _, answer)| (&entry.item, answer))
            .collect();
        let mut graded = grading::grade(context, &pairs)?.into_iter();
        let mut answers = answers.iter();
        for (entry, said) in entries.iter().zip(said) {
            let mut rows = Vec::new();
            let own = answers.by_ref().take(said.replies.len());
            for ((_, sample, answer), graded) in own.zip(graded.by_ref()) {
                let mut row = row(set, entry, *sample);
                note(&mut row, (entry, *sample), String::new(), answer, graded)?;
                rows.push(row);
            }
            let replies = replies(entry, rows);
            let mut record = item(&replies)?;
            let ours = replies.judged.correct.first() == Some(&true);
            for (score, value) in &said.given {
                let (sum, agreed) = given.entry(score.clone()).or_default();
                let theirs = *value >= 0.5;
                *sum += value;
                agreed.items += 1;
                agreed.agree += u64::from(theirs == ours);
                agreed.only_theirs += u64::from(theirs && !ours);
                agreed.only_ours += u64::from(ours && !theirs);
            }
            record.given.clone_from(&said.given);
            writer.put(&record)?;
            tally.add(&replies);
        }
    }
    let items_hash = writer.publish()?;
    let usual = usual_ks(set.samples);
    let seed = derive_seed(context.config.seed, "evaluate", "bootstrap", 0);
    let mut result = tally.result(set, items_hash, rescoring.ks.unwrap_or(&usual), seed);
    let names: Vec<String> = documents
        .files
        .iter()
        .filter_map(|file| Some(file.file_name()?.to_string_lossy().into_owned()))
        .collect();
    result.file = names.join(", ");
    result.given = given
        .into_iter()
        .map(|(score, (sum, agreed))| {
            let mean = sum / agreed.items.max(1) as f64;
            (score, Agreed { mean, ..agreed })
        })
        .collect();
    Ok(result)
}
