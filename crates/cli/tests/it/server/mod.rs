//! Runs against a server: what faults, kills, budgets and detours may and may not change.

mod crash;
mod real_server;
pub mod script;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use caco_scripted::{Asked, Counts, Fault, Faults, Options, Said, Script, Server};

use super::scene::{Scene, Shown, contents};
use script::MODEL;

/// A key that must be seen nowhere but in the requests.
const SECRET: &str = "sk-test-5f1e8a77c0ffee";

/// A run that asks the server in every stage that can.
fn config(url: &str, more: &str) -> String {
    format!(
        "name: served
seed: 5
shard_rows: 16
revise: true
seeds: [{{path: seeds.jsonl, licence: CC0-1.0}}]
stages: {{skip: [train, evaluate]}}
models:
  teacher: {{kind: server, base_url: {url}, model: {MODEL}, api_key_env: SERVED_KEY, max_in_flight: 32}}
unify: {{model: teacher, samples: 2}}
sample: {{model: teacher, count: 96}}
execute: {{python: [], workers: 2}}
reverse: {{model: teacher}}
solve: {{model: teacher}}
{more}"
    )
}

fn start(faults: Faults) -> Server {
    let script: Arc<dyn Script> = Arc::new(script::reply as fn(&Asked) -> Said);
    let options = Options {
        models: vec![MODEL.to_owned()],
        ..Options::default()
    };
    Server::with(script, faults, options).unwrap()
}

/// A folder with seeds and the configuration.
fn scene(url: &str, more: &str) -> Scene {
    let scene = Scene::new();
    scene.write("seeds.jsonl", &script::seeds(24));
    scene.write("served.yaml", &config(url, more));
    scene
}

fn run(scene: &Scene, args: &[&str]) -> Shown {
    let mut command = scene.caco(&[args, &["--no-progress"]].concat());
    let output = command.env("SERVED_KEY", SECRET).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Shown {
        code: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// What must be the same: the data set and the ledger of dropped rows.
fn results(scene: &Scene, run: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for folder in ["data", "rejected"] {
        for (name, bytes) in contents(&scene.path().join(run).join(folder)) {
            all.insert(Path::new(folder).join(name), bytes);
        }
    }
    assert!(!all.is_empty());
    all
}

#[track_caller]
fn assert_same(found: &BTreeMap<PathBuf, Vec<u8>>, expected: &BTreeMap<PathBuf, Vec<u8>>) {
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected));
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{} differs", name.display());
    }
}

/// Every call has a reply, and only one.
#[track_caller]
fn assert_once(server: &Server) -> Counts {
    let counts = server.counts();
    assert!(counts.distinct > 300, "{counts:?}");
    for body in server.bodies() {
        assert_eq!(body.completed, 1, "{counts:?}");
    }
    counts
}

/// One undisturbed run, and how many calls it takes.
fn undisturbed() -> &'static (Scene, BTreeMap<PathBuf, Vec<u8>>, u64) {
    static RUN: std::sync::OnceLock<(Scene, BTreeMap<PathBuf, Vec<u8>>, u64)> =
        std::sync::OnceLock::new();
    RUN.get_or_init(|| {
        let server = start(Faults::none());
        let scene = scene(&server.url(), "");
        run(&scene, &["run", "served.yaml", "-o", "run"]).expect(0);
        let counts = assert_once(&server);
        assert_eq!(counts.received, counts.completed);
        let results = results(&scene, "run");
        (scene, results, counts.received)
    })
}

#[test]
fn faults_change_nothing_but_the_time() {
    let (_, expected, calls) = undisturbed();
    let server = start(Faults::passing(3, 0.3));
    let scene = scene(&server.url(), "");
    let shown = run(&scene, &["run", "served.yaml", "-o", "run", "--json"]).expect(0);
    assert_same(&results(&scene, "run"), expected);
    let counts = assert_once(&server);
    assert_eq!(counts.completed, *calls);
    assert!(counts.received > calls * 5 / 4, "{counts:?}");
    assert!(counts.faults.len() > 9, "{counts:?}");
    let report = shown.json();
    assert_eq!(report["spent"]["calls"], *calls);
    for stage in report["stages"].as_array().unwrap() {
        let count = |key: &str| stage[key].as_u64().unwrap();
        assert_eq!(
            count("in"),
            count("kept") + count("rejected") + count("quarantined")
        );
    }
}

