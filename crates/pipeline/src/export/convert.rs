//! A finished run's data set in other views: `caco export`.

use std::path::{Path, PathBuf};

use caco_record::{Row, Stage};
use serde::Serialize;

use super::sink::FileSize;
use super::views::View;
use super::write::{Plan, Written};
use super::{CARD, File, MANIFEST, aside, front, manifest, table};
use crate::run::CONFIG_FILE;
use crate::{Config, Error, shard};

/// What `caco export` is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion<'a> {
    /// The run folder.
    pub run: &'a Path,
    /// The views in their order; the first becomes the config that loads without a name.
    pub views: &'a [View],
    /// The folder to write into: missing or empty.
    pub into: &'a Path,
    /// The size of the files; none for the run's own.
    pub size: Option<FileSize>,
}

/// What it wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Converted {
    /// Rows of the data set.
    pub rows: u64,
    /// The views with their files.
    pub views: Vec<Written>,
    /// Every file, relative to the folder: those of the views, what goes with them, the card, the manifest.
    pub files: Vec<String>,
}

/// Writes a run's data set in other views into a folder, as one Hugging Face repository. Rows are read from `RUN/data`, a
/// few at a time.
///
/// # Errors
/// [`Error::NoRun`] and [`Error::Usage`] where there is no data set, the folder is not empty, or a view shows what the rows
/// have not; [`Error::Damaged`] where a file of the data set is.
pub fn convert(
    asked: &Conversion<'_>,
    told: &dyn Fn(u64) -> Result<(), Error>,
) -> Result<Converted, Error> {
    let config_file = asked.run.join(CONFIG_FILE);
    if !config_file.is_file() {
        return Err(Error::NoRun {
            path: asked.run.to_owned(),
        });
    }
    let config = Config::load(&config_file, &[])?;
    let files = data_files(asked.run)?;
    let words = config.runs(Stage::Solve);
    for view in asked.views {
        if let Some(stage) = view.lacks(&config) {
            return Err(Error::Usage {
                message: format!("the view `{view}` shows what {stage} writes, and this run left {stage} out"),
                hint: "a data set of programs alone can be exported as `program`, `jsonl` or `parquet`".into(),
            });
        }
    }
    aside::make_empty(asked.into)?;
    let plan = Plan {
        root: asked.into,
        set: &config.name,
        views: asked.views,
        words,
        size: asked.size.unwrap_or_else(|| config.export.file_size()),
    };
    let written = plan.write(files.into_iter().flat_map(portions), told);
    if written.is_err() {
        // The folder was empty, so that all of this is ours.
        let _ = aside::remove_views(asked.into, &[]);
    }
    let (views, tally) = written?;
    let companions = aside::write_companions(asked.into, &config.name, asked.views)?;
    let licences: Vec<Option<&str>> = config
        .seeds
        .iter()
        .map(|seed| seed.licence.as_deref())
        .collect();
    let card = std::fs::read_to_string(asked.run.join(CARD))
        .unwrap_or_else(|_| format!("# {}\n", config.name));
    let card = front::replace(
        &card,
        &front::matter(&config.name, &licences, &views),
        &front::section(&views),
    );
    let card = File::write(asked.into, CARD.to_owned(), card.as_bytes())?;
    let files = views.iter().flat_map(|view| view.files.iter().cloned());
    let files: Vec<File> = files.chain(companions).chain([card]).collect();
    let mut names: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    let rows = tally.rows;
    manifest::write_package(asked.into, &config.name, words, &views, &tally, files)?;
    names.push(MANIFEST.to_owned());
    Ok(Converted {
        rows,
        views,
        files: names,
    })
}

/// The Parquet files of a run's data set, in order.
fn data_files(run: &Path) -> Result<Vec<PathBuf>, Error> {
    let folder = super::folder(run);
    let mut files: Vec<PathBuf> = match std::fs::read_dir(&folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => Vec::new(),
    };
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".parquet") && !name.starts_with('.')
    });
    files.sort();
    if files.is_empty() {
        return Err(Error::Usage {
            message: format!("{} has no data set yet", run.display()),
            hint: format!("`caco resume {}` finishes the run", run.display()),
        });
    }
    Ok(files)
}

/// The rows of a file, a batch at a time.
fn portions(path: PathBuf) -> Box<dyn Iterator<Item = Result<Vec<Row>, Error>>> {
    let reader = shard::open(&path).and_then(|builder| {
        let builder = builder.with_batch_size(super::sink::CHUNK);
        builder
            .build()
            .map_err(|error| shard::damaged(&path, &error))
    });
    match reader {
        Ok(reader) => Box::new(reader.map(move |batch| {
            let batch = batch.map_err(|error| shard::damaged(&path, &error))?;
            table::rows(&batch).map_err(|error| shard::damaged(&path, &error))
        })),
        Err(error) => Box::new(std::iter::once(Err(error))),
    }
}
