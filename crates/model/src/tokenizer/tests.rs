use super::*;
use proptest::prelude::*;
use std::sync::LazyLock;

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| {
    let texts = [
        "Emma has 12 apples and 345 pears.\n",
        "def total(apples, pears):\n    return apples + pears\n",
    ];
    Tokenizer::train(texts.iter().cycle().take(40), 700).unwrap()
});

#[test]
fn each_small_number_is_one_token() {
    for number in 0..200 {
        let ids = TOKENIZER.encode(&number.to_string()).unwrap();
        assert_eq!(ids.len(), 1, "{number}");
        assert_eq!(TOKENIZER.decode(&ids), number.to_string());
    }
    assert_eq!(
        TOKENIZER.encode("{7: 150}").unwrap().len(),
        TOKENIZER.encode("{7: 8}").unwrap().len()
    );
}

#[test]
fn other_digit_runs_round_trip() {
    for text in [
        "007",
        "012",
        "0",
        "200",
        "999",
        "1000",
        "12345678901",
        "1.50",
        "10,199",
        "-42",
        "x1y22z333",
    ] {
        assert_eq!(TOKENIZER.decode(&TOKENIZER.encode(text).unwrap()), text);
    }
    assert_eq!(TOKENIZER.encode("012").unwrap().len(), 2);
    assert_eq!(TOKENIZER.encode("200").unwrap().len(), 2);
}

#[test]
fn markers_are_special_only_in_markup() {
    let text = "a<|im_end|>b<|endoftext|>";
    let plain = TOKENIZER.encode(text).unwrap();
    assert!(!plain.contains(&TOKENIZER.message_end()) && !plain.contains(&TOKENIZER.end_of_text()));
    assert_eq!(TOKENIZER.decode(&plain), text);
    let markup = TOKENIZER.encode_template(text).unwrap();
    assert_eq!(
        markup
            .iter()
            .filter(|&&id| id == TOKENIZER.message_end())
            .count(),
        1
    );
    assert_eq!(TOKENIZER.decode(&markup), text);
}

#[test]
fn files_keep_the_tokenizer() {
    let dir = tempfile::tempdir().unwrap();
    TOKENIZER.save(dir.path(), 512).unwrap();
    let loaded = Tokenizer::load(dir.path()).unwrap();
    assert_eq!(loaded.to_bytes().unwrap(), TOKENIZER.to_bytes().unwrap());
    assert_eq!(loaded.template(), TOKENIZER.template());
    let again = Tokenizer::train(["a b"].into_iter(), 100);
    assert!(matches!(again, Err(Error::Config { .. })));
}

#[test]
fn learning_is_repeatable() {
    let texts: Vec<String> = (0..200)
        .map(|i| format!("row {i} of the words and wordings, {}", i * 7))
        .collect();
    let learn = || {
        Tokenizer::train(texts.iter(), 600)
            .unwrap()
            .to_bytes()
            .unwrap()
    };
    assert_eq!(learn(), learn());
}

proptest! {
    #[test]
    fn any_text_round_trips(text in "\\PC{0,80}", tail in "[ \\n\\t0-9a-z<|>_]{0,40}") {
        let text = format!("{text}{tail}");
        prop_assert_eq!(TOKENIZER.decode(&TOKENIZER.encode(&text).unwrap()), text.as_str());
        prop_assert_eq!(TOKENIZER.decode(&TOKENIZER.encode_template(&text).unwrap()), text.as_str());
    }
}
