//! Programs that run on other inputs: planted faults are found out, sound ones stay and give further pairs.

use std::sync::Arc;

use caco_scripted::{Asked, Faults, Options, Prompt, Said, Server};

use super::scene::{Scene, shard_rows};

const MODEL: &str = "writer";

/// A program of the contract around the body of its function.
fn program(input: &str, parameters: &str, body: &str) -> String {
    let body: String = body.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "input = {input}\n\ndef solve({parameters}):\n{body}\noutput = solve(**input)\nprint(output)\n"
    )
}

/// Programs by their number, and the reason for which each goes.
fn planted() -> Vec<(String, Option<&'static str>)> {
    let boxes = "{\"boxes\": 12, \"each\": 7, \"lost\": 5}";
    let names = "boxes, each, lost";
    vec![
        (
            program(
                boxes,
                names,
                "total = boxes * each\nleft = total - lost\nreturn left",
            ),
            None,
        ),
        (
            program(
                boxes,
                names,
                "total = boxes * each\nleft = total - lost\nreturn 79",
            ),
            Some("constant"),
        ),
        (
            program(
                boxes,
                names,
                "total = boxes * each\nspare = lost * 0\nreturn total + spare",
            ),
            Some("input_ignored"),
        ),
        (
            program(
                boxes,
                names,
                "import random\nguess = random.randint(0, 10 ** 9)\nreturn boxes * each - lost + guess",
            ),
            Some("nondeterministic"),
        ),
        (
            program(
                boxes,
                names,
                "table = {(12, 7, 5): 79}\nkey = (boxes, each, lost)\nreturn table[key]",
            ),
            Some("fragile"),
        ),
        (
            program(
                "{\"prices\": [3, 9, 4], \"money\": 20}",
                "prices, money",
                "low = min(prices)\ncount = money // low\nreturn count",
            ),
            None,
        ),
    ]
}

/// Runs a configuration with overrides and gives what the report says of a stage.
fn stage_of(
    scene: &Scene,
    config: &str,
    run: &str,
    sets: &[&str],
    stage: &str,
) -> serde_json::Value {
    let mut args = vec!["run", config, "-o", run, "--json", "--no-progress"];
    args.extend(sets.iter().flat_map(|set| ["--set", set]));
    let report = scene.run(&args).expect(0).json();
    let stages = report["stages"].as_array().unwrap();
    let found = stages.iter().find(|found| found["name"] == stage);
    found.unwrap().clone()
}

#[test]
fn planted_faults_go_by_their_reasons_and_sound_programs_give_pairs() {
    let programs: Vec<String> = planted().into_iter().map(|(program, _)| program).collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let script = move |asked: &Asked| match &asked.prompt {
        Prompt::Raw(_) => {
            // One call for each sample; which program it gets does not matter.
            let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Said::text(programs[at % programs.len()].clone())
        }
        Prompt::Chat(_) => Said::text(
            "```python\ninput = {\"a\": 1, \"b\": 2}\n\ndef solve(a, b):\n    c = a + b\n    d = c * 2\n    return d // 2\n\noutput = solve(**input)\nprint(output)\n```",
        ),
    };
    let server = Server::with(
        Arc::new(script),
        Faults::none(),
        Options {
            models: vec![MODEL.into()],
            ..Options::default()
        },
    )
    .unwrap();
    let scene = Scene::new();
    scene.write(
        "seeds.jsonl",
        "{\"problem\": \"What is 1 plus 2?\", \"answer\": \"3\"}\n",
    );
    let config = format!(
        "name: inputs
seeds: [{{path: seeds.jsonl}}]
stages: {{skip: [reverse, solve, judge, train, evaluate]}}
models: {{writer: {{kind: server, base_url: {}, model: {MODEL}}}}}
unify: {{model: writer, samples: 1}}
sample: {{model: writer, count: 6}}
execute: {{python: [], workers: 2, inputs: {{pairs: 4}}}}
",
        server.url()
    );
    scene.write("inputs.yaml", &config);
    let stage = stage_of(&scene, "inputs.yaml", "run", &[], "execute");
    let expected: Vec<&str> = planted()
        .into_iter()
        .filter_map(|(_, reason)| reason)
        .collect();
    for reason in &expected {
        assert_eq!(stage["reasons"][reason], 1, "{reason}: {stage}");
    }
    assert_eq!(stage["kept"], 2, "{stage}");
    let rows = shard_rows(&scene.path().join("run"), "r1-execute");
    let ignoring = rows
        .iter()
        .find(|row| row.reason.as_deref() == Some("input_ignored"))
        .unwrap();
    let shown = scene.run(&["inspect", "run", &ignoring.row_id]).expect(0);
    assert!(
        shown.stdout.contains("input_ignored: `lost`: ") && shown.stdout.contains("lost * 0"),
        "the key is named and the program shown: {shown}"
    );
    // Off, all of them pass, and what they are worth is not known.
    let stage = stage_of(
        &scene,
        "inputs.yaml",
        "off",
        &["execute.inputs.pairs=0"],
        "execute",
    );
    assert_eq!(stage["kept"], 6, "{stage}");
    // Recorded only, where no finding rejects.
    let stage = stage_of(
        &scene,
        "inputs.yaml",
        "kept",
        &["execute.inputs.reject=[]"],
        "execute",
    );
    assert_eq!(stage["kept"], 6, "{stage}");
}

