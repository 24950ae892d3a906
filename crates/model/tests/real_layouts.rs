//! Checkpoints in the layouts of real families, made by `transformers` and `peft`, give the same tokens, chat texts and
//! logits here; and an adapter trained here gives the same losses and logits in PEFT.
//!
//! Runs where `CACO_TEST_TRANSFORMERS_PYTHON` names a Python that has torch, transformers and peft; otherwise it says that it
//! is skipped.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use caco_model::train::{Example, TrainConfig, plan, train};
use caco_model::{ComputePath, Lora, Message, Model, Packed, Precision, Role};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

fn python() -> Option<Command> {
    let Ok(python) = std::env::var("CACO_TEST_TRANSFORMERS_PYTHON") else {
        eprintln!(
            "skipped: set CACO_TEST_TRANSFORMERS_PYTHON to a Python with torch, transformers and peft"
        );
        return None;
    };
    let mut command = Command::new(python);
    command.env("HF_HUB_OFFLINE", "1");
    Some(command)
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    output.stdout
}

fn expected(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap()
}

/// The largest difference between the last row's logits and those given.
fn distance(model: &Model, ids: &[u32], logits: &Value) -> f32 {
    let packed = Packed {
        ends: vec![ids.len()],
        tokens: ids.to_vec(),
        ..Packed::default()
    };
    let theirs: Vec<f32> = serde_json::from_value(logits.clone()).unwrap();
    let mut worst = 0.0;
    for path in [ComputePath::Fused, ComputePath::Composed] {
        let ours = model.network().logits(&packed, path).unwrap();
        let ours: Vec<f32> = ours.to_vec2::<f32>().unwrap().pop().unwrap();
        assert_eq!(ours.len(), theirs.len());
        let gaps = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs());
        worst = gaps.fold(worst, f32::max);
    }
    worst
}

fn assert_same_rows(model: &Model, expected: &Value, what: &str) {
    for row in expected["rows"].as_array().unwrap() {
        let text = row["text"].as_str().unwrap();
        let ids: Vec<u32> = serde_json::from_value(row["ids"].clone()).unwrap();
        assert_eq!(
            model.tokenizer().encode_template(text).unwrap(),
            ids,
            "{what}: {text}"
        );
        let gap = distance(model, &ids, &row["logits"]);
        println!("{what}: largest logit difference {gap:e}");
        assert!(gap < 1e-3, "{what}: {gap}");
    }
}

#[test]
fn real_layouts_agree() {
    let Some(mut python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    run(python.arg(script("real_layouts.py")).arg(dir.path()));
    let message = |role, content: &str| Message {
        role,
        content: content.to_string(),
    };
    let chats = [
        vec![message(Role::User, " How many?\n")],
        vec![
            message(Role::System, "Count."),
            message(Role::User, "1 + 1"),
            message(Role::Assistant, "2"),
        ],
    ];
    let bases = [
        "qwen2.5-sharded-bf16",
        "llama3.2-bf16",
        "llama-untied-f16-gpt2-cut",
    ];
    for name in bases {
        let folder = dir.path().join(name);
        let want = expected(&folder);
        let model = Model::load(&folder).unwrap();
        assert_same_rows(&model, &want, name);
        let mut rendered = Vec::new();
        for messages in &chats {
            for prompt in [true, false] {
                rendered.push(model.render_chat(messages, prompt).unwrap());
            }
        }
        assert_eq!(json!(rendered), want["chats"], "{name}");
        for end in want["ends"].as_array().unwrap() {
            assert!(
                model.tokenizer().is_end(end.as_u64().unwrap() as u32),
                "{name}: {end}"
            );
        }
        // What is saved again is the same model to `transformers`.
        let again = dir.path().join(format!("{name}-again"));
        model.save(&again, Precision::F32).unwrap();
        std::fs::copy(folder.join("expected.json"), again.join("expected.json")).unwrap();
        let check = script("transformers_agree.py");
        let texts: Vec<&Value> = want["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| &r["text"])
            .collect();
        let mut command = self::python().unwrap();
        command.arg(check).arg(&again).arg(json!(texts).to_string());
        let theirs: Value = serde_json::from_slice(&run(&mut command)).unwrap();
        for (row, theirs) in want["rows"]
            .as_array()
            .unwrap()
            .iter()
            .zip(theirs["rows"].as_array().unwrap())
        {
            assert_eq!(row["ids"], theirs["ids"]);
            let ids: Vec<u32> = serde_json::from_value(row["ids"].clone()).unwrap();
            assert!(distance(&model, &ids, &theirs["logits"]) < 1e-3);
        }
    }
    for name in &bases[..2] {
        let folder = dir.path().join(format!("{name}-adapter"));
        let mut model = Model::load(&dir.path().join(name)).unwrap();
        model.load_adapter(&folder).unwrap();
        let what = format!("{name} with PEFT's adapter");
        assert_same_rows(&model, &expected(&folder), &what);
        model.merge_adapter().unwrap();
        assert_same_rows(&model, &expected(&folder), &format!("{what}, merged"));
    }
}

#[test]
fn peft_trains_an_adapter_alike() {
    let Some(mut command) = python() else { return };
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/base");
    let dir = tempfile::tempdir().unwrap();
    let mut model = Model::load(&base).unwrap();
    let examples: Vec<Example> = (1..40)
        .map(|i| {
            let reply = format!("{i} + {i} = {}. The answer is {}.", 2 * i, 2 * i);
            Example::prompt_and_reply(format!("What is {i} + {i}?"), reply)
        })
        .collect();
    let config = TrainConfig {
        steps: Some(8),
        tokens_per_step: 200,
        lr: 5e-3,
        lora: Some(Lora {
            rank: 4,
            ..Lora::default()
        }),
        ..TrainConfig::default()
    };
    model
        .lay_adapter(config.lora.as_ref().unwrap(), config.seed)
        .unwrap();
    model.save_adapter(&dir.path().join("start")).unwrap();
    let steps = plan(&model, &examples, &config).unwrap();
    std::fs::write(
        dir.path().join("plan.json"),
        serde_json::to_vec(&steps).unwrap(),
    )
    .unwrap();
    let losses = Mutex::new(Vec::new());
    let observe = |event: &caco_model::train::TrainEvent| {
        losses.lock().unwrap().push(f64::from(event.loss));
    };
    let go_on = AtomicBool::new(false);
    train(&mut model, &examples, &config, None, &observe, &go_on).unwrap();
    let losses = losses.into_inner().unwrap();
    model.save_adapter(&dir.path().join("end")).unwrap();
    model
        .save(&dir.path().join("merged"), Precision::F32)
        .unwrap();
    assert!(losses[7] < losses[0]);

    command
        .arg(script("peft_agree.py"))
        .arg(&base)
        .arg(dir.path());
    let theirs: Value = serde_json::from_slice(&run(&mut command)).unwrap();
    let their_losses: Vec<f64> = serde_json::from_value(theirs["losses"].clone()).unwrap();
    for (a, b) in losses.iter().zip(&their_losses) {
        assert!((a - b).abs() < 1e-3, "{losses:?}\n{their_losses:?}");
    }
    let ids: Vec<u32> = serde_json::from_value(theirs["ids"].clone()).unwrap();
    for how in ["laid", "merged"] {
        let gap = distance(&model, &ids, &theirs[how]);
        println!("adapter trained here, {how} in PEFT: largest logit difference {gap:e}");
        assert!(gap < 1e-3, "{how}: {gap}");
    }
}
