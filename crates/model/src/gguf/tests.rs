use super::*;
use crate::Model;
use std::collections::HashMap;
use std::fs::File;

const TEXT: &str = "Emma has 12 apples and 345 pears.\nShe gives 3 away.";

/// A small model whose parameters all differ, biases and norms included.
fn model(tied: bool, groups: usize) -> Model {
    let tokenizer = Tokenizer::train([TEXT].iter().cycle().take(20), 500).unwrap();
    let config = ModelConfig {
        num_key_value_heads: groups,
        tie_word_embeddings: tied,
        rope_theta: 50_000.0,
        ..ModelConfig::small(520, 64, 2, 128)
    };
    let model = Model::new(config, tokenizer, 5).unwrap();
    for (_, var) in model.network().parameters() {
        let noise = Tensor::randn(0f32, 1.0, var.shape(), &Device::Cpu).unwrap();
        var.set(&(var.as_tensor() + noise).unwrap()).unwrap();
    }
    model
}

fn read_back(path: &Path) -> (HashMap<String, Value>, HashMap<String, Tensor>) {
    let mut file = File::open(path).unwrap();
    let content = gguf_file::Content::read(&mut file).unwrap();
    let tensors = content
        .tensor_infos
        .keys()
        .map(|name| {
            let stored = content.tensor(&mut file, name, &Device::Cpu).unwrap();
            (name.clone(), stored.dequantize(&Device::Cpu).unwrap())
        })
        .collect();
    (content.metadata, tensors)
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn every_weight_is_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    for (tied, groups) in [(true, 2), (false, 1)] {
        let model = model(tied, groups);
        let path = dir.path().join("model.gguf");
        model.save_gguf(&path, Precision::F32).unwrap();
        let (_, tensors) = read_back(&path);
        let network = model.network();
        let stored: usize = tensors.values().map(Tensor::elem_count).sum();
        assert_eq!(stored, network.parameter_count());
        let same = |name: &str, rows: &Tensor| {
            assert_eq!(tensors[name].dims(), rows.dims(), "{name}");
            assert_eq!(values(&tensors[name]), values(rows), "{name}");
        };
        same("token_embd.weight", &network.embedding);
        same("output_norm.weight", &network.norm);
        assert_eq!(tensors.contains_key("output.weight"), !tied);
        if let Some(head) = &network.head {
            same("output.weight", head);
        }
        let layer = &network.layers[1];
        let (q, kv) = (64, 32 * groups);
        same("blk.1.attn_norm.weight", &layer.attention_norm);
        let (at, rows) = ([0, q, q + kv], [q, kv, kv]);
        for (i, part) in ["attn_q", "attn_k", "attn_v"].iter().enumerate() {
            let narrow = |var: &Tensor| var.narrow(0, at[i], rows[i]).unwrap();
            same(&format!("blk.1.{part}.weight"), &narrow(&layer.qkv));
            same(
                &format!("blk.1.{part}.bias"),
                &narrow(layer.qkv_bias.as_ref().unwrap()),
            );
        }
        same("blk.1.attn_output.weight", &layer.output);
        same("blk.1.ffn_norm.weight", &layer.mlp_norm);
        let half = layer.gate_up.dim(0).unwrap() / 2;
        let gate = layer.gate_up.narrow(0, 0, half).unwrap();
        let up = layer.gate_up.narrow(0, half, half).unwrap();
        same("blk.1.ffn_gate.weight", &gate);
        same("blk.1.ffn_up.weight", &up);
        same("blk.1.ffn_down.weight", &layer.down);
    }
}

#[test]
fn half_precision_rounds_matrices_only() {
    let dir = tempfile::tempdir().unwrap();
    let model = model(true, 2);
    let path = dir.path().join("model.gguf");
    for (precision, file_type) in [(Precision::F16, 1), (Precision::BF16, 32)] {
        model.save_gguf(&path, precision).unwrap();
        let (metadata, tensors) = read_back(&path);
        assert_eq!(metadata["general.file_type"].to_u32().unwrap(), file_type);
        let network = model.network();
        let bias = values(network.layers[0].qkv_bias.as_ref().unwrap());
        assert_eq!(values(&tensors["blk.0.attn_q.bias"]), bias[..64]);
        let exact = values(&network.embedding);
        let stored = values(&tensors["token_embd.weight"]);
        assert_ne!(stored, exact);
        let close = |(a, b): (&f32, &f32)| (a - b).abs() <= b.abs() / 128.0 + 1e-6;
        assert!(stored.iter().zip(&exact).all(close));
    }
}

