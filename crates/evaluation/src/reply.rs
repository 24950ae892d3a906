//! What a reply in words answers.

use caco_answer::{Extracted, Missing};

/// The final answer of a reply. One that was cut at its token limit has an answer only where it announced one before.
///
/// # Errors
/// [`Missing`] says why there is none.
pub fn answer(reply: &str, cut: bool) -> Result<Extracted, Missing> {
    let found = caco_answer::final_answer(reply)?;
    if cut && !found.how.is_announced() {
        return Err(Missing::CutInText);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_reply_answers_only_what_it_announced() {
        let said = |reply, cut| answer(reply, cut).map(|found| found.text);
        assert_eq!(said("We get 12 and then 13", false), Ok("13".into()));
        assert_eq!(said("We get 12 and then 13", true), Err(Missing::CutInText));
        assert_eq!(
            said(r"So \boxed{12}. Let me check: 13", true),
            Ok("12".into())
        );
    }
}