#[test]
fn the_ways_in_which_a_reply_fails_are_reasons_of_its_row() {
    let (scene, _, _) = undisturbed();
    let status = run(scene, &["status", "run", "--json"]).expect(0).json();
    let mut reasons = std::collections::BTreeSet::new();
    for stage in status["stages"].as_array().unwrap() {
        let of = stage["reasons"].as_object().unwrap();
        reasons.extend(of.keys().cloned());
    }
    for wanted in [
        "empty_reply",
        "truncated",
        "content_filter",
        "prompt_too_long",
        "syntax",
        "answers_differ",
        "judged_unsolvable",
    ] {
        assert!(reasons.contains(wanted), "{wanted}: {reasons:?}");
    }
    let document = std::fs::read_to_string(super::scene::project("docs/REASONS.md")).unwrap();
    for reason in reasons {
        assert!(
            document.contains(&format!("`{reason}`")),
            "docs/REASONS.md does not name `{reason}`"
        );
    }
}

#[test]
fn a_revised_row_tells_what_it_was_and_inspect_shows_its_calls() {
    let (scene, _, _) = undisturbed();
    let exported = scene.path().join("exported");
    run(
        scene,
        &["export", "run", "--format", "jsonl", "-o", "exported"],
    )
    .expect(0);
    let mut revised = None;
    for (_, bytes) in contents(&exported) {
        for line in String::from_utf8_lossy(&bytes).lines() {
            let Ok(row) = serde_json::from_str::<serde_json::Value>(line) else {
                continue;
            };
            let verdicts: serde_json::Value =
                serde_json::from_str(row["verdicts"].as_str().unwrap_or("null")).unwrap();
            if verdicts["revised_from"]["reason"] == "answers_differ"
                && verdicts["revised_from"]["problem"] != row["problem"]
            {
                assert!(
                    row["problem"]
                        .as_str()
                        .unwrap()
                        .contains(" and take the result ")
                );
                revised = row["row_id"].as_str().map(str::to_owned);
            }
        }
    }
    let shown = run(scene, &["inspect", "run", &revised.unwrap()]).expect(0);
    for part in [
        "A problem was written from the Python program below",
        "What is wrong with it: ",
        "sample asked a model",
        "judge asked a model",
        "Let me see.",
    ] {
        assert!(shown.stdout.contains(part), "{part}: {}", shown.stdout);
    }
}

#[test]
fn a_budget_is_a_clean_stop_and_a_higher_one_goes_on() {
    let (_, expected, calls) = undisturbed();
    let server = start(Faults::none());
    let scene = scene(&server.url(), "budget: {calls: 100}\n");
    let shown = run(&scene, &["run", "served.yaml", "-o", "run"]).expect(5);
    assert!(
        shown
            .stderr
            .contains("`budget.calls` is 100, and 100 are spent"),
        "{}",
        shown.stderr
    );
    assert!(shown.stderr.contains("budget.calls=N"), "{}", shown.stderr);
    assert_eq!(server.counts().completed, 100);
    // Nothing is asked while nothing may be spent.
    run(&scene, &["resume", "run"]).expect(5);
    assert_eq!(server.counts().received, 100);
    // Tokens may be exceeded by the calls in flight, and by no more.
    let args = [
        "run",
        "served.yaml",
        "-o",
        "run",
        "--set",
        "budget={tokens: 60000}",
    ];
    let shown = run(&scene, &args).expect(5);
    assert!(
        shown.stderr.contains("`budget.tokens` is 60000"),
        "{}",
        shown.stderr
    );
    assert!(server.counts().completed < *calls);
    run(
        &scene,
        &["run", "served.yaml", "-o", "run", "--set", "budget={}"],
    )
    .expect(0);
    assert_same(&results(&scene, "run"), expected);
    assert_eq!(assert_once(&server).received, *calls);
}

