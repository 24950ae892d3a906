//! What looks further than one input and one answer: pairs in prompts and exports, traces, problems told with other quantities,
//! pass rates, programs made of others, domains, and a run made again without one of these.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use caco_scripted::{Asked, Faults, Options, Prompt, Said, Server};
use serde_json::Value;

use super::scene::{Scene, project, shard_rows, tiny};

const MODEL: &str = "writer";

/// A program of the contract about three quantities.
fn program(what: &str, numbers: [u32; 3], left: &str) -> String {
    let [first, each, lost] = numbers;
    format!(
        "input = {{\"{what}\": {first}, \"each\": {each}, \"lost\": {lost}}}\n\ndef solve({what}, each, lost):\n    total = {what} * each\n    left = {left}\n    return left\n\noutput = solve(**input)\nprint(output)\n"
    )
}

/// What the words of a problem come to: the numbers in it, worked as its first noun says.
fn worked(problem: &str) -> (Vec<i64>, i64) {
    let numbers: Vec<i64> = problem
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect();
    let [first, each, lost] = numbers[..] else {
        panic!("three numbers in {problem}");
    };
    let answer = match problem {
        _ if problem.contains("tins") => first + each + lost,
        // Right for the one problem that this solver has seen before.
        _ if problem.contains("crates") => 70,
        _ if problem.contains("bags") => first * each - 2 * lost,
        _ => first * each - lost,
    };
    (numbers, answer)
}

fn told(prompt: &str) -> String {
    let line = prompt
        .lines()
        .find_map(|line| line.strip_prefix("Its input: "));
    let input: Value = serde_json::from_str(line.unwrap()).unwrap();
    let what = ["boxes", "crates", "bags", "tins"]
        .into_iter()
        .find(|what| !input[what].is_null())
        .unwrap();
    format!(
        "A shop has {} {what} of {} pens each, and {} go. How many pens?",
        input[what], input["each"], input["lost"]
    )
}

/// A model that plays every part, and the prompts of reverse that it was shown.
fn server(shown: Arc<std::sync::Mutex<Vec<String>>>) -> Server {
    let samples = [
        program("boxes", [12, 7, 5], "total - lost"),
        program("crates", [11, 6, 4], "total + lost"),
        program("bags", [9, 8, 7], "total - 2 * lost"),
    ];
    let next = AtomicUsize::new(0);
    let script = move |asked: &Asked| {
        let Prompt::Chat(_) = &asked.prompt else {
            let at = next.fetch_add(1, Ordering::Relaxed);
            return Said::text(samples[at % samples.len()].clone());
        };
        let prompt = asked.prompt.last();
        if prompt.starts_with("Below is a Python program") {
            shown.lock().unwrap().push(prompt.to_owned());
            return Said::text(told(prompt));
        }
        if prompt.contains("Reason step by step") {
            let (numbers, answer) = worked(prompt);
            let stray = if prompt.contains("bags") {
                "As 123457 is prime, this is simple. "
            } else {
                ""
            };
            return Said::text(format!(
                "{stray}We take {} and {}. The answer is \\boxed{{{answer}}}.",
                numbers[0], numbers[1]
            ));
        }
        let problem = prompt.split("<problem>").nth(1).unwrap();
        let (numbers, _) = worked(problem.split("</problem>").next().unwrap());
        let numbers: Vec<u32> = numbers.iter().map(|own| *own as u32).collect();
        let program = program(
            "tins",
            [numbers[0], numbers[1], numbers[2]],
            "tins + each + lost if total > 0 else total",
        );
        Said::text(format!("```python\n{program}```"))
    };
    Server::with(
        Arc::new(script),
        Faults::none(),
        Options {
            models: vec![MODEL.into()],
            ..Options::default()
        },
    )
    .unwrap()
}