/// A seed gets the first program that stands other inputs; where none does, the seed goes by what was found.
#[test]
fn the_programs_of_seeds_are_tried_as_well() {
    let script = |asked: &Asked| {
        let prompt = asked.prompt.last();
        let ignoring = program(
            "{\"a\": 1, \"b\": 2}",
            "a, b",
            "c = a + b\nd = a - a\nreturn 3 + d * c",
        );
        let sound = program(
            "{\"a\": 1, \"b\": 2}",
            "a, b",
            "c = a + b\nd = c * 2\nreturn d // 2",
        );
        // The seed of a call tells its samples apart.
        let even = asked.seed.unwrap_or_default().is_multiple_of(2);
        let text = if prompt.contains("hopeless") || even {
            ignoring
        } else {
            sound
        };
        Said::text(format!("```python\n{text}```"))
    };
    let options = Options {
        models: vec![MODEL.into()],
        ..Options::default()
    };
    let server = Server::with(Arc::new(script), Faults::none(), options).unwrap();
    let scene = Scene::new();
    scene.write(
        "seeds.jsonl",
        "{\"problem\": \"What is 1 plus 2?\", \"answer\": \"3\"}\n\
         {\"problem\": \"What is 1 plus 2, in a hopeless case?\", \"answer\": \"3\"}\n",
    );
    let config = format!(
        "name: seeds
seeds: [{{path: seeds.jsonl}}]
stages: {{skip: [tune, sample, execute, reverse, solve, judge, train, evaluate]}}
models: {{writer: {{kind: server, base_url: {}, model: {MODEL}}}}}
unify: {{model: writer, samples: 16}}
execute: {{python: [], workers: 2}}
export: {{formats: [jsonl]}}
",
        server.url()
    );
    scene.write("seeds.yaml", &config);
    let unify = stage_of(&scene, "seeds.yaml", "run", &[], "unify");
    assert_eq!(
        (&unify["kept"], &unify["reasons"]["constant"]),
        (&1.into(), &1.into()),
        "{unify}"
    );
    scene
        .run(&["export", "run", "--format", "jsonl", "-o", "lines"])
        .expect(0);
    let folder = scene.path().join("lines/jsonl");
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    let row: serde_json::Value =
        serde_json::from_str(std::fs::read_to_string(file.path()).unwrap().trim()).unwrap();
    assert!(row["program"].as_str().unwrap().contains("d // 2"), "{row}");
    // What fell is the evidence.
    let rows = shard_rows(&scene.path().join("run"), "r0-unify");
    let fallen = rows.iter().find(|row| row.reason.is_some()).unwrap();
    assert!(fallen.program.as_ref().unwrap().contains("3 + d * c"));
    assert!(fallen.execution.as_ref().unwrap().contains("constant"));
    let pairs: serde_json::Value =
        serde_json::from_str(row["program_pairs"].as_str().unwrap()).unwrap();
    assert_eq!(pairs.as_array().unwrap().len(), 6);
    let unify = stage_of(
        &scene,
        "seeds.yaml",
        "off",
        &["execute.inputs.pairs=0"],
        "unify",
    );
    assert_eq!(unify["kept"], 2, "{unify}");
}
