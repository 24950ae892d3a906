//! Pushes to a stand-in for the Hub, with what goes wrong on the way.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails by panicking"
)]

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use caco_hub::{Error, Kind, Push, Pushed, Repository, Settings, Told, Upload, push};
use caco_scripted::{Hub, HubFault, HubOptions};
use tempfile::TempDir;

const REPOSITORY: &str = "org/set";

/// A folder with a small data set.
struct Scene {
    folder: TempDir,
    hub: Hub,
    token: String,
}

impl Scene {
    fn new(options: HubOptions) -> Self {
        let scene = Self {
            folder: tempfile::tempdir().unwrap(),
            token: options.token.clone(),
            hub: Hub::start(options).unwrap(),
        };
        scene.write("README.md", b"# set\n");
        for number in 0..3 {
            let content = format!("shard {number} ").repeat(50_000);
            scene.write(
                &format!("data/train-0000{number}-of-00003.parquet"),
                content.as_bytes(),
            );
        }
        scene
    }

    fn write(&self, name: &str, content: &[u8]) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn uploads(&self) -> Vec<Upload> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.folder.path()).unwrap();
                    found.push(Upload {
                        name: name.to_str().unwrap().to_owned(),
                        blake3: None,
                        path,
                    });
                }
            }
        }
        found
    }

    fn settings(&self) -> Settings {
        let settings = Settings::from_env(&|name| match name {
            "HF_ENDPOINT" => Some(self.hub.url()),
            "HF_TOKEN" => Some(self.token.clone()),
            _ => None,
        });
        let mut settings = settings.unwrap();
        settings.first_wait = Duration::from_millis(1);
        settings
    }

    fn push_with(
        &self,
        change: impl FnOnce(&mut Push<'_>),
        stop: &Arc<AtomicBool>,
    ) -> (Result<Pushed, Error>, Vec<Told>) {
        let repository: Repository = REPOSITORY.parse().unwrap();
        let files = self.uploads();
        let mut asked = Push {
            repository: &repository,
            revision: "main",
            private: false,
            files: &files,
            folders: &["data"],
            summary: "Upload set",
            dry_run: false,
        };
        change(&mut asked);
        let told = Mutex::new(Vec::new());
        let pushed = push(&self.settings(), &asked, stop, &|event| {
            told.lock().unwrap().push(event);
        });
        (pushed, told.into_inner().unwrap())
    }

    fn push(&self) -> Result<Pushed, Error> {
        self.push_with(|_| {}, &Arc::default()).0
    }

    #[track_caller]
    fn assert_whole(&self, branch: &str) {
        let there = self.hub.files(REPOSITORY, branch).unwrap();
        let mut here: Vec<String> = self.uploads().into_iter().map(|own| own.name).collect();
        here.sort();
        let names: Vec<&String> = there.iter().map(|(path, _)| path).collect();
        assert_eq!(names, here.iter().collect::<Vec<_>>());
        for (path, file) in &there {
            let own = std::fs::read(self.folder.path().join(path)).unwrap();
            assert!(file.content == own, "{path} differs");
            assert_eq!(
                file.lfs,
                Path::new(path).extension().unwrap() == "parquet",
                "{path}"
            );
        }
    }
}

fn parts() -> HubOptions {
    HubOptions {
        part: Some(150_000),
        ..HubOptions::default()
    }
}

#[test]
fn a_push_makes_the_repository_and_one_commit() {
    for options in [HubOptions::default(), parts()] {
        let scene = Scene::new(options);
        let pushed = scene.push().unwrap();
        assert!(pushed.created);
        assert_eq!((pushed.commits, pushed.changed.len()), (1, 4));
        assert_eq!(pushed.changed.last().unwrap(), "README.md");
        assert_eq!(
            pushed.url,
            format!("{}/datasets/{REPOSITORY}", scene.hub.url())
        );
        scene.assert_whole("main");
        assert_eq!(scene.hub.commits(REPOSITORY, "main"), 2);
        assert_eq!(scene.hub.is_private(REPOSITORY), Some(false));
    }
}

