//! Benchmark items made hard to recognise, by rule and seed.

/// SplitMix64 (Steele and others 2014).
pub struct Draws(pub u64);

impl Draws {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all.get(self.below(all.len())).copied().unwrap_or_default()
    }
}

/// What is done to an item.
#[derive(Clone, Copy)]
pub enum Disguise {
    Verbatim,
    Embedded,
    Renumbered,
    Renamed,
    Reskinned,
    Paraphrased,
    ParaphrasedReskinned,
}

/// One in this many words that have a synonym keeps its own.
const KEPT: usize = 3;

const SYNONYMS: &[(&str, &str)] = &[
    ("buys", "purchases"),
    ("bought", "purchased"),
    ("buy", "purchase"),
    ("costs", "is priced at"),
    ("cost", "be priced at"),
    ("total", "overall"),
    ("gave", "handed"),
    ("gives", "hands"),
    ("needs", "requires"),
    ("need", "require"),
    ("wants", "would like"),
    ("makes", "produces"),
    ("make", "produce"),
    ("made", "produced"),
    ("sells", "is selling"),
    ("sold", "has sold"),
    ("money", "cash"),
    ("spend", "pay"),
    ("spent", "paid"),
    ("spends", "pays"),
    ("friends", "pals"),
    ("friend", "pal"),
    ("kids", "children"),
    ("children", "kids"),
    ("mother", "mom"),
    ("mom", "mother"),
    ("father", "dad"),
    ("dad", "father"),
    ("big", "large"),
    ("large", "big"),
    ("small", "little"),
    ("store", "shop"),
    ("shop", "store"),
    ("house", "home"),
    ("home", "house"),
    ("job", "position"),
    ("begins", "starts"),
    ("starts", "begins"),
    ("gets", "receives"),
    ("got", "received"),
    ("receives", "gets"),
    ("also", "additionally"),
    ("remaining", "left over"),
    ("rest", "remainder"),
    ("altogether", "in all"),
    ("finds", "discovers"),
    ("find", "determine"),
    ("compute", "calculate"),
    ("evaluate", "work out"),
    ("determine", "find"),
    ("express", "write"),
    ("average", "mean"),
    ("weighs", "has a weight of"),
    ("walks", "strolls"),
    ("run", "jog"),
    ("runs", "jogs"),
    ("eats", "consumes"),
    ("eat", "consume"),
    ("ate", "consumed"),
    ("picks", "gathers"),
    ("picked", "gathered"),
    ("collected", "gathered"),
    ("drives", "travels"),
    ("twice", "two times"),
    ("more", "additional"),
    ("earns", "makes"),
    ("earn", "make"),
    ("uses", "employs"),
    ("used", "employed"),
    ("decides", "chooses"),
    ("currently", "presently"),
    ("now", "at present"),
    ("bag", "sack"),
    ("bags", "sacks"),
    ("box", "carton"),
    ("boxes", "cartons"),
    ("students", "pupils"),
    ("student", "pupil"),
    ("people", "persons"),
    ("works", "labors"),
    ("went", "traveled"),
    ("goes", "travels"),
    ("takes", "needs"),
    ("pounds", "lbs"),
    ("hours", "hrs"),
    ("minutes", "mins"),
    ("number", "count"),
    ("integers", "whole numbers"),
    ("integer", "whole number"),
    ("smallest", "least"),
    ("largest", "greatest"),
    ("greatest", "largest"),
    ("least", "smallest"),
    ("ways", "manners"),
    ("circle", "disc"),
    ("suppose", "assume"),
    ("each", "every"),
    ("every", "each"),
    ("day", "24 hours"),
    ("pencils", "crayons"),
    ("car", "automobile"),
    ("value", "result"),
    ("solve", "work out"),
];
const BEFORE: &[&str] = &[
    "",
    "",
    "",
    "",
    "Please solve the following problem. ",
    "Can you help me with this one? ",
    "Hello! ",
    "Here is a question for you: ",
];
const AFTER: &[&str] = &[
    "",
    "",
    "",
    "",
    " Thank you!",
    " Please explain your reasoning.",
    " Show your work step by step.",
    " Please give only the final number.",
];
const NAMES: &[&str] = &[
    "Alma", "Boris", "Chen", "Dora", "Emil", "Fatima", "Goran", "Hilde", "Igor", "Jana", "Kofi",
    "Lena", "Milo", "Nadia", "Otto", "Petra", "Quincy", "Rosa", "Sven", "Tilda", "Ugo", "Vera",
    "Wanda", "Xavier", "Yara", "Zeno",
];
/// Capitalised words that are no names: what items begin sentences with.
const NO_NAMES: &str = "the this that these those there then they their how what when where which who why if in on at for of to from by \
    with without after before during each every all some many most it its we you your our my and but or so because since while although as \
    is are was were do does did has have had can could will would should let find compute determine solve suppose given assume express write \
    simplify evaluate calculate consider define convert prove show give enter both not only today yesterday tomorrow last next first second \
    another other now once twice half out also however later over under until per one two three four five six seven eight nine ten he she his \
    her him";
const SWAPPED: &[(&str, &str)] = &[
    ("he", "she"),
    ("she", "he"),
    ("his", "her"),
    ("her", "his"),
    ("him", "her"),
];

