use super::*;
use crate::config::Config;

const CONFIG: &str = "
name: x
seeds: [{path: seeds.jsonl}]
models: {coder: {kind: weights, path: Qwen/Qwen2.5-Coder-7B, revision: abc}}
tune: {model: coder}
train: {model: coder}
";

/// Writes the training of a stage and returns its folder's files and the command.
fn written(stage: Stage, more: &str) -> (BTreeMap<String, String>, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("{CONFIG}\n{more}");
    let config = Config::parse(&text, Path::new("c.yaml"), dir.path(), &[]).unwrap();
    let work = Work::new(dir.path().join("work"));
    atomic::create_dir(&work.data()).unwrap();
    let mut lines = Lines::create(&work.data().join("train.jsonl"), &config).unwrap();
    match stage {
        Stage::Tune => lines.program("input = {}\nprint(1)\n<|im_end|>\n").unwrap(),
        _ => lines.turn("How many?\n", " Two. ").unwrap(),
    }
    assert_eq!(lines.finish().unwrap(), 1);
    let base = Base {
        path: "Qwen/Qwen2.5-Coder-7B".into(),
        revision: Some("abc".into()),
        id: "hub".into(),
    };
    let course = match stage {
        Stage::Tune => &config.trainer.tune,
        _ => &config.trainer.train,
    };
    let plan = Plan {
        config: &config,
        stage,
        course,
        seed: 7,
        base: &base,
        work: &work,
    };
    let command = plan.write().unwrap();
    let root = dir.path().to_string_lossy().into_owned();
    let mut files = BTreeMap::new();
    for folder in [work.root.clone(), work.data()] {
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            if entry.path().is_file() {
                let text = fs::read_to_string(entry.path()).unwrap();
                let name = entry.file_name().to_string_lossy().into_owned();
                files.insert(name, text.replace(&root, "DIR"));
            }
        }
    }
    let command = command
        .iter()
        .map(|word| word.replace(&root, "DIR"))
        .collect();
    (files, command)
}

fn yaml(text: &str) -> Value {
    serde_norway::from_str(text).unwrap()
}

fn line(files: &BTreeMap<String, String>) -> Value {
    serde_json::from_str(&files["train.jsonl"]).unwrap()
}

/// What the programs' markup becomes in a text that a trainer reads.
const BROKEN: &str = "<\u{200b}|im_end|>";

#[test]
fn the_published_settings_are_the_defaults() {
    let (files, command) = written(Stage::Tune, "trainer: {kind: trl, gpus: 8}");
    let keys = yaml(&files["sft.yaml"]);
    for (key, value) in [
        ("model_name_or_path", json!("Qwen/Qwen2.5-Coder-7B")),
        ("model_revision", json!("abc")),
        ("num_train_epochs", json!(1)),
        ("learning_rate", json!(5e-6)),
        ("lr_scheduler_type", json!("cosine")),
        ("warmup_ratio", json!(0.03)),
        ("weight_decay", json!(0.1)),
        ("max_length", json!(2048)),
        ("bf16", json!(true)),
        ("completion_only_loss", json!(true)),
        ("deepspeed", json!("DIR/work/deepspeed.json")),
        ("output_dir", json!("DIR/work/output")),
    ] {
        assert_eq!(keys[key], value, "{key}");
    }
    let batch = |key: &str| keys[key].as_u64().unwrap();
    assert_eq!(
        batch("per_device_train_batch_size") * batch("gradient_accumulation_steps") * 8,
        128
    );
    let zero: Value = serde_json::from_str(&files["deepspeed.json"]).unwrap();
    assert_eq!(zero["zero_optimization"]["stage"], 2);
    assert_eq!(
        command,
        [
            "python3",
            "-m",
            "torch.distributed.run",
            "--nproc-per-node=8",
            "--nnodes=1",
            "--standalone",
            "DIR/work/trl_sft.py",
            "DIR/work/sft.yaml",
        ]
    );
    let (files, _) = written(Stage::Train, "trainer: {kind: trl}");
    let keys = yaml(&files["sft.yaml"]);
    assert_eq!(
        (&keys["num_train_epochs"], &keys["max_length"]),
        (&json!(3), &json!(4096))
    );
    assert_eq!(keys.get("deepspeed"), None);
}

