//! Names for inputs and steps, taken from the words around a number.

use std::collections::BTreeSet;

/// Words that say nothing about a quantity.
const EMPTY: &str = "\
    a an the this that these those his her hers its their our my your he she it they we you him \
    them us me i is are was were be been being has have had having do does did will would can \
    could should must there so then thus therefore hence also just only very about as such some \
    any more less fewer many much most least other another different same own new not now first \
    next last finally what which who whose how each every all both because since means mean \
    equals equal gives give gave get gets got takes take makes make made needs need find \
    calculate know let s t exactly up out off over still already even one two three four five \
    six seven eight nine ten times twice half x total left worth spent spends spend costs paid \
    pays pay sold sells sell bought buys buy buying earns earn earned charges charge charged \
    saved save saves went goes go ate eats eat used uses use wants want plus minus percent \
    dollar dollars cents cent remaining number amount later ago long away old older younger \
    taller longer shorter additional extra altogether together combined here where";
/// Words that end a phrase once it has a word.
const BREAKS: &str = "\
    and but or while if when than of in at for to from with on per by into onto during after \
    before until through between under without within around along";
/// Plurals that do not end in s.
const PLURALS: &str = "\
    people children men women fish feet sheep mice deer teeth geese";
/// Words of Python that must not be names, builtins and the contract's own names included.
const RESERVED: &str = "\
    false none true and as assert async await break class continue def del elif else except \
    finally for from global if import in is lambda nonlocal not or pass raise return try while \
    with yield match case type abs all any bin bool bytes chr dict dir divmod eval exec filter \
    float format hash help hex id input int iter len list map max min next object oct open ord \
    pow print property range repr reversed round set slice sorted str sum super tuple vars zip \
    exit quit copyright credits license output solve math compile memoryview";
/// Most words of a name, and most letters of a word.
const MAX_WORDS: usize = 3;
const MAX_LETTERS: usize = 12;

/// Gives out names, each once.
#[derive(Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// The first of `candidates` that is a free valid name, or the first with a number behind it.
    pub(super) fn choose(&mut self, candidates: &[Vec<String>], fallback: &str) -> String {
        let mut names: Vec<String> = candidates.iter().filter_map(|words| join(words)).collect();
        if names.is_empty() {
            names.push(fallback.to_owned());
        }
        for name in &names {
            if self.taken.insert(name.clone()) {
                return name.clone();
            }
        }
        let base = names.first().cloned().unwrap_or_default();
        let mut number = 2usize;
        loop {
            let name = format!("{base}_{number}");
            if self.taken.insert(name.clone()) {
                return name;
            }
            number += 1;
        }
    }
}

/// A valid identifier of the words, none twice.
fn join(words: &[String]) -> Option<String> {
    let mut kept: Vec<&str> = Vec::new();
    for word in words {
        if !kept.contains(&word.as_str()) {
            kept.push(word);
        }
    }
    kept.truncate(MAX_WORDS);
    let name = kept.join("_");
    let valid = name.starts_with(|c: char| c.is_ascii_lowercase()) && !listed(RESERVED, &name);
    valid.then_some(name)
}

/// The words of a text in lower case; numbers and punctuation are `None`.
fn words(text: &str) -> Vec<Option<String>> {
    let mut found = Vec::new();
    for chunk in text.split(|c: char| c.is_whitespace() || matches!(c, '-' | '/' | '–')) {
        let chunk = chunk.trim_start_matches(['(', '"', '\'', '“', '‘']);
        let head: String = chunk
            .chars()
            .take_while(|c| c.is_ascii_alphabetic())
            .collect();
        if head.is_empty() {
            if !chunk.is_empty() {
                found.push(None);
            }
            continue;
        }
        found.push(Some(head.to_ascii_lowercase()));
        let rest = chunk.get(head.len()..).unwrap_or_default();
        if rest
            .chars()
            .any(|c| matches!(c, '.' | ',' | ';' | ':' | '?' | '!' | ')' | '='))
        {
            found.push(None);
        }
    }
    found
}

/// Whether `word` is one of the words of `list`.
fn listed(list: &str, word: &str) -> bool {
    list.split(' ').any(|entry| entry == word)
}

