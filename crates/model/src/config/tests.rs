use super::*;

fn read(json: &Value) -> Result<ModelConfig> {
    ModelConfig::from_json(json, Path::new("config.json"))
}

fn llama() -> Value {
    json!({
        "model_type": "llama", "vocab_size": 64, "hidden_size": 48, "intermediate_size": 96,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16,
        "max_position_embeddings": 131_072, "rms_norm_eps": 1e-5, "rope_theta": 500_000.0,
        "tie_word_embeddings": true, "hidden_act": "silu",
        "rope_scaling": { "rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 8192 },
    })
}

#[test]
fn a_llama_3_is_read_in_both_spellings() {
    let config = read(&llama()).unwrap();
    assert_eq!((config.head_dim(), config.query_width()), (16, 64));
    assert!(!config.attention_bias);
    let mut five = llama();
    let fields = five.as_object_mut().unwrap();
    let mut rope = fields.remove("rope_scaling").unwrap();
    rope["rope_theta"] = fields.remove("rope_theta").unwrap();
    fields.insert("rope_parameters".to_string(), rope);
    assert_eq!(read(&five).unwrap(), config);
    let written = config.to_json("float32", 1, 0);
    assert_eq!(read(&written).unwrap(), config);
}

#[test]
fn qwen2_has_biases_without_saying_so() {
    let json = json!({
        "model_type": "qwen2", "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96,
        "num_hidden_layers": 1, "num_attention_heads": 4, "max_position_embeddings": 32_768,
        "use_sliding_window": false, "sliding_window": 32_768, "max_window_layers": 21,
        "rope_theta": 1_000_000.0,
    });
    let config = read(&json).unwrap();
    assert!(config.attention_bias && !config.tie_word_embeddings);
    assert_eq!((config.num_key_value_heads, config.head_dim()), (4, 16));
}

#[test]
fn what_cannot_be_computed_is_named() {
    for (key, value, named) in [
        ("model_type", json!("mamba"), "model_type"),
        ("hidden_act", json!("gelu"), "hidden_act"),
        (
            "layer_types",
            json!(["sliding_attention"]),
            "sliding window",
        ),
        (
            "rope_scaling",
            json!({ "type": "yarn", "factor": 4.0 }),
            "yarn",
        ),
        (
            "rope_scaling",
            json!({ "type": "linear" }),
            "rope_scaling.factor",
        ),
        ("head_dim", json!(15), "head_dim"),
        ("num_key_value_heads", json!("two"), "num_key_value_heads"),
    ] {
        let mut json = llama();
        json[key] = value;
        let message = read(&json).unwrap_err().to_string();
        assert!(
            message.contains(named) && message.starts_with("config.json"),
            "{message}"
        );
    }
}

#[test]
fn llama_3_keeps_fast_angles_and_divides_slow_ones() {
    let scaling = read(&llama()).unwrap().rope_scaling.unwrap();
    // A context of 8192 holds 1304 turns of the fastest angle, and less than one of the slowest.
    assert_eq!(scaling.stretch(1.0), 1.0);
    assert!((scaling.stretch(4000.0) / 4000.0 - 32.0).abs() < 1e-9);
    // Two turns: a third of the way from slow to fast.
    let two = 8192.0 / (2.0 * std::f64::consts::TAU);
    let want = 1.0 / ((1.0 / 3.0) / two + (2.0 / 3.0) / (32.0 * two));
    assert!((scaling.stretch(two) / want - 1.0).abs() < 1e-12);
    assert_eq!(RopeScaling::Linear { factor: 4.0 }.stretch(3.0), 12.0);
}
