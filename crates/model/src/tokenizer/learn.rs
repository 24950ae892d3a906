//! Learning the merges of a tokenizer from text.

use super::{SPECIALS, bytes};
use crate::{Error, Result};
use serde_json::{Value, json};
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, PreTokenizerWrapper, SplitDelimiterBehavior};

/// Where text is cut before merging: as Qwen2 does, but with up to three digits in one piece.
pub(crate) const PIECES: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Two- and three-digit numbers that are one token each.
const NUMBERS: std::ops::RangeInclusive<u32> = 10..=199;
const SMALLEST: usize = 256 + SPECIALS.len() + 190;

/// Learns merges from the texts with their digits taken out, then puts the number merges first.
pub(super) fn learn<S: AsRef<str> + Send>(
    texts: impl Iterator<Item = S> + Send,
    vocab_size: usize,
) -> Result<Value> {
    if vocab_size < SMALLEST {
        return Err(Error::config(
            "vocab_size",
            format!("{vocab_size} is too small; give at least {SMALLEST}"),
        ));
    }
    let fail = |e: Box<dyn std::error::Error + Send + Sync>| Error::Tokenizer(e.to_string());
    let mut tokenizer = tokenizers::Tokenizer::new(BPE::default());
    let split = Split::new(
        SplitPattern::Regex(PIECES.to_string()),
        SplitDelimiterBehavior::Isolated,
        false,
    )
    .map_err(fail)?;
    tokenizer.with_pre_tokenizer(Some(PreTokenizerWrapper::Sequence(Sequence::new(vec![
        PreTokenizerWrapper::Split(split),
        PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, false, false)),
    ]))));
    tokenizer.with_decoder(Some(ByteLevel::new(false, false, false)));
    let mut trainer: TrainerWrapper = BpeTrainerBuilder::new()
        .vocab_size(vocab_size - NUMBERS.count())
        .min_frequency(2)
        .show_progress(false)
        .initial_alphabet(bytes::alphabet().into_iter().collect())
        .special_tokens(
            SPECIALS
                .iter()
                .map(|s| AddedToken::from(*s, true))
                .collect(),
        )
        .build()
        .into();
    let wordless = texts.flat_map(|text| {
        let pieces: Vec<String> = text
            .as_ref()
            .split(|c: char| c.is_ascii_digit())
            .map(str::to_string)
            .collect();
        pieces
    });
    tokenizer
        .train(&mut trainer, wordless.filter(|piece| !piece.is_empty()))
        .map_err(fail)?;
    let text = tokenizer.to_string(false).map_err(fail)?;
    let json = serde_json::from_str(&text).map_err(|e| Error::Tokenizer(e.to_string()))?;
    with_numbers(json)
}

/// Adds the number tokens and puts their merges before all others.
fn with_numbers(mut json: Value) -> Result<Value> {
    let missing = || Error::Tokenizer("the trained model has no vocabulary or merges".to_string());
    let model = json.get_mut("model").ok_or_else(missing)?;
    let vocab = model
        .get_mut("vocab")
        .and_then(Value::as_object_mut)
        .ok_or_else(missing)?;
    let mut merges = Vec::new();
    for number in NUMBERS {
        let text = number.to_string();
        for cut in 1..text.len() {
            // A right part with a leading zero is never a token of its own, so it cannot be merged.
            if !(cut + 1 < text.len() && text[cut..].starts_with('0')) {
                merges.push(json!([text[..cut], text[cut..]]));
            }
        }
        let id = vocab.len();
        vocab.insert(text, json!(id));
    }
    let learnt = model
        .get_mut("merges")
        .and_then(Value::as_array_mut)
        .ok_or_else(missing)?;
    merges.append(learnt);
    *learnt = merges;
    Ok(json)
}
