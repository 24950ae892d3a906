//! The loop against a server that was not written here, which serves the base model: see scripts/real-server.sh.

use super::super::scene::{Scene, project};

#[test]
fn real_server() {
    let Ok(url) = std::env::var("CACO_TEST_SERVER_URL") else {
        eprintln!(
            "skipped: CACO_TEST_SERVER_URL names no server; scripts/real-server.sh starts one"
        );
        return;
    };
    let scene = Scene::new();
    let text = |models: &str| {
        format!(
            "name: real
seed: 3
shard_rows: 32
seeds: [{{path: {seeds}, limit: 24}}]
stages: {{skip: [train, evaluate]}}
{models}
unify: {{samples: 2, sampling: {{temperature: 0.8, top_p: 0.95}}}}
execute: {{python: [], workers: 2}}
",
            seeds = project("seeds/quickstart.jsonl").display()
        )
    };
    let served = format!(
        "models: {{base: {{kind: server, base_url: {url}, model: caco-base, prompts: embedded, \
         endpoint: completions, max_in_flight: 4, logprobs: true, extra_body: {{repeat_penalty: 1.0}}}}}}
sample: {{model: base, count: 64}}
judge: {{model: none}}"
    );
    scene.write("real.yaml", &text(&served));
    let report = scene
        .run(&["run", "real.yaml", "-o", "run", "--no-progress", "--json"])
        .expect(0)
        .json();
    let stage = |name: &str| {
        let stages = report["stages"].as_array().unwrap();
        stages
            .iter()
            .find(|stage| stage["name"] == name)
            .unwrap()
            .clone()
    };
    for name in ["unify", "sample", "execute", "reverse", "solve", "judge"] {
        let stage = stage(name);
        assert!(stage["kept"].as_u64().unwrap() > 0, "{stage}");
    }
    // Most programs of the base model run, whoever serves it.
    let execute = stage("execute");
    let share = execute["kept"].as_f64().unwrap() / execute["in"].as_f64().unwrap();
    assert!(share > 0.5, "{execute}");
    assert!(report["spent"]["calls"].as_u64().unwrap() > 200, "{report}");
    let replayed = scene.run(&["replay", "run", "--no-progress"]).expect(0);
    assert!(replayed.stdout.contains("byte for byte"), "{replayed}");
}
