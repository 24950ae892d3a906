//! Runs without a server: calls that somebody else makes, and data sets rebuilt from what was paid for.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use caco_ledger::{Key, Ledger};
use caco_lines::Reader;
use caco_record::Stage;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::asking::{self, Batch, Mode};
use crate::config::Model;
use crate::context::Context;
use crate::generator::{FINISH_REFUSED, Generator as _};
use crate::models::Models;
use crate::server::Server;
use crate::{Config, Error, Observer, Quiet, Run, atomic, runner};

/// What `export_calls` wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallsExported {
    /// The batch file; none when no stage waits for replies.
    pub file: Option<PathBuf>,
    /// The stage that waits for the replies.
    pub stage: Option<Stage>,
    /// Its round.
    pub round: u32,
    /// Lines of the file.
    pub calls: u64,
}

/// Runs the stages up to the first that lacks replies of a server, and writes what it would ask into a file in OpenAI's
/// batch format: `custom_id`, `method`, `url` and `body` on each line, in the order of the rows. Nothing is asked.
///
/// # Errors
/// As [`Run::execute`], and where the file cannot be written, or the stage that lacks replies asks an embedded model.
pub fn export_calls(
    run: &Run,
    file: &Path,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<CallsExported, Error> {
    let mut context = Context::new(run.config(), run.dir(), observer, stop)?;
    context.mode = Mode::Batch(Batch::begin(file)?);
    let result = runner::work(&context, Some(Stage::Export));
    context.ledger.flush()?;
    let mode = std::mem::replace(&mut context.mode, Mode::Ask);
    match result {
        Ok(_) => Ok(CallsExported {
            file: None,
            stage: None,
            round: 0,
            calls: 0,
        }),
        Err(Error::Awaiting { stage, round, .. }) => {
            let calls = match mode {
                Mode::Batch(batch) => batch.finish()?,
                Mode::Ask | Mode::Replay => 0,
            };
            Ok(CallsExported {
                file: Some(file.to_owned()),
                stage: Some(stage),
                round,
                calls,
            })
        }
        Err(error) => Err(error),
    }
}

/// What `import_calls` found. Always `lines = imported + known + failed + unknown + malformed`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallsImported {
    /// Lines of the file that are not empty.
    pub lines: u64,
    /// Replies that are now in the ledger.
    pub imported: u64,
    /// Replies that it had already.
    pub known: u64,
    /// Calls that ended in an error; they are exported again.
    pub failed: u64,
    /// Lines whose `custom_id` this run has not exported.
    pub unknown: u64,
    /// Lines that are no results of a batch.
    pub malformed: u64,
    /// What went wrong, with how often and the line where it first did.
    pub problems: BTreeMap<String, (u64, u64)>,
}

impl CallsImported {
    fn problem(&mut self, what: String, line: u64) {
        self.problems.entry(what).or_insert((0, line)).0 += 1;
    }
}

/// One line of results, as OpenAI's batches and `vllm run-batch` write it.
#[derive(Deserialize)]
struct Result_<'a> {
    custom_id: String,
    #[serde(borrow)]
    response: Option<Response<'a>>,
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Response<'a> {
    status_code: u16,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// Takes the replies to exported calls into a run's ledger; plain, gzip or zstd. The same file twice changes nothing.
///
/// # Errors
/// When the folder holds no run or is in use, or a file cannot be read or written.
pub fn import_calls(run: &Run, file: &Path) -> Result<CallsImported, Error> {
    let stop = AtomicBool::new(false);
    let context = Context::new(run.config(), run.dir(), &Quiet, &stop)?;
    let servers = servers(run.config(), &context.models)?;
    let mut report = CallsImported::default();
    let broken = |error: caco_lines::Error| Error::Data {
        file: file.to_owned(),
        message: error.to_string(),
        hint: "the lines before that are imported; mend the file and import it again".into(),
    };
    let mut taken = HashSet::new();
    let mut reader = Reader::open(file).map_err(broken)?;
    while let Some(line) = reader.line().map_err(broken)? {
        report.lines += 1;
        take(
            &context.ledger,
            &servers,
            &line.text,
            line.number,
            &mut taken,
            &mut report,
        )?;
    }
    context.ledger.flush()?;
    Ok(report)
}

/// The servers' models of a configuration by their ids.
fn servers(config: &Config, models: &Models) -> Result<BTreeMap<String, Server>, Error> {
    let mut servers = BTreeMap::new();
    for (name, model) in &config.models {
        if let Model::Server(server) = model {
            let server = models.server(name, server)?;
            servers.insert(server.id().to_owned(), server);
        }
    }
    Ok(servers)
}

