//! Every format as its consumers load it, by their own code: scripts/consumers.py.

use std::process::Command;

use super::exports::FORMATS;
use super::scene::{finished, project};

#[test]
fn each_format_is_read_by_its_consumer() {
    let Some(python) =
        std::env::var_os("CACO_TEST_CONSUMERS_PYTHON").filter(|python| !python.is_empty())
    else {
        eprintln!(
            "skipped: CACO_TEST_CONSUMERS_PYTHON names no Python with `datasets`, `trl`, `llamafactory`, `verl` and `reasoning-gym` (.ci/run makes one)"
        );
        return;
    };
    let (scene, shown) = finished();
    scene
        .run(&["export", "run", "--format", FORMATS, "-o", "consumed"])
        .expect(0);
    let output = Command::new(python)
        .arg(project("scripts/consumers.py"))
        .arg(scene.path().join("consumed"))
        .env("HF_HOME", scene.path().join("huggingface"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let told = text.lines().last().unwrap();
    let told: serde_json::Value = serde_json::from_str(told).unwrap();
    let rows = told["rows"].as_u64().unwrap();
    assert!(shown.stdout.contains(&format!("({rows} rows)")), "{shown}");
    assert_eq!(
        told["datasets"].as_array().unwrap().len(),
        FORMATS.split(',').count()
    );
    // messages, openai and tool.
    assert_eq!(told["trl"], 3 * rows);
    // messages, alpaca, sharegpt, prompt-completion, tool and program.
    assert_eq!(told["llamafactory"], 6 * rows);
    assert_eq!(told["verl"], rows);
    assert_eq!(told["reasoning_gym"], rows);
    // Judge compared the same answers: the reward function may decide fewer, never others.
    let rewarded = told["rewarded"].as_u64().unwrap();
    assert!(rewarded * 100 >= rows * 95, "{rewarded} of {rows}");
}
