//! A model is trained, interrupted, saved, loaded and sampled through the public interface.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use caco_model::train::{Example, TrainConfig, TrainEvent, plan, train};
use caco_model::{
    ComputePath, Error, Finish, Lora, Message, Model, ModelConfig, Packed, Precision, Request,
    Sampler, Sampling, Tokenizer, open_user_prompt, render_chat,
};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const PAIRS: [(&str, &str); 6] = [
    ("What is 2 + 3?", "2 + 3 = 5. The answer is 5."),
    ("What is 12 + 30?", "12 + 30 = 42. The answer is 42."),
    (
        "Write a problem.\nprint(7)",
        "Emma has 7 apples. How many apples does she have?",
    ),
    ("Name a colour.", "Blue is a colour.\nGreen is one, too."),
    ("Say nothing.", "Nothing."),
    ("Count to three.", "1, 2, 3"),
];

fn tokenizer() -> Tokenizer {
    Tokenizer::train(
        PAIRS.iter().flat_map(|(a, b)| [*a, *b]).cycle().take(60),
        520,
    )
    .unwrap()
}

fn model() -> Model {
    let mut config = ModelConfig::small(0, 64, 2, 128);
    config.num_key_value_heads = 1;
    Model::new(config, tokenizer(), 5).unwrap()
}

fn examples() -> Vec<Example> {
    PAIRS
        .iter()
        .map(|(prompt, reply)| Example::prompt_and_reply(*prompt, *reply))
        .collect()
}

fn config(steps: u64) -> TrainConfig {
    TrainConfig {
        steps: Some(steps),
        tokens_per_step: 120,
        sequence_length: 100,
        accumulation: 2,
        checkpoint_every: 7,
        ..TrainConfig::default()
    }
}

fn fit(
    model: &mut Model,
    config: &TrainConfig,
    dir: Option<&Path>,
    stop_after: u64,
) -> Result<Vec<f32>, Error> {
    let stop = AtomicBool::new(false);
    let losses = std::sync::Mutex::new(Vec::new());
    let observe = |event: &TrainEvent| {
        losses.lock().unwrap().push(event.loss);
        stop.store(event.step == stop_after, Ordering::Relaxed);
    };
    train(model, &examples(), config, dir, &observe, &stop)?;
    Ok(losses.into_inner().unwrap())
}

fn requests(n: usize) -> Vec<Request> {
    (0..n)
        .map(|i| Request {
            prompt: render_chat(&[Message::user(PAIRS[i % 6].0)], true),
            seed: i as u64,
        })
        .collect()
}

fn sample(model: &Model, requests: &[Request], sampling: &Sampling) -> Vec<caco_model::Reply> {
    let sampler = Sampler::new(model).unwrap();
    sampler
        .generate(requests, sampling, &|_, _| {}, &AtomicBool::new(false))
        .unwrap()
}

#[test]
fn a_small_corpus_is_learnt_by_heart() {
    let mut model = model();
    let losses = fit(&mut model, &config(150), None, u64::MAX).unwrap();
    assert!(
        losses[0] > 4.0 && losses[149] < 0.1,
        "{} {}",
        losses[0],
        losses[149]
    );
    let replies = sample(&model, &requests(6), &Sampling::greedy(60));
    for (reply, (_, want)) in replies.iter().zip(PAIRS) {
        assert_eq!((reply.text.as_str(), reply.finish), (want, Finish::Stop));
    }
    let stopped = Sampling {
        stop: vec!["The answer".to_string(), " = ".to_string()],
        ..Sampling::greedy(60)
    };
    let replies = sample(&model, &requests(2), &stopped);
    assert_eq!(replies[0].text, "2 + 3");
    let short = sample(&model, &requests(1), &Sampling::greedy(3));
    assert_eq!(
        (short[0].finish, short[0].completion_tokens),
        (Finish::Length, 3)
    );

    let dir = tempfile::tempdir().unwrap();
    for precision in [Precision::F32, Precision::F16, Precision::BF16] {
        model.save(dir.path(), precision).unwrap();
        let loaded = Model::load(dir.path()).unwrap();
        assert_eq!(
            loaded.id().unwrap() == model.id().unwrap(),
            precision == Precision::F32
        );
        assert_eq!(
            sample(&loaded, &requests(1), &Sampling::greedy(60))[0].text,
            PAIRS[0].1
        );
    }
}

