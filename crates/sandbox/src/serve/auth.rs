//! Who may run programs: a shared token, kept only as its hash.

use crate::{Error, Result};
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use std::fmt;

/// A bearer token. Only its BLAKE3 hash is kept, so it can be in no log, error or `Debug` text.
#[derive(Clone, Copy)]
pub struct Token(blake3::Hash);

impl Token {
    /// Shortest token, in characters: at four bits each, as in hexadecimal, 64 bits.
    const MIN: usize = 16;

    /// Takes 16 to 4,096 characters of visible ASCII (what fits into a header and a URL's password).
    ///
    /// # Errors
    /// [`Error::Setting`] for anything else; the error does not repeat the text.
    pub fn new(text: &str) -> Result<Self> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if visible && (Self::MIN..=4096).contains(&text.len()) {
            return Ok(Self(blake3::hash(text.as_bytes())));
        }
        Err(Error::Setting {
            key: "token",
            problem: "must be 16 to 4096 characters of visible ASCII without spaces; `openssl rand -hex 32` makes one"
                .into(),
        })
    }

    /// Whether the request's headers carry this token, as `Authorization: Bearer TOKEN`, or as the password of
    /// `Authorization: Basic`, which is what HTTP clients make of `http://any:TOKEN@host/run_code`: the one way for
    /// trainers that take a URL and no headers. Hashes are compared, in constant time.
    pub(super) fn is_in(self, headers: &HeaderMap) -> bool {
        let given = headers
            .get(AUTHORIZATION)
            .and_then(|value| credentials(value.as_bytes()));
        given.is_some_and(|given| blake3::hash(&given) == self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The token in the value of an `Authorization` header.
fn credentials(value: &[u8]) -> Option<Vec<u8>> {
    let space = value.iter().position(|byte| *byte == b' ')?;
    let (scheme, rest) = value.split_at(space);
    let rest = rest.trim_ascii();
    if scheme.eq_ignore_ascii_case(b"bearer") {
        return Some(rest.to_vec());
    }
    if scheme.eq_ignore_ascii_case(b"basic") {
        let pair = base64(rest)?;
        let colon = pair.iter().position(|byte| *byte == b':')?;
        return pair.get(colon + 1..).map(<[u8]>::to_vec);
    }
    None
}

/// The bytes of a base64 text of the standard alphabet (RFC 4648, section 4), with or without padding.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.strip_suffix(b"==").or(text.strip_suffix(b"="));
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for &digit in digits.unwrap_or(text) {
        let six = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xFF) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_decodes_what_python_encodes() {
        let pairs: [(&[u8], &[u8]); 5] = [
            (b"", b""),
            (b"Zg==", b"f"),
            (b"Zm8=", b"fo"),
            (b"Zm9v", b"foo"),
            (b"Y2FjbzpzZWNyZXQ/", b"caco:secret?"),
        ];
        for (text, bytes) in pairs {
            assert_eq!(base64(text).as_deref(), Some(bytes));
        }
        assert_eq!(base64(b"a-b_"), None);
    }

    #[test]
    fn tokens_show_nothing() {
        let token = Token::new("0123456789abcdef").unwrap();
        assert_eq!(format!("{token:?}"), "Token(..)");
        let error = Token::new("short and secret").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
