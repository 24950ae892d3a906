//! Finds the numbers of a text.

use num_rational::BigRational;

use super::tokens::{self, Kind, Token};
use super::{integer, is_one, ratio, words};

/// A number in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The number as it is written: 20 for `20 %`, 1/2 for `half`, 24 for `two dozen`.
    pub value: BigRational,
    /// What the same words may stand for as well: 1/5 for `20 %`, 2 for `half`.
    pub also: Vec<BigRational>,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Whether this is a part of the compound mention before it (the `two` of `two dozen`).
    pub part: bool,
}

/// All numbers of `text` in order of their first byte; parts of a compound follow their whole.
#[must_use]
pub fn mentions(text: &str) -> Vec<Mention> {
    let tokens = tokens::of(text);
    let mut reader = Reader {
        text,
        tokens: &tokens,
        at: 0,
        found: Vec::new(),
    };
    while reader.at < tokens.len() {
        reader.step();
    }
    reader.found
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    found: Vec<Mention>,
}

/// A number read from tokens, before its surroundings are looked at.
struct Number {
    value: BigRational,
    also: Vec<BigRational>,
    parts: Vec<(BigRational, usize, usize)>,
    /// Tokens that it takes.
    length: usize,
}

impl Reader<'_> {
    fn token(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    fn word(&self, ahead: usize) -> Option<&str> {
        match self.token(ahead).map(|t| &t.kind) {
            Some(Kind::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn sign(&self, ahead: usize, sign: char) -> bool {
        matches!(self.token(ahead).map(|t| &t.kind), Some(Kind::Sign(found)) if *found == sign)
    }

    fn number(&self, ahead: usize) -> Option<&BigRational> {
        match self.token(ahead).map(|t| &t.kind) {
            Some(Kind::Number(value)) => Some(value),
            _ => None,
        }
    }

    /// Whether tokens `ahead` and `ahead + 1` touch.
    fn touch(&self, ahead: usize) -> bool {
        matches!((self.token(ahead), self.token(ahead + 1)), (Some(a), Some(b)) if a.end == b.start)
    }

    fn span(&self, ahead: usize) -> (usize, usize) {
        self.token(ahead).map_or((0, 0), |t| (t.start, t.end))
    }

    fn step(&mut self) {
        let read = self
            .latex_fraction()
            .or_else(|| self.digits())
            .or_else(|| self.unicode_fraction())
            .or_else(|| self.words());
        let Some(mut number) = read else {
            self.at += 1;
            return;
        };
        self.scaled(&mut number);
        self.percent_or_cents(&mut number);
        let negative = self.negative();
        if negative {
            number.also.push(number.value.clone());
            number.value = -number.value;
        }
        let (start, _) = self.span(0);
        let (_, end) = self.span(number.length.saturating_sub(1));
        number.also.dedup();
        self.found.push(Mention {
            value: number.value,
            also: number.also,
            start,
            end,
            part: false,
        });
        for (value, start, end) in number.parts {
            self.found.push(Mention {
                value,
                also: Vec::new(),
                start,
                end,
                part: true,
            });
        }
        self.at += number.length.max(1);
    }

    /// A minus sign that belongs to the number (`-5`, not `10-5`), or a word for one.
    fn negative(&self) -> bool {
        let Some(before) = self.at.checked_sub(1).and_then(|at| self.tokens.get(at)) else {
            return false;
        };
        let (start, _) = self.span(0);
        match &before.kind {
            Kind::Sign('-' | '−') if before.end == start => {
                let left = self
                    .text
                    .get(..before.start)
                    .and_then(|t| t.chars().next_back());
                left.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '$' | '=' | '[' | ','))
            }
            Kind::Word(word) => matches!(word.as_str(), "minus" | "negative"),
            _ => false,
        }
    }

    fn latex_fraction(&self) -> Option<Number> {
        let frac = matches!(self.word(0), Some("frac" | "dfrac" | "tfrac"));
        if !(frac
            && self.sign(1, '{')
            && self.sign(3, '}')
            && self.sign(4, '{')
            && self.sign(6, '}'))
        {
            return None;
        }
        let (above, below) = (self.number(2)?, self.number(5)?);
        self.fraction_of(above, 2, below, 5, 7)
    }

    fn fraction_of(
        &self,
        above: &BigRational,
        at: usize,
        below: &BigRational,
        below_at: usize,
        length: usize,
    ) -> Option<Number> {
        let value = ratio(above, below)?;
        let part = |value: &BigRational, ahead: usize| {
            let (start, end) = self.span(ahead);
            (value.clone(), start, end)
        };
        Some(Number {
            value,
            also: Vec::new(),
            parts: vec![part(above, at), part(below, below_at)],
            length,
        })
    }

    fn digits(&self) -> Option<Number> {
        let value = self.number(0)?;
        // 3/4, but not 3/4/2020.
        let dated = self
            .at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .is_some_and(|t| t.kind == Kind::Sign('/'));
        if !dated
            && self.sign(1, '/')
            && !self.sign(3, '/')
            && (self.touch(0) == self.touch(1))
            && let Some(below) = self.number(2)
            && let Some(found) = self.fraction_of(value, 0, below, 2, 3)
        {
            return Some(found);
        }
        // 1 1/2 and 1-1/2.
        let gap = usize::from(self.sign(1, '-'));
        if value.is_integer()
            && self.sign(2 + gap, '/')
            && !self.sign(4 + gap, '/')
            && self.touch(1 + gap)
            && self.touch(2 + gap)
            && let (Some(above), Some(below)) = (self.number(1 + gap), self.number(3 + gap))
            && above < below
            && let Some(mut found) = self.fraction_of(above, 1 + gap, below, 3 + gap, 4 + gap)
        {
            let (start, end) = self.span(0);
            found.parts.push((
                found.value.clone(),
                self.span(1 + gap).0,
                self.span(3 + gap).1,
            ));
            found.parts.push((value.clone(), start, end));
            found.value += value;
            return Some(found);
        }
        // 2½
        if let Some(Kind::Sign(sign)) = self.token(1).map(|t| &t.kind)
            && self.touch(0)
            && let Some((above, below)) = words::fraction(*sign)
            && let Some(fraction) = ratio(&integer(above), &integer(below))
        {
            return Some(Number {
                value: value + fraction,
                also: Vec::new(),
                parts: Vec::new(),
                length: 2,
            });
        }
        let mut length = 1;
        if self.touch(0) && matches!(self.word(1), Some("st" | "nd" | "rd" | "th")) {
            length = 2;
        }
        Some(Number {
            value: value.clone(),
            also: Vec::new(),
            parts: Vec::new(),
            length,
        })
    }

    fn unicode_fraction(&self) -> Option<Number> {
        let Some(Kind::Sign(sign)) = self.token(0).map(|t| &t.kind) else {
            return None;
        };
        let (above, below) = words::fraction(*sign)?;
        let value = ratio(&integer(above), &integer(below))?;
        Some(Number {
            also: if above == 1 {
                vec![integer(below)]
            } else {
                Vec::new()
            },
            value,
            parts: Vec::new(),
            length: 1,
        })
    }

    /// Whether a hyphen stands at `ahead`, as between the words of `twenty-five`.
    fn hyphen(&self, ahead: usize) -> usize {
        usize::from(
            self.sign(ahead, '-') && ahead > 0 && self.touch(ahead - 1) && self.touch(ahead),
        )
    }

    fn words(&self) -> Option<Number> {
        let word = self.word(0)?;
        if let Some((value, length)) = self.cardinal() {
            // two-thirds, one half, three quarters
            let at = length + self.hyphen(length);
            if let Some(below) = self.word(at).and_then(words::denominator)
                && (is_one(&value)
                    || self.word(at).is_some_and(|w| w.ends_with('s'))
                    || self.word(at) == Some("half"))
            {
                let below = integer(below);
                let mut found = self.fraction_of(&value, 0, &below, at, at + 1)?;
                if is_one(&value) {
                    found.also.push(below);
                }
                return Some(found);
            }
            return Some(Number {
                value,
                also: Vec::new(),
                parts: Vec::new(),
                length,
            });
        }
        if let Some(below) = words::denominator(word) {
            let mut also = vec![integer(below)];
            if word.starts_with("quarter") {
                also.push(integer(25));
            }
            return Some(Number {
                value: ratio(&integer(1), &integer(below))?,
                also,
                parts: Vec::new(),
                length: 1,
            });
        }
        if let Some(value) = words::multiple(word) {
            return Some(Number {
                value: integer(value),
                also: Vec::new(),
                parts: Vec::new(),
                length: 1,
            });
        }
        // A bare dozen, hundred or thousand.
        let value = words::scale(word).filter(|_| word != "k")?;
        Some(Number {
            value: integer(value),
            also: Vec::new(),
            parts: Vec::new(),
            length: 1,
        })
    }

    /// A spelt cardinal and the tokens that it takes: `twenty-five`, `three hundred and five`.
    fn cardinal(&self) -> Option<(BigRational, usize)> {
        let (mut small, mut at) = self.below_hundred(0)?;
        if self.word(at) == Some("hundred") {
            small *= 100;
            at += 1;
            let and = usize::from(self.word(at) == Some("and"));
            if let Some((rest, next)) = self.below_hundred(at + and) {
                small += rest;
                at = next;
            }
        }
        let mut total = 0u64;
        if let Some(scale @ (1_000 | 1_000_000)) = self.word(at).and_then(words::scale) {
            total = small.checked_mul(scale)?;
            at += 1;
            small = 0;
            let and = usize::from(self.word(at) == Some("and"));
            if let Some((mut rest, mut next)) = self.below_hundred(at + and) {
                if self.word(next) == Some("hundred") {
                    rest *= 100;
                    next += 1;
                    let and = usize::from(self.word(next) == Some("and"));
                    if let Some((more, last)) = self.below_hundred(next + and) {
                        rest += more;
                        next = last;
                    }
                }
                // "two thousand and five thousand" are two numbers.
                if self.word(next).and_then(words::scale).is_none() {
                    small = rest;
                    at = next;
                }
            }
        }
        Some((integer(total + small), at))
    }

    fn below_hundred(&self, ahead: usize) -> Option<(u64, usize)> {
        let word = self.word(ahead)?;
        let value = words::cardinal(word)?;
        let next = ahead + 1;
        if words::tens(word).is_some() {
            let joined = next + self.hyphen(next);
            if let Some(unit @ 1..10) = self.word(joined).and_then(words::cardinal) {
                return Some((value + unit, joined + 1));
            }
        }
        Some((value, next))
    }

    /// `5 million`, `two dozen`, `half a dozen`, `5k`.
    fn scaled(&self, number: &mut Number) {
        let article = usize::from(matches!(self.word(number.length), Some("a")));
        let at = number.length + article;
        let Some(word) = self.word(at) else { return };
        let letter = word == "k";
        if letter && !(self.number(0).is_some() && self.touch(0)) {
            return;
        }
        let Some(scale) = words::scale(word) else {
            return;
        };
        let (start, end) = self.span(0);
        let scale_span = self.span(at);
        number.parts.push((number.value.clone(), start, end));
        if scale == 12 {
            number.parts.push((integer(12), scale_span.0, scale_span.1));
        }
        number.value *= integer(scale);
        number.also.clear();
        number.length = at + 1;
    }

    fn percent_or_cents(&self, number: &mut Number) {
        let at = number.length;
        let escaped = usize::from(self.sign(at, '\\'));
        let percent = self.sign(at + escaped, '%')
            || self.word(at) == Some("percent")
            || (self.word(at) == Some("per") && self.word(at + 1) == Some("cent"));
        let cents = matches!(self.word(at), Some("cent" | "cents")) || self.sign(at, '¢');
        if percent || cents {
            number.also.extend(ratio(&number.value, &integer(100)));
            // The sign belongs to the mention; the words after it do not.
            number.length += usize::from(self.sign(at, '%'));
        }
    }
}