#[test]
fn greedy_replies_follow_the_full_forward_pass() {
    let mut model = model();
    fit(&mut model, &config(12), None, u64::MAX).unwrap();
    let requests = requests(5);
    let replies = sample(
        &model,
        &requests,
        &Sampling {
            batch: 3,
            ..Sampling::greedy(25)
        },
    );
    for (request, reply) in requests.iter().zip(replies) {
        let mut tokens = model.tokenizer().encode_template(&request.prompt).unwrap();
        assert_eq!(tokens.len(), reply.prompt_tokens);
        let (mut text, mut logprob) = (Vec::new(), 0.0);
        for _ in 0..reply.completion_tokens {
            let packed = Packed {
                tokens: tokens.clone(),
                ends: vec![tokens.len()],
                ..Packed::default()
            };
            let logits = model
                .network()
                .logits(&packed, ComputePath::Composed)
                .unwrap();
            let last: Vec<f32> = logits.get(tokens.len() - 1).unwrap().to_vec1().unwrap();
            let best = (0..last.len())
                .max_by(|&a, &b| last[a].total_cmp(&last[b]).then(b.cmp(&a)))
                .unwrap();
            logprob += last[best] - last.iter().map(|v| v.exp()).sum::<f32>().ln();
            tokens.push(best as u32);
            if best as u32 != model.tokenizer().message_end() {
                text.push(best as u32);
            }
        }
        assert_eq!(model.tokenizer().decode(&text), reply.text);
        assert!(
            (logprob - reply.logprob).abs() < 1e-2 * logprob.abs().max(1.0),
            "{logprob} {}",
            reply.logprob
        );
    }
}

#[test]
fn training_resumes_to_the_same_bits() {
    let mut whole = model();
    let losses = fit(&mut whole, &config(20), None, u64::MAX).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut part = model();
    assert!(matches!(
        fit(&mut part, &config(20), Some(dir.path()), 9),
        Err(Error::Stopped)
    ));
    let mut rest = model();
    assert_eq!(
        fit(&mut rest, &config(20), Some(dir.path()), u64::MAX).unwrap(),
        losses[9..]
    );
    assert_eq!(rest.id().unwrap(), whole.id().unwrap());
    let files = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(files, 2, "one state and one set of tensors");
    let mut again = model();
    assert!(
        fit(&mut again, &config(20), Some(dir.path()), u64::MAX)
            .unwrap()
            .is_empty()
    );
    assert_eq!(again.id().unwrap(), whole.id().unwrap());
    let other = fit(&mut model(), &config(21), Some(dir.path()), u64::MAX);
    assert!(matches!(
        other,
        Err(Error::ForeignCheckpoint {
            what: "training configuration",
            ..
        })
    ));
    let other = fit(&mut again, &config(20), Some(dir.path()), u64::MAX);
    assert!(matches!(
        other,
        Err(Error::ForeignCheckpoint {
            what: "starting model",
            ..
        })
    ));
}

fn with_adapter(steps: u64) -> TrainConfig {
    TrainConfig {
        lr: 1e-2,
        lora: Some(Lora {
            rank: 8,
            dropout: 0.1,
            ..Lora::default()
        }),
        ..config(steps)
    }
}

#[test]
fn an_adapter_learns_resumes_and_is_saved_both_ways() {
    let start = model();
    let mut whole = model();
    let losses = fit(&mut whole, &with_adapter(40), None, u64::MAX).unwrap();
    assert!(losses[39] < losses[0] - 0.5, "{losses:?}");
    for ((name, before), (_, after)) in start
        .network()
        .parameters()
        .into_iter()
        .zip(whole.network().parameters())
    {
        let change = (before.as_tensor() - after.as_tensor()).unwrap();
        let change = change.abs().unwrap().max_all().unwrap();
        assert_eq!(change.to_scalar::<f32>().unwrap(), 0.0, "{name} is frozen");
    }

    let dir = tempfile::tempdir().unwrap();
    let training = dir.path().join("training");
    let stopped = fit(&mut model(), &with_adapter(40), Some(&training), 17);
    assert!(matches!(stopped, Err(Error::Stopped)));
    let state = std::fs::read_dir(&training).unwrap();
    let size: u64 = state
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    assert!(
        size < 4 * whole.network().parameter_count() as u64,
        "the adapter alone"
    );
    let mut rest = model();
    let tail = fit(&mut rest, &with_adapter(40), Some(&training), u64::MAX).unwrap();
    assert_eq!(tail, losses[17..]);
    assert_eq!(rest.id().unwrap(), whole.id().unwrap());

    // Sampled as it is, saved with the adapter added in, and laid over the start again.
    let sampling = Sampling::greedy(25);
    let replies = sample(&whole, &requests(6), &sampling);
    let saved = dir.path().join("model");
    whole.save(&saved, Precision::F32).unwrap();
    let merged = Model::load(&saved).unwrap();
    assert!(merged.adapter().is_none());
    assert_eq!(sample(&merged, &requests(6), &sampling), replies);
    let mut again = model();
    again.load_adapter(&saved.join("adapter")).unwrap();
    assert_eq!(again.id().unwrap(), whole.id().unwrap());
    assert_eq!(again.adapter().unwrap().rank, 8);
    let mut narrow = Model::new(ModelConfig::small(0, 32, 2, 128), tokenizer(), 5).unwrap();
    let message = narrow
        .load_adapter(&saved.join("adapter"))
        .unwrap_err()
        .to_string();
    assert!(message.contains("lora_A"), "{message}");

    // A second adapter starts from the weights with the first in them.
    whole.merge_adapter().unwrap();
    assert_eq!(whole.id().unwrap(), merged.id().unwrap());
}