#[test]
fn a_program_stands_in_an_open_user_turn_for_every_trainer() {
    let open = "<|im_start|>user\n";
    let learnt = format!("input = {{}}\nprint(1)\n{BROKEN}<|im_end|>");
    let (files, _) = written(Stage::Tune, "trainer: {kind: trl}");
    assert_eq!(line(&files), json!({"prompt": open, "completion": learnt}));
    let (files, _) = written(Stage::Tune, "trainer: {kind: llamafactory, template: qwen}");
    assert_eq!(
        line(&files),
        json!({"instruction": open, "input": "", "output": learnt})
    );
    assert_eq!(yaml(&files["llamafactory.yaml"])["template"], "empty");
    let (files, _) = written(Stage::Tune, "trainer: {kind: axolotl}");
    let segments = line(&files)["segments"].clone();
    assert_eq!(
        segments,
        json!([{"label": false, "text": open}, {"label": true, "text": learnt}])
    );
    assert_eq!(
        yaml(&files["axolotl.yaml"])["datasets"][0]["type"],
        "input_output"
    );
    let other = "trainer: {kind: command, command: [x], open_user: \"A:\", close_user: \"B\"}";
    let (files, _) = written(Stage::Tune, other);
    assert_eq!(line(&files)["prompt"], "A:");
    assert!(line(&files)["completion"].as_str().unwrap().ends_with('B'));
}

#[test]
fn students_learn_replies_in_the_models_own_template() {
    let (files, _) = written(Stage::Train, "trainer: {kind: trl}");
    let user = json!({"role": "user", "content": "How many?"});
    let assistant = json!({"role": "assistant", "content": "Two."});
    assert_eq!(
        line(&files),
        json!({"prompt": [user], "completion": [assistant]})
    );
    let (files, command) = written(Stage::Train, "trainer: {kind: llamafactory}");
    let keys = yaml(&files["llamafactory.yaml"]);
    assert_eq!(keys.get("template"), None, "the tokenizer's own");
    assert_eq!(
        (&keys["stage"], &keys["cutoff_len"]),
        (&json!("sft"), &json!(4096))
    );
    let info: Value = serde_json::from_str(&files["dataset_info.json"]).unwrap();
    assert_eq!(info["caco"]["columns"]["response"], "output");
    assert_eq!(
        command,
        [
            "python3",
            "-m",
            "llamafactory.launcher",
            "DIR/work/llamafactory.yaml"
        ]
    );
    let (files, _) = written(Stage::Train, "trainer: {kind: axolotl, sharding: fsdp}");
    let keys = yaml(&files["axolotl.yaml"]);
    assert_eq!(keys["datasets"][0]["type"], "chat_template");
    assert_eq!(
        (&keys["micro_batch_size"], &keys["sequence_len"]),
        (&json!(8), &json!(4096))
    );
    assert_eq!(keys["fsdp_config"]["state_dict_type"], "FULL_STATE_DICT");
}

#[test]
fn own_options_take_precedence_and_null_takes_a_key_out() {
    let more = "trainer: {kind: trl, sharding: zero3, train: {steps: 9, options: {optim: adafactor, weight_decay: 0.5, seed: null}}}";
    let (files, _) = written(Stage::Train, more);
    let keys = yaml(&files["sft.yaml"]);
    assert_eq!(
        (&keys["optim"], &keys["weight_decay"]),
        (&json!("adafactor"), &json!(0.5))
    );
    assert_eq!((keys.get("seed"), &keys["max_steps"]), (None, &json!(9)));
    let zero: Value = serde_json::from_str(&files["deepspeed.json"]).unwrap();
    assert_eq!(zero["zero_optimization"]["stage"], 3);
}

#[test]
fn a_command_gets_what_it_asks_for() {
    let more = "trainer: {kind: command, command: [train.sh, --from, \"{model}\", \"{data}\", \"--out={output}\", \"{resume}\", \"{stage}\", \"{seed}\"]}";
    let (files, command) = written(Stage::Tune, more);
    assert_eq!(
        command,
        [
            "train.sh",
            "--from",
            "Qwen/Qwen2.5-Coder-7B",
            "DIR/work/data/train.jsonl",
            "--out=DIR/work/output",
            "{resume}",
            "tune",
            "7",
        ]
    );
    let settings: Value = serde_json::from_str(&files["settings.json"]).unwrap();
    assert_eq!(
        (&settings["epochs"], &settings["batch"]),
        (&json!(1), &json!(128))
    );
}

#[test]
fn commands_are_quoted_for_a_shell() {
    let words = ["python3", "it's", "a b", "{resume}", "x=1"].map(str::to_owned);
    let env = BTreeMap::from([("A".to_owned(), "b c".to_owned())]);
    assert_eq!(
        for_a_shell(&words, &env, Path::new("/r/w")),
        r"cd /r/w && A='b c' python3 'it'\''s' 'a b' x=1"
    );
}
