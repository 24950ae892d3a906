//! Examples, their tokens and the order in which they are seen.

use super::TrainConfig;
use crate::chat::message_open;
use crate::tokenizer::MESSAGE_END;
use crate::{Error, Message, Packed, Result, Tokenizer};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// A stretch of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The text.
    pub text: String,
    /// Whether the model learns to write it.
    pub loss: bool,
    /// Whether `<|im_start|>`, `<|im_end|>` and `<|endoftext|>` in the text are markers rather than plain characters.
    pub markup: bool,
}

/// One training sequence. The marks in it are ChatML's; a tokenizer whose chat template has others takes those.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Example {
    /// The parts, in order.
    pub parts: Vec<Part>,
}

impl Example {
    /// A conversation in ChatML; each message says whether the model learns to write it. A learnt message's closing
    /// `<|im_end|>` is learnt with it.
    #[must_use]
    pub fn chat(messages: &[(Message, bool)]) -> Self {
        let mut parts = Vec::with_capacity(messages.len() * 4);
        for (message, loss) in messages {
            let markup = |text: String, loss: bool| Part {
                text,
                loss,
                markup: true,
            };
            parts.push(markup(message_open(message.role), false));
            parts.push(Part {
                text: message.content.clone(),
                loss: *loss,
                markup: false,
            });
            parts.push(markup(MESSAGE_END.to_string(), *loss));
            parts.push(markup("\n".to_string(), false));
        }
        // Nothing follows the last line break, so it teaches nothing.
        parts.pop();
        Self { parts }
    }

    /// A prompt and the reply to learn.
    pub fn prompt_and_reply(prompt: impl Into<String>, reply: impl Into<String>) -> Self {
        Self::chat(&[
            (Message::user(prompt), false),
            (Message::assistant(reply), true),
        ])
    }
}

/// An encoded example: at least two tokens.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Sequence {
    /// Token ids; all but the last are inputs, all but the first targets.
    pub tokens: Vec<u32>,
    /// For each token, whether it counts in the loss; the first never does, since nothing precedes it.
    pub counted: Vec<bool>,
}

/// All usable examples.
pub(super) struct Data {
    pub(super) sequences: Vec<Sequence>,
    pub(super) too_long: u64,
    pub(super) without_loss: u64,
}

impl Data {
    /// Encodes examples and leaves out those that cannot be used.
    pub(super) fn new(
        tokenizer: &Tokenizer,
        examples: &[Example],
        config: &TrainConfig,
    ) -> Result<Self> {
        let encoded: Vec<Sequence> = examples
            .par_iter()
            .map(|example| encode(tokenizer, example))
            .collect::<Result<_>>()?;
        let mut data = Self {
            sequences: Vec::with_capacity(encoded.len()),
            too_long: 0,
            without_loss: 0,
        };
        for sequence in encoded {
            if sequence.tokens.len() > config.sequence_length + 1 {
                data.too_long += 1;
            } else if !sequence.counted.iter().skip(1).any(|counted| *counted) {
                data.without_loss += 1;
            } else {
                data.sequences.push(sequence);
            }
        }
        if data.sequences.is_empty() {
            let (long, without, limit) = (data.too_long, data.without_loss, config.sequence_length);
            return Err(Error::NoExamples(format!(
                "of {} examples {long} are longer than {limit} tokens and {without} have no text to learn",
                examples.len()
            )));
        }
        Ok(data)
    }

    /// The sequences of every step. The order within an epoch depends on the seed and the epoch only.
    pub(super) fn plan(&self, config: &TrainConfig) -> Vec<Vec<u32>> {
        let (mut plan, mut batch, mut tokens) = (Vec::new(), Vec::new(), 0);
        for epoch in 0.. {
            if config.steps.is_none() && epoch == config.epochs {
                break;
            }
            for index in order(self.sequences.len(), config.seed, epoch) {
                batch.push(index);
                tokens += self.inputs(index);
                if tokens >= config.tokens_per_step {
                    plan.push(std::mem::take(&mut batch));
                    tokens = 0;
                    if config.steps == Some(plan.len() as u64) {
                        return plan;
                    }
                }
            }
        }
        if !batch.is_empty() {
            plan.push(batch);
        }
        plan
    }

    fn inputs(&self, index: u32) -> usize {
        self.sequences[index as usize].tokens.len() - 1
    }