fn says(word: &str) -> bool {
    !listed(EMPTY, word) && word.len() > 1 && word.len() <= MAX_LETTERS
}

fn is_plural(word: &str) -> bool {
    listed(PLURALS, word) || (word.ends_with('s') && !word.ends_with("ss"))
}

/// The phrase that follows: one or two words, up to a plural; and the telling word after it.
fn following(text: &str) -> (Vec<String>, Option<String>) {
    let mut phrase: Vec<String> = Vec::new();
    let mut rest = words(text).into_iter();
    for word in rest.by_ref() {
        let Some(word) = word else {
            if phrase.is_empty() {
                return (phrase, None);
            }
            break;
        };
        if listed(BREAKS, &word) {
            if phrase.is_empty()
                && matches!(word.as_str(), "of" | "per" | "for" | "in" | "on" | "to")
            {
                continue;
            }
            break;
        }
        if listed(EMPTY, &word) && !phrase.is_empty() {
            break;
        }
        if says(&word) {
            let ends = is_plural(&word);
            phrase.push(word);
            if ends || phrase.len() == 2 {
                break;
            }
        }
    }
    let next = rest
        .take(4)
        .map_while(|w| w)
        .find(|w| says(w) && !listed(BREAKS, w));
    (phrase, next)
}

/// The telling words before, nearest first, up to a clause's end.
fn preceding(text: &str) -> Vec<String> {
    let found = words(text);
    let mut near: Vec<String> = Vec::new();
    for word in found.into_iter().rev() {
        match word {
            Some(word) if says(&word) && !listed(BREAKS, &word) => near.push(word),
            Some(_) => {}
            None if near.is_empty() => {}
            None => break,
        }
        if near.len() == 3 {
            break;
        }
    }
    near
}

/// Candidates for the name of a number that stands in a question between `before` and `after`.
pub(super) fn of_input(before: &str, mention: &str, after: &str) -> Vec<Vec<String>> {
    let (phrase, next) = following(after);
    let near = preceding(before);
    let money = before.ends_with('$');
    let percent = mention.ends_with('%') || after.trim_start().starts_with("percent");
    let one = |words: &[&String], last: &str| -> Vec<String> {
        words
            .iter()
            .map(|w| (*w).clone())
            .chain((!last.is_empty()).then(|| last.to_owned()))
            .collect()
    };
    let mut candidates: Vec<Vec<String>> = Vec::new();
    // The two numbers of 3/4: how many shares, of how many parts.
    let fraction = match (before.ends_with('/'), after.starts_with('/')) {
        (true, _) => Some("parts"),
        (_, true) => Some("share"),
        _ => None,
    };
    if let Some(last) = fraction {
        let after = after.trim_start_matches(|c: char| c == '/' || c.is_ascii_digit());
        let (phrase, _) = following(after);
        candidates.extend(phrase.last().map(|w| one(&[w], last)));
        candidates.extend(near.first().map(|w| one(&[w], last)));
        candidates.push(vec![last.to_owned()]);
        return candidates;
    }
    if money {
        let head: Vec<Option<String>> = words(after).into_iter().take(3).collect();
        if let [Some(per), Some(unit), ..] = head.as_slice()
            && matches!(per.as_str(), "per" | "an" | "a" | "each" | "every")
            && says(unit)
        {
            candidates.push(vec!["dollars".to_owned(), "per".to_owned(), unit.clone()]);
        }
        candidates.extend(near.first().map(|w| one(&[w], "dollars")));
        candidates.extend(phrase.first().map(|w| one(&[w], "dollars")));
        candidates.extend(near.get(1).map(|w| one(&[w], "dollars")));
        candidates.push(vec!["dollars".to_owned()]);
    } else if percent {
        candidates.extend(phrase.last().map(|w| one(&[w], "percent")));
        candidates.extend(near.first().map(|w| one(&[w], "percent")));
        candidates.push(vec!["percent".to_owned()]);
    }
    if !money && !percent {
        if !phrase.is_empty() {
            let base: Vec<&String> = phrase.iter().collect();
            candidates.push(one(&base, ""));
            candidates.extend(next.as_ref().map(|n| one(&base, n)));
            candidates.extend(near.first().map(|n| {
                one(
                    &std::iter::once(n)
                        .chain(base.iter().copied())
                        .collect::<Vec<_>>(),
                    "",
                )
            }));
            candidates.extend(near.get(1).map(|n| {
                one(
                    &std::iter::once(n)
                        .chain(base.iter().copied())
                        .collect::<Vec<_>>(),
                    "",
                )
            }));
        }
        candidates.extend(near.first().map(|n| one(&[n], "")));
    }
    candidates
}

