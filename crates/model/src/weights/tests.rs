use super::*;
use crate::{Message, Model, Tokenizer, files};
use serde_json::{Value, json};

fn model(config: impl FnOnce(&mut ModelConfig)) -> Model {
    let tokenizer = Tokenizer::train(["some words and 12 more"].into_iter(), 449).unwrap();
    let mut shape = ModelConfig::small(470, 64, 2, 64);
    shape.num_key_value_heads = 1;
    config(&mut shape);
    Model::new(shape, tokenizer, 5).unwrap()
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("model"))
        .collect();
    names.sort();
    names
}

fn edit(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut json: Value = files::read_json(path).unwrap();
    change(&mut json);
    files::write_json(path, &json).unwrap();
}

#[test]
fn shards_hold_every_tensor_once_and_load_to_the_same_model() {
    let dir = tempfile::tempdir().unwrap();
    let model = model(|_| {});
    let limit = 150_000;
    model
        .save_in_shards(dir.path(), Precision::F32, limit)
        .unwrap();
    let shards = names(dir.path());
    assert!(shards.len() > 3 && shards.contains(&INDEX.to_string()));
    let index: Value = files::read_json(&dir.path().join(INDEX)).unwrap();
    let map = index["weight_map"].as_object().unwrap();
    let mut total = 0;
    for shard in shards.iter().filter(|name| *name != INDEX) {
        let path = dir.path().join(shard);
        assert!(path.metadata().unwrap().len() < limit as u64 + 4096);
        let reader = Reader::open(&[path]).unwrap();
        for name in reader.names() {
            assert_eq!(map[name], json!(shard));
            total += 4 * reader.shape(name).unwrap().iter().product::<usize>();
        }
    }
    assert_eq!(index["metadata"]["total_size"], json!(total));
    let id = model.id().unwrap();
    assert_eq!(Model::load(dir.path()).unwrap().id().unwrap(), id);

    // The other form takes the place of the first.
    model.save(dir.path(), Precision::F32).unwrap();
    assert_eq!(names(dir.path()), [SINGLE]);
    model
        .save_in_shards(dir.path(), Precision::F32, limit)
        .unwrap();
    assert_eq!(names(dir.path()), shards);
    std::fs::remove_file(dir.path().join(&shards[0])).unwrap();
    let message = Model::load(dir.path()).err().unwrap().to_string();
    assert!(message.contains(&shards[0]), "{message}");
}

#[test]
fn a_qwen2_folder_keeps_its_layout() {
    let dir = tempfile::tempdir().unwrap();
    model(|_| {}).save(dir.path(), Precision::BF16).unwrap();
    let config = dir.path().join("config.json");
    edit(&config, |json| {
        json["model_type"] = json!("qwen2");
        json["architectures"] = json!(["Qwen2ForCausalLM"]);
        json.as_object_mut().unwrap().remove("attention_bias");
        json["unknown_to_us"] = json!([1, 2]);
    });
    let generation = dir.path().join("generation_config.json");
    edit(&generation, |json| json["eos_token_id"] = json!([2, 300]));
    let template = dir.path().join("chat_template.jinja");
    let text = "{% for m in messages %}<|im_start|>{{ m.role }}: {{ m.content }}<|im_end|>{% endfor %}\
                {% if add_generation_prompt %}<|im_start|>assistant: {% endif %}";
    std::fs::write(&template, text).unwrap();

    let loaded = Model::load(dir.path()).unwrap();
    assert!(loaded.tokenizer().is_end(300) && loaded.tokenizer().is_end(2));
    assert!(!loaded.tokenizer().is_end(3));
    assert_eq!(loaded.open_user_prompt(), "<|im_start|>user: ");
    let chat = loaded.render_chat(&[Message::user("x")], true).unwrap();
    assert_eq!(chat, "<|im_start|>user: x<|im_end|><|im_start|>assistant: ");

    let again = tempfile::tempdir().unwrap();
    loaded.save(again.path(), Precision::F16).unwrap();
    let mut want: Value = files::read_json(&config).unwrap();
    want["torch_dtype"] = json!("float16");
    let read = |name: &str| std::fs::read(again.path().join(name)).unwrap();
    let got: Value = serde_json::from_slice(&read("config.json")).unwrap();
    assert_eq!(got, want);
    for name in [
        "generation_config.json",
        "chat_template.jinja",
        "tokenizer.json",
    ] {
        assert_eq!(
            read(name),
            std::fs::read(dir.path().join(name)).unwrap(),
            "{name}"
        );
    }
    let reader = Reader::open_model(again.path()).unwrap();
    assert!(reader.has("model.layers.0.self_attn.q_proj.bias"));
    assert!(!reader.has("model.layers.0.self_attn.o_proj.bias"));
    edit(&generation, |json| json["eos_token_id"] = json!(9_999));
    let message = Model::load(dir.path()).err().unwrap().to_string();
    assert!(message.contains("9999"), "{message}");
}

