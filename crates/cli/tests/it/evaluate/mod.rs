//! Evaluations: what is asked, how often, how it is graded, and what is left behind.

mod code;
mod logs;
mod tasks;

use std::path::PathBuf;
use std::sync::Arc;

use caco_scripted::{Asked, Faults, Said, Server};
use serde_json::{Value, json};

use super::scene::{Scene, Shown, project};

/// Rows of GSM8K's shape whose answers are their numbers.
fn additions(count: usize) -> String {
    let row = |n: usize| {
        json!({
            "question": format!("What is {n} plus 1?"),
            "answer": format!("{n} + 1 = <<{n}+1={0}>>{0}\n#### {0}", n + 1),
        })
    };
    lines((0..count).map(row))
}

fn lines(rows: impl IntoIterator<Item = Value>) -> String {
    rows.into_iter().map(|row| format!("{row}\n")).collect()
}

fn serve(script: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Server {
    Server::start(Arc::new(script), Faults::none()).unwrap()
}

/// The number in a question of [`additions`].
fn number(asked: &Asked) -> u64 {
    let words = asked.prompt.last().split_whitespace();
    words.filter_map(|word| word.parse().ok()).next().unwrap()
}

/// `caco evaluate` on a server.
fn measure(scene: &Scene, server: &Server, model: &str, more: &[&str]) -> Shown {
    let url = server.url();
    let args = [
        "evaluate",
        "--model",
        model,
        "--base-url",
        &url,
        "--no-progress",
    ];
    scene.run(&[&args, more].concat())
}

/// The items of one benchmark.
fn items(scene: &Scene, path: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(scene.path().join(path)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn files(scene: &Scene, folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let read = |name: &str| {
        let path = scene.path().join(folder).join(name);
        (PathBuf::from(name), std::fs::read(path).unwrap())
    };
    vec![read("results.json"), read("items/gsm8k.jsonl")]
}

#[test]
fn a_server_is_measured_and_nothing_is_asked_twice() {
    let scene = Scene::new();
    scene.write("gsm8k_test.jsonl", &additions(40));
    // Every fourth is wrong, one says nothing, one is cut before and one behind its answer.
    let server = serve(|asked| match number(asked) {
        5 => Said::text(""),
        6 => Said::text("First I think of 6").finished("length"),
        7 => Said::text(r"It is \boxed{8}. To check that").finished("length"),
        n if n % 4 == 0 => Said::text(format!(r"It is \boxed{{{n}}}.")),
        n => Said::text(format!("So it is {}.\n#### {}", n + 1, n + 1)),
    });
    let args = ["--bench", "gsm8k", "-o", "out", "--set", "shard_rows=8"];
    // A budget cuts it off; what is paid for stays.
    let shown = measure(
        &scene,
        &server,
        "m",
        &[&args[..], &["--set", "budget.calls=13"]].concat(),
    );
    assert_eq!(shown.expect(5).stdout, "");
    // A call that was still to be sent when the budget was found used up may leave its place unused.
    let paid = server.counts().completed;
    assert!((1..=13).contains(&paid), "{paid} of at most 13");
    assert!(!scene.path().join("out/results.json").exists());
    let shown = measure(&scene, &server, "m", &[&args[..], &["--json"]].concat()).expect(0);
    assert_eq!(server.counts().received, 40);
    let results = shown.json();
    let task = &results["tasks"][0];
    assert_eq!(results["model"]["name"], "m");
    assert_eq!(task["metrics"]["items"], 40);
    assert_eq!(task["metrics"]["correct"], 28);
    assert_eq!(task["metrics"]["pass_at"][0]["value"], 0.7);
    assert_eq!(task["metrics"]["pass_at"][0]["interval"], "wilson");
    assert_eq!(
        task["reasons"],
        json!({ "empty_reply": 1, "truncated": 1, "wrong_answer": 10 })
    );
    assert_eq!(task["usual_size"], false);
    assert!(shown.stderr.contains("has 40 items"), "{shown}");
    // Again: the same bytes, and nobody is asked.
    let before = files(&scene, "out");
    let shown = measure(&scene, &server, "m", &args).expect(0);
    assert!(shown.stdout.contains("70.0 %"), "{shown}");
    assert!(shown.stdout.contains("54.6 - 81.9 %"), "{shown}");
    assert_eq!(files(&scene, "out"), before);
    assert_eq!(server.counts().received, 40);
    // In one piece elsewhere: the same bytes.
    let args = ["--bench", "gsm8k=gsm8k_test.jsonl", "-o", "other"];
    measure(&scene, &server, "m", &args).expect(0);
    assert_eq!(files(&scene, "other"), before);
    let items = items(&scene, "out/items/gsm8k.jsonl");
    assert_eq!(items.len(), 40);
    let (wrong, cut) = (&items[4], &items[7]);
    assert_eq!(wrong["place"], "line 5");
    assert_eq!(wrong["replies"][0]["answer"], "4");
    assert_eq!(wrong["replies"][0]["reason"], "wrong_answer");
    assert_eq!(wrong["reference"], "5");
    assert_eq!(cut["replies"][0]["finish"], "length");
    assert_eq!(cut["correct"], 1);
    assert_eq!(cut["replies"][0]["how"], "boxed");
    // The prompt is that of solve.
    assert_eq!(wrong["prompt"].as_str().unwrap().len(), 16);
    assert_eq!(task["template"][0], "solve.j2");
}

#[test]
fn several_replies_give_pass_at_k_and_a_majority() {
    let scene = Scene::new();
    scene.write("gsm8k.jsonl", &additions(30));
    // By the seed: each of four replies is right in two of three cases; what is wrong has two ways to be so.
    let server = serve(|asked| {
        let (n, seed) = (number(asked), asked.seed.unwrap());
        let answer = match seed % 6 {
            0 => n,
            1 => n + 2,
            _ => n + 1,
        };
        Said::text(format!("The answer is {answer}."))
    });
    let args = [
        "--bench",
        "gsm8k",
        "-o",
        "out",
        "--samples",
        "4",
        "--temperature",
        "0.7",
        "--k",
        "2,4",
        "--json",
    ];
    let results = measure(&scene, &server, "m", &args).expect(0).json();
    assert_eq!(server.counts().received, 120);
    let metrics = &results["tasks"][0]["metrics"];
    let items = items(&scene, "out/items/gsm8k.jsonl");
    let mean = |of: &dyn Fn(&Value) -> f64| items.iter().map(of).sum::<f64>() / 30.0;
    let right = |item: &Value| item["correct"].as_u64().unwrap();
    // pass@k from the table of combinations of four.
    let table = [
        [0.0, 0.25, 0.5, 0.75, 1.0],
        [0.0, 0.5, 5.0 / 6.0, 1.0, 1.0],
        [0.0, 1.0, 1.0, 1.0, 1.0],
    ];
    for (place, k) in [1, 2, 4].into_iter().enumerate() {
        let pass = &metrics["pass_at"][place];
        assert_eq!(pass["k"], k);
        let expected = mean(&|item| table[place][right(item) as usize]);
        assert!(
            (pass["value"].as_f64().unwrap() - expected).abs() < 1e-9,
            "{pass}"
        );
        let (low, high) = (
            pass["low"].as_f64().unwrap(),
            pass["high"].as_f64().unwrap(),
        );
        assert!(low <= expected && expected <= high, "{pass}");
    }
    assert_eq!(metrics["pass_at"][0]["interval"], "bootstrap");
    let majority = mean(&|item| f64::from(u8::from(item["majority"]["correct"] == true)));
    assert_eq!(metrics["majority"]["value"].as_f64().unwrap(), majority);
    assert!(items.iter().any(|item| item["majority"]["tied"] == true));
    for item in &items {
        let replies = item["replies"].as_array().unwrap();
        assert_eq!(replies.len(), 4);
        let winner = item["majority"]["answer"].as_str().unwrap();
        let votes = replies.iter().filter(|reply| reply["answer"] == winner);
        assert_eq!(item["majority"]["votes"], votes.count());
    }
    // Fewer replies are among them, and a table shows them.
    let args = [
        "--bench",
        "gsm8k",
        "-o",
        "out",
        "--samples",
        "2",
        "--temperature",
        "0.7",
    ];
    let shown = measure(&scene, &server, "m", &args).expect(0);
    assert_eq!(server.counts().received, 120);
    assert!(shown.stdout.contains("pass@2  majority"), "{shown}");
}

#[test]
fn two_evaluations_are_compared_item_by_item() {
    let scene = Scene::new();
    scene.write("gsm8k.jsonl", &additions(60));
    let server = serve(|asked| {
        let n = number(asked);
        let wrong = match asked.model.as_str() {
            "small" => n.is_multiple_of(2),
            _ => n % 10 == 1,
        };
        Said::text(format!("It is {}.", n + u64::from(!wrong)))
    });
    for model in ["small", "large"] {
        measure(&scene, &server, model, &["--bench", "gsm8k", "-o", model]).expect(0);
    }
    let args = ["evaluate", "compare", "small", "large"];
    let found = scene
        .run(&[&args[..], &["--json"]].concat())
        .expect(0)
        .json();
    let task = &found["tasks"][0];
    assert_eq!(
        (&found["a"]["name"], &found["b"]["name"]),
        (&json!("small"), &json!("large"))
    );
    // 30 even ones against 6 that end in 1, which are odd.
    assert_eq!(task["pairs"]["only_a"], 6);
    assert_eq!(task["pairs"]["only_b"], 30);
    assert_eq!(task["pairs"]["both"], 24);
    assert_eq!(task["difference"]["value"], 0.4);
    assert_eq!(task["pairs"]["mcnemar"]["method"], "corrected_chi_square");
    let statistic = task["pairs"]["mcnemar"]["statistic"].as_f64().unwrap();
    assert!((statistic - 23.0 * 23.0 / 36.0).abs() < 1e-9);
    let shown = scene.run(&args).expect(0);
    assert!(shown.stdout.contains("McNemar, chi-square"), "{shown}");
    assert!(shown.stdout.contains("+40.0"), "{shown}");
    // Not the same items.
    measure(
        &scene,
        &server,
        "large",
        &["--bench", "gsm8k", "-o", "part", "--limit", "10"],
    )
    .expect(0);
    let shown = scene
        .run(&["evaluate", "compare", "small", "part"])
        .expect(2);
    assert!(shown.stderr.contains("50 are only in the first"), "{shown}");
    // Few differ: the exact test.
    measure(
        &scene,
        &server,
        "small",
        &["--bench", "gsm8k", "-o", "little", "--limit", "10"],
    )
    .expect(0);
    let found = scene
        .run(&["evaluate", "compare", "part", "little", "--json"])
        .expect(0)
        .json();
    assert_eq!(
        found["tasks"][0]["pairs"]["mcnemar"]["method"],
        "exact_binomial"
    );
    // A folder holds one model.
    let shown = measure(
        &scene,
        &server,
        "small",
        &["--bench", "gsm8k", "-o", "large"],
    )
    .expect(2);
    assert!(shown.stderr.contains("another model, large"), "{shown}");
    // Nothing in common.
    scene.write(
        "svamp.jsonl",
        &lines([json!({ "Body": "One", "Question": "2 ?", "Answer": 1 })]),
    );
    measure(
        &scene,
        &server,
        "small",
        &["--bench", "svamp", "-o", "svamp"],
    )
    .expect(0);
    let shown = scene
        .run(&["evaluate", "compare", "small", "svamp"])
        .expect(2);
    assert!(shown.stderr.contains("no benchmark in common"), "{shown}");
}

#[test]
fn a_template_of_ones_own_takes_the_place_of_the_prompt() {
    let scene = Scene::new();
    scene.write("gsm8k.jsonl", &additions(3));
    let template = scene.write("mine.j2", "Q: {{ problem }}\nA:\n");
    let server = serve(|asked| {
        assert!(asked.prompt.last().starts_with("Q: What is "));
        assert!(asked.prompt.last().ends_with("plus 1?\nA:"));
        Said::text(format!("{}", number(asked) + 1))
    });
    let template = template.to_string_lossy();
    let args = [
        "--bench",
        "gsm8k",
        "--template",
        &template,
        "-o",
        "out",
        "--json",
    ];
    let results = measure(&scene, &server, "m", &args).expect(0).json();
    assert_eq!(results["tasks"][0]["metrics"]["correct"], 3);
    assert_eq!(results["tasks"][0]["template"][0], "mine.j2");
    scene.write("mine.j2", "Q: {{ question }}");
    let shown = measure(&scene, &server, "m", &args).expect(2);
    assert!(shown.stderr.contains("mine.j2"), "{shown}");
}

#[test]
fn the_embedded_model_and_models_of_a_configuration() {
    let scene = Scene::new();
    let held_out = project("examples/quickstart-held-out.jsonl");
    let bench = format!("problems={}", held_out.display());
    let args = [
        "evaluate",
        "--model",
        "builtin",
        "--bench",
        &bench,
        "--limit",
        "8",
        "--no-progress",
    ];
    let shown = scene.run(&args).expect(0);
    assert!(
        shown.stdout.contains("quickstart-held-out      8"),
        "{shown}"
    );
    let first = std::fs::read(scene.path().join("evaluations/builtin/results.json")).unwrap();
    scene.write(
        "caco.yaml",
        "seeds: [{path: none}]\nmodels:\n  tiny: {kind: embedded, path: builtin}\n\
         stages: {skip: [train]}\ntarget: {kept: 5}\n",
    );
    let args = [
        "evaluate",
        "--config",
        "caco.yaml",
        "--model",
        "tiny",
        "--bench",
        &bench,
        "--limit",
        "8",
        "-o",
        "out",
    ];
    let json = scene
        .run(&[&args[..], &["--json", "--no-progress"]].concat())
        .expect(0)
        .json();
    let first: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!(json["tasks"], first["tasks"]);
    assert_eq!(json["model"]["id"], first["model"]["id"]);
}

#[test]
fn what_is_wrong_is_named_with_its_remedy() {
    let scene = Scene::new();
    scene.write(
        "gsm8k.jsonl",
        "{\"question\": \"q\", \"answer\": \"1\"}\n{\"question\": \"q\", \"reply\": 3}\n",
    );
    let builtin = ["evaluate", "--model", "builtin", "--no-progress"];
    for (args, code, words) in [
        (&["evaluate"][..], 2, "no model is named"),
        (&builtin[..], 2, "no benchmark is named"),
        (
            &[&builtin[..], &["--bench", "gsm9k"]].concat(),
            2,
            "known are gsm8k, math",
        ),
        (
            &[&builtin[..], &["--bench", "problems"]].concat(),
            2,
            "problems=FILE",
        ),
        (
            &[&builtin[..], &["--bench", "svamp"]].concat(),
            2,
            "svamp/test.jsonl",
        ),
        (
            &[&builtin[..], &["--bench", "gsm8k"]].concat(),
            2,
            "gsm8k.jsonl: line 2: `answer` is missing",
        ),
        (
            &[&builtin[..], &["--bench", "gsm8k", "--samples", "3"]].concat(),
            2,
            "temperature 0",
        ),
        (
            &[&builtin[..], &["--bench", "gsm8k", "--k", "3"]].concat(),
            2,
            "pass@3",
        ),
        (
            &["evaluate", "--model", "nowhere", "--bench", "gsm8k"],
            2,
            "no model folder nowhere",
        ),
        (&["evaluate", "compare", "x", "y"], 2, "results.json"),
    ] {
        let shown = scene.run(args).expect(code);
        assert!(shown.stderr.contains(words), "{args:?}: {shown}");
    }
}

#[test]
fn the_stage_measures_tasks_with_several_replies() {
    let scene = Scene::new();
    scene.write("gsm8k.jsonl", &additions(6));
    scene.write(
        "seeds.jsonl",
        "{\"problem\": \"1 + 1?\", \"answer\": \"2\"}\n",
    );
    scene.write(
        "caco.yaml",
        "name: tasks\nshard_rows: 4\nseeds: [{path: seeds.jsonl}]\nexecute: {python: []}\n\
         stages: {skip: [unify, tune, sample, execute, reverse, solve, judge, curate, export, train]}\n\
         evaluate:\n  benchmarks: [{task: gsm8k, path: gsm8k.jsonl, samples: 3}]\n  sampling: {temperature: 0.7}\n",
    );
    let args = ["run", "caco.yaml", "-o", "run", "--json", "--no-progress"];
    let report = scene.run(&args).expect(0).json();
    let score = &report["scores"][0];
    assert_eq!(
        (&score["benchmark"], &score["task"]),
        (&json!("gsm8k"), &json!("gsm8k"))
    );
    let student = &score["students"][0];
    assert_eq!(student["overall"]["total"], 18);
    let ks: Vec<&Value> = student["metrics"]["pass_at"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pass| &pass["k"])
        .collect();
    assert_eq!(ks, [&json!(1), &json!(2), &json!(3)]);
    assert!(student["metrics"]["majority"]["value"].is_number());
    let stage = &report["stages"].as_array().unwrap()[1];
    assert_eq!(
        (&stage["name"], &stage["in"]),
        (&json!("evaluate"), &json!(18))
    );
    for (set, words) in [
        ("evaluate.sampling.temperature=0", "at temperature 0"),
        (
            "evaluate.benchmarks.0.fields={answer: x}",
            "knows the fields",
        ),
        ("evaluate.benchmarks.0.task=gsm9k", "did you mean `gsm8k`?"),
    ] {
        let shown = scene
            .run(&["validate", "caco.yaml", "--set", set])
            .expect(2);
        assert!(shown.stderr.contains(words), "{shown}");
    }
}
