//! Texts as sequences of hashed tokens, for comparing them with each other.
//!
//! Finer than [`words`](crate::words): signs count, since `3 + 5` and `3 - 5` are different problems, and so do letters
//! outside ASCII.

/// How a text is read as tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tokens {
    /// Problems in words: runs of letters and digits in lower case, and the signs `+ * / ^ = < > %` and, unless it
    /// joins two letters, `-`. Scripts that do without spaces (Han, Kana, Thai and others) give a token for each letter.
    Problem,
    /// Normal forms of programs: everything between spaces, with brackets and quotes apart, in the case given. The
    /// number of a name (`$7`) does not count, since one more variable renumbers all that come after it.
    Program,
}

const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
const OTHER: u64 = 0xD6E8_FEB8_6659_FD93;

/// Multiplies to 128 bits and folds the halves: a mixer whose every output bit depends on every input bit.
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    let wide = (a ^ OTHER) as u128 * (b ^ MULTIPLIER) as u128;
    (wide >> 64) as u64 ^ wide as u64
}

const SEPARATOR: u8 = 0;
const SIGN: u8 = 1;
const HYPHEN: u8 = 2;

/// For each byte the letter in lower case, or one of the three classes above.
const CLASSES: [u8; 128] = {
    let mut classes = [SEPARATOR; 128];
    let mut byte = 0u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'0'..=b'9' | b'a'..=b'z' => byte,
            b'A'..=b'Z' => byte + 32,
            b'+' | b'*' | b'/' | b'^' | b'=' | b'<' | b'>' | b'%' => SIGN,
            b'-' => HYPHEN,
            _ => SEPARATOR,
        };
        byte += 1;
    }
    classes
};

/// A hash over bytes that are pushed one by one, eight to a step.
#[derive(Clone, Copy)]
struct Token {
    state: u64,
    word: u64,
    shift: u32,
}

impl Token {
    const NEW: Self = Self {
        state: 0x51_7C_C1_B7_27_22_0A_95,
        word: 0,
        shift: 0,
    };

    const fn push(&mut self, byte: u8) {
        self.word |= (byte as u64) << self.shift;
        self.shift += 8;
        if self.shift == 64 {
            self.state = mix(self.state, self.word);
            self.word = 0;
            self.shift = 0;
        }
    }

    const fn finish(self) -> u64 {
        mix(self.state ^ self.shift as u64, self.word)
    }

    const fn is_empty(self) -> bool {
        self.shift == 0 && self.state == Self::NEW.state
    }
}

fn end(token: &mut Token, into: &mut Vec<u64>) {
    if !token.is_empty() {
        into.push(token.finish());
        *token = Token::NEW;
    }
}

fn sign(byte: u8, into: &mut Vec<u64>) {
    let mut token = Token::NEW;
    token.push(byte);
    into.push(token.finish());
}

impl Tokens {
    /// Appends the hashes of the tokens of `text`.
    pub(crate) fn read(self, text: &str, into: &mut Vec<u64>) {
        match self {
            Self::Problem if text.is_ascii() => problem(text.as_bytes(), into),
            Self::Problem => lettered(&text.to_lowercase(), into),
            Self::Program => program(text, into),
        }
    }
}

fn class(bytes: &[u8], at: usize) -> u8 {
    let byte = usize::from(bytes.get(at).copied().unwrap_or(0));
    CLASSES.get(byte).copied().unwrap_or(SEPARATOR)
}

/// Eight bytes below 128 at once: the high bit of each byte that is a letter or digit, and of each that is a sign or hyphen.
const fn marks(eight: u64) -> (u64, u64) {
    const fn all(byte: u8) -> u64 {
        byte as u64 * 0x0101_0101_0101_0101
    }
    const fn within(eight: u64, from: u8, to: u8) -> u64 {
        (eight + all(0x80 - from)) & !(eight + all(0x7F - to))
    }
    let high = all(0x80);
    let letters = within(eight | all(0x20), b'a', b'z') | within(eight, b'0', b'9');
    let signs = within(eight, b'%', b'%')
        | within(eight, b'*', b'+')
        | within(eight, b'-', b'-')
        | within(eight, b'/', b'/')
        | within(eight, b'<', b'>')
        | within(eight, b'^', b'^');
    (letters & high, signs & high)
}