#[test]
fn checkpointing_changes_neither_the_result_nor_whose_checkpoint_it_is() {
    let again = |config: TrainConfig| TrainConfig {
        gradient_checkpointing: true,
        ..config
    };
    let (mut plain, mut lean) = (model(), model());
    fit(&mut plain, &with_adapter(12), None, u64::MAX).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let stopped = fit(&mut model(), &with_adapter(12), Some(dir.path()), 5);
    assert!(matches!(stopped, Err(Error::Stopped)));
    fit(
        &mut lean,
        &again(with_adapter(12)),
        Some(dir.path()),
        u64::MAX,
    )
    .unwrap();
    assert_eq!(plain.id().unwrap(), lean.id().unwrap());
}

#[test]
fn a_plan_is_what_training_does() {
    let model = model();
    let steps = plan(&model, &examples(), &config(5)).unwrap();
    assert_eq!(steps.len(), 5);
    assert!(steps.iter().all(|step| step.tokens() >= 120));
    let tokens: usize = steps.iter().map(caco_model::train::Step::tokens).sum();
    let mut trained = self::model();
    let stop = AtomicBool::new(false);
    let report = train(&mut trained, &examples(), &config(5), None, &|_| {}, &stop).unwrap();
    assert_eq!(report.tokens, tokens as u64);
}

#[test]
fn replies_depend_on_the_request_not_on_the_threads() {
    let mut model = model();
    fit(&mut model, &config(12), None, u64::MAX).unwrap();
    let mut requests = requests(40);
    requests[7].prompt = open_user_prompt();
    let sampling = |threads| Sampling {
        threads,
        batch: 8,
        max_tokens: 30,
        top_p: 0.95,
        ..Sampling::default()
    };
    let one = sample(&model, &requests, &sampling(1));
    assert_eq!(one, sample(&model, &requests, &sampling(3)));
    assert_ne!(
        one[0].text, one[6].text,
        "the same prompt with another seed"
    );
    let stop = AtomicBool::new(true);
    let stopped =
        Sampler::new(&model)
            .unwrap()
            .generate(&requests, &sampling(2), &|_, _| {}, &stop);
    assert!(matches!(stopped, Err(Error::Stopped)));
    let long = [Request {
        prompt: "word ".repeat(200),
        seed: 0,
    }];
    let refused = Sampler::new(&model).unwrap().generate(
        &long,
        &sampling(1),
        &|_, _| {},
        &AtomicBool::new(false),
    );
    assert!(matches!(
        refused,
        Err(Error::PromptTooLong {
            index: 0,
            context: 128,
            ..
        })
    ));
}

#[test]
fn damaged_directories_are_explained() {
    let dir = tempfile::tempdir().unwrap();
    let message = || Model::load(dir.path()).err().unwrap().to_string();
    assert!(message().contains("config.json"));
    model().save(dir.path(), Precision::F32).unwrap();
    let weights = dir.path().join("model.safetensors");
    let bytes = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    assert!(message().contains("model.safetensors"));
    let text = String::from_utf8_lossy(&bytes).replacen("mlp.up_proj", "mlp.up_prox", 1);
    let header = text.find("mlp.up_prox").unwrap();
    let mut renamed = bytes.clone();
    renamed[header..header + 11].copy_from_slice(b"mlp.up_prox");
    std::fs::write(&weights, &renamed).unwrap();
    assert!(
        message().contains("mlp.up_proj.weight") && message().contains("missing"),
        "{}",
        message()
    );
    std::fs::remove_file(&weights).unwrap();
    assert!(message().contains("model.safetensors.index.json"));
}