    /// Divides a step into parts of about equal work: each sequence, longest first, goes to the shortest part.
    pub(super) fn parts(&self, batch: &[u32], count: usize) -> Vec<Packed> {
        let mut longest_first = batch.to_vec();
        longest_first.sort_by_key(|&index| std::cmp::Reverse(self.inputs(index)));
        let mut parts = vec![Packed::default(); count];
        for index in longest_first {
            let shortest = (0..count)
                .min_by_key(|&part| parts[part].tokens.len())
                .unwrap_or(0);
            self.append(index, &mut parts[shortest]);
        }
        parts.retain(|part| !part.tokens.is_empty());
        parts
    }

    fn append(&self, index: u32, part: &mut Packed) {
        let Sequence { tokens, counted } = &self.sequences[index as usize];
        for (row, (pair, counted)) in
            (part.tokens.len()..).zip(tokens.windows(2).zip(&counted[1..]))
        {
            part.tokens.push(pair[0]);
            if *counted {
                part.rows.push(row as u32);
                part.targets.push(pair[1]);
            }
        }
        part.ends.push(part.tokens.len());
    }
}

fn encode(tokenizer: &Tokenizer, example: &Example) -> Result<Sequence> {
    let mut sequence = Sequence {
        tokens: Vec::new(),
        counted: Vec::new(),
    };
    let mut role = None;
    for (index, part) in example.parts.iter().enumerate() {
        let tokens = if part.markup {
            let format = tokenizer.format();
            tokenizer.encode_template(&format.translate(&part.text, index == 0, &mut role)?)?
        } else {
            tokenizer.encode(&part.text)?
        };
        sequence
            .counted
            .resize(sequence.tokens.len() + tokens.len(), part.loss);
        sequence.tokens.extend(tokens);
    }
    Ok(sequence)
}

/// A permutation of `0..len`.
fn order(len: usize, seed: u64, epoch: u64) -> Vec<u32> {
    let mut hash = blake3::Hasher::new();
    hash.update(b"caco-model data order\0")
        .update(&seed.to_le_bytes())
        .update(&epoch.to_le_bytes());
    let mut order: Vec<u32> = (0..len as u32).collect();
    order.shuffle(&mut ChaCha8Rng::from_seed(*hash.finalize().as_bytes()));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> Data {
        let tokenizer = Tokenizer::train(["x"].into_iter(), 449).unwrap();
        let mut examples: Vec<Example> = (0..30)
            .map(|i| Example::prompt_and_reply("p".repeat(i % 7), "r".repeat(1 + i % 5)))
            .collect();
        examples.push(Example::prompt_and_reply("p".repeat(100), "r"));
        examples.push(Example::chat(&[(Message::user("only a question"), false)]));
        Data::new(
            &tokenizer,
            &examples,
            &TrainConfig {
                sequence_length: 60,
                ..TrainConfig::default()
            },
        )
        .unwrap()
    }

    #[test]
    fn unusable_examples_are_counted() {
        let data = data();
        assert_eq!(
            (data.sequences.len(), data.too_long, data.without_loss),
            (30, 1, 1)
        );
    }

    #[test]
    fn every_example_is_seen_once_in_an_epoch() {
        let data = data();
        let config = TrainConfig {
            tokens_per_step: 100,
            epochs: 2,
            ..TrainConfig::default()
        };
        let plan = data.plan(&config);
        let mut seen: Vec<u32> = plan.iter().flatten().copied().collect();
        let (first, second) = (seen[..30].to_vec(), seen[30..].to_vec());
        assert_ne!(first, second);
        seen.sort_unstable();
        assert_eq!(seen, (0..30).flat_map(|i| [i, i]).collect::<Vec<_>>());
        let steps = TrainConfig {
            steps: Some(50),
            ..config
        };
        assert_eq!(data.plan(&steps).len(), 50);
        assert_eq!(data.plan(&steps)[..plan.len() - 1], plan[..plan.len() - 1]);
    }

    #[test]
    fn parts_hold_every_token_and_only_learnt_targets() {
        let data = data();
        let batch: Vec<u32> = (0..30).collect();
        let parts = data.parts(&batch, 4);
        let inputs: usize = batch.iter().map(|&i| data.inputs(i)).sum();
        assert_eq!(parts.iter().map(|p| p.tokens.len()).sum::<usize>(), inputs);
        let targets: usize = parts.iter().map(|p| p.targets.len()).sum();
        // Each reply of 1 + i % 5 characters and its end marker.
        assert_eq!(targets, (0..30).map(|i| 2 + i % 5).sum::<usize>());
        let sizes: Vec<usize> = parts.iter().map(|p| p.tokens.len()).collect();
        assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() < 60);
    }
}
