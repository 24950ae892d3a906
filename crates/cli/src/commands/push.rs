//! `caco push`: a data set to the Hugging Face Hub.

use std::path::Path;

use caco_hub::{Error, Kind, Push, Pushed, Repository, Settings, Told, Upload};

use crate::args::{self, Global};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::numbers::grouped;
use crate::{output, stop};

/// Uploads a data set.
pub fn push(global: &Global, args: &args::Push) -> Result<Exit> {
    let repository: Repository = args.repository.parse().map_err(failure)?;
    let settings = Settings::from_env(&|name| std::env::var(name).ok()).map_err(failure)?;
    let package = caco_pipeline::package(&args.folder)?;
    let unverified = package.failed + package.unchecked;
    if unverified > 0 && !args.allow_unverified {
        return Err(Failure::usage(
            format!(
                "{} rows of the data set failed a check and {} were looked at by none",
                grouped(package.failed),
                grouped(package.unchecked)
            ),
            "run it with `judge.enabled: true`, or add --allow-unverified: the card says so, too",
        ));
    }
    let uploads: Vec<Upload> = package
        .files
        .iter()
        .map(|file| Upload {
            path: args.folder.join(&file.path),
            name: file.path.clone(),
            blake3: Some(file.blake3.clone()),
        })
        .collect();
    let summary = format!(
        "Upload {} with caco {}",
        package.name,
        env!("CARGO_PKG_VERSION")
    );
    let asked = Push {
        repository: &repository,
        revision: &args.revision,
        private: args.private,
        files: &uploads,
        folders: &package.folders,
        summary: &summary,
        dry_run: args.dry_run,
    };
    let display = Display::new(global);
    let stop = stop::install(|| {})?;
    let pushed = caco_hub::push(&settings, &asked, &stop, &|told| tell(&display, told));
    display.close();
    let pushed = pushed.map_err(failure)?;
    if global.json {
        output::json(&pushed)?;
    } else {
        output::text(&account(&pushed, args, &args.folder))?;
    }
    Ok(Exit::Done)
}

fn failure(error: Error) -> Failure {
    Failure {
        exit: match error.kind() {
            Kind::Usage => Exit::Usage,
            Kind::Environment => Exit::Environment,
            Kind::Stopped => Exit::Interrupted,
        },
        message: error.to_string(),
        hint: error.hint(),
    }
}

fn tell(display: &Display, told: Told) {
    match told {
        Told::Hashed { name } => display.counted(|| format!("hashing {name}")),
        Told::Planned {
            files,
            bytes,
            unchanged,
        } => display.say(&format!(
            "{} files to upload ({}), {} are there already",
            grouped(files as u64),
            megabytes(bytes),
            grouped(unchanged as u64)
        )),
        Told::Uploaded {
            name,
            bytes,
            before: false,
        } => display.say(&format!("uploaded {name} ({})", megabytes(bytes))),
        Told::Uploaded { name, .. } => display.say(&format!("{name} was uploaded before")),
        Told::Again {
            action,
            attempt,
            reason,
            wait,
        } => display.say(&format!(
            "could not {action} ({reason}): attempt {attempt} in {:.0} s",
            wait.as_secs_f64()
        )),
        Told::Committed { commit } => display.say(&format!("committed {commit}")),
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn account(pushed: &Pushed, args: &args::Push, folder: &Path) -> String {
    let mut text = String::new();
    let would = args.dry_run;
    if pushed.created {
        let visible = if args.private { "private" } else { "public" };
        let verb = if would { "would be made" } else { "was made" };
        text.push_str(&format!(
            "the {visible} repository {} {verb}\n",
            args.repository
        ));
    }
    let verb = if would { "to upload" } else { "uploaded" };
    text.push_str(&format!(
        "{} files {verb} from {} ({}), {} unchanged, {} of an earlier export {}\n",
        grouped(pushed.changed.len() as u64),
        folder.display(),
        megabytes(pushed.bytes),
        grouped(pushed.unchanged as u64),
        grouped(pushed.deleted.len() as u64),
        if would { "to delete" } else { "deleted" },
    ));
    if would {
        for name in &pushed.changed {
            text.push_str(&format!("  + {name}\n"));
        }
        for name in &pushed.deleted {
            text.push_str(&format!("  - {name}\n"));
        }
        return text;
    }
    if let Some(commit) = &pushed.commit {
        text.push_str(&format!("{} at {commit}\n", pushed.url));
    }
    text
}
