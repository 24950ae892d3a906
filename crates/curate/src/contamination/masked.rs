//! A problem without its numbers and names: what a re-skinned benchmark item has in common with the item.

/// A part of a masked text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mask {
    /// Numbers in digits or words, one or more in a row.
    Number,
    /// Names and the pronouns for persons, one or more in a row.
    Name,
    /// A word in lower case. LaTeX commands have their backslash.
    Word(String),
    /// One of `+ - * / ^ = < >`.
    Sign(char),
}

/// Numbers in words.
const NUMBERS: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen \
     seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion dozen";

/// Pronouns that change when a person of a problem gets another name.
const PERSONS: &str = "he she him her his hers himself herself";

/// Words that are no names although problems begin sentences with them.
const OPENERS: &str = "a an the if how what when where which who why in on at for of to from by with without after before \
     during each every all some many most there this that these those it they we you i its their our my your and but or so \
     then because since while although as is are was were do does did has have had can could will would should let find \
     compute determine solve suppose given assume express write simplify evaluate calculate consider define convert prove \
     show give enter both no not only today yesterday tomorrow last next first second another other now once twice half out \
     also however later over under until per please thank hello hi here";

/// Words that tell nothing of a problem, since every other one has them.
const COMMON: &str = "a an the if how what when where which who whom whose why in on at for of to from by with without after \
     before during each every all some many much most few fewer more less than then there this that these those it its they \
     them their we you your i my our and but or nor so because since while although as is are was were be been being do does \
     did done has have had having can could will would should may might must let find compute determine solve calculate \
     evaluate total altogether number amount times twice half old older younger age ages year years now ago only also same \
     other another both into out up down over under per not no any first second last next left remaining rest still get gets \
     got make makes made take takes took give gives gave buy buys bought cost costs sell sells sold price pay pays paid spend \
     spends spent money dollar dollars cent cents need needs use uses used day days week weeks hour hours minute minutes \
     month months long value answer express simplify expression equation positive integer integers real numbers such given \
     suppose function common fraction enter form solution solutions sum product difference between average percent people \
     point points line following please thank \
     frac dfrac tfrac left right cdot sqrt dots ldots cdots text mathbf mathrm begin end array pmatrix align quad leq geq infty \
     sin cos tan log circ";

/// What kind of word a word in lower case is. Looked up once for each list, since lists are searched from left to right.
struct Lists {
    numbers: std::collections::HashSet<&'static str>,
    persons: std::collections::HashSet<&'static str>,
    openers: std::collections::HashSet<&'static str>,
    common: std::collections::HashSet<&'static str>,
}

static LISTS: std::sync::LazyLock<Lists> = std::sync::LazyLock::new(|| {
    let set = |list: &'static str| list.split_ascii_whitespace().collect();
    Lists {
        numbers: set(NUMBERS),
        persons: set(PERSONS),
        openers: set(OPENERS),
        common: set(COMMON),
    }
});

/// Masks the numbers and names of a problem.
///
/// A name is a word of at least two letters that begins with a capital, goes on in lower case and does not usually open a
/// sentence; other words so written (`Ducks lay eggs`) are masked too, which does no harm, since they are on both sides. Pictures
/// (`[asy]...[/asy]`) and the `s` of `'s` are left out.
#[must_use]
pub fn masked(problem: &str) -> Vec<Mask> {
    let mut parts: Vec<Mask> = Vec::new();
    let mut rest = problem;
    while let Some((text, after)) = rest.split_once("[asy]") {
        part(text, &mut parts);
        rest = after.split_once("[/asy]").map_or("", |(_, after)| after);
    }
    part(rest, &mut parts);
    parts
}