#[test]
fn exactly_as_many_rows_as_are_wanted_whatever_the_concurrency() {
    let mut seen = Vec::new();
    for (flight, rows) in [(1, 16), (32, 8)] {
        let server = start(Faults::none());
        let more = "target: {kept: 120}\ncurate: {max_per_structure: 40}\n";
        let scene = scene(&server.url(), more);
        let (flight, rows) = (
            format!("models.teacher.max_in_flight={flight}"),
            format!("shard_rows={rows}"),
        );
        let args = [
            "run",
            "served.yaml",
            "-o",
            "run",
            "--json",
            "--set",
            &flight,
            "--set",
            &rows,
        ];
        let report = run(&scene, &args).expect(0).json();
        assert_eq!(report["exported"], 120);
        assert_eq!(report["target"]["end"], "kept");
        assert!(report["target"]["samples"].as_u64().unwrap() > 96);
        assert_once(&server);
        let data = results(&scene, "run")
            .into_iter()
            .filter(|(name, _)| name.starts_with("data"));
        seen.push(data.collect::<BTreeMap<_, _>>());
    }
    assert_same(&seen[1], &seen[0]);
}

#[test]
fn a_model_that_follows_instructions_writes_programs_from_examples() {
    let server = start(Faults::none());
    let scene = scene(
        &server.url(),
        "judge: {votes: 3, sampling: {temperature: 0.5}}\n",
    );
    let args = [
        "run",
        "served.yaml",
        "-o",
        "run",
        "--json",
        "--set",
        "sample.method=chat",
    ];
    let report = run(&scene, &args).expect(0).json();
    let stages = report["stages"].as_array().unwrap();
    let stage = |name: &str| stages.iter().find(|stage| stage["name"] == name).unwrap();
    assert!(stage("execute")["kept"].as_u64().unwrap() > 60, "{report}");
    assert!(stages.iter().all(|stage| stage["name"] != "tune"));
    // Each sample has examples of its own, so no two prompts are the same, and each kept row was judged nine times.
    let shown = run(&scene, &["inspect", "run", "r1/5", "--json"])
        .expect(0)
        .json();
    let calls = shown["calls"].as_array().unwrap();
    let prompt = calls[0]["prompt"].as_str().unwrap();
    assert_eq!(prompt.matches("```python").count(), 3, "{prompt}");
    let other = run(&scene, &["inspect", "run", "r1/6", "--json"])
        .expect(0)
        .json();
    assert_ne!(other["calls"][0]["prompt"], prompt);
}

#[test]
fn a_bound_ends_the_sampling_and_the_report_says_so() {
    let server = start(Faults::none());
    let scene = scene(&server.url(), "target: {kept: 5000, samples: 128}\n");
    let report = run(&scene, &["run", "served.yaml", "-o", "run", "--json"])
        .expect(0)
        .json();
    assert_eq!(report["target"]["end"], "samples");
    assert_eq!(report["target"]["samples"], 128);
    assert_eq!(report["target"]["kept"], report["exported"]);
}

