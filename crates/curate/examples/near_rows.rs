//! Writes rows with planted near duplicates, for the benchmark in `benches/curate`.
//!
//! `near_rows ROWS SEED TEXTS TRUTH FILE...`: the sentences of the problems in FILE (JSON Lines, plain or gzip, with
//! `question` or `problem`) are put together to ROWS problems, one a line in TEXTS, with numbers drawn anew. One row in five
//! repeats an earlier one with some of its words replaced; TRUTH says for each of these `row original similarity`, counted
//! from 0, with the Jaccard index of their runs of three words.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read, Write as _};

type Failure = Box<dyn std::error::Error>;

/// One row in this many repeats another.
const PLANTED: u64 = 5;
/// Rows that a repetition may lie behind its original: they are held in memory.
const REACH: usize = 100_000;
/// Words before the last sentence is through: with it 45 on average, as many as in GSM8K.
const LENGTH: std::ops::Range<usize> = 25..46;

/// SplitMix64 (Steele and others 2014).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}

fn sentences(path: &str, into: &mut Vec<Vec<String>>) -> Result<(), Failure> {
    let file = File::open(path)?;
    let reader: Box<dyn Read> = if path.ends_with(".gz") {
        Box::new(flate2::read::MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    for line in BufReader::new(reader).lines() {
        let row: serde_json::Value = serde_json::from_str(&line?)?;
        let text = row["question"]
            .as_str()
            .or(row["problem"].as_str())
            .ok_or("a row has no problem")?;
        let mut sentence = Vec::new();
        // Words and what ends sentences alone: then every side reads the same tokens.
        let plain = text.replace(
            |c: char| !c.is_ascii_alphanumeric() && !".,?".contains(c),
            " ",
        );
        for word in plain.split_whitespace() {
            sentence.push(word.to_owned());
            if word.ends_with(['.', '?', '!']) && sentence.len() >= 4 {
                into.push(std::mem::take(&mut sentence));
            }
        }
        if sentence.len() >= 4 {
            into.push(sentence);
        }
    }
    Ok(())
}

fn renumbered(word: &str, draws: &mut Draws) -> String {
    let mut last = false;
    let mut text = String::with_capacity(word.len());
    for c in word.chars() {
        match (c.is_ascii_digit(), last) {
            (true, false) => text.push_str(&draws.below(900).to_string()),
            (true, true) => {}
            (false, _) => text.push(c),
        }
        last = c.is_ascii_digit();
    }
    text
}

fn base(all: &[Vec<String>], draws: &mut Draws) -> Vec<String> {
    let least = LENGTH.start + draws.below(LENGTH.len());
    let mut words = Vec::new();
    while words.len() < least {
        if let Some(sentence) = draws.of(all) {
            words.extend(sentence.iter().map(|word| renumbered(word, draws)));
        }
    }
    words
}

/// Replaces so many single words that the similarity comes near to what is drawn from 0.5 to 1.
fn edited(original: &[String], all: &[Vec<String>], draws: &mut Draws) -> Vec<String> {
    let aim = 0.5 + draws.below(1000) as f64 / 2000.0;
    let mut words = original.to_vec();
    // A replaced word alone takes three of the runs.
    let edits = (((1.0 - aim) / (1.0 + aim) * words.len() as f64) / 3.0).round() as usize;
    for _ in 0..edits.max(1) {
        let at = draws.below(words.len());
        if let (Some(word), Some(new)) = (words.get_mut(at), draws.of(all).and_then(|s| s.first()))
        {
            *word = renumbered(new, draws);
        }
    }
    words
}

/// Independent of the crate: sets of strings.
fn similarity(one: &[String], two: &[String]) -> f64 {
    let words = |text: &[String]| -> Vec<String> {
        let lower = text.join(" ").to_lowercase();
        lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (one, two) = (words(one), words(two));
    let set = |text: &[String]| -> HashSet<Vec<String>> {
        text.windows(3).map(<[String]>::to_vec).collect()
    };
    let (one, two) = (set(&one), set(&two));
    let shared = one.intersection(&two).count() as f64;
    shared / (one.len() as f64 + two.len() as f64 - shared)
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rows, seed, texts, truth, files @ ..] = arguments.as_slice() else {
        return Err("give ROWS SEED TEXTS TRUTH FILE...".into());
    };
    let (rows, mut draws) = (rows.parse::<u64>()?, Draws(seed.parse()?));
    let mut all = Vec::new();
    for file in files {
        sentences(file, &mut all)?;
    }
    let (mut texts, mut truth) = (
        BufWriter::new(File::create(texts)?),
        BufWriter::new(File::create(truth)?),
    );
    // Each base is repeated once at most, so that nothing but its original can be the reason why a row goes.
    let mut open: Vec<(u64, Vec<String>)> = Vec::new();
    for row in 0..rows {
        let words = if draws.next() % PLANTED == 0 && !open.is_empty() {
            let (original, words) = open.swap_remove(draws.below(open.len()));
            let copy = edited(&words, &all, &mut draws);
            writeln!(truth, "{row} {original} {:.6}", similarity(&words, &copy))?;
            copy
        } else {
            let words = base(&all, &mut draws);
            if open.len() < REACH {
                open.push((row, words.clone()));
            } else if let Some(held) = {
                let at = draws.below(REACH);
                open.get_mut(at)
            } {
                *held = (row, words.clone());
            }
            words
        };
        writeln!(texts, "{}", words.join(" "))?;
    }
    texts.flush()?;
    truth.flush()?;
    Ok(())
}