#[test]
fn a_llama_without_biases_keeps_none() {
    let dir = tempfile::tempdir().unwrap();
    let llama = model(|shape| {
        shape.attention_bias = false;
        shape.tie_word_embeddings = false;
        shape.head_dim = Some(24);
    });
    llama.save(dir.path(), Precision::F32).unwrap();
    let reader = Reader::open_model(dir.path()).unwrap();
    assert!(!reader.names().any(|name| name.ends_with("bias")));
    assert!(reader.has("lm_head.weight"));
    let q = "model.layers.1.self_attn.q_proj.weight";
    assert_eq!(reader.shape(q), Some(&[48, 64][..]));
    let loaded = Model::load(dir.path()).unwrap();
    assert_eq!(loaded.id().unwrap(), llama.id().unwrap());
    assert_eq!(loaded.network().config(), llama.network().config());
}

#[test]
fn biases_that_cannot_be_kept_or_computed_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let biased = model(|_| {});
    biased.save(dir.path(), Precision::F32).unwrap();
    edit(&dir.path().join("config.json"), |json| {
        json["attention_bias"] = json!(false);
    });
    let message = Model::load(dir.path()).err().unwrap().to_string();
    assert!(message.contains("q_proj.bias"), "{message}");

    let network = biased.network();
    let mut entries = published(network);
    let ones = Tensor::ones(64, candle_core::DType::F32, &Device::Cpu).unwrap();
    entries.push(Entry::of(output_bias_name(1), &ones));
    write(&dir.path().join(SINGLE), entries, Precision::F32).unwrap();
    let message = load(network.config().clone(), dir.path(), &Device::Cpu).err();
    assert!(message.unwrap().to_string().contains("o_proj.bias"));
}

/// As another trainer leaves it: with a bias after attention, which ours has not.
#[test]
fn a_trained_bias_after_attention_moves_to_the_values() {
    let dir = tempfile::tempdir().unwrap();
    let saved = model(|shape| shape.num_key_value_heads = shape.num_attention_heads);
    saved.save(dir.path(), Precision::F32).unwrap();
    let network = saved.network();
    let config = network.config().clone();
    let d = config.hidden_size;
    let layer = config.num_hidden_layers - 1;
    let bias: Vec<f32> = (0..d).map(|at| (at as f32 * 0.37).sin() * 0.1).collect();
    let mut entries = published(network);
    let tensor = Tensor::from_vec(bias.clone(), d, &Device::Cpu).unwrap();
    entries.push(Entry::of(output_bias_name(layer), &tensor));
    write(&dir.path().join(SINGLE), entries, Precision::F32).unwrap();
    let loaded = load(config, dir.path(), &Device::Cpu).unwrap();
    // What the values' bias became, sent through the output matrix, is the bias; nothing else has changed.
    let values = |network: &Network, name: &str| -> Vec<f32> {
        let found = network
            .parameters()
            .into_iter()
            .find(|(own, _)| own == name);
        found.unwrap().1.flatten_all().unwrap().to_vec1().unwrap()
    };
    for (name, _) in network.parameters() {
        let (before, after) = (values(network, &name), values(&loaded, &name));
        if name != format!("layers.{layer}.qkv_bias") {
            assert_eq!(before, after, "{name}");
            continue;
        }
        assert_eq!(before[..2 * d], after[..2 * d]);
        let output = values(network, &format!("layers.{layer}.output"));
        for (row, bias) in output.chunks(d).zip(&bias) {
            let moved: f32 = (0..d)
                .map(|at| row[at] * (after[2 * d + at] - before[2 * d + at]))
                .sum();
            assert!((moved - bias).abs() < 1e-4, "{moved} {bias}");
        }
    }
}

#[test]
fn files_that_lie_about_their_tensors_are_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(SINGLE);
    let message = |header: &str, tail: usize| {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + tail, 0);
        std::fs::write(&path, bytes).unwrap();
        let error = Reader::open(std::slice::from_ref(&path)).err().unwrap();
        error.to_string()
    };
    let good = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    assert!(message(good, 7).contains("states 8"));
    let short = r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#;
    assert!(message(short, 8).contains(SINGLE));
    assert!(message("[]", 0).contains(SINGLE));
    std::fs::write(&path, [255; 12]).unwrap();
    assert!(Reader::open(std::slice::from_ref(&path)).is_err());
    files::write_json(
        &dir.path().join(INDEX),
        &json!({ "weight_map": { "a": "../x" } }),
    )
    .unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(
        Reader::open_model(dir.path())
            .err()
            .unwrap()
            .to_string()
            .contains("../x")
    );
}
