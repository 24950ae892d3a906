//! The tokenizer as metadata of a GGUF file.

use crate::tokenizer::PIECES;
use crate::{Error, Result, Tokenizer};
use candle_core::quantized::gguf_file::Value;
use serde_json::Value as Json;

/// llama.cpp's names of the ways to cut text before merging that a tokenizer of this layout may use, with the regular
/// expression of `tokenizer.json` that each stands for. Both merge by rank even where a whole piece is a token, as we do;
/// `llama-bpe` has the first expression, too, but takes such a piece without merging.
const CUTS: [(&str, &str); 2] = [
    (PIECES, "smaug-bpe"),
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        "qwen2",
    ),
];

/// Kinds of tokens, as llama.cpp numbers them.
const NORMAL: i32 = 1;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;
const UNUSED: i32 = 5;

/// Tokens, merges, special ids and chat template. `size` is the number of rows of the embedding; rows without a token
/// are named `[PADn]`, as Hugging Face vocabularies with spare rows are.
pub(super) fn metadata(tokenizer: &Tokenizer, size: usize) -> Result<Vec<(&'static str, Value)>> {
    let json: Json = serde_json::from_slice(&tokenizer.to_bytes()?)
        .map_err(|e| Error::Tokenizer(e.to_string()))?;
    let (tokens, kinds) = tokens(&json, size)?;
    let end_of_text = Value::U32(tokenizer.end_of_text());
    Ok(vec![
        ("tokenizer.ggml.model", Value::String("gpt2".to_string())),
        ("tokenizer.ggml.pre", Value::String(cut(&json)?.to_string())),
        ("tokenizer.ggml.tokens", tokens),
        ("tokenizer.ggml.token_type", kinds),
        ("tokenizer.ggml.merges", merges(&json)?),
        // Without this entry llama.cpp takes token 11, whatever it is, to begin a text.
        ("tokenizer.ggml.bos_token_id", end_of_text.clone()),
        (
            "tokenizer.ggml.eos_token_id",
            Value::U32(tokenizer.message_end()),
        ),
        ("tokenizer.ggml.padding_token_id", end_of_text),
        ("tokenizer.ggml.add_bos_token", Value::Bool(false)),
        ("tokenizer.ggml.add_space_prefix", Value::Bool(false)),
        (
            "tokenizer.chat_template",
            Value::String(tokenizer.template().to_string()),
        ),
    ])
}

/// The name of the tokenizer's way to cut text.
fn cut(json: &Json) -> Result<&'static str> {
    let steps = &json["pre_tokenizer"];
    let one = std::slice::from_ref(steps);
    let steps = steps["pretokenizers"].as_array().map_or(one, Vec::as_slice);
    let patterns: Vec<&str> = steps
        .iter()
        .filter_map(|step| step["pattern"]["Regex"].as_str())
        .collect();
    // Pieces that are tokens are then not merged by rank, which none of the names means.
    let whole_pieces = json["model"]["ignore_merges"] == true;
    CUTS.iter()
        .find(|(pattern, _)| patterns == [*pattern] && !whole_pieces)
        .map(|(_, name)| *name)
        .ok_or_else(|| {
            Error::Tokenizer(format!(
                "no name of llama.cpp is known here for the way in which this tokenizer cuts text (at {patterns:?}, \
                 ignore_merges {whole_pieces}); convert the model with llama.cpp's own converter"
            ))
        })
}

/// The tokens in the order of their ids, and their kinds.
fn tokens(json: &Json, size: usize) -> Result<(Value, Value)> {
    let missing = || Error::Tokenizer("tokenizer.json has no vocabulary".to_string());
    let outside = |id: usize| Error::Tokenizer(format!("token {id} has no row among {size}"));
    let mut tokens: Vec<Value> = (0..size)
        .map(|id| Value::String(format!("[PAD{id}]")))
        .collect();
    let mut kinds = vec![Value::I32(UNUSED); size];
    let mut put = |id: Option<u64>, text: &str, kind: i32| -> Result<()> {
        let id = id.ok_or_else(missing)? as usize;
        let (token, its_kind) = tokens
            .get_mut(id)
            .zip(kinds.get_mut(id))
            .ok_or_else(|| outside(id))?;
        *token = Value::String(text.to_string());
        *its_kind = Value::I32(kind);
        Ok(())
    };
    for (text, id) in json["model"]["vocab"].as_object().ok_or_else(missing)? {
        put(id.as_u64(), text, NORMAL)?;
    }
    for added in json["added_tokens"].as_array().into_iter().flatten() {
        let kind = if added["special"] == true {
            CONTROL
        } else {
            USER_DEFINED
        };
        put(
            added["id"].as_u64(),
            added["content"].as_str().ok_or_else(missing)?,
            kind,
        )?;
    }
    Ok((Value::Array(tokens), Value::Array(kinds)))
}

/// The merges in order, each as its two parts with a space between them; no part contains one, bytes being spelt out.
fn merges(json: &Json) -> Result<Value> {
    let wrong = || Error::Tokenizer("tokenizer.json has no merges".to_string());
    let merges = json["model"]["merges"].as_array().ok_or_else(wrong)?;
    let spelt = |merge: &Json| match (merge.as_str(), &merge[0], &merge[1]) {
        (Some(pair), ..) => Some(pair.to_string()),
        (None, Json::String(left), Json::String(right)) => Some(format!("{left} {right}")),
        _ => None,
    };
    merges
        .iter()
        .map(|merge| spelt(merge).map(Value::String).ok_or_else(wrong))
        .collect::<Result<Vec<_>>>()
        .map(Value::Array)
}
