use super::*;

const GOOD: &str = "seeds:\n  - path: seeds.jsonl\n";

fn parse(text: &str, sets: &[&str]) -> Result<Config, Error> {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    Config::parse(text, Path::new("run.yaml"), Path::new("/work/here"), &sets)
}

/// The message and the hint, as a user sees them.
fn check(text: &str, sets: &[&str], expected: &str) {
    let error = parse(text, sets).unwrap_err();
    let shown = match error.hint() {
        Some(hint) => format!("{error} | {hint}"),
        None => error.to_string(),
    };
    assert_eq!(shown, expected);
    assert_eq!(error.category().exit_code(), 2);
}

#[test]
fn errors_name_place_and_remedy() {
    check(
        "seeds:\n  - path: a\nsample:\n  sampling:\n    temprature: 1\n",
        &[],
        "run.yaml:5: sample.sampling.temprature: unknown key | did you mean `temperature`?",
    );
    check(
        "sedes: []\n",
        &[],
        "run.yaml:1: sedes: unknown key | did you mean `seeds`?",
    );
    check(
        "name: x\n",
        &[],
        "run.yaml: seeds: this key is required | add `seeds:`",
    );
    check(
        "seeds:\n  - limit: 3\n",
        &[],
        "run.yaml:2: seeds[0].path: this key is required | add `path:`",
    );
    check(
        "seeds:\n  - path: a\nsolve:\n  model: big\n",
        &[],
        "run.yaml:4: solve.model: there is no model `big` | `models` defines base; add `big` there or use one of these",
    );
    check(
        "seeds:\n  - path: a\nstages:\n  skip: [tune]\n",
        &[],
        "run.yaml:4: stages.skip: `tune` is skipped but `sample` runs: sample asks the model that tune makes | skip `sample` too, or do not skip `tune`",
    );
    check(
        "seeds:\n  - path: a\nstages:\n  skip: [juge]\n",
        &[],
        "run.yaml:4: stages.skip[0]: `juge` is not one of import, unify, tune, sample, execute, reverse, solve, judge, curate, export, train, evaluate | did you mean `judge`?",
    );
    check(
        "seeds: []\n",
        &[],
        "run.yaml:1: seeds: at least one seed file is required",
    );
}

#[test]
fn overrides_are_blamed_for_themselves() {
    check(
        GOOD,
        &["sample.sampling.top_p=2"],
        "--set: sample.sampling.top_p: must be above 0 and at most 1",
    );
    check(
        GOOD,
        &["sample.cuont=2"],
        "--set: sample.cuont: unknown key | did you mean `count`?",
    );
    check(
        GOOD,
        &["sample"],
        "--set: `sample` has no `=` | write `--set stage.key=value`, for example `--set sample.count=100`",
    );
    check(
        GOOD,
        &["seeds.3.limit=1"],
        "--set: seeds.3.limit: `3` is not an item of a list of 1 (numbers from 0) | write `--set stage.key=value`, for example `--set sample.count=100`",
    );
}

#[test]
fn broken_yaml_names_its_line() {
    let error = parse("seeds:\n  - path: [a\n", &[]).unwrap_err();
    assert!(error.to_string().starts_with("run.yaml:"), "{error}");
    assert!(error.to_string().contains("not valid YAML"), "{error}");
}

#[test]
fn overrides_apply_and_paths_resolve() {
    let sets = [
        "sample.count=7",
        "seeds.0.limit=5",
        "train.students=[]",
        "output=/tmp/out",
        "judge.coverage=false",
    ];
    let config = parse(GOOD, &sets).unwrap();
    assert_eq!(config.sample.count, 7);
    assert_eq!(config.seeds[0].limit, Some(5));
    assert_eq!(config.seeds[0].path, Path::new("/work/here/seeds.jsonl"));
    assert_eq!(config.output, Path::new("/tmp/out"));
    assert_eq!(config.name, "run");
    assert!(!config.judge.coverage && !config.runs(Stage::Train));
    assert!(config.models.contains_key("base"));
}

#[test]
fn the_resolved_configuration_reads_back_equal() {
    let config = parse("seeds:\n  - path: ../a.jsonl.gz\n    format: gsm8k\ntrain:\n  students: [{name: a, data: kept, rows: 9}]\n", &[]).unwrap();
    assert_eq!(config.seeds[0].path, Path::new("/work/a.jsonl.gz"));
    let again = parse(&config.to_yaml().unwrap(), &[]).unwrap();
    assert_eq!(again, config);
}

#[test]
fn stems_drop_both_extensions() {
    assert_eq!(stem(Path::new("x/gsm8k_train.jsonl.gz")), "gsm8k_train");
    assert_eq!(stem(Path::new("plain")), "plain");
}

#[test]
fn the_judge_is_of_another_family_where_there_is_one() {
    let judge = |models: &str, sets: &[&str]| {
        let text = format!("{GOOD}models:\n{models}");
        parse(&text, sets).unwrap().judge.model
    };
    let server = |name: &str, model: &str| format!("  {name}: {{kind: server, model: {model}}}\n");
    let qwen = server("small", "Qwen/Qwen3-8B");
    let other = server("other", "meta-llama/Llama-3.3-70B-Instruct");
    let writer = server("writer", "codegen-7b");
    let solve = "solve.model=small";
    // An embedded solver has no judge by default.
    assert_eq!(judge(&qwen, &[]), "none");
    assert_eq!(judge(&qwen, &[solve]), "small");
    assert_eq!(judge(&format!("{qwen}{other}"), &[solve]), "other");
    // Who writes programs does not judge, nor does anyone where that is said.
    let all = format!("{qwen}{writer}");
    assert_eq!(judge(&all, &[solve, "sample.model=writer"]), "small");
    assert_eq!(judge(&all, &[solve, "judge.model=none"]), "none");
    let own = "  other: {kind: server, model: mine, family: qwen}\n";
    assert_eq!(judge(&format!("{qwen}{own}"), &[solve]), "small");
}

#[test]
fn what_a_server_needs_is_checked() {
    let server = "models:\n  big:\n    kind: server\n    model: m\n";
    for (sets, expected) in [
        (
            &["tune.model=big"][..],
            "tune.model: `big` is a server's model",
        ),
        (&["judge.model=base"], "judge.model: `base` is embedded"),
        (&["judge.votes=0"], "judge.votes: must be at least 1"),
        (
            &["budget.cost=3"],
            "budget.cost: the price of `big` is not known",
        ),
        (
            &["sample.method=chat"],
            "sample.method: `chat` needs a model",
        ),
        (&["target={kept: 0}"], "target.kept: must be at least 1"),
        (
            &["models.big.base_url=localhost"],
            "models.big.base_url[0]: ",
        ),
        (
            &["models.big.max_in_flight=0"],
            "models.big.max_in_flight: ",
        ),
    ] {
        let error = parse(&format!("{GOOD}{server}"), sets).unwrap_err();
        assert!(error.to_string().contains(expected), "{expected}: {error}");
        assert!(
            error.hint().is_some() || expected.contains("at least"),
            "{error}"
        );
    }
    // A model of a server that samples makes tune idle.
    let config = parse(&format!("{GOOD}{server}"), &["sample.model=big"]).unwrap();
    assert!(!config.runs(Stage::Tune) && config.runs(Stage::Sample));
    assert_eq!(config.sample.sampling.max_tokens, Some(1024));
    assert_eq!(config.solve.sampling.max_tokens, Some(256));
}