#[test]
fn what_is_there_is_not_sent_again_and_old_shards_go() {
    let scene = Scene::new(HubOptions::default());
    scene.push().unwrap();
    let again = scene.push().unwrap();
    assert_eq!((again.commits, again.unchanged, again.bytes), (0, 4, 0));
    assert_eq!(scene.hub.commits(REPOSITORY, "main"), 2);
    assert_eq!(scene.hub.asked("PUT /storage").len(), 3);
    // A larger export of the same set, with one shard as before under another name.
    for number in 0..3 {
        let old = format!("data/train-0000{number}-of-00003.parquet");
        let new = format!("data/train-0000{number}-of-00004.parquet");
        std::fs::rename(scene.folder.path().join(old), scene.folder.path().join(new)).unwrap();
    }
    scene.write("data/train-00003-of-00004.parquet", b"more");
    let more = scene.push().unwrap();
    assert_eq!(
        (more.commits, more.deleted.len(), more.unchanged),
        (1, 3, 1)
    );
    assert_eq!(
        scene.hub.asked("PUT /storage").len(),
        4,
        "content was sent twice"
    );
    scene.assert_whole("main");
}

#[test]
fn files_that_are_not_ours_stay() {
    let scene = Scene::new(HubOptions::default());
    scene.push().unwrap();
    scene.write("data/notes.md", b"mine");
    scene.push().unwrap();
    std::fs::remove_file(scene.folder.path().join("data/notes.md")).unwrap();
    let pushed = scene.push().unwrap();
    assert!(pushed.deleted.is_empty() && pushed.commits == 0);
    let there = scene.hub.files(REPOSITORY, "main").unwrap();
    assert!(there.iter().any(|(path, _)| path == "data/notes.md"));
}

#[test]
fn faults_that_pass_are_passed() {
    let scene = Scene::new(parts());
    for (line, fault) in [
        ("GET /api/datasets", HubFault::Status(503)),
        ("POST /api/repos/create", HubFault::Lost),
        ("preupload", HubFault::Status(429)),
        ("objects/batch", HubFault::Status(500)),
        ("PUT /storage", HubFault::Cut),
        ("PUT /storage", HubFault::Status(503)),
        ("PUT /storage", HubFault::Lost),
        ("POST /complete", HubFault::Status(504)),
        ("verify", HubFault::Status(502)),
        ("/commit/", HubFault::Status(503)),
    ] {
        scene.hub.fault(line, fault);
    }
    let (pushed, told) = scene.push_with(|_| {}, &Arc::default());
    assert_eq!(pushed.unwrap().commits, 1);
    scene.assert_whole("main");
    let again = told
        .iter()
        .filter(|told| matches!(told, Told::Again { .. }))
        .count();
    assert_eq!(again, 10, "{told:?}");
    assert_eq!(scene.hub.commits(REPOSITORY, "main"), 2);
}

#[test]
fn a_commit_whose_answer_is_lost_is_not_made_twice() {
    let scene = Scene::new(HubOptions::default());
    scene.hub.fault("/commit/", HubFault::Lost);
    let pushed = scene.push().unwrap();
    scene.assert_whole("main");
    assert_eq!(scene.hub.commits(REPOSITORY, "main"), 2);
    assert_eq!(pushed.commits, 1);
    assert_eq!(pushed.commit.unwrap(), format!("{:040x}", 2));
}

#[test]
fn an_address_that_has_expired_is_asked_for_again() {
    let scene = Scene::new(HubOptions::default());
    scene.hub.fault("PUT /storage", HubFault::Status(403));
    scene.push().unwrap();
    scene.assert_whole("main");
    assert_eq!(scene.hub.asked("objects/batch").len(), 2);
}

#[test]
fn a_push_that_was_cut_off_goes_on() {
    let scene = Scene::new(parts());
    // More faults than attempts: the push ends in the middle.
    for _ in 0..40 {
        scene.hub.fault("/storage/", HubFault::Status(503));
    }
    let error = scene.push().unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.hint().unwrap().contains("not sent again"));
    assert_eq!(scene.hub.commits(REPOSITORY, "main"), 1);
    while scene.push().is_err() {}
    scene.assert_whole("main");
}

