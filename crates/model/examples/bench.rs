//! Prints training and sampling speed of a random model: `cargo run --release -p caco-model --example bench [WIDTH LAYERS]`.

use caco_model::train::{Example, TrainConfig, train};
use caco_model::{Model, ModelConfig, Request, Sampler, Sampling, Tokenizer, open_user_prompt};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .map(|arg| arg.parse())
        .collect::<Result<_, _>>()?;
    let (width, layers) = (
        numbers.first().copied().unwrap_or(128),
        numbers.get(1).copied().unwrap_or(4),
    );
    let words: Vec<String> = (0..600)
        .map(|i| format!("w{}x", (i * 7919) % 10_007))
        .collect();
    let text = |seed: usize, len: usize| -> String {
        (0..len)
            .map(|i| format!("{} ", words[(seed * 31 + i * i * 17) % words.len()]))
            .collect()
    };
    let tokenizer = Tokenizer::train((0..500).map(|i| text(i, 60)), 1024)?;
    let mut model = Model::new(ModelConfig::small(1024, width, layers, 512), tokenizer, 1)?;
    println!("{} parameters", model.network().parameter_count());
    let examples: Vec<Example> = (0..400)
        .map(|i| Example::prompt_and_reply(text(i, 8), text(i + 1, 14)))
        .collect();
    let config = TrainConfig {
        steps: Some(40),
        ..TrainConfig::default()
    };
    let stop = AtomicBool::new(false);
    let began = Instant::now();
    let report = train(&mut model, &examples, &config, None, &|_| {}, &stop)?;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "training: {:.0} tokens/s, {} tokens, loss {:?} to {:?}",
        report.tokens as f64 / seconds,
        report.tokens,
        report.first_loss,
        report.last_loss
    );
    let requests: Vec<Request> = (0..512)
        .map(|i| Request {
            prompt: open_user_prompt(),
            seed: i,
        })
        .collect();
    let sampling = Sampling {
        max_tokens: 80,
        ..Sampling::default()
    };
    let sampler = Sampler::new(&model)?;
    let began = Instant::now();
    let replies = sampler.generate(&requests, &sampling, &|_, _| {}, &stop)?;
    let seconds = began.elapsed().as_secs_f64();
    let tokens: usize = replies.iter().map(|reply| reply.completion_tokens).sum();
    println!(
        "sampling: {:.0} new tokens/s, {tokens} tokens",
        tokens as f64 / seconds
    );
    Ok(())
}
