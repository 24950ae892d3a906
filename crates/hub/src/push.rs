//! A whole push.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use crate::api::{self, Mode};
use crate::commit::{self, Operation};
use crate::local::Local;
use crate::session::{Session, Told};
use crate::{Error, Repository, Settings, Upload, lfs};

/// Changes in one commit: so many files are uncommon, and a commit of many more may take the Hub too long.
const CHANGES_PER_COMMIT: usize = 2000;
/// The card comes last, so that it names no file that is not there.
const CARD: &str = "README.md";

/// What is pushed, and where to.
#[derive(Clone, Debug)]
pub struct Push<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The branch.
    pub revision: &'a str,
    /// Whether the repository must be private.
    pub private: bool,
    /// The files.
    pub files: &'a [Upload],
    /// Folders of which `files` has every shard (`train-NNNNN-of-NNNNN.*`): others there are of an earlier push, and deleted.
    pub folders: &'a [&'a str],
    /// The commit's summary.
    pub summary: &'a str,
    /// Change nothing.
    pub dry_run: bool,
}

/// What a push did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// The repository's address.
    pub url: String,
    /// Whether the repository was made, or would be.
    pub created: bool,
    /// Files that were added or replaced.
    pub changed: Vec<String>,
    /// Their bytes.
    pub bytes: u64,
    /// How many files the repository had as they are.
    pub unchanged: usize,
    /// Files of an earlier push that were deleted.
    pub deleted: Vec<String>,
    /// Commits that were made.
    pub commits: usize,
    /// The newest commit of the branch; none where nothing was asked.
    pub commit: Option<String>,
}

/// Uploads files and commits them. Blocks until it is done; must not be called inside an asynchronous runtime.
///
/// # Errors
/// See [`Error`]. After any of them the same push goes on where this one ended.
pub fn push(
    settings: &Settings,
    asked: &Push<'_>,
    stop: &Arc<AtomicBool>,
    told: &(dyn Fn(Told) + Sync),
) -> Result<Pushed, Error> {
    let mut files = Vec::with_capacity(asked.files.len());
    for upload in asked.files {
        files.push(Local::read(upload, stop)?);
        told(Told::Hashed {
            name: upload.name.clone(),
        });
    }
    files.sort_by(|one, other| {
        let key = |file: &Local| (file.name == CARD, file.name.clone());
        key(one).cmp(&key(other))
    });
    let url = format!("{}/datasets/{}", settings.endpoint, asked.repository);
    if settings.offline {
        if !asked.dry_run {
            return Err(Error::Offline);
        }
        return Ok(Pushed {
            url,
            changed: files.iter().map(|file| file.name.clone()).collect(),
            bytes: files.iter().map(|file| file.size).sum(),
            ..Pushed::default()
        });
    }
    if settings.token.is_none() && !asked.dry_run {
        return Err(Error::NoToken {
            endpoint: settings.endpoint.clone(),
        });
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("hub")
        .enable_all()
        .build()
        .map_err(|error| Error::Client(error.to_string()))?;
    let session = Session::new(settings, stop, told)?;
    runtime.block_on(work(&session, asked, &files, url))
}

/// What is left to do.
struct Plan<'a> {
    adds: Vec<(&'a Local, Mode)>,
    deleted: Vec<String>,
    unchanged: usize,
}

async fn work(
    session: &Session<'_>,
    asked: &Push<'_>,
    files: &[Local],
    url: String,
) -> Result<Pushed, Error> {
    let (repository, revision) = (asked.repository, asked.revision);
    let mut pushed = Pushed {
        url,
        ..Pushed::default()
    };
    match api::info(session, repository, None).await? {
        Some(info) if asked.private && !info.private => {
            return Err(Error::Public {
                repository: repository.to_string(),
            });
        }
        Some(_) => {}
        None => {
            pushed.created = true;
            if !asked.dry_run {
                api::create(session, repository, asked.private).await?;
            }
        }
    }
    let branch = if pushed.created && asked.dry_run {
        None
    } else {
        api::info(session, repository, Some(revision)).await?
    };
    if branch.is_none() && asked.dry_run {
        pushed.changed = files.iter().map(|file| file.name.clone()).collect();
        pushed.bytes = files.iter().map(|file| file.size).sum();
        return Ok(pushed);
    }
    if branch.is_none() && revision != "main" {
        api::branch(session, repository, revision).await?;
    }
    pushed.commit = branch.and_then(|branch| branch.sha);
    let plan = plan(session, asked, files).await?;
    pushed.changed = plan
        .adds
        .iter()
        .map(|(file, _)| file.name.clone())
        .collect();
    pushed.bytes = plan.adds.iter().map(|(file, _)| file.size).sum();
    pushed.unchanged = plan.unchanged;
    pushed.deleted.clone_from(&plan.deleted);
    (session.told)(Told::Planned {
        files: plan.adds.len(),
        bytes: pushed.bytes,
        unchanged: plan.unchanged,
    });
    if asked.dry_run {
        return Ok(pushed);
    }
    let large: Vec<&Local> = plan
        .adds
        .iter()
        .filter(|(_, mode)| *mode == Mode::Lfs)
        .map(|(file, _)| *file)
        .collect();
    lfs::upload(session, repository, revision, &large).await?;
    commit_all(session, asked, files, plan, &mut pushed).await?;
    Ok(pushed)
}

/// Compares the files with what the branch has.
async fn plan<'a>(
    session: &Session<'_>,
    asked: &Push<'_>,
    files: &'a [Local],
) -> Result<Plan<'a>, Error> {
    let (repository, revision) = (asked.repository, asked.revision);
    let before = api::before(session, repository, revision, files).await?;
    let mut plan = Plan {
        adds: Vec::new(),
        deleted: Vec::new(),
        unchanged: 0,
    };
    for (file, before) in files.iter().zip(before) {
        let own = match before.upload_mode {
            Mode::Lfs => &file.sha256,
            Mode::Regular => &file.blob,
        };
        if before.oid.as_ref() == Some(own) {
            plan.unchanged += 1;
        } else if before.should_ignore {
            return Err(Error::Setting {
                what: file.name.clone(),
                message: format!("the .gitignore of {repository} leaves it out"),
            });
        } else {
            plan.adds.push((file, before.upload_mode));
        }
    }
    for folder in asked.folders {
        let there = api::listing(session, repository, revision, folder).await?;
        plan.deleted.extend(
            there.into_iter().filter(|path| {
                is_shard(path, folder) && !files.iter().any(|file| file.name == *path)
            }),
        );
    }
    plan.deleted.sort();
    Ok(plan)
}