#[test]
fn a_token_that_is_not_accepted_is_told_apart_and_not_shown() {
    let mut scene = Scene::new(HubOptions::default());
    scene.token = "hf_expired_secret".into();
    let error = scene.push().unwrap_err();
    assert!(matches!(error, Error::Token { .. }), "{error}");
    assert_eq!(error.kind(), Kind::Environment);
    assert!(error.to_string().contains("[secret]"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hf_expired_secret"));
    assert_eq!(scene.hub.asked("").len(), 1, "it was tried again");
    // A right that is missing is something else.
    scene.token = "hf_token".into();
    scene.hub.fault("/api/repos/create", HubFault::Status(403));
    let error = scene.push().unwrap_err();
    assert!(matches!(&error, Error::Forbidden { .. }), "{error}");
    assert!(error.to_string().contains("make the repository org/set"));
}

#[test]
fn storage_never_sees_the_token() {
    // The stand-in's storage refuses requests with a token, and these passed.
    let scene = Scene::new(parts());
    scene.push().unwrap();
    assert!(!scene.hub.asked("PUT /storage").is_empty());
}

#[test]
fn a_public_repository_is_no_private_one() {
    let scene = Scene::new(HubOptions::default());
    scene.hub.make(REPOSITORY, false);
    let private = |push: &mut Push<'_>| push.private = true;
    let error = scene.push_with(private, &Arc::default()).0.unwrap_err();
    assert!(matches!(&error, Error::Public { .. }), "{error}");
    assert_eq!(error.kind(), Kind::Usage);
    let other = Scene::new(HubOptions::default());
    other.push_with(private, &Arc::default()).0.unwrap();
    assert_eq!(other.hub.is_private(REPOSITORY), Some(true));
}

#[test]
fn another_branch_is_made_and_main_stays() {
    let scene = Scene::new(HubOptions::default());
    scene.hub.make(REPOSITORY, false);
    let branch = |push: &mut Push<'_>| push.revision = "v/2";
    scene.push_with(branch, &Arc::default()).0.unwrap();
    scene.assert_whole("v/2");
    assert!(scene.hub.files(REPOSITORY, "main").unwrap().is_empty());
}

#[test]
fn a_dry_run_changes_nothing() {
    let scene = Scene::new(HubOptions::default());
    let dry = |push: &mut Push<'_>| push.dry_run = true;
    let pushed = scene.push_with(dry, &Arc::default()).0.unwrap();
    assert!(pushed.created && pushed.changed.len() == 4 && pushed.commit.is_none());
    assert_eq!(scene.hub.files(REPOSITORY, "main"), None);
    scene.push().unwrap();
    scene.write("data/train-00000-of-00003.parquet", b"changed");
    let pushed = scene.push_with(dry, &Arc::default()).0.unwrap();
    assert_eq!(
        (pushed.changed, pushed.unchanged),
        (vec!["data/train-00000-of-00003.parquet".to_owned()], 3)
    );
    assert_eq!(scene.hub.commits(REPOSITORY, "main"), 2);
}

#[test]
fn a_stop_ends_it_and_the_next_goes_on() {
    let scene = Scene::new(HubOptions::default());
    let stop = Arc::new(AtomicBool::new(false));
    let repository: Repository = REPOSITORY.parse().unwrap();
    let files = scene.uploads();
    let asked = Push {
        repository: &repository,
        revision: "main",
        private: false,
        files: &files,
        folders: &["data"],
        summary: "Upload set",
        dry_run: false,
    };
    let flag = Arc::clone(&stop);
    let error = push(&scene.settings(), &asked, &stop, &move |told| {
        if matches!(told, Told::Planned { .. }) {
            flag.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    });
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Stopped), "{error}");
    scene.push().unwrap();
    scene.assert_whole("main");
}

#[test]
fn without_token_or_connection() {
    let scene = Scene::new(HubOptions::default());
    let settings = |variables: &'static [(&'static str, &'static str)]| {
        let url = scene.hub.url();
        Settings::from_env(&move |name| {
            let found = variables.iter().find(|(own, _)| *own == name);
            let found = found.map(|(_, value)| (*value).to_owned());
            found.or_else(|| (name == "HF_ENDPOINT").then(|| url.clone()))
        })
        .unwrap()
    };
    let repository: Repository = REPOSITORY.parse().unwrap();
    let files = scene.uploads();
    let asked = |dry_run| Push {
        repository: &repository,
        revision: "main",
        private: false,
        files: &files,
        folders: &[],
        summary: "",
        dry_run,
    };
    let push = |settings: &Settings, dry| push(settings, &asked(dry), &Arc::default(), &|_| {});
    assert!(matches!(
        push(&settings(&[]), false),
        Err(Error::NoToken { .. })
    ));
    let offline = settings(&[("HF_HUB_OFFLINE", "1"), ("HF_TOKEN", "hf_token")]);
    assert!(matches!(push(&offline, false), Err(Error::Offline)));
    assert_eq!(push(&offline, true).unwrap().changed.len(), 4);
    assert!(scene.hub.asked("").is_empty());
}
