//! Choice letters: `B`, `(B)`, `B.`, `\text{B) } 12`.

use super::{Outcome, Policy, Tier, Verdict};

/// A letter and whether nothing follows it.
struct Choice {
    letter: char,
    alone: bool,
}

fn find(text: &str) -> Option<Choice> {
    if text.len() > 400 {
        return None;
    }
    let mut text = text.trim();
    for word in ["option ", "choice ", "answer "] {
        if text
            .get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word))
        {
            text = text.get(word.len()..).unwrap_or_default().trim_start();
            break;
        }
    }
    // Braces and brackets around the whole.
    for _ in 0..4 {
        let before = text;
        for command in [r"\text", r"\textbf", r"\mathrm", r"\mathbf", r"\boxed"] {
            if let Some(rest) = text.strip_prefix(command)
                && rest.starts_with('{')
            {
                text = rest;
                // \textbf{(C)} 12
                if let Some(end) = rest
                    .find('}')
                    .filter(|end| *end < 6 && end + 1 < rest.len())
                {
                    let (head, tail) = (
                        rest.get(1..end).unwrap_or_default(),
                        rest.get(end + 1..).unwrap_or_default(),
                    );
                    let inner = find(head)?;
                    return (inner.alone && tail.starts_with([' ', '~', '\\', '$', ':', '.']))
                        .then_some(Choice {
                            letter: inner.letter,
                            alone: false,
                        });
                }
            }
        }
        for (open, close) in [('{', '}'), ('(', ')'), ('[', ']')] {
            if let Some(inner) = text.strip_prefix(open).and_then(|t| t.strip_suffix(close))
                && !inner.contains([open, close])
            {
                text = inner.trim();
            }
        }
        if text == before {
            break;
        }
    }
    let mut characters = text.chars();
    let opened = text.starts_with(['(', '{']);
    if opened {
        characters.next();
    }
    let letter = characters.next().filter(char::is_ascii_alphabetic)?;
    let rest = characters.as_str();
    if rest.trim().is_empty() {
        return Some(Choice {
            letter,
            alone: true,
        });
    }
    // A mark, then space or the end of a group, then the text of the choice.
    let mut rest = rest.chars();
    let mark = rest.next()?;
    if !matches!(mark, '.' | ')' | ':' | '}') || mark == '}' && !opened {
        return None;
    }
    let tail = rest.as_str().trim_start_matches(['}', ')', '.', ':']);
    let alone = tail.trim().is_empty();
    let apart = alone || tail.starts_with([' ', '~', '\\', '$', '\n', '\t']);
    (apart && (alone || matches!(letter, 'A'..='J'))).then_some(Choice { letter, alone })
}

/// The verdict where both are choices and one is no more than its letter.
pub(crate) fn compare(a: &str, b: &str, policy: &Policy) -> Option<Verdict> {
    let (x, y) = (find(a)?, find(b)?);
    if !x.alone && !y.alone || !policy.choice_letters && a != b {
        return None;
    }
    let same = x.letter == y.letter;
    if same || policy.ignore_case && x.letter.eq_ignore_ascii_case(&y.letter) {
        return Some(Verdict::new(Outcome::Equal, Tier::Text, "the same letter"));
    }
    let case = x.letter.eq_ignore_ascii_case(&y.letter);
    Some(match case {
        true => Verdict::new(
            Outcome::Undecided,
            Tier::None,
            "the same letter but for case",
        ),
        false => Verdict::new(Outcome::Different, Tier::Text, "different letters"),
    })
}