#[test]
fn a_changed_prompt_asks_only_what_it_touches_and_another_server_may_answer() {
    let first = start(Faults::none());
    let scene = scene(&first.url(), "");
    run(&scene, &["run", "served.yaml", "-o", "run"]).expect(0);
    drop(first);
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let script = {
        let asked = Arc::clone(&asked);
        move |own: &Asked| {
            asked.lock().unwrap().push(own.prompt.last().to_owned());
            script::reply(own)
        }
    };
    let second = Server::start(Arc::new(script), Faults::none()).unwrap();
    let prompt = std::fs::read_to_string(super::scene::project("prompts/judge_steps.j2")).unwrap();
    scene.write("own/judge_steps.j2", &format!("{prompt}\nBe strict.\n"));
    let url = format!("models.teacher.base_url={}", second.url());
    let args = ["run", "served.yaml", "-o", "run", "--set", &url];
    // At another address alone nothing is asked.
    run(&scene, &args).expect(0);
    assert_eq!(second.counts().received, 0);
    run(&scene, &[&args[..], &["--set", "prompts=own"]].concat()).expect(0);
    let asked = asked.lock().unwrap();
    let steps = "Decide whether a solution in words follows the same logic";
    let changed = asked.iter().filter(|prompt| prompt.starts_with(steps));
    assert!(changed.clone().count() > 20, "{}", asked.len());
    assert!(changed.clone().all(|prompt| prompt.ends_with("Be strict.")));
    // What comes before the judge is not asked again; a row with a new verdict may get its second turn.
    for earlier in [
        "Turn a mathematics problem",
        "Below is a Python program",
        "<|im_start|>",
    ] {
        assert!(
            !asked.iter().any(|prompt| prompt.starts_with(earlier)),
            "{earlier}"
        );
    }
    assert!(asked.len() < changed.count() * 2, "{}", asked.len());
}

#[test]
fn several_samples_of_a_prompt_can_go_in_one_request() {
    let server = start(Faults::passing(9, 0.2));
    let scene = scene(&server.url(), "budget: {calls: 50}\n");
    let args = [
        "run",
        "served.yaml",
        "-o",
        "run",
        "--json",
        "--set",
        "models.teacher.samples_per_call=5",
    ];
    // Each sample counts, and no more than fit are asked for.
    run(&scene, &args).expect(5);
    let status = run(&scene, &["status", "run", "--json"]).expect(0).json();
    // A sample that the server withheld makes room for another, which the stop may no longer let go.
    let spent = status["spent"]["calls"].as_u64().unwrap();
    assert!(spent <= 50 && spent > 30, "{status}");
    let args = [&args[..], &["--set", "budget={}"]].concat();
    let report = run(&scene, &args).expect(0).json();
    let stages = report["stages"].as_array().unwrap();
    let sampled = stages
        .iter()
        .find(|stage| stage["name"] == "sample")
        .unwrap();
    assert_eq!(sampled["in"], 96);
    // 48 questions of unify in pairs, 96 of sample in fives: 100 fewer. Where the script withholds a whole answer, the samples
    // without a reply are asked one by one.
    let calls = report["spent"]["calls"].as_u64().unwrap();
    let bodies = server.bodies();
    // One that met a fault just when the budget was used up is asked again in other company.
    assert!(bodies.iter().all(|body| body.completed <= 1));
    let requests = bodies.iter().filter(|body| body.completed == 1).count() as u64;
    assert!(
        requests + 60 <= calls,
        "{requests} requests for {calls} calls"
    );
    assert!(report["exported"].as_u64().unwrap() > 40, "{report}");
    let programs = results(&scene, "run");
    run(&scene, &["replay", "run"]).expect(0);
    assert_same(&results(&scene, "run"), &programs);
}

#[test]
fn a_bound_on_time_decides_once() {
    let server = start(Faults::none());
    let scene = scene(&server.url(), "target: {kept: 5000, seconds: 0.001}\n");
    let first = run(&scene, &["run", "served.yaml", "-o", "run", "--json"])
        .expect(0)
        .json();
    assert_eq!(first["target"]["end"], "seconds");
    let expected = results(&scene, "run");
    let asked = server.counts().received;
    // The same again, and rebuilt, although no time has passed there.
    run(&scene, &["run", "served.yaml", "-o", "run"]).expect(0);
    assert_same(&results(&scene, "run"), &expected);
    run(&scene, &["replay", "run"]).expect(0);
    assert_eq!(server.counts().received, asked);
    // A higher bound goes on.
    let args = [
        "run",
        "served.yaml",
        "-o",
        "run",
        "--json",
        "--set",
        "target={kept: 120, seconds: 900}",
    ];
    let more = run(&scene, &args).expect(0).json();
    assert_eq!(
        (&more["target"]["end"], &more["exported"]),
        (&"kept".into(), &120.into())
    );
}

