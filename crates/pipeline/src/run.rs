//! A run folder that this process may work in.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use caco_record::Stage;

use crate::lock::Lock;
use crate::report::RunReport;
use crate::{Config, Error, Observer, Prepared, atomic, runner};

/// The resolved configuration in a run folder.
pub(crate) const CONFIG_FILE: &str = "config.yaml";

/// A run: its folder, which is locked while this value lives, and its configuration.
#[derive(Debug)]
pub struct Run {
    dir: PathBuf,
    config: Config,
    _lock: Lock,
}

impl Run {
    /// Makes the run folder of a configuration, or takes it up again: what was published under the same settings is
    /// used, and a changed configuration redoes exactly what it touches.
    ///
    /// # Errors
    /// When the folder cannot be made or written, or another process works in it.
    pub fn create(config: Config) -> Result<Self, Error> {
        let dir = config.output.clone();
        atomic::create_dir(&dir)?;
        let lock = Lock::take(&dir)?;
        atomic::write(&dir.join(CONFIG_FILE), config.to_yaml()?.as_bytes())?;
        Ok(Self {
            dir,
            config,
            _lock: lock,
        })
    }

    /// Opens an existing run folder with the configuration that it holds.
    ///
    /// # Errors
    /// When the folder holds no run, its configuration cannot be read, or another process works in it.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let file = dir.join(CONFIG_FILE);
        if !file.is_file() {
            return Err(Error::NoRun {
                path: dir.to_owned(),
            });
        }
        let mut config = Config::load(&file, &[])?;
        // The folder may have been moved since.
        config.output =
            std::fs::canonicalize(dir).map_err(|error| Error::io("open", dir, error))?;
        let lock = Lock::take(dir)?;
        Ok(Self {
            dir: config.output.clone(),
            config,
            _lock: lock,
        })
    }

    /// The run folder, absolute.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The resolved configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Does everything that is not published yet, in the order of the loop, and reports.
    ///
    /// When `stop` is set the run ends soon with [`Error::Interrupted`]; what is published stays, and a later call goes
    /// on from there to the same data set, byte for byte.
    ///
    /// # Errors
    /// See [`Error`]; each names its remedy and its exit category.
    pub fn execute(&self, observer: &dyn Observer, stop: &AtomicBool) -> Result<RunReport, Error> {
        runner::execute(&self.config, &self.dir, observer, stop, None, false)
    }

    /// As [`Run::execute`], but ends after the named stage of every round: `Stage::Export` writes the data set and
    /// trains no student.
    ///
    /// # Errors
    /// As [`Run::execute`].
    pub fn execute_until(
        &self,
        last: Stage,
        observer: &dyn Observer,
        stop: &AtomicBool,
    ) -> Result<RunReport, Error> {
        runner::execute(&self.config, &self.dir, observer, stop, Some(last), false)
    }

    /// As [`Run::execute`], but ends where an outside trainer would be started: its data and configuration are written, and
    /// the command is returned. None when no training is left to do; the run is then complete.
    ///
    /// A model that the command leaves in its output folder is taken up by the next [`Run::execute`].
    ///
    /// # Errors
    /// As [`Run::execute`].
    pub fn prepare(
        &self,
        observer: &dyn Observer,
        stop: &AtomicBool,
    ) -> Result<Option<Prepared>, Error> {
        match runner::execute(&self.config, &self.dir, observer, stop, None, true) {
            Ok(_) => Ok(None),
            Err(Error::Prepared(prepared)) => Ok(Some(prepared)),
            Err(error) => Err(error),
        }
    }
}