/// Whether a path is one of a data set's numbered files.
fn is_shard(path: &str, folder: &str) -> bool {
    let number = |text: &str| text.len() >= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    path.strip_prefix(folder)
        .and_then(|rest| rest.strip_prefix("/train-"))
        .and_then(|rest| rest.split_once('.'))
        .filter(|(_, extension)| ["jsonl", "parquet"].contains(extension))
        .and_then(|(numbers, _)| numbers.split_once("-of-"))
        .is_some_and(|(one, all)| number(one) && number(all))
}

/// Commits the changes. Where it is not known whether a commit took place, the branch is looked at again.
async fn commit_all(
    session: &Session<'_>,
    asked: &Push<'_>,
    files: &[Local],
    mut left: Plan<'_>,
    pushed: &mut Pushed,
) -> Result<(), Error> {
    let (repository, revision) = (asked.repository, asked.revision);
    let mut attempt = 1;
    while !left.adds.is_empty() || !left.deleted.is_empty() {
        session.check_stop()?;
        let adds = left
            .adds
            .iter()
            .map(|(file, mode)| Operation::Add(file, *mode));
        let deletes = left.deleted.iter().map(|path| Operation::Delete(path));
        // Deletions go with the last commit, together with the card.
        let mut operations: Vec<Operation<'_>> = adds.collect();
        let rest = operations.len().saturating_sub(CHANGES_PER_COMMIT);
        if rest > 0 {
            operations.truncate(CHANGES_PER_COMMIT);
        } else {
            operations.extend(deletes);
        }
        let body = commit::lines(asked.summary, &operations)?;
        let taken = operations.len().min(left.adds.len());
        match commit::send(session, repository, revision, &body).await {
            Ok(commit) => {
                (session.told)(Told::Committed {
                    commit: commit.clone(),
                });
                pushed.commits += 1;
                pushed.commit = Some(commit);
                attempt = 1;
                left.adds.drain(..taken);
                if rest == 0 {
                    left.deleted.clear();
                }
            }
            Err(Error::Unreachable { message, .. }) if attempt < session.settings.attempts => {
                attempt += 1;
                session.pause("commit", attempt, message, None).await;
                left = plan(session, asked, files).await?;
                if left.adds.is_empty() && left.deleted.is_empty() {
                    // It had taken place.
                    let info = api::info(session, repository, Some(revision)).await?;
                    pushed.commit = info.and_then(|info| info.sha);
                    pushed.commits += 1;
                }
            }
            Err(Error::Unreachable { message, .. }) => {
                return Err(Error::Unreachable {
                    action: "commit".into(),
                    attempts: attempt,
                    message,
                });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_shard;

    #[test]
    fn only_numbered_files_of_the_folder_are_shards() {
        assert!(is_shard("data/train-00000-of-00012.parquet", "data"));
        assert!(is_shard("verl/train-00003-of-00004.jsonl", "verl"));
        for other in [
            "data/train-x-of-00012.parquet",
            "data/train-00000.parquet",
            "data/train-00000-of-00012.csv",
            "data/more/train-00000-of-00012.parquet",
            "data2/train-00000-of-00012.parquet",
            "README.md",
        ] {
            assert!(!is_shard(other, "data"), "{other}");
        }
    }
}