#[test]
fn metadata_describes_network_and_tokenizer() {
    let dir = tempfile::tempdir().unwrap();
    let model = model(true, 1);
    let path = dir.path().join("model.gguf");
    model.save_gguf(&path, Precision::F32).unwrap();
    let (metadata, _) = read_back(&path);
    let text = |key: &str| metadata[key].to_string().unwrap().as_str();
    let count = |key: &str| metadata[key].to_u32().unwrap();
    let list = |key: &str| metadata[key].to_vec().unwrap();
    assert_eq!(text("general.architecture"), "qwen2");
    assert_eq!(count("general.file_type"), 0);
    assert_eq!(count("qwen2.block_count"), 2);
    assert_eq!(count("qwen2.context_length"), 128);
    assert_eq!(count("qwen2.embedding_length"), 64);
    assert_eq!(count("qwen2.feed_forward_length"), 192);
    assert_eq!(count("qwen2.attention.head_count"), 2);
    assert_eq!(count("qwen2.attention.head_count_kv"), 1);
    assert_eq!(metadata["qwen2.rope.freq_base"].to_f32().unwrap(), 5e4);
    let eps = metadata["qwen2.attention.layer_norm_rms_epsilon"].to_f32();
    assert_eq!(eps.unwrap(), 1e-6);

    let tokenizer = model.tokenizer();
    assert_eq!(text("tokenizer.ggml.model"), "gpt2");
    assert_eq!(text("tokenizer.ggml.pre"), "smaug-bpe");
    assert_eq!(text("tokenizer.chat_template"), tokenizer.template());
    assert_eq!(
        count("tokenizer.ggml.eos_token_id"),
        tokenizer.message_end()
    );
    assert_eq!(
        count("tokenizer.ggml.padding_token_id"),
        tokenizer.end_of_text()
    );
    assert!(!metadata["tokenizer.ggml.add_bos_token"].to_bool().unwrap());
    let tokens = list("tokenizer.ggml.tokens");
    let kinds = list("tokenizer.ggml.token_type");
    assert_eq!((tokens.len(), kinds.len()), (520, 520));
    let token = |id: u32| tokens[id as usize].to_string().unwrap().as_str();
    let kind = |id: u32| kinds[id as usize].to_i32().unwrap();
    assert_eq!((token(2), kind(2)), ("<|im_end|>", 3));
    let [number] = tokenizer.encode("123").unwrap()[..] else {
        panic!("one token");
    };
    assert_eq!((token(number), kind(number)), ("123", 1));
    let spare = tokenizer.vocab_size() as u32;
    assert_eq!(
        (token(spare), kind(spare)),
        (format!("[PAD{spare}]").as_str(), 5)
    );
    let merges = list("tokenizer.ggml.merges");
    assert_eq!(merges[0].to_string().unwrap(), "1 0");
    assert!(
        merges
            .iter()
            .any(|merge| merge.to_string().unwrap() == "Ġ a")
    );
}

#[test]
fn a_tokenizer_that_cuts_otherwise_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let saved = model(true, 2);
    saved.save(dir.path(), Precision::F32).unwrap();
    let file = dir.path().join("tokenizer.json");
    let json = std::fs::read_to_string(&file).unwrap();
    let with = |old: &str, new: &str| {
        assert!(json.contains(old));
        std::fs::write(&file, json.replace(old, new)).unwrap();
        let path = dir.path().join("model.gguf");
        let written = Model::load(dir.path())
            .unwrap()
            .save_gguf(&path, Precision::F32);
        written.map(|()| read_back(&path).0)
    };
    let metadata = with(r"\\p{N}{1,3}|", r"\\p{N}|").unwrap();
    assert_eq!(metadata["tokenizer.ggml.pre"].to_string().unwrap(), "qwen2");
    let refusal = |old: &str, new: &str| match with(old, new) {
        Err(Error::Tokenizer(message)) => message,
        other => panic!("{:?}", other.map(|metadata| metadata.len())),
    };
    let message = refusal(r"\\p{N}{1,3}|", r"\\p{N}{1,2}|");
    assert!(message.contains("{1,2}"), "{message}");
    let message = refusal(r#""ignore_merges": false"#, r#""ignore_merges": true"#);
    assert!(message.contains("ignore_merges true"), "{message}");
}
