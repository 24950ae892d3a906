//! Help texts and the command line itself.

use super::scene::Scene;

const COMMANDS: [&[&str]; 21] = [
    &[],
    &["init"],
    &["doctor"],
    &["validate"],
    &["preview"],
    &["run"],
    &["resume"],
    &["status"],
    &["inspect"],
    &["export"],
    &["push"],
    &["tune"],
    &["evaluate"],
    &["evaluate", "compare"],
    &["evaluate", "rescore"],
    &["sandbox", "run"],
    &["sandbox", "exec"],
    &["sandbox", "serve"],
    &["answer"],
    &["answer", "compare"],
    &["answer", "extract"],
];

#[test]
fn every_command_explains_itself() {
    let scene = Scene::new();
    for command in COMMANDS {
        let shown = scene.run(&[command, &["--help"]].concat()).expect(0);
        assert_eq!(shown.stderr, "");
        assert!(shown.stdout.contains("Exit codes:"), "{command:?}: {shown}");
        assert!(
            shown.stdout.contains("  130  stopped by Ctrl-C"),
            "{command:?}: {shown}"
        );
    }
}

#[test]
fn the_first_page() {
    insta::assert_snapshot!(Scene::new().run(&["--help"]));
}

#[test]
fn run_help() {
    insta::assert_snapshot!(Scene::new().run(&["run", "--help"]));
}

#[test]
fn no_command_shows_the_commands() {
    let shown = Scene::new().run(&[]).expect(2);
    assert_eq!(shown.stdout, "");
    assert!(shown.stderr.contains("Usage: caco"), "{shown}");
}

#[test]
fn an_unknown_command_names_the_nearest() {
    insta::assert_snapshot!(Scene::new().run(&["exprot"]));
}

#[test]
fn an_unknown_option_is_a_usage_error() {
    let shown = Scene::new().run(&["status", "x", "--jsno"]).expect(2);
    assert!(shown.stderr.contains("--json"), "{shown}");
}

#[test]
fn the_version() {
    let shown = Scene::new().run(&["--version"]).expect(0);
    assert_eq!(
        shown.stdout,
        format!("caco {}\n", env!("CARGO_PKG_VERSION"))
    );
}