/// One bit for each of 64 bytes or fewer: where letters and digits are, and where signs are.
fn masks(block: &[u8]) -> (u64, u64) {
    let (mut letters, mut signs) = (0, 0);
    for (at, chunk) in block.chunks(8).enumerate() {
        let mut eight = [b' '; 8];
        match <[u8; 8]>::try_from(chunk) {
            Ok(whole) => eight = whole,
            Err(_) => eight
                .iter_mut()
                .zip(chunk)
                .for_each(|(to, from)| *to = *from),
        }
        let (letter, sign) = marks(u64::from_le_bytes(eight));
        // Gathers the high bits of the bytes into one byte.
        let gathered = |high: u64| (high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        letters |= gathered(letter) << (8 * at);
        signs |= gathered(sign) << (8 * at);
    }
    (letters, signs)
}

/// The token of a run of letters and digits, as if pushed in lower case.
fn word(bytes: &[u8], from: usize, to: usize) -> u64 {
    let length = to - from;
    let eight = bytes
        .get(from..from + 8)
        .and_then(|eight| <[u8; 8]>::try_from(eight).ok());
    if let (1..8, Some(eight)) = (length, eight) {
        // Letters get the bit that makes them lower case; digits have it.
        let word = (u64::from_le_bytes(eight) | 0x2020_2020_2020_2020) & ((1 << (8 * length)) - 1);
        return mix(Token::NEW.state ^ (8 * length as u64), word);
    }
    let mut token = Token::NEW;
    bytes
        .get(from..to)
        .unwrap_or_default()
        .iter()
        .for_each(|byte| token.push(byte | 0x20));
    token.finish()
}

fn problem(bytes: &[u8], into: &mut Vec<u64>) {
    let mut open: Option<usize> = None;
    for (block, chunk) in bytes.chunks(64).enumerate() {
        let (letters, signs) = masks(chunk);
        let before = letters << 1 | u64::from(open.is_some());
        let mut events = (letters ^ before) | signs;
        while events != 0 {
            let bit = events.trailing_zeros();
            events &= events - 1;
            let at = block * 64 + bit as usize;
            if let Some(from) = open.take() {
                into.push(word(bytes, from, at));
            }
            if letters >> bit & 1 == 1 {
                open = Some(at);
            } else if signs >> bit & 1 == 1 {
                punctuation(bytes, at, into);
            }
        }
    }
    if let Some(from) = open {
        into.push(word(bytes, from, bytes.len()));
    }
}

fn punctuation(bytes: &[u8], at: usize, into: &mut Vec<u64>) {
    let letter = |at: Option<usize>| at.is_some_and(|at| class(bytes, at).is_ascii_lowercase());
    let byte = bytes.get(at).copied().unwrap_or_default();
    if byte != b'-' || !(letter(at.checked_sub(1)) && letter(at.checked_add(1))) {
        sign(byte, into);
    }
}

/// Scripts that are written without spaces between words: Thai to Myanmar, Khmer, and from the CJK radicals to Hangul.
/// Hangul has spaces, but words of few syllables.
const fn is_unspaced(c: char) -> bool {
    matches!(c as u32, 0x0E00..=0x109F | 0x1780..=0x17FF | 0x2E80..=0xD7AF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

/// The same for text beyond ASCII, already in lower case.
fn lettered(text: &str, into: &mut Vec<u64>) {
    let mut token = Token::NEW;
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    let mut bytes = [0u8; 4];
    while let Some(c) = rest.next() {
        let known = u8::try_from(c).ok().filter(u8::is_ascii);
        match known.map(|byte| (byte, class(&[byte], 0))) {
            Some((_, SEPARATOR)) => end(&mut token, into),
            Some((byte, SIGN)) => {
                end(&mut token, into);
                sign(byte, into);
            }
            Some((byte, HYPHEN)) => {
                end(&mut token, into);
                if !(before.is_alphabetic() && rest.peek().is_some_and(|next| next.is_alphabetic()))
                {
                    sign(byte, into);
                }
            }
            Some((_, letter)) => token.push(letter),
            None if is_unspaced(c) && c.is_alphanumeric() => {
                end(&mut token, into);
                c.encode_utf8(&mut bytes)
                    .bytes()
                    .for_each(|byte| token.push(byte));
                end(&mut token, into);
            }
            None if c.is_alphanumeric() => c
                .encode_utf8(&mut bytes)
                .bytes()
                .for_each(|byte| token.push(byte)),
            None => end(&mut token, into),
        }
        before = c;
    }
    end(&mut token, into);
}

fn program(text: &str, into: &mut Vec<u64>) {
    let mut token = Token::NEW;
    let mut in_name = false;
    for &byte in text.as_bytes() {
        match byte {
            b' ' | b'\n' | b'\t' | b'\r' => {
                end(&mut token, into);
                in_name = false;
            }
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'\'' | b'"' | b',' => {
                end(&mut token, into);
                in_name = false;
                sign(byte, into);
            }
            b'0'..=b'9' if in_name => {}
            _ => {
                in_name = byte == b'$' && token.is_empty();
                token.push(byte);
            }
        }
    }
    end(&mut token, into);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(tokens: Tokens, text: &str) -> Vec<u64> {
        let mut into = Vec::new();
        tokens.read(text, &mut into);
        into
    }

    fn same(a: &str, b: &str) {
        assert_eq!(
            read(Tokens::Problem, a),
            read(Tokens::Problem, b),
            "{a} | {b}"
        );
    }

    #[test]
    fn case_space_and_punctuation_do_not_count_but_signs_do() {
        same(
            "  Tom's 3 cats, (two-year old).",
            "TOM s 3 CATS two year old",
        );
        assert_eq!(read(Tokens::Problem, "3+5").len(), 3);
        assert_ne!(read(Tokens::Problem, "3+5"), read(Tokens::Problem, "3-5"));
        assert_eq!(
            read(Tokens::Problem, "x-y 2-1").len(),
            5,
            "letters are joined, digits are not"
        );
        assert_eq!(read(Tokens::Problem, " ,.; ").len(), 0);
    }

    #[test]
    fn long_words_and_prefixes_differ() {
        let all: std::collections::BTreeSet<u64> = (1..40)
            .flat_map(|n| read(Tokens::Problem, &"a".repeat(n)))
            .collect();
        assert_eq!(all.len(), 39);
    }

    #[test]
    fn letters_outside_ascii_count() {
        same("Größe ÉTÉ", "größe été");
        assert_ne!(
            read(Tokens::Problem, "größe"),
            read(Tokens::Problem, "gr e")
        );
        assert_eq!(read(Tokens::Problem, "小明有三个苹果").len(), 7);
        // One curly quote must not change how the rest is read.
        let (plain, curly) = (
            read(Tokens::Problem, "Janet's eggs 3-1 a-b"),
            read(Tokens::Problem, "Janet’s eggs 3-1 a-b"),
        );
        assert_eq!(plain, curly);
    }

    proptest! {
        #[test]
        fn both_ways_of_reading_agree(text in "[ -~]{0,200}") {
            // The second way is taken for text beyond ASCII, of which a lone dash is no token.
            prop_assert_eq!(read(Tokens::Problem, &text), read(Tokens::Problem, &format!("{text} \u{2014}")));
        }
    }

    #[test]
    fn names_of_programs_lose_their_number() {
        let tokens = |text| read(Tokens::Program, text);
        assert_eq!(tokens("(= $3 (* $0 $1))"), tokens("(= $4 (* $12 $1))"));
        assert_ne!(tokens("(= $3 (* $0 2))"), tokens("(= $3 (* $0 3))"));
        assert_ne!(tokens("(+ $0 $1)"), tokens("(- $0 $1)"));
        assert_ne!(tokens("Abs"), tokens("abs"));
    }
}