/// Candidates for the name of a step from the sentence around its result.
pub(super) fn of_step(before: &str, after: &str) -> Vec<Vec<String>> {
    let after = after.trim_start_matches(|c: char| {
        c.is_ascii_digit() || matches!(c, ' ' | '$' | '.' | ',' | '%' | ')' | '-')
    });
    let (phrase, next) = following(after);
    // The words before the arithmetic, which begins at the first digit after the last word that says something.
    let lead = before
        .find(|c: char| c.is_ascii_digit() || c == '$')
        .and_then(|at| before.get(..at))
        .unwrap_or(before);
    let mut near = preceding(lead);
    near.truncate(2);
    near.reverse();
    let total = [before, after].iter().any(|t| {
        words(t)
            .iter()
            .flatten()
            .any(|w| matches!(w.as_str(), "total" | "altogether" | "combined"))
    });
    let mut candidates: Vec<Vec<String>> = Vec::new();
    let mut add = |words: Vec<String>| {
        if !words.is_empty() {
            candidates.push(words);
        }
    };
    if total {
        add(std::iter::once("total".to_owned())
            .chain(if phrase.is_empty() {
                near.clone()
            } else {
                phrase.clone()
            })
            .collect());
    }
    add(phrase.clone());
    if !phrase.is_empty() {
        add(phrase.iter().cloned().chain(next).collect());
        add(near.last().cloned().into_iter().chain(phrase).collect());
    }
    add(near);
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(candidates: &[Vec<String>]) -> String {
        Names::default().choose(candidates, "value")
    }

    #[test]
    fn inputs_are_named_after_what_they_count() {
        assert_eq!(
            first(&of_input(
                "Natalia sold clips to ",
                "48",
                " of her friends in April, and"
            )),
            "friends"
        );
        assert_eq!(
            first(&of_input(
                "the school added ",
                "2",
                " koi fish and 5 goldfish per day"
            )),
            "koi_fish"
        );
        assert_eq!(
            first(&of_input("Weng earns $", "12", " an hour for babysitting.")),
            "dollars_per_hour"
        );
        assert_eq!(
            first(&of_input(
                "each necklace costs $",
                "12",
                ", how much does each ring cost?"
            )),
            "necklace_dollars"
        );
        assert_eq!(
            first(&of_input("a pair of shoes at a ", "20%", " discount.")),
            "discount_percent"
        );
        assert_eq!(first(&of_input("the distance is ", "7", ".")), "distance");
    }

    #[test]
    fn collisions_are_told_apart_by_words_before_numbers() {
        let mut names = Names::default();
        assert_eq!(
            names.choose(&of_input("sold ", "48", " clips in April"), "value"),
            "clips"
        );
        assert_eq!(
            names.choose(&of_input("and ", "24", " clips in May"), "value"),
            "clips_may"
        );
        assert_eq!(names.choose(&[vec!["clips".into()]], "value"), "clips_2");
    }

    #[test]
    fn steps_are_named_after_their_result() {
        assert_eq!(
            first(&of_step("He bought 5*4=", "20 pounds of beef")),
            "pounds"
        );
        assert_eq!(
            first(&of_step("So he paid for beef 20*5.5=$", "110")),
            "beef"
        );
        assert_eq!(
            first(&of_step("In total, 5 + 4 = ", "9 cats.")),
            "total_cats"
        );
    }

    #[test]
    fn reserved_words_are_never_names() {
        assert_eq!(first(&[vec!["sum".into()]]), "value");
        assert_eq!(
            first(&[vec!["class".into()], vec!["lambda".into()]]),
            "value"
        );
        assert_eq!(first(&of_input("", "3", " ranges")), "ranges");
    }
}
