//! Replaces ranges of a text.

use std::ops::Range;

/// `source` with each range replaced by its text; where ranges overlap, the first in source order counts.
pub(crate) fn apply(source: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut text = String::with_capacity(source.len());
    let mut at = 0;
    for (range, new) in edits {
        if range.start < at {
            continue;
        }
        text.push_str(source.get(at..range.start).unwrap_or_default());
        text.push_str(&new);
        at = range.end;
    }
    text.push_str(source.get(at..).unwrap_or_default());
    text
}
