//! Keeping thoughts apart.

use caco_client::think::split;
use proptest::prelude::*;

#[test]
fn thoughts_are_split_off() {
    let cases = [
        ("<think>a b</think>\n\nc", Some("a b"), "c"),
        ("\n <think>\na\n</think>c ", Some("a"), "c "),
        ("<think></think>c", Some(""), "c"),
        ("<think>cut", Some("cut"), ""),
        ("a</think>c", Some("a"), "c"),
        (" plain ", None, " plain "),
        ("c <think>a</think> d", None, "c <think>a</think> d"),
        ("", None, ""),
    ];
    for (text, thoughts, said) in cases {
        assert_eq!(split(text), (thoughts, said), "{text:?}");
    }
}

proptest! {
    #[test]
    fn what_is_put_together_comes_apart(
        thoughts in "[a-z<>/ \n]{0,20}",
        said in "[a-z<>/ \n]{0,20}",
        space in "[ \n]{0,3}",
    ) {
        let text = format!("{space}<think>{thoughts}</think>{space}{said}");
        prop_assert_eq!(split(&text), (Some(thoughts.trim()), said.trim_start()));
    }

    #[test]
    fn a_part_that_is_not_closed_is_all_thoughts(thoughts in "[a-zß<> \n]{0,20}") {
        let text = format!("<think>{thoughts}");
        prop_assert_eq!(split(&text), (Some(thoughts.trim()), ""));
    }

    #[test]
    fn text_without_tags_stays(text in "\\PC{0,40}") {
        prop_assume!(!text.contains("think>"));
        prop_assert_eq!(split(&text), (None, text.as_str()));
    }

    #[test]
    fn nothing_is_invented(parts in prop::collection::vec("<think>|</think>|[ a<]|\n", 0..12)) {
        let text = parts.concat();
        let (thoughts, said) = split(&text);
        prop_assert!(text.ends_with(said));
        prop_assert!(text[..text.len() - said.len()].contains(thoughts.unwrap_or_default()));
        let kept = |text: &str| text.matches('a').count();
        prop_assert_eq!(kept(&text), kept(said) + kept(thoughts.unwrap_or_default()));
    }
}
