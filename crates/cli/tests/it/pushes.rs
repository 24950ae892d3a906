//! `caco push` against a stand-in for the Hub.

use caco_scripted::{Hub, HubFault, HubOptions};

use super::resume::kill_group;
use super::scene::{Scene, Shown, contents, finished};

const SET: &str = "org/tiny";

/// `caco push` with the Hub's address and a token.
fn push(scene: &Scene, hub: &Hub, token: &str, args: &[&str]) -> Shown {
    let mut command = scene.caco(&[&["push"], args].concat());
    command
        .env("HF_ENDPOINT", hub.url())
        .env("HF_TOKEN", token)
        .env_remove("HF_HUB_OFFLINE");
    Shown::of(command.output().unwrap(), scene.path())
}

/// A copy of the finished run, since some of these tests change it.
fn copy() -> Scene {
    let scene = Scene::new();
    for (path, bytes) in contents(&finished().0.path().join("run")) {
        let target = scene.path().join("run").join(path);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, bytes).unwrap();
    }
    scene
}

fn names(hub: &Hub) -> Vec<String> {
    let files = hub.files(SET, "main").unwrap();
    files.into_iter().map(|(path, _)| path).collect()
}

#[test]
fn a_run_becomes_a_repository_with_nothing_of_this_machine() {
    let scene = copy();
    let hub = Hub::start(HubOptions::default()).unwrap();
    let planned = push(&scene, &hub, "hf_token", &["run", SET, "--dry-run"]).expect(0);
    assert!(
        planned
            .stdout
            .contains("public repository org/tiny would be made"),
        "{planned}"
    );
    assert!(planned.stdout.contains("+ README.md"), "{planned}");
    assert_eq!(hub.files(SET, "main"), None);
    let shown = push(&scene, &hub, "hf_token", &["run", SET, "--private"]).expect(0);
    assert!(
        shown.stdout.contains(&format!("/datasets/{SET} at ")),
        "{shown}"
    );
    assert_eq!(
        (hub.commits(SET, "main"), hub.is_private(SET)),
        (2, Some(true))
    );
    let names = names(&hub);
    for name in ["README.md", "caco_reward.py", "dataset_info.json"] {
        assert!(names.iter().any(|own| own == name), "{name}: {names:?}");
    }
    for folder in ["data/", "messages/", "verl/"] {
        assert!(
            names.iter().any(|own| own.starts_with(folder)),
            "{folder}: {names:?}"
        );
    }
    let ours = |name: &String| {
        [
            "README",
            "caco_",
            "dataset_info",
            "data/",
            "messages/",
            "verl/",
        ]
        .iter()
        .any(|start| name.starts_with(start))
    };
    assert!(names.iter().all(ours), "{names:?}");
    let here = scene.path().to_string_lossy().into_owned();
    for (path, file) in hub.files(SET, "main").unwrap() {
        let text = String::from_utf8_lossy(&file.content);
        assert!(
            !text.contains(&here) && !text.contains("hf_token"),
            "{path}"
        );
    }
    let again = push(&scene, &hub, "hf_token", &["run", SET, "--json"])
        .expect(0)
        .json();
    assert_eq!(again["commits"], 0);
}

#[test]
fn a_killed_push_goes_on_and_sends_nothing_twice() {
    let scene = copy();
    let hub = Hub::start(HubOptions::default()).unwrap();
    // Everything is uploaded, and nothing committed, when the process dies.
    hub.fault("/commit/", HubFault::Hold);
    let variables = [("HF_ENDPOINT", hub.url()), ("HF_TOKEN", "hf_token".into())];
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let mut child = scene.start_with(&["push", "run", SET, "--no-progress"], &variables);
    hub.wait_for_hold();
    kill_group(&mut child);
    let sent = hub.asked("PUT /storage");
    assert!(!sent.is_empty());
    assert!(
        names(&hub).is_empty(),
        "something is there before the commit"
    );
    push(&scene, &hub, "hf_token", &["run", SET]).expect(0);
    assert_eq!(hub.asked("PUT /storage"), sent, "content was sent twice");
    assert!(names(&hub).iter().any(|name| name == "README.md"));
    assert_eq!(hub.commits(SET, "main"), 2);
}

#[test]
fn a_push_that_dies_while_it_uploads_goes_on() {
    let scene = copy();
    let hub = Hub::start(HubOptions::default()).unwrap();
    hub.fault("PUT /storage", HubFault::Hold);
    let variables = [("HF_ENDPOINT", hub.url()), ("HF_TOKEN", "hf_token".into())];
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let mut child = scene.start_with(&["push", "run", SET, "--no-progress"], &variables);
    hub.wait_for_hold();
    kill_group(&mut child);
    push(&scene, &hub, "hf_token", &["run", SET]).expect(0);
    for (path, file) in hub.files(SET, "main").unwrap() {
        let own = std::fs::read(scene.path().join("run").join(&path)).unwrap();
        assert!(file.content == own, "{path} differs");
    }
}

#[test]
fn an_expired_token_is_said_with_its_remedy() {
    let scene = copy();
    let hub = Hub::start(HubOptions::default()).unwrap();
    let shown = push(&scene, &hub, "hf_expired_token", &["run", SET]).expect(3);
    assert!(
        shown.stderr.contains("does not accept the token"),
        "{shown}"
    );
    assert!(shown.stderr.contains("set HF_TOKEN"), "{shown}");
    assert!(!shown.to_string().contains("hf_expired_token"), "{shown}");
    let mut offline = scene.caco(&["push", "run", SET]);
    offline.env("HF_HUB_OFFLINE", "1").env("HF_TOKEN", "x");
    let shown = Shown::of(offline.output().unwrap(), scene.path()).expect(3);
    assert!(shown.stderr.contains("HF_HUB_OFFLINE"), "{shown}");
    let mut none = scene.caco(&["push", "run", SET]);
    none.env_remove("HF_TOKEN")
        .env_remove("HF_HOME")
        .env("HF_ENDPOINT", hub.url());
    let shown = Shown::of(none.output().unwrap(), scene.path()).expect(3);
    assert!(shown.stderr.contains("no token"), "{shown}");
}

#[test]
fn what_should_not_be_public_is_refused() {
    let scene = copy();
    let hub = Hub::start(HubOptions::default()).unwrap();
    let manifest = scene.path().join("run/manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    value["verification"]["failed"] = 3.into();
    std::fs::write(&manifest, value.to_string()).unwrap();
    let shown = push(&scene, &hub, "hf_token", &["run", SET]).expect(2);
    assert!(
        shown
            .stderr
            .contains("3 rows of the data set failed a check"),
        "{shown}"
    );
    push(
        &scene,
        &hub,
        "hf_token",
        &["run", SET, "--allow-unverified"],
    )
    .expect(0);
    // A file that is not what the manifest says.
    std::fs::write(scene.path().join("run/caco_reward.py"), "print()").unwrap();
    let shown = push(
        &scene,
        &hub,
        "hf_token",
        &["run", SET, "--allow-unverified"],
    )
    .expect(3);
    assert!(
        shown.stderr.contains("caco_reward.py has changed"),
        "{shown}"
    );
    std::fs::remove_file(&manifest).unwrap();
    let shown = push(&scene, &hub, "hf_token", &["run", SET]).expect(2);
    assert!(shown.stderr.contains("not finished"), "{shown}");
    let shown = push(&scene, &hub, "hf_token", &["run", "tiny"]).expect(2);
    assert!(shown.stderr.contains("ORG/NAME"), "{shown}");
}
