//! Number words of English.

/// Cardinals below one hundred.
pub(super) fn cardinal(word: &str) -> Option<u64> {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    let small = SMALL
        .iter()
        .position(|&w| w == word)
        .and_then(|at| u64::try_from(at).ok());
    small.or_else(|| tens(word))
}

/// Twenty, thirty, … ninety.
pub(super) fn tens(word: &str) -> Option<u64> {
    Some(match word {
        "twenty" => 20,
        "thirty" => 30,
        "forty" | "fourty" => 40,
        "fifty" => 50,
        "sixty" => 60,
        "seventy" => 70,
        "eighty" => 80,
        "ninety" => 90,
        _ => return None,
    })
}

/// Words that multiply the number before them.
pub(super) fn scale(word: &str) -> Option<u64> {
    Some(match word {
        "dozen" | "dozens" => 12,
        "hundred" | "hundreds" => 100,
        "thousand" | "thousands" | "k" => 1_000,
        "million" | "millions" => 1_000_000,
        "billion" | "billions" => 1_000_000_000,
        "trillion" | "trillions" => 1_000_000_000_000,
        _ => return None,
    })
}

/// Denominators of fraction words, which are ordinals too.
pub(super) fn denominator(word: &str) -> Option<u64> {
    Some(match word.strip_suffix('s').unwrap_or(word) {
        "half" | "halve" => 2,
        "third" => 3,
        "quarter" | "fourth" => 4,
        "fifth" => 5,
        "sixth" => 6,
        "seventh" => 7,
        "eighth" => 8,
        "ninth" => 9,
        "tenth" => 10,
        "twelfth" => 12,
        "sixteenth" => 16,
        "twentieth" => 20,
        "hundredth" => 100,
        "thousandth" => 1_000,
        _ => return None,
    })
}

/// Ordinals that are no denominators, multiples, and groups with a number of their own.
pub(super) fn multiple(word: &str) -> Option<u64> {
    Some(match word {
        "once" | "first" | "single" | "solo" => 1,
        "twice" | "double" | "doubles" | "doubled" | "doubling" | "second" | "pair" | "pairs"
        | "couple" | "both" | "twin" | "twins" | "duo" => 2,
        "thrice" | "triple" | "triples" | "tripled" | "tripling" | "trio" | "triplet"
        | "triplets" => 3,
        "quadruple" | "quadruples" | "quadrupled" => 4,
        "quintuple" | "quintupled" => 5,
        "eleventh" => 11,
        "thirteenth" => 13,
        "fourteenth" => 14,
        "fifteenth" => 15,
        "none" => 0,
        _ => return word.strip_suffix("fold").and_then(cardinal),
    })
}

/// Unicode fractions.
pub(super) fn fraction(sign: char) -> Option<(u64, u64)> {
    Some(match sign {
        '½' => (1, 2),
        '⅓' => (1, 3),
        '⅔' => (2, 3),
        '¼' => (1, 4),
        '¾' => (3, 4),
        '⅕' => (1, 5),
        '⅖' => (2, 5),
        '⅗' => (3, 5),
        '⅘' => (4, 5),
        '⅙' => (1, 6),
        '⅚' => (5, 6),
        '⅛' => (1, 8),
        '⅜' => (3, 8),
        '⅝' => (5, 8),
        '⅞' => (7, 8),
        _ => return None,
    })
}
