//! The data set as its users load it, with the Python packages `datasets` and `pyarrow`.

use std::process::Command;

use super::scene::finished;

const LOAD: &str = r#"
import glob, json, os, sys
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HOME"] = sys.argv[2]
import pyarrow.parquet
import datasets
files = sorted(glob.glob(sys.argv[1] + "/*.parquet"))
table = pyarrow.parquet.read_table(files)
data = datasets.load_dataset("parquet", data_files=files, split="train")
first = data[0]
print(json.dumps({
    "pyarrow": table.num_rows, "datasets": len(data), "columns": data.column_names,
    "roles": [message["role"] for message in first["messages"]],
    "question_is_instruction": all(row["problem"] == row["instruction"] for row in data),
}))
"#;

#[test]
fn the_data_set_loads_in_python() {
    let Some(python) =
        std::env::var_os("CACO_TEST_DATASETS_PYTHON").filter(|python| !python.is_empty())
    else {
        eprintln!(
            "skipped: CACO_TEST_DATASETS_PYTHON names no Python with `datasets` and `pyarrow` (.ci/run makes one)"
        );
        return;
    };
    let (scene, shown) = finished();
    let output = Command::new(python)
        .args(["-c", LOAD])
        .arg(scene.path().join("run/data"))
        .arg(scene.path().join("huggingface"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = value["datasets"].as_u64().unwrap();
    assert!(rows > 0);
    assert_eq!(value["pyarrow"], rows);
    assert!(shown.stdout.contains(&format!("({rows} rows)")), "{shown}");
    assert_eq!(value["roles"], serde_json::json!(["user", "assistant"]));
    assert_eq!(value["question_is_instruction"], true);
    let columns: Vec<&str> = value["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    for name in [
        "instruction",
        "output",
        "answer",
        "code",
        "problem",
        "solution",
        "program",
        "messages",
        "row_id",
        "parent_id",
        "origin",
    ] {
        assert!(columns.contains(&name), "no column `{name}` in {columns:?}");
    }
}