fn take(
    ledger: &Ledger,
    servers: &BTreeMap<String, Server>,
    line: &[u8],
    number: u64,
    taken: &mut HashSet<Key>,
    report: &mut CallsImported,
) -> Result<(), Error> {
    let result: Result_<'_> = match serde_json::from_slice(line) {
        Ok(result) => result,
        Err(error) => {
            report.malformed += 1;
            report.problem(format!("not a result of a batch: {error}"), number);
            return Ok(());
        }
    };
    let key: Option<Key> = result.custom_id.parse().ok();
    let call = match key {
        Some(key) => ledger.exported(key)?,
        None => None,
    };
    let Some(mut call) = call else {
        report.unknown += 1;
        report.problem(
            "this run has not exported such a `custom_id`".into(),
            number,
        );
        return Ok(());
    };
    let Some(server) = servers.get(&call.model) else {
        report.failed += 1;
        report.problem(
            format!("the model {} is no longer in the configuration", call.model),
            number,
        );
        return Ok(());
    };
    let read = match (&result.response, &result.error) {
        (Some(response), _) => server.read(response.status_code, response.body.get().as_bytes()),
        (None, error) => Err(match error {
            Some(error) => error["message"]
                .as_str()
                .map_or_else(|| error.to_string(), str::to_owned),
            None => "neither a response nor an error".into(),
        }),
    };
    match read {
        Ok(reply) => {
            let before = ledger.find(&[call.key])?.iter().any(Option::is_some);
            if before || !taken.insert(call.key) {
                report.known += 1;
                return Ok(());
            }
            call.paid = reply.finish != FINISH_REFUSED;
            call.reply = reply;
            ledger.append(call, Box::new(|| {}))?;
            report.imported += 1;
        }
        Err(problem) => {
            report.failed += 1;
            report.problem(problem, number);
        }
    }
    Ok(())
}

/// What a rebuilt data set is like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// The folder with the rebuilt run.
    pub dir: PathBuf,
    /// Rows of the rebuilt data set.
    pub rows: u64,
    /// Files of `data`, of the views and of `rejected` that are byte for byte as in the run.
    pub same: u64,
    /// Files that differ, are missing, or are there only once, relative to the run folder.
    pub different: Vec<String>,
}

/// Rebuilds a run's data set in another folder from its configuration, seeds and ledger, without asking any model, and
/// compares the files.
///
/// # Errors
/// [`Error::NotInLedger`] when a reply is missing; otherwise as [`Run::execute`].
pub fn replay(
    run: &Run,
    into: &Path,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<Replayed, Error> {
    let Some(ledger) = Ledger::read(&asking::folder(run.dir()))? else {
        return Err(Error::NoRun {
            path: asking::folder(run.dir()),
        });
    };
    atomic::create_dir(into)?;
    let mut config = run.config().clone();
    config.output = into.to_owned();
    // What was trained is part of what the run has, like the replies.
    let (models, link) = (run.dir().join("models"), into.join("models"));
    if models.is_dir() && !link.exists() {
        std::os::unix::fs::symlink(&models, &link)
            .map_err(|error| Error::io("link", &link, error))?;
    }
    runner::copy_helpings(run.dir(), into)?;
    let mut context = Context::over(&config, into, ledger, observer, stop)?;
    context.mode = Mode::Replay;
    let (_, report) = runner::work(&context, Some(Stage::Export))?;
    let (ours, theirs) = (files(into)?, files(run.dir())?);
    let names: std::collections::BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let (same, different): (Vec<&String>, Vec<&String>) = names
        .into_iter()
        .partition(|name| ours.get(*name) == theirs.get(*name));
    Ok(Replayed {
        dir: into.to_owned(),
        rows: report.exported,
        same: same.len() as u64,
        different: different.into_iter().cloned().collect(),
    })
}

/// The hashes of a run's products, by their paths in the run folder.
fn files(run: &Path) -> Result<BTreeMap<String, blake3::Hash>, Error> {
    let mut found = BTreeMap::new();
    let views = crate::View::ALL.map(crate::View::folder);
    for folder in views.into_iter().chain(["rejected"]) {
        let Ok(entries) = std::fs::read_dir(run.join(folder)) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".parquet") || name.ends_with(".jsonl") {
                let bytes = atomic::read(&entry.path())?;
                found.insert(format!("{folder}/{name}"), blake3::hash(&bytes));
            }
        }
    }
    Ok(found)
}
