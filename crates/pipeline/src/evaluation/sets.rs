//! The items of a benchmark's file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use caco_answer::Policy;
use caco_evaluation::{Check, Draft, Item, Items, Kind, Read};

use super::files;
use crate::config::{Benchmark, PromptSet, SeedFormat, Task};
use crate::prompts::{Parts, Prompt, Prompts};
use crate::{Error, seeds};

/// The items of one benchmark, and how they are asked.
pub(crate) struct Set {
    pub(crate) title: String,
    pub(crate) task: Option<Task>,
    pub(crate) path: PathBuf,
    pub(crate) entries: Vec<Entry>,
    /// Rows of the file that are no items, by the reason.
    pub(crate) left_out: BTreeMap<String, u64>,
    /// Items behind the configured limit.
    pub(crate) beyond_limit: u64,
    pub(crate) samples: u32,
    pub(crate) template: Option<PathBuf>,
}

/// One item, and where it stands.
pub(crate) struct Entry {
    pub(crate) row_id: String,
    /// The file's own id, or `title/line`.
    pub(crate) source: String,
    pub(crate) place: String,
    pub(crate) item: Item,
}

impl Set {
    /// What the items ask for.
    pub(crate) fn kind(&self) -> Kind {
        self.task.map_or(Kind::Words, Task::kind)
    }

    fn prompt(&self) -> Prompt {
        match self.kind() {
            Kind::Words => Prompt::Solve,
            Kind::Code => Prompt::SolveCode,
        }
    }

    /// The text of the template that a model is asked with.
    pub(crate) fn template_text<'a>(&'a self, prompts: &'a Prompts, set: PromptSet) -> &'a str {
        match &self.template {
            Some(path) => prompts.own_text(path),
            None => prompts.text(set, self.prompt()),
        }
    }

    /// Its name: the file in the prompts folder, or of the user's own file.
    pub(crate) fn template_name(&self, prompts: &Prompts, set: PromptSet) -> String {
        match &self.template {
            Some(path) => path.file_name().map_or_else(
                || path.display().to_string(),
                |name| name.to_string_lossy().into_owned(),
            ),
            None => prompts.name(set, self.prompt()).to_owned(),
        }
    }

    /// What a model is asked for an item.
    pub(crate) fn user(
        &self,
        prompts: &Prompts,
        set: PromptSet,
        item: &Item,
    ) -> Result<String, Error> {
        let parts = Parts {
            problem: Some(&item.question),
            ..Parts::default()
        };
        match &self.template {
            Some(path) => prompts.render_own(path, &parts),
            None => prompts.render(set, self.prompt(), &parts),
        }
    }
}

/// Reads a benchmark. A malformed row is an error: a benchmark must be whole.
pub(crate) fn load(benchmark: &Benchmark) -> Result<Set, Error> {
    let mut set = Set {
        title: benchmark.title(),
        task: benchmark.task,
        path: benchmark.path.clone(),
        entries: Vec::new(),
        left_out: BTreeMap::new(),
        beyond_limit: 0,
        samples: benchmark.samples,
        template: benchmark.template.clone(),
    };
    match benchmark.task {
        None => plain(benchmark, &mut set)?,
        Some(task) => published(task, &mut set)?,
    }
    let limit = benchmark.limit.unwrap_or(usize::MAX);
    set.beyond_limit = set.entries.len().saturating_sub(limit) as u64;
    set.entries.truncate(limit);
    if set.entries.is_empty() {
        return Err(Error::Data {
            file: benchmark.path.clone(),
            message: format!("none of its rows is an item of {}", set.title),
            hint: "give the file of the test set".into(),
        });
    }
    Ok(set)
}

/// The rows of a published file.
fn published(task: Task, set: &mut Set) -> Result<(), Error> {
    let mut items = Items::of(task.name());
    for record in files::records(&set.path)? {
        let read = task
            .read(&record.value)
            .map_err(|wrong| unread(&set.path, &record.place, &wrong))?;
        match read {
            Read::LeftOut(reason) => *set.left_out.entry(reason.to_owned()).or_default() += 1,
            Read::Item(draft) => {
                let item = items.add(draft);
                set.entries.push(Entry {
                    row_id: caco_record::row_id(&["benchmark", &item.id]),
                    source: item
                        .source_id
                        .clone()
                        .unwrap_or_else(|| format!("{}/{}", set.title, record.place)),
                    place: record.place,
                    item,
                });
            }
        }
    }
    Ok(())
}

/// An error for a row that is not understood.
pub(super) fn unread(file: &Path, place: &str, wrong: &caco_evaluation::Odd) -> Error {
    Error::Data {
        file: file.to_owned(),
        message: format!("{place}: {}", wrong.message),
        hint: wrong.hint.clone(),
    }
}

/// Plain problems with answers.
fn plain(benchmark: &Benchmark, set: &mut Set) -> Result<(), Error> {
    let mut items = Items::of("problems");
    for (number, line) in seeds::lines(&benchmark.path)? {
        // Benchmarks need no solution, so the plain format reads GSM8K files that keep it apart.
        let parsed = seeds::parse(&line, benchmark.format, &benchmark.fields)
            .or_else(|_| seeds::parse(&line, SeedFormat::Problems, &benchmark.fields));
        let problem = parsed.map_err(|problem| Error::Data {
            file: benchmark.path.clone(),
            message: format!("line {number}: {problem}"),
            hint: "each line of a benchmark is a JSON object with a problem and its answer; `task` names the benchmark that a file of another shape belongs to".into(),
        })?;
        let row_id = caco_record::row_id(&[
            "benchmark",
            &set.title,
            &number.to_string(),
            &problem.problem,
            &problem.answer,
        ]);
        let groups = problem
            .domain
            .into_iter()
            .map(|domain| ("domain".to_owned(), domain))
            .collect();
        set.entries.push(Entry {
            row_id,
            source: problem
                .id
                .clone()
                .unwrap_or_else(|| format!("{}/{number}", set.title)),
            place: format!("line {number}"),
            item: items.add(Draft {
                source_id: problem.id,
                question: problem.problem,
                check: Check::Answer {
                    text: problem.answer,
                    policy: Policy::benchmark(),
                },
                groups,
            }),
        });
    }
    Ok(())
}