fn part(text: &str, parts: &mut Vec<Mask>) {
    let mut chars = text.char_indices().peekable();
    let mut before = ' ';
    while let Some((from, c)) = chars.next() {
        let mut end = from + c.len_utf8();
        let mut take = |wanted: &dyn Fn(char) -> bool| {
            while let Some(&(at, next)) = chars.peek().filter(|(_, next)| wanted(*next)) {
                end = at + next.len_utf8();
                chars.next();
            }
            text.get(from..end).unwrap_or_default()
        };
        let mask = match c {
            '0'..='9' => {
                take(&|next| next.is_ascii_digit() || matches!(next, ',' | '.'));
                Some(Mask::Number)
            }
            '\\' => {
                let command = take(&|next| next.is_ascii_alphabetic());
                (command.len() > 1).then(|| Mask::Word(command.to_owned()))
            }
            '+' | '*' | '/' | '^' | '=' | '<' | '>' => Some(Mask::Sign(c)),
            '-' if !before.is_alphabetic() => Some(Mask::Sign(c)),
            _ if c.is_alphabetic() => word(
                take(&char::is_alphabetic),
                matches!(before, '\'' | '\u{2019}'),
            ),
            _ => None,
        };
        before = text
            .get(..end)
            .and_then(|read| read.chars().next_back())
            .unwrap_or(' ');
        let again =
            matches!(mask, Some(Mask::Number | Mask::Name)) && parts.last() == mask.as_ref();
        parts.extend(mask.filter(|_| !again));
    }
}

fn word(text: &str, after_apostrophe: bool) -> Option<Mask> {
    let lower = text.to_lowercase();
    if after_apostrophe && matches!(lower.as_str(), "s" | "t" | "d" | "m" | "re" | "ll" | "ve") {
        return None;
    }
    if LISTS.numbers.contains(lower.as_str()) {
        return Some(Mask::Number);
    }
    let mut letters = text.chars();
    let capital = letters.next().is_some_and(char::is_uppercase);
    let name = capital
        && text.chars().count() > 1
        && letters.all(char::is_lowercase)
        && !LISTS.openers.contains(lower.as_str());
    match name || LISTS.persons.contains(lower.as_str()) {
        true => Some(Mask::Name),
        false => Some(Mask::Word(lower)),
    }
}

/// Whether a word in lower case tells something of its problem: at least three letters, and not in every other problem.
pub(super) fn word_tells(word: &str) -> bool {
    let letters = word.chars().count() >= 3 && word.chars().all(char::is_alphabetic);
    letters && !LISTS.common.contains(word) && !LISTS.numbers.contains(word)
}

/// Whether a part does; LaTeX commands do not.
pub(super) fn tells(part: &Mask) -> bool {
    match part {
        Mask::Word(word) => word_tells(word),
        Mask::Number | Mask::Name | Mask::Sign(_) => false,
    }
}

/// The telling words that both have, in the order of `one`, each once.
pub(super) fn telling(one: &[Mask], two: &[Mask]) -> Vec<String> {
    let two: std::collections::HashSet<&Mask> = two.iter().collect();
    let mut seen = std::collections::HashSet::new();
    one.iter()
        .filter(|&part| tells(part) && two.contains(part) && seen.insert(part))
        .filter_map(|part| match part {
            Mask::Word(word) => Some(word.clone()),
            Mask::Number | Mask::Name | Mask::Sign(_) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        let part = |part: Mask| match part {
            Mask::Number => "0".to_owned(),
            Mask::Name => "@".to_owned(),
            Mask::Word(word) => word,
            Mask::Sign(sign) => sign.to_string(),
        };
        masked(text)
            .into_iter()
            .map(part)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn numbers_names_and_pronouns_are_masked() {
        assert_eq!(
            show("Janet’s ducks lay 16 eggs per day. She eats three for breakfast, with Ann Lee."),
            "@ ducks lay 0 eggs per day @ eats 0 for breakfast with @"
        );
        assert_eq!(
            show("How much is $1,200.50, twenty-five or -3?"),
            "how much is 0 or - 0"
        );
        assert_eq!(show("She doesn't."), "@ doesn");
    }

    #[test]
    fn formulas_keep_their_signs_and_lose_pictures() {
        assert_eq!(
            show("$\\frac{3x}{4}-2^x$ [asy]draw(A);[/asy] left"),
            "\\frac 0 x 0 - 0 ^ x left"
        );
        assert_eq!(show("see [asy] size(3)"), "see");
    }

    #[test]
    fn telling_words() {
        let (one, two) = (
            masked("How many lollipops does Ann buy at the \\frac store?"),
            masked("A store sells lollipops \\frac."),
        );
        assert_eq!(telling(&one, &two), ["lollipops", "store"]);
    }
}