fn scene(url: &str) -> Scene {
    let scene = Scene::new();
    scene.write(
        "seeds.jsonl",
        "{\"problem\": \"There are 3 tins, 4 cans and 2 jars. How many?\", \"answer\": \"9\"}\n\
         {\"problem\": \"There are 5 tins, 8 cans and 7 jars. How many?\", \"answer\": \"20\", \"domain\": \"kitchen\"}\n",
    );
    let config = format!(
        "name: beyond
seeds: [{{path: seeds.jsonl, domain: shop}}]
stages: {{skip: [train, evaluate]}}
models: {{writer: {{kind: server, base_url: {url}, model: {MODEL}}}}}
unify: {{model: writer, samples: 1}}
sample: {{model: writer, count: 3}}
execute: {{python: [], workers: 2, inputs: {{pairs: 4}}}}
reverse: {{model: writer, pairs: 2}}
solve: {{model: writer}}
judge: {{model: none, trace: {{mode: block}}, counterfactual: {{pairs: 2}}, difficulty: {{samples: 2}}}}
curate: {{near: {{problems: 0}}}}
export: {{formats: [verl, reasoning-gym, genesys], spread: {{model: writer}}}}
"
    );
    scene.write("beyond.yaml", &config);
    scene
}

/// The rows of a run as JSON lines.
fn rows(scene: &Scene, run: &str) -> Vec<Value> {
    let into = format!("{run}-lines");
    scene
        .run(&["export", run, "--format", "jsonl", "-o", &into])
        .expect(0);
    let text = std::fs::read_dir(scene.path().join(&into).join("jsonl"))
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect::<String>();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn column(row: &Value, name: &str) -> Value {
    serde_json::from_str(row[name].as_str().unwrap_or("null")).unwrap()
}

#[test]
fn luck_and_stray_numbers_are_found_out_and_what_stays_says_how_it_was_tested() {
    let shown = Arc::new(std::sync::Mutex::new(Vec::new()));
    let server = server(Arc::clone(&shown));
    let scene = scene(&server.url());
    let report = scene
        .run(&["run", "beyond.yaml", "-o", "run", "--json", "--no-progress"])
        .expect(0)
        .json();
    let judge = report["stages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|stage| stage["name"] == "judge")
        .unwrap();
    assert_eq!(judge["reasons"]["counterfactual_differs"], 1, "{judge}");
    assert_eq!(judge["reasons"]["ungrounded_number"], 1, "{judge}");
    assert_eq!(report["removed"]["counterfactual"], 1, "{report}");
    assert_eq!(report["removed"]["trace"], 1);
    assert_eq!(report["marks"]["retold"], 1);
    assert_eq!(report["marks"]["measured"], 3);

    // Whoever wrote the problems saw two more inputs with their outputs.
    let shown = shown.lock().unwrap();
    assert_eq!(shown.len(), 3);
    for prompt in shown.iter() {
        assert_eq!(prompt.matches(" gives ").count(), 2, "{prompt}");
    }

    let rows = rows(&scene, "run");
    let kept = rows
        .iter()
        .find(|row| row["origin"] == "sample")
        .expect("the sound one stays");
    let verdicts = column(kept, "verdicts");
    assert_eq!(verdicts["counterfactual"]["agreed"], 2, "{verdicts}");
    assert_eq!(verdicts["trace"]["score"], 1.0);
    assert_eq!(
        verdicts["difficulty"],
        serde_json::json!({"samples": 2, "passed": 2})
    );
    assert_eq!(column(kept, "program_pairs").as_array().unwrap().len(), 4);
    assert!(column(kept, "facts")["profile"]["statements"].as_u64() > Some(0));
    // Written unprompted, and the known programs are of two domains.
    assert!(kept["domain"].is_null());

    let card = std::fs::read_to_string(scene.path().join("run/README.md")).unwrap();
    for part in [
        "| the problem holds with other quantities | 1 | 1 rows hold with other quantities, 0 could not be told with any |",
        "| numbers of the solution come from the run | 1 |",
        "Mean cosine distance of the embeddings of 3 problems by `writer@",
        "3 rows have 12 further pairs of input and output",
        "Rows by domain: kitchen 1, shop 1.",
        "Rows by the solver's pass rate, in fifths from never to always: 0, 0, 0, 0, 3.",
    ] {
        assert!(card.contains(part), "{part} in {card}");
    }
    let status = scene.run(&["status", "run"]).expect(0);
    assert!(
        status.stdout.contains("removed by mechanism")
            && status.stdout.contains("1 hold with other quantities"),
        "{status}"
    );
    let id = kept["row_id"].as_str().unwrap();
    let shown = scene.run(&["inspect", "run", id]).expect(0);
    assert!(shown.stdout.contains("counterfactual"), "{shown}");

    // Without the check its row would be there; nothing that was asked before is asked again.
    let again = scene
        .run(&[
            "ablate",
            "run",
            "--without",
            "counterfactual,trace",
            "--json",
        ])
        .expect(0)
        .json();
    let [counterfactual, trace] = again["without"].as_array().unwrap().as_slice() else {
        panic!("two mechanisms: {again}");
    };
    assert_eq!(counterfactual["only_without"], 1, "{again}");
    assert_eq!(counterfactual["only_with"], 0);
    assert_eq!(
        counterfactual["removed_for"],
        serde_json::json!({"counterfactual_differs": 1})
    );
    // Its pass rate was not measured before, and its problem not embedded: two solutions and a vector.
    assert_eq!(counterfactual["spent"]["calls"], 3);
    assert_eq!(
        trace["removed_for"],
        serde_json::json!({"ungrounded_number": 1})
    );
    assert_eq!(trace["variety"]["rows"], 4);
    let text = scene
        .run(&["ablate", "run", "--without", "counterfactual"])
        .expect(0);
    assert!(text.stdout.contains("counterfactual_differs 1"), "{text}");
    let off = scene.run(&["ablate", "run", "--without", "caps"]).expect(2);
    assert!(off.stderr.contains("`caps` is off"), "{off}");
    let unknown = scene
        .run(&["ablate", "run", "--without", "nearly"])
        .expect(2);
    assert!(unknown.stderr.contains("inputs, coverage"), "{unknown}");
}

#[test]
fn programs_are_made_of_known_ones_with_their_ancestry() {
    let server = server(Arc::default());
    let scene = scene(&server.url());
    let run = |name: &str| {
        let args = [
            "run",
            "beyond.yaml",
            "-o",
            name,
            "--no-progress",
            "--set",
            "stages.skip=[reverse, solve, judge, train, evaluate]",
            "--set",
            "judge.counterfactual.pairs=0",
            "--set",
            "sample.count=12",
            "--set",
            "sample.mutate.share=1",
            "--set",
            "sample.weighting=both",
            "--set",
            "export={}",
        ];
        scene.run(&args).expect(0);
        rows(&scene, name)
    };
    let made = run("made");
    let seeds: Vec<&Value> = made.iter().filter(|row| row["origin"] == "seed").collect();
    let samples: Vec<&Value> = made
        .iter()
        .filter(|row| row["origin"] == "sample")
        .collect();
    assert!(!samples.is_empty());
    for row in &samples {
        let ancestry = column(row, "ancestry");
        let parents = ancestry["parents"].as_array().unwrap();
        assert_eq!(parents[0], row["parent_id"]);
        let parent = seeds
            .iter()
            .find(|seed| seed["row_id"] == row["parent_id"])
            .expect("a seed is its parent");
        assert_eq!(parent["domain"], row["domain"]);
        assert_ne!(parent["program"], row["program"]);
    }
    let id = samples[0]["row_id"].as_str().unwrap();
    let shown = scene.run(&["inspect", "made", id]).expect(0);
    assert!(
        shown.stdout.contains("made from") && shown.stdout.contains("operator"),
        "{shown}"
    );
    assert_eq!(run("again"), made, "the same seed makes the same programs");
}

/// The generator is told the domain by a first line, which no program keeps.
#[test]
fn what_a_tuned_generator_writes_has_a_domain() {
    let scene = Scene::new();
    let seeds = std::fs::read_to_string(project("seeds/quickstart.jsonl")).unwrap();
    let seeds: String = seeds
        .lines()
        .take(24)
        .enumerate()
        .map(|(at, line)| {
            let mut seed: Value = serde_json::from_str(line).unwrap();
            if at % 3 == 0 {
                seed["domain"] = "the  kitchen".into();
            }
            format!("{seed}\n")
        })
        .collect();
    scene.write("seeds.jsonl", &seeds);
    let config = tiny().replace(
        &format!("{}, limit: 24", project("seeds/quickstart.jsonl").display()),
        "seeds.jsonl, domain: shop",
    );
    scene.write("two.yaml", &config);
    let set = [
        "--set",
        "rounds=1",
        "--set",
        "stages={skip: [train, evaluate]}",
    ];
    let mut args = vec!["run", "two.yaml", "-o", "run", "--no-progress"];
    args.extend(set);
    scene.run(&args).expect(0);
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for row in shard_rows(&scene.path().join("run"), "r1-sample") {
        let domain = row.domain.unwrap_or_else(|| "none".into());
        *counts.entry(domain).or_default() += 1;
        assert!(!row.program.unwrap_or_default().contains("# domain"));
    }
    assert_eq!(counts.values().sum::<usize>(), 30, "{counts:?}");
    assert!(
        counts["shop"] > counts["the  kitchen"] && counts["the  kitchen"] > 2,
        "{counts:?}"
    );
}

#[test]
fn a_domain_has_rules_and_prompts_of_its_own() {
    let server = server(Arc::default());
    let scene = scene(&server.url());
    scene.write(
        "kitchen/unify.j2",
        "In the kitchen.\n<problem>{{ problem }}</problem>\n",
    );
    let args = |rules: &str| {
        let report = scene
            .run(&[
                "run",
                "beyond.yaml",
                "-o",
                "run",
                "--json",
                "--no-progress",
                "--set",
                "stages.skip=[reverse, solve, judge, train, evaluate]",
                "--set",
                "judge.counterfactual.pairs=0",
                "--set",
                "export={}",
                "--set",
                rules,
            ])
            .expect(0)
            .json();
        report["stages"]
            .as_array()
            .unwrap()
            .iter()
            .find(|stage| stage["name"] == "unify")
            .unwrap()
            .clone()
    };
    let unify = args("domains={kitchen: {prompts: kitchen}}");
    assert_eq!(unify["kept"], 2, "{unify}");
    let id = rows(&scene, "run")
        .iter()
        .find(|row| row["domain"] == "kitchen")
        .unwrap()["row_id"]
        .clone();
    let shown = scene
        .run(&["inspect", "run", id.as_str().unwrap()])
        .expect(0);
    assert!(shown.stdout.contains("In the kitchen."), "{shown}");
    // Rules of one domain leave the other alone.
    let unify = args("domains={kitchen: {rules: {published: {min_code_lines: 40}}}}");
    assert_eq!(unify["kept"], 1, "{unify}");
    assert_eq!(unify["reasons"]["too_short"], 1);
    let wrong = scene
        .run(&[
            "validate",
            "beyond.yaml",
            "--set",
            "domains={kitchen: {rules: {ours: {max_chars: 4}}}}",
        ])
        .expect(2);
    assert!(
        wrong.stderr.contains("domains.kitchen.rules.ours")
            && wrong.stderr.contains("max_answer_chars"),
        "{wrong}"
    );
}

#[test]
fn a_run_that_is_not_finished_is_not_compared() {
    let server = server(Arc::default());
    let scene = scene(&server.url());
    scene
        .run(&["run", "beyond.yaml", "-o", "run", "--no-progress"])
        .expect(0);
    std::fs::remove_file(scene.path().join("run/manifest.json")).unwrap();
    let shown = scene
        .run(&["ablate", "run", "--without", "trace"])
        .expect(2);
    assert!(
        shown.stderr.contains("is not finished") && shown.stderr.contains("caco resume"),
        "{shown}"
    );
}