fn with_capital(like: &str, word: &str) -> String {
    let mut letters = word.chars();
    match (like.starts_with(char::is_uppercase), letters.next()) {
        (true, Some(first)) => first.to_uppercase().chain(letters).collect(),
        _ => word.to_owned(),
    }
}

/// Replaces the runs of ASCII letters that are no LaTeX command, outside of pictures.
fn replace(text: &str, mut by: impl FnMut(&str) -> Option<String>) -> String {
    let (mut out, mut word, mut command) = (String::new(), String::new(), false);
    for c in text.chars().chain(std::iter::once('\0')) {
        if c.is_ascii_alphabetic() {
            word.push(c);
            continue;
        }
        let new = if command || word.is_empty() {
            None
        } else {
            by(&word)
        };
        out.push_str(new.as_deref().unwrap_or(&word));
        word.clear();
        command = c == '\\';
        out.extend(Some(c).filter(|&c| c != '\0'));
    }
    out
}

fn renumbered(text: &str, draws: &mut Draws) -> String {
    let (mut out, mut digits) = (String::new(), String::new());
    for c in text.chars().chain(std::iter::once('\0')) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        match digits.parse::<u64>() {
            Ok(number) if digits.len() < 7 => {
                out.push_str(&(number + 1 + draws.below(17) as u64).to_string())
            }
            _ => out.push_str(&digits),
        }
        digits.clear();
        out.extend(Some(c).filter(|&c| c != '\0'));
    }
    out
}

fn renamed(text: &str, draws: &mut Draws) -> String {
    let mut given: Vec<(String, &str)> = Vec::new();
    let swap = draws.below(2) == 0;
    replace(text, |word| {
        let lower = word.to_lowercase();
        if let Some((_, other)) = SWAPPED.iter().find(|(one, _)| *one == lower) {
            return swap.then(|| with_capital(word, other));
        }
        let capital = word.len() > 2
            && word.starts_with(char::is_uppercase)
            && word.chars().skip(1).all(char::is_lowercase);
        if !capital || NO_NAMES.split_whitespace().any(|one| one == lower) {
            return None;
        }
        if let Some((_, name)) = given.iter().find(|(one, _)| one == word) {
            return Some((*name).to_owned());
        }
        let name = draws.of(NAMES);
        given.push((word.to_owned(), name));
        Some(name.to_owned())
    })
}

/// Synonyms, two sentences in the other order, "if" at the end instead of the beginning, words of politeness.
fn paraphrased(text: &str, draws: &mut Draws) -> String {
    let text = replace(text, |word| {
        let lower = word.to_lowercase();
        let (_, synonym) = SYNONYMS.iter().find(|(one, _)| *one == lower)?;
        (draws.below(KEPT) != 0).then(|| with_capital(word, synonym))
    });
    let mut sentences: Vec<String> = Vec::new();
    let mut sentence = String::new();
    for word in text.split_whitespace() {
        sentence.push_str(if sentence.is_empty() { "" } else { " " });
        sentence.push_str(word);
        if word.ends_with(['.', '?', '!']) {
            sentences.push(std::mem::take(&mut sentence));
        }
    }
    sentences.extend(Some(sentence).filter(|rest| !rest.is_empty()));
    if sentences.len() >= 3 {
        let at = draws.below(sentences.len() - 2);
        sentences.swap(at, at + 1);
    }
    if let Some(last) = sentences.last_mut() {
        let turned = last
            .strip_prefix("If ")
            .and_then(|rest| rest.strip_suffix('?'))
            .and_then(|rest| rest.split_once(", "));
        if let Some((condition, question)) = turned.filter(|(_, question)| !question.contains(','))
        {
            *last = format!("{} if {condition}?", with_capital("A", question));
        }
    }
    format!(
        "{}{}{}",
        draws.of(BEFORE),
        sentences.join(" "),
        draws.of(AFTER)
    )
}

impl Disguise {
    pub const ALL: [Self; 7] = [
        Self::Verbatim,
        Self::Embedded,
        Self::Renumbered,
        Self::Renamed,
        Self::Reskinned,
        Self::Paraphrased,
        Self::ParaphrasedReskinned,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Verbatim => "verbatim",
            Self::Embedded => "verbatim inside other text",
            Self::Renumbered => "other numbers",
            Self::Renamed => "other names",
            Self::Reskinned => "other numbers and names",
            Self::Paraphrased => "paraphrased",
            Self::ParaphrasedReskinned => "paraphrased, other numbers and names",
        }
    }

    pub fn of(self, item: &str, draws: &mut Draws) -> String {
        match self {
            Self::Verbatim => item.to_owned(),
            Self::Embedded => format!(
                "{}{item}{}",
                draws.of(BEFORE.get(4..).unwrap_or_default()),
                draws.of(AFTER.get(4..).unwrap_or_default())
            ),
            Self::Renumbered => renumbered(item, draws),
            Self::Renamed => renamed(item, draws),
            Self::Reskinned => renamed(&renumbered(item, draws), draws),
            Self::Paraphrased => paraphrased(item, draws),
            Self::ParaphrasedReskinned => {
                paraphrased(&renamed(&renumbered(item, draws), draws), draws)
            }
        }
    }
}
