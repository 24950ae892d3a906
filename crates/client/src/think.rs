//! Keeping what a model thinks apart from what it says.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Splits a reply into its leading `<think>...</think>` part, if it has one, and its text.
///
/// White space before the tag, around the thoughts and before the text is dropped where there is a part; otherwise the text
/// stays as it is. A part that is not closed, as in a reply that was cut, is all thoughts. A closing tag without an opening
/// one counts from the start, as templates that end in `<think>` make models write it.
pub fn split(text: &str) -> (Option<&str>, &str) {
    let (rest, opened) = match text.trim_start().strip_prefix(OPEN) {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    match rest.find(CLOSE) {
        // Thoughts that were opened later are part of the text.
        Some(at) if opened || !rest[..at].contains(OPEN) => (
            Some(rest[..at].trim()),
            rest[at + CLOSE.len()..].trim_start(),
        ),
        None if opened => (Some(rest.trim()), ""),
        _ => (None, text),
    }
}
