//! `transformers` loads a model folder written here and gives the same tokens, logits and chat text.
//!
//! Runs where `CACO_TEST_TRANSFORMERS_PYTHON` names a Python that has torch and transformers; otherwise it says that it
//! is skipped. `CACO_TEST_MODEL` names another model folder than the base model of the repository.

use caco_model::{ComputePath, Message, Model, Packed};
use std::path::{Path, PathBuf};
use std::process::Command;

const TEXTS: [&str; 4] = [
    "<|im_start|>user\nEmma has 12 apples. She buys 105 more. How many apples does she have in the end?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\ninput = {\"apples\": 12, \"bought\": 5}\n\ndef solve(apples, bought):\n    after_buying = ",
    "Numbers 7, 42, 199, 200, 1234 and 0.05; accents: naïve façade – 漢字.",
    "x",
];

#[test]
fn transformers_agree() {
    let Ok(python) = std::env::var("CACO_TEST_TRANSFORMERS_PYTHON") else {
        eprintln!(
            "skipped: set CACO_TEST_TRANSFORMERS_PYTHON to a Python with torch and transformers"
        );
        return;
    };
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/base");
    let folder = std::env::var("CACO_TEST_MODEL").map_or(base, PathBuf::from);
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transformers_agree.py"))
        .arg(&folder)
        .arg(serde_json::to_string(&TEXTS).unwrap())
        .env("HF_HUB_OFFLINE", "1")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let theirs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(theirs["model"], "LlamaForCausalLM");
    let model = Model::load(&folder).unwrap();
    assert_eq!(
        theirs["chat"],
        model
            .render_chat(&[Message::user("How many?")], true)
            .unwrap()
    );
    let mut worst = 0f32;
    for (text, row) in TEXTS.iter().zip(theirs["rows"].as_array().unwrap()) {
        let ids = model.tokenizer().encode_template(text).unwrap();
        let their_ids: Vec<u32> = serde_json::from_value(row["ids"].clone()).unwrap();
        assert_eq!(ids, their_ids, "{text}");
        assert_eq!(row["decoded"], *text);
        let packed = Packed {
            ends: vec![ids.len()],
            tokens: ids,
            ..Packed::default()
        };
        let ours = model.network().logits(&packed, ComputePath::Fused).unwrap();
        let ours: Vec<f32> = ours.to_vec2::<f32>().unwrap().pop().unwrap();
        let their_logits: Vec<f32> = serde_json::from_value(row["logits"].clone()).unwrap();
        assert_eq!(ours.len(), their_logits.len());
        for (a, b) in ours.iter().zip(&their_logits) {
            worst = worst.max((a - b).abs());
        }
    }
    println!("largest logit difference: {worst:e}");
    assert!(worst < 1e-3, "largest logit difference {worst}");
}