#[test]
fn a_run_is_rebuilt_without_a_server_byte_for_byte() {
    let (scene, expected, _) = undisturbed();
    // No server listens there any more; not even the key is needed.
    let output = scene
        .caco(&["replay", "run", "-o", "again", "--no-progress"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("are the same, byte for byte\n"), "{stdout}");
    assert_same(&results(scene, "again"), expected);
    // A lost reply is missed, and a changed file is told.
    let copy = Scene::new();
    let status = std::process::Command::new("cp")
        .args(["-r", "--"])
        .arg(scene.path().join("run"))
        .arg(copy.path().join("run"))
        .status()
        .unwrap();
    assert!(status.success());
    let data = copy.path().join("run/data");
    let file = std::fs::read_dir(&data)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    std::fs::write(&file, b"changed").unwrap();
    let shown = run(&copy, &["replay", "run"]).expect(1);
    assert!(
        shown.stdout.contains("1 differ: data/train-"),
        "{}",
        shown.stdout
    );
}

#[test]
fn calls_can_be_made_elsewhere_stage_by_stage() {
    let (_, expected, calls) = undisturbed();
    // Nobody listens at this address.
    let scene = scene("http://127.0.0.1:9/v1", "");
    let mut exported = 0;
    for turn in 0.. {
        assert!(turn < 20, "there is always one more stage");
        let place = if turn == 0 {
            "served.yaml"
        } else {
            "runs/served"
        };
        let shown = run(
            &scene,
            &["calls", "export", place, "-o", "requests.jsonl", "--json"],
        )
        .expect(0);
        let report = shown.json();
        if report["exported"]["file"].is_null() {
            break;
        }
        let requests = std::fs::read_to_string(scene.path().join("requests.jsonl")).unwrap();
        let mut results = String::new();
        for (n, line) in requests.lines().enumerate() {
            exported += 1;
            let request: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(request["method"], "POST");
            results.push_str(&answer(&request, turn == 0 && n == 3).to_string());
            results.push('\n');
        }
        assert_eq!(report["exported"]["calls"], requests.lines().count());
        if turn == 0 {
            exported -= 1;
            results.push_str(
                "{\"custom_id\": \"nobody\", \"response\": null, \"error\": null}\n{half",
            );
        }
        scene.write("results.jsonl", &results);
        let code = i32::from(turn == 0);
        let report = run(
            &scene,
            &["calls", "import", "runs/served", "results.jsonl", "--json"],
        )
        .expect(code)
        .json();
        let count = |key: &str| report[key].as_u64().unwrap();
        assert_eq!(
            count("lines"),
            count("imported")
                + count("known")
                + count("failed")
                + count("unknown")
                + count("malformed")
        );
        if turn == 0 {
            assert_eq!(
                (count("failed"), count("unknown"), count("malformed")),
                (1, 1, 1)
            );
        }
        // The same file again changes nothing.
        let again = run(
            &scene,
            &["calls", "import", "runs/served", "results.jsonl", "--json"],
        )
        .expect(code)
        .json();
        assert_eq!(
            (again["imported"].as_u64(), again["known"].as_u64()),
            (Some(0), Some(count("imported")))
        );
    }
    assert_eq!(exported, *calls);
    run(&scene, &["resume", "runs/served"]).expect(0);
    assert_same(&results(&scene, "runs/served"), expected);
}

/// The result of one line of a batch, as a server would write it.
fn answer(request: &serde_json::Value, fails: bool) -> serde_json::Value {
    if fails {
        return serde_json::json!({
            "custom_id": request["custom_id"], "response": null,
            "error": {"code": "batch_expired", "message": "the batch expired"},
        });
    }
    let (status, body) = caco_scripted::answer(
        &(script::reply as fn(&Asked) -> Said),
        request["url"].as_str().unwrap(),
        &request["body"],
    );
    serde_json::json!({
        "id": "x", "custom_id": request["custom_id"],
        "response": {"status_code": status, "request_id": "y", "body": body}, "error": null,
    })
}

#[test]
fn what_cannot_succeed_stops_the_run_at_once_with_the_remedy() {
    for (fault, words, remedy) in [
        (Fault::Unauthorized, "401", "SERVED_KEY"),
        (Fault::NoModel, "404", "`base_url`"),
        (Fault::NoCredit, "429", "credit"),
    ] {
        let server = start(Faults::none());
        server.always(Some(fault));
        let scene = scene(&server.url(), "");
        let shown = run(&scene, &["run", "served.yaml", "-o", "run"]).expect(4);
        assert!(shown.stderr.contains("teacher"), "{}", shown.stderr);
        assert!(shown.stderr.contains(words), "{fault:?}: {}", shown.stderr);
        assert!(shown.stderr.contains(remedy), "{fault:?}: {}", shown.stderr);
        // Those that were under way at most.
        assert!(server.counts().received <= 64, "{:?}", server.counts());
        secret_is_nowhere(&scene, &shown);
        // Mended, it goes on.
        server.always(None);
        run(&scene, &["resume", "run"]).expect(0);
    }
}

/// Looks for the key in every file of a folder and in what was said.
#[track_caller]
fn secret_is_nowhere(scene: &Scene, shown: &Shown) {
    assert!(!shown.stdout.contains(SECRET) && !shown.stderr.contains(SECRET));
    for (name, bytes) in contents(scene.path()) {
        let found = bytes
            .windows(SECRET.len())
            .any(|part| part == SECRET.as_bytes());
        assert!(!found, "{} holds the key", name.display());
    }
}

#[test]
fn keys_stay_in_the_environment() {
    let (scene, _, _) = undisturbed();
    let shown = run(scene, &["status", "run", "-v"]).expect(0);
    secret_is_nowhere(scene, &shown);
    // A missing key is found before any work.
    let output = scene
        .caco(&["run", "served.yaml", "-o", "other"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("SERVED_KEY"), "{stderr}");
    // So is one that was written down, and it is not repeated.
    for wrong in [
        "models.teacher.api_key=sk-live-123456",
        "models.teacher.api_key_env=sk-live-123456",
        "models.teacher.headers={Authorization: Bearer sk-live-123456}",
        "models.teacher.base_url=http://me:sk-live-123456@localhost/v1",
    ] {
        let shown = run(scene, &["validate", "served.yaml", "--set", wrong]).expect(2);
        assert!(!shown.stderr.contains("sk-live"), "{}", shown.stderr);
        assert!(shown.stderr.contains("hint:"), "{}", shown.stderr);
    }
}

#[test]
fn doctor_and_preview_ask_the_server() {
    let server = start(Faults::none());
    let scene = scene(&server.url(), "");
    let doctor = run(&scene, &["doctor", "served.yaml", "--json"]).json();
    let checks = doctor["checks"].as_array().unwrap();
    let check = checks
        .iter()
        .find(|check| check["name"] == "server")
        .unwrap();
    assert_eq!(check["ok"], true, "{check}");
    assert!(
        check["detail"].as_str().unwrap().contains("healthy"),
        "{check}"
    );
    let shown = run(&scene, &["preview", "served.yaml", "-n", "2"]).expect(0);
    for part in [
        "Turn a mathematics problem into one Python program",
        "Below is a Python program",
        "Reason step by step",
        "Decide whether a problem can be solved",
        "Let me see.",
    ] {
        assert!(shown.stdout.contains(part), "{part}: {}", shown.stdout);
    }
    drop(server);
    let doctor = run(&scene, &["doctor", "served.yaml", "--json"]).json();
    let checks = doctor["checks"].as_array().unwrap();
    let check = checks
        .iter()
        .find(|check| check["name"] == "server")
        .unwrap();
    assert_eq!(check["ok"], false, "{check}");
}
