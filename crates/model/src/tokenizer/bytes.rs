//! The byte-level alphabet: each byte is written as one printable character.

use crate::{Error, Result};
use std::collections::HashMap;

/// The character that stands for each byte: printable Latin-1 stands for itself, the rest follows from U+0100 on.
pub(super) fn alphabet() -> [char; 256] {
    let mut next = 0x100_u32;
    std::array::from_fn(|byte| {
        let byte = byte as u8;
        if matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF) {
            char::from(byte)
        } else {
            let c = char::from_u32(next).unwrap_or('\u{100}');
            next += 1;
            c
        }
    })
}

/// The bytes of every token, indexed by id. Added tokens stand for their own spelling.
pub(super) fn table(tokenizer: &tokenizers::Tokenizer) -> Result<Vec<Vec<u8>>> {
    let byte_of: HashMap<char, u8> = alphabet().into_iter().zip(0..=255).collect();
    let added = tokenizer.get_added_tokens_decoder();
    let vocab = tokenizer.get_vocab(true);
    let size = vocab.values().max().map_or(0, |&id| id as usize + 1);
    let mut bytes = vec![Vec::new(); size];
    for (token, id) in vocab {
        bytes[id as usize] = match added.get(&id) {
            Some(_) => token.into_bytes(),
            None => token
                .chars()
                .map(|c| byte_of.get(&c).copied())
                .collect::<Option<_>>()
                .ok_or_else(|| {
                    Error::Tokenizer(format!(
                        "token {id} `{token}` is not byte-level; use a byte-level BPE tokenizer"
                    ))
                })?,
        };
    }
    Ok(bytes)
}
